//! Each guard on the way of a vulnerability, by what it refuses and why: nothing is done then.

use jiff::SignedDuration;
use sir_intake::case::act::ActState;
use sir_intake::case::advisory::{AdvisoryState, Gap};
use sir_intake::case::command::Command;
use sir_intake::case::decide::Input;
use sir_intake::case::tracks::Cve;
use sir_intake::case::{
    Advisory, Alert, Brief, ClockKind, Effect, Event, LetterKind, MailId, Phase, Severity, Task,
};

use crate::case_parts::{REPORTER, at, follow, key};
use crate::case_runbook::{Play, advisory};
use crate::case_table::{Until, play};

impl Play {
    /// It is refused, for that reason, and the case is as it was.
    pub fn refuses(&mut self, said: &str, who: &str, why: &str) {
        let before = self.case.clone();
        assert!(!self.say(said, who), "{said} is done: {}", self.said);
        assert!(self.said.contains(why), "{said}: {}", self.said);
        assert_eq!(self.case, before, "{said}: half done");
    }

    pub fn does(&mut self, said: &str, who: &str) -> &str {
        assert!(self.say(said, who), "{said}: {}", self.said);
        &self.said
    }

    pub fn approved(&mut self, who: &str) {
        let text = self.case.tracks.text().unwrap().short();
        self.does(&format!("!approve {text}"), who);
    }

    /// Confirms the last act that asks for it.
    pub fn agrees(&mut self, who: &str) -> bool {
        let act = self.asked();
        self.command(&[Command::Confirm(format!("N{act}"))], who)
    }

    fn asked(&self) -> u32 {
        let asked = |act: &&sir_intake::case::Act| matches!(act.state, ActState::Asked { .. });
        self.case.acts.iter().rev().find(asked).unwrap().number
    }

    fn alone(mut self) -> Self {
        self.case.reporter = None;
        self
    }
}

const VULN: &str = "!assess vuln c=yes severity=high versions=<2510.2";

/// RUNBOOK 1.2, row 13.
#[test]
fn an_assessment_is_whole() {
    let mut open = play(Until::Triage);
    open.refuses("!assess vuln severity=high", "alice", "what breaks none of them is no vulnerability");
    let vector = "vector=CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H";
    open.refuses(
        &format!("!assess vuln c=yes severity=low {vector}"),
        "alice",
        "scores 9.8 (critical), not low",
    );
    open.refuses("!assess vuln c=yes", "alice", "say how grave it is");
    open.refuses("!assess vuln c=yes severity=none", "alice", "of no severity is no vulnerability");
    open.around.reporter_is = Some(key("alice"));
    open.refuses(VULN, "alice", "you reported this case");
    open.around.reporter_is = None;
    open.around.component_sig = None;
    open.refuses(VULN, "alice", "say which SIG it concerns");
}

/// RUNBOOK 1.2, row 15.
#[test]
fn a_day_is_one_that_can_be_kept() {
    let mut case = play(Until::Mitigating);
    case.refuses("!embargo 2026-11-20", "alice", "is over");
    case.refuses("!embargo 2027-03-29", "alice", "more than 90 and 30 days after the report");
    case.refuses("!embargo 2026-12-12", "alice", "nobody looks after it on that day");
    case.does("!embargo 2027-03-22", "alice");
    assert!(case.said.contains("it stands only with the reporter's written yes"), "{}", case.said);
    case.refuses("!embargo 2026-12-07", "alice", "a proposal is held already");
    case.refuses("!agreed", "alice", "the proposal has not left yet");
    case.does("!undo", "alice");
    case.does("!embargo 2026-12-07", "alice");
    case.mails.push((MailId(50), at("2026-11-23T08:00:00Z")));
    case.done();
    case.refuses("!agreed", "alice", "the reporter has not written since the proposal");
    case.refuses("!agreed 50", "alice", "is not one that the reporter wrote after the proposal");
    case.reporter();
    case.refuses("!agreed The fix needs one more day", "alice", "there is nothing to explain");
    case.does("!agreed", "alice");
    case.refuses("!embargo 2026-12-07", "alice", "that day is agreed already");
    case.does("!embargo 2026-12-09", "alice");
    let held = case.asked_letter();
    case.case.apply(&Event::LetterStopped { act: held, why: sir_intake::case::act::Stopped::Operator });
    case.refuses("!agreed", "alice", "the proposal did not leave");
    case.ordered.clear();
    case.does("!embargo 2026-12-09", "alice");
    case.done();
    case.reporter();
    case.refuses("!agreed", "alice", "say why, in words for the reporter");
}

