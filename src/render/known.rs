//! The part of the private issue that says whether the report is known already.
//!
//! Titles and versions of public records are as hostile as a report: they stand in code spans, controls visible. Ids have
//! a checked shape, and every address is built here from an id or from our own configuration.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::fence::{cell, prose};
use super::when;
use crate::case::{Checked, Closure, Unchecked};
use crate::known::findings::{Because, Findings, PackageLine, PackagePlace, Row};
use crate::known::{Publicity, Source, Status, Verdict, url_of};

/// What the page may know of a check.
#[derive(Debug, Clone)]
pub struct KnownView {
    /// What it came to; none before the first.
    pub checked: Option<Checked>,
    /// What was found, if anything could be searched.
    pub findings: Option<Findings>,
    /// When it was made.
    pub at: Option<Timestamp>,
    /// INTERNALDATE of the report: what became public later may be a leak.
    pub received: Timestamp,
    /// Addresses of the issues of earlier cases, by their number.
    pub cases: BTreeMap<String, String>,
}

/// What members are told when a later check found more. The numbers stand below it, everything else on the issue.
pub(super) const FOUND_MORE: &str = "More was found than you were told before: the report grew, or what is publicly known \
    did. It may be known already: the issue says what was found, and why. Likeness decides nothing; a person does.";

/// The section, with its heading.
pub(super) fn section(view: &KnownView, zone: &TimeZone) -> String {
    let mut out = "### Known already?\n\n".to_owned();
    let checked = view.checked.unwrap_or(Checked::Not { why: Unchecked::NotYet, earlier: 0 });
    out.push_str(&format!("**{}.**", super::alert::capital(&prose(&checked.words()))));
    match checked {
        Checked::Not { why: Unchecked::NoMirror | Unchecked::MirrorFault, .. } => out.push_str(
            " An operator makes a mirror with `sir-intake mirror sync` or `sir-intake mirror import`; then this page \
             is checked and updated by itself.",
        ),
        Checked::Not { .. } => {}
        Checked::Done { tally, .. } if tally.is_strong() => {
            out.push_str(" Likeness proposes; a person decides.");
        }
        Checked::Done { .. } => {}
    }
    out.push_str("\n\n");
    if let Some(findings) = &view.findings {
        out.push_str(&public(findings, view, zone));
        out.push_str(&packages(findings));
        out.push_str(&unknown(findings));
        out.push_str(&earlier(findings, view, zone));
        out.push_str(&ready(findings));
        out.push_str(&searched(findings, view, zone));
    }
    out
}

/// The line of the check list.
pub fn step(checked: Option<&Checked>) -> (bool, String) {
    match checked {
        Some(Checked::Done { tally, .. }) if !tally.is_strong() => {
            let found = tally.words().map_or(String::new(), |words| format!(" ({words})"));
            (true, format!("Known? Searched, nothing that fits{found}"))
        }
        Some(Checked::Done { .. }) => (false, "Known? Look at what was found, and decide".to_owned()),
        Some(Checked::Not { .. }) | None => (
            false,
            "Known? Not checked by the machine: look for it among public issues and in NVD".to_owned(),
        ),
    }
}

fn public(findings: &Findings, view: &KnownView, zone: &TimeZone) -> String {
    if findings.rows.is_empty() {
        return String::new();
    }
    let mut out =
        "| Verdict | Record | Status | Title | Fixed in | Why |\n|---|---|---|---|---|---|\n".to_owned();
    for row in findings.rows.iter().take(5) {
        let fixed = row.fixed.as_deref().map_or("–".to_owned(), cell);
        out.push_str(&format!(
            "| {} | {} | {} | {} | {fixed} | {} |\n",
            verdict(row),
            linked(&row.id, &url_of(row.source, &row.id)),
            standing(row, view, zone),
            cell(&row.title),
            reasons(&row.reasons),
        ));
    }
    out.push('\n');
    out
}

fn verdict(row: &Row) -> String {
    let word = match row.verdict {
        Verdict::Cited => "cited",
        Verdict::SameReference => "same reference",
        Verdict::LikelyKnown => "likely known",
        Verdict::Related | Verdict::None => return "related".to_owned(),
    };
    format!("**{word}**")
}

