//! A mail to the list becomes a case, a private issue and a receipt.

use jiff::SignedDuration;
use sir_intake::case::order::Order;
use sir_intake::case::{Receipt, Sha256, Withheld};
use sir_intake::outside::Point;
use sir_intake::practice::loopback::{ROSTER, Settings};
use sir_intake::store::FateWord;

use super::post::{Auth, LIST, Mail, OVERFLOW, RENA, field, text};
use crate::world::World;

/// The n-th of many different reports, each from its own house.
pub fn nth_report(n: usize, from: &str) -> Mail {
    Mail::new(
        from,
        &format!("Crash {n}"),
        &format!("n{n}@reporter.example"),
        &format!("{OVERFLOW}\nCase {n}.\n"),
    )
}

/// RFC: "automate report->GitHub issue creation so triage queue is automatically populated"
/// RFC: "SIR Team will receive vulnerability reports sent to security@o3de.org and handle triage."
/// RFC: "Triage owner should open new GitHub Issue (GHI) in SIG-Security-reports private repository", "we thank all
/// reporters for raising the issue".
#[tokio::test]
async fn a_report_becomes_a_case_an_issue_a_receipt_and_alerts() {
    let mut world = World::new().await;
    world.deliver(&Mail::report().write());
    world.settle().await;

    let case = world.case(1);
    assert_eq!(case.issue.map(|(_, number)| number), Some(1));
    assert!(matches!(case.receipt, Receipt::Sent(_)));
    assert_eq!(world.sent_to(RENA).len(), 1);
    assert_eq!(world.sent_to("alice@members.example").len(), 1);
    assert_eq!(world.sent_to("bob@members.example").len(), 1);
    assert_eq!(world.sent_to("carol@chairs.example").len(), 0, "a chair is told when nobody takes the case");
    assert_eq!(world.peers.discord.messages().len(), 1);
    let issue = world.issue(1);
    assert_eq!(issue.title, "SIR-2026-0001: report received", "titles travel: no word of the report");
    assert!(issue.body.contains("heap overflow in the Multiplayer gem"), "{}", issue.body);
    assert!(issue.labels.contains("needs/owner") && issue.labels.contains("needs/acknowledgement"));
    world.nothing_is_left_over();
}

/// MAIL 6: "own fixed subject with the tag, fixed text, no word of the report, no name"; "Ours carry Auto-Submitted:
/// auto-replied, X-Auto-Response-Suppress: All, In-Reply-To + References".
#[tokio::test]
async fn the_receipt_is_in_the_reporters_thread_and_says_no_word_of_the_report() {
    let mut world = World::new().await;
    let mut report = Mail::report();
    report.references = Some("<older@reporter.example>".to_owned());
    world.deliver(&report.write());
    world.settle().await;

    let receipt = world.sent_to(RENA).remove(0);
    assert_eq!(field(&receipt, "Subject").as_deref(), Some("We have your message [SIR-2026-0001]"));
    assert_eq!(field(&receipt, "In-Reply-To").as_deref(), Some("<r1@reporter.example>"));
    assert_eq!(
        field(&receipt, "References").as_deref(),
        Some("<older@reporter.example> <r1@reporter.example>")
    );
    assert_eq!(field(&receipt, "Auto-Submitted").as_deref(), Some("auto-replied"));
    assert_eq!(field(&receipt, "X-Auto-Response-Suppress").as_deref(), Some("All"));
    assert_eq!(field(&receipt, "From").as_deref(), Some(LIST));
    assert_eq!(field(&receipt, "To").as_deref(), Some(RENA));
    assert!(field(&receipt, "Cc").is_none());
    for word in ["Rena", "Porter", "overflow", "Multiplayer", "NetBind"] {
        assert!(!receipt.contains(word), "{word}: {receipt}");
    }
    assert!(text(&receipt).lines().all(|line| line.chars().count() <= 72));
    world.nothing_is_left_over();
}

/// MAIL 4: "HTML becomes text; nothing remote is loaded".
#[tokio::test]
async fn a_report_in_html_alone_is_read_as_text() {
    let mut world = World::new().await;
    let mut report = Mail::report().kind("text/html; charset=utf-8");
    report.text =
        "<html><head><style>p{color:red}</style></head><body><p>The <b>Multiplayer</b> gem of O3DE \
                   25.05.1 has a heap overflow: a remote attacker can run code.</p>\
                   <img src=\"http://tracker.example/pixel.gif\"></body></html>"
            .to_owned();
    world.deliver(&report.write());
    world.settle().await;

    let body = world.issue(1).body;
    assert!(body.contains("gem of O3DE") && body.contains("a remote attacker can run code"), "{body}");
    assert!(!body.contains("<p>") && !body.contains("color:red"), "{body}");
    assert_eq!(world.sent_to(RENA).len(), 1);
    world.nothing_is_left_over();
}

