//! What time brings: clocks ring, mails leave the waiting room, letters of unknown outcome are asked about, the digest
//! goes out, orders of operators are taken.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use jiff::{SignedDuration, Timestamp};

use super::poll::Gate;
use super::{Fault, commit, late};
use crate::case::act::Stopped;
use crate::case::decide::{Input, Outcome, Screened};
use crate::case::order::Order;
use crate::case::{Alarm, Alert, Effect, EffectId, MailId, Source, WhenUnknown};
use crate::office::Office;
use crate::store::{EffectState, FateWord, Note, OrderRow, StoreError, Txn};

/// How the answer to an order begins that was not carried out.
pub const REFUSED: &str = "refused: ";
/// Orders are looked for at least so often.
const EVERY: SignedDuration = SignedDuration::from_secs(1);

/// Whether this process has polled the mailbox already. After a downtime the last good poll is old before the first
/// look, and the mailbox is not to blame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// Not yet.
    Ahead,
    /// Well or not.
    Taken,
}

/// Does everything that is due. Returns how many things that were.
pub(super) async fn tick(office: &Arc<Office>, look: Look) -> Result<usize, Fault> {
    let now = office.outside.clock.now();
    if !is_due(office, now, look)? {
        return Ok(0);
    }
    let office_in = Arc::clone(office);
    let done = office
        .store
        .write("tick", move |txn| {
            let mut done = 0;
            for order in txn.orders()? {
                take(&office_in, txn, &order, now)?;
                done += 1;
            }
            for case in txn.ringing(now, 100)? {
                commit::input(&office_in, txn, case, &Input::Tick, now)?;
                done += 1;
            }
            done += waiting(&office_in, txn, now)?;
            done += asked(&office_in, txn, now)?;
            if look == Look::Taken {
                done += silent(&office_in, txn, now)?;
            }
            done += daily(&office_in, txn, now)?;
            Ok(done)
        })
        .await?;
    if done > 0 {
        office.bells.mail.notify_one();
        office.bells.check.notify_one();
    }
    Ok(done)
}

/// Takes the orders that wait and nothing else. Returns how many those were.
pub(super) async fn take_orders(office: &Arc<Office>) -> Result<usize, Fault> {
    let now = office.outside.clock.now();
    let office_in = Arc::clone(office);
    let taken = office.store.write("orders", move |txn| {
        let orders = txn.orders()?;
        orders.iter().try_for_each(|order| take(&office_in, txn, order, now))?;
        Ok(orders.len())
    });
    Ok(taken.await?)
}

/// Whether a writing transaction is worth its fsync.
fn is_due(office: &Office, now: Timestamp, look: Look) -> Result<bool, StoreError> {
    office.store.read(|txn| {
        let digest = txn.meta_instant("digest-next")?;
        Ok(!txn.orders()?.is_empty()
            || txn.next_ring()?.is_some_and(|at| at <= now)
            || !txn.waited_out(now)?.is_empty()
            || !txn.untold_waiting(now)?.is_empty()
            || !unasked(office, txn, now)?.is_empty()
            || (look == Look::Taken && is_silent(office, txn, now)?)
            || digest.is_none_or(|at| at <= now))
    })
}

/// Ticks for ever.
pub(super) async fn keep_ticking(office: &Arc<Office>, gate: &Gate) -> Result<(), Fault> {
    loop {
        let look = if gate.looked.load(Ordering::Relaxed) { Look::Taken } else { Look::Ahead };
        while tick(office, look).await? > 0 {}
        let now = office.outside.clock.now();
        let next = now.saturating_add(EVERY).unwrap_or(now);
        office.outside.clock.sleep_until(next).await;
    }
}

/// Members hear of waiting mails; a mail that waited out its time becomes a case.
fn waiting(office: &Office, txn: &Txn<'_>, now: Timestamp) -> Result<usize, StoreError> {
    let mut done = 0;
    for mail in txn.waited_out(now)? {
        match late::open_late(office, txn, mail.id, Source::WaitingRoom, now) {
            // A person looks; the mails behind it must not wait for that.
            Err(StoreError::Refused(_)) => {
                let why = Some("unreadable".to_owned());
                txn.settle(mail.id, FateWord::Parked, &Note { why, poison: true, ..Note::default() })?;
                let alarm = Alarm::MailParked { mail: mail.id };
                commit::alarm_once(office, txn, &format!("mail-parked-{}", mail.id), &alarm, now)?;
            }
            other => {
                other?;
            }
        }
        done += 1;
    }
    let untold = txn.untold_waiting(now)?;
    if !untold.is_empty() {
        let alert = Alert::Waiting { mails: untold.clone() };
        for member in office.policy.roster.active(now) {
            commit::house(office, txn, Effect::Alert { to: member.key.clone(), alert: alert.clone() }, now)?;
        }
        untold.iter().try_for_each(|mail| txn.told(*mail, now))?;
        done += 1;
    }
    Ok(done)
}

