//! Listening to the issues: what people say and do there is held, whole and durable, before anybody judges it.
//!
//! Two conditional lists (304 costs nothing): the issues, so that what was done to one is looked up when its state or its
//! assignees changed; then the comments, so that a closing is never heard before the comment that came with it. Each list
//! is read from a mark on, with an overlap, because GitHub's lists can be late; what was heard is not heard again. Taking mail
//! in never waits for this.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::backoff::Backoff;
use super::{Fault, commit, talk};
use crate::case::Alarm;
use crate::config::Mode;
use crate::office::Office;
use crate::outside::{Died, Point};
use crate::perform::Peers;
use crate::store::{Did, Heard, HeardFate, StoreError, Txn, Who};
use crate::wire::github::{Author, Changed, Comment, Deed, GithubError, Issue, Page, Wait, Whoami};

/// Lists are read from so long before the last instant that they showed: they can be late by minutes.
const OVERLAP: SignedDuration = SignedDuration::from_mins(10);
/// After so long without a good look people are told, and letters wait for none any more.
const PATIENCE: SignedDuration = SignedDuration::from_mins(10);
/// Pages that are read in one look, at most.
const PAGES: usize = 1_000;
/// A limit that names no time.
const UNSAID: Duration = Duration::from_secs(60);
/// Since when looks fail.
const FAILING: &str = "issues-failing";
/// Where the lists were read up to.
const ISSUES: &str = "issues-cursor";
const COMMENTS: &str = "comments-cursor";

/// Why a look did not go well.
#[derive(Debug, thiserror::Error)]
enum Unheard {
    #[error("the issues cannot be looked at: {0}")]
    Github(#[from] GithubError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Died(#[from] Died),
}

/// Listens for ever.
pub(super) async fn keep_listening(office: &Arc<Office>, peers: &Arc<Peers>) -> Result<(), Fault> {
    // What a crash left behind.
    talk::judge(office).await?;
    let Some(every) = office.config.github.comments_poll else { return std::future::pending().await };
    let config = &office.config.github;
    let mut backoff = Backoff::new(config.backoff_first, config.backoff_cap);
    loop {
        let wait = match look(office, peers).await? {
            Ok(_) => {
                backoff.reset();
                every
            }
            Err(error) => asked(&error, office.outside.clock.now(), backoff.next(&office.outside)).max(every),
        };
        talk::judge(office).await?;
        office.outside.clock.sleep(wait).await;
    }
}

/// How long GitHub wants us to wait, or the back-off.
fn asked(error: &GithubError, now: Timestamp, backoff: Duration) -> Duration {
    match error {
        GithubError::RateLimited { wait: Wait::For(span) } => *span,
        GithubError::RateLimited { wait: Wait::Until(at) } => {
            Duration::try_from(at.duration_since(now)).unwrap_or_default()
        }
        GithubError::RateLimited { wait: Wait::Unsaid } => backoff.max(UNSAID),
        GithubError::Refused { .. }
        | GithubError::NotDone
        | GithubError::Unknown
        | GithubError::Moved
        | GithubError::OtherRepository
        | GithubError::NotPrivate
        | GithubError::Archived
        | GithubError::IssuesOff
        | GithubError::NotKept => backoff,
    }
}

/// One look, if there is anything to listen to. Returns how much was heard, or what GitHub said to it.
pub(super) async fn look(
    office: &Arc<Office>,
    peers: &Arc<Peers>,
) -> Result<Result<usize, GithubError>, Fault> {
    let silent = office.config.github.comments_poll.is_none() || office.config.mode == Mode::Shadow;
    if silent || !office.store.read(|txn| txn.has_issues())? {
        return Ok(Ok(0));
    }
    let began = office.outside.clock.now();
    let result = listen(office, peers).await;
    let office_in = Arc::clone(office);
    match result {
        Ok(heard) => {
            office
                .store
                .write("listened", move |txn| {
                    txn.heard_well(began)?;
                    txn.listened_at(began)?;
                    if txn.meta(FAILING)?.is_some() {
                        txn.forget_meta(FAILING)?;
                        txn.clear(Alarm::IssuesSilent { since: None }.word())?;
                    }
                    Ok(())
                })
                .await?;
            Ok(Ok(heard))
        }
        Err(Unheard::Store(error)) => Err(error.into()),
        Err(Unheard::Died(died)) => Err(died.into()),
        Err(Unheard::Github(error)) => {
            tracing::warn!(%error, "the issues were not heard");
            office.store.write("unheard", move |txn| deaf(&office_in, txn, began)).await?;
            Ok(Err(error))
        }
    }
}

/// A look that failed. For a while letters wait for a good one, because it may bring an undo; then no longer, and people
/// are told.
fn deaf(office: &Office, txn: &Txn<'_>, began: Timestamp) -> Result<(), StoreError> {
    let Some(since) = txn.meta_instant(FAILING)? else {
        return txn.set_meta(FAILING, &began.to_string());
    };
    if began.duration_since(since) >= PATIENCE {
        txn.listened_at(began)?;
        let alarm = Alarm::IssuesSilent { since: txn.heard_well_at()? };
        commit::alarm_once(office, txn, alarm.word(), &alarm, began)?;
    }
    Ok(())
}

/// How far a list was read.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Cursor {
    /// The last instant that it showed.
    mark: Timestamp,
    /// By which to ask whether anything changed since.
    etag: Option<String>,
}

