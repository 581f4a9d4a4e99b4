//! One connection to the practice SMTP server.

use std::io;

use data_encoding::BASE64;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::faults::{Fault, Stage};
use super::{Accepted, Shared, Tls};
use crate::practice::board::Board;
use crate::practice::sasl::XOAUTH2_REFUSED;

/// Longest line accepted, in bytes: mails with overlong lines are what a practice is for, endless ones are not.
const MAX_LINE: u64 = 16 * 1024 * 1024;
/// Largest mail accepted, in bytes; announced by SIZE (RFC 1870).
const MAX_MAIL: usize = 100 * 1024 * 1024;

/// A stream down to its socket.
trait Socket: AsyncRead + AsyncWrite + Unpin {
    /// The TCP socket under all layers.
    fn tcp(&self) -> &TcpStream;

    /// Acknowledges what comes next at once. A client that leaves Nagle's algorithm on and writes a mail and its final dot apart (most
    /// libraries do) waits 40 ms for a delayed acknowledgement, every mail; on loopback that would be all that a measurement shows.
    fn acknowledge_at_once(&self) {
        #[cfg(target_os = "linux")]
        let _ = self.tcp().set_quickack(true);
    }
}

impl Socket for TcpStream {
    fn tcp(&self) -> &TcpStream {
        self
    }
}

impl Socket for TlsStream<TcpStream> {
    fn tcp(&self) -> &TcpStream {
        self.get_ref().0
    }
}

/// What follows a command.
#[derive(PartialEq, Eq)]
enum Next {
    Go,
    /// STARTTLS was said: the stream changes.
    Secure,
    End,
}

struct Session<S> {
    stream: BufReader<S>,
    shared: Board<Shared>,
    secure: bool,
    logged_in: bool,
    from: Option<String>,
    to: Vec<String>,
}

/// Serves one connection until its end.
pub(super) async fn serve(stream: TcpStream, tls: Tls, acceptor: TlsAcceptor, shared: Board<Shared>) {
    let _ = stream.set_nodelay(true);
    // A torn connection is the client's concern; there is nobody here to tell.
    let _ = serve_on(stream, tls, acceptor, shared).await;
}

async fn serve_on(
    stream: TcpStream,
    tls: Tls,
    acceptor: TlsAcceptor,
    shared: Board<Shared>,
) -> io::Result<()> {
    match tls {
        Tls::Implicit => {
            let mut session = Session::new(acceptor.accept(stream).await?, true, shared);
            if session.greet().await? {
                session.talk().await?;
            }
        }
        Tls::StartTls => {
            let mut session = Session::new(stream, false, shared.clone());
            if session.greet().await? && session.talk().await? == Next::Secure {
                // What the client sent ahead of the handshake goes with the buffer (RFC 3207 section 6: it must not be trusted).
                let stream = acceptor.accept(session.stream.into_inner()).await?;
                Session::new(stream, true, shared).talk().await?;
            }
        }
    }
    Ok(())
}

impl<S: Socket> Session<S> {
    fn new(stream: S, secure: bool, shared: Board<Shared>) -> Self {
        Self { stream: BufReader::new(stream), shared, secure, logged_in: false, from: None, to: Vec::new() }
    }

    /// `false`: the connection ends here.
    async fn greet(&mut self) -> io::Result<bool> {
        match self.struck(Stage::Connect).await? {
            Some(next) => Ok(next == Next::Go),
            None => {
                self.say(220, "practice ESMTP").await?;
                Ok(true)
            }
        }
    }

    /// Talks until the end or until STARTTLS.
    async fn talk(&mut self) -> io::Result<Next> {
        loop {
            let Some(line) = self.line().await? else { return Ok(Next::End) };
            match self.obey(&line).await? {
                Next::Go => {}
                Next::Secure => return Ok(Next::Secure),
                Next::End => {
                    let _ = self.stream.shutdown().await;
                    return Ok(Next::End);
                }
            }
        }
    }

    async fn say(&mut self, code: u16, text: &str) -> io::Result<Next> {
        self.stream.write_all(format!("{code} {text}\r\n").as_bytes()).await?;
        self.stream.flush().await?;
        Ok(Next::Go)
    }

    /// One line with its end; `None` at the end of the stream.
    async fn raw_line(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut line = Vec::new();
        self.stream.get_ref().acknowledge_at_once();
        (&mut self.stream).take(MAX_LINE).read_until(b'\n', &mut line).await?;
        Ok(line.ends_with(b"\n").then_some(line))
    }

