//! Public Discord channels are told of what was published: once, and nothing but what stands in the advisory.

use super::github::case_of;
use super::secrets::{self, Reader};
use super::{Peers, PerformFault, Verdict, links};
use crate::case::Case;
use crate::case::tracks::Cve;
use crate::office::Office;
use crate::render::advisory::{self, PostView, PublicText};
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
    let leaks = office
        .store
        .read(|txn| secrets::leaks_of(office, txn, &case, Reader::OfTheDisclosure, &words, &text.whole()))?;
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
    let severity = match (text.severity.as_str(), &case.tracks.assessment) {
        ("", Some(assessment)) => assessment.severity.to_string(),
        ("", None) => "not rated".to_owned(),
        (word, _) => word.to_owned(),
    };
    let assigned = match &case.tracks.cve {
        Cve::Assigned { id } => Some(id.to_string()),
        Cve::None | Cve::Requested { .. } | Cve::Refused | Cve::Unwanted => text.cve.clone(),
    };
    let view = PostView {
        id: assigned.unwrap_or_else(|| seen.ghsa.clone()),
        severity,
        summary: text.summary.clone(),
        fixed: text.fixed().map(str::to_owned),
        url: links::advisory_link(&office.config.github, &seen.repository, &seen.ghsa),
    };
    Ok(advisory::post(&view).map(|words| (text, words)))
}

/// What would be posted.
pub(super) fn words(office: &Office, row: &EffectRow) -> Result<String, StoreError> {
    let case = case_of(office, row)?;
    Ok(drawn(office, &case)?.map(|(_, words)| words).unwrap_or_default())
}
