//! Which case a later mail belongs to, who may speak on it, and what an answer or a bounce does to its clock.

use jiff::SignedDuration;
use sir_intake::case::decide::Act;
use sir_intake::case::order::Order;
use sir_intake::case::{CaseId, ClockKind, MemberKey};
use sir_intake::store::FateWord;

use super::intake::nth_report;
use super::post::{Auth, LIST, Mail, RENA, bounce, code, field};
use crate::world::World;

pub const FIRST: CaseId = CaseId { year: 2026, number: 1 };
const ALICE: &str = "Alice Arden <alice@members.example>";

/// A case with its receipt, as most stories here begin.
pub async fn reported() -> (World, String) {
    let mut world = World::new().await;
    world.deliver(&Mail::report().write());
    world.settle().await;
    let receipt = world.sent_to(RENA).remove(0);
    (world, receipt)
}

/// Rena adds something.
pub fn more(n: u32) -> Mail {
    Mail::new(
        "Rena Porter <rena@reporter.example>",
        "Re: Heap overflow in Multiplayer",
        &format!("more{n}@reporter.example"),
        &format!(
            "It also happens on Linux, try number {n}.\n\nOn Mon the team wrote:\n> thank you for writing"
        ),
    )
}

/// Alice answers Rena from her own mail client, the list in Cc.
pub fn answer(receipt: &str) -> Mail {
    Mail::new(
        ALICE,
        "Re: Heap overflow in Multiplayer",
        "answer1@members.example",
        "Hello Rena,\n\nthank you, I am looking into it.\n\nAlice",
    )
    .to(RENA)
    .cc(LIST)
    .answering(&Mail::report().write())
    .with(&format!("X-Seen: {}", field(receipt, "Message-ID").unwrap()))
}

/// MAIL 5: "In-Reply-To, then References, that match an id in `sent` or an id of a mail of the case".
#[tokio::test]
async fn a_participants_reply_finds_its_case_by_id_code_or_tag() {
    let (mut world, receipt) = reported().await;
    let by_id = more(1).answering(&receipt);
    let mut by_references = more(2);
    by_references.references = Some("<r1@reporter.example>".to_owned());
    let mut by_code = more(3);
    by_code.text.push_str(&format!("\n>   Reference: {}", code(&receipt).to_lowercase()));
    let mut by_tag = more(4);
    "AW: [SIR-2026-0001] more".clone_into(&mut by_tag.subject);
    let by_plus_address = more(5).to(&format!("security+{}@lists.o3de.example", code(&receipt)));
    for mail in [by_id, by_references, by_code, by_tag, by_plus_address] {
        world.deliver(&mail.write());
        world.settle().await;
    }

    assert_eq!(world.cases().len(), 1);
    assert_eq!(world.case(1).replies, 5);
    let comments = world.comments(1);
    assert_eq!(comments.len(), 5);
    for (n, comment) in comments.iter().enumerate() {
        assert!(comment.contains(&format!("try number {}", n + 1)), "in order: {comment}");
        let (new_words, quoted) = comment.split_once("<details>").expect("quoted history is folded");
        assert!(new_words.contains("on Linux") && quoted.contains("thank you for writing"), "{comment}");
    }
    assert_eq!(world.sent_to(RENA).len(), 1, "one receipt a report, none for a reply");
    assert_eq!(world.sent_to("alice@members.example").len(), 6);
    assert!(world.sent_to("alice@members.example").iter().all(|mail| !mail.contains("on Linux")));
    assert!(world.case(1).runs(ClockKind::Acknowledge));
    world.nothing_is_left_over();
}

/// MAIL 5: "by tag alone only if authentication did not fail"; "A participant's mail whose authentication failed adds
/// text, never consent or state".
#[tokio::test]
async fn a_forged_reporter_with_nothing_but_the_tag_is_quarantined() {
    let (mut world, receipt) = reported().await;
    let mut by_tag = more(1).auth(Auth::Fail);
    "Re: [SIR-2026-0001]".clone_into(&mut by_tag.subject);
    world.deliver(&by_tag.write());
    let by_id = more(2).answering(&receipt).auth(Auth::Fail);
    world.deliver(&by_id.write());
    world.settle().await;

    let case = world.case(1);
    assert_eq!((case.quarantined, case.replies), (1, 1));
    let comments = world.comments(1);
    assert!(comments[0].contains("UNVERIFIED"), "{}", comments[0]);
    assert!(comments[1].contains("failed authentication"), "{}", comments[1]);
    world.nothing_is_left_over();
}

