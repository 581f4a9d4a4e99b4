//! DESIGN: "What cannot be read is *parked* for a person, never dropped, and never stops the next message."

use crate::world::{MONDAY, World, report};
use sir_intake::case::Sha256;
use sir_intake::store::{Arrived, FateWord};

/// Three readings of the whole mail and three of its header alone ended the process: nobody tries a seventh time.
#[tokio::test]
async fn a_mail_that_cannot_be_read_at_all_is_parked_and_told_and_the_next_one_is_served() {
    let mut world = World::new().await;
    let now = MONDAY.parse().unwrap();
    let raw = report("eve@reporter.example", "Poison", "p1@reporter.example", "It crashes the reader.")
        .into_bytes();
    let store = world.start().await.unwrap().office.store.clone();
    let mail = store
        .write("test", move |txn| {
            let hash = Sha256::of(&raw);
            let arrived = Arrived { uid: 1, received: now, size: raw.len() as u64, raw };
            let (mail, _) = txn.store_mail("Elsewhere", 1, "inbox", false, hash, &arrived, now)?;
            for _ in 0..6 {
                txn.begin_reading(mail)?;
            }
            Ok(mail)
        })
        .await
        .unwrap();
    let next =
        "I found a heap overflow in the Multiplayer gem of O3DE 25.05.1: a packet of 70000 bytes crashes it.";
    world.deliver(&report("rena@reporter.example", "Heap overflow", "r1@reporter.example", next));
    world.settle().await;

    let parked: Vec<_> = world.mails(FateWord::Parked).iter().map(|row| row.id).collect();
    assert_eq!(parked, [mail]);
    assert_eq!(world.cases().len(), 1, "the next one is a case");
    let told = world.sent_to("alice@members.example");
    let told = told.iter().filter(|mail| mail.contains("could not be taken in")).count();
    assert_eq!(told, 1, "and people know");
}
