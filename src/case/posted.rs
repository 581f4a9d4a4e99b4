//! A public issue that looks like a report nobody has disclosed (RFC lines 74 to 78; RUNBOOK 1.3): what a case knows of it.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Sha256;

/// Longest name of an owner or a repository that is read, in bytes (GitHub allows 39 and 100).
const NAME_BYTES: usize = 100;

/// Where a public issue is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// `owner/name`, as the address writes it.
    pub project: String,
    /// Its number.
    pub number: u64,
}

impl Place {
    /// Reads the address of an issue below `web` (`https://github.com`). `None`: it lies elsewhere, or is no issue.
    pub fn parse(text: &str, web: &str) -> Option<Self> {
        let rest = text.strip_prefix(web)?.strip_prefix('/')?;
        let rest = rest.split(['#', '?']).next()?.trim_end_matches('/');
        let mut parts = rest.split('/');
        let (owner, name, kind, number) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let plain = |word: &str| {
            let sound = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
            !word.is_empty() && word.len() <= NAME_BYTES && !word.starts_with('.') && word.bytes().all(sound)
        };
        let digits = (1..=12).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit());
        let whole = parts.next().is_none() && kind == "issues" && plain(owner) && plain(name) && digits;
        let number = number.parse().ok().filter(|number| whole && *number > 0)?;
        Some(Self { project: format!("{owner}/{name}"), number })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.project, self.number)
    }
}

/// How a public issue is taken down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Takedown {
    /// Retitled, its words and those of its comments taken out, and locked.
    Blank,
    /// Deleted, for ever.
    Delete,
}

impl Takedown {
    /// The word in commands and lists.
    pub fn word(self) -> &'static str {
        match self {
            Self::Blank => "blank",
            Self::Delete => "delete",
        }
    }
}

/// How much of it everybody can read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// All of it.
    Readable,
    /// Nothing: its title and all its texts are other ones now.
    Blank,
    /// It is not there any more.
    Gone,
}

impl Standing {
    /// For people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Readable => "everybody can read it",
            Self::Blank => "its words are taken out",
            Self::Gone => "it is gone",
        }
    }
}

/// What GitHub shows of a public issue, as far as its case must know it: no word of it, but their hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Posted {
    /// Where it is.
    #[serde(flatten)]
    pub place: Place,
    /// SHA-256 of all that others wrote there: title, body, comments. Orders are about these words alone.
    pub words: Sha256,
    /// Whether all of it is saved. It is not when it is longer than what is read of it.
    pub whole: bool,
    /// How much of it everybody can read.
    pub standing: Standing,
    /// Since when whoever posted it is told, by our comment or by one of somebody of the roster.
    pub told: Option<Timestamp>,
}

impl Posted {
    /// Whether something of it is still to be taken down.
    pub fn is_readable(&self) -> bool {
        self.standing == Standing::Readable
    }

    /// Whether that order is carried out.
    pub fn is_done(&self, how: Takedown) -> bool {
        match how {
            Takedown::Blank => !self.is_readable(),
            Takedown::Delete => self.standing == Standing::Gone,
        }
    }
}

/// What of a public issue others wrote: what its hash is of.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostedWords {
    /// One line.
    pub title: String,
    /// Markdown.
    pub body: String,
    /// GitHub's id of each comment and its Markdown, in order.
    pub comments: Vec<(u64, String)>,
}

/// Shows no word of it.
impl fmt::Debug for PostedWords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PostedWords({} comments)", self.comments.len())
    }
}

impl PostedWords {
    /// Their hash.
    pub fn sha256(&self) -> Sha256 {
        // Texts and numbers always have a JSON form, in the order in which they stand above.
        Sha256::of(&serde_json::to_vec(self).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WEB: &str = "https://github.com";

    #[test]
    fn an_issue_on_our_github_and_nothing_else() {
        let place = Place { project: "o3de/o3de".to_owned(), number: 7_265 };
        for good in [
            "https://github.com/o3de/o3de/issues/7265",
            "https://github.com/o3de/o3de/issues/7265/",
            "https://github.com/o3de/o3de/issues/7265#issuecomment-12",
            "https://github.com/o3de/o3de/issues/7265?x=1#y",
        ] {
            assert_eq!(Place::parse(good, WEB), Some(place.clone()), "{good}");
        }
        for bad in [
            "",
            "o3de/o3de#7265",
            "http://github.com/o3de/o3de/issues/7265",
            "https://github.com.evil.example/o3de/o3de/issues/7265",
            "https://github.comevil/o3de/o3de/issues/7265",
            "https://github.com@evil.example/o3de/o3de/issues/7265",
            "https://evil.example/github.com/o3de/o3de/issues/7265",
            "https://gіthub.com/o3de/o3de/issues/7265",
            "https://www.github.com/o3de/o3de/issues/7265",
            "https://github.com//o3de/issues/7265",
            "https://github.com/o3de/../issues/7265",
            "https://github.com/o3de/o3de/pull/7265",
            "https://github.com/o3de/o3de/discussions/7265",
            "https://github.com/o3de/o3de/issues/",
            "https://github.com/o3de/o3de/issues/0",
            "https://github.com/o3de/o3de/issues/-1",
            "https://github.com/o3de/o3de/issues/72x",
            "https://github.com/o3de/o3de/issues/7265/edit",
            "https://github.com/o3de/o3de/issues/99999999999999999999",
        ] {
            assert_eq!(Place::parse(bad, WEB), None, "{bad}");
        }
    }

    #[test]
    fn another_word_is_another_hash() {
        let words =
            PostedWords { title: "a".to_owned(), body: "b".to_owned(), comments: vec![(1, "c".to_owned())] };
        let mut others = [words.clone(), words.clone(), words.clone(), words.clone()];
        others[0].title = "x".to_owned();
        others[1].body = "x".to_owned();
        others[2].comments[0].1 = "x".to_owned();
        others[3].comments.push((2, String::new()));
        assert!(others.iter().all(|other| other.sha256() != words.sha256()));
    }
}
