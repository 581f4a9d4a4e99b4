//! What happens next: pure functions from what is known to events and effects. One file for each passage.
//!
//! **Invariant:** nothing here asks the time, draws a random number or reads the disk; every instant in an event is a
//! value that was computed here, once.

mod advisory;
mod answer;
mod clocks;
pub mod command;
mod mail;
mod open;
mod operator;
mod outcome;
mod posted;
mod promises;
mod publishing;
mod receipt;
pub mod sort;
pub mod told;

use std::collections::BTreeSet;

use jiff::Timestamp;

pub use open::{Opening, Standing, open};
pub use operator::{Act, Refusal};
pub use outcome::Outcome;
pub use promises::{limit, next_word, warned_days_before};
pub use publishing::may_be_public;
pub use receipt::{ReceiptCounts, Sender};
pub use sort::{Automation, Fate, Reading, Route, Screened, Trust, Waiting, sort};

use super::{
    Advisory, After, Alert, Audience, Brief, Case, Checked, ClockKind, Closure, Effect, EffectId, Event,
    MailId, MemberKey, PersonId, Planned, Policy, Posted, Task, roster::Member,
};

/// What happened and what is to be done about it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Decision {
    /// In order.
    pub events: Vec<Event>,
    /// In order within each lane.
    pub effects: Vec<Planned>,
    /// What the store does in the same transaction.
    pub chores: Vec<command::Chore>,
}

impl Decision {
    /// Adds an event.
    pub fn event(&mut self, event: Event) {
        self.events.push(event);
    }

    /// Adds an effect to be done at once.
    pub fn then(&mut self, effect: Effect) {
        self.effects.push(Planned::now(effect));
    }

    /// Tells these people, each once; how many.
    fn brief(&mut self, people: impl IntoIterator<Item = MemberKey>, brief: &Brief) -> usize {
        let mut told: BTreeSet<MemberKey> = BTreeSet::new();
        for to in people {
            if told.insert(to.clone()) {
                self.then(Effect::Alert { to, alert: Alert::Brief { brief: brief.clone() } });
            }
        }
        told.len()
    }

    /// Adds an effect that waits for the issue.
    pub fn then_on_issue(&mut self, effect: Effect) {
        self.effects.push(Planned::after_issue(effect));
    }
}

/// Something that reaches an existing case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A mail of somebody of the case, or of a stranger.
    Mail(CaseMail),
    /// A letter of ours came back.
    Bounce {
        /// The delivery status notification.
        mail: MailId,
        /// The letter.
        effect: EffectId,
        /// To whom it was.
        person: PersonId,
        /// Not only delayed.
        permanent: bool,
    },
    /// How an effect went.
    Outcome {
        /// Which.
        effect_id: EffectId,
        /// What it was.
        effect: Effect,
        /// How it went.
        outcome: Outcome,
    },
    /// The clocks are looked at.
    Tick,
    /// An operator's order.
    Act(Act),
    /// The report was looked for once more among public records and earlier cases.
    Checked {
        /// What came of it.
        checked: Checked,
        /// Whether the page of the case says something else now.
        page_changed: bool,
    },
    /// The advisory was looked at.
    Advisory {
        /// What GitHub shows of it.
        seen: Advisory,
        /// What a person must do.
        tasks: Vec<Task>,
    },
    /// The public issue was looked at.
    Posted {
        /// What GitHub shows of it.
        seen: Posted,
    },
}

pub use mail::{CaseMail, Writer};

/// What follows from an input; a refusal of an operator's order comes back as such.
///
/// # Errors
/// Only for [`Input::Act`]: why the order cannot be carried out.
pub fn decide(case: &Case, input: &Input, policy: &Policy, now: Timestamp) -> Result<Decision, Refusal> {
    let mut decision = match input {
        Input::Mail(letter) => mail::arrived(case, letter, policy, now),
        Input::Bounce { mail, effect, person, permanent } => {
            mail::bounced(case, *mail, *effect, *person, *permanent, policy, now)
        }
        Input::Outcome { effect_id, effect, outcome } => {
            outcome::came(case, *effect_id, effect, outcome, policy, now)
        }
        Input::Tick => clocks::tick(case, policy, now),
        Input::Act(act) => operator::act(case, act, policy, now)?,
        Input::Checked { checked, page_changed } => looked_for(case, *checked, *page_changed, policy, now),
        Input::Advisory { seen, tasks } => {
            let mut decision = Decision::default();
            advisory::came(&mut decision, case, Some(seen), tasks, policy, now);
            decision
        }
        Input::Posted { seen } => {
            let mut decision = Decision::default();
            posted::came(&mut decision, case, Some(seen), &[], policy, now);
            decision
        }
    };
    promises::follow(&mut decision, case, policy, now);
    Ok(decision)
}

