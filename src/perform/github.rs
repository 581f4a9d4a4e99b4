//! The private issue: opened once, kept to what the case says, commented.
//!
//! GitHub has no idempotency key. Whatever may have happened is looked up by *listing* (search lags by minutes), and
//! found by our marker on line 1, by our account, with our HMAC.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{Peers, PerformFault, Verdict, views};
use crate::case::decide::Outcome;
use crate::case::{Alarm, Case, Closure, Receipt, Remark};
use crate::office::Office;
use crate::render::comment::{self, Comment};
use crate::render::issue;
use crate::render::marker::{self, Stamp};
use crate::store::{EffectRow, StoreError};
use crate::wire::github::{Author, Closing, Github, GithubError, Issue, NewIssue, Update, Wait};

/// How far before an effect was planned its traces are looked for: clocks differ.
pub(super) const BEFORE: SignedDuration = SignedDuration::from_mins(5);

/// What is wrong with the reports repository, asked at the start; nothing when GitHub is only away.
pub async fn look_at_repository(office: &Office, peers: &Peers) -> Option<Alarm> {
    match guard(office, &peers.github, office.config.github.repository_id).await {
        Ok(_) => None,
        Err(error) => trouble(&error),
    }
}

/// The alarm of an error, if people must know.
fn trouble(error: &GithubError) -> Option<Alarm> {
    match error {
        GithubError::Moved
        | GithubError::OtherRepository
        | GithubError::Archived
        | GithubError::IssuesOff => Some(Alarm::RepositoryRefused),
        GithubError::NotPrivate => Some(Alarm::RepositoryPublic),
        GithubError::Refused { status: 401 | 403 | 404, .. } => Some(Alarm::GithubRefused),
        GithubError::Refused { .. }
        | GithubError::RateLimited { .. }
        | GithubError::NotDone
        | GithubError::Unknown
        | GithubError::NotKept => None,
    }
}

pub(super) async fn open(
    office: &Office,
    peers: &Peers,
    row: &EffectRow,
    looks: Option<u32>,
) -> Result<Verdict, PerformFault> {
    let hub = &peers.github;
    let repository = office.config.github.repository_id;
    if let Some(looks) = looks {
        match find_issues(office, peers, row).await {
            Err(error) => return Ok(looked_in_vain(office, row, &error, looks)),
            Ok(found) => match found.split_first() {
                Some((first, others)) => return Ok(found_issue(office, hub, row, first, others).await),
                None => {
                    if let Some(verdict) = look_again(office, looks) {
                        return Ok(verdict);
                    }
                }
            },
        }
    }
    let case = case_of(office, row)?;
    // Told by the case that was drawn, not by the clock: a receipt is stored a little after the instant it bears.
    let shows_receipt = matches!(case.receipt, Receipt::Sent(_));
    let view = office.store.read(|txn| views::issue(office, txn, &case))?;
    let body = issue::body(&view, &row.op, &office.keys);
    let labels = if office.config.github.labels { issue::labels(&view) } else { Vec::new() };
    let labels: Vec<String> = labels.into_iter().map(str::to_owned).collect();
    if let Err(error) = guard(office, hub, repository).await {
        return Ok(refused(office, row, &error));
    }
    if let Err(error) = peers.labels_stand(office).await {
        return Ok(refused(office, row, &error));
    }
    let title = issue::title(case.id, office.practice());
    let created =
        hub.create_issue(repository, &NewIssue { title: &title, body: &body, labels: &labels }).await;
    match created {
        Ok(issue) => {
            read_back_labels(hub, repository, &issue, &labels).await;
            if looks.is_some() {
                // The first try may have come through late: the case goes on on the oldest copy, the others are closed.
                let mut made = earlier_copies(office, peers, row).await;
                made.push(issue.clone());
                made.sort_by_key(|issue| issue.number);
                made.dedup_by_key(|issue| issue.number);
                if let Some((first, others)) =
                    made.split_first().filter(|(first, _)| first.number != issue.number)
                {
                    return Ok(found_issue(office, hub, row, first, others).await);
                }
            }
            let outcome = Outcome::IssueOpened { repository, number: issue.number, shows_receipt };
            Ok(Verdict::Done { outcome })
        }
        Err(GithubError::Unknown) => Ok(Verdict::Look { looks: 0 }),
        Err(error) => Ok(refused(office, row, &error)),
    }
}

