//! People, programs and servers that want a report lost, hidden, done twice or told to others: none of them gets it.

use sir_intake::case::order::Order;
use sir_intake::case::{ClockKind, Receipt, Withheld};
use sir_intake::store::{EffectState, FateWord};

use super::intake::nth_report;
use super::post::{Auth, LIST, Mail, OVERFLOW, RENA, bounce, field};
use super::thread::{answer, more, reported};
use crate::world::World;

const HTML: &str = "<html><body><p>The <b>Multiplayer</b> gem of O3DE 25.05.1 has a heap overflow: a remote attacker can \
    run code on the server by one NetBind packet of 70000 bytes, because the length in the packet is never compared \
    with the size of the buffer that was made for the connection when it was opened.</p></body></html>";
const FOOTER: &str =
    "_______________________________________________\nSecurity mailing list\nsecurity@lists.o3de.example";

/// The mail as our list hands it on.
fn through_the_list(mut mail: Mail) -> Mail {
    let writer = mail.from.replace("\"Rena Porter via Security\" <security@lists.o3de.example>".to_owned());
    mail.auth(Auth::Silent)
        .with(&format!("Reply-To: {}", writer.unwrap()))
        .with("List-Id: Security <security.lists.o3de.example>")
        .with("Received: from lists.o3de.example by mx.o3de.example; Mon, 23 Nov 2026 08:59:57 +0000")
}

/// MAIL 5: "Our list may rewrite From, add a footer": some lists add it to an HTML mail as a plain part of its own.
#[tokio::test]
async fn the_footer_of_a_list_is_not_taken_for_the_report() {
    let mut world = World::new().await;
    let mut report = through_the_list(Mail::report()).kind("multipart/mixed; boundary=x");
    report.text = format!(
        "--x\nContent-Type: text/html; charset=utf-8\n\n{HTML}\n--x\nContent-Type: text/plain\nContent-Disposition: \
         inline\n\n{FOOTER}\n--x--"
    );
    world.deliver(&report.write());
    world.settle().await;

    let body = world.issue(1).body;
    assert!(body.contains("a remote attacker can"), "{body}");
    assert_eq!(world.sent_to(RENA).len(), 1);
    world.nothing_is_left_over();
}

/// "Losing a reporter's words is the costly error": the plain part of some programs only says that there is another one.
#[tokio::test]
async fn a_plain_part_that_points_to_the_html_does_not_stand_for_it() {
    let mut world = World::new().await;
    let mut report = Mail::report().kind("multipart/alternative; boundary=x");
    "Hello".clone_into(&mut report.subject);
    report.text = format!(
        "--x\nContent-Type: text/plain\n\nPlease use a mail program that shows HTML.\n--x\nContent-Type: text/html\n\n{HTML}\n--x--"
    );
    world.deliver(&report.write());
    world.settle().await;

    let body = world.issue(1).body;
    assert!(body.contains("a remote attacker can") && body.contains("Please use a mail program"), "{body}");
    world.nothing_is_left_over();
}

/// The same: a writer draws lines of their own, and speaks of mailing lists.
#[tokio::test]
async fn only_the_lists_own_footer_is_taken_off() {
    let mut world = World::new().await;
    let mut report = through_the_list(Mail::report());
    report.text.push_str(&format!(
        "\n----------------\nCredit: Rena, security@porter.example, and no word to a mailing list please.\n\n{FOOTER}\n"
    ));
    world.deliver(&report.write());
    let mut plain = through_the_list(nth_report(2, "Two <two@reporter.example>"));
    plain.text.push_str("\n----------------\nUnsubscribe me from security@porter.example, my last firm.\n");
    world.deliver(&plain.write());
    world.settle().await;

    let body = world.issue(1).body;
    assert!(body.contains("Credit: Rena") && !body.contains("Security mailing list"), "{body}");
    assert!(world.issue(2).body.contains("my last firm"));
    world.nothing_is_left_over();
}

