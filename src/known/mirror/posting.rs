//! Lists of records that hold a term: pure bytes, built in memory and read back.
//!
//! An entry is the distance to the record before (LEB128), then one byte: how often the term stands there (up to 15)
//! and how long the record is (sixteen classes, each a third longer than the one before).

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;

use crate::known::hashed::ByHash;

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

/// The bytes of a list lie in blocks that are chained; the first has so many, each later one twice as many, up to a limit.
const BLOCK_FIRST: u32 = 8;
const BLOCK_MOST: u32 = 256;

/// A term has at most so many bytes: vendor and product of a hostile record may be longer than any name.
const TERM_LIMIT: usize = 1000;

/// Of a chain's end.
const NOWHERE: u32 = u32::MAX;

/// The entries of one term.
struct List {
    text_at: u32,
    text_len: u16,
    last: u32,
    df: u32,
    first: u32,
    block: u32,
    room: u32,
    at: u32,
}

/// A piece of the one buffer that holds all lists.
struct Block {
    from: u32,
    length: u32,
    next: u32,
}

/// Builds a segment. Everything lies in a few large buffers: a million small ones, freed in another order than they were
/// made, leave three times their size behind.
#[derive(Default)]
pub(super) struct Builder {
    /// By a hash that nobody can aim at; where two texts meet, the second takes the next free number.
    index: ByHash<u32>,
    stir: RandomState,
    texts: String,
    lists: Vec<List>,
    blocks: Vec<Block>,
    bytes: Vec<u8>,
    records: u32,
    /// The terms of the record at hand, one for each time it stands there.
    seen: Vec<u32>,
}

impl Builder {
    /// How many records are in it.
    pub(super) fn records(&self) -> u32 {
        self.records
    }

    /// About how much memory it takes, in bytes.
    pub(super) fn size(&self) -> usize {
        let entry = size_of::<(u64, u32)>() + 1;
        self.texts.len()
            + self.bytes.len()
            + self.lists.len() * size_of::<List>()
            + self.blocks.len() * size_of::<Block>()
            + self.index.capacity() * entry
    }

    /// Counts a term of the record at hand.
    pub(super) fn word(&mut self, term: &str) {
        if term.len() > TERM_LIMIT {
            return;
        }
        let place = match self.find(term) {
            Ok(place) => place,
            Err(free) => self.begin(free, term),
        };
        self.seen.push(place);
    }

    /// The list of a term, or the free number under which it would stand.
    fn find(&self, term: &str) -> Result<u32, u64> {
        let mut hash = self.stir.hash_one(term);
        loop {
            match self.index.get(&hash) {
                Some(place) if self.list_at(*place).is_some_and(|list| self.text(list) == term) => {
                    return Ok(*place);
                }
                Some(_) => hash = hash.wrapping_add(1),
                None => return Err(hash),
            }
        }
    }

    fn begin(&mut self, hash: u64, term: &str) -> u32 {
        let place = number(self.lists.len());
        let text_at = number(self.texts.len());
        let text_len = u16::try_from(term.len()).unwrap_or(0);
        self.texts.push_str(term);
        let list = List { text_at, text_len, last: 0, df: 0, first: NOWHERE, block: NOWHERE, room: 0, at: 0 };
        self.lists.push(list);
        self.index.insert(hash, place);
        place
    }

    fn list_at(&self, place: u32) -> Option<&List> {
        self.lists.get(index(place))
    }

    fn text(&self, list: &List) -> &str {
        let from = index(list.text_at);
        self.texts.get(from..from + usize::from(list.text_len)).unwrap_or_default()
    }

    /// Ends the record: its terms are entered under this number, which must grow.
    pub(super) fn finish(&mut self, num: u32) {
        let mut seen = std::mem::take(&mut self.seen);
        let class = length_class(number(seen.len()));
        seen.sort_unstable();
        for same in seen.chunk_by(|left, right| left == right) {
            let Some(place) = same.first() else { continue };
            let often = u8::try_from(same.len().min(15)).unwrap_or(15);
            let Some(list) = self.lists.get_mut(index(*place)) else { continue };
            let mut delta = num.saturating_sub(list.last);
            (list.last, list.df) = (num, list.df + 1);
            while delta >= 0x80 {
                self.push(*place, (delta & 0x7f) as u8 | 0x80);
                delta >>= 7;
            }
            self.push(*place, delta as u8);
            self.push(*place, often << 4 | class);
        }
        seen.clear();
        self.seen = seen;
        self.records += 1;
    }

