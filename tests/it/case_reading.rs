//! What goes public was read: by the reporter, who had it, and by a person, who looked at what GitHub shows.

use sir_intake::case::act::Stopped;
use sir_intake::case::advisory::AdvisoryState;
use sir_intake::case::decide::command::Chore;
use sir_intake::case::decide::{Input, Outcome};
use sir_intake::case::{Advisory, Effect, EffectId, LetterKind, PersonId};

use crate::case_parts::{REPORTER, key};
use crate::case_runbook::{Play, advisory};
use crate::case_table::{Until, play};

const OTHER: PersonId = PersonId(9);

/// Everybody approved; what is ordered is not done yet.
fn sent_by_nobody() -> Play {
    let mut case = play(Until::Mitigating);
    case.does("!conflict They want none\n!reproduced yes\n!fix none It is hard\n!credit anonymous", "alice");
    case.does("!review", "alice");
    case.approved("bob");
    case.approved("carol");
    case
}

impl Play {
    fn without_reporter(mut self) -> Self {
        self.case.reporter = None;
        self
    }
}

fn draft(to: PersonId, act: u32) -> Effect {
    Effect::Letter { letter: LetterKind::DraftForReporter, to, in_reply_to: None, act }
}

fn went(case: &mut Play, effect: Effect, outcome: Outcome) {
    case.input(&Input::Outcome { effect_id: EffectId(70), effect, outcome });
}

/// RFC: "Review with vulnerability reporter where possible": their days begin when they have it.
#[test]
fn nobody_has_a_text_to_read_that_did_not_leave() {
    let mut case = sent_by_nobody();
    case.refuses("!notify", "alice", "the reporter does not have the text yet");
    case.reporter();
    case.pass(24 * 10);
    case.refuses("!notify", "alice", "the reporter does not have the text yet");
    case.done();
    case.refuses("!notify", "alice", "the reporter has until");
    case.reporter();
    case.does("!notify", "alice");
}

/// Whom no mail reaches holds up nobody for longer than if it had.
#[test]
fn a_draft_that_can_reach_nobody_is_waited_for_as_long_as_one_that_did() {
    let mut case = sent_by_nobody();
    let act = case.case.last_act().unwrap().number;
    went(&mut case, draft(REPORTER, act), Outcome::Parked);
    case.refuses("!notify", "alice", "the reporter has until");
    case.pass(24 * 10);
    case.does("!notify", "alice");
}

/// "It is not published while you object; undo, or approve, ends it": and nothing else.
#[test]
fn a_review_is_not_taken_back_over_an_objection() {
    let mut case = play(Until::Mitigating).without_reporter();
    case.does("!reproduced yes\n!fix none It is hard\n!credit anonymous\n!review", "alice");
    let review = case.case.last_act().unwrap().number;
    case.does("!object It does not work on Windows", "bob");
    case.refuses(&format!("!undo {review}"), "alice", "bob objects");
    case.does("!undo", "bob");
    case.does(&format!("!undo {review}"), "alice");
}

/// A draft on its way to another one is not on its way to the reporter.
#[test]
fn a_draft_that_was_ordered_for_another_reporter_holds_up_no_new_one() {
    let mut case = sent_by_nobody();
    case.around.persons.insert("sam@second.example".to_owned(), OTHER);
    case.refuses("!review", "alice", "is under review already");
    case.does("!reporter sam@second.example", "alice");
    case.does("!review", "alice");
}

/// "reporter": letters go there from now on; what the one before read, the other one did not.
#[test]
fn another_reporter_reads_it_anew_and_approvals_stand() {
    let mut case = play(Until::Approved);
    case.around.persons.insert("sam@second.example".to_owned(), OTHER);
    case.refuses("!review", "alice", "is under review already");
    // In error, and the one who had read it is the reporter again.
    case.does("!reporter sam@second.example", "alice");
    case.refuses("!notify", "alice", "the reporter does not have the text yet");
    case.does("!undo", "alice");
    assert!(case.say("!notify", "alice") && case.say("!undo", "alice"), "{}", case.said);
    case.does("!reporter sam@second.example", "alice");
    case.refuses("!notify", "alice", "the reporter does not have the text yet");
    case.does("!review", "alice");
    case.done();
    assert_eq!(case.case.tracks.approvals(&case.policy.roster), 2);
    case.refuses("!notify", "alice", "the reporter has until");
}

/// What the machine says by itself goes to whoever is the reporter when it leaves; what a member said is theirs to say again.
#[test]
fn what_was_ordered_for_another_reporter_is_not_lost() {
    let mut case = play(Until::Approved);
    let why = Stopped::OtherReporter;
    went(&mut case, draft(OTHER, 0), Outcome::Stopped { why });
    assert!(has_draft(&case), "{:?}", case.ordered);
    let before = case.ordered.len();
    case.does("!update 5wd", "alice");
    let act = case.case.last_act().unwrap().number;
    let update = Effect::Letter { letter: LetterKind::Update, to: OTHER, in_reply_to: None, act };
    went(&mut case, update, Outcome::Stopped { why });
    assert!(case.case.act(act).unwrap().is_stopped());
    let told = case.ordered.iter().skip(before);
    let told = told.filter(|effect| matches!(effect, Effect::Alert { to, .. } if *to == key("alice")));
    assert!(told.count() > 0, "{:?}", case.ordered);
}

