//! The peers of the outbox, made once from the configuration.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use tokio::sync::OnceCell;

use super::Credentials;
use crate::case::Address;
use crate::config::{self, Config, GithubLogin};
use crate::office::Office;
use crate::render::issue;
use crate::wire::Login;
use crate::wire::discord::Discord;
use crate::wire::github::{Github, GithubAccount, GithubAuth, GithubError, Whoami};
use crate::wire::http::SetupError;
use crate::wire::oauth::OAuthError;
use crate::wire::smtp::{NotSent, Smtp, SmtpAccount, SmtpTimeouts, SmtpTls, Stage};
use crate::wire::tls::{Trust, TrustError};

/// For one post to a public channel, where the team has no channel of its own.
const CHANNEL_LIMIT: Duration = Duration::from_secs(20);

/// Everybody that effects speak to.
pub struct Peers {
    /// The reports repository.
    pub github: Arc<Github>,
    /// The submission server.
    pub smtp: Smtp,
    /// The team's channel.
    pub discord: Option<Discord>,
    /// Public channels, in the order of the configuration.
    pub channels: Vec<Discord>,
    smtp_login: Arc<Credentials>,
    /// The token that the client was given last.
    smtp_token: Mutex<Option<SecretString>>,
    me: OnceCell<Whoami>,
    labels: OnceCell<()>,
}

/// A peer cannot be set up as configured.
#[derive(Debug, thiserror::Error)]
pub enum SetupFault {
    /// A URL or client.
    #[error("{what}: {source}")]
    Setup {
        /// Section of the configuration.
        what: &'static str,
        /// What is wrong.
        source: SetupError,
    },
    /// TLS roots.
    #[error("{what}: {source}")]
    Trust {
        /// Section of the configuration.
        what: &'static str,
        /// What is wrong.
        source: TrustError,
    },
    /// A file.
    #[error("{what}: cannot read {path}: {source}")]
    File {
        /// Section of the configuration.
        what: &'static str,
        /// Which.
        path: String,
        /// What the system says.
        source: std::io::Error,
    },
}

/// TLS roots of a section.
///
/// # Errors
/// The file cannot be read or holds no certificate.
pub fn trust(what: &'static str, ca_file: Option<&PathBuf>) -> Result<Trust, SetupFault> {
    let pem = ca_file
        .map(|path| {
            std::fs::read(path).map_err(|source| SetupFault::File {
                what,
                path: path.display().to_string(),
                source,
            })
        })
        .transpose()?;
    Trust::of(pem.as_deref()).map_err(|source| SetupFault::Trust { what, source })
}

/// The client of GitHub; nothing is dialed yet.
///
/// # Errors
/// What of `[github]` cannot be used.
pub fn github(config: &Config) -> Result<Github, SetupFault> {
    let github = &config.github;
    let auth = match &github.login {
        GithubLogin::App { app_id, installation_id, private_key } => {
            GithubAuth::App { id: *app_id, installation: *installation_id, key: private_key.clone() }
        }
        GithubLogin::Token(token) => GithubAuth::Token(token.clone()),
    };
    let account = GithubAccount {
        base_url: github.base_url.as_str().to_owned(),
        auth,
        limit: github.request_timeout,
        spacing: github.spacing,
    };
    Github::new(&account).map_err(|source| SetupFault::Setup { what: "[github]", source })
}

