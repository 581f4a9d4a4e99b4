//! Candidates by words: BM25 over the whole report and over its title. The public ones and our own cases do not compete:
//! a flood of reports of one thing must not hide what is public of it.

use super::MirrorError;
use super::posting::lengths;
use super::search::{Gathered, Postings, SMALLEST, Search, When};
use crate::case::CaseId;
use crate::known::find::Seek;
use crate::known::hashed::ByHash;
use crate::known::rank::Signals;

/// So many public candidates by words are read and compared.
const BY_WORDS: usize = 100;

/// So many by the words of the title alone.
const BY_TITLE: usize = 40;

/// So many of our own cases by words: five are shown.
const OWN_BY_WORDS: usize = 10;

/// So many of them by the words of the title alone.
const OWN_BY_TITLE: usize = 5;

/// So many of them are asked whether they are still there and earlier.
const OWN_ASKED: usize = 8 * OWN_BY_WORDS;

/// So many common words are looked up, the most telling first; rare ones all are.
const COMMON_WORDS: usize = 70;

/// A word that says less than this (natural logarithm of all records to those with it) is not looked up: it stands in most
/// of them.
const FAINT: f32 = 0.5;

/// Saturation and length weight of BM25.
const K1: f32 = 1.2;
const B: f32 = 0.6;

/// Sums by record number, of the whole report and of its title.
struct Sums {
    whole: Vec<f32>,
    title: Vec<f32>,
}

impl Sums {
    fn at(sums: &[f32], num: u32) -> f32 {
        usize::try_from(num).ok().and_then(|at| sums.get(at).copied()).unwrap_or(0.0)
    }

    fn forget(&mut self, num: u32) {
        let Ok(at) = usize::try_from(num) else { return };
        for sums in [&mut self.whole, &mut self.title] {
            if let Some(sum) = sums.get_mut(at) {
                *sum = 0.0;
            }
        }
    }
}