/// Letters of unknown outcome for which no proof came in time.
fn unasked(office: &Office, txn: &Txn<'_>, now: Timestamp) -> Result<Vec<EffectId>, StoreError> {
    let wait = SignedDuration::try_from(office.config.smtp.unknown_wait).unwrap_or(SignedDuration::MAX);
    let old = |row: &crate::store::EffectRow| {
        row.effect.when_unknown() == WhenUnknown::AskAMember
            && row.why.as_deref() != Some("asked")
            && row.started_at.is_none_or(|at| now.duration_since(at) >= wait)
    };
    Ok(txn.effects_in(EffectState::Unknown, 1_000)?.into_iter().filter(old).map(|row| row.id).collect())
}

fn asked(office: &Office, txn: &Txn<'_>, now: Timestamp) -> Result<usize, StoreError> {
    let rows = unasked(office, txn, now)?;
    for id in &rows {
        let row = txn.effect(*id)?;
        txn.end(*id, EffectState::Unknown, Some("asked"), now)?;
        if let Some(case) = row.case {
            let input = Input::Outcome { effect_id: *id, effect: row.effect, outcome: Outcome::Unknown };
            commit::input(office, txn, case, &input, now)?;
        }
    }
    Ok(rows.len())
}

/// No good poll for too long.
fn is_silent(office: &Office, txn: &Txn<'_>, now: Timestamp) -> Result<bool, StoreError> {
    let overdue = SignedDuration::try_from(office.config.ops.poll_overdue).unwrap_or(SignedDuration::MAX);
    let since = match txn.meta_instant("last-good-poll")? {
        Some(at) => at,
        None => txn.meta_instant("started")?.unwrap_or(now),
    };
    let raised =
        || -> Result<bool, StoreError> { Ok(txn.alarms()?.iter().any(|(word, _)| word == "mailbox-silent")) };
    Ok(now.duration_since(since) >= overdue && !raised()?)
}

fn silent(office: &Office, txn: &Txn<'_>, now: Timestamp) -> Result<usize, StoreError> {
    if !is_silent(office, txn, now)? {
        return Ok(0);
    }
    let alarm = Alarm::MailboxSilent { since: txn.meta_instant("last-good-poll")? };
    commit::alarm_once(office, txn, alarm.word(), &alarm, now)?;
    Ok(1)
}

/// The daily digest, on working days; with nothing to tell only on Mondays, as proof of life. After a long downtime
/// there is one, not many.
fn daily(office: &Office, txn: &Txn<'_>, now: Timestamp) -> Result<usize, StoreError> {
    let next = txn.meta_instant("digest-next")?;
    if next.is_some_and(|at| at > now) {
        return Ok(0);
    }
    let after = office.config.digest.cron.next_after(now).unwrap_or(now);
    txn.set_meta("digest-next", &after.to_string())?;
    if next.is_none() {
        return Ok(1);
    }
    let calendar = &office.policy.calendar;
    let today = now.to_zoned(calendar.zone.clone()).date();
    if !calendar.is_working_day(today) {
        return Ok(1);
    }
    let since = txn.meta_instant("digest-last")?;
    // Given to this one, so that neither a late reading nor a late digest makes it fall between two of them.
    txn.give_to_digest(now)?;
    let rows = txn.digest_rows(now, since.is_none().then_some(office.config.digest.history_days), now)?;
    if rows.is_empty() && today.weekday() != jiff::civil::Weekday::Monday {
        return Ok(1);
    }
    if since.is_none() {
        txn.set_meta("digest-first", &now.to_string())?;
    }
    txn.set_meta("digest-last", &now.to_string())?;
    for member in office.policy.roster.active(now) {
        commit::house(office, txn, Effect::Alert { to: member.key.clone(), alert: Alert::Digest }, now)?;
    }
    Ok(1)
}

