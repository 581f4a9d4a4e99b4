//! GitHub's REST API (version 2022-11-28) through octocrab, as far as the reports repository needs it.
//!
//! octocrab is built without its retry and redirect layers, since both repeat a POST. One call here is one request; the
//! two exceptions ask before they act (an App's token, and its renewal after 401, which proves that nothing was done).
//! Routes go by the repository's id, so that a renamed or replaced repository is noticed and not written to.

mod advisory;
mod answer;
mod gate;
mod issues;
mod posted;
mod public;
mod talk;

use std::time::Duration;

use ::http::Uri;
use octocrab::Octocrab;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde::Serialize;
use serde::de::DeserializeOwned;

use self::gate::Gate;
use super::http::{SetupError, allowed};

pub use self::advisory::{
    AdvisoryUpdate, Credited, DESCRIPTION_CHARS, Drafts, NewAdvisory, Package, RepositoryAdvisory,
    SUMMARY_CHARS, Vulnerability,
};
pub use self::answer::{GithubError, Wait};
pub use self::issues::{Author, Closing, Comment, Issue, NewIssue, Update};
pub use self::posted::{Depth, MOST_BYTES, MOST_COMMENTS, There, WholeIssue};
pub use self::public::{Advisories, Advisory, AdvisoryState, Entry, Listed, Project, PublicIssue, Since};
pub use self::talk::{Changed, Deed, Page};

/// Who we are towards GitHub.
#[derive(Clone)]
pub enum GithubAuth {
    /// An App's installation; tokens are made and renewed as needed.
    App {
        /// The App's id.
        id: u64,
        /// The installation in the organization.
        installation: u64,
        /// Its private key, RSA as PEM.
        key: SecretString,
    },
    /// A fine-grained personal token.
    Token(SecretString),
}

/// How we talk to GitHub.
#[derive(Clone)]
pub struct GithubAccount {
    /// `https://api.github.com`, or `https://HOST/api/v3`; http only towards this machine.
    pub base_url: String,
    /// Who we are.
    pub auth: GithubAuth,
    /// For a whole call. GitHub itself gives up after 10 s.
    pub limit: Duration,
    /// Between two writes; GitHub asks for a second.
    pub spacing: Duration,
}

/// The API for one account.
pub struct Github {
    crab: Octocrab,
    /// Where its routes begin.
    base: Uri,
    /// The App itself, for the one question that an installation may not ask.
    app: Option<Octocrab>,
    limit: Duration,
    gate: Gate,
}

/// What we check of a repository before anything is written to it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Repository {
    /// Stays the same when it is renamed or moved.
    pub id: u64,
    /// `owner/name`.
    pub full_name: String,
    /// Only members of the organization's choice can read it. Not said counts as public.
    #[serde(default)]
    pub private: bool,
    /// Read-only.
    #[serde(default)]
    pub archived: bool,
    /// Issues are switched on.
    #[serde(default)]
    pub has_issues: bool,
    /// What we may do there, where GitHub says so.
    #[serde(default)]
    pub permissions: Option<Permissions>,
}

/// What an account may do in a repository.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Permissions {
    /// Everything.
    pub admin: bool,
    /// Settings.
    pub maintain: bool,
    /// Code, labels, assignees.
    pub push: bool,
    /// Labels, assignees.
    pub triage: bool,
}

/// The name under which our writes appear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whoami {
    /// `slug[bot]` for an App.
    pub login: String,
    /// The numeric user id, where GitHub told it.
    pub id: Option<u64>,
}

impl Github {
    /// Checks URL and credential and builds the client. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// [`SetupError`].
    pub fn new(account: &GithubAccount) -> Result<Self, SetupError> {
        // A slash at the end would be doubled by the routes.
        let base = allowed(&account.base_url)?.as_str().trim_end_matches('/').to_owned();
        let base: Uri = base.parse().map_err(|_| SetupError::Url)?;
        let builder = Octocrab::builder()
            .base_uri(base.clone())
            .map_err(|_| SetupError::Url)?
            .set_connect_timeout(Some(account.limit))
            .set_read_timeout(Some(account.limit))
            .set_write_timeout(Some(account.limit));
        let (crab, app) = match &account.auth {
            GithubAuth::Token(token) => {
                // octocrab panics on a token that no header can hold.
                let sound = token.expose_secret().bytes().all(|b| b.is_ascii_graphic());
                let token = sound.then(|| token.clone()).ok_or(SetupError::Credential)?;
                (builder.personal_token(token).build().map_err(|_| SetupError::Client)?, None)
            }
            GithubAuth::App { id, installation, key } => {
                let app = builder
                    .app_from_rsa_pem((*id).into(), key.expose_secret().as_bytes())
                    .map_err(|_| SetupError::Credential)?
                    .build()
                    .map_err(|_| SetupError::Client)?;
                let crab = app.installation((*installation).into()).map_err(|_| SetupError::Credential)?;
                (crab, Some(app))
            }
        };
        Ok(Self { crab, base, app, limit: account.limit, gate: Gate::new(account.spacing) })
    }

    /// The repository as GitHub shows it now.
    ///
    /// # Errors
    /// [`GithubError`].
    pub async fn repository(&self, id: u64) -> Result<Repository, GithubError> {
        self.get(&format!("/repositories/{id}")).await
    }

