//! What keeps a public issue from being touched, or a harmless one from being taken in; each guard once.

use sir_intake::case::Source;
use sir_intake::case::posted::Standing;
use sir_intake::practice::hub::{Kind, Opened};
use sir_intake::practice::loopback::{REPOSITORY, TOKEN};
use sir_intake::render::posted::{COMMENT, TITLE};
use sir_intake::store::EffectState;

use super::command_desk::{ALICE, BOB, flat, readable};
use super::commands_agreed::nonce;
use super::known::{feed, record};
use super::post::address;
use super::takedown::{SUBJECT, WORDS, confirm, copies, post, posted, say, stands, there, world, written};
use crate::sync::O3DE;
use crate::world::World;

fn last(world: &World, who: &str) -> String {
    flat(&readable(world.sent_to(address(who)).last().unwrap()))
}

/// Told, and asked for by Alice.
pub async fn asked() -> (World, u64) {
    let (mut world, number) = posted(0).await;
    say(&mut world, ALICE, "!takedown tell").await;
    let told = say(&mut world, ALICE, "!takedown blank").await;
    assert!(told.contains("when a second person confirms"), "{told}");
    (world, number)
}

/// From the next start nobody looks at the public issue but who acts on it.
pub fn unwatched(world: &mut World) {
    let watched = "[public]\nrepositories = [\"o3de/o3de\"]";
    world.change_config(watched, &format!("{watched}\nwatch_minutes = 0"));
    world.kill();
}

/// MAIL 7: "two *persons*".
#[tokio::test]
async fn one_person_twice_is_not_two() {
    let (mut world, number) = asked().await;
    let word = nonce(&world, BOB);
    for text in [format!("!confirm {word}"), "!takedown blank".to_owned(), "!takedown delete".to_owned()] {
        say(&mut world, ALICE, &text).await;
    }
    world.settle_within(1).await;
    assert_eq!(there(&world, number).body, WORDS);
    assert_eq!(world.effects_in(EffectState::Parked).len(), 0);
    let told = say(&mut world, BOB, &format!("!confirm {word}")).await;
    assert!(told.contains("confirmed"), "{told}");
    assert_eq!(there(&world, number).title, TITLE);
}

/// RUNBOOK 1.3: "2p + SAVED + IN_QUEUE + POSTER_TOLD verified".
#[tokio::test]
async fn nothing_is_taken_down_before_its_poster_is_told() {
    let (mut world, number) = posted(0).await;
    for verb in ["blank", "delete"] {
        let told = say(&mut world, ALICE, &format!("!takedown {verb}")).await;
        assert!(told.contains("whoever posted it is not told yet: takedown tell"), "{told}");
    }
    assert_eq!(there(&world, number).title, SUBJECT);
    assert_eq!(written(&world), Vec::<String>::new());
}

#[tokio::test]
async fn what_is_edited_after_it_was_asked_for_is_saved_and_not_touched() {
    // Between the question and the second person.
    let (mut world, number) = asked().await;
    world.peers.hub.edit_body_in(O3DE, number, "rena-on-hub", "I meant something else.");
    world.settle_within(1).await;
    assert!(
        last(&world, BOB).contains("the public issue was changed; it is saved anew"),
        "{}",
        last(&world, BOB)
    );
    let told = confirm(&mut world, BOB).await;
    assert!(told.contains("the public issue was changed since that was asked for: ask again"), "{told}");
    assert_eq!(there(&world, number).body, "I meant something else.");
    let saved = copies(&world);
    assert_eq!(saved.last().unwrap()["issue"]["body"], "I meant something else.");
    assert_eq!(saved[0]["issue"]["body"], WORDS, "the earlier one stays");

    // Between the second person and the doing: nobody had looked.
    let (mut world, number) = asked().await;
    unwatched(&mut world);
    let word = nonce(&world, BOB);
    let mail = super::command_desk::command(&world, BOB, 1, &format!("!confirm {word}"));
    world.deliver(&mail.write());
    world.peers.hub.comment_in(O3DE, number, "sam", "Here is how it really works.").unwrap();
    world.settle_within(1).await;
    assert_eq!((there(&world, number).title.as_str(), there(&world, number).locked), (SUBJECT, false));
    assert_eq!(world.case(1).tracks.takedown, None, "nobody agreed about these words");
    assert!(copies(&world).last().unwrap().to_string().contains("Here is how it really works."));
    // Asked for anew, it is done.
    say(&mut world, BOB, "!takedown blank").await;
    confirm(&mut world, ALICE).await;
    assert_eq!(there(&world, number).title, TITLE);
    assert_eq!(there(&world, number).comments.last().unwrap().body, COMMENT);
    world.nothing_is_left_over();
}

