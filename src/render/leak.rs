//! The leak guard: what an outward text must not hold, found before it leaves.
//!
//! Anything that goes to people outside the circle of a case (an advisory going public, a post, a mail to the embargoed list
//! or to the public, a comment on a public issue) is held against what is confidential about the case. What is found is for
//! the member who ordered it, and for nobody else: no `Debug` shows it, no log may.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};

/// So many words in a row are no coincidence.
const ROW: usize = 8;
/// At most so many findings are told.
const TOLD: usize = 20;
/// Most bytes of what is told of one.
const TOLD_BYTES: usize = 300;
/// Most bytes between the parts of an id that belong together.
const APART: usize = 4;

/// What of a case is confidential.
#[derive(Clone, Default)]
pub struct Secrets {
    /// Addresses of the reporter and of everybody else outside the team on the case.
    pub addresses: Vec<String>,
    /// `owner/name` of the reports repository.
    pub repository: String,
    /// Its numeric id.
    pub repository_id: u64,
    /// CVE ids that the text may name: this case's own where it may be told, and public ones.
    pub cves: BTreeSet<String>,
    /// The words of the case: its report and later mails.
    pub texts: Vec<String>,
}

/// Of which kind a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LeakKind {
    /// The id of a case.
    CaseId,
    /// An address of somebody of the case.
    Address,
    /// The reports repository.
    Tracker,
    /// A CVE id that is not public.
    Cve,
    /// Words of the report or of a mail.
    Words,
}

impl LeakKind {
    /// For people.
    pub fn words(self) -> &'static str {
        match self {
            Self::CaseId => "the id of a case",
            Self::Address => "the address of somebody of the case",
            Self::Tracker => "the reports repository",
            Self::Cve => "a CVE id that is not public",
            Self::Words => "words of the report, or of a mail on the case",
        }
    }
}

/// Something confidential in an outward text.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Leak {
    /// What it is.
    pub kind: LeakKind,
    /// How it stands there: for the member alone.
    pub found: String,
}

/// Shows no word of it.
impl std::fmt::Debug for Leak {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Leak({:?})", self.kind)
    }
}

/// A word of a text, in lower case, and where it stands.
struct Word {
    text: String,
    from: usize,
    to: usize,
}

/// A character that is neither seen nor separates.
fn unseen(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}')
}

/// A character of a script that does without spaces: each one counts as a word.
fn stands_alone(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{eff}' | '\u{1780}'..='\u{17ff}' | '\u{2e80}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// The words of a text: runs of letters and digits in lower case.
fn words(text: &str) -> impl Iterator<Item = Word> + '_ {
    let mut chars = text.char_indices().peekable();
    std::iter::from_fn(move || {
        let mut word: Option<Word> = None;
        while let Some((at, c)) = chars.peek().copied() {
            let alone = stands_alone(c);
            if word.is_some() && (alone || !(c.is_alphanumeric() || unseen(c))) {
                break;
            }
            chars.next();
            if c.is_alphanumeric() {
                let held = word.get_or_insert_with(|| Word { text: String::new(), from: at, to: at });
                held.text.extend(c.to_lowercase());
                held.to = at + c.len_utf8();
            }
            if alone && word.is_some() {
                break;
            }
        }
        word
    })
}

fn digits(text: &str, count: std::ops::RangeInclusive<usize>) -> bool {
    count.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
}

fn year(text: &str) -> bool {
    digits(text, 4..=4) && (text.starts_with("19") || text.starts_with("20"))
}

/// What is confidential in `text`. What stands in `approved`, the text that people read and approved, may stand there: but no
/// id, address or link. At most 20 findings; linear in all texts together.
pub fn leaks(text: &str, approved: &str, secrets: &Secrets) -> Vec<Leak> {
    let plain = percent_decoded(text);
    let held: Vec<Word> = words(&plain).collect();
    let mut found = BTreeSet::new();
    let mut add = |kind: LeakKind, from: usize, to: usize| {
        let piece = plain.get(from..to).unwrap_or_default();
        let cut =
            piece.char_indices().map(|(at, c)| at + c.len_utf8()).take_while(|to| *to <= TOLD_BYTES).last();
        let piece = piece.get(..cut.unwrap_or_default()).unwrap_or_default();
        found.insert(Leak { kind, found: piece.to_owned() });
    };
    case_ids(&held).into_iter().for_each(|(from, to)| add(LeakKind::CaseId, from, to));
    let strange = named_cves(&held).filter(|(id, _, _)| !secrets.cves.contains(id));
    strange.for_each(|(_, from, to)| add(LeakKind::Cve, from, to));
    for address in &secrets.addresses {
        spelled(&plain, &held, address).into_iter().for_each(|(from, to)| add(LeakKind::Address, from, to));
    }
    tracker(&plain, secrets).into_iter().for_each(|(from, to)| add(LeakKind::Tracker, from, to));
    rows(&held, approved, &secrets.texts).into_iter().for_each(|(from, to)| add(LeakKind::Words, from, to));
    found.into_iter().take(TOLD).collect()
}

