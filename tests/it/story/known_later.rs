//! What is found later: whoever owns the case is told once, in numbers, and only when it is more than was told before.

use sir_intake::case::Checked;
use sir_intake::outside::Point;

use super::command_desk::{ALICE, readable, say};
use super::known::{feed, known, record, zlib};
use super::post::{Mail, RENA};
use crate::world::World;

const MORE: &str = "it may be known already";
const CITES: &str = "The editor crashes on a level name, this is CVE-2026-77777.\n";

/// The notices of later findings that a member got.
fn told(world: &World, member: &str) -> Vec<String> {
    let sent: Vec<String> = world.sent_to(member).iter().map(|mail| readable(mail)).collect();
    sent.into_iter().filter(|mail| mail.lines().next().unwrap().contains(MORE)).collect()
}

fn counts(world: &World) -> [usize; 2] {
    ["alice@members.example", "bob@members.example"].map(|member| told(world, member).len())
}

fn pages_drawn_anew(world: &World) -> usize {
    let is_page = |path: &str| {
        path.rsplit_once("/issues/").is_some_and(|(_, rest)| rest.bytes().all(|b| b.is_ascii_digit()))
    };
    world.peers.hub.requests().iter().filter(|met| met.method == "PATCH" && is_page(&met.path)).count()
}

/// The mirror has this record of the cited id, as of an hour of the 22nd.
fn learns(world: &World, status: &str, hour: u8) {
    let one = record("CVE-2026-77777", status, "Gadgetron's editor crashes on a long level name.", "");
    let one = one.replace("2026-11-20T10", &format!("2026-11-22T{hour:02}"));
    let stamp = format!("T{hour:02}:30:00.000\",\"vuln");
    world.mirror_learns("modified", &feed(&[one]).replace("T00:00:00.000\",\"vuln", &stamp));
}

/// Issue 3: "checks and updates the issue when one is there"; what is found then is told once, to all who might take the case.
#[tokio::test]
async fn a_mirror_that_comes_later_tells_the_team_once_in_numbers() {
    let mut world = World::new().await;
    world.deliver(&zlib().write());
    world.settle().await;
    assert_eq!(counts(&world), [0, 0]);
    world.mirror_learns("2018", &feed(&[]));
    world.settle().await;
    assert_eq!(counts(&world), [1, 1]);
    let notice = told(&world, "alice@members.example").remove(0);
    assert!(notice.starts_with("[SIR-2026-0001] it may be known already"), "{notice}");
    assert!(notice.contains("1 cited, 1 bundled package in range"), "{notice}");
    assert!(notice.contains("/issues/1"), "the link is there: {notice}");
    for word in ["CVE-", "zlib", "deflate", "overflow", "1.2.11", "heap"] {
        assert!(!notice.contains(word), "{word} is a word of the report or the mirror: {notice}");
    }
    let posts: Vec<String> = world
        .peers
        .discord
        .messages()
        .into_iter()
        .map(|post| post.content)
        .filter(|p| p.contains(MORE))
        .collect();
    assert_eq!(posts.len(), 1);
    assert!(posts[0].contains("1 cited, 1 bundled package in range"), "{}", posts[0]);
    assert_eq!(world.sent_to(RENA).len(), 1, "the reporter is told nothing of it");

    // A restart, another sync that teaches nothing of it, a mirror made anew: no news.
    world.kill();
    world.pass(3);
    world.settle().await;
    world.mirror_learns("2019", &feed(&[]).replace("-9000", "-9100"));
    world.settle().await;
    for name in ["known.db", "known.db-wal", "known.db-shm"] {
        let _ = std::fs::remove_file(world.config().state_dir.join(name));
    }
    world.settle().await;
    world.mirror_learns("2018", &feed(&[]));
    world.pass(1);
    world.settle().await;
    assert_eq!(counts(&world), [1, 1]);
    world.nothing_is_left_over();
}

/// Who owns the case is told alone; what was taken back and comes again is no news.
#[tokio::test]
async fn a_cited_id_that_the_mirror_learns_is_told_to_the_owner_once() {
    let mut world = World::new().await;
    world.mirror_learns("2018", &feed(&[]));
    world.deliver(&Mail::new(RENA, "Crash", "l1@reporter.example", CITES).write());
    world.settle().await;
    say(&mut world, ALICE, 1, "!own me").await;
    learns(&world, "Received", 10);
    world.settle().await;
    assert_eq!(counts(&world), [1, 0], "alice owns it");
    assert!(told(&world, "alice@members.example")[0].contains("1 cited"));
    for (status, hour) in [("Rejected", 11), ("Analyzed", 12), ("Modified", 13)] {
        learns(&world, status, hour);
        world.settle().await;
    }
    assert!(
        known(&world.issue(1).body).contains("| **cited** | [CVE-2026-77777]"),
        "{}",
        world.issue(1).body
    );
    assert_eq!(counts(&world), [1, 0], "the page says it; nobody is told twice");

    // "... and again when its text grows": one more of its kind is news.
    let report = Mail::new(RENA, "Crash", "l1@reporter.example", CITES).write();
    let mut more = super::thread::more(1).answering(&report);
    more.text = "It may be CVE-2018-90001 as well.\n".to_owned();
    world.deliver(&more.write());
    world.settle().await;
    assert_eq!(counts(&world), [2, 0]);
    assert!(told(&world, "alice@members.example")[1].contains("2 cited"));
    world.nothing_is_left_over();
}

