//! What follows from each input in each state: one table to read whole (`snapshots/decide-table.snap`), and the promises
//! that must not hide in a table.

use std::fmt::Write as _;

use crate::case_parts::{CASE, MONDAY, REPORT, REPORTER, at, effects, follow, fresh, key, policy};
use jiff::Timestamp;
use sir_intake::case::decide::{Act, CaseMail, Decision, Input, Outcome, Refusal, Trust, Writer, decide};
use sir_intake::case::{
    Alert, Case, ClockKind, Doubt, Effect, EffectId, Event, LetterKind, MailId, PersonId, Policy, Receipt,
    Remark, Stop,
};

const RECEIPT: EffectId = EffectId(20);

fn mail(number: i64, writer: Writer) -> Input {
    Input::Mail(CaseMail {
        mail: MailId(number),
        writer,
        automatic: false,
        received: at(MONDAY),
        trust: Trust::Unknown,
        asks_status: false,
    })
}

fn automatic(number: i64, writer: Writer) -> Input {
    Input::Mail(CaseMail {
        mail: MailId(number),
        writer,
        automatic: true,
        received: at(MONDAY),
        trust: Trust::Unknown,
        asks_status: false,
    })
}

fn member(verified: bool, answers_reporter: bool) -> Writer {
    Writer::Member { member: key("alice"), verified, answers_reporter }
}

fn receipt() -> Effect {
    Effect::Letter { letter: LetterKind::Receipt, to: REPORTER, in_reply_to: Some(REPORT), act: 0 }
}

fn came(effect: Effect, outcome: Outcome) -> Input {
    Input::Outcome { effect_id: RECEIPT, effect, outcome }
}

fn bounce(permanent: bool) -> Input {
    Input::Bounce { mail: MailId(30), effect: RECEIPT, person: REPORTER, permanent }
}

/// Every input, by the name that the table gives it.
fn inputs() -> Vec<(&'static str, Input)> {
    let opened = Outcome::IssueOpened { repository: 5, number: 12, shows_receipt: false };
    let alert = Effect::Alert { to: key("bob"), alert: Alert::NewCase };
    let comment = Effect::Comment { remark: Remark::Reply { mail: MailId(2) } };
    vec![
        ("the reporter writes", mail(2, Writer::Participant(REPORTER))),
        ("the reporter is out of office", automatic(2, Writer::Participant(REPORTER))),
        ("a member answers, proven", mail(3, member(true, true))),
        ("a member answers, not proven", mail(3, member(false, true))),
        ("a member writes to the team", mail(3, member(true, false))),
        ("a stranger writes", mail(4, Writer::Stranger(Doubt::Stranger))),
        ("a forged sender writes", mail(4, Writer::Stranger(Doubt::AuthenticationFailed))),
        ("a stranger's machine writes", automatic(4, Writer::Stranger(Doubt::Stranger))),
        ("the receipt comes back", bounce(true)),
        ("the receipt is delayed", bounce(false)),
        ("the issue is there", came(Effect::OpenIssue, opened)),
        ("the issue cannot be opened", came(Effect::OpenIssue, Outcome::Parked)),
        ("the receipt is sent", came(receipt(), Outcome::Done)),
        ("the receipt's fate is unknown", came(receipt(), Outcome::Unknown)),
        ("the receipt cannot be sent", came(receipt(), Outcome::Parked)),
        ("a comment is written", came(comment.clone(), Outcome::Done)),
        ("a comment cannot be written", came(comment, Outcome::Parked)),
        ("an alert is sent", came(alert.clone(), Outcome::Done)),
        ("an alert cannot be sent", came(alert, Outcome::Parked)),
        ("an update cannot be written", came(Effect::UpdateIssue, Outcome::Parked)),
        ("a post cannot be sent", came(Effect::Post { alert: Alert::NewCase }, Outcome::Parked)),
        ("time passes", Input::Tick),
        ("alice takes it", Input::Act(Act::Own { member: key("alice") })),
        ("bob takes it", Input::Act(Act::Own { member: key("bob") })),
        ("somebody saw alice answer", Input::Act(Act::Answered { member: key("alice") })),
        ("nobody known takes it", Input::Act(Act::Own { member: key("mallory") })),
    ]
}

