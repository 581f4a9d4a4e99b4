//! What of an answer is kept with a case and shown to members: at most five public records, earlier cases, packages.
//!
//! Titles, versions and shared words stand here as they were found: hostile, to be printed as code and nowhere outside.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::own_case;
use super::range::Inside;
use super::reason::Reason;
use super::record::{Source, Status};
use super::shipped::{PackageCheck, PackageRow};
use super::{Age, Answer, Candidate, Publicity, Verdict};
use crate::case::{Checked, Closure, Tally, Unchecked};

/// Packages that are told at most.
const PACKAGES: usize = 3;
/// Records of a package that are told at most.
const PACKAGE_ROWS: usize = 3;
/// Reasons of a record that are told at most.
const REASONS: usize = 6;
/// Share of a record's words that makes it worth a look, in percent.
const RELATED_WORDS: u8 = 20;
/// Unknown ids that are told at most.
const UNKNOWN: usize = 10;
/// Bytes of one word of others that are kept at most.
const WORD: usize = 160;

/// What a check found, as it is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Findings {
    /// Public records, the strongest first; at most five.
    pub rows: Vec<Row>,
    /// Earlier cases of our own, for members only; at most five.
    pub cases: Vec<Row>,
    /// Bundled packages that the report names.
    pub packages: Vec<PackageLine>,
    /// Ids that are cited and not in the mirror; at most ten.
    pub unknown_ids: Vec<String>,
    /// What was searched.
    pub mirror: Age,
}

/// One record that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// Its id, of a checked shape.
    pub id: String,
    /// Where from.
    pub source: Source,
    /// What is proposed.
    pub verdict: Verdict,
    /// Who may know.
    pub publicity: Publicity,
    /// Its standing.
    pub status: Status,
    /// Why a case of our own was closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closure: Option<Closure>,
    /// When it was published.
    pub published: Option<Timestamp>,
    /// A title, or the begin of the description; hostile.
    pub title: String,
    /// The first fixed version; hostile.
    pub fixed: Option<String>,
    /// Why it is shown.
    pub reasons: Vec<Because>,
}

impl Row {
    /// Whether the row may stand behind a known answer: strong, public before the report, and not withdrawn.
    pub fn may_answer(&self) -> bool {
        self.is_strong() && self.is_public()
    }

    fn is_public(&self) -> bool {
        self.publicity == Publicity::Public && self.status != Status::Rejected
    }

    /// A case of our own stands so now.
    pub fn stands(&mut self, closure: Option<Closure>) {
        (self.closure, self.status) = (closure, own_case::status(closure));
    }

    /// Whether it is more than alike.
    pub fn is_strong(&self) -> bool {
        match self.verdict {
            Verdict::Cited | Verdict::SameReference | Verdict::LikelyKnown => true,
            Verdict::Related | Verdict::None => false,
        }
    }
}

/// A reason: our words, and the words of others that they speak of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Because {
    /// Ours.
    pub words: String,
    /// Words of the report or the record; hostile.
    pub theirs: Vec<String>,
}

/// A bundled package that the report names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackageLine {
    /// What O3DE ships: `zlib 1.2.11 (Windows, Linux, Mac)`; from our own list.
    pub ships: String,
    /// Versions that the report names; hostile.
    pub asked: Vec<String>,
    /// Records of it, at most three.
    pub rows: Vec<PackagePlace>,
    /// How many more records name it.
    pub more: u32,
}

/// Where the versions that O3DE ships lie in a record's range.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackagePlace {
    /// The record.
    pub id: String,
    /// Versions inside its range, as O3DE spells them.
    pub inside: Vec<String>,
    /// Versions outside of it.
    pub outside: Vec<String>,
    /// Whether a version that the report names is inside.
    pub asked_inside: bool,
    /// The first fixed version; hostile.
    pub fixed: Option<String>,
}

impl Findings {
    /// Picks what is kept of an answer.
    pub fn of(answer: &Answer) -> Self {
        let rows: Vec<Row> =
            answer.candidates.iter().filter(|found| is_shown(found)).take(5).map(row).collect();
        let packages =
            answer.packages.iter().filter_map(|check| package(check, &rows)).take(PACKAGES).collect();
        Self {
            cases: answer.cases.iter().take(5).map(row).collect(),
            packages,
            unknown_ids: answer.unknown_ids.iter().take(UNKNOWN).cloned().collect(),
            mirror: answer.mirror.clone(),
            rows,
        }
    }

    /// The numbers of it; earlier cases alone when there are no public records to compare with.
    pub fn checked(&self) -> Checked {
        let earlier = count(self.cases.iter().filter(|row| row.is_strong()).count());
        if self.mirror.records == 0 {
            return Checked::Not { why: Unchecked::NoMirror, earlier };
        }
        let mut tally = Tally { earlier, unknown: count(self.unknown_ids.len()), ..Tally::default() };
        for row in &self.rows {
            let slot = match row.verdict {
                Verdict::Cited if row.status == Status::Rejected => &mut tally.rejected,
                Verdict::Cited => &mut tally.cited,
                Verdict::SameReference => &mut tally.same_reference,
                Verdict::LikelyKnown => &mut tally.likely,
                Verdict::Related | Verdict::None => &mut tally.related,
            };
            *slot = slot.saturating_add(1);
            if row.is_strong() && row.publicity == Publicity::PossibleLeak {
                tally.leaks = tally.leaks.saturating_add(1);
            }
        }
        let in_range = |line: &&PackageLine| line.rows.iter().any(PackagePlace::is_hit);
        tally.in_range = count(self.packages.iter().filter(in_range).count());
        Checked::Done { tally, mirror: self.mirror.taken_at }
    }

