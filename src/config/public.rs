//! `[public]`: public issues that look like reports nobody has disclosed.

use super::known::{ProjectName, project};
use super::raw::Section;

/// Which repositories are watched, and for what.
#[derive(Debug, Clone)]
pub struct Public {
    /// Repositories whose new issues are looked at.
    pub repositories: Vec<ProjectName>,
    /// Minutes between two looks; 0: nothing is watched, and only members take issues in.
    pub watch_minutes: u32,
    /// Labels by which the project marks an issue as a matter of security, in lower case.
    pub labels: Vec<String>,
    /// Further words that make an issue look like a report, in lower case.
    pub words: Vec<String>,
    /// Hours from telling whoever posted it to its deletion.
    pub told_hours: u32,
}

impl Public {
    pub(super) fn read(s: &Section<'_, '_>) -> Self {
        let o3de = || ProjectName { owner: "o3de".to_owned(), name: "o3de".to_owned() };
        let lower = |text: &str| match text.trim().to_lowercase() {
            text if text.is_empty() => Err("an empty word is in every issue".to_owned()),
            text => Ok(text),
        };
        Self {
            repositories: s.list("repositories", project).unwrap_or_else(|| vec![o3de()]),
            watch_minutes: s.number("watch_minutes", 10, 0..=1_440),
            labels: s.list("labels", lower).unwrap_or_else(|| vec!["kind/security".to_owned()]),
            words: s.list("words", lower).unwrap_or_default(),
            told_hours: s.number("told_hours", 24, 0..=720),
        }
    }
}
