//! The exercise: mail, GitHub and Discord stand-ins on loopback, the script, the score.
//!
//! The same servers carry the tests and `sir-intake practice`; they listen on 127.0.0.1 only, on free ports, and end when dropped.

pub mod board;
pub mod certificate;
pub mod discord;
pub mod hub;
pub mod imapd;
pub mod oauth;
pub mod sasl;
pub mod smtpd;
pub mod web;