/// GitHub drops labels silently where we may not push: they are added, and that is read back.
async fn read_back_labels(hub: &Github, repository: u64, issue: &Issue, wanted: &[String]) {
    if wanted.iter().all(|label| issue.labels.contains(label)) {
        return;
    }
    if let Err(error) = hub.add_labels(repository, issue.number, wanted).await {
        tracing::warn!(issue = issue.number, %error, "labels are missing on an issue");
    }
}

/// Issues that this effect made, the oldest first.
async fn find_issues(office: &Office, peers: &Peers, row: &EffectRow) -> Result<Vec<Issue>, GithubError> {
    let since = row.planned_at.saturating_sub(BEFORE).unwrap_or(row.planned_at);
    let me = peers.whoami().await?;
    let all = peers.github.list_issues_since(office.config.github.repository_id, Some(since)).await?;
    let mut found: Vec<Issue> = all
        .into_iter()
        .filter(|issue| is_ours(office, row, issue.body.as_deref(), issue.user.as_ref(), &me))
        .collect();
    found.sort_by_key(|issue| issue.number);
    Ok(found)
}

/// Our marker on line 1, with this effect's id, by our own account.
fn is_ours(office: &Office, row: &EffectRow, body: Option<&str>, author: Option<&Author>, me: &str) -> bool {
    let marked = body.and_then(|body| marker::verify(body, &office.keys));
    let mine = author.is_none_or(|author| author.login == me);
    mine && marked.is_some_and(|marked| marked.op == row.op && Some(marked.case) == row.case)
}

async fn found_issue(
    office: &Office,
    hub: &Github,
    row: &EffectRow,
    first: &Issue,
    others: &[Issue],
) -> Verdict {
    let repository = office.config.github.repository_id;
    for copy in others.iter().filter(|copy| copy.state.as_deref() != Some("closed")) {
        let closed = match hub.close_as(repository, copy.number, Closing::Duplicate).await {
            Ok(_) => say(office, hub, row, copy.number, &Comment::SecondCopy { kept: first.number }).await,
            Err(error) => Err(error),
        };
        if let Err(error) = closed {
            tracing::warn!(issue = copy.number, %error, "a second copy of an issue could not be closed");
        }
    }
    // It was drawn in an earlier try; what it says of the receipt nobody knows any more.
    let outcome = Outcome::IssueOpened { repository, number: first.number, shows_receipt: false };
    Verdict::Done { outcome }
}

/// A comment of ours that is about no mail.
async fn say(
    office: &Office,
    hub: &Github,
    row: &EffectRow,
    issue: u64,
    what: &Comment,
) -> Result<(), GithubError> {
    let Some(case) = row.case else { return Ok(()) };
    let stamp = Stamp { op: &row.op, mail: None };
    let text = comment::comment(case, what, &office.policy.calendar.zone, &stamp, &office.keys);
    hub.comment(office.config.github.repository_id, issue, &text).await.map(drop)
}

/// What an earlier try of this effect made after all.
async fn earlier_copies(office: &Office, peers: &Peers, row: &EffectRow) -> Vec<Issue> {
    find_issues(office, peers, row).await.unwrap_or_else(|error| {
        tracing::warn!(%error, "could not look for second copies");
        Vec::new()
    })
}

/// The guard of the wire, and that the repository still has its configured name: where it went, other people may read.
pub(super) async fn guard(office: &Office, hub: &Github, repository: u64) -> Result<(), GithubError> {
    let config = &office.config.github;
    let name = format!("{}/{}", config.owner, config.repository);
    let found = hub.guard(repository).await?;
    if found.full_name.eq_ignore_ascii_case(&name) { Ok(()) } else { Err(GithubError::Moved) }
}

pub(super) async fn update(office: &Office, peers: &Peers, row: &EffectRow) -> Result<Verdict, PerformFault> {
    let case = case_of(office, row)?;
    let Some((repository, number)) = case.issue else { return Ok(Verdict::again("no-issue-yet")) };
    let hub = &peers.github;
    if let Err(error) = guard(office, hub, repository).await {
        return Ok(refused(office, row, &error));
    }
    let stands = match hub.get_issue(repository, number).await {
        Ok(issue) => issue,
        Err(error) => return Ok(refused(office, row, &error)),
    };
    if !is_as_drawn(office, &case, &stands)
        && let Err(error) = tell_editor(office, peers, row, number).await
    {
        return Ok(refused(office, row, &error));
    }
    let view = office.store.read(|txn| views::issue(office, txn, &case))?;
    let op = office.store.read(|txn| txn.issue_op(case.id))?.unwrap_or_else(|| row.op.clone());
    let body = issue::body(&view, &op, &office.keys);
    let labels = merged_labels(office, &stands, &view);
    let state = wanted(&case, &stands);
    let update = Update {
        title: None,
        body: Some(&body),
        labels: labels.as_deref(),
        state: state.map(|(state, _)| state),
        state_reason: state.and_then(|(_, why)| why),
    };
    Ok(match hub.update_issue(repository, number, &update).await {
        Ok(_) => Verdict::done(),
        Err(GithubError::NotKept) => Verdict::Parked { why: "github-kept-the-old-text" },
        Err(error) => refused(office, row, &error),
    })
}

