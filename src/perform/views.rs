//! From a case and its mails to what a page, a comment or an alert shows.

use jiff::Timestamp;

use super::links::{issue_url, posted_link};
use super::notes::notes;
use super::sealed_words::{is_closed, withheld};
use super::{commanded, facts, way_steps};
use crate::case::{self, Case, EffectId, MailId, MemberKey, Remark};
use crate::known::Findings;
use crate::mail::{self, Automatic, Letter, visible};
use crate::office::Office;
use crate::render::alert_view::{Above, Alarm, Alert, AlertCase, AlertView, Line};
use crate::render::comment::{Comment, Words};
use crate::render::issue::{Answered, AttachmentRow, IssueView, Progress, Receipt, Report, Stage, runbook};
use crate::render::known::KnownView;
use crate::render::stuck;
use crate::store::{AdvisoryRow, MailRow, PostedRow, StoreError, Txn};

/// The page of a case, read anew from its report.
pub(super) fn issue(office: &Office, txn: &Txn<'_>, case: &Case) -> Result<IssueView, StoreError> {
    let row = txn.mail(case.report)?;
    let advisory = txn.advisory_of(case.report)?;
    let posted = txn.posted_of(case.report)?;
    let read = office.read_mail(txn, &row)?;
    let letter = &read.letter;
    let facts = read.facts();
    let missing: Vec<String> = if letter.header_only || is_closed(letter) {
        Vec::new()
    } else {
        facts.missing().into_iter().map(|missing| missing.word().to_owned()).collect()
    };
    let owner = case.owner().map(|owner| name(office, owner));
    let answered = answered(office, case);
    let zone = office.policy.calendar.zone.clone();
    let acknowledge_by = case.acknowledge_by().unwrap_or(case.received);
    let progress = Progress {
        checked: case.checked,
        owner: owner.clone(),
        answered: answered.clone(),
        missing: (!letter.header_only && !is_closed(letter)).then_some(missing.len()),
        assessed: way_steps::assessed(case),
        closed: case.closure().map(|closure| closure.words().to_owned()),
        acknowledge_by,
        zone: zone.clone(),
    };
    Ok(IssueView {
        case: case.id,
        mail: row.sha256,
        stage: match case.stage {
            case::Stage::New => Stage::New,
            case::Stage::Triage { .. } => Stage::Triage,
            case::Stage::Known { .. } => Stage::Known,
            case::Stage::Remedy { phase, .. } => match phase {
                case::Phase::Confirmed => Stage::Confirmed,
                case::Phase::Mitigating => Stage::Mitigating,
                case::Phase::Review => Stage::Review,
                case::Phase::Prenotice => Stage::Prenotice,
                case::Phase::Ready => Stage::Ready,
                case::Phase::Disclosed => Stage::Disclosed,
            },
            case::Stage::Closed { .. } => Stage::Closed,
        },
        closure: case.closure(),
        severity: case.severity_set,
        remarks: way_steps::remarks(office, case)
            .into_iter()
            .chain(commanded::remarks(case, &zone))
            .collect(),
        owner,
        received: case.received,
        acknowledge_by,
        answered,
        receipt: receipt(case),
        // Facts are words of the text as well.
        facts: if withheld(office, letter).is_some() { Vec::new() } else { facts::rows(facts) },
        missing,
        notes: notes(office, case, &row, letter, advisory.as_ref(), posted.as_ref()),
        known: known(office, txn, case)?,
        steps: way_steps::with(runbook(&progress), office, case),
        attachments: attachment_rows(letter),
        report: shown(office, letter, advisory.as_ref(), posted.as_ref()),
        zone,
    })
}

