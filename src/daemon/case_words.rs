//! The words of a case: its report and what its reporter wrote since, as a check compares them.

use std::sync::Arc;

use jiff::Timestamp;

use crate::case::{CaseId, Closure, Event, MailId, Unchecked};
use crate::known::Question;
use crate::mail::Letter;
use crate::office::Office;
use crate::reading::ReadMail;
use crate::report::head;
use crate::store::{StoreError, Txn};

/// Bytes of a case's words that are compared at most.
const WORDS: usize = 64_000;
/// Later mails of a case that are looked at, at most.
const LATER: usize = 100;

/// The words of a case, as far as they are compared.
pub(super) struct CaseWords {
    pub(super) question: Question,
    /// Why they cannot be.
    pub(super) withheld: Option<Unchecked>,
    pub(super) number: i64,
    /// Why the case was closed; none while it is open.
    pub(super) closure: Option<Closure>,
}

/// Why a mail's words cannot be compared.
pub(super) fn withheld(letter: &Letter) -> Option<Unchecked> {
    match (letter.header_only, letter.encrypted) {
        (true, _) => Some(Unchecked::Unreadable),
        (false, true) => Some(Unchecked::Encrypted),
        (false, false) => None,
    }
}

pub(super) fn question(read: &ReadMail, received: Timestamp) -> Question {
    Question {
        subject: read.letter.subject.clone(),
        text: head(&read.letter.text, WORDS).to_owned(),
        ids: read.facts().ids.iter().map(|found| found.value.to_string()).collect(),
        received: Some(received),
        ..Question::default()
    }
}

/// The public issue that a message stands for, as the mirror calls it.
pub(super) fn itself(txn: &Txn<'_>, mail: MailId) -> Result<Option<String>, StoreError> {
    Ok(txn.posted_of(mail)?.map(|posted| posted.place.to_string()))
}

/// The report and what its reporter wrote since, as one text. A mail that cannot be read has no words.
pub(super) fn words_of(office: &Office, id: CaseId) -> Result<CaseWords, StoreError> {
    let (case, number, later) = office.store.read(|txn| {
        let number = txn.findings(id)?.map_or(1, |row| row.words);
        Ok((txn.case(id)?, number, later_mails(txn, id)?))
    })?;
    let read = |mail: MailId| -> Result<Option<Arc<ReadMail>>, StoreError> {
        let row = office.store.read(|txn| txn.mail(mail))?;
        let read = || office.store.read(|txn| office.read_mail(txn, &row));
        match std::panic::catch_unwind(std::panic::AssertUnwindSafe(read)) {
            Ok(read) => read.map(Some),
            Err(_) => Ok(None),
        }
    };
    let closure = case.closure();
    let Some(report) = read(case.report)? else {
        let question = Question { received: Some(case.received), ..Question::default() };
        return Ok(CaseWords { question, withheld: Some(Unchecked::Unreadable), number, closure });
    };
    let mut question = question(&report, case.received);
    question.without = Some(id.to_string());
    question.itself = office.store.read(|txn| itself(txn, case.report))?;
    let mut readable = withheld(&report.letter);
    for mail in later {
        let Some(later) = read(mail)? else { continue };
        if withheld(&later.letter).is_none() && question.text.len() < WORDS {
            readable = None;
            question.text.push_str("\n\n");
            let left = WORDS.saturating_sub(question.text.len());
            question.text.push_str(head(&later.letter.split().new_words, left));
        }
    }
    Ok(CaseWords { question, withheld: readable, number, closure })
}

/// What people of the case outside the team wrote after the report.
fn later_mails(txn: &Txn<'_>, case: CaseId) -> Result<Vec<MailId>, StoreError> {
    let mail = |event: Event| {
        if let Event::Added { mail, person: Some(_), automatic: false, .. } = event {
            Some(mail)
        } else {
            None
        }
    };
    Ok(txn.events(case)?.into_iter().filter_map(|row| mail(row.event)).take(LATER).collect())
}
