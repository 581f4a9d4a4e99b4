//! Hostile words cannot leave their fence, their cell, or their header.

use std::panic::AssertUnwindSafe;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use proptest::prelude::*;
use sir_intake::case::{Address, CaseId};
use sir_intake::mail::compose::{self, Auto, Outgoing, Practice};
use sir_intake::render::comment::{self, Comment, Words};
use sir_intake::render::fence::{cell, fence, prose, visible};
use sir_intake::render::issue::{self, Report};

use sir_intake::render::marker::Stamp;

use super::render::{CASE, keys, op, view};

/// A line-based reader of fenced code blocks, written from `CommonMark` 0.31 section 4.5 alone: what is outside, and
/// the content of each block. A fence that is never closed runs to the end.
fn read_fences(page: &str) -> (Vec<String>, Vec<String>) {
    let mut outside = Vec::new();
    let mut blocks: Vec<String> = Vec::new();
    let mut open: Option<(char, usize)> = None;
    for line in page.split('\n').flat_map(|line| line.split('\r')) {
        let indent = line.len() - line.trim_start_matches(' ').len();
        let rest = line.trim_start_matches(' ');
        let mark = rest.chars().next().filter(|c| matches!(c, '`' | '~'));
        let run = mark.map_or(0, |m| rest.chars().take_while(|c| *c == m).count());
        let after = &rest[run..];
        match open {
            None => match mark {
                Some(m) if indent <= 3 && run >= 3 && !(m == '`' && after.contains('`')) => {
                    open = Some((m, run));
                    blocks.push(String::new());
                }
                _ => outside.push(line.to_owned()),
            },
            Some((m, length)) => {
                if mark == Some(m) && indent <= 3 && run >= length && after.trim().is_empty() {
                    open = None;
                } else {
                    let block = blocks.last_mut().unwrap();
                    block.push_str(line);
                    block.push('\n');
                }
            }
        }
    }
    (outside, blocks)
}

/// Splits a table row as cmark-gfm does (a backslash takes the next punctuation along, then `\|` becomes `|`).
fn read_row(row: &str) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut chars = row.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('\\', Some('|')) => {
                chars.next();
                cells.last_mut().unwrap().push('|');
            }
            ('\\', Some(p)) if p.is_ascii_punctuation() => {
                let p = *p;
                chars.next();
                cells.last_mut().unwrap().extend(['\\', p]);
            }
            ('|', _) => cells.push(String::new()),
            (c, _) => cells.last_mut().unwrap().push(c),
        }
    }
    cells
}

/// Whether the whole text is one code span (`CommonMark` section 6.1): the opening run is not closed before the end.
fn is_one_span(text: &str) -> bool {
    let open = text.chars().take_while(|c| *c == '`').count();
    if open == 0 || open == text.len() {
        return false;
    }
    let mut run = 0;
    let rest: Vec<char> = text[open..].chars().collect();
    for (i, c) in rest.iter().enumerate() {
        run = if *c == '`' { run + 1 } else { 0 };
        let ends = rest.get(i + 1) != Some(&'`');
        if run == open && ends {
            return i + 1 == rest.len();
        }
    }
    false
}

const PIECES: &[&str] = &[
    "```",
    "````",
    "`````",
    "``",
    "`",
    "```text",
    "~~~",
    "~~~~~~",
    "\n",
    "\n",
    "\n\n",
    "\r\n",
    "\r",
    "   ",
    "    ",
    "\t",
    "> ",
    "- ",
    "1. ",
    "* ",
    "+ ",
    "|",
    "\\|",
    "\\",
    "| a | b |",
    "|---|",
    "<details>",
    "</details>",
    "<summary>",
    "-->",
    "<!--",
    "<!-- sir-intake op=a case=SIR-2026-0007 mac=b -->",
    "<script>",
    "</pre>",
    "</code>",
    "@o3de/all",
    "#1",
    "GH-1",
    "fixes #1",
    "![x](http://x.example/y.png)",
    "[x]: http://x.example",
    "$`",
    "$$",
    "&#64;x",
    "***",
    "===",
    "\u{202E}",
    "\u{2028}",
    "\u{85}",
    "\u{0}",
    "\u{b}",
    "\u{c}",
    "\u{1b}[2J",
    "\u{FEFF}",
    "é",
    "漢",
    "a",
    " ",
    "word",
];

fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        8 => prop::sample::select(PIECES).prop_map(str::to_owned),
        1 => (1_usize..90).prop_map(|n| "`".repeat(n)),
        1 => ".{0,6}",
        1 => any::<char>().prop_map(|c| c.to_string()),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

