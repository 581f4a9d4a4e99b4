//! Members command by mail: the block at the top, one transaction, the transcript; taking a case, and how it stands.

use sir_intake::case::{Case, CaseId, ClockKind, Event};
use sir_intake::store::{EffectState, FateWord};

use super::command_desk::{ALICE, BOB, BOT, CAROL, command, letters, owner, reported, say, transcript};
use super::post::{Auth, Mail, RENA, code, field};
use super::thread::FIRST;
use crate::world::World;

pub fn events(world: &World, case: CaseId) -> Vec<Event> {
    let rows = world.daemon().office.store.read(|txn| txn.events(case)).unwrap();
    rows.into_iter().map(|row| row.event).collect()
}

fn kinds(world: &World) -> Vec<&'static str> {
    events(world, FIRST).iter().map(Event::kind).collect()
}

/// MAIL 7: "Every command mail is answered to that member alone with a transcript (`> !own me` / `owner: nobody -> alice`),
/// with examples printed without the `!`."
#[tokio::test]
async fn a_member_takes_a_case_and_is_told_so_alone() {
    let mut world = reported().await;
    let told = say(&mut world, ALICE, 1, "!Own me\n!status\n\n-- \nAlice, sent from my phone").await;
    assert!(told.text().starts_with("[SIR-2026-0001] done: own, status\n"), "{told}");
    assert!(told.contains("> !Own me\nowner: nobody -> alice (act 1)\n"), "{told}");
    assert!(told.contains("> !status\n") && told.contains("Owner           alice"), "{told}");
    assert!(!told.text().lines().any(|line| line.starts_with('!')), "{told}");
    assert_eq!(owner(&world, 1).as_deref(), Some("alice"));
    assert!(!world.case(1).runs(ClockKind::Owner));
    assert!(world.case(1).runs(ClockKind::Acknowledge), "to take it is not to answer");
    let comment = world.comments(1).pop().unwrap();
    assert!(
        comment.contains("**Alice Arden** commanded") && comment.contains("owner: nobody -> alice"),
        "{comment}"
    );
    assert_eq!(world.comments(1).len(), 1, "a signature is no note");
    assert!(world.issue(1).body.contains("owner Alice Arden"));
    assert_eq!(world.sent_to(RENA).len(), 1);
    assert!(!world.sent_to("bob@members.example").iter().any(|mail| mail.contains("owner: nobody")));
    world.nothing_is_left_over();
}

/// "an undo for every verb": the owner's verbs, and "any member's `!undo`".
#[tokio::test]
async fn own_disown_and_severity_are_taken_back() {
    let mut world = reported().await;
    say(&mut world, ALICE, 1, "!own bob").await;
    assert_eq!(owner(&world, 1).as_deref(), Some("bob"));
    assert!(world.sent_to("bob@members.example").iter().any(|mail| mail.contains("you own it now")));
    let due = world.case(1).clocks[&ClockKind::Owner].due;
    let told = say(&mut world, BOB, 1, "!undo").await;
    assert!(told.contains("taken back: act 1 of alice, own bob"), "{told}");
    assert_eq!(owner(&world, 1), None);
    assert!(world.case(1).runs(ClockKind::Owner), "somebody must take it again");
    assert_eq!(world.case(1).clocks[&ClockKind::Owner].due, due);

    say(&mut world, ALICE, 1, "!own\n!severity high\n!severity critical").await;
    say(&mut world, ALICE, 1, "!disown").await;
    assert_eq!(owner(&world, 1), None);
    assert!(world.case(1).runs(ClockKind::Owner));
    say(&mut world, BOB, 1, "!undo").await;
    assert_eq!(owner(&world, 1).as_deref(), Some("alice"));
    let told = say(&mut world, BOB, 1, "!undo 3").await;
    assert!(told.contains("act 4 came after it and sets the same: undo 4 first"), "{told}");
    say(&mut world, BOB, 1, "!undo 4\n!undo 3").await;
    assert_eq!(world.case(1).severity_set, None);
    assert!(say(&mut world, BOB, 1, "!undo 3").await.contains("act 3 was taken back already"));
    assert!(say(&mut world, BOB, 1, "!undo 99").await.contains("there is no act 99"));
    world.nothing_is_left_over();
}

