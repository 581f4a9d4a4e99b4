//! The mirror is brought up to date: from NVD, from GitHub, again and again, and never because of a report.

use std::collections::BTreeSet;
use std::sync::Arc;

use sir_intake::config::{self, Config};
use sir_intake::daemon::sync::{
    MIRROR_FILE, SourceDone, SyncFault, SyncReport, import_cmake, open_mirror, sync,
};
use sir_intake::known::mirror::MirrorError;
use sir_intake::known::record::AuthorKind;
use sir_intake::known::{Mirror, Question, Source, Status, Verdict};
use sir_intake::perform::github_client;
use sir_intake::practice::hub::{Advised, Fault, Kind, Opened};
use sir_intake::practice::loopback::Settings;

use crate::nvd_stand::{Nvd, Wrong, record};
use crate::world::World;

/// O3DE's own repository on the stand-in.
pub const O3DE: u64 = 8_008;

pub const NO_GITHUB: &str = "repositories = []\npackages_repository = \"none\"";
pub const GITHUB_ALONE: &str =
    "nvd = false\nrepositories = [\"o3de/o3de\"]\npackages_repository = \"o3de/o3de\"";

/// A world whose daemon would sync from that stand-in.
pub async fn world(nvd: &Nvd, more: &str) -> World {
    let world = World::with(Settings { known: nvd.config(more), ..Settings::default() }).await;
    world.peers.hub.add_repository(O3DE, "o3de", "o3de", false);
    std::fs::create_dir_all(load(&world).state_dir).unwrap();
    world
}

pub fn load(world: &World) -> Config {
    let path = world.peers.path();
    config::load_with(&path, path.parent()).unwrap_or_else(|mistakes| {
        panic!("{}", mistakes.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    })
}

pub async fn try_sync(world: &World) -> Result<SyncReport, SyncFault> {
    let config = load(world);
    let github = Arc::new(github_client(&config).unwrap());
    Box::pin(sync(&config, github, Arc::new(world.clock.clone()), Arc::new(|_| {}))).await
}

pub async fn synced(world: &World) -> SyncReport {
    try_sync(world).await.unwrap()
}

pub fn mirror(world: &World) -> Mirror {
    open_mirror(&load(world).state_dir).unwrap()
}

pub fn of<'r>(report: &'r SyncReport, name: &str) -> &'r SourceDone {
    report.sources.iter().find(|done| done.name == name).unwrap_or_else(|| panic!("no {name} in {report:?}"))
}

/// Three years and the last changes, as of Monday, 23 November 2026.
pub async fn nvd() -> Nvd {
    let nvd = Nvd::start().await;
    nvd.put("2024", "2026-11-22T03:00:00-05:00", &[record("CVE-2024-10001"), record("CVE-2024-10002")]);
    nvd.put("2025", "2026-11-22T03:00:00-05:00", &[record("CVE-2025-10001")]);
    nvd.put("2026", "2026-11-22T03:00:00-05:00", &[record("CVE-2026-10001")]);
    nvd.put("modified", "2026-11-23T02:00:00-05:00", &[record("CVE-2026-10002")]);
    nvd
}

#[tokio::test]
async fn the_first_sync_takes_every_year_and_the_next_one_only_what_changed() {
    let nvd = nvd().await;
    let world = world(&nvd, NO_GITHUB).await;
    let report = synced(&world).await;
    assert_eq!(report.faults().count(), 0, "{report:?}");
    assert_eq!(of(&report, "nvd 2024").added, 2);
    assert_eq!(mirror(&world).status().unwrap().age.records, 5);

    // Within eight days the feed of the last changes has all: years are not even asked about.
    let before = nvd.asked().len();
    world.at("2026-11-23T11:00:00Z");
    nvd.put("2024", "2026-11-23T03:00:00-05:00", &[record("CVE-2024-10009")]);
    nvd.put("modified", "2026-11-23T04:00:00-05:00", &[record("CVE-2026-10002"), record("CVE-2024-10003")]);
    let report = synced(&world).await;
    assert_eq!(of(&report, "nvd modified").added, 1);
    assert_eq!(nvd.asked()[before..], ["modified.meta", "modified.meta", "modified.json.gz"]);

    // Nothing new: the entity tag is all that is asked with.
    let before = nvd.asked().len();
    let report = synced(&world).await;
    assert!(of(&report, "nvd modified").unchanged);
    assert_eq!(nvd.asked()[before..], ["modified.meta", "modified.meta"]);
    let last = nvd.peer.asked().pop().unwrap();
    assert!(last.headers.contains_key("if-none-match"), "{last:?}");
}

