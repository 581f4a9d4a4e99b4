//! What goes wrong while the mirror is brought up to date: on the wire, in the files, on the disk, in the process.

use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use sir_intake::daemon::sync::{SyncReport, sync};
use sir_intake::known::Question;
use sir_intake::perform::github_client;

use crate::nvd_stand::{Nvd, Wrong, item, record};
use crate::sync::{NO_GITHUB, load, mirror, nvd, of, synced, world};
use crate::world::World;

const NEW: &str = "2026-11-21T10:00:00.000";

fn records(world: &World) -> u64 {
    mirror(world).status().unwrap().age.records
}

fn fault<'r>(report: &'r SyncReport, name: &str) -> &'r str {
    of(report, name).fault.as_deref().unwrap_or_else(|| panic!("{name} has no fault: {report:?}"))
}

/// A world that was synced once, and then a changed feed of 2025 after a gap.
async fn gap() -> (Nvd, World) {
    let nvd = nvd().await;
    let world = world(&nvd, NO_GITHUB).await;
    synced(&world).await;
    world.at("2026-12-05T11:00:00Z");
    nvd.put("2025", "2026-12-04T03:00:00-05:00", &[record("CVE-2025-10001"), record("CVE-2025-10007")]);
    nvd.put("modified", "2026-12-05T04:00:00-05:00", &[record("CVE-2026-10008")]);
    (nvd, world)
}

#[tokio::test]
async fn a_body_that_is_cut_is_asked_for_again() {
    let (nvd, world) = gap().await;
    nvd.goes_wrong("2025.json.gz", &[Wrong::Cut]);
    let report = synced(&world).await;
    assert_eq!((of(&report, "nvd 2025").fault.clone(), of(&report, "nvd 2025").added), (None, 1));
}

#[tokio::test]
async fn a_body_that_stays_cut_leaves_the_last_good_feed_and_the_others_go_in() {
    let (nvd, world) = gap().await;
    nvd.goes_wrong("2025.json.gz", &[Wrong::Cut, Wrong::Cut]);
    let report = synced(&world).await;
    assert_eq!(fault(&report, "nvd 2025"), "the body was cut");
    assert!(fault(&report, "nvd").contains("not every year"));
    assert!(mirror(&world).get("CVE-2025-10001").unwrap().is_some());
    assert!(mirror(&world).get("CVE-2026-10008").unwrap().is_some(), "modified went in");
    let sources = mirror(&world).sources().unwrap();
    assert!(sources.iter().any(|row| row.name == "nvd 2025" && row.fault.is_some() && row.good_at.is_some()));

    // The gap stays noted: the next sync closes it, and the fault is gone.
    let report = synced(&world).await;
    assert_eq!(report.faults().count(), 0, "{report:?}");
    assert!(mirror(&world).get("CVE-2025-10007").unwrap().is_some());
    assert!(mirror(&world).sources().unwrap().iter().all(|row| row.fault.is_none()));
}

#[tokio::test]
async fn a_file_that_is_not_what_its_meta_says_is_asked_for_once_more_and_then_named() {
    let (nvd, world) = gap().await;
    let meta =
        |sha: &str| Wrong::Says(format!("lastModifiedDate:2026-12-04T03:00:00-05:00\r\nsha256:{sha}\r\n"));
    nvd.goes_wrong("2025.meta", &[meta(&"0".repeat(64))]);
    assert_eq!(of(&synced(&world).await, "nvd 2025").added, 1, "both were replaced between two requests");

    let (nvd, world) = gap().await;
    nvd.goes_wrong("2025.meta", &[meta(&"0".repeat(64)), meta(&"1".repeat(64))]);
    let report = synced(&world).await;
    assert!(fault(&report, "nvd 2025").contains("SHA-256"), "{report:?}");
    assert!(mirror(&world).get("CVE-2025-10007").unwrap().is_none(), "nothing of it went in");
    assert_eq!(synced(&world).await.faults().count(), 0);
}

/// A `.meta` has five lines; a peer that sends more than such a file can have is not listened to.
#[tokio::test]
async fn a_body_without_end_is_refused() {
    let (nvd, world) = gap().await;
    nvd.goes_wrong("2025.meta", &[Wrong::Says("sha256:0\r\n".repeat(10_000))]);
    let report = synced(&world).await;
    assert_eq!(fault(&report, "nvd 2025"), "larger than any such file");
    assert!(mirror(&world).get("CVE-2025-10001").unwrap().is_some());
    assert_eq!(synced(&world).await.faults().count(), 0);
}