/// MAIL 2: RFC822.SIZE is what a server tells, and some only estimate it.
#[tokio::test]
async fn a_server_that_overstates_sizes_takes_no_words_away() {
    let mut world = World::new().await;
    world.peers.imapd.faults().overstate_sizes(500);
    world.deliver(&Mail::report().write());
    world.settle().await;

    let body = world.issue(1).body;
    assert!(body.contains("NetBind packet") && !body.contains("Header only"), "{body}");
    assert!(matches!(world.case(1).receipt, Receipt::Sent(_)));
    world.nothing_is_left_over();
}

/// MAIL 2: "every UID the server shows is held, or an alarm": an empty answer holds nothing.
#[tokio::test]
async fn a_mail_that_the_server_shows_empty_is_asked_for_again() {
    let mut world = World::new().await;
    world.peers.imapd.faults().blank_mails(2);
    world.deliver(&Mail::report().write());
    world.settle().await;
    assert_eq!(world.cases().len(), 0);
    for _ in 0..3 {
        world.pass(1);
        world.settle().await;
    }

    assert_eq!(world.cases().len(), 1);
    assert!(world.issue(1).body.contains("NetBind packet"));
    world.nothing_is_left_over();
}

fn with_file(id: &str, words: &str, file: &str) -> Mail {
    let mut mail = Mail::new(RENA, "Report", id, "").kind("multipart/mixed; boundary=x");
    mail.text = format!(
        "--x\nContent-Type: text/plain\n\n{words}\n--x\nContent-Type: application/octet-stream\nContent-Disposition: \
         attachment; filename=poc.bin\n\n{file}\n--x--"
    );
    mail
}

/// MAIL 2: "a mail with no or a repeated Message-ID is still its own mail": what it brings counts, not only its text.
#[tokio::test]
async fn a_repeated_message_id_hides_no_other_file_and_no_mail_without_words() {
    let mut world = World::new().await;
    let words = "The PoC for the heap overflow in O3DE is attached.";
    world.deliver(&with_file("same@reporter.example", words, "first").write());
    world.deliver(&with_file("same@reporter.example", words, "second").write());
    for subject in ["Crash in the O3DE editor: overflow", "Another crash in the O3DE asset processor"] {
        world.deliver(&Mail::new(RENA, subject, "blank@reporter.example", "").write());
    }
    world.settle().await;

    assert_eq!(world.mails(FateWord::Copy).len(), 0);
    assert_eq!(world.cases().len(), 4);
    world.nothing_is_left_over();
}

/// Rule Z: what made the first copy be set aside (a header that anybody can write, a person's mistake) hides no second.
#[tokio::test]
async fn a_copy_of_what_was_set_aside_is_not_set_aside_with_it() {
    let mut world = World::new().await;
    let words = "Dear team, whom may I write about something that I noticed?";
    let mail = Mail::new(RENA, "A question", "q1@reporter.example", words);
    world.deliver(&mail.clone().with("List-Id: <other.example>").write());
    world.settle().await;
    assert_eq!(world.mails(FateWord::Screened).len(), 1);
    world.deliver(&mail.write());
    world.settle().await;

    assert_eq!(world.mails(FateWord::Copy).len(), 0);
    assert_eq!(world.mails(FateWord::Waiting).len(), 1, "members are told, and it becomes a case");
    world.nothing_is_left_over();
}

/// MAIL 2: "beyond 20 new cases an hour is stored and waits": also what names two cases in its subject.
#[tokio::test]
async fn two_case_numbers_in_a_subject_open_no_door_for_a_flood() {
    let (mut world, _) = reported().await;
    world.deliver(&nth_report(2, "two@other.example").write());
    world.settle().await;
    for n in 3..=40 {
        let mut flood = nth_report(n, &format!("p{n}@evil{n}.example"));
        flood.subject = format!("[SIR-2026-0001] [SIR-2026-0002] {n}");
        world.deliver(&flood.write());
    }
    world.settle().await;

    assert_eq!(world.cases().len(), 20);
    assert_eq!(world.mails(FateWord::Waiting).len(), 20, "none is lost");
    world.nothing_is_left_over();
}

