//! The fifth door: public issues that look like reports nobody has disclosed are saved whole and queued as cases (RFC lines 74
//! to 78); and those of cases are watched, for what people change there and for their end.
//!
//! Only looks, by conditional lists, and nothing waits for them. What is done in public is ordered by members (`perform/takedown.rs`).

mod take;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use take::Came;
pub(super) use take::{settle, why_left_alone};

use super::{Fault, commit};
use crate::case::CaseId;
use crate::case::decide::Input;
use crate::config::ProjectName;
use crate::office::Office;
use crate::perform::Peers;
use crate::perform::posted::{House, Seen, gone, of_case, seen};
use crate::store::{PostedRow, StoreError, Txn};
use crate::wire::github::{Changed, Depth, GithubError, Issue, Project, There, Whoami};

/// Where the store keeps what was wrong with the last look; empty: nothing.
pub const FAULT: &str = "posted-fault";
/// Lists are read from so long before the last instant that they showed: they can be late by minutes.
const OVERLAP: SignedDuration = SignedDuration::from_mins(10);
/// Pages of a repository that are read in one look: what is left comes with the next.
const PAGES: usize = 20;

/// Entity tags of what was dealt with.
#[derive(Debug, Default)]
pub(super) struct Tags {
    /// Of lists: by repository, with the instant that was asked from.
    lists: BTreeMap<u64, (Timestamp, String)>,
    /// Of issues of cases, by GitHub's id.
    single: BTreeMap<String, String>,
}

/// A repository that may be watched.
#[derive(Debug, Clone)]
struct Watched {
    name: ProjectName,
    id: u64,
}

/// Why a repository is not looked at.
enum Unfit {
    /// It is not public, or not the one that is configured.
    Not(&'static str),
    Github(GithubError),
}

impl std::fmt::Display for Unfit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Not(why) => f.write_str(why),
            Self::Github(error) => write!(f, "{error}"),
        }
    }
}

/// Watches whenever the configured time has passed, and when a member names an issue.
pub(super) async fn keep_watching(office: &Arc<Office>, peers: &Arc<Peers>) -> Result<(), Fault> {
    let minutes = office.config.public.watch_minutes;
    let mut tags = Tags::default();
    loop {
        watch(office, peers, &mut tags).await?;
        let now = office.outside.clock.now();
        let named = !office.store.read(|txn| txn.wanted_posted())?.is_empty();
        // What a member named and could not be looked at is tried again soon.
        let wait = if named { minutes.clamp(1, 10) } else { minutes };
        let next = now.saturating_add(SignedDuration::from_mins(wait.into())).unwrap_or(now);
        let due = async {
            if wait == 0 {
                std::future::pending::<()>().await;
            }
            office.outside.clock.sleep_until(next).await;
        };
        tokio::select! {
            () = due => {}
            () = office.bells.posted.notified() => {}
        }
    }
}

