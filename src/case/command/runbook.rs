//! The verbs of a vulnerability's way to be public, with their arguments, checked in form.

use jiff::Timestamp;
use jiff::civil::Date;

use super::finding::{Finding, assess};
use super::read::{did_you_mean, mail, shown, working_days};
use super::takedown::{TakedownWord, takedown};
use super::words::Words;
use super::{Class, Command, Verb};
use crate::case::reference::Reference;
use crate::case::step::CveStep;
use crate::case::tracks::Credit;
use crate::case::{MailId, MemberKey, Sighting};

/// Most people of a working group, and logins of one line.
const MOST_PEOPLE: usize = 20;

/// A day, with or without an hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// At the hour of publishing.
    Day(Date),
    /// Then.
    At(Timestamp),
}

/// What is said of a meeting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MeetingWord {
    /// Let us meet; none: by the end of the week that the RFC gives.
    Propose(Option<When>),
    /// We met.
    Held,
    /// It is not needed.
    Waived,
}

/// What is said of the fix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FixWord {
    /// It is written.
    Proposed(Reference),
    /// It is in the public repository.
    Merged(Reference),
    /// There will be none in time.
    Impossible,
}

/// One of these verbs with its arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Runbook {
    /// It is a vulnerability.
    Assess(Box<Finding>),
    /// Of the meeting.
    Meeting(MeetingWord),
    /// Propose that day to the reporter.
    Embargo(When),
    /// The reporter agreed; by that mail, or their last one. Why the day moves, where another one stood.
    Agreed(Option<MailId>, String),
    /// There is no agreement; what the reporter wishes, and why.
    Conflict(String),
    /// These people work on it.
    Group(Vec<MemberKey>),
    /// It was seen to happen, or not.
    Reproduced(bool),
    /// Of the fix.
    Fix(FixWord),
    /// Whether new installers are made.
    Installers(bool),
    /// Of the CVE; why it was refused, in words for the reporter.
    Cve(CveStep, String),
    /// How the reporter is named.
    Credit(Credit),
    /// These logins may join the advisory.
    Collaborate(Vec<String>),
    /// Make the advisory, or take that one.
    Advisory(Option<String>),
    /// A private fork.
    Fork,
    /// Let people review what will be public.
    Review,
    /// The text whose digest begins so can be published.
    Approve(String),
    /// It cannot.
    Object,
    /// Tell the embargoed list.
    Notify,
    /// Nothing is missing but the day.
    Ready {
        /// It is said why the embargoed list needs less time.
        why: bool,
    },
    /// Make it public.
    Publish,
    /// Something is known outside.
    Leaked(Sighting),
    /// It is being used.
    Exploited(Sighting),
    /// Tell the reporter what changed: the words below; the next word within so many working days.
    Update(Option<u32>),
    /// Of the public issue.
    Takedown(TakedownWord),
}

impl Runbook {
    /// Its verb.
    pub fn verb(&self) -> Verb {
        match self {
            Self::Assess(_) => Verb::Assess,
            Self::Meeting(_) => Verb::Meeting,
            Self::Embargo(_) => Verb::Embargo,
            Self::Agreed(..) => Verb::Agreed,
            Self::Conflict(_) => Verb::Conflict,
            Self::Group(_) => Verb::Group,
            Self::Reproduced(_) => Verb::Reproduced,
            Self::Fix(_) => Verb::Fix,
            Self::Installers(_) => Verb::Installers,
            Self::Cve(..) => Verb::Cve,
            Self::Credit(_) => Verb::Credit,
            Self::Collaborate(_) => Verb::Collab,
            Self::Advisory(_) => Verb::Advisory,
            Self::Fork => Verb::Fork,
            Self::Review => Verb::Review,
            Self::Approve(_) => Verb::Approve,
            Self::Object => Verb::Object,
            Self::Notify => Verb::Notify,
            Self::Ready { .. } => Verb::Ready,
            Self::Publish => Verb::Publish,
            Self::Leaked(_) => Verb::Leaked,
            Self::Exploited(_) => Verb::Exploited,
            Self::Update(_) => Verb::Update,
            Self::Takedown(_) => Verb::Takedown,
        }
    }

    /// What it needs (MAIL section 7).
    pub fn class(&self) -> Class {
        match self {
            Self::Assess(_)
            | Self::Embargo(_)
            | Self::Agreed(..)
            | Self::Cve(..)
            | Self::Review
            | Self::Update(_)
            | Self::Takedown(TakedownWord::Tell) => Class::Reporter,
            Self::Collaborate(_) | Self::Notify | Self::Publish | Self::Takedown(TakedownWord::Down(_)) => {
                Class::TwoPeople
            }
            Self::Meeting(_)
            | Self::Conflict(_)
            | Self::Group(_)
            | Self::Reproduced(_)
            | Self::Fix(_)
            | Self::Installers(_)
            | Self::Credit(_)
            | Self::Advisory(_)
            | Self::Fork
            | Self::Approve(_)
            | Self::Object
            | Self::Ready { .. }
            | Self::Leaked(_)
            | Self::Exploited(_)
            | Self::Takedown(TakedownWord::TakeIn(_)) => Class::Internal,
        }
    }
}

