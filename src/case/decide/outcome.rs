//! How an effect went becomes part of the case.

use jiff::Timestamp;

use super::Decision;
use crate::case::act::Stopped;
use crate::case::{
    Advisory, Alert, Audience, Case, ClockKind, Deed, Effect, EffectId, Event, LetterKind, PersonId, Planned,
    Policy, Posted, Receipt, Stage, Stop, Task, Withheld,
};

/// How an effect went, as far as a case cares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The private issue is there.
    IssueOpened {
        /// Numeric id of the repository.
        repository: u64,
        /// Number of the issue.
        number: u64,
        /// Whether its body says already that the receipt was sent.
        shows_receipt: bool,
    },
    /// Done.
    Done,
    /// The advisory is as it should be, as far as GitHub gives the program a right to it.
    Advisory {
        /// What GitHub shows of it; none: there is none yet.
        seen: Option<Box<Advisory>>,
        /// What a person must do.
        tasks: Vec<Task>,
    },
    /// The public issue is as it should be, as far as GitHub gives the program a right to it.
    Posted {
        /// What GitHub shows of it; none: we could not look.
        seen: Option<Box<Posted>>,
        /// What a person must do.
        tasks: Vec<Task>,
    },
    /// Nobody can say.
    Unknown,
    /// It cannot be done.
    Parked,
    /// It must not be done any more.
    Stopped {
        /// Why.
        why: Stopped,
    },
}

pub(super) fn came(
    case: &Case,
    effect_id: EffectId,
    effect: &Effect,
    outcome: &Outcome,
    policy: &Policy,
    now: Timestamp,
) -> Decision {
    let mut decision = Decision::default();
    match outcome {
        Outcome::IssueOpened { repository, number, shows_receipt } => {
            if case.issue.is_none() {
                decision.event(Event::IssueOpened { repository: *repository, number: *number });
            }
            if !shows_receipt && matches!(case.receipt, Receipt::Sent(_)) {
                decision.then_on_issue(Effect::UpdateIssue);
            }
        }
        Outcome::Advisory { seen, tasks } => {
            super::advisory::came(&mut decision, case, seen.as_deref(), tasks, policy, now);
        }
        Outcome::Posted { seen, tasks } => {
            super::posted::came(&mut decision, case, seen.as_deref(), tasks, policy, now);
        }
        Outcome::Done => {
            if let Effect::Letter { letter, to, act, .. } = effect {
                left(&mut decision, case, effect_id, *letter, *to, *act, policy, now);
            }
        }
        Outcome::Unknown => unknown(&mut decision, case, effect_id, effect, policy, now),
        Outcome::Parked if is_notice(effect) => {
            // A mail to a member that cannot be delivered is told to the others by the daily digest, not by more mail.
            decision.event(Event::EffectParked { effect: effect_id, letter: None });
        }
        Outcome::Parked => parked(&mut decision, case, effect_id, effect, policy, now),
        Outcome::Stopped { why } => {
            if let Effect::Letter { letter, act, .. } = effect {
                stopped(&mut decision, case, *letter, *act, *why, policy, now);
                followed(&mut decision, case, *letter, *act, *why);
            }
        }
    }
    decision
}

/// Whether it goes to the team alone.
fn is_notice(effect: &Effect) -> bool {
    match effect {
        Effect::Alert { .. } | Effect::Transcript { .. } | Effect::Post { .. } => true,
        Effect::OpenIssue
        | Effect::UpdateIssue
        | Effect::Comment { .. }
        | Effect::Answer
        | Effect::Letter { .. }
        | Effect::Advisory
        | Effect::Publish { .. }
        | Effect::Announce { .. }
        | Effect::TellPoster
        | Effect::TakeDown { .. } => false,
    }
}

/// The mail server accepted a letter.
#[expect(clippy::too_many_arguments, reason = "one place, and each is a different thing")]
fn left(
    decision: &mut Decision,
    case: &Case,
    effect: EffectId,
    letter: LetterKind,
    to: PersonId,
    act: u32,
    policy: &Policy,
    now: Timestamp,
) {
    decision.event(Event::LetterSent { effect, letter, person: to, at: now });
    // Of a notice to several, the act is done with none of them alone.
    if act > 0 && (!letter.is_notice() || letter == LetterKind::PosterMail) {
        ordered(decision, case, effect, letter, act, now);
        waits(decision, case, letter, policy, now);
    }
    // The line on the issue says what the reporter holds in their hands; one that is not open yet will.
    if case.issue.is_some() {
        decision.then_on_issue(Effect::UpdateIssue);
    }
}

