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