/// A weak finding is on the page alone: "likeness proposes" and does not ring.
#[tokio::test]
async fn what_a_member_need_not_decide_rings_nobody() {
    let mut world = World::new().await;
    let words = "This is CVE-2020-90003, the terrain editor reads past its tiles.\n";
    world.deliver(&Mail::new(RENA, "Terrain", "j1@reporter.example", words).write());
    world.settle().await;
    world.mirror_learns("2018", &feed(&[]));
    world.settle().await;
    assert!(known(&world.issue(1).body).contains("1 cited id rejected by its source"));
    assert_eq!(counts(&world), [0, 0]);
    world.nothing_is_left_over();
}

/// In a flood a case is compared right after it began: its first notice says what was found, and no second one comes.
#[tokio::test]
async fn a_first_notice_that_has_not_left_says_it_itself() {
    let mut world = World::new().await;
    world.mirror_learns("2018", &feed(&[]));
    for number in 1..=12 {
        let mut mail = zlib();
        mail.id = Some(format!("z{number}@flood{number}.example"));
        mail.from = Some(format!("r{number}@flood{number}.example"));
        world.deliver(&mail.write());
    }
    world.settle().await;
    let found = (1..=12).filter(|n| world.case(*n).checked.is_some_and(|c: Checked| c.is_strong())).count();
    assert_eq!(found, 12);
    assert!(world.sent_to("alice@members.example")[11].contains("1 cited"));
    assert!(pages_drawn_anew(&world) <= 12, "for the receipts alone: {}", pages_drawn_anew(&world));
    assert_eq!(counts(&world), [0, 0]);
    world.nothing_is_left_over();
}

/// A case that was closed as no vulnerability may have been closed in error; what is public or no report needs nobody.
#[tokio::test]
async fn a_closed_case_rings_only_if_it_was_said_to_be_none() {
    for (close, rings) in [("!close not-reproducible We tried", 1), ("!close spam", 0)] {
        let mut world = World::new().await;
        world.mirror_learns("2018", &feed(&[]));
        world.deliver(&Mail::new(RENA, "Crash", "l1@reporter.example", CITES).write());
        world.settle().await;
        let answer = say(&mut world, ALICE, 1, close).await;
        assert!(world.case(1).closure().is_some(), "{answer}");
        learns(&world, "Received", 10);
        world.settle().await;
        assert_eq!(counts(&world)[0], rings, "{close}");
    }
}

/// Killed at any point around the check that finds more: told once, never twice, never not at all.
#[tokio::test]
async fn a_crash_around_the_finding_tells_it_once() {
    for point in [Point::BeforeCommit("checked"), Point::AfterCommit("checked")] {
        let mut world = World::new().await;
        world.deliver(&zlib().write());
        world.settle().await;
        world.mirror_learns("2018", &feed(&[]));
        world.dies_when(point);
        world.settle().await;
        world.kill();
        world.settle().await;
        assert_eq!(counts(&world), [1, 1], "{point:?}");
        world.nothing_is_left_over();
    }
}

/// What cannot be read cannot be compared: the words around a sealed report are no words of it.
#[tokio::test]
async fn a_sealed_report_is_not_compared_by_its_wrapping() {
    let mut world = World::new().await;
    world.mirror_learns("2018", &feed(&[]));
    let mut mail = zlib();
    mail.text = "--x\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n\n--x\nContent-Type: \
                 application/octet-stream\n\n-----BEGIN PGP MESSAGE-----\n\nCVE-2018-90001\n-----END PGP MESSAGE-----\n\n--x--\n"
        .to_owned();
    let kind = "multipart/encrypted; protocol=\"application/pgp-encrypted\"; boundary=x";
    world.deliver(&mail.kind(kind).write());
    world.settle().await;
    assert!(
        known(&world.issue(1).body).starts_with("**Not checked: the mail is encrypted.**"),
        "{}",
        world.issue(1).body
    );
    assert!(!known(&world.issue(1).body).contains("CVE-2018-90001"));
    world.nothing_is_left_over();
}

/// "... and again when its text grows": what finds the same again changes nothing, and a case is not its own duplicate.
#[tokio::test]
async fn words_that_bring_nothing_new_change_no_page() {
    let mut world = World::new().await;
    world.mirror_learns("2018", &feed(&[]));
    world.deliver(&zlib().write());
    world.settle().await;
    let (page, drawn) = (known(&world.issue(1).body).to_owned(), pages_drawn_anew(&world));
    let mut more = super::thread::more(1).answering(&zlib().write());
    more.text = zlib().text;
    world.deliver(&more.write());
    world.settle().await;
    assert_eq!(world.comments(1).len(), 1, "the mail is there");
    assert_eq!((known(&world.issue(1).body), pages_drawn_anew(&world)), (page.as_str(), drawn));
    assert!(!page.contains("SIR-2026"), "{page}");
    world.nothing_is_left_over();
}
