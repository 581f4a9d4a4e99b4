//! A public issue is taken in: looked at, saved whole with its hash, and queued as a case, once by GitHub's id of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::Watched;
use crate::case::decide::Input;
use crate::case::posted::Place;
use crate::case::{Case, MemberKey, PostedWords, Source};
use crate::daemon::desk::{Prepared, opening};
use crate::daemon::door::{address, login};
use crate::daemon::outright::{self, Outright};
use crate::daemon::{Fault, chores, commit};
use crate::known::links;
use crate::known::{Source as Record, Status};
use crate::office::Office;
use crate::perform::Peers;
use crate::perform::posted::{House, of_case, seen};
use crate::render::fold::fold;
use crate::render::posted::{Origin, message};
use crate::report::undisclosed::{Leave, Marks, Post, Verdict, judge};
use crate::store::{FateWord, Note, PostedRow, StoreError, Txn, Wanted};
use crate::wire::github::{Depth, GithubError, Issue, There, Whoami, WholeIssue};

/// What became of an issue that was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Came {
    /// It is taken in, and becomes a case.
    Taken,
    /// It is left alone, or was taken in before.
    Left,
    /// Too many cases began in this hour.
    TooMany,
}

/// What an issue is saved from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    /// All of it, or it is asked for again.
    Whole,
    /// What the list tells, where GitHub did not tell the whole again and again: better a part than nothing.
    Listed,
}

/// What an issue looks like; on the reader's thread, which survives what it reads. `None`: it did not survive.
async fn verdict(
    office: &Arc<Office>,
    house: (bool, bool),
    words: PostedWords,
    labels: Vec<String>,
) -> Result<Option<Verdict>, Fault> {
    let inside = Arc::clone(office);
    let task = office.reader.run(move || judged(&inside, house, &words, &labels));
    match task.await {
        Ok(verdict) => Ok(Some(verdict)),
        Err(crate::reading::Dropped::Panicked) => {
            tracing::error!("a public issue could not be looked at");
            Ok(None)
        }
        Err(crate::reading::Dropped::Stopped) => Err(Fault::Stopped),
    }
}

/// What it looks like by its words, and by what public records have of the ids that it names. `house`: whether it is ours, or of
/// the team.
fn judged(office: &Office, house: (bool, bool), words: &PostedWords, labels: &[String]) -> Verdict {
    let cited = cited(office, words);
    let public = &office.config.public;
    let marks = Marks { labels: &public.labels, words: &public.words };
    let (ours, of_team) = house;
    let post = Post { title: &words.title, body: &words.body, labels, ours, of_team, cited: &cited };
    judge(&post, &marks)
}

/// The ids that it names, and whether public records have each. Nobody is asked: they are mirrored.
fn cited(office: &Office, words: &PostedWords) -> BTreeMap<String, bool> {
    let mirror = office.known.get().ok().flatten();
    let is_public = |id: &str| {
        let record = mirror.as_ref().and_then(|mirror| mirror.get(id).ok().flatten());
        record.is_some_and(|record| {
            matches!(record.source, Record::Nvd | Record::Advisory) && record.status != Status::Private
        })
    };
    let ids = links::ids(&format!("{}\n{}", words.title, words.body));
    ids.into_iter().map(|id| (id.clone(), is_public(&id))).collect()
}

/// Why the public issue of a case is left alone, if all that it names is public by now. On the thread that writes: what the
/// mirror does not tell at once is not waited for, and what cannot be judged is left to people.
pub(in crate::daemon) fn why_left_alone(
    office: &Office,
    txn: &Txn<'_>,
    case: &Case,
) -> Result<Option<String>, StoreError> {
    let Some((_, Some(words))) = of_case(txn, case)? else { return Ok(None) };
    if office.known.is_stuck() {
        return Ok(Some(
            "public records cannot be looked at just now; say it again in some minutes".to_owned(),
        ));
    }
    let left = || judged(office, (false, false), &words, &[]) == Verdict::Leave(Leave::Public);
    let left = std::panic::catch_unwind(std::panic::AssertUnwindSafe(left)).unwrap_or_else(|_| {
        tracing::error!("a public issue could not be looked at");
        false
    });
    Ok(left.then(|| Leave::Public.words().to_owned()))
}

fn words_of(issue: &Issue) -> PostedWords {
    let body = issue.body.clone().unwrap_or_default();
    PostedWords { title: issue.title.clone(), body, comments: Vec::new() }
}

