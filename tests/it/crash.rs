//! The process dies at every point of a story and is started again: the end is the same, and nothing happened twice.
//!
//! A point is a place before or after a commit or a word to a peer ([`sir_intake::outside::Point`]). As many of them as
//! the budget allows are tried, spread evenly, every other one with a second death soon after; `SIR_CRASH=all` (or a number)
//! sets the budget. `SIR_CRASH_PLAY` (some words of a play's name) plays those alone: `SIR_CRASH=all SIR_CRASH_PLAY="public issue"`.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use sir_intake::case::decide::Act;
use sir_intake::case::order::Order;
use sir_intake::case::{Case, ClockKind, Effect, LetterKind, MemberKey, Receipt};
use sir_intake::outside::Point;
use sir_intake::practice::hub::{Fault, Kind};
use sir_intake::practice::loopback::{REPOSITORY, Settings};
use sir_intake::practice::smtpd::{Fault as Smtp, Stage};
use sir_intake::practice::{discord, imapd};
use sir_intake::store::EffectState;

use crate::story::post::{Auth, LIST, Mail, RENA, bounce};
use crate::world::World;

/// How many deaths are tried over all plays, unless `SIR_CRASH` says otherwise.
const BUDGET: usize = 180;

type Play = for<'w> fn(&'w mut World) -> Pin<Box<dyn Future<Output = ()> + 'w>>;

fn plays() -> Vec<(&'static str, Play)> {
    vec![
        ("a report", |world| Box::pin(report(world))),
        ("a report and a reply", |world| Box::pin(reply(world))),
        ("a stranger on the case", |world| Box::pin(stranger(world))),
        ("a member answers", |world| Box::pin(answer(world, Auth::Pass))),
        ("a member answers, unverified", |world| Box::pin(unverified(world))),
        ("the receipt comes back", |world| Box::pin(bounced(world))),
        ("the waiting room", |world| Box::pin(waiting(world))),
        ("GitHub loses answers", |world| Box::pin(lost_answers(world))),
        ("everybody asks to wait", |world| Box::pin(put_off(world))),
        ("nobody takes the case", |world| Box::pin(clocks(world))),
        ("the mailbox is renumbered", |world| Box::pin(renumbered(world))),
        ("the fetch breaks", |world| Box::pin(broken_fetch(world))),
        ("the page is edited and the case taken", |world| Box::pin(edited(world))),
        ("the team talks on the issue", |world| Box::pin(talk(world))),
        ("a member commands, and a letter is held", |world| Box::pin(commanded(world))),
        ("a held letter is stopped", |world| Box::pin(stopped(world))),
        ("a private report on GitHub", |world| Box::pin(swept(world))),
        ("the repository is public for a while", |world| Box::pin(public(world))),
        ("a known issue, twice, and a mirror that comes later", |world| Box::pin(known(world))),
        ("a public issue is blanked by two", |world| Box::pin(blanked(world))),
        ("a public issue is deleted by two", |world| Box::pin(deleted(world))),
    ]
}

fn second() -> Mail {
    crate::story::intake::nth_report(2, "sam@second.example")
}

async fn swept(world: &mut World) {
    crate::story::sweep::open_door(world);
    crate::story::sweep::report(world, 1);
    world.settle_within(1).await;
    crate::story::sweep::report(world, 2);
    world.deliver(&Mail::report().write());
    world.settle_within(1).await;
}

async fn report(world: &mut World) {
    world.deliver(&Mail::report().write());
    world.settle_within(1).await;
}

async fn reply(world: &mut World) {
    world.deliver(&Mail::report().write());
    world.deliver(&crate::story::thread::more(1).answering(&Mail::report().write()).write());
    world.settle_within(1).await;
    world.deliver(&crate::story::thread::more(2).answering(&Mail::report().write()).write());
    world.settle_within(1).await;
}

async fn stranger(world: &mut World) {
    report(world).await;
    world.deliver(&second().write());
    world.deliver(
        &Mail::new("m@evil.example", "[SIR-2026-0001] hi", "m1@evil.example", "Tell me more.").write(),
    );
    world.settle_within(1).await;
}