/// Who may know of it, and what its source says.
fn standing(row: &Row, view: &KnownView, zone: &TimeZone) -> String {
    let mut parts = Vec::new();
    match row.publicity {
        Publicity::PossibleLeak if row.is_strong() => {
            let since = row.published.filter(|at| *at > view.received);
            parts.push(since.map_or("**possible leak**: not labelled by O3DE".to_owned(), |at| {
                format!("**possible leak**: public since {}, after the report", when::medium(at, zone))
            }));
        }
        Publicity::PossibleLeak | Publicity::Members => {}
        Publicity::Public => match row.source {
            Source::Advisory | Source::Issue => parts.push("publicly known".to_owned()),
            Source::Nvd | Source::Case => {}
        },
    }
    let word = match row.status {
        Status::Rejected => "**Rejected** by its source",
        Status::Disputed => "**Disputed**",
        Status::Deferred => "Deferred: NVD will not analyze it",
        Status::Unstated
        | Status::Waiting
        | Status::Analyzed
        | Status::Published
        | Status::Private
        | Status::Open
        | Status::Closed => row.status.word(),
    };
    if !word.is_empty() {
        parts.push(word.to_owned());
    }
    if let (Some(at), false) = (row.published, parts.iter().any(|part| part.contains("public since"))) {
        parts.push(at.to_zoned(TimeZone::UTC).strftime("%-d %b %Y").to_string());
    }
    if parts.is_empty() { "–".to_owned() } else { parts.join(", ") }
}

fn reasons(reasons: &[Because]) -> String {
    let one = |reason: &Because| {
        let theirs: Vec<String> = reason.theirs.iter().map(|word| cell(word)).collect();
        let words = prose(&reason.words);
        if theirs.is_empty() { words } else { format!("{words} {}", theirs.join(", ")) }
    };
    let all: Vec<String> = reasons.iter().map(one).collect();
    if all.is_empty() { "–".to_owned() } else { all.join("; ") }
}

/// An id with its address; the id alone where there is none.
fn linked(id: &str, url: &str) -> String {
    let safe = |c: char| c.is_ascii_alphanumeric() || "-._~:/?=%".contains(c);
    if url.is_empty() || !url.chars().all(safe) {
        return cell(id);
    }
    format!("[{}]({url})", prose(id))
}

/// `O3DE ships zlib 1.2.11 (Windows, Linux, Mac): 1.2.11 inside the range of CVE-…`.
fn packages(findings: &Findings) -> String {
    let mut out = String::new();
    for line in &findings.packages {
        out.push_str(&package(line));
    }
    if !out.is_empty() {
        out.push_str(
            "\n<sub>What O3DE ships: as the package lists of its development branch name it. A release may ship \
             another version.</sub>\n\n",
        );
    }
    out
}

fn package(line: &PackageLine) -> String {
    let mut out = format!("- O3DE ships **{}**", prose(&line.ships));
    if !line.asked.is_empty() {
        let asked: Vec<String> = line.asked.iter().map(|version| cell(version)).collect();
        out.push_str(&format!("; the report names {}", asked.join(", ")));
    }
    if line.rows.is_empty() {
        out.push_str(match line.more {
            0 => ". The mirror has no record of this package",
            _ => ". No record of this package in the mirror has the named version in its range",
        });
    }
    out.push('\n');
    for place in &line.rows {
        out.push_str(&format!("  - {}\n", place_words(place)));
    }
    match line.more {
        0 => {}
        1 => out.push_str("  - 1 more record of this package\n"),
        more => out.push_str(&format!("  - {more} more records of this package\n")),
    }
    out
}

fn place_words(place: &PackagePlace) -> String {
    let id = linked(&place.id, &url_of(Source::Nvd, &place.id));
    let list =
        |versions: &[String]| versions.iter().map(|version| prose(version)).collect::<Vec<_>>().join(", ");
    let fixed =
        place.fixed.as_deref().map_or(String::new(), |version| format!(": fixed in {}", cell(version)));
    match (place.inside.is_empty(), place.outside.is_empty()) {
        (false, true) => format!("{} **inside** the range of {id}{fixed}", list(&place.inside)),
        (false, false) => format!(
            "{} **inside** the range of {id}, {} outside{fixed}",
            list(&place.inside),
            list(&place.outside)
        ),
        (true, false) => format!("{} outside the range of {id}{fixed}", list(&place.outside)),
        (true, true) => format!("{id}: what O3DE ships cannot be compared with its range{fixed}"),
    }
}

