//! 500 reports on a real Dovecot, everything durable: what a mail costs, against the least that it could cost.
//!
//! `cargo bench --bench intake`. Without Dovecot the embedded server takes its place, and that is said.
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

mod ground;
#[path = "../tests/it/dovecot/server.rs"]
mod server;

use std::time::{Duration, Instant};

use ground::{Ground, median, ms, report};
use sir_intake::practice::loopback::ACCOUNT;
use sir_intake::wire::Login;
use sir_intake::wire::imap::{Access, Folder, ImapAccount, ImapTimeouts, Mailbox};
use sir_intake::wire::tls::Trust;

const REPORTS: usize = 500;
const SIZE: usize = 12_800;
/// The durable steps of one mail (MAIL 2): held, reading begun, settled; and each of its five effects begun and ended. The
/// daemon may write several of them in one commit.
const STEPS: u32 = 3 + 2 * 5;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    ground::be_the_daemon_if_asked().await;
    if std::env::args().any(|arg| arg == "--list") {
        return;
    }
    match server::program() {
        Ok(program) => on_dovecot(&program).await,
        Err(why) => println!("not run on Dovecot: {why}"),
    }
    embedded().await;
}

async fn on_dovecot(program: &std::path::Path) {
    let mut ground = Ground::new().await;
    let dovecot = server::Dovecot::start(program, ACCOUNT);
    ground.use_imap(dovecot.imaps, &dovecot.ca_pem);
    let mails: Vec<String> = (1..=REPORTS).map(|number| report(number, SIZE)).collect();
    dovecot.deliver_all(&mails);

    let fetch = bare_fetch(&dovecot).await;
    let start = Instant::now();
    ground.spawn();
    ground.all_done(REPORTS).await;
    let whole = start.elapsed();
    let processor = ground.processor();
    tokio::time::sleep(Duration::from_secs(10)).await;
    let (resident, peak) = (ground.memory("VmRSS"), ground.memory("VmHWM"));
    let commits = ground.commits();
    let commit = durable_commit();
    let steps = commit * STEPS * u32::try_from(REPORTS).unwrap();
    let made = commit * u32::try_from(commits).unwrap();
    let each = |time: Duration| ms(time) / REPORTS as f64;
    println!(
        "{REPORTS} reports of {SIZE} bytes on Dovecot, two members, Discord on, stand-ins in another process"
    );
    println!("  a mail over all, from the start of the process   {:7.2} ms   (goal: at most 6)", each(whole));
    println!(
        "    of it processor time of the daemon             {:7.2} ms",
        processor * 1_000.0 / REPORTS as f64
    );
    println!("  bare fetch of the same mails                     {:7.2} ms a mail", each(fetch));
    println!("  a durable commit                                 {:7.2} ms", ms(commit));
    println!(
        "  whole / (bare fetch + its {STEPS} durable steps)       {:7.2}      (goal: at most 3)",
        whole.as_secs_f64() / (fetch + steps).as_secs_f64()
    );
    println!(
        "  whole / (bare fetch + the commits made, {:.1} a mail) {:6.2}",
        commits as f64 / REPORTS as f64,
        whole.as_secs_f64() / (fetch + made).as_secs_f64()
    );
    println!(
        "  resident ten seconds later                       {resident:7.1} MiB  (goal: at most 64; peak {peak:.1})"
    );

    let mut times = Vec::new();
    for number in 1..=20 {
        tokio::time::sleep(Duration::from_millis(900 + 37 * number as u64)).await;
        let mail = report(10_000 + number, SIZE);
        let start = Instant::now();
        dovecot.deliver(&mail);
        let at = ground.receipt_at(&format!("rena{0}@reporter{0}.example", 10_000 + number)).await;
        times.push(at.duration_since(start));
    }
    println!(
        "  delivery to the accepted receipt, p50 of 20      {:7.0} ms   (goal: under 1000)",
        ms(median(&mut times))
    );
}

/// The same mails fetched as fast as they come, and nothing done with them.
async fn bare_fetch(dovecot: &server::Dovecot) -> Duration {
    let account = ImapAccount {
        host: "localhost".to_owned(),
        port: dovecot.imaps,
        login: Login::Password { user: ACCOUNT.0.to_owned(), secret: ACCOUNT.1.to_owned().into() },
        trust: Trust::of(Some(dovecot.ca_pem.as_bytes())).unwrap(),
        timeouts: ImapTimeouts::default(),
    };
    // Dovecot makes its index at the first look, which is nobody's cost here.
    for _ in 0..2 {
        let mut mailbox = Mailbox::connect(&account).await.unwrap();
        let start = Instant::now();
        mailbox.open(&Folder::named("INBOX").unwrap(), Access::Look).await.unwrap();
        let uids = mailbox.all_uids().await.unwrap();
        let mut fetched = 0;
        for group in uids.chunks(50) {
            fetched += mailbox.fetch(group, 1 << 30).await.unwrap().mails.len();
        }
        assert_eq!(fetched, REPORTS);
        let time = start.elapsed();
        mailbox.logout().await;
        if tokio::fs::try_exists(dovecot.maildir().join("fetched")).await.unwrap() {
            return time;
        }
        std::fs::write(dovecot.maildir().join("fetched"), "").unwrap();
    }
    unreachable!()
}

/// One small row in a file with the store's settings, durable.
fn durable_commit() -> Duration {
    let root = std::env::var_os("SIR_BENCH_DIR").unwrap_or("/tmp".into());
    let dir = tempfile::tempdir_in(root).unwrap();
    let file = rusqlite::Connection::open(dir.path().join("commits.db")).unwrap();
    file.execute_batch(
        "pragma journal_mode = wal; pragma synchronous = full; create table t (id integer primary key, b blob);",
    )
    .unwrap();
    let start = Instant::now();
    for _ in 0..500 {
        file.execute("insert into t (b) values (zeroblob(1000))", []).unwrap();
    }
    start.elapsed() / 500
}

async fn embedded() {
    let mut ground = Ground::new().await;
    ground.spawn();
    assert!(ground.peers.imapd.wait_for_idle(Duration::from_secs(20)).await);
    let mut times = Vec::new();
    for number in 1..=100 {
        tokio::time::sleep(Duration::from_millis(150)).await;
        let raw = report(number, SIZE).replace('\n', "\r\n").into_bytes();
        let start = Instant::now();
        ground.peers.imapd.deliver("INBOX", raw, jiff::Timestamp::now());
        let at = ground.receipt_at(&format!("rena{number}@reporter{number}.example")).await;
        times.push(at.duration_since(start));
    }
    println!("embedded IMAP server");
    println!(
        "  delivery to the accepted receipt, p50 of 100     {:7.1} ms   (goal: under 50)",
        ms(median(&mut times))
    );
    println!("    p95                                            {:7.1} ms", ms(times[95]));
}