/// An issue that was touched: taken in if it looks like a report.
pub(super) async fn suspected(
    office: &Arc<Office>,
    peers: &Arc<Peers>,
    watched: &Watched,
    issue: &Issue,
    me: &Whoami,
    told: Told,
) -> Result<Result<Came, GithubError>, Fault> {
    let Some(node) = issue.node_id.clone() else { return Ok(Ok(Came::Left)) };
    if office.store.read(|txn| txn.has_posted(&node))? {
        return Ok(Ok(Came::Left));
    }
    let house = House { office, me };
    let author = issue.user.as_ref();
    let whose = (house.is_us(author), house.is_of_team(author));
    let (likely, why) = match verdict(office, whose, words_of(issue), issue.labels.clone()).await? {
        Some(Verdict::Suspect { likely, why }) => (likely, why),
        Some(Verdict::Leave(_)) => return Ok(Ok(Came::Left)),
        None => (false, vec!["it could not be looked at"]),
    };
    let now = office.outside.clock.now();
    let hour_ago = now.saturating_sub(SignedDuration::from_hours(1)).unwrap_or(now);
    // A flood of mails does not close this door, nor one here the mailbox.
    if office.store.read(|txn| txn.posted_since(hour_ago))? >= office.config.waiting.cases_per_hour {
        return Ok(Ok(Came::TooMany));
    }
    let sure = if likely { "It looks like a report" } else { "It may be a report; please say" };
    let why = format!("{sure}: {}", why.join("; "));
    let place = Place { project: watched.name.to_string(), number: issue.number };
    let whole = match (told, whole(peers, watched, issue.number).await) {
        (_, Ok(Some(whole))) => whole,
        (_, Ok(None)) => return Ok(Ok(Came::Left)),
        (Told::Whole, Err(fault)) => return Ok(Err(fault)),
        (Told::Listed, Err(_)) => Box::new(WholeIssue::listed(issue)),
    };
    keep(office, peers, me, &whole, Taking { repository: watched.id, place, node, why, named: None }).await
}

async fn whole(
    peers: &Peers,
    watched: &Watched,
    number: u64,
) -> Result<Option<Box<WholeIssue>>, GithubError> {
    Ok(match peers.github.whole_issue(watched.id, number, "", Depth::All).await? {
        There::Yes(whole) => Some(whole),
        There::Same | There::No => None,
    })
}

/// What is known of an issue that is taken in.
struct Taking {
    repository: u64,
    place: Place,
    node: String,
    why: String,
    named: Option<Wanted>,
}

/// Saves it, whole and hashed, in the transaction that makes a message of it.
async fn keep(
    office: &Arc<Office>,
    peers: &Peers,
    me: &Whoami,
    whole: &WholeIssue,
    taking: Taking,
) -> Result<Result<Came, GithubError>, Fault> {
    let house = House { office, me };
    let author = whole.issue.user.as_ref();
    let shown = match author {
        Some(author) if !house.is_us(Some(author)) && !house.is_of_team(Some(author)) => {
            match peers.github.shown_address(&author.login).await {
                Ok(shown) => shown,
                Err(fault) => return Ok(Err(fault)),
            }
        }
        Some(_) | None => None,
    };
    let from = shown.and_then(|shown| address(office, &shown));
    let mut row = PostedRow {
        node: taking.node,
        repository: taking.repository,
        seen: crate::case::Posted {
            place: taking.place.clone(),
            words: crate::case::Sha256::of(&[]),
            whole: false,
            standing: crate::case::posted::Standing::Readable,
            told: None,
        },
        place: taking.place,
        author: author.map(|author| login(&author.login)),
        posted_at: whole.issue.created_at,
        why: taking.why,
        named: taking.named.map(|wanted| (wanted.by, wanted.via)),
    };
    let first = seen(&house, &row, None, whole, None);
    row.seen = first.posted;
    let logins: Vec<String> = house
        .others(&whole.comments)
        .map(|one| one.user.as_ref().map_or_else(|| "a deleted account".to_owned(), |who| login(&who.login)))
        .collect();
    let origin = Origin { node: &row.node, from: from.as_ref(), at: whole.issue.created_at, logins: &logins };
    let raw = message(&origin, &first.copy.words);
    let now = office.outside.clock.now();
    let place = row.place.clone();
    let stored = office
        .store
        .write("posted", move |txn| {
            txn.posted_done(&place)?;
            txn.take_posted(&row, &first.copy, raw, now)
        })
        .await?;
    Ok(Ok(if stored.is_some() { Came::Taken } else { Came::Left }))
}