/// What the check found, with the addresses of the issues of earlier cases.
fn known(office: &Office, txn: &Txn<'_>, case: &Case) -> Result<KnownView, StoreError> {
    let row = txn.findings(case.id)?;
    let json = row.as_ref().and_then(|row| row.json.as_deref());
    let mut findings: Option<Findings> = json.map(serde_json::from_str).transpose()?;
    let mut cases = std::collections::BTreeMap::new();
    for earlier in findings.iter_mut().flat_map(|findings| &mut findings.cases) {
        let Ok(id) = earlier.id.parse() else { continue };
        let Some(case) = txn.case_if(id)? else { continue };
        // As it stands now, not as it stood when it was found.
        earlier.stands(case.closure());
        if let Some((_, number)) = case.issue {
            cases.insert(earlier.id.clone(), issue_url(office, number));
        }
    }
    let at = row.and_then(|row| row.checked_at);
    Ok(KnownView { checked: case.checked, findings, at, received: case.received, cases })
}

pub(super) fn name(office: &Office, member: &MemberKey) -> String {
    office.policy.roster.get(member).map_or_else(|| member.to_string(), |member| member.name.clone())
}

fn answered(office: &Office, case: &Case) -> Answered {
    let done = !case.runs(case::ClockKind::Acknowledge);
    match &case.answer {
        None => Answered::No,
        Some(answer) if answer.verified && done => {
            Answered::By { who: name(office, &answer.member), at: answer.at }
        }
        Some(answer) if !answer.verified => {
            Answered::Unverified { who: name(office, &answer.member), at: answer.at }
        }
        // An answer that came back: nobody has answered.
        Some(_) => Answered::No,
    }
}

fn receipt(case: &Case) -> Receipt {
    match (case.receipt, case.delivery_failed) {
        (case::Receipt::Sent(_), Some(at)) => Receipt::Failed(at),
        (case::Receipt::Sent(at), None) => Receipt::Sent(at),
        (case::Receipt::Due, _) => Receipt::Due,
        (case::Receipt::Withheld(why), _) => Receipt::Withheld(why.words().to_owned()),
        (case::Receipt::Unknown | case::Receipt::Parked, _) => Receipt::Unknown,
    }
}

/// Attachments as rows; their names are hostile.
pub(super) fn attachment_rows(letter: &Letter) -> Vec<AttachmentRow> {
    let row = |part: &mail::Attachment| AttachmentRow {
        name: part.name.clone(),
        kind: part.kind.clone(),
        size: part.size,
        sha256: part.sha256,
        seal: part.seal,
    };
    letter.attachments.iter().map(row).collect()
}

fn shown(
    office: &Office,
    letter: &Letter,
    advisory: Option<&AdvisoryRow>,
    posted: Option<&PostedRow>,
) -> Report {
    if let Some(why) = withheld(office, letter) {
        return Report::Withheld(why.to_owned());
    }
    let from = match (advisory, posted) {
        (Some(AdvisoryRow { ghsa, author, .. }), _) => {
            format!("{} on GitHub ({ghsa})", author.as_deref().unwrap_or("a deleted account"))
        }
        (None, Some(PostedRow { place, author, .. })) => {
            format!("{} on GitHub ({place})", author.as_deref().unwrap_or("a deleted account"))
        }
        (None, None) => sender(letter),
    };
    Report::Shown { subject: letter.subject.clone(), from, text: letter.text.clone() }
}

fn sender(letter: &Letter) -> String {
    let address = letter.from.as_ref().map_or("(no usable address)", |from| from.as_str());
    match &letter.from_name {
        Some(name) if !name.is_empty() => format!("{} <{address}>", visible(name)),
        Some(_) | None => address.to_owned(),
    }
}