async fn answer(world: &mut World, auth: Auth) {
    report(world).await;
    let words = "Hello Rena,\n\nthank you, I am looking into it.\n\nAlice";
    let mail = Mail::new("alice@members.example", "Re: Heap overflow", "a1@members.example", words);
    let mail = mail.to(RENA).cc(LIST).auth(auth).answering(&Mail::report().write());
    world.deliver(&mail.write());
    world.settle_within(1).await;
}

async fn unverified(world: &mut World) {
    answer(world, Auth::Silent).await;
    let act = Act::Answered { member: MemberKey("alice".to_owned()) };
    world.order(Order::Case { case: crate::story::thread::FIRST, act }).await;
    world.settle_within(1).await;
}

async fn bounced(world: &mut World) {
    answer(world, Auth::Pass).await;
    // Nothing comes back of a letter that never left.
    if let Some(receipt) = world.sent_to(RENA).first() {
        world.deliver(&bounce(receipt, RENA, "failed", "5.1.1").write());
    }
    world.settle_within(1).await;
}

async fn waiting(world: &mut World) {
    let chatter =
        |n: u32| Mail::new("s@shop.example", "Hello", &format!("c{n}@shop.example"), "Nice weather.");
    world.deliver(&chatter(1).write());
    world.deliver_raw("Junk", second().write().replace('\n', "\r\n").into_bytes());
    world.settle_within(1).await;
    world.at("2026-11-23T14:00:00Z");
    world.settle_within(1).await;
    world.at("2026-11-24T15:00:00Z");
    world.settle_within(1).await;
}

async fn lost_answers(world: &mut World) {
    world.peers.hub.faults().at("POST", Kind::Issues, Fault::CommitThen502);
    world.peers.hub.faults().at("POST", Kind::Comments, Fault::CommitThenDrop);
    reply(world).await;
}

async fn put_off(world: &mut World) {
    world.peers.hub.faults().at("POST", Kind::Issues, Fault::TooMany { retry_after_s: None });
    world.peers.smtpd.faults().repeat(Stage::Rcpt, 2, Smtp::Reply(451, "later".to_owned()));
    world.peers.discord.fail(1, discord::Fault::TooMany { retry_after_s: 3.0 });
    report(world).await;
}

async fn clocks(world: &mut World) {
    report(world).await;
    for at in ["2026-11-24T09:00:00Z", "2026-11-25T21:00:00Z", "2026-11-26T09:00:00Z"] {
        world.at(at);
        world.settle_within(1).await;
    }
}

async fn renumbered(world: &mut World) {
    world.deliver(&second().write());
    report(world).await;
    world.peers.imapd.expunge("INBOX", 1);
    world.peers.imapd.bump_uidvalidity("INBOX");
    world.deliver(&crate::story::thread::more(1).answering(&Mail::report().write()).write());
    world.settle_within(1).await;
}

async fn broken_fetch(world: &mut World) {
    world.peers.imapd.faults().at_nth("FETCH", 2, imapd::Fault::Cut { after_bytes: 1_500 });
    world.deliver(&second().write());
    report(world).await;
    world.pass(1);
    world.settle_within(1).await;
}

async fn edited(world: &mut World) {
    report(world).await;
    world.peers.hub.set_user_edit(1, "My notes.");
    let act = Act::Own { member: MemberKey("bob".to_owned()) };
    world.order(Order::Case { case: crate::story::thread::FIRST, act }).await;
    world.settle_within(1).await;
}

async fn talk(world: &mut World) {
    crate::story::comments::accounts(world);
    report(world).await;
    let hub = &world.peers.hub;
    hub.add_comment_as("alice-hub", 1, "!severity high\n!own me").unwrap();
    hub.add_comment_as("mallory", 1, "!close spam").unwrap();
    hub.faults().at("POST", Kind::Comments, Fault::CommitThen502);
    world.settle_within(1).await;
    world.peers.hub.assign_as("alice-hub", 1, "bob-hub");
    world.peers.hub.set_open_as("bob-hub", 1, false);
    world.settle_within(1).await;
    world.peers.hub.add_comment_as("bob-hub", 1, "!severity low\n!undo 2").unwrap();
    world.settle_within(1).await;
}

