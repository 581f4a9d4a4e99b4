//! What a look at the clocks of 20,000 open cases costs, and a start with 200,000 events.
//!
//! `cargo bench --bench clocks`: in this process, without a network.
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

use std::time::Instant;

use ground::{Ground, ms, outside};
use jiff::Timestamp;
use sir_intake::case::command::Via;
use sir_intake::case::{Event, MemberKey};
use sir_intake::daemon::Daemon;
use sir_intake::store::Store;

const CASES: u32 = 20_000;
const EVENTS: usize = 200_000;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    if std::env::args().any(|arg| arg == "--list") {
        return;
    }
    let ground = Ground::new().await;
    crowd::fill(&ground, CASES).await;
    let events = fill_up(&ground).await;
    let begun = Instant::now();
    let daemon = Daemon::start(ground.config(), outside()).await.unwrap();
    println!("start with {CASES} cases and {events} events   {:7.1} ms (asked: 300)", ms(begun.elapsed()));
    let mut spent = Vec::new();
    for _ in 0..21 {
        let begun = Instant::now();
        daemon.tick().await.unwrap();
        spent.push(ms(begun.elapsed()));
    }
    spent.sort_by(f64::total_cmp);
    println!("a look at the clocks, median of 21            {:7.2} ms (asked: 50)", spent[10]);
    println!("the slowest of them                           {:7.2} ms", spent[20]);
}

/// More events on every case, as years of work would leave them.
async fn fill_up(ground: &Ground) -> usize {
    let store = Store::open(&ground.config().state_dir, outside()).unwrap();
    let cases = store.read(|txn| txn.cases()).unwrap();
    let count = store.read(|txn| Ok(txn.events(cases[0].id)?.len())).unwrap();
    let each = (EVENTS / cases.len()).saturating_sub(count);
    let now = Timestamp::now();
    for chunk in cases.chunks(500) {
        let chunk = chunk.to_vec();
        store
            .write("fill", move |txn| {
                let looked = Event::Looked { by: MemberKey("alice".to_owned()), via: Via::Mail, mail: None };
                chunk.iter().try_for_each(|case| txn.record(case, &vec![looked.clone(); each], now))
            })
            .await
            .unwrap();
    }
    (count + each) * cases.len()
}
