//! An outward text that would have told something confidential: the team hears of it, and which words those are.

use jiff::Timestamp;

use super::commit;
use crate::case::{Effect, MemberKey, Planned};
use crate::mail::compose::{Auto, Outgoing, write};
use crate::office::Office;
use crate::render::fence::{one_line, visible};
use crate::render::fold::fold;
use crate::render::leak::Leak;
use crate::store::{EffectRow, StoreError, Txn};

/// By mail alone, to the owner or, where there is none who is there, to all members: these words go to no channel, no page
/// and no log.
pub(super) fn tell(
    office: &Office,
    txn: &Txn<'_>,
    row: &EffectRow,
    leaks: &[Leak],
    now: Timestamp,
) -> Result<(), StoreError> {
    let Some(id) = row.case else { return Ok(()) };
    tracing::error!(effect = row.effect.word(), case = %id, count = leaks.len(), "an outward text holds what is confidential");
    let roster = &office.policy.roster;
    let case = txn.case(id)?;
    let owner = case.owner().and_then(|owner| roster.get(owner)).filter(|owner| !owner.is_away(now));
    let to: Vec<MemberKey> = match owner {
        Some(owner) => vec![owner.key.clone()],
        None => roster.active(now).map(|member| member.key.clone()).collect(),
    };
    for member in to {
        let Some(address) = roster.get(&member).and_then(|member| member.address()).cloned() else {
            continue;
        };
        let mut draft = commit::draft(office, &Planned::now(Effect::Transcript { to: member, mail: None }))?;
        let outgoing = Outgoing {
            from: office.config.addresses.notices_from().clone(),
            to: address,
            subject: format!("[{id}] not done: {} would tell what is confidential", row.effect.word()),
            body: words(row, leaks),
            message_id: draft.message_id.clone().map(|id| format!("<{id}>")).unwrap_or_default(),
            in_reply_to: None,
            references: Vec::new(),
            automatic: Auto::Generated,
            date: now,
            practice: office.practice(),
        };
        draft.letter = write(&outgoing).ok();
        txn.plan(Some(id), &draft, now)?;
    }
    Ok(())
}

fn words(row: &EffectRow, leaks: &[Leak]) -> String {
    let what = row.effect.word();
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
