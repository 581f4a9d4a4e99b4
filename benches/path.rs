//! What the whole path costs when the house is full, the comparison with all earlier cases included, and what a large mail
//! costs in memory.
//!
//! `cargo bench --bench path`: the embedded IMAP server, the daemon in a process of its own.
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

use std::time::{Duration, Instant};

use crowd::{fill, remember};
use ground::{Ground, median, ms, report};
use jiff::Timestamp;

const SIZE: usize = 12_800;
const CROWD: usize = 200;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    ground::be_the_daemon_if_asked().await;
    if std::env::args().any(|arg| arg == "--list") {
        return;
    }
    large().await;
    let few = at(100).await;
    let many = at(20_000).await;
    println!("cost at 20,000 cases / cost at 100");
    println!(
        "  {CROWD} mails at once: processor time of the daemon  {:5.2}  (goal: at most 1.3)",
        many.processor / few.processor
    );
    println!("    wall clock                                     {:5.2}", many.crowd / few.crowd);
    println!("  one at a time, p50 to the accepted receipt       {:5.2}", many.single / few.single);
}

/// 35 MiB, the largest mail that is read whole.
async fn large() {
    let mut ground = Ground::new().await;
    ground.spawn();
    assert!(ground.peers.imapd.wait_for_idle(Duration::from_secs(20)).await);
    let idle = ground.memory("VmHWM");
    let head = report(1, 0)
        .replace("Content-Type: text/plain; charset=utf-8", "Content-Type: multipart/mixed; boundary=b");
    let (head, text) = head.split_once("\n\n").unwrap();
    let mut raw = format!(
        "{head}\n\n--b\nContent-Type: text/plain\n\n{text}\n--b\nContent-Type: application/octet-stream; name=dump.bin\n\
         Content-Transfer-Encoding: base64\n\n"
    );
    while raw.len() < 34 << 20 {
        raw.push_str("QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5ejAx\n");
    }
    raw.push_str("--b--\n");
    let raw = raw.replace('\n', "\r\n").into_bytes();
    let size = raw.len() as f64 / 1_048_576.0;
    let start = Instant::now();
    ground.peers.imapd.deliver("INBOX", raw, Timestamp::now());
    let at = ground.receipt_at("rena1@reporter1.example").await;
    ground.all_done(1).await;
    println!("a mail of {size:.1} MiB");
    println!(
        "  peak memory of the daemon      {:7.1} MiB  (goal: under 256; idle {idle:.1})",
        ground.memory("VmHWM")
    );
    println!("  delivery to the receipt        {:7.0} ms", ms(at.duration_since(start)));
}

struct Cost {
    crowd: f64,
    processor: f64,
    single: f64,
}

async fn at(cases: u32) -> Cost {
    let mut ground = Ground::new().await;
    fill(&ground, cases).await;
    remember(&ground, cases).await;
    ground.spawn();
    assert!(ground.peers.imapd.wait_for_idle(Duration::from_secs(60)).await);
    let before = ground.processor();
    let start = Instant::now();
    for number in 1..=CROWD {
        let raw = report(1_000_000 + number, SIZE).replace('\n', "\r\n").into_bytes();
        ground.peers.imapd.deliver("INBOX", raw, Timestamp::now());
    }
    ground.all_done(CROWD).await;
    let crowd = ms(start.elapsed()) / CROWD as f64;
    let processor = (ground.processor() - before) * 1_000.0 / CROWD as f64;
    let mut times = Vec::new();
    for number in 1..=40 {
        tokio::time::sleep(Duration::from_millis(150)).await;
        let raw = report(2_000_000 + number, SIZE).replace('\n', "\r\n").into_bytes();
        let start = Instant::now();
        ground.peers.imapd.deliver("INBOX", raw, Timestamp::now());
        let at = ground.receipt_at(&format!("rena{0}@reporter{0}.example", 2_000_000 + number)).await;
        times.push(at.duration_since(start));
    }
    let single = ms(median(&mut times));
    println!("at {cases} cases");
    println!(
        "  {CROWD} mails at once              {crowd:7.2} ms a mail, {processor:.2} ms of processor time"
    );
    println!(
        "  one at a time, p50 to receipt  {single:7.1} ms   (resident {:.1} MiB)",
        ground.memory("VmRSS")
    );
    Cost { crowd, processor, single }
}
