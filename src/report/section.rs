//! Headings and `Label: value` lines of a report, by what they are about.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::words::Words;

/// Sections that are kept; a report has a dozen.
const SECTION_LIMIT: usize = 200;

/// Bytes of a section that are looked at.
const BODY_LIMIT: usize = 2000;

/// What a heading or label announces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Topic {
    Component,
    Version,
    Platform,
    Steps,
    Proof,
    Impact,
    Severity,
    Exploited,
    Deadline,
    Others,
    Credit,
    Tool,
    Fix,
    Package,
    Other,
}

/// A heading or label with what follows it.
#[derive(Debug)]
pub(super) struct Section {
    pub(super) topic: Topic,
    pub(super) body: Range<usize>,
}

/// Words that make a title about something, most telling first.
const TOPICS: &[(Topic, &[&str])] = &[
    (Topic::Steps, &["step", "repro", "how to trigger", "schritte", "pasos", "步骤"]),
    (Topic::Fix, &["fix", "patch", "remediation", "mitigation", "recommend", "workaround"]),
    (Topic::Severity, &["severity", "cvss", "risk", "priority", "rating", "score"]),
    (Topic::Exploited, &["exploited", "known exploit", "in the wild", "exploitation status"]),
    (Topic::Package, &["package", "dependency", "library", "third party", "third-party"]),
    (
        Topic::Platform,
        &["platform", "operating system", "environment", "desktop/device", "tested on", "平台"],
    ),
    (Topic::Version, &["version", "release", "revision", "commit", "build", "版本"]),
    (
        Topic::Component,
        &[
            "component",
            "product",
            "module",
            "gem",
            "software",
            "affected",
            "target",
            "asset",
            "location",
            "组件",
        ],
    ),
    (Topic::Proof, &["proof", "poc", "exploit"]),
    (Topic::Impact, &["impact", "attack scenario", "consequence", "attacker", "影响"]),
    (Topic::Deadline, &["disclosure", "deadline", "embargo", "publication", "timeline"]),
    (Topic::Others, &["reported to", "others told", "who else", "notified"]),
    (
        Topic::Credit,
        &["credit", "acknowledg", "discovered by", "found by", "reported by", "reporter", "researcher"],
    ),
    (Topic::Tool, &["tool", "found with", "discovery method", "how found"]),
    (Topic::Other, &["summary", "description", "detail", "background", "reference", "expected", "actual"]),
];

/// Titles that count only as a whole, being too short to look for inside others.
const WHOLE: &[(Topic, &str)] = &[
    (Topic::Platform, "os"),
    (Topic::Platform, "system"),
    (Topic::Component, "file"),
    (Topic::Component, "where"),
];

/// All those words at once: nearly every line of a report holds none of them.
static ANY_TOPIC: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let parts = TOPICS.iter().flat_map(|(_, words)| words.iter().copied());
    let words: Vec<String> = parts.chain(WHOLE.iter().map(|(_, word)| *word)).map(regex::escape).collect();
    Regex::new(&words.join("|")).ok()
});

/// What a title is about; `None` when it is no title that we know.
fn topic(title: &str) -> Option<Topic> {
    let title = title.trim().to_lowercase();
    if title.is_empty() || title.chars().count() > 44 || title.split_whitespace().count() > 6 {
        return None;
    }
    if ANY_TOPIC.as_ref().is_some_and(|any| !any.is_match(&title)) {
        return None;
    }
    let whole = WHOLE.iter().find(|(_, word)| *word == title).map(|(topic, _)| *topic);
    let part = || TOPICS.iter().find(|(_, words)| words.iter().any(|w| title.contains(w))).map(|(t, _)| *t);
    whole.or_else(part)
}

/// How a line announces something.
enum Title {
    /// A heading of its own; the text is below.
    Heading(Topic),
    /// A label; its value begins so many bytes into the line.
    Label(Topic, usize),
}