/// MAIL 7: "At most 10 lines, one transaction: all are parsed and checked before any runs; one bad line -> nothing runs."
#[tokio::test]
async fn one_bad_line_among_good_ones_and_nothing_runs() {
    let mut world = reported().await;
    let told = say(&mut world, ALICE, 1, "!own me\n!severty high\n!ack 5wd").await;
    assert!(told.text().starts_with("[SIR-2026-0001] nothing was done: own, severty, ack\n"), "{told}");
    assert!(
        told.contains("> !severty high\nREFUSED: there is no verb `severty`; did you mean severity?"),
        "{told}"
    );
    assert!(told.contains("> !own me\nnot done"), "{told}");
    assert_eq!(owner(&world, 1), None);
    // A line that reads well and does not fit the case stops the others as well.
    let told = say(&mut world, ALICE, 1, "!own me\n!dup SIR-2026-0044").await;
    assert!(told.contains("REFUSED: there is no SIR-2026-0044"), "{told}");
    assert_eq!(owner(&world, 1), None);
    let eleven = "!severity high\n!severity low\n".repeat(6);
    assert!(say(&mut world, ALICE, 1, &eleven).await.contains("more than 10 lines"), "eleven");
    assert_eq!(world.case(1).acts, vec![]);
    assert_eq!(letters(&world), Vec::<String>::new());
    assert_eq!(kinds(&world).iter().filter(|kind| **kind == "nothing-ran").count(), 3);
    assert!(world.comments(1).iter().all(|comment| comment.contains("nothing was done")));
    world.nothing_is_left_over();
}

/// MAIL 7: "the first other line ends it and nothing below is ever parsed, so quotes, forwards and signatures cannot fire."
#[tokio::test]
async fn what_is_not_at_the_top_of_the_first_plain_part_is_text() {
    let mut world = reported().await;
    let html = "multipart/alternative; boundary=b";
    let parts = "--b\nContent-Type: text/html\n\n<p>!own me</p>\n--b--\n";
    let attached = "--b\nContent-Type: text/plain\n\nSee the file.\n--b\nContent-Type: text/plain\n\
        Content-Disposition: attachment; filename=a.txt\n\n!own me\n--b--\n";
    let forwarded =
        "--b\nContent-Type: message/rfc822\n\nFrom: alice@members.example\nSubject: x\n\n!own me\n--b--\n";
    for (text, kind) in [
        ("I will look.\n!own me", ""),
        ("> !own me\nAs I said.", ""),
        ("Hello\n-- \n!own me", ""),
        ("\u{ff01}own me", ""),
        (parts, html),
        (attached, "multipart/mixed; boundary=b"),
        (forwarded, "multipart/mixed; boundary=b"),
    ] {
        let mut mail = command(&world, ALICE, 1, text);
        if !kind.is_empty() {
            mail = mail.kind(kind);
        }
        world.deliver(&mail.write());
        world.settle().await;
    }
    assert_eq!(owner(&world, 1), None);
    assert_eq!(world.comments(1).len(), 7, "a reply without commands is a note");
    assert!(world.comments(1).iter().all(|comment| comment.contains("**Alice Arden** wrote a note")));
    assert_eq!(world.sent_to(RENA).len(), 1);
    world.nothing_is_left_over();
}

/// MAIL 7: "Text below the block is an internal note."
#[tokio::test]
async fn words_below_the_block_are_a_note_for_the_team() {
    let mut world = reported().await;
    let told = say(
        &mut world,
        ALICE,
        1,
        "!own me\nLooks like the same parser as last year.\n\nOn Mon, sir-intake wrote:\n> A new report came in.\n",
    )
    .await;
    assert!(told.contains("Your words below are a note on the issue"), "{told}");
    let note = world.comments(1).pop().unwrap();
    assert!(
        note.contains("**Alice Arden** wrote a note") && note.contains("same parser as last year"),
        "{note}"
    );
    assert!(!note.contains("!own"), "{note}");
    assert_eq!(world.sent_to(RENA).len(), 1);
    world.nothing_is_left_over();
}

/// MAIL 7: "The case is the one of the code or thread; `!case SIR-...` must agree or is refused."
#[tokio::test]
async fn the_case_is_the_one_of_the_thread_and_a_code_stands_in_for_it() {
    let mut world = reported().await;
    world.deliver(&super::intake::nth_report(2, RENA).write());
    world.settle().await;
    let told = say(&mut world, ALICE, 1, "!case SIR-2026-0002\n!own me").await;
    assert!(told.contains("REFUSED: this thread is SIR-2026-0001, not SIR-2026-0002"), "{told}");
    assert_eq!((owner(&world, 1), owner(&world, 2)), (None, None));
    say(&mut world, ALICE, 1, "!case sir-2026-0001\n!own me").await;
    assert_eq!(owner(&world, 1).as_deref(), Some("alice"));

    let notice = world
        .sent_to("bob@members.example")
        .into_iter()
        .rfind(|mail| mail.contains("SIR-2026-0002"))
        .unwrap();
    let by_code =
        Mail::new(BOB, "case two", "code1@members.example", &format!("!own me\n\n{}", code(&notice)));
    world.deliver(&by_code.to(BOT).sealed(world.now()).write());
    // Alice's mail with Bob's code proves nothing for Alice.
    let borrowed =
        Mail::new(ALICE, "case two", "code2@members.example", &format!("!severity low\n\n{}", code(&notice)));
    let borrowed = borrowed.to(BOT).sealed(world.now());
    world.deliver(&borrowed.write());
    world.settle().await;
    assert_eq!(owner(&world, 2).as_deref(), Some("bob"));
    assert_eq!(world.case(2).severity_set, None);
    let told = super::command_desk::flat(&world.sent_to("alice@members.example").concat());
    assert!(told.contains("the code in it, was sent to somebody else"), "{told}");
    assert_eq!(world.case(2).refused, 1);
    world.nothing_is_left_over();
}

