//! Emptying the outbox: each lane at its own pace, in order within a case, never waiting for another lane.

use std::sync::Arc;

use futures_util::future::{BoxFuture, FutureExt};
use futures_util::stream::{FuturesUnordered, StreamExt};
use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

use super::{Fault, backoff, commit};
use crate::case::decide::{Input, Outcome};
use crate::case::{Alarm, Effect, Lane, WhenUnknown};
use crate::config::Mode;
use crate::office::Office;
use crate::perform::{self, Peers, Verdict};
use crate::store::{self, EffectRow, EffectState, StoreError, Txn};

/// So many tries in vain, and people are told that the mail server is away.
const PATIENCE: u32 = 3;
/// The mark in `effect.why` that an outcome is unknown, with the looks so far: `unknown:2`.
const UNKNOWN: &str = "unknown:";

/// After a start nobody knows what became of effects that had begun: each goes by its rule.
pub(super) async fn recover(office: &Arc<Office>) -> Result<(), Fault> {
    let now = office.outside.clock.now();
    let office_in = Arc::clone(office);
    office
        .store
        .write("recover", move |txn| {
            for row in txn.effects_in(EffectState::Sending, u32::MAX)? {
                forgotten(&office_in, txn, &row, now)?;
            }
            for row in txn.effects_in(EffectState::Unknown, u32::MAX)? {
                if row.effect.when_unknown() != WhenUnknown::AskAMember {
                    forgotten(&office_in, txn, &row, now)?;
                }
            }
            Ok(())
        })
        .await?;
    Ok(())
}

fn forgotten(office: &Office, txn: &Txn<'_>, row: &EffectRow, now: Timestamp) -> Result<(), StoreError> {
    match row.effect.when_unknown() {
        WhenUnknown::Repeat => txn.again(row.id, now, "begun before a restart"),
        WhenUnknown::LookFirst => txn.again(row.id, now, &format!("{UNKNOWN}0")),
        WhenUnknown::AskAMember => unknown(office, txn, row, now),
    }
}

/// A letter of unknown outcome: nobody tries again; proof is waited for, then a member is asked ([`super::ticks`]). The
/// proof may be quicker than the server's silence is long.
fn unknown(office: &Office, txn: &Txn<'_>, row: &EffectRow, now: Timestamp) -> Result<(), StoreError> {
    txn.end(row.id, EffectState::Unknown, Some("no reply was seen"), now)?;
    match &row.message_id {
        Some(id) if txn.came_back(id)? => commit::proven_sent(office, txn, row.id, now),
        Some(_) | None => Ok(()),
    }
}

/// Performs everything that is due now, lane by lane. Returns how many effects were begun.
pub(super) async fn drain(office: &Arc<Office>, peers: &Arc<Peers>) -> Result<usize, Fault> {
    let mut begun = 0;
    for lane in Lane::ALL {
        let mut crew = Crew::new(office, peers, lane);
        loop {
            begun += crew.turn(Begin::More).await?;
            if crew.is_idle() {
                break;
            }
            crew.hear().await?;
        }
    }
    Ok(begun)
}

/// All lanes, for ever.
/// Once told to stop it begins nothing more and ends when what is under way has ended: a letter that is cut off would be
/// of unknown outcome.
pub(super) async fn keep_emptying(
    office: &Arc<Office>,
    peers: &Arc<Peers>,
    stop: &CancellationToken,
) -> Result<(), Fault> {
    let [github, letters, advisory, members, discord] = Lane::ALL;
    let ((), (), (), (), ()) = tokio::try_join!(
        keep_lane(office, peers, github, stop),
        keep_lane(office, peers, letters, stop),
        keep_lane(office, peers, advisory, stop),
        keep_lane(office, peers, members, stop),
        keep_lane(office, peers, discord, stop),
    )?;
    Ok(())
}