/// MAIL 6: receipts go "only to an address that did not *fail* authentication": whoever plays our list cannot choose whom
/// we write to.
#[tokio::test]
async fn a_forged_list_sends_no_receipt_to_a_victim() {
    let mut world = World::new().await;
    let forged = through_the_list(nth_report(1, "Victim <victim@bank.example>")).auth(Auth::Fail);
    world.deliver(&forged.write());
    let mut elsewhere = nth_report(2, "mallory@evil.example")
        .with("Reply-To: victim@bank.example")
        .with("X-Original-From: victim@bank.example");
    elsewhere.return_path = "<victim@bank.example>".to_owned();
    world.deliver(&elsewhere.write());
    world.settle().await;

    assert_eq!(world.case(1).receipt, Receipt::Withheld(Withheld::AuthenticationFailed));
    assert_eq!(world.sent_to("victim@bank.example").len(), 0);
    assert_eq!(world.sent_to("mallory@evil.example").len(), 1, "From, and nothing else");
    world.nothing_is_left_over();
}

/// Rule Z: our Message-ID is known to whoever got a letter of ours.
#[tokio::test]
async fn a_report_under_a_message_id_of_ours_is_a_case() {
    let (mut world, receipt) = reported().await;
    let ours = field(&receipt, "Message-ID").unwrap().trim_matches(['<', '>']).to_owned();
    let mut nobody = nth_report(2, "x@y.example");
    (nobody.from, nobody.id) = (None, Some(ours.clone()));
    world.deliver(&nobody.write());
    let mut other = nth_report(3, "someone@elsewhere.example");
    other.id = Some(ours.clone());
    world.deliver(&other.write());
    let mut with_file = with_file(&ours, OVERFLOW, "proof");
    with_file.from = Some(LIST.to_owned());
    world.deliver(&with_file.write());
    world.settle().await;

    assert_eq!(world.mails(FateWord::Own).len(), 0);
    assert_eq!(world.cases().len(), 4);
    world.nothing_is_left_over();
}

/// MAIL 5: "own addresses are never a recipient of a letter", however they are written.
#[tokio::test]
async fn no_letter_goes_to_our_own_list_by_another_spelling() {
    let mut world = World::new().await;
    let own = ["security+x@lists.o3de.example", "Security@LISTS.o3de.example", "sir-bot+y@o3de.example"];
    for (n, from) in own.into_iter().enumerate() {
        world.deliver(&nth_report(n, from).write());
    }
    world.settle().await;

    assert_eq!(world.cases().len(), 3);
    assert!(world.cases().iter().all(|case| matches!(case.receipt, Receipt::Withheld(_))));
    assert!(own.iter().all(|own| world.sent_to(own).is_empty()));
    world.nothing_is_left_over();
}

/// MAIL 2: "by itself a case after one working day", also when a server's clock lies years ahead.
#[tokio::test]
async fn a_mail_from_the_future_waits_no_longer_than_others() {
    let mut world = World::new().await;
    let mut mail = nth_report(1, "p@one.example");
    "Dear team, whom may I write about something that I noticed?".clone_into(&mut mail.text);
    "A question".clone_into(&mut mail.subject);
    let raw = mail.write().replace('\n', "\r\n").into_bytes();
    world.peers.imapd.deliver("INBOX", raw, "2090-01-01T00:00:00Z".parse().unwrap());
    world.settle().await;
    assert_eq!(world.mails(FateWord::Waiting).len(), 1);

    world.pass(25);
    world.settle_within(1).await;
    assert_eq!(world.cases().len(), 1);
    assert!(world.case(1).acknowledge_by().unwrap() < "2026-12-01T00:00:00Z".parse().unwrap());
    world.nothing_is_left_over();
}

/// Rule Z: a delivery status notification hides no words of the reporter; nobody is told by the one it did not reach.
#[tokio::test]
async fn a_mail_of_the_reporter_in_the_form_of_a_bounce_is_read() {
    let (mut world, receipt) = reported().await;
    let mut disguised = bounce(&receipt, RENA, "failed", "5.1.1");
    disguised.from = Some(RENA.to_owned());
    disguised.text =
        disguised.text.replace("Your mail", "A second overflow is in NetworkInput.cpp; your mail");
    world.deliver(&disguised.write());
    world.settle().await;

    assert_eq!(world.mails(FateWord::Delivery).len(), 0);
    assert!(world.issue(2).body.contains("NetworkInput.cpp"), "{}", world.issue(2).body);
    assert_eq!(world.case(1).delivery_failed, None);
    world.nothing_is_left_over();
}