/// Takes the case, orders the acknowledgement and a question; both letters are held for ten minutes.
async fn commanded(world: &mut World) {
    report(world).await;
    let text = "!own me\n!severity high\n!ack 5wd\n!ask credit\nI look at it.";
    let mail = crate::story::command_desk::command(world, crate::story::command_desk::ALICE, 1, text);
    world.deliver(&mail.write());
    world.settle_within(2).await;
}

async fn stopped(world: &mut World) {
    use crate::story::command_desk::{ALICE, BOB, command};
    report(world).await;
    world.deliver(&command(world, ALICE, 1, "!close bug Only your own editor crashes").write());
    world.settle().await;
    world.deliver(&command(world, BOB, 1, "!undo").write());
    world.settle_within(2).await;
}

async fn public(world: &mut World) {
    world.peers.hub.change_repository(REPOSITORY, |repository| repository.private = false);
    report(world).await;
    world.peers.hub.change_repository(REPOSITORY, |repository| repository.private = true);
    world.settle_within(1).await;
}

async fn known(world: &mut World) {
    use crate::story::known::{feed, zlib};
    world.deliver(&zlib().write());
    world.settle_within(1).await;
    world.mirror_learns("2018", &feed(&[]));
    let mut again = zlib();
    again.id = Some("z2@reporter.example".to_owned());
    again.from = Some("sam@second.example".to_owned());
    world.deliver(&again.write());
    world.settle_within(1).await;
    let mut more = zlib().answering(&zlib().write());
    more.id = Some("z3@reporter.example".to_owned());
    more.text = "It is CVE-2020-90003 as well.".to_owned();
    world.deliver(&more.write());
    world.settle_within(1).await;
}

/// Found, told of, and taken down by the order of two.
async fn blanked(world: &mut World) {
    use crate::story::command_desk::{ALICE, BOB};
    use crate::story::takedown;
    takedown::open(world);
    world.settle_within(1).await;
    let number = takedown::post(world, takedown::SUBJECT, takedown::WORDS, &[]);
    world.peers.hub.comment_in(crate::sync::O3DE, number, "sam", "I see it too.").unwrap();
    world.settle_within(1).await;
    takedown::orders(world, ALICE, "!takedown tell").await;
    takedown::orders(world, ALICE, "!takedown blank").await;
    takedown::agrees(world, BOB).await;
    takedown::is_told_once(world, number);
    assert!(!takedown::stands(world).is_readable(), "nothing of it is left to read");
}

async fn deleted(world: &mut World) {
    use crate::story::command_desk::{ALICE, BOB};
    use crate::story::takedown;
    takedown::open(world);
    world.peers.hub.set_deleter(sir_intake::practice::loopback::TOKEN.2, true);
    world.settle_within(1).await;
    let number = takedown::post(world, takedown::SUBJECT, takedown::WORDS, &[]);
    world.settle_within(1).await;
    takedown::orders(world, ALICE, "!takedown tell").await;
    takedown::is_told_once(world, number);
    world.pass(25);
    world.settle_within(1).await;
    takedown::orders(world, BOB, "!takedown delete").await;
    takedown::agrees(world, ALICE).await;
    assert!(world.peers.hub.issue_in(crate::sync::O3DE, number).is_none(), "it is gone");
    assert_eq!(takedown::copies(world)[0]["issue"]["title"], takedown::SUBJECT, "and saved");
}

/// What must be the same, whenever we died.
#[derive(Debug, PartialEq)]
struct End {
    fates: Vec<(String, u64)>,
    cases: Vec<String>,
    comments: Vec<usize>,
    issues: usize,
    alarms: Vec<String>,
}

fn end(world: &World) -> End {
    let figures = world.daemon().office.store.read(|txn| txn.figures()).unwrap();
    let case = |case: &Case| {
        let runs = |clock| case.clocks.get(&clock).map(|clock| (clock.stopped.is_none(), clock.rung));
        let clocks = (runs(ClockKind::Acknowledge), runs(ClockKind::Owner));
        let failed = case.delivery_failed.is_some();
        format!(
            "{} {:?} {:?} {:?} {clocks:?} known {:?} replies {} quarantined {} failed {failed} acts {} refused {} answer {:?}",
            case.id,
            case.stage,
            case.issue,
            case.source,
            case.checked.map(|checked| checked.words()),
            case.replies,
            case.quarantined,
            case.acts.len(),
            case.refused,
            case.answer.as_ref().map(|answer| answer.verified)
        )
    };
    let issues = world.peers.hub.issues();
    End {
        fates: figures.mails,
        cases: world.cases().iter().map(case).collect(),
        comments: issues.iter().map(|issue| issue.comments.len()).collect(),
        issues: issues.len(),
        alarms: world.alarms(),
    }
}

