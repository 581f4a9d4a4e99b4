//! NVD's feed files: `modified` while it covers the time since the last look, else the years that changed.

use jiff::{SignedDuration, Timestamp};

use super::{SourceDone, Step, SyncFault, Syncing};
use crate::known::mirror::{FeedDone, Meta, MirrorError, SourceRow, unpack};
use crate::wire::nvd::{Fetched, Nvd, NvdError};

/// The row that says how far NVD as a whole was read: its cursor is the instant up to which nothing is missing.
pub(super) const WHOLE: &str = "nvd";
/// The feed of the last changes.
const MODIFIED: &str = "modified";
/// So far back the feed of the last changes goes (NVD's description of it).
const COVERED: SignedDuration = SignedDuration::from_hours(8 * 24);

/// What became of one feed.
pub(super) enum Took {
    /// Taken in, or as it was.
    Good,
    /// Said; what was there stands.
    Bad,
    /// Said; asking on would not help now.
    Stop,
}

impl Syncing {
    /// NVD as a whole.
    pub(super) async fn feeds(&mut self, nvd: &Nvd) -> Result<(), SyncFault> {
        let begun = self.now();
        let covered = self.covered().await?;
        let newest = match self.meta(nvd, MODIFIED, "").await {
            Ok(Fetched::Fresh { bytes, .. }) => Meta::parse(&String::from_utf8_lossy(&bytes)),
            Ok(Fetched::Same) => Meta::default(),
            Err(fault) => {
                self.failed(&source(MODIFIED), fault.to_string()).await?;
                return self.by_api(nvd, covered, begun).await;
            }
        };
        // A stamp that cannot be read, or lies ahead, would let a gap look small.
        let stamp = newest.last_modified.parse().unwrap_or(begun).min(begun);
        let is_near = covered.is_some_and(|at| stamp.duration_since(at) <= COVERED);
        let whole = self.years(nvd, is_near, begun).await?;
        match self.feed(nvd, MODIFIED).await? {
            Took::Good if is_near || whole => self.whole(stamp).await,
            Took::Good => self.failed(WHOLE, "not every year could be taken in".to_owned()).await,
            // The gap is closed by the API, if anything was there to begin with.
            Took::Bad | Took::Stop if is_near || whole => {
                let from = if is_near { covered } else { Some(day_before(begun)) };
                self.by_api(nvd, from, begun).await
            }
            Took::Bad | Took::Stop => self.failed(WHOLE, "not every feed could be taken in".to_owned()).await,
        }
    }

    /// The instant up to which nothing of NVD is missing: noted by the last sync, or told by feed files that were imported.
    async fn covered(&self) -> Result<Option<Timestamp>, SyncFault> {
        let row = self.source(WHOLE).await?;
        if let Ok(at) = row.cursor.parse() {
            return Ok(Some(at));
        }
        let years = self.all_years(self.now());
        self.job(move |mirror| {
            let stamps = years.iter().map(|year| {
                let stamp = mirror.feed_stamp(year)?;
                Ok(stamp.and_then(|(stamp, _)| stamp.parse::<Timestamp>().ok()))
            });
            let stamps: Vec<Option<Timestamp>> = stamps.collect::<Result<_, MirrorError>>()?;
            Ok(stamps.into_iter().min().flatten())
        })
        .await
    }

    fn all_years(&self, now: Timestamp) -> Vec<String> {
        let this = now.to_zoned(jiff::tz::TimeZone::UTC).year();
        (self.known.first_year..=this).map(|year| year.to_string()).collect()
    }

    /// The feeds of years: those that are missing, and after a gap those that changed. Whether all stand now.
    async fn years(&mut self, nvd: &Nvd, is_near: bool, begun: Timestamp) -> Result<bool, SyncFault> {
        let mut whole = true;
        let years = self.all_years(begun);
        let newest = years.last().cloned();
        for year in years {
            let name = year.clone();
            let had = self.job(move |mirror| mirror.feed_stamp(&name)).await?;
            if is_near && had.is_some() {
                continue;
            }
            // In the first days of a year its feed may not be there.
            if had.is_none() && newest.as_ref() == Some(&year) && self.is_absent(nvd, &year).await {
                let note = Some("NVD has no feed of this year yet".to_owned());
                self.done(SourceDone { name: source(&year), note, ..SourceDone::default() });
                continue;
            }
            match self.feed(nvd, &year).await? {
                Took::Good => {}
                Took::Bad => whole = false,
                Took::Stop => return Ok(false),
            }
        }
        Ok(whole)
    }

    async fn is_absent(&self, nvd: &Nvd, year: &str) -> bool {
        matches!(nvd.meta(year, "").await, Err(NvdError::Refused(404)))
    }

    /// NVD is whole up to that instant.
    pub(super) async fn whole(&mut self, at: Timestamp) -> Result<(), SyncFault> {
        let row = SourceRow {
            name: WHOLE.to_owned(),
            cursor: at.to_string(),
            good_at: Some(self.now()),
            tried_at: Some(self.now()),
            ..SourceRow::default()
        };
        self.note(row).await
    }

    async fn meta(&self, nvd: &Nvd, feed: &str, etag: &str) -> Result<Fetched, NvdError> {
        let mut nth = 0;
        loop {
            match nvd.meta(feed, etag).await {
                Ok(meta) => return Ok(meta),
                Err(fault) => self.again(&mut nth, fault).await?,
            }
        }
    }

