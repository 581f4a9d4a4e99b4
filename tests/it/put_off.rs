//! MAIL 5: an answer that nobody proved "is shown as unverified"; escalation beyond the owner waits one working day, "then
//! goes on".

use crate::world::{World, report};

const ALICE: &str = "alice@members.example";
const CAROL: &str = "carol@chairs.example";

fn breaches(world: &World, who: &str) -> usize {
    let mails = world.sent_to(who);
    let broken = |mail: &&String| mail.contains("\nSubject: [SIR-2026-0001] OVERDUE: acknowledge");
    mails.iter().filter(broken).count()
}

#[tokio::test]
async fn a_forged_answer_delays_the_chairs_by_a_day_and_no_longer() {
    let mut world = World::new().await;
    let text =
        "I found a heap overflow in the Multiplayer gem of O3DE 25.05.1: a packet of 70000 bytes crashes it.";
    world.deliver(&report("rena@reporter.example", "Heap overflow", "r1@reporter.example", text));
    world.settle().await;
    world.deliver(
        "From: alice@members.example\nTo: rena@reporter.example\nCc: security@lists.o3de.example\n\
         Subject: Re: Heap overflow\nDate: Mon, 23 Nov 2026 10:00:00 +0000\nMessage-ID: <m1@members.example>\n\
         In-Reply-To: <r1@reporter.example>\n\nThank you, we are looking into it.\n",
    );
    world.settle().await;
    assert!(world.case(1).answer.is_some_and(|answer| !answer.verified));

    world.at("2026-11-26T09:30:00Z");
    world.settle().await;
    assert_eq!((breaches(&world, ALICE), breaches(&world, CAROL)), (1, 0), "the team, not the chair");

    world.at("2026-11-27T09:30:00Z");
    world.settle().await;
    assert_eq!(breaches(&world, CAROL), 1, "then it goes on");
    world.nothing_is_left_over();
}
