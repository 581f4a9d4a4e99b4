//! `outbox`: what is still to be done in the world, and what an operator decides about it.

use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::arguments::Outbox;
use super::out::{Out, table};
use super::{OK, Stop, house, order};
use crate::case::Effect;
use crate::case::order::Order;
use crate::config::Config;
use crate::render::{stuck, when};
use crate::store::{EffectRow, EffectState};

/// Most effects a list shows.
const MOST: u32 = 1_000;

pub(super) async fn outbox(what: Outbox, config: Config, out: &Out) -> Result<u8, Stop> {
    match what {
        Outbox::List { all } => list(all, &config, out),
        Outbox::Retry { effect } => order::one(Order::RetryEffect { effect }, config, out).await,
        Outbox::Cancel { effect } => order::one(Order::CancelEffect { effect }, config, out).await,
        Outbox::MarkSent { effect } => order::one(Order::MarkSent { effect }, config, out).await,
    }
}

/// To whom, where that is a person; a reporter is not named.
fn to(row: &EffectRow) -> Option<String> {
    match &row.effect {
        Effect::Alert { to, .. } | Effect::Transcript { to, .. } => Some(to.to_string()),
        Effect::Letter { .. } => Some("reporter".to_owned()),
        Effect::OpenIssue
        | Effect::UpdateIssue
        | Effect::Comment { .. }
        | Effect::Answer
        | Effect::Post { .. }
        | Effect::Advisory
        | Effect::Publish { .. }
        | Effect::Announce { .. }
        | Effect::TellPoster
        | Effect::TakeDown { .. } => None,
    }
}

pub(super) fn effect_json(row: &EffectRow) -> Value {
    json!({
        "id": row.id, "op": row.op, "case": row.case, "lane": row.effect.lane().word(), "effect": row.effect.word(),
        "detail": row.effect, "state": row.state.word(), "tries": row.tries, "why": row.why,
        "planned_at": row.planned_at, "due_at": row.not_before, "started_at": row.started_at,
        "message_id": row.message_id,
    })
}

pub(super) const EFFECT_HEAD: [&str; 9] =
    ["effect", "case", "lane", "what", "to", "state", "tries", "due", "why"];

pub(super) fn effect_row(row: &EffectRow, zone: &TimeZone) -> Vec<String> {
    let due = match row.state {
        EffectState::Due | EffectState::Sending => when::medium(row.not_before, zone),
        EffectState::Done
        | EffectState::Unknown
        | EffectState::Parked
        | EffectState::Canceled
        | EffectState::Shadowed => "-".to_owned(),
    };
    vec![
        row.id.to_string(),
        row.case.map_or_else(|| "-".to_owned(), |case| case.to_string()),
        row.effect.lane().word().to_owned(),
        row.effect.word().to_owned(),
        to(row).unwrap_or_else(|| "-".to_owned()),
        row.state.word().to_owned(),
        row.tries.to_string(),
        due,
        row.why.as_deref().map(stuck::why).unwrap_or_default().into_owned(),
    ]
}

fn list(all: bool, config: &Config, out: &Out) -> Result<u8, Stop> {
    let effects = house::window(config)?.read(|txn| txn.outbox(all, MOST))?;
    out.either(&Value::Array(effects.iter().map(effect_json).collect()), || {
        if effects.is_empty() {
            return "nothing is to be done".to_owned();
        }
        let zone = &config.team.calendar.zone;
        let rows: Vec<Vec<String>> = effects.iter().map(|row| effect_row(row, zone)).collect();
        table(&EFFECT_HEAD, &rows)
    });
    Ok(OK)
}
