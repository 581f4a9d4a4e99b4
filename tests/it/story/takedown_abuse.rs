//! Whoever posted a report in public, or anybody who comments there, plays with it: nothing gets stuck, nothing is believed.

use sir_intake::case::command::Via;
use sir_intake::case::posted::{Place, Standing};
use sir_intake::case::{MemberKey, Receipt, Task, Withheld};
use sir_intake::clock::Clock as _;
use sir_intake::known::{Record, Source};
use sir_intake::practice::hub::{Fault, Kind};
use sir_intake::practice::loopback::{Settings, TOKEN};
use sir_intake::store::{EffectState, StoreError, Wanted};

use super::command_desk::{ALICE, BOB, flat, readable};
use super::intake::nth_report;
use super::post::address;
use super::takedown::{SUBJECT, WORDS, confirm, open, post, posted, say, stands, tasks, there, world};
use crate::sync::O3DE;
use crate::world::World;

fn fault(world: &World) -> String {
    world.daemon().office.store.read(|txn| txn.meta("posted-fault")).unwrap().unwrap_or_default()
}

fn told(world: &World, who: &str, words: &str) -> usize {
    let sent = world.sent_to(address(who));
    sent.iter().filter(|mail| flat(&readable(mail)).contains(words)).count()
}

async fn look_again(world: &mut World) {
    world.pass(1);
    world.settle_within(1).await;
}

/// RFC: "Save GHI content": what GitHub does not tell beside the words keeps nothing from being saved.
#[tokio::test]
async fn edits_and_deeds_that_github_does_not_tell_keep_no_report_out() {
    let mut world = world(0).await;
    post(&world, SUBJECT, WORDS, &[]);
    world.peers.hub.faults().repeat("GET", Kind::Timeline, 50, Fault::ServerError);
    world.peers.hub.faults().repeat("POST", Kind::Graphql, 50, Fault::ServerError);
    world.settle_within(1).await;
    assert_eq!(world.cases().len(), 1);
    assert!(!stands(&world).whole, "and it says so");
    look_again(&mut world).await;
    assert!(!stands(&world).whole, "also when somebody looks at its words again");
    assert_eq!(fault(&world), "");
    world.nothing_is_left_over();
}

/// An issue that GitHub never tells whole is saved as the list tells it, and those behind it wait some looks and no longer.
#[tokio::test]
async fn one_issue_that_is_never_told_holds_up_no_other() {
    let mut world = world(0).await;
    let number = post(&world, SUBJECT, WORDS, &[]);
    world.peers.hub.faults().repeat("GET", Kind::Comments, 4, Fault::ServerError);
    post(&world, &format!("{SUBJECT} again"), WORDS, &[]);
    for _ in 0..3 {
        let _turn = world.daemon().once().await.unwrap();
        assert_eq!(world.cases().len(), 0);
        assert!(fault(&world).contains(&format!("issue {number}: ")), "{}", fault(&world));
    }
    world.settle_within(1).await;
    assert_eq!(world.cases().len(), 2);
    assert!(!stands(&world).whole);
    world.nothing_is_left_over();
}

/// Whoever posted it empties it for a while and writes all of it into the title: that is not taken out, and what two people said stands.
#[tokio::test]
async fn a_poster_who_empties_it_undoes_no_order_and_hides_nothing() {
    let (mut world, number) = posted(0).await;
    let hub = &world.peers.hub;
    hub.change_issue_in(O3DE, number, |issue| {
        issue.body = String::new();
        issue.title = "Send a NetBind packet of 70000 bytes and it runs your payload".to_owned();
    });
    look_again(&mut world).await;
    assert_eq!(stands(&world).standing, Standing::Readable);
    assert_eq!(told(&world, ALICE, "the words of the public issue are taken out"), 0);
    assert_eq!(told(&world, ALICE, "the public issue was changed"), 1, "the new title is saved, and told");
    world.nothing_is_left_over();
}

