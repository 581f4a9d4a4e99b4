//! The command line, as an operator meets it: the real binary on the directory of a [`World`].

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use sir_intake::case::{Receipt, Withheld};
use sir_intake::practice::loopback::Settings;
use sir_intake::store::FateWord;
use tokio::process::Command;

use crate::world::{World, report};

const OVERFLOW: &str = "I found a heap overflow in the Multiplayer gem of O3DE 25.05.1 on Windows 11.\n\n\
    Steps to reproduce:\n1. Start a server.\n2. Send a NetBind packet of 70000 bytes.\n3. It crashes.\n\n\
    A remote attacker without an account can run code on the server.\n";

struct Ended {
    code: i32,
    out: String,
    told: String,
}

impl Ended {
    fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {} {}", self.out, self.told))
    }
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sir-intake"));
    command.args(arguments).env_remove("RUST_LOG").env_remove("CREDENTIALS_DIRECTORY").kill_on_drop(true);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

async fn sir(arguments: &[&str]) -> Ended {
    let output = tokio::time::timeout(Duration::from_secs(60), command(arguments).output()).await;
    let output = output.expect("the command ends").unwrap();
    Ended {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        told: String::from_utf8(output.stderr).unwrap(),
    }
}

/// On the configuration of this world.
async fn on(world: &World, arguments: &[&str]) -> Ended {
    let path = world.peers.path();
    sir(&[&["--config", path.to_str().unwrap()], arguments].concat()).await
}

/// A world that shows the machine's own time: the binary has no other.
async fn world_of_today() -> World {
    let world = World::new().await;
    world.at(&Timestamp::now().to_string());
    world
}

fn text(from: &str, n: u32) -> String {
    report(from, &format!("Heap overflow {n} in Multiplayer"), &format!("r{n}@reporter.example"), OVERFLOW)
}

/// A world with one case, settled, and no daemon.
async fn one_case() -> World {
    let mut world = world_of_today().await;
    world.deliver(&text("rena@reporter.example", 1));
    world.settle().await;
    world.kill();
    world
}

/// The n-th case of this year: the program itself goes by the real clock.
fn case(number: u32) -> String {
    format!("SIR-{}-{number:04}", Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).year())
}

fn folder() -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("out");
    (dir, path)
}

fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn wrong_arguments_are_64_help_and_version_are_not() {
    for bad in [&["frobnicate"][..], &[], &["read"], &["cases", "show", "SIR-1"], &["outbox", "cancel", "x"]]
    {
        assert_eq!(sir(bad).await.code, 64, "{bad:?}");
    }
    for good in [&["--help"][..], &["--version"], &["cases", "--help"], &["restore", "--help"]] {
        let ended = sir(good).await;
        assert_eq!((ended.code, ended.told.as_str()), (0, ""), "{good:?}");
    }
}

#[tokio::test]
async fn check_names_every_fault_of_configuration_and_templates_at_once() {
    let world = World::new().await;
    let good = on(&world, &["check"]).await;
    assert_eq!((good.code, good.told.as_str()), (0, ""), "{}", good.out);
    assert!(good.out.contains("no faults"), "{}", good.out);

    let templates = world.peers.dir.join("templates");
    std::fs::create_dir_all(templates.join("letters")).unwrap();
    std::fs::write(templates.join("letters/T00-receipt.txt"), "Subject: x {{ cas }}\n\ny\n").unwrap();
    let config = std::fs::read_to_string(world.peers.path()).unwrap();
    let bad = config.replace("[mailbox]", "[mailbox]\nhots = \"x\"").replacen(
        "mode = \"live\"",
        "mode = \"lives\"\ntemplate_dir = \"templates\"",
        1,
    );
    std::fs::write(world.peers.path(), bad).unwrap();
    let found = on(&world, &["check"]).await;
    assert_eq!(found.code, 78);
    assert!(found.out.contains("config.toml:1:8: "), "{}", found.out);
    assert!(found.out.contains("did you mean `host`"), "{}", found.out);
    assert!(found.out.contains("T00-receipt.txt:1:"), "{}", found.out);
    let value = on(&world, &["check", "--json"]).await.json();
    assert!(value["faults"].as_array().unwrap().len() >= 2, "{value}");
    assert!(!value["templates"].as_array().unwrap().is_empty(), "{value}");

    // Every command that needs the configuration ends so, `run` included: systemd does not start it again.
    for command in ["run", "once", "status", "pause"] {
        let ended = on(&world, &[command]).await;
        assert_eq!(ended.code, 78, "{command}: {}", ended.told);
        assert!(ended.told.contains("did you mean `host`"), "{}", ended.told);
    }
}

