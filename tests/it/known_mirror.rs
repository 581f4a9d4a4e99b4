//! The mirror: feeds good and bad, changes, two processes, own cases, hostile records.

use std::io::Write;
use std::path::{Path, PathBuf};

use sir_intake::known::mirror::{Meta, MirrorError};
use sir_intake::known::{Mirror, Publicity, Question, Record, Source, Status, Verdict};

const NOW: &str = "2026-11-22T18:00:00Z";

fn now() -> jiff::Timestamp {
    NOW.parse().unwrap()
}

fn item(id: &str, text: &str, modified: &str) -> String {
    format!(
        r#"{{"cve":{{"id":"{id}","published":"2024-03-01T10:00:00.000","lastModified":"{modified}",
        "descriptions":[{{"lang":"en","value":"{text}"}}],"references":[{{"url":"https://frob.example/advisory/{id}"}}]}}}}"#
    )
}

fn feed(items: &[String]) -> String {
    format!(
        r#"{{"totalResults":{},"timestamp":"2026-11-22T00:00:00.000","vulnerabilities":[{}]}}"#,
        items.len(),
        items.join(",")
    )
}

/// Three made-up records of one made-up product, and one that has nothing to do with it.
fn three() -> Vec<String> {
    vec![
        item(
            "CVE-2024-10001",
            "Frobnicator before 2.4.1 has a heap overflow in frob_decode_tile in tile.c.",
            "2024-03-02T10:00:00.000",
        ),
        item(
            "CVE-2024-10002",
            "Frobnicator 2.x allows SQL injection through the order parameter of list.php.",
            "2024-03-02T10:00:00.000",
        ),
        item("CVE-2024-10003", "A gadget of another kind leaks memory.", "2024-03-02T10:00:00.000"),
        item(
            "CVE-2024-10004",
            "** REJECT ** Do not use frob_decode_tile heap overflow.",
            "2024-03-02T10:00:00.000",
        ),
    ]
}

fn write(folder: &Path, name: &str, json: &str, meta: Option<String>) -> PathBuf {
    let path = folder.join(format!("nvdcve-2.0-{name}.json.gz"));
    let file = std::fs::File::create(&path).unwrap();
    let mut packer = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
    packer.write_all(json.as_bytes()).unwrap();
    packer.finish().unwrap();
    let digest = ring::digest::digest(&ring::digest::SHA256, json.as_bytes());
    let right = format!(
        "lastModifiedDate:2026-11-22T00:00:00-04:00\r\nsize:{}\r\nsha256:{}\r\n",
        json.len(),
        data_encoding::HEXUPPER.encode(digest.as_ref())
    );
    std::fs::write(folder.join(format!("nvdcve-2.0-{name}.meta")), meta.unwrap_or(right)).unwrap();
    path
}

fn opened(folder: &tempfile::TempDir) -> Mirror {
    Mirror::open(&folder.path().join("known.db")).unwrap()
}

fn filled(folder: &tempfile::TempDir) -> Mirror {
    let mirror = opened(folder);
    let path = write(folder.path(), "2024", &feed(&three()), None);
    let report = mirror.import(&[path], now(), &mut |_| {}).unwrap();
    assert!(!report.failed(), "{report:?}");
    mirror
}

fn ask(text: &str) -> Question {
    Question { subject: text.to_owned(), ..Question::default() }
}

#[test]
fn a_report_finds_its_record_with_reasons() {
    let folder = tempfile::tempdir().unwrap();
    let answer = filled(&folder).check(&ask("Frobnicator 2.4.0: heap overflow in frob_decode_tile")).unwrap();
    let first = &answer.candidates[0];
    assert_eq!((first.id.as_str(), first.fixed.as_deref()), ("CVE-2024-10001", Some("2.4.1")));
    assert_eq!(first.url, "https://nvd.nist.gov/vuln/detail/CVE-2024-10001");
    let reasons: Vec<String> = first.reasons.iter().map(ToString::to_string).collect();
    assert!(reasons.iter().any(|reason| reason.contains("frob_decode_tile")), "{reasons:?}");
    assert!(reasons.iter().any(|reason| reason == "same weakness: out of bounds"), "{reasons:?}");
    assert!(
        answer.candidates.iter().all(|candidate| candidate.id != "CVE-2024-10004"),
        "rejected ones have no words"
    );
    assert_eq!(answer.mirror.taken_at, Some(now()));
}