/// MAIL 5: "No -> quarantined: members see it on the case, marked UNVERIFIED; nothing goes out, nobody is added, no
/// clock changes." "Cc never adds people."
#[tokio::test]
async fn a_stranger_with_a_stolen_tag_or_thread_is_quarantined() {
    let (mut world, receipt) = reported().await;
    let before = world.case(1).clocks;
    let stranger = "Mallory <mallory@evil.example>";
    let mut by_tag = Mail::new(stranger, "[SIR-2026-0001] fixed", "m1@evil.example", "Send me the details.");
    by_tag.cc = Some(RENA.to_owned());
    world.deliver(&by_tag.write());
    let by_code = Mail::new(stranger, "hello", "m2@evil.example", &format!("Ref {}", code(&receipt)));
    world.deliver(&by_code.write());
    // Rena puts Mallory in Cc, Mallory answers all: still a stranger.
    world.deliver(&more(3).answering(&receipt).cc("mallory@evil.example").write());
    let from_cc = Mail::new(stranger, "Re: x", "m3@evil.example", "I am in Cc.").answering(&more(3).write());
    world.deliver(&from_cc.write());
    world.settle().await;

    let case = world.case(1);
    assert_eq!((case.quarantined, case.replies), (3, 1));
    assert_eq!(case.clocks, before);
    assert_eq!(world.mails(FateWord::Quarantined).len(), 3);
    assert_eq!(world.sent_to("mallory@evil.example").len(), 0);
    assert_eq!(world.sent_to(RENA).len(), 1);
    let unverified = world.comments(1).iter().filter(|comment| comment.contains("UNVERIFIED")).count();
    assert_eq!(unverified, 3);
    world.nothing_is_left_over();
}

/// MAIL 5: "1-3 disagree -> new case and an alarm".
#[tokio::test]
async fn a_mail_that_names_two_cases_gets_its_own_and_an_alarm() {
    let (mut world, receipt) = reported().await;
    world.deliver(&nth_report(2, RENA).write());
    world.settle().await;
    let mut torn = more(1).answering(&receipt);
    "Re: [SIR-2026-0002] We have your message".clone_into(&mut torn.subject);
    world.deliver(&torn.write());
    world.settle().await;

    assert_eq!(world.cases().len(), 3);
    assert_eq!(world.case(1).replies + world.case(2).replies, 0);
    let alarm = |mail: &&String| mail.contains("ALARM: a mail names two cases");
    assert_eq!(world.sent_to("alice@members.example").iter().filter(alarm).count(), 1);
    let body = world.issue(3).body;
    assert!(body.contains("name different cases"), "{body}");
    world.nothing_is_left_over();
}

/// MAIL 5: "The same Message-ID, sender and body hash within 7 days (list copy and direct copy) is a second copy: kept,
/// no effect."
#[tokio::test]
async fn the_copy_through_the_list_and_the_direct_copy_are_one_report() {
    let (mut world, _) = reported().await;
    let before = world.seen_outside();
    let mut copy = Mail::report()
        .auth(Auth::Silent)
        .with("Reply-To: Rena Porter <rena@reporter.example>")
        .with("List-Id: Security <security.lists.o3de.example>")
        .with("Received: from lists.o3de.example by mx.o3de.example; Mon, 23 Nov 2026 09:10:00 +0000");
    copy.from = Some("\"Rena Porter via Security\" <security@lists.o3de.example>".to_owned());
    "[Security] Heap overflow in Multiplayer".clone_into(&mut copy.subject);
    copy.text.push_str(
        "\n_______________________________________________\nSecurity mailing list\nsecurity@lists.o3de.example\n",
    );
    world.deliver(&copy.write());
    world.settle().await;

    assert_eq!(world.mails(FateWord::Copy).len(), 1);
    assert_eq!(world.seen_outside(), before);
    world.nothing_is_left_over();
}

