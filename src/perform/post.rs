//! Posts to the team's Discord channel: a mirror of the alerts, never the only way.

use super::{Peers, PerformFault, Verdict, views};
use crate::case::{Alarm, Alert};
use crate::office::Office;
use crate::render::alert;
use crate::store::{EffectRow, StoreError};
use crate::wire::discord::DiscordError;

pub(super) async fn discord(
    office: &Office,
    peers: &Peers,
    row: &EffectRow,
    alert: &Alert,
) -> Result<Verdict, PerformFault> {
    let Some(discord) = &peers.discord else {
        return Ok(Verdict::Canceled { why: "no Discord is configured" });
    };
    let words = words(office, row, alert)?;
    Ok(match discord.post(&words).await {
        Ok(_) => Verdict::done(),
        Err(DiscordError::RateLimited { wait }) => {
            Verdict::Again { after: Some(wait), why: "discord-asks-to-wait", alarm: None }
        }
        Err(DiscordError::Revoked { .. }) => {
            Verdict::Again { after: None, why: "discord-revoked", alarm: Some(Alarm::DiscordRevoked) }
        }
        Err(DiscordError::Unreachable | DiscordError::Unknown) => Verdict::again("discord-unreachable"),
        Err(DiscordError::Refused { .. } | DiscordError::Unfit) => {
            Verdict::Parked { why: "discord-refused-it" }
        }
    })
}

/// What would be posted.
pub(super) fn words(office: &Office, row: &EffectRow, alert: &Alert) -> Result<String, StoreError> {
    let now = office.outside.clock.now();
    let view = office.store.read(|txn| {
        let case = row.case.map(|case| txn.case(case)).transpose()?;
        views::alert(office, txn, case.as_ref(), alert, None, now)
    })?;
    Ok(alert::discord(&view))
}
