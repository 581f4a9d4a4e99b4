//! What to look for: a report taken apart into ids, addresses, commits, packages, versions and weighed words.
//!
//! Code, hexadecimal and dumps are cut down to the names of functions and files first; words of a title weigh most.

use std::collections::BTreeSet;

use jiff::tz::TimeZone;

use super::Question;
use super::hashed::{ByHash, Hashes};
use super::links;
use super::package::{Named, Packages};
use super::version::Version;
use super::weakness;
use super::words::{self, Kind, hash};
use crate::report::head;

/// Only so many bytes of a report are looked at.
pub const REPORT_LIMIT: usize = 64_000;

/// At most so many different words are looked up.
pub const WORDS_LIMIT: usize = 1500;

/// A part of a report, by how much its words tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Zone {
    Title,
    Prose,
    Head,
    Code,
    Dump,
}

impl Zone {
    fn weight(self) -> f32 {
        match self {
            Self::Title => 2.5,
            Self::Prose => 1.0,
            Self::Head => 0.3,
            Self::Code => 0.4,
            Self::Dump => 0.0,
        }
    }
}

/// How a word stands in a report.
#[derive(Debug, Clone, Copy, Default)]
pub struct Seen {
    /// Sum of the weights of the places where it stands, each counted less than the one before.
    pub weight: f32,
    /// How often.
    pub count: u32,
    /// Whether it stands in the title.
    pub title: bool,
    /// Whether it is a name of code.
    pub name: bool,
    /// The word's hash.
    pub hash: u64,
}

/// The words of a report, found by their hashes.
#[derive(Debug, Clone, Default)]
pub struct Words {
    list: Vec<(String, Seen)>,
    at: ByHash<usize>,
}

impl Words {
    /// How the word of this hash stands in the report, and the word.
    pub fn by_hash(&self, hash: u64) -> Option<(&str, &Seen)> {
        self.at.get(&hash).and_then(|at| self.list.get(*at)).map(|(word, seen)| (word.as_str(), seen))
    }

    /// How a word stands in the report.
    pub fn get(&self, word: &str) -> Option<&Seen> {
        self.by_hash(hash(word)).map(|(_, seen)| seen)
    }

    /// All words, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Seen)> {
        self.list.iter().map(|(word, seen)| (word.as_str(), seen))
    }

    /// The entry of a word, a new one while there is room.
    fn entry(&mut self, word: &str, hash: u64) -> Option<&mut Seen> {
        let at = match self.at.get(&hash) {
            Some(at) => *at,
            None if self.list.len() >= WORDS_LIMIT => return None,
            None => {
                self.at.insert(hash, self.list.len());
                self.list.push((word.to_owned(), Seen { hash, ..Seen::default() }));
                self.list.len() - 1
            }
        };
        self.list.get_mut(at).map(|(_, seen)| seen)
    }

    /// Puts them in order: sums over them are the same whatever the order in the report.
    fn sort(&mut self) {
        self.list.sort_unstable_by(|left, right| left.0.cmp(&right.0));
        self.at = self.list.iter().enumerate().map(|(at, (_, seen))| (seen.hash, at)).collect();
    }
}

/// A report taken apart.
#[derive(Debug, Clone, Default)]
pub struct Seek {
    /// Ids cited in the text, and those that were given.
    pub ids: Vec<String>,
    /// Addresses in one spelling.
    pub urls: Vec<String>,
    /// GitHub projects (`owner/name`).
    pub projects: BTreeSet<String>,
    /// First ten digits of commits.
    pub commits: Vec<String>,
    /// Words.
    pub words: Words,
    /// Hashes of pairs of neighbors.
    pub pairs: Hashes,
    /// Bundled packages that are named, with the versions named beside them.
    pub packages: Vec<Named>,
    /// The title ends here, in bytes from the begin of subject and text.
    pub title_end: usize,
    /// Versions named anywhere, the title's first; at most twelve.
    pub versions: Vec<(String, Version)>,
    /// Years named.
    pub years: BTreeSet<i16>,
    /// Classes of weakness, as bits of [`weakness`].
    pub weakness: u32,
}

/// Takes a report apart.
pub fn seek(question: &Question, packages: &Packages) -> Seek {
    let text = head(&question.text, REPORT_LIMIT);
    let subject = head(&question.subject, 1000);
    let whole = format!("{subject}\n{text}");
    let mut found = Seek {
        ids: links::ids(&whole),
        urls: links::urls(&whole),
        commits: links::commits(&whole),
        packages: packages.named(&whole),
        years: years(&whole),
        title_end: whole.len() - whole.trim_start().len()
            + whole.trim_start().find('\n').unwrap_or(whole.len()),
        ..Seek::default()
    };
    for id in &question.ids {
        links::ids(id).into_iter().for_each(|id| {
            if !found.ids.contains(&id) {
                found.ids.push(id);
            }
        });
    }
    if let Some(received) = question.received {
        // A mail names the year in which it is written, whatever the age of what it tells of.
        found.years.remove(&received.to_zoned(TimeZone::UTC).year());
    }
    found.projects = found.urls.iter().filter_map(|url| links::project(url)).collect();
    found.weakness = weakness::classes(head(&whole, 6000));
    let mut last = None;
    let mut versions: Vec<String> = Vec::new();
    let mut title_open = true;
    if !subject.trim().is_empty() {
        line(&mut found, subject, Zone::Title, &mut last, &mut versions);
        title_open = false;
    }
    for text in text.lines() {
        let zone = zone(text, &mut title_open);
        line(&mut found, text, zone, &mut last, &mut versions);
    }
    found.words.sort();
    found.versions = versions
        .into_iter()
        .take(12)
        .filter_map(|text| Version::parse(&text).map(|version| (text, version)))
        .collect();
    found
}