#[tokio::test]
async fn who_is_shut_out_midway_stops_keeps_what_was_taken_and_goes_on_there() {
    let nvd = nvd().await;
    let world = world(&nvd, NO_GITHUB).await;
    let forbidden = || Wrong::Status(403, vec![]);
    nvd.goes_wrong("2025.json.gz", &[forbidden(), forbidden()]);
    nvd.goes_wrong("modified.json.gz", &[forbidden(), forbidden()]);
    let report = synced(&world).await;
    assert_eq!(fault(&report, "nvd 2025"), "NVD asks to wait (403)");
    assert!(!nvd.asked().contains(&"2026.json.gz".to_owned()), "asking on would not help");
    assert_eq!(records(&world), 2, "2024 stays");

    let before = nvd.asked().len();
    assert_eq!(synced(&world).await.faults().count(), 0);
    assert!(!nvd.asked()[before..].contains(&"2024.json.gz".to_owned()), "what was taken is not taken again");
    assert_eq!(records(&world), 5);
}

#[tokio::test]
async fn retry_after_is_obeyed_when_it_is_short_and_left_for_the_next_sync_when_it_is_long() {
    let (nvd, world) = gap().await;
    let wait = |s: &str| Wrong::Status(503, vec![("retry-after", s.to_owned())]);
    nvd.goes_wrong("modified.meta", &[wait("1")]);
    let config = load(&world);
    let github = Arc::new(github_client(&config).unwrap());
    let begun = Instant::now();
    let clock = crate::child::outside().clock;
    let report = Box::pin(sync(&config, github, clock, Arc::new(|_| {}))).await.unwrap();
    assert!(begun.elapsed() >= Duration::from_secs(1), "it waited");
    assert!(of(&report, "nvd modified").fault.is_none(), "{report:?}");

    nvd.goes_wrong("modified.meta", &[wait("86400")]);
    let report = synced(&world).await;
    assert_eq!(fault(&report, "nvd modified"), "NVD asks to wait (503)");
}

#[tokio::test]
async fn where_the_feeds_cannot_be_had_the_api_closes_the_gap_in_spans_of_120_days() {
    let nvd = nvd().await;
    let world = world(&nvd, NO_GITHUB).await;
    synced(&world).await;
    world.at("2027-05-01T12:00:00Z");
    nvd.change(|held| {
        held.page_size = 2;
        held.all = (1..=5).map(|n| record(&format!("CVE-2026-2000{n}"))).collect();
    });
    nvd.goes_wrong("modified.meta", &[Wrong::Status(404, vec![])]);
    let report = synced(&world).await;
    assert_eq!(of(&report, "nvd api").added, 5, "{report:?}");
    assert_eq!(fault(&report, "nvd modified"), "refused (404)");
    let pages: Vec<String> =
        nvd.peer.asked().into_iter().map(|a| a.path).filter(|p| p.starts_with("/api")).collect();
    assert_eq!(pages.len(), 6, "two spans of three pages: {pages:#?}");
    assert!(
        pages[0].contains(
            "startIndex=0&lastModStartDate=2026-11-23T07%3A00%3A00.000&lastModEndDate=2027-03-23T07"
        ),
        "{}",
        pages[0]
    );
    assert!(pages[3].contains("lastModEndDate=2027-05-01T12%3A00%3A00.000"), "{}", pages[3]);

    // The gap is closed: the feeds are enough again.
    nvd.put("modified", "2027-05-01T11:00:00-04:00", &[record("CVE-2026-20001")]);
    let before = nvd.asked().len();
    world.at("2027-05-01T16:00:00Z");
    assert_eq!(synced(&world).await.faults().count(), 0);
    assert!(
        !nvd.asked()[before..].iter().any(|file| file.starts_with("2025")),
        "{:?}",
        &nvd.asked()[before..]
    );
}

#[tokio::test]
async fn a_list_that_grows_while_it_is_read_is_read_again() {
    let nvd = nvd().await;
    let world = world(&nvd, NO_GITHUB).await;
    synced(&world).await;
    nvd.change(|held| {
        held.page_size = 2;
        held.all = (1..=4).map(|n| record(&format!("CVE-2026-2000{n}"))).collect();
        held.grows = vec![record("CVE-2026-20005"), item("CVE/../x", "no id", NEW)];
    });
    nvd.goes_wrong("modified.meta", &[Wrong::Status(404, vec![])]);
    let report = synced(&world).await;
    let done = of(&report, "nvd api");
    assert_eq!(done.added, 5, "{report:?}");
    assert!(done.note.as_ref().unwrap().contains("record"), "what cannot be read is named: {done:?}");
    let starts: Vec<String> = nvd
        .peer
        .asked()
        .into_iter()
        .filter_map(|a| Some(a.path.split_once("startIndex=")?.1.split('&').next()?.to_owned()))
        .collect();
    assert_eq!(starts, ["0", "2", "4", "0", "2", "4"]);
}

