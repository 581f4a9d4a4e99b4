//! A mail to one member that is written at once, with no template: what goes back to who commanded, and what no alert may hold.
//! It leaves for the roster's address and waits behind nothing.

use jiff::Timestamp;

use super::commit;
use super::desk::Prepared;
use crate::case::{CaseId, Effect, MemberKey, Planned};
use crate::mail::compose::{Auto, Outgoing, write};
use crate::office::Office;
use crate::store::{StoreError, Txn};

/// Such a mail.
pub(super) struct Outright<'a> {
    /// Who gets it. Nobody, if the roster has no address of theirs.
    pub to: &'a MemberKey,
    /// The case that it is about.
    pub case: Option<CaseId>,
    /// The mail that it answers.
    pub answers: Option<&'a Prepared>,
    /// The subject, whole.
    pub subject: String,
    /// The text, folded.
    pub body: String,
}

/// Plans it.
pub(super) fn plan(
    office: &Office,
    txn: &Txn<'_>,
    mail: Outright<'_>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let address = office.policy.roster.get(mail.to).and_then(|member| member.address());
    let Some(to) = address.cloned() else { return Ok(()) };
    let effect = Effect::Transcript { to: mail.to.clone(), mail: mail.answers.map(|mail| mail.row.id) };
    let mut draft = commit::draft(office, &Planned::now(effect))?;
    let answered = mail.answers.map(|mail| &mail.read.letter);
    let parent = answered.and_then(|letter| letter.message_id.clone());
    let earlier = answered.map(|letter| letter.references.clone()).unwrap_or_default();
    let outgoing = Outgoing {
        from: office.config.addresses.notices_from().clone(),
        to,
        subject: mail.subject,
        body: mail.body,
        message_id: draft.message_id.clone().map(|id| format!("<{id}>")).unwrap_or_default(),
        references: earlier.into_iter().chain(parent.clone()).collect(),
        in_reply_to: parent,
        automatic: if mail.answers.is_some() { Auto::Replied } else { Auto::Generated },
        date: now,
        practice: office.practice(),
    };
    draft.letter = write(&outgoing).ok();
    txn.plan(mail.case, &draft, now).map(drop)
}
