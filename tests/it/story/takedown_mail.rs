//! T32 by mail: GitHub tells nobody's address, and a member may know it.

use sir_intake::case::act::ActLetter;

use super::command_desk::{ALICE, BOB, flat, readable};
use super::takedown::{WORDS, posted, say, stands, there};
use crate::world::World;

const POSTER: &str = "petra@poster.example";

fn mails(world: &World) -> Vec<String> {
    world.sent_to(POSTER).iter().map(|mail| flat(&readable(mail))).collect()
}

/// RUNBOOK 1.3: "POSTER_TOLD (L76: neutral comment T32; and mail if address known)".
/// RFC: "Message responder that security reports should be made through security@o3de.org."
#[tokio::test]
async fn whoever_posted_it_is_told_by_mail_as_well_where_a_member_knows_their_address() {
    let (mut world, number) = posted(600).await;
    say(&mut world, ALICE, &format!("!reporter {POSTER}")).await;
    let told = say(&mut world, ALICE, "!takedown tell").await;
    assert!(told.contains("and the mail to the reporter's address (T32) are held"), "{told}");
    assert!(told.contains("Subject: About what you posted"), "the member reads it before it leaves: {told}");
    world.settle_within(1).await;
    assert_eq!(world.sent_to(POSTER).len(), 1);
    let mail = &mails(&world)[0];
    let url = format!("{}/o3de/o3de/issues/{number}", world.peers.hub.base_url());
    assert!(mail.contains(&url) && mail.contains("Simply answer this mail"), "{mail}");
    for wrong in ["SIR-2026", "sig-security-reports", "overflow", "NetBind"] {
        assert!(!mail.contains(wrong), "{wrong}: {mail}");
    }
    assert!(stands(&world).told.is_some(), "and by the comment");
    assert!(matches!(world.case(1).acts[1].letter, Some(ActLetter::Left { .. })), "{:?}", world.case(1).acts);
    let again = say(&mut world, BOB, "!takedown tell").await;
    assert!(again.contains("whoever posted it is told since"), "{again}");
    assert_eq!(world.sent_to(POSTER).len(), 1, "once");
    world.nothing_is_left_over();
}

#[tokio::test]
async fn what_is_taken_back_in_time_is_said_neither_there_nor_by_mail() {
    let (mut world, number) = posted(600).await;
    say(&mut world, ALICE, &format!("!reporter {POSTER}")).await;
    super::command_desk::say(&mut world, ALICE, 1, "!takedown tell").await;
    let told = super::command_desk::say(&mut world, BOB, 1, "!undo").await;
    assert!(told.contains("taken back: act 2 of alice, takedown tell"), "{told}");
    world.settle_within(1).await;
    assert_eq!((world.sent_to(POSTER).len(), there(&world, number).comments.len()), (0, 0));
    world.nothing_is_left_over();
}

/// Without an address there is the comment alone; nobody is written to whom nobody named.
#[tokio::test]
async fn without_an_address_there_is_the_comment_alone() {
    let (mut world, number) = posted(0).await;
    let before = world.peers.smtpd.mails().len();
    say(&mut world, ALICE, "!takedown tell").await;
    world.settle_within(1).await;
    let team = |to: &String| to.ends_with("@members.example") || to.ends_with("@chairs.example");
    let mails = world.peers.smtpd.mails();
    assert!(mails[before..].iter().all(|mail| mail.envelope_to.iter().all(team)), "{:?}", mails.len());
    assert_eq!(there(&world, number).comments.len(), 1);
    assert_eq!(there(&world, number).body, WORDS, "nothing else is changed");
}

/// Whoever copies our own sentences into the public issue keeps nobody from being told.
#[tokio::test]
async fn our_own_sentences_are_no_leak_whoever_copied_them() {
    let mut world = super::takedown::world(0).await;
    let copied = "Possible security matters are handled by mail, so that the people who use the software are protected first.";
    super::takedown::post(&world, super::takedown::SUBJECT, &format!("{WORDS}\n\n{copied}"), &[]);
    world.settle_within(1).await;
    say(&mut world, ALICE, &format!("!reporter {POSTER}")).await;
    say(&mut world, ALICE, "!takedown tell").await;
    world.settle_within(1).await;
    assert_eq!(world.sent_to(POSTER).len(), 1);
    assert!(stands(&world).told.is_some());
}
