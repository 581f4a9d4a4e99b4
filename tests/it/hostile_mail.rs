//! Mails made to break a reader: each is read in a thread with a `2 MiB` stack, soon, and keeps its sender.

use std::time::{Duration, Instant};

use sir_intake::case::Address;
use sir_intake::mail::{Authentication, Automatic, Flaw, House, Letter, Limits, OurList, headers_only, read};

/// The head of a report by Ann; the body follows.
const ANN: &str = "From: Ann Lee <ann@reporter.example>\r\nTo: security@o3de.example\r\nSubject: crash\r\n\
                   Message-ID: <1@reporter.example>\r\nDate: Fri, 20 Nov 2026 10:00:00 +0000\r\n";

fn quickly(raw: Vec<u8>) -> Letter {
    let work = move || {
        let start = Instant::now();
        let letter = read(&raw, &Limits::default(), &House::default());
        assert!(start.elapsed() < Duration::from_secs(60), "took {:?}", start.elapsed());
        letter
    };
    std::thread::Builder::new().stack_size(2 * 1024 * 1024).spawn(work).unwrap().join().unwrap()
}

fn of(text: &str) -> Letter {
    quickly(text.replace("\r\n", "\n").replace('\n', "\r\n").into_bytes())
}

fn ann(rest: &str) -> Letter {
    let letter = of(&format!("{ANN}{rest}"));
    assert_eq!(letter.from, Address::parse("ann@reporter.example"));
    letter
}

#[track_caller]
fn goes_the_header_only_way(letter: &Letter, flaw: Flaw) {
    assert!(letter.header_only && letter.flaws.contains(&flaw), "{:?}", letter.flaws);
    assert_eq!(letter.subject, "crash");
    assert_eq!(letter.text, "");
}

#[test]
fn a_plain_report_has_no_flaw() {
    let letter = ann("\r\nIt crashes.\r\n");
    assert_eq!(letter.flaws, []);
    assert_eq!((letter.text.as_str(), letter.header_only), ("It crashes.\n", false));
    assert_eq!(letter.from_name.as_deref(), Some("Ann Lee"));
    assert_eq!(letter.date.unwrap().to_string(), "2026-11-20T10:00:00Z");
}

#[test]
fn messages_nested_a_hundred_thousand_deep_go_the_header_only_way_however_they_are_spelled() {
    for level in [
        "Content-Type: message/rfc822\n\n",
        "Content-Type : Message/RFC822;\n\n",
        "cOnTeNt-TyPe:\n\t(x) message/\n\trfc822\n\n",
        "Content-Type: message/global\nContent-Transfer-Encoding: 8bit\n\n",
    ] {
        goes_the_header_only_way(&ann(&level.repeat(100_000)), Flaw::TooDeep);
    }
}

#[test]
fn multiparts_in_multiparts_and_digests_count_as_depth() {
    let mut deep = String::new();
    for i in 0..100_000 {
        deep.push_str(&format!("Content-Type: multipart/digest; boundary=b{i}\n\n--b{i}\n"));
    }
    goes_the_header_only_way(&ann(&deep), Flaw::TooDeep);
    let digest = "Content-Type: multipart/digest; boundary=d\n\n--d\n\n".to_owned()
        + &"Content-Type: multipart/digest; boundary=d\n\n--d\n\n".repeat(30);
    goes_the_header_only_way(&ann(&digest), Flaw::TooDeep);
}

#[test]
fn a_bomb_inside_base64_stays_a_closed_attachment() {
    let bomb = "Content-Type: message/rfc822\n\n".repeat(100_000);
    let coded = data_encoding::BASE64.encode(bomb.as_bytes());
    let letter = ann(&format!("Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n{coded}"));
    assert!(!letter.header_only);
    assert_eq!(letter.attachments.len(), 1);
    assert_eq!(letter.attachments[0].size, bomb.len() as u64);
}

#[test]
fn twenty_forwards_inside_each_other_are_read() {
    let letter = ann(&("Content-Type: message/rfc822\n\n".repeat(19) + "Subject: inner\n\nwords\n"));
    assert!(!letter.header_only);
    assert_eq!(letter.text.trim(), "words");
}