#[test]
fn likeness_alone_is_never_more_than_likely() {
    let folder = tempfile::tempdir().unwrap();
    let text = "Frobnicator before 2.4.1 has a heap overflow in frob_decode_tile in tile.c.";
    let answer = filled(&folder).check(&ask(text)).unwrap();
    assert!(answer.verdict >= Verdict::LikelyKnown, "{:?}", answer.verdict);
}

#[test]
fn cited_ids_and_references_are_named_as_such() {
    let folder = tempfile::tempdir().unwrap();
    let mirror = filled(&folder);
    let answer = mirror.check(&ask("is this CVE-2024_10002, or CVE-2024-77777?")).unwrap();
    assert_eq!((answer.verdict, answer.candidates[0].id.as_str()), (Verdict::Cited, "CVE-2024-10002"));
    assert_eq!(answer.unknown_ids, ["CVE-2024-77777"]);
    let answer = mirror.check(&ask("see http://www.frob.example/advisory/CVE-2024-10003/#top")).unwrap();
    assert!(
        answer.candidates.iter().any(|c| c.id == "CVE-2024-10003" && c.verdict <= Verdict::SameReference)
    );
    let answer = mirror.check(&ask("CVE-2024-10004 again")).unwrap();
    assert_eq!(
        (answer.candidates[0].verdict, answer.candidates[0].status),
        (Verdict::Cited, Status::Rejected)
    );
}

#[test]
fn nothing_is_found_in_an_empty_mirror_or_by_an_empty_report() {
    let folder = tempfile::tempdir().unwrap();
    let mirror = opened(&folder);
    let answer = mirror.check(&ask("Frobnicator")).unwrap();
    assert_eq!((answer.verdict, answer.mirror.taken_at), (Verdict::None, None));
    let answer = filled(&folder).check(&Question::default()).unwrap();
    assert!(answer.candidates.is_empty());
}

#[test]
fn a_bad_feed_leaves_the_last_good_one() {
    let folder = tempfile::tempdir().unwrap();
    let mirror = filled(&folder);
    let json = feed(&[item("CVE-2024-10005", "new", "2024-04-01T10:00:00.000")]);
    let miscounted = json.replace("\"totalResults\":1", "\"totalResults\":2");
    let wrong_hash = format!("size:{}\nsha256:{}\n", json.len(), "0".repeat(64));
    for (json, meta) in [
        (json.as_str(), Some("size:7\n".to_owned())),
        (json.as_str(), Some(wrong_hash)),
        (miscounted.as_str(), None),
        ("{\"vulnerabilities\": 3}", None),
        ("not json", None),
    ] {
        let path = write(folder.path(), "2024", json, meta);
        let report = mirror.import(&[path], now(), &mut |_| {}).unwrap();
        assert!(report.failed());
        assert!(mirror.get("CVE-2024-10001").unwrap().is_some());
        assert!(mirror.get("CVE-2024-10005").unwrap().is_none());
    }
    let path = write(folder.path(), "2024", &json, None);
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    let report = mirror.import(&[path], now(), &mut |_| {}).unwrap();
    assert!(report.feeds[0].fault.as_ref().unwrap().contains("gzip"), "{report:?}");
    assert_eq!(mirror.status().unwrap().age.records, 4);
}

#[test]
fn what_cannot_be_read_is_counted_and_named_and_the_rest_goes_in() {
    let folder = tempfile::tempdir().unwrap();
    let mirror = opened(&folder);
    let mut items = three();
    items.push(item("CVE-2024/../../x", "a path", "2024-03-02T10:00:00.000"));
    items.push("{\"cve\":[]}".to_owned());
    items.push(
        item("CVE-2024-10009", "shape", "2024-03-02T10:00:00.000")
            .replace("\"references\":[", "\"metrics\":3,\"unheard\":{},\"references\":["),
    );
    let long = "word ".repeat(22_000);
    items.push(item("CVE-2024-10010", &long, "2024-03-02T10:00:00.000"));
    let path = write(folder.path(), "2024", &feed(&items), None);
    let report = mirror.import(&[path], now(), &mut |_| {}).unwrap();
    let done = &report.feeds[0];
    assert_eq!((done.records, done.bad), (6, 2));
    assert!(done.unreadable[0].contains("record 5 (CVE-2024....x)"), "{:?}", done.unreadable);
    let status = mirror.status().unwrap();
    assert_eq!((status.feeds[0].bad, status.years[0].year, status.years[0].rejected), (2, 2024, 1));
    assert!(mirror.get("CVE-2024-10009").unwrap().is_some());
    assert!(mirror.get("CVE-2024-10010").unwrap().unwrap().text.len() <= 16_000);
}