/// `%40` and the like as what they mean (RFC 3986 section 2.1); all else as it stands.
fn percent_decoded(text: &str) -> String {
    let hex = |b: u8| char::from(b).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let pair = (bytes.get(at + 1).copied().and_then(hex), bytes.get(at + 2).copied().and_then(hex));
        match (byte, pair) {
            (b'%', (Some(high), Some(low))) => {
                out.push(high * 16 + low);
                at += 3;
            }
            _other => {
                out.push(*byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// `SIR-2026-0007`, `sir 2026/7`, `SIR20260007`, `[SIR][2026-0007]`.
fn case_ids(held: &[Word]) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    for (at, word) in held.iter().enumerate() {
        let Some(rest) = word.text.strip_prefix("sir") else { continue };
        let next = |n: usize| {
            let before = held.get(at + n - 1)?;
            held.get(at + n).filter(|next| next.from - before.to <= APART)
        };
        let end = match rest.len() {
            0 => match next(1) {
                Some(first) if year(&first.text) => {
                    next(2).filter(|second| digits(&second.text, 1..=6)).map(|second| second.to)
                }
                Some(first) if digits(&first.text, 5..=10) && first.text.starts_with("20") => Some(first.to),
                Some(_) | None => None,
            },
            4 if year(rest) => next(1).filter(|second| digits(&second.text, 1..=6)).map(|second| second.to),
            5..=10 if digits(rest, 5..=10) && rest.starts_with("20") => Some(word.to),
            _length => None,
        };
        found.extend(end.map(|end| (word.from, end)));
    }
    found
}

/// The CVE ids that a text names, in any shape, with their places.
fn named_cves(held: &[Word]) -> impl Iterator<Item = (String, usize, usize)> {
    held.windows(3).filter_map(|ids| {
        let [head, year_of, number] = ids else { return None };
        let near = year_of.from - head.to <= APART && number.from - year_of.to <= APART;
        let is = head.text == "cve" && year(&year_of.text) && digits(&number.text, 4..=12) && near;
        is.then(|| (format!("CVE-{}-{}", year_of.text, number.text), head.from, number.to))
    })
}

/// The CVE ids that a text names: for whoever finds out which of them are public.
pub fn cve_ids(text: &str) -> BTreeSet<String> {
    let held: Vec<Word> = words(&percent_decoded(text)).collect();
    named_cves(&held).map(|(id, _, _)| id).collect()
}

/// An address in any spelling: `a@b.example`, `a (at) b dot example`. Words of a sentence that only follow each other as those of
/// an address do are none: whoever chooses an address could make any letter of ours hold it.
fn spelled(plain: &str, held: &[Word], address: &str) -> Vec<(usize, usize)> {
    let wanted: Vec<String> = words(address).map(|word| word.text).collect();
    if wanted.len() < 2 {
        return Vec::new();
    }
    let bare: Vec<&Word> = held.iter().filter(|word| !matches!(word.text.as_str(), "at" | "dot")).collect();
    let wanted_bare: Vec<&str> =
        wanted.iter().map(String::as_str).filter(|word| !matches!(*word, "at" | "dot")).collect();
    let local = address.rsplit_once('@').map_or(0, |(local, _)| {
        words(local).filter(|word| !matches!(word.text.as_str(), "at" | "dot")).count()
    });
    let joined = |row: &[&Word]| {
        let (Some(left), Some(right)) = (local.checked_sub(1).and_then(|at| row.get(at)), row.get(local))
        else {
            return true;
        };
        let between = plain.get(left.to..right.from).unwrap_or_default();
        let said = || words(between).any(|word| word.text == "at");
        between.contains('@') || !between.contains(char::is_whitespace) || said()
    };
    let is = |row: &&[&Word]| {
        row.iter().zip(&wanted_bare).all(|(word, wanted)| word.text == *wanted) && joined(row)
    };
    let rows = bare.windows(wanted_bare.len().max(1)).filter(is);
    rows.filter_map(|row| Some((row.first()?.from, row.last()?.to))).collect()
}

/// The reports repository by name, where the name is more than a common word, by owner and name, or by its number.
fn tracker(plain: &str, secrets: &Secrets) -> Vec<(usize, usize)> {
    let text = plain.to_ascii_lowercase();
    let mut names = vec![secrets.repository.to_ascii_lowercase()];
    if let Some((_, name)) = secrets.repository.split_once('/')
        && name.contains(['-', '_', '.'])
    {
        names.push(name.to_ascii_lowercase());
    }
    if secrets.repository_id > 0 {
        names.push(format!("repositories/{}", secrets.repository_id));
    }
    let mut found = Vec::new();
    for name in names.iter().filter(|name| !name.is_empty()) {
        for (at, piece) in text.match_indices(name.as_str()) {
            let end = at + piece.len();
            let before = text.get(..at).and_then(|before| before.chars().next_back());
            let after = text.get(end..).and_then(|after| after.chars().next());
            let inside = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '-' || c == '_');
            if !inside(before) && !inside(after) {
                found.push((at, end));
            }
        }
    }
    // The name within owner and name is the same finding.
    found.sort_unstable();
    let mut last = 0;
    found.retain(|(_, end)| {
        let new = last < *end;
        last = last.max(*end);
        new
    });
    found
}

fn print<'a>(row: impl Iterator<Item = &'a str>) -> u64 {
    let mut hasher = DefaultHasher::new();
    row.for_each(|word| word.hash(&mut hasher));
    hasher.finish()
}

/// Rows of words of the text that stand in a confidential text and not in the approved one. Only the prints of the text's
/// own rows are kept; the confidential texts, which may be large, are read once.
fn rows(held: &[Word], approved: &str, texts: &[String]) -> Vec<(usize, usize)> {
    let mut open: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
    for (at, row) in held.windows(ROW).enumerate() {
        open.entry(print(row.iter().map(|word| word.text.as_str()))).or_default().push(at);
    }
    each_row(approved, |row| {
        open.remove(&row);
    });
    if open.is_empty() {
        return Vec::new();
    }
    let mut hit: BTreeSet<usize> = BTreeSet::new();
    for text in texts {
        each_row(text, |row| hit.extend(open.remove(&row).into_iter().flatten()));
    }
    let mut found: Vec<(usize, usize)> = Vec::new();
    let mut last: Option<usize> = None;
    for at in hit {
        let (Some(first), Some(end)) = (held.get(at), held.get(at + ROW - 1)) else { continue };
        match found.last_mut().filter(|_| last.is_some_and(|last| at <= last + ROW)) {
            // Rows that overlap are one finding.
            Some(found) => found.1 = end.to,
            None => found.push((first.from, end.to)),
        }
        last = Some(at);
    }
    found
}

/// The print of each row of a text.
fn each_row(text: &str, mut met: impl FnMut(u64)) {
    let mut ring: std::collections::VecDeque<String> = std::collections::VecDeque::with_capacity(ROW);
    for word in words(text) {
        if ring.len() == ROW {
            ring.pop_front();
        }
        ring.push_back(word.text);
        if ring.len() == ROW {
            met(print(ring.iter().map(String::as_str)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPORT: &str = "I found that the NetBind packet handler of the Multiplayer gem copies the length field\n\
        > without any check, so an attacker who sends 70000 bytes overwrites the return address.";

    fn secrets() -> Secrets {
        Secrets {
            addresses: vec!["rena.reporter@reporter.example".to_owned()],
            repository: "o3de/sig-security-reports".to_owned(),
            repository_id: 7_007,
            cves: BTreeSet::from(["CVE-2026-12345".to_owned()]),
            texts: vec![REPORT.to_owned()],
        }
    }

    fn kinds(text: &str) -> Vec<LeakKind> {
        leaks(text, "", &secrets()).iter().map(|leak| leak.kind).collect()
    }

    #[test]
    fn what_may_be_said_is_not_held_back() {
        for fine in [
            "",
            "A flaw in Multiplayer of O3DE (CVE-2026-12345) is fixed in 2510.2. See SIG-Security.",
            "Dear sir, in 2026 we fixed 7 of them. The SIG-Security reports are private.",
            "The handler of the Multiplayer gem copies too much.",
            "sirens2026 and desir-2026-0007x",
            "https://github.com/o3de/sig-security",
            "rena writes at reporter dot com",
        ] {
            assert_eq!(kinds(fine), [], "{fine}");
        }
    }

    #[test]
    fn an_id_of_a_case_is_found_in_any_shape() {
        for bad in [
            "SIR-2026-0007",
            "[sir-2026-0007]",
            "SIR 2026 7",
            "sir_2026_0007",
            "SIR20260007",
            "SIR2026-0007",
            "[SIR][2026-0007]",
            "Sir\u{2013}2026\u{2013}0007",
            "S\u{200b}IR-2026-0007",
            "sir%2D2026%2D0007",
            "https://x.example/?q=SIR-2026-0007&y",
        ] {
            assert_eq!(kinds(bad), [LeakKind::CaseId], "{bad}");
        }
    }

    #[test]
    fn an_address_is_found_however_it_is_spelled() {
        for bad in [
            "rena.reporter@reporter.example",
            "<Rena.Reporter@Reporter.Example>",
            "mailto:rena.reporter%40reporter.example",
            "rena.reporter (at) reporter (dot) example",
            "rena dot reporter at reporter dot example",
        ] {
            assert_eq!(kinds(bad), [LeakKind::Address], "{bad}");
        }
        // "here@may.be": an address that somebody chose so that our own sentence holds its words.
        let chosen = Secrets { addresses: vec!["here@may.be".to_owned()], ..Secrets::default() };
        assert_eq!(leaks("What is here may be taken down.", "", &chosen), []);
        assert_eq!(leaks("Write here at may.be.", "", &chosen).len(), 1);
    }

    #[test]
    fn the_reports_repository_is_found_by_name_link_and_number() {
        for bad in [
            "o3de/sig-security-reports#7",
            "https://github.com/O3DE/SIG-Security-Reports/issues/7",
            "see sig-security-reports.",
            "o3de%2Fsig-security-reports",
            "https://api.github.com/repositories/7007/issues/1",
        ] {
            assert_eq!(kinds(bad), [LeakKind::Tracker], "{bad}");
        }
        // A name that is a common word counts with its owner alone.
        let plain = Secrets { repository: "o3de/reports".to_owned(), ..Secrets::default() };
        assert_eq!(leaks("all reports are read", "", &plain), []);
        assert_eq!(leaks("o3de/reports", "", &plain).len(), 1);
    }

    #[test]
    fn another_cve_id_is_found() {
        assert_eq!(kinds("as in CVE-2026-99999"), [LeakKind::Cve]);
        assert_eq!(kinds("cve 2026 99999"), [LeakKind::Cve]);
        assert_eq!(
            leaks("CVE-2026-12345", "CVE-2026-12345", &Secrets::default()).len(),
            1,
            "approved or not"
        );
    }

    #[test]
    fn eight_words_in_a_row_are_found_also_across_lines_quotes_and_case() {
        let bad = "We think the Length Field without any check, SO an attacker who can do it";
        let found = leaks(bad, "", &secrets());
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].found, "the Length Field without any check, SO an attacker who");
        assert_eq!(kinds("length field without any check so an"), [], "seven words are nothing");
        assert_eq!(leaks(bad, "x the length field without any check so an attacker who y", &secrets()), []);
        assert_eq!(format!("{found:?}"), "[Leak(Words)]", "no word of it reaches a log");
    }

    #[test]
    fn a_script_without_spaces_counts_by_its_characters() {
        let chinese = Secrets {
            texts: vec!["攻击者可以发送七万字节的数据包覆盖返回地址".to_owned()],
            ..Secrets::default()
        };
        assert_eq!(leaks("他说攻击者可以发送七万字节", "", &chinese).len(), 1);
        assert_eq!(leaks("攻击者可以发送", "", &chinese), []);
    }

    #[test]
    fn hostile_texts_take_linear_time_and_tell_a_bounded_number() {
        // Compared row by row with row these would take hours.
        let long = "a b c d e f g h ".repeat(100_000);
        let secrets = Secrets { texts: vec![long.clone(), "SIR-2026-".repeat(100_000)], ..secrets() };
        assert!(!leaks(&long, "", &secrets).is_empty());
        assert!(
            leaks(&(0..5_000).map(|n| format!("SIR-2026-{n} ")).collect::<String>(), "", &secrets).len()
                <= 20
        );
        assert_eq!(leaks(&"%".repeat(1_000_000), "", &secrets), []);
    }
}