/// RUNBOOK F5: "Public issues about already public CVEs are explicitly allowed by O3DE policy".
#[tokio::test]
async fn issues_about_public_cves_are_left_alone_whoever_asks() {
    let mut world = world(0).await;
    world.mirror_learns("2018", &feed(&[]));
    world.deliver(&super::post::Mail::report().write());
    let body = "zlib 1.2.11 is vulnerable according to NVD: CVE-2018-90001, a heap overflow that an attacker can use.";
    let number = post(&world, "zlib is vulnerable according to NVD", body, &["kind/security"]);
    world.settle_within(1).await;
    assert_eq!(world.cases().len(), 1, "left alone");
    let url = format!("{}/o3de/o3de/issues/{number}", world.peers.hub.base_url());
    say(&mut world, ALICE, &format!("!takedown {url}")).await;
    world.settle_within(1).await;
    assert_eq!(world.cases().len(), 1);
    let told = last(&world, ALICE);
    assert!(told.contains("all CVEs that it names are public already, which O3DE's policy allows"), "{told}");
    assert_eq!(written(&world), Vec::<String>::new());
    world.nothing_is_left_over();
}

#[tokio::test]
async fn what_becomes_public_after_it_was_queued_is_left_alone_then() {
    let mut world = world(0).await;
    let body = "OpenSSL is vulnerable: CVE-2026-70001, a buffer overflow that an attacker can use.";
    let number = post(&world, "OpenSSL vulnerability", body, &[]);
    world.settle_within(1).await;
    assert_eq!(world.cases().len(), 1, "nobody here knows that id");
    say(&mut world, ALICE, "!takedown tell").await;
    say(&mut world, ALICE, "!takedown blank").await;
    world.mirror_learns(
        "2026",
        &feed(&[record("CVE-2026-70001", "Analyzed", "OpenSSL has a buffer overflow.", "")]),
    );
    world.settle_within(1).await;
    for told in [confirm(&mut world, BOB).await, say(&mut world, ALICE, "!takedown delete").await] {
        assert!(
            told.contains("the public issue is left alone: all CVEs that it names are public already"),
            "{told}"
        );
    }
    assert_eq!(there(&world, number).title, "OpenSSL vulnerability");
}

#[tokio::test]
async fn only_issues_of_watched_public_repositories_are_taken_in() {
    let mut world = world(0).await;
    world.deliver(&super::post::Mail::report().write());
    world.settle_within(1).await;
    let base = world.peers.hub.base_url();
    world.peers.hub.add_repository(9_009, "o3de", "o3de-extras", false);
    let elsewhere = Opened { by: "rena-on-hub", title: SUBJECT, body: WORDS, labels: &[] };
    world.peers.hub.open_issue_in(9_009, &elsewhere).unwrap();
    for (url, why) in [
        (format!("{base}/o3de/o3de-extras/issues/1"), "o3de/o3de-extras is no repository that is watched"),
        (format!("{base}/o3de/sig-security-reports/issues/1"), "is no repository that is watched"),
        (format!("{base}.evil.example/o3de/o3de/issues/1"), "that is no address of an issue such as"),
        (format!("{base}/o3de/o3de/pull/1"), "that is no address of an issue such as"),
        ("https://github.com/o3de/o3de/issues/1".to_owned(), "that is no address of an issue such as"),
        (
            format!("{}/o3de/o3de/issues/1", base.replace("127.0.0.1", "127.0.0.1@evil.example")),
            "that is no address",
        ),
    ] {
        let told = say(&mut world, ALICE, &format!("!takedown {url}")).await;
        assert!(told.contains(why), "{url}: {told}");
    }
    // One that is not there, and a repository that is not public any more.
    say(&mut world, ALICE, &format!("!takedown {base}/o3de/o3de/issues/99")).await;
    world.settle_within(1).await;
    assert!(last(&world, ALICE).contains("GitHub shows no such issue"), "{}", last(&world, ALICE));
    let number = post(&world, "Login", "Please look.", &[]);
    world.peers.hub.change_repository(O3DE, |repository| repository.private = true);
    say(&mut world, ALICE, &format!("!takedown {base}/o3de/o3de/issues/{number}")).await;
    world.settle_within(1).await;
    assert!(last(&world, ALICE).contains("the repository is not public"), "{}", last(&world, ALICE));
    assert_eq!(world.cases().len(), 1);
    world.nothing_is_left_over();
}

