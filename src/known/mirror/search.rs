//! Reading the index: candidates by ids, addresses, packages and words, and the answer made of them.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, OptionalExtension};

use super::posting::read;
use super::{Cache, Mirror, MirrorError, body, status};
use crate::case::CaseId;
use crate::known::find::{Seek, seek};
use crate::known::package::Packages;
use crate::known::range::Inside;
use crate::known::rank::{self, Likeness, Signals};
use crate::known::record::Record;
use crate::known::shipped::{self, PackageCheck};
use crate::known::words::hash;
use crate::known::{Answer, Question};

/// At most so many records of one package are read.
const BY_PACKAGE: usize = 500;

/// A mirror of fewer records is weighed as if it had so many: what is rare in language is rare there too.
pub(super) const SMALLEST: u32 = 20_000;

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

pub(super) struct Search<'c> {
    pub(super) connection: &'c Connection,
    pub(super) cache: &'c Cache,
}

/// When a case began, against another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    Earlier,
    Later,
}

/// What the index says of record numbers.
#[derive(Default)]
pub(super) struct Gathered {
    pub(super) signals: BTreeMap<u32, Signals>,
    aliases: BTreeMap<u32, String>,
}

/// Where a term stands.
pub(super) struct Postings {
    /// In how many records.
    pub(super) df: u32,
    stored: Vec<Vec<u8>>,
    young: Vec<u8>,
}

impl Postings {
    /// Gives each record's number, how often, and the class of its length.
    pub(super) fn each(&self, mut give: impl FnMut(u32, u8, u8)) {
        self.stored.iter().for_each(|data| read(data, &mut give));
        read(&self.young, give);
    }
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
            Some(id) => self.num_of(id)?,
            None => None,
        };
        let own = without.and_then(|id| id.parse().ok());
        let frequencies = self.by_words(seek, left_out, own, &mut gathered)?;
        self.by_links(seek, &mut gathered)?;
        for num in in_range {
            gathered.signals.entry(*num).or_default().in_range = true;
        }
        let total = self.cache.records().max(SMALLEST) as f32;
        let rarity = |hash: u64| {
            let common = self.cache.common.get(&hash).or_else(|| frequencies.get(&hash)).copied();
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

    /// Records that are cited, or share an address or a commit.
    fn by_links(&self, seek: &Seek, gathered: &mut Gathered) -> Result<(), MirrorError> {
        for id in &seek.ids {
            if let Some(num) = self.num_of(id)? {
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

    /// Where a term stands.
    fn postings(&self, term: &str) -> Result<Postings, MirrorError> {
        self.postings_of(&[term])?.pop().ok_or(MirrorError::Broken)
    }

    /// Where each of these terms stands, in their order. One question for all: a report has some hundred words.
    pub(super) fn postings_of(&self, terms: &[&str]) -> Result<Vec<Postings>, MirrorError> {
        let young = |term: &&str| {
            let (df, young) = self.cache.young.list(term);
            Postings { df, stored: Vec::new(), young }
        };
        let mut all: Vec<Postings> = terms.iter().map(young).collect();
        if self.cache.indexed == 0 {
            return Ok(all);
        }
        let mut query = self.connection.prepare_cached(
            "SELECT asked.key, posting.df, posting.data
             FROM json_each(?1) AS asked CROSS JOIN posting ON posting.term = asked.value",
        )?;
        let mut rows = query.query([serde_json::to_string(terms).unwrap_or_default()])?;
        while let Some(row) = rows.next()? {
            if let Some(postings) = all.get_mut(row.get::<_, usize>(0)?) {
                postings.df += row.get::<_, u32>(1)?;
                postings.stored.push(row.get(2)?);
            }
        }
        Ok(all)
    }

    /// The number of the record of an id.
    fn num_of(&self, id: &str) -> Result<Option<u32>, MirrorError> {
        let mut query = self.connection.prepare_cached("SELECT num FROM record WHERE id = ?1")?;
        Ok(query.query_row([id], |row| row.get(0)).optional()?)
    }

    /// When the case of this number began, against that one; none: it is gone.
    pub(super) fn stands(&self, num: u32, own: Option<CaseId>) -> Result<Option<When>, MirrorError> {
        let mut query = self.connection.prepare_cached("SELECT id FROM record WHERE num = ?1")?;
        let id: Option<String> = query.query_row([num], |row| row.get(0)).optional()?;
        let when = |id: CaseId| if own.is_none_or(|own| id < own) { When::Earlier } else { When::Later };
        Ok(id.and_then(|id| id.parse().ok()).map(when))
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
                self.postings(term)?.each(|num, _, _| {
                    nums.insert(num);
                });
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
            if !is_here && self.num_of(id)?.is_none() {
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