#[tokio::test]
async fn an_empty_page_may_lack_its_list_and_a_walk_that_was_stopped_goes_on() {
    let nvd = nvd().await;
    let world = world(&nvd, NO_GITHUB).await;
    synced(&world).await;
    let absent = || nvd.goes_wrong("modified.meta", &[Wrong::Status(404, vec![])]);
    absent();
    let report = synced(&world).await;
    assert!(of(&report, "nvd api").fault.is_none(), "{report:?}");

    world.at("2026-11-23T15:00:00Z");
    nvd.change(|held| {
        held.page_size = 2;
        held.all = (1..=4).map(|n| record(&format!("CVE-2026-2000{n}"))).collect();
    });
    absent();
    // The first page comes, the second one not.
    nvd.change(|held| held.grows = Vec::new());
    let world_config = load(&world);
    assert!(world_config.known.nvd);
    nvd.goes_wrong("api", &[]);
    nvd.goes_wrong(
        "api",
        &[
            Wrong::Says(page(4, &[record("CVE-2026-20001"), record("CVE-2026-20002")])),
            Wrong::Drop,
            Wrong::Drop,
        ],
    );
    let report = synced(&world).await;
    assert_eq!(fault(&report, "nvd api"), "cannot be reached");
    assert!(mirror(&world).get("CVE-2026-20002").unwrap().is_some(), "the first page stays");
    absent();
    let before = nvd.peer.asked().len();
    synced(&world).await;
    let pages: Vec<String> = nvd
        .peer
        .asked()
        .split_off(before)
        .into_iter()
        .map(|a| a.path)
        .filter(|p| p.starts_with("/api"))
        .collect();
    assert!(pages.len() == 1 && pages[0].contains("startIndex=2"), "{pages:?}");
    assert!(mirror(&world).get("CVE-2026-20004").unwrap().is_some());
}

fn page(total: usize, items: &[String]) -> String {
    format!(
        r#"{{"resultsPerPage":{},"startIndex":0,"totalResults":{total},"vulnerabilities":[{}]}}"#,
        items.len(),
        items.join(",")
    )
}

#[tokio::test]
async fn a_key_goes_to_the_api_alone_and_a_bad_one_is_said() {
    let nvd = nvd().await;
    let world = world(&nvd, NO_GITHUB).await;
    world.secret("nvd-key", "CANARY-nvd-key");
    world.change_config("[known]", "[known]\napi_key_file = \"nvd-key\"");
    synced(&world).await;
    assert!(nvd.peer.asked().iter().all(|asked| !asked.headers.contains_key("apikey")), "feeds need none");
    nvd.goes_wrong("modified.meta", &[Wrong::Status(404, vec![])]);
    nvd.goes_wrong("api", &[Wrong::Status(404, vec![("message", "Invalid apiKey.".to_owned())])]);
    let report = synced(&world).await;
    assert_eq!(fault(&report, "nvd api"), "NVD does not accept the API key");
    assert_eq!(nvd.peer.asked().pop().unwrap().headers["apikey"], "CANARY-nvd-key");
    assert!(!format!("{report:?} {:?}", load(&world)).contains("CANARY"));
}

