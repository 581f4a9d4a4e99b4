//! Every letter as its reader gets it (`tests/it/snapshots/letter-*`), and what no template and no stranger can make of one.

use std::collections::BTreeMap;

use crate::render::shot;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use sir_intake::case::policy::RunbookRule;
use sir_intake::case::{Address, CaseId, Severity};
use sir_intake::mail::compose::{self, Auto, Outgoing, Practice};
use sir_intake::mail::{self, House, Limits};
use sir_intake::render::calendar_entry::{CalendarEntry, Occasion, Standing, uid};
use sir_intake::render::letters::{
    AdvisoryText, Body, Common, Coordinated, Cve, Dates, Desk, Letter, LetterName, Letters, ListDesk,
    ListNotice, OnCase, PublicDesk, Reader, Shape, ToList, ToPublic, Version,
};
use sir_intake::render::marker::{Key, Keyring};
use sir_intake::render::runbook::{Lengths, RunbookView, STAGES, markdown};

const CASE: CaseId = CaseId { year: 2026, number: 7 };

fn letters() -> Letters {
    Letters::new(&BTreeMap::new()).unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn as_text(label: &str, letter: &Letter) -> String {
    let head = if label.is_empty() { String::new() } else { format!("======== {label}\n") };
    let subject =
        if letter.subject.is_empty() { String::new() } else { format!("Subject: {}\n\n", letter.subject) };
    format!("{head}{subject}{}", letter.body)
}

// ---------------------------------------------------------------- as they read

/// RFC: "Templates to aid communication around vulnerability reporting and disclosure."
/// RFC line 79: "Provide templates that act as starter guides when SIR team has issues to respond to."
#[test]
fn every_letter_reads_as_its_snapshot() {
    let mut texts: BTreeMap<LetterName, Vec<String>> = BTreeMap::new();
    for (name, label, letter) in letters().samples().unwrap() {
        texts.entry(name).or_default().push(as_text(label, &letter));
    }
    assert_eq!(texts.len(), LetterName::ALL.len(), "each letter has a sample");
    for (name, texts) in texts {
        shot(&format!("letter-{}", name.name()), &texts.join("\n"));
    }
}

/// RFC: "ensure there is consistent communication"
/// RUNBOOK 3: "text only, at most 72 columns"; a text that people approve, and an address, stand as they are.
#[test]
fn letters_are_72_columns_wide_and_carry_their_tag_where_it_belongs() {
    for (name, label, letter) in letters().samples().unwrap() {
        let tag = "[SIR-2026-0007]";
        match (name.shape(), name.reader()) {
            (Shape::Page | Shape::Line, _) => assert!(letter.subject.is_empty(), "{name:?}"),
            (Shape::Mail, Reader::Reporter) => assert!(letter.subject.ends_with(tag), "{}", letter.subject),
            (Shape::Mail, Reader::Members) => {
                assert!(
                    letter.subject.starts_with(tag) || letter.subject.starts_with("[sir-intake]"),
                    "{name:?}"
                );
            }
            (Shape::Mail, Reader::List) => assert!(letter.subject.starts_with("[EMBARGO"), "{name:?}"),
            (Shape::Mail, Reader::Public) => {}
        }
        if name.shape() == Shape::Mail {
            for line in letter.body.lines().filter(|line| line.chars().count() > 72) {
                let last = line.split_whitespace().last().unwrap();
                assert!(
                    last.starts_with("https://") || last.starts_with("CVSS:"),
                    "{name:?} {label}: {line}"
                );
            }
        }
    }
}

/// Whoever is outside of the case reads no number of it, no code, no place of the team's. The leak guard would stop it; here
/// it cannot arise.
#[test]
fn letters_to_outsiders_hold_nothing_of_the_team() {
    let inside = ["SIR-", "SIRC-", "/reports/issues/", "sir-intake", "Alice Arden", "Rena Porter <"];
    for (name, label, letter) in letters().samples().unwrap() {
        let whole = as_text(label, &letter);
        let banned: &[&str] = match name.reader() {
            Reader::List | Reader::Public => &inside,
            Reader::Reporter => &["/reports/issues/", "approve 1a2b3c4d"],
            Reader::Members => &[],
        };
        for word in banned {
            assert!(!whole.contains(word), "{name:?} {label} holds {word}:\n{whole}");
        }
    }
    // Chairs of other groups and contacts cannot see the private issue, and are not shown it.
    let outer =
        [LetterName::SigChair, LetterName::TscNotice, LetterName::ChairsNotice, LetterName::Installers];
    for name in outer {
        assert!(!name.known().any(|variable| variable == "issue"), "{name:?}");
    }
    for name in LetterName::ALL.iter().filter(|name| matches!(name.reader(), Reader::List | Reader::Public)) {
        let told: Vec<&str> = name.known().collect();
        assert!(
            !told.iter().any(|one| ["case", "tag", "code", "issue", "greeting", "subject"].contains(one))
        );
    }
}

/// RUNBOOK F3: "Every letter naming a date must render from the case", with both configured lengths.
#[test]
fn a_letter_that_names_the_day_shows_the_configured_lengths() {
    let day = ["publish_at", "until", "limit_at", "new_at"];
    for &name in LetterName::ALL {
        if !name.known().any(|variable| day.contains(&variable))
            || matches!(name, LetterName::ListLifted | LetterName::ListEnded)
        {
            continue;
        }
        for length in ["wished_days", "limit_days"] {
            assert!(name.known().any(|variable| variable == length), "{name:?}");
            assert!(
                name.built_in().contains(&format!("{{{{ {length} }}}}")),
                "{name:?} does not say {length}"
            );
        }
    }
    let dates = Dates {
        publish_at: at("2026-12-01T16:00:00Z"),
        limit_at: at("2027-01-10T16:00:00Z"),
        wished_days: 21,
        limit_days: 60,
    };
    let proposal =
        Coordinated::EmbargoProposal { dates, extension_days: 15, who_knows: "the response team".into() };
    let letter = letters().letter(&common(), &Body::Coordinated(proposal)).unwrap();
    let body = letter.body.replace('\n', " ");
    for words in ["within 21 days", "after 60 days", "at most 15 days", "Tuesday 1 December 2026, 16:00 UTC"]
    {
        assert!(body.contains(words), "{words}: {}", letter.body);
    }
    assert!(body.contains("17:00 UTC+01 with you"), "their own clock: {}", letter.body);
}

fn common() -> Common {
    Common {
        case: CASE,
        subject: "Crash".into(),
        name: Some("Ann".into()),
        zone: TimeZone::UTC,
        their_zone: Some(TimeZone::fixed(jiff::tz::offset(1))),
        team: "O3DE security response team".into(),
        policy_url: "https://policy.example/security".into(),
        code: "SIRC-AHUA-6BYA-AOGL-K4ZR-QVXU-2M".into(),
    }
}

// ---------------------------------------------------------------- strict

fn faults(file: &str, text: &str) -> Vec<String> {
    let overrides = BTreeMap::from([(file.to_owned(), text.to_owned())]);
    Letters::new(&overrides).err().unwrap_or_default().iter().map(ToString::to_string).collect()
}

/// All letters with their templates changed.
fn all(change: impl Fn(LetterName) -> String) -> Vec<String> {
    let overrides = LetterName::ALL.iter().map(|name| (name.file().to_owned(), change(*name))).collect();
    Letters::new(&overrides).err().unwrap_or_default().iter().map(ToString::to_string).collect()
}

#[test]
fn each_letter_refuses_an_unknown_variable_and_one_that_is_missing() {
    let unknown = |name: LetterName| format!("{}\n{{{{ reporter_address }}}}\n", name.built_in());
    let found = all(unknown);
    for &name in LetterName::ALL {
        let line = unknown(name).lines().position(|line| line.contains("reporter_address")).unwrap() + 1;
        let told = format!("{}:{line}:4: this letter knows no reporter_address", name.file());
        assert!(found.contains(&told), "{told}");
    }
    let found = all(|name| {
        let wrong = |text: String, needed: &str| text.replace(needed, "wrongly_called");
        name.needed().fold(name.built_in().to_owned(), wrong)
    });
    for &name in LetterName::ALL {
        for needed in name.needed() {
            let told = format!("{}: the letter must say {{{{ {needed} }}}}", name.file());
            assert!(found.contains(&told), "{told}");
        }
    }
    assert_eq!(all(|name| name.built_in().to_owned()), Vec::<String>::new());
}

#[test]
fn a_text_that_people_approve_must_stand_alone() {
    let name = LetterName::ReviewRequest;
    let inside = name.built_in().replace("{{ text }}", "This is it: {{ text }}, no more.");
    let found = faults(name.file(), &inside);
    assert!(found.iter().any(|fault| fault.contains("{{ text }} must stand alone on its line")), "{found:?}");
}

#[test]
fn a_fault_in_one_variant_of_a_letter_is_found() {
    // Only the letter about a refused number goes this way.
    let name = LetterName::Cve;
    let bad = name.built_in().replace("{{ reason }}", "{{ reason | nth(n=\"x\") }}");
    assert!(!faults(name.file(), &bad).is_empty());
}

/// RFC: "Provide templates that act as starter guides when SIR team has issues to respond to."
#[test]
fn an_override_takes_the_place_of_one_letter_alone() {
    let name = LetterName::Confirmed;
    let text = name.built_in().replace("thank you again for your report.", "our heartfelt thanks.");
    let ours = Letters::new(&BTreeMap::from([(name.file().to_owned(), text)])).unwrap();
    assert!(ours.is_overridden(name) && !ours.is_overridden(LetterName::Receipt));
    assert!(ours.source(name).contains("heartfelt"));
    let (all, built_in) = (ours.samples().unwrap(), letters().samples().unwrap());
    for (mine, theirs) in all.iter().zip(&built_in) {
        assert_eq!(mine.2 == theirs.2, mine.0 != name, "{:?}", mine.0);
    }
}

#[test]
fn a_file_in_no_folder_of_letters_is_a_fault_with_a_hint() {
    let found = faults("letters/T08-confirmd.txt", "Subject: x\n\ny\n");
    assert_eq!(
        found,
        [
            "letters/T08-confirmd.txt: there is no letter of this name; did you mean letters/T08-confirmed.txt?"
        ]
    );
}

// ---------------------------------------------------------------- hostile words

const HOSTILE: &str =
    "x\r\nBcc: all@example.example\u{202e}\u{0}\u{1b}[2J {{ code }} ::text:: @everyone `tick` [a](b)";

fn dates() -> Dates {
    Dates {
        publish_at: at("2026-12-08T16:00:00Z"),
        limit_at: at("2027-02-21T16:00:00Z"),
        wished_days: 14,
        limit_days: 90,
    }
}

#[test]
fn a_hostile_reporter_moves_nothing_in_a_letter() {
    let hostile =
        Common { subject: HOSTILE.into(), name: Some(format!("{HOSTILE}{}", "n".repeat(5_000))), ..common() };
    let words = || HOSTILE.repeat(50);
    let bodies = [
        Coordinated::Invitation { account: words(), advisory: "https://github.example/a".into() },
        Coordinated::Review {
            text: words(),
            credit: words(),
            by: dates().publish_at,
            again: true,
            dates: Some(dates()),
        },
        Coordinated::Published { links: vec![words(), words()], credit: words() },
        Coordinated::Cve {
            state: Cve::Refused { requested_at: Some(dates().publish_at), reason: words() },
            dates: None,
            public: false,
        },
        Coordinated::Update {
            since: dates().publish_at,
            changed: words(),
            next: words(),
            contact_by: dates().publish_at,
            dates: None,
        },
    ];
    for body in bodies {
        let letter = letters().letter(&hostile, &Body::Coordinated(body)).unwrap();
        assert!(
            !letter.subject.contains(['\n', '\r', '\u{202e}', '\u{0}', '\u{1b}']),
            "{:?}",
            letter.subject
        );
        assert!(letter.subject.chars().count() <= 121);
        assert!(
            letter.subject.contains("{{ code }}") || letter.subject.contains("::text::"),
            "shown, not obeyed"
        );
        let acting = |c: char| c != '\n' && c != '\t' && (c.is_control() || c == '\u{202e}');
        assert!(!letter.body.contains(acting), "{}", letter.body);
        // A text that is to be approved is shown as it is, between its marks.
        let ours = letter.body.split("-------- the text --------").next().unwrap();
        assert!(!ours.lines().any(|line| line.starts_with("Bcc:")), "{ours}");
    }
}

#[test]
fn a_credit_or_a_title_cannot_act_in_public() {
    let desk = PublicDesk {
        team: "O3DE security response team".into(),
        contact: "security@o3de.example".into(),
        product: "O3DE".into(),
        policy_url: "https://policy.example/security".into(),
    };
    let text = AdvisoryText {
        ids: "CVE-2026-12345".into(),
        title: HOSTILE.into(),
        summary: "A server can be stopped.".into(),
        severity: Severity::High,
        vector: None,
        why: "It needs no account.".into(),
        affected: vec![HOSTILE.into()],
        fixed: Some(vec![HOSTILE.into()]),
        tell: "Look.".into(),
        mitigation: "Update.".into(),
        workaround: String::new(),
        detection: String::new(),
        details: "```\n  kept   as it is\n```".into(),
        credits: Some(vec!["<img src=x> @o3de/all #1 | [x](http://y)".into()]),
        timeline: vec![("2026-11-23".into(), "reported".into())],
        url: "https://github.example/a".into(),
    };
    let page = letters().public(&desk, &ToPublic::Advisory(&text)).unwrap().body;
    assert!(
        !page.contains("<img")
            && !page.contains("@o3de/all")
            && !page.contains("@everyone")
            && !page.contains("[x](http"),
        "{page}"
    );
    assert!(page.contains("```\n  kept   as it is\n```"), "the team's own Markdown stays: {page}");
    let line = letters().public(&desk, &ToPublic::Line(&text)).unwrap().body;
    assert_eq!(line.lines().count(), 1);
    assert!(!line.contains("@everyone") && !line.contains("[a](b)"), "{line}");
    assert!(line.chars().count() <= 2_000);
}

#[test]
fn an_organization_reads_of_itself_alone() {
    let desk = ListDesk {
        organization: format!("Games\n\nBcc: all@example.example\n\n{HOSTILE}"),
        product: "O3DE".into(),
        ids: "CVE-2026-12345".into(),
        zone: TimeZone::UTC,
        their_zone: None,
        team: "O3DE security response team".into(),
        contact: "security@o3de.example".into(),
        dates: dates(),
    };
    let notice = ListNotice {
        title: HOSTILE.into(),
        severity: Severity::High,
        vector: None,
        summary: HOSTILE.into(),
        affected: vec![],
        tell: String::new(),
        fix: String::new(),
        deploy_early: false,
    };
    let letter = letters().list(&desk, &ToList::Notice(Box::new(notice))).unwrap();
    assert!(letter.subject.starts_with("[EMBARGOED until 2026-12-08 16:00Z] O3DE CVE-2026-12345: x Bcc:"));
    assert!(!letter.body.lines().any(|line| line.starts_with("Bcc")), "{}", letter.body);
}

/// RUNBOOK T19: approvals are bound to the text, so a reviewer reads exactly that text.
#[test]
fn a_reviewer_reads_every_word_of_the_text_that_is_approved() {
    let head = "# A\n\n  two  spaces\n- a list\nwithout a blank line before, ";
    let text = format!("{head}{}end\n", "long ".repeat(40));
    let desk = Desk { to: None, zone: TimeZone::UTC, their_zone: None, team: "team".into(), code: None };
    let draft = Version { text: text.clone(), hash: "1a2b3c4d".into() };
    let what = OnCase::ReviewRequest { draft, by: dates().limit_at, dates: None };
    let letter = letters().on_case(CASE, &desk, &what).unwrap();
    assert!(letter.body.contains(&format!("\n\n{head}")), "nothing is joined: {}", letter.body);
    let flat = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flat(&letter.body).contains(&flat(&text)), "{}", letter.body);
    assert!(letter.body.contains("  approve 1a2b3c4d\n"));
    assert!(!letter.body.contains("!approve"), "a quote of it cannot fire");
}

