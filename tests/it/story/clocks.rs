//! The promises: a person acknowledges within three working days, somebody takes the case; and who is told when not.

use sir_intake::case::decide::Act;
use sir_intake::case::order::Order;
use sir_intake::case::{ClockKind, MemberKey, Receipt};
use sir_intake::practice::loopback::{ROSTER, Settings};

use super::post::{Mail, RENA};
use super::thread::{FIRST, reported};
use crate::world::World;

/// Subjects of the mails to that person that speak of clocks, in order.
fn rung(world: &World, who: &str) -> Vec<String> {
    let subjects = world.sent_to(who).into_iter().filter_map(|mail| super::post::field(&mail, "Subject"));
    subjects.filter(|subject| !subject.contains("new report") && !subject.contains("digest")).collect()
}

fn count(subjects: &[String], word: &str) -> usize {
    subjects.iter().filter(|subject| subject.contains(word)).count()
}

async fn to(world: &mut World, at: &str) {
    world.at(at);
    world.settle().await;
}

/// RFC: "Triage owner should then acknowledge the receipt of the issue within 3 working days of initial report."
#[tokio::test]
async fn the_acknowledgement_warns_at_one_two_and_two_and_a_half_days_and_breaks_at_three() {
    let (mut world, _) = reported().await;
    world.order(Order::Case { case: FIRST, act: Act::Own { member: MemberKey("alice".to_owned()) } }).await;
    let mut told = Vec::new();
    for at in ["2026-11-24T08:59:00Z", "2026-11-24T09:00:00Z", "2026-11-25T09:00:00Z", "2026-11-25T21:00:00Z"]
    {
        to(&mut world, at).await;
        let (alice, bob, carol) = (
            rung(&world, "alice@members.example").len(),
            rung(&world, "bob@members.example").len(),
            rung(&world, "carol@chairs.example").len(),
        );
        told.push((alice, bob, carol));
    }
    assert_eq!(told, [(0, 0, 0), (1, 0, 0), (2, 0, 0), (3, 1, 0)], "the owner, at last the team");
    to(&mut world, "2026-11-26T09:00:00Z").await;
    let chair = rung(&world, "carol@chairs.example");
    assert!(chair.len() == 1 && chair[0].contains("OVERDUE"), "{chair:?}");
    assert!(world.case(1).clocks[&ClockKind::Acknowledge].is_broken(world.now()));
    world.pass(24 * 14);
    world.settle_within(1).await;
    assert_eq!(count(&rung(&world, "carol@chairs.example"), "OVERDUE"), 1, "each level once");
    assert!(world.late().contains(&ClockKind::Acknowledge), "and `status` says so for as long as it is owed");
    let answered = Act::Answered { member: MemberKey("alice".to_owned()) };
    world.order(Order::Case { case: FIRST, act: answered }).await;
    assert!(!world.late().contains(&ClockKind::Acknowledge));
    world.nothing_is_left_over();
}

/// RFC: "In private SIR team Discord channel, raise issue and identify triage owner of issue."
/// RUNBOOK 5: an owner within four hours; a day; the chairs at two days; the TSC at three, when claimed High.
#[tokio::test]
async fn a_case_that_nobody_takes_goes_up_step_by_step() {
    let mut world = World::new().await;
    let mut report = Mail::report();
    report.text.push_str("\nSeverity: High\nCVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H\n");
    world.deliver(&report.write());
    world.settle().await;
    let owner = |world: &World, who: &str| count(&rung(world, who), "own");

    to(&mut world, "2026-11-23T12:59:00Z").await;
    assert_eq!(owner(&world, "bob@members.example"), 0);
    to(&mut world, "2026-11-23T13:00:00Z").await;
    assert_eq!(owner(&world, "bob@members.example"), 1, "{:?}", rung(&world, "bob@members.example"));
    to(&mut world, "2026-11-24T09:00:00Z").await;
    assert_eq!(owner(&world, "bob@members.example"), 2);
    assert_eq!(owner(&world, "carol@chairs.example"), 0);
    to(&mut world, "2026-11-25T09:00:00Z").await;
    assert_eq!(owner(&world, "carol@chairs.example"), 1);
    assert_eq!(world.sent_to("tess@tsc.example").len(), 0);
    to(&mut world, "2026-11-26T09:00:00Z").await;
    let tsc = world.sent_to("tess@tsc.example");
    assert_eq!(tsc.len(), 1);
    assert!(!tsc[0].contains("overflow") && !tsc[0].contains("Rena"), "{}", tsc[0]);
    world.nothing_is_left_over();
}

