//! Entries for calendars (RFC 5545), attached to letters that name a day: the day for publishing, a meeting. They lie open
//! in calendars that others may read, so they name neither the project nor the matter, and nobody.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::marker::{Keyring, mac};
use crate::case::CaseId;
use crate::mail::compose::Attachment;

/// Octets of a line without its end (RFC 5545 section 3.1).
const LINE_OCTETS: usize = 75;
/// What the MAC of a uid is for.
const LABEL: &str = "sir-intake calendar 1";

/// What a day is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occasion {
    /// Something is published.
    Publication,
    /// People meet.
    Meeting,
}

/// Whether it takes place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It does.
    Confirmed,
    /// People were asked.
    Tentative,
    /// It does not: calendars take the entry out.
    Canceled,
}

/// An entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalendarEntry {
    /// As [`uid`] makes it: the same for every version of the entry.
    pub uid: String,
    /// 0 at first, one more with each change (RFC 5545 section 3.8.7.4).
    pub sequence: u32,
    /// When this version was written.
    pub written: Timestamp,
    /// When it begins.
    pub begins: Timestamp,
    /// How long it takes, in minutes; 0 is taken as 1.
    pub minutes: u32,
    /// What it is for.
    pub occasion: Occasion,
    /// Whether it takes place.
    pub standing: Standing,
}

/// An id that is the same for every entry of this case and occasion, and that tells nobody without our keys which case it
/// is. The oldest key makes it, so that a new key does not make a second entry of it.
pub fn uid(case: CaseId, occasion: Occasion, domain: &str, keys: &Keyring) -> String {
    let oldest = keys.all().min_by_key(|key| key.number).unwrap_or(keys.newest());
    let word = match occasion {
        Occasion::Publication => "publication",
        Occasion::Meeting => "meeting",
    };
    let tag = mac(oldest, LABEL, &[case.to_string().as_bytes(), word.as_bytes()]);
    let id = data_encoding::BASE32_NOPAD.encode(tag.as_ref()).to_ascii_lowercase();
    format!("{}@{domain}", id.chars().take(26).collect::<String>())
}

impl CalendarEntry {
    /// The whole calendar: CRLF, lines of at most 75 octets, instants in UTC.
    pub fn write(&self) -> String {
        let long = SignedDuration::from_mins(i64::from(self.minutes.max(1)));
        let ends = self.begins.checked_add(long).unwrap_or(self.begins);
        let (method, status) = match self.standing {
            Standing::Confirmed => ("PUBLISH", "CONFIRMED"),
            Standing::Tentative => ("PUBLISH", "TENTATIVE"),
            Standing::Canceled => ("CANCEL", "CANCELLED"),
        };
        let summary = match self.occasion {
            Occasion::Publication => "Agreed date",
            Occasion::Meeting => "Meeting",
        };
        // A day on which something happens takes nobody's time.
        let shown = match self.occasion {
            Occasion::Publication => "TRANSPARENT",
            Occasion::Meeting => "OPAQUE",
        };
        let fields = [
            ("BEGIN", "VCALENDAR".to_owned()),
            ("VERSION", "2.0".to_owned()),
            ("PRODID", text("-//sir-intake//calendar//EN")),
            ("METHOD", method.to_owned()),
            ("BEGIN", "VEVENT".to_owned()),
            ("UID", text(&self.uid)),
            ("SEQUENCE", self.sequence.to_string()),
            ("DTSTAMP", instant(self.written)),
            ("DTSTART", instant(self.begins)),
            ("DTEND", instant(ends)),
            ("SUMMARY", text(summary)),
            (
                "DESCRIPTION",
                text("What it is about stands in the mail that this came with; please keep it there."),
            ),
            ("CLASS", "CONFIDENTIAL".to_owned()),
            ("STATUS", status.to_owned()),
            ("TRANSP", shown.to_owned()),
            ("END", "VEVENT".to_owned()),
            ("END", "VCALENDAR".to_owned()),
        ];
        fields.iter().map(|(name, value)| folded(&format!("{name}:{value}"))).collect()
    }

    /// The same as part of a mail, under a name that says as little.
    pub fn attachment(&self) -> Attachment {
        Attachment {
            name: "date.ics".to_owned(),
            kind: match self.standing {
                Standing::Confirmed | Standing::Tentative => "text/calendar; charset=utf-8; method=PUBLISH",
                Standing::Canceled => "text/calendar; charset=utf-8; method=CANCEL",
            },
            bytes: self.write().into_bytes(),
        }
    }
}

