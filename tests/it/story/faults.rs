//! The world's faults: GitHub, the mail server and Discord at their worst. Nothing is done twice, nothing is forgotten.

use sir_intake::case::decide::Act;
use sir_intake::case::order::Order;
use sir_intake::case::{Effect, MemberKey, Receipt};
use sir_intake::practice::discord;
use sir_intake::practice::hub::{Fault, Kind};
use sir_intake::practice::loopback::{REPOSITORY, Settings};
use sir_intake::practice::smtpd::{Fault as Smtp, Stage};
use sir_intake::store::{EffectState, FateWord};

use super::intake::nth_report;
use super::post::{Mail, RENA};
use super::thread::{FIRST, more, reported};
use crate::world::World;

fn impatient() -> Settings {
    Settings {
        github: "spacing_ms = 0\nlook_wait_s = 0\nrequest_timeout_s = 1".to_owned(),
        ..Settings::default()
    }
}

fn patient() -> Settings {
    Settings { github: "spacing_ms = 0\nlook_wait_s = 200".to_owned(), ..Settings::default() }
}

fn alarms_told(world: &World, who: &str) -> usize {
    world.sent_to(who).iter().filter(|mail| mail.contains("ALARM")).count()
}

fn listings(world: &World) -> usize {
    let lists = |met: &&sir_intake::practice::web::Met| met.method == "GET" && met.path.ends_with("/issues");
    world.peers.hub.requests().iter().filter(lists).count()
}

/// MAIL 2: "GitHub create: ask; list and marker, look more than once, then create."
#[tokio::test]
async fn an_issue_whose_answer_was_lost_is_found_and_not_opened_again() {
    for fault in [Fault::CommitThen502, Fault::CommitThenDrop, Fault::CutBody, Fault::CommitThenHang] {
        let mut world = World::with(impatient()).await;
        world.peers.hub.faults().at("POST", Kind::Issues, fault.clone());
        world.deliver(&Mail::report().write());
        world.settle_within(1).await;
        assert_eq!(world.peers.hub.issues().len(), 1, "{fault:?}");
        assert_eq!(world.case(1).issue, Some((REPOSITORY, 1)), "{fault:?}");
        assert_eq!(world.peers.hub.faults().pending(), 0);
        world.nothing_is_left_over();
    }
}

/// GITHUB 4: "Not found -> wait and look again (>= 3 looks) before re-sending."
#[tokio::test]
async fn an_issue_that_was_not_opened_is_looked_for_three_times_and_then_opened() {
    for fault in [Fault::ServerError, Fault::Drop, Fault::Hang] {
        let mut world = World::with(impatient()).await;
        world.peers.hub.faults().at("POST", Kind::Issues, fault.clone());
        world.deliver(&Mail::report().write());
        world.settle_within(1).await;
        assert_eq!(world.peers.hub.issues().len(), 1, "{fault:?}");
        assert!(listings(&world) >= 3, "{fault:?}: {}", listings(&world));
        world.nothing_is_left_over();
    }
}

/// The same for comments: "one comment a reply".
#[tokio::test]
async fn a_comment_whose_answer_was_lost_is_found_and_not_written_again() {
    for fault in
        [Fault::CommitThen502, Fault::CommitThenDrop, Fault::CutBody, Fault::ServerError, Fault::Drop]
    {
        let (mut world, receipt) = reported().await;
        world.peers.hub.faults().at("POST", Kind::Comments, fault.clone());
        world.deliver(&more(1).answering(&receipt).write());
        world.settle_within(1).await;
        assert_eq!(world.comments(1).len(), 1, "{fault:?}");
        world.nothing_is_left_over();
    }
}

/// GITHUB 4: "even the list was once reported ~8 min late": several looks over a while.
#[tokio::test]
async fn a_list_that_lags_is_looked_at_more_than_once() {
    let mut world = World::with(patient()).await;
    world.peers.hub.faults().list_lag(2);
    world.peers.hub.faults().at("POST", Kind::Issues, Fault::CommitThenDrop);
    world.deliver(&Mail::report().write());
    world.settle().await;
    assert_eq!(world.case(1).issue, None);
    world.settle_within(1).await;
    assert_eq!(world.peers.hub.issues().len(), 1);
    assert_eq!(world.case(1).issue, Some((REPOSITORY, 1)));
    world.nothing_is_left_over();
}

