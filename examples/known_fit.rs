//! Fits the weights of `src/known/weights.rs` on public pairs: `cargo run --release --example known_fit -- MIRROR PAIRS.jsonl [COUNT]`.
//!
//! Order: the softmax over a report's candidates should give the true record (Adam, ridge). Sureness: a logistic over
//! the first candidate, with the true record there (right or wrong) and taken out (always wrong). One pair in five is
//! held out by the hash of its id; figures are printed for both parts. Never give it the pairs for checking.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::too_many_lines,
    clippy::use_debug,
    reason = "a workbench: it fails loudly and prints for people"
)]

use std::path::Path;

use sir_intake::known::rank::{CALIBRATING, FEATURES, Likeness, NAMES, calibrating};
use sir_intake::known::words::hash;
use sir_intake::known::{Mirror, Question};

#[derive(serde::Deserialize)]
struct Pair {
    cve: String,
    text: String,
}

struct Case {
    held: bool,
    truth: Option<usize>,
    with: Vec<(Likeness, f32)>,
    without: Vec<(Likeness, f32)>,
}

const KEPT: usize = 50;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [mirror, pairs, rest @ ..] = args.as_slice() else {
        println!("usage: known_fit MIRROR PAIRS.jsonl [COUNT]");
        return;
    };
    assert!(!pairs.contains("check"), "weights are never fitted on the pairs for checking");
    let count: usize = rest.first().map_or(4000, |text| text.parse().unwrap());
    let text = std::fs::read_to_string(pairs).unwrap();
    let mut all: Vec<Pair> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    all.sort_by_key(|pair| hash(&pair.text));
    all.truncate(count);
    let cases = gather(mirror, &all);
    let reached = cases.iter().filter(|case| case.truth.is_some()).count();
    println!(
        "{} pairs, the true record among the kept candidates in {:.3}",
        cases.len(),
        share(reached, cases.len())
    );
    let weights = fit(&cases);
    println!("pub(super) const WEIGHTS: [f32; FEATURES] = {weights:.3?};");
    for (name, weight) in NAMES.iter().zip(weights) {
        println!("  {name:22} {weight:8.3}");
    }
    for held in [false, true] {
        let part: Vec<&Case> = cases.iter().filter(|case| case.held == held).collect();
        let at = |k: usize| {
            share(
                part.iter().filter(|case| rank_of(case, &weights).is_some_and(|r| r < k)).count(),
                part.len(),
            )
        };
        println!("held out {held}: R@1 {:.3} R@5 {:.3} R@10 {:.3} of {}", at(1), at(5), at(10), part.len());
    }
    calibrate(&cases, &weights);
}

fn share(part: usize, whole: usize) -> f64 {
    part as f64 / whole.max(1) as f64
}

fn gather(path: &str, pairs: &[Pair]) -> Vec<Case> {
    let half = pairs.len().div_ceil(2).max(1);
    std::thread::scope(|scope| {
        let workers: Vec<_> = pairs
            .chunks(half)
            .map(|chunk| {
                scope.spawn(move || {
                    let mirror = Mirror::open(Path::new(path)).unwrap();
                    chunk.iter().map(|pair| case(&mirror, pair)).collect::<Vec<_>>()
                })
            })
            .collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    })
}

fn case(mirror: &Mirror, pair: &Pair) -> Case {
    let mut question = Question { text: pair.text.clone(), ..Question::default() };
    let found = mirror.features(&question).unwrap();
    let truth = found.iter().position(|(id, ..)| *id == pair.cve);
    let mut kept: Vec<(Likeness, f32)> =
        found.iter().take(KEPT).map(|(_, like, score)| (like.clone(), *score)).collect();
    let truth = truth.map(|at| {
        if at < KEPT {
            at
        } else {
            kept.push((found[at].1.clone(), found[at].2));
            KEPT
        }
    });
    question.without = Some(pair.cve.clone());
    let without = mirror
        .features(&question)
        .unwrap()
        .into_iter()
        .take(8)
        .map(|(_, like, score)| (like, score))
        .collect();
    Case { held: hash(&pair.cve).is_multiple_of(5), truth, with: kept, without }
}

fn dot(weights: &[f32; FEATURES], like: &Likeness) -> f32 {
    weights.iter().zip(like.features).map(|(w, f)| w * f).sum()
}

fn rank_of(case: &Case, weights: &[f32; FEATURES]) -> Option<usize> {
    let truth = case.truth?;
    let own = dot(weights, &case.with[truth].0);
    Some(
        case.with
            .iter()
            .enumerate()
            .filter(|(at, (like, _))| *at != truth && dot(weights, like) >= own)
            .count(),
    )
}