#[test]
fn changes_go_in_and_older_ones_do_not() {
    let folder = tempfile::tempdir().unwrap();
    let mirror = filled(&folder);
    let newer = item("CVE-2024-10003", "A gizmo of quuxlib leaks.", "2024-05-01T10:00:00.000");
    let older = item("CVE-2024-10001", "outdated words", "2024-01-01T10:00:00.000");
    let report = mirror.import_bytes("modified", feed(&[newer, older]).into_bytes(), None, now()).unwrap();
    assert_eq!((report.feeds[0].changed, report.feeds[0].same), (1, 1));
    let answer = mirror.check(&ask("quuxlib gizmo leaks")).unwrap();
    assert_eq!(answer.candidates[0].id, "CVE-2024-10003");
    assert!(
        mirror
            .check(&ask("gadget of another kind"))
            .unwrap()
            .candidates
            .iter()
            .all(|c| c.id != "CVE-2024-10003" || !c.title.contains("gadget"))
    );
    let path = folder.path().join("nvdcve-2.0-2024.json.gz");
    let report = mirror.import(&[path], now(), &mut |_| {}).unwrap();
    assert_eq!((report.feeds[0].added, report.feeds[0].changed, report.feeds[0].same), (0, 0, 4));
}

#[test]
fn many_small_changes_are_merged_and_dead_records_swept() {
    let folder = tempfile::tempdir().unwrap();
    let mirror = filled(&folder);
    for day in 1..=25 {
        let at = format!("2024-06-{day:02}T10:00:00.000");
        let words =
            format!("Frobnicator before 2.4.{day} has a heap overflow in frob_decode_tile, round{day}.");
        mirror
            .import_bytes("modified", feed(&[item("CVE-2024-10001", &words, &at)]).into_bytes(), None, now())
            .unwrap();
        let answer = mirror.check(&ask(&format!("frob_decode_tile round{day}"))).unwrap();
        assert_eq!(answer.candidates[0].id, "CVE-2024-10001");
        assert!(answer.candidates[0].title.contains(&format!("round{day}")));
    }
}

#[test]
fn two_processes_cannot_write_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let mirror = filled(&folder);
    let other = opened(&folder);
    let path = folder.path().join("nvdcve-2.0-2024.json.gz");
    let mut seen = None;
    mirror
        .import(&[path], now(), &mut |_| {
            seen = Some(other.put(&[Record::new(Source::Issue, "o3de/o3de#1")]).unwrap_err());
            // Reading goes on meanwhile.
            assert!(other.get("CVE-2024-10001").unwrap().is_some());
        })
        .unwrap();
    assert!(matches!(seen, Some(MirrorError::Busy)));
}

#[test]
fn an_interrupted_import_leaves_what_was_there() {
    let folder = tempfile::tempdir().unwrap();
    let mirror = filled(&folder);
    let first = write(
        folder.path(),
        "2023",
        &feed(&[item("CVE-2023-20001", "first", "2024-03-02T10:00:00.000")]),
        None,
    );
    let second = write(
        folder.path(),
        "2025",
        &feed(&[item("CVE-2025-20002", "second", "2025-03-02T10:00:00.000")]),
        None,
    );
    let files = [first, second];
    // Stopped dead while the second file is at hand.
    let stopped = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        mirror.import(&files, now(), &mut |progress| assert_eq!(progress.done, 0, "stopped here"))
    }));
    assert!(stopped.is_err());
    assert!(mirror.get("CVE-2023-20001").unwrap().is_none());
    assert_eq!(
        mirror.check(&ask("Frobnicator frob_decode_tile")).unwrap().candidates[0].id,
        "CVE-2024-10001"
    );
    let report = mirror.import(&files, now(), &mut |_| {}).unwrap();
    assert_eq!((report.records(), mirror.status().unwrap().age.records), (2, 6));
}

