//! The second door: private vulnerability reports on GitHub (advisories in state `triage`) become cases like mails.
//!
//! Each is taken in once, by its id, as a message of our making that the desk then reads like any other; that it is held
//! and that it is known by its id are one transaction. It has no sender but the address that the account shows, and its
//! author is never taken for a member, whatever address that is.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::desk::{Prepared, opening};
use super::door::{address, login};
use super::sync::{advisory_url, is_ghsa};
use super::{Fault, commit};
use crate::case::{Address, Source};
use crate::config::ProjectName;
use crate::office::Office;
use crate::perform::Peers;
use crate::render::posted::{encoded, packed};
use crate::store::{AdvisoryRow, FateWord, Note, StoreError, Txn};
use crate::wire::github::{Advisories, Advisory, AdvisoryState, GithubError, Project};

/// Entity tags of the lists that were dealt with to their end, by repository.
pub(super) type Tags = BTreeMap<String, String>;

/// Where the store keeps when a sweep last went well.
pub const GOOD: &str = "sweep-good";
/// Where the store keeps what was wrong with the last sweep; empty: nothing.
pub const FAULT: &str = "sweep-fault";
/// Most characters of a summary and of a description that are taken (GitHub allows 1,024 and 65,535).
const SUMMARY: usize = 1_024;
const DESCRIPTION: usize = 65_535;

/// Sweeps whenever the schedule says so, and once at the start.
pub(super) async fn keep_sweeping(office: &Arc<Office>, peers: &Arc<Peers>) -> Result<(), Fault> {
    let Some(cron) = office.config.known.sweep.clone() else { return std::future::pending().await };
    let clock = &office.outside.clock;
    let mut tags = Tags::new();
    loop {
        sweep(office, peers, &mut tags).await?;
        let Some(next) = cron.next_after(clock.now()) else { return std::future::pending().await };
        clock.sleep_until(next).await;
    }
}

/// Looks for new reports in every repository. Returns how many were taken in; a fault of GitHub is a line in the log, and
/// stands where `status` and the figures read it.
pub(super) async fn sweep(office: &Arc<Office>, peers: &Arc<Peers>, tags: &mut Tags) -> Result<usize, Fault> {
    if office.config.known.sweep.is_none() {
        return Ok(0);
    }
    let (mut taken, mut faults) = (0, Vec::new());
    for name in &office.config.known.repositories {
        let label = format!("{}/{}", name.owner, name.name);
        let project = Project { owner: name.owner.clone(), name: name.name.clone() };
        let tag = tags.get(&label).cloned().unwrap_or_default();
        match peers.github.advisories(&project, AdvisoryState::Triage, &tag).await {
            Ok(None) => {}
            Ok(Some(list)) => {
                let (count, rest) = take(office, name, &list).await?;
                taken += count;
                if list.unreadable > 0 {
                    faults.push(format!("{label}: {} reports cannot be read", list.unreadable));
                }
                match rest {
                    Rest::None => _ = tags.insert(label, list.etag),
                    Rest::Later => tracing::warn!(
                        repository = %label,
                        "too many new cases in an hour: the other private reports wait on GitHub"
                    ),
                }
            }
            Err(fault) => {
                tracing::warn!(repository = %label, %fault, "private reports on GitHub were not looked for");
                faults.push(format!("{label}: {}", words(&fault)));
            }
        }
    }
    note(office, &faults.join("; ")).await?;
    if taken > 0 {
        office.bells.mail.notify_one();
    }
    Ok(taken)
}

/// GitHub says 404 for want of a permission as well.
fn words(fault: &GithubError) -> String {
    if let GithubError::Refused { status: status @ (403 | 404), .. } = fault {
        return format!("no permission to read private reports ({status})");
    }
    fault.to_string()
}

/// How the sweep went; nothing is written when nothing changed but the time, and that at most once a minute.
async fn note(office: &Arc<Office>, fault: &str) -> Result<(), Fault> {
    let now = office.outside.clock.now();
    let (old, at) =
        office.store.read(|txn| Ok((txn.meta(FAULT)?.unwrap_or_default(), txn.meta_instant(GOOD)?)))?;
    let fresh = at.is_some_and(|at| now.duration_since(at) < SignedDuration::from_mins(1));
    if old == fault && (fresh || !fault.is_empty()) {
        return Ok(());
    }
    let fault = fault.to_owned();
    office
        .store
        .write("sweep", move |txn| {
            if fault.is_empty() {
                txn.set_meta(GOOD, &now.to_string())?;
            }
            txn.set_meta(FAULT, &fault)
        })
        .await?;
    Ok(())
}

/// Whether all of a list was dealt with.
enum Rest {
    None,
    Later,
}