/// MAIL 4: "Attachments are never executed, unpacked, rendered or written under their own name: stored by SHA-256; the
/// name is display data".
#[tokio::test]
async fn attachments_are_listed_on_the_issue_and_withheld() {
    let mut world = World::new().await;
    let mut report = Mail::report().kind("multipart/mixed; boundary=x");
    report.text = format!(
        "--x\nContent-Type: text/plain\n\n{OVERFLOW}\n--x\nContent-Type: application/x-python\nContent-Disposition: \
         attachment; filename*=utf-8''poc%E2%80%AEyp.exe\nContent-Transfer-Encoding: base64\n\nUFJPT0YtQllURVM=\n--x--"
    );
    world.deliver(&report.write());
    world.settle().await;

    let body = world.issue(1).body;
    assert!(body.contains("poc<U+202E>yp.exe") && body.contains("11"), "{body}");
    assert!(body.contains(&Sha256::of(b"PROOF-BYTES").to_string()), "{body}");
    assert!(body.to_lowercase().contains("withheld"), "{body}");
    assert!(!body.contains("PROOF-BYTES") && !body.contains("UFJPT0Y"), "{body}");
    world.nothing_is_left_over();
}

/// MAIL 5: "Our list may rewrite From, add a footer and a tag, hold a mail in moderation. Recover the sender from
/// Reply-To/X-Original-From only then; show Date against INTERNALDATE".
#[tokio::test]
async fn a_report_through_our_list_is_its_writers_and_shows_how_long_the_list_held_it() {
    let mut world = World::new().await;
    let mut report = Mail::report()
        .auth(Auth::Silent)
        .with("Reply-To: Rena Porter <rena@reporter.example>")
        .with("List-Id: Security <security.lists.o3de.example>")
        .with("Received: from lists.o3de.example by mx.o3de.example; Mon, 23 Nov 2026 08:59:57 +0000")
        .with("Precedence: list");
    report.from = Some("\"Rena Porter via Security\" <security@lists.o3de.example>".to_owned());
    report.date = "Mon, 23 Nov 2026 05:59:50 +0000".to_owned();
    world.deliver(&report.write());
    world.settle().await;

    assert_eq!(world.sent_to(RENA).len(), 1, "the receipt goes to the recovered sender");
    assert_eq!(world.sent_to(LIST).len(), 0, "own addresses are never a recipient");
    let body = world.issue(1).body;
    assert!(body.contains("Held 3h") && body.contains("by the list"), "{body}");
    assert!(body.contains("Our mailing list rewrote the sender"), "{body}");
    world.nothing_is_left_over();
}

/// Rule Z: "No forgeable header may make us lose, drop or hide a report; it may only withhold an effect".
#[tokio::test]
async fn a_report_without_a_usable_sender_is_a_case_without_a_receipt() {
    let mut world = World::new().await;
    let mut nobody = Mail::report();
    nobody.from = None;
    world.deliver(&nobody.write());
    let mut hidden = nth_report(2, "x@y.example");
    hidden.from = Some("undisclosed".to_owned());
    world.deliver(&hidden.write());
    let ours = nth_report(3, LIST);
    world.deliver(&ours.write());
    world.settle().await;

    let receipts: Vec<Receipt> = world.cases().iter().map(|case| case.receipt).collect();
    assert_eq!(receipts, [Receipt::Withheld(Withheld::NoAddress); 3]);
    assert_eq!(world.peers.hub.issues().len(), 3);
    let body = world.issue(1).body;
    assert!(body.to_lowercase().contains("no address that can be answered"), "{body}");
    assert!(world.sent_to("alice@members.example").iter().all(|mail| mail.contains("withheld:")));
    world.nothing_is_left_over();
}

/// MAIL 6: "own addresses are never a recipient of a letter"; a member who reports something knows that it arrived.
#[tokio::test]
async fn a_members_own_report_is_a_case_without_a_receipt() {
    let mut world = World::new().await;
    world.deliver(&nth_report(1, "Alice Arden <alice@members.example>").write());
    world.settle().await;

    assert_eq!(world.case(1).receipt, Receipt::Withheld(Withheld::OwnMember));
    assert_eq!(world.sent_to("alice@members.example").len(), 1, "the alert that every member gets");
    assert_eq!(world.peers.hub.issues().len(), 1);
    world.nothing_is_left_over();
}

