//! Letters by a member's order: held, shown, stopped; what keeps the promise, what is asked, what closes.

use sir_intake::case::{ClockKind, Effect, Sha256, Stage};
use sir_intake::store::EffectState;

use super::command_desk::{
    ALICE, BOB, command, flat, hold_ends, letters, owner, readable, reported, reported_with_hold, say,
    transcript,
};
use super::post::{Auth, Mail, RENA, code, field};
use super::thread::more;
use crate::world::World;

fn labels(world: &World) -> Vec<String> {
    world.issue(1).labels.into_iter().collect()
}

/// Rena answers our last letter.
fn rena(world: &World, n: u32, text: &str) -> Mail {
    let last = world.sent_to(RENA).pop().unwrap();
    let id = format!("re{n}@reporter.example");
    Mail::new("Rena Porter <rena@reporter.example>", "Re: yours", &id, text).answering(&last)
}

/// MAIL 7, class 2: "letters held N minutes: exact text in the transcript *and on the issue at once*; ... a held letter leaves
/// only after a mailbox poll that began after its hold ended." RUNBOOK 1.4: T01 stops the clock when it is sent.
#[tokio::test]
async fn an_acknowledgement_is_shown_at_once_and_leaves_after_its_hold() {
    let mut world = reported_with_hold(600).await;
    let told = say(&mut world, ALICE, 1, "!own me\n!ack 5wd").await;
    assert!(
        told.contains("the acknowledgement (T01) is held; the clock stops when it left (act 2)"),
        "{told}"
    );
    assert!(told.contains("leaves after Mon 23 Nov 2026, 09:10 UTC"), "{told}");
    assert!(told.contains("Subject: Re: Heap overflow in Multiplayer [SIR-2026-0001]"), "{told}");
    let exact = "Monday 30 November 2026, 09:00 UTC";
    assert!(told.contains(exact) && told.contains("\n  undo 2\n"), "{told}");
    let comment = world.comments(1).pop().unwrap();
    assert!(comment.contains(exact) && comment.contains("`!undo 2`"), "{comment}");
    assert!(told.text().lines().all(|line| line.chars().count() <= 72), "{told}");
    assert_eq!(letters(&world), Vec::<String>::new());
    assert!(world.case(1).runs(ClockKind::Acknowledge));
    assert!(world.issue(1).body.contains("the acknowledgement (T01) waits (act 2)"));

    // The hold is over, and the mailbox cannot be looked into: nobody knows whether an undo lies there.
    world.clock.advance(std::time::Duration::from_secs(601));
    world.peers.imapd.faults().at("SELECT", sir_intake::practice::imapd::Fault::No);
    let _turn = world.daemon().once().await.unwrap();
    assert_eq!(letters(&world).len(), 0, "no good poll since");
    world.settle().await;
    let letter = letters(&world).pop().unwrap();
    assert!(
        letter.starts_with("Re: Heap overflow in Multiplayer [SIR-2026-0001]\n\nHello Rena Porter,\n"),
        "{letter}"
    );
    assert!(flat(&letter).contains("Alice Arden of the O3DE security response team has it"), "{letter}");
    assert!(letter.contains("within 5 working days") && letter.contains(exact), "{letter}");
    assert!(letter.lines().skip(1).all(|line| line.chars().count() <= 72), "{letter}");
    let case = world.case(1);
    assert!(!case.runs(ClockKind::Acknowledge));
    assert_eq!(case.answer.map(|answer| answer.member.0).as_deref(), Some("alice"));
    assert!(labels(&world).iter().all(|label| label != "needs/acknowledgement"));
    let raw = world.sent_to(RENA).pop().unwrap();
    assert_eq!(field(&raw, "In-Reply-To").as_deref(), Some("<r1@reporter.example>"));
    assert_eq!(field(&raw, "From").as_deref(), Some(super::post::LIST));
    assert_eq!(field(&raw, "Auto-Submitted"), None, "a person wrote it");
    world.nothing_is_left_over();
}