/// GITHUB 4: "then after create look once more and close extra copies as duplicate": the case goes on on the older one.
#[tokio::test]
async fn a_second_copy_that_is_found_afterwards_is_closed_and_the_first_one_kept() {
    let mut world = World::with(patient()).await;
    world.peers.hub.faults().list_lag(3);
    world.peers.hub.faults().at("POST", Kind::Issues, Fault::CommitThenDrop);
    world.deliver(&Mail::report().write());
    world.settle_within(1).await;

    let issues = world.peers.hub.issues();
    assert_eq!(issues.len(), 2);
    assert!(issues[0].open, "the first stays");
    assert!(!issues[1].open && issues[1].state_reason.as_deref() == Some("duplicate"), "{:?}", issues[1]);
    assert_eq!(world.case(1).issue, Some((REPOSITORY, 1)), "and the case goes on there");
    let why = issues[1].comments.iter().filter(|one| one.body.contains("The case goes on in #1")).count();
    assert_eq!(why, 1, "whoever comes there is told where: {:?}", issues[1].comments);
    world.nothing_is_left_over();
}

/// GITHUB 4: "Over limit = 403 or 429: retry-after -> wait that; remaining 0 -> wait to reset; else >= 60 s, doubling".
#[tokio::test]
async fn githubs_limits_are_kept_and_nothing_is_opened_before() {
    for (fault, least) in [
        (Fault::Secondary { retry_after_s: Some(30) }, 30),
        (Fault::Secondary { retry_after_s: None }, 60),
        (Fault::Primary { reset_in_s: 600 }, 599),
        (Fault::TooMany { retry_after_s: Some(45) }, 45),
        (Fault::TooMany { retry_after_s: None }, 60),
    ] {
        let mut world = World::new().await;
        world.peers.hub.faults().at("POST", Kind::Issues, fault.clone());
        world.deliver(&Mail::report().write());
        world.settle().await;
        assert_eq!(world.peers.hub.issues().len(), 0);
        assert_eq!(world.sent_to(RENA).len(), 1, "lanes never wait for each other");
        world.clock.advance(std::time::Duration::from_secs(least - 1));
        world.settle().await;
        assert_eq!(world.peers.hub.issues().len(), 0, "{fault:?}: too early");
        world.settle_within(1).await;
        assert_eq!(world.peers.hub.issues().len(), 1, "{fault:?}");
        assert_eq!(
            world.sent_to("alice@members.example").len(),
            1,
            "{fault:?}: one alert, with or without the link"
        );
        world.nothing_is_left_over();
    }
}

/// GITHUB 4: "`private==true`, id equals the configured id, not archived, has_issues; else refuse to write."
#[tokio::test]
async fn nothing_is_written_to_a_repository_that_is_not_the_private_one() {
    type Change = fn(&World);
    let wrong: [(&str, Change, Change); 4] = [
        (
            "public",
            |world| world.peers.hub.change_repository(REPOSITORY, |repository| repository.private = false),
            |world| world.peers.hub.change_repository(REPOSITORY, |repository| repository.private = true),
        ),
        (
            "archived",
            |world| world.peers.hub.change_repository(REPOSITORY, |repository| repository.archived = true),
            |world| world.peers.hub.change_repository(REPOSITORY, |repository| repository.archived = false),
        ),
        (
            "without issues",
            |world| world.peers.hub.change_repository(REPOSITORY, |repository| repository.has_issues = false),
            |world| world.peers.hub.change_repository(REPOSITORY, |repository| repository.has_issues = true),
        ),
        (
            "another one",
            |world| world.peers.hub.replace_repository(REPOSITORY, 8_008),
            |world| world.peers.hub.replace_repository(8_008, REPOSITORY),
        ),
    ];
    for (what, breaks, mends) in wrong {
        let mut world = World::new().await;
        breaks(&world);
        world.deliver(&Mail::report().write());
        world.settle().await;
        world.settle_within(3).await;
        assert_eq!(world.peers.hub.issues().len(), 0, "{what}");
        let writes = |met: &sir_intake::practice::web::Met| met.method != "GET";
        assert!(!world.peers.hub.requests().iter().any(writes), "{what}: {:?}", world.peers.hub.requests());
        assert_eq!(world.alarms().len(), 1, "{what}: {:?}", world.alarms());
        assert_eq!(alarms_told(&world, "alice@members.example"), 1, "{what}: raised once");
        assert_eq!(world.sent_to(RENA).len(), 1, "{what}: the reporter does not wait for GitHub");

        mends(&world);
        world.settle_within(1).await;
        assert_eq!(world.peers.hub.issues().len(), 1, "{what}: and mended");
        assert_eq!(world.alarms().len(), 0, "{what}: the alarm is over");
        world.nothing_is_left_over();
    }
}

