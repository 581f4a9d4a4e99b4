//! One mailbox over IMAP (RFC 3501, 2177, 6851): what the server shows, whole mails or an error, never a guess.
//!
//! We drive the commands of `async-imap` ourselves and look at the tagged line of each: its own streams end in `Ok`
//! when a FETCH is answered NO or cut by the end of the stream. Every command has a deadline; after a deadline, a broken
//! or a dropped call the connection is out of step and every later call says [`ImapError::Lost`].
//!
//! **Invariant:** nothing here sets `\Seen`, copies, deletes or expunges.

mod connect;
mod fetch;
mod guard;
mod idle;
mod talk;
mod words;

use std::collections::BTreeSet;
use std::time::Duration;

use async_imap::Session;
use async_imap::imap_proto::{MailboxDatum, Response, ResponseCode};

use self::guard::Guarded;
use self::talk::Answer;
use super::Login;
use super::tls::{DialError, Trust};

pub use self::fetch::{Batch, Fetched, Partial, Shown, Sizes};
pub use self::idle::IdleEnd;
pub use self::words::{Folder, Keyword};

/// UIDs in one command; keeps a command line far below any server's limit (8000 octets, RFC 7162 section 4).
const AT_ONCE: usize = 400;

/// Deadlines of one connection.
#[derive(Debug, Clone, Copy)]
pub struct ImapTimeouts {
    /// For name, connection and handshake each.
    pub connect: Duration,
    /// For a command and its whole answer.
    pub command: Duration,
    /// For a FETCH of mail and its whole answer; a batch must fit into it on a slow line.
    pub fetch: Duration,
}

impl Default for ImapTimeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(20),
            command: Duration::from_secs(60),
            fetch: Duration::from_secs(300),
        }
    }
}

/// Where the mailbox is. Always TLS from the first byte (port 993, RFC 8314).
#[derive(Debug, Clone)]
pub struct ImapAccount {
    /// Host name, also the name that the certificate must hold.
    pub host: String,
    /// As a rule 993.
    pub port: u16,
    /// Who we are.
    pub login: Login,
    /// Whom we trust.
    pub trust: Trust,
    /// Deadlines.
    pub timeouts: ImapTimeouts,
}

/// What went wrong; no text of the server and none of a mail is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ImapError {
    /// No connection.
    #[error("the IMAP server cannot be reached: {0}")]
    Dial(#[from] DialError),
    /// The server ended it, it broke, or an earlier call left it out of step: connect anew.
    #[error("the IMAP connection is lost")]
    Lost,
    /// No whole answer in time; the connection is given up.
    #[error("the IMAP server did not answer {command} in time")]
    Timeout {
        /// Our command.
        command: &'static str,
    },
    /// The login was refused. `later`: the server says that it is busy, the password may well be right.
    #[error("the IMAP login was refused")]
    Login {
        /// RFC 5530 `UNAVAILABLE`, `LIMIT`, `INUSE` or `SERVERBUG` was given.
        later: bool,
    },
    /// A command was answered NO (it cannot now) or BAD (the server does not know it).
    #[error("the IMAP server refused {command} ({})", if *.bad { "BAD" } else { "NO" })]
    Refused {
        /// Our command.
        command: &'static str,
        /// BAD instead of NO.
        bad: bool,
        /// `[TRYCREATE]`: the folder named does not exist.
        try_create: bool,
    },
    /// What came is not IMAP, or lacks what RFC 3501 demands (UIDVALIDITY).
    #[error("the IMAP server's answer cannot be understood")]
    Garbled,
    /// The server announced more bytes than were asked for or are allowed; the connection is given up.
    #[error("the IMAP server announced more than was asked for")]
    TooLarge,
    /// The server cannot MOVE (RFC 6851); the mail stays where it is, which is fine.
    #[error("the IMAP server has no MOVE")]
    NoMove,
}

/// A folder as it stood when it was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opened {
    /// UIDs mean something only together with this (RFC 3501 section 2.3.1.1).
    pub uidvalidity: u32,
    /// The next UID to be given, where the server tells.
    pub uidnext: Option<u32>,
    /// How many mails it holds.
    pub exists: u32,
}

/// How a folder is opened. Neither sets `\Seen`, since only `BODY.PEEK` is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// `EXAMINE`: nothing can be changed, `\Recent` stays.
    Look,
    /// `SELECT`: needed for keywords and MOVE.
    Decorate,
}

type Line = Guarded<Box<dyn Stream>>;

/// Anything that a mailbox can be spoken to through.
pub trait Stream: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + std::fmt::Debug {}

impl<T: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + std::fmt::Debug> Stream for T {}

/// A logged-in connection. A call that is dropped before it ends (a `select!`, a timeout around it) leaves it unusable;
/// [`Mailbox::idle_until`] is the way to stop waiting early.
pub struct Mailbox {
    session: Session<Line>,
    can: BTreeSet<String>,
    timeouts: ImapTimeouts,
    /// Set while a command is under way: a call that was cut off leaves it set.
    out_of_step: bool,
    exists: u32,
    /// A mail came since the last look.
    news: bool,
}

impl Mailbox {
    /// What the server can, in capitals, as it said after the login.
    pub fn capabilities(&self) -> &BTreeSet<String> {
        &self.can
    }

    /// Whether the server has IDLE (RFC 2177).
    pub fn can_idle(&self) -> bool {
        self.can.contains("IDLE")
    }

