//! What a report says, as facts: pure functions from words to values, each value with the words it came from.
//!
//! **Invariant:** no fact is more than a claim. Nothing here decides anything: facts fill a table that a member reads,
//! and tell which questions are still open. The score of a reporter's CVSS vector is computed, but always *claimed*.
//!
//! **Invariant:** total and linear. Any text gives facts; only the first [`TEXT_LIMIT`] bytes are looked at, every
//! pattern is bounded, and at most a few hundred matches of each are followed.

mod component;
mod section;
mod words;

pub use component::{component_names, sig_of};
pub use words::{EXCERPT_LIMIT, Found, TEXT_LIMIT};