/// The stored letter is the one that leaves, to the byte, and its hash is kept.
#[tokio::test]
async fn what_was_shown_is_what_leaves() {
    let mut world = reported_with_hold(600).await;
    say(&mut world, ALICE, 1, "!ack").await;
    let held = world.effects_in(EffectState::Due).pop().unwrap();
    let stored = held.letter.clone().unwrap();
    hold_ends(&mut world).await;
    let sent =
        world.peers.smtpd.mails().into_iter().rfind(|mail| mail.envelope_to.contains(&RENA.to_owned()));
    assert_eq!(Sha256::of(&sent.unwrap().data), Sha256::of(&stored));
    world.nothing_is_left_over();
}

/// MAIL 7: "any member's `!undo` stops it": also when it comes in the last moment before the poll, and after a restart.
#[tokio::test]
async fn any_member_stops_a_held_letter() {
    let mut world = reported_with_hold(600).await;
    say(&mut world, ALICE, 1, "!ack").await;
    // The undo lies in the mailbox when the hold ends; the poll that finds it is the one the letter waits for.
    let undo = command(&world, BOB, 1, "!undo");
    world.clock.advance(std::time::Duration::from_secs(601));
    world.deliver(&undo.write());
    world.kill();
    world.settle().await;
    assert!(transcript(&world, BOB, &undo).contains("its letter will not leave"));
    hold_ends(&mut world).await;
    assert_eq!(letters(&world), Vec::<String>::new());
    assert!(world.case(1).runs(ClockKind::Acknowledge), "nothing was promised");
    assert_eq!(world.effects_in(EffectState::Canceled).len(), 1);

    say(&mut world, ALICE, 1, "!ack").await;
    hold_ends(&mut world).await;
    assert_eq!(letters(&world).len(), 1);
    assert!(say(&mut world, BOB, 1, "!undo 2").await.contains("the letter of act 2 left already"));
    world.nothing_is_left_over();
}

/// "ack done": a member answered in their own mail; a word of theirs stops the clock, and resumes it.
#[tokio::test]
async fn ack_done_is_a_members_word() {
    let mut world = reported().await;
    say(&mut world, ALICE, 1, "!ack done").await;
    assert!(!world.case(1).runs(ClockKind::Acknowledge));
    assert!(say(&mut world, BOB, 1, "!ack").await.contains("answered already, by alice"));
    say(&mut world, BOB, 1, "!undo").await;
    assert!(world.case(1).runs(ClockKind::Acknowledge));
    assert_eq!(letters(&world).len(), 0);
    world.nothing_is_left_over();
}

/// RFC: "capture sufficient details to ensure it can be assessed, if details are missing"
/// RUNBOOK T03: "only missing questions"; row "asking the reporter twice": each question once.
#[tokio::test]
async fn only_what_is_open_and_was_never_asked_is_asked() {
    let mut world = reported().await;
    let told = say(&mut world, ALICE, 1, "!ask version, deadline, credit").await;
    assert!(
        told.contains("asks for deadline, credit") && told.contains("not asked: version is answered"),
        "{told}"
    );
    let letter = letters(&world).pop().unwrap();
    assert!(
        letter.contains("\n1. Do you plan to publish") && letter.contains("\n2. How would you like"),
        "{letter}"
    );
    assert!(!letter.contains("Which version"), "{letter}");
    assert!(world.case(1).runs(ClockKind::Acknowledge), "a question is no acknowledgement");
    let told = say(&mut world, ALICE, 1, "!ask credit").await;
    assert!(told.contains("REFUSED: there is nothing to ask: credit was asked before"), "{told}");
    say(&mut world, BOB, 1, "!ask again").await;
    let reminder = letters(&world).pop().unwrap();
    assert!(reminder.contains("we are stuck without") && reminder.contains("give a talk"), "{reminder}");
    world.deliver(
        &rena(&world, 1, "Please credit me as Rena Porter. I have no deadline and plan no talk.").write(),
    );
    world.settle().await;
    let told = say(&mut world, ALICE, 1, "!ask again").await;
    assert!(told.contains("no question that was asked is open") || told.contains("asks again for"), "{told}");
    assert!(!told.contains("credit"), "what was answered is not asked again: {told}");
    world.nothing_is_left_over();
}

