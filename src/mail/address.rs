//! Address lists (RFC 5322 section 3.4), read strictly: what is not a plain mailbox has no address, rather than a
//! guessed one. mail-parser glues folded junk to an address, drops quoted local parts and keeps routes.

use super::visible::visible_line;
use super::words;
use crate::case::Address;

/// More mailboxes than any list of ours needs; the rest of a field is not read.
const MOST: usize = 500;

/// One mailbox of an address field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mailbox {
    /// The display name or comment, decoded, on one line, made visible.
    pub(super) name: Option<String>,
    /// The address, when it is one that we could answer.
    pub(super) address: Option<Address>,
}

/// Reads an unfolded address field. Groups give their members; a group without members gives nothing.
pub(super) fn list(text: &str) -> Vec<Mailbox> {
    let mut reader = Reader::default();
    let mut rest = text;
    while let Some(c) = rest.chars().next()
        && reader.found.len() < MOST
    {
        // A comma or colon inside an encoded word separates nothing, though RFC 2047 forbids it there.
        let word = if reader.is_plain() { encoded_word(rest) } else { None };
        let used = match word {
            Some(length) => {
                reader.bare.extend(rest.chars().take(length));
                length
            }
            None => {
                reader.take(c);
                c.len_utf8()
            }
        };
        rest = rest.split_at_checked(used).map_or("", |(_, tail)| tail);
    }
    reader.end();
    reader.found
}

/// The length of the encoded word (RFC 2047 section 2: ASCII without spaces) with which the text begins.
fn encoded_word(text: &str) -> Option<usize> {
    let inside = text.strip_prefix("=?")?;
    let plain = inside.bytes().take(300).take_while(|b| b.is_ascii_graphic()).count();
    let (near, _) = inside.split_at_checked(plain)?;
    let (set, tail) = near.split_once('?')?;
    let (kind, tail) = tail.split_once('?')?;
    let (body, _) = tail.split_once("?=")?;
    let good = !set.is_empty() && matches!(kind, "q" | "Q" | "b" | "B");
    good.then_some(2 + set.len() + 1 + kind.len() + 1 + body.len() + 2)
}

#[derive(Default)]
struct Reader {
    found: Vec<Mailbox>,
    /// What stands outside of `<>` and comments, quotes kept.
    bare: String,
    angle: String,
    comment: String,
    angles: u32,
    in_angle: bool,
    quoted: bool,
    escaped: bool,
    comments: u32,
}

impl Reader {
    fn is_plain(&self) -> bool {
        !self.escaped && !self.quoted && !self.in_angle && self.comments == 0
    }

    fn take(&mut self, c: char) {
        if self.escaped {
            self.escaped = false;
            self.keep(c);
        } else if c == '\\' && (self.quoted || self.comments > 0) {
            self.escaped = true;
            if self.comments == 0 {
                self.keep(c);
            }
        } else if self.comments > 0 {
            match c {
                '(' => self.comments += 1,
                ')' => self.comments -= 1,
                _ => {}
            }
            if self.comments > 0 {
                self.keep(c);
            }
        } else if c == '"' {
            self.quoted = !self.quoted;
            self.keep(c);
        } else if self.quoted {
            self.keep(c);
        } else {
            self.take_plain(c);
        }
    }

    fn take_plain(&mut self, c: char) {
        match c {
            '(' => self.comments = 1,
            '<' if !self.in_angle => {
                self.in_angle = true;
                self.angles += 1;
            }
            '>' if self.in_angle => self.in_angle = false,
            ',' if !self.in_angle => self.end(),
            ';' if !self.in_angle => self.end(),
            ':' if !self.in_angle && !self.bare.contains('@') => self.bare.clear(),
            other => self.keep(other),
        }
    }

    fn keep(&mut self, c: char) {
        if self.comments > 0 {
            self.comment.push(c);
        } else if self.in_angle {
            self.angle.push(c);
        } else {
            self.bare.push(c);
        }
    }

    fn end(&mut self) {
        let whole = !self.in_angle && !self.quoted && self.comments == 0;
        let bare = std::mem::take(&mut self.bare);
        let angle = std::mem::take(&mut self.angle);
        let comment = std::mem::take(&mut self.comment);
        let angles = std::mem::take(&mut self.angles);
        (self.in_angle, self.quoted, self.comments) = (false, false, 0);
        if bare.trim().is_empty() && angles == 0 {
            return;
        }
        let (name, spec) = match angles {
            0 => (comment, bare.as_str()),
            1 => (if bare.trim().is_empty() { comment } else { plain_name(&bare) }, angle.as_str()),
            _ => (plain_name(&bare), ""),
        };
        let address = if whole { Address::parse(spec.trim()) } else { None };
        let name = visible_line(&words::decode(name.trim()));
        let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
        self.found.push(Mailbox { name: (!name.is_empty()).then_some(name), address });
    }
}

/// A display name without its quotes.
fn plain_name(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => {}
            '\\' => out.extend(chars.next()),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(Option<String>, Option<String>)> {
        list(text).into_iter().map(|m| (m.name, m.address.map(|a| a.as_str().to_owned()))).collect()
    }

    #[test]
    fn a_mailbox_is_read_or_has_no_address() {
        for (text, name, address) in [
            ("ann@a.example", None, Some("ann@a.example")),
            ("Ann Lee <ann@a.example>", Some("Ann Lee"), Some("ann@a.example")),
            ("\"Lee, Ann (x)\" <ann@a.example>", Some("Lee, Ann (x)"), Some("ann@a.example")),
            ("ann@a.example (Ann Lee)", Some("Ann Lee"), Some("ann@a.example")),
            ("\"boss@a.example\" <evil@b.example>", Some("boss@a.example"), Some("evil@b.example")),
            ("=?utf-8?q?Ann=0D=0ABcc=3A_x?= <ann@a.example>", Some("Ann Bcc: x"), Some("ann@a.example")),
            (
                "=?iso-8859-1?Q?B=FCrling,=20Ann?= <ann@a.example>",
                Some("Bürling, Ann"),
                Some("ann@a.example"),
            ),
            ("<@staff.example,@evil.example:alice@staff.example>", None, None),
            ("\"a b@c\"@d.example", None, None),
            ("Ann <ann@a.example junk>", Some("Ann"), None),
            ("Ann <ann@a.example> <eve@b.example>", Some("Ann"), None),
            ("Ann <ann@a.example", Some("Ann"), None),
            ("a@b@c.example", None, None),
        ] {
            let want = vec![(name.map(str::to_owned), address.map(str::to_owned))];
            assert_eq!(read(text), want, "{text}");
        }
    }

    #[test]
    fn lists_and_groups_give_their_members() {
        assert_eq!(read("a@x.example, B <b@x.example>,, c@x.example (C)").len(), 3);
        assert_eq!(read("undisclosed-recipients:;"), vec![]);
        assert_eq!(read("team: a@x.example, b@x.example;").len(), 2);
        assert_eq!(read(&"(".repeat(100_000)), vec![]);
    }
}
