//! The words of the diary: what a mail was understood as, what happened to a case, what GitHub and Discord show.

use crate::case::decide::{Screened, Waiting};
use crate::case::{CaseId, ClockKind, Component, Event, MemberKey, Severity, Stop};
use crate::mail::{Automatic, Fate, Letter};
use crate::office::Office;
use crate::render::when;
use crate::report::{self, Facts};
use crate::store::{FateWord, MailRow};

/// What became of a mail, and for a report what was understood; one line each.
pub(super) fn understood(row: &MailRow, letter: &Letter) -> Vec<String> {
    let case = row.case.map(|case| case.to_string()).unwrap_or_default();
    match row.fate {
        FateWord::Case => report_lines(letter),
        FateWord::Reply if letter.automatic != Automatic::None => {
            vec![format!("an automatic answer ({}) on {case}", letter.automatic_why.unwrap_or("its header"))]
        }
        FateWord::Reply => vec![format!("a mail on {case}: {}", taken_apart(letter))],
        FateWord::Quarantined => {
            vec![format!("a mail that names {case}, from somebody who takes no part in it")]
        }
        FateWord::Delivery => vec![format!("news of a letter of ours on {case}: {}", delivery(letter))],
        FateWord::Copy => {
            vec!["a second copy: same Message-ID, sender and words as one that is here".to_owned()]
        }
        FateWord::Waiting => {
            let why = known::<Waiting>(row).map_or("doubt", Waiting::words);
            vec![format!("not clearly a report ({why}): it waits for a person, nothing is sent")]
        }
        FateWord::Screened => {
            vec![format!("set aside: {}", known::<Screened>(row).map_or("no report", Screened::words))]
        }
        FateWord::Command => vec!["a member's commands, about no case".to_owned()],
        FateWord::Stored | FateWord::History | FateWord::Own | FateWord::Parked => {
            vec![row.fate.word().to_owned()]
        }
    }
}

fn known<T: serde::de::DeserializeOwned>(row: &MailRow) -> Option<T> {
    serde_json::from_value(serde_json::Value::String(row.why.clone()?)).ok()
}

fn taken_apart(letter: &Letter) -> String {
    let lines = |text: &str| text.lines().filter(|line| !line.trim().is_empty()).count();
    let (new, old) = (lines(&letter.split().new_words), lines(&letter.split().quoted));
    let new = if new == 1 { "1 line".to_owned() } else { format!("{new} lines") };
    match old {
        0 => format!("{new} of new words"),
        1 => format!("{new} of new words, a quoted one folded away"),
        old => format!("{new} of new words, {old} quoted ones folded away"),
    }
}

fn delivery(letter: &Letter) -> String {
    let Some(bounced) = letter.bounce.as_ref().and_then(|bounce| bounce.recipients.first()) else {
        return "not delivered".to_owned();
    };
    let fate = match bounced.fate {
        Fate::Failed => "not delivered",
        Fate::Delayed => "late",
    };
    bounced.status.as_ref().map_or(fate.to_owned(), |status| format!("{fate} (status {status})"))
}

/// The facts of a letter, read as the daemon reads them.
pub(super) fn facts(letter: &Letter) -> Facts {
    let attachments: Vec<(&str, &str)> =
        letter.attachments.iter().map(|part| (part.name.as_str(), part.kind.as_str())).collect();
    report::facts(&letter.subject, &letter.text, &attachments)
}

fn report_lines(letter: &Letter) -> Vec<String> {
    let facts = facts(letter);
    let form = match (letter.via_our_list, letter.html_only) {
        (true, _) => "a report through the list",
        (false, true) => "a report, HTML only",
        (false, false) => "a report",
    };
    let mut lines = vec![format!("{form}: {}", phrases(&facts).join(", "))];
    if letter.via_our_list {
        let from = letter.from.as_ref().map_or("nobody", |from| from.as_str());
        lines.push(format!("the list had put itself into From; it was written by {from}"));
    }
    if !letter.attachments.is_empty() {
        let files: Vec<String> = letter
            .attachments
            .iter()
            .map(|part| format!("{} ({}, {} bytes)", part.name, part.kind, part.size))
            .collect();
        lines.push(format!("with {}; kept, not opened", files.join(" and ")));
    }
    let missing: Vec<&str> = facts.missing().into_iter().map(report::Missing::word).collect();
    if !missing.is_empty() {
        lines.push(format!("not said: {}", missing.join(", ")));
    }
    lines
}

