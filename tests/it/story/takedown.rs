//! A public issue that looks like a report nobody has disclosed: saved, queued, its poster told, taken down by two.

use serde_json::Value;
use sir_intake::case::posted::Standing;
use sir_intake::case::{Case, Posted, Receipt, Source, Task, Withheld};
use sir_intake::practice::hub::{Fault, Issue, Kind, Opened};
use sir_intake::practice::loopback::{Settings, TOKEN};
use sir_intake::render::posted::{BODY, COMMENT, TITLE};
use sir_intake::store::EffectState;

use super::command_desk::{ALICE, BOB, Told, command, flat, readable, say as at_once, transcript};
use super::commands_agreed::nonce;
use super::post::address;
use crate::sync::O3DE;
use crate::world::World;

pub const SUBJECT: &str = "Heap overflow in Multiplayer lets any client run code on the server";
pub const WORDS: &str = "A crafted NetBind packet of 70000 bytes overflows a buffer in O3DE 25.05.1.\n\nSteps to reproduce:\n\
    1. Start a server.\n2. Send the packet.\n3. It runs my payload.\n\nAn attacker without an account gets remote code execution.";

/// A world that watches `o3de/o3de` since a moment ago, with members who have accounts on GitHub; nobody has posted anything.
pub async fn world(hold: u32) -> World {
    let rest = format!("{}\n[commands]\nhold_s = {hold}\n", super::comments::roster());
    let mut world = World::with(Settings { rest, ..Settings::default() }).await;
    open(&mut world);
    world.settle().await;
    world
}

/// From now on `o3de/o3de` is watched.
pub fn open(world: &mut World) {
    world.change_config("[public]\nrepositories = []", "[public]\nrepositories = [\"o3de/o3de\"]");
    world.peers.hub.add_repository(O3DE, "o3de", "o3de", false);
    super::comments::accounts(world);
}

pub fn post(world: &World, title: &str, body: &str, labels: &[&str]) -> u64 {
    let opened = Opened { by: "rena-on-hub", title, body, labels };
    world.peers.hub.open_issue_in(O3DE, &opened).unwrap()
}

/// Somebody posts a report in public, and it is found.
pub async fn posted(hold: u32) -> (World, u64) {
    let mut world = world(hold).await;
    let number = post(&world, SUBJECT, WORDS, &[]);
    world.settle_within(1).await;
    (world, number)
}

pub fn there(world: &World, number: u64) -> Issue {
    world.peers.hub.issue_in(O3DE, number).expect("it is there")
}

pub fn stands(world: &World) -> Posted {
    world.case(1).tracks.posted.expect("a public issue")
}

pub fn tasks(case: &Case) -> Vec<Task> {
    case.tracks.tasks.keys().cloned().collect()
}

/// Says it by mail, and settles.
pub async fn say(world: &mut World, who: &str, text: &str) -> Told {
    let mail = command(world, who, 1, text);
    world.deliver(&mail.write());
    world.settle_within(1).await;
    transcript(world, who, &mail)
}

/// Says it, and lets an hour pass: a held comment is written by then.
pub async fn orders(world: &mut World, who: &str, text: &str) {
    let mail = command(world, who, 1, text);
    world.deliver(&mail.write());
    world.settle_within(1).await;
    world.pass(1);
    world.settle_within(1).await;
}

pub async fn agrees(world: &mut World, who: &str) {
    let nonce = nonce(world, who);
    orders(world, who, &format!("!confirm {nonce}")).await;
}

/// Whatever happened in between: one comment of ours.
pub fn is_told_once(world: &World, number: u64) {
    let comments = there(world, number).comments;
    let ours = comments.iter().filter(|comment| comment.author.as_deref() == Some(TOKEN.2));
    assert_eq!(ours.count(), 1, "told once");
}

pub async fn confirm(world: &mut World, who: &str) -> Told {
    let nonce = nonce(world, who);
    say(world, who, &format!("!confirm {nonce}")).await
}

