//! A practice SMTP server (RFC 5321 submission, RFC 4954 AUTH): it keeps every mail that it accepted and fails on command.

mod faults;
mod session;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

pub use faults::{Fault, Faults, Stage};

use super::board::Board;
use super::certificate::Certificate;
use super::sasl::Accounts;

/// How a client reaches TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// From the first byte (port 465, RFC 8314).
    Implicit,
    /// After the STARTTLS command (port 587, RFC 3207); nothing else is obeyed before it.
    StartTls,
}

/// A mail that the server took responsibility for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// MAIL FROM without brackets; empty for the null sender.
    pub envelope_from: String,
    /// RCPT TO, those that were accepted, without brackets.
    pub envelope_to: Vec<String>,
    /// The mail, dots unstuffed.
    pub data: Vec<u8>,
    /// Its place in the order of acceptance, from 0.
    pub accepted_at_index: usize,
    /// Whether the client was told so: `false` after "commit then drop".
    pub told: bool,
}

type Hook = Arc<dyn Fn(&Accepted) + Send + Sync>;

/// All that the connections of one server share.
pub struct Shared {
    accounts: Accounts,
    mails: Vec<Accepted>,
    record: faults::Record,
    hook: Option<Hook>,
}

/// The server; it ends, with all its connections, when dropped.
pub struct Smtpd {
    port: u16,
    shared: Board<Shared>,
    _end: DropGuard,
}

impl Smtpd {
    /// Listens on a free port of 127.0.0.1. `users` are name and password; mail is taken after AUTH only.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn start(certificate: &Certificate, tls: Tls, users: &[(&str, &str)]) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let port = listener.local_addr()?.port();
        let shared = Board::new(Shared {
            accounts: Accounts::new(users),
            mails: Vec::new(),
            record: faults::Record::default(),
            hook: None,
        });
        let end = CancellationToken::new();
        let acceptor = certificate.acceptor();
        tokio::spawn({
            let (shared, end) = (shared.clone(), end.clone());
            async move {
                loop {
                    let connection = tokio::select! {
                        () = end.cancelled() => return,
                        accepted = listener.accept() => accepted,
                    };
                    let Ok((stream, _)) = connection else { continue };
                    if shared.change(|shared| shared.record.refuses()) {
                        continue;
                    }
                    let (shared, end, acceptor) = (shared.clone(), end.clone(), acceptor.clone());
                    tokio::spawn(async move {
                        tokio::select! {
                            () = end.cancelled() => {}
                            () = session::serve(stream, tls, acceptor, shared) => {}
                        }
                    });
                }
            }
        });
        Ok(Self { port, shared, _end: end.drop_guard() })
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// All mails accepted so far, in order.
    pub fn mails(&self) -> Vec<Accepted> {
        self.shared.look(|shared| shared.mails.clone())
    }

    /// How many mails were accepted so far.
    pub fn count(&self) -> usize {
        self.shared.look(|shared| shared.mails.len())
    }

    /// Waits until at least `n` mails were accepted and returns all; `None` when `limit` ran out.
    pub async fn wait_for(&self, n: usize, limit: Duration) -> Option<Vec<Accepted>> {
        let enough = self.shared.wait(|shared| (shared.mails.len() >= n).then(|| shared.mails.clone()));
        tokio::time::timeout(limit, enough).await.ok()
    }

    /// Calls `hook` with each mail right after it was accepted and before the client is told, so that a copy can be put into a
    /// practice mailbox (the list's copy, the Sent folder). It must not wait.
    pub fn on_accepted(&self, hook: impl Fn(&Accepted) + Send + Sync + 'static) {
        self.shared.change(|shared| shared.hook = Some(Arc::new(hook)));
    }

    /// From now on exactly these XOAUTH2 access tokens are good.
    pub fn accept_tokens(&self, tokens: &[&str]) {
        self.shared.change(|shared| shared.accounts.accept_tokens(tokens));
    }

    /// From now on that account has that password.
    pub fn set_password(&self, name: &str, password: &str) {
        self.shared.change(|shared| shared.accounts.set_password(name, password));
    }

    /// The switches for what goes wrong.
    pub fn faults(&self) -> Faults {
        Faults(self.shared.clone())
    }

    /// First words of all command lines so far (`AUTH PLAIN` whole), never their arguments.
    pub fn commands_seen(&self) -> Vec<String> {
        self.shared.look(|shared| shared.record.commands.clone())
    }
}
