//! Letters to people outside, rendered between deciding and committing: from views that hold only what the reader may see.

use jiff::Timestamp;

use super::{envelope, way_letters};
use crate::case::command::Question;
use crate::case::{
    Act, Case, CaseId, ClockKind, Closure, Content, Effect, LetterKind, MailId, MemberKey, PersonId,
};
use crate::mail::{Letter, compose};
use crate::office::Office;
use crate::render::letters::{Body, Common, ReceiptView};
use crate::report::Missing;
use crate::store::{Draft, Txn};

/// A letter as it will leave.
#[derive(Debug, Clone)]
pub(super) struct Written {
    /// The act that ordered it; 0: the machine itself.
    pub(super) act: u32,
    /// Which.
    pub(super) letter: LetterKind,
    /// Its subject.
    pub(super) subject: String,
    /// Its text.
    pub(super) body: String,
    /// The whole.
    pub(super) bytes: Vec<u8>,
}

/// Whom a letter is for and what it answers.
struct Sheet<'a> {
    case: CaseId,
    to: PersonId,
    parent: Option<&'a Letter>,
    automatic: compose::Auto,
    file: Option<compose::Attachment>,
}

/// T00, rendered from a view that holds nothing of the report.
pub(super) fn receipt(
    office: &Office,
    txn: &Txn<'_>,
    case: &Case,
    to: PersonId,
    draft: &Draft,
    answered: Option<&Letter>,
    now: Timestamp,
) -> Result<Written, ()> {
    let team = &office.config.team;
    let view = ReceiptView {
        case: case.id,
        received: case.received,
        acknowledge_by: case.acknowledge_by().ok_or(())?,
        zone: team.calendar.zone.clone(),
        team: team.name.clone(),
        policy_url: team.policy_url.clone().unwrap_or_default(),
        code: office.code_for(case.id, to).ok_or(())?,
    };
    let letter = office.letters.receipt(&view).map_err(|_| ())?;
    let sheet = Sheet { case: case.id, to, parent: answered, automatic: compose::Auto::Replied, file: None };
    let bytes = bytes(office, txn, &letter, &sheet, draft, now)?;
    Ok(Written { act: 0, letter: LetterKind::Receipt, subject: letter.subject, body: letter.body, bytes })
}

/// A letter that a member ordered, or the safe line.
pub(super) fn ordered(
    office: &Office,
    txn: &Txn<'_>,
    case: &Case,
    content: &Content,
    draft: &Draft,
    now: Timestamp,
) -> Result<Written, ()> {
    let Effect::Letter { letter: kind, to, in_reply_to, act } = &draft.planned.effect else {
        return Err(());
    };
    if kind.is_notice() {
        return to_others(office, txn, case, *kind, *to, *act, draft, now);
    }
    let parent = read(office, txn, in_reply_to.unwrap_or(case.report))?;
    let theirs = txn.mail(in_reply_to.unwrap_or(case.report)).map_err(|_| ())?.person == Some(*to);
    let report = read(office, txn, case.report)?;
    let team = &office.config.team;
    let common = Common {
        case: case.id,
        subject: report.letter.subject.clone(),
        // Only by a name that they gave themselves: a forwarder's is not theirs.
        name: parent.letter.from_name.clone().filter(|_| theirs),
        zone: team.calendar.zone.clone(),
        their_zone: parent.letter.zone.clone().filter(|_| theirs),
        team: team.name.clone(),
        policy_url: team.policy_url.clone().unwrap_or_default(),
        code: office.code_for(case.id, *to).ok_or(())?,
    };
    let ordered = case.act(*act);
    let body = way_letters::to_reporter(office, txn, case, *kind, ordered, content, now)
        .unwrap_or_else(|| body(office, case, *kind, ordered, content, now));
    let letter = office.letters.letter(&common, &body).map_err(|_| ())?;
    let automatic = match kind {
        LetterKind::Status | LetterKind::Receipt => compose::Auto::Replied,
        LetterKind::Acknowledgement
        | LetterKind::KnownIssue
        | LetterKind::Questions
        | LetterKind::Reminder
        | LetterKind::Intended
        | LetterKind::Bug
        | LetterKind::NotHere
        | LetterKind::Reply
        | LetterKind::Confirmed
        | LetterKind::Proposal
        | LetterKind::Settled
        | LetterKind::Update
        | LetterKind::CveNews
        | LetterKind::Invitation
        | LetterKind::DraftForReporter
        | LetterKind::PublishedThanks
        | LetterKind::ListNotice
        | LetterKind::ListChange
        | LetterKind::ListReminder
        | LetterKind::ListLifted
        | LetterKind::ListCorrected
        | LetterKind::ListEnded
        | LetterKind::PublicMail
        | LetterKind::PosterMail => compose::Auto::No,
    };
    let file = way_letters::entry(office, case, *kind, now);
    let sheet = Sheet { case: case.id, to: *to, parent: Some(&parent.letter), automatic, file };
    let bytes = bytes(office, txn, &letter, &sheet, draft, now)?;
    Ok(Written { act: *act, letter: *kind, subject: letter.subject, body: letter.body, bytes })
}