/// Nobody can say whether somebody outside was told: a person is asked.
fn unknown(
    decision: &mut Decision,
    case: &Case,
    effect_id: EffectId,
    effect: &Effect,
    policy: &Policy,
    now: Timestamp,
) {
    if let Effect::Letter { letter, .. } = effect {
        decision.event(Event::LetterUnknown { effect: effect_id, letter: *letter });
        decision.then_on_issue(Effect::UpdateIssue);
    }
    if matches!(effect, Effect::Letter { .. } | Effect::Announce { .. }) {
        let alert = Alert::LetterUnknown { effect: effect_id };
        super::tell(decision, case, Audience::Owner, &alert, policy, now);
    }
}

/// A letter that a member ordered must not leave any more.
fn stopped(
    decision: &mut Decision,
    case: &Case,
    letter: LetterKind,
    act: u32,
    why: Stopped,
    policy: &Policy,
    now: Timestamp,
) {
    if letter == LetterKind::Receipt {
        decision.event(Event::ReceiptWithheld { why: Withheld::Exercise });
        decision.then_on_issue(Effect::UpdateIssue);
        return;
    }
    if act == 0 {
        // A letter of the machine's own.
        return;
    }
    decision.then_on_issue(Effect::UpdateIssue);
    if letter.follows() {
        // The others of its kind leave, and so does the letter that the act itself orders.
        return;
    }
    decision.event(Event::LetterStopped { act, why });
    if why != Stopped::TakenBack {
        let alert = Alert::LetterStopped { act };
        super::tell(decision, case, Audience::Owner, &alert, policy, now);
    }
}

/// What no member ordered word by word goes to whoever is the reporter now.
fn followed(decision: &mut Decision, case: &Case, letter: LetterKind, act: u32, why: Stopped) {
    let ours = why == Stopped::OtherReporter && (act == 0 || letter.follows());
    if let Some(to) = case.reporter.filter(|_| ours) {
        decision.effects.push(Planned::letter_of_case(letter, to, Some(case.last_mail), act));
    }
}

/// What reaches somebody outside, or the issue, cannot be done: people are told.
fn parked(
    decision: &mut Decision,
    case: &Case,
    effect_id: EffectId,
    effect: &Effect,
    policy: &Policy,
    now: Timestamp,
) {
    decision.event(Event::EffectParked { effect: effect_id, letter: letter_of(effect) });
    if matches!(effect, Effect::Publish { .. }) && case.tracks.publishing && case.tracks.published.is_none() {
        // It is not being done: whoever mended what stopped it says so again.
        decision.event(Event::PublishHalted { at: now });
        decision.then_on_issue(Effect::UpdateIssue);
    }
    if letter_of(effect).is_some() {
        decision.then_on_issue(Effect::UpdateIssue);
    }
    let alert = Alert::Parked { effect: effect_id };
    super::tell(decision, case, Audience::Owner, &alert, policy, now);
}

/// A letter that a member ordered left: it keeps the promise of an answer, and closes what it was to close.
fn ordered(
    decision: &mut Decision,
    case: &Case,
    effect: EffectId,
    letter: LetterKind,
    act: u32,
    now: Timestamp,
) {
    decision.event(Event::LetterLeft { act, effect, at: now });
    if letter.answers() && case.runs(ClockKind::Acknowledge) {
        let stop = Stop::Letter { effect };
        decision.event(Event::ClockStopped { clock: ClockKind::Acknowledge, stop });
    }
    let told_known = case.act(act).is_some_and(|act| matches!(act.deed, Deed::Known { .. }) && act.stands());
    if told_known && matches!(case.stage, Stage::Known { .. }) {
        // That it ends follows from where it stands (`promises::ended`).
        let clock = ClockKind::Information;
        if case.runs(clock) {
            decision.event(Event::ClockStopped { clock, stop: Stop::Closed });
        }
        // A letter is the first that GitHub hears of the end: also on a page that is not there yet.
        decision.then_on_issue(Effect::UpdateIssue);
    }
}

/// Questions left: from now on we wait for the answer. A reminder waits for the same one, unless something came meanwhile.
fn waits(decision: &mut Decision, case: &Case, letter: LetterKind, policy: &Policy, now: Timestamp) {
    let clock = ClockKind::Information;
    let begins = letter == LetterKind::Questions || (letter == LetterKind::Reminder && !case.runs(clock));
    if begins && case.closure().is_none() {
        let (due, rings) = policy.information.rings(now);
        decision.event(Event::ClockStarted { clock, due, rings });
    }
}

fn letter_of(effect: &Effect) -> Option<LetterKind> {
    match effect {
        Effect::Letter { letter, .. } => Some(*letter),
        Effect::OpenIssue
        | Effect::UpdateIssue
        | Effect::Comment { .. }
        | Effect::Answer
        | Effect::Transcript { .. }
        | Effect::Alert { .. }
        | Effect::Post { .. }
        | Effect::Advisory
        | Effect::Publish { .. }
        | Effect::Announce { .. }
        | Effect::TellPoster
        | Effect::TakeDown { .. } => None,
    }
}