fn fit(cases: &[Case]) -> [f32; FEATURES] {
    let (mut w, mut m, mut v) = ([0.0_f32; FEATURES], [0.0_f32; FEATURES], [0.0_f32; FEATURES]);
    let learn: Vec<&Case> = cases.iter().filter(|case| !case.held && case.truth.is_some()).collect();
    for step in 1..=600 {
        let mut gradient = [0.0_f32; FEATURES];
        for case in &learn {
            let scores: Vec<f32> = case.with.iter().map(|(like, _)| dot(&w, like)).collect();
            let top = scores.iter().copied().fold(f32::MIN, f32::max);
            let sum: f32 = scores.iter().map(|s| (s - top).exp()).sum();
            for (at, ((like, _), score)) in case.with.iter().zip(&scores).enumerate() {
                let error = (score - top).exp() / sum - f32::from(u8::from(Some(at) == case.truth));
                if error.abs() > 1e-5 {
                    for (g, f) in gradient.iter_mut().zip(like.features) {
                        *g += error * f;
                    }
                }
            }
        }
        for at in 0..FEATURES {
            let g = gradient[at] / learn.len() as f32 + 2e-4 * w[at];
            m[at] = 0.9 * m[at] + 0.1 * g;
            v[at] = 0.999 * v[at] + 0.001 * g * g;
            let (mh, vh) = (m[at] / (1.0 - 0.9_f32.powi(step)), v[at] / (1.0 - 0.999_f32.powi(step)));
            w[at] -= 0.05 * mh / (vh.sqrt() + 1e-8);
        }
    }
    w
}

/// The first two by these weights.
fn first(list: &[(Likeness, f32)], weights: &[f32; FEATURES]) -> Option<(usize, f32, f32)> {
    let mut order: Vec<(f32, usize)> =
        list.iter().enumerate().map(|(at, (like, _))| (dot(weights, like), at)).collect();
    order.sort_by(|left, right| right.0.total_cmp(&left.0));
    let (score, at) = *order.first()?;
    Some((at, score, order.get(1).map_or(score - 6.0, |second| second.0)))
}

fn calibrate(cases: &[Case], weights: &[f32; FEATURES]) {
    let mut rows: Vec<(bool, bool, bool, [f32; CALIBRATING])> = Vec::new();
    for case in cases {
        if let Some((at, score, second)) = first(&case.with, weights) {
            rows.push((
                case.held,
                true,
                Some(at) == case.truth,
                calibrating(&case.with[at].0, score, second),
            ));
        }
        if let Some((at, score, second)) = first(&case.without, weights) {
            rows.push((case.held, false, false, calibrating(&case.without[at].0, score, second)));
        }
    }
    let (mut w, mut m, mut v) = ([0.0_f32; CALIBRATING], [0.0_f32; CALIBRATING], [0.0_f32; CALIBRATING]);
    for step in 1..=4000 {
        let mut gradient = [0.0_f32; CALIBRATING];
        let mut n = 0.0;
        for (_, _, right, x) in rows.iter().filter(|row| !row.0) {
            let sum: f32 = w.iter().zip(x).map(|(w, x)| w * x).sum();
            let error = 1.0 / (1.0 + (-sum).exp()) - f32::from(u8::from(*right));
            gradient.iter_mut().zip(x).for_each(|(g, x)| *g += error * x);
            n += 1.0;
        }
        for at in 0..CALIBRATING {
            let g = gradient[at] / n + 1e-4 * w[at];
            m[at] = 0.9 * m[at] + 0.1 * g;
            v[at] = 0.999 * v[at] + 0.001 * g * g;
            let (mh, vh) = (m[at] / (1.0 - 0.9_f32.powi(step)), v[at] / (1.0 - 0.999_f32.powi(step)));
            w[at] -= 0.02 * mh / (vh.sqrt() + 1e-8);
        }
    }
    println!("pub(super) const CALIBRATION: [f32; CALIBRATING] = {w:.4?};");
    let sure =
        |x: &[f32; CALIBRATING]| 1.0 / (1.0 + (-w.iter().zip(x).map(|(w, x)| w * x).sum::<f32>()).exp());
    for held in [false, true] {
        let of = |with: bool| rows.iter().filter(move |row| row.0 == held && row.1 == with);
        let mut new: Vec<f32> = of(false).map(|row| sure(&row.3)).collect();
        new.sort_by(|left, right| right.total_cmp(left));
        for part in [2, 5, 10, 20] {
            let threshold = new[(new.len() * part / 100).min(new.len() - 1)];
            let right = of(true).filter(|row| row.2 && sure(&row.3) >= threshold).count();
            println!(
                "held out {held}: {part:2} % of new above {threshold:.3}; right {:.3}",
                share(right, of(true).count())
            );
        }
    }
}