/// MAIL 7: "Anything less: the text is kept on the case as an UNVERIFIED note, a notice goes to the *roster* address of the
/// member named, and nothing runs."
#[tokio::test]
async fn a_forged_command_is_refused_and_the_member_named_is_told() {
    let mut world = reported().await;
    for auth in [Auth::Fail, Auth::Silent] {
        let mut forged = command(&world, ALICE, 1, "!close spam\nIt is nothing.").auth(auth);
        forged.more.push("Reply-To: mallory@evil.example".to_owned());
        world.deliver(&forged.write());
        world.settle().await;
    }
    let case = world.case(1);
    assert_eq!((case.closure(), case.acts.len(), case.refused), (None, 0, 2));
    assert_eq!(world.mails(FateWord::Quarantined).len(), 2);
    for comment in world.comments(1) {
        assert!(comment.contains("UNVERIFIED") && comment.contains("Alice Arden"), "{comment}");
        assert!(comment.contains("It is nothing."), "the text is kept: {comment}");
    }
    let told: Vec<String> = world.sent_to("alice@members.example");
    let told = told.iter().filter(|mail| mail.contains("a mail in your name commanded"));
    assert_eq!(told.count(), 2);
    assert_eq!(world.sent_to("mallory@evil.example").len(), 0);
    assert!(world.issue(1).open);
    world.nothing_is_left_over();
}

/// A reporter is no member: their `!` is a word like any other.
#[tokio::test]
async fn a_reporter_who_writes_commands_writes_text() {
    let mut world = reported().await;
    let mail = Mail::new(
        "Rena Porter <rena@reporter.example>",
        "Re: x",
        "r9@reporter.example",
        "!close spam\nplease",
    );
    world.deliver(&mail.answering(&Mail::report().write()).write());
    world.settle().await;
    assert_eq!(world.case(1).closure(), None);
    assert!(world.comments(1)[0].contains("**The reporter wrote**"));
    world.nothing_is_left_over();
}

/// MAIL 7, class 0: `!help !list` need a member and no case; `!list [open|mine|overdue]`.
#[tokio::test]
async fn help_and_lists_need_no_case() {
    let mut world = reported().await;
    say(&mut world, ALICE, 1, "!own me").await;
    world.deliver(&super::intake::nth_report(2, "sam@second.example").write());
    world.settle().await;
    let fresh = |text: &str, n: u32| Mail::new(BOB, "hello", &format!("f{n}@members.example"), text).to(BOT);
    let all = fresh("!help\n!list", 1);
    let mine = fresh("!list mine", 2);
    let one = fresh("!help ack", 3);
    let not = fresh("!own me", 4);
    for mail in [&all, &mine, &one, &not] {
        world.deliver(&mail.clone().sealed(world.now()).write());
    }
    world.settle().await;
    let told = transcript(&world, BOB, &all);
    assert!(told.contains("  close CLOSURE [REASON]") && told.contains("SIR-2026-0002  new"), "{told}");
    assert!(told.contains("SIR-2026-0001  triage   alice"), "{told}");
    assert!(transcript(&world, BOB, &mine).contains("no cases"));
    assert!(transcript(&world, BOB, &one).contains("To take it back: undo, until the letter leaves."));
    assert!(
        transcript(&world, BOB, &not).contains("REFUSED: for this, answer a notice"),
        "no thread, no case"
    );
    world.at("2026-11-27T09:00:00Z");
    world.settle().await;
    let late = fresh("!list overdue", 5);
    world.deliver(&late.clone().sealed(world.now()).write());
    world.settle().await;
    assert!(transcript(&world, BOB, &late).contains("OVERDUE"));
    assert_eq!(world.mails(FateWord::Command).len(), 5);
    assert_eq!(world.cases().len(), 2, "commands open no case");
    world.nothing_is_left_over();
}

