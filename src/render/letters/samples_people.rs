//! Made-up data for the letters to people by name.

use jiff::tz::TimeZone;

use super::frames;
use super::of_team::OfTeam;
use super::on_case::{ConflictNote, Desk, FixIs, Incident, IncidentNote, OnCase, TscNote, Version};
use super::samples::{CASE, POLICY, Sample, TEAM, dates, draft, noon, words};
use super::table::LetterName;
use crate::case::{Component, MailId, Severity};
use crate::mail::compose::Practice;
use crate::render::alert_view::{Above, Alert, AlertCase, AlertView, Commands};
use crate::render::digest::{About, DigestLine, DigestView, MirrorNews};
use crate::render::transcript::{Leaves, Line, Ordered, Transcript};

const CODE: &str = "SIRC-AHVA-6BYB-AVQW-Y2LD-MVSP-NF7D-XL73-VTI";
const ISSUE: &str = "https://github.example/o3de/reports/issues/7";
const ADVISORY: &str = "https://github.example/o3de/o3de/security/advisories/GHSA-2222-3333-4444";

/// Every variant of a letter.
pub(super) fn of(name: LetterName) -> Vec<Sample> {
    let desk = Desk {
        to: Some(words("Bob Brook")),
        zone: TimeZone::UTC,
        their_zone: TimeZone::get("America/Los_Angeles").ok(),
        team: words(TEAM),
        code: None,
    };
    let on_case = Desk { code: Some(words(CODE)), ..desk.clone() };
    let cases = begun()
        .into_iter()
        .chain(agreed())
        .chain(published())
        .map(|(label, what)| (label, what.filled(CASE, &on_case)));
    let team = roster().into_iter().chain(load()).map(|(label, what)| (label, what.filled(&desk)));
    let all = cases.chain(team).chain(notices());
    all.filter(|(_, filled)| filled.name == name).collect()
}

fn version() -> Version {
    Version { text: draft(), hash: words("1a2b3c4d") }
}

fn begun() -> Vec<(&'static str, OnCase)> {
    let tsc = |agreed| {
        OnCase::TscNotice(TscNote {
            severity: Severity::High,
            sigs: vec![words("sig-network"), words("sig-core")],
            help: words("Two people of sig-network for about a week."),
            advisory: words(ADVISORY),
            agreed,
            dates: dates(),
        })
    };
    vec![
        ("", OnCase::DraftResponse { issue: words(ISSUE), draft: version(), by: noon(4) }),
        ("one group", sig_chair(Vec::new())),
        ("two groups", sig_chair(vec![words("SIG core")])),
        ("day agreed", tsc(true)),
        ("no day yet", tsc(false)),
        (
            "",
            OnCase::WorkingGroup {
                people: vec![words("Alice Arden (owner)"), words("Nora North (sig-network)")],
                advisory: words(ADVISORY),
                fork: words("https://github.example/o3de/o3de-ghsa-2222-3333-4444"),
                by: noon(7),
            },
        ),
        (
            "",
            OnCase::Meeting {
                issue: words(ISSUE),
                why: words("the reporter claims a critical severity"),
                days: 7,
                by: noon(7),
                slots: vec![noon(2), noon(3), noon(4)],
                second_zone: TimeZone::get("Europe/Berlin").ok(),
            },
        ),
    ]
}

fn sig_chair(others: Vec<String>) -> OnCase {
    OnCase::SigChair {
        sig: words("SIG network"),
        others,
        component: words("Multiplayer"),
        severity: Severity::High,
        advisory: words(ADVISORY),
        by: noon(4),
    }
}