/// The page says of itself that no person wrote into it since we drew it.
fn is_as_drawn(office: &Office, case: &Case, stands: &Issue) -> bool {
    let marked = stands.body.as_deref().and_then(|body| marker::verify(body, &office.keys));
    marked.is_some_and(|marked| marked.case == case.id && marked.untouched)
}

/// Whoever wrote into the page is told, once, before it is drawn anew.
async fn tell_editor(
    office: &Office,
    peers: &Peers,
    row: &EffectRow,
    number: u64,
) -> Result<(), GithubError> {
    let repository = office.config.github.repository_id;
    if find_comment(office, peers, row, repository, number).await? {
        return Ok(());
    }
    let at = office.outside.clock.now();
    say(office, &peers.github, row, number, &Comment::BodyEdited { at }).await
}

/// What is to become of the issue: closed with its reason when the case is, open again when the case goes on. What a person
/// closed by hand stays closed.
fn wanted(case: &Case, stands: &Issue) -> Option<(&'static str, Option<Closing>)> {
    let is_closed = stands.state.as_deref() == Some("closed");
    match case.closure() {
        Some(closure) => {
            let why = match closure {
                Closure::KnownPublic | Closure::Bug | Closure::Disclosed => Closing::Completed,
                Closure::Duplicate => Closing::Duplicate,
                Closure::Wai
                | Closure::Feature
                | Closure::OutOfScope
                | Closure::NotReproducible
                | Closure::NoImpact
                | Closure::Spam
                | Closure::NotAReport => Closing::NotPlanned,
            };
            (!is_closed).then_some(("closed", Some(why)))
        }
        None => (is_closed && case.reopened).then_some(("open", None)),
    }
}

/// Our labels as the case says, and whatever people added.
fn merged_labels(office: &Office, stands: &Issue, view: &issue::IssueView) -> Option<Vec<String>> {
    if !office.config.github.labels {
        return None;
    }
    let ours = |name: &str| issue::LABELS.iter().any(|label| label.name == name);
    let mut labels: Vec<String> = stands.labels.iter().filter(|name| !ours(name)).cloned().collect();
    labels.extend(issue::labels(view).into_iter().map(str::to_owned));
    Some(labels)
}

pub(super) async fn comment(
    office: &Office,
    peers: &Peers,
    row: &EffectRow,
    remark: &Remark,
    looks: Option<u32>,
) -> Result<Verdict, PerformFault> {
    let case = case_of(office, row)?;
    let Some((repository, number)) = case.issue else { return Ok(Verdict::again("no-issue-yet")) };
    if let Some(looks) = looks {
        match find_comment(office, peers, row, repository, number).await {
            Err(error) => return Ok(looked_in_vain(office, row, &error, looks)),
            Ok(true) => return Ok(Verdict::done()),
            Ok(false) => {
                if let Some(verdict) = look_again(office, looks) {
                    return Ok(verdict);
                }
            }
        }
    }
    let text = remark_page(office, row, remark)?;
    if let Err(error) = guard(office, &peers.github, repository).await {
        return Ok(refused(office, row, &error));
    }
    Ok(match peers.github.comment(repository, number, &text).await {
        Ok(_) => Verdict::done(),
        Err(GithubError::Unknown) => Verdict::Look { looks: 0 },
        Err(error) => refused(office, row, &error),
    })
}

async fn find_comment(
    office: &Office,
    peers: &Peers,
    row: &EffectRow,
    repository: u64,
    number: u64,
) -> Result<bool, GithubError> {
    let since = row.planned_at.saturating_sub(BEFORE).unwrap_or(row.planned_at);
    let me = peers.whoami().await?;
    let all = peers.github.list_comments(repository, number, Some(since)).await?;
    Ok(all.iter().any(|comment| is_ours(office, row, comment.body.as_deref(), comment.user.as_ref(), &me)))
}