/// Who reports by a public issue or by GitHub has no address: two members set the day, within the 90 days, and it binds like one
/// that was agreed.
#[test]
fn without_a_reporter_two_members_set_the_day() {
    let mut case = play(Until::Mitigating).alone();
    case.refuses("!conflict They want another", "alice", "nobody outside can disagree");
    case.refuses("!embargo 2027-03-22", "alice", "the report has no address");
    case.does("!reproduced yes\n!credit anonymous\n!fix none It is hard\n!review", "alice");
    case.approved("bob");
    case.approved("carol");
    case.refuses("!notify", "alice", "no day is agreed");
    case.does("!embargo 2026-12-07", "alice");
    assert_eq!(case.case.tracks.date(), None, "one member alone sets none");
    assert!(case.agrees("bob"));
    assert_eq!(case.case.tracks.date(), Some(at("2026-12-07T16:00:00Z")));
    case.does("!notify", "alice");
    assert!(case.agrees("bob"));
    case.done();
    case.does("!installers no\n!cve none It is small\n!ready", "alice");
    case.refuses("!publish", "alice", "the agreed day is Mon 7 Dec 2026");
    // Whoever was told hears of another day.
    case.does("!embargo 2026-12-09", "carol");
    case.ordered.clear();
    assert!(case.agrees("bob"));
    let moved = |effect: &&Effect| matches!(effect, Effect::Letter { letter: LetterKind::ListChange, .. });
    assert_eq!(case.ordered.iter().filter(moved).count(), 1);
    let told = |effect: &&Effect| {
        matches!(effect, Effect::Alert { alert: Alert::Brief { brief: Brief::DayMoved }, .. })
    };
    assert!(case.ordered.iter().filter(told).count() > 0);
    // Who was told of it hears of the next one; nobody takes it back behind their backs.
    case.refuses("!undo", "bob", "was done, and others know of it now");
    // A day that is over when the second person agrees is none.
    case.now = at("2026-12-13T20:00:00Z");
    case.does("!embargo 2026-12-14", "carol");
    case.now = at("2026-12-14T17:00:00Z");
    assert!(!case.agrees("bob"));
    assert!(case.said.contains("is over"), "{}", case.said);
    case.does("!publish", "alice");
}

/// What members set without a reporter binds no reporter who was never asked.
#[test]
fn a_day_that_was_set_binds_nobody_who_comes_later() {
    let other = sir_intake::case::PersonId(9);
    let alone = || {
        let mut case = play(Until::Mitigating).alone();
        case.around.persons.insert("sam@second.example".to_owned(), other);
        case.does("!embargo 2026-12-07", "alice");
        case
    };
    let mut case = alone();
    case.does("!reporter sam@second.example", "carol");
    assert!(!case.agrees("bob"));
    assert!(case.said.contains("the report has an address by now"), "{}", case.said);
    let mut case = alone();
    assert!(case.agrees("bob"));
    case.does("!reporter sam@second.example", "carol");
    assert_eq!(case.case.tracks.date(), None);
    assert!(case.said.contains("does not bind them"), "{}", case.said);
    // In error: what two had set stands again.
    case.does("!undo", "carol");
    assert_eq!(case.case.tracks.date(), Some(at("2026-12-07T16:00:00Z")));
    case.does("!reporter sam@second.example", "carol");
    case.does("!embargo 2026-12-07", "alice");
    assert!(case.case.tracks.embargo.proposed.is_some());
}

