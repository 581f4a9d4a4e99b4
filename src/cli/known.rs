//! `known` and `mirror`: whether something is known already, searched on this machine alone.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::out::{Out, facts, table};
use super::{FAULTS, OK, Stop, house};
use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use crate::known::mirror::FILE_NAME;
use crate::known::shipped::PackageRow;
use crate::known::{Answer, Candidate, Mirror, Question};
use crate::mail::{self, House, Limits};
use crate::store::private_dir;

/// More than this is not read of a file.
const MOST_BYTES: u64 = 40 << 20;

/// The mirror of the state directory.
pub(super) fn mirror(config: &Config) -> Result<Mirror, Stop> {
    let dir = &config.state_dir;
    private_dir(dir).map_err(|error| Stop::fault(format!("cannot make {}: {error}", dir.display())))?;
    let path = dir.join(FILE_NAME);
    Mirror::open(&path).map_err(|fault| Stop::fault(format!("{}: {fault}", path.display())))
}

/// Candidates for a mail or plain text; `-` is standard input.
pub(super) fn known(file: &Path, config: &Config, out: &Out) -> Result<u8, Stop> {
    let question = question(&bytes(file)?);
    let mirror = mirror(config)?;
    let clock = SystemClock::new();
    let begun = clock.monotonic();
    let answer = mirror.check(&question).map_err(|fault| Stop::fault(fault.to_string()))?;
    let ms = clock.monotonic().saturating_sub(begun).as_secs_f64() * 1_000.0;
    out.either(&as_json(&answer, ms), || as_text(&answer, ms));
    Ok(OK)
}

fn bytes(file: &Path) -> Result<Vec<u8>, Stop> {
    let mut raw = Vec::new();
    let read = if file == Path::new("-") {
        std::io::stdin().lock().take(MOST_BYTES).read_to_end(&mut raw)
    } else {
        std::fs::File::open(file).and_then(|open| open.take(MOST_BYTES).read_to_end(&mut raw))
    };
    read.map_err(|error| Stop::fault(format!("cannot read {}: {error}", file.display())))?;
    Ok(raw)
}

/// A mail has a header that says who sent it; anything else is taken as plain text.
fn question(raw: &[u8]) -> Question {
    let letter = mail::read(raw, &Limits::default(), &House::default());
    if letter.from_count > 0 {
        return Question {
            subject: letter.subject,
            text: letter.text,
            received: letter.date,
            ..Question::default()
        };
    }
    Question { text: String::from_utf8_lossy(raw).into_owned(), ..Question::default() }
}

fn as_json(answer: &Answer, ms: f64) -> Value {
    let candidate = |found: &Candidate| {
        json!({
            "id": found.id, "verdict": found.verdict.word(), "score": found.score, "reasons": found.reasons,
            "status": found.status, "fixed": found.fixed, "title": found.title, "url": found.url,
        })
    };
    json!({
        "verdict": answer.verdict.word(),
        "candidates": answer.candidates.iter().map(candidate).collect::<Vec<_>>(),
        "cases": answer.cases.iter().map(candidate).collect::<Vec<_>>(), "packages": answer.packages, "unknown_ids": answer.unknown_ids, "mirror": answer.mirror, "ms": ms,
    })
}

fn as_text(answer: &Answer, ms: f64) -> String {
    let mut text = match answer.mirror.records {
        0 => "not checked: the mirror is empty (sir-intake mirror import FILES)\n".to_owned(),
        records => {
            format!("{}: searched {records} records in {ms:.0} ms, {}\n", answer.verdict.word(), age(answer))
        }
    };
    for found in answer.candidates.iter().chain(&answer.cases) {
        let reasons: Vec<String> = found.reasons.iter().map(ToString::to_string).collect();
        let fixed = found.fixed.as_ref().map_or(String::new(), |version| format!(", fixed in {version}"));
        text.push_str(&format!(
            "\n{}  {}{fixed}\n    {}\n    {}\n",
            found.id,
            found.verdict.word(),
            found.title.chars().take(120).collect::<String>(),
            reasons.join("; ")
        ));
    }
    for check in &answer.packages {
        text.push_str(&format!("\nO3DE ships {}\n", check.ships));
        let inside = |row: &&PackageRow| !row.ours_inside.is_empty();
        check.rows.iter().filter(inside).for_each(|row| text.push_str(&place(row)));
        match check.rows.iter().filter(|row| !inside(row)).count() + check.more {
            0 => {}
            more => {
                text.push_str(&format!("    and {more} more, outside of their ranges or not comparable\n"))
            }
        }
    }
    if !answer.unknown_ids.is_empty() {
        text.push_str(&format!("\nCited and not in the mirror: {}\n", answer.unknown_ids.join(", ")));
    }
    text.trim_end().to_owned()
}

/// `CVE-…: 1.2.11 inside its range, 1.3.1 outside; fixed in 1.2.12`.
fn place(row: &PackageRow) -> String {
    let mut text = format!("    {}: {} inside its range", row.id, row.ours_inside.join(", "));
    if !row.ours_outside.is_empty() {
        text.push_str(&format!(", {} outside", row.ours_outside.join(", ")));
    }
    if let Some(fixed) = &row.fixed {
        text.push_str(&format!("; fixed in {fixed}"));
    }
    text.push('\n');
    text
}

fn age(answer: &Answer) -> String {
    answer.mirror.taken_at.map_or("of unknown age".to_owned(), |at| format!("taken in {at}"))
}

/// Takes feed files from disk.
pub(super) fn import(paths: &[PathBuf], config: &Config, out: &Out) -> Result<u8, Stop> {
    let mirror = mirror(config)?;
    let mut tell = |progress: &crate::known::mirror::Progress| {
        if !out.is_json() {
            out.tell(&format!(
                "{} of {}: {}, {} records",
                progress.done, progress.of, progress.feed, progress.records
            ));
        }
    };
    let report =
        mirror.import(paths, house::now(), &mut tell).map_err(|fault| Stop::fault(fault.to_string()))?;
    let row = |feed: &crate::known::mirror::FeedDone| {
        let fault = feed.fault.clone().unwrap_or_else(|| "taken in".to_owned());
        vec![
            feed.name.clone(),
            feed.records.to_string(),
            feed.added.to_string(),
            feed.changed.to_string(),
            feed.bad.to_string(),
            fault,
        ]
    };
    let head = ["feed", "records", "new", "changed", "unreadable", "result"];
    out.either(&json!(report), || table(&head, &report.feeds.iter().map(row).collect::<Vec<_>>()));
    Ok(if report.failed() { FAULTS } else { OK })
}

/// Sources, ages, counts, coverage.
pub(super) fn status(config: &Config, out: &Out) -> Result<u8, Stop> {
    let status = mirror(config)?.status().map_err(|fault| Stop::fault(fault.to_string()))?;
    out.either(&json!(status), || {
        let rows = [
            ("Records", status.age.records.to_string()),
            ("Newest", status.age.stamp.clone()),
            ("Taken in", status.age.taken_at.map_or("never".to_owned(), |at| at.to_string())),
            ("O3DE's", format!("{} advisories, {} issues", status.advisories, status.issues)),
            ("File", format!("{} MiB", status.bytes >> 20)),
        ];
        let years: Vec<Vec<String>> = status
            .years
            .iter()
            .map(|year| {
                vec![
                    year.year.to_string(),
                    year.records.to_string(),
                    year.with_cpe.to_string(),
                    year.rejected.to_string(),
                ]
            })
            .collect();
        format!("{}\n\n{}", facts(&rows), table(&["year", "records", "with products", "rejected"], &years))
    });
    Ok(OK)
}
