//! Reading the index: candidates by ids, addresses, packages and words, and the answer made of them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rusqlite::{Connection, OptionalExtension};

use super::posting::{lengths, read};
use super::{Cache, Mirror, MirrorError, body, status};
use crate::known::find::{Seek, seek};
use crate::known::package::Packages;
use crate::known::range::Inside;
use crate::known::rank::{self, Likeness, Signals};
use crate::known::record::Record;
use crate::known::shipped::{self, PackageCheck};
use crate::known::words::hash;
use crate::known::{Answer, Question};

/// So many candidates by words are read and compared.
const BY_WORDS: usize = 100;

/// So many candidates by the words of the title alone.
const BY_TITLE: usize = 40;

/// So many common words are looked up, the most telling first; rare ones all are.
const COMMON_WORDS: usize = 70;

/// At most so many records of one package are read.
const BY_PACKAGE: usize = 500;

/// A mirror of fewer records is weighed as if it had so many: what is rare in language is rare there too.
const SMALLEST: u32 = 20_000;

/// Saturation and length weight of BM25.
const K1: f32 = 1.2;
const B: f32 = 0.6;

/// A candidate with all that is known of it.
pub(crate) struct Found {
    pub(crate) record: Record,
    pub(crate) like: Likeness,
    pub(crate) signals: Signals,
    pub(crate) alias: Option<String>,
    pub(crate) score: f32,
}

impl Mirror {
    /// Checks a report against everything here. Asks nobody.
    ///
    /// # Errors
    /// The mirror cannot be read.
    pub fn check(&self, question: &Question) -> Result<Answer, MirrorError> {
        let bundled = self.packages()?;
        let seek = seek(question, &bundled);
        self.read(|connection, cache| {
            let search = Search { connection, cache };
            let (packages, in_range) = search.packages(&seek, &bundled, question)?;
            let found = search.candidates(&seek, question.without.as_deref(), &in_range)?;
            let unknown = search.unknown(&seek.ids, &found)?;
            Ok(super::super::answer::answer(
                question,
                found,
                packages,
                unknown,
                status::age(connection, cache)?,
            ))
        })
    }

    /// All candidates with their features, the best first; to fit weights and to measure.
    ///
    /// # Errors
    /// The mirror cannot be read.
    pub fn features(&self, question: &Question) -> Result<Vec<(String, Likeness, f32)>, MirrorError> {
        let seek = seek(question, &*self.packages()?);
        self.read(|connection, cache| {
            let found = Search { connection, cache }.candidates(
                &seek,
                question.without.as_deref(),
                &BTreeSet::new(),
            )?;
            Ok(found.into_iter().map(|found| (found.record.id, found.like, found.score)).collect())
        })
    }
}

struct Search<'c> {
    connection: &'c Connection,
    cache: &'c Cache,
}

/// What the index says of record numbers.
#[derive(Default)]
struct Gathered {
    signals: BTreeMap<u32, Signals>,
    aliases: BTreeMap<u32, String>,
}

