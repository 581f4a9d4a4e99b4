//! Stories: each plays a piece of the runbook in the [`crate::world`], under the sentence that it keeps.

mod attack;
mod canary;
mod clocks;
pub mod command_desk;
pub mod commands;
mod commands_cases;
mod commands_letters;
pub mod comments;
mod faults;
pub mod intake;
pub mod known;
mod known_cases;
mod mailbox;
mod mirror;
mod modes;
mod oauth;
pub mod post;
mod stop;
pub mod sweep;
pub mod thread;
mod waiting;