impl Play {
    fn asked_letter(&self) -> u32 {
        self.case.acts.iter().rev().find(|act| act.held().is_some()).unwrap().number
    }
}

/// RUNBOOK 1.2, rows 17 to 22.
#[test]
fn a_group_a_cve_and_a_credit_need_what_they_need() {
    let mut case = play(Until::Confirmed);
    case.refuses("!group alice, mallory", "alice", "`mallory` is not on the roster");
    case.policy.roster.members.iter_mut().for_each(|member| member.sigs.clear());
    case.refuses("!group alice, carol", "alice", "nobody of SIG network is in it");
    case.does("!disown", "alice");
    case.refuses("!group alice, bob", "alice", "nobody owns the case");
    case.does("!own me", "alice");
    let seen = case.case.tracks.advisory.take();
    case.refuses("!cve request", "alice", "there is no draft advisory yet");
    case.case.tracks.advisory = seen;
    case.does("!assess vuln c=yes severity=high", "alice");
    case.refuses("!cve request", "alice", "the affected versions are missing");
    case.does(VULN, "alice");
    case.does("!cve request", "alice");
    case.refuses("!cve request", "alice", "it was asked for already");
    case.does("!cve CVE-2026-12345", "alice");
    case.refuses("!cve request", "alice", "it has CVE-2026-12345 already");
    case.does("!fork", "alice");
    case.refuses("!fork", "alice", "asked for already");
    case.around.words = "  ".to_owned();
    case.refuses("!update 5wd", "alice", "there is no text below it");
    let mut alone = play(Until::Confirmed).alone();
    alone.refuses("!credit name", "alice", "the report names nobody");
}

/// RUNBOOK 1.2, rows 22 to 24.
#[test]
fn a_review_is_of_one_whole_text_and_counts_the_team() {
    let mut case = play(Until::Mitigating);
    for said in ["!reproduced yes", "!credit anonymous", "!fix none It is hard"] {
        case.does(said, "alice");
    }
    let seen = Advisory { gaps: vec![Gap::Mitigation], ..advisory(1, AdvisoryState::Draft) };
    case.input(&Input::Advisory { seen, tasks: Vec::new() });
    case.refuses("!review", "alice", "the advisory lacks what to do about it");
    let mut case = play(Until::Reviewed);
    case.reporter();
    // An observer's word is heard, and does not count.
    case.approved("tess");
    case.approved("bob");
    case.refuses("!notify", "alice", "1 of 2 approvals");
    let text = case.case.tracks.text().unwrap().short();
    case.refuses(&format!("!approve {text}"), "bob", "you approved it already");
    case.approved("carol");
    case.does("!object It is wrong", "bob");
    case.approved("alice");
    case.refuses("!notify", "alice", "bob objects");
    case.approved("bob");
    // Another text: nobody has said anything of it.
    case.seen(2, AdvisoryState::Draft);
    assert!(case.case.tracks.review.as_ref().unwrap().approvals.is_empty());
    case.refuses("!notify", "alice", "0 of 2 approvals");
    // Even where the review stayed behind.
    case.case.tracks.review = play(Until::Approved).case.tracks.review;
    case.refuses("!notify", "alice", "the advisory was changed since");
    assert_eq!(case.case.tracks.approvals(&case.policy.roster), 0);
    // A machine of the reporter has read nothing.
    let mut case = play(Until::Reviewed);
    case.approved("bob");
    case.approved("carol");
    let away =
        Event::Added { mail: MailId(60), person: Some(REPORTER), member: None, automatic: true, idle: false };
    case.case.apply(&away);
    case.refuses("!notify", "alice", "the reporter has until");
}

