//! A Discord webhook: one POST a message, no mention ever rings, no link is unfolded.
//!
//! Discord knows no idempotency key, so a message is sent at least once (`Execute Webhook`, API v10).

use std::time::Duration;

use reqwest::{Client, Url};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;

use super::http::{self, SetupError};

/// Discord takes no longer `content` (characters).
pub const MAX_CONTENT: usize = 2000;

/// `SUPPRESS_EMBEDS`: a link in the message is not fetched for a preview.
const SUPPRESS_EMBEDS: u32 = 4;

/// One webhook; its URL is its secret.
pub struct Discord {
    client: Client,
    url: SecretString,
}

/// The message was not taken, as far as we know. Holds neither the URL nor the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DiscordError {
    /// Over the rate limit: wait so long.
    #[error("Discord asks to wait {} s", .wait.as_secs())]
    RateLimited {
        /// From the reply's `retry_after`, else its header, else 5 s.
        wait: Duration,
    },
    /// 401 or 404: the webhook was deleted. Alerts need another way.
    #[error("the Discord webhook was revoked ({status})")]
    Revoked {
        /// The HTTP status.
        status: u16,
    },
    /// Another 4xx: the same message will not be taken later either.
    #[error("Discord refused the message ({status})")]
    Refused {
        /// The HTTP status.
        status: u16,
    },
    /// Longer than [`MAX_CONTENT`] or empty: not sent.
    #[error("the message is empty or too long for Discord")]
    Unfit,
    /// No connection was made: certainly not sent.
    #[error("Discord cannot be reached")]
    Unreachable,
    /// Timeout, reset, 5xx: it may have been posted.
    #[error("no answer from Discord")]
    Unknown,
}

#[derive(Deserialize)]
struct Posted {
    id: Option<String>,
}

#[derive(Deserialize)]
struct Slow {
    retry_after: Option<f64>,
}

impl Discord {
    /// Checks the URL (https, or http towards this machine) and builds the client; `limit` holds for the whole call.
    ///
    /// # Errors
    /// [`SetupError`].
    pub fn new(url: SecretString, limit: Duration) -> Result<Self, SetupError> {
        http::allowed(url.expose_secret())?;
        Ok(Self { client: http::client(limit)?, url })
    }

    /// Asks for the webhook itself (`Get Webhook with Token`); nothing is posted.
    ///
    /// # Errors
    /// [`DiscordError`].
    pub async fn look(&self) -> Result<(), DiscordError> {
        let url = Url::parse(self.url.expose_secret()).map_err(|_| DiscordError::Unreachable)?;
        let answer = self.client.get(url).send().await.map_err(|_| DiscordError::Unreachable)?;
        match answer.status().as_u16() {
            200..=299 => Ok(()),
            status @ (401 | 404) => Err(DiscordError::Revoked { status }),
            status @ 400..=499 => Err(DiscordError::Refused { status }),
            _ => Err(DiscordError::Unknown),
        }
    }

    /// Posts a message and waits until it is stored; the answer is its id, where Discord names one.
    ///
    /// # Errors
    /// [`DiscordError`].
    pub async fn post(&self, content: &str) -> Result<Option<String>, DiscordError> {
        if content.trim().is_empty() || content.chars().count() > MAX_CONTENT {
            return Err(DiscordError::Unfit);
        }
        let mut url = Url::parse(self.url.expose_secret()).map_err(|_| DiscordError::Unreachable)?;
        url.query_pairs_mut().append_pair("wait", "true");
        let message =
            json!({ "content": content, "allowed_mentions": { "parse": [] }, "flags": SUPPRESS_EMBEDS });
        let answer = self.client.post(url).json(&message).send().await.map_err(|error| {
            if error.is_connect() { DiscordError::Unreachable } else { DiscordError::Unknown }
        })?;
        let status = answer.status().as_u16();
        let told = http::retry_after(answer.headers());
        let body = http::body(answer).await;
        match status {
            200..=299 => Ok(posted_id(body.as_deref())),
            429 => {
                let slow = body.as_deref().and_then(|bytes| serde_json::from_slice::<Slow>(bytes).ok());
                let wait = slow.and_then(|slow| slow.retry_after).and_then(http::seconds_of).or(told);
                Err(DiscordError::RateLimited { wait: wait.unwrap_or(Duration::from_secs(5)) })
            }
            401 | 404 => Err(DiscordError::Revoked { status }),
            408 | 500..=599 => Err(DiscordError::Unknown),
            _ => Err(DiscordError::Refused { status }),
        }
    }
}

/// A 2xx status proves that it was posted, whatever became of the body.
fn posted_id(body: Option<&[u8]>) -> Option<String> {
    serde_json::from_slice::<Posted>(body?).ok()?.id
}
