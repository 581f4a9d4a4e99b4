//! Bundled packages: today's list, how reports name them, and what is in or out of range. Forty questions by hand.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use sir_intake::known::package::read_cmake;
use sir_intake::known::range::Inside;
use sir_intake::known::{Mirror, PackageCheck, Packages, Question, Verdict};

/// Records as NVD would serve them, about the packages of the questions; ids and words are made up, ranges are real ones.
const FEED: &str = include_str!("known/packages.json");

/// Question, package, id, where the reporter's version lies (`-` none named), where O3DE's lies.
const QUESTIONS: &str = include_str!("known/questions.tsv");

fn mirror(folder: &tempfile::TempDir) -> Mirror {
    let mirror = Mirror::open(&folder.path().join("known.db")).unwrap();
    let now = "2026-11-22T18:00:00Z".parse().unwrap();
    let report = mirror.import_bytes("hand", FEED.as_bytes().to_vec(), None, now).unwrap();
    assert!(!report.failed(), "{report:?}");
    mirror
}

fn ask(mirror: &Mirror, text: &str) -> Vec<PackageCheck> {
    mirror.check(&Question { subject: text.to_owned(), ..Question::default() }).unwrap().packages
}

#[test]
fn forty_questions_on_bundled_packages() {
    let folder = tempfile::tempdir().unwrap();
    let mirror = mirror(&folder);
    let mut asked = 0;
    for line in QUESTIONS.lines().filter(|line| !line.starts_with('#')) {
        let columns: Vec<&str> = line.split('\t').collect();
        let [text, package, id, theirs, ours] = columns.as_slice() else { panic!("{line}") };
        asked += 1;
        let checks = ask(&mirror, text);
        if *package == "-" {
            assert!(checks.is_empty(), "{text}: {checks:?}");
            continue;
        }
        let check = checks
            .iter()
            .find(|check| check.package == *package)
            .unwrap_or_else(|| panic!("{text}: {checks:?}"));
        let row = check
            .rows
            .iter()
            .find(|row| row.id == *id)
            .unwrap_or_else(|| panic!("{text}: no {id} in {check:?}"));
        let word = |inside: Inside| match inside {
            Inside::In => "in",
            Inside::Out => "out",
            Inside::Unknown => "unknown",
        };
        assert_eq!(row.asked.map_or("-", word), *theirs, "{text}: {row:?}");
        assert_eq!(word(row.shipped), *ours, "{text}: {row:?}");
    }
    assert!(asked >= 40, "{asked}");
}

#[test]
fn the_sentence_says_what_is_shipped_and_where_it_lies() {
    let folder = tempfile::tempdir().unwrap();
    let checks = ask(&mirror(&folder), "zlib 1.2.11 is vulnerable according to NVD");
    let row = checks[0].rows.iter().find(|row| row.id == "CVE-2018-90001").unwrap();
    assert_eq!(
        row.sentence,
        "O3DE ships zlib 1.2.11, 1.2.8, 1.3.1 (Windows, Linux, Mac, Android, iOS, Web, all platforms): 1.2.11, 1.2.8 inside \
         the range of CVE-2018-90001; 1.3.1 outside the range of CVE-2018-90001 (fixed in 1.2.12)"
    );
    let checks = ask(&mirror(&folder), "zstd 1.35 bundled");
    assert!(checks[0].ships.contains("1.35 (that is 1.3.5)"), "{}", checks[0].ships);
}

#[test]
fn today_s_list_is_whole() {
    let list = Packages::today().list();
    assert_eq!(list.len(), 55);
    assert!(list.iter().all(|package| !package.versions.is_empty()));
    assert!(list.iter().filter(|package| !package.cpe.is_empty()).count() >= 40);
    assert_eq!(Packages::today().get("libpng").unwrap().name, "png");
}

#[test]
fn common_words_are_no_packages() {
    let named = |text: &str| Packages::today().named(text).len();
    assert_eq!(named("I was glad to unwind with a python script that reads a png, in lua, over TIFF"), 0);
    assert_eq!(named("the bundled png library"), 1);
    assert_eq!(named("python 3.10.13"), 1);
    assert_eq!(named("libpng"), 1);
    assert_eq!(named("zlibrary and xzlib and openssl_wrapper"), 0);
}

#[test]
fn package_lists_of_cmake_files_are_read() {
    let text = r#"
        # ly_associate_package(PACKAGE_NAME old-1.0-rev1-linux TARGETS Old PACKAGE_HASH 00)
        ly_associate_package(PACKAGE_NAME zlib-1.2.13-rev1-linux TARGETS ZLIB PACKAGE_HASH 0123)
        ly_associate_package(
            PACKAGE_NAME "mcpp-2.7.2_az.2-rev2-mac-arm64"
            TARGETS mcpp McppLib PACKAGE_HASH 4567)
        ly_associate_package(PACKAGE_NAME astc-encoder-3.2-rev5-windows TARGETS astc-encoder PACKAGE_HASH 89)
        ly_associate_package(PACKAGE_NAME RapidJSON-1.1.0-rev1-multiplatform TARGETS RapidJSON PACKAGE_HASH ab)
        ly_associate_package(PACKAGE_NAME newlib-v2.0-linux TARGETS New PACKAGE_HASH cd)
        ly_associate_package(TARGETS nothing)
    "#;
    let found = read_cmake(text);
    let short: Vec<String> =
        found.iter().map(|a| format!("{} {} {}", a.name, a.version, a.platform)).collect();
    assert_eq!(
        short,
        [
            "zlib 1.2.13 Linux",
            "mcpp 2.7.2_az.2 Mac",
            "astc-encoder 3.2 Windows",
            "RapidJSON 1.1.0 all",
            "newlib v2.0 Linux"
        ]
    );
    assert_eq!(found[1].targets, ["mcpp", "McppLib"]);
    let list = Packages::today().refreshed(&found);
    assert_eq!(list.get("zlib").unwrap().versions.len(), 1);
    assert_eq!(list.get("zlib").unwrap().cpe.len(), 2);
    assert_eq!(list.get("newlib").unwrap().versions[0].version, "v2.0");
    assert_eq!(list.list().len(), 56);
}

