//! `doctor` against the stand-ins: what it says of a provider that strips forged results, of one that does not, and of one
//! that never sends the mail out.

use std::process::Stdio;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use tokio::process::Command;

use crate::world::World;

/// What the provider does with a field that bears its name.
#[derive(Clone, Copy, PartialEq)]
enum Provider {
    Strips,
    Keeps,
    StaysInside,
}

async fn world() -> World {
    let world = World::new().await;
    world.at(&Timestamp::now().to_string());
    world
}

/// Runs doctor while a provider delivers what was sent; the exit code and the findings.
async fn doctor(world: &World, provider: Provider) -> (i32, Vec<Value>) {
    let path = world.peers.path();
    let mut command = Command::new(env!("CARGO_BIN_EXE_sir-intake"));
    command.args(["--config", path.to_str().unwrap(), "--json", "doctor", "--wait", "20"]);
    command.env_remove("RUST_LOG").env_remove("CREDENTIALS_DIRECTORY").kill_on_drop(true);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let running = command.output();
    tokio::pin!(running);
    let mut delivered = 0;
    let output = loop {
        tokio::select! {
            output = &mut running => break output.unwrap(),
            () = tokio::time::sleep(Duration::from_millis(100)) => {
                let mails = world.peers.smtpd.mails();
                for mail in mails.iter().skip(delivered) {
                    world.peers.imapd.deliver("INBOX", as_delivered(&mail.data, provider), Timestamp::now());
                }
                delivered = mails.len();
            }
        }
    };
    let text = String::from_utf8(output.stdout).unwrap();
    let value: Value = serde_json::from_str(&text)
        .unwrap_or_else(|e| panic!("{e}: {text} {}", String::from_utf8_lossy(&output.stderr)));
    (output.status.code().unwrap(), value["findings"].as_array().unwrap().clone())
}

fn as_delivered(data: &[u8], provider: Provider) -> Vec<u8> {
    let text = String::from_utf8(data.to_vec()).unwrap();
    let rest = match provider {
        Provider::Keeps => text,
        Provider::Strips | Provider::StaysInside => text
            .lines()
            .filter(|line| !line.contains("doctor.invalid"))
            .map(|line| format!("{line}\r\n"))
            .collect(),
    };
    let received = "Received: from out.o3de.example by mx.o3de.example; Mon, 23 Nov 2026 09:00:00 +0000\r\n";
    let own =
        "Authentication-Results: mx.o3de.example; dkim=pass header.d=o3de.example header.b=AAAABBBB\r\n";
    match provider {
        Provider::Strips => format!("{received}{own}{rest}"),
        Provider::Keeps => format!("{received}{rest}"),
        Provider::StaysInside => format!("{received}{rest}"),
    }
    .into_bytes()
}

fn finding<'a>(findings: &'a [Value], about: &str) -> Vec<&'a Value> {
    findings.iter().filter(|finding| finding["about"] == about).collect()
}

/// Gmail's place, where a forged field matters.
fn below(world: &World) {
    world.change_config(
        "trusted_authserv_id = \"mx.o3de.example\"",
        "trusted_authserv_id = \"mx.o3de.example\"\nar_position = \"below-received\"",
    );
}

#[tokio::test]
async fn a_provider_that_strips_forged_results_is_proven() {
    let world = world().await;
    below(&world);
    let (code, findings) = doctor(&world, Provider::Strips).await;
    let results = finding(&findings, "results");
    assert_eq!(results[0]["grade"], "ok", "{findings:?}");
    assert_eq!(finding(&findings, "plus")[0]["grade"], "ok");
    assert_eq!(finding(&findings, "clock")[0]["grade"], "ok");
    assert!(finding(&findings, "mailbox").iter().all(|f| f["grade"] != "FAULT"));
    assert!(finding(&findings, "smtp").iter().all(|f| f["grade"] == "ok"));
    assert!(finding(&findings, "github").iter().all(|f| f["grade"] != "FAULT"), "{findings:?}");
    assert_eq!(finding(&findings, "discord")[0]["grade"], "ok");
    assert_eq!(code, 0, "{findings:?}");
    assert_eq!(world.peers.hub.violations(), Vec::<String>::new());
    assert_eq!(world.peers.discord.messages().len(), 0, "nothing is posted");
}

