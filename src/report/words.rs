//! The text of a report, made even, and the patterns that look at it.

use std::ops::{Deref, Range};
use std::sync::OnceLock;

use regex::{Captures, Regex};
use serde::Serialize;

use super::grams::{Grams, Needed};

/// Bytes of the text that are looked at; what follows is not read for facts (the message itself is kept whole).
pub const TEXT_LIMIT: usize = 256 * 1024;

/// Bytes of the subject that are looked at (RFC 5322 section 2.1.1 allows 998 in a line).
const SUBJECT_LIMIT: usize = 1000;

/// Characters of a report that are shown as the source of a fact.
pub const EXCERPT_LIMIT: usize = 160;

/// Matches of one pattern that are looked at: the bound that keeps a text of one repeated word cheap.
const MATCH_LIMIT: usize = 400;

/// Facts of one kind that are kept.
pub(super) const KEEP_LIMIT: usize = 32;

/// A fact and the words it came from.
///
/// The words are the reporter's, at most [`EXCERPT_LIMIT`] characters on one line, with typographic dashes, quotes and
/// spaces made plain and invisible characters left out. They are hostile: show them only inside a fence or escaped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Found<T> {
    /// What we take the words to mean.
    pub value: T,
    /// The words, for a person to judge by.
    pub words: String,
}

impl<T> Found<T> {
    /// A fact with its words, cut to size.
    pub(super) fn new(value: T, words: &str) -> Self {
        Self { value, words: one_line(words) }
    }
}

/// Adds a fact unless its value is there already or there are enough.
pub(super) fn keep<T: PartialEq>(list: &mut Vec<Found<T>>, found: Found<T>) {
    if list.len() < KEEP_LIMIT && !list.iter().any(|old| old.value == found.value) {
        list.push(found);
    }
}

/// White space runs become one space; at most [`EXCERPT_LIMIT`] characters.
fn one_line(words: &str) -> String {
    let mut out = String::new();
    let mut count = 0;
    for word in words.split_whitespace() {
        let gap = usize::from(count > 0);
        for c in " ".chars().take(gap).chain(word.chars()) {
            if count == EXCERPT_LIMIT {
                return out;
            }
            out.push(c);
            count += 1;
        }
    }
    out
}

/// Subject and text as one, even: LF line ends, plain dashes, quotes and spaces, no invisible characters.
#[derive(Debug)]
pub(super) struct Words {
    text: String,
    grams: Grams,
    subject_end: usize,
}

/// A text that patterns look at; of a whole report it is known which groups of letters it holds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Look<'t> {
    text: &'t str,
    grams: Option<&'t Grams>,
}

impl<'t> From<&'t str> for Look<'t> {
    fn from(text: &'t str) -> Self {
        Self { text, grams: None }
    }
}

impl Deref for Look<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        self.text
    }
}

impl Words {
    /// Caps and evens out a report. Linear in the input.
    pub(super) fn new(subject: &str, text: &str) -> Self {
        let subject = head(subject, SUBJECT_LIMIT);
        let body = head(text, TEXT_LIMIT);
        let mut out = String::with_capacity(subject.len() + body.len() + 2);
        for c in subject.chars() {
            plain(if c == '\n' { ' ' } else { c }, &mut out);
        }
        let subject_end = out.len();
        out.push_str("\n\n");
        for line in body.split_inclusive('\n') {
            if line.bytes().all(|byte| matches!(byte, b'\n' | b'\t' | b' '..=b'~')) {
                out.push_str(line);
            } else {
                line.chars().for_each(|c| plain(c, &mut out));
            }
        }
        Self { grams: Grams::of(&out), text: out, subject_end }
    }