/// A check says something new: it is noted, and the page is drawn anew once. Whoever owns the case is told when more was
/// found than ever before; a check that finds the same again, or less, is no news.
fn looked_for(
    case: &Case,
    checked: Checked,
    page_changed: bool,
    policy: &Policy,
    now: Timestamp,
) -> Decision {
    let mut decision = Decision::default();
    if case.checked != Some(checked) {
        decision.event(Event::Checked { checked });
    }
    if page_changed {
        decision.then_on_issue(Effect::UpdateIssue);
    }
    let concerns = case.closure().is_none_or(may_be_wrong);
    if concerns && checked.tally().is_more_than(&case.found_most) {
        let mut alerts = Decision::default();
        tell(&mut alerts, case, Audience::Owner, &Alert::FoundMore, policy, now);
        if case.issue.is_none() {
            wait_for_issue(&mut alerts, policy, now);
        }
        decision.effects.extend(alerts.effects);
    }
    decision
}

/// Whether what is found later may show that a case was closed in error: it was said to be no vulnerability.
fn may_be_wrong(closure: Closure) -> bool {
    match closure {
        Closure::Wai
        | Closure::Bug
        | Closure::Feature
        | Closure::OutOfScope
        | Closure::NotReproducible
        | Closure::NoImpact => true,
        Closure::KnownPublic
        | Closure::Duplicate
        | Closure::Spam
        | Closure::NotAReport
        | Closure::Disclosed => false,
    }
}

/// The people an audience means for this case at this instant. Nobody active means the chairs at once.
fn people<'a>(case: &Case, audience: Audience, policy: &'a Policy, now: Timestamp) -> Vec<&'a Member> {
    use super::roster::Role;
    let roster = &policy.roster;
    let members = || -> Vec<&Member> { roster.active(now).collect() };
    let chairs = || roster.with(Role::Chair);
    let mut found: Vec<&Member> = match audience {
        Audience::Owner => match case.owner().and_then(|owner| roster.get(owner)) {
            Some(owner) if !owner.is_away(now) => vec![owner],
            Some(owner) => members().into_iter().chain([owner]).collect(),
            None => members(),
        },
        Audience::Members => members(),
        Audience::Chairs => members().into_iter().chain(chairs()).collect(),
        Audience::Tsc => members().into_iter().chain(chairs()).chain(roster.with(Role::TscContact)).collect(),
        Audience::TscIfHigh => {
            // As claimed, or as the team found: the graver of both.
            let found = case.tracks.assessment.as_ref().map(|found| found.severity);
            let high = matches!((case.severity.max(found), policy.tsc_from), (Some(grave), Some(from)) if grave >= from);
            let mut found: Vec<&Member> = members().into_iter().chain(chairs()).collect();
            if high {
                found.extend(roster.with(Role::TscContact));
            }
            found
        }
    };
    if roster.active(now).next().is_none() {
        found.extend(chairs());
        if found.is_empty() {
            found.extend(roster.members.iter());
        }
    }
    let mut seen: Vec<&MemberKey> = Vec::new();
    found.retain(|member| {
        let new = !seen.contains(&&member.key);
        seen.push(&member.key);
        new
    });
    found
}

/// Tells those people by mail, and the channel.
fn tell(
    decision: &mut Decision,
    case: &Case,
    audience: Audience,
    alert: &Alert,
    policy: &Policy,
    now: Timestamp,
) {
    for member in people(case, audience, policy, now) {
        decision.then(Effect::Alert { to: member.key.clone(), alert: alert.clone() });
    }
    if policy.discord {
        decision.then(Effect::Post { alert: alert.clone() });
    }
}

/// Moves reminders into the working hours of whoever gets them; not the one that the hour for publishing has come.
fn in_member_hours(decision: &mut Decision, policy: &Policy, now: Timestamp) {
    if !policy.reminders_in_member_hours {
        return;
    }
    for planned in &mut decision.effects {
        if let Effect::Alert { to, alert } = &planned.effect
            && !matches!(alert, Alert::Clock { clock: ClockKind::Disclosure, breach: true, .. })
            && let Some(zone) = policy.roster.get(to).and_then(|member| member.zone.clone())
        {
            planned.not_before = Some(super::calendar::member_hours(&zone, now));
        }
    }
}

/// An alert waits a while for the issue, so that it can carry the link.
fn wait_for_issue(decision: &mut Decision, policy: &Policy, now: Timestamp) {
    let until = now.saturating_add(jiff::SignedDuration::from_secs(policy.alert_waits_for_issue_s.into()));
    let Ok(until) = until else { return };
    for planned in &mut decision.effects {
        if matches!(planned.effect, Effect::Alert { .. } | Effect::Post { .. }) {
            planned.after = After::IssueOr(until);
        }
    }
}

/// The events that start a case's promises.
fn start_clocks(decision: &mut Decision, policy: &Policy, received: Timestamp) {
    for (clock, rule) in [(ClockKind::Acknowledge, &policy.acknowledge), (ClockKind::Owner, &policy.owner)] {
        let (due, rings) = rule.rings(&policy.calendar, received);
        decision.event(Event::ClockStarted { clock, due, rings });
    }
}