/// A letter to one of the embargoed list, or to the public: in no thread of the reporter's.
#[expect(clippy::too_many_arguments, reason = "one place, and each is a different thing")]
fn to_others(
    office: &Office,
    txn: &Txn<'_>,
    case: &Case,
    kind: LetterKind,
    to: PersonId,
    act: u32,
    draft: &Draft,
    now: Timestamp,
) -> Result<Written, ()> {
    let letter = way_letters::to_others(office, txn, case, kind, to, case.act(act))?;
    let file = way_letters::entry(office, case, kind, now);
    let sheet = Sheet { case: case.id, to, parent: None, automatic: compose::Auto::No, file };
    let bytes = bytes(office, txn, &letter, &sheet, draft, now)?;
    Ok(Written { act, letter: kind, subject: letter.subject, body: letter.body, bytes })
}

/// What this letter says, of the case and of its order.
fn body(
    office: &Office,
    case: &Case,
    kind: LetterKind,
    act: Option<&Act>,
    content: &Content,
    now: Timestamp,
) -> Body {
    let team = &office.config.team;
    match content {
        Content::Acknowledgement { days, contact_by } => {
            let owner = case.owner().or(act.map(|act| &act.by));
            let owner = owner.map_or_else(|| "Somebody".to_owned(), |owner| name(office, owner));
            Body::Acknowledgement { owner, days: *days, contact_by: *contact_by }
        }
        Content::Known(reference) => Body::KnownIssue { id: reference.to_string(), url: reference.url() },
        Content::Questions(questions) => {
            let asked = questions.iter().map(|question| missing(*question).question().to_owned()).collect();
            if kind == LetterKind::Reminder { Body::Reminder(asked) } else { Body::Questions(asked) }
        }
        Content::Closing { closure: Closure::Wai, reason } => {
            Body::Intended { reason: reason.clone(), feature_url: team.feature_url.clone() }
        }
        Content::Closing { closure: Closure::Bug, reason } => {
            Body::Bug { reason: reason.clone(), bug_url: team.bug_url.clone() }
        }
        Content::Closing { closure, reason } => {
            Body::NotHere { closure: *closure, reason: reason.clone(), feature_url: team.feature_url.clone() }
        }
        Content::Reply(words) => Body::Reply { words: words.clone() },
        Content::Update { words, .. } => Body::Reply { words: words.clone() },
        Content::Settled { .. } | Content::CveNews { .. } | Content::OfCase => {
            Body::Reply { words: String::new() }
        }
        Content::Status => {
            let promised = case.contact_by.filter(|at| *at > now);
            let owed = case.acknowledge_by().filter(|at| *at > now && case.runs(ClockKind::Acknowledge));
            Body::Status { closed: case.closure().is_some(), next_by: promised.or(owed) }
        }
    }
}

fn name(office: &Office, member: &MemberKey) -> String {
    office.policy.roster.get(member).map_or_else(|| member.to_string(), |member| member.name.clone())
}

fn read(
    office: &Office,
    txn: &Txn<'_>,
    mail: MailId,
) -> Result<std::sync::Arc<crate::reading::ReadMail>, ()> {
    let row = txn.mail(mail).map_err(|_| ())?;
    office.read_mail(txn, &row).map_err(|_| ())
}

fn bytes(
    office: &Office,
    txn: &Txn<'_>,
    letter: &crate::render::letters::Letter,
    sheet: &Sheet<'_>,
    draft: &Draft,
    now: Timestamp,
) -> Result<Vec<u8>, ()> {
    let parent = sheet.parent.and_then(|mail| mail.message_id.clone());
    let references = sheet.parent.map(|mail| mail.references.clone()).unwrap_or_default();
    let outgoing = compose::Outgoing {
        from: office.config.addresses.list.clone(),
        to: txn.address_of(sheet.to).map_err(|_| ())?,
        subject: letter.subject.clone(),
        body: letter.body.clone(),
        message_id: draft.message_id.clone().map(|id| format!("<{id}>")).ok_or(())?,
        references: references.into_iter().chain(parent.clone()).collect(),
        in_reply_to: parent,
        automatic: sheet.automatic,
        date: now,
        practice: office.practice(),
    };
    let bytes = compose::write_with(&outgoing, sheet.file.as_ref()).map_err(|_| ())?;
    envelope::sealed(office, txn, sheet.case, sheet.to, bytes, now).map_err(|_| ())
}

/// The words of a question stand with the facts of reports.
pub(super) fn missing(question: Question) -> Missing {
    match question {
        Question::Version => Missing::Version,
        Question::Steps => Missing::Steps,
        Question::Component => Missing::Component,
        Question::Platform => Missing::Platform,
        Question::Impact => Missing::ImpactAndAttacker,
        Question::Deadline => Missing::Deadline,
        Question::Others => Missing::OthersTold,
        Question::Credit => Missing::Credit,
    }
}
