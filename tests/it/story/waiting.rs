//! The waiting room: what we doubt waits for a person, or for its time; nothing is thrown away.

use sir_intake::case::order::Order;
use sir_intake::case::{Receipt, Source};
use sir_intake::practice::loopback::{ROSTER, Settings};
use sir_intake::store::FateWord;

use super::intake::nth_report;
use super::post::Mail;
use crate::world::World;

fn chatter(n: u32) -> Mail {
    Mail::new(
        &format!("s{n}@shop.example"),
        "Hello",
        &format!("c{n}@shop.example"),
        "Nice weather, is it not?",
    )
}

fn notices(world: &World, who: &str) -> Vec<String> {
    world.sent_to(who).into_iter().filter(|mail| mail.contains("wait")).collect()
}

/// MAIL 2: "mail from junk, with the provider's trusted spam verdict, without any sign of a report waits: no issue, no
/// receipt; members get one line each within 4 working hours".
#[tokio::test]
async fn doubtful_mail_waits_and_members_are_told_in_one_notice() {
    let mut world = World::new().await;
    let junk = nth_report(1, "j@junk.example").write().replace('\n', "\r\n").into_bytes();
    world.deliver_raw("Junk", junk);
    world.deliver(&chatter(2).write());
    world.settle().await;
    assert_eq!(world.mails(FateWord::Waiting).len(), 2);
    assert_eq!(world.seen_outside(), (0, 0, 0, 0));

    world.pass(1);
    world.deliver(&chatter(3).write());
    world.settle().await;
    world.pass(3);
    world.settle().await;
    let told = notices(&world, "alice@members.example");
    assert_eq!(told.len(), 1, "one notice for all: {told:?}");
    assert!(told[0].contains("3 mails wait"), "{}", told[0]);
    assert!(told[0].contains("junk folder") && told[0].contains("no sign of a report"), "{}", told[0]);
    assert!(!told[0].contains("weather"), "no word of it");
    world.pass(2);
    world.settle().await;
    assert_eq!(notices(&world, "alice@members.example").len(), 1, "each is told once");
    assert_eq!(world.cases().len(), 0);
    world.nothing_is_left_over();
}

/// MAIL 2: "or by itself a case after one working day, the clock counted from INTERNALDATE".
#[tokio::test]
async fn after_one_working_day_it_becomes_a_case_whose_clock_counts_from_its_arrival() {
    let mut world = World::new().await;
    world.deliver(&chatter(1).write());
    world.settle().await;
    world.pass(23);
    world.settle().await;
    assert_eq!(world.cases().len(), 0);
    world.pass(1);
    world.settle_within(1).await;

    let case = world.case(1);
    assert_eq!(case.source, Source::WaitingRoom);
    assert_eq!(case.received, crate::world::MONDAY.parse().unwrap());
    assert_eq!(case.acknowledge_by(), Some("2026-11-26T09:00:00Z".parse().unwrap()));
    assert!(world.issue(1).body.contains("waiting room"));
    assert_eq!(world.mails(FateWord::Waiting).len(), 0);
    world.nothing_is_left_over();
}

/// MAIL 2: the provider's verdict counts only where we were told to trust it.
#[tokio::test]
async fn a_spam_verdict_makes_a_report_wait_only_where_it_is_trusted() {
    let spam = nth_report(1, "s@one.example").with("X-Spam-Flag: YES").write();
    let mut world = World::new().await;
    world.deliver(&spam);
    world.settle().await;
    assert_eq!(world.cases().len(), 1, "anybody can write such a header");

    let mut world = World::new().await;
    world.change_config("[addresses]", "[addresses]\ntrust_spam_headers = true");
    world.deliver(&spam);
    world.settle().await;
    assert_eq!(world.cases().len(), 0);
    assert_eq!(world.mails(FateWord::Waiting).len(), 1);
    world.nothing_is_left_over();
}

/// MAIL 2: "or beyond 20 new cases an hour is stored and waits".
#[tokio::test]
async fn a_flood_waits_beyond_so_many_cases_an_hour() {
    let rest = format!("{ROSTER}[waiting]\ncases_per_hour = 3\n");
    let mut world = World::with(Settings { rest, ..Settings::default() }).await;
    for n in 1..=5 {
        world.deliver(&nth_report(n, &format!("p{n}@house{n}.example")).write());
    }
    world.settle().await;
    assert_eq!(world.cases().len(), 3);
    assert_eq!(world.mails(FateWord::Waiting).len(), 2);
    world.pass(2);
    world.deliver(&nth_report(6, "p6@house6.example").write());
    world.settle().await;
    assert_eq!(world.cases().len(), 4, "the next hour is open again");
    world.pass(24);
    world.settle_within(1).await;
    assert_eq!(world.cases().len(), 6, "and nobody waits for ever");
    world.nothing_is_left_over();
}

