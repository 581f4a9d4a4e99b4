//! Letters out over SMTP submission (RFC 6409): one message to one recipient, and an answer that says no more than the
//! wire proves.
//!
//! lettre's own transport cannot tell a failure before the final dot from one after it, so its connection is driven
//! command by command. Up to the reply to DATA not a byte of the letter has left us: every failure there is proven *not
//! sent*. From the first byte of the letter on only a reply code proves anything; a timeout or a broken line is
//! [`NotSent::Unknown`].

mod connect;
mod stream;

use std::sync::Mutex;
use std::time::Duration;

use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Mail, Quit, Rcpt};
use lettre::transport::smtp::extension::{Extension, MailBodyParameter, MailParameter};
use lettre::transport::smtp::response::Response;
use tokio::sync::Semaphore;

use super::Login;
use super::tls::Trust;
use crate::case::Address;

/// How the line becomes private; there is no third way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SmtpTls {
    /// TLS from the first byte (port 465, RFC 8314).
    Implicit,
    /// STARTTLS, and nothing is sent without it (port 587, RFC 3207).
    StartTls,
}

/// Deadlines of a submission.
#[derive(Debug, Clone, Copy)]
pub struct SmtpTimeouts {
    /// For connection, handshakes, greeting and login together.
    pub connect: Duration,
    /// For MAIL, RCPT and DATA each (RFC 5321 section 4.5.3.2 wants minutes).
    pub command: Duration,
    /// From the first byte of the letter to the reply after the final dot. RFC 5321 section 4.5.3.2.6 wants ten
    /// minutes: a shorter one makes duplicates.
    pub letter: Duration,
}

impl Default for SmtpTimeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(30),
            command: Duration::from_secs(120),
            letter: Duration::from_secs(600),
        }
    }
}

/// The server that takes our letters.
#[derive(Debug, Clone)]
pub struct SmtpAccount {
    /// Host name, also the name that the certificate must hold.
    pub host: String,
    /// 465 or 587.
    pub port: u16,
    /// How it becomes private.
    pub tls: SmtpTls,
    /// Whom we trust.
    pub trust: Trust,
    /// Who we are; `None` for a relay that knows us by our address.
    pub login: Option<Login>,
    /// What we call ourselves in EHLO: a domain name, or an address literal.
    pub hello: String,
    /// Deadlines.
    pub timeouts: SmtpTimeouts,
    /// Connections at the same time at most; as many are kept warm. Large providers count them (Microsoft 365 allows three).
    pub connections: usize,
}

/// The server has taken the letter over.
#[derive(Clone, PartialEq, Eq)]
pub struct Accepted {
    /// Its reply, at most 200 visible characters; often a queue id. It may name the recipient: for the store, not for
    /// the log.
    pub reply: String,
}

/// Does not show the reply.
impl std::fmt::Debug for Accepted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Accepted")
    }
}

/// How far a letter got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Name, connection, TLS, greeting.
    Connect,
    /// AUTH.
    Login,
    /// MAIL or RCPT.
    Envelope,
    /// DATA, before its 354.
    Data,
    /// After the final dot.
    Letter,
}

impl Stage {
    fn word(self) -> &'static str {
        match self {
            Self::Connect => "connection",
            Self::Login => "login",
            Self::Envelope => "envelope",
            Self::Data => "DATA",
            Self::Letter => "letter",
        }
    }
}

/// The letter was not taken, as far as the wire proves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotSent {
    /// Certainly not sent. What the server did not say (no connection, a broken line before the letter) and every
    /// fault of connection or login may pass: `retry`. A 4xx may pass, a 5xx to this letter does not.
    #[error("not sent: {} failed{}", .at.word(), .code.map_or_else(String::new, |code| format!(" with {code}")))]
    Proven {
        /// Whether trying again makes sense.
        retry: bool,
        /// The reply code, where there was one.
        code: Option<u16>,
        /// Where it failed.
        at: Stage,
    },
    /// The letter was under way and no reply was seen: it may have been sent.
    #[error("no reply after the letter: it may have been sent")]
    Unknown,
}

/// One submission server and its warm connections.
pub struct Smtp {
    account: SmtpAccount,
    login: Mutex<Option<Login>>,
    warm: Mutex<Vec<AsyncSmtpConnection>>,
    /// One for each connection that may be open beside the others.
    places: Semaphore,
}

/// What became of one connection's try.
enum Try {
    /// The connection had died in the pool: nothing of this letter was said to anybody.
    Stale,
    Done(Result<Accepted, NotSent>),
}

