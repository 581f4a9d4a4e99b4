//! The program dies at any point while others are told, while the advisory is made public, while the public is told: in the end
//! each of it happened once, or a person was asked.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use sir_intake::case::{Effect, Phase};
use sir_intake::practice::discord::Discord;
use sir_intake::practice::loopback::{ROSTER, Settings};
use sir_intake::store::EffectState;

use crate::story::advisory::{the_one, word};
use crate::story::command_desk::{ALICE, BOB, CAROL, command};
use crate::story::commands_agreed::nonce;
use crate::story::disclosure::{MORE, PUBLIC, REST, STUDIO, approve, assess, reported_in};
use crate::story::post::{RENA, field};
use crate::world::World;

/// Deaths that are tried, unless `SIR_CRASH` says otherwise.
const BUDGET: usize = 16;

/// Approved, with a public channel.
async fn approved() -> (World, Discord) {
    let channel = "\n[[runbook.channel]]\nname = \"sig-security\"\nwebhook_file = \"channel\"\n";
    let rest = format!("{ROSTER}{MORE}{channel}");
    let world = World::with(Settings { rest, ..Settings::default() }).await;
    let clock = world.clock.clone();
    let now: sir_intake::practice::web::Now =
        std::sync::Arc::new(move || sir_intake::clock::Clock::now(&clock));
    let discord = Discord::start(now, crate::world::recorder()).await.unwrap();
    world.secret("channel", &discord.webhook_url());
    (approve(assess(reported_in(world).await).await).await, discord)
}

async fn order(world: &mut World, who: &str, text: &str) {
    let mail = command(world, who, 1, text);
    world.deliver(&mail.write());
    world.settle_within(2).await;
}

async fn agree(world: &mut World, who: &str) {
    let nonce = nonce(world, who);
    order(world, who, &format!("!confirm {nonce}")).await;
}

/// From the order to tell the list to the day after the publication; deaths begin with the second person's word.
async fn play(dies_at: Option<usize>) -> (World, Discord, usize) {
    let (mut world, discord) = approved().await;
    order(&mut world, ALICE, "!notify").await;
    let before = world.reaper.passed();
    if let Some(n) = dies_at {
        world.dies_at(n);
    }
    agree(&mut world, BOB).await;
    order(&mut world, ALICE, REST).await;
    world.at("2026-12-07T16:05:00Z");
    world.settle_within(1).await;
    order(&mut world, ALICE, "!publish").await;
    agree(&mut world, CAROL).await;
    world.settle_within(2).await;
    world.pass(1);
    world.settle_within(2).await;
    let points = world.reaper.passed() - before;
    (world, discord, points)
}

/// How often something left, of what is known of it: once, or, where nobody can know, at most once.
fn once(world: &World, discord: &Discord) {
    assert_eq!(word(&the_one(world), "state"), "published");
    assert_eq!(world.case(1).phase(), Some(Phase::Disclosed));
    let rows = world.daemon().office.store.read(|txn| txn.effects_of(crate::story::thread::FIRST)).unwrap();
    let (mut announced, mut unknown) = (0, 0);
    for row in &rows {
        let copies = |address: &str| {
            let id = row.message_id.as_ref().map(|id| format!("<{id}>")).unwrap();
            world
                .sent_to(address)
                .iter()
                .filter(|mail| field(mail, "Message-ID").as_ref() == Some(&id))
                .count()
        };
        let count = match &row.effect {
            Effect::Letter { .. } => {
                [RENA, STUDIO, PUBLIC].iter().map(|address| copies(address)).sum::<usize>()
            }
            Effect::Announce { .. } => {
                announced += 1;
                discord.messages().len()
            }
            _other => continue,
        };
        match row.state {
            EffectState::Done => assert_eq!(count, 1, "{:?}", row.effect),
            EffectState::Unknown => {
                unknown += 1;
                assert!(count <= 1, "{:?}", row.effect);
            }
            state => panic!("{:?} is {state:?}", row.effect),
        }
    }
    assert_eq!(announced, 1);
    let asked =
        world.sent_to("alice@members.example").iter().filter(|mail| mail.contains("nobody can tell")).count();
    assert!(unknown == 0 || asked >= 1, "a person is asked");
    assert!(
        unknown <= 4,
        "no more than is under way at once: a letter for each of three connections, and a post"
    );
    world.nothing_is_left_over();
}

fn block<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// "all by desired state, all reconciled after faults"; DESIGN: "nothing is done twice: across crashes".
#[test]
fn a_death_while_it_is_told_and_published_changes_nothing_in_the_end() {
    let points = block(async {
        let (world, discord, points) = play(None).await;
        once(&world, &discord);
        points
    });
    let budget = match std::env::var("SIR_CRASH").ok().as_deref() {
        Some("all") => points,
        Some(number) => number.parse().expect("SIR_CRASH is `all` or a number"),
        None => BUDGET,
    };
    let step = points.div_ceil(budget).max(1);
    let jobs: Vec<usize> = (1..=points).filter(|n| n % step == 0).collect();
    let (queue, broken) = (Mutex::new(jobs.clone()), Mutex::new(Vec::new()));
    let died = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                loop {
                    let Some(n) = queue.lock().unwrap().pop() else { return };
                    let die = std::panic::AssertUnwindSafe(|| {
                        block(async {
                            let (world, discord, _) = play(Some(n)).await;
                            // On a busy machine a run can pass fewer points than the one that was counted.
                            died.fetch_add(world.deaths.min(1), Ordering::SeqCst);
                            once(&world, &discord);
                        });
                    });
                    if std::panic::catch_unwind(die).is_err() {
                        broken.lock().unwrap().push(n);
                    }
                }
            });
        }
    });
    println!("crash: {} of {points} points while it is published", jobs.len());
    assert!(died.load(Ordering::SeqCst) * 2 > jobs.len(), "hardly any of them died");
    let broken = broken.into_inner().unwrap();
    assert!(broken.is_empty(), "deaths did harm at {broken:?} of {points}");
}
