//! A practice IMAP server over TLS (RFC 9051 as far as a mail reader needs it; parsing by `imap-next`).
//!
//! All accounts share one mailbox. It records what its clients did, so that a test can forbid what the daemon must never do to a mailbox.

mod answer;
mod faults;
mod fetch;
mod post;
mod search;
mod session;

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

pub use faults::{Fault, Faults};
pub use post::{FlagChange, Folder, Held, Post};

use super::board::Board;
use super::certificate::Certificate;
use super::sasl::Accounts;

/// All that the connections of one server share.
pub struct Shared {
    post: Post,
    accounts: Accounts,
    record: faults::Record,
}

/// The server; it ends, with all its connections, when dropped.
pub struct Imapd {
    port: u16,
    shared: Board<Shared>,
    _end: DropGuard,
}

impl Imapd {
    /// Listens on a free port of 127.0.0.1 with an empty INBOX. `users` are name and password.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn start(certificate: &Certificate, users: &[(&str, &str)]) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let port = listener.local_addr()?.port();
        let shared = Board::new(Shared {
            post: Post::default(),
            accounts: Accounts::new(users),
            record: faults::Record::default(),
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
                    let (shared, end, acceptor) = (shared.clone(), end.clone(), acceptor.clone());
                    tokio::spawn(async move {
                        tokio::select! {
                            () = end.cancelled() => {}
                            () = session::serve(stream, acceptor, shared) => {}
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

    /// Puts a mail into a folder (made when missing), wakes whoever idles on it, and returns its UID.
    pub fn deliver(&self, folder: &str, raw: Vec<u8>, internal_date: Timestamp) -> u32 {
        self.depositor().deliver(folder, raw, internal_date)
    }

    /// A handle that can deliver and outlives borrows of the server: for the hook of a practice SMTP server.
    pub fn depositor(&self) -> Depositor {
        Depositor(self.shared.clone())
    }

    /// Makes an empty folder when it is missing.
    pub fn create(&self, folder: &str) {
        self.shared.change(|shared| shared.post.create(folder));
    }

    /// Says what a folder is for (RFC 6154: `\Junk`, `\Sent`), making it when it is missing.
    pub fn set_role(&self, folder: &str, role: &str) {
        self.shared.change(|shared| shared.post.set_role(folder, role));
    }

    /// A new UIDVALIDITY for the folder; its mails are numbered again from 1.
    pub fn bump_uidvalidity(&self, folder: &str) {
        self.shared.change(|shared| shared.post.bump_uidvalidity(folder));
    }

    /// The UIDVALIDITY of a folder, 0 when there is no such folder.
    pub fn uidvalidity(&self, folder: &str) -> u32 {
        self.shared.look(|shared| shared.post.folder(folder).map_or(0, |folder| folder.uidvalidity))
    }

    /// Deletes a folder with its mails and makes it again, empty, with a new UIDVALIDITY.
    pub fn recreate(&self, folder: &str) {
        self.shared.change(|shared| shared.post.recreate(folder));
    }

    /// Another client moves a mail; its new UID, or `None` when the mail or the target is missing.
    pub fn move_mail(&self, uid: u32, from: &str, to: &str) -> Option<u32> {
        self.shared.change(|shared| shared.post.move_mail(uid, from, to))
    }

    /// Another client removes a mail; `false` when it was not there.
    pub fn expunge(&self, folder: &str, uid: u32) -> bool {
        self.shared.change(|shared| shared.post.expunge(folder, uid))
    }

    /// Another client sets (`on`) or clears a flag; `false` when the mail is not there.
    pub fn set_flag(&self, folder: &str, uid: u32, flag: &str, on: bool) -> bool {
        let change = if on { FlagChange::Add } else { FlagChange::Remove };
        let flags = BTreeSet::from([flag.to_owned()]);
        self.shared.change(|shared| shared.post.store(folder, uid, change, &flags))
    }

    /// UIDs and flags of a folder, by rising UID.
    pub fn held(&self, folder: &str) -> Vec<(u32, Vec<String>)> {
        self.shared.look(|shared| {
            let mails = shared.post.folder(folder).map(|folder| folder.mails.as_slice()).unwrap_or_default();
            mails.iter().map(|mail| (mail.uid, mail.flags.iter().cloned().collect())).collect()
        })
    }

    /// The bytes of a mail.
    pub fn raw(&self, folder: &str, uid: u32) -> Option<Arc<[u8]>> {
        self.shared.look(|shared| Some(Arc::clone(&shared.post.folder(folder)?.get(uid)?.raw)))
    }

    /// Names of all folders.
    pub fn folders(&self) -> Vec<String> {
        self.shared.look(|shared| shared.post.folders.keys().cloned().collect())
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

    /// Names of all commands so far, in order, `UID ` in front where it stood.
    pub fn commands_seen(&self) -> Vec<String> {
        self.shared.look(|shared| shared.record.commands.clone())
    }

    /// What a reader of a mailbox that is not its own must not do: fetches that set `\Seen`, STORE of `\Deleted`, EXPUNGE, CLOSE of a
    /// folder that was selected for writing, COPY, DELETE, RENAME. Tests assert that it is empty.
    pub fn forbidden_seen(&self) -> Vec<String> {
        self.shared.look(|shared| shared.record.forbidden.clone())
    }

    /// Connections accepted so far.
    pub fn connections(&self) -> u64 {
        self.shared.look(|shared| shared.record.connections)
    }

    /// Waits until a client idles; `false` when `limit` ran out.
    pub async fn wait_for_idle(&self, limit: Duration) -> bool {
        let idling = self.shared.wait(|shared| (shared.record.idling > 0).then_some(()));
        tokio::time::timeout(limit, idling).await.is_ok()
    }

    /// Waits until a command of that name (with `UID ` where it stands) was seen `times` times; `false` when `limit` ran out.
    pub async fn wait_for_command(&self, name: &str, times: usize, limit: Duration) -> bool {
        let seen = self.shared.wait(|shared| {
            (shared.record.commands.iter().filter(|command| *command == name).count() >= times).then_some(())
        });
        tokio::time::timeout(limit, seen).await.is_ok()
    }

    /// Waits until the mailbox satisfies `look`; `None` when `limit` ran out.
    pub async fn wait_for_post<R>(
        &self,
        limit: Duration,
        mut look: impl FnMut(&Post) -> Option<R>,
    ) -> Option<R> {
        tokio::time::timeout(limit, self.shared.wait(|shared| look(&shared.post))).await.ok()
    }
}

/// Delivers into the mailbox of an [`Imapd`].
#[derive(Clone)]
pub struct Depositor(Board<Shared>);

impl Depositor {
    /// As [`Imapd::deliver`].
    pub fn deliver(&self, folder: &str, raw: Vec<u8>, internal_date: Timestamp) -> u32 {
        self.0.change(|shared| shared.post.deliver(folder, raw.into(), internal_date, BTreeSet::new()))
    }
}
