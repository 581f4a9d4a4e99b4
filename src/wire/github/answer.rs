//! What an answer of GitHub means: done, refused, wait, or nobody knows.

use std::time::Duration;

use ::http::{HeaderMap, Response, StatusCode};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Limited};
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::wire::http::retry_after;

/// A page of 100 issues with bodies of 262,144 bytes is 26 MB; more is not read.
const MAX_BODY: usize = 32 * 1024 * 1024;

/// octocrab's reply, before anybody has judged it.
pub(super) type Raw = Response<BoxBody<hyper::body::Bytes, octocrab::Error>>;

/// How long GitHub wants us to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// `Retry-After`.
    For(Duration),
    /// `X-RateLimit-Reset`: the primary limit is used up until then.
    Until(Timestamp),
    /// A secondary limit that names no time: at least 60 s, doubling.
    Unsaid,
}

/// What a call did not do, or may have done. Holds nothing of what was sent or answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GithubError {
    /// Certainly not done, and not by trying again. 404 also stands for a missing permission.
    #[error("GitHub refused ({status})")]
    Refused {
        /// The HTTP status, 400-499.
        status: u16,
        /// `X-Accepted-GitHub-Permissions`: what would have been needed.
        needs: Option<String>,
    },
    /// Certainly not done: too many calls.
    #[error("GitHub's rate limit is reached")]
    RateLimited {
        /// How long to wait.
        wait: Wait,
    },
    /// Certainly not done: no connection, or no token. Try again later.
    #[error("GitHub cannot be reached")]
    NotDone,
    /// Timeout, reset, 5xx, a body cut short or not understood: it may have been done. Look before trying again.
    #[error("no usable answer from GitHub: it may have been done")]
    Unknown,
    /// A redirect: the repository was renamed or moved. Nothing is written until a person has looked.
    #[error("the repository has moved")]
    Moved,
    /// Another repository answers to the id.
    #[error("GitHub shows another repository than the configured one")]
    OtherRepository,
    /// The reports repository can be read by the public: nothing is written.
    #[error("the reports repository is not private")]
    NotPrivate,
    /// The reports repository is read-only.
    #[error("the reports repository is archived")]
    Archived,
    /// The reports repository has no issues.
    #[error("the reports repository has its issues switched off")]
    IssuesOff,
    /// It was written, and reads back otherwise than we wrote it (GitHub keeps an old body silently, or drops labels).
    #[error("GitHub kept something else than was written")]
    NotKept,
}

impl GithubError {
    /// Whether it says nothing of what was asked: GitHub was not reached, or wants to be left alone for a while.
    pub fn is_put_off(&self) -> bool {
        match self {
            Self::RateLimited { .. } | Self::NotDone => true,
            Self::Refused { .. }
            | Self::Unknown
            | Self::Moved
            | Self::OtherRepository
            | Self::NotPrivate
            | Self::Archived
            | Self::IssuesOff
            | Self::NotKept => false,
        }
    }
}

/// A 2xx answer, read to its end.
pub(super) struct Answer {
    pub(super) headers: HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    /// Reads the body and sorts the status.
    pub(super) async fn of(raw: Raw) -> Result<Self, GithubError> {
        let (parts, body) = raw.into_parts();
        let bytes = Limited::new(body, MAX_BODY).collect().await.map(|whole| whole.to_bytes().to_vec());
        if parts.status.is_success() {
            let body = bytes.map_err(|_| GithubError::Unknown)?;
            return Ok(Self { headers: parts.headers, body });
        }
        Err(judge(parts.status, &parts.headers, &bytes.unwrap_or_default()))
    }

    /// Its length, in bytes.
    pub(super) fn size(&self) -> usize {
        self.body.len()
    }

    /// A body that cannot be read leaves open what was done.
    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, GithubError> {
        serde_json::from_slice(&self.body).map_err(|_| GithubError::Unknown)
    }
}

