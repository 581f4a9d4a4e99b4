//! How like a report and a record are: features, each of which can be told to a person, and their weights.

use std::borrow::Cow;

use super::find::{Seek, pair};
use super::hashed::Hashes;
use super::links;
use super::range::{Inside, inside};
use super::record::{Record, Source, Status};
use super::weakness;
use super::weights::{BIAS, CALIBRATION, WEIGHTS};
use super::words::{self, Kind, hash};

/// How many features there are.
pub const FEATURES: usize = 30;

/// Their names, in order; for the table that the fitter prints.
pub const NAMES: [&str; FEATURES] = [
    "bm25_relative",
    "bm25_log",
    "title_bm25",
    "coverage",
    "coverage_squared",
    "rare_coverage",
    "title_found",
    "pair_coverage",
    "product_in_title",
    "product_in_text",
    "version_in",
    "version_out",
    "version_shared",
    "names_shared",
    "name_coverage",
    "url",
    "project",
    "weakness_same",
    "weakness_other",
    "year_named",
    "year_distance",
    "record_length",
    "early_coverage",
    "commit",
    "early_pairs",
    "product_by_coverage",
    "title_whole",
    "rare_missing",
    "first_rank",
    "text_in_record",
];

/// What the index knows of a candidate before it is read.
#[derive(Debug, Clone, Copy, Default)]
pub struct Signals {
    /// BM25 of the whole report, over the best candidate's (0 to 1).
    pub relative: f32,
    /// BM25 of the whole report.
    pub bm25: f32,
    /// BM25 of the title, over the best candidate's (0 to 1).
    pub title: f32,
    /// For shared addresses, the sum of one over the number of records that have each.
    pub url: f32,
    /// The same for commits.
    pub commit: f32,
    /// The id is cited.
    pub cited: bool,
    /// It is the best by BM25.
    pub first: bool,
    /// The title names a bundled package with a version that lies in this record's range.
    pub in_range: bool,
}

/// How a candidate compares.
#[derive(Debug, Clone, Default)]
pub struct Likeness {
    /// Values in the order of [`NAMES`].
    pub features: [f32; FEATURES],
    /// Rare words that both have, the rarest first; at most six.
    pub rare: Vec<String>,
    /// Share of the record's words found, weighed by rarity (0 to 1).
    pub coverage: f32,
    /// Names of functions and files that both have; at most six.
    pub names: Vec<String>,
    /// The product that the report names, and whether in its title.
    pub product: Option<(String, bool)>,
    /// A version of the report that lies in or outside the record's ranges.
    pub version: Option<(String, Inside)>,
    /// Classes of weakness that both have.
    pub weakness: u32,
    /// Shared addresses.
    pub urls: Vec<String>,
    /// Shared commits.
    pub commits: Vec<String>,
}

/// How often a word stands in the mirror, as weight: the natural logarithm of one over its share.
/// It is asked for by the word's hash.
pub type Rarity<'a> = &'a dyn Fn(u64) -> f32;

/// Compares a report with a record.
pub fn compare(seek: &Seek, record: &Record, signals: &Signals, rarity: Rarity<'_>) -> Likeness {
    let mut like = Likeness::default();
    let keys: Vec<String> = record.references.iter().filter_map(|url| links::key(url)).collect();
    let projects: Vec<String> = keys.iter().filter_map(|key| links::project(key)).collect();
    let sums = compare_words(seek, record, &projects, rarity, &mut like);
    let product = compare_products(seek, record, &projects, &mut like);
    compare_versions(seek, record, &mut like);
    compare_links(seek, &keys, &mut like);
    let theirs = weakness::classes(&record.text) | weakness::of_cwe(&record.cwe);
    like.weakness = seek.weakness & theirs;
    let other = seek.weakness != 0 && theirs != 0 && like.weakness == 0;
    let coverage = sums.share(sums.found, sums.all);
    like.coverage = coverage;
    let year = year_of(record);
    let distance = seek.years.iter().map(|named| (named - year).abs()).min();
    let in_range = matches!(like.version, Some((_, Inside::In)));
    let out = matches!(like.version, Some((_, Inside::Out)));
    let title_words: f32 = sums.title_all;
    like.features = [
        signals.relative,
        signals.bm25.max(0.0).ln_1p(),
        signals.title,
        coverage,
        coverage * coverage,
        sums.share(sums.rare_found, sums.rare_all),
        sums.share(sums.title_found, title_words),
        sums.share(sums.pairs_found, sums.pairs_all),
        product.title,
        product.text,
        f32::from(u8::from(in_range)),
        f32::from(u8::from(out)),
        sums.versions.min(3.0),
        sums.names.ln_1p(),
        sums.share(sums.names_found, sums.names_all),
        signals.url.min(2.0),
        product.project,
        f32::from(u8::from(like.weakness != 0)),
        f32::from(u8::from(other)),
        f32::from(u8::from(seek.years.contains(&year))),
        f32::from(distance.unwrap_or(4).min(8)) / 8.0,
        sums.length.ln_1p(),
        sums.share(sums.early_found, sums.early_all),
        signals.commit.min(1.0),
        sums.share(sums.early_pairs_found, sums.early_pairs_all),
        product.title * coverage,
        f32::from(u8::from(title_words > 0.0 && sums.title_found >= title_words * 0.95)),
        (sums.rare_all - sums.rare_found).max(0.0).ln_1p(),
        f32::from(u8::from(signals.first)),
        sums.found.ln_1p(),
    ];
    like
}

