//! Access tokens for the mail servers: one form POST (RFC 6749 sections 4.4 and 6), a cache, and the rotated refresh
//! token handed back so that it can be written down before the old one dies.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use reqwest::{Client, Url};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tokio::sync::Mutex;

use super::http::{self, SetupError};

/// A token is renewed so long before it ends.
const EARLY: SignedDuration = SignedDuration::from_secs(120);
/// Assumed life where the server does not say (RFC 6749 section 5.1 only recommends `expires_in`).
const ASSUMED_S: i64 = 600;

/// How tokens are asked for.
#[derive(Clone)]
pub enum Grant {
    /// RFC 6749 section 6.
    Refresh {
        /// The newest refresh token that we hold.
        token: SecretString,
    },
    /// RFC 6749 section 4.4: the client itself owns the mailbox.
    ClientCredentials,
}

/// The token server and what it knows us by.
pub struct OAuthAccount {
    /// `token_endpoint`; https, or http towards this machine.
    pub token_url: String,
    /// `client_id`.
    pub client_id: String,
    /// `client_secret`, where there is one.
    pub client_secret: Option<SecretString>,
    /// `scope`, where one is needed.
    pub scope: Option<String>,
    /// Which grant.
    pub grant: Grant,
    /// For a whole call.
    pub limit: Duration,
}

/// A token to log in with.
pub struct Granted {
    /// The bearer token.
    pub access: SecretString,
    /// A new refresh token: the caller must store it durably *before* it uses `access`.
    pub rotated: Option<SecretString>,
}

/// No token was to be had. Holds nothing of what was sent or answered but a status and an error code from a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OAuthError {
    /// `invalid_grant`: the refresh token was revoked or ran out; a person has to consent anew.
    #[error("the token server no longer takes our grant: consent is needed again")]
    Revoked,
    /// Another 4xx: the configuration does not fit.
    #[error("the token server refused us ({status})")]
    Refused {
        /// The HTTP status.
        status: u16,
    },
    /// Timeout, 5xx, 429, an answer that cannot be read: try again later.
    #[error("the token server gave no usable answer")]
    Unavailable,
}

/// Fetches and keeps one account's token.
pub struct Tokens {
    client: Client,
    url: Url,
    account: OAuthAccount,
    held: Mutex<Held>,
}

struct Held {
    access: Option<(SecretString, Timestamp)>,
    refresh: Option<SecretString>,
}

#[derive(Deserialize)]
struct Answer {
    access_token: String,
    expires_in: Option<i64>,
    refresh_token: Option<String>,
}

#[derive(Deserialize)]
struct Refusal {
    error: Option<String>,
}

impl Tokens {
    /// Checks the URL and builds the client.
    ///
    /// # Errors
    /// [`SetupError`].
    pub fn new(account: OAuthAccount) -> Result<Self, SetupError> {
        let url = http::allowed(&account.token_url)?;
        let refresh = match &account.grant {
            Grant::Refresh { token } => Some(token.clone()),
            Grant::ClientCredentials => None,
        };
        let client = http::client(account.limit)?;
        Ok(Self { client, url, account, held: Mutex::new(Held { access: None, refresh }) })
    }

    /// A token that lives for at least two minutes after `now`: the held one, else a new one. One call at a time
    /// asks the server; the others wait for its answer.
    ///
    /// # Errors
    /// [`OAuthError`].
    pub async fn token(&self, now: Timestamp) -> Result<Granted, OAuthError> {
        let mut held = self.held.lock().await;
        if let Some((access, end)) = &held.access
            && now.saturating_add(EARLY).is_ok_and(|soon| soon < *end)
        {
            return Ok(Granted { access: access.clone(), rotated: None });
        }
        let answer = self.ask(held.refresh.as_ref()).await?;
        let life = SignedDuration::from_secs(answer.expires_in.unwrap_or(ASSUMED_S).clamp(0, 86_400));
        let access = SecretString::from(answer.access_token);
        held.access = now.saturating_add(life).ok().map(|end| (access.clone(), end));
        let rotated = answer
            .refresh_token
            .map(SecretString::from)
            .filter(|new| held.refresh.as_ref().is_none_or(|old| old.expose_secret() != new.expose_secret()));
        if let Some(new) = &rotated {
            held.refresh = Some(new.clone());
        }
        Ok(Granted { access, rotated })
    }

    /// Forgets the held token, after a mail server refused it.
    pub async fn forget(&self) {
        self.held.lock().await.access = None;
    }

    async fn ask(&self, refresh: Option<&SecretString>) -> Result<Answer, OAuthError> {
        let mut form = vec![("client_id", self.account.client_id.as_str())];
        match (&self.account.grant, refresh) {
            (Grant::Refresh { .. }, Some(token)) => {
                form.push(("grant_type", "refresh_token"));
                form.push(("refresh_token", token.expose_secret()));
            }
            (Grant::Refresh { .. }, None) => return Err(OAuthError::Revoked),
            (Grant::ClientCredentials, _) => form.push(("grant_type", "client_credentials")),
        }
        if let Some(secret) = &self.account.client_secret {
            form.push(("client_secret", secret.expose_secret()));
        }
        if let Some(scope) = &self.account.scope {
            form.push(("scope", scope));
        }
        let sent = self.client.post(self.url.clone()).form(&form).send().await;
        let answer = sent.map_err(|_| OAuthError::Unavailable)?;
        let status = answer.status().as_u16();
        let body = http::body(answer).await.ok_or(OAuthError::Unavailable)?;
        match status {
            200..=299 => serde_json::from_slice(&body).map_err(|_| OAuthError::Unavailable),
            408 | 429 | 300..=399 | 500..=599 => Err(OAuthError::Unavailable),
            _ => {
                let why = serde_json::from_slice::<Refusal>(&body).ok().and_then(|refusal| refusal.error);
                let revoked = why.as_deref() == Some("invalid_grant");
                Err(if revoked { OAuthError::Revoked } else { OAuthError::Refused { status } })
            }
        }
    }
}
