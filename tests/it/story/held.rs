//! What a held letter waits for besides its time: nothing that was held before may be unread or unjudged, because it may be an
//! undo. A busy machine polls, reads and sends at the same time: here each is done by hand.

use sir_intake::case::{Lane, Sha256};
use sir_intake::practice::loopback::REPOSITORY;
use sir_intake::store::{Arrived, Did, FateWord, Heard, HeardFate, Note, Who};

use super::command_desk::{ALICE, BOB, command, hold_ends, letters, reported_with_hold, say, transcript};
use crate::world::World;

/// How many letters may begin to leave now.
async fn may_leave(world: &World) -> usize {
    let (store, now) = (&world.daemon().office.store, world.now());
    store.write("test", move |txn| Ok(txn.performable(Lane::Letters, now, 10)?.len())).await.unwrap()
}

/// A good poll of the mailbox, and a good look at the issues, that began now.
async fn looked(world: &World) {
    let (store, now) = (&world.daemon().office.store, world.now());
    let job = move |txn: &sir_intake::store::Txn<'_>| {
        txn.polled(now)?;
        txn.listened_at(now)
    };
    store.write("test", job).await.unwrap();
}

/// MAIL 7: "a held letter leaves only after a mailbox poll that began after its hold ended": and what that poll brought is read.
#[tokio::test]
async fn a_letter_waits_for_what_the_poll_brought_to_be_read() {
    let mut world = reported_with_hold(600).await;
    say(&mut world, ALICE, 1, "!ack").await;
    world.clock.advance(std::time::Duration::from_secs(601));
    assert_eq!(may_leave(&world).await, 0, "no poll since");
    // The poll brings Bob's undo: held, and not read yet.
    let undo = command(&world, BOB, 1, "!undo");
    let raw = undo.write().replace('\n', "\r\n").into_bytes();
    let (validity, now) = (world.peers.imapd.uidvalidity("INBOX"), world.now());
    let store = world.daemon().office.store.clone();
    let mail = Arrived { uid: 900, received: now, size: raw.len() as u64, raw: raw.clone() };
    let job = move |txn: &sir_intake::store::Txn<'_>| {
        txn.store_mail("INBOX", validity, "inbox", false, Sha256::of(&mail.raw), &mail, now).map(|(id, _)| id)
    };
    let id = store.write("test", job).await.unwrap();
    looked(&world).await;
    assert_eq!(may_leave(&world).await, 0, "it may be an undo");
    store.write("test", move |txn| txn.settle(id, FateWord::Screened, &Note::default())).await.unwrap();
    assert_eq!(may_leave(&world).await, 1, "nothing is unread");
    store.write("test", move |txn| txn.settle(id, FateWord::Stored, &Note::default())).await.unwrap();
    hold_ends(&mut world).await;
    assert!(transcript(&world, BOB, &undo).contains("its letter will not leave"));
    assert_eq!(letters(&world).len(), 0);
}

/// "any member's `!undo` stops it, always": what was heard on the issue is judged first.
#[tokio::test]
async fn a_letter_waits_for_what_was_said_on_the_issue_to_be_judged() {
    let mut world = reported_with_hold(600).await;
    say(&mut world, ALICE, 1, "!ack").await;
    world.clock.advance(std::time::Duration::from_secs(601));
    let now = world.now();
    let heard = |number: u64, id: u64| Heard {
        id,
        repository: REPOSITORY,
        number,
        at: now,
        who: Some(Who { id: 502, login: "bob-hub".to_owned() }),
        through_app: false,
        did: Did::Comment { body: "!undo".to_owned(), edited: false },
    };
    let store = world.daemon().office.store.clone();
    // On an issue of no case nothing is waited for.
    let other = heard(77, 1);
    store.write("test", move |txn| txn.hear(&other, HeardFate::Stored, now)).await.unwrap();
    looked(&world).await;
    assert_eq!(may_leave(&world).await, 1);
    let (first, again) = (heard(1, 2), heard(1, 2));
    store.write("test", move |txn| txn.hear(&first, HeardFate::Stored, now)).await.unwrap();
    assert_eq!(may_leave(&world).await, 0, "it may be an undo");
    store.write("test", move |txn| txn.judged(&again, HeardFate::Text, None)).await.unwrap();
    assert_eq!(may_leave(&world).await, 1);
    world.settle().await;
    world.nothing_is_left_over();
}
