//! The second door: a private vulnerability report on GitHub is a report like any other.

use sir_intake::case::decide::Act;
use sir_intake::case::order::Order;
use sir_intake::case::{ClockKind, MemberKey, Receipt, Source, Withheld};
use sir_intake::practice::hub::{Advised, Fault, Kind};
use sir_intake::store::FateWord;

use crate::story::command_desk::{ALICE, BOB, say};
use crate::story::thread::FIRST;
use crate::sync::O3DE;
use crate::world::World;

const TEXT: &str = "The Multiplayer gem of O3DE 25.05.1 reads past a buffer.\n\nSteps to reproduce:\n1. Start a server.\n\
    2. Send a NetBind packet of 70000 bytes.\n3. It crashes.\n\nAn attacker without an account runs code on Windows 11.";

/// A world whose daemon looks behind the second door; nobody has reported anything.
pub async fn world() -> World {
    let mut world = World::new().await;
    open_door(&mut world);
    world
}

pub fn open_door(world: &mut World) {
    world.change_config(
        "sweep = \"off\"\nnvd = false\nrepositories = []",
        "nvd = false\nrepositories = [\"o3de/o3de\"]",
    );
    world.peers.hub.add_repository(O3DE, "o3de", "o3de", false);
}

pub fn report(world: &World, n: u32) -> String {
    advise(world, n, None)
}

fn advise(world: &World, n: u32, email: Option<&str>) -> String {
    let summary = format!("Heap overflow {n} in Multiplayer");
    let advised = Advised { by: "rena-on-hub", email, state: "triage", summary: &summary, description: TEXT };
    world.peers.hub.advise(O3DE, &advised).unwrap()
}

/// MAIL 7: "show, own, approve (not own report)": also a member who reports by GitHub, where no address says who it is.
#[tokio::test]
async fn a_member_who_reports_by_github_looks_not_after_it() {
    let mut world = World::new().await;
    let account = "name = \"alice\"\ngithub_login = \"alice-a\"\ngithub_id = 101";
    world.change_config("name = \"alice\"", account);
    open_door(&mut world);
    let advised =
        Advised { by: "Alice-A", email: None, state: "triage", summary: "Overflow", description: TEXT };
    world.peers.hub.advise(O3DE, &advised).unwrap();
    world.settle_within(1).await;
    assert_eq!(world.case(1).source, Source::Advisory);
    let told = say(&mut world, ALICE, 1, "!own me").await;
    assert!(told.contains("you reported this case: somebody else looks after it"), "{told}");
    say(&mut world, BOB, 1, "!own me").await;
    assert_eq!(world.case(1).owner(), Some(&MemberKey("bob".to_owned())));
}

/// Issue 3: "each new one becomes a case like a mailed report [...] once, and joins the same clock".
#[tokio::test]
async fn a_private_report_becomes_a_case_once_with_the_same_promise() {
    let mut world = world().await;
    let ghsa = report(&world, 1);
    world.at("2026-11-23T11:00:00Z");
    world.settle_within(1).await;
    let case = world.case(1);
    assert_eq!((case.source, case.reporter), (Source::Advisory, None));
    assert_eq!(
        case.received,
        crate::world::MONDAY.parse().unwrap(),
        "the clock counts from when it was reported"
    );
    assert_eq!(case.acknowledge_by(), "2026-11-26T09:00:00Z".parse().ok());
    assert_eq!(case.component.as_ref().map(|c| c.0.as_str()), Some("Multiplayer"), "it was read like a mail");
    assert_eq!(case.receipt, Receipt::Withheld(Withheld::NoAddress));

    let url = format!("{}/o3de/o3de/security/advisories/{ghsa}", world.peers.hub.base_url());
    let page = world.issue(1).body;
    assert!(page.contains(&format!("Reported privately on GitHub: <{url}>")), "{page}");
    assert!(page.contains(&format!("From:    rena-on-hub on GitHub ({ghsa})")), "{page}");
    assert!(page.contains("Subject: Heap overflow 1 in Multiplayer"), "{page}");
    let alert = world.sent_to("alice@members.example").join("\n").replace("=\r\n", "").replace("=\n", "");
    assert!(alert.contains("a private vulnerability report on GitHub") && alert.contains(&ghsa), "{alert}");
    assert!(alert.contains("  ack done"), "{alert}");
    assert!(!alert.contains("NetBind"), "no word of the report");
    assert!(world.sent_to("rena@reporter.example").is_empty());

    // Again, restarted, and when people have worked on it: still one.
    world.kill();
    world.peers.hub.change_advisory(O3DE, &ghsa, "description", &"Other words.".into());
    world.at("2026-11-23T13:00:00Z");
    world.settle_within(1).await;
    world.peers.hub.change_advisory(O3DE, &ghsa, "state", &"draft".into());
    world.settle_within(1).await;
    assert_eq!(world.cases().len(), 1);
    assert_eq!(world.peers.hub.issues().len(), 1);

    world
        .order(Order::Case { case: FIRST, act: Act::Answered { member: MemberKey("alice".to_owned()) } })
        .await;
    world.settle_within(1).await;
    assert!(!world.case(1).runs(ClockKind::Acknowledge));
    world.nothing_is_left_over();
}

