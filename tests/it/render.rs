//! What people get to read, as files that look like it: `tests/it/snapshots/`. Everybody in them is made up.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use sir_intake::case::{
    Address, CaseId, Checked, ClockKind, Closure, Component, EffectId, MailId, MemberKey, Op, PersonId,
    Severity, Sha256, Tally, Unchecked,
};
use sir_intake::known::findings::{Because, Findings, PackageLine, PackagePlace, Row};
use sir_intake::known::{Age, Publicity, Source, Status, Verdict};
use sir_intake::mail::Seal;
use sir_intake::mail::compose::{self, Auto, Outgoing, Practice};
use sir_intake::render::alert::{self, AlertMail};
use sir_intake::render::alert_view::{Above, Alarm, Alert, AlertCase, AlertView, Commands, Line};
use sir_intake::render::code::{self, Holder};
use sir_intake::render::comment::{self, Comment, Words};
use sir_intake::render::digest::{About, DigestLine, DigestView, MirrorNews};
use sir_intake::render::fence::Value;
use sir_intake::render::issue::{
    self, Answered, AttachmentRow, Fact, IssueView, Note, Progress, Receipt, Report, Stage,
};
use sir_intake::render::known::KnownView;
use sir_intake::render::letters::{Letters, ReceiptView};
use sir_intake::render::marker::{self, Key, Keyring, Stamp};

pub const CASE: CaseId = CaseId { year: 2026, number: 7 };

pub fn shot(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    // The marker changes with every word of the page: a changed word is shown once, where it stands.
    let text = match text.split_once(" page=") {
        Some((head, rest)) if text.starts_with("<!-- sir-intake op=") => {
            let page = rest.split_once(" -->").unwrap().1;
            format!("{head} page=<hash> mac=<HMAC> -->{page}")
        }
        _ => text.to_owned(),
    };
    settings.bind(|| insta::assert_snapshot!(name, text));
}

pub fn keys() -> Keyring {
    Keyring::new(Key { number: 1, bytes: [7; 32] }, vec![])
}