/// MAIL 6: "Receipts: 1 a report, 3 a sender a day"; "A withheld receipt is never sent later".
#[tokio::test]
async fn a_sender_gets_three_receipts_a_day_and_the_fourth_never() {
    let mut world = World::new().await;
    for n in 1..=4 {
        world.deliver(&nth_report(n, RENA).write());
    }
    world.settle().await;
    assert_eq!(world.cases().len(), 4);
    assert_eq!(world.peers.hub.issues().len(), 4);
    assert_eq!(world.sent_to(RENA).len(), 3);
    assert_eq!(world.case(4).receipt, Receipt::Withheld(Withheld::SenderLimit));

    world.pass(25);
    world.deliver(&nth_report(5, RENA).write());
    world.settle_within(24).await;
    let subjects: Vec<String> =
        world.sent_to(RENA).iter().map(|mail| field(mail, "Subject").unwrap()).collect();
    assert_eq!(subjects.len(), 4);
    assert!(subjects[3].contains("SIR-2026-0005"), "{subjects:?}");
    world.nothing_is_left_over();
}

/// MAIL 6: "10 a domain an hour, 60 an hour over all" (Zendesk was used as a mail bomb in 2026).
#[tokio::test]
async fn receipts_are_limited_by_domain_and_by_hour() {
    let limits = "[receipts]\nper_domain_hour = 2\nper_hour = 4\n";
    let mut world = World::with(Settings { rest: format!("{ROSTER}{limits}"), ..Settings::default() }).await;
    for n in 1..=3 {
        world.deliver(&nth_report(n, &format!("p{n}@bombed.example")).write());
    }
    for n in 4..=6 {
        world.deliver(&nth_report(n, &format!("p{n}@house{n}.example")).write());
    }
    world.settle().await;

    let receipts: Vec<Receipt> = world.cases().iter().map(|case| case.receipt).collect();
    assert_eq!(receipts[2], Receipt::Withheld(Withheld::DomainLimit));
    assert_eq!(receipts[5], Receipt::Withheld(Withheld::TotalLimit));
    let sent = receipts.iter().filter(|receipt| matches!(receipt, Receipt::Sent(_))).count();
    assert_eq!(sent, 4);
    world.nothing_is_left_over();
}

/// MAIL 6: "Withhold the receipt, keep the report."
#[tokio::test]
async fn automatic_mail_with_signs_of_a_report_is_a_case_without_a_receipt() {
    let mut world = World::new().await;
    world.deliver(&Mail::report().with("Auto-Submitted: auto-generated").write());
    world.deliver(&nth_report(2, "scanner@tools.example").with("Precedence: bulk").write());
    world.deliver(&nth_report(3, "noreply@tools.example").write());
    world.deliver(&nth_report(4, "sue@quiet.example").with("X-Auto-Response-Suppress: All").write());
    world.deliver(&nth_report(5, "forged@bank.example").auth(Auth::Fail).write());
    world.settle().await;

    let receipts: Vec<Receipt> = world.cases().iter().map(|case| case.receipt).collect();
    let automatic = Receipt::Withheld(Withheld::Automatic);
    let forged = Receipt::Withheld(Withheld::AuthenticationFailed);
    assert_eq!(receipts, [automatic, automatic, automatic, automatic, forged]);
    assert!(world.issue(1).body.contains("Looks like automatic mail"));
    assert!(world.issue(5).body.contains("failed authentication"));
    world.nothing_is_left_over();
}

/// MAIL 9: "Without a key: case opened, raw kept, owner told 'encrypted, needs a key holder'".
#[tokio::test]
async fn an_encrypted_report_is_a_case_and_its_text_stays_off_the_issue() {
    let mut world = World::new().await;
    let mut report = Mail::report();
    "...".clone_into(&mut report.subject);
    report = report.kind("multipart/encrypted; protocol=\"application/pgp-encrypted\"; boundary=x");
    report.text = "--x\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n\n--x\nContent-Type: \
                   application/octet-stream\n\n-----BEGIN PGP MESSAGE-----\n\nhQEMA0secretcipher\n-----END PGP MESSAGE-----\n--x--"
        .to_owned();
    world.deliver(&report.write());
    world.settle().await;

    let issue = world.issue(1);
    assert!(issue.body.contains("needs a key holder") && issue.body.contains("Withheld from GitHub"));
    assert!(!issue.body.contains("secretcipher"));
    assert!(issue.labels.contains("needs/key-holder"), "{:?}", issue.labels);
    assert_eq!(world.sent_to(RENA).len(), 1);
    world.nothing_is_left_over();
}

