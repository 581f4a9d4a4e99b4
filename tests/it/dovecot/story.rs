//! Stories on a real mail server: what people and other programs do to a mailbox, and what must not follow from it.

use std::time::{Duration, Instant};

use sir_intake::store::FateWord;
use tokio_util::sync::CancellationToken;

use super::yard::{Yard, report, yard};

/// Whatever was done to the mailbox: as many cases, issues and receipts as reports, and no letter more.
fn exactly(yard: &Yard, reports: usize) {
    assert_eq!(yard.cases().len(), reports);
    assert_eq!(yard.peers.hub.issues().len(), reports);
    for number in 1..=reports {
        assert_eq!(yard.letters_to(&format!("rena{number}@reporter{number}.example")), 1, "receipt {number}");
    }
    yard.nothing_is_left_over();
}

/// MAIL 2: a mail is fetched without a trace, and decorated only when it is held.
#[tokio::test]
async fn a_report_is_taken_in_without_being_seen() {
    let Some(mut yard) = yard("").await else { return };
    yard.dovecot.deliver(&report(1, 0));
    yard.settle().await;
    exactly(&yard, 1);
    let flags = yard.dovecot.client().flags("INBOX");
    assert_eq!(flags.len(), 1);
    assert!(flags[0].contains("$SirStored"), "{flags:?}");
    assert!(!flags[0].contains("\\Seen"), "{flags:?}");
}

#[tokio::test]
async fn a_mail_that_is_held_can_be_moved_out_of_the_way() {
    let Some(mut yard) = yard("after_store = \"move:Processed\"").await else { return };
    yard.dovecot.deliver_all(&[report(1, 0), report(2, 0)]);
    yard.settle().await;
    yard.settle().await;
    exactly(&yard, 2);
    let mut client = yard.dovecot.client();
    assert_eq!(client.flags("Processed").len(), 2);
    assert!(client.run("STATUS INBOX (MESSAGES)")[0].contains("MESSAGES 0"));
}

/// The daemon waits in IDLE (RFC 2177) and is woken by the server.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_mail_wakes_the_daemon() {
    let Some(mut yard) = yard("poll = \"0 0 1 1 *\"").await else { return };
    let daemon = yard.take_daemon().await;
    let stop = CancellationToken::new();
    let stopped = stop.clone();
    let running = tokio::spawn(async move { daemon.run(stopped).await });
    for number in 1..=3 {
        // The third finds it in IDLE for certain.
        tokio::time::sleep(Duration::from_millis(700)).await;
        let start = Instant::now();
        yard.dovecot.deliver(&report(number, 0));
        let address = format!("rena{number}@reporter{number}.example");
        yard.wait(Duration::from_secs(10), "the receipt", |yard| yard.letters_to(&address) == 1).await;
        assert!(start.elapsed() < Duration::from_secs(8), "woken after {:?}", start.elapsed());
    }
    // The receipt does not wait for the issue: let the lanes come to rest.
    yard.wait(Duration::from_secs(10), "the posts", |yard| yard.peers.discord.messages().len() == 3).await;
    stop.cancel();
    running.await.unwrap().unwrap();
    yard.settle().await;
    exactly(&yard, 3);
}

#[tokio::test]
async fn new_uidvalidity_makes_nothing_twice() {
    let Some(mut yard) = yard("").await else { return };
    yard.dovecot.deliver_all(&[report(1, 0), report(2, 0)]);
    yard.settle().await;
    yard.dovecot.bump_uidvalidity();
    yard.dovecot.deliver(&report(3, 0));
    yard.settle().await;
    exactly(&yard, 3);
    let figures = yard.daemon().office.store.read(|txn| txn.figures()).unwrap();
    assert_eq!((figures.shown, figures.held), (3, 3));
}

/// The folder is deleted and made again, with the mails in another order and one more.
#[tokio::test]
async fn a_folder_made_anew_makes_nothing_twice() {
    let Some(mut yard) = yard("inbox = \"Reports\"").await else { return };
    let mut client = yard.dovecot.client();
    client.run("CREATE Reports");
    for number in [1, 2, 3] {
        client.append("Reports", &report(number, 0));
    }
    yard.settle().await;
    exactly(&yard, 3);
    client.run("DELETE Reports");
    // Dovecot numbers folders by the second.
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    client.run("CREATE Reports");
    for number in [3, 4, 1, 2] {
        client.append("Reports", &report(number, 0));
    }
    yard.settle().await;
    exactly(&yard, 4);
}