#[test]
fn pages_of_the_api_go_in_one_by_one() {
    let folder = tempfile::tempdir().unwrap();
    let mirror = opened(&folder);
    let page = feed(&three())
        .replace("\"totalResults\":4", "\"resultsPerPage\":4,\"startIndex\":0,\"totalResults\":4000");
    let report = mirror.import_page("api", page.clone().into_bytes(), now()).unwrap();
    assert_eq!((report.records(), report.failed()), (4, false));
    assert!(mirror.import_bytes("api", page.into_bytes(), None, now()).unwrap().failed(), "no whole feed");
    let report =
        mirror.import_page("api", br#"{"resultsPerPage":0,"totalResults":0}"#.to_vec(), now()).unwrap();
    assert!(!report.failed(), "an empty page may lack its list");
}

#[test]
fn own_cases_are_for_members_and_leaks_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let mirror = filled(&folder);
    let mut case = Record::new(Source::Case, "SIR-2026-0007");
    case.text =
        "The AssetProcessor of O3DE reads past the end of a scene manifest in ReadManifestChunk.".to_owned();
    case.status = Status::Closed;
    let mut issue = Record::new(Source::Issue, "o3de/o3de#4711");
    issue.title = "Crash in ReadManifestChunk of AssetProcessor".to_owned();
    issue.published = "2026-11-01T00:00:00Z".parse().ok();
    issue.labelled = true;
    mirror.put(&[case.clone(), issue.clone()]).unwrap();
    let received = |at: &str| Question {
        received: at.parse().ok(),
        ..ask("AssetProcessor: ReadManifestChunk reads past the end of a manifest")
    };
    let answer = mirror.check(&received("2026-11-20T00:00:00Z")).unwrap();
    assert_eq!(answer.cases[0].id, "SIR-2026-0007");
    assert!(answer.candidates.iter().all(|candidate| candidate.source != Source::Case));
    let found = answer.candidates.iter().find(|candidate| candidate.id == issue.id).unwrap();
    assert_eq!(
        (found.publicity, found.url.as_str()),
        (Publicity::Public, "https://github.com/o3de/o3de/issues/4711")
    );
    let answer = mirror.check(&received("2026-10-20T00:00:00Z")).unwrap();
    let found = answer.candidates.iter().find(|candidate| candidate.id == issue.id).unwrap();
    assert_eq!(found.publicity, Publicity::PossibleLeak);
    let own = Question { without: Some(case.id), ..received("2026-11-20T00:00:00Z") };
    assert!(mirror.check(&own).unwrap().cases.is_empty());
    assert!(mirror.remove("SIR-2026-0007").unwrap());
    assert_eq!(mirror.ids(Source::Issue).unwrap(), ["o3de/o3de#4711"]);
    assert!(mirror.ids(Source::Case).unwrap().is_empty());
}

#[test]
fn hostile_questions_end() {
    let folder = tempfile::tempdir().unwrap();
    let mirror = filled(&folder);
    for text in [
        "a".repeat(3_000_000),
        "frob ".repeat(500_000),
        "https://".repeat(100_000),
        "\u{202e}é\0".repeat(100_000),
        "0x41414141 ".repeat(100_000),
        "CVE-2024-".repeat(100_000),
        "zlib 1.".repeat(100_000),
        "-._".repeat(300_000),
    ] {
        mirror.check(&Question { subject: text.clone(), text, ..Question::default() }).unwrap();
    }
}

#[test]
fn a_newer_file_is_refused_and_a_deleted_one_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    drop(filled(&folder));
    let path = folder.path().join("known.db");
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    drop(connection);
    assert!(matches!(Mirror::open(&path), Err(MirrorError::Newer { found: 99, .. })));
    for end in ["", "-wal", "-shm"] {
        let _gone = std::fs::remove_file(folder.path().join(format!("known.db{end}")));
    }
    assert_eq!(opened(&folder).status().unwrap().age.records, 0);
}

#[test]
fn meta_files_are_read() {
    let meta = Meta::parse(
        "lastModifiedDate:2026-11-22T00:00:00-04:00\r\nsize:34\r\nzipSize:3\r\ngzSize:3\r\nsha256:ABCD\r\n",
    );
    assert_eq!((meta.size, meta.sha256.as_deref()), (Some(34), Some("abcd")));
    assert_eq!(meta.last_modified, "2026-11-22T00:00:00-04:00");
}

/// As NVD serves them today: all statuses, CVSS 4.0, `affected`, one record of 110 kB.
#[test]
fn native_records_are_read() {
    let Some(shared) = std::env::var_os("SIR_SHARED").map(PathBuf::from) else {
        println!("not run: no shared data (SIR_SHARED)");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let mirror = opened(&folder);
    let report = mirror.import(&[shared.join("nvd/native-2.0.json")], now(), &mut |_| {}).unwrap();
    assert_eq!((report.records(), report.feeds[0].bad, report.failed()), (113, 0, false));
    let log4j = mirror.get("CVE-2021-44228").unwrap().unwrap();
    assert!(
        log4j.products.iter().any(|product| product.name == "apache_log4j2"),
        "{:?}",
        log4j.products.len()
    );
    assert!(log4j.cvss.unwrap().score > 9.9);
}