    /// The guard before every write that holds words of a report: the repository is the configured one, private, not
    /// archived, and has issues.
    ///
    /// # Errors
    /// [`GithubError::OtherRepository`], [`GithubError::NotPrivate`], [`GithubError::Archived`],
    /// [`GithubError::IssuesOff`], and those of the call.
    pub async fn guard(&self, id: u64) -> Result<Repository, GithubError> {
        let repository = self.repository(id).await?;
        if repository.id != id {
            Err(GithubError::OtherRepository)
        } else if !repository.private {
            Err(GithubError::NotPrivate)
        } else if repository.archived {
            Err(GithubError::Archived)
        } else if !repository.has_issues {
            Err(GithubError::IssuesOff)
        } else {
            Ok(repository)
        }
    }

    /// Whether we may read the repository's draft advisories; without it a person has to work on them.
    ///
    /// # Errors
    /// [`GithubError`], but for a refusal, which is the answer `false`.
    pub async fn sees_advisories(&self, id: u64) -> Result<bool, GithubError> {
        match self.read(&self.crab, &format!("/repositories/{id}/security-advisories?per_page=1")).await {
            Ok(_) => Ok(true),
            Err(GithubError::Refused { .. }) => Ok(false),
            Err(other) => Err(other),
        }
    }

    /// Under which name our issues and comments appear: `GET /app` and then the App's user, or `GET /user`.
    ///
    /// # Errors
    /// [`GithubError`].
    pub async fn whoami(&self) -> Result<Whoami, GithubError> {
        #[derive(Deserialize)]
        struct App {
            slug: String,
        }
        #[derive(Deserialize)]
        struct User {
            login: String,
            id: Option<u64>,
        }
        let Some(app) = &self.app else {
            let user: User = self.get("/user").await?;
            return Ok(Whoami { login: user.login, id: user.id });
        };
        let app: App = self.read(app, "/app").await.and_then(|answer| answer.json())?;
        let plain = app.slug.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        if !plain {
            return Err(GithubError::Unknown);
        }
        let login = format!("{}[bot]", app.slug);
        // Without the id the login still tells our author from any person: nobody can register a name with brackets.
        let id = match self.get::<User>(&format!("/users/{}%5Bbot%5D", app.slug)).await {
            Ok(user) => user.id,
            Err(GithubError::Refused { .. }) => None,
            Err(other) => return Err(other),
        };
        Ok(Whoami { login, id })
    }

    async fn get<T: DeserializeOwned>(&self, route: &str) -> Result<T, GithubError> {
        self.read(&self.crab, route).await?.json()
    }

    async fn read(&self, crab: &Octocrab, route: &str) -> Result<answer::Answer, GithubError> {
        let uri = route.parse::<Uri>().map_err(|_| GithubError::NotDone)?;
        self.in_time(crab._get(uri)).await
    }

    /// A read that costs nothing when the answer is as it was (RFC 9110 section 13.1.2): `None` then.
    async fn read_if(&self, route: &str, etag: &str) -> Result<Option<answer::Answer>, GithubError> {
        let uri = route.parse::<Uri>().map_err(|_| GithubError::NotDone)?;
        let mut headers = ::http::HeaderMap::new();
        if let Ok(value) = etag.parse()
            && !etag.is_empty()
        {
            headers.insert(::http::header::IF_NONE_MATCH, value);
        }
        let work = async {
            match self.crab._get_with_headers(uri, Some(headers)).await {
                Ok(raw) if raw.status() == ::http::StatusCode::NOT_MODIFIED => Ok(None),
                Ok(raw) => answer::Answer::of(raw).await.map(Some),
                Err(error) => Err(answer::of_client(&error)),
            }
        };
        tokio::time::timeout(self.limit, work).await.unwrap_or(Err(GithubError::Unknown))
    }

    /// One write, after the spacing to the one before it.
    async fn write<B: Serialize + Sync>(
        &self,
        verb: Verb,
        route: &str,
        body: &B,
    ) -> Result<answer::Answer, GithubError> {
        let uri = route.parse::<Uri>().map_err(|_| GithubError::NotDone)?;
        let turn = self.gate.enter().await;
        let result = match verb {
            Verb::Post => self.in_time(self.crab._post(uri, Some(body))).await,
            Verb::Patch => self.in_time(self.crab._patch(uri, Some(body))).await,
            Verb::Put => self.in_time(self.crab._put(uri, Some(body))).await,
        };
        turn.leave();
        result
    }

    /// A call and its whole body within the limit; over it, nobody knows.
    async fn in_time(
        &self,
        call: impl Future<Output = octocrab::Result<answer::Raw>>,
    ) -> Result<answer::Answer, GithubError> {
        let work = async {
            match call.await {
                Ok(raw) => answer::Answer::of(raw).await,
                Err(error) => Err(answer::of_client(&error)),
            }
        };
        tokio::time::timeout(self.limit, work).await.unwrap_or(Err(GithubError::Unknown))
    }
}

#[derive(Clone, Copy)]
enum Verb {
    Post,
    Patch,
    Put,
}
