//! Public Discord channels are told of what was published.

use super::{Peers, PerformFault, Verdict};
use crate::office::Office;
use crate::store::{EffectRow, StoreError};

pub(super) async fn discord(
    _office: &Office,
    _peers: &Peers,
    _row: &EffectRow,
    _channel: u8,
) -> Result<Verdict, PerformFault> {
    Ok(Verdict::Parked { why: "announce" })
}

/// What would be posted.
pub(super) fn words(_office: &Office, _row: &EffectRow) -> Result<String, StoreError> {
    Ok(String::new())
}
