//! What people read: letters, alerts, the digest, issues and comments. Pure: keys, instants and ids are handed in.
//!
//! Two kinds of text meet here. *Ours* comes from templates, this folder and our own lists. *Theirs* comes from
//! mail and is hostile until shown otherwise: it reaches GitHub only inside a fence or a code span ([`fence`]), and
//! letters, alerts and Discord posts are rendered from types that cannot hold it.

pub mod advisory;
pub mod alert;
pub mod alert_view;
pub mod calendar_entry;
pub mod code;
pub mod comment;
pub mod digest;
mod door;
pub mod fence;
pub mod fold;
pub mod issue;
pub mod issue_view;
pub mod known;
pub mod leak;
pub mod letters;
pub mod marker;
pub mod news;
pub mod posted;
mod reminders;
pub mod runbook;
pub mod stuck;
pub mod talk;
pub mod transcript;
mod waits;
pub mod when;