/// Those that members named: taken in, whatever they look like, unless the policy leaves them alone.
pub(super) async fn named(
    office: &Arc<Office>,
    peers: &Arc<Peers>,
    watched: &Watched,
    wanted: &[Wanted],
    me: &Whoami,
) -> Result<usize, Fault> {
    let mut taken = 0;
    for one in wanted {
        let whole = match whole(peers, watched, one.place.number).await {
            Ok(Some(whole)) => whole,
            Ok(None) => {
                refuse(office, std::slice::from_ref(one), "GitHub shows no such issue").await?;
                continue;
            }
            Err(fault) => {
                tracing::warn!(%fault, "an issue that a member named was not looked at; later again");
                continue;
            }
        };
        let house = House { office, me };
        let verdict = verdict(
            office,
            (house.is_us(whole.issue.user.as_ref()), false),
            words_of(&whole.issue),
            Vec::new(),
        );
        let left = match verdict.await? {
            _ if whole.issue.is_pull_request() => Some("it is a pull request"),
            Some(Verdict::Leave(leave @ (Leave::Ours | Leave::Public))) => Some(leave.words()),
            Some(Verdict::Leave(Leave::OfTeam | Leave::Harmless) | Verdict::Suspect { .. }) | None => None,
        };
        let node = whole.issue.node_id.clone();
        let (Some(node), None) = (node, left) else {
            refuse(office, std::slice::from_ref(one), left.unwrap_or("GitHub tells no id of it")).await?;
            continue;
        };
        let taking = Taking {
            repository: watched.id,
            place: one.place.clone(),
            node,
            why: "A member named it.".to_owned(),
            named: Some(one.clone()),
        };
        match keep(office, peers, me, &whole, taking).await? {
            Ok(Came::Taken) => taken += 1,
            Ok(Came::Left | Came::TooMany) => {
                refuse(office, std::slice::from_ref(one), "it was taken in before").await?;
            }
            Err(fault) => tracing::warn!(%fault, "an issue that a member named was not saved; later again"),
        }
    }
    Ok(taken)
}

/// Those that members named are left alone; each who named one is told why, by mail.
pub(super) async fn refuse(office: &Arc<Office>, wanted: &[Wanted], why: &str) -> Result<(), Fault> {
    for one in wanted {
        let (office_in, one, why) = (Arc::clone(office), one.clone(), why.to_owned());
        let now = office.outside.clock.now();
        office
            .store
            .write("posted-refused", move |txn| {
                txn.posted_done(&one.place)?;
                tell(&office_in, txn, &one.by, &one.place, &why, now)
            })
            .await?;
    }
    Ok(())
}

fn tell(
    office: &Office,
    txn: &Txn<'_>,
    by: &MemberKey,
    place: &Place,
    why: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let url = crate::perform::posted_link(&office.config.github, place);
    let body = format!(
        "You named this public issue:\n\n  {url}\n\nIt is left alone: {why}. Nothing of it was saved, and nothing was changed \
         there.\n"
    );
    let subject = format!("[SIR] {place} is left alone");
    outright::plan(
        office,
        txn,
        Outright { to: by, case: None, answers: None, subject, body: fold(&body) },
        now,
    )
}

/// The desk's way for such a message: always a case of its own. Words in it that look like a code or a tag of another case
/// lead nowhere, and no authentication speaks for it.
pub(in crate::daemon) fn settle(
    office: &Office,
    txn: &Txn<'_>,
    mail: &Prepared,
    now: Timestamp,
) -> Result<(), StoreError> {
    let Some(row) = txn.posted_of(mail.row.id)? else { return Err(StoreError::Absent("public issue")) };
    let letter = &mail.read.letter;
    let person = letter.from.as_ref().map(|from| txn.person(from, "")).transpose()?;
    let opening = opening(office, txn, mail, Source::Posted, person, None, now)?;
    let case = commit::open(office, txn, &opening, mail, now)?;
    if let Some((by, via)) = &row.named {
        chores::made_by(office, txn, case, by, *via, now)?;
    }
    commit::input(office, txn, case, &Input::Posted { seen: row.seen }, now)?;
    let note = Note { case: Some(case), person, poison: office.is_poison(&mail.row), ..Note::default() };
    txn.settle(mail.row.id, FateWord::Case, &note)
}