fn year_of(record: &Record) -> i16 {
    let in_id = || record.id.strip_prefix("CVE-")?.split('-').next()?.parse().ok();
    in_id().or_else(|| record.published.map(|at| at.to_zoned(jiff::tz::TimeZone::UTC).year())).unwrap_or(0)
}

/// Sums over the words of a record, weighed by rarity.
#[derive(Default)]
struct Sums {
    all: f32,
    found: f32,
    rare_all: f32,
    rare_found: f32,
    early_all: f32,
    early_found: f32,
    pairs_all: f32,
    pairs_found: f32,
    early_pairs_all: f32,
    early_pairs_found: f32,
    names: f32,
    names_all: f32,
    names_found: f32,
    title_all: f32,
    title_found: f32,
    versions: f32,
    length: f32,
}

impl Sums {
    #[allow(clippy::unused_self, reason = "reads as: the share of these sums")]
    fn share(&self, part: f32, whole: f32) -> f32 {
        if whole > 0.0 { (part / whole).clamp(0.0, 1.0) } else { 0.0 }
    }
}

/// Words rarer than one in about 150 records.
const RARE: f32 = 5.0;

/// Words up to this place name the product in most descriptions.
const EARLY: u32 = 14;

fn compare_words(
    seek: &Seek,
    record: &Record,
    projects: &[String],
    rarity: Rarity<'_>,
    like: &mut Likeness,
) -> Sums {
    let mut sums = Sums::default();
    let mut rare: Vec<(f32, u64)> = Vec::new();
    let mut met = Hashes::default();
    let (mut last, mut last_place, mut last_rarity) = (0, 0, 0.0);
    let titled = if record.title.is_empty() {
        Cow::Borrowed(&record.text)
    } else {
        Cow::Owned(format!("{}\n{}", record.title, record.text))
    };
    words::each(&titled, |word, kind, place| {
        let hash = hash(word);
        let is_new = met.insert(hash);
        if !is_new && place == last_place {
            return;
        }
        let weight = rarity(hash);
        let early = place <= EARLY;
        if place != last_place {
            if last_place > 0 {
                let both = (weight + last_rarity) / 2.0;
                let found = if seek.pairs.contains(&pair(last, hash)) { both } else { 0.0 };
                sums.pairs_all += both;
                sums.pairs_found += found;
                if early {
                    sums.early_pairs_all += both;
                    sums.early_pairs_found += found;
                }
            }
            (last, last_place, last_rarity) = (hash, place, weight);
        }
        if !is_new {
            return;
        }
        sums.length += 1.0;
        let seen = seek.words.by_hash(hash);
        let found = if seen.is_some() { weight } else { 0.0 };
        sums.all += weight;
        sums.found += found;
        if weight > RARE {
            sums.rare_all += weight;
            sums.rare_found += found;
        }
        if early {
            sums.early_all += weight;
            sums.early_found += found;
        }
        if kind == Kind::Version && seen.is_some() {
            sums.versions += 1.0;
        }
        if kind == Kind::Name {
            sums.names_all += weight;
            sums.names_found += found;
            if seen.is_some() {
                sums.names += weight;
                if like.names.len() < 6 && weight > RARE {
                    like.names.push(word.to_owned());
                }
            }
        }
        if seen.is_some() && weight > RARE {
            rare.push((weight, hash));
        }
    });
    title_sums(seek, record, projects, rarity, &mut met, &mut sums);
    rare.sort_by(|left, right| right.0.total_cmp(&left.0));
    let word = |(_, hash): (f32, u64)| seek.words.by_hash(hash).map(|(word, _)| word.to_owned());
    like.rare = rare.into_iter().take(6).filter_map(word).collect();
    sums
}