/// Every text that the daemon wrote into the public repository, and every request that it sent there.
pub fn written(world: &World) -> Vec<String> {
    let public = format!("/repositories/{O3DE}/");
    let heard = world.peers.hub.heard();
    heard.into_iter().filter(|line| line.contains(&public) && !line.starts_with("GET ")).collect()
}

/// The copies that are saved, as GitHub told them.
pub fn copies(world: &World) -> Vec<Value> {
    let store = &world.daemon().office.store;
    let report = world.cases()[0].report;
    let row = store.read(|txn| txn.posted_of(report)).unwrap().unwrap();
    let copies = store.read(|txn| txn.posted_copies(&row.node)).unwrap();
    for (sha256, bytes) in &copies {
        assert_eq!(*sha256, sir_intake::case::Sha256::of(bytes), "hashed");
    }
    copies.iter().map(|(_, bytes)| serde_json::from_slice(bytes).unwrap()).collect()
}

fn mails(world: &World, who: &str) -> String {
    world.sent_to(address(who)).iter().map(|mail| flat(&readable(mail))).collect::<Vec<_>>().join("\n")
}

/// RFC: "If there is security related public GitHub issue (GHI) exists that did not originate from SIG-Security:"
/// RFC: "Raise with SIR team"
/// RFC: "Move into internal issue queue."
#[tokio::test]
async fn a_public_issue_that_looks_like_a_report_is_saved_and_queued_and_nothing_happens_in_public() {
    let mut world = world(0).await;
    let number = post(&world, SUBJECT, WORDS, &[]);
    world.peers.hub.comment_in(O3DE, number, "sam", "I can reproduce this with @team.").unwrap();
    world.peers.hub.edit_body_in(O3DE, number, "rena-on-hub", &format!("{WORDS}\n\nEdited."));
    world.at("2026-11-23T11:00:00Z");
    world.settle_within(1).await;

    let case = world.case(1);
    assert_eq!((case.source, case.reporter), (Source::Posted, None));
    assert_eq!(case.receipt, Receipt::Withheld(Withheld::Posted));
    assert_eq!(
        case.received,
        "2026-11-23T11:00:00Z".parse().unwrap(),
        "the clocks count from when we saw it"
    );
    let seen = stands(&world);
    assert_eq!(
        (seen.place.number, seen.standing, seen.told, seen.whole),
        (number, Standing::Readable, None, true)
    );
    assert!(case.tracks.leaked.is_some(), "what stands in public is known outside");

    let page = world.issue(1).body;
    let url = format!("{}/o3de/o3de/issues/{number}", world.peers.hub.base_url());
    assert!(
        page.contains(&format!(
            "**Public issue:** <{url}>, posted Mon 23 Nov 2026, 09:00 UTC; everybody can read it."
        )),
        "{page}"
    );
    assert!(page.contains("It looks like a report: it speaks of a weakness"), "{page}");
    assert!(page.contains(&format!("From:    rena-on-hub on GitHub (o3de/o3de#{number})")), "{page}");
    assert!(page.contains("[comment 1, by sam]") && page.contains("It runs my payload"), "{page}");
    let alert = mails(&world, ALICE);
    assert!(
        alert.contains("A public issue on GitHub looks like a report that nobody has disclosed."),
        "{alert}"
    );
    assert!(alert.contains(&url) && !alert.contains("NetBind"), "a link and no word of it: {alert}");

    let saved = copies(&world);
    assert_eq!(saved.len(), 1, "once");
    assert_eq!(saved[0]["issue"]["title"], SUBJECT);
    assert_eq!(saved[0]["issue"]["user"]["login"], "rena-on-hub");
    assert_eq!(saved[0]["issue"]["created_at"], "2026-11-23T09:00:00Z");
    assert_eq!(saved[0]["comments"][0]["body"], "I can reproduce this with @team.");
    assert_eq!(saved[0]["edits"]["node"]["userContentEdits"]["nodes"][0]["diff"], WORDS);
    assert_eq!(saved[0]["timeline"][0]["event"], "commented");

    assert_eq!(written(&world), Vec::<String>::new(), "nothing happens in public by itself");
    // Again, restarted, and when it is touched: still one.
    world.kill();
    world.peers.hub.change_issue_in(O3DE, number, |issue| issue.labels.clear());
    world.pass(2);
    world.settle_within(1).await;
    assert_eq!((world.cases().len(), world.peers.hub.issues().len(), copies(&world).len()), (1, 1, 1));
    world.nothing_is_left_over();
}