#[tokio::test]
async fn read_shows_a_mail_as_the_daemon_would_and_never_ends_early() {
    let (_keep, dir) = folder();
    std::fs::create_dir(&dir).unwrap();
    let mail = report(
        "Rena =?utf-8?q?=1B=5B31m?= <rena@reporter.example>",
        "Heap overflow",
        "r1@reporter.example",
        &format!("{OVERFLOW}\u{1b}[2J\u{202e}end"),
    );
    let good = dir.join("good.eml");
    std::fs::write(&good, mail).unwrap();
    let missing = dir.join("missing.eml");
    let (good, missing, folder) = (good.to_str().unwrap(), missing.to_str().unwrap(), dir.to_str().unwrap());

    let ended = sir(&["read", "--json", missing, good, folder]).await;
    assert_eq!((ended.code, ended.told.as_str()), (0, ""));
    let lines: Vec<Value> = ended.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 3);
    let keys: Vec<&str> = lines[1].as_object().unwrap().keys().map(String::as_str).collect();
    let mut expected = vec![
        "file",
        "message_id",
        "from_address",
        "from_name",
        "reply_to",
        "subject",
        "date",
        "in_reply_to",
        "references",
        "text",
        "new_words",
        "quoted",
        "automatic",
        "bounce_recipients",
        "attachments",
        "encrypted",
        "signed",
        "flaws",
        "facts",
        "missing",
    ];
    expected.sort_unstable();
    assert_eq!(keys, expected);
    assert_eq!(lines[0]["flaws"][0], "unreadable-file");
    assert_eq!(lines[2]["flaws"][0], "unreadable-file");
    assert_eq!(lines[1]["from_address"], "rena@reporter.example");
    assert_eq!(lines[1]["message_id"], "r1@reporter.example");
    assert_eq!(lines[1]["automatic"], "none");
    assert_eq!(lines[1]["facts"]["components"][0]["value"], "Multiplayer");
    assert!(!ended.out.contains(['\u{1b}', '\u{202e}']));

    let shown = sir(&["read", good]).await;
    assert_eq!(shown.code, 0);
    assert!(shown.out.contains("<U+001B>[2J"), "{}", shown.out);
    assert!(shown.out.contains("components = Multiplayer"), "{}", shown.out);
    assert!(!shown.out.contains(['\u{1b}', '\u{202e}']));
}

