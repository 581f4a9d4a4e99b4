//! Mails off the server: sizes first, then whole mails in batches, large ones in pieces.

use std::collections::{BTreeMap, BTreeSet};

use async_imap::imap_proto::{AttributeValue, MessageSection, Response, SectionPath};
use jiff::Timestamp;

use super::talk::Answer;
use super::{AT_ONCE, ImapError, Mailbox, guard, words};

/// Bytes asked for at once of a large mail.
const PIECE: u64 = 1024 * 1024;
/// A header section is cut there.
const MAX_HEADER: u64 = 1024 * 1024;

/// What the server says of a mail before we take it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shown {
    /// `RFC822.SIZE` in bytes; a server may be wrong about it.
    pub size: u64,
    /// `INTERNALDATE`, where it can be read.
    pub internaldate: Option<Timestamp>,
}

/// Answer to a question for sizes.
#[derive(Debug, Default)]
pub struct Sizes {
    /// By UID.
    pub shown: BTreeMap<u32, Shown>,
    /// Asked for and not answered: to be asked again, never to be taken as absent.
    pub missing: Vec<u32>,
}

/// A whole mail.
#[derive(Clone, PartialEq, Eq)]
pub struct Fetched {
    /// Its UID.
    pub uid: u32,
    /// When the server took it in, where that can be read.
    pub internaldate: Option<Timestamp>,
    /// Its bytes as the server has them.
    pub raw: Vec<u8>,
}

/// Answer to a fetch.
#[derive(Debug, Default)]
pub struct Batch {
    /// Whole mails, in rising order of UID.
    pub mails: Vec<Fetched>,
    /// Asked for and not given (gone, or the server answered NO half-way): to be asked again, never to be taken as
    /// absent.
    pub missing: Vec<u32>,
}

/// A large mail as far as our cap.
#[derive(Clone, PartialEq, Eq)]
pub struct Partial {
    /// When the server took it in, where that can be read.
    pub internaldate: Option<Timestamp>,
    /// The first bytes.
    pub raw: Vec<u8>,
    /// Whether these are all.
    pub whole: bool,
}

/// Shows no byte of the mail.
impl std::fmt::Debug for Fetched {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Fetched(uid {}, {} bytes)", self.uid, self.raw.len())
    }
}

/// Shows no byte of the mail.
impl std::fmt::Debug for Partial {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Partial({} bytes, whole: {})", self.raw.len(), self.whole)
    }
}

impl Batch {
    /// Mails without a byte that are said to have some are missing: the server has them not at hand right now.
    pub fn without_blanks(mut self, shown: &BTreeMap<u32, Shown>) -> Self {
        let blank = |mail: &Fetched| mail.raw.is_empty() && shown.get(&mail.uid).is_some_and(|s| s.size > 0);
        self.missing.extend(self.mails.iter().filter(|mail| blank(mail)).map(|mail| mail.uid));
        self.mails.retain(|mail| !blank(mail));
        self
    }
}

/// The items of one FETCH response that we use.
#[derive(Default)]
struct Items {
    uid: Option<u32>,
    size: Option<u64>,
    internaldate: Option<Timestamp>,
    body: Option<Vec<u8>>,
    offset: Option<u32>,
}

impl Mailbox {
    /// Sizes and arrival times.
    ///
    /// # Errors
    /// [`ImapError`].
    pub async fn sizes(&mut self, uids: &[u32]) -> Result<Sizes, ImapError> {
        let mut sizes = Sizes::default();
        for part in uids.chunks(AT_ONCE) {
            let command = format!("UID FETCH {} (UID RFC822.SIZE INTERNALDATE)", words::set(part));
            for items in self.items(&command, part, guard::SMALL).await? {
                if let (Some(uid), Some(size)) = (items.uid, items.size) {
                    sizes.shown.insert(uid, Shown { size, internaldate: items.internaldate });
                }
            }
        }
        sizes.missing = missing(uids, |uid| sizes.shown.contains_key(&uid));
        Ok(sizes)
    }

    /// Whole mails. `cap`: no mail may be larger (bytes); ask for larger ones with [`Self::fetch_partial`].
    ///
    /// # Errors
    /// [`ImapError::TooLarge`] when a mail is larger than `cap`, whatever RFC822.SIZE said, before its bytes are read;
    /// else [`ImapError`]. After an error nothing of the batch counts.
    pub async fn fetch(&mut self, uids: &[u32], cap: u64) -> Result<Batch, ImapError> {
        let mut mails: BTreeMap<u32, Fetched> = BTreeMap::new();
        for part in uids.chunks(AT_ONCE) {
            let command = format!("UID FETCH {} (UID INTERNALDATE BODY.PEEK[])", words::set(part));
            for items in self.items(&command, part, cap).await? {
                if let (Some(uid), Some(raw)) = (items.uid, items.body) {
                    mails.entry(uid).or_insert(Fetched { uid, internaldate: items.internaldate, raw });
                }
            }
        }
        let missing = missing(uids, |uid| mails.contains_key(&uid));
        Ok(Batch { mails: mails.into_values().collect(), missing })
    }