fn agreed() -> Vec<(&'static str, OnCase)> {
    let embargo = |moved, set| OnCase::Embargo { dates: dates(), moved, set };
    vec![
        ("agreed", embargo(None, false)),
        ("set by two", embargo(None, true)),
        ("moved", embargo(Some((noon(14), words("The fix needs one more platform."))), false)),
        (
            "",
            OnCase::Conflict(ConflictNote {
                issue: words(ISSUE),
                theirs: words("To publish on 1 December, before a talk."),
                ours: words("To publish on 8 December, with the fix."),
                why: words(
                    "It is published on Sunday 21 February 2027, 12:00 UTC at the latest, with or without a fix.",
                ),
                options: vec![
                    words("publish on 1 December with the workaround"),
                    words("ask the reporter to leave the details out of the talk"),
                ],
                by: noon(6),
                dates: dates(),
            }),
        ),
        ("with a day", OnCase::ReviewRequest { draft: version(), by: noon(10), dates: Some(dates()) }),
        ("without a day", OnCase::ReviewRequest { draft: version(), by: noon(10), dates: None }),
        ("fix public", chairs(FixIs::Public, Some(words(ADVISORY)))),
        ("fix coming", chairs(FixIs::Coming, Some(words(ADVISORY)))),
        ("no fix, not invited", chairs(FixIs::Missing, None)),
        (
            "",
            OnCase::Installers {
                severity: Severity::Critical,
                fix: vec![
                    words("commit 0123abc on development"),
                    words("commit 4567def on point-release/25102"),
                ],
                proposal: words("25.10.2, from point-release/25102, on Monday 7 December 2026"),
                by: noon(9),
                dates: dates(),
            },
        ),
        ("leak, new day", incident(Incident::Leak, Some(noon(10)))),
        ("exploited, no day", incident(Incident::Exploited, None)),
        (
            "nothing said, day agreed",
            OnCase::Incident(IncidentNote {
                place: String::new(),
                what: words("Nobody has written that down yet."),
                how: words("Not known yet."),
                agreed: true,
                ..note(Incident::Leak)
            }),
        ),
        (
            "published early",
            OnCase::Incident(IncidentNote {
                public: true,
                place: words(ADVISORY),
                what: words("All that the advisory says."),
                ..note(Incident::Leak)
            }),
        ),
    ]
}

fn incident(kind: Incident, new_at: Option<jiff::Timestamp>) -> OnCase {
    OnCase::Incident(IncidentNote { new_at, agreed: new_at.is_some(), ..note(kind) })
}

fn note(kind: Incident) -> IncidentNote {
    IncidentNote {
        kind,
        noticed: noon(9),
        public: false,
        place: words("a public chat of players"),
        what: words("That there is a flaw in a server, without how to use it."),
        how: words("We do not know yet."),
        response: words("We watch the place, and prepare to publish."),
        new_at: None,
        dates: dates(),
        agreed: false,
    }
}

fn published() -> Vec<(&'static str, OnCase)> {
    vec![
        (
            "",
            OnCase::ReleaseNote {
                ids: words("CVE-2026-12345"),
                line: words(
                    "CVE-2026-12345 (high): a server could be stopped by a crafted packet. Fixed in 25.10.2.",
                ),
                url: words(ADVISORY),
            },
        ),
        (
            "",
            OnCase::Retrospective {
                issue: words(ISSUE),
                ids: words("CVE-2026-12345"),
                timeline: words("Mon 23 Nov  reported\nTue 24 Nov  acknowledged\nTue 8 Dec   published"),
                by: noon(18),
            },
        ),
    ]
}

fn chairs(fix: FixIs, advisory: Option<String>) -> OnCase {
    let work = match fix {
        FixIs::Public | FixIs::Coming => "the move of your branches and projects to O3DE 25.10.2",
        FixIs::Missing => "what your branches and projects can do without a fix",
    };
    OnCase::ChairsNotice {
        component: words("Multiplayer"),
        fix,
        prepare: vec![words(work), words("what you tell the people who use your part")],
        advisory,
        dates: dates(),
    }
}

fn roster() -> Vec<(&'static str, OfTeam)> {
    let who = || words("Dana Dale");
    let vote = |reminder| OfTeam::Vote {
        who: who(),
        reason: words("No answer on any case for six months."),
        by: noon(7),
        voters: 5,
        chair: words("Carol Crane"),
        reminder,
    };
    let result = |yes, removed| OfTeam::Result { who: who(), yes, no: 1, abstained: 1, voters: 5, removed };
    let access = || vec![words("The list: Carol Crane"), words("The repository of reports: the build group")];
    let resigned = |cases| OfTeam::Resigned { who: who(), ends: noon(7), cases };
    vec![
        (
            "",
            OfTeam::Nominated {
                proposer: words("Carol Crane"),
                who: who(),
                basis: words("security knowledge shown in the community"),
                why: words("Dana has found and fixed two flaws in the asset pipeline."),
                by: noon(14),
            },
        ),
        (
            "",
            OfTeam::Declined { who: who(), reason: words("Two people of the same company are on the team.") },
        ),
        ("", OfTeam::Welcome { approved: noon(1), access: access(), policy_url: words(POLICY) }),
        ("open cases", resigned(vec![words("SIR-2026-0007: Alice Arden")])),
        ("no case", resigned(Vec::new())),
        ("", OfTeam::Leaving { ends: noon(7), access: access() }),
        ("first", vote(false)),
        ("reminder", vote(true)),
        ("removed", result(3, true)),
        ("stays", result(2, false)),
        (
            "",
            OfTeam::Removed {
                who: who(),
                reason: words("No answer on any case for six months."),
                ended: noon(8),
            },
        ),
        (
            "",
            OfTeam::Appeal {
                who: who(),
                received: noon(9),
                words: words("I was ill, and had said so to a chair."),
                by: noon(23),
            },
        ),
    ]
}

