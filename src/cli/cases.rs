//! `cases`: look at them, open, take and answer them.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::arguments::{Cases, Which};
use super::out::{Out, facts, table};
use super::outbox::{effect_json, effect_row};
use super::parked::{mail_json, mail_row, mails, sender, with_senders};
use super::{FAULTS, OK, Stop, export, findings, house, order};
use crate::case::decide::Act;
use crate::case::order::Order;
use crate::case::{Case, CaseId, ClockKind, MemberKey, Receipt};
use crate::config::Config;
use crate::known::Findings;
use crate::perform::issue_link;
use crate::render::when;
use crate::store::{EffectRow, EventRow, FateWord, MailRow};

pub(super) async fn cases(what: Cases, config: Config, out: &Out) -> Result<u8, Stop> {
    match what {
        Cases::List { which, owner } => list(which, owner.as_ref(), &config, out),
        Cases::Show { case } => show(case, &config, out),
        Cases::Export { case, to, attachment } => export::export(case, &to, attachment, &config, out),
        Cases::Open { mail, waiting: _ } => {
            let mails = match mail {
                Some(mail) => vec![mail],
                None => {
                    let window = house::window(&config)?;
                    let rows = window.read(|txn| txn.mails_with(FateWord::Waiting, u32::MAX))?;
                    rows.into_iter().map(|row| row.id).collect()
                }
            };
            let orders = mails.into_iter().map(|mail| Order::OpenMail { mail }).collect();
            order::many(orders, config, out).await
        }
        Cases::History { days } => {
            let since = house::now().saturating_sub(SignedDuration::from_hours(24 * i64::from(days)));
            let rows = house::window(&config)?.read(|txn| {
                let mut rows = txn.mails_with(FateWord::History, u32::MAX)?;
                rows.retain(|row| {
                    row.case.is_none() && since.as_ref().is_ok_and(|since| row.received >= *since)
                });
                with_senders(txn, rows)
            })?;
            mails(&rows, &format!("no such mail of the last {days} days"), &config, out);
            Ok(OK)
        }
        Cases::Adopt { mail } => {
            let row = house::window(&config)?.read(|txn| txn.mail(mail))?;
            if row.fate != FateWord::History {
                let what = format!(
                    "mail {mail} is not from before the first start ({}): see `sir-intake cases open`",
                    row.fate.word()
                );
                return Err(Stop::new(FAULTS, what));
            }
            order::one(Order::OpenMail { mail }, config, out).await
        }
        Cases::Own { case, member } => {
            order::one(Order::Case { case, act: Act::Own { member } }, config, out).await
        }
        Cases::ForgetKey { case } => order::one(Order::ForgetKeys { case }, config, out).await,
        Cases::Answered { case, by } => {
            order::one(Order::Case { case, act: Act::Answered { member: by } }, config, out).await
        }
    }
}

fn stage(case: &Case) -> &'static str {
    case.stage.word()
}

fn is_late(case: &Case, now: Timestamp) -> bool {
    case.first_due().is_some_and(|due| due <= now)
}

/// How the promise to the reporter stands.
fn acknowledged(case: &Case, now: Timestamp, zone: &TimeZone) -> String {
    match case.clocks.get(&ClockKind::Acknowledge) {
        None => "-".to_owned(),
        Some(clock) if clock.stopped.is_some() => "answered".to_owned(),
        Some(clock) if clock.is_broken(now) => format!("LATE since {}", when::medium(clock.due, zone)),
        Some(clock) => when::medium(clock.due, zone),
    }
}

fn issue(case: &Case, config: &Config) -> Option<String> {
    case.issue.map(|(_, number)| issue_link(&config.github, number))
}

fn list(which: Which, owner: Option<&MemberKey>, config: &Config, out: &Out) -> Result<u8, Stop> {
    let now = house::now();
    let zone = &config.team.calendar.zone;
    let mut cases = house::window(config)?.read(|txn| txn.cases())?;
    cases.retain(|case| {
        let asked = match which {
            Which::All => true,
            Which::Open => case.closure().is_none(),
            Which::Unowned => case.owner().is_none() && case.closure().is_none(),
            Which::Late => is_late(case, now),
        };
        asked && owner.is_none_or(|owner| case.owner() == Some(owner))
    });
    let value: Vec<Value> = cases
        .iter()
        .map(|case| {
            json!({
                "id": case.id, "stage": stage(case), "owner": case.owner(), "received": case.received,
                "age_s": now.duration_since(case.received).as_secs(), "acknowledge_by": case.acknowledge_by(),
                "acknowledged": !case.runs(ClockKind::Acknowledge), "late": is_late(case, now),
                "issue": issue(case, config),
            })
        })
        .collect();
    out.either(&Value::Array(value), || {
        if cases.is_empty() {
            return "no cases".to_owned();
        }
        let rows: Vec<Vec<String>> = cases
            .iter()
            .map(|case| {
                vec![
                    case.id.to_string(),
                    stage(case).to_owned(),
                    case.owner().map_or_else(|| "-".to_owned(), ToString::to_string),
                    when::span(now.duration_since(case.received)),
                    acknowledged(case, now, zone),
                    issue(case, config).unwrap_or_else(|| "pending".to_owned()),
                ]
            })
            .collect();
        table(&["case", "stage", "owner", "age", "acknowledge by", "issue"], &rows)
    });
    Ok(OK)
}

