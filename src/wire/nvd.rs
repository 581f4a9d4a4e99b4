//! The National Vulnerability Database: its 2.0 feed files, and its API 2.0 where the feeds cannot be had.
//!
//! Nothing of a report is ever part of a request: a caller can name a feed and a span of time, and nothing else. A body
//! counts only when it arrived whole. <https://nvd.nist.gov/vuln/data-feeds>, <https://nvd.nist.gov/developers/vulnerabilities>

use std::collections::VecDeque;
use std::pin::Pin;
use std::time::Duration;

use jiff::Timestamp;
use reqwest::{Client, Response, StatusCode, Url};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Mutex;
use tokio::time::Sleep;

use super::http::{SetupError, allowed, retry_after};

/// No file of NVD that we read is longer, in bytes as they come over the wire (the largest year has about 30 MB).
pub const MAX_FILE: u64 = 256 * 1024 * 1024;
/// A `.meta` file has five lines.
const MAX_META: u64 = 64 * 1024;
/// Most records that NVD puts on a page of its API.
pub const PAGE: u64 = 2_000;
/// Requests that NVD allows in each window (30 s) without a key, and with one.
const WITHOUT_KEY: usize = 5;
const WITH_KEY: usize = 50;

/// How we talk to NVD.
#[derive(Clone)]
pub struct NvdAccount {
    /// Where the feed files are.
    pub feeds_url: String,
    /// The API's address, without a query.
    pub api_url: String,
    /// Sent in the header `apiKey`, to the API alone.
    pub key: Option<SecretString>,
    /// For a small answer, the whole call.
    pub request_limit: Duration,
    /// For a feed file or a page, the whole call.
    pub feed_limit: Duration,
    /// The window of NVD's rate limit.
    pub window: Duration,
}

/// Why there is no answer that can be used. Holds nothing that was sent or answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NvdError {
    /// Not by trying again: 404 and its like.
    #[error("refused ({0})")]
    Refused(u16),
    /// NVD says 404 and, in a header, that it does not know the key.
    #[error("NVD does not accept the API key")]
    Key,
    /// Too many requests, or out of order for a while: 403, 408, 429, 5xx.
    #[error("NVD asks to wait ({status})")]
    Wait {
        /// The HTTP status.
        status: u16,
        /// `Retry-After`, if it was said.
        wait: Option<Duration>,
    },
    /// No connection, or no answer in time.
    #[error("cannot be reached")]
    Unreachable,
    /// The body broke off.
    #[error("the body was cut")]
    Cut,
    /// More bytes than such a file has.
    #[error("larger than any such file")]
    TooLong,
}

impl NvdError {
    /// Whether trying again may help, and after how long NVD wants it, if it said so.
    pub fn retry(self) -> Option<Option<Duration>> {
        match self {
            Self::Wait { wait, .. } => Some(wait),
            Self::Unreachable | Self::Cut => Some(None),
            Self::Refused(_) | Self::Key | Self::TooLong => None,
        }
    }
}

/// An answer to a conditional request (RFC 9110 section 13.1.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fetched {
    /// It is as it was (304).
    Same,
    /// The bytes, with the entity tag to ask with the next time.
    Fresh {
        /// As they came; a `.gz` file is not unpacked.
        bytes: Vec<u8>,
        /// `ETag`, empty if there was none.
        etag: String,
    },
}

/// A span of last changes; at most 120 days, by NVD's rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// `lastModStartDate`
    pub from: Timestamp,
    /// `lastModEndDate`
    pub to: Timestamp,
}

/// NVD, for one account.
pub struct Nvd {
    files: Client,
    pages: Client,
    feeds: Url,
    api: Url,
    key: Option<SecretString>,
    request_limit: Duration,
    pace: Pace,
}

impl Nvd {
    /// Checks the addresses (https, or http towards this machine) and builds the clients.
    ///
    /// # Errors
    /// [`SetupError`].
    pub fn new(account: &NvdAccount) -> Result<Self, SetupError> {
        let (feeds, api) = (allowed(&account.feeds_url)?, allowed(&account.api_url)?);
        if account.key.as_ref().is_some_and(|key| !key.expose_secret().bytes().all(|b| b.is_ascii_graphic()))
        {
            return Err(SetupError::Credential);
        }
        let most = if account.key.is_some() { WITH_KEY } else { WITHOUT_KEY };
        Ok(Self {
            // A `.json.gz` is the file itself: unpacking is ours, behind a limit.
            files: client(account, Unpack::No)?,
            pages: client(account, Unpack::Yes)?,
            feeds,
            api,
            key: account.key.clone(),
            request_limit: account.request_limit,
            pace: Pace { most, window: account.window, sent: Mutex::default() },
        })
    }

    /// The `.meta` of a feed (`2021`, `modified`).
    ///
    /// # Errors
    /// [`NvdError`].
    pub async fn meta(&self, feed: &str, etag: &str) -> Result<Fetched, NvdError> {
        let (name, mut silent) = (format!("nvdcve-2.0-{feed}.meta"), |_, _| {});
        let call = self.file(&name, etag, MAX_META, &mut silent);
        tokio::time::timeout(self.request_limit, call).await.unwrap_or(Err(NvdError::Unreachable))
    }

