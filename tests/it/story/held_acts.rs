//! What an act brings besides its letter waits as the letter does: until then any member takes it back.

use sir_intake::case::Lane;
use sir_intake::practice::loopback::ROSTER;

use super::advisory::{asked, seen};
use super::command_desk::{ALICE, BOB, hold_ends, say};
use super::disclosure::{MORE, assess, reported_with};
use crate::world::World;

/// Assessed; letters are held for ten minutes.
async fn assessed() -> World {
    let more = MORE.replace("hold_s = 0", "hold_s = 600");
    assess(reported_with(&format!("{ROSTER}{more}")).await).await
}

/// MAIL 7: "any member's `!undo` stops it, always". What GitHub was asked for cannot be taken back.
#[tokio::test]
async fn a_cve_is_not_asked_for_while_its_order_can_be_taken_back() {
    for said in ["!fork\n!cve request", "!cve request\n!fork"] {
        let mut world = assessed().await;
        let ghsa = seen(&world).ghsa;
        say(&mut world, ALICE, 1, said).await;
        assert_eq!(asked(&world, "POST", "forks"), 1, "what is not held happens at once: {said}");
        assert_eq!(world.peers.hub.cve_requests(&ghsa), 0, "{said}");
        // Whatever else looks at the advisory meanwhile.
        say(&mut world, BOB, 1, "!credit anonymous").await;
        assert_eq!(world.peers.hub.cve_requests(&ghsa), 0, "{said}");
        let acts = world.case(1).acts;
        let cve = acts.iter().find(|act| act.deed.words() == "cve request").unwrap().number;
        let told = say(&mut world, BOB, 1, &format!("!undo {cve}")).await;
        assert!(told.contains("its letter will not leave"), "{told}");
        hold_ends(&mut world).await;
        assert_eq!(world.peers.hub.cve_requests(&ghsa), 0, "taken back: {said}");

        say(&mut world, ALICE, 1, "!cve request").await;
        world.clock.advance(std::time::Duration::from_secs(601));
        let (store, now) = (world.daemon().office.store.clone(), world.now());
        let begins = store.write("test", move |txn| Ok(txn.performable(Lane::Advisory, now, 10)?.len()));
        assert_eq!(begins.await.unwrap(), 0, "an undo that came in time may lie in the mailbox");
        world.settle().await;
        assert_eq!(world.peers.hub.cve_requests(&ghsa), 1, "{said}");
        world.nothing_is_left_over();
    }
}