/// RFC: "Message responder that security reports should be made through security@o3de.org."
#[tokio::test]
async fn whoever_posted_it_is_told_once_by_a_members_order_and_neutrally() {
    for fault in [None, Some(Fault::CommitThenDrop), Some(Fault::CommitThen502), Some(Fault::ServerError)] {
        let (mut world, number) = posted(0).await;
        if let Some(fault) = &fault {
            // The first one is about the command, on the private issue.
            world.peers.hub.faults().at_nth("POST", Kind::Comments, 2, fault.clone());
        }
        let told = say(&mut world, ALICE, "!takedown tell").await;
        assert!(told.contains("is held; it says nothing of this case"), "{told}");
        world.settle_within(3).await;
        let issue = there(&world, number);
        assert_eq!(issue.comments.len(), 1, "{fault:?}: once");
        let comment = &issue.comments[0];
        assert_eq!(comment.author.as_deref(), Some(TOKEN.2));
        let (marker, text) = comment.body.split_once("\n\n").unwrap();
        assert!(marker.starts_with("<!-- sir-intake mark=") && !marker.contains("SIR-"), "{marker}");
        for line in
            ["Thank you for raising this.", "security@lists.o3de.example", "https://o3de.example/security"]
        {
            assert!(text.contains(line), "{text}");
        }
        for word in ["SIR-2026", "NetBind", "overflow", "sig-security-reports", "vulnerab", "rena"] {
            assert!(!comment.body.contains(word), "{word}: {}", comment.body);
        }
        assert!(stands(&world).told.is_some(), "{fault:?}");
        assert_eq!((issue.title.as_str(), issue.body.as_str(), issue.locked), (SUBJECT, WORDS, false));
        let again = say(&mut world, BOB, "!takedown tell").await;
        assert!(again.contains("whoever posted it is told since"), "{again}");
        assert!(world.issue(1).body.contains("Whoever posted it was told"));
        world.nothing_is_left_over();
    }
}

#[tokio::test]
async fn a_comment_that_was_taken_back_within_its_hold_is_never_written() {
    let (mut world, number) = posted(600).await;
    at_once(&mut world, ALICE, 1, "!takedown tell").await;
    assert_eq!(there(&world, number).comments.len(), 0, "held");
    let told = at_once(&mut world, BOB, 1, "!undo").await;
    assert!(told.contains("taken back: act 1 of alice, takedown tell"), "{told}");
    world.pass(1);
    world.settle_within(1).await;
    assert_eq!(written(&world), Vec::<String>::new());
    assert_eq!(world.effects_in(EffectState::Canceled).len(), 1);

    say(&mut world, ALICE, "!takedown tell").await;
    world.pass(1);
    world.settle_within(1).await;
    assert_eq!(there(&world, number).comments.len(), 1);
    let told = say(&mut world, BOB, "!undo").await;
    assert!(told.contains("the comment is there, and whoever posted it knows"), "{told}");
    world.nothing_is_left_over();
}

/// A member may have told them already.
#[tokio::test]
async fn a_members_own_comment_that_says_where_to_write_counts() {
    let (mut world, number) = posted(0).await;
    let hub = &world.peers.hub;
    hub.comment_in(O3DE, number, "mallory", "Write to security@lists.o3de.example").unwrap();
    world.settle_within(1).await;
    assert_eq!(stands(&world).told, None, "not of the team");
    world
        .peers
        .hub
        .comment_in(O3DE, number, "alice-hub", "Please write to security@lists.o3de.example.")
        .unwrap();
    world.settle_within(1).await;
    assert!(stands(&world).told.is_some());
    let told = say(&mut world, BOB, "!takedown tell").await;
    assert!(told.contains("is told since"), "{told}");
}

