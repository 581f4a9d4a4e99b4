//! The peers of the outbox, made once from the configuration.

use std::path::PathBuf;
use std::sync::Mutex;

use secrecy::SecretString;
use tokio::sync::OnceCell;

use crate::case::Address;
use crate::config::{self, Config, GithubLogin, Proof};
use crate::office::Office;
use crate::outside::Outside;
use crate::render::issue;
use crate::wire::Login;
use crate::wire::discord::Discord;
use crate::wire::github::{Github, GithubAccount, GithubAuth, GithubError};
use crate::wire::http::SetupError;
use crate::wire::oauth::{Grant, OAuthAccount, OAuthError, Tokens};
use crate::wire::smtp::{NotSent, Smtp, SmtpAccount, SmtpTimeouts, SmtpTls, Stage};
use crate::wire::tls::{Trust, TrustError};

/// Everybody that effects speak to.
pub struct Peers {
    /// The reports repository.
    pub github: Github,
    /// The submission server.
    pub smtp: Smtp,
    /// The team's channel.
    pub discord: Option<Discord>,
    smtp_login: Credentials,
    me: OnceCell<String>,
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

impl Peers {
    /// Makes the clients; nothing is dialed yet.
    ///
    /// # Errors
    /// What of the configuration cannot be used.
    pub fn new(config: &Config) -> Result<Self, SetupFault> {
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
        let github =
            Github::new(&account).map_err(|source| SetupFault::Setup { what: "[github]", source })?;
        let discord = config
            .discord
            .as_ref()
            .map(|discord| Discord::new(discord.webhook.clone(), discord.request_timeout))
            .transpose()
            .map_err(|source| SetupFault::Setup { what: "[discord]", source })?;
        let smtp_login = Credentials::new(config.smtp.login.as_ref(), &config.state_dir, "smtp")?;
        let smtp = Smtp::new(smtp_account(config, &smtp_login)?);
        Ok(Self { github, smtp, discord, smtp_login, me: OnceCell::new(), labels: OnceCell::new() })
    }

    /// Under which login our issues appear, asked once.
    pub(super) async fn whoami(&self) -> Result<String, GithubError> {
        let ask = || async { self.github.whoami().await.map(|me| me.login) };
        self.me.get_or_try_init(ask).await.cloned()
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
        let unreachable = NotSent::Proven { retry: true, code: None, at: Stage::Login };
        if let Some(login) = self.smtp_login.renewed(&office.outside).await.map_err(|_| unreachable)? {
            self.smtp.renew(login);
        }
        let result = self.smtp.send(Some(office.config.addresses.notices_from()), to, proof, bytes).await;
        if matches!(result, Err(NotSent::Proven { at: Stage::Login, .. })) {
            self.smtp_login.forget().await;
        }
        result.map(|_| ())
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
        keep: usize::try_from(smtp.pool).unwrap_or(1),
    })
}

/// How to log in to a mail server; `OAuth2` tokens are renewed, and a rotated refresh token is durable before it is used.
pub struct Credentials {
    kind: Kind,
}

enum Kind {
    None,
    Fixed(Login),
    OAuth { user: String, tokens: Box<Tokens>, keep: PathBuf, given: Mutex<Option<String>> },
}

impl Credentials {
    /// From the configuration; a refresh token that was rotated (kept in the state directory) goes before the
    /// configured one.
    ///
    /// # Errors
    /// A URL that may not be used.
    pub fn new(
        login: Option<&config::Login>,
        state_dir: &std::path::Path,
        name: &'static str,
    ) -> Result<Self, SetupFault> {
        let Some(login) = login else { return Ok(Self { kind: Kind::None }) };
        let user = login.user.clone();
        let kind = match &login.proof {
            Proof::Password(secret) => Kind::Fixed(Login::Password { user, secret: secret.clone() }),
            Proof::OAuth(oauth) => {
                let keep = state_dir.join(format!("refresh-token-{name}"));
                let rotated = std::fs::read_to_string(&keep).ok().map(|text| SecretString::from(text.trim()));
                let account = OAuthAccount {
                    token_url: oauth.token_url.as_str().to_owned(),
                    client_id: oauth.client_id.clone(),
                    client_secret: oauth.client_secret.clone(),
                    scope: oauth.scope.clone(),
                    grant: Grant::Refresh { token: rotated.unwrap_or_else(|| oauth.refresh_token.clone()) },
                    limit: std::time::Duration::from_secs(30),
                };
                let tokens =
                    Tokens::new(account).map_err(|source| SetupFault::Setup { what: "token_url", source })?;
                Kind::OAuth { user, tokens: Box::new(tokens), keep, given: Mutex::new(None) }
            }
        };
        Ok(Self { kind })
    }

    fn fixed(&self) -> Option<Login> {
        match &self.kind {
            Kind::Fixed(login) => Some(login.clone()),
            Kind::None | Kind::OAuth { .. } => None,
        }
    }

    /// The login to use now.
    ///
    /// # Errors
    /// The token server gives no token.
    pub async fn login(&self, outside: &Outside) -> Result<Option<Login>, OAuthError> {
        match &self.kind {
            Kind::None => Ok(None),
            Kind::Fixed(login) => Ok(Some(login.clone())),
            Kind::OAuth { user, tokens, keep, .. } => {
                let granted = tokens.token(outside.clock.now()).await?;
                if let Some(rotated) = &granted.rotated {
                    write_secret(keep, rotated).map_err(|_| OAuthError::Unavailable)?;
                }
                Ok(Some(Login::XOAuth2 { user: user.clone(), token: granted.access }))
            }
        }
    }

    /// The login, if it differs from the one given last.
    async fn renewed(&self, outside: &Outside) -> Result<Option<Login>, OAuthError> {
        let Kind::OAuth { given, .. } = &self.kind else { return Ok(None) };
        let login = self.login(outside).await?;
        if let Some(Login::XOAuth2 { token, .. }) = &login {
            let mut given = given.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            let text = secrecy::ExposeSecret::expose_secret(token);
            if given.as_deref() == Some(text) {
                return Ok(None);
            }
            *given = Some(text.to_owned());
        }
        Ok(login)
    }

    /// Forgets a token that a server refused.
    pub async fn forget(&self) {
        if let Kind::OAuth { tokens, given, .. } = &self.kind {
            tokens.forget().await;
            *given.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = None;
        }
    }
}

/// Durable before the token it came with is used: providers revoke the old one.
fn write_secret(path: &std::path::Path, secret: &SecretString) -> std::io::Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let partial = path.with_extension("new");
    let mut file =
        std::fs::OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&partial)?;
    file.write_all(secrecy::ExposeSecret::expose_secret(secret).as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&partial, path)
}