/// A comment about a later mail.
pub(super) fn comment(
    office: &Office,
    txn: &Txn<'_>,
    case: &Case,
    remark: &Remark,
) -> Result<Comment, StoreError> {
    let Some(mail) = remark.mail() else { return Ok(Comment::Commanded(String::new())) };
    let row = txn.mail(mail)?;
    let read = office.read_mail(txn, &row)?;
    let letter = &read.letter;
    let received = row.received;
    if letter.header_only {
        let why = letter.flaws.first().map_or("it could not be read".to_owned(), ToString::to_string);
        return Ok(Comment::HeaderOnly { received, mail, why });
    }
    let words = match withheld(office, letter) {
        Some(why) => Words { new_words: format!("({why})"), quoted: String::new() },
        None => Words { new_words: letter.split().new_words.clone(), quoted: letter.split().quoted.clone() },
    };
    let attachments = attachment_rows(letter);
    Ok(match remark {
        Remark::Reply { .. } => match member_of(office, letter) {
            Some(who) if row.person != case.reporter => {
                let verified = Office::trust(letter) == case::decide::Trust::Passed;
                Comment::MemberNote { received, who, verified, words, attachments }
            }
            Some(_) | None if letter.automatic != Automatic::None => Comment::AutomaticAnswer {
                received,
                why: letter.automatic_why.unwrap_or("its header").to_owned(),
                words,
                attachments,
            },
            Some(_) | None => Comment::ReporterWrote {
                received,
                words,
                attachments,
                authentication_failed: letter.authentication == mail::Authentication::Fail,
            },
        },
        Remark::Stranger { .. } => {
            Comment::StrangerWrote { received, from: sender(letter), words, attachments }
        }
        Remark::Answer { .. } => Comment::MemberAnswered {
            received,
            who: member_of(office, letter).unwrap_or_default(),
            verified: Office::trust(letter) == case::decide::Trust::Passed,
            words,
            attachments,
        },
        Remark::Refused { why, .. } => Comment::CommandRefused {
            received,
            who: member_of(office, letter).unwrap_or_default(),
            why: why.words().to_owned(),
            words,
            attachments,
        },
        Remark::Note { .. } => Comment::MemberNote {
            received,
            who: member_of(office, letter).unwrap_or_default(),
            verified: true,
            words: commanded::below(letter),
            attachments,
        },
        Remark::Commanded { .. } | Remark::ClosedByHand { .. } | Remark::TooMany => {
            Comment::Commanded(String::new())
        }
        Remark::Bounce { .. } if letter.bounce.as_ref().is_some_and(only_delayed) => {
            Comment::DeliveryDelayed { at: received, letter: "a letter to the reporter".to_owned() }
        }
        Remark::Bounce { .. } => Comment::DeliveryFailed {
            at: received,
            letter: "a letter to the reporter".to_owned(),
            said: letter.bounce.as_ref().and_then(said),
            clock_reopened: reopened(txn, case, mail)?,
        },
    })
}

/// Whether this bounce set a clock going again that the letter had stopped; a receipt stops none.
fn reopened(txn: &Txn<'_>, case: &Case, bounce: MailId) -> Result<bool, StoreError> {
    let by =
        |event: &case::Event| matches!(event, case::Event::ClockReopened { mail, .. } if *mail == bounce);
    Ok(txn.events(case.id)?.iter().any(|row| by(&row.event)))
}

/// The same for the bounce that came last.
fn last_reopened(txn: &Txn<'_>, case: &Case) -> Result<bool, StoreError> {
    let bounce = txn.events(case.id)?.into_iter().rev().find_map(|row| {
        if let case::Event::DeliveryFailed { mail, .. } = row.event { Some(mail) } else { None }
    });
    bounce.map_or(Ok(false), |bounce| reopened(txn, case, bounce))
}

fn member_of(office: &Office, letter: &Letter) -> Option<String> {
    letter
        .from
        .as_ref()
        .and_then(|from| office.policy.roster.by_address(from))
        .map(|member| member.name.clone())
}

fn only_delayed(bounce: &mail::Bounce) -> bool {
    bounce.recipients.iter().all(|entry| entry.fate == mail::Fate::Delayed)
}

fn said(bounce: &mail::Bounce) -> Option<String> {
    bounce.recipients.iter().find_map(|entry| entry.status.clone())
}