/// The states, each as the inputs and hours that lead to it.
fn states() -> Vec<(&'static str, Vec<Input>, Timestamp)> {
    let named = |name: &str| inputs().into_iter().find(|(known, _)| *known == name).unwrap().1;
    let monday = at(MONDAY);
    let after_due = at("2026-11-26T09:30:00Z");
    vec![
        ("fresh", vec![], monday),
        ("open issue, receipt sent", vec![named("the issue is there"), named("the receipt is sent")], monday),
        ("owned by alice", vec![named("alice takes it")], monday),
        ("answered, not proven", vec![named("a member answers, not proven")], monday),
        ("answered, proven", vec![named("a member answers, proven")], monday),
        (
            "the receipt came back",
            vec![named("the receipt is sent"), named("the receipt comes back")],
            monday,
        ),
        ("promise broken, nobody told", vec![], after_due),
        ("promise broken, all told", vec![Input::Tick], after_due),
        ("promise broken, an answer not proven", vec![named("a member answers, not proven")], after_due),
    ]
}

fn reached(inputs: &[Input], policy: &Policy, now: Timestamp) -> Case {
    let (mut case, _) = fresh(policy);
    for input in inputs {
        let decision = decide(&case, input, policy, now).unwrap();
        follow(&mut case, &decision);
    }
    case
}

fn events(decision: &Decision) -> String {
    let word = |event: &Event| match event {
        Event::ClockStarted { clock, .. } => format!("{} runs", clock.word()),
        Event::ClockRang { clock, level } => format!("{} rang at level {level}", clock.word()),
        Event::ClockStopped { clock, .. } => format!("{} stopped", clock.word()),
        Event::ClockReopened { clock, .. } => format!("{} reopened", clock.word()),
        Event::EscalationPutOff { ring, .. } => format!("escalation put off to {}", ring.at),
        Event::MemberAnswered { verified, .. } => {
            format!("member-answered ({})", if *verified { "proven" } else { "not proven" })
        }
        Event::Opened { .. }
        | Event::ReceiptWithheld { .. }
        | Event::Added { .. }
        | Event::Quarantined { .. }
        | Event::AnswerConfirmed { .. }
        | Event::DeliveryFailed { .. }
        | Event::IssueOpened { .. }
        | Event::LetterSent { .. }
        | Event::LetterUnknown { .. }
        | Event::EffectParked { .. }
        | Event::AdvisorySeen { .. }
        | Event::TaskNamed { .. }
        | Event::PublishHalted { .. }
        | Event::ListOrdered { .. }
        | Event::PostedSeen { .. }
        | Event::Acted { .. }
        | Event::Undone { .. }
        | Event::Confirmed { .. }
        | Event::LetterLeft { .. }
        | Event::LetterStopped { .. }
        | Event::ClockResumed { .. }
        | Event::Closed { .. }
        | Event::Linked { .. }
        | Event::Unlinked { .. }
        | Event::Looked { .. }
        | Event::NothingRan { .. }
        | Event::CommandRefused { .. }
        | Event::CommentRefused { .. }
        | Event::IssueClosed { .. }
        | Event::StatusTold { .. }
        | Event::Claimed { .. }
        | Event::Checked { .. } => event.kind().to_owned(),
    };
    decision.events.iter().map(word).collect::<Vec<_>>().join(", ")
}

#[test]
fn every_input_in_every_state() {
    let policy = policy();
    let mut table = String::new();
    for (state, way, now) in states() {
        let case = reached(&way, &policy, now);
        writeln!(table, "# {state}").unwrap();
        for (name, input) in inputs() {
            let line = match decide(&case, &input, &policy, now) {
                Ok(decision) if decision == Decision::default() => "nothing".to_owned(),
                Ok(decision) => {
                    format!("[{}] {}", events(&decision), effects(&decision)).trim_end().to_owned()
                }
                Err(Refusal::NoSuchMember(who)) => format!("refused: {who} is not in the roster"),
            };
            writeln!(table, "{name}: {line}").unwrap();
        }
        table.push('\n');
    }
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("decide-table", table);
    });
}

/// "an automatic receipt does not stop the three-working-day clock; a member's own answer does".
#[test]
fn the_receipt_stops_no_clock_and_a_proven_answer_does() {
    let policy = policy();
    let monday = at(MONDAY);
    let mut case = reached(&[came(receipt(), Outcome::Done)], &policy, monday);
    assert_eq!(case.receipt, Receipt::Sent(monday));
    assert!(case.runs(ClockKind::Acknowledge));

    let doubtful = decide(&case, &mail(3, member(false, true)), &policy, monday).unwrap();
    follow(&mut case, &doubtful);
    assert!(case.runs(ClockKind::Acknowledge), "a From: alone is worth nothing");

    let proven = decide(&case, &mail(5, member(true, true)), &policy, monday).unwrap();
    follow(&mut case, &proven);
    let stop = Stop::Answer { member: key("alice"), mail: Some(MailId(5)) };
    assert_eq!(case.clocks[&ClockKind::Acknowledge].stopped, Some(stop));
    assert!(case.runs(ClockKind::Owner), "and an answer is not a claim");
}