/// RUNBOOK 1.2, rows 24 to 27.
#[test]
fn the_list_has_its_time_and_two_persons_stand_behind_it() {
    let mut case = play(Until::Approved);
    case.around.embargoed.clear();
    case.around.lapsed = vec!["Example Studios".to_owned()];
    case.refuses("!ready", "alice", "the embargoed list is not told");
    let mut case = play(Until::Approved);
    case.now = at("2026-12-02T09:00:00Z");
    case.does("!notify", "alice");
    assert!(case.said.contains("leaves them less time"), "{}", case.said);
    assert!(!case.agrees("alice"), "not by oneself");
    let act = case.asked();
    case.around.nonces.insert(format!("N{act}"), act);
    assert!(!case.agrees("alice") && case.said.contains("somebody else must agree"), "{}", case.said);
    case.around.nonces.clear();
    // What is asked for is asked for of one text.
    case.case.tracks.advisory = Some(advisory(2, AdvisoryState::Draft));
    assert!(!case.agrees("bob"));
    assert!(case.said.contains("the advisory was changed since that was asked for"), "{}", case.said);
    case.case.tracks.advisory = Some(advisory(1, AdvisoryState::Draft));
    case.does("!object I read it again", "carol");
    assert!(!case.agrees("bob"));
    assert!(case.said.contains("carol objects"), "{}", case.said);
    case.approved("carol");
    let later = case.now;
    case.now += SignedDuration::from_hours(25);
    assert!(!case.agrees("bob"), "too late");
    assert!(case.said.contains("is over"), "{}", case.said);
    case.now = later;
    assert!(case.agrees("bob"), "{}", case.said);
    case.done();
    case.does("!installers no\n!cve none It is small", "alice");
    case.refuses("!ready", "alice", "the embargoed list prepares until Wed 9 Dec 2026, 09:00 UTC");
    case.does("!ready They are prepared", "alice");
    case.now = at("2026-12-07T16:00:00Z");
    case.does("!publish", "alice");
    // A critical one has fewer days.
    let mut grave = play(Until::Approved);
    grave.case.tracks.assessment.as_mut().unwrap().severity = Severity::Critical;
    grave.now = at("2026-12-03T09:00:00Z");
    grave.does("!notify", "alice");
    assert!(!grave.said.contains("leaves them less time"), "{}", grave.said);
}

/// RUNBOOK 1.7: "extension only with P's written yes": a day that both agreed to lies behind the limit, and holds.
#[test]
fn a_later_day_that_both_agreed_to_holds_beyond_the_limit() {
    let mut case = play(Until::Ready);
    case.case.tracks.embargo.agreed.as_mut().unwrap().date = at("2027-03-11T16:00:00Z");
    case.now = at("2027-02-25T16:00:00Z");
    case.refuses("!publish", "alice", "the agreed day is Thu 11 Mar 2027");
    case.now = at("2027-03-11T16:00:00Z");
    case.does("!publish", "alice");
    assert!(case.agrees("bob"));
    case.refuses("!publish", "alice", "two people said so already");
}

/// What the public is told of how we work: whoever reported it does not decide about it, neither first nor second.
#[test]
fn whoever_reported_it_does_not_decide_about_it() {
    let mut case = play(Until::Ready);
    case.now = at("2027-03-11T16:00:00Z");
    case.around.reporter_is = Some(key("bob"));
    case.refuses("!publish", "bob", "you reported this case");
    case.does("!publish", "alice");
    let asks = |who: &str| {
        case.ordered.iter().any(|effect| matches!(effect, Effect::Alert { to, .. } if to.0 == who))
    };
    assert!(asks("carol") && !asks("bob"), "{:?}", case.ordered);
    assert!(!case.agrees("bob"));
    assert!(case.agrees("carol") && case.case.tracks.publishing);
}

/// RUNBOOK 1.4: a week once it is used, a working day once it is known; and the reporter hears sooner.
#[test]
fn what_is_outside_shortens_what_is_promised() {
    let due = |case: &Play, clock| case.case.clocks[&clock].due;
    let mut case = play(Until::Ready);
    let update = due(&case, ClockKind::Update);
    case.does("!exploited Somebody uses it", "bob");
    assert_eq!(due(&case, ClockKind::Disclosure), at("2026-11-30T09:00:00Z"));
    assert_eq!(due(&case, ClockKind::Update), at("2026-11-24T09:00:00Z"));
    assert!(due(&case, ClockKind::Update) < update);
    case.does("!leaked It is on a forum", "bob");
    assert_eq!(due(&case, ClockKind::Disclosure), at("2026-11-24T09:00:00Z"));
    case.does("!publish", "alice");
}

