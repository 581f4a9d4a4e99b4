//! Stories: each plays a piece of the runbook in the [`crate::world`], under the sentence that it keeps.

mod intake;
mod modes;
mod oauth;