/// Issue 5: "by two persons, retitled, blanked and locked".
#[tokio::test]
async fn two_people_blank_and_lock_it_and_no_word_is_left_to_read() {
    let (mut world, number) = posted(0).await;
    world
        .peers
        .hub
        .comment_in(O3DE, number, "sam", "Here is my proof of concept: send 70000 bytes.")
        .unwrap();
    say(&mut world, ALICE, "!takedown tell").await;
    let told = say(&mut world, ALICE, "!takedown blank").await;
    assert!(
        told.contains("when a second person confirms, and if it still reads as it was saved")
            && told.contains(
                "the public issue is retitled, blanked and locked; GitHub goes on showing the old title"
            ),
        "{told}"
    );
    assert_eq!(there(&world, number).body, WORDS, "not by one person");
    let asked = mails(&world, BOB);
    let exact = format!(
        "takedown blank (words {}) {}/o3de/o3de/issues/{number}",
        stands(&world).words.short(),
        world.peers.hub.base_url()
    );
    assert!(asked.contains(&exact), "{asked}");
    let told = confirm(&mut world, BOB).await;
    assert!(told.contains("confirmed: act"), "{told}");
    world.settle_within(1).await;

    let issue = there(&world, number);
    assert_eq!((issue.title.as_str(), issue.body.as_str(), issue.locked), (TITLE, BODY, true));
    let texts: Vec<&str> = issue.comments.iter().map(|comment| comment.body.as_str()).collect();
    assert_eq!(texts[0], COMMENT);
    assert!(texts[1].contains("Thank you for raising this"), "ours stays: {}", texts[1]);
    assert_eq!(stands(&world).standing, Standing::Blank);
    assert!(world.issue(1).body.contains("its words are taken out"), "{}", world.issue(1).body);
    assert!(mails(&world, ALICE).contains("the words of the public issue are taken out"));
    for line in written(&world) {
        assert!(!line.contains("NetBind") && !line.contains("SIR-2026"), "{line}");
    }
    let last = copies(&world);
    assert!(last.iter().any(|copy| copy["comments"].to_string().contains("70000 bytes")), "saved before");
    let again = say(&mut world, ALICE, "!takedown blank").await;
    assert!(again.contains("that is done already"), "{again}");
    let undo = say(&mut world, ALICE, "!undo").await;
    assert!(undo.contains("that is done, and GitHub gives it back to nobody"), "{undo}");
    world.nothing_is_left_over();
}

/// RFC: "Save GHI content and delete public GitHub issue"
#[tokio::test]
async fn two_people_delete_it_once_its_poster_could_read_why() {
    for fault in [None, Some(Fault::CommitThenDrop), Some(Fault::CommitThen502), Some(Fault::ServerError)] {
        let (mut world, number) = posted(0).await;
        world.peers.hub.set_deleter(TOKEN.2, true);
        say(&mut world, ALICE, "!takedown tell").await;
        let told = say(&mut world, ALICE, "!takedown delete").await;
        assert!(
            told.contains("by a comment that is deleted with it: from Tue 24 Nov 2026, 09:00 UTC on"),
            "{told}"
        );
        world.pass(24);
        world.settle_within(1).await;
        let told = say(&mut world, ALICE, "!takedown delete").await;
        assert!(told.contains("and if it still reads as it was saved"), "{told}");
        if let Some(fault) = &fault {
            // The first question is whether it may; the second is the deletion.
            world.peers.hub.faults().at_nth("POST", Kind::Graphql, 2, fault.clone());
        }
        confirm(&mut world, BOB).await;
        world.settle_within(3).await;
        assert!(world.peers.hub.issue_in(O3DE, number).is_none(), "{fault:?}");
        assert_eq!(stands(&world).standing, Standing::Gone, "{fault:?}");
        let deletions = world.peers.hub.heard().iter().filter(|line| line.contains("deleteIssue")).count();
        let expected = 1 + usize::from(fault == Some(Fault::ServerError));
        assert_eq!(deletions, expected, "{fault:?}: looked before it was done again");
        assert_eq!(copies(&world)[0]["issue"]["body"], WORDS, "it is saved");
        assert!(world.issue(1).body.contains("It runs my payload"));
        assert!(mails(&world, BOB).contains("the public issue is gone"));
        world.nothing_is_left_over();
    }
}