/// A proven answer stands: a forged mail after it does not make it doubtful again.
/// The receipt leaves while the issue is being opened: whether the page says so is told by what was drawn.
#[test]
fn a_page_that_was_drawn_before_the_receipt_is_drawn_anew() {
    let (policy, now) = (policy(), at(MONDAY));
    let case = reached(&[came(receipt(), Outcome::Done)], &policy, now);
    let after = |shows_receipt| {
        let opened = Outcome::IssueOpened { repository: 5, number: 12, shows_receipt };
        let decision = decide(&case, &came(Effect::OpenIssue, opened), &policy, now).unwrap();
        decision.effects.iter().any(|planned| planned.effect == Effect::UpdateIssue)
    };
    assert!(after(false), "the page says that the receipt is on its way");
    assert!(!after(true), "the page says that it was sent");
}

#[test]
fn a_forged_mail_does_not_unprove_an_answer() {
    let policy = policy();
    let mut case = reached(&[mail(3, member(true, true))], &policy, at(MONDAY));
    let forged = decide(&case, &mail(6, member(false, true)), &policy, at(MONDAY)).unwrap();
    follow(&mut case, &forged);
    assert!(case.answer.is_some_and(|answer| answer.verified));
}

/// MAIL 5: an unverified answer holds the escalation beyond the owner for one working day, "then goes on": nobody can
/// silence the chairs for good with a forged mail.
#[test]
fn a_forged_answer_delays_the_chairs_by_a_day_and_no_longer() {
    let policy = policy();
    let mut case = reached(&[mail(3, member(false, true))], &policy, at(MONDAY));
    let due = case.acknowledge_by().unwrap();
    let told = |case: &mut Case, now: Timestamp| {
        let decision = decide(case, &Input::Tick, &policy, now).unwrap();
        follow(case, &decision);
        decision
            .effects
            .iter()
            .filter_map(|planned| match &planned.effect {
                Effect::Alert { to, alert: Alert::Clock { clock: ClockKind::Acknowledge, breach, .. } } => {
                    Some(format!("{to}{}", if *breach { "!" } else { "" }))
                }
                _ => None,
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(told(&mut case, due), ["alice!", "bob!"], "the team, not the chair");
    let next = case.clocks[&ClockKind::Acknowledge].next_ring().expect("it rings again");
    assert_eq!(next, at("2026-11-27T09:00:00Z"));
    assert_eq!(told(&mut case, at("2026-11-27T08:59:59Z")), Vec::<String>::new());
    assert_eq!(told(&mut case, next), ["alice!", "bob!", "carol!"], "then it goes on");
    assert_eq!(case.clocks[&ClockKind::Acknowledge].next_ring(), None);
    assert_eq!(case.acknowledge_by(), Some(due), "and the promise is what it was");
}

/// "each level fires once, also after a week's downtime".
#[test]
fn after_a_week_of_downtime_the_highest_level_speaks_once() {
    let policy = policy();
    let mut case = reached(&[], &policy, at(MONDAY));
    let back = at("2026-12-01T09:00:00Z");
    let decision = decide(&case, &Input::Tick, &policy, back).unwrap();
    assert_eq!(events(&decision), "acknowledge rang at level 3, owner rang at level 3, stall runs");
    follow(&mut case, &decision);
    for now in ["2026-11-20T00:00:00Z", "2026-12-01T09:00:00Z", "2026-12-30T00:00:00Z"] {
        let again = decide(&case, &Input::Tick, &policy, at(now)).unwrap();
        assert_eq!(again, Decision::default(), "the clock may be set back or forth: {now}");
    }
}

/// A letter that came back had promised nothing; what a member wrote to the same dead address did not arrive either.
#[test]
fn a_bounce_reopens_what_went_to_the_dead_address() {
    let policy = policy();
    let mut case = reached(&[mail(3, member(true, true))], &policy, at(MONDAY));
    let due = case.acknowledge_by();
    let other = Input::Bounce { mail: MailId(8), effect: RECEIPT, person: PersonId(9), permanent: true };
    let decision = decide(&case, &other, &policy, at(MONDAY)).unwrap();
    assert_eq!(events(&decision), "delivery-failed", "another person's address says nothing about it");
    let decision = decide(&case, &bounce(true), &policy, at(MONDAY)).unwrap();
    follow(&mut case, &decision);
    assert!(case.runs(ClockKind::Acknowledge));
    assert_eq!(case.acknowledge_by(), due, "towards the same instant");
}

/// What people are told is made of ids, instants and words of our own: no variant has room for a reporter's words. A field
/// of another type does not compile here, a new variant neither.
#[test]
fn alerts_have_no_room_for_words() {
    use sir_intake::case::command::Above;
    use sir_intake::case::{Alarm, Closure, MemberKey, Refused};
    trait NoWords {}
    impl NoWords for MailId {}
    impl NoWords for EffectId {}
    impl NoWords for PersonId {}
    impl NoWords for ClockKind {}
    impl NoWords for Refused {}
    impl NoWords for Above {}
    impl NoWords for Closure {}
    impl NoWords for LetterKind {}
    impl NoWords for sir_intake::case::Sha256 {}
    impl NoWords for sir_intake::case::Takedown {}
    // From the roster of the configuration.
    impl NoWords for MemberKey {}
    impl NoWords for Timestamp {}
    impl NoWords for bool {}
    impl NoWords for u8 {}
    impl NoWords for u32 {}
    impl NoWords for u64 {}
    impl<T: NoWords> NoWords for Option<T> {}
    impl<T: NoWords> NoWords for Vec<T> {}
    fn none<T: NoWords>(_: &T) {}

    fn alarm(alarm: &Alarm) {
        match alarm {
            Alarm::MailboxSilent { since } | Alarm::IssuesSilent { since } => none(since),
            Alarm::MailsNotFetched { count } => none(count),
            Alarm::MailParked { mail } | Alarm::ThreadsDisagree { mail } => none(mail),
            Alarm::EffectParked { effect } => none(effect),
            Alarm::DiskLow
            | Alarm::RepositoryPublic
            | Alarm::RepositoryRefused
            | Alarm::GithubRefused
            | Alarm::SmtpDown
            | Alarm::OtherKey { .. }
            | Alarm::DiscordRevoked => {}
        }
    }
    fn alert(alert: &Alert) {
        match alert {
            Alert::NewCase
            | Alert::ReporterWrote
            | Alert::StrangerWrote
            | Alert::FoundMore
            | Alert::DeliveryFailed
            | Alert::Digest => {}
            Alert::DidYouAnswer { mail } => none(mail),
            Alert::Clock { clock, level, breach } => (none(clock), none(level), none(breach)).0,
            Alert::LetterUnknown { effect } | Alert::Parked { effect } => none(effect),
            Alert::Waiting { mails } => none(mails),
            Alert::CommandRefused { why } => none(why),
            Alert::OwnerNow { by } => none(by),
            Alert::Raised { by, to, over } => (none(by), none(to), none(over)).0,
            Alert::Confirm { act } | Alert::LetterStopped { act } => none(act),
            Alert::Closed { closure } => none(closure),
            // Ids, instants, hashes; logins and names of repositories are ours.
            Alert::Brief { brief: _ } => {}
            Alert::Alarm { alarm: inner } => alarm(inner),
        }
    }
    fn effect(effect: &Effect) {
        match effect {
            Effect::OpenIssue | Effect::UpdateIssue | Effect::Answer => {}
            Effect::Comment { remark } => match remark {
                Remark::Reply { mail }
                | Remark::Stranger { mail }
                | Remark::Answer { mail }
                | Remark::Note { mail }
                | Remark::Bounce { mail } => none(mail),
                Remark::Refused { mail, why } => (none(mail), none(why)).0,
                Remark::ClosedByHand { id } => none(id),
                Remark::TooMany => {}
                Remark::Commanded { mail } => none(mail),
            },
            Effect::Letter { letter, to, in_reply_to, act } => {
                (none(letter), none(to), none(in_reply_to), none(act)).0
            }
            Effect::Transcript { to, mail } => (none(to), none(mail)).0,
            Effect::Alert { to, alert: inner } => (none(to), alert(inner)).0,
            Effect::Post { alert: inner } => alert(inner),
            Effect::Advisory => {}
            Effect::Publish { text } => none(text),
            Effect::Announce { channel } => none(channel),
            Effect::TellPoster => {}
            Effect::TakeDown { how, words } => (none(how), none(words)).0,
        }
    }
    let (_, decision) = fresh(&policy());
    decision.effects.iter().for_each(|planned| effect(&planned.effect));
    assert_eq!(CASE.to_string(), "SIR-2026-0007");
}
