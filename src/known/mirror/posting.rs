//! Lists of records that hold a term: pure bytes, built in memory and read back.
//!
//! An entry is the distance to the record before (LEB128), then one byte: how often the term stands there (up to 15)
//! and how long the record is (sixteen classes, each a third longer than the one before).

use std::collections::HashMap;

/// Length of a record in words, by class; the class is stored, this is what it stands for.
const LENGTH_STEP: f32 = 1.35;
const LENGTH_FIRST: f32 = 8.0;

/// The class of a length in words.
pub(super) fn length_class(words: u32) -> u8 {
    let mut class = 0;
    let mut bound = LENGTH_FIRST * 1.16;
    while class < 15 && f64::from(words) > f64::from(bound) {
        bound *= LENGTH_STEP;
        class += 1;
    }
    class
}

/// The lengths that the classes stand for.
pub(super) fn lengths() -> [f32; 16] {
    let mut all = [LENGTH_FIRST; 16];
    let mut length = LENGTH_FIRST;
    for slot in &mut all {
        *slot = length;
        length *= LENGTH_STEP;
    }
    all
}

/// The entries of one term.
#[derive(Default)]
struct List {
    data: Vec<u8>,
    last: u32,
    df: u32,
}

/// Builds a segment.
#[derive(Default)]
pub(super) struct Builder {
    terms: HashMap<Box<str>, List>,
    bytes: usize,
    records: u32,
    counts: HashMap<Box<str>, u32>,
}

impl Builder {
    /// How many records are in it.
    pub(super) fn records(&self) -> u32 {
        self.records
    }

    /// About how much memory it takes, in bytes.
    pub(super) fn size(&self) -> usize {
        self.bytes + self.terms.len() * 120
    }

    /// Counts a term of the record at hand.
    pub(super) fn word(&mut self, term: &str) {
        match self.counts.get_mut(term) {
            Some(count) => *count += 1,
            None => {
                self.counts.insert(term.into(), 1);
            }
        }
    }

    /// Ends the record: its terms are entered under this number, which must grow.
    pub(super) fn finish(&mut self, num: u32) {
        let words: u32 = self.counts.values().sum();
        let class = length_class(words);
        let mut counts = std::mem::take(&mut self.counts);
        for (term, count) in counts.drain() {
            let packed = u8::try_from(count.min(15)).unwrap_or(15) << 4 | class;
            let list = self.terms.entry(term).or_default();
            let before = list.data.len();
            put(&mut list.data, num.saturating_sub(list.last));
            list.data.push(packed);
            list.last = num;
            list.df += 1;
            self.bytes += list.data.len() - before;
        }
        self.counts = counts;
        self.records += 1;
    }

    /// In how many records a term stands, and its list.
    pub(super) fn list(&self, term: &str) -> (u32, &[u8]) {
        self.terms.get(term).map_or((0, &[]), |list| (list.df, list.data.as_slice()))
    }

    /// All terms with their entries, in order.
    pub(super) fn take(&mut self) -> Vec<(Box<str>, u32, Vec<u8>)> {
        let terms = std::mem::take(&mut self.terms);
        let mut all: Vec<_> = terms.into_iter().map(|(term, list)| (term, list.df, list.data)).collect();
        all.sort_unstable_by(|left, right| left.0.cmp(&right.0));
        all
    }
}

fn put(data: &mut Vec<u8>, mut value: u32) {
    while value >= 0x80 {
        data.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    data.push(value as u8);
}

/// Puts the list of a later segment behind one of an earlier segment.
pub(super) fn append(list: &mut Vec<u8>, later: &[u8]) {
    let mut last = 0;
    read(list, |num, _, _| last = num);
    let head = later.iter().take_while(|byte| **byte & 0x80 != 0).count() + 1;
    let mut first = 0;
    read(later.get(..=head).unwrap_or(later), |num, _, _| first = num);
    put(list, first.saturating_sub(last));
    list.extend(later.iter().skip(head));
}

/// Reads a list: gives each record number, how often, and the class of its length. Stops at the first broken entry.
pub(super) fn read(data: &[u8], mut give: impl FnMut(u32, u8, u8)) {
    let mut num = 0_u32;
    let mut bytes = data.iter();
    'entries: loop {
        let mut delta = 0_u32;
        let mut shift = 0;
        loop {
            let Some(byte) = bytes.next() else { break 'entries };
            delta |= u32::from(byte & 0x7f).checked_shl(shift).unwrap_or(0);
            if byte & 0x80 == 0 {
                break;
            }
            shift += 7;
        }
        let Some(packed) = bytes.next() else { break };
        num = num.saturating_add(delta);
        give(num, packed >> 4, packed & 15);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    #[test]
    fn what_is_built_is_read_back() {
        let mut builder = Builder::default();
        for num in [1001, 1005, 200_000] {
            builder.word("zlib");
            builder.word("zlib");
            builder.finish(num);
        }
        let all = builder.take();
        assert_eq!((all.len(), all[0].1), (1, 3));
        let mut seen = Vec::new();
        read(&all[0].2, |num, often, _| seen.push((num, often)));
        assert_eq!(seen, [(1001, 2), (1005, 2), (200_000, 2)]);
    }

    #[test]
    fn lists_are_joined_in_order() {
        let list = |nums: &[u32]| {
            let mut builder = Builder::default();
            nums.iter().for_each(|num| {
                builder.word("x");
                builder.finish(*num);
            });
            builder.take().remove(0).2
        };
        let mut joined = list(&[3, 700]);
        append(&mut joined, &list(&[701, 90_000]));
        let mut seen = Vec::new();
        read(&joined, |num, _, _| seen.push(num));
        assert_eq!(seen, [3, 700, 701, 90_000]);
    }

    #[test]
    fn broken_lists_end_quietly() {
        let mut seen = 0;
        read(&[0xff; 30], |_, _, _| seen += 1);
        read(&[5], |_, _, _| seen += 1);
        assert_eq!(seen, 0);
    }
}