#[test]
fn a_hundred_thousand_parts_go_the_header_only_way() {
    let body = "--b\n\nx\n".repeat(100_000);
    let letter = ann(&format!("Content-Type: multipart/mixed; boundary=b\n\n{body}--b--\n"));
    goes_the_header_only_way(&letter, Flaw::TooManyParts);
    let body = "--b\n\nx\n".repeat(400);
    let letter = ann(&format!("Content-Type: multipart/mixed; boundary=b\n\n{body}--b--\n"));
    assert!(!letter.header_only && letter.text.contains('x'));
}

#[test]
fn lines_that_look_like_boundaries_cost_linear_time() {
    let stem = "b".repeat(900);
    let mut mail = String::from(ANN);
    for i in 0..15 {
        mail.push_str(&format!("Content-Type: multipart/mixed; boundary=\"{stem}{i}\"\n\n--{stem}{i}\n"));
    }
    mail.push('\n');
    mail.push_str(&format!("--{stem}x\n").repeat(5_000));
    assert!(!of(&mail).header_only);
}

#[test]
fn a_header_of_a_mebibyte_is_read_as_far_as_the_limit() {
    for field in ["X-Long: ".to_owned() + &"a ".repeat(512 * 1024) + "\n", "X-Many: a\n".repeat(110_000)] {
        goes_the_header_only_way(&ann(&format!("{field}\nbody\n")), Flaw::HeadersTooBig);
    }
    let within = "a;x*1=y".repeat(30_000);
    assert!(!ann(&format!("Content-Type: text/plain; {within}\n\nbody\n")).header_only);
}

#[test]
fn long_lists_of_everything_cost_linear_time() {
    for field in [
        format!("Cc: {}\n", "a@x.example, ".repeat(18_000)),
        format!("Cc: {}\n", "(".repeat(200_000)),
        format!("X: {}\nSubject: {}\n", "", "=?utf-8?q?".repeat(20_000)),
        format!("References: {}\n", "<a@x>".repeat(45_000)),
        format!("Authentication-Results: mx; {}\n", "a=b;".repeat(50_000)),
        format!("Content-Type: text/plain; {}\n", "a*1=b;".repeat(38_000)),
    ] {
        let letter = of(&format!("From: ann@reporter.example\n{field}\nbody\n"));
        assert_eq!(letter.text, "body\n");
        assert!(letter.references.len() <= 100 && letter.subject.chars().count() <= 4000);
    }
}

#[test]
fn a_mail_over_the_size_limit_keeps_its_header() {
    let mut raw = format!("{ANN}\r\n").into_bytes();
    raw.resize(36 * 1024 * 1024, b'a');
    goes_the_header_only_way(&quickly(raw), Flaw::RawTruncated);
}

#[test]
fn the_first_of_two_senders_is_shown_and_neither_is_proved() {
    let two = "From: ann@reporter.example\nFrom: chair@o3de.example\nSubject: x\n\nbody\n";
    let letter = of(two);
    assert_eq!(letter.from, Address::parse("ann@reporter.example"));
    assert_eq!(letter.from_count, 2);
    assert!(letter.flaws.contains(&Flaw::TwoFrom) && letter.flaws.contains(&Flaw::DuplicateHeader("from")));
    let letter = of("From: ann@reporter.example, chair@o3de.example\n\nbody\n");
    assert_eq!(letter.from_count, 2);

    let authserv = Some(sir_intake::mail::TrustedAuthserv {
        id: "mx.o3de.example".into(),
        position: sir_intake::mail::Position::AboveReceived,
    });
    let house = House { authserv, ..House::default() };
    let stamp =
        "Authentication-Results: mx.o3de.example; dmarc=pass header.from=reporter.example\nReceived: x\n";
    let read =
        |text: &str| read(format!("{stamp}{text}").as_bytes(), &Limits::default(), &house).authentication;
    assert_eq!(read("From: ann@reporter.example\n\n"), Authentication::Pass);
    assert_eq!(read(two), Authentication::Unknown);
    assert_eq!(read("From: ann@reporter.example\nSubject: a\nSubject: b\n\n"), Authentication::Unknown);
}