    /// Whether the server has MOVE (RFC 6851).
    pub fn can_move(&self) -> bool {
        self.can.contains("MOVE")
    }

    /// How many mails the open folder holds by the newest that the server said.
    pub fn exists(&self) -> u32 {
        self.exists
    }

    /// Opens a folder.
    ///
    /// # Errors
    /// [`ImapError`]; [`ImapError::Garbled`] when no UIDVALIDITY is given.
    pub async fn open(&mut self, folder: &Folder, access: Access) -> Result<Opened, ImapError> {
        let name = match access {
            Access::Look => "EXAMINE",
            Access::Decorate => "SELECT",
        };
        let (mut uidvalidity, mut uidnext) = (None, None);
        self.exists = 0;
        self.news = false;
        let limit = self.timeouts.command;
        let mut see = |response: &Response<'_>| {
            if let Response::Data { outcome, .. } = response {
                if let Some(ResponseCode::UidValidity(value)) = &outcome.code {
                    uidvalidity = Some(*value);
                } else if let Some(ResponseCode::UidNext(value)) = &outcome.code {
                    uidnext = Some(*value);
                }
            }
        };
        let command = format!("{name} {}", folder.quoted());
        self.run(name, &command, limit, &mut see).await?.sound(name)?;
        self.news = false;
        let uidvalidity = uidvalidity.ok_or(ImapError::Garbled)?;
        Ok(Opened { uidvalidity, uidnext, exists: self.exists })
    }

    /// The UIDs from `first` on, rising. `n:*` always names the last mail, also one below n (RFC 3501 section 6.4.8):
    /// that one is left out. An empty answer is no proof that there is none; [`Self::all_uids`] against
    /// [`Self::exists`] is.
    ///
    /// # Errors
    /// [`ImapError`].
    pub async fn uids_from(&mut self, first: u32) -> Result<Vec<u32>, ImapError> {
        let first = first.max(1);
        let found = self.search(&format!("UID SEARCH UID {first}:*")).await?;
        Ok(found.into_iter().filter(|uid| *uid >= first).collect())
    }

    /// Every UID of the folder, rising.
    ///
    /// # Errors
    /// [`ImapError`].
    pub async fn all_uids(&mut self) -> Result<Vec<u32>, ImapError> {
        Ok(self.search("UID SEARCH ALL").await?.into_iter().collect())
    }

    async fn search(&mut self, command: &str) -> Result<BTreeSet<u32>, ImapError> {
        let mut found = BTreeSet::new();
        let mut see = |response: &Response<'_>| {
            if let Response::MailboxData(MailboxDatum::Search(uids)) = response {
                found.extend(uids.iter().copied().filter(|uid| *uid > 0));
            }
        };
        // What arrives while the server searches may be missing from its answer and then counts as news.
        self.news = false;
        let limit = self.timeouts.command;
        self.run("SEARCH", command, limit, &mut see).await?.sound("SEARCH")?;
        Ok(found)
    }

    /// Sets a keyword and reads back on which mails it stands now. Decoration: a mail that is gone, or a server that
    /// keeps no keywords, is no fault.
    ///
    /// # Errors
    /// [`ImapError`].
    pub async fn add_keyword(&mut self, uids: &[u32], keyword: &Keyword) -> Result<BTreeSet<u32>, ImapError> {
        let mut marked = BTreeSet::new();
        for part in uids.chunks(AT_ONCE).filter(|part| part.iter().any(|uid| *uid > 0)) {
            let mut see = |response: &Response<'_>| {
                let (uid, flags) = fetch::flags(response);
                if flags.iter().any(|flag| flag.eq_ignore_ascii_case(keyword.as_str())) {
                    marked.extend(uid);
                }
            };
            let command = format!("UID STORE {} +FLAGS ({})", words::set(part), keyword.as_str());
            let limit = self.timeouts.command;
            self.run("STORE", &command, limit, &mut see).await?.sound("STORE")?;
        }
        marked.retain(|uid| uids.contains(uid));
        Ok(marked)
    }

    /// Moves mails into a folder, which must exist.
    ///
    /// # Errors
    /// [`ImapError::NoMove`] where the server cannot (nothing is done then); `try_create` when the folder is missing.
    pub async fn move_to(&mut self, uids: &[u32], folder: &Folder) -> Result<(), ImapError> {
        if !self.can_move() {
            return Err(ImapError::NoMove);
        }
        for part in uids.chunks(AT_ONCE).filter(|part| part.iter().any(|uid| *uid > 0)) {
            let command = format!("UID MOVE {} {}", words::set(part), folder.quoted());
            let limit = self.timeouts.command;
            self.run("MOVE", &command, limit, &mut |_| ()).await?.sound("MOVE")?;
        }
        Ok(())
    }

    /// Asks for nothing: shows that the connection lives, and lets the server tell its news.
    ///
    /// # Errors
    /// [`ImapError`].
    pub async fn noop(&mut self) -> Result<(), ImapError> {
        let limit = self.timeouts.command;
        self.run("NOOP", "NOOP", limit, &mut |_| ()).await?.sound("NOOP")
    }

    /// Says good-bye and closes; what the server makes of it does not matter.
    pub async fn logout(mut self) {
        let limit = self.timeouts.connect;
        let _whatever: Result<Answer, ImapError> = self.run("LOGOUT", "LOGOUT", limit, &mut |_| ()).await;
    }
}
