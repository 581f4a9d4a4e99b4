//! Somebody writes, comments or forges without end: what that may cost in an hour, and what it must not hide.

use sir_intake::store::FateWord;

use super::command_desk::{ALICE, BOB, letters, owner, readable, say as say_by_mail};
use super::comments::{accounts, roster};
use super::post::{Auth, Mail, RENA};
use crate::world::World;
use sir_intake::practice::loopback::Settings;

async fn world(more: &str) -> World {
    let rest = format!("{}\n{more}\n", roster());
    let mut world = World::with(Settings { rest, ..Settings::default() }).await;
    accounts(&world);
    world.deliver(&Mail::report().write());
    world.settle().await;
    world
}

async fn comment(world: &mut World, who: &str, text: &str) {
    world.peers.hub.add_comment_as(who, 1, text).unwrap();
    world.settle().await;
}

fn answer(world: &World) -> String {
    let comments = world.peers.hub.comments(1);
    comments
        .into_iter()
        .rfind(|c| c.body.contains("**Answers to commands"))
        .map(|c| c.body)
        .unwrap_or_default()
}

fn over(world: &World) -> u64 {
    let heard = world.daemon().office.store.read(|txn| txn.heard_counts()).unwrap();
    heard.into_iter().find(|(fate, _)| fate == "over").map_or(0, |(_, count)| count)
}

fn notices(world: &World, who: &str, words: &str) -> usize {
    world.sent_to(who).iter().filter(|mail| readable(mail).contains(words)).count()
}

/// "there is a limit on everything that comes from outside": an account that commands by comment without end is stopped for the
/// hour, is told once, and never kept from an undo. Others go on.
#[tokio::test]
async fn an_account_that_commands_without_end_is_stopped_for_the_hour() {
    let mut world = world("[commands]\nhold_s = 600\ncomments_per_hour = 3").await;
    comment(&mut world, "alice-hub", "!own me\n!ack").await;
    for severity in ["low", "high", "low", "high"] {
        comment(&mut world, "alice-hub", &format!("!severity {severity}")).await;
    }
    assert_eq!((world.case(1).acts.len(), over(&world)), (4, 2));
    let told = answer(&world);
    assert_eq!(told.matches("commanded by more than 3 comments").count(), 1, "{told}");
    // Assigning counts as a command, too.
    world.peers.hub.assign_as("alice-hub", 1, "bob-hub");
    world.settle().await;
    assert_eq!((owner(&world, 1).as_deref(), over(&world)), (Some("alice"), 3));
    // A letter must be stoppable.
    comment(&mut world, "alice-hub", "!undo 2").await;
    comment(&mut world, "bob-hub", "!severity none").await;
    let by_mail = say_by_mail(&mut world, ALICE, 1, "!severity critical").await;
    assert!(by_mail.contains("none -> critical"), "{by_mail}");
    world.clock.advance(std::time::Duration::from_secs(3_601));
    world.settle().await;
    assert_eq!(letters(&world).len(), 0, "the undo was heard");
    comment(&mut world, "alice-hub", "!severity low").await;
    assert!(answer(&world).contains("critical -> low"), "the hour is over");
    world.nothing_is_left_over();
}

/// Somebody with write access who is nobody of the team, or whose login is a member's of old.
#[tokio::test]
async fn refused_comments_are_answered_some_times_and_then_counted() {
    let mut world = world("[commands]\nrefusals_per_hour = 2\n[outbox]\nnotices_per_hour = 1").await;
    world.peers.hub.register_again("bob-hub", 777);
    for _ in 0..5 {
        comment(&mut world, "mallory", "!close spam").await;
        comment(&mut world, "bob-hub", "!close spam").await;
    }
    let told = answer(&world);
    assert_eq!(told.matches("**Not carried out**").count(), 3, "two, and one that ends it: {told}");
    assert!(
        told.contains("More than 2 commands on this issue within an hour are of nobody of the team"),
        "{told}"
    );
    let case = world.case(1);
    assert_eq!((case.refused, case.closure(), case.acts.len()), (10, None, 0), "each is an event");
    assert_eq!(notices(&world, "bob@members.example", "a command in your name on the issue"), 1);
    comment(&mut world, "alice-hub", "!own me").await;
    assert!(answer(&world).contains("owner: nobody -> alice"), "a member is answered all the same");
    world.nothing_is_left_over();
}

