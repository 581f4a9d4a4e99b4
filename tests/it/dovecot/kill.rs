//! `kill -9`, for real: the daemon is a process of its own on a real mail server, and dies at every kind of point and at
//! any moment. MAIL 1 tells what others lose that way.

use std::collections::{BTreeMap, VecDeque};
use std::os::unix::process::ExitStatusExt;
use std::process::Child;
use std::time::Duration;

use crate::child::{self, Way};

use super::crowd::{Harm, Sent, deliver, harm};
use super::yard::yard;

/// Labels of transactions.
///
/// `folder` and `tick` stand first: on a young store they write once, for each folder and for the time of the first digest.
const WRITES: [&str; 15] = [
    "folder",
    "tick",
    "start",
    "intake",
    "looked",
    "decorated",
    "polled",
    "reading",
    "settled",
    "sending",
    "outcome",
    "checked",
    "named",
    "heard",
    "listened",
];
/// What effects are called on the wire.
const EFFECTS: [&str; 6] = ["open-issue", "update-issue", "comment", "receipt", "alert", "post"];
const MAILS: usize = 200;
const KILLS: usize = 60;

/// All kinds of points, so ordered that no mail is in the reader's hands at three deaths in a row: such a mail would go
/// the header-only way.
fn kinds() -> Vec<String> {
    let side = |side: &'static str| move |label: &&str| format!("{side}({label:?})");
    let (young, rest) = WRITES.split_at(2);
    let first = young.iter().flat_map(|label| [side("BeforeCommit")(label), side("AfterCommit")(label)]);
    let wires = EFFECTS.iter().chain(&["fetch", "listen"]);
    first
        .chain(rest.iter().map(side("BeforeCommit")))
        .chain(wires.clone().chain(&["connect", "decorate"]).map(side("BeforeWire")))
        .chain(rest.iter().map(side("AfterCommit")))
        .chain(wires.map(side("AfterWire")))
        .collect()
}

/// Waits for the child; true when it was killed.
pub async fn ended(child: &mut Child) -> bool {
    let status = child::end(child).await;
    let killed = status.signal() == Some(9);
    assert!(killed || status.success(), "the daemon ended with {status}");
    killed
}

/// Deaths, by kind.
#[derive(Default)]
struct Deaths(BTreeMap<String, usize>);

impl Deaths {
    fn count(&mut self, kind: &str) {
        *self.0.entry(kind.to_owned()).or_default() += 1;
    }

    fn all(&self) -> usize {
        self.0.values().sum()
    }
}

/// DESIGN: "no report is lost", "nothing is done twice". UIDVALIDITY changes in the middle as well.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_every_kind_of_point_it_loses_nothing_and_does_nothing_twice() {
    let Some(mut yard) = yard("").await else { return };
    let config = yard.peers.path();
    let mut sent = Sent::default();
    let mut deaths = Deaths::default();
    let mut plan: VecDeque<(String, usize)> = kinds().into_iter().map(|kind| (kind, 1)).collect();
    plan.extend(kinds().into_iter().map(|kind| {
        let often = ["looked", "polled", "sending", "outcome", "alert", "open-issue", "receipt"];
        let nth = 1 + usize::from(often.iter().any(|label| kind.contains(label)));
        (kind, nth)
    }));
    // Only a start after a death with an effect under way has something to put in order.
    let mut recoveries: Vec<String> = ["AfterCommit", "BeforeCommit", "AfterCommit", "BeforeCommit"]
        .map(|side| format!("{side}(\"recover\")"))
        .into();
    for round in 0..150_u64 {
        let Some((kind, nth)) = plan.pop_front() else { break };
        // Some are kept for the rounds in which what was not reached is tried again.
        let more = if round < 55 { 2 } else { 1 }.min(MAILS - sent.all());
        deliver(&yard, &mut sent, more);
        if round == 45 {
            yard.dovecot.bump_uidvalidity();
        }
        if ended(&mut child::spawn(&config, Way::Once, Some((&kind, nth)))).await {
            deaths.count(&kind);
            let under_way = EFFECTS.iter().any(|effect| kind == format!("AfterWire({effect:?})"));
            if under_way && let Some(next) = recoveries.pop() {
                plan.push_front((next, 1));
            }
        } else if nth == 1 && round < 115 {
            plan.push_back((kind, nth));
        }
        if round % 8 == 7 {
            let moment = 60 + (round * 137) % 900;
            let more = 1.min(MAILS - sent.all());
            deliver(&yard, &mut sent, more);
            let mut running = child::spawn(&config, Way::Run, None);
            tokio::time::sleep(Duration::from_millis(moment)).await;
            running.kill().unwrap();
            assert!(ended(&mut running).await);
            deaths.count("any moment");
        }
    }
    let rest = MAILS - sent.all();
    deliver(&yard, &mut sent, rest);
    let harm = harm(&mut yard, &sent).await;
    println!(
        "{} deaths over {} mails ({} of them reports): {:?}",
        deaths.all(),
        sent.all(),
        sent.reports,
        deaths.0
    );
    println!("{harm:?}");
    assert_eq!(sent.all(), MAILS);
    assert_eq!(harm, Harm::default());
    assert!(deaths.all() >= KILLS);
    let unkilled: Vec<String> =
        child::points_seen(&config).into_iter().filter(|kind| !deaths.0.contains_key(kind)).collect();
    assert_eq!(unkilled, Vec::<String>::new(), "points at which nothing was tried");
}