/// An alert as its template takes it.
pub(super) fn alert(
    office: &Office,
    txn: &Txn<'_>,
    case: Option<&Case>,
    alert: &case::Alert,
    to: Option<&MemberKey>,
    now: Timestamp,
) -> Result<AlertView, StoreError> {
    let kind = match alert {
        case::Alert::NewCase => Alert::NewCase,
        case::Alert::ReporterWrote => Alert::ReporterWrote { attachments: 0 },
        case::Alert::StrangerWrote => commanded::stranger(office, txn, case)?,
        case::Alert::FoundMore => commanded::found_more(case),
        case::Alert::DidYouAnswer { mail } => Alert::MemberAnswered { received: txn.mail(*mail)?.received },
        case::Alert::DeliveryFailed => Alert::DeliveryFailed {
            letter: "a letter to the reporter".to_owned(),
            clock_reopened: case.map(|case| last_reopened(txn, case)).transpose()?.unwrap_or(false),
        },
        case::Alert::Clock { clock, level, breach } => clock_alert(case, *clock, *level, *breach, now),
        case::Alert::LetterUnknown { effect } => {
            let row = txn.effect(*effect)?;
            Alert::LetterUnknown {
                effect: *effect,
                letter: row.effect.word().to_owned(),
                tried: row.started_at.unwrap_or(row.planned_at),
            }
        }
        case::Alert::Parked { effect } => parked(txn, *effect)?,
        case::Alert::Waiting { mails } => Alert::Waiting(lines(txn, mails)?),
        case::Alert::Digest => Alert::Alarm(Alarm::Other("digest".to_owned())),
        case::Alert::CommandRefused { .. }
        | case::Alert::OwnerNow { .. }
        | case::Alert::Raised { .. }
        | case::Alert::Confirm { .. }
        | case::Alert::Closed { .. }
        | case::Alert::Brief { .. }
        | case::Alert::LetterStopped { .. } => Alert::News(commanded::news(office, txn, case, alert, to)?),
        case::Alert::Alarm { alarm } => alarm_alert(office, txn, alarm, now)?,
    };
    let case = case.map(|case| alert_case(office, txn, case)).transpose()?;
    Ok(AlertView {
        case,
        kind,
        now,
        zone: office.policy.calendar.zone.clone(),
        their_zone: to.and_then(|to| office.policy.roster.get(to)).and_then(|member| member.zone.clone()),
        code: None,
        commands: commanded::by_mail(office),
        practice: office.practice(),
    })
}

fn clock_alert(
    case: Option<&Case>,
    clock: case::ClockKind,
    level: u8,
    breach: bool,
    now: Timestamp,
) -> Alert {
    let state = case.and_then(|case| case.clocks.get(&clock));
    let due = state.map_or(now, |clock| clock.due);
    let to = state.and_then(|clock| clock.rings.get(usize::from(level))).map(|ring| ring.to);
    match (clock, to) {
        (case::ClockKind::Owner, Some(case::Audience::Chairs)) => Alert::OwnerMissing { to: Above::Chairs },
        (case::ClockKind::Owner, Some(case::Audience::TscIfHigh)) => Alert::OwnerMissing { to: Above::Tsc },
        (_, _) if breach => Alert::ClockBreach { clock, due },
        (_, _) => Alert::ClockWarning { clock, due },
    }
}

fn parked(txn: &Txn<'_>, effect: EffectId) -> Result<Alert, StoreError> {
    let row = txn.effect(effect)?;
    let why = row.why.as_deref().map_or_else(|| "no reason was noted".into(), stuck::why).into_owned();
    Ok(Alert::EffectParked { effect, what: stuck::deed(&row.effect).into_owned(), why })
}

fn lines(txn: &Txn<'_>, mails: &[MailId]) -> Result<Vec<Line>, StoreError> {
    mails
        .iter()
        .map(|mail| {
            let row = txn.mail(*mail)?;
            Ok(Line { mail: *mail, received: row.received, why: waiting_words(&row) })
        })
        .collect()
}

/// Why a mail waits, in words.
pub(crate) fn waiting_words(row: &MailRow) -> String {
    why_words::<case::decide::Waiting>(row, |why| why.words())
}

