//! The journal is the truth: whatever happened, the fold of the events is the case, and a journal of any age folds.

use std::collections::{BTreeMap, BTreeSet};

use crate::case_parts::{CASE, MONDAY, REPORT, REPORTER, at, fresh, key, policy};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use serde_json::Value;
use sir_intake::case::decide::{Act, CaseMail, Decision, Input, Outcome, Trust, Writer, decide};
use sir_intake::case::{
    Alert, Audience, Case, CaseId, Checked, ClockKind, ClockRule, Doubt, Effect, EffectId, Event, LetterKind,
    MailId, PersonId, Policy, Remark, Stop, Tally, Unchecked,
};

// ---------------------------------------------------------------- whatever happens

fn any_writer() -> impl Strategy<Value = Writer> {
    prop_oneof![
        Just(Writer::Participant(REPORTER)),
        Just(Writer::Stranger(Doubt::Stranger)),
        Just(Writer::Stranger(Doubt::AuthenticationFailed)),
        (any::<bool>(), any::<bool>()).prop_map(|(verified, answers_reporter)| Writer::Member {
            member: key("alice"),
            verified,
            answers_reporter
        }),
    ]
}

fn any_effect() -> impl Strategy<Value = Effect> {
    prop::sample::select(vec![
        Effect::OpenIssue,
        Effect::UpdateIssue,
        Effect::Answer,
        Effect::Comment { remark: Remark::Reply { mail: MailId(2) } },
        Effect::Letter { letter: LetterKind::Receipt, to: REPORTER, in_reply_to: Some(REPORT), act: 0 },
        Effect::Alert { to: key("bob"), alert: Alert::NewCase },
        Effect::Post { alert: Alert::NewCase },
    ])
}

fn any_checked() -> impl Strategy<Value = Checked> {
    prop_oneof![
        (0_u8..3).prop_map(|earlier| Checked::Not { why: Unchecked::NoMirror, earlier }),
        (0_u8..3, 0_u8..3).prop_map(|(likely, unknown)| Checked::Done {
            tally: Tally { likely, unknown, ..Tally::default() },
            mirror: Some(at(MONDAY)),
        }),
    ]
}

fn any_input() -> impl Strategy<Value = Input> {
    let outcome = prop::sample::select(vec![
        Outcome::IssueOpened { repository: 5, number: 12, shows_receipt: false },
        Outcome::Done,
        Outcome::Unknown,
        Outcome::Parked,
    ]);
    let act = prop::sample::select(vec![
        Act::Own { member: key("alice") },
        Act::Own { member: key("bob") },
        Act::Own { member: key("mallory") },
        Act::Answered { member: key("bob") },
        Act::Answered { member: key("mallory") },
    ]);
    prop_oneof![
        3 => (1_i64..50, any_writer(), any::<bool>()).prop_map(|(mail, writer, automatic)| {
            Input::Mail(CaseMail { mail: MailId(mail), writer, automatic, received: at(MONDAY), trust: Trust::Unknown, asks_status: false })
        }),
        1 => (1_i64..50, 1_i64..9, 1_i64..3, any::<bool>()).prop_map(|(mail, effect, person, permanent)| {
            let (effect, person) = (EffectId(effect), PersonId(person));
            Input::Bounce { mail: MailId(mail), effect, person, permanent }
        }),
        2 => (1_i64..9, any_effect(), outcome).prop_map(|(id, effect, outcome)| {
            Input::Outcome { effect_id: EffectId(id), effect, outcome }
        }),
        4 => Just(Input::Tick),
        1 => act.prop_map(Input::Act),
        1 => (any_checked(), any::<bool>()).prop_map(|(checked, page_changed)| Input::Checked { checked, page_changed }),
    ]
}

/// Three configurations; which one decides may change at every input, as after a restart.
fn policies() -> [Policy; 3] {
    let plain = policy();
    let mut strict = policy();
    strict.acknowledge = ClockRule { due: 24, rings: vec![(8, Audience::Members), (24, Audience::Chairs)] };
    strict.owner = ClockRule { due: 4, rings: vec![(4, Audience::Chairs)] };
    strict.unverified_answer_holds_hours = 240;
    let mut empty = policy();
    empty.roster.members.clear();
    empty.calendar.workdays.clear();
    empty.discord = false;
    empty.unverified_answer_holds_hours = 0;
    [plain, strict, empty]
}

/// One input, when it comes (hours from the one before; clocks are set back too), and under which configuration.
type Step = (Input, i64, usize);

fn any_steps() -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec((any_input(), -30_i64..60, 0_usize..3), 0..40)
}

struct Run {
    case: Case,
    events: Vec<Event>,
}

impl Run {
    fn new(policy: &Policy) -> Self {
        let (case, decision) = fresh(policy);
        Self { case, events: decision.events }
    }

    fn follow(&mut self, decision: &Decision) {
        decision.events.iter().for_each(|event| self.case.apply(event));
        self.events.extend(decision.events.iter().cloned());
    }
}

fn stops_acknowledgement(decision: &Decision) -> bool {
    decision
        .events
        .iter()
        .any(|event| matches!(event, Event::ClockStopped { clock: ClockKind::Acknowledge, .. }))
}

