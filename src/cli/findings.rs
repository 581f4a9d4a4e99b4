//! What the check of a case found, for a terminal.

use crate::case::{Case, Checked};
use crate::known::findings::{Because, Findings, PackageLine, Row};
use crate::known::{Publicity, Source, url_of};

/// `Known?` and what follows from it; empty before the first check.
pub(super) fn text(case: &Case, findings: Option<&Findings>) -> String {
    let Some(checked) = &case.checked else { return String::new() };
    let mut out = format!("\n\nKnown? {}", checked.words());
    let Some(findings) = findings else { return out };
    findings.rows.iter().chain(&findings.cases).for_each(|row| out.push_str(&row_text(row)));
    findings.packages.iter().for_each(|line| out.push_str(&package_text(line)));
    if !findings.unknown_ids.is_empty() {
        out.push_str(&format!("\n  Cited and not in the mirror: {}", findings.unknown_ids.join(", ")));
    }
    if let Checked::Done { mirror: Some(at), .. } = checked {
        out.push_str(&format!("\n  Searched {} public records, mirror of {at}", findings.mirror.records));
    }
    out
}

fn row_text(row: &Row) -> String {
    let mut out = format!("\n  {}  {}", row.id, row.verdict.word());
    if let Some(closure) = row.closure {
        out.push_str(&format!(", closed: {}", closure.words()));
    } else if !row.status.word().is_empty() {
        out.push_str(&format!(", {}", row.status.word().to_lowercase()));
    }
    if row.is_strong() && row.publicity == Publicity::PossibleLeak {
        out.push_str(", possible leak");
    }
    if let Some(fixed) = &row.fixed {
        out.push_str(&format!(", fixed in {fixed}"));
    }
    let url = url_of(row.source, &row.id);
    if !url.is_empty() && row.source != Source::Case {
        out.push_str(&format!("\n      {url}"));
    }
    out.push_str(&format!("\n      {}\n      {}", row.title, reasons(&row.reasons)));
    out
}

fn reasons(reasons: &[Because]) -> String {
    let one =
        |because: &Because| format!("{} {}", because.words, because.theirs.join(", ")).trim_end().to_owned();
    reasons.iter().map(one).collect::<Vec<_>>().join("; ")
}

fn package_text(line: &PackageLine) -> String {
    let mut out = format!("\n  O3DE ships {}", line.ships);
    for place in &line.rows {
        let inside = if place.inside.is_empty() { "none".to_owned() } else { place.inside.join(", ") };
        out.push_str(&format!("\n      {}: {inside} inside its range", place.id));
        if let Some(fixed) = &place.fixed {
            out.push_str(&format!(", fixed in {fixed}"));
        }
    }
    out
}
