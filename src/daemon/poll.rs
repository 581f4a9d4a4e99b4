//! Taking mail in, in the only safe order: look, fetch without a trace (`BODY.PEEK`), commit, and only then decorate.
//!
//! **Invariant:** flags, `\Seen` and moves on the server are never state. The high-water mark passes no UID that the
//! server showed and we do not hold.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::{Mutex, watch};

use super::{backoff, commit, disk};
use crate::case::{Alarm, Sha256};
use crate::config::{AfterStore, FirstStart, SentProof};
use crate::office::Office;
use crate::outside::{Died, Point};
use crate::perform::Credentials;
use crate::store::{Arrived, FolderRow, StoreError, Txn};
use crate::wire::imap::{
    Access, Batch, Folder, ImapAccount, ImapError, ImapTimeouts, Keyword, Mailbox, Opened, Partial,
};
use crate::wire::tls::Trust;

/// A UID that fails so often in a row is told to people; it is tried for ever.
const GAP_ALARM_ATTEMPTS: u32 = 3;
/// The keyword on a mail that we hold.
const STORED: &str = "$SirStored";

/// The way to the mailbox.
pub struct Gate {
    pub(super) account: ImapAccount,
    pub(super) credentials: Arc<Credentials>,
    /// Good polls so far: the watchdog and `READY=1` wait for it.
    pub(super) polls: watch::Sender<u64>,
    /// Only one poll at a time.
    pub(super) turn: Mutex<()>,
    /// Progress of any kind, counted: what the watchdog sees.
    pub(super) progress: std::sync::atomic::AtomicU64,
    /// A poll of this process ended, well or not: before that the age of the last good one says nothing.
    pub(super) looked: std::sync::atomic::AtomicBool,
}

impl Gate {
    pub(super) fn new(office: &Office, trust: Trust, credentials: Arc<Credentials>) -> Self {
        let mailbox = &office.config.mailbox;
        let account = ImapAccount {
            host: mailbox.host.clone(),
            port: mailbox.port,
            login: crate::wire::Login::Password {
                user: mailbox.login.user.clone(),
                secret: String::new().into(),
            },
            trust,
            timeouts: ImapTimeouts {
                connect: mailbox.connect_timeout,
                command: mailbox.command_timeout,
                fetch: mailbox.fetch_timeout,
            },
        };
        let polls = watch::Sender::new(0);
        Self {
            account,
            credentials,
            polls,
            turn: Mutex::new(()),
            progress: std::sync::atomic::AtomicU64::new(0),
            looked: std::sync::atomic::AtomicBool::new(false),
        }
    }

    pub(super) fn moved(&self) {
        self.progress.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    }
}

/// What a poll did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Polled {
    /// Mails stored.
    pub stored: usize,
    /// Shown UIDs that could not be fetched.
    pub missing: usize,
}

