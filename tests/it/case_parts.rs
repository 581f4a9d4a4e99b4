//! A team, a report and a case for the tests of the core.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use sir_intake::case::calendar::Calendar;
use sir_intake::case::decide::{
    self, Automation, Decision, Opening, Reading, ReceiptCounts, Route, Sender, Trust,
};
use sir_intake::case::policy::{CommandRule, Policy, ReceiptLimits, ReceiptRule, RunbookRule, WaitingRule};
use sir_intake::case::roster::{Member, Role, Roster};
use sir_intake::case::{
    Address, Audience, Case, CaseId, ClockRule, Component, InformationRule, MailId, MemberKey, PersonId,
    Severity, Source,
};

/// A Monday morning.
pub const MONDAY: &str = "2026-11-23T09:00:00Z";
pub const CASE: CaseId = CaseId { year: 2026, number: 7 };
pub const REPORT: MailId = MailId(1);
pub const REPORTER: PersonId = PersonId(1);

pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub fn key(name: &str) -> MemberKey {
    MemberKey(name.to_owned())
}

fn member(name: &str, roles: &[Role]) -> Member {
    Member {
        key: key(name),
        name: name.to_owned(),
        addresses: vec![Address::parse(&format!("{name}@members.example")).unwrap()],
        github: None,
        roles: roles.iter().copied().collect::<BTreeSet<Role>>(),
        sigs: Vec::new(),
        away: Vec::new(),
        dkim_domains: Vec::new(),
        openpgp: Vec::new(),
        zone: None,
    }
}

/// Alice and Bob take cases, Carol is a chair, Tess the TSC contact, `ops-1` looks after the machine.
pub fn roster() -> Roster {
    Roster {
        members: vec![
            member("alice", &[Role::Member]),
            member("bob", &[Role::Member]),
            member("carol", &[Role::Chair]),
            member("tess", &[Role::TscContact]),
            member("ops-1", &[Role::Ops]),
        ],
    }
}

/// The defaults of `config.example.toml`.
pub fn policy() -> Policy {
    let workdays =
        vec![Weekday::Monday, Weekday::Tuesday, Weekday::Wednesday, Weekday::Thursday, Weekday::Friday];
    Policy {
        posted: Default::default(),
        exercise: false,
        calendar: Calendar { zone: TimeZone::UTC, workdays, holidays: BTreeSet::new() },
        roster: roster(),
        acknowledge: ClockRule {
            due: 72,
            rings: vec![
                (24, Audience::Owner),
                (48, Audience::Owner),
                (60, Audience::Members),
                (72, Audience::Chairs),
            ],
        },
        owner: ClockRule {
            due: 24,
            rings: vec![
                (4, Audience::Members),
                (24, Audience::Members),
                (48, Audience::Chairs),
                (72, Audience::TscIfHigh),
            ],
        },
        information: InformationRule { remind_days: vec![7, 21], close_days: 45 },
        receipts: ReceiptRule::UnlessFailed,
        receipt_limits: ReceiptLimits { per_sender_day: 3, per_domain_hour: 10, per_hour: 60 },
        waiting: WaitingRule { cases_per_hour: 20, notice_hours: 4, becomes_case_days: 1 },
        discord: true,
        alert_waits_for_issue_s: 60,
        unverified_answer_holds_hours: 24,
        tsc_from: Some(Severity::High),
        commands: CommandRule::default(),
        reminders_in_member_hours: true,
        runbook: RunbookRule::default(),
        embargoed: Vec::new(),
        announce: Vec::new(),
        channels: 0,
    }
}

/// A report of somebody unknown to us that shows what it is.
pub fn reading() -> Reading {
    Reading {
        history: false,
        own: false,
        sent_folder: false,
        junk_folder: false,
        copy_of: None,
        bounced: None,
        automation: Automation::None,
        route: Route::Nowhere,
        participant: false,
        member: None,
        trust: Trust::Unknown,
        spam_verdict: false,
        signs: 3,
        opaque: false,
        cases_last_hour: 0,
    }
}

/// That report as a case begins with it.
pub fn opening() -> Opening {
    Opening {
        mail: REPORT,
        source: Source::Mail,
        reporter: Some(REPORTER),
        sender: Sender {
            answerable: true,
            trust: Trust::Unknown,
            automatic: false,
            member: false,
            own: false,
            header_only: false,
        },
        receipts: ReceiptCounts::default(),
        received: at(MONDAY),
        component: Some(Component("Multiplayer".to_owned())),
        severity: Some(Severity::High),
        checked: None,
        standing: None,
    }
}

/// A fresh case and what opened it.
pub fn fresh(policy: &Policy) -> (Case, Decision) {
    let (case, decision) = decide::open(CASE, &opening(), policy, at(MONDAY));
    (case.unwrap(), decision)
}

/// What a decision does to a case.
pub fn follow(case: &mut Case, decision: &Decision) {
    decision.events.iter().for_each(|event| case.apply(event));
}

/// `kind x n`, sorted: effects as a reader of a table wants them.
pub fn effects(decision: &Decision) -> String {
    use sir_intake::case::{Alert, Effect};
    let mut counted: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for planned in &decision.effects {
        let (word, whom) = match &planned.effect {
            Effect::OpenIssue | Effect::UpdateIssue | Effect::Answer | Effect::Letter { .. } => {
                (planned.effect.word().to_owned(), None)
            }
            Effect::Comment { remark } => (format!("comment {}", tag(remark, "remark")), None),
            Effect::Transcript { to, .. } => ("transcript".to_owned(), Some(to.0.clone())),
            Effect::Alert { to, alert } => (tag(alert, "alert"), Some(to.0.clone())),
            Effect::Post { alert } => (tag::<Alert>(alert, "alert"), Some("#".to_owned())),
            Effect::Advisory
            | Effect::Publish { .. }
            | Effect::Announce { .. }
            | Effect::TellPoster
            | Effect::TakeDown { .. } => (planned.effect.word().to_owned(), None),
        };
        counted.entry(word).or_default().extend(whom);
    }
    let words = counted
        .into_iter()
        .map(|(word, whom)| if whom.is_empty() { word } else { format!("{word} -> {}", whom.join(" ")) });
    words.collect::<Vec<_>>().join(", ")
}

fn tag<T: serde::Serialize>(value: &T, name: &str) -> String {
    serde_json::to_value(value).unwrap()[name].as_str().unwrap().to_owned()
}