// ---------------------------------------------------------------- a calendar entry in a mail

fn entry() -> CalendarEntry {
    let keys = Keyring::new(Key { number: 1, bytes: [7; 32] }, vec![]);
    CalendarEntry {
        uid: uid(CASE, Occasion::Publication, "o3de.example", &keys),
        sequence: 0,
        written: at("2026-11-23T14:00:09Z"),
        begins: dates().publish_at,
        minutes: 30,
        occasion: Occasion::Publication,
        standing: Standing::Confirmed,
    }
}

pub fn with_entry() -> Vec<u8> {
    let what = Coordinated::Embargo { dates: dates(), extension_days: 0, moved: None, confirm: false };
    let letter = letters().letter(&common(), &Body::Coordinated(what)).unwrap();
    let outgoing = Outgoing {
        from: Address::parse("security@o3de.example").unwrap(),
        to: Address::parse("ann@researcher.example").unwrap(),
        subject: letter.subject,
        body: letter.body,
        message_id: "<k3v7q2m5x4n6p2a7b3c5d4e6f2@bot.o3de.example>".into(),
        in_reply_to: None,
        references: vec![],
        automatic: Auto::No,
        date: at("2026-11-23T14:00:30Z"),
        practice: Practice::No,
    };
    let file = entry().attachment();
    let bytes = compose::write_with(&outgoing, Some(&file)).unwrap();
    assert_eq!(bytes, compose::write_with(&outgoing, Some(&file)).unwrap(), "the same parts, the same bytes");
    bytes
}