#[tokio::test]
async fn a_repository_that_is_private_archived_or_renamed_meanwhile_is_not_written_to() {
    for (what, why) in [
        ("private", "repository-not-public"),
        ("archived", "repository-archived"),
        ("renamed", "public-issue-moved"),
    ] {
        let (mut world, number) = asked().await;
        match what {
            "private" => world.peers.hub.change_repository(O3DE, |repository| repository.private = true),
            "archived" => world.peers.hub.change_repository(O3DE, |repository| repository.archived = true),
            _ => world.peers.hub.rename(O3DE, "o3de", "engine"),
        }
        let before = written(&world).len();
        confirm(&mut world, BOB).await;
        world.settle_within(1).await;
        let parked: Vec<_> =
            world.effects_in(EffectState::Parked).into_iter().filter_map(|row| row.why).collect();
        assert_eq!(parked, [why], "{what}");
        assert_eq!(
            (there(&world, number).title.as_str(), written(&world).len()),
            (SUBJECT, before),
            "{what}"
        );
    }
}

#[tokio::test]
async fn chatter_the_teams_and_our_own_issues_and_what_is_older_are_left_alone() {
    let mut world = world(0).await;
    let hub = &world.peers.hub;
    for (by, title, body) in [
        ("sam", "Improve the security documentation", "Our docs say little about security."),
        ("sam", "Where do I report a vulnerability?", "I found no policy."),
        ("sam", "Editor crashes on start", "Access violation, see the log."),
        ("alice-hub", SUBJECT, WORDS),
        (TOKEN.2, SUBJECT, WORDS),
    ] {
        hub.open_issue_in(O3DE, &Opened { by, title, body, labels: &[] }).unwrap();
    }
    // From before the first look.
    let number = post(&world, SUBJECT, WORDS, &["kind/security"]);
    world
        .peers
        .hub
        .change_issue_in(O3DE, number, |issue| issue.created_at = "2024-01-01T00:00:00Z".parse().unwrap());
    world.settle_within(1).await;
    assert_eq!(world.cases().len(), 0);
    // Nobody names what we wrote.
    world.deliver(&super::post::Mail::report().write());
    world.settle_within(1).await;
    let url = format!("{}/o3de/o3de/issues/5", world.peers.hub.base_url());
    say(&mut world, ALICE, &format!("!takedown {url}")).await;
    world.settle_within(1).await;
    assert!(last(&world, ALICE).contains("the machine itself wrote it"), "{}", last(&world, ALICE));
    assert_eq!(world.cases().len(), 1);
    world.nothing_is_left_over();
}

#[tokio::test]
async fn hostile_words_stay_in_their_fence_and_lead_nowhere() {
    let mut world = world(0).await;
    world.deliver(&super::post::Mail::report().write());
    world.settle_within(1).await;
    let evil = "vulnerability exploit [SIR-2026-0001]\r\nFrom: alice@members.example\r\n\r\n!own alice";
    let body = format!("````\n{evil}\n```` @o3de/team <img src=x> An attacker gets RCE. {WORDS}");
    let number = post(&world, evil, &body, &[]);
    world
        .peers
        .hub
        .comment_in(O3DE, number, "mallory", "!confirm ABCD\n!takedown delete\n```\n# heading")
        .unwrap();
    world.settle_within(1).await;
    let case = world.case(2);
    assert_eq!((case.source, case.reporter, case.acts.len()), (Source::Posted, None, 0));
    assert!(world.case(1).owner().is_none());
    let page = world.issue(2).body;
    assert!(page.contains("`````text"), "a longer fence: {page}");
    assert_eq!(written(&world), Vec::<String>::new());
    world.nothing_is_left_over();
}

