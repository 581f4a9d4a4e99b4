//! The advisory in the public repository: the hidden line by which we find it again, and what of it everybody will read.
//!
//! Once it is made its words are people's. Nothing here knows a word of a report.

use serde::{Deserialize, Serialize};

use super::fence::one_line;
use super::marker::{Keyring, mac, same};
use crate::case::advisory::Gap;
use crate::case::{CaseId, Op, Sha256};

/// Most characters of a name in a credit.
const NAME_CHARS: usize = 80;

/// A name that a stranger chose, as a line of Markdown may hold it: letters, digits, spaces and `.-'` alone.
pub fn name(text: &str) -> String {
    let plain = |c: char| if c.is_alphanumeric() || ".-'".contains(c) { c } else { ' ' };
    one_line(&text.chars().map(plain).collect::<String>(), NAME_CHARS)
}

const HEAD: &str = "<!-- sir-intake mark=";
const TAIL: &str = " -->";
const LABEL: &str = "sir-intake advisory 1";

/// The first line of a draft that we made. It holds no case; its MAC does, so that it counts for that case alone.
pub fn marker(case: CaseId, op: &Op, keys: &Keyring) -> String {
    let tag = mac(keys.newest(), LABEL, &[op.0.as_bytes(), case.to_string().as_bytes()]);
    format!("{HEAD}{op} mac={}{TAIL}", data_encoding::HEXLOWER.encode(tag.as_ref()))
}

/// Whether a description begins with our marker for this case. Whether our own account made it is for the caller to check.
pub fn is_marked(description: &str, case: CaseId, keys: &Keyring) -> bool {
    let marked = || {
        let line = description.lines().next()?;
        let (op, given) = line.strip_prefix(HEAD)?.strip_suffix(TAIL)?.split_once(" mac=")?;
        let given = data_encoding::HEXLOWER.decode(given.as_bytes()).ok()?;
        let case = case.to_string();
        let signed = [op.as_bytes(), case.as_bytes()];
        Some(keys.all().any(|key| same(mac(key, LABEL, &signed).as_ref(), &given)))
    };
    marked().unwrap_or_default()
}

/// The description without lines that look like our marker, wherever people moved them.
pub fn without_marker(description: &str) -> String {
    let description = description.replace("\r\n", "\n");
    let marker = |line: &&str| {
        let line = line.trim();
        line.starts_with(HEAD) && line.ends_with(TAIL)
    };
    if !description.lines().any(|line| marker(&line)) {
        return description;
    }
    let kept: Vec<&str> = description.lines().filter(|line| !marker(line)).collect();
    kept.join("\n").trim_start_matches('\n').to_owned()
}

/// A package as an advisory names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Affected {
    /// `other`.
    pub ecosystem: String,
    /// `o3de`.
    pub name: String,
    /// `< 2510.2`
    pub range: String,
    /// `2510.2`
    pub fixed: String,
}

/// Everything of an advisory that everybody will read.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PublicText {
    /// One line.
    pub summary: String,
    /// Markdown, without our marker, lines ending in LF.
    pub description: String,
    /// `low` to `critical`, or empty.
    pub severity: String,
    /// CVSS, or empty.
    pub vector: String,
    /// What is affected.
    pub affected: Vec<Affected>,
    /// Kinds of weakness.
    pub cwes: Vec<String>,
    /// Its CVE id.
    pub cve: Option<String>,
    /// Login and kind of who is thanked.
    pub credits: Vec<(String, String)>,
}

/// Shows no word of it.
impl std::fmt::Debug for PublicText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PublicText({} bytes)", self.description.len())
    }
}

impl PublicText {
    /// The hash that reviews and approvals name: of what people write. The CVE id is not, it comes from the authority, at any
    /// time, and everybody who waits for it is told by itself.
    pub fn sha256(&self) -> Sha256 {
        let words = Self { cve: None, ..self.clone() };
        // A struct of texts always has a JSON form; its fields come in the order in which they are written above.
        Sha256::of(&serde_json::to_vec(&words).unwrap_or_default())
    }

    /// All of it as one text, for the leak guard and for people.
    pub fn whole(&self) -> String {
        let mut text = format!(
            "{}\n\n{}\n\nSeverity: {}\nVector: {}\n",
            self.summary, self.description, self.severity, self.vector
        );
        for one in &self.affected {
            text.push_str(&format!("{} {} {} {}\n", one.ecosystem, one.name, one.range, one.fixed));
        }
        let logins = self.credits.iter().map(|(login, _)| login);
        for word in self.cwes.iter().chain(&self.cve).chain(logins) {
            text.push_str(word);
            text.push('\n');
        }
        text
    }

