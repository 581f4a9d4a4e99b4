//! Public Discord channels are told of what was published: once, and nothing but what stands in the advisory.

use super::github::case_of;
use super::secrets::{self, Reader};
use super::{Peers, PerformFault, Verdict, way};
use crate::case::Case;
use crate::office::Office;
use crate::render::advisory::PublicText;
use crate::render::letters::ToPublic;
use crate::store::{EffectRow, StoreError};
use crate::wire::discord::DiscordError;

pub(super) async fn discord(
    office: &Office,
    peers: &Peers,
    row: &EffectRow,
    channel: u8,
) -> Result<Verdict, PerformFault> {
    let Some(discord) = peers.channels.get(usize::from(channel)) else {
        return Ok(Verdict::Canceled { why: "no such channel is configured" });
    };
    let case = case_of(office, row)?;
    let Some((text, words)) = drawn(office, &case)? else {
        return Ok(Verdict::Parked { why: "not-public" });
    };
    let leaks = office.store.read(|txn| {
        let said = text.whole() + &secrets::told_before(office, txn, &case)?;
        secrets::leaks_of(office, txn, &case, Reader::OfTheDisclosure, &words, &said)
    })?;
    if !leaks.is_empty() {
        return Ok(Verdict::Leaks { leaks });
    }
    Ok(match discord.post(&words).await {
        Ok(_) => Verdict::done(),
        Err(DiscordError::RateLimited { wait }) => {
            Verdict::Again { after: Some(wait), why: "discord-asks-to-wait", alarm: None }
        }
        Err(DiscordError::Unreachable) => Verdict::again("discord-unreachable"),
        Err(DiscordError::Unknown) => Verdict::Unknown,
        Err(DiscordError::Revoked { .. }) => Verdict::Parked { why: "discord-revoked" },
        Err(DiscordError::Refused { .. } | DiscordError::Unfit) => {
            Verdict::Parked { why: "discord-refused-it" }
        }
    })
}

/// The text that is public and the post about it; none while it is not.
fn drawn(office: &Office, case: &Case) -> Result<Option<(PublicText, String)>, StoreError> {
    let Some(seen) = case.tracks.advisory.as_ref().filter(|seen| seen.is_public()) else { return Ok(None) };
    let text = office.store.read(|txn| secrets::approved_text(txn, case, &seen.text))?;
    let Some(text) = text else { return Ok(None) };
    let parts = way::taken_apart(office, case, &text);
    let line = office.letters.public(&way::public_desk(office), &ToPublic::Line(&parts)).ok();
    Ok(line.map(|line| (text, line.body)))
}

/// What would be posted.
pub(super) fn words(office: &Office, row: &EffectRow) -> Result<String, StoreError> {
    let case = case_of(office, row)?;
    Ok(drawn(office, &case)?.map(|(_, words)| words).unwrap_or_default())
}
