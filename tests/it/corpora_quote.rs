//! The replies that other projects expect from their own mails, against ours (needs `SIR_SHARED`).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;
use sir_intake::mail::quote;

const SOURCES: [&str; 6] =
    ["email_reply_trimmer", "gitlab", "talon", "discourse", "crisp-email-reply-parser", "email_reply_parser"];

/// Where a peer's expectation is its taste and not ours. Such a row is printed, and judged without the point of taste.
enum Taste {
    /// The peer leaves quoted lines in the reply when answers follow them: to us they are no new words.
    KeepsQuotes,
    /// The peer drops or keeps other words than we want to; the row is not counted.
    Apart,
}

const TASTES: &[(&str, Taste, &str)] = &[
    (
        "email_reply_trimmer/test/emails/embedded_email_1.txt",
        Taste::Apart,
        "drops what is written below a quote",
    ),
    (
        "email_reply_trimmer/test/emails/embedded_email_7.txt",
        Taste::KeepsQuotes,
        "the first quote of two stays",
    ),
    ("gitlab/spec/fixtures/emails/inline_reply.eml", Taste::KeepsQuotes, "a quote over an answer stays"),
    (
        "discourse/spec/fixtures/emails/inline_mixed_replies.eml",
        Taste::KeepsQuotes,
        "quotes between answers stay",
    ),
    ("discourse/spec/fixtures/emails/html_reply.eml", Taste::Apart, "HTML becomes Markdown"),
    ("talon/tests/fixtures/standard_replies/iphone.eml", Taste::Apart, "keeps the line of the telephone"),
    (
        "crisp-email-reply-parser/test/fixtures/email_15.txt",
        Taste::Apart,
        "drops a text below the line of a telephone",
    ),
    (
        "crisp-email-reply-parser/test/fixtures/email_german_3.txt",
        Taste::Apart,
        "drops a text below the line of a telephone",
    ),
    ("email_reply_parser/test/emails/email_1_1.txt", Taste::Apart, "takes the writer's name for a signature"),
];

struct Row {
    file: String,
    text: String,
    expected: Vec<String>,
    /// Only the beginnings of the fragments are told: good for recall, not for exactness.
    partial: bool,
}

#[derive(Default)]
struct Score {
    right: usize,
    total: usize,
    words: usize,
    found: usize,
    emptied: usize,
    /// The same without our table of tastes.
    untouched: [usize; 4],
}

fn shared() -> Option<PathBuf> {
    // The place of the shared data is the test's business alone; production never reads the environment.
    std::env::var_os("SIR_SHARED").map(PathBuf::from)
}

fn body(path: &Path, row: &Value) -> String {
    let raw = std::fs::read(path).unwrap();
    if row["input"] == "body_text_only" {
        return String::from_utf8_lossy(&raw).into_owned();
    }
    // Some of the fixtures begin with blank lines, which the peers strip.
    let message = mail_parser::MessageParser::default().parse(raw.trim_ascii_start()).unwrap();
    message.body_text(0).map(|text| text.into_owned()).unwrap_or_default()
}

/// The literal words at the beginning of a regular expression.
fn literal(pattern: &str) -> String {
    let text = pattern.trim_start_matches('^').replace("\\n", "\n").replace("\\+", "+");
    text.split(['[', '\\', '(', '.']).next().unwrap_or("").to_owned()
}

fn flag(row: &Value, name: &str, at: usize) -> bool {
    row[name][at].as_bool().unwrap_or(false)
}

/// What a row tells of the reply: all of it, or the beginnings of its parts.
fn expectation(row: &Value, text: &str) -> Option<(Vec<String>, bool)> {
    if let Some(reply) = row["reply_text"].as_str() {
        return Some((vec![reply.to_owned()], false));
    }
    if let Some(any) = row["reply_text_any_of"].as_array() {
        return Some((any.iter().filter_map(|v| v.as_str().map(str::to_owned)).collect(), false));
    }
    let count = row["fragment_count"].as_u64();
    if count == Some(1) {
        return Some((vec![text.to_owned()], false));
    }
    let shown = |at: usize| !flag(row, "hidden", at) && !flag(row, "quoted", at);
    let mut parts = BTreeMap::new();
    for (key, literal_only) in [("fragments_eq", false), ("fragments_match", true)] {
        for (at, value) in row[key].as_object().into_iter().flatten() {
            let at: usize = at.parse().unwrap();
            // Without flags only the first fragment is sure to be shown.
            if shown(at) && (at == 0 || row["hidden"].is_array()) {
                let value = value.as_str().unwrap();
                parts
                    .insert(at, (if literal_only { literal(value) } else { value.to_owned() }, literal_only));
            }
        }
    }
    if parts.is_empty() {
        return None;
    }
    let told: Vec<usize> = parts.keys().copied().collect();
    let all: Vec<usize> = match row["hidden"].as_array() {
        Some(flags) => (0..flags.len()).filter(|at| shown(*at)).collect(),
        None if count.is_none_or(|n| n <= 3) => vec![0],
        None => Vec::new(),
    };
    let partial = told != all || parts.values().any(|(_, literal_only)| *literal_only);
    Some((vec![parts.values().map(|(text, _)| text.as_str()).collect::<Vec<_>>().join("\n")], partial))
}