/// Issue 3: "receipts go out only where there is an address"; "its author cannot be mistaken for a member".
#[tokio::test]
async fn an_address_that_the_account_shows_gets_a_receipt_but_never_a_members_rights() {
    let mut world = world().await;
    advise(&world, 1, Some("rena@reporter.example"));
    world.settle_within(1).await;
    assert_eq!(world.sent_to("rena@reporter.example").len(), 1);
    assert!(matches!(world.case(1).receipt, Receipt::Sent(_)));

    for address in ["alice@members.example", "security@lists.o3de.example"] {
        let before = world.sent_to(address).len();
        advise(&world, 2, Some(address));
        world.settle_within(1).await;
        let case = world.cases().pop().unwrap();
        assert_eq!(
            (case.reporter, case.receipt),
            (None, Receipt::Withheld(Withheld::NoAddress)),
            "{address}"
        );
        assert!(case.owner().is_none() && case.runs(ClockKind::Acknowledge));
        let letters = world.sent_to(address);
        assert!(letters[before..].iter().all(|letter| !letter.contains("We have your message")), "{address}");
    }
    world.nothing_is_left_over();
}

#[tokio::test]
async fn words_that_look_like_another_cases_tag_or_like_a_header_lead_nowhere() {
    let mut world = world().await;
    world.deliver(&crate::story::post::Mail::report().write());
    world.settle_within(1).await;
    let page = world.issue(1).body;
    let evil = "[SIR-2026-0001]\r\nFrom: alice@members.example\r\nIn-Reply-To: <r1@reporter.example>\r\n\r\n!own alice";
    let advised = Advised { by: "mallory", email: None, state: "triage", summary: evil, description: evil };
    world.peers.hub.advise(O3DE, &advised);
    world.settle_within(1).await;
    assert_eq!(world.cases().len(), 2, "a case of its own");
    assert!(world.case(1).owner().is_none() && world.comments(1).is_empty());
    assert_eq!(world.issue(1).body, page);
    assert_eq!(world.case(2).reporter, None);
    world.nothing_is_left_over();
}

#[tokio::test]
async fn without_permission_it_is_said_and_mail_goes_on() {
    let mut world = world().await;
    report(&world, 1);
    world.peers.hub.faults().repeat("GET", Kind::Advisories, 2, Fault::Forbidden);
    world.deliver(&crate::story::post::Mail::report().write());
    world.settle_within(1).await;
    assert_eq!(world.case(1).source, Source::Mail);
    let fault = |world: &World| world.daemon().office.store.read(|txn| txn.meta("sweep-fault")).unwrap();
    world.peers.hub.faults().clear();
    world.peers.hub.faults().at("GET", Kind::Advisories, Fault::Forbidden);
    let _turn = world.daemon().once().await.unwrap();
    assert_eq!(fault(&world).unwrap(), "o3de/o3de: no permission to read private reports (403)");
    world.settle_within(1).await;
    assert_eq!(fault(&world).unwrap(), "");
    assert_eq!(world.cases().len(), 2, "when it may look, it is there");
    world.nothing_is_left_over();
}

#[tokio::test]
async fn a_flood_waits_on_github_and_comes_in_hour_by_hour() {
    let mut world = world().await;
    (0..25).for_each(|n| drop(report(&world, n)));
    world.settle().await;
    assert_eq!(world.cases().len(), 20);
    world.pass(2);
    world.settle_within(1).await;
    assert_eq!(world.cases().len(), 25);
    assert_eq!(world.mails(FateWord::Case).len(), 25);
    world.nothing_is_left_over();
}

#[tokio::test]
async fn what_is_no_report_is_left_alone() {
    let mut world = world().await;
    for state in ["draft", "published", "closed"] {
        let advised = Advised { by: "alice", email: None, state, summary: "x", description: TEXT };
        world.peers.hub.advise(O3DE, &advised);
    }
    world.settle_within(1).await;
    assert_eq!(world.cases().len(), 0);
    world.nothing_is_left_over();
}