/// One playing of a story; what came of it, and how many points it passed.
async fn perform(play: Play, dies_at: Option<usize>, again: Option<usize>) -> (World, usize) {
    let github = "spacing_ms = 0\nlook_wait_s = 0\nbackoff_first_s = 1\nbackoff_cap_s = 60".to_owned();
    let mut world =
        World::with(Settings { github, rest: crate::story::comments::roster(), ..Settings::default() }).await;
    if let Some(n) = dies_at {
        world.dies_at(n);
        world.dies_again = again;
    }
    play(&mut world).await;
    let passed = world.reaper.passed();
    // Whoever must be asked about a letter is asked by now.
    world.pass(1);
    world.settle_within(2).await;
    (world, passed)
}

/// Receipts: exactly one a report; or, when nobody can know, at most one and a member was asked.
fn letters_left_once(world: &World) -> bool {
    world.nothing_is_left_over();
    let mut unknown = 0;
    for case in world.cases() {
        let effects = world.daemon().office.store.read(|txn| txn.effects_of(case.id)).unwrap();
        let Some(reporter) = case.reporter else { continue };
        let address = world.daemon().office.store.read(|txn| txn.address_of(reporter)).unwrap();
        let (letters, ordered): (Vec<_>, Vec<_>) = effects
            .iter()
            .filter(|row| matches!(row.effect, Effect::Letter { .. }))
            .partition(|row| matches!(row.effect, Effect::Letter { letter: LetterKind::Receipt, .. }));
        let all = world.sent_to(address.as_str());
        let sent = all.iter().filter(|mail| mail.contains("Subject: We have your message")).count();
        for row in ordered {
            let id = format!("<{}>", row.message_id.as_ref().unwrap());
            let copies = all.iter().filter(|mail| mail.contains(&id)).count();
            match row.state {
                EffectState::Done => assert_eq!(copies, 1, "{}: once", case.id),
                EffectState::Canceled => assert_eq!(copies, 0, "{}: never", case.id),
                state => {
                    assert_eq!(state, EffectState::Unknown);
                    assert!(copies <= 1, "{}: at most once", case.id);
                    unknown += 1;
                }
            }
        }
        assert_eq!(letters.len(), 1, "{}: one receipt is planned", case.id);
        if letters[0].state == EffectState::Unknown {
            unknown += 1;
            assert!(sent <= 1, "{}: {sent} receipts", case.id);
            assert_eq!(case.receipt, Receipt::Unknown);
            let asked = |mail: &String| mail.contains("nobody can tell");
            // Whoever owns the case is asked alone.
            let who = ["alice@members.example", "bob@members.example"];
            assert!(who.iter().any(|who| world.sent_to(who).iter().any(asked)), "{}: asked", case.id);
        } else {
            assert_eq!((letters[0].state, sent), (EffectState::Done, 1), "{}", case.id);
        }
        let alerts = effects.iter().filter(|row| matches!(row.effect, Effect::Alert { .. }));
        assert!(alerts.count() >= 2, "{}: members are told", case.id);
    }
    assert!(!world.sent_to("bob@members.example").is_empty(), "alerts at least once");
    assert!(!world.peers.discord.messages().is_empty(), "and on Discord");
    unknown > 0
}

fn block<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

struct Job {
    name: &'static str,
    play: Play,
    dies_at: usize,
    again: Option<usize>,
}

fn die(job: &Job, whole: &End) {
    block(async {
        let (world, _) = perform(job.play, Some(job.dies_at), job.again).await;
        assert!(world.deaths >= 1, "it did not die");
        let unknown = letters_left_once(&world);
        let end = end(&world);
        // What nobody knows is shown so, and its promise stays open.
        let told = ["the receipt comes back", "a member commands, and a letter is held"].contains(&job.name);
        if !(unknown && told) {
            assert_eq!(&end, whole);
        }
    });
}

