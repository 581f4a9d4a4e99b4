//! Commands that are a member's and yet do not run: where they lie, what they hang on, whose word it is.

use sir_intake::case::MemberKey;
use sir_intake::store::FateWord;

use super::command_desk::{ALICE, BOB, BOT, command, owner, readable, reported, say, transcript};
use super::intake::nth_report;
use super::post::{Mail, field};
use crate::world::World;

fn told(world: &World, words: &str) -> usize {
    world.sent_to("alice@members.example").iter().filter(|mail| readable(mail).contains(words)).count()
}

/// MAIL 7: "Without a `bot_address` of its own, commands by mail are off": an answer goes to the list, to be read by all.
#[tokio::test]
async fn without_an_address_of_its_own_no_mail_commands() {
    let mut world = World::new().await;
    world.change_config("bot_address = \"sir-bot@o3de.example\"\n", "");
    world.deliver(&Mail::report().write());
    world.settle().await;
    let mail = command(&world, ALICE, 1, "!own me");
    world.deliver(&mail.write());
    world.settle().await;
    assert_eq!((owner(&world, 1), world.case(1).acts.len(), world.case(1).refused), (None, 0, 1));
    assert_eq!(told(&world, "a mail in your name commanded"), 1);
    world.nothing_is_left_over();
}

/// What the provider calls spam is judged by a person: also a mail that would command.
#[tokio::test]
async fn a_command_in_the_junk_folder_does_not_run() {
    let mut world = reported().await;
    let mail = command(&world, ALICE, 1, "!own me");
    world.deliver_raw("Junk", mail.write().replace('\n', "\r\n").into_bytes());
    world.settle().await;
    assert_eq!((owner(&world, 1), world.case(1).acts.len()), (None, 0));
    assert_eq!(world.case(1).replies, 1, "its text is on the case");
    world.nothing_is_left_over();
}

/// "subject of another case": a notice of one case and the number of another.
#[tokio::test]
async fn a_command_that_names_two_cases_runs_on_neither() {
    let mut world = reported().await;
    world.deliver(&nth_report(2, "sam@second.example").write());
    world.settle().await;
    let mut mail = command(&world, ALICE, 1, "!own me");
    mail.subject = "Re: [SIR-2026-0002] new report".to_owned();
    world.deliver(&mail.write());
    world.settle().await;
    assert_eq!((owner(&world, 1), owner(&world, 2)), (None, None));
    assert_eq!(told(&world, "a mail in your name commanded"), 1);
    assert_eq!(world.cases().iter().map(|case| case.acts.len()).sum::<usize>(), 0);
    let kept = world.mails(FateWord::Case).len() + world.mails(FateWord::Waiting).len();
    assert_eq!(kept, 3, "and it is not lost");
    world.nothing_is_left_over();
}

/// MAIL 7, class 3: "the asker gets no nonce, every other member ... gets their own with the exact act (SHA-256 bound)". Whoever
/// could make the asker's own word still does not agree with themselves; and a word is of one case, one letter, one person.
#[tokio::test]
async fn a_word_is_bound_to_case_letter_and_person_and_never_the_askers() {
    let mut world = reported().await;
    world.deliver(&nth_report(2, "sam@second.example").write());
    world.settle().await;
    say(&mut world, ALICE, 1, "!link mail rita@second.example").await;
    let office = world.daemon().office.clone();
    let (case, other) = (world.case(1), world.case(2));
    let act = case.act(1).unwrap();
    let word = |case: &sir_intake::case::Case, letter: Option<&[u8]>, who: &str| {
        office.nonce(case, act, letter, &MemberKey(who.to_owned())).unwrap()
    };
    let bobs = word(&case, None, "bob");
    let all = [word(&case, None, "alice"), word(&other, None, "bob"), word(&case, Some(b"a letter"), "bob")];
    assert!(all.iter().all(|word| *word != bobs), "{bobs} {all:?}");
    assert_ne!(word(&case, Some(b"a letter"), "bob"), word(&case, Some(b"another"), "bob"));
    let told = say(&mut world, ALICE, 1, &format!("!confirm {}", all[0])).await;
    assert!(told.contains("REFUSED"), "{told}");
    assert!(say(&mut world, BOB, 1, &format!("!confirm {bobs}")).await.contains("confirmed: act 1"));
    world.nothing_is_left_over();
}

/// A mail that commanded is answered into its thread, to the member's address of the roster, whatever Reply-To says.
#[tokio::test]
async fn the_transcript_goes_to_the_roster_and_not_to_reply_to() {
    let mut world = reported().await;
    let mail = command(&world, ALICE, 1, "!own me").with("Reply-To: victim@elsewhere.example");
    world.deliver(&mail.write());
    world.settle().await;
    assert!(transcript(&world, ALICE, &mail).contains("owner: nobody -> alice"));
    assert_eq!(world.sent_to("victim@elsewhere.example").len(), 0);
    let answer = world.sent_to("alice@members.example").pop().unwrap();
    assert_eq!(field(&answer, "From").as_deref(), Some(BOT));
    world.nothing_is_left_over();
}