#[test]
fn an_address_that_is_none_is_never_guessed() {
    for from in [
        "<@staff.example,@evil.example:alice@staff.example>",
        "\"a b@c\"@d.example",
        "Alice <alice@staff.example\n junk@evil.example>",
        "alice@staff.example\n evil@evil.example",
        "alice@staff.example@evil.example",
        "alice@staff.example\0.evil.example",
        "=?utf-8?q?alice=40staff.example?=",
    ] {
        let letter = of(&format!("From: {from}\nSubject: x\n\nbody\n"));
        assert_eq!(letter.from, None, "{from}");
        assert!(letter.flaws.contains(&Flaw::BadFrom), "{from}: {:?}", letter.flaws);
    }
    let letter = of("Subject: x\n\nbody\n");
    assert!(letter.flaws.contains(&Flaw::NoFrom) && letter.flaws.contains(&Flaw::NoMessageId));
}

#[test]
fn names_and_subjects_stay_on_one_line_and_hide_nothing() {
    let letter = of("From: =?utf-8?q?Ann=0D=0ABcc:_evil?= <ann@reporter.example>\n\
                     Subject: =?utf-8?q?a=0D=0AX-Evil:_1=E2=80=AEb=00?=\n\nbody\n");
    assert_eq!(letter.from_name.as_deref(), Some("Ann Bcc: evil"));
    assert_eq!(letter.subject, "a  X-Evil: 1<U+202E>b<U+0000>");
    assert!(letter.flaws.contains(&Flaw::ControlCharacters));
    let letter = ann("Content-Type: multipart/mixed; boundary=b\n\n--b\n\nhi\n--b\n\
                      Content-Type: application/pdf; name=\"x\"\n\
                      Content-Disposition: attachment; filename*=utf-8''gpj%E2%80%AEexe.pdf\n\nx\n--b--\n");
    assert_eq!(letter.attachments[0].name, "gpj<U+202E>exe.pdf");
}

#[test]
fn broken_bodies_give_what_can_be_read_and_their_flaw() {
    let letter = ann("Content-Transfer-Encoding: base64\n\nSXQg!!Y3Jhc2hlcy4=\n");
    assert_eq!(letter.text, "It crashes.");
    assert!(letter.flaws.contains(&Flaw::BadEncoding));

    let letter = ann("Content-Type: text/plain; charset=utf-7\n\n+ADw-b+AD4- +AAAA\n");
    assert!(letter.text.starts_with("<b>"), "{:?}", letter.text);

    let letter = ann("Content-Type: text/plain; charset=utf-8\n\na\0b\x1b[2J\n");
    assert_eq!(letter.text, "a<U+0000>b<U+001B>[2J\n");
    assert!(letter.flaws.contains(&Flaw::ControlCharacters));

    let letter = ann("Content-Type: multipart/mixed; boundary=never\n\nIt crashes.\n");
    assert_eq!(letter.text, "It crashes.\n");
    assert!(letter.flaws.contains(&Flaw::BadMime));

    assert!(ann("\n").flaws.contains(&Flaw::EmptyBody));
    assert!(ann("").flaws.contains(&Flaw::EmptyBody));

    let letter = ann("Content-Type: application/ms-tnef; name=winmail.dat\n\nx\n");
    assert!(letter.flaws.contains(&Flaw::WinmailDat) && !letter.flaws.contains(&Flaw::EmptyBody));

    let mut raw = b"From: ann@reporter.example\nSubject: gr\xfc\xdfe\n\n\xe4\n".to_vec();
    let letter = quickly(raw.clone());
    assert_eq!((letter.subject.as_str(), letter.text.as_str()), ("grüße", "ä\n"));
    assert!(letter.flaws.contains(&Flaw::Raw8bitHeader));
    raw.truncate(3);
    assert!(quickly(raw).flaws.contains(&Flaw::NoFrom));
    assert!(quickly(Vec::new()).flaws.contains(&Flaw::EmptyBody));
}