/// The same for a repository that was moved: nobody follows it anywhere.
#[tokio::test]
async fn a_moved_repository_is_not_followed() {
    let mut world = World::new().await;
    world.peers.hub.rename(REPOSITORY, "elsewhere", "reports");
    world.deliver(&Mail::report().write());
    world.settle_within(2).await;
    assert_eq!(world.peers.hub.issues().len(), 0);
    assert_eq!(world.alarms(), ["repository-refused"]);
    world.peers.hub.rename(REPOSITORY, "o3de", "sig-security-reports");
    world.settle_within(2).await;
    assert_eq!(world.peers.hub.issues().len(), 1);
    world.nothing_is_left_over();
}

/// Nobody edited anything: our own page, drawn while GitHub's answer got lost, is no edit by hand.
#[tokio::test]
async fn a_page_whose_answer_was_lost_is_nobodys_edit() {
    for fault in [Fault::CommitThen502, Fault::CommitThenDrop] {
        let (mut world, _) = reported().await;
        world.peers.hub.faults().at("PATCH", Kind::Issue, fault);
        let act = Act::Own { member: MemberKey("bob".to_owned()) };
        world.order(Order::Case { case: FIRST, act }).await;
        world.settle_within(1).await;
        assert!(world.issue(1).body.contains("owner Bob"), "{}", world.issue(1).body);
        assert_eq!(world.comments(1), Vec::<String>::new());
        world.nothing_is_left_over();
    }
}

/// Promise: "edits here are replaced, write a comment". Said once, also when GitHub's answers get lost.
#[tokio::test]
async fn an_edit_by_hand_is_answered_by_a_comment_and_the_page_is_drawn_anew() {
    let (mut world, _) = reported().await;
    let drawn = world.issue(1).body;
    let members = ["alice", "bob"];
    for (nth, edit) in ["My notes.".to_owned(), drawn.replace("- [ ] Find", "- [x] Find")].iter().enumerate()
    {
        world.peers.hub.set_user_edit(1, edit);
        world.peers.hub.faults().at("POST", Kind::Comments, Fault::CommitThenDrop);
        let act = Act::Own { member: MemberKey(members[nth].to_owned()) };
        world.order(Order::Case { case: FIRST, act }).await;
        world.settle_within(1).await;
        let body = world.issue(1).body;
        assert!(body.starts_with("<!-- sir-intake") && !body.contains("My notes."), "{body}");
        let comments = world.comments(1);
        let told = comments.iter().filter(|comment| comment.contains("edited by hand")).count();
        assert_eq!(told, nth + 1, "{comments:?}");
    }
    world.nothing_is_left_over();
}

/// GITHUB 4: "all pages; accept only if author is our bot, marker is exactly line 1, MAC right"; an author whose
/// account is gone is `null`.
#[tokio::test]
async fn the_lost_issue_is_found_on_a_later_page_among_forgeries() {
    for ghost in [false, true] {
        let mut world = World::with(patient()).await;
        let hub = &world.peers.hub;
        hub.faults().small_pages(Some(2));
        hub.faults().at("POST", Kind::Issues, Fault::CommitThenDrop);
        world.deliver(&Mail::report().write());
        world.settle().await;
        let hub = &world.peers.hub;
        let body = hub.issue(1).unwrap().body;
        for n in 0..4 {
            world.pass(0);
            let forged = if n == 3 { body.clone() } else { format!("Quote:\n{body}") };
            hub.add_issue_as("mallory", "SIR-2026-0001: report received", &forged);
        }
        if ghost {
            hub.ghost(1);
        }
        world.settle_within(1).await;
        assert_eq!(world.case(1).issue, Some((REPOSITORY, 1)));
        let issues = world.peers.hub.issues();
        assert_eq!(issues.len(), 5, "none was opened again");
        assert!(issues.iter().all(|issue| issue.open), "and nobody else's was closed");
        world.nothing_is_left_over();
    }
}