/// MAIL 2: "`!open`, `!spam`": a person decides; what is set aside keeps its bytes and can be opened later.
#[tokio::test]
async fn an_operator_opens_or_discards_what_waits() {
    let mut world = World::new().await;
    world.deliver(&chatter(1).write());
    world.deliver(&chatter(2).write());
    world.settle().await;
    let waiting: Vec<_> = world.mails(FateWord::Waiting).iter().map(|mail| mail.id).collect();
    let opened = world.order(Order::OpenMail { mail: waiting[0] }).await;
    assert!(opened.contains("SIR-2026-0001"), "{opened}");
    world.order(Order::DiscardMail { mail: waiting[1] }).await;
    world.pass(24);
    world.settle_within(24).await;
    assert_eq!(world.cases().len(), 1, "what a person discarded stays discarded");
    assert_eq!(world.mails(FateWord::Screened).len(), 1);
    assert!(matches!(world.case(1).receipt, Receipt::Sent(_)));

    let refused = world.order(Order::DiscardMail { mail: waiting[0] }).await;
    assert!(refused.starts_with("refused"), "{refused}");
    let opened = world.order(Order::OpenMail { mail: waiting[1] }).await;
    assert!(opened.contains("SIR-2026-0002"), "a mistake can be undone: {opened}");
    world.settle_within(1).await;
    assert_eq!(world.peers.hub.issues().len(), 2);
    world.nothing_is_left_over();
}

/// Promise: "screened with a reason that members see in the digest"; "The daily digest goes to members."
#[tokio::test]
async fn the_digest_names_what_was_screened_and_why() {
    let mut world = World::new().await;
    let away = Mail::new(
        "bot@away.example",
        "Automatic reply: hello",
        "ooo@away.example",
        "I am away until Monday.",
    );
    world.deliver(&away.write());
    world.settle().await;
    world.at("2026-11-24T08:00:00Z");
    world.settle().await;

    for who in ["alice@members.example", "bob@members.example"] {
        let digests = world.sent_to(who);
        assert_eq!(digests.len(), 1, "{who}");
        assert!(digests[0].contains("an automatic answer that belongs to no case"), "{}", digests[0]);
    }
    assert_eq!(world.sent_to("carol@chairs.example").len(), 0);
    world.at("2026-11-25T08:00:00Z");
    world.settle().await;
    assert_eq!(
        world.sent_to("alice@members.example").len(),
        1,
        "named once, and then there is nothing to tell"
    );
    world.nothing_is_left_over();
}

/// DESIGN: "it is never silently dead": a digest on Mondays also when there is nothing to tell.
#[tokio::test]
async fn an_empty_digest_comes_on_mondays_alone() {
    let mut world = World::new().await;
    world.settle().await;
    let mut days = Vec::new();
    for day in 24..=30 {
        let before = world.peers.smtpd.count();
        world.at(&format!("2026-11-{day}T08:00:00Z"));
        world.settle().await;
        if world.peers.smtpd.count() > before {
            days.push(day);
        }
    }
    assert_eq!(days, [30], "2026-11-30 is the Monday");
    let digest = world.sent_to("alice@members.example").remove(0);
    assert!(digest.contains("nothing waits"), "{digest}");
    world.nothing_is_left_over();
}

/// MAIL 2: a digest is one letter a day; after a week's downtime there is one, not five.
#[tokio::test]
async fn after_a_weeks_downtime_there_is_one_digest() {
    let mut world = World::new().await;
    let away = Mail::new(
        "bot@away.example",
        "Automatic reply: hello",
        "ooo@away.example",
        "I am away until Monday.",
    );
    world.deliver(&away.write());
    world.settle().await;
    world.kill();
    world.at("2026-12-01T12:00:00Z");
    world.settle().await;
    assert_eq!(world.sent_to("alice@members.example").len(), 1);
    world.pass(1);
    world.settle().await;
    assert_eq!(world.sent_to("alice@members.example").len(), 1);
    world.nothing_is_left_over();
}
