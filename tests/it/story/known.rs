//! Is it known already? Reports against a mirror that is not there, comes, learns, tears, and holds hostile words.

use sir_intake::case::Closure;
use sir_intake::known::own_case::{self, OwnCase};
use sir_intake::known::{Mirror, Status};

use super::post::{Mail, RENA, text};
use crate::world::World;

/// A made-up package of O3DE's kind: a record about zlib, and others that have nothing to do with it.
pub fn feed(more: &[String]) -> String {
    let mut items = vec![
        record(
            "CVE-2018-90001",
            "Analyzed",
            "zlib before 1.2.12 has a heap overflow in deflate_stored when it deflates input with many distant matches.",
            r#""configurations":[{"nodes":[{"operator":"OR","negate":false,"cpeMatch":[{"vulnerable":true,
               "criteria":"cpe:2.3:a:zlib:zlib:*:*:*:*:*:*:*:*","versionStartIncluding":"1.2.2","versionEndExcluding":"1.2.12"}]}]}],"#,
        ),
        record("CVE-2020-90002", "Analyzed", "Gadgetron leaks a token into its log.", ""),
        record("CVE-2020-90003", "Rejected", "Rejected reason: not a vulnerability.", ""),
    ];
    items.extend(more.iter().cloned());
    format!(
        r#"{{"totalResults":{},"timestamp":"2026-11-23T00:00:00.000","vulnerabilities":[{}]}}"#,
        items.len(),
        items.join(",")
    )
}

pub fn record(id: &str, status: &str, words: &str, more: &str) -> String {
    let words = serde_json::to_string(words).unwrap();
    format!(
        r#"{{"cve":{{"id":"{id}","published":"2020-03-01T10:00:00.000","lastModified":"2026-11-20T10:00:00.000",
        "vulnStatus":"{status}",{more}"descriptions":[{{"lang":"en","value":{words}}}],
        "references":[{{"url":"https://advisories.example/{id}"}}]}}}}"#
    )
}

impl World {
    pub fn mirror(&self) -> Mirror {
        let dir = self.config().state_dir;
        sir_intake::store::private_dir(&dir).unwrap();
        Mirror::open(&dir.join("known.db")).unwrap()
    }

    /// A sync, or an import by an operator, brings a feed.
    pub fn mirror_learns(&self, name: &str, feed: &str) {
        let report = self.mirror().import_bytes(name, feed.as_bytes().to_vec(), None, self.now()).unwrap();
        assert!(!report.failed(), "{report:?}");
    }

    /// How often the page of an issue was written anew.
    fn updates(&self, issue: u64) -> usize {
        let path = format!("/issues/{issue}");
        self.peers
            .hub
            .requests()
            .iter()
            .filter(|met| met.method == "PATCH" && met.path.ends_with(&path))
            .count()
    }
}

/// What a page says about what is known.
pub fn known(body: &str) -> &str {
    let (_, rest) = body.split_once("### Known already?").expect("the section is there");
    rest.split_once("\n### ").map_or(rest, |(section, _)| section).trim()
}

/// Somebody found an old zlib.
pub fn zlib() -> Mail {
    Mail::new(
        RENA,
        "zlib 1.2.11 has a heap overflow",
        "z1@reporter.example",
        "Hello,\n\nO3DE ships zlib 1.2.11. By NVD (CVE-2018-90001) its deflate_stored overflows the heap when it deflates \
         input with many distant matches.\n\nRena\n",
    )
}

