//! What may stand in an IMAP command: folder names, keywords and sets of UIDs of our own, and nothing that came out of
//! a mail. None of them can hold CR or LF, so no command can be made to hold a second one.

/// A folder's name, ready for the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder(String);

impl Folder {
    /// Takes a name as people write it; encodes what is not ASCII as modified UTF-7 (RFC 3501 section 5.1.3).
    /// Controls and an empty name are no folder.
    pub fn named(name: &str) -> Option<Self> {
        let sound = !name.is_empty() && name.len() <= 512 && !name.chars().any(char::is_control);
        sound.then(|| Self(utf7(name)))
    }

    /// As a quoted string (RFC 3501 section 4.3).
    pub(super) fn quoted(&self) -> String {
        format!("\"{}\"", self.0.replace('\\', "\\\\").replace('"', "\\\""))
    }
}

/// A keyword that we set on a mail, such as `$SirStored`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keyword(String);

impl Keyword {
    /// Takes an atom of letters, digits, `$`, `_`, `-` and `.`: never a system flag (`\Seen`, `\Deleted`).
    pub fn named(name: &str) -> Option<Self> {
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'$' | b'_' | b'-' | b'.');
        (!name.is_empty() && name.len() <= 64 && name.bytes().all(plain)).then(|| Self(name.to_owned()))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

/// A sequence set (RFC 3501 section 9) of UIDs, with runs folded: `1:3,5`. Zero is no UID and is left out.
pub(super) fn set(uids: &[u32]) -> String {
    let mut sorted: Vec<u32> = uids.iter().copied().filter(|uid| *uid > 0).collect();
    sorted.sort_unstable();
    sorted.dedup();
    let mut runs: Vec<(u32, u32)> = Vec::new();
    for uid in sorted {
        match runs.last_mut() {
            Some((_, end)) if end.checked_add(1) == Some(uid) => *end = uid,
            Some(_) | None => runs.push((uid, uid)),
        }
    }
    let words: Vec<String> = runs
        .into_iter()
        .map(|(from, to)| if from == to { from.to_string() } else { format!("{from}:{to}") })
        .collect();
    words.join(",")
}

fn utf7(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut foreign: Vec<u8> = Vec::new();
    for c in name.chars() {
        if c.is_ascii() {
            close(&mut foreign, &mut out);
            out.push(c);
            if c == '&' {
                out.push('-');
            }
        } else {
            let mut units = [0u16; 2];
            foreign.extend(c.encode_utf16(&mut units).iter().flat_map(|unit| unit.to_be_bytes()));
        }
    }
    close(&mut foreign, &mut out);
    out
}

fn close(foreign: &mut Vec<u8>, out: &mut String) {
    if !foreign.is_empty() {
        out.push('&');
        out.push_str(&data_encoding::BASE64_NOPAD.encode(foreign).replace('/', ","));
        out.push('-');
        foreign.clear();
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn folder_names_are_quoted_and_cannot_break_out() {
        assert_eq!(Folder::named("INBOX").unwrap().quoted(), "\"INBOX\"");
        assert_eq!(Folder::named("a \"b\" \\ c").unwrap().quoted(), "\"a \\\"b\\\" \\\\ c\"");
        for bad in ["", "a\r\nA1 LOGOUT", "a\nb", "a\u{0}b", "a\u{85}b"] {
            assert_eq!(Folder::named(bad), None, "{bad:?}");
        }
    }

    /// "here is a mailbox name which mixes English, Chinese, and Japanese text" (RFC 3501 section 5.1.3)
    #[test]
    fn folder_names_beyond_ascii() {
        let name = Folder::named("~peter/mail/台北/日本語").unwrap();
        assert_eq!(name.quoted(), "\"~peter/mail/&U,BTFw-/&ZeVnLIqe-\"");
        assert_eq!(Folder::named("R&D").unwrap().quoted(), "\"R&-D\"");
    }

    #[test]
    fn keywords_are_atoms_and_never_flags() {
        assert!(Keyword::named("$SirStored").is_some());
        for bad in ["", "\\Seen", "\\Deleted", "a b", "a)", "a\r\nb", "ä"] {
            assert!(Keyword::named(bad).is_none(), "{bad:?}");
        }
    }

    #[test]
    fn sets_fold_runs() {
        assert_eq!(set(&[5, 1, 2, 3, 3, 9, 10]), "1:3,5,9:10");
        assert_eq!(set(&[u32::MAX, u32::MAX - 1]), "4294967294:4294967295");
        assert_eq!(set(&[0]), "");
    }
}
