//! Which patterns a text cannot hold, told by one pass over it.
//!
//! A report is looked at by a hundred patterns, and most of them are not in it. Nearly every pattern has words of which any
//! match holds one ("traversal", "proof of concept"); a text that has not even the groups of three letters of those words
//! holds no match, and the pattern need not be tried, nor compiled.
//!
//! **Invariant:** a pattern is passed over only where it has no match. What cannot be told is tried.

use std::collections::BTreeSet;

use regex_syntax::hir::{Class, Hir, HirKind};

/// Bits of the set: a report of 12 kB has some thousand different groups.
const BITS: usize = 1 << 16;

/// Different words that are followed for one part of a pattern; a part with more is not used.
const WORDS: usize = 512;

/// Ways to spell one letter; a class with more (`\w`, `.`) stands for anything.
const SPELLINGS: usize = 4;

/// Shorter words are in every text.
const SHORTEST: usize = 3;

/// The groups of three bytes of a text, in lower case. May say that one is there that is not, never the other way round.
#[derive(Debug)]
pub(super) struct Grams(Vec<u64>);

impl Grams {
    /// One pass over the text.
    pub(super) fn of(text: &str) -> Self {
        let mut bits = vec![0_u64; BITS / 64];
        for gram in grams(text.as_bytes()) {
            if let Some(word) = bits.get_mut(usize::from(gram / 64)) {
                *word |= 1 << (gram % 64);
            }
        }
        Self(bits)
    }

    fn has(&self, gram: u16) -> bool {
        self.0.get(usize::from(gram / 64)).is_some_and(|word| word >> (gram % 64) & 1 == 1)
    }
}

/// The groups of three bytes, each as a number of 16 bits.
fn grams(bytes: &[u8]) -> impl Iterator<Item = u16> {
    let fold = |byte: &u8| u32::from(byte.to_ascii_lowercase());
    bytes.windows(3).map(move |three| {
        let packed = three.iter().fold(0, |packed, byte| packed << 8 | fold(byte));
        // The upper half of a product with an odd number of no pattern spreads them evenly.
        (packed.wrapping_mul(0x9e37_79b1) >> 16) as u16
    })
}

/// What a text must hold for a pattern to match: the groups of one of these words. Nothing known: it must be tried.
#[derive(Debug)]
pub(super) struct Needed(Option<Vec<Vec<u16>>>);

impl Needed {
    /// Of a pattern as it is compiled, flags included.
    pub(super) fn of(pattern: &str) -> Self {
        let words = regex_syntax::parse(pattern).ok().and_then(|hir| needed(&hir));
        Self(words.map(|words| words.iter().map(|word| grams(word).collect()).collect()))
    }

    /// Whether a text with these groups may hold a match.
    pub(super) fn may_be_in(&self, text: &Grams) -> bool {
        self.0.as_ref().is_none_or(|words| words.iter().any(|word| word.iter().all(|gram| text.has(*gram))))
    }
}

/// Words in lower case, none twice.
type Spelled = BTreeSet<Vec<u8>>;

/// Words of which every match holds one, each of at least [`SHORTEST`] bytes; the most telling that are found.
fn needed(hir: &Hir) -> Option<Spelled> {
    let all = match hir.kind() {
        HirKind::Concat(parts) => return needed_of_row(parts),
        HirKind::Alternation(ways) => {
            let mut all = Spelled::new();
            for way in ways {
                all.append(&mut needed(way)?);
            }
            all
        }
        HirKind::Capture(capture) => needed(&capture.sub)?,
        HirKind::Repetition(repetition) if repetition.min > 0 => needed(&repetition.sub)?,
        HirKind::Literal(_) | HirKind::Class(_) => spelled(hir)?,
        HirKind::Repetition(_) | HirKind::Look(_) | HirKind::Empty => return None,
    };
    usable(&all).then_some(all)
}

/// The same of parts in a row: neighbors that can be spelled out make one word.
fn needed_of_row(parts: &[Hir]) -> Option<Spelled> {
    let mut best: Option<Spelled> = None;
    let mut offer = |words: Option<Spelled>| {
        if let Some(words) = words.filter(usable)
            && best.as_ref().is_none_or(|old| telling(&words) > telling(old))
        {
            best = Some(words);
        }
    };
    let mut run = Spelled::from([Vec::new()]);
    for part in parts {
        match spelled(part).and_then(|words| joined(&run, &words)) {
            Some(longer) => run = longer,
            None => {
                offer(Some(std::mem::replace(&mut run, Spelled::from([Vec::new()]))));
                offer(needed(part));
            }
        }
    }
    offer(Some(run));
    best
}

