//! What those of the embargoed list hear after their first letter: whatever becomes of it, and nothing of what they never heard of.

use sir_intake::case::advisory::AdvisoryState;
use sir_intake::case::{Brief, Closure, Effect, LetterKind, PersonId, Phase};

use crate::case_runbook::Play;
use crate::case_table::{Until, play};

const LISTED: PersonId = PersonId(7);

fn to_list(case: &Play, kind: LetterKind) -> usize {
    let theirs = |effect: &&Effect| matches!(effect, Effect::Letter { letter, to, .. } if *letter == kind && *to == LISTED);
    case.ordered.iter().filter(theirs).count()
}

fn briefed(case: &Play, what: &Brief) -> usize {
    let told = |effect: &&Effect| matches!(effect, Effect::Alert { alert: sir_intake::case::Alert::Brief { brief }, .. } if brief == what);
    case.ordered.iter().filter(told).count()
}

/// Two people said to tell them, and their letters wait for a mail server.
fn under_way() -> Play {
    let mut case = play(Until::Approved);
    case.does("!notify", "alice");
    assert!(case.agrees("bob"));
    assert_eq!((to_list(&case, LetterKind::ListNotice), case.case.tracks.told.len()), (1, 0));
    case
}

/// RUNBOOK T23: "We write again 24 h before and if the date moves": also to those whose first letter is still on its way.
#[test]
fn what_follows_is_for_those_as_well_whose_notice_is_under_way() {
    let mut case = under_way();
    case.does("!leaked It is on a forum", "bob");
    assert_eq!(to_list(&case, LetterKind::ListChange), 1);
    case.seen(1, AdvisoryState::Published);
    case.does("!publish", "alice");
    assert!(case.agrees("bob"));
    assert_eq!(to_list(&case, LetterKind::ListLifted), 1);
}

/// What was said in error is taken back before everybody who heard it.
#[test]
fn a_leak_that_was_none_is_taken_back_before_all_who_were_told() {
    for said in ["!leaked It is on a forum", "!exploited Somebody uses it"] {
        let mut case = play(Until::Told);
        case.does(said, "bob");
        let told = briefed(&case, &Brief::Incident);
        assert!(told > 0);
        let act = case.case.last_act().unwrap().number;
        case.does("!undo", "alice");
        assert_eq!(briefed(&case, &Brief::NoIncident { stays: true }), told, "{said}");
        let corrects = |effect: &&Effect| matches!(effect, Effect::Letter { letter: LetterKind::ListCorrected, act: of, .. } if *of == act);
        assert_eq!(case.ordered.iter().filter(corrects).count(), 1, "{said}");
        assert!(case.said.contains("update tells them"), "{}", case.said);
    }
    // What is public is no error any more.
    let mut case = play(Until::Told);
    case.does("!leaked It is on a forum", "bob");
    let act = case.case.last_act().unwrap().number;
    case.seen(1, AdvisoryState::Published);
    case.does(&format!("!undo {act}"), "alice");
    assert_eq!(
        (to_list(&case, LetterKind::ListCorrected), briefed(&case, &Brief::NoIncident { stays: true })),
        (0, 0)
    );
    // One of two was an error: it is known outside all the same.
    let mut case = play(Until::Told);
    case.does("!leaked It is on a forum", "bob");
    case.does("!exploited Somebody uses it", "bob");
    case.does("!undo", "alice");
    assert!(briefed(&case, &Brief::NoIncident { stays: false }) > 0);
}

/// T23: "whenever the day moves": also where they were told the last day, and one is agreed afterwards.
#[test]
fn the_list_hears_of_the_first_day_that_is_agreed_after_they_were_told() {
    let agreed = |day: &str| {
        let mut case = play(Until::Mitigating);
        case.does(
            "!conflict They want none\n!reproduced yes\n!fix none It is hard\n!credit anonymous",
            "alice",
        );
        case.does("!review", "alice");
        case.done();
        case.reporter();
        case.approved("bob");
        case.approved("carol");
        case.does("!notify", "alice");
        assert!(case.agrees("bob"));
        case.done();
        case.does(&format!("!embargo {day}"), "alice");
        case.done();
        case.reporter();
        case.does("!agreed", "alice");
        to_list(&case, LetterKind::ListChange)
    };
    assert_eq!(agreed("2026-12-07"), 1);
    assert_eq!(agreed("2027-02-21T16:00Z"), 0, "the day that they were told already is no news");
}