/// Share of the report's title that the record has, products and addressed projects included.
fn title_sums(
    seek: &Seek,
    record: &Record,
    projects: &[String],
    rarity: Rarity<'_>,
    met: &mut Hashes,
    sums: &mut Sums,
) {
    for product in &record.products {
        words::each(&product.name.replace('_', " "), |word, _, _| {
            met.insert(hash(word));
        });
    }
    for project in projects {
        words::each(&project.replace('/', " "), |word, _, _| {
            met.insert(hash(word));
        });
    }
    for (_, seen) in seek.words.iter() {
        if seen.title {
            let weight = rarity(seen.hash);
            sums.title_all += weight;
            if met.contains(&seen.hash) {
                sums.title_found += weight;
            }
        }
    }
}

/// How far the report names a product of the record.
#[derive(Default)]
struct Named {
    title: f32,
    text: f32,
    project: f32,
}

fn compare_products(seek: &Seek, record: &Record, projects: &[String], like: &mut Likeness) -> Named {
    let mut named = Named::default();
    let mut best = 0.0_f32;
    for product in record.products.iter().take(20) {
        let (mut all, mut text, mut title) = (0.0_f32, 0.0_f32, 0.0_f32);
        words::each(&product.name.replace('_', " "), |word, _, _| {
            let seen = seek.words.get(word);
            all += 1.0;
            text += f32::from(u8::from(seen.is_some()));
            title += f32::from(u8::from(seen.is_some_and(|seen| seen.title)));
        });
        if all == 0.0 {
            continue;
        }
        named.text = named.text.max(text / all);
        named.title = named.title.max(title / all);
        let sum = (text + title) / all;
        if text >= all && sum > best {
            best = sum;
            like.product = Some((product.name.clone(), title >= all));
        }
    }
    for project in projects {
        if seek.projects.contains(project) {
            named.project = 1.0;
        } else if let Some((_, name)) = project.split_once('/')
            && seek.words.get(name).is_some_and(|seen| seen.title)
        {
            named.project = named.project.max(0.5);
        }
    }
    named
}

/// The versions of the report against the ranges of the products that it names.
fn compare_versions(seek: &Seek, record: &Record, like: &mut Likeness) {
    let Some((name, _)) = like.product.clone() else { return };
    let ranges = record.ranges_of(|_, product| product == name);
    if ranges.is_empty() {
        return;
    }
    for (text, version) in seek.versions.iter().take(6) {
        match inside(&ranges, version) {
            Inside::In => {
                like.version = Some((text.clone(), Inside::In));
                return;
            }
            Inside::Out if like.version.is_none() => like.version = Some((text.clone(), Inside::Out)),
            Inside::Out | Inside::Unknown => {}
        }
    }
}

fn compare_links(seek: &Seek, keys: &[String], like: &mut Likeness) {
    for key in keys {
        let commits = if seek.commits.is_empty() { Vec::new() } else { links::commits(key) };
        for commit in commits {
            if seek.commits.contains(&commit) && !like.commits.contains(&commit) {
                like.commits.push(commit);
            }
        }
        if seek.urls.contains(key) && !like.urls.contains(key) {
            like.urls.push(key.clone());
        }
    }
}

/// The score by which candidates are ordered. Higher is more alike; it has no unit.
pub fn score(features: &[f32; FEATURES]) -> f32 {
    features.iter().zip(WEIGHTS).fold(BIAS, |sum, (value, weight)| sum + value * weight)
}

/// Added when the title names a bundled package with a version in the record's range. Set by hand, not fitted: such
/// reports ("zlib 1.2.11 is vulnerable") have hardly any words to be alike in.
pub const IN_RANGE_BONUS: f32 = 2.0;

/// How sure the first of a list is to be the same thing, 0 to 1, from its score, its lead over the second, and how much
/// of it was found.
pub fn sureness(like: &Likeness, score: f32, second: f32) -> f32 {
    let sum = calibrating(like, score, second)
        .iter()
        .zip(CALIBRATION)
        .fold(0.0, |sum, (value, weight)| sum + value * weight);
    1.0 / (1.0 + (-sum).exp())
}

/// How many values [`sureness`] weighs.
pub const CALIBRATING: usize = 8;

/// The values that [`sureness`] weighs.
pub fn calibrating(like: &Likeness, score: f32, second: f32) -> [f32; CALIBRATING] {
    let lead = (score - second).clamp(0.0, 6.0);
    let [.., last_found] = like.features;
    let at = |place: usize| like.features.get(place).copied().unwrap_or(0.0);
    [1.0, score, lead, lead.sqrt(), like.coverage, at(7), at(5), last_found]
}

/// Whether a record can be a candidate by likeness: rejected ones are answered only when cited.
pub fn may_rank(record: &Record) -> bool {
    record.status != Status::Rejected || record.source == Source::Case
}