/// Everything of one case, read at one instant.
pub(super) struct Whole {
    pub(super) case: Case,
    pub(super) events: Vec<EventRow>,
    pub(super) mails: Vec<(MailRow, Option<String>)>,
    pub(super) effects: Vec<EffectRow>,
    reporter: Option<String>,
    findings: Option<Findings>,
}

/// Reads a case with all that belongs to it.
pub(super) fn whole(id: CaseId, config: &Config) -> Result<Whole, Stop> {
    let found = house::window(config)?.read(|txn| {
        let Some(case) = txn.case_if(id)? else { return Ok(None) };
        let mut mails = Vec::new();
        for row in txn.mails_of(id)? {
            let from = sender(txn, &row)?;
            mails.push((row, from));
        }
        let reporter = case.reporter.map(|person| txn.address_of(person)).transpose()?;
        let json = txn.findings(id)?.and_then(|row| row.json);
        Ok(Some(Whole {
            findings: json.map(|json| serde_json::from_str(&json)).transpose()?,
            reporter: reporter.map(|address| address.to_string()),
            events: txn.events(id)?,
            mails,
            effects: txn.effects_of(id)?,
            case,
        }))
    })?;
    found.ok_or_else(|| Stop::fault(format!("there is no case {id}; `sir-intake cases list all` shows them")))
}

pub(super) fn event_json(event: &EventRow) -> Value {
    json!({ "seq": event.seq, "at": event.at, "event": event.event })
}

fn show(id: CaseId, config: &Config, out: &Out) -> Result<u8, Stop> {
    let whole = whole(id, config)?;
    let case = &whole.case;
    let value = json!({
        "id": id,
        "state": case,
        "reporter_address": whole.reporter,
        "issue": issue(case, config),
        "findings": whole.findings,
        "events": whole.events.iter().map(event_json).collect::<Vec<_>>(),
        "mails": whole.mails.iter().map(|(row, from)| mail_json(row, from.as_deref())).collect::<Vec<_>>(),
        "effects": whole.effects.iter().map(effect_json).collect::<Vec<_>>(),
    });
    out.either(&value, || shown(&whole, config));
    Ok(OK)
}

fn receipt(case: &Case, zone: &TimeZone) -> String {
    match case.receipt {
        Receipt::Due => "on its way".to_owned(),
        Receipt::Sent(at) => format!("sent {}", when::medium(at, zone)),
        Receipt::Withheld(why) => format!("none: {}", why.words()),
        Receipt::Unknown => "nobody can say whether it left".to_owned(),
        Receipt::Parked => "could not be sent".to_owned(),
    }
}

fn shown(whole: &Whole, config: &Config) -> String {
    let zone = &config.team.calendar.zone;
    let now = house::now();
    let case = &whole.case;
    let or_none = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    let answer = case.answer.as_ref().map(|answer| {
        let proof = if answer.verified { "" } else { ", not verified" };
        format!("{} at {}{proof}", answer.member, when::medium(answer.at, zone))
    });
    let mut rows = vec![
        ("Stage", stage(case).to_owned()),
        ("Owner", or_none(case.owner().map(ToString::to_string))),
        ("Reporter", or_none(whole.reporter.clone())),
        ("Received", when::medium(case.received, zone)),
        ("Acknowledge by", acknowledged(case, now, zone)),
        ("Answer", or_none(answer)),
        ("Receipt", receipt(case, zone)),
        ("Component", or_none(case.component.as_ref().map(ToString::to_string))),
        ("Severity", or_none(case.severity.map(|severity| format!("{severity} (claimed)")))),
        ("Issue", or_none(issue(case, config))),
        ("Replies", case.replies.to_string()),
        ("Quarantined", case.quarantined.to_string()),
    ];
    if let Some(at) = case.delivery_failed {
        rows.push(("Delivery failed", when::medium(at, zone)));
    }
    for (kind, clock) in &case.clocks {
        let how = match (&clock.stopped, clock.next_ring()) {
            (Some(_), _) => "stopped".to_owned(),
            (None, Some(next)) => format!("runs, rings next {}", when::medium(next, zone)),
            (None, None) if !kind.is_ours() => "over, the owner was told".to_owned(),
            (None, None) => "broken, all were told".to_owned(),
        };
        rows.push(("Clock", format!("{}: due {}, {how}", kind.word(), when::medium(clock.due, zone))));
    }
    let events: Vec<Vec<String>> = whole
        .events
        .iter()
        .map(|event| {
            let detail = serde_json::to_string(&event.event).unwrap_or_default();
            vec![event.seq.to_string(), event.at.to_string(), event.event.kind().to_owned(), detail]
        })
        .collect();
    let mails: Vec<Vec<String>> =
        whole.mails.iter().map(|(row, from)| mail_row(row, from.as_deref(), zone)).collect();
    let effects: Vec<Vec<String>> = whole.effects.iter().map(|row| effect_row(row, zone)).collect();
    format!(
        "{}\n{}{}\n\nEvents\n{}\n\nMails\n{}\n\nEffects\n{}",
        case.id,
        facts(&rows),
        findings::text(case, whole.findings.as_ref()),
        table(&["seq", "at", "kind", "detail"], &events),
        table(&super::parked::MAIL_HEAD, &mails),
        table(&super::outbox::EFFECT_HEAD, &effects),
    )
}
