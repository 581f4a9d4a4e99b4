//! An outward text that would have told something confidential: the team hears of it, and which words those are.

use jiff::Timestamp;

use super::letters::Written;
use super::outright::{self, Outright};
use crate::case::{Case, CaseId, LetterKind, MemberKey};
use crate::office::Office;
use crate::perform::{Reader, approved_text, leaks_of, told_before};
use crate::render::fence::{one_line, visible};
use crate::render::fold::fold;
use crate::render::leak::{Leak, LeakKind};
use crate::store::{StoreError, Txn};

/// What a letter to others than the reporter says and must not: in its subject, its text, or by the mails that it answers.
pub(super) fn in_letter(
    office: &Office,
    txn: &Txn<'_>,
    case: &Case,
    written: &Written,
) -> Result<Vec<Leak>, StoreError> {
    if !written.letter.is_notice() {
        return Ok(Vec::new());
    }
    let reviewed =
        case.tracks.review.as_ref().map(|review| approved_text(txn, case, &review.text)).transpose()?;
    let mut approved = reviewed.flatten().map(|text| text.whole()).unwrap_or_default();
    approved.push_str(&told_before(office, txn, case)?);
    let text = format!("{}\n\n{}", written.subject, written.body);
    let mut found = if written.letter == LetterKind::PosterMail {
        // The template has no field for a word of the issue: its own sentences are no leak, whoever copied them there before.
        leaks_of(office, txn, case, Reader::Anybody, &text, &text)?
    } else {
        leaks_of(office, txn, case, Reader::OfTheDisclosure, &text, &approved)?
    };
    let bytes = String::from_utf8_lossy(&written.bytes);
    let head = bytes.split("\r\n\r\n").next().unwrap_or_default();
    for id in txn.message_ids_on(case.id)?.into_iter().filter(|id| !id.is_empty()) {
        if head.contains(&id) {
            found.push(Leak { kind: LeakKind::Address, found: format!("an answer to the mail {id}") });
        }
    }
    Ok(found)
}

/// By mail alone, to the owner or, where there is none who is there, to all members: these words go to no channel, no page
/// and no log.
pub(super) fn tell(
    office: &Office,
    txn: &Txn<'_>,
    (id, what): (CaseId, &str),
    leaks: &[Leak],
    now: Timestamp,
) -> Result<(), StoreError> {
    tracing::error!(effect = what, case = %id, count = leaks.len(), "an outward text holds what is confidential");
    let roster = &office.policy.roster;
    let case = txn.case(id)?;
    let owner = case.owner().and_then(|owner| roster.get(owner)).filter(|owner| !owner.is_away(now));
    let to: Vec<MemberKey> = match owner {
        Some(owner) => vec![owner.key.clone()],
        None => roster.active(now).map(|member| member.key.clone()).collect(),
    };
    for member in to {
        let mail = Outright {
            to: &member,
            case: Some(id),
            answers: None,
            subject: format!("[{id}] not done: {what} would tell what is confidential"),
            body: words(what, leaks),
        };
        outright::plan(office, txn, mail, now)?;
    }
    Ok(())
}

fn words(what: &str, leaks: &[Leak]) -> String {
    let mut body = format!(
        "This was not done: {what}. Its text holds what must not leave the team. Nothing of it went out. Change the text, \
         have it approved again where it was approved, and order it once more.\n\n"
    );
    for leak in leaks {
        body.push_str(&format!("- {}:\n", leak.kind.words()));
        body.push_str(&format!("  > {}\n", one_line(&visible(&leak.found), 300)));
    }
    fold(&body)
}