/// MAIL 5: "escalation beyond the owner waits one working day, then goes on": once, however many such mails come.
#[tokio::test]
async fn forged_answers_again_and_again_do_not_put_off_the_chairs_for_ever() {
    let (mut world, receipt) = reported().await;
    for n in 0..14 {
        let mut forged = answer(&receipt).auth(Auth::Silent);
        forged.id = Some(format!("forged{n}@members.example"));
        forged.text = format!("Thank you, number {n}.");
        world.deliver(&forged.write());
        world.settle().await;
        world.pass(12);
    }
    world.settle().await;

    assert!(world.case(1).runs(ClockKind::Acknowledge), "nothing forged stops it");
    let overdue = |mail: &String| mail.contains("OVERDUE") && mail.contains("answer");
    assert!(world.sent_to("carol@chairs.example").iter().any(overdue), "the chairs know");
    let asked =
        world.sent_to("alice@members.example").into_iter().filter(|mail| mail.contains("did you answer"));
    assert_eq!(asked.count(), 1, "one question, not fourteen");
    world.nothing_is_left_over();
}

/// MAIL 7: "exactly one From with one mailbox"; whoever the provider did not prove is shown as UNVERIFIED and steers
/// nothing.
#[tokio::test]
async fn a_forged_member_steers_nothing() {
    let (mut world, receipt) = reported().await;
    let forged_result = "Authentication-Results: mx.o3de.example; dmarc=pass header.from=members.example";
    let mut below = answer(&receipt).auth(Auth::Silent).with(forged_result);
    below.id = Some("f1@evil.example".to_owned());
    world.deliver(&below.write());
    let mut two = answer(&receipt).with("From: mallory@evil.example");
    two.id = Some("f2@evil.example".to_owned());
    world.deliver(&two.write());
    let mut both = answer(&receipt);
    both.id = Some("f3@evil.example".to_owned());
    both.from = Some("Alice <alice@members.example>, Mallory <mallory@evil.example>".to_owned());
    world.deliver(&both.write());
    let mut list = answer(&receipt).auth(Auth::Fail);
    list.id = Some("f4@evil.example".to_owned());
    world.deliver(&list.write());
    let mut note =
        Mail::new("alice@members.example", "[SIR-2026-0001]", "f5@evil.example", "Publish it today.");
    note.auth = Auth::Silent;
    world.deliver(&note.write());
    world.settle().await;

    let case = world.case(1);
    assert!(case.runs(ClockKind::Acknowledge) && case.runs(ClockKind::Owner));
    let comments = world.comments(1);
    assert_eq!(comments.len(), 5);
    for comment in comments {
        let word = comment.to_lowercase();
        assert!(word.contains("unverified") || word.contains("not verified"), "{comment}");
    }
    assert_eq!(world.sent_to("mallory@evil.example").len(), 0);
    world.nothing_is_left_over();
}

/// MAIL 6: "3 a sender a day": a machine that answers each receipt as if it were a person, in a new thread each time.
#[tokio::test]
async fn two_machines_that_answer_each_other_come_to_rest() {
    let mut world = World::new().await;
    world.deliver(&nth_report(0, "desk@vendor.example").write());
    world.settle().await;
    let mut answered = 0;
    for _ in 0..10 {
        let receipts = world.sent_to("desk@vendor.example").len();
        if receipts == answered {
            break;
        }
        answered = receipts;
        let mut reply = nth_report(receipts, "desk@vendor.example");
        reply.subject = format!("Your security report got the number {receipts}");
        world.deliver(&reply.write());
        world.settle().await;
    }
    assert_eq!(answered, 3);
    assert_eq!(world.cases().len(), 4);
    world.nothing_is_left_over();
}