/// MAIL 2: "a mail with no or a repeated Message-ID is still its own mail".
#[tokio::test]
async fn a_repeated_or_missing_message_id_hides_no_report() {
    let (mut world, _) = reported().await;
    let mut again = nth_report(2, RENA);
    again.id = Some("r1@reporter.example".to_owned());
    world.deliver(&again.write());
    let mut stranger = nth_report(3, "other@elsewhere.example");
    stranger.id = Some("r1@reporter.example".to_owned());
    world.deliver(&stranger.write());
    let mut without = nth_report(4, "plain@elsewhere.example");
    without.id = None;
    world.deliver(&without.write());
    let mut without_too = nth_report(5, "plain@elsewhere.example");
    without_too.id = None;
    world.deliver(&without_too.write());
    world.settle().await;

    assert_eq!(world.cases().len(), 5);
    assert_eq!(world.peers.hub.issues().len(), 5);
    assert_eq!(world.sent_to("plain@elsewhere.example").len(), 2);
    world.nothing_is_left_over();
}

/// MAIL 6: "Automatic mail never changes a state, never stops a clock, never commands."
#[tokio::test]
async fn an_out_of_office_answer_to_our_receipt_is_kept_and_alerts_nobody() {
    let (mut world, receipt) = reported().await;
    let away = more(1).answering(&receipt).with("Auto-Submitted: auto-replied");
    world.deliver(&away.write());
    let stray = Mail::new(
        "bot@away.example",
        "Automatic reply: hello",
        "ooo@away.example",
        "I am away until Monday.",
    );
    world.deliver(&stray.write());
    world.settle().await;

    assert_eq!(world.case(1).replies, 1);
    assert_eq!(world.comments(1).len(), 1);
    assert_eq!(world.sent_to("alice@members.example").len(), 1, "only the alert of the report");
    assert_eq!(world.mails(FateWord::Screened).len(), 1, "an automatic answer to nothing of ours");
    assert_eq!(world.sent_to(RENA).len(), 1, "machines do not answer machines");
    world.nothing_is_left_over();
}

/// MAIL 5: "Our own mail come back is recognized by its own Message-ID field being in `sent`". Rule Z: a stranger who
/// copies that field must not vanish.
#[tokio::test]
async fn our_own_mail_come_back_is_recognized_and_a_stranger_under_our_id_is_not() {
    let (mut world, receipt) = reported().await;
    world.deliver(&receipt);
    let mut thief = nth_report(2, "thief@evil.example");
    thief.id = Some(field(&receipt, "Message-ID").unwrap().trim_matches(['<', '>']).to_owned());
    world.deliver(&thief.write());
    world.settle().await;

    assert_eq!(world.mails(FateWord::Own).len(), 1);
    assert_eq!(world.cases().len(), 2, "the stranger's report is a report");
    assert_eq!(world.sent_to("thief@evil.example").len(), 1);
    world.nothing_is_left_over();
}

/// RFC: "acknowledge the receipt of the issue within 3 working days". MAIL 5: "Authenticated -> the clock it answers
/// stops."
#[tokio::test]
async fn a_members_own_answer_with_the_list_in_cc_stops_the_clock() {
    let (mut world, receipt) = reported().await;
    world.deliver(&answer(&receipt).write());
    world.settle().await;

    let case = world.case(1);
    assert!(!case.runs(ClockKind::Acknowledge), "{:?}", case.clocks);
    assert!(case.runs(ClockKind::Owner), "answering is not owning");
    assert!(world.comments(1)[0].contains("Alice Arden answered the reporter"));
    let issue = world.issue(1);
    assert!(issue.body.contains("acknowledged by Alice Arden"), "{}", issue.body);
    assert!(!issue.labels.contains("needs/acknowledgement"));
    assert_eq!(world.sent_to(RENA).len(), 1, "we do not forward it");
    world.nothing_is_left_over();
}

