//! How we log in to mail servers: a password, or OAuth2 tokens that are renewed.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};

use super::SetupFault;
use crate::config::{self, Config, Proof};
use crate::outside::Outside;
use crate::wire::Login;
use crate::wire::oauth::{Grant, OAuthAccount, OAuthError, Tokens};

/// How to log in to a mail server; OAuth2 tokens are renewed, and a rotated refresh token is durable before it is used.
pub struct Credentials {
    kind: Kind,
}

enum Kind {
    None,
    Fixed(Login),
    OAuth { user: String, tokens: Box<Tokens>, keep: PathBuf },
}

/// The credentials of the mailbox and of the submission server. Where both log in alike they are one: a provider that
/// rotates refresh tokens ends the old one at each use, also for the other half of the program.
///
/// # Errors
/// A URL that may not be used.
pub fn credentials(config: &Config) -> Result<(Arc<Credentials>, Arc<Credentials>), SetupFault> {
    let mailbox = Arc::new(Credentials::new(Some(&config.mailbox.login), &config.state_dir, "mailbox")?);
    let smtp = match &config.smtp.login {
        Some(login) if alike(login, &config.mailbox.login) => Arc::clone(&mailbox),
        other => Arc::new(Credentials::new(other.as_ref(), &config.state_dir, "smtp")?),
    };
    Ok((mailbox, smtp))
}

fn alike(one: &config::Login, other: &config::Login) -> bool {
    one.user == other.user
        && match (&one.proof, &other.proof) {
            (Proof::OAuth(one), Proof::OAuth(other)) => {
                one.client_id == other.client_id
                    && one.token_url.as_str() == other.token_url.as_str()
                    && one.refresh_token.expose_secret() == other.refresh_token.expose_secret()
            }
            (Proof::Password(_), Proof::Password(_) | Proof::OAuth(_))
            | (Proof::OAuth(_), Proof::Password(_)) => false,
        }
}

impl Credentials {
    /// From the configuration; a refresh token that was rotated (kept in the state directory) goes before the
    /// configured one.
    ///
    /// # Errors
    /// A URL that may not be used.
    pub fn new(
        login: Option<&config::Login>,
        state_dir: &Path,
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
                Kind::OAuth { user, tokens: Box::new(tokens), keep }
            }
        };
        Ok(Self { kind })
    }

    /// The login that never changes, if it is one.
    pub(super) fn fixed(&self) -> Option<Login> {
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
            Kind::OAuth { user, tokens, keep } => {
                let granted = tokens.token(outside.clock.now()).await?;
                if let Some(rotated) = &granted.rotated {
                    write_secret(keep, rotated).map_err(|_| OAuthError::Unavailable)?;
                }
                Ok(Some(Login::XOAuth2 { user: user.clone(), token: granted.access }))
            }
        }
    }

    /// Forgets a token that a server refused.
    pub async fn forget(&self) {
        if let Kind::OAuth { tokens, .. } = &self.kind {
            tokens.forget().await;
        }
    }
}

/// Durable before the token it came with is used: providers revoke the old one.
fn write_secret(path: &Path, secret: &SecretString) -> std::io::Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let partial = path.with_extension("new");
    let mut file =
        std::fs::OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&partial)?;
    file.write_all(secret.expose_secret().as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&partial, path)
}
