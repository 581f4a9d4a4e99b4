//! The comparison: SQLite FTS5 with the forty rarest terms, and the hand-set re-rank by rare-word coverage, early
//! product and shared address.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::Read;
use std::path::Path;
use std::time::Instant;

use rusqlite::Connection;

use sir_intake::known::measure::{Pair, recall};

use super::part;

struct Row {
    id: String,
    words: BTreeSet<String>,
    early: BTreeSet<String>,
    urls: Vec<String>,
}

fn words(text: &str) -> Vec<String> {
    text.to_lowercase()
        .split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.' || c == '-'))
        .map(|word| word.trim_matches(['.', '-', '_']).to_owned())
        .filter(|word| word.len() > 1 && word.len() < 40)
        .collect()
}

fn urls(text: &str) -> Vec<String> {
    text.split(|c: char| c.is_whitespace() || "\"'<>()".contains(c))
        .filter(|word| word.starts_with("http"))
        .map(|word| word.trim_end_matches(['/', '.', ',']).to_owned())
        .collect()
}

/// Builds the table, runs the pairs, gives the ranks of both engines.
pub(crate) fn run(nvd: &Path, folder: &Path, pairs: &[Pair]) -> Vec<(String, Vec<usize>)> {
    let start = Instant::now();
    let mut connection = Connection::open(folder.join("fts5.db")).unwrap();
    connection.execute_batch("PRAGMA journal_mode=off; PRAGMA synchronous=off; CREATE VIRTUAL TABLE doc USING fts5(text, content='', detail='full');").unwrap();
    let mut frequency: HashMap<String, u32> = HashMap::new();
    let mut rows: Vec<Row> = Vec::new();
    let txn = connection.transaction().unwrap();
    for entry in std::fs::read_dir(nvd.join("feeds")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|end| end != "gz") {
            continue;
        }
        let mut json = String::new();
        flate2::read::GzDecoder::new(std::fs::File::open(path).unwrap()).read_to_string(&mut json).unwrap();
        let feed: serde_json::Value = serde_json::from_str(&json).unwrap();
        for item in feed["vulnerabilities"].as_array().unwrap() {
            add(&txn, &mut rows, &mut frequency, &item["cve"]);
        }
    }
    txn.commit().unwrap();
    println!("FTS5: {} records built in {:.1} s", rows.len(), start.elapsed().as_secs_f64());
    let total = rows.len() as f32;
    let idf = |word: &str| (total / frequency.get(word).map_or(0.5, |n| *n as f32)).ln();
    let (mut plain, mut ranked, mut times, mut slow) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for pair in pairs {
        let begin = Instant::now();
        let found = query(&connection, &pair.text, &frequency, &idf);
        times.push(begin.elapsed().as_secs_f64() * 1000.0);
        let place =
            |list: &[usize]| list.iter().position(|at| rows[*at].id == pair.cve).unwrap_or(usize::MAX);
        plain.push(place(&found.iter().map(|(at, _)| *at).collect::<Vec<_>>()));
        ranked.push(place(&rerank(&found, &rows, &pair.text, &idf)));
        slow.push(begin.elapsed().as_secs_f64() * 1000.0);
    }
    println!(
        "FTS5 top-40: {}; ms p50 {:.1} p95 {:.1}",
        recall(&plain),
        part(&mut times, 0.5),
        part(&mut times, 0.95)
    );
    println!(
        "FTS5 + re-rank: {}; ms p50 {:.1} p95 {:.1}",
        recall(&ranked),
        part(&mut slow, 0.5),
        part(&mut slow, 0.95)
    );
    vec![("plain FTS5".to_owned(), plain), ("FTS5 + hand-set re-rank".to_owned(), ranked)]
}