/// MAIL 5: it counts as an answer only when "To/Cc holds the case's reporter, it replies to a mail of the case, is not
/// automatic, and has new words".
#[tokio::test]
async fn what_a_member_writes_to_the_list_alone_or_without_words_is_no_answer() {
    let (mut world, receipt) = reported().await;
    let note = answer(&receipt).to(LIST);
    let mut empty = answer(&receipt);
    empty.id = Some("answer2@members.example".to_owned());
    "On Mon, 23 Nov 2026 at 09:00, Rena Porter <rena@reporter.example> wrote:\n> I found a heap overflow"
        .clone_into(&mut empty.text);
    let mut away = answer(&receipt).with("Auto-Submitted: auto-replied");
    away.id = Some("answer3@members.example".to_owned());
    for (what, mail) in [("not to the reporter", note), ("without words", empty), ("automatic", away)] {
        world.deliver(&mail.write());
        world.settle().await;
        assert!(world.case(1).runs(ClockKind::Acknowledge), "{what}: {}", world.comments(1).pop().unwrap());
        assert_eq!(world.case(1).answer, None, "{what}");
    }
    assert_eq!(world.comments(1).len(), 3);
    world.nothing_is_left_over();
}

/// MAIL 5: "Not (the usual case through a list) -> the clock shows `answered by alice (unverified)`, alice's roster
/// address gets one question, an operator confirms".
#[tokio::test]
async fn an_unverified_answer_is_shown_asked_about_once_and_confirmed_by_an_operator() {
    let (mut world, receipt) = reported().await;
    world.deliver(&answer(&receipt).auth(Auth::Silent).write());
    world.settle().await;
    let mut second = answer(&receipt).auth(Auth::Silent);
    second.id = Some("answer2@members.example".to_owned());
    second.text.push_str("\nOne more thing.");
    world.deliver(&second.write());
    world.settle().await;

    assert!(world.case(1).runs(ClockKind::Acknowledge));
    assert!(world.issue(1).body.contains("answered by Alice Arden (unverified)"), "{}", world.issue(1).body);
    let questions = |world: &World| {
        let asks = |mail: &&String| mail.contains("did you answer the reporter?");
        world.sent_to("alice@members.example").iter().filter(asks).count()
    };
    assert_eq!(questions(&world), 1);
    assert!(world.sent_to("bob@members.example").iter().all(|mail| !mail.contains("did you answer")));

    let act = Act::Answered { member: MemberKey("alice".to_owned()) };
    world.order(Order::Case { case: FIRST, act }).await;
    assert!(!world.case(1).runs(ClockKind::Acknowledge));
    assert!(world.issue(1).body.contains("acknowledged by Alice Arden"), "{}", world.issue(1).body);
    assert_eq!(questions(&world), 1);
    world.nothing_is_left_over();
}

/// MAIL 5: "escalation beyond the owner waits one working day, then goes on".
#[tokio::test]
async fn an_unverified_answer_holds_the_escalation_for_one_working_day() {
    let (mut world, receipt) = reported().await;
    world.order(Order::Case { case: FIRST, act: Act::Own { member: MemberKey("bob".to_owned()) } }).await;
    world.deliver(&answer(&receipt).auth(Auth::Silent).write());
    world.settle().await;
    let overdue = |world: &World, who: &str| {
        world.sent_to(who).iter().filter(|mail| mail.contains("OVERDUE: acknowledge")).count()
    };

    world.at("2026-11-26T09:00:00Z");
    world.settle_within(1).await;
    assert_eq!(overdue(&world, "bob@members.example"), 1, "the owner is told in time");
    assert_eq!(overdue(&world, "carol@chairs.example"), 0, "the chair waits");

    world.at("2026-11-27T09:00:00Z");
    world.settle_within(1).await;
    assert_eq!(overdue(&world, "carol@chairs.example"), 1, "then it goes on");
    world.pass(24 * 7);
    world.settle_within(1).await;
    assert_eq!(overdue(&world, "carol@chairs.example"), 1, "and each level once");
    world.nothing_is_left_over();
}

