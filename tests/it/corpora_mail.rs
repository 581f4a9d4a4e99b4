//! Reads the real mails of others and compares with what those others expect. Needs the shared data
//! (`SIR_SHARED`); prints right/total for each source.

use std::path::{Path, PathBuf};

use serde_json::Value;
use sir_intake::case::Address;
use sir_intake::mail::{Automatic, House, Letter, Limits, OurList, read};

fn shared() -> Option<PathBuf> {
    let place = std::env::var_os("SIR_SHARED").map(PathBuf::from);
    if place.is_none() {
        println!("not run: no shared data (SIR_SHARED)");
    }
    place
}

fn expectations(shared: &Path, name: &str) -> Vec<Value> {
    let file = shared.join("corpora/expectations").join(name);
    let text = std::fs::read_to_string(file).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn letter_of(shared: &Path, entry: &Value) -> Letter {
    letter_in(shared, entry, &House::default())
}

fn letter_in(shared: &Path, entry: &Value, house: &House) -> Letter {
    let raw = std::fs::read(shared.join("corpora").join(entry["file"].as_str().unwrap())).unwrap();
    read(&raw, &Limits::default(), house)
}

/// White space in a subject is a matter of taste: folded lines give one space here, none or two elsewhere.
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn key(letter: &Letter) -> String {
    letter.from.as_ref().map(|a| a.key()).unwrap_or_default()
}

/// What differs, and in what the source is only of another taste: (file ending, field, reason).
type Taste = (&'static str, &'static str, &'static str);

fn compare_heads(shared: &Path, source: &str, house: &House, tastes: &[Taste]) -> (usize, usize) {
    let (mut right, mut total) = (0, 0);
    for entry in expectations(shared, source) {
        let letter = letter_in(shared, &entry, house);
        let file = entry["file"].as_str().unwrap();
        let pairs = [
            ("from", entry.get("from_email").and_then(Value::as_str).map(str::to_lowercase), key(&letter)),
            ("subject", entry.get("subject").and_then(Value::as_str).map(flat), flat(&letter.subject)),
        ];
        for (field, want, got) in pairs {
            let Some(want) = want else { continue };
            if let Some((_, _, why)) = tastes.iter().find(|(f, k, _)| file.ends_with(f) && *k == field) {
                println!("{source}: {file} {field}: left out, {why}");
                continue;
            }
            total += 1;
            if want == got {
                right += 1;
            } else {
                println!("{source}: {file} {field}: want {want:?}, got {got:?}");
            }
        }
    }
    println!("{source}: {right}/{total}");
    (right, total)
}

#[test]
fn senders_and_subjects_are_those_that_zammad_expects() {
    let Some(shared) = shared() else { return };
    let (right, total) = compare_heads(
        &shared,
        "zammad.jsonl",
        &House::default(),
        &[
            ("mail016.box", "from", "there is no From; zammad takes another field, we say no-from"),
            ("mail035.box", "from", "no mailbox in From but a quoted name"),
            ("mail053.box", "from", "a local part without a domain is no address"),
            (
                "mail046.box",
                "subject",
                "raw octets in an unnamed character set: zammad guesses one, we flag them",
            ),
            (
                "mail093.box",
                "subject",
                "raw octets in an unnamed character set: zammad guesses one, we flag them",
            ),
        ],
    );
    assert!(right * 100 >= total * 98, "{right}/{total}");
}

#[test]
fn senders_and_subjects_of_the_kernel_lists_are_all_right() {
    let Some(shared) = shared() else { return };
    let (right, total) = compare_heads(
        &shared,
        "lore.jsonl",
        &House {
            own: vec![Address::parse("kasan-dev@googlegroups.com").unwrap()],
            list: Some(OurList { id: "kasan-dev.googlegroups.com".into(), host: "google.com".into() }),
            ..House::default()
        },
        &[("203df724fbc8.eml", "from", "the archive takes Reply-To, the list itself names another writer")],
    );
    assert_eq!(right, total);
}

fn is_automatic(letter: &Letter) -> bool {
    letter.automatic != Automatic::None
}

#[test]
fn bounces_are_known_and_no_letter_of_a_person_is_called_one() {
    let Some(shared) = shared() else { return };
    let (mut right, mut total) = (0, 0);
    for entry in expectations(&shared, "sisimai.jsonl") {
        let Some(want) = entry.get("is_bounce").and_then(Value::as_bool) else { continue };
        let letter = letter_of(&shared, &entry);
        let got = letter.automatic == Automatic::Bounce;
        let file = entry["file"].as_str().unwrap();
        total += 1;
        if want == got {
            right += 1;
        } else {
            // Not one that a person wrote: a mail server's notice in a form that the source cannot read.
            assert!(want || file.ends_with("rb-issue-368-bug.eml"), "{file} is called a bounce");
            println!(
                "sisimai: {file}: want {want}, got {:?} {:?} {}",
                letter.automatic, letter.automatic_why, letter.subject
            );
        }
    }
    println!("sisimai.jsonl: {right}/{total}");
    assert!(right * 100 >= total * 95, "{right}/{total}");
}

#[test]
fn automatic_mail_of_the_others_is_counted() {
    let Some(shared) = shared() else { return };
    for source in ["alaveteli.jsonl", "schleuder.jsonl", "discourse.jsonl", "flanker.jsonl", "redmine.jsonl"]
    {
        let (mut right, mut total) = (0, 0);
        for entry in expectations(&shared, source) {
            let letter = letter_of(&shared, &entry);
            let file = entry["file"].as_str().unwrap();
            let bounce = letter.automatic == Automatic::Bounce;
            let reply = is_automatic(&letter) && !bounce;
            // Schleuder's `not_bounces` hold an out-of-office notice and a bug tracker's mail, both marked by their
            // senders as automatic (RFC 3834): what must hold is that they are no bounces.
            let automated = if file.contains("not_bounces") { bounce } else { is_automatic(&letter) };
            let claims = [("is_bounce", bounce), ("is_auto_reply", reply), ("is_automated", automated)];
            for (name, got) in claims {
                if let Some(want) = entry.get(name).and_then(Value::as_bool) {
                    total += 1;
                    right += usize::from(want == got);
                    if want != got {
                        println!(
                            "{source}: {file} {name}: want {want}, got {:?} {:?}",
                            letter.automatic, letter.automatic_why
                        );
                    }
                }
            }
            if let Some(want) = entry.get("subject").and_then(Value::as_str).filter(|s| *s != "(no subject)")
            {
                total += 1;
                right += usize::from(flat(want) == flat(&letter.subject));
                if flat(want) != flat(&letter.subject) {
                    println!("{source}: {file} subject: want {want:?}, got {:?}", letter.subject);
                }
            }
            for want in entry.get("body_contains").and_then(Value::as_array).into_iter().flatten() {
                total += 1;
                let there = flat(&letter.text).contains(&flat(want.as_str().unwrap()));
                right += usize::from(there);
                if !there {
                    println!("{source}: {file} body: want {want}, got {:?}", letter.text);
                }
            }
        }
        println!("{source}: {right}/{total}");
        assert!(right * 100 >= total * 90, "{source}: {right}/{total}");
    }
}

#[test]
fn encrypted_and_signed_mail_is_known_as_such() {
    let Some(shared) = shared() else { return };
    let (mut right, mut total) = (0, 0);
    for entry in expectations(&shared, "rt.jsonl") {
        let letter = letter_of(&shared, &entry);
        for (name, got) in [("encrypted", letter.encrypted), ("signed", letter.signed)] {
            let Some(want) = entry.get(name).and_then(Value::as_bool) else { continue };
            // A signature inside the encryption is seen by the key holder only.
            if name == "signed" && letter.encrypted {
                continue;
            }
            total += 1;
            right += usize::from(want == got);
            if want != got {
                println!("rt: {} {name}: want {want}, got {got}", entry["file"]);
            }
        }
    }
    println!("rt.jsonl: {right}/{total}");
    assert_eq!(right, total);
}

fn files(place: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(place).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files(&path, into);
        } else {
            into.push(path);
        }
    }
}

#[test]
fn every_file_of_the_collection_is_read_in_a_small_stack_and_soon() {
    let Some(shared) = shared() else { return };
    let mut all = Vec::new();
    files(&shared.join("corpora"), &mut all);
    all.sort();
    let reader = std::thread::Builder::new().stack_size(2 * 1024 * 1024);
    let (count, headers, slowest) = reader
        .spawn(move || {
            let mut slowest = (std::time::Duration::ZERO, PathBuf::new());
            let mut headers = 0;
            for path in &all {
                let raw = std::fs::read(path).unwrap();
                let start = std::time::Instant::now();
                let letter = read(&raw, &Limits::default(), &House::default());
                headers += usize::from(letter.header_only);
                if letter.header_only {
                    println!("header-only: {} {:?}", path.display(), letter.flaws);
                }
                if start.elapsed() > slowest.0 {
                    slowest = (start.elapsed(), path.clone());
                }
            }
            (all.len(), headers, slowest)
        })
        .unwrap()
        .join()
        .unwrap();
    println!(
        "collection: {count} files read, {headers} header-only, slowest {:?} {}",
        slowest.0,
        slowest.1.display()
    );
    assert!(slowest.0.as_secs() < 60, "{slowest:?}");
}