/// A reports repository that is not what it should be is told at the start, not by the first report.
async fn first_look(office: &Arc<Office>, peers: &Peers) -> Result<(), Fault> {
    if office.config.mode == Mode::Shadow {
        return Ok(());
    }
    if let Some(alarm) = perform::look_at_repository(office, peers).await {
        let now = office.outside.clock.now();
        let office_in = Arc::clone(office);
        office
            .store
            .write("repository", move |txn| commit::alarm_once(&office_in, txn, alarm.word(), &alarm, now))
            .await?;
    }
    Ok(())
}

async fn keep_lane(
    office: &Arc<Office>,
    peers: &Arc<Peers>,
    lane: Lane,
    stop: &CancellationToken,
) -> Result<(), Fault> {
    if lane == Lane::Github {
        first_look(office, peers).await?;
    }
    let mut crew = Crew::new(office, peers, lane);
    loop {
        let begin = if stop.is_cancelled() { Begin::Nothing } else { Begin::More };
        crew.turn(begin).await?;
        match begin {
            Begin::Nothing if crew.is_idle() => return Ok(()),
            Begin::Nothing => crew.hear().await?,
            Begin::More if crew.is_full() => crew.hear().await?,
            Begin::More => crew.hear_or_wake(stop).await?,
        }
    }
}

/// Whether a turn may begin something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Begin {
    More,
    Nothing,
}

/// An effect and how it went, not written yet.
struct Ended {
    row: EffectRow,
    verdict: Verdict,
}

/// One lane at work.
struct Crew<'a> {
    office: &'a Arc<Office>,
    peers: &'a Arc<Peers>,
    lane: Lane,
    under_way: FuturesUnordered<BoxFuture<'a, Result<Ended, Fault>>>,
    ended: Vec<Ended>,
}

impl<'a> Crew<'a> {
    fn new(office: &'a Arc<Office>, peers: &'a Arc<Peers>, lane: Lane) -> Self {
        Self { office, peers, lane, under_way: FuturesUnordered::new(), ended: Vec::new() }
    }

    fn is_idle(&self) -> bool {
        self.under_way.is_empty() && self.ended.is_empty()
    }

    /// How many more effects may be under way: a letter for each connection, but GitHub and Discord take one call after the
    /// other.
    fn free(&self) -> u32 {
        let limit = match self.lane {
            Lane::Letters | Lane::Members => self.office.config.smtp.pool,
            Lane::Github | Lane::Advisory | Lane::Discord => 1,
        };
        limit.saturating_sub(u32::try_from(self.under_way.len()).unwrap_or(limit))
    }

    fn is_full(&self) -> bool {
        self.free() == 0
    }

    /// One transaction: how the last effects went, and which begin now. Those stand as `sending`, durably, before the
    /// first word to a peer: whoever finds them so after a crash knows that they may have happened. Returns how many
    /// were begun.
    async fn turn(&mut self, begin: Begin) -> Result<usize, Fault> {
        let ended = std::mem::take(&mut self.ended);
        let label = if ended.is_empty() { "sending" } else { "outcome" };
        let (lane, free) = (self.lane, if begin == Begin::More { self.free() } else { 0 });
        let now = self.office.outside.clock.now();
        let office = Arc::clone(self.office);
        let rows = self
            .office
            .store
            .write(label, move |txn| {
                ended
                    .iter()
                    .try_for_each(|Ended { row, verdict }| conclude(&office, txn, row, verdict, now))?;
                if free == 0 || txn.is_paused()? {
                    return Ok(Vec::new());
                }
                let rows = txn.performable(lane, now, free)?;
                if office.config.mode != Mode::Shadow {
                    rows.iter().try_for_each(|row| txn.begin(row.id, now))?;
                }
                Ok(rows)
            })
            .await?;
        let count = rows.len();
        for row in rows {
            if self.office.config.mode == Mode::Shadow {
                shadow(self.office, row).await?;
            } else {
                self.under_way.push(Box::pin(one(self.office, self.peers, row)));
            }
        }
        Ok(count)
    }