/// MAIL 2: "one mail never stops the service": whatever stands in its header.
#[tokio::test]
async fn strange_values_stop_nobody_and_the_next_mail_is_served() {
    let (mut world, _) = reported().await;
    let ids: String = (0..100_000).map(|n| format!("<{n}@x.example>\n ")).collect();
    let mut strange: Vec<Mail> = (2..14).map(|n| nth_report(n, &format!("p{n}@h{n}.example"))).collect();
    strange[0].references = Some(ids.clone());
    strange[1].in_reply_to = Some(ids);
    strange[2].id = Some(format!("{}@x.example", "m".repeat(5_000)));
    strange[3].subject =
        "[SIR-9999-999999999] [SIR-0000-0001] [SIR-2026-99999999999999] \0 \u{7f}".to_owned();
    strange[4].date = "Fri, 31 Dec 9998 23:59:60 -2359".to_owned();
    strange[5].from = Some("\"a\0b\r\n\u{202e}\" <nul@h.example>".to_owned());
    strange[6].from = Some(format!("{} <long@h.example>", "x".repeat(200_000)));
    strange[7].from = Some(format!("{}@{}.example", "l".repeat(64), "d".repeat(63)));
    strange[8].text.push_str(&"SIRC-AAAA-".repeat(100_000));
    strange[9].to = (0..5_000).map(|n| format!("v{n}@h.example,\n ")).collect::<String>() + LIST;
    strange[10].text.push_str("\nCVSS:9.9/AV:N\nCWE-99999999999999999999\nCVE-2026-99999999999999999999\nversion 4294967296.4294967296.1\ndeadline 31.12.99999\n");
    strange[11].from = Some("\u{212a}@h.example".to_owned());
    for mail in &strange {
        world.deliver(&mail.write());
    }
    for at in ["1970-01-01T00:00:00Z", "2300-01-01T00:00:00Z", "9990-12-31T23:59:59Z"] {
        let mail = nth_report(at.len() + usize::from(at.as_bytes()[0]), &format!("t@{}.example", &at[..4]));
        let raw = mail.write().replace('\n', "\r\n").into_bytes();
        world.peers.imapd.deliver("INBOX", raw, at.parse().unwrap());
    }
    world.deliver(&nth_report(99, "last@h.example").write());
    world.settle_within(1).await;

    assert_eq!(world.deaths, 0);
    assert_eq!(world.cases().len(), 1 + strange.len() + 4);
    assert_eq!(world.mails(FateWord::Parked).len(), 0);
    assert_eq!(world.sent_to("last@h.example").len(), 1);
    assert!(world.effects_in(EffectState::Parked).is_empty(), "{:?}", world.effects_in(EffectState::Parked));
}

/// DESIGN: "never do anything outside twice": an operator who orders the same again and again.
#[tokio::test]
async fn orders_that_are_repeated_do_nothing_twice() {
    let (mut world, receipt) = reported().await;
    let stranger = Mail::new("m@evil.example", "[SIR-2026-0001] x", "s1@evil.example", OVERFLOW);
    world.deliver(&stranger.write());
    world.deliver(&more(1).answering(&receipt).write());
    world.settle().await;
    let mail = world.mails(FateWord::Quarantined)[0].id;
    for _ in 0..3 {
        world.order(Order::OpenMail { mail }).await;
    }
    world.settle_within(1).await;
    assert_eq!(world.cases().len(), 2);
    let before = world.seen_outside();
    for effect in 1..30 {
        let effect = sir_intake::case::EffectId(effect);
        world.order(Order::RetryEffect { effect }).await;
        world.order(Order::MarkSent { effect }).await;
    }
    world.settle_within(1).await;
    assert_eq!(world.seen_outside(), before);
    world.nothing_is_left_over();
}