/// MAIL 7: "A member who is the reporter of a case ... is refused `!show !own !approve` there."
#[tokio::test]
async fn a_member_who_reported_it_does_not_look_after_it() {
    let mut world = super::command_desk::world_with_hold(0).await;
    let mut report = Mail::report();
    report.from = Some(ALICE.to_owned());
    world.deliver(&report.write());
    world.settle().await;
    for text in ["!own me", "!show", "!own alice"] {
        let told = say(&mut world, ALICE, 1, text).await;
        assert!(told.contains("REFUSED: you reported this case"), "{told}");
    }
    assert!(say(&mut world, BOB, 1, "!own alice").await.contains("REFUSED: alice reported this case"));
    assert!(say(&mut world, ALICE, 1, "!status").await.contains("Owner           nobody"));
    world.nothing_is_left_over();
}

/// Roles: the contact of the TSC hears and confirms; a chair commands like a member. Who left the roster is nobody.
#[tokio::test]
async fn roles_and_those_who_left() {
    let mut world = reported().await;
    say(&mut world, ALICE, 1, "!raise tsc Nobody has the time").await;
    let told = say(&mut world, "Tess Steering <tess@tsc.example>", 1, "!own me").await;
    assert!(told.contains("REFUSED: only members and chairs command"), "{told}");
    say(&mut world, CAROL, 1, "!own me").await;
    assert_eq!(owner(&world, 1).as_deref(), Some("carol"));
    let late = command(&world, BOB, 1, "!disown");
    world.change_config("name = \"bob\"", "name = \"robert\"");
    world.change_config("addresses = [\"bob@members.example\"]", "addresses = [\"robert@members.example\"]");
    world.kill();
    world.deliver(&late.write());
    world.settle().await;
    assert_eq!(owner(&world, 1).as_deref(), Some("carol"), "a removed member's thread opens nothing");
    world.nothing_is_left_over();
}

/// "The answer leaves at once": it waits for no issue, no hold and no other notice.
#[tokio::test]
async fn the_answer_waits_for_nothing() {
    let mut world = super::command_desk::world_with_hold(600).await;
    let id = sir_intake::practice::loopback::REPOSITORY;
    world.peers.hub.change_repository(id, |repository| repository.private = false);
    world.deliver(&Mail::report().write());
    world.settle().await;
    world.pass(1);
    world.settle().await;
    let told = say(&mut world, ALICE, 1, "!own me\n!ack").await;
    assert!(told.contains("owner: nobody -> alice"), "GitHub is away: {told}");
    assert!(!world.effects_in(EffectState::Due).is_empty(), "the letter and the issue wait");
}

/// The list copy and the direct copy of one command mail are one command; so is the whole mailbox seen anew.
#[tokio::test]
async fn a_command_runs_once() {
    let mut world = reported().await;
    let mail = command(&world, ALICE, 1, "!own me").write();
    world.deliver(&mail);
    world.deliver(&mail.replace("Subject:", "X-Seen: twice\nSubject:"));
    world.settle().await;
    world.peers.imapd.bump_uidvalidity("INBOX");
    world.settle().await;
    assert_eq!(world.case(1).acts.len(), 1);
    world.nothing_is_left_over();
}

/// DESIGN: "`Case::apply` folds": whatever was commanded, the cache is the fold; here over every verb in one life.
#[tokio::test]
async fn the_journal_tells_it_all() {
    let mut world = reported().await;
    say(&mut world, ALICE, 1, "!own me\n!severity high\n!ack 3wd\n!raise").await;
    say(&mut world, BOB, 1, "!undo\n!ask\n!disown\n!close bug Only your own editor crashes").await;
    say(&mut world, BOB, 1, "!reopen\n!known CVE-2026-12345").await;
    let rows = world.daemon().office.store.read(|txn| txn.events(FIRST)).unwrap();
    assert_eq!(Case::replay(FIRST, rows.iter().map(|row| &row.event)), Some(world.case(1)));
    let told = say(&mut world, ALICE, 1, "!show").await;
    assert!(told.contains("  3  ") && told.contains("alice: ack; its letter left"), "{told}");
    assert!(told.contains("taken back by bob") && told.contains("known CVE-2026-12345"), "{told}");
    assert!(told.contains("rena@reporter.example: case"), "{told}");
    assert!(!told.contains("NetBind"), "no word of the report: {told}");
    assert_eq!(field(&world.sent_to("alice@members.example").pop().unwrap(), "From").as_deref(), Some(BOT));
    world.nothing_is_left_over();
}
