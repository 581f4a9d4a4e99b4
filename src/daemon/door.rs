//! What the doors on GitHub have in common: who writes there, as far as it is believed.

use crate::case::Address;
use crate::office::Office;

/// A login as GitHub allows them; anything else is left out of it.
pub(super) fn login(text: &str) -> String {
    text.chars().filter(|c| c.is_ascii_alphanumeric() || "-_[]".contains(*c)).take(60).collect()
}

/// The address that an account shows. One of a member or of ours is left out: nobody gets a right, and no letter is
/// sent, because an account claims such an address.
pub(super) fn address(office: &Office, shown: &str) -> Option<Address> {
    let address = Address::parse(shown)?;
    let of_ours = office.house.owns(&address) || office.policy.roster.by_address(&address).is_some();
    (!of_ours).then_some(address)
}
