//! From nothing to a private, logged-in SMTP connection.

use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::extension::ClientId;
use secrecy::ExposeSecret;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::stream::Line;
use super::{NotSent, Smtp, SmtpTls, Stage, unpoisoned};
use crate::wire::{Login, tls};

/// Whatever the server says before TLS, in bytes.
const MAX_PLAIN: usize = 16 * 1024;

impl Smtp {
    /// Dials, makes the line private and logs in, all within `timeouts.connect`.
    pub(super) async fn connect(&self) -> Result<AsyncSmtpConnection, NotSent> {
        let work = async {
            let mut connection = self.open().await?;
            // Bound first: the lock must be free again before the network is waited for.
            let login = unpoisoned(&self.login).clone();
            if let Some(login) = login {
                enter(&mut connection, &login).await?;
            }
            Ok(connection)
        };
        let late = NotSent::Proven { retry: true, code: None, at: Stage::Connect };
        tokio::time::timeout(self.account.timeouts.connect, work).await.unwrap_or(Err(late))
    }

    async fn open(&self) -> Result<AsyncSmtpConnection, NotSent> {
        let (account, limit) = (&self.account, self.account.timeouts.connect);
        let failed = |code| NotSent::Proven { retry: true, code, at: Stage::Connect };
        let mut tcp = tls::dial(&account.host, account.port, limit).await.map_err(|_| failed(None))?;
        let prologue: &'static [u8] = match account.tls {
            SmtpTls::Implicit => b"",
            SmtpTls::StartTls => {
                ask_for_tls(&mut tcp, &account.hello).await.map_err(failed)?;
                // lettre reads a greeting first; the server has given its own before TLS, where it proves nothing.
                b"220 private\r\n"
            }
        };
        let private = account.trust.handshake(&account.host, tcp, limit).await.map_err(|_| failed(None))?;
        let line = Box::new(Line::new(private, prologue));
        let hello = ClientId::Domain(account.hello.clone());
        AsyncSmtpConnection::connect_with_transport(line, &hello)
            .await
            .map_err(|error| failed(error.status().map(u16::from)))
    }
}

/// AUTH by what we were given. A refusal may be a token that ran out, so it is worth a retry.
async fn enter(connection: &mut AsyncSmtpConnection, login: &Login) -> Result<(), NotSent> {
    let (mechanisms, user, secret): (&[Mechanism], _, _) = match login {
        Login::Password { user, secret } => (&[Mechanism::Plain, Mechanism::Login], user, secret),
        Login::XOAuth2 { user, token } => (&[Mechanism::Xoauth2], user, token),
    };
    let credentials = Credentials::new(user.clone(), secret.expose_secret().to_owned());
    let code = match connection.auth(mechanisms, &credentials).await {
        Ok(response) if response.has_code(235) => return Ok(()),
        Ok(response) => Some(u16::from(response.code())),
        Err(error) => error.status().map(u16::from),
    };
    Err(NotSent::Proven { retry: true, code, at: Stage::Login })
}

/// Greeting, EHLO and STARTTLS in clear (RFC 3207). Done here and not by lettre, which keeps in its buffer what somebody
/// on the line may have put behind the 220, and would take it for replies of the private line.
async fn ask_for_tls(tcp: &mut TcpStream, hello: &str) -> Result<(), Option<u16>> {
    if hello.chars().any(|c| c.is_control() || c == ' ') {
        return Err(None);
    }
    expect(tcp, 220).await?;
    tcp.write_all(format!("EHLO {hello}\r\n").as_bytes()).await.map_err(|_| None)?;
    let offers = expect(tcp, 250).await?;
    let offered = offers
        .lines()
        .any(|line| line.get(4..).is_some_and(|word| word.trim().eq_ignore_ascii_case("STARTTLS")));
    if !offered {
        return Err(None);
    }
    tcp.write_all(b"STARTTLS\r\n").await.map_err(|_| None)?;
    expect(tcp, 220).await.map(drop)
}

/// Reads one whole reply, which must have this code and be all that was said.
async fn expect(tcp: &mut TcpStream, code: u16) -> Result<String, Option<u16>> {
    let mut heard: Vec<u8> = Vec::new();
    loop {
        let mut piece = [0u8; 1024];
        let count = tcp.read(&mut piece).await.map_err(|_| None)?;
        heard.extend(piece.iter().take(count));
        if count == 0 || heard.len() > MAX_PLAIN {
            return Err(None);
        }
        let text = String::from_utf8_lossy(&heard);
        let last = |line: &str| line.get(3..4).is_none_or(|mark| mark != "-");
        let mut whole = text.split_inclusive("\r\n").filter(|line| line.ends_with("\r\n"));
        if whole.by_ref().any(|line| last(line.trim_end())) {
            let got = text.get(..3).and_then(|digits| digits.parse().ok());
            let more = whole.next().is_some() || !text.ends_with("\r\n");
            return if got == Some(code) && !more { Ok(text.into_owned()) } else { Err(got) };
        }
    }
}