#[tokio::test]
async fn status_is_1_when_somebody_must_look() {
    let world = one_case().await;
    let well = on(&world, &["status", "--json"]).await;
    let value = well.json();
    assert_eq!(well.code, 0, "{value}");
    assert_eq!((value["cases"].as_u64(), value["held"].as_u64()), (Some(1), Some(1)));
    assert_eq!(value["running"], false);
    assert!(on(&world, &["status"]).await.out.contains("1 shown, 1 held"));
    let figures = on(&world, &["status", "--metrics"]).await;
    assert!(figures.out.contains("\nsir_intake_cases 1\n"), "{}", figures.out);

    let store = rusqlite::Connection::open(world.peers.dir.join("state/sir-intake.db")).unwrap();
    store.execute("update effect set state = 'unknown' where lane = 'letters'", []).unwrap();
    let ill = on(&world, &["status"]).await;
    assert_eq!(ill.code, 1);
    assert!(ill.out.contains("1 effects of unknown outcome"), "{}", ill.out);
    store.execute("update effect set state = 'done' where state = 'unknown'", []).unwrap();
    store.execute("insert into alarm values ('smtp-down', 0, 0)", []).unwrap();
    assert_eq!(on(&world, &["status"]).await.code, 1);
    store.execute("delete from alarm", []).unwrap();
    store.execute("update meta set value = '2026-01-01T00:00:00Z' where key = 'last-good-poll'", []).unwrap();
    assert!(on(&world, &["status"]).await.out.contains("no good poll lately"));

    // A promise that was broken.
    store
        .execute("update meta set value = ?1 where key = 'last-good-poll'", [Timestamp::now().to_string()])
        .unwrap();
    assert_eq!(on(&world, &["status"]).await.code, 0);
    store.execute("update clock set due_at = 0 where kind = 'acknowledge'", []).unwrap();
    let late = on(&world, &["status"]).await;
    assert_eq!(late.code, 1);
    assert!(late.out.contains("1 cases not acknowledged in time"), "{}", late.out);

    // A store that a newer program wrote is looked at by nobody.
    store.pragma_update(None, "user_version", 99).unwrap();
    for command in [&["status"][..], &["once"], &["run"], &["pause"]] {
        let ended = on(&world, command).await;
        assert_eq!(ended.code, 78, "{command:?} {}", ended.told);
        assert!(ended.told.contains("newer version"), "{}", ended.told);
    }
}

#[tokio::test]
async fn a_case_is_listed_shown_taken_and_answered() {
    let mut world = one_case().await;
    let list = on(&world, &["cases", "list"]).await;
    assert!(list.out.contains(&format!("{}  new", case(1))), "{}", list.out);
    assert!(list.out.contains("/o3de/sig-security-reports/issues/1"), "{}", list.out);

    let own = on(&world, &["cases", "own", &case(1), "alice"]).await;
    assert_eq!((own.code, own.out.as_str()), (0, format!("{}: done\n", case(1)).as_str()));
    let refused = on(&world, &["cases", "own", &case(1), "mallory"]).await;
    assert_eq!(refused.code, 1);
    assert!(refused.out.contains("refused: `mallory` is not in the roster"), "{}", refused.out);
    let absent = on(&world, &["cases", "answered", &case(9), "--by", "bob", "--json"]).await;
    assert_eq!((absent.code, absent.json()["refused"].as_bool()), (1, Some(true)));
    assert_eq!(on(&world, &["cases", "answered", &case(1), "--by", "bob"]).await.code, 0);

    assert_eq!(on(&world, &["cases", "list", "unowned", "--json"]).await.json(), serde_json::json!([]));
    let mine = on(&world, &["cases", "list", "--owner", "alice", "--json"]).await.json();
    assert_eq!((mine[0]["stage"].as_str(), mine[0]["acknowledged"].as_bool()), (Some("triage"), Some(true)));
    let shown = on(&world, &["cases", "show", &case(1)]).await;
    assert!(shown.out.contains("rena@reporter.example") && shown.out.contains("claimed"), "{}", shown.out);
    let value = on(&world, &["cases", "show", &case(1), "--json"]).await.json();
    assert_eq!(value["state"]["answer"]["member"], "bob");
    assert_eq!(value["mails"][0]["from_address"], "rena@reporter.example");
    assert!(value["events"].as_array().unwrap().len() > 3);
    assert_eq!(on(&world, &["cases", "show", &case(2)]).await.code, 1);

    // What the orders changed reaches the world at the next turn, once.
    world.at(&Timestamp::now().to_string());
    world.settle().await;
    world.nothing_is_left_over();
}