/// RFC: "it should first see if the issue is publicly known (for O3DE or in standard reports such as NVD)".
#[tokio::test]
async fn a_known_cve_in_a_bundled_package_is_named_with_reasons_where_members_look() {
    let mut world = World::new().await;
    world.mirror_learns("2018", &feed(&[]));
    world.deliver(&zlib().write());
    world.settle().await;

    let body = world.issue(1).body;
    let page = known(&body);
    assert!(page.contains("**1 cited, 1 bundled package in range.** Likeness proposes"), "{page}");
    assert!(
        page.contains(
            "| **cited** | [CVE-2018-90001](https://nvd.nist.gov/vuln/detail/CVE-2018-90001) | Analyzed"
        ),
        "{page}"
    );
    assert!(page.contains("O3DE ships **zlib 1.2.11, 1.2.8, 1.3.1 ("), "{page}");
    assert!(page.contains("the report names `1.2.11`"), "{page}");
    assert!(page.contains("1.2.11, 1.2.8 **inside** the range of [CVE-2018-90001]"), "{page}");
    assert!(page.contains("1.3.1 outside: fixed in `1.2.12`"), "{page}");
    assert!(page.contains("`!known CVE-2018-90001`"), "{page}");
    assert!(page.contains("3 public records in the mirror of Mon 23 Nov 2026, 09:00 UTC"), "{page}");
    assert_eq!(world.updates(1), 1, "for the receipt alone: the first page had it all");
    for member in ["alice@members.example", "bob@members.example"] {
        let alert = world.sent_to(member).remove(0);
        assert!(alert.contains("1 cited, 1 bundled package in range"), "{alert}");
        assert!(!alert.contains("CVE-") && !alert.contains('!'), "no id, no command: {alert}");
    }
    let post = &world.peers.discord.messages()[0].content;
    assert!(post.contains("1 cited, 1 bundled package in range"), "{post}");
    let receipt = world.sent_to(RENA).remove(0);
    assert!(!receipt.contains("CVE-") && !receipt.contains("known"), "{receipt}");
    world.nothing_is_left_over();
}

/// "The daemon works without a mirror and says `not checked: no mirror yet` on the issue, then checks and updates the
/// issue when one is there."
#[tokio::test]
async fn without_a_mirror_the_page_says_so_and_is_updated_once_when_one_is_there() {
    let mut world = World::new().await;
    world.deliver(&zlib().write());
    world.settle().await;
    assert!(
        known(&world.issue(1).body).starts_with("**Not checked: no mirror yet.**"),
        "{}",
        world.issue(1).body
    );
    assert!(world.issue(1).body.contains("- [ ] Known? Not checked by the machine: look"));
    assert!(world.sent_to("alice@members.example")[0].contains("not checked: no mirror yet"));
    let before = world.updates(1);

    world.mirror_learns("2018", &feed(&[]));
    world.settle().await;
    assert!(known(&world.issue(1).body).contains("[CVE-2018-90001]"));
    assert_eq!(world.updates(1), before + 1);
    world.kill();
    world.pass(3);
    world.settle().await;
    world.mirror_learns("2019", &feed(&[]).replace("-9000", "-9100"));
    world.settle().await;
    assert_eq!(world.updates(1), before + 1, "nothing new about it, nothing is written");
    assert_eq!(world.comments(1).len(), 0);
    world.nothing_is_left_over();
}

/// "... or the mirror learns of a cited id."
#[tokio::test]
async fn an_id_that_the_mirror_learns_of_later_comes_onto_the_page() {
    let mut world = World::new().await;
    world.mirror_learns("2018", &feed(&[]));
    let mail =
        Mail::new(RENA, "Crash", "l1@reporter.example", "The editor crashes, this is CVE-2026-77777.\n");
    world.deliver(&mail.write());
    world.settle().await;
    let body = world.issue(1).body;
    assert!(
        known(&body)
            .contains("Cited and not in the mirror (reserved, too new, or misspelled): `CVE-2026-77777`")
    );
    assert!(!known(&body).contains("!known"));
    let before = world.updates(1);

    let reserved = record("CVE-2026-77777", "Received", "The O3DE editor crashes on a long level name.", "");
    world.mirror_learns("modified", &feed(&[reserved]));
    world.settle().await;
    let page = world.issue(1).body;
    assert!(known(&page).contains("| **cited** | [CVE-2026-77777]"), "{page}");
    assert!(known(&page).contains("Awaiting analysis"), "{page}");
    assert_eq!(world.updates(1), before + 1);

    let rejected = record("CVE-2026-77777", "Rejected", "Rejected reason: a duplicate.", "");
    let rejected = rejected.replace("2026-11-20T10", "2026-11-22T10");
    world.mirror_learns(
        "modified",
        &feed(&[rejected]).replace("T00:00:00.000\",\"vuln", "T01:00:00.000\",\"vuln"),
    );
    world.settle().await;
    let page = world.issue(1).body;
    assert!(known(&page).contains("**Rejected** by its source"), "{page}");
    world.nothing_is_left_over();
}