/// RFC: "Assume SIG-Chair(s) raise urgent issues with TSC": only urgent ones.
#[tokio::test]
async fn the_tsc_is_not_told_of_a_case_that_is_not_claimed_to_be_high() {
    let mut world = World::new().await;
    let mut report = Mail::report();
    "The Multiplayer gem of O3DE leaks memory, a security bug of low severity.\n\nSeverity: Low\n"
        .clone_into(&mut report.text);
    world.deliver(&report.write());
    world.settle().await;
    to(&mut world, "2026-11-26T09:00:00Z").await;
    assert_eq!(world.sent_to("tess@tsc.example").len(), 0);
    assert!(!rung(&world, "carol@chairs.example").is_empty());
    world.nothing_is_left_over();
}

/// DESIGN: "Two clocks ... each level fires once, also after a week's downtime or a clock set back".
#[tokio::test]
async fn after_a_weeks_downtime_each_clock_rings_once() {
    let (mut world, _) = reported().await;
    world.kill();
    to(&mut world, "2026-12-02T10:00:00Z").await;
    world.settle_within(1).await;
    let bob = rung(&world, "bob@members.example");
    assert_eq!(count(&bob, "OVERDUE"), 1, "the highest level speaks for those below it: {bob:?}");
    assert_eq!(bob.len(), 2, "one for each clock: {bob:?}");
    world.kill();
    to(&mut world, "2026-12-02T10:00:00Z").await;
    assert_eq!(rung(&world, "bob@members.example").len(), 2);
    world.nothing_is_left_over();
}

/// The same: a clock set back makes nothing ring twice.
#[tokio::test]
async fn a_clock_that_is_set_back_rings_nothing_twice() {
    let (mut world, _) = reported().await;
    to(&mut world, "2026-11-24T09:00:00Z").await;
    let before = rung(&world, "bob@members.example").len();
    to(&mut world, "2026-11-23T09:30:00Z").await;
    to(&mut world, "2026-11-24T09:00:00Z").await;
    world.settle_within(1).await;
    assert_eq!(rung(&world, "bob@members.example").len(), before);
    world.nothing_is_left_over();
}

/// RFC: "SIR team may not have capacity"
/// RUNBOOK 5: nobody of the team is there -> the chairs at once.
#[tokio::test]
async fn with_everybody_away_the_chairs_are_told_at_once() {
    let rest = ROSTER.replace(
        "roles = [\"member\"]",
        "roles = [\"member\"]\naway = [{ from = \"2026-11-01\", to = \"2026-11-30\" }]",
    );
    let mut world = World::with(Settings { rest, ..Settings::default() }).await;
    world.deliver(&Mail::report().write());
    world.settle().await;
    assert_eq!(world.sent_to("alice@members.example").len(), 0);
    assert_eq!(world.sent_to("carol@chairs.example").len(), 1);
    world.nothing_is_left_over();
}

/// DESIGN: "an automatic receipt does not stop the three-working-day clock".
#[tokio::test]
async fn the_receipt_stops_no_clock_and_taking_the_case_stops_only_the_owners() {
    let (mut world, _) = reported().await;
    assert!(matches!(world.case(1).receipt, Receipt::Sent(_)));
    assert_eq!(world.sent_to(RENA).len(), 1);
    assert!(world.case(1).runs(ClockKind::Acknowledge) && world.case(1).runs(ClockKind::Owner));

    world.order(Order::Case { case: FIRST, act: Act::Own { member: MemberKey("bob".to_owned()) } }).await;
    let case = world.case(1);
    assert!(case.runs(ClockKind::Acknowledge) && !case.runs(ClockKind::Owner));
    let issue = world.issue(1);
    assert!(
        issue.body.contains("owner Bob Birch") && issue.labels.contains("stage/triage"),
        "{}",
        issue.body
    );
    let answer =
        world.order(Order::Case { case: FIRST, act: Act::Own { member: MemberKey("zoe".to_owned()) } }).await;
    assert!(answer.starts_with("refused") && answer.contains("zoe"), "{answer}");
    world.nothing_is_left_over();
}

/// RUNBOOK 1.4: a report that comes on Friday evening is due on Wednesday, one of Saturday counts from Monday.
#[tokio::test]
async fn weekends_do_not_count() {
    let mut world = World::new().await;
    world.at("2026-11-27T18:00:00Z");
    world.deliver(&Mail::report().write());
    world.settle().await;
    world.at("2026-11-28T12:00:00Z");
    world.deliver(&super::intake::nth_report(2, "sat@two.example").write());
    world.settle().await;
    assert_eq!(world.case(1).acknowledge_by(), Some("2026-12-02T18:00:00Z".parse().unwrap()));
    assert_eq!(world.case(2).acknowledge_by(), Some("2026-12-03T00:00:00Z".parse().unwrap()));
    world.nothing_is_left_over();
}
