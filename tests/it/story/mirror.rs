//! The mirror of a running daemon: kept current beside the mail, never in its way.

use std::time::Duration;

use sir_intake::practice::loopback::Settings;
use tokio_util::sync::CancellationToken;

use crate::nvd_stand::{Nvd, Wrong};
use crate::story::post::Mail;
use crate::sync::{NO_GITHUB, load, mirror, nvd};
use crate::world::World;

async fn world(nvd: &Nvd) -> World {
    let known = nvd.config(NO_GITHUB).replace("sync = \"off\"", "sync = \"0 */2 * * *\"");
    World::with(Settings { known, ..Settings::default() }).await
}

/// The daemon runs until `done` says so, or ten seconds.
async fn run_until(world: &mut World, done: impl Fn(&World) -> bool) {
    world.start().await.unwrap();
    let stop = CancellationToken::new();
    let watch = async {
        for _ in 0..500 {
            tokio::time::sleep(Duration::from_millis(20)).await;
            if done(world) {
                break;
            }
        }
        stop.cancel();
    };
    let (ended, ()) = tokio::join!(world.daemon().run(stop.clone()), watch);
    assert!(ended.is_ok(), "{ended:?}");
    assert!(done(world), "it did not come to that");
}

fn is_synced(world: &World) -> bool {
    let path = load(world).state_dir.join("known.db");
    path.exists() && mirror(world).source("nvd").unwrap().good_at.is_some()
}

/// Issue 3: "`run` syncs on its own cron schedule, in the background".
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_daemon_without_a_mirror_fetches_one_and_keeps_it_current() {
    let nvd = nvd().await;
    let mut world = world(&nvd).await;
    Box::pin(run_until(&mut world, is_synced)).await;
    assert_eq!(mirror(&world).status().unwrap().age.records, 5);
    let asked = nvd.asked().len();
    // A restart is no reason to ask; the schedule is.
    Box::pin(run_until(&mut world, |_| true)).await;
    assert_eq!(nvd.asked().len(), asked);
    world.start().await.unwrap();
    let stop = CancellationToken::new();
    let clock = world.clock.clone();
    let watch = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        clock.set("2026-11-23T10:00:01Z".parse().unwrap());
        for _ in 0..500 {
            tokio::time::sleep(Duration::from_millis(20)).await;
            if nvd.asked().len() > asked {
                break;
            }
        }
        stop.cancel();
    };
    let (ended, ()) = tokio::join!(Box::pin(world.daemon().run(stop.clone())), watch);
    assert!(ended.is_ok());
    assert!(nvd.asked().len() > asked, "its time came");
}

/// Issue 3: "never in the way of a mail"; a peer that says nothing holds up the sync alone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sync_that_hangs_or_fails_holds_up_no_mail() {
    let nvd = nvd().await;
    nvd.goes_wrong("modified.meta", &[Wrong::Hang]);
    let mut world = world(&nvd).await;
    world.deliver(&Mail::report().write());
    Box::pin(run_until(&mut world, |world| world.peers.hub.issue(1).is_some() && !nvd.asked().is_empty()))
        .await;
    assert!(!is_synced(&world));
    assert_eq!(world.cases().len(), 1);
}
