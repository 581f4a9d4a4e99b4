//! What members read when they ask: the table of verbs, how a case stands, what happened on it, cases. No word of a report.

use jiff::Timestamp;

use crate::case::act::ActState;
use crate::case::command::{Which, help};
use crate::case::decide::command::Look;
use crate::case::{Case, CaseClock, ClockKind, MemberKey};
use crate::mail::visible;
use crate::office::Office;
use crate::perform::{issue_link, letter_words};
use crate::render::when;
use crate::store::{StoreError, Txn};

/// Cases that a list shows at most.
const LISTED: usize = 40;
/// Mails that a page of a case shows at most.
const MAILS: usize = 30;

/// What was asked for, in lines.
pub(super) fn shown(
    office: &Office,
    txn: &Txn<'_>,
    case: Option<&Case>,
    who: &MemberKey,
    look: Look,
    now: Timestamp,
) -> Result<String, StoreError> {
    match (look, case) {
        (Look::Help(verb), _) => Ok(help(verb)),
        (Look::List(which), _) => list(office, txn, which, who, now),
        (Look::Status, Some(case)) => Ok(status(office, case, who, now)),
        (Look::Show, Some(case)) => Ok(format!(
            "{}{}{}",
            status(office, case, who, now),
            acts(office, case),
            mails(office, txn, case)?
        )),
        (Look::Status | Look::Show, None) => Ok(String::new()),
    }
}

fn list(
    office: &Office,
    txn: &Txn<'_>,
    which: Which,
    who: &MemberKey,
    now: Timestamp,
) -> Result<String, StoreError> {
    let (cases, more) = txn.listed(which, who, now, LISTED)?;
    if cases.is_empty() {
        return Ok("no cases".to_owned());
    }
    let mut out = String::new();
    for case in &cases {
        let owner = case.owner().map_or_else(|| "-".to_owned(), ToString::to_string);
        // At most 72 columns, or the row would be folded.
        let owner: String = owner.chars().take(16).collect();
        out.push_str(&format!(
            "  {}  {:<8} {owner:<16} {}\n",
            case.id,
            case.stage.word(),
            owed(office, case, now)
        ));
    }
    if more {
        out.push_str("  and more\n");
    }
    Ok(out)
}

/// How the promise to the reporter stands, short.
fn owed(office: &Office, case: &Case, now: Timestamp) -> String {
    match case.clocks.get(&ClockKind::Acknowledge) {
        Some(clock) if clock.stopped.is_some() => "answered".to_owned(),
        Some(clock) if clock.is_broken(now) => "OVERDUE".to_owned(),
        Some(clock) => format!("by {}", when::short(clock.due, &office.policy.calendar.zone)),
        None => String::new(),
    }
}

fn status(office: &Office, case: &Case, who: &MemberKey, now: Timestamp) -> String {
    let theirs = office.policy.roster.get(who).and_then(|member| member.zone.as_ref());
    let at = |at| when::beside(at, &office.policy.calendar.zone, theirs);
    let mut out = String::new();
    let mut row = |name: &str, value: &str| out.push_str(&format!("  {name:<15} {value}\n"));
    let stage = match case.closure() {
        Some(closure) => format!("closed ({closure})"),
        None => case.stage.word().to_owned(),
    };
    row("Case", &case.id.to_string());
    row("Stage", &stage);
    row("Owner", &case.owner().map_or_else(|| "nobody".to_owned(), ToString::to_string));
    if let Some((_, number)) = case.issue {
        row("Issue", &issue_link(&office.config.github, number));
    }
    row("Received", &format!("{}, {}", at(case.received), when::relative(case.received, now)));
    let mut kept: Vec<&str> = Vec::new();
    for (kind, clock) in &case.clocks {
        let how = if !kind.is_ours() {
            waits(clock, &at)
        } else if clock.stopped.is_some() {
            kept.push(kind.word());
            continue;
        } else if clock.is_broken(now) {
            format!("OVERDUE since {}", at(clock.due))
        } else {
            format!("due {}", at(clock.due))
        };
        row(kind.word(), &how);
    }
    if !kept.is_empty() {
        row("Promises kept", &kept.join(", "));
    }
    if let Some(answer) = &case.answer {
        let proof = if answer.verified { "" } else { " (unverified)" };
        row("Answered", &format!("by {}, {}{proof}", answer.member, at(answer.at)));
    }
    if let Some(next) = case.contact_by {
        row("Next word by", &at(next));
    }
    let ours = case.severity_set.map_or_else(|| "none of ours".to_owned(), |severity| severity.to_string());
    let claimed = case.severity.map_or_else(String::new, |severity| format!(", claimed {severity}"));
    row("Severity", &format!("{ours}{claimed}"));
    if let Some(of) = case.duplicate_of {
        row("Duplicate of", &of.to_string());
    }
    if !case.links.is_empty() {
        let linked: Vec<String> = case.links.iter().map(ToString::to_string).collect();
        row("Linked", &linked.join(", "));
    }
    if let Some(then) = case.delivery_failed {
        row("Delivery failed", &at(then));
    }
    out
}

/// What the reporter was asked and has not answered, or has.
fn waits(clock: &CaseClock, at: &dyn Fn(Timestamp) -> String) -> String {
    match &clock.stopped {
        Some(_) => "nothing is waited for".to_owned(),
        None => format!("no answer yet; close from {}", at(clock.due)),
    }
}

fn acts(office: &Office, case: &Case) -> String {
    let at = |at| when::short(at, &office.policy.calendar.zone);
    let mut out = "\nActs:\n\n".to_owned();
    for act in &case.acts {
        let state = match &act.state {
            ActState::Done => String::new(),
            ActState::Asked { until } => format!("; waits for a second person until {}", at(*until)),
            ActState::Undone { by } => format!("; taken back by {by}"),
        };
        let letter = letter_words(act.letter, at);
        out.push_str(&format!(
            "  {}  {} {}: {}{letter}{state}\n",
            act.number,
            at(act.at),
            act.by,
            act.deed.words()
        ));
    }
    if case.acts.is_empty() {
        out.push_str("  none\n");
    }
    out
}

/// The mails of the case by their numbers; of the words in them nothing.
fn mails(office: &Office, txn: &Txn<'_>, case: &Case) -> Result<String, StoreError> {
    let mut out = "\nMails:\n\n".to_owned();
    let rows = txn.mails_of(case.id)?;
    for row in rows.iter().rev().take(MAILS) {
        let from = row.person.map(|person| txn.address_of(person)).transpose()?;
        let from = from.map_or_else(|| "no address".to_owned(), |from| visible(from.as_str()));
        let received = when::short(row.received, &office.policy.calendar.zone);
        out.push_str(&format!("  {}  {received} {from}: {}\n", row.id, row.fate.word()));
    }
    if rows.len() > MAILS {
        out.push_str("  and older ones\n");
    }
    Ok(out)
}