/// A question that was taken back before it left was never asked.
#[tokio::test]
async fn a_question_that_was_stopped_can_be_asked() {
    let mut world = reported_with_hold(600).await;
    say(&mut world, ALICE, 1, "!ask credit").await;
    say(&mut world, BOB, 1, "!undo").await;
    say(&mut world, ALICE, 1, "!ask credit").await;
    hold_ends(&mut world).await;
    assert_eq!(letters(&world).len(), 1);
    world.nothing_is_left_over();
}

/// RFC: "Reporter should be thanked for their report and notified this is a known issue"
/// RUNBOOK 1.1: KNOWN "leaves when thank-you with links sent -> CLOSED/known-public"; "our own words: never a mirror's
/// sentence"; the URL is built from the id.
#[tokio::test]
async fn known_tells_the_reporter_and_closes_when_the_letter_left() {
    let mut world = reported_with_hold(600).await;
    say(&mut world, ALICE, 1, "!known cve-2025-12345").await;
    assert!(matches!(world.case(1).stage, Stage::Known { .. }));
    assert_eq!(owner(&world, 1).as_deref(), Some("alice"), "the first who says so owns it");
    assert!(world.issue(1).open && labels(&world).contains(&"stage/known".to_owned()));
    say(&mut world, BOB, 1, "!undo").await;
    assert_eq!((world.case(1).stage, owner(&world, 1)), (Stage::New, None));
    say(&mut world, BOB, 1, "!known GHSA-2c4f-xxxx-9ghj").await;
    let told = say(&mut world, ALICE, 1, "!close bug It is none").await;
    assert!(
        told.contains("told of GHSA-2c4f-xxxx-9ghj already: undo that first"),
        "one letter ends it: {told}"
    );
    hold_ends(&mut world).await;
    let letter = letters(&world).pop().unwrap();
    assert!(letter.contains("https://github.com/advisories/GHSA-2c4f-xxxx-9ghj"), "{letter}");
    assert_eq!(world.case(1).closure().map(|closure| closure.word()), Some("known-public"));
    let issue = world.issue(1);
    assert!(!issue.open && issue.labels.contains("closed/known-public"), "{:?}", issue.labels);
    assert_eq!(issue.state_reason.as_deref(), Some("completed"));
    assert!(
        world.case(1).clocks.values().all(|clock| clock.stopped.is_some()),
        "the letter keeps the promise"
    );
    assert!(say(&mut world, ALICE, 1, "!undo").await.contains("left already"));
    say(&mut world, ALICE, 1, "!reopen It is another one").await;
    assert!(world.issue(1).open && !labels(&world).contains(&"stage/closed".to_owned()));
    assert_eq!(owner(&world, 1).as_deref(), Some("bob"));
    world.nothing_is_left_over();
}

/// RFC: "Close issue in triage queue and let SIR team know issue is closed."
/// RFC: "If not a vulnerability, thank reporter for their time and provide a reason"
/// "`!close` T05..T07 where the closure has a letter, and closes the issue with its label."
#[tokio::test]
async fn each_closure_has_its_letter_or_none() {
    for (closure, says) in [
        ("wai", Some("It is intended:")),
        ("bug", Some("it is a fault; but as far as we can see not one of security:")),
        ("feature", Some("a wish for another behavior")),
        ("out-of-scope", Some("does not look after")),
        ("not-reproducible", Some("could not see it happen")),
        ("no-impact", Some("what an attacker would gain")),
        ("spam", None),
        ("not-a-report", None),
    ] {
        let mut world = reported().await;
        let text = format!("!close {closure} Only a project that you trust can do that");
        let told = say(&mut world, ALICE, 1, &text).await;
        assert!(told.contains(&format!("closed: {closure}")), "{told}");
        let issue = world.issue(1);
        assert!(!issue.open && issue.labels.contains(&format!("closed/{closure}")), "{:?}", issue.labels);
        assert!(issue.labels.contains("stage/closed"));
        let flat = flat(&letters(&world).join(" "));
        match says {
            Some(says) => {
                assert!(
                    flat.contains(says) && flat.contains("Only a project that you trust"),
                    "{closure}: {flat}"
                );
                assert!(flat.contains("SIRC-"), "{closure}");
            }
            None => assert_eq!(flat, "", "{closure}"),
        }
        let case = world.case(1);
        assert!(
            case.clocks.values().all(|clock| clock.stopped.is_some()),
            "{closure}: nothing is owed any more"
        );
        assert_eq!(case.owner().map(|owner| owner.0.as_str()), Some("alice"));
        assert!(
            world.peers.discord.messages().iter().any(|post| post.content.contains("closed: ")),
            "the team is told"
        );
        world.nothing_is_left_over();
    }
}