impl Peers {
    /// Makes the clients; nothing is dialed yet.
    ///
    /// # Errors
    /// What of the configuration cannot be used.
    pub fn new(config: &Config, smtp_login: Arc<Credentials>) -> Result<Self, SetupFault> {
        let github = github(config)?;
        let discord = config
            .discord
            .as_ref()
            .map(|discord| Discord::new(discord.webhook.clone(), discord.request_timeout))
            .transpose()
            .map_err(|source| SetupFault::Setup { what: "[discord]", source })?;
        let limit = config.discord.as_ref().map_or(CHANNEL_LIMIT, |discord| discord.request_timeout);
        let channels = config.runbook.channels.iter();
        let channels = channels.map(|channel| Discord::new(channel.webhook.clone(), limit));
        let channels = channels
            .collect::<Result<Vec<_>, _>>()
            .map_err(|source| SetupFault::Setup { what: "[[runbook.channel]]", source })?;
        let smtp = Smtp::new(smtp_account(config, &smtp_login)?);
        let smtp_token = Mutex::new(None);
        Ok(Self {
            github: Arc::new(github),
            smtp,
            discord,
            channels,
            smtp_login,
            smtp_token,
            me: OnceCell::new(),
            labels: OnceCell::new(),
        })
    }

    /// Under which login our issues appear, asked once.
    pub(super) async fn whoami(&self) -> Result<String, GithubError> {
        self.account().await.map(|me| me.login)
    }

    /// Our account on GitHub, asked once.
    ///
    /// # Errors
    /// GitHub does not say.
    pub async fn account(&self) -> Result<Whoami, GithubError> {
        self.me.get_or_try_init(|| self.github.whoami()).await.cloned()
    }

    /// Makes sure, once, that the repository has our labels.
    pub(super) async fn labels_stand(&self, office: &Office) -> Result<(), GithubError> {
        if !office.config.github.labels {
            return Ok(());
        }
        let make = || async {
            for label in issue::LABELS {
                let repository = office.config.github.repository_id;
                self.github.ensure_label(repository, label.name, label.color, label.description).await?;
            }
            Ok(())
        };
        self.labels.get_or_try_init(make).await.map(|_| ())
    }

    /// Sends a message to one recipient; `proof` gets a blind copy in the same transaction.
    pub(super) async fn send(
        &self,
        office: &Office,
        to: &Address,
        proof: Option<&Address>,
        bytes: &[u8],
    ) -> Result<(), NotSent> {
        self.renew(office).await.map_err(|_| NotSent::Proven {
            retry: true,
            code: None,
            at: Stage::Login,
        })?;
        let result = self.smtp.send(Some(office.config.addresses.notices_from()), to, proof, bytes).await;
        if matches!(result, Err(NotSent::Proven { at: Stage::Login, .. })) {
            self.smtp_login.forget().await;
        }
        result.map(|_| ())
    }
}

impl Peers {
    /// A new token, if there is one, is what the next connection logs in with.
    async fn renew(&self, office: &Office) -> Result<(), OAuthError> {
        let Some(Login::XOAuth2 { user, token }) = self.smtp_login.login(&office.outside).await? else {
            return Ok(());
        };
        let mut last = self.smtp_token.lock().unwrap_or_else(PoisonError::into_inner);
        if last.as_ref().is_none_or(|last| last.expose_secret() != token.expose_secret()) {
            *last = Some(token.clone());
            self.smtp.renew(Login::XOAuth2 { user, token });
        }
        Ok(())
    }
}

fn smtp_account(config: &Config, login: &Credentials) -> Result<SmtpAccount, SetupFault> {
    let smtp = &config.smtp;
    let hello = smtp.helo_name.clone().unwrap_or_else(|| config.addresses.list.domain().to_owned());
    Ok(SmtpAccount {
        host: smtp.host.clone(),
        port: smtp.port,
        tls: match smtp.tls {
            config::SmtpTls::Implicit => SmtpTls::Implicit,
            config::SmtpTls::Starttls => SmtpTls::StartTls,
        },
        trust: trust("[smtp]", smtp.ca_file.as_ref())?,
        login: login.fixed(),
        hello,
        timeouts: SmtpTimeouts {
            connect: smtp.connect_timeout,
            command: smtp.command_timeout,
            letter: smtp.data_timeout,
        },
        connections: usize::try_from(smtp.pool).unwrap_or(1),
    })
}