fn add(
    connection: &Connection,
    rows: &mut Vec<Row>,
    frequency: &mut HashMap<String, u32>,
    cve: &serde_json::Value,
) {
    let text = cve["descriptions"]
        .as_array()
        .and_then(|list| list.iter().find(|d| d["lang"] == "en"))
        .map_or("", |d| d["value"].as_str().unwrap_or(""));
    let rejected = cve["vulnStatus"] == "Rejected" || text.starts_with("** REJECT");
    let mut products: BTreeMap<String, ()> = BTreeMap::new();
    for node in cve["configurations"]
        .as_array()
        .into_iter()
        .flatten()
        .flat_map(|c| c["nodes"].as_array().into_iter().flatten())
    {
        for row in node["cpeMatch"].as_array().into_iter().flatten() {
            let name: Vec<&str> = row["criteria"].as_str().unwrap_or("").split(':').collect();
            if let (Some(vendor), Some(product)) = (name.get(3), name.get(4)) {
                products.insert(format!("{vendor} {product}").replace('_', " "), ());
            }
        }
    }
    for thing in cve["affected"]
        .as_array()
        .into_iter()
        .flatten()
        .flat_map(|a| a["affectedData"].as_array().into_iter().flatten())
    {
        products.insert(thing["product"].as_str().unwrap_or("").to_owned(), ());
    }
    let whole = format!("{text} {}", products.into_keys().collect::<Vec<_>>().join(" "));
    if rejected {
        return;
    }
    let all = words(&whole);
    let set: BTreeSet<String> = all.iter().cloned().collect();
    set.iter().for_each(|word| *frequency.entry(word.clone()).or_default() += 1);
    connection
        .prepare_cached("INSERT INTO doc (rowid, text) VALUES (?1, ?2)")
        .unwrap()
        .execute(rusqlite::params![rows.len() as i64 + 1, whole])
        .unwrap();
    let references = cve["references"].as_array().into_iter().flatten().filter_map(|r| r["url"].as_str());
    rows.push(Row {
        id: cve["id"].as_str().unwrap_or("").to_owned(),
        early: words(text).into_iter().take(8).collect(),
        words: set,
        urls: references.map(|url| url.trim_end_matches('/').to_owned()).collect(),
    });
}

fn query(
    connection: &Connection,
    text: &str,
    frequency: &HashMap<String, u32>,
    idf: &dyn Fn(&str) -> f32,
) -> Vec<(usize, f32)> {
    let unique: BTreeSet<String> =
        words(text).into_iter().filter(|word| frequency.contains_key(word)).collect();
    let mut terms: Vec<String> = unique.into_iter().collect();
    terms.sort_by(|left, right| idf(right).total_cmp(&idf(left)));
    terms.truncate(40);
    let expression = terms.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(" OR ");
    if expression.is_empty() {
        return Vec::new();
    }
    let mut statement = connection
        .prepare_cached("SELECT rowid, rank FROM doc WHERE doc MATCH ?1 ORDER BY rank LIMIT 50")
        .unwrap();
    statement
        .query_map([expression], |row| {
            Ok((row.get::<_, i64>(0)? as usize - 1, -row.get::<_, f64>(1)? as f32))
        })
        .unwrap()
        .map(Result::unwrap)
        .collect()
}

fn rerank(found: &[(usize, f32)], rows: &[Row], text: &str, idf: &dyn Fn(&str) -> f32) -> Vec<usize> {
    let all: BTreeSet<String> = words(text).into_iter().collect();
    let title: BTreeSet<String> =
        words(text.lines().find(|line| line.len() > 3).unwrap_or("")).into_iter().collect();
    let links = urls(text);
    let best = found.first().map_or(1.0, |(_, score)| score.max(0.001));
    let mut order: Vec<(f32, usize)> = found
        .iter()
        .map(|(at, score)| {
            let row = &rows[*at];
            let sum = |wanted: &dyn Fn(&String) -> bool| {
                row.words.iter().filter(|w| wanted(w)).map(|w| idf(w)).sum::<f32>()
            };
            let coverage = sum(&|word| all.contains(word)) / sum(&|_| true).max(0.1);
            let early_all: f32 = row.early.iter().map(|w| idf(w)).sum();
            let early = row.early.iter().filter(|w| title.contains(*w)).map(|w| idf(w)).sum::<f32>()
                / early_all.max(0.1);
            let shared = f32::from(u8::from(links.iter().any(|url| row.urls.contains(url))));
            (score / best + 1.5 * coverage + early + shared, *at)
        })
        .collect();
    order.sort_by(|left, right| right.0.total_cmp(&left.0));
    order.into_iter().map(|(_, at)| at).collect()
}