#[derive(serde::Deserialize)]
struct Issue {
    issue: String,
    title: String,
    product: String,
    version: String,
    cves: Vec<String>,
    date: String,
}

/// Imports the cited records of the real feeds and every fifteenth of the other ones of their years, as they stand there:
/// all 286,355 take an unoptimized build minutes.
fn take_some(feeds: &Path, cited: &BTreeSet<&str>, mirror: &Mirror) -> (usize, usize) {
    let years: BTreeSet<&str> = cited.iter().map(|id| &id[4..8]).collect();
    let (mut there, mut others) = (0, 0);
    for year in years {
        let file = std::fs::File::open(feeds.join(format!("nvdcve-2.0-{year}.json.gz"))).unwrap();
        let mut json = String::new();
        flate2::read::GzDecoder::new(file).read_to_string(&mut json).unwrap();
        let (_, list) = json.split_once("\"vulnerabilities\":[").unwrap();
        let list = list.trim_end().strip_suffix("]}").unwrap();
        let mut kept: Vec<&str> = Vec::new();
        let starts: Vec<usize> = list.match_indices("{\"cve\":{\"id\":\"").map(|(at, _)| at).collect();
        for (at, start) in starts.iter().enumerate() {
            let end = starts.get(at + 1).copied().unwrap_or(list.len());
            let item = list[*start..end].trim_end_matches(',');
            let id = item[14..].split('"').next().unwrap();
            let is_cited = cited.contains(id);
            if is_cited || at % 15 == 0 {
                kept.push(item);
                there += usize::from(is_cited);
                others += usize::from(!is_cited);
            }
        }
        let feed = format!("{{\"totalResults\":{},\"vulnerabilities\":[{}]}}", kept.len(), kept.join(","));
        let now = "2026-11-22T18:00:00Z".parse().unwrap();
        let report = mirror.import_bytes(year, feed.into_bytes(), None, now).unwrap();
        assert!(!report.failed(), "{year}: {report:?}");
    }
    (there, others)
}

/// Each real issue of O3DE brings its CVEs, by its words alone, and again when its body cites them.
#[test]
fn real_issues_bring_their_records() {
    let Some(shared) = std::env::var_os("SIR_SHARED").map(PathBuf::from) else {
        println!("not run: no shared data (SIR_SHARED)");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let mirror = Mirror::open(&folder.path().join("known.db")).unwrap();
    let text = std::fs::read_to_string(shared.join("nvd/o3de_public_issues.jsonl")).unwrap();
    let issues: Vec<Issue> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let cited: BTreeSet<&str> = issues.iter().flat_map(|issue| &issue.cves).map(String::as_str).collect();
    let (there, others) = take_some(&shared.join("nvd/feeds"), &cited, &mirror);
    println!("{there} of {} cited records among {others} others", cited.len());
    assert!(there > 20 && others > 3_000, "{there} {others}");
    let mut missed = Vec::new();
    let mut brought = 0;
    for issue in &issues {
        let received = format!("{}T12:00:00Z", issue.date).parse().ok();
        let question = Question {
            subject: issue.title.clone(),
            text: format!("{} {}", issue.product, issue.version),
            received,
            ..Question::default()
        };
        let answer = mirror.check(&question).unwrap();
        for cve in issue.cves.iter().filter(|cve| mirror.get(cve).unwrap().is_some()) {
            let listed = answer.packages.iter().flat_map(|check| &check.rows).any(|row| row.id == *cve);
            if listed || answer.candidates.iter().any(|candidate| candidate.id == *cve) {
                brought += 1;
            } else {
                missed.push(format!("{} {cve}", issue.issue));
            }
        }
        let cited =
            Question { text: format!("{}\n{}", question.text, issue.cves.join(", ")), limit: 20, ..question };
        let answer = mirror.check(&cited).unwrap();
        for cve in issue.cves.iter().filter(|cve| mirror.get(cve).unwrap().is_some()) {
            let verdict = answer.candidates.iter().find(|candidate| candidate.id == *cve).map(|c| c.verdict);
            assert_eq!(verdict, Some(Verdict::Cited), "{} {cve}", issue.issue);
        }
    }
    println!("{brought} records brought by words alone; missed: {missed:?}");
    assert!(missed.is_empty(), "{missed:?}");
}
