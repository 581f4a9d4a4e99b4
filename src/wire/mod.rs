//! The network, one file a peer, no decisions: every call has a deadline, and no error holds mail text, a subject, an
//! address, a token or a URL. What an error prints is safe to log.
//!
//! **Invariant:** a call never reports more than the wire proves. Where a peer may have acted although we saw no answer,
//! the error says `Unknown`, and whoever called has to look before trying again.

pub mod discord;
pub mod dkim;
pub mod github;
pub mod heartbeat;
pub mod http;
pub mod imap;
pub mod names;
pub mod nvd;
pub mod oauth;
pub mod smtp;
pub mod tls;

use secrecy::SecretString;

/// How we prove to a mail server who we are.
#[derive(Clone)]
pub enum Login {
    /// IMAP `LOGIN` (RFC 9051 section 6.2.3), SMTP `AUTH PLAIN` or `AUTH LOGIN` (RFC 4954).
    Password {
        /// The account's name.
        user: String,
        /// Its password.
        secret: SecretString,
    },
    /// SASL `XOAUTH2` with an access token, which the caller renews (`oauth.rs`).
    XOAuth2 {
        /// The account's name, as a rule its address.
        user: String,
        /// A bearer token.
        token: SecretString,
    },
}

impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Password { .. } => "Login::Password",
            Self::XOAuth2 { .. } => "Login::XOAuth2",
        })
    }
}
