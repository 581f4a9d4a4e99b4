//! The exercise: mail, GitHub and Discord stand-ins on loopback, the script, the score.
//!
//! The same servers carry the tests and `sir-intake practice`; they listen on 127.0.0.1 only, on free ports, and end when dropped.

pub mod board;
pub mod certificate;
mod day;
pub mod diary;
pub mod discord;
mod folder;
pub mod hub;
pub mod imapd;
mod life;
pub mod loopback;
mod mails;
pub mod oauth;
mod play;
pub mod sasl;
pub mod score;
mod script;
pub mod smtpd;
mod watch;
pub mod web;
mod words;
pub mod zone;

pub use play::{Options, Play, play, play_on};
