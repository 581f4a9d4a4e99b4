//! `[github]` and `[discord]`.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

use super::raw::Section;
use super::url::Url;

/// Who we are for GitHub.
#[derive(Debug, Clone)]
pub enum GithubLogin {
    /// A GitHub App and its installation in the organization.
    App {
        /// Id of the app.
        app_id: u64,
        /// Id of its installation.
        installation_id: u64,
        /// The app's RSA key (PEM).
        private_key: SecretString,
    },
    /// A (fine-grained) access token.
    Token(SecretString),
}

/// The private repository of reports.
#[derive(Debug, Clone)]
pub struct Github {
    /// The API.
    pub base_url: Url,
    /// Owner of the repository.
    pub owner: String,
    /// Name of the repository.
    pub repository: String,
    /// Its numeric id: nothing is written when the name leads to another one.
    pub repository_id: u64,
    /// Who we are.
    pub login: GithubLogin,
    /// Least time between two writes.
    pub spacing: Duration,
    /// How often a write of unknown outcome is looked for before it is done again.
    pub looks: u32,
    /// Time between two such looks.
    pub look_wait: Duration,
    /// Time to connect.
    pub connect_timeout: Duration,
    /// Time for one request, the answer included.
    pub request_timeout: Duration,
    /// First wait after a failure; doubles, with jitter.
    pub backoff_first: Duration,
    /// Longest wait after failures.
    pub backoff_cap: Duration,
    /// Whether labels are created and set.
    pub labels: bool,
    /// How often the issues are listened to; `None`: comments on them command nothing.
    pub comments_poll: Option<Duration>,
}

impl Github {
    /// GitHub for people, by where its API is.
    pub fn web(&self) -> &str {
        match self.base_url.as_str().trim_end_matches('/') {
            "https://api.github.com" => "https://github.com",
            other => other.trim_end_matches("/api/v3"),
        }
    }

    pub(super) fn read(s: &Section<'_, '_>) -> Option<Self> {
        let base_url = match s.optional("base_url") {
            Some(_) => s.parsed("base_url", Url::parse),
            None => Url::parse("https://api.github.com").ok(),
        };
        s.required("repository", "\"owner/reports\"");
        let repository = s.parsed("repository", |text| match text.split_once('/') {
            Some((owner, name)) if is_name(owner) && is_name(name) => Ok((owner.to_owned(), name.to_owned())),
            Some(_) | None => Err(format!("`{text}` is not owner/name")),
        });
        let repository_id: u64 = s.number("repository_id", 0, 1..=u64::MAX);
        if !s.has("repository_id") {
            let remedy = "write the number that `gh api repos/OWNER/NAME --jq .id` prints";
            s.wrong("repository_id", "`github.repository_id` is missing", remedy);
        }
        let login = login(s);
        let settings = (
            s.number("spacing_ms", 1_000_u64, 0..=60_000),
            s.number("looks", 3, 1..=20),
            s.seconds("look_wait_s", 200, 0..=3_600),
            s.seconds("connect_timeout_s", 10, 1..=600),
            s.seconds("request_timeout_s", 60, 1..=600),
            s.seconds("backoff_first_s", 2, 0..=600),
            s.seconds("backoff_cap_s", 900, 0..=86_400),
            s.flag("labels", true),
            s.seconds("comments_poll_s", 60, 0..=86_400),
        );
        let (spacing_ms, looks, look_wait, connect, request, first, cap, labels, comments_poll) = settings;
        let (owner, name) = repository?;
        Some(Self {
            base_url: base_url?,
            owner,
            repository: name,
            repository_id,
            login: login?,
            spacing: Duration::from_millis(spacing_ms),
            looks,
            look_wait,
            connect_timeout: connect,
            request_timeout: request,
            backoff_first: first.min(cap),
            backoff_cap: cap,
            labels,
            comments_poll: (!comments_poll.is_zero()).then_some(comments_poll),
        })
    }
}

pub(super) fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 100
        && !text.bytes().all(|b| b == b'.')
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

fn login(s: &Section<'_, '_>) -> Option<GithubLogin> {
    let app_id = s.number("app_id", 0, 1..=u64::MAX);
    let installation_id = s.number("installation_id", 0, 1..=u64::MAX);
    let app_keys = ["app_id", "installation_id", "private_key_file"];
    let any = app_keys.iter().any(|key| s.has(key));
    match (any, s.has("token_file")) {
        (true, true) => {
            s.wrong("token_file", "both an app and `token_file` are given", "keep one of them");
            None
        }
        (false, false) => {
            let remedy = "give `token_file`, or `app_id`, `installation_id` and `private_key_file`";
            s.wrong("token_file", "[github] has nothing to log in with", remedy);
            None
        }
        (false, true) => s.secret("token_file").map(GithubLogin::Token),
        (true, false) => {
            for key in app_keys.iter().filter(|key| !s.has(key)) {
                s.wrong(key, format!("`github.{key}` is missing"), "an app needs all three of its keys");
            }
            let private_key = s.secret("private_key_file")?;
            if !private_key.expose_secret().contains("-----BEGIN") {
                let what = "the file in `private_key_file` holds no PEM key (-----BEGIN ...)";
                s.wrong("private_key_file", what, "download a private key on the app's page");
                return None;
            }
            Some(GithubLogin::App { app_id, installation_id, private_key })
        }
    }
}

/// The team's Discord channel.
#[derive(Debug, Clone)]
pub struct Discord {
    /// Address of the webhook: whoever knows it can write there, so it is a secret.
    pub webhook: SecretString,
    /// Time for one request.
    pub request_timeout: Duration,
}

impl Discord {
    pub(super) fn read(s: &Section<'_, '_>) -> Option<Self> {
        let request_timeout = s.seconds("request_timeout_s", 20, 1..=600);
        let webhook = secret_url(s, "webhook_file")?;
        Some(Self { webhook, request_timeout })
    }
}

/// A file that holds a URL which is itself the secret.
pub(super) fn secret_url(s: &Section<'_, '_>, key: &str) -> Option<SecretString> {
    let secret = s.secret(key)?;
    match Url::parse(secret.expose_secret()) {
        Ok(_) => Some(secret),
        Err(why) => {
            s.wrong(key, format!("what is in the file of `{key}` is {why}"), "");
            None
        }
    }
}