/// MAIL 2: "A failure before the final dot that a reply code proves is *not sent*, retried".
#[tokio::test]
async fn a_letter_that_is_put_off_is_sent_later_once() {
    for stage in [Stage::Mail, Stage::Rcpt, Stage::Data, Stage::DataEnd] {
        let mut world = World::new().await;
        world.peers.smtpd.faults().repeat(stage, 3, Smtp::Reply(451, "try later".to_owned()));
        world.deliver(&Mail::report().write());
        world.settle().await;
        assert_eq!(world.sent_to(RENA).len(), 0);
        world.settle_within(2).await;
        assert_eq!(world.sent_to(RENA).len(), 1, "{stage:?}");
        assert_eq!(world.sent_to("bob@members.example").len(), 1, "{stage:?}");
        assert!(matches!(world.case(1).receipt, Receipt::Sent(_)));
        world.nothing_is_left_over();
    }
}

/// MAIL 2: refused for good is parked, and members are told; nobody tries again by himself.
#[tokio::test]
async fn a_letter_that_is_refused_for_good_is_parked_and_members_are_told() {
    let mut world = World::new().await;
    world.peers.smtpd.faults().recipient(RENA, 550, "no such user");
    world.deliver(&Mail::report().write());
    world.settle().await;
    let parked = world.effects_in(EffectState::Parked);
    assert_eq!(parked.len(), 1);
    assert_eq!(world.case(1).parked, [parked[0].id]);
    let told = world.sent_to("alice@members.example");
    assert_eq!(told.iter().filter(|mail| mail.contains("needs a person")).count(), 1, "{told:?}");
    world.peers.smtpd.faults().clear();
    world.pass(24 * 5);
    world.settle_within(24).await;
    assert_eq!(world.sent_to(RENA).len(), 0, "parked stays parked");

    world.order(Order::RetryEffect { effect: parked[0].id }).await;
    assert_eq!(world.sent_to(RENA).len(), 1, "until a person orders it");
    assert!(matches!(world.case(1).receipt, Receipt::Sent(_)));
    world.nothing_is_left_over();
}

async fn unknown_receipt(settings: Settings, fault: Smtp) -> World {
    let mut world = World::with(settings).await;
    world.peers.smtpd.faults().at(Stage::DataEnd, fault);
    world.deliver(&Mail::report().write());
    world.settle().await;
    world
}

/// MAIL 2: "the daemon by itself sends it at most once; all else is `unknown`; not found after `unknown_wait_s` -> a
/// member is asked; the clock stays open".
#[tokio::test]
async fn a_letter_of_unknown_fate_is_never_sent_twice_and_a_member_is_asked() {
    for fault in [Smtp::CommitThenDrop, Smtp::Drop] {
        let mut world = unknown_receipt(Settings::default(), fault.clone()).await;
        let unknown = world.effects_in(EffectState::Unknown);
        assert!(matches!(unknown[0].effect, Effect::Letter { .. }), "{unknown:?}");
        let asked = |world: &World, who: &str| {
            world.sent_to(who).iter().filter(|mail| mail.contains("nobody can tell")).count()
        };
        world.clock.advance(std::time::Duration::from_secs(899));
        world.settle().await;
        assert_eq!(asked(&world, "alice@members.example"), 0, "it is looked for first");
        world.clock.advance(std::time::Duration::from_secs(1));
        world.settle_within(1).await;
        assert_eq!(asked(&world, "alice@members.example"), 1);
        assert_eq!(world.case(1).receipt, Receipt::Unknown);
        world.kill();
        world.pass(24 * 7);
        world.settle_within(24).await;
        assert_eq!(asked(&world, "alice@members.example"), 1, "asked once");
        let sent = world.sent_to(RENA).len();
        assert_eq!(sent, usize::from(fault == Smtp::CommitThenDrop), "never twice by itself");

        let answer = world.order(Order::MarkSent { effect: unknown[0].id }).await;
        assert!(answer.contains("counts as sent"), "{answer}");
        assert!(matches!(world.case(1).receipt, Receipt::Sent(_)));
        assert_eq!(world.sent_to(RENA).len(), sent);
        world.nothing_is_left_over();
    }
}