/// Reads `## Title`, `**Title**`, `Title:`, `* Title: value`, `--[ 1 - Title`, `[Title]`.
fn title(line: &str) -> Option<Title> {
    let bare = line
        .trim_start_matches(['#', '*', '-', '>', '|', '_', '=', '[', ' ', '\t', '+', '.', ')'].as_slice());
    let bare = bare.trim_start_matches(|c: char| c.is_ascii_digit());
    let bare = bare.trim_start_matches(['.', ')', ' ', '-', '*', '_'].as_slice());
    let marked = line.trim_start().starts_with(['#', '*', '-', '[', '=', '_'].as_slice());
    if let Some((label, value)) = bare.split_once([':', '|'].as_slice()) {
        let label = label.trim_end_matches(['*', '_', '`', ' ', ']'].as_slice());
        let found = topic(label)?;
        let rest = value.trim_start_matches(['*', '_', ' ', '\t'].as_slice());
        if rest.trim().is_empty() {
            return Some(Title::Heading(found));
        }
        return Some(Title::Label(found, line.len() - rest.len()));
    }
    let label = bare.trim_end_matches(['*', '_', '#', '=', ' ', ']', '\t'].as_slice());
    let shouted = !label.is_empty() && label.chars().all(|c| c.is_ascii_uppercase() || c == ' ');
    let short = label.split_whitespace().count() <= 3 && !label.ends_with(['.', ',', ';', '?'].as_slice());
    let capital = label.chars().next().is_some_and(char::is_uppercase);
    if !(marked || shouted || (short && capital)) {
        return None;
    }
    topic(label).map(Title::Heading)
}

/// Finds the sections. One pass over the lines; code between fences is no title.
pub(super) fn sections(words: &Words) -> Vec<Section> {
    let mut out: Vec<Section> = Vec::new();
    let mut open: Option<(Topic, usize)> = None;
    let mut fenced = false;
    let mut at = 0;
    for line in words.text().split_inclusive('\n') {
        let start = at;
        at += line.len();
        let line = line.trim_end();
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        let found = if fenced || words.in_subject(&(start..at)) { None } else { title(line) };
        let next = match found {
            None => continue,
            Some(Title::Heading(topic)) => (topic, at),
            Some(Title::Label(topic, offset)) => (topic, start + offset),
        };
        close(&mut out, open.replace(next), start);
        if out.len() >= SECTION_LIMIT {
            return out;
        }
    }
    close(&mut out, open, at);
    out
}

/// Ends the open section here.
fn close(out: &mut Vec<Section>, open: Option<(Topic, usize)>, end: usize) {
    if let Some((topic, start)) = open {
        out.push(Section { topic, body: start..end.min(start + BODY_LIMIT).max(start) });
    }
}

/// The first line with something on it in a section, as a place in the whole text.
pub(super) fn first_line(words: &Words, section: &Section) -> Option<Range<usize>> {
    let end = words.text().floor_char_boundary(section.body.end);
    let body = words.at(&(section.body.start..end));
    let lead = body.len() - body.trim_start().len();
    let line = body.trim_start().lines().next().unwrap_or("").trim_end();
    let start = section.body.start + lead;
    (!line.is_empty()).then_some(start..start + line.len())
}

/// The text of a section.
pub(super) fn body<'w>(words: &'w Words, section: &Section) -> &'w str {
    words.at(&(section.body.start..words.text().floor_char_boundary(section.body.end)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_and_headings_of_all_kinds_open_a_section() {
        let text = "Hello,\n**Affected component:** Gems/Atom\nOS: Windows 11\n## Steps to reproduce\n1. Open it\n\
                    ```\nversion: 9\n```\n--[ 4 - Proof of concept\nsee below\nIMPACT\nbad";
        let words = Words::new("Version: x", text);
        let seen: Vec<_> = sections(&words)
            .iter()
            .map(|s| (s.topic, first_line(&words, s).map_or("", |p| words.at(&p)).to_owned()))
            .collect();
        assert_eq!(
            seen,
            [
                (Topic::Component, "Gems/Atom".to_owned()),
                (Topic::Platform, "Windows 11".to_owned()),
                (Topic::Steps, "1. Open it".to_owned()),
                (Topic::Proof, "see below".to_owned()),
                (Topic::Impact, "bad".to_owned()),
            ]
        );
    }
}
