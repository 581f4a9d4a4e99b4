//! Stories: each plays a piece of the runbook in the [`crate::world`], under the sentence that it keeps.

mod attack;
mod canary;
mod clocks;
mod faults;
pub mod intake;
pub mod known;
mod mailbox;
mod modes;
mod oauth;
pub mod post;
mod stop;
pub mod thread;
mod waiting;