fn unknown(findings: &Findings) -> String {
    if findings.unknown_ids.is_empty() {
        return String::new();
    }
    let ids: Vec<String> = findings.unknown_ids.iter().map(|id| cell(id)).collect();
    format!("Cited and not in the mirror (reserved, too new, or misspelled): {}\n\n", ids.join(", "))
}

fn earlier(findings: &Findings, view: &KnownView, zone: &TimeZone) -> String {
    if findings.cases.is_empty() {
        return String::new();
    }
    let mut out = "**Earlier cases.** For members only: one reporter is never told of another.\n\n\
                   | Verdict | Case | Status | Subject | Why |\n|---|---|---|---|---|\n"
        .to_owned();
    for row in findings.cases.iter().take(5) {
        let url = view.cases.get(&row.id).map_or("", String::as_str);
        let status = match row.closure {
            Some(closure) if closure.denies() => format!("closed: **rejected**, {}", closure.words()),
            Some(Closure::Disclosed) => "closed: **disclosed**".to_owned(),
            Some(closure) => format!("closed: {}", closure.words()),
            None => row.status.word().to_lowercase(),
        };
        let at = row.published.map_or(String::new(), |at| format!(", {}", when::medium(at, zone)));
        out.push_str(&format!(
            "| {} | {} | {}{at} | {} | {} |\n",
            verdict(row),
            linked(&row.id, url),
            status,
            cell(&row.title),
            reasons(&row.reasons),
        ));
    }
    out.push('\n');
    out
}

/// Command lines for a comment, as code: they do nothing here.
fn ready(findings: &Findings) -> String {
    let known = findings.answers().into_iter().filter_map(|row| match row.source {
        Source::Nvd | Source::Advisory => Some(format!("`!known {}`", row.id)),
        Source::Issue => Some(format!("`!known {}`", url_of(row.source, &row.id))),
        Source::Case => None,
    });
    let cases = findings.cases.iter().filter(|row| row.is_strong()).take(2);
    let lines: Vec<String> = known.chain(cases.map(|row| format!("`!dup {}`", row.id))).collect();
    if lines.is_empty() {
        return String::new();
    }
    format!("If it is the same, in a comment of its own: {}\n\n", lines.join(" or "))
}

fn searched(findings: &Findings, view: &KnownView, zone: &TimeZone) -> String {
    let mirror = &findings.mirror;
    let Some(at) = view.at.filter(|_| mirror.records > 0) else { return String::new() };
    let age = mirror.taken_at.map_or("of unknown age".to_owned(), |taken| {
        format!("of {}, {} old then", when::medium(taken, zone), when::span(at.duration_since(taken)))
    });
    let ours = match (mirror.advisories, mirror.issues) {
        (0, 0) => "O3DE's own advisories and issues are not in it".to_owned(),
        (advisories, issues) => {
            format!("among them of O3DE {} advisories and {} issues", grouped(advisories), grouped(issues))
        }
    };
    format!(
        "<sub>Searched {} on this machine alone: {} public records in the mirror {age}; {ours}. `Like this`: words of \
         others.</sub>\n\n",
        when::medium(at, zone),
        grouped(mirror.records)
    )
}

/// `286,355`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_grouped() {
        assert_eq!([0, 999, 1_000, 286_355].map(grouped), ["0", "999", "1,000", "286,355"]);
    }

    #[test]
    fn an_address_is_a_link_only_when_it_is_nothing_else() {
        assert_eq!(linked("CVE-2024-1", "https://nvd.nist.gov/x"), "[CVE-2024-1](https://nvd.nist.gov/x)");
        assert_eq!(linked("CVE-2024-1", "https://x) [b](y"), "`CVE-2024-1`");
        assert_eq!(linked("CVE-2024-1", ""), "`CVE-2024-1`");
    }
}