/// The undo of a closure opens issue, clocks and all, and stops its letter.
#[tokio::test]
async fn a_closure_is_taken_back() {
    let mut world = reported_with_hold(600).await;
    say(&mut world, ALICE, 1, "!close bug It only crashes your own editor").await;
    assert!(!world.issue(1).open);
    assert!(world.case(1).runs(ClockKind::Acknowledge), "until the letter leaves the promise stands");
    say(&mut world, BOB, 1, "!undo").await;
    hold_ends(&mut world).await;
    let case = world.case(1);
    assert_eq!((case.closure(), case.owner()), (None, None));
    assert!(world.issue(1).open && case.runs(ClockKind::Acknowledge) && case.runs(ClockKind::Owner));
    assert_eq!(letters(&world).len(), 0);
    say(&mut world, BOB, 1, "!spam").await;
    assert!(world.case(1).clocks.values().all(|clock| clock.stopped.is_some()));
    assert!(
        say(&mut world, ALICE, 1, "!ask").await.contains("REFUSED: it is closed (spam): reopen it first")
    );
    say(&mut world, BOB, 1, "!reopen").await;
    assert!(world.case(1).runs(ClockKind::Acknowledge), "nobody has answered the reporter");
    world.nothing_is_left_over();
}

/// MAIL 5: "A reply to a closed case starts a new acknowledgement clock and alerts; it does not reopen."
#[tokio::test]
async fn a_reply_to_a_closed_case_wakes_a_clock_and_does_not_reopen() {
    let mut world = reported().await;
    say(&mut world, ALICE, 1, "!close wai You opened the file yourself").await;
    world.pass(24);
    world.deliver(&rena(&world, 1, "But it also happens with a file that the server sends.").write());
    world.settle().await;
    let case = world.case(1);
    assert_eq!(case.closure().map(|closure| closure.word()), Some("wai"));
    assert!(case.runs(ClockKind::Acknowledge));
    let due: jiff::Timestamp = "2026-11-27T09:00:00Z".parse().unwrap();
    assert_eq!(case.clocks[&ClockKind::Acknowledge].due, due);
    assert!(world.sent_to("alice@members.example").last().unwrap().contains("the reporter wrote"));
    say(&mut world, ALICE, 1, "!reopen").await;
    say(&mut world, ALICE, 1, "!ack").await;
    assert!(!world.case(1).runs(ClockKind::Acknowledge));
    world.nothing_is_left_over();
}

/// "Only `!reply` (last of the block) sends the text below it to the reporter": without quotes and signatures.
#[tokio::test]
async fn reply_sends_the_text_below_and_nothing_else() {
    let mut world = reported().await;
    world.deliver(&more(1).answering(&Mail::report().write()).write());
    world.settle().await;
    let text = "!own me\n!reply\nHello Rena,\n\nwe could see it happen. A fix is on its way.\n\nAlice\n\n-- \nAlice Arden\n+1 555\n\n\
        On Mon, 23 Nov 2026, sir-intake wrote:\n> Severity        critical (claimed)\n";
    say(&mut world, ALICE, 1, text).await;
    let letter = letters(&world).pop().unwrap();
    assert!(
        letter.contains("Hello Rena,\n\nwe could see it happen. A fix is on its way.\n\nAlice\n"),
        "{letter}"
    );
    assert!(!letter.contains("claimed") && !letter.contains("555") && !letter.contains("!own"), "{letter}");
    let raw = world.sent_to(RENA).pop().unwrap();
    assert_eq!(field(&raw, "In-Reply-To").as_deref(), Some("<more1@reporter.example>"), "their last mail");
    assert!(!world.case(1).runs(ClockKind::Acknowledge), "a member's own words");
    assert!(world.comments(1).iter().all(|comment| !comment.contains("wrote a note")), "no note of it");
    assert!(say(&mut world, ALICE, 1, "!reply\n\n").await.contains("there is no text below it"));
    world.nothing_is_left_over();
}

