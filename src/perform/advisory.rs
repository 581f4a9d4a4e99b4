//! The draft advisory in the public repository: brought to what its case says, looked at, made public.

use super::{Peers, PerformFault, Verdict};
use crate::case::Sha256;
use crate::office::Office;
use crate::store::{EffectRow, StoreError};

/// Makes the advisory, or brings it to what the case says now.
pub(super) async fn reconcile(
    _office: &Office,
    _peers: &Peers,
    _row: &EffectRow,
    _looks: Option<u32>,
) -> Result<Verdict, PerformFault> {
    Ok(Verdict::Parked { why: "advisory" })
}

/// Makes it public, if it still says what was approved.
pub(super) async fn publish(
    _office: &Office,
    _peers: &Peers,
    _row: &EffectRow,
    _text: &Sha256,
) -> Result<Verdict, PerformFault> {
    Ok(Verdict::Parked { why: "advisory" })
}

/// What it would say, for `mode = "shadow"`.
pub(super) fn page(_office: &Office, _row: &EffectRow) -> Result<String, StoreError> {
    Ok(String::new())
}
