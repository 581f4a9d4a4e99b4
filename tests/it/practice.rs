//! The practice day, played as a newcomer plays it.

use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex};

use serde_json::Value;
use sir_intake::practice::diary::Screen;
use sir_intake::practice::{Play, play_on};
use tokio_util::sync::CancellationToken;

use crate::world::World;

#[derive(Clone, Default)]
struct Paper(Arc<Mutex<Vec<u8>>>);

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

async fn play(dir: &Path, json: bool) -> (u8, String) {
    // While a process knows of one listener alone, a line that is first said where it does not listen is never said again.
    let _second = tracing::Dispatch::new(tracing_subscriber::registry());
    let paper = Paper::default();
    let screen = Screen { out: Box::new(paper.clone()), color: false, json };
    let code = play_on(Play::Day, screen, Some(dir)).await;
    let shown = String::from_utf8(paper.0.lock().unwrap().clone()).unwrap();
    (code, shown)
}

fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        dir.read_dir().unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// "People see it happen step by step, and afterwards find everything as files in a folder that it names. `--json` prints
/// the diary for programs. It ends 0 only if every step held. Under 10 s after the build."
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_practice_day_holds_and_leaves_everything_as_files() {
    let parent = tempfile::tempdir().unwrap();
    let dir = parent.path().join("day");
    let (code, shown) = play(&dir, true).await;
    let rows: Vec<Value> = shown.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let failed: Vec<&Value> = rows.iter().filter(|row| row["held"] == false).collect();
    assert_eq!((code, failed), (0, vec![]), "{}", std::fs::read_to_string(dir.join("diary.txt")).unwrap());

    let of = |what: &str| rows.iter().filter(|row| row["what"] == what).collect::<Vec<_>>();
    let score = of("score");
    assert_eq!(score[0]["held"], score[0]["steps"]);
    let mut fates: Vec<&str> = of("settled").iter().map(|row| row["fate"].as_str().unwrap()).collect();
    fates.sort_unstable();
    fates.dedup();
    assert_eq!(fates, ["case", "copy", "delivery", "quarantined", "reply", "waiting"]);
    let folder = of("folder")[0]["folder"].as_str().unwrap();
    assert_eq!(Path::new(folder), dir.canonicalize().unwrap());

    assert_eq!(std::fs::read_to_string(dir.join("diary.jsonl")).unwrap(), shown);
    for file in ["README.txt", "config.toml", "daemon.log", "diary.txt", "discord.md", "state"] {
        assert!(dir.join(file).exists(), "{file}");
    }
    assert_eq!(names(&dir.join("issues")), ["1.md", "2.md", "3.md", "4.md", "5.md", "6.md", "7.md", "8.md"]);
    assert_eq!(names(&dir.join("received")).len(), of("arrived").len());
    assert_eq!(names(&dir.join("sent")).len(), of("sent").len());
    let page = std::fs::read_to_string(dir.join("issues/1.md")).unwrap();
    assert!(page.starts_with("# SIR-") && page.contains("### Runbook"), "{page}");
    let log = std::fs::read_to_string(dir.join("daemon.log")).unwrap();
    assert!(log.contains("case opened"), "what the store's own thread logs is there as well: {log}");
    let lines = std::fs::read_to_string(dir.join("diary.txt")).unwrap();
    assert!(lines.lines().all(|line| line.chars().count() <= 100 || line.contains(folder)), "{lines}");
    let last = rows.iter().map(|row| row["ms"].as_u64().unwrap()).max().unwrap();
    assert!(last < 10_000, "it took {last} ms");
}

#[tokio::test]
async fn a_folder_with_something_in_it_is_refused_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("mine.txt"), "mine").unwrap();
    let (code, shown) = play(dir.path(), false).await;
    assert_eq!(code, 1);
    assert!(shown.contains("is not empty"), "{shown}");
    assert_eq!(names(dir.path()), ["mine.txt"]);
}

/// "What ended must not be asked again": the outbox of an idle daemon ends at the stop itself.
#[tokio::test]
async fn an_idle_daemon_ends_when_it_is_told_to() {
    let mut world = World::new().await;
    world.settle().await;
    for _ in 0..30 {
        let stop = CancellationToken::new();
        stop.cancel();
        Box::pin(world.daemon().run(stop)).await.unwrap();
    }
}