    /// Waits as long as it takes before the next try, or gives the fault back.
    pub(super) async fn again(&self, nth: &mut u32, fault: NvdError) -> Result<(), NvdError> {
        let wanted = fault.retry().ok_or(fault)?;
        let wait = self.wait(*nth, wanted).ok_or(fault)?;
        *nth += 1;
        self.clock.sleep(wait).await;
        Ok(())
    }

    /// One feed: its meta, and the file when it changed.
    async fn feed(&mut self, nvd: &Nvd, feed: &str) -> Result<Took, SyncFault> {
        let name = source(feed);
        self.begins(&name);
        match self.fetch(nvd, feed).await? {
            Ok(done) => {
                let took = if done.fault.is_some() { Took::Bad } else { Took::Good };
                match &done.fault {
                    Some(fault) => self.failed(&name, fault.clone()).await?,
                    None => self.done(done),
                }
                Ok(took)
            }
            Err(fault) => {
                // Whoever shuts us out does so for the next feed as well.
                let stop = !matches!(fault, NvdError::Refused(_) | NvdError::TooLong | NvdError::Cut);
                self.failed(&name, fault.to_string()).await?;
                Ok(if stop { Took::Stop } else { Took::Bad })
            }
        }
    }

    /// Fetches and takes in one feed. A file that does not fit its meta is asked for once more, with its meta: both may have
    /// been replaced between the two requests.
    async fn fetch(&self, nvd: &Nvd, feed: &str) -> Result<Result<SourceDone, NvdError>, SyncFault> {
        let name = source(feed);
        let row = self.source(&name).await?;
        let feed_name = feed.to_owned();
        let had = self.job(move |mirror| mirror.feed_stamp(&feed_name)).await?.map(|(_, sha256)| sha256);
        let unchanged = SourceDone { name: name.clone(), unchanged: true, ..SourceDone::default() };
        let mut done = SourceDone::default();
        for round in 0..2 {
            // The tag counts only with the records that came with it.
            let etag =
                if round == 0 && had.is_some() && row.fault.is_none() { row.etag.as_str() } else { "" };
            let (meta, etag) = match self.meta(nvd, feed, etag).await {
                Ok(Fetched::Same) => return Ok(Ok(unchanged)),
                Ok(Fetched::Fresh { bytes, etag }) => (Meta::parse(&String::from_utf8_lossy(&bytes)), etag),
                Err(fault) => return Ok(Err(fault)),
            };
            let mut row = SourceRow { etag, tried_at: Some(self.now()), fault: None, ..row.clone() };
            if had.is_some() && had == meta.sha256 {
                row.good_at = row.tried_at;
                self.note(row).await?;
                return Ok(Ok(unchanged));
            }
            let packed = match self.packed(nvd, feed).await {
                Ok(packed) => packed,
                Err(fault) => return Ok(Err(fault)),
            };
            done = self.take(feed, packed, meta).await?;
            if done.fault.is_none() {
                row.good_at = row.tried_at;
                self.note(row).await?;
                break;
            }
        }
        Ok(Ok(done))
    }

    async fn packed(&self, nvd: &Nvd, feed: &str) -> Result<Vec<u8>, NvdError> {
        let mut nth = 0;
        loop {
            let tell = self.tell.clone();
            let mut so_far = move |read, of| tell(&Step::Bytes(read, of));
            match nvd.feed(feed, "", &mut so_far).await {
                Ok(Fetched::Fresh { bytes, .. }) => return Ok(bytes),
                Ok(Fetched::Same) => return Err(NvdError::Refused(304)),
                Err(fault) => self.again(&mut nth, fault).await?,
            }
        }
    }

    /// Unpacks, checks and writes a feed, in one transaction.
    async fn take(&self, feed: &str, packed: Vec<u8>, meta: Meta) -> Result<SourceDone, SyncFault> {
        let (feed, now) = (feed.to_owned(), self.now());
        let packed = std::sync::Mutex::new(packed);
        self.job(move |mirror| {
            let packed = packed.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            let fault = |fault: String| SourceDone {
                name: source(&feed),
                fault: Some(fault),
                ..SourceDone::default()
            };
            let json = match unpack(&feed, &packed, meta.size) {
                Ok(json) => json,
                Err(MirrorError::Feed { why, .. }) => return Ok(fault(why)),
                Err(other) => return Err(other),
            };
            let report = mirror.import_bytes(&feed, json, Some(&meta), now)?;
            Ok(report.feeds.into_iter().next().map_or_else(|| fault("empty".to_owned()), of_feed))
        })
        .await
    }
}

/// `nvd 2021`
pub(super) fn source(feed: &str) -> String {
    format!("nvd {feed}")
}

fn day_before(at: Timestamp) -> Timestamp {
    // Feeds of years are made once a day.
    at.saturating_sub(SignedDuration::from_hours(24)).unwrap_or(at)
}

/// What a feed brought, as a sync says it.
pub(super) fn of_feed(feed: FeedDone) -> SourceDone {
    let note = feed.unreadable.first().map(|first| match feed.bad {
        1 => format!("one record could not be read: {first}"),
        many => format!("{many} records could not be read, first {first}"),
    });
    SourceDone {
        name: source(&feed.name),
        records: feed.records,
        added: feed.added,
        changed: feed.changed,
        unreadable: feed.bad,
        unchanged: false,
        note,
        fault: feed.fault,
    }
}