#[tokio::test]
async fn an_export_holds_the_mails_byte_for_byte_and_no_name_of_a_sender() {
    let mut world = world_of_today().await;
    let mail = text("rena@reporter.example", 1)
        .replace("Content-Type: text/plain; charset=utf-8", "Content-Type: multipart/mixed; boundary=b");
    let (head, body) = mail.split_once("\n\n").unwrap();
    let mail = format!(
        "{head}\n\n--b\nContent-Type: text/plain\n\n{body}\n--b\nContent-Type: application/x-sh\n\
         Content-Disposition: attachment; filename=\"../../evil.sh\"\nContent-Transfer-Encoding: base64\n\n\
         ZWNobyBQV05FRAo=\n--b--\n"
    );
    world.deliver(&mail);
    world.settle().await;
    world.kill();

    let (_keep, dir) = folder();
    let to = dir.to_str().unwrap();
    let export = on(&world, &["cases", "export", &case(1), "--to", to, "--json"]).await;
    assert_eq!(export.code, 0, "{}", export.told);
    let mut names: Vec<String> =
        std::fs::read_dir(&dir).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert_eq!(names.len(), 3, "{names:?}");
    assert_eq!(names[0], "events.jsonl");
    assert!(names[1].starts_with("letter-") && names[2].starts_with("mail-"), "{names:?}");
    assert_eq!(std::fs::read_to_string(dir.join(&names[2])).unwrap(), mail.replace('\n', "\r\n"));
    assert!(names.iter().all(|name| mode(&dir.join(name)) == 0o600) && mode(&dir) == 0o700);
    assert_eq!(on(&world, &["cases", "export", &case(1), "--to", to]).await.code, 1, "no overwriting");

    let hash = sir_intake::case::Sha256::of(b"echo PWNED\n").to_string();
    let (_keep, dir) = folder();
    let ended =
        on(&world, &["cases", "export", &case(1), "--to", dir.to_str().unwrap(), "--attachment", &hash])
            .await;
    assert_eq!(ended.code, 0, "{}", ended.told);
    assert_eq!(std::fs::read(dir.join(&hash)).unwrap(), b"echo PWNED\n");
    assert_eq!(std::fs::read_dir(&dir).unwrap().count(), 1);
    let none = "0".repeat(64);
    let to = dir.to_str().unwrap();
    let ended = on(&world, &["cases", "export", &case(1), "--to", to, "--attachment", &none]).await;
    assert_eq!(ended.code, 1);
}

/// MAIL 2: "Everything already in the mailbox is *history* ... `cases adopt` makes one a case."
#[tokio::test]
async fn what_came_before_the_first_start_is_listed_and_adopted_by_hand() {
    let settings = Settings { mailbox: "first_start = \"history\"".to_owned(), ..Settings::default() };
    let mut world = World::with(settings).await;
    world.at(&Timestamp::now().to_string());
    let day = jiff::SignedDuration::from_hours(24);
    for (days, from) in [(30, "old@one.example"), (3, "recent@two.example")] {
        let raw = text(from, days).replace('\n', "\r\n").into_bytes();
        world.peers.imapd.deliver("INBOX", raw, world.now() - day * days.cast_signed());
    }
    world.settle().await;
    world.kill();

    let recent = on(&world, &["cases", "history"]).await.out;
    assert!(recent.contains("recent@two.example") && !recent.contains("old@one.example"), "{recent}");
    let all = on(&world, &["cases", "history", "--days", "60", "--json"]).await.json();
    assert_eq!(all.as_array().map(Vec::len), Some(2), "{all}");
    let adopted = on(&world, &["cases", "adopt", &all[0]["id"].to_string()]).await;
    assert!(adopted.out.contains(&case(1)), "{}", adopted.out);
    let left = on(&world, &["cases", "history", "--days", "60", "--json"]).await.json();
    assert_eq!(left.as_array().map(Vec::len), Some(1), "{left}");
    assert_eq!(
        on(&world, &["cases", "history", "--days", "1"]).await.out,
        "no such mail of the last 1 days\n"
    );
}