fn is_note(line: &str) -> bool {
    line.starts_with("_(cut, ") && line.ends_with(" bytes more in the store)_")
}

fn report_page(text: &str) -> String {
    let mut view = view();
    view.report = Report::Shown { subject: text.to_owned(), from: text.to_owned(), text: text.to_owned() };
    issue::body(&view, &op(), &keys())
}

fn comment_page(text: &str) -> String {
    let words = Words { new_words: format!("x{text}"), quoted: format!("x{text}") };
    let received = Timestamp::UNIX_EPOCH;
    let what = Comment::ReporterWrote { received, words, attachments: vec![], authentication_failed: false };
    comment::comment(CASE, &what, &TimeZone::UTC, &Stamp { op: &op(), mail: None }, &keys())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_leaves_a_fence(text in hostile(), limit in 512_usize..3000) {
        let shown = fence(&text, limit);
        prop_assert!(shown.len() <= limit);
        prop_assert!(shown.starts_with("\n```") && shown.ends_with("\n\n"));
        let (outside, blocks) = read_fences(&shown);
        prop_assert_eq!(blocks.len(), 1);
        let cut = outside.iter().any(|line| is_note(line));
        prop_assert!(outside.iter().all(|line| line.is_empty() || is_note(line)), "{:?}", outside);
        if !cut && !text.contains(&"`".repeat(61)) {
            let mut all = visible(&text);
            if !all.is_empty() && !all.ends_with('\n') { all.push('\n'); }
            prop_assert_eq!(&blocks[0], &all);
        }
    }

    #[test]
    fn nothing_leaves_a_cell(text in hostile()) {
        let shown = cell(&text);
        prop_assert!(!shown.contains(['\n', '\r']));
        let row = read_row(&format!("x | {shown} | y"));
        prop_assert_eq!(row.len(), 3, "{}", shown);
        prop_assert!(shown == "–" || is_one_span(row[1].trim()), "{}", shown);
        prop_assert!(shown == "–" || is_one_span(&shown), "outside of a table too: {}", shown);
    }

    #[test]
    fn our_prose_calls_nobody(text in hostile()) {
        let shown = prose(&text);
        let bare = |mark: char| shown.chars().zip(shown.chars().skip(1)).any(|(a, b)| a == mark && b != '\u{200B}');
        prop_assert!(!bare('@') && !bare('#') && !shown.contains(['<', '\n', '\r']));
        prop_assert_eq!(read_row(&shown).len(), 1);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_page_looks_the_same_around_any_report(text in hostile()) {
        // Line 1 is the marker, which knows the page below it.
        let note = |lines: Vec<String>| lines.into_iter().skip(1).filter(|line| !is_note(line)).collect::<Vec<_>>();
        let (plain, hostile) = (read_fences(&report_page("x")), read_fences(&report_page(&text)));
        prop_assert_eq!(note(plain.0), note(hostile.0));
        prop_assert_eq!(plain.1.len(), hostile.1.len());
        let (plain, hostile) = (read_fences(&comment_page("x")), read_fences(&comment_page(&text)));
        prop_assert_eq!(note(plain.0), note(hostile.0));
        prop_assert_eq!(plain.1.len(), 2);
        prop_assert_eq!(hostile.1.len(), 2);
    }
}

fn header_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        prop::sample::select(vec![
            "\r\n",
            "\r",
            "\n",
            "\0",
            "Bcc: victim@x.example",
            "\r\n\r\n",
            " ",
            "\t",
            "=?utf-8?q?x=0D=0ABcc:_a?=",
            ",",
            "<",
            ">",
            "@",
            "a@b.example",
            "\"",
            "(",
            ";",
            "é",
            "漢字漢字漢字",
            "\u{202E}",
            "[SIR-2026-0001]",
            "Re: ",
            "x",
        ])
        .prop_map(str::to_owned),
        any::<String>(),
        (1_usize..1200).prop_map(|n| "y".repeat(n)),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

/// Ids, most of them usable, some with something inside.
fn id_text() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "<?[a-z0-9]{1,60}@[a-z.]{1,20}>?",
        1 => "[a-z@<>\r\n\x00 ,]{0,30}",
        1 => ".{0,20}@.{0,20}",
    ]
}