/// Reads the arguments of one of these verbs.
pub(super) fn arguments(verb: Verb, words: &Words<'_>) -> Result<Command, String> {
    let bare = |what: Runbook| words.none(verb).map(|()| what);
    let read = match verb {
        Verb::Assess => return assess(words),
        Verb::Meeting => meeting(words),
        Verb::Embargo => words.one("day such as 2026-12-01T16:00Z").and_then(when).map(Runbook::Embargo),
        Verb::Agreed => agreed(words),
        Verb::Conflict => Ok(Runbook::Conflict(words.text().to_owned())),
        Verb::Group => group(words),
        Verb::Reproduced => yes(words).map(Runbook::Reproduced),
        Verb::Fix => fix(words).map(Runbook::Fix),
        Verb::Installers => yes(words).map(Runbook::Installers),
        Verb::Cve => cve(words),
        Verb::Credit => credit(words).map(Runbook::Credit),
        Verb::Collab => collaborate(words),
        Verb::Advisory => advisory(words),
        Verb::Fork => bare(Runbook::Fork),
        Verb::Review => bare(Runbook::Review),
        Verb::Approve => approve(words),
        Verb::Object => Ok(Runbook::Object),
        Verb::Notify => bare(Runbook::Notify),
        Verb::Ready => Ok(Runbook::Ready { why: !words.all.is_empty() }),
        Verb::Publish => bare(Runbook::Publish),
        Verb::Leaked => Ok(Runbook::Leaked(Sighting::read(words.text()))),
        Verb::Exploited => Ok(Runbook::Exploited(Sighting { used: true, ..Sighting::read(words.text()) })),
        Verb::Update => update(words),
        Verb::Takedown => takedown(words),
        Verb::Help
        | Verb::Status
        | Verb::Show
        | Verb::List
        | Verb::Case
        | Verb::Own
        | Verb::Disown
        | Verb::Severity
        | Verb::Dup
        | Verb::Link
        | Verb::Split
        | Verb::Open
        | Verb::Spam
        | Verb::New
        | Verb::Reporter
        | Verb::Ack
        | Verb::Ask
        | Verb::Known
        | Verb::Reply
        | Verb::Close
        | Verb::Reopen
        | Verb::Raise
        | Verb::Undo
        | Verb::Confirm => return Err(format!("{verb} is read elsewhere")),
    };
    read.map(Command::Runbook)
}

pub(super) fn truth(word: &str) -> Result<bool, String> {
    match word.to_ascii_lowercase().as_str() {
        "yes" | "y" => Ok(true),
        "no" | "n" => Ok(false),
        _ => Err(format!("`{}` is neither yes nor no", shown(word))),
    }
}

/// `yes` or `no`, and words about it that stand on the issue.
fn yes(words: &Words<'_>) -> Result<bool, String> {
    truth(words.first().ok_or("say yes or no")?)
}

/// `2026-12-01T16:00Z`, or `2026-12-01` for the hour of publishing.
fn when(word: &str) -> Result<When, String> {
    if let Ok(day) = word.parse::<Date>()
        && !word.contains(['T', 't'])
    {
        return Ok(When::Day(day));
    }
    let upper = word.to_ascii_uppercase();
    upper
        .parse::<Timestamp>()
        .map(When::At)
        .map_err(|_| format!("`{}` is no day such as 2026-12-01T16:00Z or 2026-12-01", shown(word)))
}

/// `[NUMBER] [WHY]`: which mail, and why the day moves.
fn agreed(words: &Words<'_>) -> Result<Runbook, String> {
    let number = words.first().filter(|word| word.bytes().all(|b| b.is_ascii_digit()));
    Ok(match number {
        Some(number) => Runbook::Agreed(Some(mail(number)?), words.after_first().to_owned()),
        None => Runbook::Agreed(None, words.text().to_owned()),
    })
}

fn meeting(words: &Words<'_>) -> Result<Runbook, String> {
    let word = match words.first().map(str::to_ascii_lowercase).as_deref() {
        None => MeetingWord::Propose(None),
        Some("held") => MeetingWord::Held,
        Some("waived") if words.after_first().is_empty() => {
            return Err(
                "say why there is no need to meet: meeting waived We all talked on the phone".to_owned()
            );
        }
        Some("waived") => MeetingWord::Waived,
        Some(_) => MeetingWord::Propose(Some(when(words.one("day")?)?)),
    };
    Ok(Runbook::Meeting(word))
}

fn group(words: &Words<'_>) -> Result<Runbook, String> {
    let names = words.all.iter().flat_map(|word| word.split(',')).filter(|word| !word.is_empty());
    let mut members: Vec<MemberKey> = names.map(|name| MemberKey(name.to_ascii_lowercase())).collect();
    members.sort_unstable();
    members.dedup();
    match members.len() {
        0 => Err("name the people who work on it, such as: group alice, bob".to_owned()),
        1..=MOST_PEOPLE => Ok(Runbook::Group(members)),
        _ => Err(format!("more than {MOST_PEOPLE} people")),
    }
}

