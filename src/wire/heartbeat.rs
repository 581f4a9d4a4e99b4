//! A GET of a secret URL after each good poll: whoever runs it rings when it stops.

use std::time::Duration;

use reqwest::{Client, Url};
use secrecy::{ExposeSecret, SecretString};

use super::http::{self, SetupError};

/// The watcher that expects our sign of life.
pub struct Heartbeat {
    client: Client,
    url: SecretString,
}

/// The beat was not taken. The URL is a secret and is not in here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HeartbeatError {
    /// No answer in time, or none at all.
    #[error("the heartbeat address cannot be reached")]
    Unreachable,
    /// An answer outside 200-299.
    #[error("the heartbeat address answered {0}")]
    Status(u16),
}

impl Heartbeat {
    /// Checks the URL (https, or http towards this machine) and builds the client; `limit` holds for the whole call.
    ///
    /// # Errors
    /// [`SetupError`].
    pub fn new(url: SecretString, limit: Duration) -> Result<Self, SetupError> {
        http::allowed(url.expose_secret())?;
        Ok(Self { client: http::client(limit)?, url })
    }

    /// One GET; any 2xx is good.
    ///
    /// # Errors
    /// [`HeartbeatError`].
    pub async fn beat(&self) -> Result<(), HeartbeatError> {
        let url = Url::parse(self.url.expose_secret()).map_err(|_| HeartbeatError::Unreachable)?;
        let answer = self.client.get(url).send().await.map_err(|_| HeartbeatError::Unreachable)?;
        let status = answer.status();
        if status.is_success() { Ok(()) } else { Err(HeartbeatError::Status(status.as_u16())) }
    }
}