/// KNOWN, rule 3: "A public match younger than the report, or not labelled by O3DE, is shown as *possible leak*"; a
/// published advisory, or a labelled issue that is older, is "publicly known".
#[tokio::test]
async fn what_became_public_after_the_report_is_a_possible_leak() {
    use sir_intake::known::{Record, Source};
    let issue = |number: u32, published: &str, labelled: bool| {
        let mut record = Record::new(Source::Issue, &format!("o3de/o3de#{number}"));
        record.status = Status::Open;
        record.published = Some(published.parse().unwrap());
        record.title = "Gizmotron importer writes past its buffer in ReadGizmoChunk".to_owned();
        record.text = format!("{GIZMO} See https://o3de.example/gizmo/{number}.");
        record.references = vec![format!("https://o3de.example/gizmo/{number}")];
        record.labelled = labelled;
        record
    };
    for (published, labelled, says) in [
        (
            "2026-11-23T10:00:00Z",
            true,
            "**possible leak**: public since Mon 23 Nov 2026, 10:00 UTC, after the report",
        ),
        ("2026-10-01T10:00:00Z", false, "**possible leak**: not labelled by O3DE"),
        ("2026-10-01T10:00:00Z", true, "| publicly known, Open, 1 Oct 2026 |"),
    ] {
        let mut world = World::new().await;
        world.mirror_learns("2018", &feed(&[]));
        world.mirror().put(&[issue(77, published, labelled)]).unwrap();
        let text = format!("{GIZMO}\nhttps://o3de.example/gizmo/77\n");
        world.deliver(&Mail::new(RENA, "Gizmotron importer", "k1@reporter.example", &text).write());
        world.settle().await;
        let page = world.issue(1).body;
        assert!(known(&page).contains(says), "{says}\n{page}");
        assert!(known(&page).contains("](https://github.com/o3de/o3de/issues/77)"), "{page}");
        let offered = known(&page).contains("`!known https://github.com/o3de/o3de/issues/77`");
        assert_eq!(offered, says.contains("publicly known"), "a leak is no known answer: {page}");
    }
}

/// KNOWN: "a cited rejected id is answered `rejected`, not `unknown`": it is no known answer.
#[tokio::test]
async fn a_rejected_id_is_said_to_be_rejected_and_is_no_answer() {
    let mut world = World::new().await;
    world.mirror_learns("2018", &feed(&[]));
    let words = "This is CVE-2020-90003, the terrain editor reads past its tiles.\n";
    world.deliver(&Mail::new(RENA, "Terrain", "j1@reporter.example", words).write());
    world.settle().await;
    let body = world.issue(1).body;
    assert!(known(&body).contains("1 cited id rejected by its source"), "{body}");
    assert!(known(&body).contains("**Rejected** by its source"), "{body}");
    assert!(!known(&body).contains("!known"), "{body}");
    assert!(!world.sent_to("alice@members.example")[0].contains("It may be known"));
    world.nothing_is_left_over();
}

/// "... and again when its text grows."
#[tokio::test]
async fn what_the_reporter_adds_is_looked_for_as_well() {
    let mut world = World::new().await;
    world.mirror_learns("2018", &feed(&[]));
    world.deliver(&Mail::report().write());
    world.settle().await;
    assert!(!known(&world.issue(1).body).contains("cited"), "{}", world.issue(1).body);
    let before = world.updates(1);
    let mut more = super::thread::more(1).answering(&Mail::report().write());
    more.text = "I now think that it is CVE-2018-90001.\n".to_owned();
    world.deliver(&more.write());
    world.settle().await;
    assert!(
        known(&world.issue(1).body).contains("| **cited** | [CVE-2018-90001]"),
        "{}",
        world.issue(1).body
    );
    assert_eq!(world.updates(1), before + 1);
    world.nothing_is_left_over();
}

const GIZMO: &str = "Hello,\n\nthe Gizmotron importer of O3DE writes past its buffer in ReadGizmoChunk when the header says \
    70000 vertices and the mesh has three. An attacker who gives somebody such a file runs code in the editor.\n";