#[test]
fn the_day_comes_with_an_entry_for_the_calendar() {
    let bytes = with_entry();
    let text = String::from_utf8(bytes.clone()).unwrap();
    assert!(text.contains("multipart/mixed"), "{text}");
    assert!(
        text.lines().all(|line| line.len() <= 998) && text.split("\r\n").all(|line| !line.contains('\n'))
    );
    let read = mail::read(&bytes, &Limits::default(), &House::default());
    assert!(read.text.starts_with("Hello Ann,"), "{}", read.text);
    let [file] = read.attachments.as_slice() else { panic!("one file: {:?}", read.attachments) };
    assert_eq!((file.name.as_str(), file.kind.as_str()), ("date.ics", "text/calendar"));
    assert_eq!(file.sha256, sir_intake::case::Sha256::of(entry().write().as_bytes()), "as it was written");
}

/// RUNBOOK 3: "text only, at most 72 columns", also of a text that people approve; its words are all there, and its hash is that of
/// the text itself.
#[test]
fn a_text_to_approve_is_quoted_within_the_columns() {
    let prose = "A server trusts the length that a packet names and writes behind its end. ".repeat(3);
    let table = format!("| {} |", "x".repeat(90));
    let code = format!("```\n{}\n```", "let a = 1; ".repeat(12).trim_end());
    let text = format!("## Summary\n\n{prose}\n\n- {prose}\n\n{table}\n\n{code}");
    let draft = Version { text: text.clone(), hash: "1a2b3c4d".into() };
    let letter = OnCase::ReviewRequest { draft, by: dates().publish_at, dates: None };
    let desk = Desk { to: None, zone: TimeZone::UTC, their_zone: None, team: "team".into(), code: None };
    let body = letters().on_case(CASE, &desk, &letter).unwrap().body;
    let flat = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flat(&body).contains(&flat(&text)), "every word: {body}");
    let long: Vec<&str> = body.lines().filter(|line| line.chars().count() > 72).collect();
    assert_eq!(long.len(), 2, "table and code stand: {long:#?}");
    assert!(body.contains("\n  end. A server"), "an item hangs: {body}");
}

