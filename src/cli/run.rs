//! `run` and `once`.

use std::time::Duration;

use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::out::Out;
use super::{AGAIN, FAULTS, OK, Stop, house};
use crate::config::{self, Config};
use crate::daemon::{Daemon, StartFault};
use crate::observe;
use crate::store::LockError;

/// A command that carries out an order holds the lock for a moment: so long a start waits before it gives up. The
/// service manager does not start again what ended with 75.
const LOCK_PATIENCE: Duration = Duration::from_secs(5);
const LOCK_LOOK: Duration = Duration::from_millis(100);

/// The daemon, until SIGTERM or SIGINT.
pub(super) async fn run(config: Config) -> Result<u8, Stop> {
    log(&config);
    let hear = |kind| signal(kind).map_err(|error| Stop::fault(format!("cannot hear signals: {error}")));
    let (mut terminate, mut interrupt) = (hear(SignalKind::terminate())?, hear(SignalKind::interrupt())?);
    let daemon = patiently(config).await?;
    let stop = CancellationToken::new();
    let mut running = Box::pin(daemon.run(stop.clone()));
    let ended = tokio::select! {
        ended = &mut running => ended,
        () = async { tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} } } => {
            tracing::info!("told to stop");
            stop.cancel();
            running.await
        }
    };
    ended.map(|()| OK).map_err(|fault| Stop::new(FAULTS, fault.to_string()))
}

async fn patiently(config: Config) -> Result<Daemon, Stop> {
    let outside = house::outside();
    let until = outside.clock.monotonic() + LOCK_PATIENCE;
    loop {
        match Daemon::start(config.clone(), outside.clone()).await {
            Err(StartFault::Lock(LockError::Held(_))) if outside.clock.monotonic() < until => {
                outside.clock.sleep(LOCK_LOOK).await;
            }
            started => return Ok(started?),
        }
    }
}

/// One poll and all that is due.
pub(super) async fn once(config: Config, out: &Out) -> Result<u8, Stop> {
    log(&config);
    let daemon = Daemon::start(config, house::outside()).await?;
    let (turn, poll) = Box::pin(daemon.once()).await.map_err(|fault| Stop::new(FAULTS, fault.to_string()))?;
    let fault = poll.map(|fault| fault.to_string());
    let value = json!({
        "stored": turn.stored, "settled": turn.settled, "performed": turn.performed, "poll_fault": fault,
    });
    out.either(&value, || {
        format!("{} mails stored, {} settled, {} effects begun", turn.stored, turn.settled, turn.performed)
    });
    Ok(fault.map_or(OK, |fault| {
        out.tell(&format!("the mailbox was not polled: {fault}"));
        AGAIN
    }))
}

fn log(config: &Config) {
    let ops = &config.ops;
    // In one process it is begun once; a second beginning changes nothing.
    let _begun = observe::init(ops.log_format, ops.log_level, config::rust_log().as_deref());
}
