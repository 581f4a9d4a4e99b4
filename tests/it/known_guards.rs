//! What keeps the mirror and the check in their bounds: how many are shown, what is named, who may read the file.

use std::os::unix::fs::PermissionsExt as _;

use sir_intake::known::own_case::{self, OwnCase};
use sir_intake::known::{Findings, Mirror, Question, Source, Verdict, url_of};

use crate::nvd_stand::{item, record};

const NEW: &str = "2026-11-21T10:00:00.000";

fn opened(folder: &tempfile::TempDir) -> Mirror {
    Mirror::open(&folder.path().join("known.db")).unwrap()
}

fn taken(mirror: &Mirror, items: &[String]) -> sir_intake::known::mirror::FeedDone {
    let json = format!(r#"{{"totalResults":{},"vulnerabilities":[{}]}}"#, items.len(), items.join(","));
    let now = "2026-11-22T18:00:00Z".parse().unwrap();
    mirror.import_bytes("2026", json.into_bytes(), None, now).unwrap().feeds.remove(0)
}

/// DESIGN: "readable for its owner only": the file holds words of own cases.
#[test]
fn the_file_is_for_its_owner_alone() {
    let folder = tempfile::tempdir().unwrap();
    drop(opened(&folder));
    let mode = std::fs::metadata(folder.path().join("known.db")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

/// Issue 3: "a table (at most five rows ...)", of public records and of earlier cases.
#[test]
fn at_most_five_of_a_kind_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let mirror = opened(&folder);
    let ids: Vec<String> = (0..9).map(|n| format!("CVE-2026-4000{n}")).collect();
    taken(&mirror, &ids.iter().map(|id| record(id)).collect::<Vec<_>>());
    let words =
        "The frobnicating gizmo importer of the terrain gem writes past its tiles in frob_tile_write.";
    let case = |n: u8| {
        own_case::record(&OwnCase {
            id: format!("SIR-2025-000{n}"),
            subject: "Gizmo importer".to_owned(),
            text: words.to_owned(),
            received: "2025-03-01T10:00:00Z".parse().unwrap(),
            closure: None,
        })
    };
    mirror.put(&(1..=9).map(case).collect::<Vec<_>>()).unwrap();
    let text = format!("{words}\n{}", ids.join(" "));
    let answer = mirror.check(&Question { text, limit: 20, ..Question::default() }).unwrap();
    assert!(answer.candidates.len() > 5 && answer.cases.len() > 5);
    let findings = Findings::of(&answer);
    assert_eq!((findings.rows.len(), findings.cases.len()), (5, 5));
}

/// KNOWN, rule 3: "a URL built from the id (allow-listed hosts)"; what is no id gets none.
#[test]
fn addresses_are_built_from_proper_ids_alone() {
    let good = [
        (Source::Nvd, "CVE-2026-12345", "https://nvd.nist.gov/vuln/detail/CVE-2026-12345"),
        (Source::Advisory, "GHSA-2345-cfgh-jmpq", "https://github.com/advisories/GHSA-2345-cfgh-jmpq"),
        (Source::Issue, "o3de/o3de#7", "https://github.com/o3de/o3de/issues/7"),
    ];
    for (source, id, url) in good {
        assert_eq!(url_of(source, id), url);
    }
    let bad = [
        (Source::Nvd, "CVE-2026-1/../../x"),
        (Source::Nvd, "CVE-2026-12345)](https://evil.example"),
        (Source::Advisory, "GHSA-2345-cfgh-jmpq/../../evil"),
        (Source::Advisory, "GHSA-2345-cfgh jmpq"),
        (Source::Issue, "o3de/../evil#7"),
        (Source::Issue, "o3de/o3de#7?x=<script>"),
        (Source::Issue, "o3de/o3de"),
        (Source::Case, "SIR-2026-0001"),
    ];
    for (source, id) in bad {
        assert_eq!(url_of(source, id), "", "{id}");
    }
}

/// KNOWN: "a record that cannot be read is counted and named": a feed of broken ones does not fill the mirror with names.
#[test]
fn of_many_unreadable_records_forty_are_named_and_all_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let items: Vec<String> = (0..100).map(|n| item(&format!("NO-ID-{n}"), "x", NEW)).collect();
    let done = taken(&opened(&folder), &items);
    assert_eq!((done.records, done.bad, done.unreadable.len(), done.fault), (0, 100, 40, None));
    assert!(done.unreadable.iter().all(|name| name.len() < 80), "{:?}", done.unreadable[0]);
}

/// KNOWN: "at a threshold that finds 60 % of the known ones, 20 % of new bugs are called known"; ours is stricter: a new fault
/// of a product that has records is worth a look, and no more.
#[test]
fn a_new_fault_of_a_product_with_records_is_not_called_known() {
    let folder = tempfile::tempdir().unwrap();
    let mirror = opened(&folder);
    let old = "Frobnicator before 2.4.1 has a heap overflow in frob_decode_tile in tile.c when the header names more tiles \
               than the file holds.";
    let other = "Frobnicator 2.x allows SQL injection through the order parameter of list.php.";
    taken(&mirror, &[item("CVE-2026-40001", old, NEW), item("CVE-2026-40002", other, NEW)]);
    let ask = |text: &str| mirror.check(&Question { text: text.to_owned(), ..Question::default() }).unwrap();
    let again = "Hello, the header of a tile file names more tiles than the file holds, and Frobnicator 2.4.0 then overflows the \
                 heap in frob_decode_tile (tile.c).";
    assert_eq!(ask(again).verdict, Verdict::LikelyKnown);
    assert_eq!(Findings::of(&ask(again)).answers().len(), 1, "a command line is offered; a person sends it");
    let new = "Hello, Frobnicator 2.6 follows symbolic links when it unpacks a theme, so that a theme from somebody else writes \
               outside of its folder. The preview server does the same.";
    assert!(ask(new).verdict >= Verdict::Related, "{:?}", ask(new).verdict);
    let neighbor = "Frobnicator 2.6 reads past the heap in frob_decode_tile in tile.c after a tile was freed by another thread.";
    assert_eq!(ask(neighbor).verdict, Verdict::Related, "another fault of the same function");
    assert!(Findings::of(&ask(neighbor)).answers().is_empty(), "what is worth a look is no answer");
}

/// KNOWN: "only a cited id, an exact reference URL" tells of one record; one that many records share tells of none.
#[test]
fn a_reference_that_many_records_share_is_no_sign_of_any() {
    let folder = tempfile::tempdir().unwrap();
    let mirror = opened(&folder);
    let with = |n: u32, url: &str| {
        item(&format!("CVE-2026-4000{n}"), &format!("Gadget {n} leaks its tokens{n}."), NEW)
            .replace(&format!("https://frob.example/CVE-2026-4000{n}"), url)
    };
    let mut items: Vec<String> = (1..=6).map(|n| with(n, "https://frob.example/all-advisories")).collect();
    items.push(with(7, "https://frob.example/this-one"));
    taken(&mirror, &items);
    let ask = |text: &str| mirror.check(&Question { text: text.to_owned(), ..Question::default() }).unwrap();
    let one = ask("A fault, see https://frob.example/this-one");
    assert_eq!(one.verdict, Verdict::SameReference);
    let many = ask("A fault, see https://frob.example/all-advisories");
    assert!(many.verdict > Verdict::SameReference, "{:?}", many.candidates);
}

/// Issue 3: drafts and reports in triage are mirrored "with permission": for members, and no known answer.
#[test]
fn an_advisory_that_is_not_published_is_for_members_and_answers_nobody() {
    use sir_intake::known::{Publicity, Record, Status};
    let folder = tempfile::tempdir().unwrap();
    let mirror = opened(&folder);
    let mut draft = Record::new(Source::Advisory, "GHSA-2345-cfgh-jmpq");
    (draft.status, draft.labelled) = (Status::Private, true);
    draft.title = "The gizmo importer writes past its tiles".to_owned();
    mirror.put(&[draft]).unwrap();
    let text = "GHSA-2345-cfgh-jmpq".to_owned();
    let answer = mirror.check(&Question { text, ..Question::default() }).unwrap();
    assert_eq!(
        (answer.candidates[0].verdict, answer.candidates[0].publicity),
        (Verdict::Cited, Publicity::Members)
    );
    assert!(Findings::of(&answer).answers().is_empty());
}