/// One look at everything. Returns how many issues were taken in; a fault of GitHub is a line in the log and in `status`.
pub(super) async fn watch(office: &Arc<Office>, peers: &Arc<Peers>, tags: &mut Tags) -> Result<usize, Fault> {
    if office.config.public.repositories.is_empty() {
        return Ok(0);
    }
    let wanted = office.store.read(|txn| txn.wanted_posted())?;
    let watches = office.config.public.watch_minutes > 0;
    let posted = if watches { office.store.read(|txn| txn.watched_posted())? } else { Vec::new() };
    if !watches && wanted.is_empty() {
        return Ok(0);
    }
    let named: Vec<String> = office.config.public.repositories.iter().map(ToString::to_string).collect();
    let (wanted, strays): (Vec<_>, Vec<_>) =
        wanted.into_iter().partition(|one| named.contains(&one.place.project));
    take::refuse(office, &strays, "its repository is watched no longer").await?;
    let me = match peers.account().await {
        Ok(me) => me,
        Err(fault) => {
            note(office, format!("{fault}")).await?;
            return Ok(0);
        }
    };
    let (mut taken, mut faults) = (0, Vec::new());
    for name in &office.config.public.repositories {
        let mine: Vec<_> =
            wanted.iter().filter(|one| one.place.project == name.to_string()).cloned().collect();
        if !watches && mine.is_empty() {
            continue;
        }
        let watched = match fit(office, peers, name).await {
            Ok(watched) => watched,
            Err(Unfit::Github(fault)) => {
                tracing::warn!(repository = %name, %fault, "public issues were not looked at");
                faults.push(format!("{name}: {fault}"));
                continue;
            }
            Err(Unfit::Not(why)) => {
                take::refuse(office, &mine, why).await?;
                faults.push(format!("{name}: {why}"));
                continue;
            }
        };
        taken += take::named(office, peers, &watched, &mine, &me).await?;
        if watches {
            match list(office, peers, tags, &watched, &me).await? {
                Ok(count) => taken += count,
                Err(fault) => {
                    tracing::warn!(repository = %name, %fault, "public issues were not looked at");
                    faults.push(format!("{name}: {fault}"));
                }
            }
        }
    }
    for (case, row) in &posted {
        if let Err(fault) = look(office, peers, tags, *case, row, &me).await? {
            tracing::warn!(%case, %fault, "a public issue was not looked at");
            faults.push(format!("{}: {fault}", row.place));
        }
    }
    note(office, faults.join("; ")).await?;
    if taken > 0 {
        office.bells.mail.notify_one();
    }
    Ok(taken)
}

/// How the look went; nothing is written when nothing changed.
async fn note(office: &Arc<Office>, fault: String) -> Result<(), Fault> {
    let old = office.store.read(|txn| txn.meta(FAULT))?.unwrap_or_default();
    if old != fault {
        office.store.write("posted-fault", move |txn| txn.set_meta(FAULT, &fault)).await?;
    }
    Ok(())
}

/// Nothing is read from a repository that is not public, not the configured one, or the one of reports.
async fn fit(office: &Office, peers: &Peers, name: &ProjectName) -> Result<Watched, Unfit> {
    let project = Project { owner: name.owner.clone(), name: name.name.clone() };
    let found = peers.github.repository_named(&project).await.map_err(Unfit::Github)?;
    if found.private || found.id == office.config.github.repository_id {
        return Err(Unfit::Not("the repository is not public"));
    }
    if !found.full_name.eq_ignore_ascii_case(&name.to_string()) {
        return Err(Unfit::Not("the repository has another name now"));
    }
    Ok(Watched { name: name.clone(), id: found.id })
}

/// Where the list of a repository goes on, and since when it is watched.
fn marks(txn: &Txn<'_>, id: u64) -> Result<Option<(Timestamp, Timestamp)>, StoreError> {
    let began = txn.meta_instant(&format!("posted-began-{id}"))?;
    let cursor = txn.meta_instant(&format!("posted-cursor-{id}"))?;
    Ok(began.map(|began| (began, cursor.unwrap_or(began))))
}

