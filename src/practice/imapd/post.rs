//! The mailbox that the practice IMAP server serves: folders, mails, UIDs. No network in here.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;

/// One mail in one folder.
#[derive(Debug, Clone)]
pub struct Held {
    /// UID in its folder (RFC 9051 section 2.3.1.1).
    pub uid: u32,
    /// The mail as delivered.
    pub raw: Arc<[u8]>,
    /// INTERNALDATE, to the second.
    pub date: Timestamp,
    /// Flags and keywords as on the wire (`\Seen`, `$SirStored`).
    pub flags: BTreeSet<String>,
    /// Modification sequence (RFC 7162); grows over the whole mailbox.
    pub modseq: u64,
}

/// One folder.
#[derive(Debug, Clone)]
pub struct Folder {
    /// UIDVALIDITY (RFC 9051 section 2.3.1.1).
    pub uidvalidity: u32,
    /// The UID that the next mail gets.
    pub uid_next: u32,
    /// By rising UID.
    pub mails: Vec<Held>,
    /// RFC 6154 attribute, `\Junk` for instance.
    pub role: Option<String>,
}

impl Folder {
    fn new(uidvalidity: u32) -> Self {
        Self { uidvalidity, uid_next: 1, mails: Vec::new(), role: None }
    }

    /// The mail with that UID.
    pub fn get(&self, uid: u32) -> Option<&Held> {
        let place = self.mails.binary_search_by_key(&uid, |mail| mail.uid).ok()?;
        self.mails.get(place)
    }

    fn get_mut(&mut self, uid: u32) -> Option<&mut Held> {
        let place = self.mails.binary_search_by_key(&uid, |mail| mail.uid).ok()?;
        self.mails.get_mut(place)
    }

    fn put(&mut self, mut mail: Held) -> u32 {
        let uid = self.uid_next;
        self.uid_next = uid.saturating_add(1);
        mail.uid = uid;
        self.mails.push(mail);
        uid
    }

    fn take(&mut self, uid: u32) -> Option<Held> {
        let place = self.mails.binary_search_by_key(&uid, |mail| mail.uid).ok()?;
        Some(self.mails.remove(place))
    }
}

/// How STORE changes flags (RFC 9051 section 6.4.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlagChange {
    /// `FLAGS`
    Replace,
    /// `+FLAGS`
    Add,
    /// `-FLAGS`
    Remove,
}

/// All folders. Changed by clients over IMAP and by the exercise directly.
#[derive(Debug, Clone)]
pub struct Post {
    /// By name; `INBOX` always exists.
    pub folders: BTreeMap<String, Folder>,
    next_validity: u32,
    modseq: u64,
}

impl Default for Post {
    fn default() -> Self {
        let mut post = Self { folders: BTreeMap::new(), next_validity: 1_700_000_001, modseq: 1 };
        post.create("INBOX");
        post
    }
}

impl Post {
    /// Folder name as kept: INBOX is the only one without case (RFC 9051 section 5.1).
    pub fn name(folder: &str) -> &str {
        if folder.eq_ignore_ascii_case("INBOX") { "INBOX" } else { folder }
    }

    /// The highest modification sequence so far.
    pub fn highest_modseq(&self) -> u64 {
        self.modseq
    }

    /// The folder of that name.
    pub fn folder(&self, folder: &str) -> Option<&Folder> {
        self.folders.get(Self::name(folder))
    }

    fn folder_mut(&mut self, folder: &str) -> Option<&mut Folder> {
        self.folders.get_mut(Self::name(folder))
    }

    fn fresh_validity(&mut self) -> u32 {
        let validity = self.next_validity;
        self.next_validity = validity.saturating_add(1);
        validity
    }

    fn touch(&mut self) -> u64 {
        self.modseq = self.modseq.saturating_add(1);
        self.modseq
    }

    /// Makes an empty folder; `false` if it was there.
    pub fn create(&mut self, folder: &str) -> bool {
        let name = Self::name(folder).to_owned();
        if self.folders.contains_key(&name) {
            return false;
        }
        let validity = self.fresh_validity();
        self.folders.insert(name, Folder::new(validity));
        true
    }

    /// Says what a folder is for (RFC 6154), making it when it is missing.
    pub fn set_role(&mut self, folder: &str, role: &str) {
        self.create(folder);
        if let Some(folder) = self.folder_mut(folder) {
            folder.role = Some(role.to_owned());
        }
    }

    /// Puts a mail into a folder (made when missing) and returns its UID.
    pub fn deliver(&mut self, folder: &str, raw: Arc<[u8]>, date: Timestamp, flags: BTreeSet<String>) -> u32 {
        self.create(folder);
        let modseq = self.touch();
        self.folder_mut(folder).map_or(0, |folder| folder.put(Held { uid: 0, raw, date, flags, modseq }))
    }

