//! From ranked candidates to an answer: verdicts, publicity, and what of a record is shown.

use std::sync::Arc;

use jiff::Timestamp;

use super::mirror::Found;
use super::rank;
use super::reason::{Reason, reasons};
use super::record::{Record, Source, Status};
use super::shipped::PackageCheck;
use super::{Age, Answer, Candidate, Publicity, Question, Verdict, url_of};

/// From here on a first candidate is called likely known: at most one new report in ten gets there (measured on
/// `pairs-fit.jsonl` with the true record taken out).
pub const LIKELY: f32 = 0.66;

/// From here on a candidate is called related.
pub const RELATED: f32 = 0.1;

/// What chance brings: in nineteen of twenty reports of `pairs-fit.jsonl` the best wrong record of the whole mirror scores at
/// least so much. A lead over a second that scores less is no lead: in a mirror of ten records anything is far ahead.
const NOISE: f32 = 9.6;

/// A reference that at most so many records have tells of one of them.
const FEW: f32 = 1.0 / 3.0 - 0.01;

/// An earlier case is worth a look when the report has so much of its words, in percent.
const CASE_WORDS: u8 = 30;

/// Or when it has nearly all of its words, in percent, ...
const CASE_WHOLE: u8 = 80;

/// ... so many rare ones among them, as many as a reason names.
const CASE_RARE: usize = 5;

/// And when it is so sure; the calibration is of public records, and ours are all of one kind.
const CASE_RELATED: f32 = 0.3;

/// The default number of candidates.
const SHOWN: usize = 5;

/// Makes the answer.
pub(crate) fn answer(
    question: &Question,
    found: Vec<Found>,
    packages: Vec<PackageCheck>,
    unknown_ids: Vec<String>,
    mirror: Age,
) -> Answer {
    let limit = if question.limit == 0 { SHOWN } else { question.limit };
    let is_itself = |found: &Found| {
        question.itself.as_ref().is_some_and(|own| own.eq_ignore_ascii_case(&found.record.id))
    };
    let others = found.into_iter().filter(|found| !is_itself(found));
    let (cases, public): (Vec<Found>, Vec<Found>) =
        others.partition(|found| found.record.source == Source::Case);
    let candidates = candidates(question, public, &packages, limit, Rivals::Each);
    let cases = candidates_of_cases(question, cases, limit);
    let verdict = candidates.iter().map(|candidate| candidate.verdict).min().unwrap_or(Verdict::None);
    Answer { verdict, candidates, cases, packages, unknown_ids, mirror }
}

fn candidates_of_cases(question: &Question, cases: Vec<Found>, limit: usize) -> Vec<Candidate> {
    let mut all = candidates(question, cases, &[], usize::MAX, Rivals::Ours);
    // Three cases of one thing are not ahead of each other, and each is the same thing.
    let repeats = |r: &Reason| matches!(r, Reason::Words { percent, rare } if *percent >= CASE_WHOLE && rare.len() >= CASE_RARE);
    for candidate in all.iter_mut().filter(|candidate| candidate.verdict == Verdict::None) {
        if candidate.reasons.iter().any(repeats) {
            candidate.verdict = Verdict::Related;
        }
    }
    // All our cases speak of O3DE and of weaknesses: that alone is no reason to look at one again.
    let tells = |candidate: &Candidate| match candidate.verdict {
        Verdict::Cited | Verdict::SameReference | Verdict::LikelyKnown => true,
        Verdict::Related => {
            let enough = |r: &Reason| matches!(r, Reason::Words { percent, .. } if *percent >= CASE_WORDS);
            let sure = candidate.sureness >= CASE_RELATED;
            candidate.reasons.iter().any(|reason| repeats(reason) || (sure && enough(reason)))
        }
        Verdict::None => false,
    };
    // Two cases of one thing: the later one names the earlier.
    let earlier = |candidate: &Candidate| match (candidate.published, question.received) {
        (Some(theirs), Some(ours)) if theirs == ours => {
            question.without.as_ref().is_none_or(|own| candidate.id < *own)
        }
        (Some(theirs), Some(ours)) => theirs < ours,
        (None, _) | (_, None) => true,
    };
    all.retain(|candidate| tells(candidate) && earlier(candidate));
    all.truncate(limit);
    all
}