/// Takes an order and leaves its answer.
fn take(office: &Office, txn: &Txn<'_>, row: &OrderRow, now: Timestamp) -> Result<(), StoreError> {
    let answer = match carry_out(office, txn, &row.order, now) {
        Ok(answer) => answer,
        Err(StoreError::Refused(why)) => format!("{REFUSED}{why}"),
        Err(StoreError::Absent(what)) => format!("{REFUSED}there is no {what}"),
        Err(fault) => return Err(fault),
    };
    tracing::info!(order = row.id, "order of an operator taken");
    txn.answer_order(row.id, &answer, now)
}

fn carry_out(office: &Office, txn: &Txn<'_>, order: &Order, now: Timestamp) -> Result<String, StoreError> {
    match order {
        Order::Case { case, act } => {
            commit::input(office, txn, *case, &Input::Act(act.clone()), now)?;
            Ok(format!("{case}: done"))
        }
        Order::OpenMail { mail } => {
            let case = late::open_late(office, txn, *mail, Source::Operator, now)?;
            Ok(format!("mail {mail} is now {case}"))
        }
        Order::DiscardMail { mail } => discard(txn, *mail),
        Order::ForgetKeys { case } => {
            let keys = txn.forget_keys(*case)?;
            txn.clear(&format!("other-key-{case}"))?;
            Ok(format!("{case}: {keys} forgotten; the next authenticated mail with a key pins it"))
        }
        Order::RetryMail { mail } => retry_mail(txn, *mail),
        Order::RetryEffect { effect } => retry_effect(txn, *effect, now),
        Order::CancelEffect { effect } => {
            let row = txn.effect(*effect)?;
            open_effect(row.state)?;
            txn.end(*effect, EffectState::Canceled, Some("an operator"), now)?;
            // What stood behind it may go.
            txn.touch_all();
            if let (Some(case), Effect::Letter { act: 1.., .. }) = (row.case, &row.effect) {
                let outcome = Outcome::Stopped { why: Stopped::Operator };
                let input = Input::Outcome { effect_id: *effect, effect: row.effect, outcome };
                commit::input(office, txn, case, &input, now)?;
            }
            Ok(format!("effect {effect} will not be done"))
        }
        Order::MarkSent { effect } => {
            commit::marked_sent(office, txn, *effect, now)?;
            Ok(format!("effect {effect} counts as sent"))
        }
        Order::Pause => {
            txn.set_meta("paused", "1")?;
            Ok("effects wait; mail is still taken in".to_owned())
        }
        Order::Resume => {
            txn.set_meta("paused", "0")?;
            txn.touch_all();
            Ok("effects are performed again".to_owned())
        }
    }
}

pub(super) fn discard(txn: &Txn<'_>, mail: MailId) -> Result<String, StoreError> {
    let row = txn.mail(mail)?;
    if !matches!(row.fate, FateWord::Waiting | FateWord::Parked) {
        return Err(StoreError::Refused(format!(
            "mail {mail} neither waits nor is parked ({})",
            row.fate.word()
        )));
    }
    let why = Some(commit::word(&Screened::CalledSpam)?);
    txn.settle(
        mail,
        FateWord::Screened,
        &Note { why, person: row.person, poison: row.read_attempts > 0, ..Note::default() },
    )?;
    Ok(format!("mail {mail} is set aside; its bytes are kept"))
}

fn retry_mail(txn: &Txn<'_>, mail: MailId) -> Result<String, StoreError> {
    let row = txn.mail(mail)?;
    if row.fate != FateWord::Parked {
        return Err(StoreError::Refused(format!("mail {mail} is not parked ({})", row.fate.word())));
    }
    txn.settle(mail, FateWord::Stored, &Note::default())?;
    Ok(format!("mail {mail} will be read again"))
}

fn retry_effect(txn: &Txn<'_>, effect: EffectId, now: Timestamp) -> Result<String, StoreError> {
    let row = txn.effect(effect)?;
    open_effect(row.state)?;
    let why = match (row.state, row.effect.when_unknown()) {
        (EffectState::Unknown, WhenUnknown::LookFirst) => "unknown:0",
        (_, _) => "ordered by an operator",
    };
    txn.again(effect, now, why)?;
    Ok(format!("effect {effect} is tried again"))
}

fn open_effect(state: EffectState) -> Result<(), StoreError> {
    match state {
        EffectState::Due | EffectState::Unknown | EffectState::Parked => Ok(()),
        EffectState::Sending => Err(StoreError::Refused("it is under way right now".to_owned())),
        EffectState::Done | EffectState::Canceled | EffectState::Shadowed => {
            Err(StoreError::Refused(format!("it is {} already", state.word())))
        }
    }
}