#[tokio::test]
async fn the_waiting_room_is_looked_at_and_emptied_by_hand() {
    let mut world = world_of_today().await;
    let chatter = |n: u32| {
        let id = format!("c{n}@chatter.example");
        report("cora@chatter.example", "Lunch", &id, "Shall we have lunch on Friday?")
    };
    (1..=3).for_each(|n| _ = world.deliver(&chatter(n)));
    world.settle().await;
    assert_eq!(world.mails(FateWord::Waiting).len(), 3);
    world.kill();

    let list = on(&world, &["parked", "list"]).await;
    assert!(list.out.contains("it shows no sign of a report"), "{}", list.out);
    let rows = on(&world, &["parked", "list", "--json"]).await.json();
    assert_eq!(rows[0]["from_address"], "cora@chatter.example");
    let id = |at: usize| rows[at]["id"].to_string();
    let show = on(&world, &["parked", "show", &id(0)]).await;
    assert!(show.out.contains("Shall we have lunch"), "{}", show.out);
    assert_eq!(on(&world, &["parked", "retry", &id(0)]).await.code, 1, "it is not parked");
    assert_eq!(on(&world, &["parked", "discard", &id(0)]).await.code, 0);
    assert_eq!(on(&world, &["parked", "open", &id(1)]).await.code, 0);
    let opened = on(&world, &["cases", "open", "--waiting"]).await;
    assert_eq!((opened.code, opened.out.contains(&case(2))), (0, true), "{}", opened.out);
    assert_eq!(on(&world, &["cases", "open", "--waiting"]).await.out, "nothing to do\n");
    // Set aside is not gone.
    assert_eq!(on(&world, &["cases", "open", &id(0)]).await.code, 0);
    assert_eq!(on(&world, &["cases", "adopt", &id(0)]).await.code, 1);
    world.at(&Timestamp::now().to_string());
    world.settle().await;
    assert_eq!(world.cases().len(), 3);
    world.nothing_is_left_over();
}

#[tokio::test]
async fn effects_wait_during_a_pause_and_an_operator_decides_about_them() {
    let mut world = world_of_today().await;
    world.settle().await;
    world.kill();
    assert_eq!(on(&world, &["pause"]).await.code, 0);
    world.deliver(&text("rena@reporter.example", 1));
    world.settle().await;
    assert_eq!((world.peers.smtpd.count(), world.peers.hub.issues().len()), (0, 0));
    world.kill();
    assert!(on(&world, &["status"]).await.out.contains("PAUSED"));

    let rows = on(&world, &["outbox", "list", "--json"]).await.json();
    let rows = rows.as_array().unwrap();
    assert!(rows.iter().all(|row| row["state"] == "due"), "{rows:?}");
    let post = rows.iter().find(|row| row["lane"] == "discord").unwrap()["id"].to_string();
    let letter = rows.iter().find(|row| row["lane"] == "letters").unwrap()["id"].to_string();
    assert!(on(&world, &["outbox", "list"]).await.out.contains("github"));
    assert_eq!(on(&world, &["outbox", "cancel", &post]).await.code, 0);
    assert_eq!(on(&world, &["outbox", "cancel", &post]).await.code, 1, "canceled already");
    assert_eq!(on(&world, &["outbox", "retry", "999"]).await.code, 1);
    assert_eq!(on(&world, &["outbox", "mark-sent", &letter]).await.code, 1, "it is due, not unknown");
    assert_eq!(on(&world, &["resume"]).await.code, 0);
    world.settle().await;
    assert_eq!(world.sent_to("rena@reporter.example").len(), 1);
    assert_eq!(world.peers.discord.messages().len(), 0);
    world.nothing_is_left_over();
}