fn load() -> Vec<(&'static str, OfTeam)> {
    let overload = |to_tsc, oldest| OfTeam::Overload { unowned: 2, oldest, missed: 3, active: 2, to_tsc };
    vec![
        ("to chairs", overload(false, Some(words("3d 4h")))),
        ("to the TSC", overload(true, None)),
        (
            "",
            OfTeam::Quarterly {
                quarter: words("2026 Q4"),
                figures: words(
                    "  Reports received    14\n  Cases a member     4.7\n  Missed promises      1",
                ),
                public: words(
                    "  Reports received    14\n  Answered in time   93 %\n  Published           <3",
                ),
                by: noon(30),
            },
        ),
    ]
}

fn notices() -> Vec<Sample> {
    let failed =
        |clock_reopened| Alert::DeliveryFailed { letter: words("the acknowledgement"), clock_reopened };
    let alerts = [
        ("to chairs", Alert::OwnerMissing { to: Above::Chairs }),
        ("to the TSC", Alert::OwnerMissing { to: Above::Tsc }),
        ("clock runs again", failed(true)),
        ("no clock", failed(false)),
    ];
    let mut out: Vec<Sample> = Vec::new();
    for (label, kind) in alerts {
        out.extend(frames::alert_filled(&alert(kind)).map(|filled| (label, filled)));
    }
    out.push(("something waits", frames::digest_filled(&digest(1))));
    out.push(("nothing waits", frames::digest_filled(&digest(0))));
    out.push(("done", frames::transcript_filled(&transcript(true))));
    out.push(("refused", frames::transcript_filled(&transcript(false))));
    out
}

fn alert(kind: Alert) -> AlertView {
    AlertView {
        case: Some(AlertCase {
            id: CASE,
            issue: Some(words(ISSUE)),
            received: noon(0),
            acknowledge_by: noon(3),
            acknowledged: false,
            public_on: None,
            components: vec![Component(words("Multiplayer"))],
            claimed: Some(Severity::Critical),
            rated: None,
            owner: None,
            checked: None,
            receipt_withheld: None,
            advisory: None,
            posted: None,
        }),
        kind,
        now: noon(2),
        zone: TimeZone::UTC,
        their_zone: None,
        practice: Practice::No,
        code: Some(words(CODE)),
        commands: Commands::ByMail,
    }
}

fn digest(waiting: usize) -> DigestView {
    let line = DigestLine {
        about: About::Mail(MailId(12)),
        at: noon(0),
        sender: None,
        why: words("in the junk folder"),
    };
    DigestView {
        now: noon(1),
        zone: TimeZone::UTC,
        their_zone: None,
        last_good_poll: Some(noon(1)),
        open_cases: 3,
        terms: Vec::new(),
        mirror: MirrorNews::None,
        due: Vec::new(),
        waiting: std::iter::repeat_n(line, waiting).collect(),
        quarantined: Vec::new(),
        parked: Vec::new(),
        unknown: Vec::new(),
        screened: Vec::new(),
        history: Vec::new(),
        commands: Commands::ByMail,
    }
}

fn transcript(ran: bool) -> Transcript {
    let letter = Ordered {
        act: 3,
        what: "the acknowledgement",
        leaves: Leaves::After(noon(1)),
        subject: words("Re: Crash in a network packet [SIR-2026-0007]"),
        body: words("Hello Rena Porter,\n\nthank you for taking the time to report this to us."),
    };
    Transcript {
        case: Some(CASE),
        who: words("Bob Brook"),
        at: noon(1),
        zone: TimeZone::UTC,
        their_zone: None,
        ran,
        lines: vec![Line {
            written: words("!ack 5wd"),
            said: words(if ran {
                "the acknowledgement waits (act 3)"
            } else {
                "REFUSED: nobody owns the case"
            }),
        }],
        letters: if ran { vec![letter] } else { Vec::new() },
        noted: ran,
        code: Some(words(CODE)),
    }
}
