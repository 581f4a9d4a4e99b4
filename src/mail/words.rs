//! Octets to text: character sets, encoded words (RFC 2047), base64 and quoted-printable (RFC 2045), all tolerant.

use std::borrow::Cow;

use mail_parser::decoders::charsets::map::charset_decoder;

/// Header octets as text: UTF-8 (RFC 6532), else windows-1252, what senders mean by a raw octet over 127.
pub(super) fn octets(raw: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(raw) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(western(raw)),
    }
}

fn western(raw: &[u8]) -> String {
    charset_decoder(b"windows-1252")
        .map_or_else(|| String::from_utf8_lossy(raw).into_owned(), |decode| decode(raw))
}

/// Octets in a named character set as text; the flag says whether they were not what the name promised.
pub(super) fn charset(raw: &[u8], name: Option<&str>) -> (String, bool) {
    let name = name.unwrap_or_default().trim().to_ascii_lowercase();
    match name.as_str() {
        "utf-8" | "utf8" | "unicode-1-1-utf-8" => match std::str::from_utf8(raw) {
            Ok(text) => (text.to_owned(), false),
            Err(_) => (String::from_utf8_lossy(raw).into_owned(), true),
        },
        "" | "us-ascii" | "ascii" | "ansi_x3.4-1968" | "unknown-8bit" | "default" => {
            match std::str::from_utf8(raw) {
                Ok(text) => (text.to_owned(), false),
                Err(_) => (western(raw), true),
            }
        }
        known => match charset_decoder(known.as_bytes()) {
            Some(decode) => (decode(raw), false),
            None => (octets(raw).into_owned(), true),
        },
    }
}

/// Undoes the encoded words of an unfolded header value. Neighbours in the same character set are joined before
/// they are decoded, because some senders cut a character in two.
pub(super) fn decode(value: &str) -> String {
    let mut out = String::new();
    let mut run: Vec<u8> = Vec::new();
    let mut run_set = String::new();
    let mut rest = value;
    loop {
        let Some((before, after)) = rest.split_once("=?") else {
            flush(&mut out, &mut run, &run_set);
            out.push_str(rest);
            return out;
        };
        // White space between two encoded words does not count (RFC 2047 section 6.2).
        if run.is_empty() || !before.trim().is_empty() {
            flush(&mut out, &mut run, &run_set);
            out.push_str(before);
        }
        if let Some((set, bytes, left)) = encoded_word(after) {
            if !run.is_empty() && run_set != set {
                flush(&mut out, &mut run, &run_set);
            }
            run_set = set;
            run.extend(bytes);
            rest = left;
        } else {
            if !run.is_empty() {
                flush(&mut out, &mut run, &run_set);
                out.push_str(before);
            }
            out.push_str("=?");
            rest = after;
        }
    }
}

fn flush(out: &mut String, run: &mut Vec<u8>, set: &str) {
    if !run.is_empty() {
        out.push_str(&charset(run, Some(set)).0);
        run.clear();
    }
}

/// `charset?Q?text?=` at the start: its character set, its octets, and what follows. A word is at most 75 characters
/// by RFC 2047; up to 8,000 are read because senders do not count.
fn encoded_word(text: &str) -> Option<(String, Vec<u8>, &str)> {
    let mut window = text.len().min(8_000);
    while !text.is_char_boundary(window) {
        window -= 1;
    }
    let (near, _) = text.split_at_checked(window)?;
    let (set, tail) = near.split_once('?')?;
    let (kind, tail) = tail.split_once('?')?;
    let (body, _) = tail.split_once("?=")?;
    let set = set.split('*').next().unwrap_or_default();
    if set.is_empty() || set.contains(char::is_whitespace) {
        return None;
    }
    let bytes = match kind {
        "b" | "B" => base64(body.as_bytes()).0,
        "q" | "Q" => quoted_printable(body.replace('_', " ").as_bytes()).0,
        _ => return None,
    };
    let used = near.len() - tail.len() + body.len() + 2;
    let (_, left) = text.split_at_checked(used)?;
    Some((set.to_ascii_lowercase(), bytes, left))
}