/// Sorts an answer outside 200-299.
fn judge(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> GithubError {
    #[derive(Deserialize)]
    struct Said {
        message: Option<String>,
    }
    let said = serde_json::from_slice::<Said>(body).ok().and_then(|said| said.message);
    judge_said(status, headers, said.as_deref())
}

/// GitHub answers 403 as well as 429 when a limit is reached, so 403 needs a second look.
fn judge_said(status: StatusCode, headers: &HeaderMap, said: Option<&str>) -> GithubError {
    let code = status.as_u16();
    match code {
        300..=399 => GithubError::Moved,
        403 | 429 => limited(code, headers, said).map_or_else(
            || GithubError::Refused { status: code, needs: needs(headers) },
            |wait| GithubError::RateLimited { wait },
        ),
        408 => GithubError::Unknown,
        400..=499 => GithubError::Refused { status: code, needs: needs(headers) },
        _ => GithubError::Unknown,
    }
}

fn limited(code: u16, headers: &HeaderMap, said: Option<&str>) -> Option<Wait> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(wait) = retry_after(headers) {
        return Some(Wait::For(wait));
    }
    if header("x-ratelimit-remaining") == Some("0") {
        let reset = header("x-ratelimit-reset").and_then(|seconds| seconds.parse().ok());
        let reset = reset.and_then(|seconds| Timestamp::from_second(seconds).ok());
        return Some(reset.map_or(Wait::Unsaid, Wait::Until));
    }
    let named = said.is_some_and(|said| said.to_ascii_lowercase().contains("rate limit"));
    (code == 429 || named).then_some(Wait::Unsaid)
}

/// The header holds words such as `issues=write` and nothing of ours.
fn needs(headers: &HeaderMap) -> Option<String> {
    let value = headers.get("x-accepted-github-permissions")?.to_str().ok()?;
    Some(value.chars().filter(|c| c.is_ascii_graphic() || *c == ' ').take(200).collect())
}

/// Errors of the client itself. The raw calls of octocrab give no error for a status, so one with a status is that of
/// the token request, which came before anything was written.
pub(super) fn of_client(error: &octocrab::Error) -> GithubError {
    if let octocrab::Error::GitHub { source, .. } = error {
        let empty = HeaderMap::new();
        let headers = source.headers.as_ref().unwrap_or(&empty);
        let judged = judge_said(source.status_code, headers, Some(&source.message));
        return if judged == GithubError::Unknown { GithubError::NotDone } else { judged };
    }
    if let octocrab::Error::JWT { .. } = error {
        return GithubError::NotDone;
    }
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(inner) = cause {
        if inner.downcast_ref::<hyper_util::client::legacy::Error>().is_some_and(|inner| inner.is_connect()) {
            return GithubError::NotDone;
        }
        cause = inner.source();
    }
    GithubError::Unknown
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    fn judged(code: u16, pairs: &[(&'static str, &'static str)], body: &str) -> GithubError {
        judge(StatusCode::from_u16(code).unwrap(), &headers(pairs), body.as_bytes())
    }

    #[test]
    fn a_403_is_a_limit_or_a_refusal() {
        let limited = |wait| GithubError::RateLimited { wait };
        assert_eq!(judged(403, &[("retry-after", "30")], ""), limited(Wait::For(Duration::from_secs(30))));
        let reset = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1795000000")];
        assert_eq!(
            judged(403, &reset, ""),
            limited(Wait::Until(Timestamp::from_second(1_795_000_000).unwrap()))
        );
        let secondary = r#"{"message":"You have exceeded a secondary rate limit."}"#;
        assert_eq!(judged(403, &[("x-ratelimit-remaining", "4000")], secondary), limited(Wait::Unsaid));
        assert_eq!(judged(429, &[], "<html>"), limited(Wait::Unsaid));
        let denied = r#"{"message":"Resource not accessible by integration"}"#;
        let needs = Some("issues=write".to_owned());
        let pairs = [("x-accepted-github-permissions", "issues=write"), ("x-ratelimit-remaining", "12")];
        assert_eq!(judged(403, &pairs, denied), GithubError::Refused { status: 403, needs });
    }

    #[test]
    fn every_other_status() {
        for code in [301, 302, 307, 308, 304] {
            assert_eq!(judged(code, &[], ""), GithubError::Moved);
        }
        for code in [400, 401, 404, 410, 422, 451] {
            assert_eq!(judged(code, &[], "{}"), GithubError::Refused { status: code, needs: None });
        }
        for code in [408, 500, 502, 503, 504] {
            assert_eq!(judged(code, &[], "<html>"), GithubError::Unknown);
        }
    }
}