/// MAIL 7: "more than 5 class-2 acts an hour by one member want a second one too"; the nonce is of one person and one letter.
#[tokio::test]
async fn the_sixth_letter_of_an_hour_wants_a_second_person() {
    let mut world = reported().await;
    for n in 1..=5 {
        say(&mut world, ALICE, 1, &format!("!reply\nLetter number {n}.")).await;
    }
    assert_eq!(letters(&world).len(), 5);
    let told = say(&mut world, ALICE, 1, "!reply\nLetter number 6.").await;
    assert!(told.contains("waits for a second person: you ordered 5 letters within an hour"), "{told}");
    assert_eq!(letters(&world).len(), 5);
    assert!(!world.sent_to("alice@members.example").iter().any(|mail| mail.contains("asks you to confirm")));
    let asked = readable(&world.sent_to("bob@members.example").pop().unwrap());
    assert!(
        asked.contains("Alice Arden asks you to confirm") && asked.contains("Letter number 6."),
        "{asked}"
    );
    let nonce = asked.split("  confirm ").nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
    assert!(say(&mut world, ALICE, 1, &format!("!confirm {nonce}")).await.contains("confirms nothing here"));
    assert!(say(&mut world, BOB, 1, "!confirm AAAAAAAAAA").await.contains("confirms nothing here"));
    let told = say(&mut world, BOB, 1, &format!("!confirm {}", nonce.to_lowercase())).await;
    assert!(told.contains("confirmed: act 6 of alice, reply"), "{told}");
    assert_eq!(letters(&world).len(), 6);
    assert!(say(&mut world, BOB, 1, &format!("!confirm {nonce}")).await.contains("REFUSED"), "once");

    say(&mut world, ALICE, 1, "!reply\nLetter number 7.").await;
    world.pass(25);
    world.settle().await;
    assert_eq!(letters(&world).len(), 6, "nobody agreed in a day");
    assert!(world.sent_to("bob@members.example").iter().any(|mail| mail.contains("the reply did not leave")));
    world.nothing_is_left_over();
}

/// MAIL 7: "A removed member's nonces, codes and held letters die at once."
#[tokio::test]
async fn a_held_letter_dies_with_the_membership_of_who_ordered_it() {
    let mut world = reported_with_hold(600).await;
    say(&mut world, ALICE, 1, "!ack").await;
    world.change_config("name = \"alice\"", "name = \"alicia\"");
    world.kill();
    hold_ends(&mut world).await;
    assert_eq!(letters(&world), Vec::<String>::new());
    assert!(world.case(1).runs(ClockKind::Acknowledge));
    assert!(world.sent_to("bob@members.example").iter().any(|mail| mail.contains("did not leave")));
    let told =
        world.sent_to("bob@members.example").iter().map(|mail| flat(&readable(mail))).collect::<String>();
    assert!(told.contains("whoever ordered it is no longer of the team"), "{told}");
    world.nothing_is_left_over();
}

/// MAIL 7: "A reporter has one verb: a mail with `status` alone on its first line, in their thread, gets one safe line (3 a
/// day): received, being looked at, next contact by."
#[tokio::test]
async fn a_reporter_who_asks_gets_one_safe_line() {
    let mut world = reported_with_hold(600).await;
    let alerts = world.sent_to("alice@members.example").len();
    for n in 1..=4 {
        world.deliver(&rena(&world, n, "Status?\n\nRena").write());
        world.settle().await;
    }
    let told = letters(&world);
    assert_eq!(told.len(), 3, "three a day");
    let flat = flat(&told[0]);
    assert!(
        flat.contains("received and is being looked at. You will hear from us by Thursday 26 November 2026"),
        "{flat}"
    );
    assert!(!flat.contains("alice") && !flat.contains("Alice"), "{flat}");
    assert_eq!(field(&world.sent_to(RENA)[1], "Auto-Submitted").as_deref(), Some("auto-replied"));
    assert!(world.case(1).runs(ClockKind::Acknowledge), "a machine keeps no promise");
    assert_eq!(world.sent_to("alice@members.example").len(), alerts, "nobody is called");
    assert_eq!(world.comments(1).len(), 4, "and all of it is on the issue");
    // Forged, of a stranger, or not alone on the line: no line.
    world.pass(25);
    world.deliver(&rena(&world, 5, "status").auth(Auth::Fail).write());
    world.deliver(&rena(&world, 6, "The status of my report is unclear to me.").write());
    let mut stranger = rena(&world, 7, "status");
    stranger.from = Some("Mallory <mallory@evil.example>".to_owned());
    world.deliver(&stranger.write());
    world.settle().await;
    assert_eq!((letters(&world).len(), world.sent_to("mallory@evil.example").len()), (3, 0));
    world.nothing_is_left_over();
}