/// Why a poll did not go well.
#[derive(Debug, thiserror::Error)]
pub enum PollFault {
    /// The mail server.
    #[error("the mailbox cannot be polled: {0}")]
    Imap(#[from] ImapError),
    /// No token for it.
    #[error("the mailbox cannot be polled: {0}")]
    Token(#[from] crate::wire::oauth::OAuthError),
    /// A folder of the configuration has an impossible name.
    #[error("the folder name in the configuration cannot be used")]
    FolderName,
    /// No space for more mail.
    #[error("the disk is nearly full: no mail is fetched")]
    DiskLow,
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A test lets the process die.
    #[error(transparent)]
    Died(#[from] Died),
}

/// The folders in the order of looking; the inbox last, so that IDLE begins right after it.
fn folders(office: &Office) -> Vec<(String, &'static str)> {
    let mailbox = &office.config.mailbox;
    let mut folders: Vec<(String, &'static str)> =
        mailbox.junk.iter().map(|name| (name.clone(), "junk")).collect();
    if let SentProof::Folder(name) = &office.config.smtp.sent_proof {
        folders.push((name.clone(), "sent"));
    }
    folders.push((mailbox.inbox.clone(), "inbox"));
    folders
}

/// Connects, polls all folders once, and leaves.
pub(super) async fn connect_and_poll(office: &Arc<Office>, gate: &Gate) -> Result<Polled, PollFault> {
    let _turn = gate.turn.lock().await;
    let mut mailbox = connect(office, gate).await?;
    let polled = poll(office, gate, &mut mailbox).await?;
    mailbox.logout().await;
    Ok(polled)
}

pub(super) async fn connect(office: &Office, gate: &Gate) -> Result<Mailbox, PollFault> {
    office.outside.point(Point::BeforeWire("connect"))?;
    let mut account = gate.account.clone();
    if let Some(login) = gate.credentials.login(&office.outside).await? {
        account.login = login;
    }
    match Mailbox::connect(&account).await {
        Ok(mailbox) => Ok(mailbox),
        Err(error) => {
            if matches!(error, ImapError::Login { .. }) {
                gate.credentials.forget().await;
            }
            Err(error.into())
        }
    }
}

pub(super) async fn poll(
    office: &Arc<Office>,
    gate: &Gate,
    mailbox: &mut Mailbox,
) -> Result<Polled, PollFault> {
    disk::check(office).await?;
    let began = office.outside.clock.now();
    let mut all = Polled::default();
    for (name, role) in folders(office) {
        let look = Look { office, gate, name: &name, role };
        let polled = match look.folder(mailbox).await {
            Ok(polled) => polled,
            // A junk folder that is not there (yet) is no reason to leave the inbox alone.
            Err(PollFault::Imap(ImapError::Refused { .. })) if role != "inbox" => {
                tracing::warn!(role, "a folder cannot be opened");
                continue;
            }
            Err(fault) => return Err(fault),
        };
        all.stored += polled.stored;
        all.missing += polled.missing;
    }
    let now = office.outside.clock.now();
    let office_in = Arc::clone(office);
    let missing = u32::try_from(all.missing).unwrap_or(u32::MAX);
    office
        .store
        .write("polled", move |txn| {
            txn.set_meta("last-good-poll", &now.to_string())?;
            txn.polled(began)?;
            txn.clear("mailbox-silent")?;
            if missing == 0 {
                txn.clear("mails-not-fetched")?;
            } else if txn.worst_gap()? >= GAP_ALARM_ATTEMPTS {
                let alarm = Alarm::MailsNotFetched { count: missing };
                commit::alarm_once(&office_in, txn, alarm.word(), &alarm, now)?;
            }
            Ok(())
        })
        .await?;
    gate.polls.send_modify(|polls| *polls += 1);
    gate.moved();
    Ok(all)
}

/// One look at one folder.
struct Look<'a> {
    office: &'a Arc<Office>,
    gate: &'a Gate,
    name: &'a str,
    role: &'static str,
}

impl Look<'_> {
    async fn folder(&self, mailbox: &mut Mailbox) -> Result<Polled, PollFault> {
        let folder = Folder::named(self.name).ok_or(PollFault::FolderName)?;
        let decorates = self.role == "inbox" && self.office.config.mailbox.after_store != AfterStore::Nothing;
        let access = if decorates { Access::Decorate } else { Access::Look };
        let opened = mailbox.open(&folder, access).await?;
        let row = self.begin(mailbox, &opened).await?;
        let validity = opened.uidvalidity;
        let (shown, whole) = self.shown(mailbox, &opened, &row).await?;
        let held = self.office.store.read(|txn| held(txn, self.name, validity, &shown, whole))?;
        let wanted = self.wanted(&shown, &held, validity)?;
        let mut polled = self.fetch(mailbox, validity, &row, &wanted).await?;
        self.close_look(validity, &shown, whole).await?;
        polled.missing = self.office.store.read(|txn| txn.gaps(self.name, validity))?.len();
        if decorates {
            self.decorate(mailbox, validity).await?;
        }
        Ok(polled)
    }

    /// The folder's row, made at the first sight, begun anew when UIDVALIDITY changed.
    async fn begin(&self, mailbox: &mut Mailbox, opened: &Opened) -> Result<FolderRow, PollFault> {
        let known = self.office.store.read(|txn| txn.folder(self.name))?;
        if let Some(row) = known
            && row.uidvalidity == opened.uidvalidity
        {
            return Ok(row);
        }
        let history_below = match (known, &self.office.config.mailbox.first_start) {
            // Renumbered: what we hold is found again by its bytes, what we do not hold is new.
            (Some(_), _) => 0,
            (None, FirstStart::All | FirstStart::From(_)) => 0,
            (None, FirstStart::History) => match opened.uidnext {
                Some(next) => next,
                None => mailbox.all_uids().await?.last().map_or(0, |last| last.saturating_add(1)),
            },
        };
        let (name, validity) = (self.name.to_owned(), opened.uidvalidity);
        self.office
            .store
            .write("folder", move |txn| txn.folder_begins(&name, validity, history_below))
            .await?;
        if known.is_some() {
            tracing::warn!(role = self.role, "UIDVALIDITY changed: the folder is looked at anew");
        }
        Ok(FolderRow { uidvalidity: opened.uidvalidity, history_below, high_water: 0, scanned_at: None })
    }

    /// The UIDs to compare with what we hold; all of them at start, hourly, and when EXISTS does not fit.
    async fn shown(
        &self,
        mailbox: &mut Mailbox,
        opened: &Opened,
        row: &FolderRow,
    ) -> Result<(Vec<u32>, bool), PollFault> {
        let now = self.office.outside.clock.now();
        let every =
            SignedDuration::try_from(self.office.config.mailbox.gap_search).unwrap_or(SignedDuration::MAX);
        let due = row.scanned_at.is_none_or(|at| now.duration_since(at) >= every || at > now);
        let polled_before = *self.gate.polls.borrow() > 0;
        if !due && polled_before {
            let new = mailbox.uids_from(row.high_water.saturating_add(1)).await?;
            let held = self.office.store.read(|txn| txn.shown(self.name))?;
            if held.saturating_add(new.len() as u64) == u64::from(opened.exists) {
                return Ok((new, false));
            }
        }
        Ok((mailbox.all_uids().await?, true))
    }

    fn wanted(&self, shown: &[u32], held: &BTreeSet<u32>, validity: u32) -> Result<Vec<u32>, StoreError> {
        let now = self.office.outside.clock.now();
        let gaps = self.office.store.read(|txn| txn.gaps(self.name, validity))?;
        let resting: BTreeSet<u32> = gaps.iter().filter(|gap| gap.next_at > now).map(|gap| gap.uid).collect();
        let due = gaps.iter().map(|gap| gap.uid);
        let wanted: BTreeSet<u32> =
            shown.iter().copied().filter(|uid| !held.contains(uid)).chain(due).collect();
        Ok(wanted.into_iter().filter(|uid| !resting.contains(uid)).collect())
    }

    async fn fetch(
        &self,
        mailbox: &mut Mailbox,
        validity: u32,
        row: &FolderRow,
        wanted: &[u32],
    ) -> Result<Polled, PollFault> {
        let mut polled = Polled::default();
        let config = &self.office.config.mailbox;
        let most = usize::try_from(config.batch_mails).unwrap_or(50).max(1);
        for group in wanted.chunks(500) {
            let sizes = mailbox.sizes(group).await?;
            self.note_gaps(validity, &sizes.missing).await?;
            let mut batch: Vec<u32> = Vec::new();
            let mut bytes = 0;
            for (&uid, shown) in &sizes.shown {
                if shown.size > config.batch_bytes {
                    polled.stored +=
                        self.fetch_large(mailbox, validity, row, uid, shown.size, shown.internaldate).await?;
                    continue;
                }
                if batch.len() >= most || bytes + shown.size > config.batch_bytes {
                    polled.stored += self.fetch_batch(mailbox, validity, row, &batch, &sizes.shown).await?;
                    batch.clear();
                    bytes = 0;
                }
                batch.push(uid);
                bytes += shown.size;
            }
            polled.stored += self.fetch_batch(mailbox, validity, row, &batch, &sizes.shown).await?;
        }
        Ok(polled)
    }

    async fn fetch_batch(
        &self,
        mailbox: &mut Mailbox,
        validity: u32,
        row: &FolderRow,
        uids: &[u32],
        sizes: &std::collections::BTreeMap<u32, crate::wire::imap::Shown>,
    ) -> Result<usize, PollFault> {
        if uids.is_empty() {
            return Ok(0);
        }
        self.office.outside.point(Point::BeforeWire("fetch"))?;
        let fetched = mailbox.fetch(uids, self.office.config.limits.raw_bytes).await?;
        let Batch { mails, missing } = fetched.without_blanks(sizes);
        self.office.outside.point(Point::AfterWire("fetch"))?;
        let now = self.office.outside.clock.now();
        let arrived: Vec<Arrived> = mails
            .into_iter()
            .map(|mail| Arrived {
                uid: mail.uid,
                received: mail.internaldate.unwrap_or(now),
                // Not RFC822.SIZE: some servers only estimate it, and these are all bytes that there are.
                size: mail.raw.len() as u64,
                raw: mail.raw,
            })
            .collect();
        self.note_gaps(validity, &missing).await?;
        self.store(validity, row, arrived).await
    }

    /// A mail larger than a batch comes in pieces, up to the limit.
    async fn fetch_large(
        &self,
        mailbox: &mut Mailbox,
        validity: u32,
        row: &FolderRow,
        uid: u32,
        size: u64,
        internaldate: Option<Timestamp>,
    ) -> Result<usize, PollFault> {
        self.office.outside.point(Point::BeforeWire("fetch"))?;
        let cap = self.office.config.limits.raw_bytes;
        let Some(Partial { raw, whole, .. }) = mailbox.fetch_partial(uid, cap).await? else {
            self.note_gaps(validity, &[uid]).await?;
            return Ok(0);
        };
        self.office.outside.point(Point::AfterWire("fetch"))?;
        let received = internaldate.unwrap_or_else(|| self.office.outside.clock.now());
        let size = if whole { raw.len() as u64 } else { size.max(raw.len() as u64 + 1) };
        self.store(validity, row, vec![Arrived { uid, received, size, raw }]).await
    }

    async fn store(&self, validity: u32, row: &FolderRow, mails: Vec<Arrived>) -> Result<usize, PollFault> {
        if mails.is_empty() {
            return Ok(0);
        }
        let (name, role) = (self.name.to_owned(), self.role);
        let history_below = row.history_below;
        let from = match self.office.config.mailbox.first_start {
            FirstStart::From(date) => date.to_zoned(jiff::tz::TimeZone::UTC).map(|day| day.timestamp()).ok(),
            FirstStart::History | FirstStart::All => None,
        };
        let now = self.office.outside.clock.now();
        let hashed: Vec<(Sha256, Arrived)> =
            mails.into_iter().map(|mail| (Sha256::of(&mail.raw), mail)).collect();
        let new = self
            .office
            .store
            .write("intake", move |txn| {
                let mut new = 0;
                for (sha256, mail) in &hashed {
                    let history = mail.uid < history_below || from.is_some_and(|from| mail.received < from);
                    let (_, fresh) = txn.store_mail(&name, validity, role, history, *sha256, mail, now)?;
                    new += usize::from(fresh);
                }
                Ok(new)
            })
            .await?;
        self.gate.moved();
        self.office.bells.mail.notify_one();
        Ok(new)
    }

    async fn note_gaps(&self, validity: u32, uids: &[u32]) -> Result<(), PollFault> {
        if uids.is_empty() {
            return Ok(());
        }
        let config = &self.office.config.mailbox;
        let now = self.office.outside.clock.now();
        let known = self.office.store.read(|txn| txn.gaps(self.name, validity))?;
        let next: Vec<(u32, Timestamp)> = uids
            .iter()
            .map(|uid| {
                let attempts = known.iter().find(|gap| gap.uid == *uid).map_or(0, |gap| gap.attempts);
                let wait =
                    backoff::after(config.backoff_first, config.backoff_cap, attempts, &self.office.outside);
                (*uid, now.saturating_add(wait).unwrap_or(now))
            })
            .collect();
        let name = self.name.to_owned();
        self.office
            .store
            .write("gaps", move |txn| {
                next.iter().try_for_each(|(uid, at)| txn.note_gap(&name, validity, *uid, now, *at))
            })
            .await?;
        Ok(())
    }

    /// The high-water mark goes up to the first shown UID that is not held; a full look also counts what is gone.
    async fn close_look(&self, validity: u32, shown: &[u32], whole: bool) -> Result<(), PollFault> {
        let name = self.name.to_owned();
        let shown = shown.to_vec();
        let now = self.office.outside.clock.now();
        self.office
            .store
            .write("looked", move |txn| {
                let held = held(txn, &name, validity, &shown, whole)?;
                let mark = shown.iter().take_while(|uid| held.contains(uid)).last();
                if let Some(mark) = mark {
                    txn.folder_high_water(&name, *mark)?;
                }
                if whole {
                    let there: BTreeSet<u32> = shown.iter().copied().collect();
                    let gone = held.iter().filter(|uid| !there.contains(uid)).count() as u64;
                    txn.folder_scanned(&name, there.len() as u64, gone, now)?;
                    txn.forget_gaps(&name, validity, &shown)?;
                } else if !shown.is_empty() {
                    txn.folder_grew(&name, shown.len() as u64)?;
                }
                Ok(())
            })
            .await?;
        Ok(())
    }

    /// Decoration afterwards: a keyword, or a move where the server can. Its failing means nothing.
    async fn decorate(&self, mailbox: &mut Mailbox, validity: u32) -> Result<(), PollFault> {
        let mails = self.office.store.read(|txn| txn.undecorated(self.name, validity))?;
        if mails.is_empty() {
            return Ok(());
        }
        let uids: Vec<u32> = mails.iter().map(|(uid, _)| *uid).collect();
        self.office.outside.point(Point::BeforeWire("decorate"))?;
        let result = match (&self.office.config.mailbox.after_store, Keyword::named(STORED)) {
            (AfterStore::Move(target), _) => match (Folder::named(target), mailbox.can_move()) {
                (Some(target), true) => mailbox.move_to(&uids, &target).await,
                (_, _) => Ok(()),
            },
            (AfterStore::Keyword, Some(keyword)) => mailbox.add_keyword(&uids, &keyword).await.map(|_| ()),
            (AfterStore::Keyword, None) | (AfterStore::Nothing, _) => Ok(()),
        };
        if let Err(error) = result {
            match error {
                ImapError::Refused { .. } | ImapError::NoMove => {
                    tracing::debug!("the server does not let us mark mails");
                }
                lost @ (ImapError::Dial(_)
                | ImapError::Lost
                | ImapError::Timeout { .. }
                | ImapError::Login { .. }
                | ImapError::Garbled
                | ImapError::TooLarge) => return Err(lost.into()),
            }
        }
        self.office
            .store
            .write("decorated", move |txn| mails.iter().try_for_each(|(_, mail)| txn.decorated(*mail)))
            .await?;
        Ok(())
    }
}

/// The UIDs held; after a look at the newest mails only those that it showed.
fn held(
    txn: &Txn<'_>,
    folder: &str,
    validity: u32,
    shown: &[u32],
    whole: bool,
) -> Result<BTreeSet<u32>, StoreError> {
    if whole {
        return Ok(txn.held_uids(folder, validity)?.into_iter().collect());
    }
    txn.held_among(folder, validity, shown)
}