/// The only ones who keep the promise to the reporter: a member, proven or vouched for.
fn may_stop(input: &Input) -> bool {
    match input {
        Input::Mail(letter) => {
            matches!(letter.writer, Writer::Member { verified: true, answers_reporter: true, .. })
        }
        Input::Act(act) => matches!(act, Act::Answered { .. }),
        Input::Bounce { .. }
        | Input::Outcome { .. }
        | Input::Tick
        | Input::Checked { .. }
        | Input::Posted { .. }
        | Input::Advisory { .. } => false,
    }
}

fn dues(case: &Case) -> BTreeMap<ClockKind, Timestamp> {
    case.clocks.iter().map(|(kind, clock)| (*kind, clock.due)).collect()
}

fn check(
    steps: &[Step],
    keeps: impl Fn(&Run, &Input, &Decision) -> Result<(), TestCaseError>,
) -> Result<Run, TestCaseError> {
    let policies = policies();
    let mut run = Run::new(&policies[0]);
    let mut now = at(MONDAY);
    for (input, hours, which) in steps {
        now = now.saturating_add(SignedDuration::from_hours(*hours)).unwrap();
        // A refusal changes nothing.
        let Ok(decision) = decide(&run.case, input, &policies[*which], now) else { continue };
        keeps(&run, input, &decision)?;
        run.follow(&decision);
    }
    Ok(run)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// "Replaying needs `apply` alone and gives the same case after any change of configuration": also through the
    /// journal's own JSON, and for every beginning of the journal.
    #[test]
    fn the_fold_of_the_journal_is_the_case(steps in any_steps()) {
        let run = check(&steps, |_, _, _| Ok(()))?;
        let replayed = Case::replay(CASE, &run.events).unwrap();
        prop_assert_eq!(&replayed, &run.case);
        let stored: Vec<String> = run.events.iter().map(|event| serde_json::to_string(event).unwrap()).collect();
        let read: Vec<Event> = stored.iter().map(|json| serde_json::from_str(json).unwrap()).collect();
        prop_assert_eq!(&read, &run.events);
        let cached = serde_json::to_string(&run.case).unwrap();
        prop_assert_eq!(serde_json::from_str::<Case>(&cached).unwrap(), run.case);
        for length in 1..=run.events.len() {
            prop_assert!(Case::replay(CASE, &run.events[..length]).is_some());
        }
    }

    /// "every deadline it computes is a value in the event": no input and no configuration moves one that the report began.
    #[test]
    fn a_promise_never_moves(steps in any_steps()) {
        let first = dues(&Run::new(&policy()).case);
        let begun = |case: &Case| {
            let mut dues = dues(case);
            dues.retain(|clock, _| first.contains_key(clock));
            dues
        };
        let run = check(&steps, |run, _, _| {
            prop_assert_eq!(begun(&run.case), first.clone());
            Ok(())
        })?;
        prop_assert_eq!(begun(&run.case), first.clone());
    }

    /// Each level of a clock rings at most once, and they rise.
    #[test]
    fn each_level_rings_at_most_once(steps in any_steps()) {
        let run = check(&steps, |_, _, _| Ok(()))?;
        let mut last: BTreeMap<ClockKind, u8> = BTreeMap::new();
        let mut many: BTreeMap<ClockKind, usize> = BTreeMap::new();
        for event in &run.events {
            if let Event::ClockStarted { clock, rings, .. } = event {
                last.remove(clock);
                many.insert(*clock, rings.len());
            }
            if let Event::EscalationPutOff { clock, .. } = event {
                *many.get_mut(clock).unwrap() += 1;
            }
            if let Event::ClockRang { clock, level } = event {
                let before = last.insert(*clock, *level);
                prop_assert!(before.is_none_or(|before| before < *level), "{clock:?} {level} after {before:?}");
                prop_assert!(usize::from(*level) < many[clock]);
            }
        }
    }

    /// "nobody steers who is not a member": the acknowledgement clock stops by a proven answer or a person's word.
    #[test]
    fn only_a_member_keeps_the_promise(steps in any_steps()) {
        let run = check(&steps, |_, input, decision| {
            prop_assert!(!stops_acknowledgement(decision) || may_stop(input), "{input:?}");
            Ok(())
        })?;
        let letters: BTreeSet<EffectId> = run.events.iter().filter_map(|event| match event {
            Event::LetterSent { effect, .. } => Some(*effect),
            _ => None,
        }).collect();
        for event in &run.events {
            if let Event::ClockStopped { stop: Stop::Letter { effect }, .. } = event {
                prop_assert!(!letters.contains(effect), "a receipt stopped a clock");
            }
        }
    }

    /// A clock that rings is heard: somebody of the roster is told, whoever is away, whatever is held back.
    #[test]
    fn a_ring_is_heard(steps in any_steps()) {
        check(&steps, |_, _, decision| {
            let rang = decision.events.iter().any(|event| matches!(event, Event::ClockRang { .. }));
            let told = decision.effects.iter().filter_map(|planned| match &planned.effect {
                Effect::Alert { to, .. } => Some(to.clone()),
                _ => None,
            }).collect::<Vec<_>>();
            let known = policy().roster;
            prop_assert!(told.iter().all(|to| known.get(to).is_some()));
            let empty_roster = decision.effects.iter().all(|planned| !matches!(planned.effect, Effect::Post { .. }));
            prop_assert!(!rang || !told.is_empty() || empty_roster);
            Ok(())
        })?;
    }

    /// Events that fit nothing change nothing, and never panic: a journal from another case, in any order.
    #[test]
    fn apply_is_total(steps in any_steps(), other in any_steps()) {
        let mut run = check(&steps, |_, _, _| Ok(()))?;
        let foreign = check(&other, |_, _, _| Ok(()))?;
        for event in foreign.events.iter().rev() {
            run.case.apply(event);
        }
        prop_assert!(Case::replay(CASE, foreign.events.iter().skip(1)).is_none(), "only `opened` opens a case");
    }
}