    /// Removes a mail at once, as another client's EXPUNGE would; `false` if it was not there.
    pub fn expunge(&mut self, folder: &str, uid: u32) -> bool {
        self.touch();
        self.folder_mut(folder).is_some_and(|folder| folder.take(uid).is_some())
    }

    /// Removes all mails with `\Deleted`; returns their UIDs.
    pub fn expunge_deleted(&mut self, folder: &str) -> Vec<u32> {
        self.touch();
        let Some(folder) = self.folder_mut(folder) else { return Vec::new() };
        let gone: Vec<u32> =
            folder.mails.iter().filter(|m| m.flags.contains("\\Deleted")).map(|m| m.uid).collect();
        folder.mails.retain(|mail| !mail.flags.contains("\\Deleted"));
        gone
    }

    /// Moves a mail and returns its new UID, or `None` when mail or target is missing.
    pub fn move_mail(&mut self, uid: u32, from: &str, to: &str) -> Option<u32> {
        self.folder(to)?;
        let mut mail = self.folder_mut(from)?.take(uid)?;
        mail.modseq = self.touch();
        Some(self.folder_mut(to)?.put(mail))
    }

    /// Copies a mail and returns the copy's UID.
    pub fn copy_mail(&mut self, uid: u32, from: &str, to: &str) -> Option<u32> {
        let mut mail = self.folder(from)?.get(uid)?.clone();
        mail.modseq = self.touch();
        Some(self.folder_mut(to)?.put(mail))
    }

    /// Changes the flags of a mail; `false` if it is not there.
    pub fn store(&mut self, folder: &str, uid: u32, change: FlagChange, flags: &BTreeSet<String>) -> bool {
        let modseq = self.touch();
        let Some(mail) = self.folder_mut(folder).and_then(|folder| folder.get_mut(uid)) else { return false };
        match change {
            FlagChange::Replace => mail.flags.clone_from(flags),
            FlagChange::Add => mail.flags.extend(flags.iter().cloned()),
            FlagChange::Remove => mail.flags.retain(|flag| !flags.contains(flag)),
        }
        mail.modseq = modseq;
        true
    }

    /// A new UIDVALIDITY and new UIDs for the same mails in the same order, as after a server's repair. The new UIDs start at 1,
    /// so that they mean other mails than before whenever anything had been removed.
    pub fn bump_uidvalidity(&mut self, folder: &str) {
        let validity = self.fresh_validity();
        self.touch();
        if let Some(folder) = self.folder_mut(folder) {
            folder.uidvalidity = validity;
            let mails = std::mem::take(&mut folder.mails);
            folder.uid_next = 1;
            for mail in mails {
                folder.put(mail);
            }
        }
    }

    /// Deletes the folder and makes an empty one of the same name (its role stays).
    pub fn recreate(&mut self, folder: &str) {
        let role = self.folders.remove(Self::name(folder)).and_then(|old| old.role);
        self.touch();
        self.create(folder);
        if let Some(folder) = self.folder_mut(folder) {
            folder.role = role;
        }
    }
}

/// Header bytes of a mail with the empty line, and the rest.
pub(super) fn split_header(raw: &[u8]) -> (&[u8], &[u8]) {
    let crlf = raw.windows(4).position(|w| w == b"\r\n\r\n").map(|at| at.saturating_add(4));
    let lf = raw.windows(2).position(|w| w == b"\n\n").map(|at| at.saturating_add(2));
    let end = match (crlf, lf) {
        (Some(crlf), Some(lf)) => crlf.min(lf),
        (Some(end), None) | (None, Some(end)) => end,
        (None, None) => raw.len(),
    };
    raw.split_at_checked(end).unwrap_or((raw, &[]))
}

/// The header fields that `wanted` accepts by name, unfolded lines kept as they are, then the empty line (RFC 9051 section 6.4.5.1).
pub(super) fn header_fields(raw: &[u8], wanted: impl Fn(&str) -> bool) -> Vec<u8> {
    let (header, _) = split_header(raw);
    let mut picked = Vec::new();
    let mut taking = false;
    for line in header.split_inclusive(|&b| b == b'\n') {
        let folded = line.first().is_some_and(|&b| b == b' ' || b == b'\t');
        if !folded {
            let name = line.split(|&b| b == b':').next().unwrap_or_default();
            taking = line.contains(&b':') && wanted(String::from_utf8_lossy(name).trim());
        }
        if taking {
            picked.extend_from_slice(line);
        }
    }
    picked.extend_from_slice(b"\r\n");
    picked
}
