//! Our one comment with answers on an issue: brought to what it should say, found again by its marker.

use super::github::{BEFORE, case_of, guard, look_again, looked_in_vain, refused};
use super::{Peers, PerformFault, Verdict};
use crate::case::{CaseId, Op};
use crate::office::Office;
use crate::render::comment::{self, Comment};
use crate::render::marker::{self, Stamp};
use crate::store::{EffectRow, StoreError};
use crate::wire::github::GithubError;

/// Answers that it shows at most.
const SHOWN: usize = 10;

/// The effect whose id stands in the marker: the first of the case, whichever brings the comment up to date.
fn first(office: &Office, row: &EffectRow, case: CaseId) -> Result<EffectRow, StoreError> {
    Ok(office.store.read(|txn| txn.first_answer(case))?.unwrap_or_else(|| row.clone()))
}

/// The comment as it should stand now.
pub(super) fn page(office: &Office, row: &EffectRow) -> Result<String, StoreError> {
    let case = case_of(office, row)?;
    let op = first(office, row, case.id)?.op;
    let parts = office.store.read(|txn| txn.answers(case.id, SHOWN))?;
    let stamp = Stamp { op: &op, mail: None };
    let what = Comment::Commanded(comment::answers(&parts));
    Ok(comment::comment(case.id, &what, &office.policy.calendar.zone, &stamp, &office.keys))
}

pub(super) async fn answer(
    office: &Office,
    peers: &Peers,
    row: &EffectRow,
    looks: Option<u32>,
) -> Result<Verdict, PerformFault> {
    let case = case_of(office, row)?;
    let Some((repository, number)) = case.issue else { return Ok(Verdict::again("no-issue-yet")) };
    let first = first(office, row, case.id)?;
    let text = page(office, row)?;
    let known = office.store.read(|txn| txn.answer_comment(case.id))?;
    let hub = &peers.github;
    if let Err(error) = guard(office, hub, repository).await {
        return Ok(refused(office, row, &error));
    }
    if let Some(id) = known
        && let Some(verdict) = edit(office, peers, row, repository, id, &text).await
    {
        return Ok(verdict);
    }
    // It is not known: an answer of GitHub was lost, a backup restored, or somebody deleted it.
    let started = first.planned_at.saturating_sub(BEFORE).unwrap_or(first.planned_at);
    let listed = match peers.whoami().await {
        Ok(me) => hub.list_comments(repository, number, Some(started)).await.map(|all| (me, all)),
        Err(error) => Err(error),
    };
    let found = listed.map(|(me, all)| {
        let ours = |body: Option<&str>| is_ours(office, body, case.id, &first.op);
        let mine = all.iter().filter(|c| c.user.as_ref().is_none_or(|author| author.login == me));
        mine.filter(|c| ours(c.body.as_deref())).map(|c| c.id).min()
    });
    match (found, looks) {
        (Err(error), Some(looks)) => return Ok(looked_in_vain(office, row, &error, looks)),
        (Err(error), None) => return Ok(refused(office, row, &error)),
        (Ok(Some(id)), _) => {
            if let Some(verdict) = edit(office, peers, row, repository, id, &text).await {
                return Ok(verdict);
            }
        }
        (Ok(None), looks) => {
            if let Some(verdict) = looks.and_then(|looks| look_again(office, looks)) {
                return Ok(verdict);
            }
        }
    }
    Ok(match hub.comment(repository, number, &text).await {
        Ok(written) => Verdict::Answered { comment: written.id },
        Err(GithubError::Unknown) => Verdict::Look { looks: 0 },
        Err(error) => refused(office, row, &error),
    })
}

fn is_ours(office: &Office, body: Option<&str>, case: CaseId, op: &Op) -> bool {
    let marked = body.and_then(|body| marker::verify(body, &office.keys));
    marked.is_some_and(|marked| marked.op == *op && marked.case == case)
}

/// Writes it anew; `None` when it is no longer there. To do it twice does no harm.
async fn edit(
    office: &Office,
    peers: &Peers,
    row: &EffectRow,
    repository: u64,
    id: u64,
    text: &str,
) -> Option<Verdict> {
    match peers.github.edit_comment(repository, id, text).await {
        Ok(_) => Some(Verdict::Answered { comment: id }),
        Err(GithubError::Refused { status: 404 | 410, .. }) => None,
        Err(error) => Some(refused(office, row, &error)),
    }
}