    async fn line(&mut self) -> io::Result<Option<String>> {
        let line = self.raw_line().await?;
        Ok(line.map(|line| String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_owned()))
    }

    /// Lets the fault of a stage happen, if there is one; `None`: go on as usual.
    async fn struck(&mut self, stage: Stage) -> io::Result<Option<Next>> {
        match self.shared.change(|shared| shared.record.strike(stage)) {
            None => Ok(None),
            Some(Fault::Reply(code, text)) => self.say(code, &text).await.map(Some),
            Some(Fault::Drop | Fault::CommitThenDrop) => Ok(Some(Next::End)),
            Some(Fault::Hang | Fault::CommitThenHang) => self.hang().await.map(Some),
            Some(Fault::Delay(by)) => {
                tokio::time::sleep(by).await;
                Ok(None)
            }
        }
    }

    /// Silent until the client gives up.
    async fn hang(&mut self) -> io::Result<Next> {
        while self.raw_line().await?.is_some() {}
        Ok(Next::End)
    }

    async fn obey(&mut self, line: &str) -> io::Result<Next> {
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        let verb = verb.to_ascii_uppercase();
        let seen = match (verb.as_str(), rest.split(' ').next()) {
            ("AUTH", Some(mechanism)) => format!("AUTH {}", mechanism.to_ascii_uppercase()),
            (verb, _) => verb.to_owned(),
        };
        self.shared.change(|shared| shared.record.commands.push(seen));
        match verb.as_str() {
            "EHLO" => self.hello().await,
            "HELO" => self.say(250, "practice").await,
            "NOOP" => self.say(250, "2.0.0 ok").await,
            "RSET" => {
                self.forget();
                self.say(250, "2.0.0 ok").await
            }
            "QUIT" => {
                self.say(221, "2.0.0 until next time").await?;
                Ok(Next::End)
            }
            "STARTTLS" if !self.secure => {
                self.say(220, "2.0.0 go ahead").await?;
                Ok(Next::Secure)
            }
            _ if !self.secure => self.say(530, "5.7.0 say STARTTLS first").await,
            "AUTH" => self.auth(rest).await,
            "MAIL" | "RCPT" | "DATA" if !self.logged_in => self.say(530, "5.7.0 log in first").await,
            "MAIL" => self.mail(rest).await,
            "RCPT" => self.rcpt(rest).await,
            "DATA" => self.data().await,
            _ => self.say(502, "5.5.1 not spoken here").await,
        }
    }

    async fn hello(&mut self) -> io::Result<Next> {
        let more = if self.secure { "AUTH PLAIN LOGIN XOAUTH2" } else { "STARTTLS" };
        let text = format!(
            "250-practice\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-PIPELINING\r\n250-ENHANCEDSTATUSCODES\r\n250-SIZE {MAX_MAIL}\r\n250 {more}\r\n"
        );
        self.stream.write_all(text.as_bytes()).await?;
        self.stream.flush().await?;
        Ok(Next::Go)
    }

    async fn auth(&mut self, rest: &str) -> io::Result<Next> {
        if let Some(next) = self.struck(Stage::Auth).await? {
            return Ok(next);
        }
        let (mechanism, initial) = rest.split_once(' ').unwrap_or((rest, ""));
        let good = match mechanism.to_ascii_uppercase().as_str() {
            "PLAIN" => {
                let message = self.credentials(initial, "").await?;
                self.shared.look(|shared| shared.accounts.plain(&message))
            }
            "LOGIN" => {
                let name = self.credentials(initial, "Username:").await?;
                let password = self.credentials("", "Password:").await?;
                let (name, password) = (String::from_utf8_lossy(&name), String::from_utf8_lossy(&password));
                self.shared.look(|shared| shared.accounts.password(&name, &password))
            }
            "XOAUTH2" => {
                let message = self.credentials(initial, "").await?;
                let good = self.shared.look(|shared| shared.accounts.xoauth2(&message));
                if !good {
                    self.credentials("", XOAUTH2_REFUSED).await?;
                }
                good
            }
            _ => return self.say(504, "5.5.4 no such mechanism").await,
        };
        self.logged_in = good;
        if good {
            self.say(235, "2.7.0 logged in").await
        } else {
            self.say(535, "5.7.8 wrong name, password or token").await
        }
    }

