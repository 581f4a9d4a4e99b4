//! Every verb, and everything else that happens, in every stage of a case: one table to read whole
//! (`snapshots/runbook-table.snap`). A new verb, stage or kind of input does not compile here, or fails, until it has its lines.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use sir_intake::case::advisory::AdvisoryState;
use sir_intake::case::command::{Command, Verb, Via, read};
use sir_intake::case::decide::command::{MailIs, Order, Ruling, rule};
use sir_intake::case::decide::{Act, CaseMail, Decision, Input, Outcome, Trust, Writer, decide};
use sir_intake::case::{
    Advisory, Case, CaseId, Checked, Effect, EffectId, LetterKind, MailId, PersonId, Phase, Stage, Task,
};

use crate::case_parts::{REPORTER, at, effects, follow, key};
use crate::case_runbook::{Play, advisory, public_issue};

/// What a member says with each verb; `HASH` is what is reviewed.
fn lines(verb: Verb) -> &'static [&'static str] {
    match verb {
        Verb::Help => &["!help"],
        Verb::Status => &["!status"],
        Verb::Show => &["!show"],
        Verb::List => &["!list open"],
        Verb::Case => &["!case SIR-2026-0007"],
        Verb::Own => &["!own bob"],
        Verb::Disown => &["!disown"],
        Verb::Severity => &["!severity medium"],
        Verb::Dup => &["!dup SIR-2026-0008"],
        Verb::Link => &["!link SIR-2026-0008", "!link mail sam@second.example"],
        Verb::Split => &["!split"],
        Verb::Open => &["!open 9"],
        Verb::Spam => &["!spam", "!spam 9"],
        Verb::New => &["!new"],
        Verb::Reporter => &["!reporter sam@second.example"],
        Verb::Ack => &["!ack", "!ack done"],
        Verb::Ask => &["!ask version", "!ask again"],
        Verb::Known => &["!known CVE-2025-12345"],
        Verb::Reply => &["!reply"],
        Verb::Close => &["!close bug Only your own editor", "!close spam", "!close disclosed"],
        Verb::Reopen => &["!reopen"],
        Verb::Raise => &["!raise chairs"],
        Verb::Undo => &["!undo"],
        Verb::Confirm => &["!confirm NONE"],
        Verb::Assess => &["!assess vuln c=yes severity=high versions=<2510.2", "!assess wai It is meant so"],
        Verb::Meeting => &["!meeting", "!meeting held"],
        Verb::Embargo => &["!embargo 2026-12-09"],
        Verb::Agreed => &["!agreed", "!agreed The fix needs one more platform"],
        Verb::Conflict => &["!conflict"],
        Verb::Group => &["!group alice, bob", "!group bob"],
        Verb::Reproduced => &["!reproduced yes"],
        Verb::Fix => &["!fix merged https://github.com/o3de/o3de/pull/1", "!fix none It is hard"],
        Verb::Installers => &["!installers no"],
        Verb::Cve => &["!cve request", "!cve CVE-2026-12345", "!cve refused", "!cve none It is small"],
        Verb::Credit => &["!credit anonymous"],
        Verb::Collab => &["!collab octocat"],
        Verb::Advisory => &["!advisory", "!advisory GHSA-5555-6666-7777"],
        Verb::Fork => &["!fork"],
        Verb::Update => &["!update 5wd"],
        Verb::Review => &["!review"],
        Verb::Approve => &["!approve HASH", "!approve 00000000"],
        Verb::Object => &["!object It is wrong"],
        Verb::Notify => &["!notify"],
        Verb::Ready => &["!ready", "!ready All of them are prepared"],
        Verb::Publish => &["!publish"],
        Verb::Leaked => &["!leaked It is on a forum"],
        Verb::Exploited => &["!exploited Somebody uses it"],
        Verb::Takedown => &[
            "!takedown https://github.com/o3de/o3de/issues/5",
            "!takedown https://github.com/o3de/elsewhere/issues/5",
            "!takedown tell",
            "!takedown blank",
            "!takedown delete",
        ],
    }
}