#[tokio::test]
async fn what_another_client_does_to_flags_means_nothing() {
    let Some(mut yard) = yard("").await else { return };
    yard.dovecot.deliver_all(&[report(1, 0), report(2, 0)]);
    let mut client = yard.dovecot.client();
    client.run("SELECT INBOX");
    client.run("UID STORE 1 +FLAGS (\\Seen \\Answered $SirStored)");
    yard.settle().await;
    exactly(&yard, 2);
    client.run("UID STORE 1:* -FLAGS (\\Seen $SirStored)");
    client.run("UID STORE 2 +FLAGS (\\Flagged \\Deleted)");
    yard.settle().await;
    exactly(&yard, 2);
}

/// MAIL 2: "held ones that are gone from the server (people tidy up) are counted, not alarmed".
#[tokio::test]
async fn mails_may_be_moved_and_deleted_once_they_are_held() {
    let Some(mut yard) = yard("").await else { return };
    yard.dovecot.deliver_all(&[report(1, 0), report(2, 0), report(3, 0)]);
    yard.settle().await;
    let mut client = yard.dovecot.client();
    client.run("SELECT INBOX");
    client.run("UID MOVE 1 Junk");
    client.run("UID STORE 2 +FLAGS (\\Deleted)");
    client.run("UID EXPUNGE 2");
    client.run("UNSELECT");
    yard.dovecot.deliver(&report(4, 0));
    yard.stop();
    yard.settle().await;
    exactly(&yard, 4);
    let figures = yard.daemon().office.store.read(|txn| txn.figures()).unwrap();
    assert_eq!(figures.gone, 2);
    let alarms = yard.daemon().office.store.read(|txn| txn.alarms()).unwrap();
    assert_eq!(alarms, []);
}

/// One is deleted between two polls, before we ever saw it, and the next ones come all the same.
#[tokio::test]
async fn a_mail_that_vanishes_unseen_stops_nothing() {
    let Some(mut yard) = yard("").await else { return };
    yard.dovecot.deliver(&report(1, 0));
    yard.settle().await;
    yard.dovecot.deliver(&report(9, 0));
    let mut client = yard.dovecot.client();
    client.run("SELECT INBOX");
    client.run("UID STORE 2 +FLAGS (\\Deleted)");
    client.run("UID EXPUNGE 2");
    yard.dovecot.deliver(&report(2, 0));
    yard.settle().await;
    exactly(&yard, 2);
    assert_eq!(yard.mails(FateWord::Stored).len(), 0);
}

#[tokio::test]
async fn a_wrong_password_is_said_plainly() {
    let Some(mut yard) = yard("").await else { return };
    std::fs::write(yard.peers.dir.join("mailbox-password"), "not-this-one").unwrap();
    let (_, fault) = yard.start().await.once().await.unwrap();
    let text = fault.expect("the poll fails").to_string();
    assert!(text.contains("login") || text.contains("log in"), "{text}");
    assert!(!text.contains("not-this-one"));
}

/// CRATES 5: right after its start Dovecot may say `* OK Waiting for authentication process` before its greeting.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lines_before_the_greeting_are_read_over() {
    let Some(mut yard) = yard("").await else { return };
    yard.dovecot.deliver(&report(1, 0));
    yard.settle().await;
    yard.dovecot.deliver(&report(2, 0));
    assert!(yard.dovecot.hold_authentication(true), "no authentication process to hold");
    yard.stop();
    let daemon = yard.take_daemon().await;
    let polled =
        tokio::spawn(async move { daemon.once().await.map(|(turn, fault)| (turn, fault.is_none())) });
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert!(!polled.is_finished(), "it must wait");
    assert!(yard.dovecot.hold_authentication(false));
    let (turn, good) = polled.await.unwrap().unwrap();
    assert!(good, "the poll fails");
    assert_eq!(turn.stored, 1);
    yard.settle().await;
    exactly(&yard, 2);
}