/// Goes through what was touched in a repository since the last look.
async fn list(
    office: &Arc<Office>,
    peers: &Arc<Peers>,
    tags: &mut Tags,
    watched: &Watched,
    me: &Whoami,
) -> Result<Result<usize, GithubError>, Fault> {
    let (id, now) = (watched.id, office.outside.clock.now());
    let Some((began, cursor)) = office.store.read(|txn| marks(txn, id))? else {
        // What is older than the first look is public for long: members name what they mean.
        let first = now.to_string();
        let begin = move |txn: &Txn<'_>| txn.set_meta(&format!("posted-began-{id}"), &first);
        office.store.write("posted-began", begin).await?;
        return Ok(Ok(0));
    };
    let from = cursor.saturating_sub(OVERLAP).unwrap_or(cursor);
    let (mut since, mut page, mut taken, mut last) = (from, 1, 0, cursor);
    let tag = tags.lists.get(&id).filter(|(at, _)| *at == from).map(|(_, tag)| tag.clone());
    for turn in 0..PAGES {
        let asked = if turn == 0 { tag.as_deref() } else { None };
        let shown = match peers.github.issues_touched(id, since, page, asked).await {
            Ok(Changed::Same) => return Ok(Ok(0)),
            Ok(Changed::Page(shown)) => shown,
            Err(fault) => return Ok(Err(fault)),
        };
        let young = |issue: &&Issue| issue.created_at.is_none_or(|at| at >= began);
        for issue in shown.items.iter().filter(young) {
            match take::suspected(office, peers, watched, issue, me).await? {
                Ok(Came::Taken) => taken += 1,
                Ok(Came::Left) => {}
                // The rest stays on GitHub, and comes with a later look.
                Ok(Came::TooMany) => return Ok(Ok(taken)),
                Err(fault) => return Ok(Err(fault)),
            }
        }
        last = shown.last.unwrap_or(last).max(last);
        let cursor = last.to_string();
        let goes_on = move |txn: &Txn<'_>| txn.set_meta(&format!("posted-cursor-{id}"), &cursor);
        office.store.write("posted-cursor", goes_on).await?;
        if !shown.more {
            // Only now: what was not dealt with is asked for again.
            if let Some(tag) = shown.etag.filter(|_| turn == 0) {
                tags.lists.insert(id, (from, tag));
            }
            return Ok(Ok(taken));
        }
        // A page that ends later than it began is followed by the list since its end.
        (since, page) = match shown.last {
            Some(end) if end > since => (end, 1),
            Some(_) | None => (since, page + 1),
        };
    }
    Ok(Ok(taken))
}

/// The public issue of a case: what changed becomes part of it, saved before anybody is told.
async fn look(
    office: &Arc<Office>,
    peers: &Arc<Peers>,
    tags: &mut Tags,
    case: CaseId,
    row: &PostedRow,
    me: &Whoami,
) -> Result<Result<(), GithubError>, Fault> {
    let (held, found) = office.store.read(|txn| {
        let held = txn.case(case)?;
        let found = of_case(txn, &held)?;
        Ok((held, found))
    })?;
    let Some(known) = held.tracks.posted.clone() else { return Ok(Ok(())) };
    let saved = found.and_then(|(_, saved)| saved);
    let tag = tags.single.get(&row.node).cloned().unwrap_or_default();
    let whole = match peers.github.whole_issue(row.repository, row.place.number, &tag, Depth::Words).await {
        Ok(There::Same) => return Ok(Ok(())),
        Ok(There::No) => {
            let posted = gone(&known);
            if posted != known {
                taken(office, case, posted).await?;
            }
            return Ok(Ok(()));
        }
        Ok(There::Yes(whole)) => whole,
        Err(fault) => return Ok(Err(fault)),
    };
    let house = House { office, me };
    let mut now = seen(&house, row, Some(case), &whole, saved.as_ref());
    if now.posted.words != known.words {
        // Saved with all that belongs to it.
        match peers.github.whole_issue(row.repository, row.place.number, "", Depth::All).await {
            Ok(There::Yes(whole)) => now = seen(&house, row, Some(case), &whole, saved.as_ref()),
            Ok(There::Same | There::No) => return Ok(Ok(())),
            Err(fault) => return Ok(Err(fault)),
        }
        let (node, at, copy) = (row.node.clone(), office.outside.clock.now(), now.copy.clone());
        office.store.write("posted-copy", move |txn| txn.keep_posted(&node, &copy, at)).await?;
    }
    let Seen { posted, .. } = now;
    if posted != known {
        taken(office, case, posted).await?;
    }
    tags.single.insert(row.node.clone(), whole.etag.clone());
    Ok(Ok(()))
}

async fn taken(office: &Arc<Office>, case: CaseId, posted: crate::case::Posted) -> Result<(), Fault> {
    let (now, office_in) = (office.outside.clock.now(), Arc::clone(office));
    office
        .store
        .write("posted-seen", move |txn| {
            commit::input(&office_in, txn, case, &Input::Posted { seen: posted }, now)
        })
        .await?;
    Ok(())
}
