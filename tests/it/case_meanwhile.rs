//! What happens between a word and its doing: what was asked for of one thing is not done of another.

use sir_intake::case::act::Stopped;
use sir_intake::case::advisory::AdvisoryState;
use sir_intake::case::decide::{Input, Outcome, decide};
use sir_intake::case::{Alert, ClockKind, Effect, EffectId, Event, LetterKind, MailId, Severity};

use crate::case_parts::{REPORTER, follow};
use crate::case_runbook::Play;
use crate::case_table::{Until, play};

/// How this effect went, and what follows.
fn outcome(play: &mut Play, effect: Effect, outcome: Outcome) -> Vec<Event> {
    let input = Input::Outcome { effect_id: EffectId(77), effect, outcome };
    let decision = decide(&play.case, &input, &play.policy, play.now).unwrap();
    follow(&mut play.case, &decision);
    decision.events
}

/// An end that one asked for while it was no vulnerability is none once it is one.
#[test]
fn an_end_that_was_asked_for_before_it_was_assessed_is_refused() {
    let mut case = play(Until::Triage);
    case.case.severity = Some(Severity::High);
    case.does("!close wai It is meant so", "alice");
    case.does("!assess vuln c=yes severity=high versions=<2510.2", "bob");
    assert!(!case.agrees("carol"));
    assert!(case.said.contains("the case went on since act"), "{}", case.said);
    assert_eq!(case.case.closure(), None);
    // Nor does it keep the case from the end that it has now.
    case.does("!close no-impact Nobody can reach it", "bob");
}

/// Two people agree to words, also where they are public by somebody's hand.
#[test]
fn what_changed_in_public_since_it_was_asked_for_is_told_to_nobody() {
    let mut case = play(Until::Approved);
    case.seen(1, AdvisoryState::Published);
    case.does("!publish", "alice");
    case.seen(2, AdvisoryState::Published);
    assert!(!case.agrees("bob"));
    assert!(case.said.contains("the advisory was changed since"), "{}", case.said);
}

/// "It is not published while you object; undo, or approve, ends it": whatever becomes of the text.
#[test]
fn an_objection_stands_until_its_member_ends_it() {
    let mut case = play(Until::Approved);
    case.does("!object It does not work on Windows", "bob");
    let act = case.case.last_act().unwrap().number;
    case.seen(2, AdvisoryState::Draft);
    case.refuses("!notify", "alice", "bob objects");
    case.does(&format!("!undo {act}"), "bob");
    assert!(!case.say("!notify", "alice") && !case.said.contains("objects"), "{}", case.said);
}

/// RUNBOOK 1.2, row 24: "P answered": that they ask how it stands, or that somebody uses their name, is no answer; nor is what they
/// wrote before they had the text.
#[test]
fn what_shows_no_reading_of_the_text_is_no_answer_to_it() {
    let mut case = play(Until::Reviewed);
    case.approved("bob");
    case.approved("carol");
    let mail = |idle| Event::Added {
        mail: MailId(60),
        person: Some(REPORTER),
        member: None,
        automatic: false,
        idle,
    };
    case.case.apply(&mail(true));
    case.refuses("!notify", "alice", "the reporter has until");
    case.case.apply(&mail(false));
    assert!(case.case.tracks.review.as_ref().unwrap().reporter_wrote);

    let mut case = play(Until::Mitigating);
    case.policy.commands.hold_s = 600;
    case.does("!reproduced yes on Linux\n!fix none It is hard\n!credit anonymous", "alice");
    case.does("!review", "alice");
    case.case.apply(&mail(false));
    assert!(!case.case.tracks.review.as_ref().unwrap().reporter_wrote, "their letter is held");
    let act = case.case.last_act().unwrap().number;
    case.refuses("!review", "alice", "is under review already");
    case.case.apply(&Event::LetterStopped { act, why: Stopped::Operator });
    case.does("!review", "alice");
}

/// Each of several letters of an act is by itself: one that an operator stops keeps none of the others back.
#[test]
fn one_notice_that_is_stopped_stops_no_other() {
    let mut case = play(Until::Told);
    let act = case.case.last_act().unwrap().number;
    let one = Effect::Letter { letter: LetterKind::ListNotice, to: REPORTER, in_reply_to: None, act };
    let events = outcome(&mut case, one, Outcome::Stopped { why: Stopped::Operator });
    assert!(!events.iter().any(|event| matches!(event, Event::LetterStopped { .. })), "{events:?}");
    assert!(!case.case.act(act).unwrap().is_stopped());
}

/// What GitHub or the guard did not let through is not being done, and nobody is told that it is.
#[test]
fn a_publishing_that_could_not_be_done_is_asked_for_anew() {
    let mut case = play(Until::OnItsDay);
    case.does("!publish", "alice");
    assert!(case.agrees("bob"));
    let text = case.case.tracks.text().unwrap();
    outcome(&mut case, Effect::Publish { text }, Outcome::Parked);
    assert!(!case.case.tracks.publishing);
    case.does("!publish", "alice");
}

/// RUNBOOK 1.2, row 6: "to them it is a report like any other": the word that they were promised is owed until they have it.
#[test]
fn the_reporter_of_a_duplicate_is_owed_the_promised_word() {
    let mut case = play(Until::New);
    let other: sir_intake::case::CaseId = "SIR-2026-0099".parse().unwrap();
    case.around.cases.insert(other);
    case.does(&format!("!dup {other}"), "alice");
    assert!(!case.case.runs(ClockKind::Contact), "the letter has not left");
    case.done();
    assert!(case.case.runs(ClockKind::Contact));
    case.ordered.clear();
    case.pass(24 * 30);
    let rings = |effect: &Effect| {
        matches!(effect, Effect::Alert { alert: Alert::Clock { clock: ClockKind::Contact, .. }, .. })
    };
    assert!(case.ordered.iter().any(rings), "{:?}", case.ordered);
    case.does("!reply", "alice");
    case.done();
    assert!(!case.case.runs(ClockKind::Contact));
}

/// RUNBOOK T17: "is still waiting at the CVE authority": the reporter hears so once.
#[test]
fn a_reporter_hears_that_the_cve_still_waits() {
    let mut case = play(Until::Told);
    case.does("!cve request", "alice");
    case.done();
    let waiting = |case: &Play| {
        let letter =
            |effect: &&Effect| matches!(effect, Effect::Letter { letter: LetterKind::CveNews, act: 0, .. });
        case.ordered.iter().filter(letter).count()
    };
    case.pass(24);
    assert_eq!(waiting(&case), 0);
    case.pass(24 * 10);
    assert_eq!(waiting(&case), 1);
    case.pass(24 * 40);
    assert_eq!(waiting(&case), 1, "once");
}

/// Of two reports of the same one goes on.
#[test]
fn two_cases_are_not_each_others_duplicate() {
    let mut case = play(Until::Triage);
    let other: sir_intake::case::CaseId = "SIR-2026-0099".parse().unwrap();
    case.around.cases.insert(other);
    case.around.duplicates.insert(other);
    case.refuses(&format!("!dup {other}"), "alice", "is closed as a duplicate of this one");
}
