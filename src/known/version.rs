//! Versions of software as they are really written, and their order.
//!
//! The order is total and of its own kind, because the packages that O3DE bundles follow no one scheme: letters
//! (`1.1.1o < 1.1.1t < 1.1.1za`), four parts (`4.2.0 < 4.2.0.15`), pre-releases before the release (`-rc`, `b2`),
//! patch marks behind it (`2.7.2 < 2.7.2_az.2`, `4.2.8p10`), `v` in front, git descriptions, dates. A missing number
//! is zero: `1.2 = 1.2.0`. Tags that say nothing of the code (`-py3.10`, `-linux`, `+build`, `-g1a2b3c4`) are not looked at.

use std::cmp::Ordering;

/// The longest text that is taken for a version, in bytes.
pub const VERSION_LIMIT: usize = 80;

/// A version that can be ordered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    /// Before the release: how near (`dev` 0 … `rc` 5).
    Before(u8),
    /// Where the other one goes on and this one has ended, or a number zero.
    Nothing,
    /// Behind the release: a letter or a patch mark; the shorter first (`z < za`).
    Behind(usize, String),
    /// A number above zero.
    Number(u64),
}

/// Words in front of which the release has not come yet, with how near they are to it.
const BEFORE: [(&str, u8); 19] = [
    ("dev", 0),
    ("snapshot", 0),
    ("nightly", 0),
    ("canary", 0),
    ("alpha", 1),
    ("alfa", 1),
    ("beta", 2),
    ("m", 3),
    ("milestone", 3),
    ("ea", 3),
    ("pre", 4),
    ("preview", 4),
    ("prerelease", 4),
    ("insiders", 4),
    ("rc", 5),
    ("cr", 5),
    ("candidate", 5),
    ("releasecandidate", 5),
    ("test", 1),
];

/// Words that say nothing of the order.
const TAGS: [&str; 22] = [
    "final",
    "ga",
    "release",
    "stable",
    "lts",
    "o3de",
    "linux",
    "windows",
    "win",
    "mac",
    "macos",
    "darwin",
    "android",
    "ios",
    "multiplatform",
    "emscripten",
    "src",
    "source",
    "version",
    "ver",
    "v",
    "build",
];

impl Version {
    /// Reads a version. `None`: no number in it that could be ordered (`headers`, `36b80aa`, `-`, `*`), or too long.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.is_empty() || text.len() > VERSION_LIMIT || is_commit(text) {
            return None;
        }
        // What follows a plus is build metadata (semver 2.0, rule 10).
        let text = text.split('+').next()?.to_ascii_lowercase();
        let pieces = pieces(&text);
        if !matches!(pieces.first(), Some(Piece::Number(..))) {
            return None;
        }
        let parts = parts(&pieces);
        Some(Self { parts })
    }
}

/// A run of digits or of letters, and whether a separator stood before it.
#[derive(Debug, Clone, PartialEq)]
enum Piece {
    Number(u64, usize),
    Word(String, bool),
}

/// Cuts at separators and between digits and letters; leading words (`v`, `release`) fall away.
fn pieces(text: &str) -> Vec<Piece> {
    let mut found = Vec::new();
    let mut after_python = false;
    for chunk in text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|chunk| !chunk.is_empty()) {
        let is_number = chunk.bytes().all(|b| b.is_ascii_digit());
        if std::mem::take(&mut after_python) && is_number {
            // `py3.10` was cut at its dot.
            continue;
        }
        if !found.is_empty() && is_tag(chunk) {
            after_python = chunk.starts_with("py");
            continue;
        }
        let mut rest = chunk;
        let mut separated = true;
        while !rest.is_empty() {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let length =
                if digits > 0 { digits } else { rest.bytes().take_while(|b| !b.is_ascii_digit()).count() };
            let (head, tail) = rest.split_at_checked(length).unwrap_or((rest, ""));
            if digits > 0 {
                found.push(Piece::Number(head.parse().unwrap_or(u64::MAX), digits));
            } else if !found.is_empty() {
                found.push(Piece::Word(head.to_owned(), separated));
            }
            (rest, separated) = (tail, false);
        }
    }
    found
}

/// `py3`, `g1a2b3c4`, `linux`: of the build, not of the code.
fn is_tag(chunk: &str) -> bool {
    let python = chunk.strip_prefix("py").is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit()));
    let commit = chunk.strip_prefix('g').is_some_and(|rest| rest.len() >= 6 && is_hex(rest));
    let processor = ["aarch64", "arm64", "x64", "x86", "amd64", "win32", "win64"].contains(&chunk);
    python || commit || processor || TAGS.contains(&chunk)
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_hexdigit())
}

/// A commit has letters and digits and no separator; seven digits alone may be a version.
fn is_commit(text: &str) -> bool {
    (7..=40).contains(&text.len()) && is_hex(text) && text.bytes().any(|b| b.is_ascii_alphabetic())
}

fn parts(pieces: &[Piece]) -> Vec<Part> {
    let mut parts = Vec::new();
    for (at, piece) in pieces.iter().enumerate() {
        match piece {
            Piece::Number(number, digits) => match date(*number, *digits, at) {
                Some(day) => parts.extend(day),
                None if *number == 0 => parts.push(Part::Nothing),
                None => parts.push(Part::Number(*number)),
            },
            Piece::Word(word, _) if TAGS.contains(&word.as_str()) => {}
            Piece::Word(word, separated) => {
                // `1-rc1` is `1.0-rc1`: zeros before a word say nothing.
                trim(&mut parts);
                let number_follows = matches!(pieces.get(at + 1), Some(Piece::Number(..)));
                parts.push(word_part(word, *separated, number_follows));
            }
        }
    }
    trim(&mut parts);
    parts
}

/// Eight digits in front that are a day, as three numbers.
fn date(number: u64, digits: usize, at: usize) -> Option<[Part; 3]> {
    let (year, month, day) = (number / 10_000, number / 100 % 100, number % 100);
    let is_day = at == 0 && digits == 8 && (1980..2100).contains(&year) && (1..=12).contains(&month);
    (is_day && (1..=31).contains(&day)).then_some([
        Part::Number(year),
        Part::Number(month),
        Part::Number(day),
    ])
}

fn word_part(word: &str, separated: bool, number_follows: bool) -> Part {
    // `3.8.0a1`, `3.8.0b2`: Python's spelling. A letter that ends the version is OpenSSL's patch letter.
    if number_follows || separated {
        match word {
            "a" => return Part::Before(1),
            "b" => return Part::Before(2),
            "m" if !number_follows => {}
            other => {
                if let Some((_, near)) = BEFORE.iter().find(|(name, _)| *name == other) {
                    return Part::Before(*near);
                }
            }
        }
    } else if word.len() > 1
        && let Some((_, near)) = BEFORE.iter().find(|(name, _)| *name == word)
    {
        return Part::Before(*near);
    }
    Part::Behind(word.len(), word.to_owned())
}

fn trim(parts: &mut Vec<Part>) {
    while parts.last() == Some(&Part::Nothing) {
        parts.pop();
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        let length = self.parts.len().max(other.parts.len());
        let nothing = Part::Nothing;
        (0..length)
            .map(|at| self.parts.get(at).unwrap_or(&nothing).cmp(other.parts.get(at).unwrap_or(&nothing)))
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal)
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The order of two versions as they were written; `None` when one of them cannot be ordered.
pub fn compare(left: &str, right: &str) -> Option<Ordering> {
    Some(Version::parse(left)?.cmp(&Version::parse(right)?))
}