/// A bounce of a letter that kept the promise opens it again.
#[tokio::test]
async fn an_acknowledgement_that_comes_back_keeps_nothing() {
    let mut world = reported().await;
    say(&mut world, ALICE, 1, "!own me\n!ack").await;
    assert!(!world.case(1).runs(ClockKind::Acknowledge));
    let letter = world.sent_to(RENA).pop().unwrap();
    world.deliver(&super::post::bounce(&letter, RENA, "failed", "5.1.1").write());
    world.settle().await;
    assert!(world.case(1).runs(ClockKind::Acknowledge));
    world.nothing_is_left_over();
}

/// A template that fails parks its letter alone; the transcript says so.
#[tokio::test]
async fn a_letter_whose_template_fails_is_parked_and_said_so() {
    let mut world = reported().await;
    let effects = world.daemon().office.store.read(|txn| txn.effects_of(super::thread::FIRST)).unwrap();
    assert!(effects.iter().any(|row| matches!(row.effect, Effect::Letter { act: 0, .. })));
    // No address to write to is said before anything is ordered.
    let mut nameless = super::intake::nth_report(2, RENA);
    nameless.from = Some("undisclosed".to_owned());
    nameless.return_path = "<x@y.example>".to_owned();
    world.deliver(&nameless.write());
    world.settle().await;
    let told = say(&mut world, ALICE, 2, "!own me\n!ack").await;
    assert!(told.contains("REFUSED: the report has no address to write to"), "{told}");
    let told = say(&mut world, ALICE, 2, "!close bug It is only a crash").await;
    assert!(told.contains("no letter, the report has no address"), "{told}");
    assert!(!world.issue(2).open);
    world.nothing_is_left_over();
}

/// A conversation of ten mails between a reporter and two members: who reads what.
#[tokio::test]
async fn a_conversation_of_ten_mails() {
    let mut world = reported().await;
    say(&mut world, ALICE, 1, "!own me\n!ack 3wd\nI know that code.").await;
    world.deliver(&rena(&world, 1, "Thank you. It needs no account on the server.").write());
    world.settle().await;
    say(&mut world, ALICE, 1, "!ask credit, others").await;
    world.deliver(&command(&world, BOB, 1, "I tried it: no luck on Linux.").write());
    world.settle().await;
    world.deliver(&rena(&world, 2, "Please credit me as Rena Porter. Nobody else knows.").write());
    world.settle().await;
    say(&mut world, BOB, 1, "!severity high\n!reply\nHello Rena, which compiler did you use?\n\nBob").await;
    world.deliver(&rena(&world, 3, "MSVC 2022.").write());
    world.settle().await;
    say(&mut world, ALICE, 1, "!own bob\nBob, please go on with it.").await;
    say(&mut world, BOB, 1, "!close bug It needs a debug build").await;

    let letters = letters(&world);
    assert_eq!(letters.len(), 4, "{letters:#?}");
    for secret in ["I know that code", "no luck on Linux", "please go on with it", "severity", "!"] {
        assert!(!letters.join("\n").contains(secret), "the reporter never reads: {secret}");
    }
    let codes: std::collections::BTreeSet<String> =
        world.sent_to(RENA).iter().map(|mail| code(mail)).collect();
    assert_eq!(codes.len(), 1, "one code, hers");
    let comments = world.comments(1).join("\n");
    for told in [
        "I know that code",
        "no luck on Linux",
        "needs no account",
        "MSVC 2022",
        "which compiler",
        "go on with it",
    ] {
        assert!(comments.contains(told), "members read: {told}");
    }
    assert_eq!(world.cases().len(), 1);
    world.nothing_is_left_over();
}