#[test]
fn html_bombs_become_text_soon() {
    let tables = "<table><tr><td>".repeat(150) + "deep" + &"</td></tr></table>".repeat(150);
    for (html, flaw) in [
        ("<div>".repeat(50_000) + "deep", Some(Flaw::HtmlTooDeep)),
        ("<b><div></b>".repeat(50_000) + "deep", Some(Flaw::HtmlTooDeep)),
        ("<p><font color=1>".repeat(50_000) + "deep", Some(Flaw::HtmlTooDeep)),
        ("deep ".to_owned() + &"x ".repeat(600_000), Some(Flaw::TextCut)),
        (tables, Some(Flaw::HtmlTooDeep)),
        ("<p>a<br>".repeat(20_000) + "deep", None),
        ("&#x3c;".repeat(20_000) + "deep", None),
        ("deep".to_owned() + &"<!-- ".repeat(100_000), None),
        ("deep".to_owned() + &"<a b=\"".repeat(100_000), None),
        ("deep".to_owned() + &"<script>".repeat(100_000), Some(Flaw::HtmlTooDeep)),
        ("deep".to_owned() + &"<a href=x y=".repeat(80_000) + ">", None),
    ] {
        let letter = ann(&format!("Content-Type: text/html\n\n{html}\n"));
        let begin: String = html.chars().take(20).collect();
        assert!(letter.text.contains("deep") && letter.html_only, "{begin}");
        assert_eq!(letter.flaws, flaw.into_iter().collect::<Vec<_>>(), "{begin}");
    }
}

#[test]
fn plain_text_is_preferred_and_empty_plain_text_is_not() {
    let both = |plain: &str| {
        ann(&format!(
            "Content-Type: multipart/alternative; boundary=b\n\n--b\n\n{plain}\n--b\nContent-Type: text/html\n\n\
             <p>from html</p>\n--b--\n"
        ))
    };
    let letter = both("from plain");
    assert_eq!((letter.text.trim(), letter.html_only), ("from plain", false));
    let letter = both(" ");
    assert_eq!((letter.text.trim(), letter.html_only), ("from html", true));
    assert_eq!(letter.attachments, []);
}

#[test]
fn headers_only_never_looks_at_the_body() {
    let raw = format!("{ANN}Precedence: junk\r\n\r\nbody");
    let letter = headers_only(raw.as_bytes(), &Limits::default(), &House::default());
    assert!(letter.header_only && letter.text.is_empty());
    assert_eq!(letter.automatic, Automatic::List);
    assert_eq!(letter.same_copy_key(), None);
}

#[test]
fn the_list_copy_and_the_direct_copy_are_the_same_mail() {
    let house = House {
        own: vec![Address::parse("security@o3de.example").unwrap()],
        list: Some(OurList { id: "security.o3de.example".into(), host: "lists.o3de.example".into() }),
        ..House::default()
    };
    let read = |text: &str| read(text.as_bytes(), &Limits::default(), &house);
    let direct = read(&format!("{ANN}\r\nIt crashes.\r\n"));
    let list = read(
        "Received: from lists.o3de.example by mx.o3de.example\nList-Id: Security <security.o3de.example>\n\
         Precedence: list\nFrom: Ann Lee via Security <security@o3de.example>\n\
         Reply-To: Ann Lee <ann@reporter.example>\nTo: security@o3de.example\nSubject: [security] crash\n\
         Message-ID: <1@reporter.example>\n\nIt crashes.\n\n_______________________________________________\n\
         To unsubscribe write to security-leave@lists.o3de.example\n",
    );
    assert_eq!(list.from, direct.from);
    assert_eq!((list.subject.as_str(), list.automatic), ("crash", Automatic::None));
    assert!(list.via_our_list && list.same_copy_key().is_some());
    assert_eq!(list.same_copy_key(), direct.same_copy_key());

    let forged = read(
        "List-Id: Security <security.o3de.example>\nFrom: security@o3de.example\nReply-To: eve@evil.example\n\nx\n",
    );
    assert!(!forged.via_our_list);
    assert_eq!(forged.from, Address::parse("security@o3de.example"));
}