// ---------------------------------------------------------------- the page for the public

fn runbook() -> RunbookView {
    use jiff::civil::{Weekday, date};
    use sir_intake::case::roster::Role;
    RunbookView {
        team: "O3DE security response team".into(),
        contact: "security@o3de.example".into(),
        policy_url: Some("https://policy.example/security".into()),
        zone: "UTC".into(),
        workdays: vec![
            Weekday::Monday,
            Weekday::Tuesday,
            Weekday::Wednesday,
            Weekday::Thursday,
            Weekday::Friday,
        ],
        days_off: vec![date(2026, 12, 25), date(2027, 1, 1)],
        roles: vec![Role::Member, Role::Chair, Role::TscContact, Role::ReleaseContact],
        hold_s: Some(600),
        lengths: lengths(RunbookRule::default()),
        watched: vec!["o3de/o3de".into()],
    }
}

fn lengths(rule: RunbookRule) -> Lengths {
    Lengths {
        acknowledge_days: 3,
        acknowledge_warn_hours: vec![24, 48, 60],
        owner_team_hours: vec![4, 24],
        information_days: vec![7, 21],
        information_close_days: 45,
        contact_days: 5,
        owner_chairs_hours: 48,
        owner_tsc_hours: 72,
        told_hours: 24,
        rule,
    }
}

