//! What is said of a public issue.

use super::read::{did_you_mean, shown};
use super::words::Words;
use super::{Command, Runbook};
use crate::case::posted::Takedown;

/// What is said of a public issue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TakedownWord {
    /// The one at that address looks like a report: it becomes a case.
    TakeIn(String),
    /// Whoever posted it is told.
    Tell,
    /// It is taken down.
    Down(Takedown),
}

impl Command {
    /// Whether something may follow from it on the public issue of the case.
    pub fn acts_in_public(&self) -> bool {
        let takes_down = |runbook: &Runbook| matches!(runbook, Runbook::Takedown(word) if !matches!(word, TakedownWord::TakeIn(_)));
        matches!(self, Self::Confirm(_)) || matches!(self, Self::Runbook(runbook) if takes_down(runbook))
    }
}

/// The address is compared with the watched repositories later: the configuration knows where GitHub is.
pub(super) fn takedown(words: &Words<'_>) -> Result<Runbook, String> {
    let word = words.one("address of a public issue, or one of tell, blank, delete")?;
    let bare = word.trim_start_matches('<').trim_end_matches('>');
    let lower = bare.to_ascii_lowercase();
    let said = match lower.as_str() {
        "tell" => TakedownWord::Tell,
        "blank" => TakedownWord::Down(Takedown::Blank),
        "delete" => TakedownWord::Down(Takedown::Delete),
        _ if lower.starts_with("http") => TakedownWord::TakeIn(bare.to_owned()),
        _ => {
            let meant = did_you_mean(&lower, ["tell", "blank", "delete"]);
            return Err(format!("`{}` is no address of a public issue{meant}", shown(word)));
        }
    };
    Ok(Runbook::Takedown(said))
}