#[test]
fn the_spam_verdict_counts_only_where_the_provider_writes_it() {
    let raw = format!("X-Spam-Flag: YES\r\n{ANN}\r\nbody");
    let verdict = |trust| {
        let house = House { trust_spam_headers: trust, ..House::default() };
        read(raw.as_bytes(), &Limits::default(), &house).spam_verdict
    };
    assert_eq!((verdict(false), verdict(true)), (false, true));
}

#[test]
fn a_person_who_quotes_a_bounce_is_a_person() {
    let letter = ann(
        "\nHello,\n\nyour server sent me this:\n\n> Undelivered Mail Returned to Sender\n> user unknown\n",
    );
    assert_eq!(letter.automatic, Automatic::None);
    let letter = of("From: ann@reporter.example\nSubject: Fwd: Undelivered Mail Returned to Sender\n\
                     Content-Type: message/rfc822\n\nSubject: x\n\nuser unknown\n");
    assert_eq!(letter.automatic, Automatic::None);
    let letter = ann("X-Auto-Response-Suppress: All\n\nIt crashes.\n");
    assert_eq!((letter.automatic, letter.answer_suppressed), (Automatic::None, true));
}

#[test]
fn a_bounce_names_its_letter_and_its_recipient() {
    let letter = of("From: MAILER-DAEMON@mx.example\nSubject: Undelivered Mail Returned to Sender\n\
        Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\nSorry.\n--b\n\
        Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n\
        Final-Recipient: rfc822; ann@reporter.example\nAction: failed\nStatus: 5.1.1\n\n--b\n\
        Content-Type: text/rfc822-headers\n\nMessage-ID: <abc@o3de.example>\nSubject: [SIR-2026-0007]\n--b--\n");
    let bounce = letter.bounce.unwrap();
    assert_eq!(letter.automatic, Automatic::Bounce);
    assert_eq!(bounce.original_message_id.as_deref(), Some("abc@o3de.example"));
    assert_eq!(bounce.recipients[0].recipient, Address::parse("ann@reporter.example"));
    assert_eq!(bounce.recipients[0].status.as_deref(), Some("5.1.1"));
}

/// Pieces of which mails are made, good and bad.
const PIECES: [&str; 46] = [
    "From: ",
    "To: ",
    "Subject: ",
    "Date: ",
    "Message-ID: ",
    "References: ",
    "Content-Type: ",
    "List-Id: ",
    "Content-Transfer-Encoding: ",
    "Content-Disposition: ",
    "Authentication-Results: ",
    "Received: ",
    "\r\n",
    "\n",
    "\n\n",
    "\r\n\r\n",
    "\n ",
    "\t",
    " ",
    "\r",
    "\0",
    "multipart/mixed; boundary=b",
    "multipart/alternative; boundary=\"b\"",
    "multipart/digest; boundary=c",
    "message/rfc822",
    "message/delivery-status",
    "text/html",
    "text/plain; charset=",
    "base64",
    "quoted-printable",
    "\n--b\n",
    "\n--b--\n",
    "\n--c\r\n",
    "=?utf-8?q?",
    "=?iso-2022-jp?b?GyRC",
    "?=",
    "=C3",
    "=",
    "<a@b.example>",
    "\"",
    "(",
    ")",
    ";",
    "Fri, 20 Nov 2026 10:00:00 +0100",
    "<div><b>",
    "attachment; filename*0*=utf-8''%",
];