fn phrases(facts: &Facts) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    all.extend(facts.components.iter().take(2).map(|found| found.value.to_string()));
    all.extend(facts.versions.iter().take(2).map(|found| format!("version {}", found.value)));
    all.extend(facts.commit.iter().map(|found| format!("commit {}", found.value)));
    all.extend(facts.platforms.iter().take(2).map(|found| found.value.to_string()));
    all.extend(facts.claimed_severity().map(|severity| format!("claimed {severity}")));
    all.extend(facts.impact.iter().take(1).map(|found| found.value.to_string()));
    all.extend(facts.attacker.iter().take(1).map(|found| found.value.to_string()));
    all.extend(facts.ids.iter().take(2).map(|found| found.value.to_string()));
    all.extend(facts.steps.iter().map(|_| "steps to see it".to_owned()));
    all.extend(facts.deadline.iter().take(1).map(|found| format!("deadline {}", found.value)));
    if all.is_empty() { vec!["no fact of our lists".to_owned()] } else { all }
}

/// What an event of the journal says to people; `None`: nothing that the world outside does not show as well.
pub(super) fn happened(office: &Office, case: CaseId, event: &Event) -> Option<String> {
    let member = |key: &MemberKey| {
        office.policy.roster.get(key).map_or_else(|| key.to_string(), |member| member.name.clone())
    };
    let at = |at| when::medium(at, &office.policy.calendar.zone);
    Some(match event {
        Event::Opened { component, severity, .. } => begins(case, component.as_ref(), *severity),
        Event::ReceiptWithheld { why } => format!("{case} sends no receipt: {}", why.words()),
        Event::ClockStarted { clock: ClockKind::Acknowledge, due, .. } => {
            format!("a person must answer the reporter by {}", at(*due))
        }
        Event::ClockStarted { clock: ClockKind::Information, .. } => {
            format!("{case} waits for the reporter's answer")
        }
        Event::ClockRang { clock, .. } => format!("{case}: the clock rings ({})", clock.word()),
        Event::ClockStopped { clock, stop } => stopped(case, *clock, stop, member),
        Event::EscalationPutOff { ring, .. } => {
            format!("{case}: the chairs hear of it on {} unless the answer is confirmed", at(ring.at))
        }
        Event::ClockReopened { .. } => format!("{case}: the promise is open again"),
        Event::Added { automatic: true, .. } => format!("{case} keeps it; nobody is alerted or answered"),
        Event::Added { automatic: false, .. } => format!("{case} goes on with it"),
        Event::Quarantined { .. } => format!("{case} shows it as unverified; nothing follows from it"),
        Event::MemberAnswered { member: key, verified: false, .. } => format!(
            "{case}: {} seems to have answered; the mail does not prove it, the clock runs on",
            member(key)
        ),
        Event::MemberAnswered { member: key, verified: true, .. } => {
            format!("{case}: {} answered the reporter", member(key))
        }
        Event::AnswerConfirmed { member: key, .. } => {
            format!("{case}: it is confirmed that {} answered", member(key))
        }
        Event::DeliveryFailed { permanent: true, .. } => {
            format!("{case}: delivery failed, the reporter does not know that we have it")
        }
        Event::DeliveryFailed { permanent: false, .. } => format!("{case}: a letter is late"),
        Event::LetterUnknown { letter, .. } => {
            format!("{case}: nobody can say whether {} left", letter.words())
        }
        Event::EffectParked { effect, .. } => format!("{case}: effect {effect} is parked for a person"),
        Event::Claimed { by } => format!("{case}: {} takes it", member(by)),
        Event::Acted { .. }
        | Event::Undone { .. }
        | Event::Confirmed { .. }
        | Event::LetterStopped { .. }
        | Event::ClockResumed { .. }
        | Event::Closed { .. }
        | Event::PostedSeen { .. }
        | Event::Linked { .. }
        | Event::Unlinked { .. }
        | Event::NothingRan { .. }
        | Event::CommandRefused { .. }
        | Event::CommentRefused { .. }
        | Event::IssueClosed { .. }
        | Event::StatusTold { .. } => return commanded(office, case, event),
        Event::Checked { checked } => format!("{case}: known? {}", checked.words()),
        Event::AdvisorySeen { advisory, .. } => shown(case, advisory),
        Event::ListOrdered { people, .. } => {
            format!("{case}: {} of the embargoed list are to be told", people.len())
        }
        Event::PublishHalted { .. } => {
            format!("{case}: it is not published, something speaks against it now")
        }
        Event::TaskNamed { task, .. } => format!("{case}: a person must {}", task.words()),
        Event::Looked { .. }
        | Event::LetterLeft { .. }
        | Event::ClockStarted { .. }
        | Event::IssueOpened { .. }
        | Event::LetterSent { .. } => return None,
    })
}

