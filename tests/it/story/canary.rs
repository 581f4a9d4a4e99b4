//! A canary word in every field of a report is heard nowhere but where members may read it.

use std::io;
use std::sync::{Arc, Mutex};

use sir_intake::config::{LogFormat, LogLevel};
use sir_intake::observe;
use sir_intake::practice::imapd::Fault;
use sir_intake::practice::loopback::{ROSTER, Settings};
use sir_intake::practice::smtpd::{Fault as Smtp, Stage};
use tracing_subscriber::fmt::MakeWriter;

use super::post::{Mail, OVERFLOW, RENA, bounce};
use crate::world::World;

const CANARY: &str = "kanarienvogel";

/// Where log lines go: all of them, of every test that runs beside this one.
#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<u8>>>);

impl io::Write for Heard {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'w> MakeWriter<'w> for Heard {
    type Writer = Self;

    fn make_writer(&'w self) -> Self {
        self.clone()
    }
}

fn sung(what: &str, text: &str) {
    assert!(!text.to_lowercase().contains(CANARY), "{what}: {text}");
}

/// RFC: "Ensure the confidentiality of reported security issues until they can be publicly disclosed."
/// Promise: "A canary word in every field of a report is found in no log line (with RUST_LOG=trace), metric, Discord
/// post, receipt, title or error text."
#[tokio::test]
async fn a_canary_in_every_field_is_heard_nowhere_outside() {
    let heard = Heard::default();
    let subscriber =
        observe::subscriber(LogFormat::Plain, LogLevel::Trace, Some("trace"), false, heard.clone());
    tracing::subscriber::set_global_default(subscriber).expect("nobody else logs in this process");
    let mailbox = "first_start = \"all\"\ncommand_timeout_s = 1\nfetch_timeout_s = 1";
    let rest = format!("{ROSTER}[ops]\nmetrics_file = \"metrics.prom\"\n");
    let settings = Settings { mailbox: mailbox.to_owned(), rest, ..Settings::default() };
    let mut world = World::with(settings).await;
    // Public records are as hostile as reports: what is found of one stays on the private issue as well.
    let more = format!(
        r#""configurations":[{{"nodes":[{{"operator":"OR","negate":false,"cpeMatch":[{{"vulnerable":true,
           "criteria":"cpe:2.3:a:{CANARY}:{CANARY}:*:*:*:*:*:*:*:*","versionEndExcluding":"9.{CANARY}"}}]}}]}}],"#
    );
    let words = format!("{CANARY} 25.05.1 has a heap overflow in {CANARY}_net_bind.");
    let record = super::known::record("CVE-2020-90077", "Analyzed", &words, &more);
    world.mirror_learns("2020", &super::known::feed(&[record]));

    let mut report = Mail::new(
        &format!("{CANARY} <{RENA}>"),
        &format!("{CANARY} in Multiplayer"),
        "r1@reporter.example",
        &format!(
            "--x\nContent-Type: text/plain\n\n{OVERFLOW}{CANARY} CVE-2020-90077\n--x\nContent-Type: application/{CANARY}\n\
             Content-Disposition: attachment; filename={CANARY}.bin\n\n{CANARY}\n--x--"
        ),
    )
    .kind("multipart/mixed; boundary=x")
    .with(&format!("X-{CANARY}: {CANARY}"))
    .with(&format!("Reply-To: {CANARY}@elsewhere.example"));
    let faults =
        [Fault::Cut { after_bytes: 700 }, Fault::NoAfterData, Fault::LiteralLie { bytes: 1_500 }, Fault::Bad];
    for fault in faults {
        world.peers.imapd.faults().at_nth("FETCH", 2, fault);
    }
    world.peers.smtpd.faults().at(Stage::DataEnd, Smtp::Reply(451, format!("{CANARY} try later")));
    world.deliver(&report.write());
    for _ in 0..6 {
        world.settle_within(1).await;
        world.pass(1);
    }
    report.id = Some(format!("{CANARY}2@reporter.example"));
    report.text.push_str("another");
    world.deliver(&report.write());
    world.settle_within(1).await;
    let receipt = world.sent_to(RENA).remove(0);
    let mut news = bounce(&receipt, RENA, "failed", "5.1.1");
    news.text = news.text.replace("no such user", CANARY);
    world.deliver(&news.write());
    let stranger = format!("{CANARY} <{CANARY}@evil.example>");
    world.deliver(&Mail::new(&stranger, "[SIR-2026-0001]", "m@evil.example", CANARY).write());
    world.deliver(&Mail::new(&stranger, CANARY, "w@evil.example", "Nice weather.").write());
    world.settle_within(1).await;
    world.peers.smtpd.faults().recipient("bob@members.example", 550, CANARY);
    world.pass(24 * 4);
    world.settle_within(24).await;

    assert_eq!(world.cases().len(), 3);
    assert!(world.issue(1).body.contains(CANARY), "members read it on the private issue");
    let known = world.issue(1).body;
    let known =
        known.split("### Known already?").nth(1).and_then(|rest| rest.split("### Report").next()).unwrap();
    assert!(known.contains("[CVE-2020-90077]") && known.contains(CANARY), "{known}");
    for issue in world.peers.hub.issues() {
        sung("title", &issue.title);
        issue.labels.iter().for_each(|label| sung("label", label));
    }
    for post in world.peers.discord.messages() {
        sung("Discord", &post.content);
    }
    for receipt in world.sent_to(RENA) {
        // The thread is the reporter's own: their Message-ID stands in two fields of it.
        let threadless: Vec<&str> = receipt
            .lines()
            .filter(|line| !line.starts_with("In-Reply-To:") && !line.starts_with("References:"))
            .collect();
        sung("receipt", &threadless.join("\n").replace(&format!(" <{CANARY}2@reporter.example>"), ""));
    }
    for who in ["alice@members.example", "carol@chairs.example", "tess@tsc.example"] {
        // A digest names who wrote what waits: nobody else can tell whether it is a report.
        let alerts = world.sent_to(who).into_iter().filter(|mail| !mail.contains("digest of"));
        alerts.for_each(|mail| sung(who, &mail));
    }
    sung("metrics", &std::fs::read_to_string(world.peers.dir.join("metrics.prom")).expect("metrics"));
    assert!(!world.troubles.is_empty(), "there were faults to speak of");
    world.troubles.iter().for_each(|trouble| sung("error", trouble));
    let lines = String::from_utf8(heard.0.lock().unwrap().clone()).unwrap();
    assert!(lines.contains("case opened"), "the log was heard");
    for line in lines.lines() {
        sung("log", line);
        assert!(!line.contains("CVE-2020-90077"), "{line}");
        assert!(!line.contains(world.peers.discord.token()), "{line}");
        assert!(!line.contains("practice-password") && !line.contains("practice-token"), "{line}");
    }
    world.nothing_is_left_over();
}