const SETS: [&str; 16] = [
    "utf-7",
    "iso-2022-jp",
    "gb18030",
    "gb2312",
    "big5",
    "euc-jp",
    "euc-kr",
    "shift_jis",
    "utf-16",
    "utf-16le",
    "koi8-r",
    "windows-874",
    "iso-8859-8-i",
    "macintosh",
    "tis-620",
    "ibm850",
];

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 1500, failure_persistence: None, ..Default::default() })]

    #[test]
    fn any_heap_of_pieces_is_a_letter(picks in proptest::collection::vec((0..80_usize, proptest::prelude::any::<[u8; 3]>()), 0..120)) {
        let mut raw = Vec::new();
        for (pick, junk) in picks {
            match (PIECES.get(pick), SETS.get(pick.saturating_sub(PIECES.len()))) {
                (Some(piece), _) => raw.extend(piece.as_bytes()),
                (None, Some(set)) => raw.extend(set.as_bytes()),
                (None, None) => raw.extend(junk),
            }
        }
        let letter = read(&raw, &Limits::default(), &House::default());
        proptest::prop_assert!(!letter.subject.contains(['\r', '\n']));
        proptest::prop_assert!(!letter.text.contains(['\r', '\0']));
    }

    #[test]
    fn any_octets_in_any_character_set_are_text(set in 0..SETS.len(), body: Vec<u8>, coded in proptest::prelude::any::<bool>()) {
        let mut raw = format!("Subject: =?{0}?b?{1}?=\nContent-Type: text/plain; charset={0}\n", SETS[set],
            data_encoding::BASE64.encode(&body)).into_bytes();
        if coded {
            raw.extend(b"Content-Transfer-Encoding: quoted-printable\n");
        }
        raw.push(b'\n');
        raw.extend(&body);
        let letter = read(&raw, &Limits::default(), &House::default());
        proptest::prop_assert!(!letter.subject.contains(['\r', '\n']));
    }

    #[test]
    fn any_date_is_an_instant_or_a_flaw(date in "[A-Za-z0-9:+, ()-]{0,60}") {
        let letter = read(format!("Date: {date}\n\n").as_bytes(), &Limits::default(), &House::default());
        proptest::prop_assert_eq!(letter.date.is_none(), letter.flaws.contains(&Flaw::BadDate));
    }
}

#[test]
fn a_mail_as_large_as_the_limit_is_read_soon() {
    let line = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5ejAxMjM0NTY3\r\n";
    let file = line.repeat(34 * 1024 * 1024 / line.len());
    let letter = quickly(
        format!("{ANN}Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nwords\r\n--b\r\n\
                 Content-Type: application/zip; name=x.zip\r\nContent-Transfer-Encoding: base64\r\n\r\n{file}--b--\r\n")
        .into_bytes(),
    );
    assert_eq!((letter.text.trim(), letter.attachments.len(), letter.header_only), ("words", 1, false));
    assert!(letter.attachments[0].size > 24 * 1024 * 1024);
    let text = "word \u{fc} ".repeat(4 * 1024 * 1024);
    let letter =
        quickly(format!("{ANN}Content-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n").into_bytes());
    assert!(letter.flaws.contains(&Flaw::TextCut) && letter.text.len() <= 1024 * 1024);
}

#[test]
fn html_that_asks_for_much_room_gets_little() {
    let quotes = "<blockquote>".repeat(190) + &"word ".repeat(190_000);
    let lists = "<ul><li>".repeat(95) + &"word ".repeat(190_000);
    let rows = "<table>".to_owned() + &"<tr><td>a</td><td>b</td></tr>".repeat(35_000) + "</table>";
    let columns = "<table><tr>".to_owned() + &"<td>a</td>".repeat(100_000) + "</tr></table>";
    let nested = "<table><tr><td>a</td><td>".repeat(60) + &"word ".repeat(100_000);
    for html in [
        "<table><tr><td colspan=4000000000>a<td rowspan=4000000000>b</table>".to_owned(),
        "<table><tr><td colspan=100000>a</table>".repeat(1_000),
        "<ol start=-9223372036854775808><li>a<li>b</ol>".to_owned(),
        "<ol start=9223372036854775807><li>a<li>b</ol>".to_owned(),
        "<img width=4000000000 alt=a>a".to_owned(),
        "<pre>a\t".to_owned() + &"\t".repeat(500_000),
        "a".repeat(1_000_000),
        quotes,
        lists,
        rows,
        columns,
        nested,
    ] {
        let begin: String = html.chars().take(30).collect();
        let start = Instant::now();
        let letter = ann(&format!("Content-Type: text/html\n\n{html}\n"));
        println!("{begin}: {:?}, {} octets, {:?}", start.elapsed(), letter.text.len(), letter.flaws);
        assert!(letter.text.len() <= 1024 * 1024, "{begin}");
        assert!(letter.text.contains('a') || letter.text.contains('w'), "{begin}");
    }
}