#[tokio::test]
async fn five_requests_without_a_key_and_then_the_window_is_waited_for() {
    let nvd = nvd().await;
    let world = world(&nvd, NO_GITHUB).await;
    world.change_config("api_window_s = 0", "api_window_s = 1");
    nvd.goes_wrong("modified.meta", &[Wrong::Status(404, vec![])]);
    nvd.change(|held| {
        held.page_size = 1;
        held.all = (1..=7).map(|n| record(&format!("CVE-2026-2000{n}"))).collect();
    });
    let begun = Instant::now();
    let report = synced(&world).await;
    assert_eq!(of(&report, "nvd api").added, 7, "without a mirror everything is walked: {report:?}");
    assert!(begun.elapsed() >= Duration::from_secs(1), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn strange_records_cost_themselves_alone() {
    let nvd = nvd().await;
    let world = world(&nvd, NO_GITHUB).await;
    let odd = record("CVE-2026-30001")
        .replace("\"references\"", "\"heardOf\":{\"never\":[1]},\"metrics\":7,\"references\"");
    let long = item("CVE-2026-30002", &"frobnicate ".repeat(10_000), NEW);
    assert!(long.len() > 110_000);
    nvd.put(
        "2026",
        "2026-11-22T03:00:00-05:00",
        &[odd, long, item("CVE-2024/../../x", "path", NEW), "{\"cve\":[]}".to_owned()],
    );
    let report = synced(&world).await;
    let done = of(&report, "nvd 2026");
    assert_eq!((done.records, done.unreadable, done.fault.clone()), (2, 2, None), "{done:?}");
    assert!(done.note.as_ref().unwrap().contains("2 records could not be read"), "{done:?}");
    assert!(mirror(&world).get("CVE-2026-30002").unwrap().is_some());
}

fn child(world: &World, shell: &str) -> Command {
    let mut command = Command::new("sh");
    command.arg("-c").arg(format!("{shell} exec \"$0\" \"$@\"")).arg(env!("CARGO_BIN_EXE_sir-intake"));
    command.args(["mirror", "sync", "--config"]).arg(world.peers.path());
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

/// Words that differ, so that the file really grows.
fn many(count: usize) -> Vec<String> {
    (0..count)
        .map(|n| {
            let words: Vec<String> =
                (0..40).map(|w| format!("w{}", (n * 7919 + w * 104_729) % 1_000_003)).collect();
            item(&format!("CVE-2026-{}", 100_000 + n), &words.join(" "), NEW)
        })
        .collect()
}

/// The binary itself has the machine's clock: its years must be there.
fn machine_years(nvd: &Nvd, last: &[String]) {
    let now = jiff::Timestamp::now();
    let this = now.to_zoned(jiff::tz::TimeZone::UTC).year();
    for year in 2024..=this {
        let items = if year == this { last.to_vec() } else { vec![record(&format!("CVE-{year}-10001"))] };
        nvd.put(&year.to_string(), &now.to_string(), &items);
    }
    nvd.put("modified", &now.to_string(), &[record("CVE-2024-10002")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_leaves_the_last_good_mirror() {
    let nvd = Nvd::start().await;
    machine_years(&nvd, &many(4_000));
    let world = world(&nvd, NO_GITHUB).await;
    // Files larger than 600 kB cannot be written; in units of 512 bytes (POSIX).
    let full =
        tokio::task::block_in_place(|| child(&world, "trap '' XFSZ; ulimit -f 1200;").output().unwrap());
    let told = String::from_utf8_lossy(&full.stderr).into_owned();
    assert_eq!(full.status.code(), Some(1), "{told}");
    assert!(told.contains("mirror:") || told.contains("disk"), "{told}");
    let kept = mirror(&world);
    assert!(kept.get("CVE-2024-10001").unwrap().is_some(), "what was whole stays");
    assert!(kept.get("CVE-2026-100000").unwrap().is_none() && kept.get("CVE-2026-103999").unwrap().is_none());
    drop(kept);
    let good = tokio::task::block_in_place(|| child(&world, "").output().unwrap());
    assert!(good.status.success(), "{}", String::from_utf8_lossy(&good.stderr));
    assert!(records(&world) > 4_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_any_moment_the_mirror_is_whole_and_the_sync_goes_on() {
    let nvd = Nvd::start().await;
    machine_years(&nvd, &many(2_000));
    let world = world(&nvd, NO_GITHUB).await;
    let mut killed = 0;
    for wait in (0..).map(|n: u64| Duration::from_millis(20 + n * 60)).take(40) {
        let mut command = child(&world, "");
        let mut running = command.stderr(Stdio::null()).spawn().unwrap();
        tokio::time::sleep(wait).await;
        let ended = running.try_wait().unwrap();
        let _gone = running.kill();
        let _status = running.wait().unwrap();
        // Whole or not at all: the records of a feed, and the question finds what it holds.
        let held = mirror(&world);
        let (first, last) = (held.get("CVE-2026-100000").unwrap(), held.get("CVE-2026-101999").unwrap());
        assert_eq!(first.is_some(), last.is_some(), "half a feed");
        held.check(&Question { subject: "frobnicator fault".to_owned(), ..Question::default() }).unwrap();
        if ended.is_some_and(|status| status.success()) {
            break;
        }
        killed += 1;
    }
    assert!(killed > 2, "it was killed {killed} times");
    let good = tokio::task::block_in_place(|| child(&world, "").output().unwrap());
    assert!(good.status.success(), "{}", String::from_utf8_lossy(&good.stderr));
    assert!(records(&world) > 2_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_process_says_so_and_ends_with_75() {
    let nvd = Nvd::start().await;
    machine_years(&nvd, &[]);
    let world = world(&nvd, NO_GITHUB).await;
    let _held = mirror(&world).sync_lock().unwrap();
    let second = tokio::task::block_in_place(|| child(&world, "").output().unwrap());
    let told = String::from_utf8_lossy(&second.stderr).into_owned();
    assert_eq!(second.status.code(), Some(75), "{told}");
    assert!(told.contains("another process is syncing"), "{told}");
    assert!(nvd.asked().is_empty());
}