/// MAIL 3: "scan the raw bytes for nesting before parsing: over 20 -> header-only way".
#[tokio::test]
async fn a_nesting_bomb_is_a_case_by_its_header_and_the_next_mail_is_served() {
    let mut world = World::new().await;
    let mut bomb = Mail::report().kind("message/rfc822");
    bomb.text = "Content-Type: message/rfc822\n\n".repeat(3_000) + "boom";
    world.deliver(&bomb.write());
    world.deliver(&nth_report(2, "next@other.example").write());
    world.settle().await;

    assert_eq!(world.case(1).receipt, Receipt::Withheld(Withheld::HeaderOnly));
    let issue = world.issue(1);
    assert!(
        issue.body.contains("Header only") && issue.labels.contains("mail/header-only"),
        "{}",
        issue.body
    );
    assert_eq!(world.sent_to("alice@members.example").len(), 2, "members are told of both");
    assert_eq!(world.sent_to("next@other.example").len(), 1);
    world.nothing_is_left_over();
}

/// MAIL 2.6: "At the third failed reading the mail goes the header-only way (case + raw kept + members told): one mail
/// never stops the service".
#[tokio::test]
async fn a_mail_whose_reading_kills_us_goes_the_header_only_way() {
    let mut world = World::new().await;
    world.deliver(&Mail::report().write());
    world.dies_when(Point::AfterCommit("reading"));
    world.settle().await;
    assert_eq!(world.deaths, 1, "one death is forgiven: the second reading is a full one");
    assert!(!world.issue(1).body.contains("Header only"));

    world.deliver(&nth_report(2, "poison@other.example").write());
    world.dies_often(Point::AfterCommit("reading"), 3);
    world.settle().await;
    assert_eq!(world.deaths, 4);
    let issue = world.issue(2);
    assert!(issue.body.contains("Header only") && !issue.body.contains("NetBind"), "{}", issue.body);
    assert_eq!(world.case(2).receipt, Receipt::Withheld(Withheld::HeaderOnly));
    world.nothing_is_left_over();
}

/// DESIGN: "Case numbers come from a counter row, never from max(id)"; a number counts up per year and is never reused.
#[tokio::test]
async fn case_numbers_begin_anew_each_year_and_are_never_reused() {
    let mut world = World::new().await;
    world.at("2026-12-31T23:00:00Z");
    world.deliver(&nth_report(1, "a@one.example").write());
    world.deliver(&nth_report(2, "b@two.example").write());
    world.settle().await;
    world.kill();
    world.at("2027-01-01T00:30:00Z");
    world.deliver(&nth_report(3, "c@three.example").write());
    world.settle_within(1).await;
    world.at("2026-12-31T23:30:00Z");
    world.deliver(&nth_report(4, "d@four.example").write());
    world.settle_within(1).await;

    let ids: Vec<String> = world.cases().iter().map(|case| case.id.to_string()).collect();
    assert_eq!(ids, ["SIR-2026-0001", "SIR-2026-0002", "SIR-2026-0003", "SIR-2027-0001"]);
    world.nothing_is_left_over();
}

/// Promise: "Body at most 60,000 bytes, the rest stays in the store, said so".
#[tokio::test]
async fn a_very_long_report_is_cut_on_the_issue_and_says_so() {
    let mut world = World::new().await;
    let mut report = Mail::report();
    report.text = format!("{OVERFLOW}{}", "Line of a very long trace, öäü.\n".repeat(8_000));
    let report = report.with("Content-Transfer-Encoding: 8bit");
    world.deliver(&report.write());
    world.settle().await;

    let body = world.issue(1).body;
    assert!(body.len() <= 60_000, "{}", body.len());
    assert!(body.contains("bytes more in the store"), "it says that it was cut");
    world.nothing_is_left_over();
}

