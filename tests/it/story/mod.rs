//! Stories: each plays a piece of the runbook in the [`crate::world`], under the sentence that it keeps.

mod asked;
mod attack;
mod canary;
mod clocks;
pub mod command_desk;
pub mod commands;
mod commands_agreed;
mod commands_cases;
mod commands_doubt;
mod commands_letters;
pub mod comments;
mod faults;
mod floods;
mod held;
pub mod intake;
pub mod known;
mod mailbox;
mod mirror;
mod modes;
mod oauth;
pub mod post;
mod stop;
pub mod sweep;
pub mod thread;
mod thread_attack;
mod verified;
mod waiting;