    /// The rows that may stand behind a known answer, if a person says so: the strong ones; else the best record of a package
    /// in whose range a version lies that the report names and O3DE ships.
    pub fn answers(&self) -> Vec<&Row> {
        let mut rows: Vec<&Row> = self.rows.iter().filter(|row| row.may_answer()).take(3).collect();
        if rows.is_empty() {
            let hit = |row: &&Row| {
                row.is_public()
                    && self.packages.iter().flat_map(|line| &line.rows).any(|p| p.id == row.id && p.is_hit())
            };
            rows.extend(self.rows.iter().find(hit));
        }
        rows
    }

    /// Whether a page that shows one of them needs not be drawn anew for the other: how old the mirror was, and how rare
    /// it finds a word, is no news.
    pub fn says_the_same(&self, other: &Self) -> bool {
        let bare = |findings: &Self| {
            let mut bare = Self { mirror: Age::default(), ..findings.clone() };
            bare.rows.iter_mut().chain(&mut bare.cases).for_each(|row| row.reasons.clear());
            bare
        };
        (self.mirror.records == 0) == (other.mirror.records == 0) && bare(self) == bare(other)
    }
}

impl PackagePlace {
    /// A version that the report names, and one that O3DE ships, lie in the range.
    pub fn is_hit(&self) -> bool {
        self.asked_inside && !self.inside.is_empty()
    }
}

/// What is only related is shown for more than a few common words.
fn is_shown(candidate: &Candidate) -> bool {
    let tells = |reason: &Reason| match reason {
        Reason::Words { percent, .. } => *percent >= RELATED_WORDS,
        Reason::Weakness(_) => false,
        Reason::Cited
        | Reason::Alias(_)
        | Reason::SameId(_)
        | Reason::SameUrl(_)
        | Reason::SameCommit(_)
        | Reason::Product { .. }
        | Reason::Version { .. }
        | Reason::Shipped(_)
        | Reason::Names(_) => true,
    };
    match candidate.verdict {
        Verdict::Cited | Verdict::SameReference | Verdict::LikelyKnown => true,
        Verdict::Related => candidate.reasons.iter().any(tells),
        Verdict::None => false,
    }
}

fn count(number: usize) -> u8 {
    u8::try_from(number).unwrap_or(u8::MAX)
}

fn cut(text: &str) -> String {
    let mut end = text.len().min(WORD);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default().to_owned()
}

fn row(candidate: &Candidate) -> Row {
    Row {
        id: candidate.id.clone(),
        source: candidate.source,
        verdict: candidate.verdict,
        publicity: candidate.publicity,
        status: candidate.status,
        closure: candidate.closure,
        published: candidate.published,
        title: cut(&candidate.title),
        fixed: candidate.fixed.as_deref().map(cut),
        reasons: candidate.reasons.iter().filter_map(because).take(REASONS).collect(),
    }
}

/// The reason in two kinds of words; what O3DE ships is told in a line of its own.
fn because(reason: &Reason) -> Option<Because> {
    let ours = |words: &str| Because { words: words.to_owned(), theirs: Vec::new() };
    let both = |words: &str, theirs: &[String]| Because {
        words: words.to_owned(),
        theirs: theirs.iter().map(|word| cut(word)).collect(),
    };
    let one = |words: &str, theirs: &String| both(words, std::slice::from_ref(theirs));
    Some(match reason {
        Reason::Cited => ours("id cited"),
        Reason::Alias(id) => one("another id of it is cited:", id),
        Reason::SameId(id) => one("cites the same id:", id),
        Reason::SameUrl(url) => one("same reference:", url),
        Reason::SameCommit(commit) => one("same commit:", commit),
        Reason::Product { name, in_title: true } => one("product in the title:", name),
        Reason::Product { name, in_title: false } => one("product in the text:", name),
        Reason::Version { version, inside: Inside::In } => one("version in its range:", version),
        Reason::Version { version, inside: Inside::Out } => one("version outside its range:", version),
        Reason::Version { inside: Inside::Unknown, .. } | Reason::Shipped(_) => return None,
        Reason::Words { percent, rare } if rare.is_empty() => ours(&format!("{percent} % of its words")),
        Reason::Words { percent, rare } => both(&format!("{percent} % of its words, rare ones:"), rare),
        Reason::Names(names) => both("same function or file:", names),
        Reason::Weakness(classes) => ours(&format!("same weakness: {}", classes.join(", "))),
    })
}

/// A package is told when the report names a version of it, or a record of it is among the rows.
fn package(check: &PackageCheck, rows: &[Row]) -> Option<PackageLine> {
    let is_row = |of: &PackageRow| rows.iter().any(|row| row.id == of.id);
    let tells = |of: &&PackageRow| of.asked == Some(Inside::In) || is_row(of);
    let mut told: Vec<&PackageRow> = check.rows.iter().filter(tells).collect();
    told.sort_by_key(|of| rows.iter().position(|row| row.id == of.id).unwrap_or(usize::MAX));
    told.truncate(PACKAGE_ROWS);
    if told.is_empty() && check.asked.is_empty() {
        return None;
    }
    let more = (check.rows.len() - told.len()).saturating_add(check.more);
    Some(PackageLine {
        ships: check.ships.clone(),
        asked: check.asked.iter().take(4).map(|version| cut(version)).collect(),
        rows: told.into_iter().map(place).collect(),
        more: u32::try_from(more).unwrap_or(u32::MAX),
    })
}

fn place(row: &PackageRow) -> PackagePlace {
    PackagePlace {
        id: row.id.clone(),
        inside: row.ours_inside.clone(),
        outside: row.ours_outside.clone(),
        asked_inside: row.asked == Some(Inside::In),
        fixed: row.fixed.as_deref().map(cut),
    }
}