/// MAIL 6: "a DSN matched to a letter of ours (id and recipient equal) marks 'delivery failed' and re-opens the clock
/// that the letter had stopped".
#[tokio::test]
async fn a_bounce_of_the_receipt_marks_the_case_and_reopens_the_clock_that_an_answer_had_stopped() {
    let (mut world, receipt) = reported().await;
    world.deliver(&answer(&receipt).write());
    world.settle().await;
    assert!(!world.case(1).runs(ClockKind::Acknowledge));

    world.deliver(&bounce(&receipt, RENA, "failed", "5.1.1").write());
    world.settle().await;
    let case = world.case(1);
    assert!(case.delivery_failed.is_some() && case.runs(ClockKind::Acknowledge));
    let issue = world.issue(1);
    assert!(issue.body.contains("Delivery failed") && issue.labels.contains("mail/delivery-failed"));
    assert!(issue.labels.contains("needs/acknowledgement"));
    let told = |mail: &String| mail.contains("delivery failed");
    assert!(world.sent_to("alice@members.example").iter().any(told));
    assert_eq!(world.mails(FateWord::Delivery).len(), 1);
    assert_eq!(world.sent_to("mailer-daemon@reporter.example").len(), 0);
    world.nothing_is_left_over();
}

/// RFC 3464 section 2.3.3: "delayed" is no failure.
#[tokio::test]
async fn a_delayed_letter_is_noted_and_changes_nothing() {
    let (mut world, receipt) = reported().await;
    world.deliver(&answer(&receipt).write());
    world.deliver(&bounce(&receipt, RENA, "delayed", "4.4.1").write());
    world.settle().await;

    let case = world.case(1);
    assert!(case.delivery_failed.is_none() && !case.runs(ClockKind::Acknowledge));
    let comment = world.comments(1).pop().unwrap();
    assert!(!comment.contains("Delivery failed"), "a late letter has not failed: {comment}");
    assert_eq!(world.mails(FateWord::Delivery).len(), 1);
    world.nothing_is_left_over();
}

/// MAIL 6: the one exception is a DSN whose id *and* recipient are ours; whatever else looks like one steers nothing.
#[tokio::test]
async fn foreign_and_spoofed_bounces_do_nothing_to_a_case() {
    let (mut world, receipt) = reported().await;
    world.deliver(&answer(&receipt).write());
    world.settle().await;
    let before = world.case(1);
    let foreign = bounce("Message-ID: <x@elsewhere.example>\n\n", RENA, "failed", "5.1.1");
    world.deliver(&foreign.write());
    let mut other_recipient = bounce(&receipt, "somebody@else.example", "failed", "5.1.1");
    other_recipient.id = Some("dsn2@reporter.example".to_owned());
    world.deliver(&other_recipient.write());
    let mut without_id = bounce("Message-ID: <>\n\n", RENA, "failed", "5.1.1");
    without_id.id = Some("dsn3@reporter.example".to_owned());
    "[SIR-2026-0001] Undelivered".clone_into(&mut without_id.subject);
    world.deliver(&without_id.write());
    world.settle().await;

    let case = world.case(1);
    assert_eq!((&case.clocks, case.delivery_failed), (&before.clocks, None));
    assert!(world.mails(FateWord::Screened).len() >= 2, "shown to members in the digest");
    assert_eq!(world.mails(FateWord::Delivery).len(), 0);
    world.nothing_is_left_over();
}

/// MAIL 5: held mail and clocks: a reply that a list held for days is taken when it comes, and the case is the same.
#[tokio::test]
async fn a_reply_after_a_restart_and_a_week_still_finds_its_case() {
    let (mut world, receipt) = reported().await;
    world.kill();
    world.clock.set(world.now() + SignedDuration::from_hours(24 * 8));
    world.deliver(&more(1).answering(&receipt).write());
    world.settle_within(2).await;
    assert_eq!(world.cases().len(), 1);
    assert_eq!(world.case(1).replies, 1);
    world.nothing_is_left_over();
}