/// Over what a candidate must have a lead to be taken for the same thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rivals {
    /// Over the other candidates: one public record of many is the right one.
    Each,
    /// Over the other cases of ours, which are few and all of one kind.
    Ours,
}

fn candidates(
    question: &Question,
    found: Vec<Found>,
    packages: &[PackageCheck],
    limit: usize,
    rivals: Rivals,
) -> Vec<Candidate> {
    let scores: Arc<[f32]> = found.iter().map(|found| found.score).collect();
    let mut all: Vec<Candidate> = found
        .into_iter()
        .enumerate()
        .map(|(at, found)| {
            // The lead of the first is over the second; of another, how far it is behind the first.
            let rival = if at == 0 { scores.get(1) } else { scores.first() }.copied();
            let rival = match rivals {
                Rivals::Each => rival.map_or(NOISE, |rival| rival.max(NOISE)),
                Rivals::Ours => rival.unwrap_or(found.score - 6.0),
            };
            candidate(question, found, rival, packages)
        })
        .collect();
    // What is cited or shares a reference stands above what is only alike.
    all.sort_by_key(|candidate| match candidate.verdict {
        Verdict::Cited => 0,
        Verdict::SameReference => 1,
        Verdict::LikelyKnown | Verdict::Related | Verdict::None => 2,
    });
    all.truncate(limit);
    all
}

fn candidate(question: &Question, found: Found, other: f32, packages: &[PackageCheck]) -> Candidate {
    let Found { record, like, signals, alias, score } = found;
    let sureness = rank::sureness(&like, score, other);
    let row = packages.iter().flat_map(|check| &check.rows).find(|row| row.id == record.id);
    let alias = alias.as_deref().filter(|id| *id != record.id);
    let is_same =
        (!like.urls.is_empty() && signals.url > FEW) || (!like.commits.is_empty() && signals.commit > FEW);
    // Another case that cites the same id may well be the same report, but it is not what was cited.
    let shares_id = record.source == Source::Case && alias.is_some();
    let verdict = if shares_id {
        Verdict::SameReference
    } else if signals.cited || alias.is_some() {
        Verdict::Cited
    } else if is_same {
        Verdict::SameReference
    } else if sureness >= LIKELY {
        Verdict::LikelyKnown
    } else if sureness >= RELATED || row.is_some() {
        Verdict::Related
    } else {
        Verdict::None
    };
    let mut reasons = reasons(&like, signals.cited, alias);
    if shares_id && let Some(Reason::Alias(id)) = reasons.first().cloned() {
        reasons.splice(..1, [Reason::SameId(id)]);
    }
    if let Some(row) = row {
        let at =
            reasons.iter().take_while(|reason| matches!(reason, Reason::Cited | Reason::Alias(_))).count();
        reasons.insert(at, Reason::Shipped(row.sentence.clone()));
    }
    let fixed = row.and_then(|row| row.fixed.clone()).or_else(|| record.fixed());
    Candidate {
        url: url_of(record.source, &record.id),
        publicity: publicity(&record, question.received),
        title: title(&record),
        status: record.status,
        closure: record.closure,
        published: record.published,
        source: record.source,
        id: record.id,
        verdict,
        score,
        sureness,
        reasons,
        fixed,
    }
}

/// What became public only after the report came may be a leak. A public advisory or issue of O3DE counts as publicly known when it was there before the report and O3DE marked it.
fn publicity(record: &Record, received: Option<Timestamp>) -> Publicity {
    let younger =
        matches!((record.published, received), (Some(published), Some(received)) if published > received);
    match (record.source, record.status) {
        (Source::Case, _) | (Source::Advisory, Status::Private) => Publicity::Members,
        (Source::Nvd, _) if younger => Publicity::PossibleLeak,
        (Source::Nvd, _) => Publicity::Public,
        (Source::Advisory | Source::Issue, _) if younger || !record.labelled => Publicity::PossibleLeak,
        (Source::Advisory | Source::Issue, _) => Publicity::Public,
    }
}

fn title(record: &Record) -> String {
    let text = if record.title.is_empty() { &record.text } else { &record.title };
    let line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= 110 { line } else { line.chars().take(109).chain(['…']).collect() }
}