/// The word of a stage; a new one does not compile.
fn stage(case: &Case) -> &'static str {
    match &case.stage {
        Stage::New => "new",
        Stage::Triage { .. } => "triage",
        Stage::Known { .. } => "known",
        Stage::Remedy { phase, .. } => match phase {
            Phase::Confirmed => "confirmed",
            Phase::Mitigating => "mitigating",
            Phase::Review => "review",
            Phase::Prenotice => "prenotice",
            Phase::Ready => "ready",
            Phase::Disclosed => "disclosed",
        },
        Stage::Closed { .. } => "closed",
    }
}

/// How far the way goes before the table is read.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Until {
    New,
    Triage,
    Confirmed,
    Mitigating,
    Reviewed,
    Approved,
    Told,
    Ready,
    OnItsDay,
    Public,
    Ended,
}

/// The straight way, so far.
pub fn play(until: Until) -> Play {
    let mut play = Play::new();
    let done = |play: &mut Play, said: &str, who: &str| assert!(play.say(said, who), "{said}");
    if until >= Until::Triage {
        done(&mut play, "!own me", "alice");
    }
    if until >= Until::Confirmed {
        done(&mut play, "!assess vuln c=yes severity=high versions=<2510.2", "alice");
        play.done();
        play.seen(1, AdvisoryState::Draft);
    }
    if until >= Until::Mitigating {
        done(&mut play, "!group alice, bob", "alice");
    }
    if until >= Until::Reviewed {
        done(&mut play, "!embargo 2026-12-07", "alice");
        play.done();
        play.reporter();
        done(&mut play, "!agreed", "alice");
        for said in ["!reproduced yes", "!credit anonymous", "!fix none It is hard", "!review"] {
            done(&mut play, said, "alice");
        }
        play.done();
    }
    if until >= Until::Approved {
        let text = play.case.tracks.text().unwrap().short();
        done(&mut play, &format!("!approve {text}"), "bob");
        done(&mut play, &format!("!approve {text}"), "carol");
        play.reporter();
    }
    if until >= Until::Told {
        done(&mut play, "!notify", "alice");
        play.confirm("bob");
        play.done();
    }
    if until >= Until::Ready {
        done(&mut play, "!installers no", "alice");
        done(&mut play, "!cve none It is small", "alice");
        done(&mut play, "!ready", "alice");
    }
    if until >= Until::OnItsDay {
        play.now = at("2026-12-07T16:00:00Z");
    }
    if until >= Until::Public {
        done(&mut play, "!publish", "alice");
        play.confirm("bob");
        play.done();
        play.done();
    }
    if until >= Until::Ended {
        done(&mut play, "!close disclosed", "alice");
    }
    play
}

fn states() -> Vec<(&'static str, Play)> {
    let mut known = play(Until::Triage);
    assert!(known.say("!known CVE-2025-12345", "alice"));
    let mut conflict = play(Until::Approved);
    conflict.case.tracks.embargo.agreed = None;
    assert!(conflict.say("!conflict They want another day", "alice"));
    let mut leaked = play(Until::Ready);
    assert!(leaked.say("!leaked It is on a forum", "bob"));
    let mut posted = play(Until::Triage);
    posted.posted(0, false);
    let mut blanked = play(Until::Triage);
    blanked.posted(0, true);
    blanked.now += jiff::SignedDuration::from_hours(25);
    assert!(blanked.say("!takedown blank", "alice"));
    blanked.confirm("bob");
    vec![
        ("nobody owns it", play(Until::New)),
        ("owned", play(Until::Triage)),
        ("it stands on a public issue", posted),
        ("the public issue is to be blanked", blanked),
        ("public already, the letter waits", known),
        ("a vulnerability, with a draft advisory", play(Until::Confirmed)),
        ("it has a working group", play(Until::Mitigating)),
        ("under review, a day is agreed", play(Until::Reviewed)),
        ("approved", play(Until::Approved)),
        ("approved, no agreement about the day", conflict),
        ("the embargoed list is told", play(Until::Told)),
        ("ready, before its day", play(Until::Ready)),
        ("ready, known outside", leaked),
        ("ready, on its day", play(Until::OnItsDay)),
        ("public", play(Until::Public)),
        ("ended", play(Until::Ended)),
    ]
}

