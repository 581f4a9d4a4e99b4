//! SEARCH keys and sequence sets (RFC 9051 sections 6.4.4 and 9).

use imap_next::imap_types::core::AString;
use imap_next::imap_types::search::SearchKey;
use imap_next::imap_types::sequence::{SeqOrUid, Sequence, SequenceSet};
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::post::{self, Held};

/// Whether a number is in a set, `*` being `largest`.
pub(super) fn contains(set: &SequenceSet, number: u32, largest: u32) -> bool {
    let value = |end: &SeqOrUid| match end {
        SeqOrUid::Value(value) => value.get(),
        SeqOrUid::Asterisk => largest,
    };
    set.0.as_ref().iter().any(|sequence| match sequence {
        Sequence::Single(end) => value(end) == number,
        Sequence::Range(a, b) => {
            let (a, b) = (value(a), value(b));
            (a.min(b)..=a.max(b)).contains(&number)
        }
    })
}

/// The bytes of a string as text, with what is not UTF-8 replaced.
pub(super) fn text(string: &AString<'_>) -> String {
    String::from_utf8_lossy(string.as_ref()).into_owned()
}

/// One mail as SEARCH looks at it.
pub(super) struct Looked<'a> {
    pub(super) mail: &'a Held,
    /// Its message sequence number in the session.
    pub(super) seq: u32,
    /// The largest sequence number and the largest UID, for `*`.
    pub(super) largest: (u32, u32),
}

/// Whether a mail matches a key; `None` when this server does not know the key.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the language of SEARCH is larger than what this stand-in speaks"
)]
pub(super) fn matches(key: &SearchKey<'_>, looked: &Looked<'_>) -> Option<bool> {
    let mail = looked.mail;
    let flag = |name: &str| mail.flags.iter().any(|flag| flag.eq_ignore_ascii_case(name));
    let header = |field: &str, value: &AString<'_>| header_contains(mail, field, &text(value));
    Some(match key {
        SearchKey::All | SearchKey::Old => true,
        SearchKey::New | SearchKey::Recent => false,
        SearchKey::And(keys) => all(keys.as_ref(), looked)?,
        SearchKey::Or(a, b) => matches(a, looked)? || matches(b, looked)?,
        SearchKey::Not(key) => !matches(key, looked)?,
        SearchKey::SequenceSet(set) => contains(set, looked.seq, looked.largest.0),
        SearchKey::Uid(set) => contains(set, mail.uid, looked.largest.1),
        SearchKey::Answered => flag("\\Answered"),
        SearchKey::Deleted => flag("\\Deleted"),
        SearchKey::Draft => flag("\\Draft"),
        SearchKey::Flagged => flag("\\Flagged"),
        SearchKey::Seen => flag("\\Seen"),
        SearchKey::Unanswered => !flag("\\Answered"),
        SearchKey::Undeleted => !flag("\\Deleted"),
        SearchKey::Undraft => !flag("\\Draft"),
        SearchKey::Unflagged => !flag("\\Flagged"),
        SearchKey::Unseen => !flag("\\Seen"),
        SearchKey::Keyword(name) => flag(name.as_ref()),
        SearchKey::Unkeyword(name) => !flag(name.as_ref()),
        SearchKey::Larger(size) => mail.raw.len() > usize::try_from(*size).ok()?,
        SearchKey::Smaller(size) => mail.raw.len() < usize::try_from(*size).ok()?,
        SearchKey::Since(day) => received(mail) >= date(day)?,
        SearchKey::Before(day) => received(mail) < date(day)?,
        SearchKey::On(day) => received(mail) == date(day)?,
        SearchKey::Header(field, value) => header(&text(field), value),
        SearchKey::Subject(value) => header("Subject", value),
        SearchKey::From(value) => header("From", value),
        SearchKey::To(value) => header("To", value),
        SearchKey::Cc(value) => header("Cc", value),
        SearchKey::ModSequence { modseq, .. } => mail.modseq >= *modseq,
        _ => return None,
    })
}

/// Whether a mail matches all keys; `None` when this server does not know one of them.
pub(super) fn all(keys: &[SearchKey<'_>], looked: &Looked<'_>) -> Option<bool> {
    for key in keys {
        if !matches(key, looked)? {
            return Some(false);
        }
    }
    Some(true)
}

fn received(mail: &Held) -> Date {
    mail.date.to_zoned(TimeZone::UTC).date()
}

fn date(day: &imap_next::imap_types::datetime::NaiveDate) -> Option<Date> {
    // Its Display is ISO 8601; going by text keeps the second calendar library out of here.
    day.as_ref().to_string().parse().ok()
}

fn header_contains(mail: &Held, field: &str, value: &str) -> bool {
    let found = post::header_fields(&mail.raw, |name| name.eq_ignore_ascii_case(field));
    let found = String::from_utf8_lossy(&found).to_lowercase();
    match found.split_once(':') {
        Some((_, rest)) => rest.contains(&value.to_lowercase()),
        None => false,
    }
}