/// Forged commands in a member's name are no way to fill the member's mailbox, on a case or on none.
#[tokio::test]
async fn forged_commands_fill_no_members_mailbox() {
    let mut world = world("[outbox]\nnotices_per_hour = 2\ncomments_per_hour = 3").await;
    for n in 0..8 {
        let tag = if n % 2 == 0 { "Re: [SIR-2026-0001] new" } else { "hello" };
        let forged =
            Mail::new(ALICE, tag, &format!("f{n}@evil.example"), &format!("!close spam\nForged {n}"));
        world.deliver(&forged.to(super::command_desk::BOT).auth(Auth::Fail).write());
        world.settle().await;
    }
    assert_eq!(notices(&world, "alice@members.example", "a mail in your name commanded"), 2);
    assert_eq!(world.case(1).refused, 4);
    let shown = world.comments(1);
    assert_eq!(shown.iter().filter(|body| body.contains("commands in the name of")).count(), 3);
    assert_eq!(shown.iter().filter(|body| body.contains("More mails than are shown")).count(), 1);
    assert_eq!(world.mails(FateWord::Quarantined).len(), 4, "all are kept");
    world.nothing_is_left_over();
}

/// A stranger's flood hides no word of the reporter, and costs no hundred comments, notices or posts.
#[tokio::test]
async fn a_strangers_flood_hides_nothing_of_the_reporters() {
    let mut world = world("[outbox]\ncomments_per_hour = 3\nnotices_per_hour = 2").await;
    let posts = world.peers.discord.messages().len();
    for n in 0..10 {
        let mail = Mail::new(
            "Mallory <m@evil.example>",
            "[SIR-2026-0001] hi",
            &format!("m{n}@evil.example"),
            &format!("Look {n}."),
        );
        world.deliver(&mail.write());
        world.settle().await;
    }
    let shown = world.comments(1);
    assert_eq!(shown.iter().filter(|body| body.contains("UNVERIFIED")).count(), 3, "{shown:#?}");
    assert!(shown.last().unwrap().contains("`sir-intake cases show SIR-2026-0001`"), "{shown:#?}");
    assert_eq!(shown.len(), 4);
    assert_eq!(notices(&world, "bob@members.example", "a stranger wrote"), 2);
    assert_eq!(world.peers.discord.messages().len() - posts, 2);
    assert_eq!(world.mails(FateWord::Quarantined).len(), 10);
    for n in 0..5 {
        let last = world.sent_to(RENA).pop().unwrap();
        let mail = Mail::new(
            "Rena Porter <rena@reporter.example>",
            "Re: yours",
            &format!("re{n}@reporter.example"),
            &format!("More {n}."),
        );
        world.deliver(&mail.answering(&last).write());
        world.settle().await;
    }
    let shown = world.comments(1);
    assert_eq!(
        shown.iter().filter(|body| body.contains("More ") && !body.contains("than are shown")).count(),
        3
    );
    assert_eq!(shown.len(), 8);
    assert_eq!(world.case(1).replies, 5);
    // An hour later it goes on.
    world.clock.advance(std::time::Duration::from_secs(3_601));
    let told = say_by_mail(&mut world, BOB, 1, "!own me\nI read them in the store.").await;
    assert!(told.contains("owner: nobody -> bob"), "{told}");
    assert!(world.comments(1).iter().any(|body| body.contains("I read them in the store")));
    world.nothing_is_left_over();
}
