//! `known`: whether something is known already, searched on this machine alone.

use std::io::Read as _;
use std::path::Path;

use serde_json::{Value, json};

use super::mirror::mirror;
use super::out::Out;
use super::{OK, Stop};
use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use crate::known::shipped::PackageRow;
use crate::known::{Answer, Candidate, Question};
use crate::mail::{self, House, Limits};

/// More than this is not read of a file.
const MOST_BYTES: u64 = 40 << 20;

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
        0 => "not checked: the mirror is empty (sir-intake mirror sync, or mirror import FILES)\n".to_owned(),
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