/// Every mail ends as "screened with a reason that members see in the digest": also when mail does not leave for days, and
/// when it was read late.
#[tokio::test]
async fn what_is_set_aside_is_listed_in_exactly_one_digest() {
    let mut world = World::new().await;
    let aside = |n: u32| {
        let words = "Dear team, whom may I write about something that I noticed?";
        let mail = Mail::new(&format!("p{n}@h{n}.example"), "A question", &format!("q{n}@h.example"), words);
        mail.with("Auto-Submitted: auto-generated").write()
    };
    world.deliver(&aside(1));
    world.settle().await;
    world.peers.smtpd.faults().refuse_connections(100_000);
    world.at("2026-11-24T08:00:00Z");
    world.settle().await;
    world.deliver(&aside(2));
    world.settle().await;
    world.at("2026-11-25T08:00:00Z");
    world.settle().await;
    world.peers.smtpd.faults().clear();
    // This one is on the disk when the next digest is made, and nobody has read it yet.
    world.deliver(&aside(3));
    world.dies_when(sir_intake::outside::Point::AfterCommit("intake"));
    world.at("2026-11-25T08:30:00Z");
    world.settle_within(2).await;
    world.at("2026-11-26T08:00:00Z");
    world.settle_within(2).await;

    let mails = world.sent_to("alice@members.example");
    let digests: Vec<&String> = mails.iter().filter(|mail| mail.contains("digest")).collect();
    for n in 1..=3 {
        let lists = digests.iter().filter(|mail| mail.contains(&format!("p{n}@h{n}.example"))).count();
        assert_eq!(lists, 1, "{n}: {digests:?}");
    }
    world.nothing_is_left_over();
}

/// MAIL 5: "a second copy: kept, no effect": a copy in the junk folder holds back no copy in the inbox.
#[tokio::test]
async fn a_copy_in_the_junk_folder_holds_back_no_report() {
    let mut world = World::new().await;
    world.deliver_raw("Junk", Mail::report().write().replace('\n', "\r\n").into_bytes());
    world.settle().await;
    assert_eq!(world.mails(FateWord::Waiting).len(), 1);
    world.deliver(&through_the_list(Mail::report()).write());
    world.settle().await;
    assert_eq!((world.cases().len(), world.sent_to(RENA).len()), (1, 1));

    world.pass(48);
    world.settle_within(1).await;
    assert_eq!(world.cases().len(), 1, "and the first copy begins no second case");
    world.nothing_is_left_over();
}

/// A member whose address is dead is told nothing by mail; the others must hear of it.
#[tokio::test]
async fn a_notice_to_a_member_that_comes_back_is_in_the_digest() {
    let (mut world, _) = reported().await;
    let notice = world.sent_to("bob@members.example").remove(0);
    world.deliver(&bounce(&notice, "bob@members.example", "failed", "5.1.1").write());
    world.settle().await;
    world.at("2026-11-24T08:00:00Z");
    world.settle().await;

    let mails = world.sent_to("alice@members.example");
    assert!(mails.iter().any(|mail| mail.contains("a notice to a member came back")), "{mails:?}");
    assert_eq!(world.case(1).delivery_failed, None);
    world.nothing_is_left_over();
}

/// DESIGN: "a limit on everything"; a flood on one case does not keep the issue of a new report waiting.
#[tokio::test]
async fn a_flood_of_mails_on_a_case_lets_a_new_report_pass() {
    let mut world = World::new().await;
    world.deliver(&nth_report(1, "rena@reporter.example").write());
    world.settle().await;
    world.order(Order::Pause).await;
    for number in 0..20 {
        let mut noise = Mail::report();
        noise.subject = "Re: [SIR-2026-0001]".to_owned();
        noise.text = format!("Noise number {number}.");
        noise.id = Some(format!("noise-{number}@reporter.example"));
        world.deliver(&noise.write());
    }
    world.deliver(&nth_report(2, "omar@reporter.example").write());
    world.settle().await;
    let before = world.peers.hub.requests().len();
    world.order(Order::Resume).await;
    world.settle().await;

    let requests = world.peers.hub.requests();
    let posts: Vec<&str> = requests
        .iter()
        .skip(before)
        .filter(|met| met.method == "POST")
        .map(|met| met.path.as_str())
        .collect();
    assert!(posts.first().is_some_and(|path| path.ends_with("/issues")), "{posts:?}");
    assert!(posts.iter().filter(|path| path.ends_with("/comments")).count() >= 20);
    world.nothing_is_left_over();
}