impl Smtp {
    /// Nothing is dialed yet.
    pub fn new(account: SmtpAccount) -> Self {
        let login = Mutex::new(account.login.clone());
        let places = Semaphore::new(account.connections.max(1));
        Self { account, login, warm: Mutex::new(Vec::new()), places }
    }

    /// Logs in with this from the next connection on (a renewed token).
    pub fn renew(&self, login: Login) {
        *unpoisoned(&self.login) = Some(login);
    }

    /// Dials and logs in, and keeps the connection: shows that the account works.
    ///
    /// # Errors
    /// [`NotSent::Proven`] at `Connect` or `Login`.
    pub async fn probe(&self) -> Result<(), NotSent> {
        let connection = self.connect().await?;
        self.keep(connection);
        Ok(())
    }

    /// Sends a finished message (RFC 5322 bytes; line ends of any kind become CR LF) to one recipient. `from`: the
    /// envelope sender, `None` for the null sender `<>`. `copy`: a further envelope recipient, who may be refused without
    /// harm to the letter. A connection that had died while it waited is replaced at once.
    ///
    /// # Errors
    /// [`NotSent`].
    pub async fn send(
        &self,
        from: Option<&Address>,
        to: &Address,
        copy: Option<&Address>,
        message: &[u8],
    ) -> Result<Accepted, NotSent> {
        let unfit = NotSent::Proven { retry: false, code: None, at: Stage::Envelope };
        let from = from.map(envelope).transpose().map_err(|()| unfit)?;
        let to = envelope(to).map_err(|()| unfit)?;
        let copy = copy.map(envelope).transpose().map_err(|()| unfit)?;
        let letter = Letter { from, to, copy, bytes: lines(message) };
        // Nobody ever closes it; without a place the letter would be sent all the same.
        let _place = self.places.acquire().await.ok();
        while let Some(connection) = self.take_warm() {
            if let Try::Done(result) = self.hand_over(connection, &letter, true).await {
                return result;
            }
        }
        let connection = self.connect().await?;
        match self.hand_over(connection, &letter, false).await {
            Try::Done(result) => result,
            Try::Stale => Err(NotSent::Proven { retry: true, code: None, at: Stage::Envelope }),
        }
    }

    /// Takes leave of all warm connections.
    pub async fn close(&self) {
        while let Some(mut connection) = self.take_warm() {
            let _whatever = tokio::time::timeout(Duration::from_secs(2), connection.command(Quit)).await;
        }
    }

    async fn hand_over(&self, mut connection: AsyncSmtpConnection, letter: &Letter, warm: bool) -> Try {
        let options = match options(&connection, letter) {
            Ok(options) => options,
            Err(unfit) => return Try::Done(Err(unfit)),
        };
        let mail = Mail::new(letter.from.clone(), options);
        if let Err(fault) = self.say(&mut connection, mail).await {
            // 421: the server has closed it for idleness.
            return if warm && matches!(fault, None | Some(421)) {
                Try::Stale
            } else {
                Try::Done(Err(proven(fault, Stage::Envelope)))
            };
        }
        if let Err(fault) = self.say(&mut connection, Rcpt::new(letter.to.clone(), vec![])).await {
            return Try::Done(Err(proven(fault, Stage::Envelope)));
        }
        if let Some(copy) = &letter.copy {
            // Refused with a reply: the letter itself goes on. No reply: nothing was sent yet.
            if let Err(None) = self.say(&mut connection, Rcpt::new(copy.clone(), vec![])).await {
                return Try::Done(Err(proven(None, Stage::Envelope)));
            }
        }
        match self.say(&mut connection, Data).await {
            Ok(response) if u16::from(response.code()) == 354 => (),
            Ok(response) => return Try::Done(Err(proven(Some(response.code().into()), Stage::Data))),
            Err(fault) => return Try::Done(Err(proven(fault, Stage::Data))),
        }
        let sending = connection.message(&letter.bytes);
        let result = match tokio::time::timeout(self.account.timeouts.letter, sending).await {
            Err(_) => Err(NotSent::Unknown),
            Ok(sent) => after_dot(sent),
        };
        if result.is_ok() {
            self.keep(connection);
        }
        Try::Done(result)
    }

    /// One command within its deadline; the error is the reply code, where there was one.
    async fn say<C: std::fmt::Display>(
        &self,
        connection: &mut AsyncSmtpConnection,
        command: C,
    ) -> Result<Response, Option<u16>> {
        let work = connection.command(command);
        match tokio::time::timeout(self.account.timeouts.command, work).await {
            Err(_) => Err(None),
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => Err(error.status().map(u16::from)),
        }
    }