/// "Duplicates among own cases, rejections included, are shown to members only."
#[tokio::test]
async fn a_second_report_of_the_same_thing_names_the_first_to_members_alone() {
    let mut world = World::new().await;
    world.mirror_learns("2018", &feed(&[]));
    world.deliver(&Mail::new(RENA, "Gizmotron importer overflow", "g1@reporter.example", GIZMO).write());
    world.settle().await;
    let again = format!("Dear team,\n\nI think this is new. {GIZMO}\nSam\n");
    world.deliver(
        &Mail::new("sam@second.example", "ReadGizmoChunk overflow", "g2@second.example", &again).write(),
    );
    world.settle().await;

    let page = world.issue(2).body;
    let url = "/o3de/sig-security-reports/issues/1";
    assert!(known(&page).contains("**Earlier cases.** For members only"), "{page}");
    assert!(known(&page).contains("[SIR-2026-0001](http") && known(&page).contains(url), "{page}");
    assert!(known(&page).contains("`!dup SIR-2026-0001`"), "{page}");
    assert!(world.sent_to("alice@members.example")[1].contains("1 earlier case"));
    for mail in world.sent_to("sam@second.example") {
        assert!(!mail.contains("SIR-2026-0001") && !mail.contains("earlier"), "{mail}");
    }
    assert!(!known(&world.issue(1).body).contains("SIR-2026"), "a case is not its own duplicate");
    world.nothing_is_left_over();
}

/// Both lie in the mailbox when it is looked at: the second is compared before the first can be found.
#[tokio::test]
async fn two_reports_in_one_look_find_each_other() {
    let mut world = World::new().await;
    world.mirror_learns("2018", &feed(&[]));
    world.deliver(&Mail::new(RENA, "Gizmotron importer overflow", "g1@reporter.example", GIZMO).write());
    world.deliver(&Mail::new("sam@second.example", "Gizmotron", "g2@second.example", GIZMO).write());
    world.settle().await;
    let pages = [world.issue(1).body, world.issue(2).body];
    assert!(pages.iter().any(|page| known(page).contains("Earlier cases")), "{}", pages[1]);
    world.nothing_is_left_over();
}

/// KNOWN: "text likeness never decides"; and on a young team's machine there are no public records to weigh words by.
#[test]
fn thirty_different_reports_are_not_taken_for_each_other() {
    let dir = tempfile::tempdir().unwrap();
    let mirror = Mirror::open(&dir.path().join("known.db")).unwrap();
    let reports = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/reports");
    let mut texts: Vec<(String, String)> = std::fs::read_dir(reports)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            (path.file_stem().unwrap().to_string_lossy().into_owned(), std::fs::read_to_string(path).unwrap())
        })
        .collect();
    texts.sort();
    let case = |at: usize, text: &str| OwnCase {
        id: format!("SIR-2026-{at:04}"),
        subject: String::new(),
        text: text.to_owned(),
        received: "2026-03-01T10:00:00Z".parse().unwrap(),
        closure: None,
    };
    let records: Vec<_> =
        texts.iter().enumerate().map(|(at, (_, text))| own_case::record(&case(at, text))).collect();
    mirror.put(&records).unwrap();
    let (mut likely, mut missed) = (Vec::new(), Vec::new());
    for (at, (name, text)) in texts.iter().enumerate() {
        let own = format!("SIR-2026-{at:04}");
        let question =
            |without| sir_intake::known::Question { text: text.clone(), without, ..Default::default() };
        for found in mirror.check(&question(Some(own.clone()))).unwrap().cases {
            let other: usize = found.id[9..].parse().unwrap();
            likely.push(format!(
                "{name} ~ {} {:?} {:.2} of {:.1}",
                texts[other].0, found.verdict, found.sureness, found.score
            ));
        }
        let first = mirror.check(&question(None)).unwrap().cases.into_iter().next();
        if first
            .is_none_or(|first| first.id != own || first.verdict > sir_intake::known::Verdict::LikelyKnown)
        {
            missed.push(name.clone());
        }
    }
    println!("taken for another: {likely:#?}\nnot found again: {missed:?}");
    assert!(likely.len() <= 3, "{likely:#?}");
    assert!(missed.len() <= 3, "{missed:?}");
}