    /// All of it for a pattern to look at: the subject, an empty line, the text.
    pub(super) fn all(&self) -> Look<'_> {
        Look { text: &self.text, grams: Some(&self.grams) }
    }

    /// All of it.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Whether this place is in the subject.
    pub(super) fn in_subject(&self, place: &Range<usize>) -> bool {
        place.start < self.subject_end
    }

    /// The words at this place; empty when the place is not one.
    pub(super) fn at(&self, place: &Range<usize>) -> &str {
        self.text.get(place.clone()).unwrap_or("")
    }

    /// Up to `bytes` bytes before this place.
    pub(super) fn before(&self, place: &Range<usize>, bytes: usize) -> &str {
        let start = self.text.floor_char_boundary(place.start.saturating_sub(bytes));
        self.text.get(start..place.start).unwrap_or("")
    }

    /// Up to `bytes` bytes after this place.
    pub(super) fn after(&self, place: &Range<usize>, bytes: usize) -> &str {
        let end = self.text.floor_char_boundary(place.end.saturating_add(bytes));
        self.text.get(place.end..end).unwrap_or("")
    }

    /// The place widened to its sentence: at most 70 bytes to the left and 90 to the right, never over an empty line.
    pub(super) fn sentence(&self, place: &Range<usize>) -> Range<usize> {
        let left = self.before(place, 70);
        let cut = ["\n\n", ". ", "! ", "? ", ".\n", "\n#", "\n*"]
            .iter()
            .filter_map(|stop| left.rfind(stop).map(|at| at + stop.len()))
            .max()
            .or_else(|| (left.len() >= 66).then(|| left.find(char::is_whitespace).unwrap_or(0)))
            .unwrap_or(0);
        let right = self.after(place, 90);
        let end = ["\n\n", ". ", "! ", "? ", ".\n", "\n#", "\n*"]
            .iter()
            .filter_map(|stop| right.find(stop))
            .min()
            .or_else(|| (right.len() >= 86).then(|| right.rfind(char::is_whitespace).unwrap_or(right.len())))
            .unwrap_or(right.len());
        place.start - left.len() + cut..place.end + end
    }

    /// A fact whose words are exactly this place.
    pub(super) fn found<T>(&self, value: T, place: &Range<usize>) -> Found<T> {
        Found::new(value, self.at(place))
    }

    /// A fact whose words are the sentence around this place.
    pub(super) fn said<T>(&self, value: T, place: &Range<usize>) -> Found<T> {
        let sentence = self.sentence(place);
        Found::new(value, self.at(&sentence).trim_start_matches(['*', '#', '>', '-', ' ', '\n'].as_slice()))
    }
}

/// The first `limit` bytes, cut between characters.
pub(crate) fn head(text: &str, limit: usize) -> &str {
    text.get(..text.floor_char_boundary(limit)).unwrap_or("")
}

/// Adds a character in its plain form: what word processors and HTML make of `-`, `'`, `"`, ` ` and `<=` is undone,
/// full-width forms become ASCII, invisible and direction characters go, controls become spaces.
fn plain(c: char, out: &mut String) {
    match c {
        '\n' | '\t' | ' '..='~' => out.push(c),
        '\r' | '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' => {}
        '\u{2060}'..='\u{206f}' | '\u{feff}' => {}
        '\0'..='\u{1f}' | '\u{7f}'..='\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{3000}' => {
            out.push(' ')
        }
        '\u{2028}' | '\u{2029}' => out.push('\n'),
        '\u{2010}'..='\u{2015}' | '\u{2212}' => out.push('-'),
        '\u{2018}' | '\u{2019}' | '\u{2032}' => out.push('\''),
        '\u{201c}'..='\u{201e}' => out.push('"'),
        '\u{2264}' => out.push_str("<="),
        '\u{2265}' => out.push_str(">="),
        '\u{ff01}'..='\u{ff5e}' => {
            let ascii = u32::from(c).checked_sub(0xfee0).and_then(char::from_u32);
            out.push(ascii.unwrap_or(' '));
        }
        other => out.push(other),
    }
}

/// A pattern, compiled when first needed. One that does not compile never matches (and a test fails).
///
/// Flags: any letter case, `^` and `$` at lines, and no Unicode classes: `\b`, `\d`, `\s`, `\w` are ASCII, because a
/// Unicode `\b` would push every non-English report off the fast path of the engine. Repetitions are bounded, so that
/// a search is linear and a match is short.
#[derive(Debug)]
pub(super) struct Pattern {
    source: &'static str,
    needed: OnceLock<Needed>,
    compiled: OnceLock<Option<Regex>>,
}

impl Pattern {
    pub(super) const fn new(source: &'static str) -> Self {
        Self { source, needed: OnceLock::new(), compiled: OnceLock::new() }
    }

    /// The compiled form; `None` when the source is no pattern.
    pub(super) fn regex(&self) -> Option<&Regex> {
        self.compiled.get_or_init(|| compile(self.source)).as_ref()
    }