    /// The text below a heading, without comments, if there is any. Headings are compared by their first word.
    pub fn section(&self, heading: &str) -> Option<String> {
        let bare = without_comments(&self.description);
        let mut found: Option<String> = None;
        for line in bare.lines() {
            let title = line.strip_prefix('#').map(|rest| rest.trim_start_matches('#').trim());
            match (title, found.as_mut()) {
                (Some(title), None) => {
                    let first = title.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
                    if first.eq_ignore_ascii_case(heading) {
                        found = Some(String::new());
                    }
                }
                (Some(_), Some(_)) => break,
                (None, Some(text)) => {
                    text.push_str(line);
                    text.push('\n');
                }
                (None, None) => {}
            }
        }
        found.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
    }

    /// What is missing before it can be reviewed (RUNBOOK 1.2, row 22).
    pub fn gaps(&self) -> Vec<Gap> {
        let affected = self.affected.iter().any(|one| !one.range.trim().is_empty());
        let all = [
            (Gap::Summary, !self.summary.trim().is_empty()),
            (Gap::Severity, !self.severity.is_empty() || !self.vector.is_empty()),
            (Gap::Affected, affected),
            (Gap::Mitigation, self.section("mitigation").is_some()),
            (Gap::Credits, self.section("credits").is_some() || !self.credits.is_empty()),
        ];
        all.into_iter().filter(|(_, there)| !there).map(|(gap, _)| gap).collect()
    }

    /// The first version that is named as fixed.
    pub fn fixed(&self) -> Option<&str> {
        self.affected.iter().map(|one| one.fixed.trim()).find(|fixed| !fixed.is_empty())
    }
}

/// Markdown without its HTML comments; one that does not end takes the rest with it, as on the page.
fn without_comments(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("<!--") {
        out.push_str(before);
        match behind.split_once("-->") {
            Some((_, after)) => rest = after,
            None => return out,
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::super::marker::Key;
    use super::*;

    fn ring() -> Keyring {
        Keyring::new(Key { number: 1, bytes: [7; 32] }, vec![])
    }
    const CASE: CaseId = CaseId { year: 2026, number: 7 };

    fn text(description: &str) -> PublicText {
        PublicText { summary: "x".to_owned(), description: description.to_owned(), ..PublicText::default() }
    }

    #[test]
    fn what_is_missing_is_named_until_somebody_wrote_it() {
        let mut text = text(
            "## Summary\nx\n## Mitigation\n\n<!-- What to do now. -->\n\n## Credits\n\n<!-- Whom to thank. -->\n",
        );
        assert_eq!(text.gaps(), [Gap::Severity, Gap::Affected, Gap::Mitigation, Gap::Credits]);
        text.severity = "high".to_owned();
        text.affected.push(Affected {
            ecosystem: "other".to_owned(),
            name: "o3de".to_owned(),
            range: "< 2510.2".to_owned(),
            fixed: String::new(),
        });
        text.description =
            text.description.replace("<!-- What to do now. -->", "Update.\n<!-- What to do now. -->");
        assert_eq!(text.gaps(), [Gap::Credits]);
        text.credits.push(("rena".to_owned(), "reporter".to_owned()));
        assert_eq!(text.gaps(), []);
    }

    #[test]
    fn a_section_ends_at_the_next_heading_and_a_comment_is_no_text() {
        let text = text("# Mitigation and more\r\n<!-- x\n-->\n## Credits:\nRena\n### Small\nno\n");
        assert_eq!(text.section("mitigation"), None);
        assert_eq!(text.section("credits").as_deref(), Some("Rena"));
        assert_eq!(text.section("detection"), None);
        assert_eq!(
            self::text("## Mitigation\nUpdate <!-- and").section("mitigation").as_deref(),
            Some("Update")
        );
        // A flood of openings is read once.
        assert_eq!(self::text(&"<!--".repeat(200_000)).section("credits"), None);
    }

    #[test]
    fn a_marker_counts_for_its_case_alone_and_goes_without_a_trace() {
        let op = Op("abcdefghijklmnopqrstuvwxyz".to_owned());
        let line = marker(CASE, &op, &ring());
        assert!(!line.contains("SIR-") && !line.contains("2026"), "{line}");
        let body = format!("{line}\r\n\r\n## Summary\r\nx");
        assert!(is_marked(&body, CASE, &ring()));
        assert!(!is_marked(&body, CaseId { year: 2026, number: 8 }, &ring()));
        assert!(!is_marked(&format!("x\n{line}"), CASE, &ring()));
        assert!(!is_marked(&line.replace("mark=a", "mark=b"), CASE, &ring()));
        assert_eq!(without_marker(&body), "## Summary\nx");
        assert_eq!(without_marker(&format!("a\n{line}\nb")), "a\nb", "also where somebody moved it");
        assert_eq!(text(&without_marker(&body)).sha256(), text("## Summary\nx").sha256());
    }

    #[test]
    fn any_change_of_what_is_public_changes_the_hash() {
        let one = text("a");
        let mut other = one.clone();
        other.credits.push(("rena".to_owned(), "reporter".to_owned()));
        assert_ne!(one.sha256(), other.sha256());
        assert_ne!(one.sha256(), text("b").sha256());
    }
}