/// MAIL 2: "a member may order it again", or take it back.
#[tokio::test]
async fn a_person_may_order_a_letter_of_unknown_fate_again_or_take_it_back() {
    let mut world = unknown_receipt(Settings::default(), Smtp::Drop).await;
    let effect = world.effects_in(EffectState::Unknown)[0].id;
    world.order(Order::RetryEffect { effect }).await;
    assert_eq!(world.sent_to(RENA).len(), 1);
    assert!(matches!(world.case(1).receipt, Receipt::Sent(_)));
    let again = world.order(Order::RetryEffect { effect }).await;
    assert!(again.starts_with("refused"), "{again}");
    assert_eq!(world.sent_to(RENA).len(), 1);
    world.nothing_is_left_over();

    let mut world = unknown_receipt(Settings::default(), Smtp::Drop).await;
    let effect = world.effects_in(EffectState::Unknown)[0].id;
    world.order(Order::CancelEffect { effect }).await;
    world.pass(24);
    world.settle_within(1).await;
    assert_eq!(world.sent_to(RENA).len(), 0);
    assert_eq!(world.effects_in(EffectState::Canceled).len(), 1);
    world.nothing_is_left_over();
}

/// MAIL 2: "look for the fixed Message-ID where `sent_proof` says": our own mail come back is the proof.
#[tokio::test]
async fn the_blind_copy_that_comes_back_proves_that_a_letter_was_sent() {
    let settings = Settings {
        smtp: "sent_proof = { bcc = \"sir-proof@o3de.example\" }".to_owned(),
        ..Settings::default()
    };
    let mut world = World::with(settings).await;
    let (box_of_proof, clock) = (world.peers.imapd.depositor(), world.clock.clone());
    world.peers.smtpd.on_accepted(move |mail| {
        if mail.envelope_to.iter().any(|to| to == "sir-proof@o3de.example") {
            box_of_proof.deliver("INBOX", mail.data.clone(), sir_intake::clock::Clock::now(&clock));
        }
    });
    world.peers.smtpd.faults().at(Stage::DataEnd, Smtp::CommitThenDrop);
    world.deliver(&Mail::report().write());
    world.settle().await;

    assert!(matches!(world.case(1).receipt, Receipt::Sent(_)));
    assert_eq!(world.mails(FateWord::Own).len(), 1);
    assert_eq!(world.effects_in(EffectState::Unknown).len(), 0);
    world.pass(2);
    world.settle().await;
    assert_eq!(world.sent_to(RENA).len(), 1);
    assert!(world.sent_to("alice@members.example").iter().all(|mail| !mail.contains("nobody can tell")));
    world.nothing_is_left_over();
}

/// DESIGN: "alarms by a second way when the first is broken".
#[tokio::test]
async fn a_mail_server_that_is_not_there_is_told_on_discord_and_waited_for() {
    let mut world = World::new().await;
    world.peers.smtpd.faults().refuse_connections(1_000);
    world.deliver(&Mail::report().write());
    world.settle().await;
    assert_eq!(world.alarms().len(), 0, "a moment is no news");
    world.settle_within(2).await;
    assert_eq!(world.alarms(), ["smtp-down"]);
    world.peers.smtpd.faults().clear();
    let posts = world.peers.discord.messages();
    assert_eq!(
        posts.iter().filter(|post| post.content.contains("no letter can leave")).count(),
        1,
        "{posts:?}"
    );
    world.settle_within(6).await;
    assert_eq!(world.sent_to(RENA).len(), 1);
    assert_eq!(world.alarms().len(), 0);
    world.nothing_is_left_over();
}