fn say(play: &Play, line: &str) -> Result<Ruling, String> {
    let hash = play.case.tracks.text().map_or_else(|| "12345678".to_owned(), |text| text.short());
    let line = line.replace("HASH", &hash);
    let block = read::block(&line).unwrap();
    let commands: Vec<Command> = read::commands(&block.lines).unwrap();
    let by = key("alice");
    let mut around = play.around(&by);
    around.cases = BTreeSet::from([CaseId { year: 2026, number: 8 }]);
    around.mails = BTreeMap::from([(MailId(9), MailIs::Waiting), (MailId(10), MailIs::OfCase)]);
    around.posted = play.case.tracks.posted.iter().map(|seen| (seen.place.clone(), play.case.id)).collect();
    around.last_mail = Some(MailId(10));
    around.open_questions = vec![sir_intake::case::command::Question::Version];
    around.persons = BTreeMap::from([("sam@second.example".to_owned(), PersonId(9))]);
    let order = Order { by: &by, via: Via::Mail, mail: None, commands: &commands, answers_us: true };
    rule(Some(&play.case), &order, &around, &play.policy, play.now).map_err(|no| no.what)
}

/// What came of it, and where the case stands then, if elsewhere.
fn told(play: &Play, line: &str) -> String {
    match say(play, line) {
        Err(why) => format!("refused: {why}"),
        Ok(ruling) => {
            let mut after = play.case.clone();
            follow(&mut after, &ruling.decision);
            let words = ruling
                .said
                .iter()
                .map(|said| said.look.map_or_else(|| said.words.clone(), |look| format!("shows {look:?}")));
            let words = words.collect::<Vec<_>>().join("; ");
            let moved = if stage(&after) == stage(&play.case) {
                String::new()
            } else {
                format!(" => {}", stage(&after))
            };
            format!("{words}{moved} [{}]", effects(&ruling.decision))
        }
    }
}

/// What is not said by anybody: every kind of input, and each kind of effect that can have an outcome here.
fn happens(play: &Play) -> Vec<(&'static str, Input)> {
    let mail = |writer| {
        Input::Mail(CaseMail {
            mail: MailId(30),
            writer,
            automatic: false,
            received: play.now,
            trust: Trust::Unknown,
            asks_status: false,
        })
    };
    let seen = |seen| Input::Advisory { seen, tasks: Vec::new() };
    let shown = || play.case.tracks.advisory.clone().unwrap_or_else(|| advisory(1, AdvisoryState::Draft));
    let came = |effect, outcome| Input::Outcome { effect_id: EffectId(20), effect, outcome };
    let text = play.case.tracks.text().unwrap_or_else(|| shown().text);
    let letter = |letter| Effect::Letter { letter, to: REPORTER, in_reply_to: None, act: 0 };
    vec![
        ("the reporter writes", mail(Writer::Participant(REPORTER))),
        (
            "a letter comes back",
            Input::Bounce { mail: MailId(31), effect: EffectId(20), person: REPORTER, permanent: true },
        ),
        ("GitHub shows what is known", seen(shown())),
        ("GitHub shows another text", seen(advisory(2, AdvisoryState::Draft))),
        ("GitHub shows it public", seen(Advisory { state: AdvisoryState::Published, ..shown() })),
        ("GitHub shows it closed", seen(Advisory { state: AdvisoryState::Closed, ..shown() })),
        ("GitHub shows a CVE id", seen(Advisory { cve: Some("CVE-2026-12345".to_owned()), ..shown() })),
        ("a person must publish", Input::Advisory { seen: shown(), tasks: vec![Task::Publish] }),
        ("the advisory cannot be kept", came(Effect::Advisory, Outcome::Parked)),
        ("it cannot be published", came(Effect::Publish { text }, Outcome::Parked)),
        ("a channel cannot be told", came(Effect::Announce { channel: 0 }, Outcome::Parked)),
        ("the draft left to the reporter", came(letter(LetterKind::DraftForReporter), Outcome::Done)),
        ("nobody knows whether thanks left", came(letter(LetterKind::PublishedThanks), Outcome::Unknown)),
        ("the list's notice cannot leave", came(letter(LetterKind::ListNotice), Outcome::Parked)),
        (
            "records are compared again",
            Input::Checked {
                checked: Checked::Done { tally: sir_intake::case::checked::Tally::default(), mirror: None },
                page_changed: true,
            },
        ),
        ("the public issue was changed", Input::Posted { seen: public_issue(1, false, play.now) }),
        ("the public issue is gone", Input::Posted { seen: public_issue(2, false, play.now) }),
        ("an operator gives it to bob", Input::Act(Act::Own { member: key("bob") })),
        ("a month passes", Input::Tick),
    ]
}

