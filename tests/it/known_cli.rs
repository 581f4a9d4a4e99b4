//! `mirror` and `known` on the real binary: feed files in, candidates with reasons out, nobody asked.

use std::process::{Command, Output};

use crate::world::World;

const FEED: &str = include_str!("known/packages.json");

fn run(world: &World, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_sir-intake"))
        .args(arguments)
        .arg("--config")
        .arg(world.peers.path())
        .output()
        .unwrap()
}

/// KNOWN: "nothing of a report leaves the host"; the command is for people on an air-gapped host as well.
#[tokio::test]
async fn feed_files_go_in_and_a_report_is_answered_with_reasons() {
    let world = World::new().await;
    let feed = world.peers.dir.join("nvdcve-2.0-2026.json");
    std::fs::write(&feed, FEED).unwrap();
    let empty = run(&world, &["mirror", "status", "--json"]);
    assert!(empty.status.success(), "{}", String::from_utf8_lossy(&empty.stderr));

    let taken = run(&world, &["mirror", "import", feed.to_str().unwrap(), "--json"]);
    assert!(taken.status.success(), "{}", String::from_utf8_lossy(&taken.stderr));
    let text = world.peers.dir.join("report.txt");
    std::fs::write(
        &text,
        "O3DE ships zlib 1.2.11, which has a heap overflow in inflate (see CVE-2099-99999).",
    )
    .unwrap();
    let answer = run(&world, &["known", text.to_str().unwrap(), "--json"]);
    assert!(answer.status.success(), "{}", String::from_utf8_lossy(&answer.stderr));
    let answer: serde_json::Value = serde_json::from_slice(&answer.stdout).unwrap();

    assert_eq!(answer["unknown_ids"], serde_json::json!(["CVE-2099-99999"]));
    assert!(answer["mirror"]["records"].as_u64().unwrap() > 0 && answer["ms"].is_number());
    assert!(
        answer["packages"]
            .as_array()
            .is_some_and(|found| found.iter().any(|check| check["package"] == "zlib")),
        "{answer}"
    );
    assert_eq!(world.peers.hub.requests().len(), 0, "nobody was asked");
}

/// The measure that everybody can repeat: a file of reports with their true records.
#[tokio::test]
async fn a_file_of_pairs_is_measured_with_and_without_the_true_record() {
    let world = World::new().await;
    let feed = world.peers.dir.join("nvdcve-2.0-2026.json");
    std::fs::write(&feed, FEED).unwrap();
    assert!(run(&world, &["mirror", "import", feed.to_str().unwrap()]).status.success());
    let pairs = world.peers.dir.join("pairs.jsonl");
    let lines = [
        r#"{"cve": "CVE-2022-90006", "text": "expat: integer overflow in storeRawNames"}"#,
        "",
        r#"{"cve": "CVE-2021-90018", "text": "OpenEXR integer overflow in the deep tile reader", "source": "x", "overlap": 0.9}"#,
        r#"{"cve": "CVE-2026-99999", "text": "nothing of the kind"}"#,
    ];
    std::fs::write(&pairs, lines.join("\n")).unwrap();
    let measured = run(&world, &["known", "--pairs", pairs.to_str().unwrap(), "--json"]);
    assert!(measured.status.success(), "{}", String::from_utf8_lossy(&measured.stderr));
    let value: serde_json::Value = serde_json::from_slice(&measured.stdout).unwrap();
    let figures = &value["figures"];
    assert_eq!(
        (figures["recall"]["pairs"].as_u64(), figures["absent"].as_u64()),
        (Some(3), Some(1)),
        "{value}"
    );
    assert!((figures["recall"]["at_1"].as_f64().unwrap() - 2.0 / 3.0).abs() < 1e-9, "{value}");
    assert_eq!(figures["open_set"].as_array().unwrap().len(), 19, "the whole curve");
    assert!(figures["ms"]["p50"].as_f64().unwrap() <= figures["ms"]["p95"].as_f64().unwrap());

    let text = run(&world, &["known", "--pairs", pairs.to_str().unwrap()]);
    let text = String::from_utf8(text.stdout).unwrap();
    assert!(text.contains("3 pairs: R@1 0.667") && text.contains("<- likely-known"), "{text}");
    assert!(text.contains("1 of their records are not in the mirror"), "{text}");

    std::fs::write(&pairs, "{\"cve\": 1}").unwrap();
    let broken = run(&world, &["known", "--pairs", pairs.to_str().unwrap()]);
    assert_eq!(broken.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&broken.stderr).contains("line 1"));
    assert_eq!(run(&world, &["known"]).status.code(), Some(64), "a file or pairs");
}

/// Members on the machine see what the page of the case says.
#[tokio::test]
async fn cases_show_prints_what_was_found() {
    let mut world = World::new().await;
    world.mirror_learns("2018", &crate::story::known::feed(&[]));
    world.deliver(&crate::story::known::zlib().write());
    world.settle().await;
    let shown = run(&world, &["cases", "show", "SIR-2026-0001"]);
    let text = String::from_utf8(shown.stdout).unwrap();
    assert!(text.contains("Known? 1 cited, 1 bundled package in range"), "{text}");
    assert!(text.contains("CVE-2018-90001  cited, analyzed, fixed in 1.2.12"), "{text}");
    assert!(text.contains("O3DE ships zlib 1.2.11"), "{text}");
    let json = run(&world, &["cases", "show", "SIR-2026-0001", "--json"]);
    let value: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(value["findings"]["rows"][0]["id"], "CVE-2018-90001");
}

/// KNOWN, rule 3: "controls visible, on terminals too": a title that NVD brings is printed, and does nothing.
#[tokio::test]
async fn hostile_words_of_a_record_do_nothing_on_a_terminal() {
    let world = World::new().await;
    let words =
        "Glimmerware 3.1 \u{1b}]0;owned\u{7}\u{1b}[2J \u{202E}drawkcab overflow in glimmer_open_shard";
    let hostile = crate::story::known::record("CVE-2020-90009", "Analyzed", words, "");
    world.mirror_learns("2018", &crate::story::known::feed(&[hostile]));
    let text = world.peers.dir.join("report.txt");
    std::fs::write(&text, "CVE-2020-90009: Glimmerware 3.1 overflow in glimmer_open_shard").unwrap();
    let shown = run(&world, &["known", text.to_str().unwrap()]);
    let shown = String::from_utf8(shown.stdout).unwrap();
    assert!(shown.contains("CVE-2020-90009  cited") && shown.contains("Glimmerware 3.1"), "{shown}");
    assert!(!shown.contains(['\u{1b}', '\u{7}', '\u{202E}']), "{shown:?}");
    assert!(shown.contains("<U+202E>"), "{shown}");
}
