//! The practice day, played as a newcomer plays it.

use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex};

use serde_json::Value;
use sir_intake::practice::diary::Screen;
use sir_intake::practice::{Play, play_on};
use tokio_util::sync::CancellationToken;

use crate::story::command_desk::flat;
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
    played(Play::Day, dir, json).await
}

async fn played(play: Play, dir: &Path, json: bool) -> (u8, String) {
    // While a process knows of one listener alone, a line that is first said where it does not listen is never said again.
    let _second = tracing::Dispatch::new(tracing_subscriber::registry());
    let paper = Paper::default();
    let screen = Screen { out: Box::new(paper.clone()), color: false, json };
    let code = play_on(play, screen, Some(dir)).await;
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

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}

/// How often one of these stands in these files.
fn found(dir: &Path, words: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for name in names(dir) {
        let text = read(&dir.join(&name)).to_lowercase();
        found.extend(words.iter().filter(|word| text.contains(**word)).map(|word| format!("{name}: {word}")));
    }
    found
}

/// RFC: "A runbook for handling issues that defines vulnerability life cycle"
/// "The whole life of a vulnerability in practice (sped-up clock): from the first mail to the public notice, two members and a
/// reporter, with every letter left as a file."
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_life_of_a_vulnerability_holds_and_leaves_every_letter_as_a_file() {
    let parent = tempfile::tempdir().unwrap();
    // The daemon's own pace meets a machine that other tests share: a play that ran out of patience is played again.
    let (mut dir, mut shown, mut rows) = (parent.path().join("life"), String::new(), Vec::new());
    for turn in 1..=3 {
        dir = parent.path().join(format!("life-{turn}"));
        let (code, told) = played(Play::Life, &dir, true).await;
        shown = told;
        rows = shown.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()).collect();
        let failed: Vec<&Value> = rows.iter().filter(|row| row["held"] == false).collect();
        if (code, failed.len()) == (0, 0) {
            break;
        }
        println!("play {turn}: {code} {failed:?}");
        assert!(turn < 3, "{shown}");
    }
    // Five weeks pass, and each thing bears its time.
    let instant = |row: &Value| row["at"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    let times: Vec<jiff::Timestamp> = rows.iter().map(instant).collect();
    assert!(times.is_sorted(), "{times:?}");
    assert!(times[0].to_string().starts_with("2027-03-04"), "{}", times[0]);
    assert!(times.last().unwrap().to_string().starts_with("2027-04-09"), "{:?}", times.last());

    // Every mail that came or left, once, in order of time, as text and as it went over the wire.
    let of = |what: &str| rows.iter().filter(|row| row["what"] == what).count();
    let texts: Vec<String> =
        names(&dir.join("letters")).into_iter().filter(|name| name.ends_with(".txt")).collect();
    assert_eq!(texts.len(), of("arrived") + of("sent"));
    assert_eq!(names(&dir.join("mails")).len(), texts.len());
    let stamps: Vec<&str> = texts.iter().map(|name| &name[4..19]).collect();
    assert!(stamps.is_sorted(), "{stamps:?}");
    let to = |whose: &str| texts.iter().filter(|name| name.contains(whose)).collect::<Vec<_>>();
    let reporter: Vec<String> =
        to("-to-reporter-").into_iter().map(|name| flat(&read(&dir.join("letters").join(name)))).collect();
    for words in [
        "This note was sent by a machine",
        "thank you for taking the time",
        "Which version of O3DE",
        "We have confirmed it",
        "We propose to publish it",
        "then we are agreed",
        "we asked for a CVE number",
        "your finding has a CVE number",
        "Below is what we plan to publish",
        "It has changed since",
        "it is public now",
    ] {
        assert_eq!(reporter.iter().filter(|letter| letter.contains(words)).count(), 1, "{words}");
    }
    assert_eq!(reporter.iter().filter(|letter| letter.contains("This is what happened with")).count(), 2);
    assert_eq!(reporter.len(), 13);
    for who in ["studio", "cloud-games"] {
        assert_eq!(to(&format!("-to-embargoed-{who}-")).len(), 3, "notice, a day before, lifted");
    }
    assert_eq!(to("-to-public-").len(), 1);
    let entries = names(&dir.join("letters")).into_iter().filter(|name| name.ends_with(".ics"));
    let entries: Vec<String> = entries.map(|name| read(&dir.join("letters").join(name))).collect();
    assert!(entries.iter().any(|entry| entry.contains("DTSTART:20270407T160000Z")), "{entries:?}");
    assert!(entries.iter().all(|entry| !entry.contains("SIR-2027") && !entry.contains("andshake")));

    // Nothing of the report, no case, no address of the reporter is where others read.
    let secret = ["quenchwillow", "sir-2027", "meera@"];
    let outside = parent.path().join("outside");
    std::fs::create_dir(&outside).unwrap();
    for name in to("-to-public-").into_iter().chain(to("-to-embargoed-")) {
        std::fs::copy(dir.join("letters").join(name), outside.join(name)).unwrap();
    }
    for name in ["sig-all.md", "sig-security.md"] {
        std::fs::copy(dir.join("discord").join(name), outside.join(name)).unwrap();
    }
    assert_eq!(found(&outside, &secret), Vec::<String>::new());
    assert_eq!(found(&dir.join("advisory"), &secret), Vec::<String>::new());
    assert_eq!(found(&dir.join("discord"), &["quenchwillow", "meera", "cookie"]), Vec::<String>::new());
    assert!(read(&dir.join("issue.md")).contains("quenchwillow"), "there it may stand");
    assert!(read(&dir.join("discord/sir-team.md")).contains("SIR-2027-0001"));
    let states = names(&dir.join("advisory"));
    let last = read(&dir.join("advisory").join(states.last().unwrap()));
    assert!(last.contains("published, GHSA-") && last.contains("Meera Joshi of Joshi Labs"), "{last}");

    // Nobody reads a machine's instants, except in their own commands; whoever has a clock of their own reads what it shows.
    for name in texts.iter().filter(|name| name.contains("-to-")) {
        let text = read(&dir.join("letters").join(name));
        let ours = text.lines().filter(|line| !line.starts_with("> "));
        for line in ours {
            let instant = |at: &[char]| matches!(at, [day, 'T', hour, h, ':', m] if [day, hour, h, m].iter().all(|c| c.is_ascii_digit()));
            let letters: Vec<char> = line.chars().collect();
            assert!(!letters.windows(6).any(instant), "{name}: {line}");
        }
    }
    let ready = read(&dir.join("letters").join(to("-to-member-alice-SIR-2027-0001-done-fix-ready")[0]));
    assert!(
        flat(&ready).contains("goes public on Wed 7 Apr 2027, 16:00 UTC (18:00 CEST), when two"),
        "{ready}"
    );
    // Nor of a template's gap, or of what is over.
    for name in texts.iter().filter(|name| name.contains("-to-reporter-") || name.contains("-to-embargoed-"))
    {
        let text = read(&dir.join("letters").join(name));
        for wrong in ["<!--", "&lt;", "{{", "it is being made", "(claimed)"] {
            assert!(!text.contains(wrong), "{wrong} in {name}: {text}");
        }
    }
    assert_eq!(to("-overdue-"), Vec::<&String>::new(), "in a life that goes well nothing is late");
    assert_eq!(to("-not-done-"), Vec::<&String>::new());
    let page = read(&dir.join("issue.md"));
    assert!(!page.contains("- [ ]"), "{page}");
    assert_eq!(read(&dir.join("diary.jsonl")), shown);
    let lines = read(&dir.join("diary.txt"));
    let folder = dir.canonicalize().unwrap();
    let folder = folder.to_str().unwrap();
    assert!(lines.lines().all(|line| line.chars().count() <= 100 || line.contains(folder)), "{lines}");
    // Under 20 s by itself; here it shares the machine with other tests.
    let last = rows.iter().map(|row| row["ms"].as_u64().unwrap()).max().unwrap();
    assert!(last < 60_000, "it took {last} ms");
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