#[tokio::test]
async fn a_running_daemon_takes_the_order_and_a_second_one_is_refused() {
    let mut world = world_of_today().await;
    world.deliver(&text("rena@reporter.example", 1));
    world.settle().await;
    let (once, run) = tokio::join!(on(&world, &["once"]), on(&world, &["run"]));
    assert_eq!((once.code, run.code), (75, 75), "{} {}", once.told, run.told);
    assert!(once.told.contains("another sir-intake works on"), "{}", once.told);
    assert_eq!(on(&world, &["restore", "/nowhere"]).await.code, 75);
    assert_eq!(on(&world, &["status", "--json"]).await.json()["running"], true);

    let daemon = world.daemon();
    let turns = async {
        loop {
            daemon.once().await.unwrap();
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let case = case(1);
    let own = ["cases", "own", &case, "bob"];
    let ended = tokio::select! {
        ended = on(&world, &own) => ended,
        () = turns => unreachable!(),
    };
    assert_eq!(ended.code, 0, "{}", ended.told);
    assert_eq!(world.case(1).owner().map(ToString::to_string).as_deref(), Some("bob"));
    // A daemon that hangs: the order stands, and whoever gave it is told.
    let ended = on(&world, &["pause"]).await;
    assert_eq!(ended.code, 75);
    assert!(ended.told.contains("it stands"), "{}", ended.told);
}

#[tokio::test]
async fn run_takes_mail_in_and_ends_well_when_told_to() {
    let world = world_of_today().await;
    world.deliver(&text("rena@reporter.example", 1));
    let path = world.peers.path();
    let child = command(&["run", "--config", path.to_str().unwrap()]).spawn().unwrap();
    let pid = rustix::process::Pid::from_raw(i32::try_from(child.id().unwrap()).unwrap()).unwrap();
    for _ in 0..200 {
        if world.sent_to("rena@reporter.example").len() == 1 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(world.sent_to("rena@reporter.example").len(), 1);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    let output =
        tokio::time::timeout(Duration::from_secs(25), child.wait_with_output()).await.unwrap().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{told}");
    assert!(told.contains("told to stop") && !told.contains("rena"), "{told}");
}

#[tokio::test]
async fn once_is_75_when_the_mailbox_cannot_be_polled() {
    let world = world_of_today().await;
    std::fs::write(world.peers.dir.join("mailbox-password"), "wrong").unwrap();
    let ended = on(&world, &["once", "--json"]).await;
    assert_eq!(ended.code, 75, "{}", ended.told);
    assert!(ended.json()["poll_fault"].is_string());
}

/// Promise: nothing is done twice, "restored backup: the same"; case numbers are never reused.
#[tokio::test]
async fn a_restored_backup_does_nothing_twice_and_gives_no_number_twice() {
    let mut world = world_of_today().await;
    world.deliver(&text("rena@reporter.example", 1));
    world.settle().await;
    let (_keep, dir) = folder();
    let to = dir.to_str().unwrap();
    // While the daemon holds the store.
    let backup = on(&world, &["backup", "--to", to]).await;
    assert_eq!(backup.code, 0, "{}", backup.told);
    assert!(backup.out.contains(&format!("sir-intake restore {to}")), "{}", backup.out);
    for name in ["sir-intake.db", "token_key"] {
        assert_eq!(mode(&dir.join(name)), 0o600, "{name}");
    }
    assert_eq!(on(&world, &["backup", "--to", to]).await.code, 1, "nothing is overwritten");

    // What the backup does not know: a second report, and more from the first reporter.
    world.deliver(&text("omar@reporter.example", 2));
    let receipt = world.sent_to("rena@reporter.example").remove(0);
    let id =
        receipt.lines().find_map(|line| line.strip_prefix("Message-ID: <")).unwrap().trim_end_matches('>');
    let more = report(
        "rena@reporter.example",
        "Re: We have your message",
        "more@reporter.example",
        "It also needs a guest account.",
    );
    world.deliver(&more.replace("MIME-Version", &format!("In-Reply-To: <{id}>\nMIME-Version")));
    world.settle().await;
    assert_eq!((world.cases().len(), world.peers.hub.comments(1).len()), (2, 1));
    // Somebody copies our page, and makes one that looks like ours: neither is.
    let copy = world.peers.hub.issue(2).unwrap().body;
    world.peers.hub.add_issue_as("mallory", "SIR-2026-0002: report received", &copy).unwrap();
    world.peers.hub.add_issue_as("mallory", &format!("{}: report received", case(90)), "Hello.").unwrap();
    world.kill();
    let refused = on(&world, &["restore", to]).await;
    assert_eq!(refused.code, 1);
    assert!(refused.told.contains("--replace"), "{}", refused.told);
    let restored = on(&world, &["restore", to, "--replace", "--json"]).await;
    assert_eq!(restored.code, 0, "{}", restored.told);
    assert_eq!(restored.json()["numbers_past"], serde_json::json!([case(2)]));
    let aside = restored.json()["moved_aside"].as_str().map(PathBuf::from).unwrap();
    assert!(aside.join("sir-intake.db").exists() && !world.peers.dir.join("state/restoring").exists());

    world.settle().await;
    let ids = |world: &World| world.cases().iter().map(|case| case.id.to_string()).collect::<Vec<_>>();
    assert_eq!(ids(&world), [case(1), case(2)]);
    assert_eq!(world.case(2).receipt, Receipt::Withheld(Withheld::Restored));
    assert_eq!(world.peers.hub.issues().len(), 4, "no second issue of ours");
    assert_eq!(world.case(2).issue.map(|(_, number)| number), Some(2), "ours, not the copy");
    assert_eq!(world.peers.hub.comments(1).len(), 1, "no second comment");
    for reporter in ["rena@reporter.example", "omar@reporter.example"] {
        assert_eq!(world.sent_to(reporter).len(), 1, "no second receipt");
    }
    world.deliver(&text("nils@reporter.example", 3));
    world.settle().await;
    assert_eq!(ids(&world), [case(1), case(2), case(3)]);
    assert_eq!(world.sent_to("nils@reporter.example").len(), 1);
    world.nothing_is_left_over();
}

/// Clocks differ, and GitHub counts whole seconds: what it wrote a moment after the backup may bear an earlier time.
#[tokio::test]
async fn what_github_wrote_by_a_clock_that_is_slow_is_not_written_again() {
    let mut world = world_of_today().await;
    world.deliver(&text("rena@reporter.example", 1));
    world.settle().await;
    let (_keep, dir) = folder();
    let to = dir.to_str().unwrap();
    assert_eq!(on(&world, &["backup", "--to", to]).await.code, 0);
    world.clock.set(world.now() - jiff::SignedDuration::from_mins(4));
    let receipt = world.sent_to("rena@reporter.example").remove(0);
    let id =
        receipt.lines().find_map(|line| line.strip_prefix("Message-ID: <")).unwrap().trim_end_matches('>');
    let more =
        report("rena@reporter.example", "Re: We have your message", "more@reporter.example", "And a guest.");
    world.deliver(&more.replace("MIME-Version", &format!("In-Reply-To: <{id}>\nMIME-Version")));
    world.settle().await;
    assert_eq!(world.peers.hub.comments(1).len(), 1);
    world.kill();
    assert_eq!(on(&world, &["restore", to, "--replace"]).await.code, 0);
    world.at(&Timestamp::now().to_string());
    world.settle().await;
    assert_eq!(world.peers.hub.comments(1).len(), 1, "no second comment");
}

#[tokio::test]
async fn a_restore_without_github_says_what_it_did_not_do() {
    let world = one_case().await;
    let (_keep, dir) = folder();
    let to = dir.to_str().unwrap();
    assert_eq!(on(&world, &["backup", "--to", to]).await.code, 0);
    let store = rusqlite::Connection::open(dir.join("sir-intake.db")).unwrap();
    store.execute("update effect set state = 'due' where lane = 'letters'", []).unwrap();
    drop(store);
    std::fs::remove_dir_all(world.peers.dir.join("state")).unwrap();
    std::fs::write(world.peers.dir.join("github-token"), "revoked").unwrap();
    let asked = on(&world, &["restore", to]).await;
    assert_eq!(asked.code, 75, "{}", asked.told);
    assert!(asked.told.contains("Nothing was changed"), "{}", asked.told);
    assert_eq!(on(&world, &["status"]).await.code, 1, "there is no store");
    let offline = on(&world, &["restore", to, "--offline"]).await;
    assert_eq!(offline.code, 0, "{}", offline.told);
    assert!(offline.out.contains("NOT DONE (--offline)"), "{}", offline.out);
    let rows = on(&world, &["outbox", "list", "--json"]).await.json();
    assert_eq!((rows[0]["state"].as_str(), rows[0]["why"].as_str()), (Some("unknown"), Some("restored")));
    assert_eq!(on(&world, &["status"]).await.code, 1, "a letter of unknown outcome");
}