/// Another reporter reads the text anew; those of the list, who were told of it, are not told twice.
#[test]
fn a_review_for_another_reporter_tells_the_list_nothing_again() {
    let mut case = play(Until::Ready);
    case.around.persons.insert("sam@second.example".to_owned(), PersonId(9));
    case.does("!reporter sam@second.example", "alice");
    case.does("!review", "alice");
    case.done();
    assert_eq!(case.case.phase(), Some(Phase::Review));
    case.now += jiff::SignedDuration::from_hours(24 * 10);
    case.refuses("!notify", "alice", "they were told already");
    case.does("!ready", "alice");
}

/// "It turned out to be none" is taken back before all who heard it.
#[test]
fn whoever_heard_that_it_is_none_hears_that_it_goes_on() {
    let closed = || {
        let mut case = play(Until::Mitigating);
        case.case.severity = None;
        case.does("!close bug Only your own editor", "alice");
        let told = briefed(&case, &Brief::Ended);
        (case, told)
    };
    for back in ["!undo", "!reopen"] {
        let (mut case, told) = closed();
        case.does(back, "bob");
        assert_eq!((briefed(&case, &Brief::GoesOn), told > 0), (told, true), "{back}");
        if back == "!reopen" {
            case.refuses("!undo", "alice", "others hear that it goes on");
        }
    }
    // With nobody on the list the chairs of all SIGs were told: two people end it, also the second time.
    let mut case = play(Until::Approved);
    case.around.embargoed.clear();
    case.does("!notify", "alice");
    assert!(case.agrees("bob"));
    for _ in 0..2 {
        case.does("!close wai It is how it is meant to be", "alice");
        assert_eq!(case.case.closure(), None, "{}", case.said);
        assert!(case.agrees("bob"));
        case.refuses("!undo", "carol", "hears that it is none: reopen");
        case.does("!reopen", "alice");
    }
    // Nobody of the list hears of a leak between that it is none and that it is one after all.
    let mut case = play(Until::Told);
    case.does("!close wai It is how it is meant to be", "alice");
    assert!(case.agrees("bob"));
    case.done();
    case.does("!reopen", "alice");
    case.does("!leaked It is on a forum", "alice");
    assert_eq!(to_list(&case, LetterKind::ListChange), 0);
}

/// RUNBOOK 1.2, row 12, after row 24: it turns out to be none when others prepare for it already.
#[test]
fn what_turns_out_to_be_none_ends_by_two_and_whoever_prepares_hears_so() {
    for until in [Until::Told, Until::Ready] {
        let mut case = play(until);
        case.refuses("!close spam", "alice", "assessed as a vulnerability");
        let said = case.does("!close wai It is how it is meant to be", "alice").to_owned();
        assert!(said.contains("others were told of it in confidence"), "{said}");
        assert!(case.case.closure().is_none() && to_list(&case, LetterKind::ListEnded) == 0);
        assert!(case.agrees("bob"));
        assert_eq!(case.case.closure(), Some(Closure::Wai));
        assert_eq!(to_list(&case, LetterKind::ListEnded), 1);
        assert!(briefed(&case, &Brief::Ended) > 0);
        case.refuses("!undo", "bob", "hears that it is none: reopen");
        case.done();
        // Should it be one after all, they are told anew.
        case.does("!reopen", "alice");
        assert_eq!((case.case.phase(), case.case.tracks.notified), (Some(Phase::Confirmed), None));
        case.does("!group alice, bob", "alice");
        case.pass(24);
        case.does("!review", "alice");
        case.done();
        case.reporter();
        case.does("!notify", "alice");
        assert!(case.agrees("bob"));
        assert_eq!(to_list(&case, LetterKind::ListNotice), 1);
    }
}

/// Also where a changed text brought it back to its review: who was told was told.
#[test]
fn a_new_review_is_no_way_round_those_who_were_told() {
    let mut case = play(Until::Told);
    case.seen(2, AdvisoryState::Draft);
    case.does("!review", "alice");
    assert_eq!(case.case.phase(), Some(Phase::Review));
    case.does("!close no-impact Nobody can reach it", "alice");
    assert_eq!(case.case.closure(), None, "{}", case.said);
    assert!(case.agrees("carol"));
    assert_eq!(to_list(&case, LetterKind::ListEnded), 1);
}

/// Who works on it, and nobody outside, hears when it ends before others were told.
#[test]
fn who_works_on_it_hears_that_it_is_none() {
    let mut case = play(Until::Mitigating);
    case.case.severity = None;
    case.does("!close bug Only your own editor", "alice");
    assert_eq!(case.case.closure(), Some(Closure::Bug));
    assert!(briefed(&case, &Brief::Ended) > 0 && to_list(&case, LetterKind::ListEnded) == 0);
    let mut case = play(Until::Triage);
    case.case.severity = None;
    case.does("!close bug Only your own editor", "alice");
    assert_eq!(briefed(&case, &Brief::Ended), 0, "nobody was asked to work on it");
}