    /// Waits for an effect to end, and takes with it all that ended meanwhile.
    async fn hear(&mut self) -> Result<(), Fault> {
        let mut next = self.under_way.next().await;
        while let Some(ended) = next {
            self.ended.push(ended?);
            next = self.under_way.next().now_or_never().flatten();
        }
        Ok(())
    }

    /// The same, or until the lane has something new to do, or is to stop.
    async fn hear_or_wake(&mut self, stop: &CancellationToken) -> Result<(), Fault> {
        let (office, lane) = (self.office, self.lane);
        let bell = office.store.lanes().bell(lane).notified();
        let now = office.outside.clock.now();
        let next = office.store.read(|txn| txn.next_effect(lane, now))?;
        let due = async {
            match next {
                Some(at) => office.outside.clock.sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        let nothing_under_way = self.under_way.is_empty();
        tokio::select! {
            heard = self.hear(), if !nothing_under_way => heard,
            () = bell => Ok(()),
            () = due => Ok(()),
            () = stop.cancelled() => Ok(()),
        }
    }
}

async fn one(office: &Arc<Office>, peers: &Arc<Peers>, mut row: EffectRow) -> Result<Ended, Fault> {
    row.tries += 1;
    let looks = row.why.as_deref().and_then(|why| why.strip_prefix(UNKNOWN)).and_then(|n| n.parse().ok());
    let verdict = perform::perform(office, peers, &row, looks).await?;
    Ok(Ended { row, verdict })
}

/// Writes how an effect went, and what follows for its case.
fn conclude(
    office: &Office,
    txn: &Txn<'_>,
    row: &EffectRow,
    verdict: &Verdict,
    now: Timestamp,
) -> Result<(), StoreError> {
    let id = row.id;
    match verdict {
        Verdict::Done { outcome } => {
            txn.end(id, EffectState::Done, None, now)?;
            cleared(row, txn)?;
            tracing::info!(effect = row.effect.word(), id = %id, case = row.case.map(tracing::field::display), "done");
            tell_case(office, txn, row, outcome.clone(), now)
        }
        Verdict::Answered { comment } => {
            txn.end(id, EffectState::Done, None, now)?;
            cleared(row, txn)?;
            tracing::info!(effect = row.effect.word(), id = %id, case = row.case.map(tracing::field::display), "done");
            row.case.map_or(Ok(()), |case| txn.note_answer(case, *comment))
        }
        Verdict::Again { after, why, alarm } => {
            // A server that is away for a moment is no news; a refusal of our credentials is.
            if let Some(alarm) = alarm
                && (row.tries >= PATIENCE || *alarm != Alarm::SmtpDown)
            {
                commit::alarm_once(office, txn, alarm.word(), alarm, now)?;
            }
            let outbox = &office.config.outbox;
            if is_tired(office, row, now) {
                return park(office, txn, row, why, now);
            }
            let (first, cap) = match row.effect.lane() {
                Lane::Github | Lane::Advisory => {
                    (office.config.github.backoff_first, office.config.github.backoff_cap)
                }
                Lane::Letters | Lane::Members | Lane::Discord => (outbox.retry_first, outbox.retry_cap),
            };
            let wait = after
                .unwrap_or_else(|| backoff::after(first, cap, row.tries.saturating_sub(1), &office.outside));
            tracing::warn!(effect = row.effect.word(), id = %id, why, wait_s = wait.as_secs(), "not done, later again");
            // A refusal now says nothing about an earlier try of unknown outcome: it is looked for again.
            let mark = row.why.as_deref().filter(|why| why.starts_with(UNKNOWN));
            txn.again(id, now.saturating_add(wait).unwrap_or(now), mark.unwrap_or(why))
        }
        Verdict::Look { .. } if is_tired(office, row, now) => park(office, txn, row, "outcome-unknown", now),
        Verdict::Look { looks } => {
            let wait = office.config.github.look_wait;
            tracing::warn!(effect = row.effect.word(), id = %id, looks, "outcome unknown: it is looked for");
            txn.again(id, now.saturating_add(wait).unwrap_or(now), &format!("{UNKNOWN}{looks}"))
        }
        Verdict::Unknown => unknown(office, txn, row, now),
        Verdict::Parked { why } => park(office, txn, row, why, now),
        Verdict::Leaks { leaks } => {
            if let Some(case) = row.case {
                super::leaks::tell(office, txn, (case, row.effect.word()), leaks, now)?;
            }
            park(office, txn, row, "leak", now)
        }
        Verdict::Canceled { why } => txn.end(id, EffectState::Canceled, Some(why), now),
        Verdict::Stopped { why } => {
            txn.end(id, EffectState::Canceled, Some(&commit::word(why)?), now)?;
            txn.touch_all();
            tell_case(office, txn, row, Outcome::Stopped { why: *why }, now)
        }
    }
}

/// It was tried, or looked for, long enough.
fn is_tired(office: &Office, row: &EffectRow, now: Timestamp) -> bool {
    let most = SignedDuration::try_from(office.config.outbox.give_up).unwrap_or(SignedDuration::MAX);
    now.duration_since(row.planned_at) >= most
}

/// A peer that works again ends its alarms.
fn cleared(row: &EffectRow, txn: &Txn<'_>) -> Result<(), StoreError> {
    let alarms: &[Alarm] = match row.effect.lane() {
        Lane::Github => &[Alarm::GithubRefused, Alarm::RepositoryRefused, Alarm::RepositoryPublic],
        Lane::Advisory => &[Alarm::GithubRefused],
        Lane::Letters | Lane::Members => &[Alarm::SmtpDown],
        // A public channel says nothing of the team's own.
        Lane::Discord if matches!(row.effect, Effect::Announce { .. }) => &[],
        Lane::Discord => &[Alarm::DiscordRevoked],
    };
    alarms.iter().try_for_each(|alarm| txn.clear(alarm.word()).map(|_| ()))
}

fn park(
    office: &Office,
    txn: &Txn<'_>,
    row: &EffectRow,
    why: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    tracing::error!(effect = row.effect.word(), id = %row.id, why, "parked: a person must look");
    txn.end(row.id, EffectState::Parked, Some(why), now)?;
    if row.case.is_none() && !matches!(row.effect, Effect::Alert { .. } | Effect::Post { .. }) {
        let alarm = Alarm::EffectParked { effect: row.id };
        commit::alarm_once(office, txn, &format!("effect-parked-{}", row.id), &alarm, now)?;
    }
    tell_case(office, txn, row, Outcome::Parked, now)
}

fn tell_case(
    office: &Office,
    txn: &Txn<'_>,
    row: &EffectRow,
    outcome: Outcome,
    now: Timestamp,
) -> Result<(), StoreError> {
    match row.case {
        Some(case) => {
            let input = Input::Outcome { effect_id: row.id, effect: row.effect.clone(), outcome };
            commit::input(office, txn, case, &input, now)
        }
        None => Ok(()),
    }
}

/// `mode = "shadow"`: the effect becomes a file and is never performed, also not later.
async fn shadow(office: &Arc<Office>, row: EffectRow) -> Result<(), Fault> {
    let (name, bytes) = perform::would_send(office, &row)?;
    let dir = &office.config.would_send_dir;
    let fault =
        |source| StoreError::File { what: "cannot write into", path: dir.display().to_string(), source };
    store::private_dir(dir).map_err(fault)?;
    std::fs::write(dir.join(name), bytes).map_err(fault)?;
    let now = office.outside.clock.now();
    office.store.write("outcome", move |txn| txn.end(row.id, EffectState::Shadowed, None, now)).await?;
    Ok(())
}