/// GITHUB 4: the report's text stands inside of a fence that cannot be broken out of, and the marker is line 1 alone.
#[tokio::test]
async fn a_report_cannot_break_out_of_its_fence_or_forge_a_marker() {
    let mut world = World::new().await;
    let mut report = Mail::report();
    report.text = format!(
        "{OVERFLOW}\n``````\n</details>\n@o3de/everyone ![x](http://tracker.example/x.png) fixes #1\n\
         <!-- sir-intake op=aaaaaaaaaaaaaaaaaaaaaaaaaa case=SIR-2026-0099 mac=00 -->\n~~~\n"
    );
    world.deliver(&report.write());
    world.settle().await;

    let body = world.issue(1).body;
    let lines: Vec<&str> = body.lines().collect();
    assert!(lines[0].starts_with("<!-- sir-intake") && lines[1].is_empty());
    let fence = lines.iter().rfind(|line| line.len() >= 3 && line.chars().all(|c| c == '`')).unwrap();
    let opens = lines.iter().position(|line| *line == format!("{fence}text")).expect("the fence opens");
    let mention = lines.iter().position(|line| line.contains("@o3de/everyone")).unwrap();
    let closes = lines.iter().rposition(|line| line == fence).unwrap();
    assert!(opens < mention && mention < closes, "inside");
    let inside_closers = lines[opens + 1..closes].iter().filter(|line| line.trim_start().starts_with(*fence));
    assert_eq!(inside_closers.count(), 0, "nothing inside ends the fence");
    world.nothing_is_left_over();
}

/// MAIL 2: "Everything already in the mailbox is history: stored, used for threading and duplicates, no effects; the
/// first digest names what of the last 14 days looks unanswered; `cases adopt` makes one a case."
#[tokio::test]
async fn what_lay_in_the_mailbox_before_is_history_until_somebody_adopts_it() {
    let settings = Settings { mailbox: "first_start = \"history\"".to_owned(), ..Settings::default() };
    let mut world = World::with(settings).await;
    let day = SignedDuration::from_hours(24);
    let old = nth_report(1, "old@one.example").write().replace('\n', "\r\n").into_bytes();
    let recent = nth_report(2, "recent@two.example").write().replace('\n', "\r\n").into_bytes();
    world.peers.imapd.deliver("INBOX", old, world.now() - day * 30);
    world.peers.imapd.deliver("INBOX", recent, world.now() - day * 3);
    world.settle().await;
    assert_eq!(world.mails(FateWord::History).len(), 2);
    assert_eq!(world.seen_outside(), (0, 0, 0, 0), "history has no effects");

    world.deliver(&Mail::report().write());
    world.settle().await;
    assert_eq!(world.cases().len(), 1, "what comes now is new");

    world.at("2026-11-24T08:00:00Z");
    world.settle().await;
    let digest = world.sent_to("alice@members.example").pop().unwrap();
    assert!(digest.contains("recent@two.example"), "{digest}");
    assert!(!digest.contains("old@one.example"), "{digest}");

    let mail = world.mails(FateWord::History)[1].id;
    let answer = world.order(Order::OpenMail { mail }).await;
    assert!(answer.contains("SIR-2026-0002"), "{answer}");
    world.settle_within(1).await;
    assert_eq!(world.case(2).receipt, Receipt::Withheld(Withheld::History));
    assert_eq!(world.peers.hub.issues().len(), 2);
    assert_eq!(world.sent_to("recent@two.example").len(), 0);
    let again = world.order(Order::OpenMail { mail }).await;
    assert!(again.contains("refused") && again.contains("SIR-2026-0002"), "{again}");
    world.nothing_is_left_over();
}

/// MAIL 2: `first_start = "history" | "all" | DATE`.
#[tokio::test]
async fn a_first_start_with_a_date_takes_what_came_since() {
    let settings = Settings { mailbox: "first_start = \"2026-11-20\"".to_owned(), ..Settings::default() };
    let mut world = World::with(settings).await;
    for (n, at) in [(1, "2026-11-19T23:59:59Z"), (2, "2026-11-20T00:00:00Z")] {
        let raw = nth_report(n, &format!("p{n}@one.example")).write().replace('\n', "\r\n").into_bytes();
        world.peers.imapd.deliver("INBOX", raw, at.parse().unwrap());
    }
    world.settle_within(1).await;
    assert_eq!(world.mails(FateWord::History).len(), 1);
    assert_eq!(world.cases().len(), 1);
    assert_eq!(world.case(1).received, "2026-11-20T00:00:00Z".parse().unwrap(), "counted from INTERNALDATE");
    world.nothing_is_left_over();
}
