//! The advisories of cases are watched: what people change on GitHub, a CVE id that came, an accepted credit, a text that
//! everybody can suddenly read.
//!
//! Only looks, by conditional lists; what changed is an input to the case. Nothing waits for it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::SignedDuration;

use super::{Fault, commit};
use crate::case::decide::Input;
use crate::case::{Case, CaseId};
use crate::config::Mode;
use crate::office::Office;
use crate::perform::{self, Peers};
use crate::store::{StoreError, Txn};
use crate::wire::github::{GithubError, Project, RepositoryAdvisory};

/// Entity tags of lists and of single advisories that were dealt with.
#[derive(Debug, Default)]
pub(super) struct Tags {
    /// By repository, with the drafts that its list held.
    lists: BTreeMap<String, (String, BTreeSet<String>)>,
    /// By id.
    single: BTreeMap<String, String>,
}

/// Watches whenever the configured time has passed.
pub(super) async fn keep_watching(office: &Arc<Office>, peers: &Arc<Peers>) -> Result<(), Fault> {
    let minutes = office.config.runbook.watch_minutes;
    let mut tags = Tags::default();
    loop {
        if minutes == 0 {
            return std::future::pending().await;
        }
        watch(office, peers, &mut tags).await?;
        let now = office.outside.clock.now();
        let next = now.saturating_add(SignedDuration::from_mins(minutes.into())).unwrap_or(now);
        office.outside.clock.sleep_until(next).await;
    }
}

/// Looks at the advisories of all cases that are not closed. Returns how many had changed; a fault of GitHub is a line in
/// the log.
pub(super) async fn watch(office: &Arc<Office>, peers: &Arc<Peers>, tags: &mut Tags) -> Result<usize, Fault> {
    if office.config.runbook.watch_minutes == 0 || office.config.mode == Mode::Shadow {
        return Ok(0);
    }
    let cases = office.store.read(|txn| {
        let ids = txn.watched_advisories()?;
        ids.into_iter().map(|id| txn.case(id)).collect::<Result<Vec<Case>, _>>()
    })?;
    let mut by_repository: BTreeMap<String, Vec<(CaseId, String)>> = BTreeMap::new();
    for case in &cases {
        if let Some(seen) = &case.tracks.advisory {
            by_repository.entry(seen.repository.clone()).or_default().push((case.id, seen.ghsa.clone()));
        }
    }
    let mut changed = 0;
    for (repository, watched) in &by_repository {
        match in_repository(office, peers, tags, repository, watched).await? {
            Ok(count) => changed += count,
            Err(fault) => tracing::warn!(%repository, %fault, "advisories were not looked at"),
        }
    }
    Ok(changed)
}

async fn in_repository(
    office: &Arc<Office>,
    peers: &Arc<Peers>,
    tags: &mut Tags,
    repository: &str,
    watched: &[(CaseId, String)],
) -> Result<Result<usize, GithubError>, Fault> {
    let Some(project) = perform::project_named(repository) else { return Ok(Ok(0)) };
    let me = match peers.account().await {
        Ok(me) => me.login,
        Err(fault) => return Ok(Err(fault)),
    };
    let held = tags.lists.get(repository).cloned().unwrap_or_default();
    let (drafts, listed, etag) = match peers.github.drafts(&project, &held.0).await {
        Ok(Some(drafts)) => {
            let listed = drafts.items.iter().map(|draft| draft.ghsa_id.clone()).collect();
            (drafts.items, listed, drafts.etag)
        }
        Ok(None) => (Vec::new(), held.1, held.0),
        // Without a right to the list each one may still be seen.
        Err(GithubError::Refused { status: 403 | 404, .. }) => (Vec::new(), BTreeSet::new(), String::new()),
        Err(fault) => return Ok(Err(fault)),
    };
    let mut changed = 0;
    for (case, ghsa) in watched {
        let shown = match drafts.iter().find(|draft| draft.ghsa_id == *ghsa) {
            Some(draft) => Some(draft.clone()),
            None if listed.contains(ghsa) => None,
            None => match single(peers, tags, &project, ghsa).await {
                Ok(shown) => shown,
                Err(fault) => {
                    tracing::warn!(%case, %fault, "an advisory was not looked at");
                    None
                }
            },
        };
        if let Some(shown) = shown {
            changed += usize::from(taken(office, &project, &shown, &me, *case).await?);
        }
    }
    // Only now: what was not dealt with is asked for again.
    tags.lists.insert(repository.to_owned(), (etag, listed));
    Ok(Ok(changed))
}

/// One that is no draft any more; none when it is as it was.
async fn single(
    peers: &Arc<Peers>,
    tags: &mut Tags,
    project: &Project,
    ghsa: &str,
) -> Result<Option<RepositoryAdvisory>, GithubError> {
    let etag = tags.single.get(ghsa).cloned().unwrap_or_default();
    let Some((held, etag)) = peers.github.advisory(project, ghsa, &etag).await? else { return Ok(None) };
    tags.single.insert(ghsa.to_owned(), etag);
    Ok(Some(held))
}

/// What changed becomes part of the case. Returns whether anything did.
async fn taken(
    office: &Arc<Office>,
    project: &Project,
    shown: &RepositoryAdvisory,
    me: &str,
    case: CaseId,
) -> Result<bool, Fault> {
    let seen = perform::advisory_seen(office, project, shown, me);
    let stands = |txn: &Txn<'_>| -> Result<bool, StoreError> {
        let held = txn.case(case)?;
        // Another one may have been named meanwhile.
        let same = held.tracks.advisory.as_ref().is_some_and(|held| held.ghsa == seen.advisory.ghsa);
        let text = txn.advisory_text(case)?.is_some_and(|row| row.sha256 == seen.advisory.text);
        Ok(!same || held.tracks.advisory.as_ref() == Some(&seen.advisory) && text)
    };
    if office.store.read(stands)? {
        return Ok(false);
    }
    let (now, office_in) = (office.outside.clock.now(), Arc::clone(office));
    office
        .store
        .write("advisory-seen", move |txn| {
            perform::keep_advisory(txn, case, &seen, now)?;
            commit::input(
                &office_in,
                txn,
                case,
                &Input::Advisory { seen: seen.advisory, tasks: Vec::new() },
                now,
            )
        })
        .await?;
    Ok(true)
}