    fn push(&mut self, place: u32, byte: u8) {
        let Some(list) = self.lists.get_mut(index(place)) else { return };
        if list.room == 0 {
            let block = number(self.blocks.len());
            let last = self.blocks.get_mut(index(list.block));
            let length = last.as_ref().map_or(BLOCK_FIRST, |block| (block.length * 2).min(BLOCK_MOST));
            let new = number(self.bytes.len() / 8);
            match last {
                Some(last) => last.next = block,
                None => list.first = block,
            }
            self.bytes.resize(self.bytes.len() + index(length), 0);
            self.blocks.push(Block { from: new, length, next: NOWHERE });
            (list.block, list.room, list.at) = (block, length, new);
        }
        // Blocks begin at multiples of eight: so counted, four bytes reach far beyond any segment.
        let used = self.blocks.get(index(list.block)).map_or(0, |block| block.length - list.room);
        if let Some(slot) = self.bytes.get_mut(index(list.at) * 8 + index(used)) {
            *slot = byte;
        }
        list.room -= 1;
    }

    /// The bytes of a list, put behind what is there.
    fn gather(&self, list: &List, into: &mut Vec<u8>) {
        let mut at = list.first;
        while let Some(block) = self.blocks.get(index(at)) {
            let room = if block.next == NOWHERE { list.room } else { 0 };
            let from = index(block.from) * 8;
            into.extend_from_slice(
                self.bytes.get(from..from + index(block.length - room)).unwrap_or_default(),
            );
            at = block.next;
        }
    }

    /// In how many records a term stands, and its list.
    pub(super) fn list(&self, term: &str) -> (u32, Vec<u8>) {
        let mut data = Vec::new();
        let list = self.find(term).ok().and_then(|place| self.list_at(place));
        list.iter().for_each(|list| self.gather(list, &mut data));
        (list.map_or(0, |list| list.df), data)
    }

    /// Gives all terms with their entries, in order.
    ///
    /// # Errors
    /// What `give` says; the rest is not given then.
    pub(super) fn each<E>(&self, mut give: impl FnMut(&str, u32, &[u8]) -> Result<(), E>) -> Result<(), E> {
        let mut all: Vec<&List> = self.lists.iter().filter(|list| list.df > 0).collect();
        all.sort_unstable_by(|left, right| self.text(left).cmp(self.text(right)));
        let mut data = Vec::new();
        for list in all {
            data.clear();
            self.gather(list, &mut data);
            give(self.text(list), list.df, &data)?;
        }
        Ok(())
    }
}

fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// No segment comes near this limit.
fn number(size: usize) -> u32 {
    u32::try_from(size).unwrap_or(NOWHERE)
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
        let (df, data) = builder.list("zlib");
        assert_eq!((df, builder.list("png")), (3, (0, Vec::new())));
        let mut seen = Vec::new();
        read(&data, |num, often, _| seen.push((num, often)));
        assert_eq!(seen, [(1001, 2), (1005, 2), (200_000, 2)]);
    }

    #[test]
    fn lists_longer_than_a_block_come_out_whole_and_terms_in_order() {
        let mut builder = Builder::default();
        for num in 1..=3000 {
            builder.word("often");
            if num % 7 == 0 {
                builder.word("many");
            }
            builder.word(&format!("w{num}"));
            builder.finish(num * 3);
        }
        let mut terms: Vec<(String, u32, Vec<u32>)> = Vec::new();
        let each = builder.each(|term, df, data| {
            let mut nums = Vec::new();
            read(data, |num, _, _| nums.push(num));
            terms.push((term.to_owned(), df, nums));
            Ok::<(), ()>(())
        });
        assert!(each.is_ok() && terms.is_sorted() && terms.len() == 3002);
        assert_eq!(terms[1].2, (1..=3000).map(|num| num * 3).collect::<Vec<u32>>());
        assert_eq!(terms[0].2, (1..=428).map(|num| num * 21).collect::<Vec<u32>>());
        assert!(terms.iter().all(|(_, df, nums)| nums.len() == *df as usize));
        assert!(builder.size() > 50_000 && builder.size() < 600_000, "{}", builder.size());
    }

    #[test]
    fn lists_are_joined_in_order() {
        let list = |nums: &[u32]| {
            let mut builder = Builder::default();
            nums.iter().for_each(|num| {
                builder.word("x");
                builder.finish(*num);
            });
            builder.list("x").1
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