/// While the reporter is asked, nobody can judge it: that promise alone waits (RUNBOOK 1.4, pause rules).
#[test]
fn a_question_pauses_the_assessment_alone() {
    let mut case = play(Until::Triage);
    case.around.open_questions = vec![sir_intake::case::command::Question::Version];
    assert!(case.case.runs(ClockKind::Assessment));
    case.does("!ask version", "alice");
    case.done();
    assert!(case.case.runs(ClockKind::Information) && case.case.runs(ClockKind::Acknowledge));
    assert!(!case.case.runs(ClockKind::Assessment));
}

/// RUNBOOK 1.2, row 28.
#[test]
fn a_case_ends_as_what_it_is() {
    let mut case = play(Until::Public);
    case.case.tracks.advisory.as_mut().unwrap().state = AdvisoryState::Draft;
    case.refuses("!close disclosed", "alice", "GitHub does not show the advisory as public");
    case.case.tracks.advisory.as_mut().unwrap().state = AdvisoryState::Withdrawn;
    case.refuses("!close disclosed", "alice", "say why the case ends");
    let mut case = play(Until::Public);
    case.case.tracks.cve = Cve::Requested { at: case.now };
    case.refuses("!close disclosed", "alice", "the CVE id that was asked for is not there");
    case.does("!cve none The authority is silent", "alice");
    case.does("!close disclosed", "alice");
}

/// "An undo for every verb": in the order in which they were done, and not of what others know.
#[test]
fn what_is_taken_back_can_be() {
    let mut case = play(Until::Mitigating);
    case.does("!installers yes", "alice");
    case.does("!installers no", "alice");
    let first = case.case.last_act().unwrap().number - 1;
    case.refuses(&format!("!undo {first}"), "bob", "came after it and sets the same");
    case.does("!undo", "bob");
    assert_eq!(case.case.tracks.installers, Some(true));
    let number = first + 1;
    case.refuses(&format!("!undo {number}"), "bob", "was taken back already");
    case.does("!split", "alice");
    case.refuses("!undo", "alice", "undo there");
    // What a member had said of the text before is what they say again.
    let mut case = play(Until::Approved);
    case.does("!object It is wrong", "bob");
    case.does("!undo", "bob");
    let review = case.case.tracks.review.as_ref().unwrap();
    assert!(review.approvals.contains(&key("bob")) && review.objections.is_empty());
    // An id that GitHub shows is there, whatever is taken back, and is told once.
    let mut case = play(Until::Mitigating);
    case.does("!cve none It is small", "alice");
    let shown =
        Advisory { cve: Some("CVE-2026-4242".to_owned()), ..case.case.tracks.advisory.clone().unwrap() };
    case.input(&Input::Advisory { seen: shown, tasks: Vec::new() });
    let assigned = case.case.tracks.cve.clone();
    assert!(matches!(assigned, Cve::Assigned { .. }), "{assigned:?}");
    case.does("!undo", "bob");
    assert_eq!(case.case.tracks.cve, assigned);
}