/// The names of the header fields in order, and the raw lines before the first empty one.
fn header_names(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    let (head, _) = text.split_once("\r\n\r\n").unwrap();
    head.split("\r\n")
        .filter(|line| !line.starts_with([' ', '\t']))
        .map(|line| line.split_once(':').expect("a field").0.to_owned())
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_field_injects_a_header(
        subject in header_text(), body in header_text(), parent in header_text(),
        thread in prop::collection::vec(id_text(), 0..60), seconds in any::<i64>(), practice in any::<bool>(),
    ) {
        let mail = Outgoing {
            from: Address::parse("bot@o3de.example").unwrap(),
            to: Address::parse("o'hara+x@o3de.example").unwrap(),
            subject,
            body,
            message_id: "<abc@bot.example>".into(),
            in_reply_to: Some(parent.clone()),
            references: thread.clone(),
            automatic: Auto::Generated,
            date: Timestamp::from_second(seconds.clamp(-377_705_023_201, 253_402_207_200)).unwrap(),
            practice: if practice { Practice::Yes } else { Practice::No },
        };
        let bytes = std::panic::catch_unwind(AssertUnwindSafe(|| compose::write(&mail))).unwrap().unwrap();
        let mut expected = vec!["From", "To", "Subject", "Date", "Message-ID"];
        if compose::tidy_id(&parent).is_some() { expected.push("In-Reply-To"); }
        if !compose::bounded(&thread).is_empty() { expected.push("References"); }
        expected.extend([
            "Auto-Submitted", "X-Auto-Response-Suppress", "Content-Type", "Content-Transfer-Encoding", "MIME-Version",
        ]);
        let mut names = header_names(&bytes);
        names.sort();
        expected.sort_unstable();
        prop_assert_eq!(names, expected);
        prop_assert!(!bytes.contains(&0));
        for line in bytes.split(|b| *b == b'\n') {
            prop_assert!(line.len() <= 999, "{} octets", line.len());
        }
        let text = String::from_utf8(bytes.clone()).unwrap();
        prop_assert!(!text.replace("\r\n", "").contains(['\r', '\n']), "a bare CR or LF");
        let read = mail_parser::MessageParser::default().parse(&bytes).unwrap();
        let subject = read.subject().unwrap_or_default();
        prop_assert!(!subject.contains(['\r', '\n', '\0']), "{subject:?}");
        prop_assert_eq!(subject.starts_with("[PRACTICE]"), practice);
    }

    #[test]
    fn a_reporter_s_subject_is_one_short_line_that_ends_in_the_tag(theirs in header_text()) {
        let subject = compose::reporter_subject(&theirs, CASE);
        prop_assert!(subject.starts_with("Re: ") && subject.ends_with(" [SIR-2026-0007]"));
        prop_assert!(subject.chars().count() <= 4 + compose::SUBJECT_CHARS + 16);
        prop_assert!(!subject.contains("=?") && !subject.chars().any(char::is_control));
    }
}

#[test]
fn subjects_keep_one_re_and_one_tag() {
    let subject = |theirs| compose::reporter_subject(theirs, CASE);
    assert_eq!(subject("RE: re: Crash [SIR-2026-0007] in Editor"), "Re: Crash in Editor [SIR-2026-0007]");
    assert_eq!(subject(" \u{200B}\r\n"), "Re: your report [SIR-2026-0007]");
    assert_eq!(
        compose::internal_subject("new\r\nreport", CaseId { year: 2026, number: 1 }),
        "[SIR-2026-0001] new report"
    );
}

#[test]
fn a_body_in_any_script_comes_back_as_it_was() {
    let long = "ü".repeat(3000);
    for body in ["plain\nascii\n", "Grüße – 漢字 🙂\n.\n..dots\n", long.as_str(), "x".repeat(5000).as_str()]
    {
        let bytes = compose::write(&Outgoing {
            from: Address::parse("bot@o3de.example").unwrap(),
            to: Address::parse("ann@researcher.example").unwrap(),
            subject: "Grüße aus München, and a rather long subject that has to be folded somewhere".into(),
            body: body.to_owned(),
            message_id: "<abc@bot.example>".into(),
            in_reply_to: None,
            references: vec![],
            automatic: Auto::No,
            date: Timestamp::UNIX_EPOCH,
            practice: Practice::No,
        })
        .unwrap();
        assert!(bytes.split(|b| *b == b'\n').all(|line| line.len() <= 999));
        assert!(bytes.is_ascii());
        let read = mail_parser::MessageParser::default().parse(&bytes).unwrap();
        assert_eq!(read.body_text(0).unwrap().replace("\r\n", "\n"), body);
        assert!(read.subject().unwrap().starts_with("Grüße aus München, and"));
        assert!(read.header("Auto-Submitted").is_none());
    }
}
