//! Made-up data for every letter, one of each variant: what templates are tried on, and what `templates preview` shows.
//! Everybody in it is fictional.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::coordinated::{Coordinated, Cve, Dates};
use super::list::{ListDesk, ListNotice, ToList};
use super::on_case::Incident;
use super::public::{AdvisoryText, PublicDesk, ToPublic};
use super::reporter::{Body, Common, ReceiptView};
use super::samples_people as people;
use super::sheet::Filled;
use super::table::{LetterName, Reader};
use crate::case::{CaseId, Closure, Severity};

pub(super) const CASE: CaseId = CaseId { year: 2026, number: 7 };
pub(super) const TEAM: &str = "O3DE security response team";
pub(super) const POLICY: &str = "https://policy.example/security";
const CODE: &str = "SIRC-AHUA-6BYA-AOGL-K4ZR-QVXU-2M";

/// A variant of a letter, and what sets it apart.
pub(super) type Sample = (&'static str, Filled);

/// Noon of the n-th day after Monday, 23 November 2026.
pub(super) fn noon(day: i64) -> Timestamp {
    Timestamp::from_second(1_795_435_200 + day * 86_400).unwrap_or(Timestamp::UNIX_EPOCH)
}

pub(super) fn words(text: &str) -> String {
    text.to_owned()
}

pub(super) fn dates() -> Dates {
    Dates { publish_at: noon(15), limit_at: noon(90), wished_days: 14, limit_days: 90 }
}

/// Every variant of a letter.
pub(super) fn of(name: LetterName) -> Vec<Sample> {
    match name.reader() {
        Reader::Reporter => to_reporter(name),
        Reader::Members => people::of(name),
        Reader::List => list(name),
        Reader::Public => public(name),
    }
}

fn receipt() -> ReceiptView {
    ReceiptView {
        case: CASE,
        received: noon(0),
        acknowledge_by: noon(3),
        zone: TimeZone::UTC,
        team: words(TEAM),
        policy_url: words(POLICY),
        code: words(CODE),
    }
}

fn common() -> Common {
    Common {
        case: CASE,
        subject: words("Crash in a network packet"),
        name: Some(words("Rena Porter")),
        zone: TimeZone::UTC,
        their_zone: Some(TimeZone::fixed(jiff::tz::offset(9))),
        team: words(TEAM),
        policy_url: words(POLICY),
        code: words(CODE),
    }
}

fn to_reporter(name: LetterName) -> Vec<Sample> {
    if name == LetterName::Receipt {
        return vec![("", receipt().filled())];
    }
    let common = common();
    let all = triage().into_iter().chain(
        coordinated()
            .into_iter()
            .chain(cves())
            .chain(late())
            .map(|(label, body)| (label, Body::Coordinated(body))),
    );
    let filled = all.map(|(label, body)| (label, common.filled(&body)));
    filled.filter(|(_, filled)| filled.name == name).collect()
}

fn triage() -> Vec<(&'static str, Body)> {
    let reason = || words("It only happens with a project that the user made and trusts.");
    let questions =
        || vec![words("Which version did you look at?"), words("How can we see it happen, step by step?")];
    let page = |page: &str| Some(format!("https://github.example/o3de/o3de/issues/new?template={page}.md"));
    let not_here =
        |closure| Body::NotHere { closure, reason: reason(), feature_url: page("feature_request") };
    vec![
        ("", Body::Acknowledgement { owner: words("Alice Arden"), days: 5, contact_by: noon(7) }),
        (
            "",
            Body::KnownIssue {
                id: words("CVE-2026-12345"),
                url: words("https://www.cve.org/CVERecord?id=CVE-2026-12345"),
            },
        ),
        ("", Body::Questions(questions())),
        ("", Body::Reminder(questions())),
        ("with an address", Body::Intended { reason: reason(), feature_url: page("feature_request") }),
        ("without one", Body::Intended { reason: reason(), feature_url: None }),
        ("with an address", Body::Bug { reason: reason(), bug_url: page("bug_template") }),
        ("without one", Body::Bug { reason: reason(), bug_url: None }),
        ("feature", not_here(Closure::Feature)),
        ("not reproducible", not_here(Closure::NotReproducible)),
        ("no impact", not_here(Closure::NoImpact)),
        ("out of scope", not_here(Closure::OutOfScope)),
        ("open", Body::Status { closed: false, next_by: Some(noon(3)) }),
        ("no promise", Body::Status { closed: false, next_by: None }),
        ("closed", Body::Status { closed: true, next_by: None }),
        ("", Body::Reply { words: words("Hello Rena,\n\nthank you, that is what we needed.") }),
    ]
}

fn coordinated() -> Vec<(&'static str, Coordinated)> {
    let asked = |asks| Coordinated::Confirmed {
        severity: Severity::High,
        why: words(
            "Anybody who reaches the server can stop it, and perhaps run code in it. No account is needed.",
        ),
        plan: words("We work out a fix with the people who look after networking, and ask for a CVE number."),
        contact_by: noon(7),
        ask_account: asks,
        ask_credit: asks,
    };
    let moved = || Some((noon(15), words("The fix needs one more platform.")));
    let embargo = |publish, extension_days, moved, confirm| Coordinated::Embargo {
        dates: Dates { publish_at: noon(publish), limit_at: noon(90 + i64::from(extension_days)), ..dates() },
        extension_days,
        moved,
        confirm,
    };
    let update = |changed, dates| Coordinated::Update {
        since: noon(2),
        changed: words(changed),
        next: words(
            "Still open until we publish:\n\n- whether new installers are made\n- the CVE number that we asked for (we do not wait for it with publishing)\n- the approval of the text by 2 more of us",
        ),
        contact_by: noon(12),
        dates,
    };
    vec![
        ("with questions", asked(true)),
        ("without questions", asked(false)),
        (
            "",
            Coordinated::EmbargoProposal {
                dates: dates(),
                extension_days: 30,
                who_knows: words(
                    "the response team, the chairs and people of one group who fix it and one organization that prepares under embargo",
                ),
            },
        ),
        ("agreed", embargo(15, 0, None, false)),
        ("moved", embargo(22, 0, moved(), true)),
        ("extended", embargo(100, 30, moved(), false)),
        (
            "changed",
            update("We see it happen on Windows and on Linux, and know which line does it.", Some(dates())),
        ),
        ("no change", update("", None)),
    ]
}

fn cves() -> Vec<(&'static str, Coordinated)> {
    let cve = |state, dates| Coordinated::Cve { state, dates, public: false };
    vec![
        ("requested", cve(Cve::Requested { at: noon(3) }, Some(dates()))),
        ("assigned", cve(Cve::Assigned { cve: words("CVE-2026-12345") }, Some(dates()))),
        (
            "published",
            Coordinated::Cve {
                state: Cve::Assigned { cve: words("CVE-2026-12345") },
                dates: None,
                public: true,
            },
        ),
        ("waiting", cve(Cve::Waiting { requested_at: noon(3) }, None)),
        (
            "refused",
            cve(
                Cve::Refused {
                    requested_at: Some(noon(3)),
                    reason: words("The product is not in their scope."),
                },
                Some(dates()),
            ),
        ),
        (
            "refused, no reason",
            cve(Cve::Refused { requested_at: Some(noon(3)), reason: String::new() }, Some(dates())),
        ),
        ("refused, never asked", cve(Cve::Refused { requested_at: None, reason: String::new() }, None)),
    ]
}

fn late() -> Vec<(&'static str, Coordinated)> {
    vec![
        (
            "",
            Coordinated::Invitation {
                account: words("rena-porter"),
                advisory: words("https://github.example/o3de/o3de/security/advisories/GHSA-2222-3333-4444"),
            },
        ),
        ("with a day", review(Some(dates()))),
        ("without a day", review(None)),
        (
            "",
            Coordinated::Published {
                links: vec![
                    words("https://github.example/o3de/o3de/security/advisories/GHSA-2222-3333-4444"),
                    words("CVE-2026-12345"),
                ],
                credit: words("Rena Porter"),
            },
        ),
    ]
}

fn review(dates: Option<Dates>) -> Coordinated {
    let again = dates.is_none();
    Coordinated::Review { text: draft(), credit: words("Rena Porter"), by: noon(10), again, dates }
}

/// A text that people approve: it stands as it is.
pub(super) fn draft() -> String {
    words(
        "## Summary\n\nA server trusts the length that a packet names.\n\n| Versions | Fixed in |\n|---|---|\n| before 25.10.2 | 25.10.2 |",
    )
}

fn list(name: LetterName) -> Vec<Sample> {
    let desk = ListDesk {
        organization: words("Example Games"),
        product: words("O3DE"),
        ids: words("CVE-2026-12345"),
        zone: TimeZone::UTC,
        their_zone: None,
        team: words(TEAM),
        contact: words("security@o3de.example"),
        dates: dates(),
    };
    let title = || words("a server can be stopped from outside");
    let notice = |deploy_early| {
        ToList::Notice(Box::new(ListNotice {
            title: title(),
            severity: Severity::High,
            vector: Some(words("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:H/SC:N/SI:N/SA:N")),
            summary: words("A server can be stopped by anybody who reaches its port."),
            affected: vec![words("25.05 to 25.10.1")],
            tell: words("You are if you run a server that strangers can reach."),
            fix: words("A patch for both branches is attached to the advisory from 1 December on."),
            deploy_early,
        }))
    };
    let lifted = |early| ToList::Lifted {
        title: title(),
        links: vec![words("https://github.example/o3de/o3de/security/advisories/GHSA-2222-3333-4444")],
        early,
    };
    let incident = |kind| ToList::Incident {
        kind,
        noticed: noon(9),
        what: words("That there is a flaw in a server, without how to use it."),
        response: words("We publish as soon as the text is approved."),
    };
    let all = [
        ("deploy early", notice(true)),
        ("prepare only", notice(false)),
        ("", ToList::Change { was: noon(14), reason: words("The fix needs one more platform.") }),
        ("", ToList::DayBefore),
        ("as agreed", lifted(None)),
        ("early", lifted(Some(words("It had become known.")))),
        ("the day stays", ToList::Corrected { kind: Incident::Leak, noticed: noon(9), stays: true }),
        ("it is still used", ToList::Corrected { kind: Incident::Leak, noticed: noon(9), stays: false }),
        ("not exploited", ToList::Corrected { kind: Incident::Exploited, noticed: noon(9), stays: true }),
        ("", ToList::Ended { reason: words("works as intended") }),
        ("leak", incident(Incident::Leak)),
        ("exploited", incident(Incident::Exploited)),
    ];
    all.iter()
        .filter(|(_, what)| what.name() == name)
        .map(|(label, what)| (*label, what.filled(&desk)))
        .collect()
}

fn advisory() -> AdvisoryText {
    AdvisoryText {
        ids: words("CVE-2026-12345"),
        title: words("a server can be stopped by a crafted packet"),
        summary: words(
            "A server of the Multiplayer gem trusts the length that a packet names, and reads beyond it.",
        ),
        severity: Severity::High,
        vector: Some(words("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:H/SC:N/SI:N/SA:N")),
        why: words("Anybody who reaches the port of the server can stop it. No account is needed."),
        affected: vec![words("O3DE 25.05 to 25.10.1")],
        fixed: Some(vec![words("25.10.2"), words("development, since commit 0123abc")]),
        tell: words("You are if you run a server that is built with the Multiplayer gem."),
        mitigation: words("Update to 25.10.2 and build your server again."),
        workaround: words("Let only players that you know reach the port."),
        detection: words("The server ends with `packet length` as its last line in the log."),
        details: words("The length is read in `ReadHeader` and used before it is compared."),
        credits: Some(vec![words("Rena Porter")]),
        timeline: vec![
            (words("2026-11-23"), words("reported")),
            (words("2026-11-25"), words("confirmed")),
            (words("2026-12-08"), words("fixed and published")),
        ],
        url: words("https://github.example/o3de/o3de/security/advisories/GHSA-2222-3333-4444"),
    }
}

fn public(name: LetterName) -> Vec<Sample> {
    let desk = PublicDesk {
        team: words(TEAM),
        contact: words("security@o3de.example"),
        product: words("O3DE"),
        policy_url: words(POLICY),
    };
    let full = advisory();
    let bare = AdvisoryText {
        vector: None,
        fixed: Some(Vec::new()),
        workaround: String::new(),
        detection: String::new(),
        details: String::new(),
        credits: Some(Vec::new()),
        ..advisory()
    };
    let begun = AdvisoryText {
        affected: Vec::new(),
        fixed: None,
        tell: String::new(),
        mitigation: String::new(),
        credits: None,
        ..bare.clone()
    };
    let all = [
        ("fixed", ToPublic::Advisory(&full)),
        ("not fixed", ToPublic::Advisory(&bare)),
        ("begun", ToPublic::Advisory(&begun)),
        ("fixed", ToPublic::Mail(&full)),
        ("not fixed", ToPublic::Mail(&bare)),
        ("fixed", ToPublic::Line(&full)),
        ("not fixed", ToPublic::Line(&bare)),
        ("", ToPublic::PosterComment),
        ("", ToPublic::PosterMail { url: words("https://github.example/o3de/o3de/issues/12345") }),
    ];
    all.iter()
        .filter(|(_, what)| what.name() == name)
        .map(|(label, what)| (*label, what.filled(&desk)))
        .collect()
}
