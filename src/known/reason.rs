//! Why a record is shown: every reason is one short sentence of ours. Words of the report or of a record in it are cut,
//! but still hostile: whoever prints a reason makes controls visible and puts it into a code span or a fence.

use std::fmt;

use serde::{Serialize, Serializer};

use super::range::Inside;
use super::rank::Likeness;
use super::weakness;

/// One reason.
#[derive(Debug, Clone, PartialEq)]
pub enum Reason {
    /// The text cites the id.
    Cited,
    /// Another id of the same record is cited.
    Alias(String),
    /// A case of our own cites the same id.
    SameId(String),
    /// The same web address stands in both.
    SameUrl(String),
    /// The same commit stands in both.
    SameCommit(String),
    /// The report names the product, in its title or its text.
    Product {
        /// Which.
        name: String,
        /// In the title.
        in_title: bool,
    },
    /// A version of the report against the record's range.
    Version {
        /// As written.
        version: String,
        /// Where.
        inside: Inside,
    },
    /// What O3DE ships against the record's range: one whole sentence of ours.
    Shipped(String),
    /// Share of the record's words found, weighed by rarity, and the rarest of them.
    Words {
        /// Whole percent.
        percent: u8,
        /// Which.
        rare: Vec<String>,
    },
    /// The same functions or files.
    Names(Vec<String>),
    /// The same class of weakness.
    Weakness(Vec<&'static str>),
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cited => f.write_str("id cited"),
            Self::Alias(id) => write!(f, "{id} cited, which is the same"),
            Self::SameId(id) => write!(f, "{id} cited there as well"),
            Self::SameUrl(url) => write!(f, "same reference: {}", cut(url, 120)),
            Self::SameCommit(commit) => write!(f, "same commit: {commit}"),
            Self::Product { name, in_title: true } => write!(f, "product in the title: {}", cut(name, 60)),
            Self::Product { name, in_title: false } => write!(f, "product in the text: {}", cut(name, 60)),
            Self::Version { version, inside: Inside::In } => {
                write!(f, "version {} in the range", cut(version, 40))
            }
            Self::Version { version, inside: Inside::Out } => {
                write!(f, "version {} outside the range", cut(version, 40))
            }
            Self::Version { version, inside: Inside::Unknown } => {
                write!(f, "version {}: range unknown", cut(version, 40))
            }
            Self::Shipped(sentence) => f.write_str(sentence),
            Self::Words { percent, rare } if rare.is_empty() => write!(f, "{percent} % of its words"),
            Self::Words { percent, rare } => write!(f, "{percent} % of its words, rare ones: {}", list(rare)),
            Self::Names(names) => write!(f, "same function or file: {}", list(names)),
            Self::Weakness(classes) => write!(f, "same weakness: {}", classes.join(", ")),
        }
    }
}

impl Serialize for Reason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

fn cut(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit {
        text.to_owned()
    } else {
        text.chars().take(limit - 1).chain(['…']).collect()
    }
}

fn list(words: &[String]) -> String {
    words.iter().map(|word| cut(word, 40)).collect::<Vec<_>>().join(", ")
}

/// The reasons of a likeness, the strongest kinds first.
pub fn reasons(like: &Likeness, cited: bool, alias: Option<&str>) -> Vec<Reason> {
    let mut all = Vec::new();
    if cited {
        all.push(Reason::Cited);
    }
    all.extend(alias.map(|id| Reason::Alias(id.to_owned())));
    all.extend(like.urls.iter().take(3).cloned().map(Reason::SameUrl));
    all.extend(like.commits.iter().take(2).cloned().map(Reason::SameCommit));
    if let Some((name, in_title)) = &like.product {
        all.push(Reason::Product { name: name.clone(), in_title: *in_title });
    }
    if let Some((version, inside)) = &like.version {
        all.push(Reason::Version { version: version.clone(), inside: *inside });
    }
    if like.coverage > 0.05 {
        let percent = (like.coverage * 100.0).round().clamp(0.0, 100.0) as u8;
        all.push(Reason::Words { percent, rare: like.rare.iter().take(5).cloned().collect() });
    }
    if !like.names.is_empty() {
        all.push(Reason::Names(like.names.iter().take(4).cloned().collect()));
    }
    let classes: Vec<_> = weakness::names(like.weakness).take(3).collect();
    if !classes.is_empty() {
        all.push(Reason::Weakness(classes));
    }
    all
}