    /// The packed JSON of a feed, read to its end; `so_far` hears of bytes read and of how many there are.
    ///
    /// # Errors
    /// [`NvdError`].
    pub async fn feed(
        &self,
        feed: &str,
        etag: &str,
        so_far: &mut (dyn FnMut(u64, Option<u64>) + Send),
    ) -> Result<Fetched, NvdError> {
        self.file(&format!("nvdcve-2.0-{feed}.json.gz"), etag, MAX_FILE, so_far).await
    }

    async fn file(
        &self,
        name: &str,
        etag: &str,
        most: u64,
        so_far: &mut (dyn FnMut(u64, Option<u64>) + Send),
    ) -> Result<Fetched, NvdError> {
        let mut url = self.feeds.clone();
        url.path_segments_mut().map_err(|()| NvdError::Refused(0))?.pop_if_empty().push(name);
        let mut request = self.files.get(url);
        if !etag.is_empty() {
            request = request.header("if-none-match", etag);
        }
        let answer = request.send().await.map_err(|_| NvdError::Unreachable)?;
        if answer.status() == StatusCode::NOT_MODIFIED && !etag.is_empty() {
            return Ok(Fetched::Same);
        }
        judge(&answer)?;
        let etag = text_header(&answer, "etag");
        Ok(Fetched::Fresh { bytes: body(answer, most, so_far).await?, etag })
    }

    /// One page of all records, or of those that changed in a span; waits its turn under NVD's rate limit first.
    ///
    /// # Errors
    /// [`NvdError`].
    pub async fn page(&self, span: Option<Span>, start: u64) -> Result<Vec<u8>, NvdError> {
        let mut url = self.api.clone();
        {
            let mut query = url.query_pairs_mut();
            query.append_pair("resultsPerPage", &PAGE.to_string());
            query.append_pair("startIndex", &start.to_string());
            if let Some(span) = span {
                query.append_pair("lastModStartDate", &without_zone(span.from));
                query.append_pair("lastModEndDate", &without_zone(span.to));
            }
        }
        let mut request = self.pages.get(url);
        if let Some(key) = &self.key {
            request = request.header("apiKey", key.expose_secret());
        }
        self.pace.turn().await;
        let answer = request.send().await.map_err(|_| NvdError::Unreachable)?;
        judge(&answer)?;
        body(answer, MAX_FILE, &mut |_, _| {}).await
    }
}

enum Unpack {
    Yes,
    No,
}

fn client(account: &NvdAccount, unpack: Unpack) -> Result<Client, SetupError> {
    let builder = super::http::builder(account.request_limit);
    builder
        .timeout(account.feed_limit)
        .read_timeout(account.request_limit)
        .gzip(matches!(unpack, Unpack::Yes))
        .build()
        .map_err(|_| SetupError::Client)
}

/// NVD takes times of UTC without a zone.
fn without_zone(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.000").to_string()
}

/// Sorts everything but 200. NVD's limit answers 403, and a key it does not know is a 404 with a word in a header.
fn judge(answer: &Response) -> Result<(), NvdError> {
    let status = answer.status().as_u16();
    match status {
        200 => Ok(()),
        404 if text_header(answer, "message").to_ascii_lowercase().contains("apikey") => Err(NvdError::Key),
        403 | 408 | 429 | 500..=599 => Err(NvdError::Wait { status, wait: retry_after(answer.headers()) }),
        _ => Err(NvdError::Refused(status)),
    }
}

fn text_header(answer: &Response, name: &str) -> String {
    let value = answer.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.chars().take(200).collect()
}

async fn body(
    mut answer: Response,
    most: u64,
    so_far: &mut (dyn FnMut(u64, Option<u64>) + Send),
) -> Result<Vec<u8>, NvdError> {
    let length = answer.content_length();
    if length.is_some_and(|length| length > most) {
        return Err(NvdError::TooLong);
    }
    let mut bytes = Vec::with_capacity(usize::try_from(length.unwrap_or(0)).unwrap_or(0));
    loop {
        let chunk = answer.chunk().await.map_err(|_| NvdError::Cut)?;
        let Some(chunk) = chunk else { return Ok(bytes) };
        bytes.extend_from_slice(&chunk);
        let read = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if read > most {
            return Err(NvdError::TooLong);
        }
        so_far(read, length);
    }
}

/// So many requests in a window: each leaves a sleep behind, and the next one waits for the oldest.
struct Pace {
    most: usize,
    window: Duration,
    sent: Mutex<VecDeque<Pin<Box<Sleep>>>>,
}

impl Pace {
    async fn turn(&self) {
        let mut sent = self.sent.lock().await;
        if sent.len() >= self.most {
            if let Some(oldest) = sent.front_mut() {
                oldest.as_mut().await;
            }
            sent.pop_front();
        }
        sent.push_back(Box::pin(tokio::time::sleep(self.window)));
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn times_have_no_zone_and_are_utc() {
        assert_eq!(without_zone("2026-11-22T18:00:00.5-02:00".parse().unwrap()), "2026-11-22T20:00:00.000");
    }

    #[test]
    fn only_what_may_pass_is_tried_again() {
        let wait = Some(Duration::from_secs(7));
        assert_eq!(NvdError::Wait { status: 503, wait }.retry(), Some(wait));
        assert_eq!(NvdError::Cut.retry(), Some(None));
        for never in [NvdError::Refused(404), NvdError::Key, NvdError::TooLong] {
            assert_eq!(never.retry(), None);
        }
    }
}