/// MAIL 2: "mail/Discord to members: at least once".
#[tokio::test]
async fn a_notice_of_unknown_fate_is_sent_again() {
    let mut world = World::new().await;
    // The receipt is the first letter, alice's alert the second.
    world.peers.smtpd.faults().at_nth(Stage::DataEnd, 2, Smtp::Drop);
    world.deliver(&Mail::report().write());
    world.settle_within(1).await;
    assert_eq!(world.sent_to(RENA).len(), 1);
    assert_eq!(world.sent_to("alice@members.example").len(), 1);
    assert_eq!(world.sent_to("bob@members.example").len(), 1);
    world.nothing_is_left_over();
}

/// RFC: "alternative communication mechanisms we should use (ie something other than Discord"
#[tokio::test]
async fn discords_limit_is_kept_and_a_revoked_webhook_is_told_by_mail() {
    let mut world = World::new().await;
    world.peers.discord.fail(1, discord::Fault::TooMany { retry_after_s: 20.0 });
    world.deliver(&Mail::report().write());
    world.settle().await;
    assert_eq!(world.peers.discord.messages().len(), 0);
    world.clock.advance(std::time::Duration::from_secs(20));
    world.settle().await;
    assert_eq!(world.peers.discord.messages().len(), 1);

    world.peers.discord.revoke(Some(404));
    world.deliver(&nth_report(2, "second@two.example").write());
    world.settle_within(3).await;
    assert_eq!(world.alarms(), ["discord-revoked"]);
    assert_eq!(alarms_told(&world, "alice@members.example"), 1, "raised once");
    world.peers.discord.revoke(None);
    world.settle_within(3).await;
    assert_eq!(world.alarms().len(), 0);
    world.nothing_is_left_over();
}

/// Promise: "`pause` / `resume`: intake goes on, effects wait."
#[tokio::test]
async fn a_paused_outbox_takes_mail_in_and_sends_nothing() {
    let mut world = World::new().await;
    world.order(Order::Pause).await;
    world.deliver(&Mail::report().write());
    world.settle().await;
    assert_eq!(world.cases().len(), 1);
    assert_eq!(world.seen_outside(), (0, 0, 0, 0));
    world.kill();
    world.pass(1);
    world.settle().await;
    assert_eq!(world.seen_outside(), (0, 0, 0, 0), "also after a restart");
    world.order(Order::Resume).await;
    world.settle_within(1).await;
    assert_eq!(world.sent_to(RENA).len(), 1);
    assert_eq!(world.peers.hub.issues().len(), 1);
    world.nothing_is_left_over();
}

/// MAIL 2: "look for the fixed Message-ID where `sent_proof` says": the proof may come while the server is still silent.
#[tokio::test]
async fn a_proof_that_is_quicker_than_the_timeout_counts() {
    let smtp = "data_timeout_s = 1\nsent_proof = { bcc = \"sir-proof@o3de.example\" }".to_owned();
    let mut world = World::with(Settings { smtp, ..Settings::default() }).await;
    let (box_of_proof, now) = (world.peers.imapd.depositor(), world.now());
    world.peers.smtpd.on_accepted(move |mail| {
        if mail.envelope_to.iter().any(|to| to == "sir-proof@o3de.example") {
            box_of_proof.deliver("INBOX", mail.data.clone(), now);
        }
    });
    world.peers.smtpd.faults().at(Stage::DataEnd, Smtp::CommitThenHang);
    world.deliver(&Mail::report().write());
    world.start().await.unwrap();
    let daemon = world.daemon();
    let (first, second) = tokio::join!(daemon.once(), async {
        while world.peers.imapd.held("INBOX").len() < 2 {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        daemon.once().await
    });
    assert!(first.is_ok() && second.is_ok(), "{:?} {:?}", first.err(), second.err());
    world.settle().await;

    assert_eq!(world.mails(FateWord::Own).len(), 1);
    assert!(matches!(world.case(1).receipt, Receipt::Sent(_)), "{:?}", world.case(1).receipt);
    assert_eq!(world.sent_to(RENA).len(), 1);
    world.nothing_is_left_over();
}