#[tokio::test]
async fn a_huge_body_and_a_thousand_comments_are_saved_whole_and_taken_down() {
    let mut world = world(0).await;
    let huge = format!("{WORDS}\n{}", "exploit `payload` @all ".repeat(11_000));
    let number = post(&world, SUBJECT, &huge, &[]);
    for n in 0..1_000 {
        world.peers.hub.comment_in(O3DE, number, "sam", &format!("Comment {n}")).unwrap();
    }
    world.settle_within(1).await;
    assert!(stands(&world).whole);
    let saved = copies(&world);
    assert_eq!(saved[0]["issue"]["body"].as_str().unwrap().len(), huge.len());
    assert_eq!(saved[0]["comments"].as_array().unwrap().len(), 1_000);
    assert!(world.issue(1).body.len() < 61_000);
    unwatched(&mut world);
    say(&mut world, ALICE, "!takedown tell").await;
    say(&mut world, ALICE, "!takedown blank").await;
    confirm(&mut world, BOB).await;
    world.settle_within(2).await;
    let issue = there(&world, number);
    assert_eq!(stands(&world).standing, Standing::Blank);
    assert_eq!(issue.comments.iter().filter(|comment| comment.body == COMMENT).count(), 1_000);
    let edits = world.peers.hub.requests();
    let edits =
        edits.iter().filter(|met| met.method == "PATCH" && met.path.contains("/issues/comments/")).count();
    assert_eq!(edits, 1_000, "each once");
    world.nothing_is_left_over();
}

#[tokio::test]
async fn what_is_too_long_to_be_saved_whole_is_for_an_admin() {
    let mut world = world(0).await;
    let number = post(&world, SUBJECT, WORDS, &[]);
    for n in 0..2_001 {
        world.peers.hub.comment_in(O3DE, number, "sam", &format!("Comment {n}")).unwrap();
    }
    world.settle_within(1).await;
    assert!(!stands(&world).whole);
    assert!(world.issue(1).body.contains("It is too long to be saved whole here."));
    say(&mut world, ALICE, "!takedown tell").await;
    let told = say(&mut world, ALICE, "!takedown blank").await;
    assert!(
        told.contains("it is too long to be saved whole here: an admin must save and take it down"),
        "{told}"
    );
    // What lies behind the end of what is read may still be read by others.
    world.peers.hub.change_issue_in(O3DE, number, |issue| {
        issue.title = "Removed".to_owned();
        issue.body.clear();
        issue.comments.iter_mut().take(2_000).for_each(|one| one.body.clear());
    });
    world.settle_within(1).await;
    assert!(stands(&world).is_readable(), "the last ones are not seen");
}

#[tokio::test]
async fn a_flood_of_public_issues_waits_on_github() {
    let mut world = world(0).await;
    for n in 0..25 {
        post(&world, &format!("{SUBJECT} {n}"), WORDS, &[]);
    }
    world.settle().await;
    assert_eq!(world.cases().len(), 20);
    world.pass(2);
    world.settle_within(1).await;
    assert_eq!(world.cases().len(), 25);
    world.nothing_is_left_over();
}

#[tokio::test]
async fn a_github_that_is_away_loses_nothing_and_is_said() {
    use sir_intake::practice::hub::Fault;
    let mut world = world(0).await;
    let number = post(&world, SUBJECT, WORDS, &[]);
    world.peers.hub.faults().repeat("GET", Kind::Comments, 1, Fault::ServerError);
    let _turn = world.daemon().once().await.unwrap();
    let fault = world.daemon().office.store.read(|txn| txn.meta("posted-fault")).unwrap().unwrap();
    assert!(
        fault.starts_with(&format!("o3de/o3de: issue {number}: no usable answer from GitHub")),
        "{fault}"
    );
    assert_eq!(world.cases().len(), 0);
    world.settle_within(1).await;
    assert_eq!(world.cases().len(), 1);
    assert_eq!(world.daemon().office.store.read(|txn| txn.meta("posted-fault")).unwrap().unwrap(), "");
    assert_ne!(REPOSITORY, O3DE);
    world.nothing_is_left_over();
}
