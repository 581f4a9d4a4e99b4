//! The mailbox at its worst: whatever the server, the line or another mail client does, no mail is lost or taken twice.

use sir_intake::daemon::{Daemon, StartFault};
use sir_intake::practice::imapd::Fault;
use sir_intake::practice::loopback::{ROSTER, Settings};
use sir_intake::store::LockError;

use super::intake::nth_report;
use super::post::{Mail, RENA};
use super::thread::more;
use crate::world::World;

fn quick() -> Settings {
    let mailbox = "first_start = \"all\"\ncommand_timeout_s = 1\nfetch_timeout_s = 1\nconnect_timeout_s = 2";
    Settings { mailbox: mailbox.to_owned(), ..Settings::default() }
}

/// Polls until the mailbox was read whole; what a mail server that recovers gives us.
async fn recover(world: &mut World) {
    for _ in 0..4 {
        world.settle().await;
        world.pass(1);
    }
    world.settle_within(1).await;
}

/// DESIGN: "any IMAP fault: every message of the mailbox ends in a case ... every UID that the server shows is held".
/// MAIL 3: "FETCH answered NO or cut by EOF ends `Ok(partial)`; no deadline on any command".
#[tokio::test]
async fn a_fetch_that_goes_wrong_loses_nothing_and_doubles_nothing() {
    for fault in [
        Fault::NoAfterData,
        Fault::No,
        Fault::Bad,
        Fault::Cut { after_bytes: 40 },
        Fault::Cut { after_bytes: 900 },
        Fault::Cut { after_bytes: 2_000 },
        Fault::Hang,
        Fault::Drop,
        Fault::Bye,
        Fault::LiteralLie { bytes: 1_000 },
        Fault::LiteralLie { bytes: 4_000_000_000 },
    ] {
        for nth in [1, 2] {
            let mut world = World::with(quick()).await;
            for n in 1..=3 {
                world.deliver(&nth_report(n, &format!("p{n}@house{n}.example")).write());
            }
            world.peers.imapd.faults().at_nth("FETCH", nth, fault.clone());
            recover(&mut world).await;
            assert_eq!(world.peers.imapd.faults().pending(), 0, "{fault:?} at {nth} was met");
            assert_eq!(world.cases().len(), 3, "{fault:?} at {nth}");
            assert_eq!(world.peers.hub.issues().len(), 3, "{fault:?} at {nth}");
            for n in 1..=3 {
                assert_eq!(world.sent_to(&format!("p{n}@house{n}.example")).len(), 1);
            }
            world.nothing_is_left_over();
        }
    }
}

/// The same for every other word of the conversation.
#[tokio::test]
async fn a_line_that_breaks_at_any_command_loses_nothing() {
    let mut world = World::with(quick()).await;
    let faults = [Fault::Drop, Fault::No, Fault::Cut { after_bytes: 7 }, Fault::DropAfter];
    let mut n = 0;
    for nth in 1..=12 {
        for fault in &faults {
            n += 1;
            world.deliver(&nth_report(n, &format!("p{n}@house{n}.example")).write());
            world.peers.imapd.faults().at_any(nth, fault.clone());
            world.settle().await;
            world.peers.imapd.faults().clear();
            world.pass(1);
            world.settle().await;
        }
    }
    world.settle_within(1).await;
    assert_eq!(world.cases().len(), n);
    assert_eq!(world.peers.hub.issues().len(), n);
    for n in 1..=n {
        assert_eq!(world.sent_to(&format!("p{n}@house{n}.example")).len(), 1, "{n}");
    }
    world.nothing_is_left_over();
}

/// MAIL 2: "The high-water mark moves up to the first UID that the server showed and we do not hold"; "every UID the
/// server shows is held, or an alarm".
#[tokio::test]
async fn a_mail_that_the_server_shows_and_does_not_give_is_asked_for_until_it_comes() {
    let mut world = World::new().await;
    world.deliver(&nth_report(1, "p1@house1.example").write());
    let hidden = world.deliver(&nth_report(2, "p2@house2.example").write());
    world.deliver(&nth_report(3, "p3@house3.example").write());
    world.peers.imapd.faults().omit(&[hidden]);
    world.settle().await;
    assert_eq!(world.cases().len(), 2, "the others do not wait for it");
    assert_eq!(world.alarms().len(), 0, "once is no alarm");
    for _ in 0..4 {
        world.pass(1);
        world.settle().await;
    }
    assert_eq!(world.alarms(), ["mails-not-fetched"]);
    let told = world.sent_to("alice@members.example");
    assert_eq!(told.iter().filter(|mail| mail.contains("is not held")).count(), 1, "raised once: {told:?}");

    world.peers.imapd.faults().omit(&[]);
    world.pass(1);
    world.settle_within(1).await;
    assert_eq!(world.cases().len(), 3);
    assert_eq!(world.sent_to("p2@house2.example").len(), 1);
    world.pass(1);
    world.settle().await;
    assert_eq!(world.alarms().len(), 0);
    world.nothing_is_left_over();
}

