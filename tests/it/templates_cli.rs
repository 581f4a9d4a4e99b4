//! `templates` and `docs`, by the real binary.

use std::path::Path;
use std::process::Stdio;

use jiff::Timestamp;
use serde_json::Value;
use tokio::process::Command;

use crate::world::{World, report};

async fn sir(world: &World, arguments: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sir-intake"));
    command.arg("--config").arg(world.peers.path()).args(arguments).stdin(Stdio::null());
    let output = command.env_remove("RUST_LOG").env_remove("CREDENTIALS_DIRECTORY").output().await.unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// Puts these templates in place.
fn override_with(world: &World, files: &[(&str, &str)]) {
    let dir = world.peers.dir.join("templates");
    for (file, text) in files {
        let path = dir.join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let read_only = |path: &Path, mode: u32| {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    for (file, _) in files {
        read_only(&dir.join(file), 0o444);
        read_only(dir.join(file).parent().unwrap(), 0o555);
    }
    read_only(&dir, 0o555);
    let config = std::fs::read_to_string(world.peers.path()).unwrap();
    if !config.contains("template_dir") {
        std::fs::write(world.peers.path(), format!("template_dir = \"templates\"\n{config}")).unwrap();
    }
}

#[tokio::test]
async fn templates_are_listed_and_shown_built_in_or_overridden() {
    let world = World::new().await;
    let ours = "Subject: Re: {{ subject }} [{{ case }}]\n\nHello{{ greeting }},\n\nmany thanks! {{ severity }}, \
                {{ plan }}\n\n{{ contact_by }} {{ code }}\n";
    override_with(&world, &[("letters/T08-confirmed.txt", ours), ("README.md", "Ours.")]);
    let (code, out, told) = sir(&world, &["templates", "list"]).await;
    assert_eq!((code, told.as_str()), (0, ""));
    let row = |name: &str| out.lines().find(|line| line.contains(name)).unwrap().to_owned();
    assert!(row("T08-confirmed ").ends_with("overridden"), "{out}");
    assert!(row("T00-receipt ").ends_with("built-in"), "{out}");
    let (code, out, _) = sir(&world, &["templates", "show", "t08"]).await;
    assert_eq!((code, out.trim_end()), (0, ours.trim_end()));
    let (_, out, _) = sir(&world, &["templates", "show", "T00-receipt"]).await;
    assert_eq!(out, include_str!("../../templates/letters/T00-receipt.txt"));
    let (code, _, told) = sir(&world, &["templates", "show", "T13"]).await;
    assert_eq!(
        (code, told.as_str()),
        (64, "sir-intake: T13 is several letters: T13-embargo, T13-embargo-team\n")
    );
    assert_eq!(sir(&world, &["templates", "show", "T99"]).await.0, 64);
    let (code, out, _) = sir(&world, &["templates", "check"]).await;
    assert_eq!(code, 0);
    assert!(out.ends_with("templates, 1 of them overridden: no faults\n"), "{out}");
}

#[tokio::test]
async fn all_mistakes_of_all_templates_are_named_with_file_and_line() {
    let world = World::new().await;
    override_with(
        &world,
        &[
            ("letters/T08-confirmed.txt", "Subject: {{ subject }} [{{ case }}]\n\n{{ sevrity }}\n"),
            ("list/T23-lifted.txt", "Subject: {{ case }}\n\n{{ ids }\n"),
            ("members/T40-nothing.txt", "x"),
        ],
    );
    let (code, out, _) = sir(&world, &["templates", "check"]).await;
    assert_eq!(code, 78, "{out}");
    let wanted = [
        "templates/letters/T08-confirmed.txt: the letter must say {{ code }}",
        "templates/letters/T08-confirmed.txt:3:4: this letter knows no sevrity; did you mean severity?",
        "templates/list/T23-lifted.txt:3:",
        "templates/members/T40-nothing.txt: there is no letter of this name",
    ];
    for wanted in wanted {
        assert!(out.contains(wanted), "{wanted}: {out}");
    }
    let (code, out, _) = sir(&world, &["templates", "check", "--json"]).await;
    let value: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(code, 78);
    assert!(value["faults"].as_array().unwrap().len() >= 4, "{value}");
    // A file beside the folders would silently do nothing.
    let misplaced = World::new().await;
    override_with(&misplaced, &[("T08-confirmed.txt", "Subject: x\n\ny\n")]);
    let (code, out, _) = sir(&misplaced, &["templates", "check"]).await;
    assert_eq!(code, 78);
    assert!(out.contains("is no folder of templates: those are letters, members, list, public"), "{out}");
}

#[tokio::test]
async fn a_preview_takes_what_is_known_of_a_case_and_names_the_rest() {
    let mut world = World::new().await;
    world.at(&Timestamp::now().to_string());
    let text = report(
        "Rena Porter <rena@reporter.example>",
        "Heap overflow in Multiplayer",
        "r1@reporter.example",
        "I found a heap overflow in the Multiplayer gem of O3DE 25.05.1 on Windows 11. Send a packet of 70000 bytes.\n",
    );
    world.deliver(&text);
    world.settle().await;
    let case = world.cases()[0].id.to_string();
    world.kill();
    let rows = || {
        let store = rusqlite::Connection::open(world.peers.dir.join("state/sir-intake.db")).unwrap();
        let count = |table: &str| {
            let sql = format!("select count(*) from {table}");
            store.query_row(&sql, [], |row| row.get::<_, i64>(0)).unwrap()
        };
        ["event", "effect", "message", "operator"].map(count)
    };
    let before = rows();
    let (code, out, told) = sir(&world, &["templates", "preview", "T12", "--case", &case]).await;
    assert_eq!(code, 0, "{told}");
    assert!(out.starts_with(&format!("Subject: Re: Heap overflow in Multiplayer [{case}]\n")), "{out}");
    let last = out.lines().last().unwrap();
    assert!(last.starts_with(&format!("---- of {case}; made up, since not known yet: ")), "{last}");
    for word in ["publish_at", "limit_at", "who_knows", "code"] {
        assert!(last.contains(word), "{word}: {last}");
    }
    assert!(!last.contains("subject"), "{last}");
    assert_eq!(rows(), before, "only looked at");
    let (code, out, _) = sir(&world, &["templates", "preview", "T17-cve"]).await;
    assert_eq!(code, 0);
    for variant in ["---- requested ----", "---- assigned ----", "---- waiting ----", "---- refused ----"] {
        assert!(out.contains(variant), "{out}");
    }
    assert_eq!(sir(&world, &["templates", "preview", "T12", "--case", "SIR-2020-0001"]).await.0, 1);
}

/// The facts of a case fill its letters, as far as the case has come; what is not known yet is named.
#[tokio::test]
async fn a_preview_of_a_vulnerability_says_its_day_its_ids_and_its_text() {
    let mut world = crate::story::disclosure::approved().await;
    let case = world.case(1).id.to_string();
    world.kill();
    let preview = async |name: &str| {
        let (code, out, told) = sir(&world, &["templates", "preview", name, "--case", &case]).await;
        assert_eq!(code, 0, "{told}");
        let (text, rest) = out.rsplit_once("made up, since not known yet: ").unwrap();
        (text.to_owned(), rest.trim().to_owned())
    };
    let (text, rest) = preview("T12").await;
    for words in ["Monday 7 December 2026, 16:00 UTC", "Sunday 21 February 2027", "people of one group who"] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert_eq!(rest, "code", "{text}");
    let (text, rest) = preview("T13-embargo-team").await;
    assert!(text.contains("date for publishing: Mon 7 Dec 16:00 UTC"), "{text}");
    assert!(!rest.contains("publish") && !rest.contains("limit"), "{rest}");
    let (text, rest) = preview("T21").await;
    assert!(
        text.contains("Oversized packets are not rejected") && text.contains("Update to 2510.2."),
        "{text}"
    );
    assert!(text.contains("  Rena.") && !rest.contains("text") && !rest.contains("credit"), "{rest}: {text}");
    let (text, _) = preview("T23-notice").await;
    assert!(text.contains("[EMBARGOED until 2026-12-07 16:00Z] O3DE GHSA-"), "{text}");
    assert!(text.contains("O3DE before 2510.2") && !text.contains("SIR-2026-0001]"), "{text}");
    let (text, rest) = preview("T26-mail").await;
    assert!(
        text.contains("What to do:\n\n  Update to 2510.2.") && text.contains("We thank Rena."),
        "{rest}: {text}"
    );
    let (text, _) = preview("T15").await;
    assert!(text.contains("- Alice Arden\n- Nora Network"), "{text}");
}

/// RFC: "Process should be publicly documented"
/// RFC line 3: "The processes for reporting and handling security issues should be public knowledge".
#[tokio::test]
async fn docs_prints_what_is_configured_and_no_name_address_or_secret() {
    let world = World::new().await;
    let config = std::fs::read_to_string(world.peers.path()).unwrap();
    std::fs::write(world.peers.path(), format!("{config}\n[clocks]\nacknowledge_days = 2\n")).unwrap();
    let (code, out, told) = sir(&world, &["docs"]).await;
    assert_eq!((code, told.as_str()), (0, ""), "{out}");
    assert!(out.contains("An answer by a person within 2 working days of the report."), "{out}");
    assert!(out.contains("`security@lists.o3de.example`"), "{out}");
    let parsed: toml::Table = config.parse().unwrap();
    let team = parsed["team"].as_table().unwrap();
    let members = team["member"].as_array().unwrap();
    assert!(!members.is_empty());
    for member in members {
        for (key, value) in member.as_table().unwrap() {
            let words: Vec<String> = match value {
                toml::Value::String(text) if key != "zone" => vec![text.clone()],
                toml::Value::Array(all) if key == "addresses" => {
                    all.iter().filter_map(|one| one.as_str().map(str::to_owned)).collect()
                }
                _ => vec![],
            };
            for word in words {
                assert!(!out.to_lowercase().contains(&word.to_lowercase()), "{key} {word}: {out}");
            }
        }
    }
    let others = out.matches('@').count() - out.matches("security@lists.o3de.example").count();
    assert_eq!(others, 0, "no other address: {out}");
}