#[tokio::test]
async fn after_more_than_eight_days_the_years_that_changed_are_taken() {
    let nvd = nvd().await;
    let world = world(&nvd, NO_GITHUB).await;
    synced(&world).await;
    world.at("2026-12-02T11:00:00Z");
    nvd.put("2025", "2026-12-01T03:00:00-05:00", &[record("CVE-2025-10001"), record("CVE-2025-10002")]);
    nvd.put("modified", "2026-12-02T04:00:00-05:00", &[record("CVE-2026-10003")]);
    let before = nvd.asked().len();
    let report = synced(&world).await;
    assert_eq!(of(&report, "nvd 2025").added, 1);
    assert!(of(&report, "nvd 2024").unchanged && of(&report, "nvd 2026").unchanged);
    let asked = &nvd.asked()[before..];
    assert!(
        !asked.contains(&"2024.json.gz".to_owned()) && asked.contains(&"2025.json.gz".to_owned()),
        "{asked:?}"
    );
}

#[tokio::test]
async fn a_new_year_without_a_feed_is_no_fault_and_its_feed_is_taken_when_it_is_there() {
    let nvd = nvd().await;
    let world = world(&nvd, NO_GITHUB).await;
    synced(&world).await;
    world.at("2027-01-01T06:00:00Z");
    nvd.put("modified", "2027-01-01T00:00:00-05:00", &[record("CVE-2026-10002")]);
    let report = synced(&world).await;
    assert!(
        of(&report, "nvd 2027").note.as_ref().unwrap().contains("no feed of this year yet"),
        "{report:?}"
    );
    assert_eq!(report.faults().count(), 0, "{report:?}");
    nvd.put("2027", "2027-01-01T03:00:00-05:00", &[record("CVE-2027-10001")]);
    assert_eq!(of(&synced(&world).await, "nvd 2027").added, 1);
}

#[tokio::test]
async fn what_a_person_imported_from_files_needs_no_second_download() {
    let nvd = nvd().await;
    let world = world(&nvd, NO_GITHUB).await;
    synced(&world).await;
    // As after `mirror import`: feeds with stamps, and no sync ever.
    let path = load(&world).state_dir.join(MIRROR_FILE);
    rusqlite::Connection::open(&path).unwrap().execute("DELETE FROM source", []).unwrap();
    let before = nvd.asked().len();
    synced(&world).await;
    assert!(nvd.asked()[before..].iter().all(|file| file.starts_with("modified")), "{:?}", nvd.asked());

    // Long after: a meta with the hash that we have is answer enough, without a tag as well.
    rusqlite::Connection::open(&path).unwrap().execute("DELETE FROM source", []).unwrap();
    world.at("2026-12-05T11:00:00Z");
    nvd.put("modified", "2026-12-05T04:00:00-05:00", &[record("CVE-2026-10002")]);
    let before = nvd.asked().len();
    synced(&world).await;
    let asked = &nvd.asked()[before..];
    assert!(
        asked.contains(&"2024.meta".to_owned()) && !asked.contains(&"2024.json.gz".to_owned()),
        "{asked:?}"
    );
}

/// A stamp that lies ahead must not let the next gap look small.
#[tokio::test]
async fn a_feed_that_claims_to_be_of_the_future_hides_no_gap() {
    let nvd = nvd().await;
    let world = world(&nvd, NO_GITHUB).await;
    nvd.put("modified", "2099-01-01T00:00:00-05:00", &[record("CVE-2026-10002")]);
    synced(&world).await;
    world.at("2026-12-05T11:00:00Z");
    nvd.put("2025", "2026-12-04T03:00:00-05:00", &[record("CVE-2025-10001"), record("CVE-2025-10007")]);
    nvd.put("modified", "2026-12-05T04:00:00-05:00", &[record("CVE-2026-10008")]);
    assert_eq!(of(&synced(&world).await, "nvd 2025").added, 1);
}