/// What was taken out and stands there again is news, with the same words too.
#[tokio::test]
async fn words_that_come_back_are_told() {
    let (mut world, number) = posted(0).await;
    say(&mut world, ALICE, "!takedown tell").await;
    say(&mut world, ALICE, "!takedown blank").await;
    confirm(&mut world, BOB).await;
    assert_eq!(stands(&world).standing, Standing::Blank);
    world.peers.hub.change_issue_in(O3DE, number, |issue| {
        issue.title = SUBJECT.to_owned();
        issue.body = WORDS.to_owned();
    });
    look_again(&mut world).await;
    assert_eq!(stands(&world).standing, Standing::Readable);
    assert_eq!(told(&world, ALICE, "the words of the public issue can be read again"), 1);
    let again = say(&mut world, ALICE, "!takedown blank").await;
    assert!(again.contains("when a second person confirms"), "{again}");
    world.nothing_is_left_over();
}

/// A repository that nobody sees for a while tells nothing of its issues.
#[tokio::test]
async fn a_repository_that_is_private_for_a_while_takes_nothing_away() {
    let (mut world, _number) = posted(0).await;
    world.peers.hub.change_repository(O3DE, |repository| repository.private = true);
    world.peers.hub.faults().at("GET", Kind::Issue, Fault::NotFound);
    look_again(&mut world).await;
    assert_eq!(stands(&world).standing, Standing::Readable);
    world.peers.hub.change_repository(O3DE, |repository| repository.private = false);
    look_again(&mut world).await;
    assert_eq!(stands(&world).standing, Standing::Readable);
    assert_eq!(told(&world, ALICE, "is gone"), 0);
    world.nothing_is_left_over();
}

/// A flood of mails closes the mailbox's door for an hour, and not this one: who posted can change or delete it meanwhile.
#[tokio::test]
async fn a_flood_of_mails_keeps_no_public_issue_out() {
    let mut world = world(0).await;
    for number in 1..=25 {
        world.deliver(&nth_report(number, &format!("r{number}@flood{number}.example")).write());
    }
    world.settle().await;
    assert_eq!(world.cases().len(), 20, "the rest waits");
    post(&world, SUBJECT, WORDS, &[]);
    world.settle().await;
    assert_eq!(world.cases().len(), 21);
    world.nothing_is_left_over();
}

/// KNOWN: "Likeness never decides": least of all the likeness of a thing to itself.
#[tokio::test]
async fn a_public_issue_is_not_known_because_it_stands_there() {
    let mut world = world(0).await;
    let link = "https://o3de.example/netbind/1";
    let words = format!("{WORDS} See {link}.");
    let record = |number: u64| {
        let mut record = Record::new(Source::Issue, &format!("o3de/o3de#{number}"));
        record.published = Some("2026-10-01T10:00:00Z".parse().unwrap());
        (record.title, record.text, record.labelled) = (SUBJECT.to_owned(), words.clone(), true);
        record.references = vec![link.to_owned()];
        record
    };
    let number = post(&world, SUBJECT, &words, &[]);
    world.mirror_learns("2018", &super::known::feed(&[]));
    world.mirror().put(&[record(number), record(77_777)]).unwrap();
    world.settle_within(1).await;
    let page = world.issue(1).body;
    let known = super::known::known(&page);
    assert!(known.contains("/issues/77777"), "another one of the same words is found: {known}");
    assert!(!known.contains(&format!("/issues/{number})")), "{known}");
    world.nothing_is_left_over();
}

/// DESIGN: "exercise: writes only to the roster".
#[tokio::test]
async fn in_an_exercise_nothing_is_done_in_public() {
    let rest = format!("{}\n[commands]\nhold_s = 0\n", super::comments::roster());
    let mut world = World::with(Settings { mode: "exercise".to_owned(), rest, ..Settings::default() }).await;
    open(&mut world);
    world.settle().await;
    let number = post(&world, SUBJECT, WORDS, &[]);
    world.settle_within(1).await;
    for verb in ["tell", "blank", "delete"] {
        let told = say(&mut world, ALICE, &format!("!takedown {verb}")).await;
        assert!(told.contains("this is an exercise: nothing is done in public"), "{told}");
    }
    assert_eq!(there(&world, number).comments.len(), 0);
    world.nothing_is_left_over();
}