    /// The first `cap` bytes of a mail, in pieces of a megabyte; `None`: not shown now (missing).
    ///
    /// # Errors
    /// [`ImapError`].
    pub async fn fetch_partial(&mut self, uid: u32, cap: u64) -> Result<Option<Partial>, ImapError> {
        let mut partial = Partial { internaldate: None, raw: Vec::new(), whole: false };
        loop {
            let have = partial.raw.len() as u64;
            // One byte more than the cap tells whether there is more.
            let want = PIECE.min(cap.saturating_add(1).saturating_sub(have));
            if want == 0 {
                partial.raw.truncate(usize::try_from(cap).unwrap_or(usize::MAX));
                return Ok(Some(partial));
            }
            let command = format!("UID FETCH {uid} (UID INTERNALDATE BODY.PEEK[]<{have}.{want}>)");
            let found =
                self.items(&command, &[uid], want).await?.into_iter().find(|items| items.body.is_some());
            let Some((items, piece)) =
                found.and_then(|mut items| items.body.take().map(|body| (items, body)))
            else {
                return Ok(None);
            };
            if items.offset.map_or(have != 0, |offset| u64::from(offset) != have) {
                return Err(ImapError::Garbled);
            }
            partial.internaldate = partial.internaldate.or(items.internaldate);
            let end = (piece.len() as u64) < want;
            partial.raw.extend_from_slice(&piece);
            if end {
                partial.whole = true;
                return Ok(Some(partial));
            }
        }
    }

    /// The header section of a mail, at most a megabyte of it; `None`: not shown now (missing).
    ///
    /// # Errors
    /// [`ImapError`].
    pub async fn fetch_header(&mut self, uid: u32) -> Result<Option<Partial>, ImapError> {
        let command = format!("UID FETCH {uid} (UID INTERNALDATE BODY.PEEK[HEADER]<0.{MAX_HEADER}>)");
        let found = self.items(&command, &[uid], MAX_HEADER).await?;
        Ok(found.into_iter().find_map(|items| {
            let raw = items.body?;
            let whole = (raw.len() as u64) < MAX_HEADER;
            Some(Partial { internaldate: items.internaldate, raw, whole })
        }))
    }

    /// One FETCH. A tagged NO after some data is how servers tell of a mail that was expunged meanwhile: what came is
    /// whole, the rest shows as missing. A NO without any data, and a BAD, are errors.
    async fn items(&mut self, command: &str, asked: &[u32], room: u64) -> Result<Vec<Items>, ImapError> {
        if asked.iter().all(|uid| *uid == 0) {
            return Ok(Vec::new());
        }
        let mut found = Vec::new();
        let mut see = |response: &Response<'_>| {
            if let Response::Fetch(_, values) = response {
                let items = read(values);
                found.extend(items.uid.is_some_and(|uid| asked.contains(&uid)).then_some(items));
            }
        };
        // Room for a little more than one mail: other literals of a response (none is asked for) stay small.
        self.session.get_mut().allow(room.saturating_add(4096));
        let answer = self.run("FETCH", command, self.timeouts.fetch, &mut see).await?;
        self.session.get_mut().allow(guard::SMALL);
        let half_way = matches!(answer, Answer::Refused { bad: false, .. }) && !found.is_empty();
        if !half_way {
            answer.sound("FETCH")?;
        }
        Ok(found)
    }
}

fn missing(asked: &[u32], held: impl Fn(u32) -> bool) -> Vec<u32> {
    let asked: BTreeSet<u32> = asked.iter().copied().collect();
    asked.into_iter().filter(|uid| !held(*uid)).collect()
}

fn read(values: &[AttributeValue<'_>]) -> Items {
    let mut items = Items::default();
    for value in values {
        if let AttributeValue::Uid(uid) = value {
            items.uid = Some(*uid);
        } else if let AttributeValue::Rfc822Size(size) = value {
            items.size = Some(u64::from(*size));
        } else if let AttributeValue::InternalDate(text) = value {
            items.internaldate = internaldate(text);
        } else if let AttributeValue::BodySection { section, index, data: Some(data) } = value
            && ours(section.as_ref())
        {
            items.body = Some(data.to_vec());
            items.offset = *index;
        }
    }
    items
}

fn ours(section: Option<&SectionPath>) -> bool {
    matches!(section, None | Some(SectionPath::Full(MessageSection::Header)))
}

/// UID and flags of a FETCH response.
pub(super) fn flags<'a>(response: &'a Response<'_>) -> (Option<u32>, Vec<&'a str>) {
    let (mut uid, mut flags) = (None, Vec::new());
    if let Response::Fetch(_, values) = response {
        for value in values {
            if let AttributeValue::Uid(value) = value {
                uid = Some(*value);
            } else if let AttributeValue::Flags(list) = value {
                flags.extend(list.iter().map(AsRef::as_ref));
            }
        }
    }
    (uid, flags)
}

/// `date-time` of RFC 3501 section 9: `17-Jul-1996 02:44:25 -0700`, the day padded with a space.
fn internaldate(text: &str) -> Option<Timestamp> {
    Timestamp::strptime("%d-%b-%Y %H:%M:%S %z", text.trim()).ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn internaldate_with_a_padded_day() {
        let read = |text| internaldate(text).map(|at| at.to_string());
        assert_eq!(read("17-Jul-1996 02:44:25 -0700").as_deref(), Some("1996-07-17T09:44:25Z"));
        assert_eq!(read(" 7-Nov-2026 00:00:01 +0000").as_deref(), Some("2026-11-07T00:00:01Z"));
        assert_eq!(read("7-Nov-2026 00:00:01 +0530").as_deref(), Some("2026-11-06T18:30:01Z"));
        assert_eq!(read("yesterday"), None);
    }
}