/// Issue 5: "deleted where GitHub gives the right, else a named task for an admin with a link and seen as done when it is gone".
#[tokio::test]
async fn without_the_right_an_admin_is_asked_with_a_link_and_what_they_did_is_seen() {
    let (mut world, number) = posted(0).await;
    say(&mut world, ALICE, "!takedown tell").await;
    world.pass(25);
    world.settle_within(1).await;
    say(&mut world, ALICE, "!takedown delete").await;
    confirm(&mut world, BOB).await;
    let wanted = tasks(&world.case(1));
    let [Task::TakeDown { url, .. }] = wanted.as_slice() else { panic!("one task: {wanted:?}") };
    assert_eq!(*url, format!("{}/o3de/o3de/issues/{number}", world.peers.hub.base_url()));
    assert!(world.issue(1).body.contains("delete the public issue, with the rights of an admin"));
    let asked = mails(&world, ALICE);
    assert!(
        asked.contains("A person must delete the public issue, with the rights of an admin: ")
            && asked.contains(url.as_str()),
        "{asked}"
    );
    assert_eq!(there(&world, number).body, WORDS, "nothing was done");
    // Two people may blank it meanwhile.
    assert!(!world.peers.hub.heard().iter().any(|line| line.contains("deleteIssue")), "not tried in vain");

    world.peers.hub.delete_issue_in(O3DE, number);
    world.settle_within(1).await;
    assert_eq!((stands(&world).standing, tasks(&world.case(1))), (Standing::Gone, vec![]));
    assert!(mails(&world, ALICE).contains("the public issue is gone"));
    let told = say(&mut world, ALICE, "!takedown blank").await;
    assert!(told.contains("the public issue is gone already"), "{told}");
    world.nothing_is_left_over();
}

#[tokio::test]
async fn where_not_even_blanking_is_allowed_an_admin_who_blanks_it_by_hand_is_seen() {
    let (mut world, number) = posted(0).await;
    say(&mut world, ALICE, "!takedown tell").await;
    world.peers.hub.faults().at("PUT", Kind::Lock, Fault::Forbidden);
    say(&mut world, ALICE, "!takedown blank").await;
    confirm(&mut world, BOB).await;
    let wanted = tasks(&world.case(1));
    assert!(matches!(wanted.as_slice(), [Task::TakeDown { .. }]), "{wanted:?}");
    assert_eq!(there(&world, number).title, SUBJECT);
    world.peers.hub.change_issue_in(O3DE, number, |issue| {
        issue.title = "Removed".to_owned();
        issue.body.clear();
        issue.locked = true;
    });
    world.settle_within(1).await;
    assert_eq!((stands(&world).standing, tasks(&world.case(1))), (Standing::Blank, vec![]));
    world.nothing_is_left_over();
}

/// Issue 5: "a member's `!takedown <url>`".
#[tokio::test]
async fn a_member_names_an_issue_that_nobody_suspected_and_it_becomes_a_case() {
    let mut world = world(0).await;
    world.deliver(&super::post::Mail::report().write());
    let number = post(&world, "Login", "Please look at this.", &[]);
    world.settle_within(1).await;
    assert_eq!(world.cases().len(), 1, "it looks like nothing");
    let url = format!("{}/o3de/o3de/issues/{number}", world.peers.hub.base_url());
    let told = say(&mut world, ALICE, &format!("!takedown {url}#issuecomment-1")).await;
    assert!(told.contains(&format!("o3de/o3de#{number} is looked at now")), "{told}");
    world.settle_within(1).await;
    let case = world.case(2);
    assert_eq!((case.source, case.acts.len()), (Source::Posted, 1));
    assert!(world.issue(2).body.contains("A member named it."), "{}", world.issue(2).body);
    let again = say(&mut world, BOB, &format!("!takedown {url}")).await;
    assert!(again.contains("it is SIR-2026-0002 already"), "{again}");
    assert_eq!(written(&world), Vec::<String>::new());
    world.nothing_is_left_over();
}