/// What GitHub shows of the public issue is news once; who is told stays told; a person is asked once, and for nothing that is done.
#[test]
fn what_github_shows_of_a_public_issue_is_news_once() {
    use crate::case_runbook::public_issue;
    use sir_intake::case::{Takedown, Task};
    let told = |case: &Play, input: &Input| {
        sir_intake::case::decide::decide(&case.case, input, &case.policy, case.now).unwrap()
    };
    let mut case = play(Until::Triage);
    case.posted(0, true);
    for seen in [public_issue(0, true, case.now), public_issue(0, false, case.now)] {
        assert_eq!(told(&case, &Input::Posted { seen }), Default::default(), "no news");
    }
    let words = case.case.tracks.posted.as_ref().unwrap().words;
    let effect = Effect::TakeDown { how: Takedown::Delete, words };
    let task =
        Task::TakeDown { how: Takedown::Delete, url: "https://github.example/o3de/o3de/issues/5".to_owned() };
    let came = |seen: sir_intake::case::Posted| Input::Outcome {
        effect_id: sir_intake::case::EffectId(70),
        effect: effect.clone(),
        outcome: sir_intake::case::decide::Outcome::Posted {
            seen: Some(Box::new(seen)),
            tasks: vec![task.clone()],
        },
    };
    let named = |decision: &sir_intake::case::decide::Decision| {
        decision.events.iter().filter(|event| matches!(event, Event::TaskNamed { .. })).count()
    };
    assert_eq!(named(&told(&case, &came(public_issue(2, true, case.now)))), 0, "it is gone already");
    let first = told(&case, &came(public_issue(0, true, case.now)));
    assert_eq!(named(&first), 1);
    follow(&mut case.case, &first);
    assert_eq!(named(&told(&case, &came(public_issue(0, true, case.now)))), 0, "asked once");
}

/// MAIL section 7: observers review, SIG-Release answers about installers, and neither commands anything else.
#[test]
fn who_observes_says_that_alone() {
    let mut case = play(Until::Reviewed);
    let text = case.case.tracks.text().unwrap().short();
    case.does(&format!("!approve {text}"), "tess");
    case.refuses("!installers no", "tess", "only members and chairs command");
    case.refuses("!ready", "tess", "only members and chairs command");
    for member in &mut case.policy.roster.members {
        if member.key == key("ops-1") {
            member.roles = std::collections::BTreeSet::from([sir_intake::case::roster::Role::ReleaseContact]);
        }
    }
    case.does("!installers no", "ops-1");
    case.refuses(&format!("!approve {text}"), "ops-1", "only members and chairs command");
}

/// What GitHub shows: told once, by whoever may, and a text that changed takes its order along.
#[test]
fn what_github_shows_is_taken_for_what_it_is() {
    let told = |play: &Play, input: &Input| {
        sir_intake::case::decide::decide(&play.case, input, &play.policy, play.now).unwrap()
    };
    let public = Input::Advisory { seen: advisory(1, AdvisoryState::Published), tasks: Vec::new() };
    let outside = |decision: &sir_intake::case::decide::Decision| {
        decision.effects.iter().filter(|planned| matches!(planned.effect, Effect::Letter { .. })).count()
    };
    let mut case = play(Until::OnItsDay);
    case.does("!publish", "alice");
    assert_eq!(outside(&told(&case, &public)), 0, "one person asked, and somebody else published");
    assert!(case.agrees("bob"));
    assert_eq!(outside(&told(&case, &public)), 2, "the reporter and the list");
    case.seen(2, AdvisoryState::Draft);
    assert!(!case.case.tracks.publishing, "two people said so of another text");
    // Nor by whoever publishes that other text.
    let other = Input::Advisory { seen: advisory(2, AdvisoryState::Published), tasks: Vec::new() };
    assert_eq!(outside(&told(&case, &other)), 0);
    // A task is named once.
    let task = |play: &mut Play| {
        let seen = play.case.tracks.advisory.clone().unwrap();
        let input = Input::Advisory { seen, tasks: vec![Task::Fork] };
        let decision = told(play, &input);
        play.input(&input);
        decision.effects.len()
    };
    assert!(task(&mut case) > 0);
    assert_eq!(task(&mut case), 0);
    // Public once: the instant stays, and what is assessed later is public all the same.
    let mut case = play(Until::Public);
    let since = case.case.tracks.published;
    case.now += SignedDuration::from_hours(48);
    case.seen(3, AdvisoryState::Published);
    assert_eq!(case.case.tracks.published, since);
    let mut early = play(Until::Triage);
    early.seen(1, AdvisoryState::Published);
    early.does(VULN, "alice");
    assert_eq!(early.case.phase(), Some(Phase::Disclosed));
    // Also where it was made public while the case was closed, and that is taken back.
    let mut closed = play(Until::Confirmed);
    closed.case.severity = Some(Severity::Low);
    closed.does("!close not-reproducible Nobody sees it", "alice");
    closed.seen(1, AdvisoryState::Published);
    closed.does("!undo", "bob");
    assert_eq!(closed.case.phase(), Some(Phase::Disclosed));
    // The list hears a day before, and not when it is public.
    let mut case = play(Until::Ready);
    case.now = at("2026-12-06T16:00:00Z");
    let reminders = |play: &Play| {
        let decision = told(play, &Input::Tick);
        let list =
            |effect: &Effect| matches!(effect, Effect::Letter { letter: LetterKind::ListReminder, .. });
        decision.effects.iter().filter(|planned| list(&planned.effect)).count()
    };
    assert_eq!(reminders(&case), 1);
    if let sir_intake::case::Stage::Remedy { phase, .. } = &mut case.case.stage {
        *phase = Phase::Disclosed;
    }
    assert_eq!(reminders(&case), 0);
}