/// RFC 5545 section 3.3.5, form 2.
fn instant(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// RFC 5545 section 3.3.11.
fn text(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for c in value.chars() {
        match c {
            '\\' | ';' | ',' => {
                out.push('\\');
                out.push(c);
            }
            '\n' => out.push_str("\\n"),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

/// RFC 5545 section 3.1: a line that goes on begins with a space, which counts. No character is cut apart.
fn folded(line: &str) -> String {
    let mut out = String::with_capacity(line.len() + 8);
    let mut octets = 0;
    for c in line.chars() {
        if octets + c.len_utf8() > LINE_OCTETS {
            out.push_str("\r\n ");
            octets = 1;
        }
        out.push(c);
        octets += c.len_utf8();
    }
    out.push_str("\r\n");
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::marker::Key;

    const CASE: CaseId = CaseId { year: 2026, number: 7 };

    fn key(number: u32) -> Key {
        Key { number, bytes: [u8::try_from(number).unwrap(); 32] }
    }

    fn entry() -> CalendarEntry {
        CalendarEntry {
            uid: uid(CASE, Occasion::Publication, "o3de.example", &Keyring::new(key(1), vec![])),
            sequence: 2,
            written: "2026-11-23T14:00:09Z".parse().unwrap(),
            begins: "2026-12-08T16:00:00Z".parse().unwrap(),
            minutes: 30,
            occasion: Occasion::Publication,
            standing: Standing::Confirmed,
        }
    }

    #[test]
    fn an_entry_says_when_and_nothing_else() {
        let ics = entry().write();
        assert!(ics.lines().all(|line| line.len() <= LINE_OCTETS), "{ics}");
        assert_eq!(ics.matches('\n').count(), ics.matches("\r\n").count());
        let whole = ics.replace("\r\n ", "");
        for line in
            ["SEQUENCE:2", "DTSTART:20261208T160000Z", "DTEND:20261208T163000Z", "SUMMARY:Agreed date"]
        {
            assert!(whole.contains(&format!("\r\n{line}\r\n")), "{line}: {whole}");
        }
        assert!(
            whole.starts_with("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n") && whole.ends_with("END:VCALENDAR\r\n")
        );
        for word in ["SIR", "2026-0007", "O3DE", "advisory", "vulnerab", "security"] {
            let said = whole.replace(&entry().uid, "").replace("sir-intake", "");
            assert!(!said.to_lowercase().contains(&word.to_lowercase()), "{word}: {whole}");
        }
    }

    #[test]
    fn a_uid_is_the_same_for_ever_and_another_for_each_case_and_occasion() {
        let first = Keyring::new(key(1), vec![]);
        let rotated = Keyring::new(key(2), vec![key(1)]);
        let of = |case, occasion, keys| uid(case, occasion, "o3de.example", keys);
        let mine = of(CASE, Occasion::Publication, &first);
        assert_eq!(mine, of(CASE, Occasion::Publication, &rotated));
        assert_ne!(mine, of(CASE, Occasion::Meeting, &first));
        assert_ne!(mine, of(CaseId { year: 2026, number: 8 }, Occasion::Publication, &first));
        assert_ne!(mine, of(CASE, Occasion::Publication, &Keyring::new(key(3), vec![])));
    }

    #[test]
    fn texts_are_escaped_and_long_lines_folded_between_characters() {
        assert_eq!(text("a;b,c\\d\ne\rf"), "a\\;b\\,c\\\\d\\nef");
        let long = folded(&"ü".repeat(100));
        assert!(long.split("\r\n").all(|line| line.len() <= LINE_OCTETS));
        assert_eq!(long.replace("\r\n ", "").trim_end(), "ü".repeat(100));
    }

    #[test]
    fn a_canceled_entry_is_taken_out() {
        let canceled = CalendarEntry { standing: Standing::Canceled, ..entry() };
        assert!(
            canceled.write().contains("METHOD:CANCEL\r\n")
                && canceled.write().contains("STATUS:CANCELLED\r\n")
        );
        assert!(canceled.attachment().kind.ends_with("method=CANCEL"));
    }
}
