//! The fifth door: public issues that look like reports nobody has disclosed are saved whole and queued as cases (RFC lines 74
//! to 78); and those of cases are watched, for what people change there and for their end.
//!
//! Only looks, by conditional lists, and nothing waits for them. What is done in public is ordered by members (`perform/takedown.rs`).

mod take;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use take::{Came, Told};
pub(super) use take::{settle, why_left_alone};

use super::{Fault, commit, disk};
use crate::case::decide::Input;
use crate::case::{CaseId, Posted};
use crate::config::ProjectName;
use crate::office::Office;
use crate::perform::Peers;
use crate::perform::posted::{House, gone, of_case, seen};
use crate::store::{PostedRow, StoreError, Txn};
use crate::wire::github::{Changed, Depth, GithubError, Issue, Project, There, Whoami};

/// Where the store keeps what was wrong with the last look; empty: nothing.
pub const FAULT: &str = "posted-fault";
/// Lists are read from so long before the last instant that they showed: they can be late by minutes.
const OVERLAP: SignedDuration = SignedDuration::from_mins(10);
/// An issue that GitHub does not tell whole at so many looks is saved as the list tells it.
const UNTOLD: u32 = 3;
/// An issue is read without its entity tag after so long: nobody promises that an edited comment changes the tag.
const READ_ANEW: SignedDuration = SignedDuration::from_hours(1);
/// Copies of one issue take at most so many bytes in 24 hours; what changes beyond that is seen when there is room again.
const COPIES: u64 = 256 * 1024 * 1024;
/// Pages of a repository that are read in one look: what is left comes with the next.
const PAGES: usize = 20;