pub(super) fn case_of(office: &Office, row: &EffectRow) -> Result<Case, StoreError> {
    let id = row.case.ok_or(StoreError::Absent("case of an effect on GitHub"))?;
    office.store.read(|txn| txn.case(id))
}

/// The page of the case as it would stand on GitHub.
pub(super) fn page(office: &Office, row: &EffectRow) -> Result<String, StoreError> {
    let case = case_of(office, row)?;
    let view = office.store.read(|txn| views::issue(office, txn, &case))?;
    Ok(issue::body(&view, &row.op, &office.keys))
}

/// The comment as it would stand on GitHub.
pub(super) fn remark_page(office: &Office, row: &EffectRow, remark: &Remark) -> Result<String, StoreError> {
    let case = case_of(office, row)?;
    let what = match (remark.mail(), &row.letter) {
        (None, Some(text)) => Comment::Commanded(String::from_utf8_lossy(text).into_owned()),
        (None, None) => Comment::Commanded(String::new()),
        (Some(_), _) => office.store.read(|txn| views::comment(office, txn, &case, remark))?,
    };
    let mail = remark.mail().map(|mail| office.store.read(|txn| txn.mail(mail))).transpose()?;
    let stamp = Stamp { op: &row.op, mail: mail.as_ref().map(|mail| &mail.sha256) };
    Ok(comment::comment(case.id, &what, &office.policy.calendar.zone, &stamp, &office.keys))
}

/// A refusal proves that nothing was done.
pub(super) fn refused(office: &Office, row: &EffectRow, error: &GithubError) -> Verdict {
    let now = office.outside.clock.now();
    let (after, why) = match error {
        GithubError::RateLimited { wait } => (Some(waited(wait, row, now)), "github-asks-to-wait"),
        GithubError::NotDone | GithubError::Unknown => (None, "github-unreachable"),
        GithubError::Moved
        | GithubError::OtherRepository
        | GithubError::Archived
        | GithubError::IssuesOff => (None, "repository-refused"),
        GithubError::NotPrivate => (None, "repository-public"),
        GithubError::Refused { status: 401 | 403 | 404, .. } => (None, "github-refused"),
        GithubError::Refused { .. } => return Verdict::Parked { why: "github-refused-it" },
        GithubError::NotKept => return Verdict::Parked { why: "github-kept-the-old-text" },
    };
    Verdict::Again { after, why, alarm: trouble(error) }
}

/// GitHub lets us not do it: a person may.
pub(super) fn no_right(error: &GithubError) -> bool {
    matches!(error, GithubError::Refused { status: 403 | 404, .. })
}

/// GitHub does not take it as it is.
pub(super) fn unfit(error: &GithubError) -> bool {
    matches!(error, GithubError::Refused { status: 400 | 422, .. })
}

/// In another repository than that of the reports, a right that is missing is no alarm, and a repository that moved is
/// one for a person.
pub(super) fn refused_elsewhere(
    office: &Office,
    row: &EffectRow,
    error: &GithubError,
    (moved, denied): (&'static str, &'static str),
) -> Verdict {
    if no_right(error) {
        Verdict::Parked { why: denied }
    } else if *error == GithubError::Moved {
        Verdict::Parked { why: moved }
    } else {
        refused(office, row, error)
    }
}

/// It was not found. None: it was looked for often enough, and is not there.
pub(super) fn look_again(office: &Office, looks: u32) -> Option<Verdict> {
    let looks = looks + 1;
    (looks < office.config.github.looks).then_some(Verdict::Look { looks })
}

/// Looking failed: the question stays open, nothing is created.
pub(super) fn looked_in_vain(office: &Office, row: &EffectRow, error: &GithubError, looks: u32) -> Verdict {
    match refused(office, row, error) {
        Verdict::Again { .. } | Verdict::Parked { .. } => Verdict::Look { looks },
        other @ (Verdict::Done { .. }
        | Verdict::Answered { .. }
        | Verdict::Look { .. }
        | Verdict::Unknown
        | Verdict::Leaks { .. }
        | Verdict::Canceled { .. }
        | Verdict::Stopped { .. }) => other,
    }
}

/// A limit that names no time: a minute, doubled with each try, half an hour at most.
fn waited(wait: &Wait, row: &EffectRow, now: Timestamp) -> Duration {
    match wait {
        Wait::For(span) => *span,
        Wait::Until(at) => Duration::try_from(at.duration_since(now)).unwrap_or_default(),
        Wait::Unsaid => Duration::from_secs(60 << row.tries.saturating_sub(1).min(5)),
    }
}