#[tokio::test]
async fn a_provider_that_keeps_forged_results_is_a_fault() {
    let world = world().await;
    below(&world);
    let (code, findings) = doctor(&world, Provider::Keeps).await;
    assert_eq!((code, &finding(&findings, "results")[0]["grade"]), (1, &Value::from("FAULT")));
}

#[tokio::test]
async fn a_mail_that_never_left_the_provider_proves_nothing() {
    let world = world().await;
    below(&world);
    let (_, findings) = doctor(&world, Provider::StaysInside).await;
    let results = finding(&findings, "results")[0];
    assert_eq!(results["grade"], "look");
    assert!(results["what"].as_str().unwrap().starts_with("not proven"), "{results}");
}

#[tokio::test]
async fn broken_peers_are_named_with_what_to_do() {
    let world = world().await;
    world.peers.discord.revoke(Some(404));
    world.change_config("repository_id = ", "repository_id = 9");
    let (code, findings) = doctor(&world, Provider::Strips).await;
    assert_eq!(code, 1);
    for about in ["discord", "github"] {
        let broken = finding(&findings, about).into_iter().find(|f| f["grade"] == "FAULT").unwrap();
        assert!(!broken["remedy"].as_str().unwrap().is_empty(), "{broken}");
    }
}

/// Three organizations of the embargoed list: one whose year is over, one whose year ends soon, one with time.
fn listed(world: &World) {
    let today = Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let ago = |days: i64| today.checked_sub(jiff::Span::new().days(days)).unwrap();
    let entry = |name: &str, more: String| {
        format!(
            "[[runbook.embargoed]]\norganization = \"{name}\"\naddress = \"security@{}.example\"\n{more}\nvouched_by = [\"alice\", \"bob\"]\n\n",
            name.to_lowercase()
        )
    };
    let late = entry("Late", format!("terms_accepted = \"{}\"", ago(366)));
    let soon = entry("Soon", format!("terms_accepted = \"{}\"\nconfirmed = \"{}\"", ago(800), ago(350)));
    let good = entry("Good", format!("terms_accepted = \"{}\"", ago(20)));
    let path = world.peers.path();
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(path, format!("{text}\n{late}{soon}{good}")).unwrap();
}

/// RUNBOOK 1.7, membership of the embargoed list: "re-confirmed yearly". Who reads `doctor` or `check` hears whose terms end, in
/// time to ask them.
#[tokio::test]
async fn whose_terms_of_the_embargoed_list_end_is_said_before_and_after() {
    let world = world().await;
    listed(&world);
    let (_, findings) = doctor(&world, Provider::Strips).await;
    let said = finding(&findings, "embargoed");
    let words: Vec<&str> = said.iter().map(|finding| finding["what"].as_str().unwrap()).collect();
    assert_eq!(words.len(), 2, "{findings:?}");
    assert!(words[0].starts_with("Late of the embargoed list confirmed the terms last on"), "{words:?}");
    assert!(words[0].ends_with("more than a year ago, and is told nothing"), "{words:?}");
    assert!(words[1].starts_with("Soon of the embargoed list must confirm the terms by"), "{words:?}");
    for finding in said {
        assert_eq!(finding["grade"], "look", "{finding}");
        assert_eq!(finding["remedy"], "ask them, and set `confirmed` of their entry");
    }

    let path = world.peers.path();
    let check = |json: bool| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_sir-intake"));
        command.args(["--config", path.to_str().unwrap(), "check"]).env_remove("RUST_LOG");
        command.args(json.then_some("--json")).env("CREDENTIALS_DIRECTORY", &world.peers.dir);
        command.output().unwrap()
    };
    let shown = check(false);
    let text = String::from_utf8(shown.stdout).unwrap();
    assert_eq!(shown.status.code(), Some(0), "no fault: {text}");
    let lines: Vec<&str> = text.lines().filter(|line| line.contains("of the embargoed list")).collect();
    assert_eq!(lines.len(), 2, "{text}");
    assert!(
        lines.iter().all(|line| line.starts_with("warning: ") && line.ends_with("of their entry")),
        "{text}"
    );
    let value: Value = serde_json::from_slice(&check(true).stdout).unwrap();
    assert_eq!(value["terms"].as_array().map(Vec::len), Some(2), "{value}");
}