fn fix(words: &Words<'_>) -> Result<FixWord, String> {
    let link = || {
        let word = words.all.get(1).ok_or("where? Write the https address of the pull request or commit")?;
        match Reference::parse(word) {
            Some(reference @ Reference::Url(_)) => Ok(reference),
            Some(Reference::Cve(_) | Reference::Ghsa(_)) | None => {
                Err(format!("`{}` is no https address", shown(word)))
            }
        }
    };
    match words.first().map(str::to_ascii_lowercase).as_deref() {
        Some("proposed") => link().map(FixWord::Proposed),
        Some("merged") => link().map(FixWord::Merged),
        Some("none") if words.after_first().is_empty() => {
            Err("say why there is none in time: fix none It needs a new file format".to_owned())
        }
        Some("none") => Ok(FixWord::Impossible),
        Some(other) => {
            let known = ["proposed", "merged", "none"];
            Err(format!("`{}` is nothing about a fix{}", shown(other), did_you_mean(other, known)))
        }
        None => Err("say: fix proposed https://..., fix merged https://..., or fix none and why".to_owned()),
    }
}

/// `request`, an id, `refused [REASON]` or `none REASON`.
fn cve(words: &Words<'_>) -> Result<Runbook, String> {
    let says = cve_step(words)?;
    let reason = if says == CveStep::Refused { words.after_first() } else { "" };
    Ok(Runbook::Cve(says, reason.to_owned()))
}

fn cve_step(words: &Words<'_>) -> Result<CveStep, String> {
    match words.first().map(str::to_ascii_lowercase).as_deref() {
        None | Some("request") => Ok(CveStep::Request),
        Some("refused") => Ok(CveStep::Refused),
        Some("none") if words.after_first().is_empty() => {
            Err("say why there is none: cve none The flaw is the dependency's own".to_owned())
        }
        Some("none") => Ok(CveStep::Unwanted),
        Some(word) => match Reference::parse(word) {
            Some(id @ Reference::Cve(_)) => Ok(CveStep::Assigned { id }),
            Some(Reference::Ghsa(_) | Reference::Url(_)) | None => {
                let known = ["request", "refused", "none"];
                Err(format!("`{}` is no CVE id{}", shown(word), did_you_mean(word, known)))
            }
        },
    }
}

fn credit(words: &Words<'_>) -> Result<Credit, String> {
    match words.all.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [one] if one.eq_ignore_ascii_case("anonymous") => Ok(Credit::Anonymous),
        [one] if one.eq_ignore_ascii_case("name") => Ok(Credit::Name),
        [word, login] if word.eq_ignore_ascii_case("github") => {
            let login = login.trim_start_matches('@');
            if is_login(login) {
                Ok(Credit::Github { login: login.to_owned() })
            } else {
                Err(format!("`{}` is no login on GitHub", shown(login)))
            }
        }
        _ => Err("say: credit name, credit anonymous, or credit github LOGIN".to_owned()),
    }
}

fn collaborate(words: &Words<'_>) -> Result<Runbook, String> {
    let logins: Vec<String> = words
        .all
        .iter()
        .flat_map(|word| word.split(','))
        .map(|word| word.trim_start_matches('@').to_owned())
        .collect();
    let logins: Vec<String> = logins.into_iter().filter(|login| !login.is_empty()).collect();
    if logins.is_empty() || logins.len() > MOST_PEOPLE {
        return Err("name them by their logins on GitHub, such as: collab octocat".to_owned());
    }
    match logins.iter().find(|login| !is_login(login)) {
        Some(bad) => Err(format!("`{}` is no login on GitHub", shown(bad))),
        None => Ok(Runbook::Collaborate(logins)),
    }
}

fn advisory(words: &Words<'_>) -> Result<Runbook, String> {
    let Some(word) = words.at_most_one("GHSA id")? else { return Ok(Runbook::Advisory(None)) };
    match Reference::parse(word) {
        Some(Reference::Ghsa(id)) => Ok(Runbook::Advisory(Some(id))),
        Some(Reference::Cve(_) | Reference::Url(_)) | None => {
            Err(format!("`{}` is no GHSA id such as GHSA-2c4f-xxxx-9ghj", shown(word)))
        }
    }
}

fn approve(words: &Words<'_>) -> Result<Runbook, String> {
    let word = words.one("first eight digits of the text's digest")?.to_ascii_lowercase();
    let hexadecimal = word.len() >= 8 && word.len() <= 64 && word.bytes().all(|b| b.is_ascii_hexdigit());
    if hexadecimal {
        Ok(Runbook::Approve(word))
    } else {
        Err(format!("`{}` is not what the notice shows behind approve", shown(&word)))
    }
}

fn update(words: &Words<'_>) -> Result<Runbook, String> {
    words.at_most_one("promise")?.map(working_days).transpose().map(Runbook::Update)
}

/// A name on GitHub: letters, digits, `-`, `_`, `.`.
pub(super) fn is_login(word: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
    !word.is_empty() && word.len() <= 100 && word.bytes().all(plain)
}