/// Entity tags of what was dealt with.
#[derive(Debug, Default)]
pub(super) struct Tags {
    /// Of lists: by repository, with the instant that was asked from.
    lists: BTreeMap<u64, (Timestamp, String)>,
    /// Of issues of cases, by GitHub's id, with the instant at which they were read.
    single: BTreeMap<String, (Timestamp, String)>,
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
            () = office.store.lanes().named().notified() => {}
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
    if disk::is_low(office) {
        note(office, "the disk is nearly full".to_owned()).await?;
        return Ok(0);
    }
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
                if matches!(fault, GithubError::Refused { .. } | GithubError::Moved) {
                    take::refuse(office, &mine, "GitHub does not show its repository").await?;
                }
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
            let (count, fault) = list(office, peers, tags, &watched, &me).await?;
            taken += count;
            if let Some(fault) = fault {
                tracing::warn!(repository = %name, %fault, "public issues were not all looked at");
                faults.push(format!("{name}: {fault}"));
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

/// Where the list of a repository goes on.
struct Marks {
    /// Since when it is watched.
    began: Timestamp,
    /// What the list showed last.
    cursor: Timestamp,
    /// The last look did not come to the end of the list.
    behind: bool,
    /// The issue that GitHub did not tell whole, by its id, and at how many looks.
    untold: Option<(String, u32)>,
}

fn marks(txn: &Txn<'_>, id: u64) -> Result<Option<Marks>, StoreError> {
    let Some(began) = txn.meta_instant(&format!("posted-began-{id}"))? else { return Ok(None) };
    let cursor = txn.meta_instant(&format!("posted-cursor-{id}"))?.unwrap_or(began);
    let behind = txn.meta(&format!("posted-behind-{id}"))?.is_some_and(|word| !word.is_empty());
    let untold = txn.meta(&format!("posted-untold-{id}"))?.and_then(|word| {
        let (node, looks) = word.split_once(' ')?;
        Some((node.to_owned(), looks.parse().ok()?))
    });
    Ok(Some(Marks { began, cursor, behind, untold }))
}

/// Notes one of the marks.
async fn mark(office: &Arc<Office>, id: u64, name: &str, value: String) -> Result<(), Fault> {
    let name = format!("posted-{name}-{id}");
    Ok(office.store.write("posted-mark", move |txn| txn.set_meta(&name, &value)).await?)
}

/// Goes through what was touched in a repository since the last look: how many were taken in, and what keeps it from the end.
async fn list(
    office: &Arc<Office>,
    peers: &Arc<Peers>,
    tags: &mut Tags,
    watched: &Watched,
    me: &Whoami,
) -> Result<(usize, Option<String>), Fault> {
    let (id, now) = (watched.id, office.outside.clock.now());
    let Some(marks) = office.store.read(|txn| marks(txn, id))? else {
        // What is older than the first look is public for long: members name what they mean.
        mark(office, id, "began", now.to_string()).await?;
        return Ok((0, None));
    };
    // Else a look that never comes to the end would begin where it began before.
    let overlap = if marks.behind { SignedDuration::ZERO } else { OVERLAP };
    let from = marks.cursor.saturating_sub(overlap).unwrap_or(marks.cursor);
    let (mut since, mut page, mut taken, mut last) = (from, 1, 0, marks.cursor);
    let tag = tags.lists.get(&id).filter(|(at, _)| *at == from).map(|(_, tag)| tag.clone());
    for turn in 0..PAGES {
        let asked = if turn == 0 { tag.as_deref() } else { None };
        let shown = match peers.github.issues_touched(id, since, page, asked).await {
            Ok(Changed::Same) => return Ok((0, None)),
            Ok(Changed::Page(shown)) => shown,
            Err(fault) => return Ok((taken, Some(fault.to_string()))),
        };
        let young = |issue: &&Issue| issue.created_at.is_none_or(|at| at >= marks.began);
        for issue in shown.items.iter().filter(young) {
            match page_item(office, peers, &marks, watched, issue, me).await? {
                Ok(came) => taken += usize::from(came == Came::Taken),
                // The rest stays on GitHub, and comes with a later look.
                Err(why) => return Ok((taken, Some(why))),
            }
        }
        last = shown.last.unwrap_or(last).max(last);
        mark(office, id, "cursor", last.to_string()).await?;
        if !shown.more {
            if marks.behind {
                mark(office, id, "behind", String::new()).await?;
            }
            // Only now: what was not dealt with is asked for again.
            if let Some(tag) = shown.etag.filter(|_| turn == 0) {
                tags.lists.insert(id, (from, tag));
            }
            return Ok((taken, None));
        }
        // A page that ends later than it began is followed by the list since its end.
        (since, page) = match shown.last {
            Some(end) if end > since => (end, 1),
            Some(_) | None => (since, page + 1),
        };
    }
    mark(office, id, "behind", "yes".to_owned()).await?;
    Ok((taken, Some("more was touched than one look reads; the next one goes on from there".to_owned())))
}

/// One issue of the list. What GitHub does not tell whole keeps the list waiting for some looks, and no longer.
async fn page_item(
    office: &Arc<Office>,
    peers: &Arc<Peers>,
    marks: &Marks,
    watched: &Watched,
    issue: &Issue,
    me: &Whoami,
) -> Result<Result<Came, String>, Fault> {
    let node = issue.node_id.clone().unwrap_or_default();
    let untold = marks.untold.as_ref().filter(|(id, _)| *id == node).map_or(0, |(_, looks)| *looks);
    let told = if untold < UNTOLD { Told::Whole } else { Told::Listed };
    Ok(match take::suspected(office, peers, watched, issue, me, told).await? {
        Ok(Came::TooMany) => {
            Err("more issues look like reports than are taken in within an hour: the rest follows".to_owned())
        }
        Ok(came) => Ok(came),
        Err(fault) => {
            if !fault.is_put_off() {
                mark(office, watched.id, "untold", format!("{node} {}", untold + 1)).await?;
            }
            Err(format!("issue {}: {fault}", issue.number))
        }
    })
}

/// The public issue of a case: what changed becomes part of it, saved before anybody is told.
async fn look(
    office: &Arc<Office>,
    peers: &Arc<Peers>,
    tags: &mut Tags,
    case: CaseId,
    row: &PostedRow,
    me: &Whoami,
) -> Result<Result<(), String>, Fault> {
    let now = office.outside.clock.now();
    let (held, found) = office.store.read(|txn| {
        let held = txn.case(case)?;
        let found = of_case(txn, &held)?;
        Ok((held, found))
    })?;
    let Some(known) = held.tracks.posted.clone() else { return Ok(Ok(())) };
    let saved = found.and_then(|(_, saved)| saved);
    let tag = tags.single.get(&row.node).filter(|(at, _)| now.duration_since(*at) < READ_ANEW);
    let tag = tag.map(|(_, tag)| tag.clone()).unwrap_or_default();
    let whole = match peers.github.whole_issue(row.repository, row.place.number, &tag, Depth::Words).await {
        Ok(There::Same) => return Ok(Ok(())),
        Ok(There::No) => {
            // A repository that nobody sees for a while tells nothing of its issues.
            match peers.github.repository(row.repository).await {
                Ok(repository) if repository.private => {
                    return Ok(Err("its repository is private".to_owned()));
                }
                Ok(_) => {}
                Err(fault) => return Ok(Err(fault.to_string())),
            }
            taken(office, case, known.clone(), gone(&known)).await?;
            return Ok(Ok(()));
        }
        Ok(There::Yes(whole)) => whole,
        Err(fault) => return Ok(Err(fault.to_string())),
    };
    let house = House { office, me };
    let mut stands = seen(&house, row, Some(case), &whole, saved.as_ref());
    if stands.posted.words != known.words {
        let day_ago = now.saturating_sub(SignedDuration::from_hours(24)).unwrap_or(now);
        if office.store.read(|txn| txn.copied_since(&row.node, day_ago))? > COPIES {
            return Ok(Err("it changes too often to be saved each time".to_owned()));
        }
        // Saved with all that belongs to it.
        match peers.github.whole_issue(row.repository, row.place.number, "", Depth::All).await {
            Ok(There::Yes(whole)) => stands = seen(&house, row, Some(case), &whole, saved.as_ref()),
            Ok(There::Same | There::No) => return Ok(Ok(())),
            Err(fault) => return Ok(Err(fault.to_string())),
        }
        let (node, copy) = (row.node.clone(), stands.copy.clone());
        office.store.write("posted-copy", move |txn| txn.keep_posted(&node, &copy, now)).await?;
    }
    taken(office, case, known.clone(), stands.after(&known).posted).await?;
    tags.single.insert(row.node.clone(), (now, whole.etag.clone()));
    Ok(Ok(()))
}

/// What was seen becomes part of the case, unless somebody changed there in the meantime what the case knows.
async fn taken(office: &Arc<Office>, case: CaseId, known: Posted, seen: Posted) -> Result<(), Fault> {
    if seen == known {
        return Ok(());
    }
    let (now, office_in) = (office.outside.clock.now(), Arc::clone(office));
    office
        .store
        .write("posted-seen", move |txn| {
            if txn.case(case)?.tracks.posted.as_ref() != Some(&known) {
                return Ok(());
            }
            commit::input(&office_in, txn, case, &Input::Posted { seen }, now)
        })
        .await?;
    Ok(())
}