impl Search<'_> {
    fn candidates(
        &self,
        seek: &Seek,
        without: Option<&str>,
        in_range: &BTreeSet<u32>,
    ) -> Result<Vec<Found>, MirrorError> {
        let mut gathered = Gathered::default();
        let left_out = match without {
            Some(id) => by_id(self.connection, id)?.map(|(num, _)| num),
            None => None,
        };
        let frequencies = self.by_words(seek, left_out, &mut gathered)?;
        self.by_links(seek, &mut gathered)?;
        for num in in_range {
            gathered.signals.entry(*num).or_default().in_range = true;
        }
        let total = self.cache.records.max(SMALLEST) as f32;
        let rarity = |word: &str| {
            let common = self.cache.common.get(word).or_else(|| frequencies.get(word)).copied();
            // A word of a record that is neither common nor in the report: about as rare as rare words are.
            (total / (common.unwrap_or(12) as f32 + 0.5)).ln().max(0.1)
        };
        let mut found = Vec::new();
        for (num, signals) in gathered.signals {
            let Some(record) = self.record(num)? else { continue };
            if without == Some(record.id.as_str()) || (!rank::may_rank(&record) && !signals.cited) {
                continue;
            }
            let like = rank::compare(seek, &record, &signals, &rarity);
            let bonus = if signals.in_range { rank::IN_RANGE_BONUS } else { 0.0 };
            let score = rank::score(&like.features) + bonus;
            found.push(Found { record, like, signals, alias: gathered.aliases.get(&num).cloned(), score });
        }
        found.sort_by(|left, right| {
            right.score.total_cmp(&left.score).then_with(|| left.record.id.cmp(&right.record.id))
        });
        Ok(found)
    }

    /// BM25 over the words of the report and over those of its title; gives how often each word stands in the mirror.
    fn by_words(
        &self,
        seek: &Seek,
        left_out: Option<u32>,
        gathered: &mut Gathered,
    ) -> Result<HashMap<String, u32>, MirrorError> {
        let total = self.cache.records.max(SMALLEST) as f32;
        let mut frequencies = HashMap::new();
        let mut lists = Vec::new();
        let mut common: Vec<(f32, &String)> = Vec::new();
        for (word, seen) in &seek.words {
            match self.cache.common.get(word.as_str()) {
                Some(df) => {
                    let title = if seen.title { 2.0 } else { 1.0 };
                    common.push(((total / *df as f32).ln() * seen.weight * title, word));
                }
                None => lists.push((word, self.postings(word)?)),
            }
        }
        common.sort_by(|left, right| right.0.total_cmp(&left.0));
        for (_, word) in common.into_iter().take(COMMON_WORDS) {
            lists.push((word, self.postings(word)?));
        }
        let size = usize::try_from(self.cache.last).unwrap_or(0) + 1;
        let (mut whole, mut title) = (vec![0.0_f32; size], vec![0.0_f32; size]);
        let lengths = lengths();
        let mean = lengths.get(5).copied().unwrap_or(36.0);
        let norms = lengths.map(|length| K1 * (1.0 - B + B * length / mean));
        for (word, (df, rows)) in &lists {
            frequencies.insert((*word).clone(), *df);
            let Some(seen) = seek.words.get(*word) else { continue };
            let idf = ((total - *df as f32 + 0.5).max(0.5) / (*df as f32 + 0.5)).ln_1p();
            let weight = seen.weight.min(4.0) * idf;
            for data in rows {
                read(data, |num, often, class| {
                    let often = f32::from(often);
                    let norm = norms.get(usize::from(class)).copied().unwrap_or(K1);
                    let part = often * (K1 + 1.0) / (often + norm);
                    let Some(slot) = usize::try_from(num).ok().filter(|at| *at < size) else { return };
                    if let Some(sum) = whole.get_mut(slot) {
                        *sum += weight * part;
                    }
                    if seen.title
                        && let Some(sum) = title.get_mut(slot)
                    {
                        *sum += idf * part;
                    }
                });
            }
        }
        // What is left out must not be the measure of the others.
        for sums in [&mut whole, &mut title] {
            if let Some(sum) = left_out.and_then(|num| sums.get_mut(usize::try_from(num).ok()?)) {
                *sum = 0.0;
            }
        }
        let (best, tops) = top(&whole, BY_WORDS);
        let (best_title, title_tops) = top(&title, BY_TITLE);
        let at = |sums: &[f32], num: u32| {
            usize::try_from(num).ok().and_then(|at| sums.get(at).copied()).unwrap_or(0.0)
        };
        for num in tops.iter().chain(&title_tops) {
            let bm25 = at(&whole, *num);
            gathered.signals.insert(
                *num,
                Signals {
                    relative: if best > 0.0 { bm25 / best } else { 0.0 },
                    bm25,
                    title: if best_title > 0.0 { at(&title, *num) / best_title } else { 0.0 },
                    first: bm25 >= best,
                    ..Signals::default()
                },
            );
        }
        Ok(frequencies)
    }

    /// Records that are cited, or share an address or a commit.
    fn by_links(&self, seek: &Seek, gathered: &mut Gathered) -> Result<(), MirrorError> {
        for id in &seek.ids {
            if let Some((num, _)) = by_id(self.connection, id)? {
                gathered.signals.entry(num).or_default().cited = true;
            }
            for num in self.linked(hash(id))? {
                // Several records may share an advisory: then the id is only a reference.
                gathered.aliases.insert(num, id.clone());
                gathered.signals.entry(num).or_default();
            }
        }
        for url in &seek.urls {
            let nums = self.linked(hash(url))?;
            let share = 1.0 / nums.len().max(1) as f32;
            nums.into_iter().for_each(|num| gathered.signals.entry(num).or_default().url += share);
        }
        for commit in &seek.commits {
            let nums = self.linked(hash(&format!("commit:{commit}")))?;
            let share = 1.0 / nums.len().max(1) as f32;
            nums.into_iter().for_each(|num| gathered.signals.entry(num).or_default().commit += share);
        }
        Ok(())
    }

    fn linked(&self, hash: u64) -> Result<Vec<u32>, MirrorError> {
        let mut query = self.connection.prepare_cached("SELECT num FROM link WHERE hash = ?1 LIMIT 60")?;
        Ok(query.query_map([hash.cast_signed()], |row| row.get(0))?.collect::<Result<_, _>>()?)
    }

    /// How many records hold a term, and its lists.
    fn postings(&self, term: &str) -> Result<(u32, Vec<Vec<u8>>), MirrorError> {
        let mut query =
            self.connection.prepare_cached("SELECT df, data FROM posting WHERE term = ?1 ORDER BY seg")?;
        let mut rows = query.query([term])?;
        let (mut df, mut lists) = (0, Vec::new());
        while let Some(row) = rows.next()? {
            df += row.get::<_, u32>(0)?;
            lists.push(row.get(1)?);
        }
        Ok((df, lists))
    }

    fn record(&self, num: u32) -> Result<Option<Record>, MirrorError> {
        let mut query = self.connection.prepare_cached("SELECT body FROM record WHERE num = ?1")?;
        let packed: Option<Vec<u8>> = query.query_row([num], |row| row.get(0)).optional()?;
        packed.map(|packed| body::unpack(&packed)).transpose()
    }

    /// What is known of the packages that the report names; and the records in whose range a version of its title lies.
    fn packages(
        &self,
        seek: &Seek,
        packages: &Packages,
        question: &Question,
    ) -> Result<(Vec<PackageCheck>, BTreeSet<u32>), MirrorError> {
        let (mut all, mut in_range) = (Vec::new(), BTreeSet::new());
        for named in seek.packages.iter().take(6) {
            let Some(package) = packages.list().get(named.package) else { continue };
            let mut terms: Vec<String> =
                package.cpe.iter().map(|(vendor, name)| format!("c:{vendor}:{name}")).collect();
            let own_name = (!package.guarded).then(|| package.name.to_lowercase());
            for name in own_name.iter().chain(&package.also) {
                terms.extend([format!("e:{name}"), format!("c::{name}")]);
            }
            let mut nums = BTreeSet::new();
            for term in &terms {
                for data in self.postings(term)?.1 {
                    read(&data, |num, _, _| {
                        nums.insert(num);
                    });
                }
            }
            let asked = shipped::asked(package, named);
            let mut rows = Vec::new();
            for num in nums.into_iter().rev().take(BY_PACKAGE) {
                let Some(record) = self.record(num)? else { continue };
                if question.without.as_ref() != Some(&record.id) {
                    let row = shipped::row(package, &asked, &record);
                    if named.at < seek.title_end
                        && row.as_ref().is_some_and(|row| row.asked == Some(Inside::In))
                    {
                        in_range.insert(num);
                    }
                    rows.extend(row);
                }
            }
            let (rows, more) = shipped::ordered(rows, question.received);
            let versions = named.versions.clone();
            all.push(PackageCheck {
                package: package.name.clone(),
                asked: versions,
                ships: shipped::ships(package),
                rows,
                more,
            });
        }
        Ok((all, in_range))
    }

    /// Cited ids that are neither a record's own nor another id of one.
    fn unknown(&self, ids: &[String], found: &[Found]) -> Result<Vec<String>, MirrorError> {
        let mut unknown = Vec::new();
        for id in ids {
            let is_here =
                found.iter().any(|found| found.record.id == *id || found.alias.as_ref() == Some(id));
            if !is_here && by_id(self.connection, id)?.is_none() {
                unknown.push(id.clone());
            }
        }
        Ok(unknown)
    }
}

/// A record by its id.
pub(super) fn by_id(connection: &Connection, id: &str) -> Result<Option<(u32, Record)>, MirrorError> {
    let mut query = connection.prepare_cached("SELECT num, body FROM record WHERE id = ?1")?;
    let row: Option<(u32, Vec<u8>)> =
        query.query_row([id], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    row.map(|(num, packed)| Ok((num, body::unpack(&packed)?))).transpose()
}

/// The best sum and the numbers of the best.
fn top(sums: &[f32], count: usize) -> (f32, Vec<u32>) {
    let mut found: Vec<(f32, u32)> = Vec::with_capacity(count * 8);
    let mut bar = 0.0;
    for (sum, num) in sums.iter().zip(0_u32..) {
        if *sum > bar {
            found.push((*sum, num));
            // Cut now and then: what is below the bar then never gets in.
            if found.len() >= count * 8 {
                keep(&mut found, count);
                bar = found.iter().map(|(sum, _)| *sum).fold(f32::MAX, f32::min);
            }
        }
    }
    keep(&mut found, count);
    let best = found.iter().map(|(sum, _)| *sum).fold(0.0, f32::max);
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
