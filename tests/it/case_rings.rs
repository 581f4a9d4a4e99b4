//! Clocks that begin anew, or ring late: nobody hears twice of the same, or of what is over.

use sir_intake::case::decide::{Input, decide};
use sir_intake::case::{Alert, ClockKind, Effect, LetterKind, MemberKey};

use crate::case_parts::{at, follow};
use crate::case_runbook::Play;
use crate::case_table::{Until, play};

impl Play {
    /// Who is told by clocks at that instant that they must agree about the day.
    fn told_to_agree(&mut self, instant: &str) -> Vec<MemberKey> {
        self.now = at(instant);
        let decision = decide(&self.case, &Input::Tick, &self.policy, self.now).unwrap();
        follow(&mut self.case, &decision);
        let agreement = |alert: &Alert| matches!(alert, Alert::Clock { clock: ClockKind::Agreement, .. });
        let told = decision.effects.into_iter().filter_map(|planned| match planned.effect {
            Effect::Alert { to, alert } if agreement(&alert) => Some(to),
            _other => None,
        });
        told.collect()
    }

    fn reminders(&mut self, instant: &str) -> usize {
        self.now = at(instant);
        let decision = decide(&self.case, &Input::Tick, &self.policy, self.now).unwrap();
        follow(&mut self.case, &decision);
        let list =
            |effect: &Effect| matches!(effect, Effect::Letter { letter: LetterKind::ListReminder, .. });
        decision.effects.iter().filter(|planned| list(&planned.effect)).count()
    }

    fn says(&mut self, instant: &str, said: &str) {
        self.now = at(instant);
        assert!(self.say(said, "alice"), "{said}: {}", self.said);
        self.done();
    }
}

/// RUNBOOK 1.2, row 16: "SIR: T14; after 5 wd C; then T": each of them once, also where another day is proposed meanwhile.
#[test]
fn a_proposal_after_a_conflict_tells_nobody_again() {
    let mut case = play(Until::Mitigating);
    assert_eq!(
        case.told_to_agree("2026-12-03T08:00:00Z").len(),
        1,
        "its owner, before the ten days are over"
    );
    assert!(case.told_to_agree("2026-12-03T10:00:00Z").len() > 1, "the members after ten days");
    case.says("2026-12-04T10:00:00Z", "!conflict They want to publish at once");
    assert_eq!(case.told_to_agree("2026-12-04T10:00:00Z"), [], "they were told of the conflict itself");
    let chairs = case.told_to_agree("2026-12-11T12:00:00Z");
    assert!(
        chairs.contains(&MemberKey("carol".to_owned())),
        "the chairs after five working days: {chairs:?}"
    );
    case.says("2026-12-14T10:00:00Z", "!embargo 2027-01-12");
    assert_eq!(case.told_to_agree("2026-12-14T10:01:00Z"), [], "nothing is new to them");
    let tsc = case.told_to_agree("2026-12-18T12:00:00Z");
    assert!(tsc.contains(&MemberKey("tess".to_owned())), "and it goes up as it would have: {tsc:?}");

    // Within the ten days there is time again.
    let mut case = play(Until::Mitigating);
    case.says("2026-11-25T10:00:00Z", "!conflict They want to publish at once");
    case.says("2026-11-26T10:00:00Z", "!embargo 2026-12-09");
    assert_eq!(case.told_to_agree("2026-12-02T16:00:00Z").len(), 1, "its owner");
    assert!(case.told_to_agree("2026-12-03T10:00:00Z").len() > 1, "the members after ten days");
    // A conflict that was noted in error wakes nobody again.
    let mut case = play(Until::Mitigating);
    case.told_to_agree("2026-12-03T10:00:00Z");
    case.says("2026-12-04T10:00:00Z", "!conflict They want to publish at once");
    case.says("2026-12-04T10:05:00Z", "!undo");
    assert_eq!(case.told_to_agree("2026-12-04T10:06:00Z"), []);
}

/// RUNBOOK 1.4: "24 h before": not when the day is over, whatever kept the clock.
#[test]
fn the_list_is_not_reminded_of_a_day_that_is_over() {
    // Nobody looked at the clocks for two days.
    assert_eq!(play(Until::Ready).reminders("2026-12-07T15:59:00Z"), 1, "late, and still ahead");
    assert_eq!(play(Until::Ready).reminders("2026-12-07T16:00:00Z"), 0);
}