    /// Its own source without the signs of the pattern language, as one text and way by way.
    #[cfg(test)]
    pub(super) fn likely_texts(&self) -> Vec<String> {
        let plain = |source: &str| {
            let source =
                source.replace(r"\s", " ").replace(r"\b", " ").replace("(?:", "(").replace(r"\d", "7");
            let letters = source.replace(['\\', '?', '^', '$'], "");
            letters.split(['(', ')', '|', '[', ']', '{', '}']).collect::<Vec<_>>().join("")
        };
        let mut all: Vec<String> = self.source.split('|').map(plain).collect();
        all.push(plain(&self.source.replace('|', " ")));
        all
    }

    /// The compiled form, unless the text cannot hold a match.
    fn regex_for(&self, look: Look<'_>) -> Option<&Regex> {
        let needed = || self.needed.get_or_init(|| Needed::of(&flagged(self.source)));
        if look.grams.is_some_and(|grams| !needed().may_be_in(grams)) { None } else { self.regex() }
    }

    /// The first match.
    pub(super) fn find<'t>(&self, look: impl Into<Look<'t>>) -> Option<Range<usize>> {
        let look = look.into();
        self.regex_for(look)?.find(look.text).map(|m| m.range())
    }

    /// Whether there is a match.
    pub(super) fn is_in<'t>(&self, look: impl Into<Look<'t>>) -> bool {
        let look = look.into();
        self.regex_for(look).is_some_and(|regex| regex.is_match(look.text))
    }

    /// The first [`MATCH_LIMIT`] matches.
    pub(super) fn all<'t>(&'t self, look: impl Into<Look<'t>>) -> impl Iterator<Item = Range<usize>> + 't {
        let look = look.into();
        let matches = self.regex_for(look).into_iter().flat_map(move |regex| regex.find_iter(look.text));
        matches.take(MATCH_LIMIT).map(|m| m.range())
    }

    /// The first [`MATCH_LIMIT`] matches with their groups.
    pub(super) fn groups<'t>(&'t self, look: impl Into<Look<'t>>) -> impl Iterator<Item = Captures<'t>> + 't {
        let look = look.into();
        let matches = self.regex_for(look).into_iter().flat_map(move |regex| regex.captures_iter(look.text));
        matches.take(MATCH_LIMIT)
    }
}

/// Compiles with our flags.
pub(super) fn compile(source: &str) -> Option<Regex> {
    Regex::new(&flagged(source)).ok()
}

fn flagged(source: &str) -> String {
    format!("(?im-u){source}")
}

/// The place of group `n` of a match; an empty place at 0 when it took no part.
pub(super) fn place(groups: &Captures<'_>, n: usize) -> Range<usize> {
    groups.get(n).map_or(0..0, |m| m.range())
}

/// The text of group `n`; empty when it took no part.
pub(super) fn group<'t>(groups: &Captures<'t>, n: usize) -> &'t str {
    groups.get(n).map_or("", |m| m.as_str())
}

/// Names the patterns of a file and lists them for the test that compiles them all.
macro_rules! patterns {
    ($($name:ident = $source:expr;)*) => {
        $(static $name: $crate::report::words::Pattern = $crate::report::words::Pattern::new($source);)*
        #[cfg(test)]
        pub(super) fn every_pattern() -> Vec<(&'static str, &'static $crate::report::words::Pattern)> {
            vec![$((stringify!($name), &$name)),*]
        }
    };
}
pub(super) use patterns;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_word_processor_did_to_the_text_is_undone() {
        let words =
            Words::new("a\nb", "CVE\u{2011}2021\u{2011}1 \u{2264}\u{a0}25.05\u{200b}\r\n\u{ff11}\u{202e}");
        assert_eq!(words.text(), "a b\n\nCVE-2021-1 <= 25.05\n1");
        assert!(words.in_subject(&(0..1)));
        assert!(!words.in_subject(&(5..6)));
    }

    #[test]
    fn the_words_of_a_fact_are_one_short_line() {
        let found = Found::new((), &"\u{e9}x \n\t".repeat(500));
        assert_eq!(found.words.chars().count(), EXCERPT_LIMIT);
        assert!(!found.words.contains('\n'));
        let words = Words::new("", "First one. The middle, which counts! Last.");
        let at = words.text().find("middle").unwrap();
        assert_eq!(words.said((), &(at..at + 6)).words, "The middle, which counts");
    }

    #[test]
    fn only_so_much_text_is_looked_at() {
        let words = Words::new(&"\u{e9}".repeat(5000), &"\u{20ac}".repeat(TEXT_LIMIT));
        assert!(words.text().len() <= TEXT_LIMIT + SUBJECT_LIMIT + 2);
    }
}