#[tokio::test]
async fn the_mirror_may_be_deleted_at_any_time() {
    let nvd = nvd().await;
    let world = world(&nvd, NO_GITHUB).await;
    synced(&world).await;
    for end in ["", "-wal", "-shm"] {
        let _gone = std::fs::remove_file(load(&world).state_dir.join(format!("{MIRROR_FILE}{end}")));
    }
    assert_eq!(synced(&world).await.faults().count(), 0);
    assert_eq!(mirror(&world).status().unwrap().age.records, 5);
}

#[tokio::test]
async fn only_one_process_syncs_and_a_short_writing_of_another_is_waited_for() {
    let nvd = nvd().await;
    let world = world(&nvd, NO_GITHUB).await;
    let held = mirror(&world).sync_lock().unwrap();
    assert!(matches!(try_sync(&world).await, Err(SyncFault::Mirror(MirrorError::Syncing))));
    assert!(nvd.asked().is_empty(), "who may not sync asks nobody");
    drop(held);
    let lock = std::fs::File::create(load(&world).state_dir.join(format!("{MIRROR_FILE}.lock"))).unwrap();
    lock.lock().unwrap();
    let release = tokio::spawn(async move {
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        drop(lock);
    });
    assert_eq!(synced(&world).await.faults().count(), 0);
    release.await.unwrap();
}

fn opened<'a>(title: &'a str, labels: &'a [&'a str]) -> Opened<'a> {
    Opened { by: "mallory", title, body: "ReadManifestChunk of the AssetProcessor crashes.", labels }
}

