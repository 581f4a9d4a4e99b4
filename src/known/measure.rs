//! How good the check is: reports whose record is known, asked with that record and again without it.
//!
//! The measure that everybody can repeat: `sir-intake known --pairs FILE.jsonl`, and `cargo bench --bench known`.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Answer, LIKELY, Question, Verdict};

/// A report with its true record: one line of a file of pairs.
#[derive(Debug, Clone, Deserialize)]
pub struct Pair {
    /// The id of the record.
    pub cve: String,
    /// The text of the report, in which the id does not stand.
    pub text: String,
    /// Where the text comes from.
    #[serde(default)]
    pub source: String,
    /// Share of the record's words in the text, 0 to 1, if somebody counted.
    #[serde(default)]
    pub overlap: Option<f32>,
}

/// Texts from this length on are counted apart, in bytes: a whole report of a mail.
const LONG: usize = 9_000;

/// Shares of the pairs whose record is among the first so many candidates.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Recall {
    /// Pairs.
    pub pairs: usize,
    /// It is the first.
    pub at_1: f64,
    /// Among five.
    pub at_5: f64,
    /// Among ten.
    pub at_10: f64,
}

/// One point of the open-set curve: what happens when everything this sure is called known.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Point {
    /// The sureness from which on a first candidate counts.
    pub threshold: f32,
    /// Share of the known ones that are called known, by the right record.
    pub right: f64,
    /// Share of the new ones (their record taken out) that are called known.
    pub wrong: f64,
}

/// Milliseconds of a query.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Times {
    /// Queries.
    pub queries: usize,
    /// Half of them take no longer.
    pub p50: f64,
    /// 95 of 100 take no longer.
    pub p95: f64,
}

/// What was measured.
#[derive(Debug, Clone, Serialize)]
pub struct Figures {
    /// All pairs.
    pub recall: Recall,
    /// Pairs whose record the mirror does not have; they count as missed.
    pub absent: usize,
    /// By where the text comes from.
    pub by_source: BTreeMap<String, Recall>,
    /// By quarters of the overlap, the lowest first: texts of maintainers, who write as NVD does, flatter.
    pub by_overlap: Vec<(f32, f32, Recall)>,
    /// The whole curve.
    pub open_set: Vec<Point>,
    /// The point at which the program says `likely-known`.
    pub at_default: Point,
    /// How often each verdict is the first candidate's, of known and of new ones.
    pub verdicts: BTreeMap<&'static str, (usize, usize)>,
    /// All queries with the record there.
    pub ms: Times,
    /// Those of long texts.
    pub ms_long: Times,
    /// The place of each pair's record, from 0; beyond the tenth `usize::MAX`.
    #[serde(skip)]
    pub ranks: Vec<usize>,
}

/// One pair, asked twice.
struct Asked {
    rank: usize,
    sure: f32,
    verdict: Verdict,
    sure_without: f32,
    verdict_without: Verdict,
    ms: f64,
}

/// Asks every pair with its record and without it. `ask` gives the answer and how long it took in milliseconds; `has`
/// tells whether the mirror has a record.
///
/// # Errors
/// The first fault of either.
pub fn measure<E>(
    pairs: &[Pair],
    mut ask: impl FnMut(&Question) -> Result<(Answer, f64), E>,
    mut has: impl FnMut(&str) -> Result<bool, E>,
) -> Result<Figures, E> {
    let mut all = Vec::with_capacity(pairs.len());
    let mut absent = 0;
    for pair in pairs {
        absent += usize::from(!has(&pair.cve)?);
        let question = Question { text: pair.text.clone(), limit: 10, ..Question::default() };
        let (answer, ms) = ask(&question)?;
        let rank = answer.candidates.iter().position(|found| found.id == pair.cve);
        let (sure, verdict) = first(&answer);
        let (answer, _) = ask(&Question { without: Some(pair.cve.clone()), ..question })?;
        let (sure_without, verdict_without) = first(&answer);
        let rank = rank.unwrap_or(usize::MAX);
        all.push(Asked { rank, sure, verdict, sure_without, verdict_without, ms });
    }
    let ranks: Vec<usize> = all.iter().map(|asked| asked.rank).collect();
    let mut sources: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (pair, rank) in pairs.iter().zip(&ranks) {
        sources.entry(pair.source.clone()).or_default().push(*rank);
    }
    let mut verdicts: BTreeMap<&'static str, (usize, usize)> = BTreeMap::new();
    for asked in &all {
        verdicts.entry(asked.verdict.word()).or_default().0 += 1;
        verdicts.entry(asked.verdict_without.word()).or_default().1 += 1;
    }
    let long = pairs.iter().zip(&all).filter(|(pair, _)| pair.text.len() > LONG).map(|(_, asked)| asked.ms);
    Ok(Figures {
        recall: recall(&ranks),
        absent,
        by_source: sources.into_iter().map(|(source, ranks)| (source, recall(&ranks))).collect(),
        by_overlap: quarters(pairs, &ranks),
        open_set: (1_u8..20).map(|step| point(&all, f32::from(step) / 20.0)).collect(),
        at_default: point(&all, LIKELY),
        verdicts,
        ms: times(all.iter().map(|asked| asked.ms).collect()),
        ms_long: times(long.collect()),
        ranks,
    })
}

