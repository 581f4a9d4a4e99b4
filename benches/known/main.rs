//! The figures of the known-issue check over all real records, beside a plain FTS5 query in the same run.
//!
//! `SIR_SHARED=… cargo bench --bench known [-- --mirror FILE] [--quick]`: `--mirror` keeps the mirror of an earlier run (no
//! import is measured then), `--quick` leaves the FTS5 comparison out.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::too_many_lines,
    reason = "a bench fails loudly, prints for people and reads the clock"
)]

mod fts5;

use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::time::Instant;

use sir_intake::known::measure::{Pair, measure};
use sir_intake::known::{Mirror, Question};

fn main() {
    let Some(shared) = std::env::var_os("SIR_SHARED") else {
        println!("not run: no shared data (SIR_SHARED)");
        return;
    };
    let nvd = PathBuf::from(shared).join("nvd");
    let args: Vec<String> = std::env::args().skip(1).collect();
    let kept =
        args.iter().position(|arg| arg == "--mirror").and_then(|at| args.get(at + 1)).map(PathBuf::from);
    let folder = std::env::temp_dir().join(format!("sir-known-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = kept.clone().unwrap_or_else(|| folder.join("known.db"));
    if !path.exists() {
        import(&nvd, &path);
    }
    let mirror = Mirror::open(&path).unwrap();
    let file = if args.iter().any(|arg| arg == "--fit") { "pairs-fit.jsonl" } else { "pairs-check.jsonl" };
    let text = std::fs::read_to_string(nvd.join(file)).unwrap();
    let mut pairs: Vec<Pair> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    if file.contains("fit") {
        pairs.sort_by_key(|pair| sir_intake::known::words::hash(&pair.text));
        pairs.truncate(1500);
    }
    let ours = quality(&mirror, &pairs);
    if !args.iter().any(|arg| arg == "--quick") {
        let theirs = fts5::run(&nvd, &folder, &pairs);
        for (name, ranks) in theirs {
            compare(&name, &ours, &ranks);
        }
    }
    if kept.is_none() {
        modified(&nvd, &mirror);
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

fn resident_mb() -> f64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kb| kb.parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
}

fn cpu_s() -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let rest = text.rsplit(')').next().unwrap_or_default();
    let field = |at: usize| {
        rest.split_whitespace().nth(at).and_then(|ticks| ticks.parse::<f64>().ok()).unwrap_or(0.0)
    };
    (field(11) + field(12)) / 100.0
}

fn now() -> jiff::Timestamp {
    "2026-11-22T18:00:00Z".parse().unwrap()
}

fn import(nvd: &Path, path: &Path) {
    let (start, cpu) = (Instant::now(), cpu_s());
    let mirror = Mirror::open(path).unwrap();
    let report = mirror.import(&[nvd.join("feeds")], now(), &mut |_| {}).unwrap();
    let bad: u64 = report.feeds.iter().map(|feed| feed.bad).sum();
    println!(
        "import: {} records, {bad} unreadable, {} feeds failed, {:.1} s ({:.1} s of CPU), {:.0} MB resident at most, file {:.0} MB",
        report.records(),
        report.feeds.iter().filter(|feed| feed.fault.is_some()).count(),
        start.elapsed().as_secs_f64(),
        cpu_s() - cpu,
        resident_mb(),
        mirror.status().unwrap().bytes as f64 / 1e6
    );
}

/// 3,000 records of one year with a changed description, as a feed in memory.
fn modified(nvd: &Path, mirror: &Mirror) {
    use std::io::Read;
    let file = std::fs::File::open(nvd.join("feeds/nvdcve-2.0-2022.json.gz")).unwrap();
    let mut json = String::new();
    flate2::read::GzDecoder::new(file).read_to_string(&mut json).unwrap();
    let mut feed: serde_json::Value = serde_json::from_str(&json).unwrap();
    let list = feed["vulnerabilities"].as_array_mut().unwrap();
    list.truncate(3000);
    for item in list.iter_mut() {
        let text = item["cve"]["descriptions"][0]["value"].as_str().unwrap_or_default().to_owned();
        item["cve"]["descriptions"][0]["value"] = format!("{text} Updated.").into();
        item["cve"]["lastModified"] = "2026-11-21T10:00:00.000".into();
    }
    feed["totalResults"] = 3000.into();
    let bytes = serde_json::to_vec(&feed).unwrap();
    let (start, cpu) = (Instant::now(), cpu_s());
    let report = mirror.import_bytes("modified", bytes, None, now()).unwrap();
    let done = &report.feeds[0];
    println!(
        "modified: {} records, {} changed, {:.2} s ({:.2} s of CPU)",
        done.records,
        done.changed,
        start.elapsed().as_secs_f64(),
        cpu_s() - cpu
    );
}

fn quality(mirror: &Mirror, pairs: &[Pair]) -> Vec<usize> {
    mirror.check(&Question { text: "warm up".into(), ..Question::default() }).unwrap();
    let (start, cpu) = (Instant::now(), cpu_s());
    let ask = |question: &Question| {
        let begin = Instant::now();
        let answer = mirror.check(question).unwrap();
        Ok::<_, Infallible>((answer, begin.elapsed().as_secs_f64() * 1000.0))
    };
    let Ok(figures) = measure(pairs, ask, |id| Ok(mirror.print(id).unwrap().is_some()));
    println!(
        "{} checks in {:.1} s ({:.1} s of CPU)\n{}",
        2 * pairs.len(),
        start.elapsed().as_secs_f64(),
        cpu_s() - cpu,
        figures.as_text()
    );
    figures.ranks
}

pub(crate) fn part(times: &mut [f64], share: f64) -> f64 {
    times.sort_by(f64::total_cmp);
    let at = ((times.len() as f64 * share) as usize).min(times.len().saturating_sub(1));
    times.get(at).copied().unwrap_or(0.0)
}

/// The lead in R@1 with the lower 90 % bound of a paired bootstrap.
fn compare(name: &str, ours: &[usize], theirs: &[usize]) {
    let leads: Vec<f64> = ours
        .iter()
        .zip(theirs)
        .map(|(a, b)| f64::from(u8::from(*a == 0)) - f64::from(u8::from(*b == 0)))
        .collect();
    let mut state = 88_172_645_463_325_252_u64;
    let mut means: Vec<f64> = (0..4000)
        .map(|_| {
            let mut sum = 0.0;
            for _ in 0..leads.len() {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                sum += leads[(state % leads.len() as u64) as usize];
            }
            sum / leads.len() as f64
        })
        .collect();
    let lead = leads.iter().sum::<f64>() / leads.len() as f64;
    println!("lead over {name} in R@1: {lead:+.3}, 90 % lower bound {:+.3}", part(&mut means, 0.05));
}
