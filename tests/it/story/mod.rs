//! Stories: each plays a piece of the runbook in the [`crate::world`], under the sentence that it keeps.

mod attack;
mod canary;
mod clocks;
pub mod command_desk;
pub mod comments;
pub mod commands;
mod commands_cases;
mod commands_letters;
mod faults;
pub mod intake;
mod mailbox;
mod modes;
mod oauth;
pub mod post;
mod stop;
pub mod thread;
mod waiting;