/// How much a set of words tells: long ones, and few.
fn telling(words: &Spelled) -> (usize, std::cmp::Reverse<usize>) {
    (words.iter().map(Vec::len).min().unwrap_or(0).min(6), std::cmp::Reverse(words.len()))
}

fn usable(words: &Spelled) -> bool {
    words.len() <= WORDS && words.iter().all(|word| word.len() >= SHORTEST)
}

/// Everything that this part can match, where that is a small set.
fn spelled(hir: &Hir) -> Option<Spelled> {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => Some(Spelled::from([Vec::new()])),
        HirKind::Literal(literal) => Some(Spelled::from([literal.0.to_ascii_lowercase()])),
        HirKind::Class(class) => letters(class),
        HirKind::Capture(capture) => spelled(&capture.sub),
        HirKind::Concat(parts) => {
            parts.iter().try_fold(Spelled::from([Vec::new()]), |run, part| joined(&run, &spelled(part)?))
        }
        HirKind::Alternation(ways) => {
            let mut all = Spelled::new();
            for way in ways {
                all.append(&mut spelled(way)?);
            }
            (all.len() <= WORDS).then_some(all)
        }
        HirKind::Repetition(repetition) if repetition.max == Some(1) => {
            let mut all = spelled(&repetition.sub)?;
            if repetition.min == 0 {
                all.insert(Vec::new());
            }
            Some(all)
        }
        HirKind::Repetition(_) => None,
    }
}

/// The letters of a small class, in lower case.
fn letters(class: &Class) -> Option<Spelled> {
    let mut all = Spelled::new();
    match class {
        Class::Unicode(class) => {
            for c in class.iter().flat_map(|range| range.start()..=range.end()).take(3 * SPELLINGS) {
                all.insert(c.to_ascii_lowercase().to_string().into_bytes());
            }
        }
        Class::Bytes(class) => {
            for byte in class.iter().flat_map(|range| range.start()..=range.end()).take(3 * SPELLINGS) {
                all.insert(vec![byte.to_ascii_lowercase()]);
            }
        }
    }
    // A class that was cut off above is too large whatever its letters are.
    (!all.is_empty() && all.len() <= SPELLINGS).then_some(all)
}

/// Each of the one, with each of the other behind it.
fn joined(run: &Spelled, words: &Spelled) -> Option<Spelled> {
    if run.len() * words.len() > WORDS {
        return None;
    }
    let both =
        |first: &Vec<u8>| words.iter().map(|second| [first.as_slice(), second].concat()).collect::<Vec<_>>();
    Some(run.iter().flat_map(both).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn may(pattern: &str, text: &str) -> bool {
        Needed::of(&format!("(?im-u){pattern}")).may_be_in(&Grams::of(text))
    }

    #[test]
    fn a_pattern_is_tried_only_where_its_words_may_be() {
        for (pattern, tried, not_tried) in [
            (r"\bpath traversal", "a PATH TRAVERSAL", "a path"),
            (r"\b(?:proof|poc)\b", "the PoC", "the pool of cats"),
            (r"\bfix(?:es|ed)?\s\w{1,9} bug", "fixed a bug", "there is no such thing"),
            (r"\bin the (?:wild|zoo)\b", "seen in the zoo", "seen in a zoo"),
            (r"漏洞|уязвимост", "это уязвимость", "no weakness"),
            (r"(?u:é)crit|\bwrote", "\u{c9}crit", "crit"),
        ] {
            assert!(may(pattern, tried), "{pattern}");
            assert!(!may(pattern, not_tried), "{pattern}");
        }
        // What no word tells is always tried.
        for pattern in [r"\d{2,3}", r"\bno\b", r"(?:abcdef)?", r"[a-z0-9]{2,60}", r"abcdef|\d", r"(broken"] {
            assert!(may(pattern, "") && may(pattern, "something"), "{pattern}");
        }
    }
}
