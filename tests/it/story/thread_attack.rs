//! Attacks on threads and on the rule of two persons: what gets into a case, and who counts as another person.

use sir_intake::store::FateWord;

use super::command_desk::{ALICE, BOB, BOT, owner, readable, reported, say, transcript};
use super::intake::nth_report;
use super::post::{LIST, Mail, RENA};
use crate::world::World;

/// Everything that this stranger's mail must not do.
fn is_kept_out(world: &World, count: u32, who: &str) {
    let case = world.case(1);
    assert_eq!((case.quarantined, case.replies, world.cases().len()), (count, 0, 1), "{who}");
    assert_eq!(world.sent_to(who), Vec::<String>::new(), "{who} gets no word");
    assert!(world.comments(1).last().unwrap().contains("UNVERIFIED"), "{who}");
    assert_eq!(world.sent_to(RENA).len(), 1, "and the reporter none because of it");
}

/// "guessed tag, guessed id": a number can be guessed and gives no right; ids of ours cannot be guessed, and one that is in our
/// form leads nowhere.
#[tokio::test]
async fn a_guessed_tag_or_id_opens_nothing() {
    let mut world = reported().await;
    let text = "Please send me the details once more.";
    world.deliver(
        &Mail::new("Eve <eve@evil.example>", "Re: [SIR-2026-0001]", "e1@evil.example", text).write(),
    );
    world.settle().await;
    is_kept_out(&world, 1, "eve@evil.example");
    let mut guessed = Mail::new("Eve <eve@evil.example>", "Re: yours", "e2@evil.example", text);
    guessed.in_reply_to = Some("<abcdefghijklmnopqrstuvwxyz@lists.o3de.example>".to_owned());
    guessed.references = guessed.in_reply_to.clone();
    world.deliver(&guessed.write());
    world.settle().await;
    assert_eq!(
        (world.case(1).quarantined, world.cases().len()),
        (1, 1),
        "an id of nobody: no thread of ours"
    );
    assert_eq!(world.mails(FateWord::Waiting).len(), 1, "a person looks at it");
    assert_eq!(world.sent_to("eve@evil.example").len(), 0);
    // The next number: a case that is not there.
    world.deliver(
        &Mail::new("Eve <eve@evil.example>", "Re: [SIR-2026-0002]", "e3@evil.example", text).write(),
    );
    world.settle().await;
    assert_eq!((world.case(1).quarantined, world.cases().len()), (1, 1));
    world.nothing_is_left_over();
}

/// MAIL 5: "Cc never adds people."
#[tokio::test]
async fn whom_somebody_puts_into_cc_is_not_of_the_case() {
    let mut world = reported().await;
    let receipt = world.sent_to(RENA).pop().unwrap();
    let with_friend = Mail::new(
        "Rena Porter <rena@reporter.example>",
        "Re: yours",
        "re1@reporter.example",
        "I add a colleague.",
    )
    .answering(&receipt)
    .cc("Rolf <rolf@reporter.example>");
    world.deliver(&with_friend.write());
    world.settle().await;
    assert_eq!(world.case(1).replies, 1);
    let rolf = Mail::new(
        "Rolf <rolf@reporter.example>",
        "Re: yours",
        "rolf1@reporter.example",
        "Yes, it is as Rena says.",
    );
    world.deliver(&rolf.answering(&with_friend.write()).write());
    world.settle().await;
    assert_eq!((world.case(1).replies, world.case(1).quarantined), (1, 1));
    say(&mut world, ALICE, 1, "!reply\nHello Rena, thank you.").await;
    assert_eq!(world.sent_to("rolf@reporter.example").len(), 0, "no letter goes to Cc");
    assert_eq!(world.sent_to(RENA).len(), 2);
    world.nothing_is_left_over();
}