async fn lively() -> World {
    let mut world = World::new().await;
    world.deliver(&Mail::report().write());
    world.settle().await;
    let receipt = world.sent_to(RENA).remove(0);
    world.deliver(&more(1).answering(&receipt).write());
    for n in 2..=4 {
        world.deliver(&nth_report(n, &format!("p{n}@house{n}.example")).write());
    }
    world.deliver(&Mail::new("s@shop.example", "Hello", "c1@shop.example", "Nice weather.").write());
    world.deliver(&Mail::new("bot@away.example", "Automatic reply", "o1@away.example", "I am away.").write());
    world.settle_within(1).await;
    world
}

/// MAIL 2: "UIDVALIDITY changed, UIDs reused, folder re-created: re-scan and de-duplicate on SHA-256 of the raw bytes".
/// "A replay of the whole mailbox from UID 1 causes zero outside effects."
#[tokio::test]
async fn a_replay_of_the_whole_mailbox_causes_nothing_outside() {
    let mut world = lively().await;
    let before = world.seen_outside();
    world.peers.imapd.expunge("INBOX", 1);
    world.peers.imapd.bump_uidvalidity("INBOX");
    world.settle().await;
    assert_eq!(world.seen_outside(), before, "renumbered");
    world.nothing_is_left_over();

    let copies: Vec<Vec<u8>> = world
        .peers
        .imapd
        .held("INBOX")
        .iter()
        .map(|(uid, _)| world.peers.imapd.raw("INBOX", *uid).unwrap().to_vec())
        .collect();
    world.kill();
    world.peers.imapd.recreate("INBOX");
    for raw in copies {
        world.deliver_raw("INBOX", raw);
    }
    world.settle().await;
    assert_eq!(world.seen_outside(), before, "re-created and filled again");

    world.deliver(&nth_report(9, "p9@house9.example").write());
    world.settle().await;
    assert_eq!(world.sent_to("p9@house9.example").len(), 1, "and what is new is new");
    world.nothing_is_left_over();
}

/// MAIL 2: a mail that came while the folder was renumbered is new, not history.
#[tokio::test]
async fn a_new_mail_in_a_renumbered_folder_is_taken() {
    let settings = Settings { mailbox: "first_start = \"history\"".to_owned(), ..Settings::default() };
    let mut world = World::with(settings).await;
    world.settle().await;
    world.deliver(&nth_report(1, "p1@house1.example").write());
    world.settle().await;
    world.peers.imapd.expunge("INBOX", 1);
    world.deliver(&nth_report(2, "p2@house2.example").write());
    world.peers.imapd.bump_uidvalidity("INBOX");
    world.settle().await;
    assert_eq!(world.cases().len(), 2);
    world.nothing_is_left_over();
}

/// MAIL 2: "Never take `\Seen` or RECENT for state."
#[tokio::test]
async fn flags_that_other_clients_set_mean_nothing() {
    let mut world = World::new().await;
    let uid = world.deliver(&Mail::report().write());
    for flag in ["\\Seen", "\\Answered", "\\Flagged", "$SirStored"] {
        world.peers.imapd.set_flag("INBOX", uid, flag, true);
    }
    world.settle().await;
    assert_eq!(world.cases().len(), 1);
    let before = world.seen_outside();
    for flag in ["\\Seen", "$SirStored"] {
        world.peers.imapd.set_flag("INBOX", uid, flag, false);
    }
    world.settle().await;
    world.kill();
    world.settle().await;
    assert_eq!(world.seen_outside(), before);
    let (_, flags) = world.peers.imapd.held("INBOX").remove(0);
    assert!(!flags.iter().any(|flag| flag.eq_ignore_ascii_case("\\seen")), "we leave no trace: {flags:?}");
    world.nothing_is_left_over();
}

/// MAIL 2: "held ones that are gone from the server (people tidy up) are counted, not alarmed".
#[tokio::test]
async fn mails_that_people_move_or_delete_are_counted_and_nothing_follows() {
    let mut world = lively().await;
    let before = world.seen_outside();
    world.peers.imapd.create("Done");
    world.peers.imapd.move_mail(1, "INBOX", "Done");
    world.peers.imapd.expunge("INBOX", 2);
    world.pass(1);
    world.settle().await;
    let figures = world.daemon().office.store.read(|txn| txn.figures()).unwrap();
    assert_eq!((figures.gone, figures.missing), (2, 0));
    assert_eq!(world.alarms().len(), 0);

    // Somebody moves it back: other UID, same bytes.
    world.peers.imapd.move_mail(1, "Done", "INBOX");
    world.settle().await;
    assert_eq!(world.seen_outside(), before);
    world.nothing_is_left_over();
}