    /// What the client gave with AUTH, or its answer to `challenge`.
    async fn credentials(&mut self, initial: &str, challenge: &str) -> io::Result<Vec<u8>> {
        let encoded = if initial.is_empty() {
            self.say(334, &BASE64.encode(challenge.as_bytes())).await?;
            self.line().await?.unwrap_or_default()
        } else if initial == "=" {
            String::new()
        } else {
            initial.to_owned()
        };
        Ok(BASE64.decode(encoded.as_bytes()).unwrap_or_default())
    }

    fn forget(&mut self) {
        self.from = None;
        self.to.clear();
    }

    async fn mail(&mut self, rest: &str) -> io::Result<Next> {
        if self.from.is_some() {
            return self.say(503, "5.5.1 one sender a mail").await;
        }
        if let Some(next) = self.struck(Stage::Mail).await? {
            return Ok(next);
        }
        match path(rest, "FROM:") {
            Some(from) => {
                self.from = Some(from);
                self.say(250, "2.1.0 ok").await
            }
            None => self.say(501, "5.5.4 MAIL FROM:<path>").await,
        }
    }

    async fn rcpt(&mut self, rest: &str) -> io::Result<Next> {
        if self.from.is_none() {
            return self.say(503, "5.5.1 MAIL first").await;
        }
        if let Some(next) = self.struck(Stage::Rcpt).await? {
            return Ok(next);
        }
        let Some(to) = path(rest, "TO:").filter(|to| !to.is_empty()) else {
            return self.say(501, "5.5.4 RCPT TO:<path>").await;
        };
        if let Some((code, text)) = self.shared.look(|shared| shared.record.recipient(&to)) {
            return self.say(code, &text).await;
        }
        self.to.push(to);
        self.say(250, "2.1.5 ok").await
    }

    async fn data(&mut self) -> io::Result<Next> {
        if self.from.is_none() || self.to.is_empty() {
            return self.say(503, "5.5.1 MAIL and RCPT first").await;
        }
        if let Some(next) = self.struck(Stage::Data).await? {
            return Ok(next);
        }
        self.say(354, "end with a dot").await?;
        let Some(data) = self.body().await? else { return Ok(Next::End) };
        if data.len() > MAX_MAIL {
            self.forget();
            return self.say(552, "5.3.4 too large").await;
        }
        let fault = self.shared.change(|shared| shared.record.strike(Stage::DataEnd));
        match fault {
            Some(Fault::Reply(code, text)) => {
                self.forget();
                self.say(code, &text).await
            }
            Some(Fault::Drop) => Ok(Next::End),
            Some(Fault::Hang) => self.hang().await,
            Some(Fault::CommitThenDrop) => {
                self.accept(data, false);
                Ok(Next::End)
            }
            Some(Fault::CommitThenHang) => {
                self.accept(data, false);
                self.hang().await
            }
            Some(Fault::Delay(by)) => {
                tokio::time::sleep(by).await;
                self.take(data).await
            }
            None => self.take(data).await,
        }
    }

    async fn take(&mut self, data: Vec<u8>) -> io::Result<Next> {
        let index = self.accept(data, true);
        self.say(250, &format!("2.0.0 accepted as {index}")).await
    }

    fn accept(&mut self, data: Vec<u8>, told: bool) -> usize {
        let envelope_from = self.from.take().unwrap_or_default();
        let envelope_to = std::mem::take(&mut self.to);
        let (hook, mail) = self.shared.change(|shared| {
            let accepted_at_index = shared.mails.len();
            let mail = Accepted { envelope_from, envelope_to, data, accepted_at_index, told };
            shared.mails.push(mail.clone());
            (shared.hook.clone(), mail)
        });
        if let Some(hook) = hook {
            hook(&mail);
        }
        mail.accepted_at_index
    }

    /// The mail up to the lone dot, dots unstuffed (RFC 5321 section 4.5.2); `None` when the stream ended before it.
    async fn body(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut data = Vec::new();
        loop {
            let Some(line) = self.raw_line().await? else { return Ok(None) };
            if line == b".\r\n" {
                return Ok(Some(data));
            }
            // Beyond the limit it is still read to its end, and not kept.
            if data.len() <= MAX_MAIL {
                data.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
            }
        }
    }
}

/// The path of `FROM:<path> PARAMETERS`, without brackets.
fn path(rest: &str, word: &str) -> Option<String> {
    let (start, rest) = rest.split_at_checked(word.len())?;
    if !start.eq_ignore_ascii_case(word) {
        return None;
    }
    let (path, _) = rest.trim_start().strip_prefix('<')?.split_once('>')?;
    Some(path.to_owned())
}