#[tokio::test]
async fn public_issues_come_with_their_labels_and_only_what_was_touched_is_read_again() {
    let nvd = Nvd::start().await;
    let world = world(&nvd, GITHUB_ALONE).await;
    let hub = &world.peers.hub;
    for n in 0..230 {
        world.at(&format!("2026-11-23T09:{:02}:{:02}Z", n / 60, n % 60));
        hub.open_issue_in(O3DE, &opened(&format!("Issue {n}"), &[]));
    }
    world.at("2026-11-23T10:00:00Z");
    hub.open_issue_in(O3DE, &opened("Marked", &["kind/security", "kind/bug"]));
    let report = synced(&world).await;
    assert_eq!(of(&report, "o3de/o3de issues").added, 231);
    let mirror = mirror(&world);
    let marked = mirror.get("o3de/o3de#231").unwrap().unwrap();
    assert!(marked.labelled && marked.labels.contains(&"kind/bug".to_owned()), "{marked:?}");
    assert_eq!((marked.source, marked.status), (Source::Issue, Status::Open));
    assert_eq!(marked.author, Some(AuthorKind::Outside));
    assert!(!mirror.get("o3de/o3de#1").unwrap().unwrap().labelled);

    // The end of the list is asked for once more, then nothing but its tag.
    synced(&world).await;
    let before = hub.requests().len();
    synced(&world).await;
    let issues: Vec<_> =
        hub.requests()[before..].iter().filter(|met| met.path.ends_with("/issues")).cloned().collect();
    assert_eq!(issues.iter().map(|met| met.status).collect::<Vec<_>>(), [304], "{issues:?}");

    world.at("2026-11-23T11:00:00Z");
    hub.change_repository(O3DE, |repo| {
        let issue = repo.issues.get_mut(&7).unwrap();
        issue.open = false;
        issue.updated_at = "2026-11-23T11:00:00Z".parse().unwrap();
    });
    let report = synced(&world).await;
    assert_eq!(of(&report, "o3de/o3de issues").changed, 1);
    assert_eq!(mirror.get("o3de/o3de#7").unwrap().unwrap().status, Status::Closed);
    assert_eq!(hub.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn a_list_of_issues_that_breaks_off_goes_on_where_it_was() {
    let nvd = Nvd::start().await;
    let world = world(&nvd, GITHUB_ALONE).await;
    let hub = &world.peers.hub;
    for n in 0..230 {
        world.at(&format!("2026-11-23T09:{:02}:{:02}Z", n / 60, n % 60));
        hub.open_issue_in(O3DE, &opened(&format!("Issue {n}"), &[]));
    }
    hub.faults().at_nth("GET", Kind::Issues, 2, Fault::ServerError);
    world.change_config("tries = 2", "tries = 1");
    let report = synced(&world).await;
    assert!(of(&report, "o3de/o3de issues").fault.is_some(), "{report:?}");
    assert_eq!(mirror(&world).status().unwrap().issues, 100, "the first page stays");
    let report = synced(&world).await;
    let second = of(&report, "o3de/o3de issues");
    assert!(second.fault.is_none() && second.records < 150, "{second:?}");
    assert_eq!(mirror(&world).status().unwrap().issues, 230);
}

fn advised<'a>(state: &'a str, summary: &'a str) -> Advised<'a> {
    Advised {
        by: "rena",
        email: None,
        state,
        summary,
        description: "Out of bounds read in ReadManifestChunk.",
    }
}

#[tokio::test]
async fn advisories_move_from_state_to_state_and_private_ones_stay_for_members() {
    let nvd = Nvd::start().await;
    let world = world(&nvd, GITHUB_ALONE).await;
    let hub = &world.peers.hub;
    hub.faults().small_pages(Some(2));
    let public: Vec<String> =
        (0..5).map(|n| hub.advise(O3DE, &advised("published", &format!("Public {n}"))).unwrap()).collect();
    let private = hub.advise(O3DE, &advised("triage", "Private")).unwrap();
    let report = synced(&world).await;
    assert_eq!(of(&report, "o3de/o3de advisories published").added, 5, "all pages: {report:?}");
    let mirror = mirror(&world);
    assert_eq!(mirror.get(&private).unwrap().unwrap().status, Status::Private);
    let one = mirror.get(&public[0]).unwrap().unwrap();
    assert!(one.status == Status::Published && one.labelled, "{one:?}");
    let again = synced(&world).await;
    assert!(of(&again, "o3de/o3de advisories published").unchanged, "asked with its tag: {again:?}");

    world.at("2026-11-23T10:00:00Z");
    hub.change_advisory(O3DE, &private, "state", &"draft".into());
    synced(&world).await;
    assert!(mirror.get(&private).unwrap().unwrap().draft());
    world.at("2026-11-23T11:00:00Z");
    hub.change_advisory(O3DE, &private, "state", &"closed".into());
    synced(&world).await;
    assert_eq!(mirror.get(&private).unwrap(), None, "it is in no list any more");
    assert_eq!(mirror.status().unwrap().advisories, 5);
    assert_eq!(hub.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn without_permission_published_advisories_are_mirrored_and_it_is_said() {
    let nvd = Nvd::start().await;
    let world = world(&nvd, GITHUB_ALONE).await;
    world.peers.hub.set_push(sir_intake::practice::loopback::TOKEN.2, false);
    world.peers.hub.advise(O3DE, &advised("published", "Public"));
    world.peers.hub.advise(O3DE, &advised("triage", "Private"));
    let report = synced(&world).await;
    assert_eq!(of(&report, "o3de/o3de advisories published").added, 1);
    for state in ["draft", "triage"] {
        let done = of(&report, &format!("o3de/o3de advisories {state}"));
        assert!(done.note.as_ref().unwrap().contains("no permission") && done.fault.is_none(), "{done:?}");
    }
    assert_eq!(mirror(&world).status().unwrap().advisories, 1);
}

/// Handwritten in the form of O3DE's lists.
const WINDOWS: &str = "# The list of one platform.\nly_associate_package(PACKAGE_NAME zlib-1.3.9-rev2-windows TARGETS ZLIB PACKAGE_HASH 00)\n\
    ly_associate_package(PACKAGE_NAME frobnicate-2.4.0-rev1-windows TARGETS Frob PACKAGE_HASH 11)\n";

#[tokio::test]
async fn the_package_lists_of_the_repository_replace_the_shipped_versions() {
    let nvd = Nvd::start().await;
    let world = world(&nvd, GITHUB_ALONE).await;
    let hub = &world.peers.hub;
    hub.add_file(O3DE, "cmake/3rdParty/Platform/Windows/BuiltInPackages_windows.cmake", WINDOWS);
    hub.add_file(
        O3DE,
        "cmake/3rdParty/Platform/Windows/other.cmake",
        "ly_associate_package(PACKAGE_NAME no-1-windows)",
    );
    let report = synced(&world).await;
    assert_eq!(of(&report, "packages").records, 2, "{report:?}");
    let mirror = mirror(&world);
    let packages = mirror.packages().unwrap();
    assert_eq!(packages.get("zlib").unwrap().versions[0].version, "1.3.9");
    assert!(packages.get("frobnicate").is_some() && packages.get("no").is_none());
    assert!(!packages.get("zlib").unwrap().cpe.is_empty(), "what was reviewed stays");
    assert!(of(&synced(&world).await, "packages").unchanged);

    let file = world.peers.dir.join("BuiltInPackages_linux.cmake");
    std::fs::write(&file, "ly_associate_package(PACKAGE_NAME zlib-1.4.0-linux TARGETS ZLIB PACKAGE_HASH 0)")
        .unwrap();
    assert_eq!(import_cmake(&mirror, &[file], world.now()).unwrap(), 1);
    assert_eq!(mirror.packages().unwrap().get("zlib").unwrap().versions[0].version, "1.4.0");
    assert_eq!(hub.violations(), Vec::<String>::new());
}

/// KNOWN, first rule: nothing of a report leaves the host.
#[tokio::test]
async fn what_a_sync_asks_for_does_not_depend_on_reports_and_a_check_asks_nobody() {
    const CANARY: &str = "Heap overflow in XyzzyCanaryGem of O3DE 25.05, like CVE-2024-10002 and CVE-2031-44444, see \
        https://canary.example/poc and zlib 1.2.11.\n\nSteps to reproduce:\n1. Load canary.prefab.\n2. It crashes.\n";
    let mut sets = Vec::new();
    for reports in [false, true] {
        let nvd = nvd().await;
        nvd.change(|held| held.all = vec![record("CVE-2026-10001"), record("CVE-2026-10002")]);
        let mut world = world(&nvd, "repositories = [\"o3de/o3de\"]").await;
        world.peers.hub.open_issue_in(O3DE, &opened("Public", &["kind/security"]));
        world.peers.hub.advise(O3DE, &advised("published", "Public"));
        if reports {
            world.deliver(&crate::world::report(
                "rena@reporter.example",
                "XyzzyCanaryGem",
                "c1@canary.example",
                CANARY,
            ));
            world.settle().await;
            assert_eq!(world.cases().len(), 1);
        }
        let before = world.peers.hub.heard().len();
        synced(&world).await;
        let question =
            Question { subject: "XyzzyCanaryGem".to_owned(), text: CANARY.to_owned(), ..Question::default() };
        let (asked, told) = (nvd.peer.asked().len(), world.peers.hub.heard().len());
        let answer = mirror(&world).check(&question).unwrap();
        assert_eq!(answer.verdict, Verdict::Cited);
        assert_eq!(
            (nvd.peer.asked().len(), world.peers.hub.heard().len()),
            (asked, told),
            "a check asks nobody"
        );
        // Again, and after a gap that the API must close.
        world.at("2026-11-23T12:00:00Z");
        nvd.goes_wrong("modified.meta", &[Wrong::Status(503, vec![]), Wrong::Status(503, vec![])]);
        synced(&world).await;
        let mut set: BTreeSet<String> =
            nvd.peer.asked().iter().map(|a| format!("{} {} {}", a.method, a.path, a.body)).collect();
        set.extend(world.peers.hub.heard()[before..].iter().cloned());
        assert!(set.iter().any(|line| line.contains("lastModStartDate")), "{set:?}");
        sets.push(set);
    }
    let (without, with) = (&sets[0], &sets[1]);
    assert_eq!(without, with);
    for line in with {
        let small = line.to_lowercase();
        assert!(
            !["canary", "44444", "10002", "1.2.11", "sir-2026"].iter().any(|word| small.contains(word)),
            "{line}"
        );
    }
}
