//! How long a member waits for the answer to a command, in a house of 100 cases and of 20,000.
//!
//! `cargo bench --bench steer`: the embedded servers, the daemon in a process of its own. Counted from the delivery of the
//! command mail to the transcript that the mail server takes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::exit,
    clippy::large_futures,
    dead_code,
    missing_docs,
    unreachable_pub,
    reason = "a bench prints for people and measures time itself"
)]

mod crowd;
mod ground;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use ground::{Ground, ms, report};
use jiff::Timestamp;
use sir_intake::case::Sha256;

/// What a member says in turn, each on the next case.
const SAID: [&str; 5] = [
    "!own me\n!ack 5wd",
    "!severity high\n!status",
    "!ask deadline,credit\nWe need to know before the release.",
    "!list open\n!show",
    "!undo\n!reply\nHello Rena,\n\nwe could see it happen.\n\nAlice",
];
/// Cases that are commanded on; each is told everything of [`SAID`].
const CASES: usize = 10;
const COMMANDS: usize = CASES * SAID.len();
const FIRST: usize = 3_000_000;

/// When a mail left that answers this one.
type Answers = Arc<Mutex<BTreeMap<String, Instant>>>;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    ground::be_the_daemon_if_asked().await;
    if std::env::args().any(|arg| arg == "--list") {
        return;
    }
    let few = at(100).await;
    let many = at(20_000).await;
    println!("at 20,000 cases / at 100");
    println!("  processor time of a command          {:5.2}", many.processor / few.processor);
    println!("  p50 one at a time                    {:5.2}", many.p50 / few.p50);
}

struct Cost {
    p50: f64,
    processor: f64,
}

async fn at(cases: u32) -> Cost {
    let mut ground = Ground::new().await;
    let (answers, notices) = listen(&ground);
    crowd::fill(&ground, cases).await;
    ground.spawn();
    assert!(ground.peers.imapd.wait_for_idle(Duration::from_secs(60)).await);
    for number in 1..=CASES {
        let raw = report(FIRST + number, 12_800).replace('\n', "\r\n").into_bytes();
        ground.peers.imapd.deliver("INBOX", raw, Timestamp::now());
    }
    ground.all_done(CASES).await;
    // A notice of each case, as a member answers one.
    let notices: Vec<String> = notices.lock().unwrap().values().cloned().collect();
    assert_eq!(notices.len(), CASES);
    tokio::time::sleep(Duration::from_secs(1)).await;

    let before = ground.processor();
    let mut times = Vec::new();
    for number in 0..COMMANDS {
        tokio::time::sleep(Duration::from_millis(150)).await;
        let (id, raw) = command(number, "one", &notices);
        let start = Instant::now();
        ground.peers.imapd.deliver("INBOX", raw, Timestamp::now());
        times.push(answered(&answers, &id).await.duration_since(start));
    }
    let processor = (ground.processor() - before) * 1_000.0 / COMMANDS as f64;
    times.sort();
    let (p50, p95) = (ms(times[COMMANDS / 2]), ms(times[COMMANDS * 95 / 100]));

    // All at once: nobody is kept waiting by the others for long.
    let mails: Vec<_> = (0..COMMANDS).map(|number| command(number, "all", &notices)).collect();
    let start = Instant::now();
    let mut together = Vec::new();
    for (_, raw) in &mails {
        ground.peers.imapd.deliver("INBOX", raw.clone(), Timestamp::now());
    }
    for (id, _) in &mails {
        together.push(answered(&answers, id).await.duration_since(start));
    }
    together.sort();
    println!("at {cases} cases, {COMMANDS} command mails, to the transcript that the mail server took");
    println!("  one at a time          p50 {p50:7.1} ms   p95 {p95:7.1} ms   (goal: p95 at most 1000)");
    println!("    processor time           {processor:7.2} ms a mail");
    println!("  all at once            p95 {:7.1} ms", ms(together[COMMANDS * 95 / 100]));
    Cost { p50, processor }
}

/// When mails were answered, and the Message-ID of the first notice to Alice about each case.
fn listen(ground: &Ground) -> (Answers, Arc<Mutex<BTreeMap<String, String>>>) {
    let (answers, notices): (Answers, Arc<Mutex<BTreeMap<String, String>>>) = <_>::default();
    let (kept, seen, receipts) = (Arc::clone(&answers), Arc::clone(&notices), Arc::clone(&ground.receipts));
    ground.peers.smtpd.on_accepted(move |mail| {
        let now = Instant::now();
        let to = mail.envelope_to.first().cloned().unwrap_or_default();
        let text = String::from_utf8_lossy(&mail.data);
        let field = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name));
            line.map(|value| value.trim().to_owned())
        };
        if let Some(answered) = field("In-Reply-To: ") {
            kept.lock().unwrap().entry(answered).or_insert(now);
        }
        if to == "alice@members.example"
            && let (Some(subject), Some(id)) = (field("Subject: "), field("Message-ID: "))
            && let Some(case) = subject.split_once("[SIR-").and_then(|(_, rest)| rest.split_once(']'))
        {
            seen.lock().unwrap().entry(case.0.to_owned()).or_insert(id);
        }
        receipts.lock().unwrap().push((to, now));
    });
    (answers, notices)
}

async fn answered(answers: &Answers, id: &str) -> Instant {
    let limit = Instant::now() + Duration::from_secs(60);
    loop {
        if let Some(at) = answers.lock().unwrap().get(id) {
            return *at;
        }
        assert!(Instant::now() < limit, "no answer to {id}");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// Alice's mail with the next words, as her provider signed it, and its Message-ID.
fn command(number: usize, play: &str, notices: &[String]) -> (String, Vec<u8>) {
    let id = format!("<{play}-{number}@members.example>");
    let notice = &notices[number % CASES];
    let said = SAID[number / CASES];
    let seal = Sha256::of(id.as_bytes()).to_string();
    let date = Timestamp::now().strftime("%a, %d %b %Y %H:%M:%S +0000").to_string();
    let mail = format!(
        "Return-Path: <alice@members.example>\n\
         Authentication-Results: mx.o3de.example; dmarc=pass header.from=members.example;\n\
         \tdkim=pass header.d=members.example header.b={short}\n\
         Received: from mail.members.example by mx.o3de.example; {date}\n\
         DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=members.example; s=mail;\n\
         \th=from:to:subject:date:message-id; bh=frcCV1k9oG9oKj3dpUqdJg1PxRT2RSN/XKdLCPjaYaY=; b={seal}\n\
         From: Alice Arden <alice@members.example>\nTo: sir-bot@o3de.example\nSubject: Re: a notice\nDate: {date}\n\
         Message-ID: {id}\nIn-Reply-To: {notice}\nReferences: {notice}\nMIME-Version: 1.0\n\
         Content-Type: text/plain; charset=utf-8\n\n{said}\n",
        short = &seal[..8],
    );
    (id, mail.replace('\n', "\r\n").into_bytes())
}