/// RFC: "The processes for reporting and handling security issues should be public knowledge"
/// RFC line 81: "Provides clear process for SIG to follow"
/// RFC line 89: "Process should be publicly documented for any contributor to reference in SIG-Security".
#[test]
fn the_public_reads_the_runbook_as_it_is_configured() {
    let page = markdown(&runbook());
    assert!(page.contains(&sir_intake::case::command::documentation()), "how members command");
    shot("runbook", &markdown(&RunbookView { hold_s: None, ..runbook() }));
    assert!(STAGES.iter().all(|stage| page.contains(&format!(". {}\n", stage.name))));
    let holes = page.match_indices('{').count();
    assert_eq!(holes, 0, "a length was not filled in");
    let other = RunbookRule { target_days: 21, limit_days: 60, extension_days: 0, ..RunbookRule::default() };
    let other = markdown(&RunbookView { lengths: lengths(other), hold_s: None, ..runbook() });
    assert!(other.contains("within 21 days") && other.contains("after 60 days at the latest"), "{other}");
    assert!(!other.contains("exclamation mark"), "no commands, no table of them");
    let waits = Lengths {
        acknowledge_warn_hours: vec![24, 60],
        information_days: vec![3, 5, 8],
        information_close_days: 13,
        ..lengths(RunbookRule::default())
    };
    let page = markdown(&RunbookView { lengths: waits, ..runbook() });
    for words in [
        "one working day and 60 working hours (24 to the day) after the report",
        "after 3, 5 and 8 days",
        "after 13 days that the case may be closed",
        "45, 30, 15, 7, 3 and 1 days before",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
}