/// The kind of an input; a new one does not compile.
fn kind(input: &Input) -> &'static str {
    match input {
        Input::Mail(_) => "mail",
        Input::Bounce { .. } => "bounce",
        Input::Outcome { .. } => "outcome",
        Input::Tick => "tick",
        Input::Act(_) => "act",
        Input::Checked { .. } => "checked",
        Input::Advisory { .. } => "advisory",
        Input::Posted { .. } => "posted",
    }
}

fn followed(play: &Play, input: &Input) -> String {
    let now =
        if *input == Input::Tick { play.now + jiff::SignedDuration::from_hours(31 * 24) } else { play.now };
    match decide(&play.case, input, &play.policy, now) {
        Err(refusal) => format!("refused: {refusal:?}"),
        Ok(decision) if decision == Decision::default() => "nothing".to_owned(),
        Ok(decision) => {
            let mut after = play.case.clone();
            follow(&mut after, &decision);
            let events: Vec<&str> = decision.events.iter().map(sir_intake::case::Event::kind).collect();
            let moved = if stage(&after) == stage(&play.case) {
                String::new()
            } else {
                format!(" => {}", stage(&after))
            };
            format!("{}{moved} [{}]", events.join(", "), effects(&decision))
        }
    }
}

/// "an exhaustive table of (stage x event) in the tests"
#[test]
fn every_verb_and_event_in_every_stage() {
    let mut table = String::new();
    let (mut stages, mut kinds) = (BTreeSet::new(), BTreeSet::new());
    for (name, play) in states() {
        stages.insert(stage(&play.case));
        writeln!(table, "# {}: {name}", stage(&play.case)).unwrap();
        for verb in Verb::ALL {
            let said = lines(*verb);
            assert!(said.iter().all(|line| line.starts_with(&format!("!{verb}"))), "{verb}");
            for line in said {
                writeln!(table, "{line}: {}", told(&play, line)).unwrap();
            }
        }
        for (what, input) in happens(&play) {
            kinds.insert(kind(&input));
            writeln!(table, "{what}: {}", followed(&play, &input)).unwrap();
        }
        table.push('\n');
    }
    let mut all: BTreeSet<&str> = Phase::ALL.iter().map(|phase| phase.word()).collect();
    all.extend(["new", "triage", "known", "closed"]);
    assert_eq!(stages, all, "a stage has no table");
    assert_eq!(kinds.len(), 8, "a kind of input has no line");
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("runbook-table", table);
    });
}

/// The issue's own line, word for word but for what stands for words there.
#[test]
fn the_line_that_the_issue_shows_is_understood() {
    let line = "!assess vuln c=yes i=no a=yes means=code attacker=network severity=high \
                vector=CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:N/VA:N/SC:N/SI:N/SA:N";
    let mut play = play(Until::Triage);
    assert!(play.say(line, "alice"));
    let found = play.case.tracks.assessment.unwrap();
    assert_eq!(found.breaks.words(), "confidentiality and availability");
    assert_eq!(found.vector.unwrap().score(), "8.7");
    assert_eq!(sir_intake::case::assessment::priority(found.severity), Some("priority/critical"));
}

/// What a case keeps of an act for its undo is the part that the act set: it grows by as much, and not by all that is known.
#[test]
fn an_act_keeps_no_copy_of_all_tracks() {
    let mut play = play(Until::Ready);
    let size = |play: &Play| serde_json::to_string(&play.case).unwrap().len();
    let (before, tracks) = (size(&play), serde_json::to_string(&play.case.tracks).unwrap().len());
    for n in 0..20 {
        assert!(play.say(if n % 2 == 0 { "!installers yes" } else { "!installers no" }, "alice"));
    }
    let grown = (size(&play) - before) / 20;
    println!("case at ready: {before} octets; tracks: {tracks}; each act more: {grown}");
    assert!(grown < 400, "{grown} octets an act, of {tracks} that all tracks take");
}