pub fn op() -> Op {
    Op("k3v7q2m5x4n6p2a7b3c5d4e6f2".into())
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

fn letters() -> Letters {
    Letters::new(&BTreeMap::new()).unwrap()
}

fn reporter_code() -> String {
    code::code(CASE, &Holder::Participant(PersonId(3)), &keys()).unwrap()
}

fn receipt_view() -> ReceiptView {
    ReceiptView {
        case: CASE,
        received: at("2026-11-23T14:00:09Z"),
        acknowledge_by: at("2026-11-26T14:00:09Z"),
        zone: TimeZone::UTC,
        team: "O3DE security response team".into(),
        policy_url: "https://policy.example/security".into(),
        code: reporter_code(),
    }
}

fn checked() -> Option<Checked> {
    let tally =
        Tally { cited: 1, likely: 1, earlier: 1, in_range: 1, leaks: 1, unknown: 1, ..Tally::default() };
    Some(Checked::Done { tally, mirror: Some(at("2026-11-23T04:00:00Z")) })
}

/// What a check may find; titles and versions are words of others.
fn known_view() -> KnownView {
    let row = |id: &str, source, verdict, title: &str| Row {
        id: id.into(),
        source,
        verdict,
        publicity: Publicity::Public,
        status: Status::Analyzed,
        closure: None,
        published: Some(at("2018-06-01T10:00:00Z")),
        title: title.into(),
        fixed: Some("1.2.12".into()),
        reasons: vec![
            Because { words: "id cited".into(), theirs: vec![] },
            Because {
                words: "same function or file:".into(),
                theirs: vec!["inflate.c".into(), "a|b".into()],
            },
        ],
    };
    let mut issue =
        row("o3de/o3de#7264", Source::Issue, Verdict::LikelyKnown, "Update @zlib, fixes #12 <img src=x>");
    (issue.publicity, issue.status) = (Publicity::PossibleLeak, Status::Open);
    issue.published = Some(at("2026-11-24T10:00:00Z"));
    issue.fixed = None;
    let mut case = row("SIR-2026-0003", Source::Case, Verdict::SameReference, "zlib again`` | [x](http://y)");
    (case.publicity, case.fixed) = (Publicity::Members, None);
    case.stands(Some(Closure::NotReproducible));
    let findings = Findings {
        rows: vec![
            row("CVE-2018-90001", Source::Nvd, Verdict::Cited, "A heap fault when deflating\u{202E}tupni"),
            issue,
        ],
        cases: vec![case],
        packages: vec![PackageLine {
            ships: "zlib 1.2.11, 1.3.1 (Windows, Linux, Mac)".into(),
            asked: vec!["1.2.11".into()],
            rows: vec![PackagePlace {
                id: "CVE-2018-90001".into(),
                inside: vec!["1.2.11".into()],
                outside: vec!["1.3.1".into()],
                asked_inside: true,
                fixed: Some("1.2.12".into()),
            }],
            more: 2,
        }],
        unknown_ids: vec!["CVE-2026-12345".into()],
        mirror: Age {
            taken_at: Some(at("2026-11-23T04:00:00Z")),
            stamp: "2026-11-23T00:00:00.000".into(),
            records: 286_355,
            advisories: 0,
            issues: 1_204,
        },
    };
    KnownView {
        checked: checked(),
        findings: Some(findings),
        at: Some(at("2026-11-23T14:00:10Z")),
        received: at("2026-11-23T14:00:09Z"),
        cases: [("SIR-2026-0003".to_owned(), "https://github.example/o3de/reports/issues/3".to_owned())]
            .into(),
    }
}

pub fn view() -> IssueView {
    let ours = |words: &str| Value::Ours(words.into());
    let theirs = |words: &str| Value::Theirs(words.into());
    let missing = vec!["platform".to_owned(), "what an attacker gains".to_owned()];
    let acknowledge_by = at("2026-11-26T14:00:09Z");
    let steps = issue::runbook(&Progress {
        checked: checked(),
        owner: None,
        answered: Answered::No,
        missing: Some(missing.len()),
        assessed: None,
        closed: None,
        acknowledge_by,
        zone: TimeZone::UTC,
    });
    IssueView {
        case: CASE,
        mail: Sha256([5; 32]),
        stage: Stage::New,
        closure: None,
        severity: None,
        remarks: Vec::new(),
        owner: None,
        received: at("2026-11-23T14:00:09Z"),
        acknowledge_by,
        answered: Answered::No,
        receipt: Receipt::Sent(at("2026-11-23T14:00:31Z")),
        facts: vec![
            Fact { name: "Component", values: vec![ours("Multiplayer")], claimed: false },
            Fact { name: "Versions", values: vec![theirs("2505.1"), theirs("<= 25.05.0")], claimed: false },
            Fact { name: "Platform", values: vec![], claimed: false },
            Fact {
                name: "Severity",
                values: vec![
                    ours("critical, 9.8"),
                    theirs("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"),
                ],
                claimed: true,
            },
            Fact { name: "Ids cited", values: vec![ours("CVE-2026-12345")], claimed: false },
        ],
        missing,
        known: known_view(),
        notes: vec![Note::FromRewritten, Note::HeldByList(SignedDuration::from_hours(7))],
        steps,
        attachments: vec![
            AttachmentRow {
                name: "crash|poc.py".into(),
                kind: "text/x-python".into(),
                size: 12_834,
                sha256: Sha256::of(b"poc"),
                seal: Seal::None,
            },
            AttachmentRow {
                name: "core<U+202E>gpj.exe".into(),
                kind: "application/octet-stream".into(),
                size: 31_457_280,
                sha256: Sha256::of(b"core"),
                seal: Seal::Closed,
            },
        ],
        report: Report::Shown {
            subject: "Remote code execution in Multiplayer gem".into(),
            from: "ann@researcher.example".into(),
            text: "Hello,\n\nthe server of the Multiplayer gem trusts a length field of a packet.\n\n```cpp\nmemcpy(dst, src, packet.length);\n```\n\n@o3de/security please look, see #1.\n\nAnn\n".into(),
        },
        zone: TimeZone::UTC,
    }
}

#[test]
fn the_reporter_gets_a_receipt_that_says_when_a_person_will_write() {
    let letter = letters().receipt(&receipt_view()).unwrap();
    let bytes = compose::write(&Outgoing {
        from: address("security@o3de.example"),
        to: address("ann@researcher.example"),
        subject: letter.subject,
        body: letter.body,
        message_id: format!("<{}@bot.o3de.example>", op()),
        in_reply_to: Some("first-mail@researcher.example".into()),
        references: vec!["first-mail@researcher.example".into()],
        automatic: Auto::Replied,
        date: at("2026-11-23T14:00:30Z"),
        practice: Practice::No,
    })
    .unwrap();
    let text = String::from_utf8(bytes).unwrap();
    assert!(text.lines().all(|line| line.len() <= 78), "{text}");
    assert_eq!(code::find(&text, &keys()).len(), 1, "the code in the footer is ours");
    shot("receipt", &text.replace("\r\n", "\n"));
}

#[test]
fn a_reviewer_reads_the_new_issue() {
    let body = issue::body(&view(), &op(), &keys());
    assert_eq!(marker::verify(&body, &keys()).unwrap().op, op());
    assert_eq!(issue::title(CASE, Practice::No), "SIR-2026-0007: report received");
    assert_eq!(
        issue::labels(&view()),
        ["needs/acknowledgement", "needs/details", "needs/owner", "stage/new"]
    );
    shot("issue-new", &body);
}

#[test]
fn a_reviewer_reads_an_encrypted_report_whose_receipt_came_back() {
    let mut view = view();
    view.zone = TimeZone::get("America/Los_Angeles").unwrap();
    view.stage = Stage::Triage;
    view.owner = Some("Alice Example".into());
    view.facts.clear();
    view.missing.clear();
    view.attachments.truncate(1);
    view.answered = Answered::Unverified { who: "Alice Example".into(), at: at("2026-11-24T09:00:00Z") };
    view.receipt = Receipt::Failed(at("2026-11-23T14:02:00Z"));
    view.known.checked = Some(Checked::Not { why: Unchecked::Encrypted, earlier: 0 });
    view.known.findings = None;
    view.notes = vec![Note::Encrypted, Note::DeliveryFailed(at("2026-11-23T14:02:00Z"))];
    view.report = Report::Withheld("it came encrypted".into());
    view.steps = issue::runbook(&Progress {
        checked: None,
        owner: view.owner.clone(),
        answered: view.answered.clone(),
        missing: None,
        assessed: None,
        closed: None,
        acknowledge_by: view.acknowledge_by,
        zone: view.zone.clone(),
    });
    assert_eq!(
        issue::labels(&view),
        ["mail/delivery-failed", "needs/acknowledgement", "needs/key-holder", "stage/triage"]
    );
    shot("issue-encrypted", &issue::body(&view, &op(), &keys()));
}

#[test]
fn every_label_that_can_be_set_is_one_that_is_created() {
    let mut view = view();
    view.notes = vec![
        Note::HeaderOnly("x".into()),
        Note::Encrypted,
        Note::DeliveryFailed(view.received),
        Note::Exercise,
    ];
    for stage in [
        Stage::New,
        Stage::Triage,
        Stage::Known,
        Stage::NotVulnerable,
        Stage::Confirmed,
        Stage::Mitigating,
        Stage::Review,
        Stage::Prenotice,
        Stage::Ready,
        Stage::Disclosed,
        Stage::Closed,
    ] {
        view.stage = stage;
        for name in issue::labels(&view) {
            let label = issue::LABELS.iter().find(|label| label.name == name).expect(name);
            assert!(label.color.len() == 6 && label.description.len() <= 100);
        }
    }
}

#[test]
fn a_report_of_a_megabyte_leaves_a_body_of_sixty_thousand_bytes() {
    let mut view = view();
    view.report = Report::Shown {
        subject: "s".repeat(100_000),
        from: "f".repeat(100_000),
        text: "\u{1}ü`".repeat(400_000),
    };
    view.attachments = vec![view.attachments[0].clone(); 5000];
    view.attachments[0].name = "\u{1F600}`|".repeat(50_000);
    view.facts = vec![
        Fact {
            name: "Versions",
            values: vec![Value::Theirs("\u{1F600}`".repeat(5000)); 20],
            claimed: true
        };
        50
    ];
    let body = issue::body(&view, &op(), &keys());
    assert!(body.len() <= issue::BODY_BYTES, "{}", body.len());
    assert!(body.contains("bytes more in the store"), "the cut is told");
    let written = Comment::ReporterWrote {
        received: view.received,
        words: Words { new_words: "n`\n".repeat(100_000), quoted: "q\n".repeat(100_000) },
        attachments: view.attachments,
        authentication_failed: true,
    };
    assert!(
        comment::comment(CASE, &written, &TimeZone::UTC, &Stamp { op: &op(), mail: None }, &keys()).len()
            <= issue::BODY_BYTES
    );
}

#[test]
fn reviewers_read_the_comments() {
    let words = Words {
        new_words: "I forgot: it also happens on Linux.\n\n</details> ```\n".into(),
        quoted: "> This note was sent by a machine.\n> ...\n".into(),
    };
    let received = at("2026-11-24T08:30:00Z");
    let none = Words { new_words: String::new(), quoted: String::new() };
    let all = [
        (
            "comment-reporter-wrote",
            Comment::ReporterWrote {
                received,
                words: words.clone(),
                attachments: view().attachments.into_iter().take(1).collect(),
                authentication_failed: false,
            },
        ),
        (
            "comment-reporter-wrote-forged",
            Comment::ReporterWrote {
                received,
                words: none,
                attachments: vec![],
                authentication_failed: true,
            },
        ),
        (
            "comment-stranger",
            Comment::StrangerWrote {
                received,
                from: "\"@o3de/all `x`\" <mallory@elsewhere.example>".into(),
                words: words.clone(),
                attachments: vec![],
            },
        ),
        (
            "comment-member-answered",
            Comment::MemberAnswered {
                received,
                who: "Alice Example".into(),
                verified: true,
                words: words.clone(),
                attachments: vec![],
            },
        ),
        (
            "comment-member-unverified",
            Comment::MemberAnswered {
                received,
                who: "Alice Example".into(),
                verified: false,
                words,
                attachments: vec![],
            },
        ),
        (
            "comment-delivery-failed",
            Comment::DeliveryFailed {
                at: received,
                letter: "the acknowledgement".into(),
                said: Some("550 5.1.1 <ann@researcher.example>: no such user".into()),
                clock_reopened: true,
            },
        ),
        ("comment-body-edited", Comment::BodyEdited { at: received }),
        (
            "comment-header-only",
            Comment::HeaderOnly { received, mail: MailId(12), why: "more than 500 parts".into() },
        ),
        ("comment-second-copy", Comment::SecondCopy { kept: 7 }),
    ];
    for (name, what) in all {
        let text = comment::comment(CASE, &what, &TimeZone::UTC, &Stamp { op: &op(), mail: None }, &keys());
        assert!(marker::verify(&text, &keys()).is_some(), "{name}");
        shot(name, &text);
    }
}

fn alert_view(kind: Alert) -> AlertView {
    AlertView {
        case: Some(AlertCase {
            id: CASE,
            issue: Some("https://github.example/o3de/reports/issues/7".into()),
            received: at("2026-11-23T14:00:09Z"),
            acknowledge_by: at("2026-11-26T14:00:09Z"),
            acknowledged: false,
            public_on: None,
            components: vec![Component("Multiplayer".into())],
            claimed: Some(Severity::Critical),
            rated: None,
            owner: None,
            checked: checked(),
            receipt_withheld: None,
            advisory: None,
            posted: None,
        }),
        kind,
        now: at("2026-11-23T14:05:00Z"),
        zone: TimeZone::UTC,
        their_zone: None,
        practice: Practice::No,
        commands: Commands::ByMail,
        code: code::code(CASE, &Holder::Member(MemberKey("alice".into())), &keys()),
    }
}

fn as_mail(mail: &AlertMail) -> String {
    format!("Subject: {}\n\n{}", mail.subject, mail.body)
}

fn all_alerts() -> Vec<(&'static str, AlertView)> {
    let due = at("2026-11-26T14:00:09Z");
    let received = at("2026-11-23T13:10:00Z");
    let line = |n, why: &str| Line { mail: MailId(n), received, why: why.into() };
    let on_case = |name, kind| (name, alert_view(kind));
    let alone = |name, kind| {
        let mut view = alert_view(kind);
        view.case = None;
        view.code = None;
        (name, view)
    };
    let mut pending = alert_view(Alert::NewCase);
    if let Some(case) = &mut pending.case {
        case.issue = None;
        case.receipt_withheld = Some("three receipts to this sender today".into());
        case.claimed = None;
        case.owner = Some("Alice Example".into());
    }
    let mut breach = alert_view(Alert::ClockBreach { clock: ClockKind::Acknowledge, due });
    breach.now = at("2026-11-27T08:00:00Z");
    vec![
        on_case("alert-new-case", Alert::NewCase),
        ("alert-new-case-pending", pending),
        on_case("alert-reporter-wrote", Alert::ReporterWrote { attachments: 2 }),
        on_case("alert-stranger-wrote", Alert::StrangerWrote),
        on_case("alert-found-more", Alert::FoundMore),
        on_case("alert-member-answered", Alert::MemberAnswered { received }),
        on_case(
            "alert-delivery-failed",
            Alert::DeliveryFailed { letter: "the receipt".into(), clock_reopened: false },
        ),
        on_case("alert-clock-warning", Alert::ClockWarning { clock: ClockKind::Acknowledge, due }),
        on_case("alert-clock-owner", Alert::ClockWarning { clock: ClockKind::Owner, due }),
        ("alert-clock-breach", breach),
        on_case("alert-owner-missing-chairs", Alert::OwnerMissing { to: Above::Chairs }),
        on_case("alert-owner-missing-tsc", Alert::OwnerMissing { to: Above::Tsc }),
        on_case(
            "alert-effect-parked",
            Alert::EffectParked {
                effect: EffectId(31),
                what: "send the receipt".into(),
                why: "the server refused the recipient for good".into(),
            },
        ),
        on_case(
            "alert-letter-unknown",
            Alert::LetterUnknown { effect: EffectId(31), letter: "the receipt".into(), tried: received },
        ),
        alone(
            "alert-waiting",
            Alert::Waiting(vec![line(12, "in the junk folder"), line(13, "no sign of a report")]),
        ),
        alone("alert-parked-mail", Alert::ParkedMail(line(14, "reading it failed three times"))),
        on_case("alert-header-only", Alert::HeaderOnly { why: "more than 500 parts".into() }),
        alone("alarm-mailbox", Alert::Alarm(Alarm::MailboxUnreachable(received))),
        alone("alarm-repository-public", Alert::Alarm(Alarm::RepositoryPublic)),
        alone("alarm-not-held", Alert::Alarm(Alarm::MailNotHeld(3))),
    ]
}

#[test]
fn a_member_reads_the_alerts() {
    for (name, view) in all_alerts() {
        let mail = letters().alert(&view);
        assert!(mail.body.lines().all(|line| line.chars().count() <= 72), "{name}:\n{}", mail.body);
        assert!(mail.subject.chars().count() <= 78, "{name}: {}", mail.subject);
        shot(name, &as_mail(&mail));
    }
}

#[test]
fn a_channel_reads_the_alerts_on_discord() {
    let mut all = String::new();
    for (name, view) in all_alerts() {
        let post = alert::discord(&view);
        assert!(post.chars().count() <= alert::DISCORD_CHARS);
        all.push_str(&format!("{name}\n{post}\n\n"));
    }
    shot("discord", &all);
}

#[test]
fn a_link_that_is_no_plain_url_is_not_posted() {
    let mut view = alert_view(Alert::NewCase);
    view.practice = Practice::Yes;
    assert!(alert::discord(&view).starts_with("\\[PRACTICE\\] **SIR-2026-0007**"));
    for bad in ["javascript:alert(1)", "https://x.example/> @everyone", "https://x.example/\nfoo"] {
        view.case.as_mut().unwrap().issue = Some(bad.into());
        assert!(alert::discord(&view).ends_with("\nissue pending"), "{bad}");
    }
}

#[test]
fn every_alarm_has_words() {
    let now = at("2026-11-23T13:10:00Z");
    for alarm in [
        Alarm::MailboxRebuilt,
        Alarm::DiskLow(312),
        Alarm::RepositoryChanged,
        Alarm::GithubRefused,
        Alarm::GithubUnreachable(now),
        Alarm::MailRefused,
        Alarm::SmtpUnreachable(now),
        Alarm::IssuesSilent(at("2026-11-23T07:00:00Z")),
        Alarm::DiscordRevoked,
        Alarm::CodesDisagree(MailId(9)),
        Alarm::OtherKey(CASE),
        Alarm::ClockSetBack(3600),
        Alarm::TemplateFails("T00-receipt.txt".into()),
        Alarm::Other("the store answered with an error".into()),
    ] {
        let mut view = alert_view(Alert::Alarm(alarm));
        view.case = None;
        let mail = letters().alert(&view);
        assert!(
            mail.subject.starts_with("[sir-intake] ALARM: ") && mail.body.len() > 30,
            "{}",
            as_mail(&mail)
        );
    }
}

fn digest_view() -> DigestView {
    let line = |about, when: &str, sender: Option<&str>, why: &str| DigestLine {
        about,
        at: at(when),
        sender: sender.map(address),
        why: why.into(),
    };
    let mail = |n| About::Mail(MailId(n));
    DigestView {
        commands: Commands::ByMail,
        now: at("2026-11-24T09:00:00Z"),
        zone: TimeZone::UTC,
        their_zone: None,
        last_good_poll: Some(at("2026-11-24T08:59:20Z")),
        open_cases: 3,
        terms: Vec::new(),
        mirror: MirrorNews::Old(at("2026-11-19T09:00:00Z")),
        due: vec![line(About::Case(CASE), "2026-11-26T14:00:09Z", None, "acknowledge; nobody owns it")],
        waiting: vec![line(
            mail(12),
            "2026-11-23T13:10:00Z",
            Some("offers@shop.example"),
            "in the junk folder",
        )],
        quarantined: vec![line(
            About::Case(CASE),
            "2026-11-23T18:00:00Z",
            Some("mallory@elsewhere.example"),
            "takes no part in the case",
        )],
        parked: vec![line(
            About::Effect(EffectId(31)),
            "2026-11-23T14:01:00Z",
            None,
            "send the receipt: the server refused the recipient for good",
        )],
        unknown: vec![],
        screened: vec![
            line(
                mail(15),
                "2026-11-23T15:00:00Z",
                Some("bob@away.example"),
                "automatic answer (Auto-Submitted)",
            ),
            line(
                mail(16),
                "2026-11-23T15:00:05Z",
                Some("ann@researcher.example"),
                "second copy of message 11",
            ),
        ],
        history: vec![line(
            mail(2),
            "2026-11-19T10:00:00Z",
            Some("carol@finder.example"),
            "no answer in its thread",
        )],
    }
}

#[test]
fn a_member_reads_the_digest() {
    let mail = letters().digest(&digest_view());
    assert!(mail.body.lines().all(|line| line.chars().count() <= 72), "{}", mail.body);
    shot("digest", &as_mail(&mail));
}

#[test]
fn on_a_quiet_monday_the_digest_proves_life() {
    let mut view = digest_view();
    for lines in [
        &mut view.due,
        &mut view.waiting,
        &mut view.quarantined,
        &mut view.parked,
        &mut view.screened,
        &mut view.history,
    ] {
        lines.clear();
    }
    view.open_cases = 0;
    view.mirror = MirrorNews::None;
    assert!(view.is_empty());
    shot("digest-empty", &as_mail(&letters().digest(&view)));
}

/// What stands parked is told in words that say what to do; the store holds a word alone.
#[test]
fn every_reason_that_stops_an_effect_has_its_words() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/perform");
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        for (at, mark) in text.match_indices("Parked { why: \"").chain(text.match_indices("again(\"")) {
            let word = text[at + mark.len()..].split('"').next().unwrap();
            let words = sir_intake::render::stuck::why(word);
            assert!(words != word && words.contains(' ') && !words.ends_with('.'), "{word}: {words}");
            seen += 1;
        }
    }
    assert!(seen > 20, "{seen}");
    let overtaken = sir_intake::render::stuck::why("public-meanwhile");
    assert!(overtaken.contains("everybody can read by now") && overtaken.contains("drop it"));
    let named = sir_intake::render::stuck::why("another-is-being-named");
    assert!(named.contains("goes on by itself when the time to undo that is over"));
    assert_eq!(sir_intake::render::stuck::why("what nobody wrote"), "what nobody wrote");
}