/// Rights change: what was a task for an admin can be ordered again, or taken back.
#[tokio::test]
async fn what_an_admin_was_asked_for_can_be_ordered_again_or_taken_back() {
    let (mut world, number) = posted(0).await;
    say(&mut world, ALICE, "!takedown tell").await;
    world.pass(25);
    world.settle_within(1).await;
    say(&mut world, ALICE, "!takedown delete").await;
    confirm(&mut world, BOB).await;
    assert!(matches!(tasks(&world.case(1))[..], [Task::TakeDown { .. }]), "{:?}", tasks(&world.case(1)));
    let undone = say(&mut world, ALICE, "!undo").await;
    assert!(undone.contains("taken back: act"), "{undone}");
    assert_eq!(tasks(&world.case(1)), []);
    say(&mut world, ALICE, "!takedown delete").await;
    confirm(&mut world, BOB).await;
    assert_eq!(tasks(&world.case(1)).len(), 1);
    world.peers.hub.set_deleter(TOKEN.2, true);
    let again = say(&mut world, ALICE, "!takedown delete").await;
    assert!(again.contains("when a second person confirms"), "{again}");
    confirm(&mut world, BOB).await;
    assert!(world.peers.hub.issue_in(O3DE, number).is_none());
    assert_eq!(tasks(&world.case(1)), []);
    world.nothing_is_left_over();
}

/// Who waits for a named issue is woken once it stands in the store, and not before: else nobody looks at it.
#[tokio::test]
async fn the_bell_of_a_named_issue_rings_when_it_is_stored() {
    let mut world = world(0).await;
    world.settle().await;
    let store = world.daemon().office.store.clone();
    let wanted = |number| Wanted {
        place: Place { project: "o3de/o3de".to_owned(), number },
        by: MemberKey("alice".to_owned()),
        via: Via::Mail,
    };
    let soon = std::time::Duration::from_millis(50);
    let now = world.clock.now();
    let (first, second) = (wanted(1), wanted(2));
    let failed = store.write("test", move |txn| {
        txn.want_posted(&first, now)?;
        Err::<(), _>(StoreError::Absent("anything"))
    });
    assert!(failed.await.is_err());
    assert!(tokio::time::timeout(soon, store.lanes().named().notified()).await.is_err(), "it does not stand");
    store.write("test", move |txn| txn.want_posted(&second, now)).await.unwrap();
    tokio::time::timeout(soon * 100, store.lanes().named().notified()).await.unwrap();
    let stored = store.read(|txn| txn.wanted_posted()).unwrap();
    assert_eq!(stored, [wanted(2)]);
}

/// A question to GitHub that is never answered ends with a person, and holds up nothing behind it for ever.
#[tokio::test]
async fn what_is_looked_for_in_vain_for_days_is_parked() {
    let rest = format!("{}\n[commands]\nhold_s = 0\n", super::comments::roster());
    let github = "spacing_ms = 0\nlook_wait_s = 3600\nbackoff_first_s = 1\nbackoff_cap_s = 60".to_owned();
    let mut world = World::with(Settings { github, rest, ..Settings::default() }).await;
    open(&mut world);
    world.settle().await;
    post(&world, SUBJECT, WORDS, &[]);
    world.settle_within(1).await;
    // The first comment is about the command, on the private issue.
    world.peers.hub.faults().at_nth("POST", Kind::Comments, 2, Fault::CommitThenDrop);
    super::command_desk::say(&mut world, ALICE, 1, "!takedown tell").await;
    world.peers.hub.faults().repeat("GET", Kind::Comments, 10_000, Fault::Forbidden);
    world.pass(4 * 24);
    world.settle_within(1).await;
    assert_eq!(world.effects_in(EffectState::Parked).len(), 0, "not yet");
    world.pass(2 * 24);
    world.settle_within(1).await;
    let parked = world.effects_in(EffectState::Parked);
    let parked: Vec<_> = parked.iter().map(|row| (row.effect.word(), row.why.as_deref())).collect();
    assert_eq!(parked, [("tell-poster", Some("outcome-unknown"))]);
}

/// Whoever posted it in public hears nothing by mail unless a member says so: not of a case that is split off either.
#[tokio::test]
async fn a_second_case_of_a_public_issue_sends_no_receipt_to_its_poster() {
    let mut world = world(0).await;
    world.peers.hub.show_address("rena-on-hub", "rena@public.example");
    post(&world, SUBJECT, WORDS, &[]);
    world.settle_within(1).await;
    let told = say(&mut world, ALICE, "!split").await;
    assert_eq!(world.cases().len(), 2, "{told}");
    assert_eq!(world.case(2).receipt, Receipt::Withheld(Withheld::Posted));
    assert_eq!(world.sent_to("rena@public.example"), Vec::<String>::new());
    world.nothing_is_left_over();
}