fn has_draft(case: &Play) -> bool {
    case.ordered.iter().any(|effect| {
        matches!(effect, Effect::Letter { letter: LetterKind::DraftForReporter, to, act: 0, .. } if *to == REPORTER)
    })
}

/// "letters go there from now on" is taken back whole: who was the reporter in error is of the case no longer.
#[test]
fn a_wrong_reporter_is_of_the_case_no_longer() {
    let leaves = |case: &mut Play| {
        case.does("!undo", "bob");
        case.chores.iter().any(|chore| matches!(chore, Chore::Leave { person } if *person == OTHER))
    };
    let mut case = play(Until::Triage);
    case.around.persons.insert("sam@second.example".to_owned(), OTHER);
    case.does("!reporter sam@second.example", "alice");
    assert!(leaves(&mut case));
    assert_eq!(case.case.reporter, Some(REPORTER));
    // Whoever is linked with it stays.
    case.does("!link mail sam@second.example", "alice");
    assert!(case.agrees("bob"));
    case.does("!reporter sam@second.example", "alice");
    assert!(!leaves(&mut case));
}

fn with_cve(id: &str) -> Input {
    let seen = Advisory { cve: Some(id.to_owned()), ..advisory(1, AdvisoryState::Draft) };
    Input::Advisory { seen, tasks: Vec::new() }
}

fn letters_about_the_cve(case: &Play) -> usize {
    let about = |effect: &&Effect| matches!(effect, Effect::Letter { letter: LetterKind::CveNews, .. });
    case.ordered.iter().filter(about).count()
}

/// RFC: "Request a CVE": the id that comes is the authority's. One that nobody asked for was typed by somebody, and a person reads it.
#[test]
fn an_id_that_nobody_asked_for_is_read_before_it_is_told_or_published() {
    let mut case = play(Until::Ready);
    case.input(&with_cve("CVE-2026-11111"));
    assert_eq!(letters_about_the_cve(&case), 0);
    case.now = play(Until::OnItsDay).now;
    case.refuses("!publish", "alice", "GitHub shows CVE-2026-11111, and nobody here asked for it");
    case.refuses("!cve CVE-2026-22222", "alice", "GitHub shows CVE-2026-11111");
    case.refuses("!cve none It is small", "alice", "GitHub shows CVE-2026-11111");
    case.refuses("!cve refused", "alice", "GitHub shows CVE-2026-11111");
    case.does("!cve CVE-2026-11111", "alice");
    assert_eq!(letters_about_the_cve(&case), 1);
    case.does("!publish", "alice");
    assert!(case.agrees("bob"));
    // Somebody types another one into it while it is being done: what two people said counts no more.
    case.input(&with_cve("CVE-2026-33333"));
    assert!(!case.case.tracks.publishing);
    assert_eq!(letters_about_the_cve(&case), 1, "nobody is told of that one yet");
    case.does("!cve CVE-2026-33333", "bob");
    case.does("!undo", "bob");
    case.refuses("!publish", "alice", "nobody here asked for it");
}

/// What was asked for is told when it comes, and holds up nothing.
#[test]
fn an_id_that_was_asked_for_is_told_at_once() {
    let mut case = play(Until::Told);
    case.does("!cve request", "alice");
    case.ordered.clear();
    case.input(&with_cve("CVE-2026-11111"));
    assert_eq!(letters_about_the_cve(&case), 1);
    case.does("!installers no", "alice");
    case.does("!ready", "alice");
}

/// An advisory named in error can be taken back whatever was asked for beside it, and what GitHub answers late is not the case's.
#[test]
fn another_cases_advisory_is_let_go_also_late() {
    let mut case = play(Until::Triage);
    case.does("!assess vuln c=yes severity=high versions=<2510.2", "alice");
    case.does("!advisory GHSA-cccc-ffff-gggg", "alice");
    let named = case.case.last_act().unwrap().number;
    let wrong = Advisory { ghsa: "GHSA-cccc-ffff-gggg".to_owned(), ..advisory(5, AdvisoryState::Draft) };
    let wrong = Input::Advisory { seen: wrong, tasks: Vec::new() };
    case.input(&wrong);
    assert!(case.case.tracks.advisory.is_some());
    case.does("!fork", "bob");
    case.does(&format!("!undo {named}"), "bob");
    assert_eq!(case.case.tracks.advisory, None);
    case.input(&wrong);
    assert_eq!(case.case.tracks.advisory, None);
    // Named once more, it is.
    case.does("!advisory GHSA-cccc-ffff-gggg", "alice");
    case.input(&wrong);
    assert!(case.case.tracks.advisory.is_some());
}