fn first(answer: &Answer) -> (f32, Verdict) {
    answer.candidates.first().map_or((0.0, Verdict::None), |found| (found.sureness, found.verdict))
}

fn share(part: usize, whole: usize) -> f64 {
    part as f64 / whole.max(1) as f64
}

/// The shares of places (from 0).
pub fn recall(ranks: &[usize]) -> Recall {
    let at = |k: usize| share(ranks.iter().filter(|rank| **rank < k).count(), ranks.len());
    Recall { pairs: ranks.len(), at_1: at(1), at_5: at(5), at_10: at(10) }
}

fn quarters(pairs: &[Pair], ranks: &[usize]) -> Vec<(f32, f32, Recall)> {
    let mut told: Vec<(f32, usize)> =
        pairs.iter().zip(ranks).filter_map(|(pair, rank)| Some((pair.overlap?, *rank))).collect();
    told.sort_by(|left, right| left.0.total_cmp(&right.0));
    let quarter = |part: &[(f32, usize)]| {
        let ranks: Vec<usize> = part.iter().map(|(_, rank)| *rank).collect();
        Some((part.first()?.0, part.last()?.0, recall(&ranks)))
    };
    told.chunks(told.len().div_ceil(4).max(1)).filter_map(quarter).collect()
}

fn point(all: &[Asked], threshold: f32) -> Point {
    let right = all.iter().filter(|asked| asked.rank == 0 && asked.sure >= threshold).count();
    let wrong = all.iter().filter(|asked| asked.sure_without >= threshold).count();
    Point { threshold, right: share(right, all.len()), wrong: share(wrong, all.len()) }
}

fn times(mut ms: Vec<f64>) -> Times {
    ms.sort_by(f64::total_cmp);
    let part = |percent: usize| {
        let at = (ms.len() * percent / 100).min(ms.len().saturating_sub(1));
        ms.get(at).copied().unwrap_or(0.0)
    };
    Times { queries: ms.len(), p50: part(50), p95: part(95) }
}

impl Figures {
    /// The figures for people.
    pub fn as_text(&self) -> String {
        let mut out = format!("{} pairs: {}\n", self.recall.pairs, self.recall);
        if self.absent > 0 {
            out.push_str(&format!(
                "{} of their records are not in the mirror and count as missed\n",
                self.absent
            ));
        }
        out.push_str(&format!("ms a query: p50 {:.1}, p95 {:.1}", self.ms.p50, self.ms.p95));
        if self.ms_long.queries > 0 {
            out.push_str(&format!(
                "; {} texts over {} kB: p50 {:.1}, p95 {:.1}",
                self.ms_long.queries,
                LONG / 1_000,
                self.ms_long.p50,
                self.ms_long.p95
            ));
        }
        out.push('\n');
        if self.by_source.len() > 1 {
            for (source, recall) in &self.by_source {
                out.push_str(&format!("  {source:16} {:5}  {}\n", recall.pairs, recall));
            }
        }
        for (at, (low, high, recall)) in self.by_overlap.iter().enumerate() {
            out.push_str(&format!("  overlap quarter {} ({low:.2} to {high:.2}): {recall}\n", at + 1));
        }
        out.push_str("open set: threshold, known ones called known and right, new ones called known\n");
        for point in &self.open_set {
            out.push_str(&format!("  {:.2}  {:.3}  {:.3}\n", point.threshold, point.right, point.wrong));
        }
        let point = self.at_default;
        out.push_str(&format!(
            "  {:.2}  {:.3}  {:.3}  <- likely-known\n",
            point.threshold, point.right, point.wrong
        ));
        out.push_str("verdict of the first candidate: of known ones, of new ones\n");
        for (verdict, (known, new)) in &self.verdicts {
            out.push_str(&format!("  {verdict:16} {known:5} {new:5}\n"));
        }
        out
    }
}

impl fmt::Display for Recall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "R@1 {:.3} R@5 {:.3} R@10 {:.3}", self.at_1, self.at_5, self.at_10)
    }
}