/// The letter of an act that does not leave any more needs nobody's word.
#[test]
fn a_letter_that_was_stopped_is_not_confirmed() {
    let mut case = play(Until::Triage);
    case.does("!close bug Only your own editor", "alice");
    let act = case.asked();
    case.case.apply(&Event::LetterStopped { act, why: sir_intake::case::act::Stopped::Unconfirmed });
    assert!(!case.command(&[Command::Confirm(format!("N{act}"))], "bob"));
    assert!(case.said.contains("does not leave any more"), "{}", case.said);
    // What closed it by a letter that left goes on by reopening it.
    let mut case = play(Until::Triage);
    case.case.severity = Some(Severity::Low);
    case.does("!close bug Only your own editor", "alice");
    case.done();
    case.refuses("!undo", "bob", "reopen goes on with the case");
    // Nor is an end agreed to that is no longer one.
    let mut case = play(Until::Triage);
    case.does("!close bug Only your own editor", "alice");
    let act = case.asked();
    case.case.stage = sir_intake::case::Stage::Known {
        owner: key("bob"),
        reference: sir_intake::case::Reference::Cve("CVE-2025-12345".to_owned()),
    };
    assert!(!case.command(&[Command::Confirm(format!("N{act}"))], "bob"));
    assert!(case.said.contains("is told of CVE-2025-12345 already"), "{}", case.said);
}

/// RUNBOOK 1.2, row 21: only the reporter gets the letter that invites them.
#[test]
fn only_the_reporter_is_invited_by_letter() {
    let invited = |login: &str| {
        let mut case = play(Until::Confirmed);
        case.does("!credit github rena-r", "alice");
        case.does(&format!("!collab {login}"), "alice");
        assert!(case.agrees("bob"));
        let letters = |case: &Play| {
            let letter =
                |effect: &&Effect| matches!(effect, Effect::Letter { letter: LetterKind::Invitation, .. });
            case.ordered.iter().filter(letter).count()
        };
        assert_eq!(letters(&case), 0, "GitHub does not show it yet");
        let mut seen = case.case.tracks.advisory.clone().unwrap();
        seen.logins = vec![login.to_owned()];
        case.input(&Input::Advisory { seen: seen.clone(), tasks: Vec::new() });
        seen.fork = true;
        case.input(&Input::Advisory { seen, tasks: Vec::new() });
        letters(&case)
    };
    assert_eq!((invited("Rena-R"), invited("octocat")), (1, 0));
    // Whom somebody let in by hand before is there already.
    let mut case = play(Until::Confirmed);
    case.does("!credit github rena-r", "alice");
    let mut seen = case.case.tracks.advisory.clone().unwrap();
    seen.logins = vec!["rena-r".to_owned()];
    case.input(&Input::Advisory { seen, tasks: Vec::new() });
    case.does("!collab rena-r", "alice");
    case.ordered.clear();
    assert!(case.agrees("bob"));
    let letter = |effect: &Effect| matches!(effect, Effect::Letter { letter: LetterKind::Invitation, .. });
    assert!(case.ordered.iter().any(letter));
}