// ---------------------------------------------------------------- journals that exist

/// The place of a kind in [`KINDS`]. Does not compile when a kind is missing: add it here, to the number, and a line of it
/// (as it is stored today) to `tests/it/journal_corpus/`. Lines there are never changed, only added.
fn place(event: &Event) -> usize {
    match event {
        Event::Opened { .. } => 0,
        Event::ReceiptWithheld { .. } => 1,
        Event::ClockStarted { .. } => 2,
        Event::ClockRang { .. } => 3,
        Event::EscalationPutOff { .. } => 4,
        Event::ClockStopped { .. } => 5,
        Event::ClockReopened { .. } => 6,
        Event::Added { .. } => 7,
        Event::Quarantined { .. } => 8,
        Event::MemberAnswered { .. } => 9,
        Event::AnswerConfirmed { .. } => 10,
        Event::DeliveryFailed { .. } => 11,
        Event::IssueOpened { .. } => 12,
        Event::LetterSent { .. } => 13,
        Event::LetterUnknown { .. } => 14,
        Event::EffectParked { .. } => 15,
        Event::Claimed { .. } => 16,
        Event::Acted { .. } => 17,
        Event::Undone { .. } => 18,
        Event::Confirmed { .. } => 19,
        Event::LetterLeft { .. } => 20,
        Event::LetterStopped { .. } => 21,
        Event::ClockResumed { .. } => 22,
        Event::Closed { .. } => 23,
        Event::Linked { .. } => 24,
        Event::Unlinked { .. } => 25,
        Event::Looked { .. } => 26,
        Event::NothingRan { .. } => 27,
        Event::CommandRefused { .. } => 28,
        Event::StatusTold { .. } => 29,
        Event::Checked { .. } => 30,
        Event::CommentRefused { .. } => 31,
        Event::IssueClosed { .. } => 32,
        Event::AdvisorySeen { .. } => 33,
        Event::TaskNamed { .. } => 34,
        Event::PostedSeen { .. } => 35,
        Event::PublishHalted { .. } => 36,
        Event::ListOrdered { .. } => 37,
    }
}

const KINDS: usize = 38;

/// All of `wanted` is in `found`, however much else is there.
fn holds(found: &Value, wanted: &Value) -> bool {
    match (found, wanted) {
        (Value::Object(found), Value::Object(wanted)) => {
            wanted.iter().all(|(name, value)| found.get(name).is_some_and(|there| holds(there, value)))
        }
        (Value::Array(found), Value::Array(wanted)) => {
            found.len() == wanted.len()
                && found.iter().zip(wanted).all(|(found, wanted)| holds(found, wanted))
        }
        (_, _) => found == wanted,
    }
}

/// Each file is a journal as some version wrote it, and last what its case was: they must fold for ever.
#[test]
fn old_journals_fold() {
    let dir = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/journal_corpus");
    let mut kinds = BTreeSet::new();
    let mut files: Vec<_> = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    for file in files {
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&file).unwrap();
        let mut lines: Vec<&str> = text.lines().collect();
        let expected: Value = serde_json::from_str(lines.pop().unwrap()).unwrap();
        let mut events = Vec::new();
        for line in lines {
            let event: Event = serde_json::from_str(line).unwrap_or_else(|e| panic!("{name}: {e}: {line}"));
            let stored: Value = serde_json::from_str(line).unwrap();
            assert_eq!(stored["kind"], event.kind(), "{name}");
            let again = serde_json::to_value(&event).unwrap();
            assert!(holds(&again, &stored), "{name}: something of this line is no longer read: {line}");
            kinds.insert(place(&event));
            events.push(event);
        }
        let id = CaseId { year: 2026, number: 7 };
        let case = Case::replay(id, &events).unwrap_or_else(|| panic!("{name} does not fold"));
        let case = serde_json::to_value(&case).unwrap();
        assert!(holds(&case, &expected["case"]), "{name}: folds to {case:#}");
    }
    let absent: Vec<usize> = (0..KINDS).filter(|kind| !kinds.contains(kind)).collect();
    assert!(absent.is_empty(), "kinds without a line in tests/it/journal_corpus: {absent:?}");
}