/// MAIL 2: a report that the provider took for junk, and that a person moves to the inbox, is one mail.
#[tokio::test]
async fn a_mail_moved_from_junk_to_the_inbox_is_one_mail() {
    let mut world = World::new().await;
    let uid = world.deliver_raw("Junk", Mail::report().write().replace('\n', "\r\n").into_bytes());
    world.settle().await;
    assert_eq!(world.cases().len(), 0);
    world.peers.imapd.move_mail(uid, "Junk", "INBOX");
    world.settle().await;
    world.pass(24);
    world.settle_within(1).await;
    assert_eq!(world.cases().len(), 1);
    assert_eq!(world.sent_to(RENA).len(), 1);
    world.nothing_is_left_over();
}

/// MAIL 2.5: "MOVE to the configured folder; where the server lacks MOVE, leave the mail where it is. Never COPY, never
/// `\Deleted`, never EXPUNGE."
#[tokio::test]
async fn stored_mail_is_moved_where_the_server_can_and_left_where_it_cannot() {
    let mailbox = "first_start = \"all\"\nafter_store = \"move:Stored\"";
    for can in [true, false] {
        let mut world = World::with(Settings { mailbox: mailbox.to_owned(), ..Settings::default() }).await;
        world.peers.imapd.create("Stored");
        world.peers.imapd.faults().without_move(!can);
        world.peers.imapd.faults().without_idle(!can);
        world.deliver(&Mail::report().write());
        world.deliver(&nth_report(2, "p2@house2.example").write());
        world.settle().await;
        world.pass(2);
        world.settle().await;
        assert_eq!(world.peers.imapd.held("Stored").len(), if can { 2 } else { 0 });
        assert_eq!(world.cases().len(), 2);
        world.nothing_is_left_over();
    }
}

/// MAIL 4: "Free disk under 500 MB: stop fetching, alarm, keep sending."
#[tokio::test]
async fn a_full_disk_stops_fetching_and_not_sending() {
    let rest = format!("{ROSTER}[limits]\nfree_disk_mib = 1048576\n");
    let mut world = World::with(Settings { rest, ..Settings::default() }).await;
    world.deliver(&Mail::report().write());
    world.settle().await;
    assert_eq!(world.cases().len(), 0);
    assert_eq!(world.alarms(), ["disk-low"]);
    assert_eq!(world.sent_to("alice@members.example").len(), 1, "the alarm itself leaves");
    assert_eq!(world.peers.discord.messages().len(), 1);
    world.kill();
    world.change_config("free_disk_mib = 1048576", "free_disk_mib = 0");
    world.settle().await;
    assert_eq!(world.cases().len(), 1);
    assert_eq!(world.alarms().len(), 0);
    world.nothing_is_left_over();
}

/// DESIGN: "never silently dead": no good poll for too long is told, once, and is over with the next good one.
#[tokio::test]
async fn a_mailbox_that_cannot_be_reached_is_told_once() {
    let mut world = World::with(quick()).await;
    world.settle().await;
    world.peers.imapd.faults().repeat("CONNECT", 1_000, Fault::Drop);
    world.deliver(&Mail::report().write());
    for _ in 0..4 {
        world.pass(1);
        world.settle().await;
    }
    assert_eq!(world.alarms(), ["mailbox-silent"]);
    let told = world.sent_to("alice@members.example");
    assert_eq!(told.iter().filter(|mail| mail.contains("ALARM")).count(), 1, "{told:?}");
    world.peers.imapd.faults().clear();
    world.settle_within(1).await;
    assert_eq!(world.alarms().len(), 0);
    assert_eq!(world.cases().len(), 1);
    world.nothing_is_left_over();
}

/// DESIGN: "`flock` on the state directory: a second `run`/`once` ends with 75" (two would do everything twice).
#[tokio::test]
async fn a_second_daemon_on_the_same_state_directory_refuses() {
    let mut world = World::new().await;
    world.settle().await;
    let second = Daemon::start(world.config(), world.outside()).await;
    assert!(matches!(second, Err(StartFault::Lock(LockError::Held(_)))));
    world.deliver(&Mail::report().write());
    world.settle().await;
    assert_eq!(world.cases().len(), 1, "the first goes on");
    world.kill();
    world.start().await.expect("and after its end the next may start");
    world.settle().await;
    world.nothing_is_left_over();
}
