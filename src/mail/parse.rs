//! Single values of a message: dates, message ids, decoded bodies.

use mail_parser::DateTime;

use super::raw::Part;
use super::words;

/// A date (RFC 5322 section 3.3) as an instant; `None` when it is none.
pub(super) fn date(text: &str) -> Option<jiff::Timestamp> {
    jiff::Timestamp::from_second(date_time(text)?.to_timestamp()).ok()
}

/// The offset of a date from UTC, as a zone of its own; `None` for `-0000`, which says that it is unknown (RFC 5322
/// section 3.3).
pub(super) fn zone(text: &str) -> Option<jiff::tz::TimeZone> {
    let read = date_time(text)?;
    let seconds = (i32::from(read.tz_hour) * 60 + i32::from(read.tz_minute)) * 60;
    let seconds = match (read.tz_before_gmt, seconds) {
        (true, 0) => return None,
        (true, seconds) => -seconds,
        (false, seconds) => seconds,
    };
    jiff::tz::Offset::from_seconds(seconds).ok().map(jiff::tz::TimeZone::fixed)
}

fn date_time(text: &str) -> Option<DateTime> {
    let mut line: String = text.chars().take(100).filter(char::is_ascii).collect();
    line.push('\n');
    let read = DateTime::parse_rfc822(&line)?;
    let sane = (1970..=9998).contains(&read.year)
        && (1..=12).contains(&read.month)
        && (1..=31).contains(&read.day)
        && read.hour < 24
        && read.minute < 60
        && read.second <= 60
        && read.tz_hour < 24
        && read.tz_minute < 60;
    sane.then_some(read)
}

/// The ids between `<` and `>` of an unfolded field, at most 100 of them, each of at most 998 octets, without spaces.
pub(super) fn ids(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for piece in text.split('<').skip(1) {
        if let Some((id, _)) = piece.split_once('>')
            && found.len() < 100
        {
            found.extend(id_of(id));
        }
    }
    found
}

/// A single id; some senders forget the angle brackets.
pub(super) fn id(text: &str) -> Option<String> {
    ids(text).into_iter().next().or_else(|| id_of(text.trim_matches(['<', '>'])))
}

fn id_of(text: &str) -> Option<String> {
    let id: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let good =
        !id.is_empty() && id.len() <= 998 && !id.contains(['<', '>']) && !id.chars().any(char::is_control);
    good.then_some(id)
}

/// The octets of a part after its transfer encoding, at most `most` of the encoded ones; the flag says whether
/// they were broken.
pub(super) fn body<'a>(part: &Part<'a>, most: usize) -> (std::borrow::Cow<'a, [u8]>, bool) {
    let raw = part.body.get(..most).unwrap_or(part.body);
    match part.encoding.as_str() {
        "base64" => {
            let (bytes, bad) = words::base64(raw);
            (bytes.into(), bad && raw.len() == part.body.len())
        }
        "quoted-printable" => {
            let (bytes, bad) = words::quoted_printable(raw);
            (bytes.into(), bad)
        }
        "" | "7bit" | "8bit" | "binary" => (raw.into(), false),
        _ => (raw.into(), true),
    }
}

/// A text part as text with LF line ends, at most `most` encoded octets of it.
pub(super) fn text(part: &Part<'_>, most: usize) -> (String, bool) {
    let (bytes, broken) = body(part, most);
    let (text, odd) = words::charset(&bytes, part.kind.param("charset"));
    // A cut in the middle of a character is our doing.
    let cut = part.body.len() > most;
    (lines(&text), broken || (odd && !cut))
}

/// CR LF and lone CR become LF; a byte order mark at the start goes.
pub(super) fn lines(text: &str) -> String {
    text.strip_prefix('\u{FEFF}').unwrap_or(text).replace("\r\n", "\n").replace('\r', "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_instants_or_nothing() {
        let at = date("Fri, 20 Nov 2026 10:00:00 +0100").unwrap();
        assert_eq!(at.to_string(), "2026-11-20T09:00:00Z");
        for bad in ["", "yesterday", "99 Foo 2026 99:99:99 +9999", "Fri, 32 Nov 2026 10:00:00 +0000"] {
            assert_eq!(date(bad), None, "{bad}");
        }
    }

    #[test]
    fn ids_lose_their_brackets_and_their_folds() {
        assert_eq!(ids("<a@x> (c) <b@ x>\t<>"), ["a@x", "b@x"]);
        assert_eq!(id("bare@x").as_deref(), Some("bare@x"));
        assert_eq!(id(" "), None);
    }
}