fn rows(shared: &Path, source: &str) -> Vec<Row> {
    let corpora = shared.join("corpora");
    let table =
        std::fs::read_to_string(corpora.join("expectations").join(format!("{source}.jsonl"))).unwrap();
    let mut rows = Vec::new();
    for line in table.lines() {
        let row: Value = serde_json::from_str(line).unwrap();
        let file = row["file"].as_str().unwrap().to_owned();
        let text = body(&corpora.join(&file), &row);
        if let Some((expected, partial)) = expectation(&row, &text) {
            rows.push(Row { file, text, expected, partial });
        }
    }
    rows
}

fn normal(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn bag(text: &str) -> BTreeMap<&str, usize> {
    let mut bag = BTreeMap::new();
    for word in text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        *bag.entry(word).or_default() += 1;
    }
    bag
}

/// Words expected, and how many of them are there.
fn recall(expected: &str, ours: &str) -> (usize, usize) {
    let ours = bag(ours);
    let expected = bag(expected);
    let found = expected.iter().map(|(word, n)| (*n).min(ours.get(word).copied().unwrap_or(0))).sum();
    (expected.values().sum(), found)
}

fn without_quotes(text: &str) -> String {
    text.lines().filter(|line| !line.starts_with('>')).collect::<Vec<_>>().join("\n")
}

/// The expected reply that ours is nearest to; its words, those of them that are ours, and whether all is equal.
fn closest<'a>(expected: &'a [String], ours: &str) -> (&'a str, usize, usize, bool) {
    let best = expected.iter().max_by_key(|text| {
        let (words, found) = recall(text, ours);
        (found * 1000 / words.max(1), usize::from(normal(text) == normal(ours)))
    });
    let best = best.unwrap();
    let (words, found) = recall(best, ours);
    (best, words, found, normal(best) == normal(ours))
}

fn judge(row: &Row, score: &mut Score) {
    let ours = quote::split(&row.text).new_words;
    let (_, words, found, exact) = closest(&row.expected, &ours);
    let told = usize::from(!row.partial);
    for (sum, n) in score.untouched.iter_mut().zip([told * usize::from(exact), told, found, words]) {
        *sum += n;
    }
    let taste = TASTES.iter().find(|(file, _, _)| row.file.ends_with(file));
    let expected: Vec<String> = match taste {
        Some((_, Taste::KeepsQuotes, _)) => row.expected.iter().map(|text| without_quotes(text)).collect(),
        _ => row.expected.clone(),
    };
    let (best, words, found, exact) = closest(&expected, &ours);
    if let Some((_, Taste::Apart, why)) = taste {
        println!("  apart {}: {why} (exact {exact}, words {found}/{words})", row.file);
        return;
    }
    score.emptied += usize::from(ours.trim().is_empty() && !row.text.trim().is_empty());
    score.words += words;
    score.found += found;
    if !row.partial {
        score.total += 1;
        score.right += usize::from(exact);
    }
    if found < words || (!row.partial && !exact) {
        println!("  differs {} (words {found}/{words}, told in part: {})", row.file, row.partial);
        if std::env::var_os("SIR_VERBOSE").is_some() {
            println!("    expected {best:?}\n    ours     {ours:?}");
        }
    }
}

#[test]
fn the_replies_that_peers_expect_keep_their_words() {
    let Some(shared) = shared() else {
        println!("not run: no shared data (SIR_SHARED)");
        return;
    };
    let mut over_all = Score::default();
    for source in SOURCES {
        let mut score = Score::default();
        for row in rows(&shared, source) {
            judge(&row, &mut score);
        }
        println!(
            "{source}: exact {}/{}, words {}/{}, emptied {}",
            score.right, score.total, score.found, score.words, score.emptied
        );
        for (sum, n) in over_all.untouched.iter_mut().zip(score.untouched) {
            *sum += n;
        }
        over_all.right += score.right;
        over_all.total += score.total;
        over_all.words += score.words;
        over_all.found += score.found;
        over_all.emptied += score.emptied;
    }
    let recall = over_all.found as f64 * 100.0 / over_all.words as f64;
    let exact = over_all.right as f64 * 100.0 / over_all.total as f64;
    println!(
        "over all: exact {exact:.1} % of {}, word recall {recall:.2} %, emptied {}",
        over_all.total, over_all.emptied
    );
    let [right, total, found, words] = over_all.untouched;
    println!("with the rows of taste as their peers have them: exact {right}/{total}, words {found}/{words}");
    assert_eq!(over_all.emptied, 0, "a reply lost all of its words");
    assert!(over_all.total > 80, "too few rows were read");
    assert!(recall >= 99.5, "word recall {recall:.2} %");
    assert!(exact >= 75.0, "exact {exact:.1} %");
}