/// Enters the words of one line. `last` is the hash of the word before.
fn line(found: &mut Seek, text: &str, zone: Zone, last: &mut Option<u64>, versions: &mut Vec<String>) {
    let weight = zone.weight();
    let mut last_place = 0;
    words::each(head(text, 4000), |word, kind, place| {
        if is_noise(word, kind) || (weight == 0.0 && kind != Kind::Name) {
            return;
        }
        if kind == Kind::Version && versions.len() < 64 && !versions.iter().any(|old| old == word) {
            versions.push(word.to_owned());
        }
        let hash = hash(word);
        if place != last_place && weight > 0.0 {
            if let Some(last) = *last
                && found.pairs.len() < 20_000
            {
                found.pairs.insert(pair(last, hash));
            }
            *last = Some(hash);
            last_place = place;
        }
        let Some(seen) = found.words.entry(word, hash) else { return };
        let weight = if weight == 0.0 { 0.5 } else { weight };
        // The tenth time tells hardly more than the third.
        seen.weight += weight / (1.0 + seen.count as f32).powi(2).min(100.0);
        seen.count += 1;
        seen.title |= zone == Zone::Title;
        seen.name |= kind == Kind::Name;
    });
}

/// The hash of two neighbors, from theirs.
pub(crate) fn pair(left: u64, right: u64) -> u64 {
    left.rotate_left(21) ^ right
}

/// Hexadecimal, base64 and the like: long words without a shape of language.
fn is_noise(word: &str, kind: Kind) -> bool {
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    let hex = word.len() >= 8 && word.bytes().all(|b| b.is_ascii_hexdigit()) && digits > 0;
    let address = word.starts_with("0x") || word.starts_with("x0") || word.starts_with("u00");
    let mixed = kind == Kind::Plain && word.len() > 24 && digits > 3;
    hex || address || mixed || (kind == Kind::Plain && digits == word.len() && !(4..=5).contains(&digits))
}

const TITLES: [&str; 8] = [
    "exploit title",
    "title",
    "product",
    "software",
    "subject",
    "affected product",
    "affected component",
    "package",
];
const HEADS: [&str; 20] = [
    "date",
    "exploit author",
    "author",
    "authors",
    "discovered by",
    "credit",
    "credits",
    "vendor homepage",
    "vendor",
    "software link",
    "tested on",
    "google dork",
    "dork",
    "category",
    "contact",
    "website",
    "download",
    "email",
    "reporter",
    "cve",
];

/// What a line is. The first line that says something is the title.
fn zone(text: &str, title_open: &mut bool) -> Zone {
    let bare = text.trim_start_matches(|c: char| !c.is_alphanumeric());
    if bare.len() < 3 {
        return Zone::Prose;
    }
    if let Some((label, _)) = bare.split_once(':')
        && label.len() < 24
    {
        let label = label.trim().to_lowercase();
        if TITLES.contains(&label.as_str()) {
            *title_open = false;
            return Zone::Title;
        }
        if HEADS.contains(&label.as_str()) {
            return Zone::Head;
        }
    }
    let total = text.len().max(1);
    let signs = text.bytes().filter(|b| b"{}();=<>\"'$\\|&[]%".contains(b)).count();
    let hex = text.split_whitespace().filter(|word| is_hexadecimal(word)).count();
    let words = text.split_whitespace().count();
    if hex * 2 > words && words > 2 {
        return Zone::Dump;
    }
    let starts =
        ["import ", "from ", "def ", "#include", "print", "require", "$", "use ", "var ", "const ", "let "];
    if signs * 100 > total * 9 || starts.iter().any(|start| text.trim_start().starts_with(start)) {
        return Zone::Code;
    }
    let is_script = text.starts_with("#!");
    if *title_open && words > 1 && !is_script {
        *title_open = false;
        return Zone::Title;
    }
    Zone::Prose
}

fn is_hexadecimal(word: &str) -> bool {
    let bare = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
    let bare = bare.strip_prefix("0x").unwrap_or(bare);
    bare.len() >= 2 && bare.bytes().all(|b| b.is_ascii_hexdigit()) && bare.bytes().any(|b| b.is_ascii_digit())
}

/// Years from 1999 on that stand alone or begin or end a date.
fn years(text: &str) -> BTreeSet<i16> {
    let mut found = BTreeSet::new();
    for word in text.split(|c: char| !c.is_ascii_digit()).filter(|word| word.len() == 4).take(4000) {
        if let Ok(year) = word.parse::<i16>()
            && (1999..=2035).contains(&year)
        {
            found.insert(year);
        }
    }
    found
}