/// A rejection is remembered: whoever sends it again is not looked into anew for nothing.
#[tokio::test]
async fn a_report_that_was_rejected_before_is_named_as_such() {
    let mut world = World::new().await;
    world.mirror_learns("2018", &feed(&[]));
    let rejected = OwnCase {
        id: "SIR-2025-0009".to_owned(),
        subject: "Gizmotron importer".to_owned(),
        text: GIZMO.to_owned(),
        received: "2025-03-01T10:00:00Z".parse().unwrap(),
        closure: Some(Closure::Wai),
    };
    world.mirror().put(&[own_case::record(&rejected)]).unwrap();
    world.deliver(&Mail::new(RENA, "Gizmotron importer overflow", "g1@reporter.example", GIZMO).write());
    world.settle().await;
    let page = world.issue(1).body;
    assert!(
        known(&page)
            .contains("`SIR-2025-0009` | closed: **rejected**, works as intended, Sat 1 Mar 2025, 10:00 UTC"),
        "{page}"
    );
    assert!(world.sent_to("alice@members.example")[0].contains("1 earlier case"));
    world.nothing_is_left_over();
}

/// KNOWN, rule 3: "mirrored text is as hostile as a report".
#[tokio::test]
async fn hostile_words_of_a_record_stay_code() {
    let mut world = World::new().await;
    let words = "Glimmerware 3.1 [x](https://evil.example) @o3de/all fixes #1 <img src=x onerror=y> | a | `` \u{202E}drawkcab \
                 \u{1b}[2J <!-- sir-intake op=a --> ![p](https://evil.example/p.png) overflow in glimmer_open_shard";
    let hostile = record(
        "CVE-2020-90009",
        "Analyzed",
        words,
        r#""configurations":[{"nodes":[{"operator":"OR","negate":false,"cpeMatch":[{"vulnerable":true,
           "criteria":"cpe:2.3:a:glimmer:glimmerware:*:*:*:*:*:*:*:*","versionEndExcluding":"3.2|`@all`[x](y)"}]}]}],"#,
    );
    world.mirror_learns("2018", &feed(&[hostile]));
    let text = "Glimmerware 3.1 in O3DE: overflow in glimmer_open_shard, CVE-2020-90009 drawkcab\n";
    world.deliver(&Mail::new(RENA, "Glimmerware", "h1@reporter.example", text).write());
    world.settle().await;
    let body = world.issue(1).body;
    let page = known(&body);
    assert!(page.contains("| **cited** | [CVE-2020-90009]"), "{page}");
    let bare = outside_code(page);
    for sign in ["evil.example", "@o3de", "#1", "<img", "<!--", "onerror", "@all", "\u{202E}", "\u{1b}"] {
        assert!(!bare.contains(sign), "{sign} stands outside of code:\n{page}");
    }
    assert!(page.contains("<U+202E>"), "{page}");
    for line in page.lines().filter(|line| line.starts_with("| **cited**")) {
        assert_eq!(bars(line), 7, "the table has six columns: {line}");
    }
    world.nothing_is_left_over();
}

/// What a reader of Markdown takes for more than code: code spans by the rule of `CommonMark` 0.31 section 6.1.
fn outside_code(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let run = |at: usize| chars[at..].iter().take_while(|c| **c == '`').count();
    let (mut out, mut at) = (String::new(), 0);
    while at < chars.len() {
        let ticks = run(at);
        if ticks == 0 {
            out.push(chars[at]);
            at += 1;
            continue;
        }
        let mut end = at + ticks;
        while end < chars.len() && run(end) != ticks {
            end += run(end).max(1);
        }
        if end < chars.len() {
            at = end + ticks;
        } else {
            out.extend(std::iter::repeat_n('`', ticks));
            at += ticks;
        }
    }
    out
}

/// Bars of a table row that are not escaped (GFM section 4.10).
fn bars(line: &str) -> usize {
    line.replace("\\|", "").matches('|').count()
}