/// Plays each story once to count its points.
fn count() -> (BTreeMap<&'static str, End>, Vec<(&'static str, Play, usize)>) {
    let mut ends = BTreeMap::new();
    let mut counted = Vec::new();
    let wanted = std::env::var("SIR_CRASH_PLAY").unwrap_or_default();
    for (name, play) in plays().into_iter().filter(|(name, _)| name.contains(&wanted)) {
        block(async {
            let (world, points) = perform(play, None, None).await;
            assert_eq!(world.deaths, 0);
            assert!(!letters_left_once(&world), "{name}: all is known when nobody dies");
            ends.insert(name, end(&world));
            counted.push((name, play, points));
        });
    }
    assert!(!counted.is_empty(), "SIR_CRASH_PLAY: there is no play `{wanted}`");
    (ends, counted)
}

/// DESIGN: "no report is lost: kill -9 at any instruction"; "nothing is done twice: one issue a case, one receipt a
/// report, one comment a reply: across crashes".
#[test]
fn a_death_at_any_point_changes_nothing_in_the_end() {
    let began = Instant::now();
    let (ends, counted) = count();
    let points: usize = counted.iter().map(|(_, _, points)| points).sum();
    let step = match std::env::var("SIR_CRASH").ok().as_deref() {
        Some("all") => 1,
        Some(number) => points.div_ceil(number.parse().expect("SIR_CRASH is `all` or a number")),
        None => points.div_ceil(BUDGET),
    };
    let mut jobs = Vec::new();
    let mut at = 0;
    for (name, play, points) in counted {
        for dies_at in 1..=points {
            at += 1;
            if at % step == 0 {
                // Every other one dies a second time, in the middle of putting things in order.
                let again = (at / step).is_multiple_of(2).then_some(1 + at % 7);
                jobs.push(Job { name, play, dies_at, again });
            }
        }
    }
    let count = jobs.len();
    let queue = Mutex::new(jobs);
    let broken = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                loop {
                    let Some(job) = queue.lock().unwrap().pop() else { return };
                    let run = std::panic::AssertUnwindSafe(|| die(&job, &ends[job.name]));
                    if std::panic::catch_unwind(run).is_err() {
                        broken
                            .lock()
                            .unwrap()
                            .push(format!("{} at {} {:?}", job.name, job.dies_at, job.again));
                    }
                }
            });
        }
    });
    let took: Duration = began.elapsed();
    println!("crash: {count} of {points} points in {} stories, {} s", ends.len(), took.as_secs());
    let broken = broken.into_inner().unwrap();
    assert!(broken.is_empty(), "{} deaths did harm:\n{}", broken.len(), broken.join("\n"));
}

/// MAIL 2.7: "Outbox: commit `sending`, act, commit `done`": the worst points one by one.
#[tokio::test]
async fn the_points_around_a_letter_an_issue_and_a_comment_are_survived() {
    for (point, sent) in [
        (Point::BeforeWire("receipt"), 0),
        (Point::AfterWire("receipt"), 1),
        (Point::AfterCommit("sending"), 1),
        (Point::BeforeWire("open-issue"), 1),
        (Point::AfterWire("open-issue"), 1),
        (Point::AfterWire("comment"), 1),
        (Point::AfterWire("fetch"), 1),
        (Point::AfterCommit("intake"), 1),
        (Point::BeforeCommit("settled"), 1),
        (Point::AfterCommit("settled"), 1),
        (Point::AfterWire("alert"), 1),
    ] {
        let mut world = World::new().await;
        world.dies_when(point);
        reply(&mut world).await;
        world.pass(1);
        world.settle_within(2).await;
        assert_eq!(world.deaths, 1, "{point:?}");
        assert_eq!(world.cases().len(), 1, "{point:?}");
        assert_eq!(world.sent_to(RENA).len(), sent, "{point:?}");
        assert_eq!(world.peers.hub.issues().len(), 1, "{point:?}");
        assert_eq!(world.comments(1).len(), 2, "{point:?}");
        letters_left_once(&world);
    }
}