/// A list on its way from page to page. Where a page is full the next one begins at its last instant: counting pages
/// would skip what moves to the end while we read. Only within one and the same second pages are counted.
struct Walk {
    cursor: Cursor,
    from: Timestamp,
    page: usize,
    first: bool,
}

impl Walk {
    fn start(cursor: Cursor) -> Self {
        let from = cursor.mark.saturating_sub(OVERLAP).unwrap_or(cursor.mark);
        Self { cursor, from, page: 1, first: true }
    }

    fn etag(&self) -> Option<String> {
        self.cursor.etag.clone().filter(|_| self.first)
    }

    /// Takes a page in; whether another one must be asked for.
    fn took<T>(&mut self, page: &Page<T>) -> bool {
        let last = page.last.unwrap_or(self.from);
        let is_whole = self.first && !page.more && last <= self.cursor.mark;
        // It belongs to the question that the next look asks again only if the mark stays.
        self.cursor.etag = page.etag.clone().filter(|_| is_whole);
        self.cursor.mark = self.cursor.mark.max(last);
        self.first = false;
        if last > self.from {
            (self.from, self.page) = (last, 1);
        } else {
            self.page += 1;
        }
        page.more
    }
}

async fn listen(office: &Arc<Office>, peers: &Arc<Peers>) -> Result<usize, Unheard> {
    office.outside.point(Point::BeforeWire("listen"))?;
    let me = peers.account().await?;
    let heard = issues(office, peers, &me).await? + comments(office, peers, &me).await?;
    office.outside.point(Point::AfterWire("listen"))?;
    Ok(heard)
}

/// Where a list was read up to; at the very first, where the store began.
fn cursor(office: &Office, key: &'static str) -> Result<Cursor, StoreError> {
    office.store.read(|txn| {
        let known = txn.meta(key)?.and_then(|text| serde_json::from_str(&text).ok());
        let floor = txn.issues_floor()?.unwrap_or_else(|| office.outside.clock.now());
        Ok(known.unwrap_or(Cursor { mark: floor, etag: None }))
    })
}

async fn comments(office: &Arc<Office>, peers: &Arc<Peers>, me: &Whoami) -> Result<usize, Unheard> {
    let repository = office.config.github.repository_id;
    let mut walk = Walk::start(cursor(office, COMMENTS)?);
    let mut heard = 0;
    for _ in 0..PAGES {
        let etag = walk.etag();
        let listed = peers.github.comments_since(repository, walk.from, walk.page, etag.as_deref()).await?;
        let Changed::Page(page) = listed else { return Ok(heard) };
        let more = walk.took(&page);
        let new: Vec<Heard> =
            page.items.into_iter().filter_map(|comment| said(repository, comment, me)).collect();
        let (cursor, now) =
            (serde_json::to_string(&walk.cursor).map_err(StoreError::from)?, office.outside.clock.now());
        heard += office
            .store
            .write("heard", move |txn| {
                txn.set_meta(COMMENTS, &cursor)?;
                new.iter()
                    .try_fold(0, |sum, heard| Ok(sum + usize::from(txn.hear(heard, HeardFate::Stored, now)?)))
            })
            .await?;
        if !more {
            return Ok(heard);
        }
    }
    Ok(heard)
}

fn is_me(author: Option<&Author>, me: &Whoami) -> bool {
    author.is_some_and(|author| me.id.map_or(author.login == me.login, |id| author.id == id))
}