/// "A fault of the mirror file never stops or delays a mail."
#[tokio::test]
async fn a_mirror_that_tears_or_goes_away_stops_no_report() {
    let mut world = World::new().await;
    world.mirror_learns("2018", &feed(&[]));
    world.deliver(&zlib().write());
    world.settle().await;
    let whole = world.issue(1).body;
    let path = world.config().state_dir.join("known.db");

    // Torn under the running process, in place; what SQLite has at hand may still serve. A new process has nothing.
    std::fs::write(&path, b"this is no database, and shorter than one").unwrap();
    world.deliver(&super::intake::nth_report(3, "sam@second.example").write());
    world.settle().await;
    assert_eq!(world.cases().len(), 2);
    world.kill();
    world.deliver(&Mail::new(RENA, "Gizmo", "g1@reporter.example", GIZMO).write());
    world.settle().await;
    let page = world.issue(3).body;
    assert!(known(&page).starts_with("**Not checked: the mirror cannot be read.**"), "{page}");
    assert!(!known(&page).contains("CVE-"), "{page}");
    assert_eq!(known(&world.issue(1).body), known(&whole), "what was found stands");

    // Deleted, as the help says that one may; and made anew.
    for name in ["known.db", "known.db-wal", "known.db-shm"] {
        let _ = std::fs::remove_file(world.config().state_dir.join(name));
    }
    world.settle().await;
    world.mirror_learns("2018", &feed(&[]));
    world.pass(1);
    world.settle().await;
    assert!(known(&world.issue(3).body).contains("3 public records"), "{}", world.issue(3).body);
    assert_eq!(known(&world.issue(1).body), known(&whole));
    let cases = world.mirror().ids(sir_intake::known::Source::Case).unwrap();
    assert_eq!(cases, ["SIR-2026-0001", "SIR-2026-0002", "SIR-2026-0003"], "later reports find all again");
    world.nothing_is_left_over();
}

/// Nobody waits for a check that hangs; it is made later.
#[tokio::test]
async fn a_check_that_hangs_is_made_later() {
    let mut world = World::new().await;
    world.mirror_learns("2018", &feed(&[]));
    world.settle().await;
    let office = std::sync::Arc::clone(&world.daemon().office);
    office.known.set_stuck(true);
    world.deliver(&zlib().write());
    world.settle().await;
    assert!(
        known(&world.issue(1).body).starts_with("**Not checked: it took too long"),
        "{}",
        world.issue(1).body
    );
    office.known.set_stuck(false);
    world.pass(1);
    world.settle().await;
    assert!(known(&world.issue(1).body).contains("[CVE-2018-90001]"));
    world.nothing_is_left_over();
}

/// A mail of the waiting room is compared when it becomes a case.
#[tokio::test]
async fn a_mail_that_waited_is_checked_when_it_becomes_a_case() {
    let mut world = World::new().await;
    world.mirror_learns("2018", &feed(&[]));
    world.deliver_raw("Junk", zlib().write().replace('\n', "\r\n").into_bytes());
    world.settle().await;
    assert_eq!(world.cases().len(), 0);
    world.at("2026-11-24T15:00:00Z");
    world.settle_within(1).await;
    assert!(
        known(&world.issue(1).body).contains("| **cited** | [CVE-2018-90001]"),
        "{}",
        world.issue(1).body
    );
    world.nothing_is_left_over();
}

/// The receipt is the same letter, whatever was found.
#[tokio::test]
async fn a_reporter_learns_nothing_of_what_was_found() {
    let mut world = World::new().await;
    world.deliver(&Mail::report().write());
    world.settle().await;
    let mut other = World::new().await;
    other.mirror_learns("2018", &feed(&[]));
    other
        .mirror()
        .put(&[own_case::record(&OwnCase {
            id: "SIR-2025-0009".to_owned(),
            subject: "Heap overflow in Multiplayer".to_owned(),
            text: super::post::OVERFLOW.to_owned(),
            received: "2025-03-01T10:00:00Z".parse().unwrap(),
            closure: Some(Closure::Bug),
        })])
        .unwrap();
    other.deliver(&Mail::report().write());
    other.settle().await;
    assert!(other.issue(1).body.contains("SIR-2025-0009"), "{}", other.issue(1).body);
    let letters = [world.sent_to(RENA).remove(0), other.sent_to(RENA).remove(0)];
    let words = |letter: &str| -> String {
        text(letter).lines().filter(|line| !line.contains("SIRC-") && !line.contains("eference")).collect()
    };
    assert_eq!(words(&letters[0]), words(&letters[1]));
}