/// Takes in what is new, the oldest first, as far as the limit of new cases goes: what is left stays on GitHub.
async fn take(office: &Arc<Office>, name: &ProjectName, list: &Advisories) -> Result<(usize, Rest), Fault> {
    let now = office.outside.clock.now();
    let hour_ago = now.saturating_sub(SignedDuration::from_hours(1)).unwrap_or(now);
    let limit = office.config.waiting.cases_per_hour;
    let mut items: Vec<&Advisory> = list.items.iter().filter(|item| is_ghsa(&item.ghsa_id)).collect();
    items.sort_by_key(|item| (item.created_at, item.ghsa_id.clone()));
    let mut taken = 0;
    for item in items {
        let known = office.store.read(|txn| txn.has_advisory(&item.ghsa_id))?;
        if known || item.state.as_deref() != Some(AdvisoryState::Triage.word()) {
            continue;
        }
        let begun = office.store.read(|txn| txn.cases_since(hour_ago))?;
        if u64::from(begun) + taken as u64 >= u64::from(limit) {
            return Ok((taken, Rest::Later));
        }
        let row = AdvisoryRow {
            ghsa: item.ghsa_id.clone(),
            repository: format!("{}/{}", name.owner, name.name),
            url: advisory_url(name, item),
            author: item.author.as_ref().map(|author| login(&author.login)),
        };
        let created = item.created_at.unwrap_or(now);
        let raw = message(item, shown(office, item).as_ref());
        let stored = office.store.write("advisory", move |txn| txn.take_advisory(&row, raw, created, now));
        taken += usize::from(stored.await?.is_some());
    }
    Ok((taken, Rest::None))
}

fn shown(office: &Office, item: &Advisory) -> Option<Address> {
    address(office, item.author.as_ref()?.email.as_deref()?)
}

/// The advisory as a message (RFC 5322). Its words stand in encoded words and in base64 alone: none of them can become a
/// header. The same advisory gives the same bytes.
fn message(item: &Advisory, from: Option<&Address>) -> Vec<u8> {
    let cut = |text: &Option<String>, most: usize| -> String {
        text.as_deref().unwrap_or_default().chars().take(most).collect()
    };
    let mut out = String::new();
    if let Some(from) = from {
        let _never = write!(out, "From: <{from}>\r\n");
    }
    if let Some(at) = item.created_at {
        let _never = write!(out, "Date: {}\r\n", at.strftime("%a, %d %b %Y %H:%M:%S +0000"));
    }
    let _never = write!(out, "Subject: {}\r\n", encoded(&cut(&item.summary, SUMMARY)));
    let _never = write!(out, "X-Sir-Intake-Advisory: {}\r\n", item.ghsa_id);
    out.push_str("MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n");
    out.push_str("Content-Transfer-Encoding: base64\r\n\r\n");
    let text = cut(&item.description, DESCRIPTION);
    out.push_str(&packed(&text));
    out.into_bytes()
}

/// The desk's way for such a message: always a case of its own. Words in it that look like a code or a tag of another case
/// lead nowhere, and no authentication speaks for it.
pub(super) fn settle(
    office: &Office,
    txn: &Txn<'_>,
    mail: &Prepared,
    now: Timestamp,
) -> Result<(), StoreError> {
    let letter = &mail.read.letter;
    let person = letter.from.as_ref().map(|from| txn.person(from, "")).transpose()?;
    let opening = opening(office, txn, mail, Source::Advisory, person, None, now)?;
    let case = commit::open(office, txn, &opening, mail, now)?;
    let note = Note { case: Some(case), person, poison: office.is_poison(&mail.row), ..Note::default() };
    txn.settle(mail.row.id, FateWord::Case, &note)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::mail::{House, Limits, read};

    fn item(summary: &str, description: &str) -> Advisory {
        serde_json::from_value(serde_json::json!({
            "ghsa_id": "GHSA-2345-cfgh-jmpq", "summary": summary, "description": description,
            "created_at": "2026-11-20T10:00:00Z", "state": "triage",
        }))
        .unwrap()
    }

    #[test]
    fn words_of_an_advisory_become_no_header() {
        let evil = "x\r\nFrom: <alice@members.example>\r\n\r\n=?utf-8?Q?=0D=0AFrom:_a@b.example?= ü💥";
        let raw = message(&item(&evil.repeat(40), evil), None);
        let letter = read(&raw, &Limits::default(), &House::default());
        assert_eq!((letter.from.as_ref(), letter.from_count), (None, 0));
        assert!(
            letter.text.contains("From: <alice@members.example>") && letter.text.contains("ü💥"),
            "{}",
            letter.text
        );
        assert!(letter.subject.contains("ü💥x"), "{}", letter.subject);
        assert_eq!(letter.date, "2026-11-20T10:00:00Z".parse().ok());
        assert!(String::from_utf8(raw).unwrap().lines().all(|line| line.len() <= 76));
    }
}
