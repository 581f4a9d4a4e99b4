//! Watching the mailbox for ever: IDLE where the server has it, the cron expression otherwise and as a safety net;
//! after a fault with capped back-off.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::Fault;
use super::backoff::Backoff;
use super::poll::{self, Gate, PollFault};
use crate::office::Office;
use crate::wire::imap::{IdleEnd, ImapError, Mailbox};

/// Polls for ever.
pub(super) async fn keep_polling(office: &Arc<Office>, gate: &Gate) -> Result<(), Fault> {
    let config = &office.config.mailbox;
    let mut backoff = Backoff::new(config.backoff_first, config.backoff_cap);
    loop {
        let fault = match stay_connected(office, gate, &mut backoff).await {
            Err(PollFault::Store(error)) => return Err(error.into()),
            Err(PollFault::Died(died)) => return Err(died.into()),
            Err(fault) => fault,
            Ok(never) => match never {},
        };
        let wait = backoff.next(&office.outside);
        tracing::warn!(%fault, wait_s = wait.as_secs(), "poll failed");
        gate.moved();
        gate.looked.store(true, Ordering::Relaxed);
        sleep(office, wait).await;
    }
}

enum Never {}

async fn stay_connected(
    office: &Arc<Office>,
    gate: &Gate,
    backoff: &mut Backoff,
) -> Result<Never, PollFault> {
    let mut mailbox = poll::connect(office, gate).await?;
    let mut can_idle = office.config.mailbox.idle && mailbox.can_idle();
    loop {
        {
            let _turn = gate.turn.lock().await;
            poll::poll(office, gate, &mut mailbox).await?;
            gate.looked.store(true, Ordering::Relaxed);
        }
        backoff.reset();
        if !can_idle {
            wait_for_cron(office, &mut mailbox).await?;
            continue;
        }
        let now = office.outside.clock.now();
        let next = office.config.mailbox.poll.next_after(now).unwrap_or(now);
        let until = office.outside.clock.sleep_until(next);
        match mailbox.idle_until(office.config.mailbox.idle_max, until).await {
            Ok(IdleEnd::News | IdleEnd::Timeout | IdleEnd::Woken) => {}
            Ok(IdleEnd::Lost) => return Err(ImapError::Lost.into()),
            Err(ImapError::Refused { .. }) => can_idle = false,
            Err(error) => return Err(error.into()),
        }
    }
}

async fn wait_for_cron(office: &Office, mailbox: &mut Mailbox) -> Result<(), PollFault> {
    let now = office.outside.clock.now();
    let next = office.config.mailbox.poll.next_after(now).unwrap_or(now);
    office.outside.clock.sleep_until(next).await;
    mailbox.noop().await?;
    Ok(())
}

async fn sleep(office: &Office, wait: Duration) {
    let now = office.outside.clock.now();
    office.outside.clock.sleep_until(now.saturating_add(wait).unwrap_or(now)).await;
}