/// Why a mail was set aside, in words.
pub(crate) fn screened_words(row: &MailRow) -> String {
    why_words::<case::decide::Screened>(row, |why| why.words())
}

/// Why a mail waits, was set aside or is parked, in words; empty where there is nothing to say.
pub(crate) fn why_of_mail(row: &MailRow) -> String {
    use crate::store::FateWord;
    match row.fate {
        FateWord::Waiting => waiting_words(row),
        FateWord::Screened => screened_words(row),
        FateWord::Parked => row.why.clone().unwrap_or_else(|| "could not be read".to_owned()),
        FateWord::Stored
        | FateWord::History
        | FateWord::Case
        | FateWord::Reply
        | FateWord::Quarantined
        | FateWord::Delivery
        | FateWord::Own
        | FateWord::Copy
        | FateWord::Command => row.why.clone().unwrap_or_default(),
    }
}

fn why_words<T: serde::de::DeserializeOwned>(row: &MailRow, words: impl Fn(T) -> &'static str) -> String {
    let why = row.why.clone().unwrap_or_default();
    serde_json::from_value(serde_json::Value::String(why.clone()))
        .map_or(why, |known| words(known).to_owned())
}

fn alarm_alert(
    office: &Office,
    txn: &Txn<'_>,
    alarm: &case::Alarm,
    now: Timestamp,
) -> Result<Alert, StoreError> {
    let machine = match alarm {
        case::Alarm::MailboxSilent { since } => Alarm::MailboxUnreachable(since.unwrap_or(now)),
        case::Alarm::MailsNotFetched { count } => Alarm::MailNotHeld(u64::from(*count)),
        case::Alarm::MailParked { mail } => {
            let row = txn.mail(*mail)?;
            let why = "it could not be read".to_owned();
            return Ok(Alert::ParkedMail(Line { mail: *mail, received: row.received, why }));
        }
        case::Alarm::ThreadsDisagree { mail } => Alarm::CodesDisagree(*mail),
        case::Alarm::DiskLow => Alarm::DiskLow(office.config.limits.free_disk_bytes >> 20),
        case::Alarm::RepositoryRefused => Alarm::RepositoryChanged,
        case::Alarm::RepositoryPublic => Alarm::RepositoryPublic,
        case::Alarm::GithubRefused => Alarm::GithubRefused,
        case::Alarm::SmtpDown => Alarm::SmtpUnreachable(now),
        case::Alarm::IssuesSilent { since } => Alarm::IssuesSilent(since.unwrap_or(now)),
        case::Alarm::DiscordRevoked => Alarm::DiscordRevoked,
        case::Alarm::OtherKey { case } => Alarm::OtherKey(*case),
        case::Alarm::EffectParked { effect } => return parked(txn, *effect),
    };
    Ok(Alert::Alarm(machine))
}

fn alert_case(office: &Office, txn: &Txn<'_>, case: &Case) -> Result<AlertCase, StoreError> {
    Ok(AlertCase {
        id: case.id,
        issue: case.issue.map(|(_, number)| issue_url(office, number)),
        received: case.received,
        acknowledge_by: case.acknowledge_by().unwrap_or(case.received),
        acknowledged: !case.runs(case::ClockKind::Acknowledge),
        public_on: case.tracks.date().filter(|_| case.tracks.published.is_none()),
        components: case.component.iter().cloned().collect(),
        claimed: case.severity,
        rated: case.tracks.assessment.as_ref().map(|found| found.severity).or(case.severity_set),
        owner: case.owner().map(|owner| name(office, owner)),
        checked: case.checked,
        receipt_withheld: case.receipt.withheld().map(|why| why.words().to_owned()),
        advisory: txn.advisory_of(case.report)?.map(|advisory| advisory.url),
        posted: txn.posted_of(case.report)?.map(|row| posted_link(&office.config.github, &row.place)),
    })
}