/// Base64, read past what does not belong; the flag says whether something did not.
pub(super) fn base64(raw: &[u8]) -> (Vec<u8>, bool) {
    let mut out = Vec::with_capacity(raw.len() / 4 * 3 + 3);
    let (mut bits, mut held, mut bad) = (0_u32, 0_u8, false);
    for byte in raw {
        let six = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            b'=' => {
                held = 0;
                continue;
            }
            other => {
                bad |= !other.is_ascii_whitespace();
                continue;
            }
        };
        bits = (bits << 6) | u32::from(six);
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push(((bits >> held) & 0xff) as u8);
        }
    }
    (out, bad || held >= 6)
}

/// Quoted-printable; the flag says whether an `=` was followed by neither hex digits nor a line end.
pub(super) fn quoted_printable(raw: &[u8]) -> (Vec<u8>, bool) {
    let mut out = Vec::with_capacity(raw.len());
    let mut bad = false;
    for line in raw.split_inclusive(|b| *b == b'\n') {
        let body = line.trim_ascii_end();
        let soft = body.last() == Some(&b'=');
        let mut bytes = body.iter().copied().peekable();
        while let Some(byte) = bytes.next() {
            if byte != b'=' {
                out.push(byte);
                continue;
            }
            let rest: Vec<u8> = bytes.clone().take(2).collect();
            match rest.as_slice() {
                [high, low] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                    out.push(hex(*high) << 4 | hex(*low));
                    bytes.next();
                    bytes.next();
                }
                [] => {}
                _ => {
                    bad = true;
                    out.push(b'=');
                }
            }
        }
        if !soft {
            // Spaces at the end of a line were added on the way (RFC 2045 section 6.7, rule 3); in a header word they count.
            let end = line.strip_prefix(body).unwrap_or_default();
            out.extend(end.iter().filter(|b| matches!(b, b'\r' | b'\n')));
            if !end.contains(&b'\n') {
                out.extend(end.iter().filter(|b| matches!(b, b' ' | b'\t')));
            }
        }
    }
    (out, bad)
}

fn hex(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        b'a'..=b'f' => digit - b'a' + 10,
        b'A'..=b'F' => digit - b'A' + 10,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encoded_words_are_read_as_their_senders_meant_them() {
        for (value, text) in [
            ("=?utf-8?q?Gr=C3=BC=C3=9Fe?= an alle", "Grüße an alle"),
            ("=?utf-8?B?R3LD?= =?utf-8?B?vMOfZQ==?=", "Grüße"),
            ("=?iso-8859-1?Q?a_b?= =?utf-8?q?c?=", "a bc"),
            ("=?x?y?z?=", "=?x?y?z?="),
            ("plain =? no", "plain =? no"),
            ("=?utf-8?q?a?= then =?bad", "a then =?bad"),
            ("=?shift_jis?B?g26DjYFb?=", "ハロー"),
            ("=?utf-7?q?+APw-ber?=", "über"),
        ] {
            assert_eq!(decode(value), text);
        }
    }

    #[test]
    fn broken_base64_gives_what_can_be_read_and_says_so() {
        assert_eq!(base64(b"SGVs\r\nbG8="), (b"Hello".to_vec(), false));
        assert_eq!(base64(b"SGVs!!bG8"), (b"Hello".to_vec(), true));
        assert_eq!(base64(b"SGVsbG8=SGVsbG8="), (b"HelloHello".to_vec(), false));
    }

    #[test]
    fn quoted_printable_keeps_lines_and_survives_junk() {
        assert_eq!(quoted_printable(b"a=3Db=\r\nc  \r\nd=ZZ=").0, b"a=bc\r\nd=ZZ".to_vec());
        assert!(quoted_printable(b"=ZZ").1);
    }
}