fn who(author: Option<Author>) -> Option<Who> {
    author.map(|author| Who { id: author.id, login: author.login })
}

/// A comment as it is held; none when it is our own.
fn said(repository: u64, comment: Comment, me: &Whoami) -> Option<Heard> {
    if is_me(comment.user.as_ref(), me) {
        return None;
    }
    let number = comment.issue()?;
    let edited = comment.created_at.is_none() || comment.created_at != comment.updated_at;
    Some(Heard {
        id: comment.id,
        repository,
        number,
        at: comment.created_at.or(comment.updated_at)?,
        who: who(comment.user),
        through_app: comment.performed_via_github_app.is_some(),
        did: Did::Comment { body: comment.body.unwrap_or_default(), edited },
    })
}

async fn issues(office: &Arc<Office>, peers: &Arc<Peers>, me: &Whoami) -> Result<usize, Unheard> {
    let repository = office.config.github.repository_id;
    let mut walk = Walk::start(cursor(office, ISSUES)?);
    let mut heard = 0;
    for _ in 0..PAGES {
        let etag = walk.etag();
        let listed = peers.github.issues_touched(repository, walk.from, walk.page, etag.as_deref()).await?;
        let Changed::Page(page) = listed else { return Ok(heard) };
        let more = walk.took(&page);
        for issue in page.items {
            heard += one_issue(office, peers, me, issue).await?;
        }
        // After what it showed is held.
        let cursor = serde_json::to_string(&walk.cursor).map_err(StoreError::from)?;
        office.store.write("heard", move |txn| txn.set_meta(ISSUES, &cursor)).await?;
        if !more {
            return Ok(heard);
        }
    }
    Ok(heard)
}

/// What was done to an issue of a case, if it stands otherwise than at the last look.
async fn one_issue(
    office: &Arc<Office>,
    peers: &Arc<Peers>,
    me: &Whoami,
    issue: Issue,
) -> Result<usize, Unheard> {
    let (repository, number) = (office.config.github.repository_id, issue.number);
    let state = issue.state.clone().unwrap_or_else(|| "open".to_owned());
    let assigned: BTreeSet<u64> = issue.assignees.iter().flatten().map(|author| author.id).collect();
    let assignees = assigned.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    let (is_case, before) = office.store.read(|txn| {
        Ok((txn.case_of_issue(repository, number)?.is_some(), txn.watched(repository, number)?))
    })?;
    if !is_case || before == (state.clone(), assignees.clone()) {
        return Ok(0);
    }
    let deeds = peers.github.deeds(repository, number).await?;
    let closing = last_closing(&deeds);
    let is_closed = state == "closed";
    let done: Vec<(Heard, HeardFate)> = deeds
        .into_iter()
        .filter(|deed| !is_me(deed.actor.as_ref(), me))
        .filter_map(|deed| did(repository, number, deed))
        .map(|heard| {
            // What was undone since is of no account any more.
            let counts = match &heard.did {
                Did::Assigned { to } => assigned.contains(&to.id),
                Did::Unassigned { from } => !assigned.contains(&from.id),
                Did::Closed => is_closed && closing == Some(heard.id),
                Did::Comment { .. } => false,
            };
            (heard, if counts { HeardFate::Stored } else { HeardFate::Past })
        })
        .collect();
    let now = office.outside.clock.now();
    let heard = office.store.write("heard", move |txn| {
        txn.watch(repository, number, &state, &assignees)?;
        done.iter().try_fold(0, |sum, (heard, fate)| Ok(sum + usize::from(txn.hear(heard, *fate, now)?)))
    });
    Ok(heard.await?)
}

/// The closing by which the issue is closed now, if it is.
fn last_closing(deeds: &[Deed]) -> Option<u64> {
    let last = deeds.iter().rfind(|deed| matches!(deed.event.as_str(), "closed" | "reopened"));
    last.filter(|deed| deed.event == "closed").map(|deed| deed.id)
}

fn did(repository: u64, number: u64, deed: Deed) -> Option<Heard> {
    let did = match deed.event.as_str() {
        "assigned" => Did::Assigned { to: who(deed.assignee)? },
        "unassigned" => Did::Unassigned { from: who(deed.assignee)? },
        "closed" => Did::Closed,
        _ => return None,
    };
    Some(Heard {
        id: deed.id,
        repository,
        number,
        at: deed.created_at?,
        who: who(deed.actor),
        through_app: deed.performed_via_github_app.is_some(),
        did,
    })
}