impl Search<'_> {
    /// BM25 over the words of the report and over those of its title; gives how often each word stands in the mirror, by its
    /// hash. Of our own cases those before `own` come first.
    pub(super) fn by_words(
        &self,
        seek: &Seek,
        left_out: Option<u32>,
        own: Option<CaseId>,
        gathered: &mut Gathered,
    ) -> Result<ByHash<u32>, MirrorError> {
        let lists = self.lists(seek)?;
        let frequencies = lists.iter().map(|(hash, list)| (*hash, list.df)).collect();
        let mut sums = self.sums(seek, &lists);
        // What is left out must not be the measure of the others.
        if let Some(num) = left_out {
            sums.forget(num);
        }
        let ours = self.own_sums(&mut sums, own)?;
        let (best, tops) = top(numbered(&sums.whole), BY_WORDS);
        let (best_title, title_tops) = top(numbered(&sums.title), BY_TITLE);
        for num in tops.iter().chain(&title_tops) {
            let (bm25, title) = (Sums::at(&sums.whole, *num), Sums::at(&sums.title, *num));
            gathered.signals.insert(*num, signals(bm25, best, title, best_title));
        }
        let best = ours.iter().map(|(_, bm25, _)| *bm25).fold(best, f32::max);
        let best_title = ours.iter().map(|(_, _, title)| *title).fold(best_title, f32::max);
        for (num, bm25, title) in ours {
            gathered.signals.insert(num, signals(bm25, best, title, best_title));
        }
        Ok(frequencies)
    }

    /// The lists of the words that are looked up, by hash.
    fn lists(&self, seek: &Seek) -> Result<Vec<(u64, Postings)>, MirrorError> {
        let total = self.cache.records().max(SMALLEST) as f32;
        let mut asked: Vec<(u64, &str)> = Vec::new();
        let mut common: Vec<(f32, u64, &str)> = Vec::new();
        for (word, seen) in seek.words.iter() {
            match self.cache.common.get(&seen.hash) {
                Some(df) => {
                    let title = if seen.title { 2.0 } else { 1.0 };
                    let tells = (total / *df as f32).ln();
                    if tells > FAINT {
                        common.push((tells * seen.weight * title, seen.hash, word));
                    }
                }
                None => asked.push((seen.hash, word)),
            }
        }
        common.sort_by(|left, right| right.0.total_cmp(&left.0));
        asked.extend(common.into_iter().take(COMMON_WORDS).map(|(_, hash, word)| (hash, word)));
        let words: Vec<&str> = asked.iter().map(|(_, word)| *word).collect();
        let lists = self.postings_of(&words)?;
        Ok(asked.into_iter().map(|(hash, _)| hash).zip(lists).collect())
    }

    fn sums(&self, seek: &Seek, lists: &[(u64, Postings)]) -> Sums {
        let total = self.cache.records().max(SMALLEST) as f32;
        let size = usize::try_from(self.cache.last).unwrap_or(0) + 1;
        let mut sums = Sums { whole: vec![0.0; size], title: vec![0.0; size] };
        let lengths = lengths();
        let mean = lengths.get(5).copied().unwrap_or(36.0);
        let norms = lengths.map(|length| K1 * (1.0 - B + B * length / mean));
        for (hash, list) in lists {
            let Some((_, seen)) = seek.words.by_hash(*hash) else { continue };
            let idf = ((total - list.df as f32 + 0.5).max(0.5) / (list.df as f32 + 0.5)).ln_1p();
            let weight = seen.weight.min(4.0) * idf;
            list.each(|num, often, class| {
                let often = f32::from(often);
                let norm = norms.get(usize::from(class)).copied().unwrap_or(K1);
                let part = often * (K1 + 1.0) / (often + norm);
                let Some(slot) = usize::try_from(num).ok().filter(|at| *at < size) else { return };
                if let Some(sum) = sums.whole.get_mut(slot) {
                    *sum += weight * part;
                }
                if seen.title
                    && let Some(sum) = sums.title.get_mut(slot)
                {
                    *sum += idf * part;
                }
            });
        }
        sums
    }

    /// Takes our own cases out of the sums, and gives the likest: those before `own`, and some after it.
    fn own_sums(&self, sums: &mut Sums, own: Option<CaseId>) -> Result<Vec<(u32, f32, f32)>, MirrorError> {
        let of = |sums: &[f32]| {
            let each = self.cache.own.iter().map(|num| (Sums::at(sums, *num), *num)).collect::<Vec<_>>();
            top(each.into_iter(), OWN_ASKED).1
        };
        let mut found: Vec<(u32, f32, f32)> = Vec::new();
        for (nums, wanted) in [(of(&sums.whole), OWN_BY_WORDS), (of(&sums.title), OWN_BY_TITLE)] {
            let (mut earlier, mut later) = (0, 0);
            for num in nums {
                // Later ones are not told, but what is ahead of them says more.
                let taken = match self.stands(num, own)? {
                    Some(When::Earlier) => &mut earlier,
                    Some(When::Later) => &mut later,
                    None => continue,
                };
                if *taken < wanted {
                    *taken += 1;
                    found.push((num, Sums::at(&sums.whole, num), Sums::at(&sums.title, num)));
                }
                if earlier == wanted {
                    break;
                }
            }
        }
        self.cache.own.iter().for_each(|num| sums.forget(*num));
        Ok(found)
    }
}

fn signals(bm25: f32, best: f32, title: f32, best_title: f32) -> Signals {
    Signals {
        relative: if best > 0.0 { bm25 / best } else { 0.0 },
        bm25,
        title: if best_title > 0.0 { title / best_title } else { 0.0 },
        first: bm25 >= best,
        ..Signals::default()
    }
}

fn numbered(sums: &[f32]) -> impl Iterator<Item = (f32, u32)> {
    sums.iter().copied().zip(0_u32..)
}

/// The best sum and the numbers of the best, the best first.
fn top(sums: impl Iterator<Item = (f32, u32)>, count: usize) -> (f32, Vec<u32>) {
    let mut found: Vec<(f32, u32)> = Vec::with_capacity(count * 8);
    let mut bar = 0.0;
    for (sum, num) in sums {
        if sum > bar {
            found.push((sum, num));
            // Cut now and then: what is below the bar then never gets in.
            if found.len() >= count * 8 {
                keep(&mut found, count);
                bar = found.iter().map(|(sum, _)| *sum).fold(f32::MAX, f32::min);
            }
        }
    }
    keep(&mut found, count);
    found.sort_unstable_by(|left, right| right.0.total_cmp(&left.0).then(left.1.cmp(&right.1)));
    let best = found.first().map_or(0.0, |(sum, _)| *sum);
    (best, found.into_iter().map(|(_, num)| num).collect())
}

fn keep(found: &mut Vec<(f32, u32)>, count: usize) {
    if found.len() > count {
        found.select_nth_unstable_by(count, |left, right| {
            right.0.total_cmp(&left.0).then(left.1.cmp(&right.1))
        });
        found.truncate(count);
    }
}
