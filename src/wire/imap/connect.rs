//! From nothing to a logged-in mailbox.

use std::collections::BTreeSet;

use async_imap::imap_proto::{Capability, Response, Status};
use async_imap::{Authenticator, Client};
use secrecy::{ExposeSecret, SecretString};

use super::guard::Guarded;
use super::talk::{of_client, of_io};
use super::{ImapAccount, ImapError, ImapTimeouts, Line, Mailbox, Stream};
use crate::wire::Login;
use crate::wire::tls;

impl Mailbox {
    /// Dials, shakes hands, logs in and asks what the server can.
    ///
    /// # Errors
    /// [`ImapError`]; [`ImapError::Login`] when we are not let in.
    pub async fn connect(account: &ImapAccount) -> Result<Self, ImapError> {
        let limit = account.timeouts.connect;
        let tcp = tls::dial(&account.host, account.port, limit).await?;
        let stream = account.trust.handshake(&account.host, tcp, limit).await?;
        Self::over(stream, &account.login, account.timeouts).await
    }

    /// The same over a stream that is already open and private: a scripted server, a tunnel.
    ///
    /// # Errors
    /// As [`Self::connect`].
    pub async fn over<S: Stream + 'static>(
        stream: S,
        login: &Login,
        timeouts: ImapTimeouts,
    ) -> Result<Self, ImapError> {
        let line: Line = Guarded::new(Box::new(stream));
        let mut client = Client::new(line);
        tokio::time::timeout(timeouts.connect, greeting(&mut client))
            .await
            .unwrap_or(Err(ImapError::Timeout { command: "greeting" }))?;
        let session = tokio::time::timeout(timeouts.command, enter(client, login))
            .await
            .unwrap_or(Err(ImapError::Timeout { command: "LOGIN" }))?;
        let can = BTreeSet::new();
        let mut mailbox = Self { session, can, timeouts, out_of_step: false, exists: 0, news: false };
        mailbox.ask_capabilities().await?;
        Ok(mailbox)
    }

    async fn ask_capabilities(&mut self) -> Result<(), ImapError> {
        let mut can = BTreeSet::new();
        let mut see = |response: &Response<'_>| {
            if let Response::Capabilities(list) = response {
                can.extend(list.iter().map(word));
            }
        };
        let limit = self.timeouts.command;
        self.run("CAPABILITY", "CAPABILITY", limit, &mut see).await?.sound("CAPABILITY")?;
        self.can = can;
        Ok(())
    }
}

fn word(capability: &Capability<'_>) -> String {
    match capability {
        Capability::Imap4rev1 => "IMAP4REV1".to_owned(),
        Capability::Auth(name) => format!("AUTH={}", name.to_ascii_uppercase()),
        Capability::Atom(name) => name.to_ascii_uppercase(),
    }
}

/// Dovecot that has just started sends `* OK Waiting...` lines before its greeting: the first `* OK` is good enough,
/// and the login reads over any further one.
async fn greeting(client: &mut Client<Line>) -> Result<(), ImapError> {
    for _ in 0..20 {
        let data = client.read_response().await.map_err(|error| of_io(&error))?.ok_or(ImapError::Lost)?;
        if let Response::Data { status, .. } = data.parsed() {
            return match status {
                Status::Ok => Ok(()),
                Status::Bye => Err(ImapError::Lost),
                // PREAUTH: somebody else's session on a line that we were to log in on.
                Status::PreAuth | Status::No | Status::Bad => Err(ImapError::Garbled),
            };
        }
    }
    Err(ImapError::Garbled)
}

async fn enter(client: Client<Line>, login: &Login) -> Result<async_imap::Session<Line>, ImapError> {
    let entered = match login {
        Login::Password { user, secret } => client.login(user, secret.expose_secret()).await,
        Login::XOAuth2 { user, token } => {
            let bearer = Bearer { user, token, told: false };
            client.authenticate("XOAUTH2", bearer).await
        }
    };
    entered.map_err(
        |(error, client)| {
            if client.get_ref().tripped() { ImapError::TooLarge } else { refusal(&error) }
        },
    )
}

/// The words of RFC 5530 are not typed by the parser and stand in the text.
fn refusal(error: &async_imap::error::Error) -> ImapError {
    if let async_imap::error::Error::No(text) | async_imap::error::Error::Bad(text) = error {
        let busy = ["[UNAVAILABLE]", "[LIMIT]", "[INUSE]", "[SERVERBUG]"];
        return ImapError::Login { later: busy.iter().any(|word| text.contains(word)) };
    }
    // A name or password with CR or LF in it, which was not sent.
    if matches!(error, async_imap::error::Error::Validate(_)) {
        return ImapError::Login { later: false };
    }
    of_client(error)
}

/// SASL XOAUTH2: the first challenge is empty; a second one tells why it failed and wants an empty answer.
struct Bearer<'a> {
    user: &'a str,
    token: &'a SecretString,
    told: bool,
}

impl Authenticator for Bearer<'_> {
    type Response = String;

    fn process(&mut self, _challenge: &[u8]) -> String {
        if std::mem::replace(&mut self.told, true) {
            return String::new();
        }
        format!("user={}\u{1}auth=Bearer {}\u{1}\u{1}", self.user, self.token.expose_secret())
    }
}
