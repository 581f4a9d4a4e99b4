//! Stopping and starting again: neither costs a letter, nor cries wolf.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::world::World;

/// The daemon for a moment, until it is told to stop.
async fn run_for_a_moment(world: &mut World) {
    world.start().await.unwrap();
    let stop = CancellationToken::new();
    let told = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        stop.cancel();
    };
    let (ended, ()) = tokio::join!(world.daemon().run(stop.clone()), told);
    assert!(ended.is_ok());
}

/// Stopping is one of two things that may be noticed first, and either way it is a good end.
#[tokio::test]
async fn stopping_an_idle_daemon_ends_well_every_time() {
    for _ in 0..12 {
        Box::pin(run_for_a_moment(&mut World::new().await)).await;
    }
}

/// After two days of downtime the last good poll is old, but the mailbox is well: nobody is alarmed.
#[tokio::test]
async fn a_start_after_a_downtime_raises_no_alarm_before_it_looked() {
    let mut world = World::new().await;
    world.settle().await;
    world.kill();
    world.pass(48);
    Box::pin(run_for_a_moment(&mut world)).await;
    let effects = world.daemon().office.store.read(|txn| txn.outbox(true, 1_000)).unwrap();
    let alarms =
        effects.iter().filter(|row| serde_json::to_string(&row.effect).unwrap().contains("mailbox-silent"));
    assert_eq!(alarms.count(), 0);
    world.nothing_is_left_over();
}
