//! A case of our own as a record of the mirror: so that the next report of the same thing finds it.

use jiff::Timestamp;

use super::links;
use super::record::{Record, Source, Status};
use crate::case::Closure;
use crate::report::head;

/// A case that cites more ids than this is no sign for each of them: a list of a scanner, say.
const IDS: usize = 3;

/// Bytes of a case's words that later reports are compared with: what it is about stands at its top, and each later report
/// is compared with many cases.
const TEXT: usize = 4_000;

/// A case in the words of its report.
#[derive(Debug, Clone)]
pub struct OwnCase {
    /// `SIR-2026-0007`.
    pub id: String,
    /// The subject of the report.
    pub subject: String,
    /// The words of the reporter, later ones too; the first 4,000 bytes count.
    pub text: String,
    /// When it came.
    pub received: Timestamp,
    /// Why it was closed; none while it is open.
    pub closure: Option<Closure>,
}

/// Where a case stands.
pub fn status(closure: Option<Closure>) -> Status {
    match closure {
        None => Status::Open,
        Some(closure) if closure.denies() => Status::Rejected,
        Some(_) => Status::Closed,
    }
}

/// The record of a case. Ids that it cites and addresses that it names lead to it.
pub fn record(case: &OwnCase) -> Record {
    let whole = format!("{}\n{}", case.subject, case.text);
    let mut record = Record::new(Source::Case, &case.id);
    record.status = status(case.closure);
    record.closure = case.closure;
    record.published = Some(case.received);
    record.title = head(&case.subject, 300).to_owned();
    record.text = head(&case.text, TEXT).to_owned();
    let ids = links::ids(&whole);
    let is_list = ids.len() > IDS;
    if !is_list {
        record.aliases = ids;
    }
    let leads = |key: &String| !is_list || links::ids(key).is_empty();
    let keys = links::urls(&whole).into_iter().filter(leads).take(20);
    record.references = keys.map(|key| format!("https://{key}")).collect();
    record
}
