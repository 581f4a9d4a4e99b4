//! What stands behind a verb.

use super::Verb;
use super::read::{is_space, trim};

/// The arguments of a line: as words, and as the text that a reason is.
pub(super) struct Words<'a> {
    pub(super) all: Vec<String>,
    text: &'a str,
}

impl<'a> Words<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        let text = trim(text);
        let all = text.split(is_space).map(plain).filter(|word| !word.is_empty()).collect();
        Self { all, text }
    }

    pub(super) fn none(&self, verb: Verb) -> Result<(), String> {
        if self.all.is_empty() { Ok(()) } else { Err(format!("{verb} takes nothing behind it")) }
    }

    pub(super) fn one(&self, what: &str) -> Result<&str, String> {
        match self.all.as_slice() {
            [one] => Ok(one),
            [] => Err(format!("{what} is missing")),
            _ => Err(format!("one {what} is wanted, not {}", self.all.len())),
        }
    }

    pub(super) fn at_most_one(&self, what: &str) -> Result<Option<&str>, String> {
        if self.all.is_empty() { Ok(None) } else { self.one(what).map(Some) }
    }

    pub(super) fn first(&self) -> Option<&str> {
        self.all.first().map(String::as_str)
    }

    /// All of it, as it was written.
    pub(super) fn text(&self) -> &'a str {
        self.text
    }

    /// What stands behind the first word, as it was written.
    pub(super) fn after_first(&self) -> &'a str {
        self.text.split_once(is_space).map_or("", |(_, rest)| trim(rest))
    }
}

/// Without the quotes that telephones and people put around words; other dashes become `-`.
fn plain(word: &str) -> String {
    let quotes = ['"', '\'', '`', '\u{2018}', '\u{2019}', '\u{201C}', '\u{201D}', '<', '>'];
    let dash = |c| if matches!(c, '\u{2010}'..='\u{2015}' | '\u{2212}') { '-' } else { c };
    word.trim_matches(quotes).trim_end_matches([',', ';']).chars().map(dash).collect()
}