    fn take_warm(&self) -> Option<AsyncSmtpConnection> {
        unpoisoned(&self.warm).pop()
    }

    fn keep(&self, connection: AsyncSmtpConnection) {
        let mut warm = unpoisoned(&self.warm);
        if warm.len() < self.account.connections {
            warm.push(connection);
        }
    }
}

struct Letter {
    from: Option<lettre::Address>,
    to: lettre::Address,
    copy: Option<lettre::Address>,
    bytes: Vec<u8>,
}

fn envelope(address: &Address) -> Result<lettre::Address, ()> {
    lettre::Address::new(address.local(), address.domain()).map_err(|_| ())
}

/// What MAIL must announce; a server that cannot take such a letter is not asked.
fn options(connection: &AsyncSmtpConnection, letter: &Letter) -> Result<Vec<MailParameter>, NotSent> {
    let able = |extension| connection.server_info().supports_feature(extension);
    let ascii = |address: &lettre::Address| AsRef::<str>::as_ref(address).is_ascii();
    let mut options = Vec::new();
    let unfit = NotSent::Proven { retry: false, code: None, at: Stage::Envelope };
    if !(letter.from.as_ref().is_none_or(ascii) && ascii(&letter.to)) {
        options.push(able(Extension::SmtpUtfEight).then_some(MailParameter::SmtpUtfEight).ok_or(unfit)?);
    }
    if !letter.bytes.is_ascii() {
        let eight = MailParameter::Body(MailBodyParameter::EightBitMime);
        options.push(able(Extension::EightBitMime).then_some(eight).ok_or(unfit)?);
    }
    Ok(options)
}

/// Before the letter: 5xx is about this letter and stays; all else may pass.
fn proven(code: Option<u16>, at: Stage) -> NotSent {
    NotSent::Proven { retry: !code.is_some_and(|code| (500..600).contains(&code)), code, at }
}

/// A negative reply after the dot is the server's word that it did not take the letter over (RFC 5321 sections 4.2.1 and
/// 6.1). Not so 421, with which a server that is shutting down may cut in at any time (section 3.8).
fn after_dot(sent: Result<Response, lettre::transport::smtp::Error>) -> Result<Accepted, NotSent> {
    let (code, reply) = match sent {
        Ok(response) => {
            (Some(u16::from(response.code())), visible(response.first_line().unwrap_or_default()))
        }
        Err(error) => (error.status().map(u16::from), String::new()),
    };
    match code {
        Some(200..=299) => Ok(Accepted { reply }),
        Some(421) | None => Err(NotSent::Unknown),
        Some(400..=599) => Err(proven(code, Stage::Letter)),
        Some(_) => Err(NotSent::Unknown),
    }
}

fn visible(line: &str) -> String {
    line.chars().filter(|c| c.is_ascii_graphic() || *c == ' ').take(200).collect()
}

/// CR LF everywhere, since a server may take a bare LF for a line end and a hidden dot for the end of the letter; the
/// last one is left to the sender, who writes it before the final dot.
fn lines(message: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(message.len() + message.len() / 32);
    let mut rest = message.iter().copied().peekable();
    while let Some(byte) = rest.next() {
        match byte {
            b'\r' => {
                rest.next_if_eq(&b'\n');
                out.extend_from_slice(b"\r\n");
            }
            b'\n' => out.extend_from_slice(b"\r\n"),
            other => out.push(other),
        }
    }
    if out.ends_with(b"\r\n") {
        out.truncate(out.len() - 2);
    }
    out
}

/// A panic elsewhere must not stop the mail: what the lock guards is whole at every moment.
fn unpoisoned<T>(lock: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn every_line_end_becomes_cr_lf_and_the_last_is_left_to_the_sender() {
        assert_eq!(lines(b"a\nb\rc\r\nd\r\n"), b"a\r\nb\r\nc\r\nd");
        assert_eq!(lines(b"a\n.\nMAIL FROM:<x@y.example>\n"), b"a\r\n.\r\nMAIL FROM:<x@y.example>");
        assert_eq!(lines(b"\r\r\n\n"), b"\r\n\r\n");
        assert_eq!(lines(b""), b"");
    }

    #[test]
    fn what_is_printed_names_a_stage_and_a_code() {
        assert_eq!(proven(Some(550), Stage::Envelope).to_string(), "not sent: envelope failed with 550");
        assert_eq!(proven(None, Stage::Data).to_string(), "not sent: DATA failed");
        assert!(matches!(proven(Some(451), Stage::Letter), NotSent::Proven { retry: true, .. }));
    }
}