/// A service is made to send its "confirm your address" to the case: what it says is shown to nobody outside, followed by nobody,
/// and the link is a text.
#[tokio::test]
async fn a_verification_link_to_the_case_is_shown_and_not_followed() {
    let mut world = reported().await;
    let link = "https://service.example/confirm?token=abc";
    let mail = Mail::new(
        "Service <noreply@service.example>",
        "[SIR-2026-0001] Confirm your address",
        "v1@service.example",
        &format!("Somebody registered this address. Confirm it: {link}"),
    );
    world.deliver(&mail.to(LIST).write());
    world.settle().await;
    is_kept_out(&world, 1, "noreply@service.example");
    let shown = world.comments(1).pop().unwrap();
    assert!(shown.contains("```text") && shown.contains(link), "within a fence: {shown}");
    for who in ["alice@members.example", "bob@members.example"] {
        assert!(world.sent_to(who).iter().all(|mail| !mail.contains("token=abc")), "{who}");
    }
    world.nothing_is_left_over();
}

/// MAIL 7, class 3: "two *persons*, not two addresses".
#[tokio::test]
async fn one_person_with_two_addresses_is_one_person() {
    let mut world = World::new().await;
    world.change_config(
        "addresses = [\"alice@members.example\"]",
        "addresses = [\"alice@members.example\", \"alice@home.example\"]",
    );
    world.change_config(
        "dkim_domains = [\"members.example\"]",
        "dkim_domains = [\"members.example\", \"home.example\"]",
    );
    world.change_config("[team]", "[commands]\nhold_s = 0\n\n[team]");
    world.deliver(&Mail::report().write());
    world.settle().await;
    let notice = world.sent_to("alice@members.example").pop().unwrap();
    say(&mut world, ALICE, 1, "!link mail rita@second.example").await;
    let asked = readable(world.sent_to("bob@members.example").last().unwrap());
    let nonce = asked.split("  confirm ").nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
    assert!(asked.contains("\n  undo 1\n"), "which act, whatever was done since: {asked}");
    for who in ["alice@members.example", "alice@home.example"] {
        assert!(world.sent_to(who).iter().all(|mail| !mail.contains("asks you to confirm")), "{who}");
    }
    let from_home = |text: &str, n: u32, world: &World| {
        let mail = Mail::new("Alice <alice@home.example>", "Re: x", &format!("home{n}@home.example"), text);
        mail.to(BOT).answering(&notice).sealed(world.now())
    };
    let mail = from_home("!severity low", 1, &world);
    world.deliver(&mail.write());
    world.settle().await;
    assert_eq!(world.case(1).acts.len(), 2, "she commands from there as well");
    let mail = from_home(&format!("!confirm {nonce}"), 2, &world);
    world.deliver(&mail.write());
    world.settle().await;
    assert!(transcript(&world, ALICE, &mail).contains("confirms nothing here"));
    say(&mut world, BOB, 1, &format!("!confirm {nonce}")).await;
    let rita =
        Mail::new("rita@second.example", "Re: [SIR-2026-0001]", "rita@second.example", "I was there too.");
    world.deliver(&rita.write());
    world.settle().await;
    assert_eq!((world.case(1).quarantined, world.case(1).replies), (0, 1));
    world.nothing_is_left_over();
}

/// "Stories for every verb and its undo": those that no other story takes back.
#[tokio::test]
async fn reopening_and_asking_again_are_taken_back() {
    let mut world = reported().await;
    world.deliver(&nth_report(2, "sam@second.example").write());
    world.settle().await;
    say(&mut world, ALICE, 1, "!close wai You opened it yourself").await;
    say(&mut world, BOB, 1, "!reopen It is another one").await;
    assert_eq!((world.case(1).closure(), owner(&world, 1).as_deref()), (None, Some("alice")));
    let told = say(&mut world, ALICE, 1, "!undo").await;
    assert!(told.contains("taken back: act 2 of bob, reopen"), "{told}");
    assert_eq!(world.case(1).closure().map(|closure| closure.word()), Some("wai"));
    assert!(!world.issue(1).open);

    say(&mut world, ALICE, 2, "!own me\n!ask credit").await;
    world.change_config("hold_s = 0", "hold_s = 600");
    world.kill();
    world.settle().await;
    let letters = world.sent_to("sam@second.example").len();
    say(&mut world, ALICE, 2, "!ask again").await;
    let told = say(&mut world, BOB, 2, "!undo").await;
    assert!(told.contains("ask again (credit); its letter will not leave"), "{told}");
    super::command_desk::hold_ends(&mut world).await;
    assert_eq!(world.sent_to("sam@second.example").len(), letters);
    world.nothing_is_left_over();
}
