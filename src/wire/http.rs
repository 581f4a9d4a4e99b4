//! What the HTTP peers (Discord, OAuth, heartbeat, NVD) share: one client, its limits, and which URLs are allowed.

use std::net::IpAddr;
use std::time::Duration;

use reqwest::{Client, Url};

/// No answer of these peers that we read is longer (bytes).
pub const MAX_ANSWER: usize = 256 * 1024;

/// A URL that we will not fetch, or a client that could not be built; found at start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SetupError {
    /// Not a URL with a host.
    #[error("not a usable URL")]
    Url,
    /// `http:` towards another machine: it would carry a secret in clear.
    #[error("plain http is allowed towards this machine only")]
    PlainHttp,
    /// A token, key or header that cannot be used.
    #[error("the credential cannot be used")]
    Credential,
    /// The client could not be built (no roots, no TLS provider).
    #[error("the HTTP client cannot be built")]
    Client,
}

/// Reads a URL and refuses plain http except towards the loopback addresses and `localhost`.
///
/// # Errors
/// [`SetupError::Url`], [`SetupError::PlainHttp`].
pub fn allowed(url: &str) -> Result<Url, SetupError> {
    let url = Url::parse(url).map_err(|_| SetupError::Url)?;
    let host = url.host_str().ok_or(SetupError::Url)?;
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_loopback(host) => Ok(url),
        "http" => Err(SetupError::PlainHttp),
        _ => Err(SetupError::Url),
    }
}

/// One client: follows no redirect, takes no proxy from the environment, answers within `limit` as a whole.
///
/// # Errors
/// [`SetupError::Client`].
pub fn client(limit: Duration) -> Result<Client, SetupError> {
    builder(limit).build().map_err(|_| SetupError::Client)
}

/// As [`client`], before its last settings.
pub(super) fn builder(limit: Duration) -> reqwest::ClientBuilder {
    // reqwest panics without a process-wide provider; a second install is refused and harmless.
    let _already = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .user_agent(concat!("sir-intake/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .connect_timeout(limit)
        .timeout(limit)
}

/// At most [`MAX_ANSWER`] bytes of a body; `None` when it is longer or breaks off.
pub(super) async fn body(mut answer: reqwest::Response) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await.ok()? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > MAX_ANSWER {
            return None;
        }
    }
    Some(bytes)
}

/// The seconds of a `Retry-After` header (RFC 9110 section 10.2.3, the number form), at most a day.
pub(super) fn retry_after(headers: &::http::HeaderMap) -> Option<Duration> {
    let seconds: f64 = headers.get("retry-after")?.to_str().ok()?.trim().parse().ok()?;
    seconds_of(seconds)
}

/// A wait of so many seconds, at most a day; `None` for what is no wait.
pub(super) fn seconds_of(seconds: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(seconds.min(86_400.0)).ok()
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn plain_http_only_towards_this_machine() {
        for good in ["https://api.example", "http://127.0.0.1:8080", "http://[::1]:1/x", "http://localhost:9"]
        {
            assert!(allowed(good).is_ok(), "{good}");
        }
        for bad in
            ["http://api.example", "http://10.0.0.1", "http://localhost.example", "http://127.0.0.1.example"]
        {
            assert_eq!(allowed(bad), Err(SetupError::PlainHttp), "{bad}");
        }
        for bad in ["ftp://api.example", "nonsense", "file:///etc/passwd", "data:x"] {
            assert_eq!(allowed(bad), Err(SetupError::Url), "{bad}");
        }
    }
}
