//! NVD's API, where the feeds cannot be had: everything, or the spans of time since the last whole state.

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use super::feeds::{of_feed, source};
use super::{SourceDone, Step, SyncFault, Syncing};
use crate::known::mirror::SourceRow;
use crate::wire::nvd::{Nvd, Span};

/// The longest span that NVD takes.
const SPAN: SignedDuration = SignedDuration::from_hours(120 * 24);
/// A list whose length changes is walked again from its begin, so often.
const WALKS: u32 = 3;

/// What a page says of the list.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Head {
    total_results: u64,
    #[serde(default)]
    results_per_page: u64,
}

/// Where a walk is, as it stands in the source's cursor: `from to start total`, or `all to start total`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    from: Option<Timestamp>,
    /// The whole walk ends here: NVD is then as it was at this time.
    to: Timestamp,
    start: u64,
    /// How long the list was when the walk of this span began.
    total: Option<u64>,
}

impl Place {
    fn text(self) -> String {
        let from = self.from.map_or_else(|| "all".to_owned(), |at| at.to_string());
        let total = self.total.map_or_else(|| "-".to_owned(), |total| total.to_string());
        format!("{from} {} {} {total}", self.to, self.start)
    }

    fn parse(text: &str) -> Option<Self> {
        let mut words = text.split(' ');
        let from = words.next()?;
        let from = if from == "all" { None } else { Some(from.parse().ok()?) };
        let (to, start) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
        Some(Self { from, to, start, total: words.next()?.parse().ok() })
    }

    /// The span at hand.
    fn span(self) -> Option<Span> {
        let from = self.from?;
        Some(Span { from, to: from.saturating_add(SPAN).unwrap_or(self.to).min(self.to) })
    }
}

impl Syncing {
    /// Closes the gap since then (`None`: nothing is there) by the API. A walk that was stopped goes on at its page.
    pub(super) async fn by_api(
        &mut self,
        nvd: &Nvd,
        covered: Option<Timestamp>,
        begun: Timestamp,
    ) -> Result<(), SyncFault> {
        let name = source("api");
        self.begins(&name);
        let stopped = Place::parse(&self.source(&name).await?.cursor);
        // A gap that was closed meanwhile is not walked again.
        let stopped = stopped.filter(|place| covered.is_none_or(|at| at < place.to));
        let mut place = stopped.unwrap_or(Place { from: covered, to: begun, start: 0, total: None });
        let mut done = SourceDone { name: name.clone(), ..SourceDone::default() };
        loop {
            if let Err(fault) = self.walk(nvd, &mut place, &mut done).await? {
                return self.failed(&name, fault).await;
            }
            match place.span() {
                Some(span) if span.to < place.to => {
                    place = Place { from: Some(span.to), start: 0, total: None, ..place };
                }
                Some(_) | None => break,
            }
        }
        let now = Some(self.now());
        self.note(SourceRow { name, good_at: now, tried_at: now, ..SourceRow::default() }).await?;
        self.whole(place.to).await?;
        self.done(done);
        Ok(())
    }

    /// All pages of the span at hand. The fault, in words, when it cannot be had.
    async fn walk(
        &self,
        nvd: &Nvd,
        place: &mut Place,
        done: &mut SourceDone,
    ) -> Result<Result<(), String>, SyncFault> {
        let mut walks = 1;
        loop {
            let json = match self.page(nvd, *place).await {
                Ok(json) => json,
                Err(fault) => return Ok(Err(fault)),
            };
            let Ok(head) = serde_json::from_slice::<Head>(&json) else {
                return Ok(Err("a page that is none of NVD's API 2.0".to_owned()));
            };
            let now = self.now();
            let json = std::sync::Mutex::new(json);
            let brought = self
                .job(move |mirror| {
                    let json = json.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
                    mirror.import_page("api", json, now)
                })
                .await?;
            for feed in brought.feeds {
                let page = of_feed(feed);
                if page.fault.is_some() {
                    return Ok(Err(page.fault.unwrap_or_default()));
                }
                done.records += page.records;
                done.added += page.added;
                done.changed += page.changed;
                done.unreadable += page.unreadable;
                done.note = page.note.or(done.note.take());
            }
            (self.tell)(&Step::Records(done.records));
            let begin = *place.total.get_or_insert(head.total_results);
            place.start += head.results_per_page;
            if head.results_per_page == 0 || place.start >= head.total_results {
                if begin == head.total_results || walks == WALKS {
                    return Ok(Ok(()));
                }
                // Records came or went while it was walked: what was pushed over a page's edge is in the next walk.
                walks += 1;
                (place.total, place.start) = (None, 0);
            }
            let row = SourceRow {
                name: source("api"),
                cursor: place.text(),
                tried_at: Some(self.now()),
                ..SourceRow::default()
            };
            self.note(row).await?;
        }
    }

    async fn page(&self, nvd: &Nvd, place: Place) -> Result<Vec<u8>, String> {
        let mut nth = 0;
        loop {
            match nvd.page(place.span(), place.start).await {
                Ok(json) => return Ok(json),
                Err(fault) => self.again(&mut nth, fault).await.map_err(|fault| fault.to_string())?,
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_place_reads_back_and_no_span_is_longer_than_120_days() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let place = Place {
            from: Some(at("2026-01-01T00:00:00Z")),
            to: at("2026-11-22T00:00:00Z"),
            start: 4000,
            total: Some(4100),
        };
        assert_eq!(Place::parse(&place.text()), Some(place));
        assert_eq!(place.span().unwrap().to, at("2026-05-01T00:00:00Z"));
        let all = Place { from: None, ..place };
        assert_eq!((Place::parse(&all.text()), all.span()), (Some(all), None));
        assert_eq!(Place::parse(""), None);
    }
}