fn begins(case: CaseId, component: Option<&Component>, severity: Option<Severity>) -> String {
    let mut text = format!("{case} begins");
    if let Some(component) = component {
        text.push_str(&format!(", component {component}"));
    }
    if let Some(severity) = severity {
        text.push_str(&format!(", claimed severity {severity}"));
    }
    text
}

fn shown(case: CaseId, advisory: &crate::case::Advisory) -> String {
    if advisory.is_public() {
        return format!("{case}: {} is public", advisory.ghsa);
    }
    format!("{case}: the draft advisory is {}, its text {}", advisory.ghsa, advisory.text.short())
}

/// What stopped a clock.
fn stopped(case: CaseId, clock: ClockKind, stop: &Stop, member: impl Fn(&MemberKey) -> String) -> String {
    match stop {
        Stop::Letter { .. } => format!("{case}: a letter stops the clock ({})", clock.word()),
        Stop::Answer { member: key, .. } => {
            format!("{case}: the reporter has {}'s answer, the promise is kept", member(key))
        }
        Stop::Claim { member: key } => format!("{case}: {} takes it", member(key)),
        Stop::Settled => format!("{case}: settled ({})", clock.word()),
        Stop::Reply { .. } => format!("{case}: the reporter wrote ({})", clock.word()),
        Stop::Closed => format!("{case}: closed, nothing is owed any more ({})", clock.word()),
    }
}

/// The same for what commands brought.
fn commanded(office: &Office, case: CaseId, event: &Event) -> Option<String> {
    let member = |key: &MemberKey| {
        office.policy.roster.get(key).map_or_else(|| key.to_string(), |member| member.name.clone())
    };
    let text = if let Event::Acted { act, by, deed, .. } = event {
        format!("{case}: {} commands, act {act}: {}", member(by), deed.words())
    } else if let Event::Undone { act, by, .. } = event {
        format!("{case}: {} takes back act {act}", member(by))
    } else if let Event::Confirmed { act, by, .. } = event {
        format!("{case}: {} agrees to act {act}", member(by))
    } else if let Event::LetterStopped { act, .. } = event {
        format!("{case}: the letter of act {act} does not leave")
    } else if let Event::ClockResumed { clock } = event {
        format!("{case}: the clock runs again ({})", clock.word())
    } else if let Event::Closed { closure } = event {
        format!("{case} is closed: {}", closure.words())
    } else if let Event::Linked { case: other } = event {
        format!("{case} belongs together with {other}")
    } else if let Event::Unlinked { case: other } = event {
        format!("{case} no longer belongs together with {other}")
    } else if let Event::NothingRan { by, .. } = event {
        format!("{case}: {} commands, and nothing is done", member(by))
    } else if let Event::CommandRefused { why, .. } = event {
        format!("{case}: a command is refused: {}", why.words())
    } else if let Event::CommentRefused { why, .. } = event {
        format!("{case}: a command on the issue is refused: {}", why.words())
    } else if let Event::IssueClosed { .. } = event {
        format!("{case}: the issue was closed by hand; the reason is asked for")
    } else if let Event::StatusTold { .. } = event {
        format!("{case}: the reporter is told how it stands")
    } else {
        return None;
    };
    Some(text)
}

/// The first line of a comment or post that says something, without Markdown's signs.
pub(super) fn first_words(markdown: &str) -> String {
    let says = |line: &&str| {
        let line = line.trim_start_matches(['>', ' ']);
        !line.is_empty() && !line.starts_with("<!--") && !line.starts_with("[!")
    };
    let line = markdown.lines().find(says).unwrap_or_default();
    line.trim_start_matches(['>', ' ']).replace("**", "").replace('\\', "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_is_told_by_its_first_words() {
        assert_eq!(first_words("<!-- sir -->\n\n> [!CAUTION]\n> **UNVERIFIED.** Yes\n"), "UNVERIFIED. Yes");
        assert_eq!(
            first_words("**SIR-2026-0001** new report, by Thu\n<http://x>"),
            "SIR-2026-0001 new report, by Thu"
        );
        assert_eq!(first_words(""), "");
    }
}
