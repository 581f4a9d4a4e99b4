//! Mail going out: letters to people outside (rendered long ago), and notices to members (rendered now).

use jiff::Timestamp;

use super::{Peers, PerformFault, Verdict, briefs, views};
use crate::case::act::{ActState, Stopped};
use crate::case::{Address, Alarm, Alert, ClockKind, Effect, LetterKind, MemberKey, PersonId};
use crate::config::{Mode, SentProof};
use crate::known::mirror::Standing;
use crate::mail::compose::{Attachment, Auto, Outgoing, write_with};
use crate::office::Office;
use crate::render::alert::AlertMail;
use crate::render::digest::{About, DigestLine, DigestView, MirrorNews};
use crate::render::letters::Letter;
use crate::store::{EffectRow, StoreError, Txn};
use crate::wire::smtp::{NotSent, Stage};

/// A letter to somebody outside: at most once by ourselves.
pub(super) async fn letter(
    office: &Office,
    peers: &Peers,
    row: &EffectRow,
    to: PersonId,
    act: u32,
) -> Result<Verdict, PerformFault> {
    if let Some(why) = stopped(office, row, to, act)? {
        return Ok(Verdict::Stopped { why });
    }
    if !is_known_to(office, row, to)? {
        return Ok(unknown_to_them(office, row, to)?);
    }
    match overtaken(office, row)? {
        Some(Overtaken::Public) => return Ok(Verdict::Parked { why: "public-meanwhile" }),
        Some(Overtaken::Ended) => return Ok(Verdict::Canceled { why: "the case ended meanwhile" }),
        None => {}
    }
    let to = office.store.read(|txn| txn.address_of(to))?;
    if office.config.mode == Mode::Exercise && office.policy.roster.by_address(&to).is_none() {
        return Ok(Verdict::Stopped { why: Stopped::Exercise });
    }
    let Some(bytes) = &row.letter else { return Ok(Verdict::Parked { why: "template" }) };
    let proof = match &office.config.smtp.sent_proof {
        SentProof::Bcc(address) => Some(address),
        SentProof::Folder(_) | SentProof::None => None,
    };
    Ok(match peers.send(office, &to, proof, bytes).await {
        Ok(()) => Verdict::done(),
        Err(NotSent::Unknown) => Verdict::Unknown,
        Err(NotSent::Proven { retry, at, .. }) => not_sent(retry, at),
    })
}

/// Whether they got, or may have got, what this letter speaks of. The outbox keeps the order of the letters to one person: what
/// should have come before is settled.
fn is_known_to(office: &Office, row: &EffectRow, to: PersonId) -> Result<bool, StoreError> {
    let (Some(case), Effect::Letter { letter, act, .. }) = (row.case, &row.effect) else { return Ok(true) };
    let Some(before) = letter.speaks_of() else { return Ok(true) };
    let of_act = (*letter == LetterKind::ListCorrected).then_some(*act);
    office.store.read(|txn| txn.may_have_left(case, before, to, of_act))
}

/// Nothing follows for whom nothing left. Where the notice itself could not leave, a person decides about both.
fn unknown_to_them(office: &Office, row: &EffectRow, to: PersonId) -> Result<Verdict, StoreError> {
    let follows = matches!(
        &row.effect,
        Effect::Letter { letter: LetterKind::ListChange | LetterKind::ListReminder, .. }
    );
    let notice = |txn: &Txn<'_>| match row.case {
        Some(case) => txn.is_parked_for(case, LetterKind::ListNotice, to),
        None => Ok(false),
    };
    Ok(if follows && office.store.read(notice)? {
        Verdict::Parked { why: "notice-first" }
    } else {
        Verdict::Canceled { why: "they were told nothing of it" }
    })
}

/// What became of it while a letter to the embargoed list was put off.
enum Overtaken {
    /// Everybody can read it by now.
    Public,
    /// The case ended without that.
    Ended,
}

/// Whether a letter to the embargoed list speaks of a time that is over.
fn overtaken(office: &Office, row: &EffectRow) -> Result<Option<Overtaken>, StoreError> {
    let ahead = matches!(
        &row.effect,
        Effect::Letter {
            letter: LetterKind::ListNotice
                | LetterKind::ListReminder
                | LetterKind::ListChange
                | LetterKind::ListCorrected,
            ..
        }
    );
    let Some(case) = row.case.filter(|_| ahead) else { return Ok(None) };
    let case = office.store.read(|txn| txn.case(case))?;
    Ok(match (case.tracks.published, case.closure()) {
        (Some(_), _) => Some(Overtaken::Public),
        (None, Some(_)) => Some(Overtaken::Ended),
        (None, None) => None,
    })
}

/// Why a letter that a member ordered must not leave any more, looked at when it leaves.
fn stopped(office: &Office, row: &EffectRow, to: PersonId, act: u32) -> Result<Option<Stopped>, StoreError> {
    let (Some(case), Effect::Letter { letter, .. }) = (row.case, &row.effect) else { return Ok(None) };
    let case = office.store.read(|txn| txn.case(case))?;
    let other = letter.is_for_reporter() && case.reporter != Some(to);
    if act == 0 {
        return Ok(other.then_some(Stopped::OtherReporter));
    }
    let Some(act) = case.act(act) else { return Ok(Some(Stopped::TakenBack)) };
    let follows = letter.follows();
    // What two people said stands, whoever leaves the team.
    let of_team = office.policy.roster.get(&act.by).is_some();
    Ok(match act.state {
        // What was taken back is what it speaks of.
        ActState::Undone { .. } if *letter == LetterKind::ListCorrected => None,
        ActState::Undone { .. } => Some(Stopped::TakenBack),
        ActState::Asked { .. } => Some(Stopped::Unconfirmed),
        ActState::Done if act.is_stopped() && !follows => Some(Stopped::TakenBack),
        ActState::Done if other => Some(Stopped::OtherReporter),
        ActState::Done if !of_team && !act.is_of_two() => Some(Stopped::LeftTeam),
        ActState::Done => None,
    })
}

/// What became of a member's commands, to that member alone; its bytes are long written.
pub(super) async fn transcript(
    office: &Office,
    peers: &Peers,
    row: &EffectRow,
    to: &MemberKey,
) -> Result<Verdict, PerformFault> {
    let address = office.policy.roster.get(to).and_then(|member| member.address());
    let Some(address) = address.cloned() else {
        return Ok(Verdict::Canceled { why: "no longer in the roster" });
    };
    let Some(bytes) = &row.letter else { return Ok(Verdict::Parked { why: "template" }) };
    Ok(match peers.send(office, &address, None, bytes).await {
        Ok(()) => Verdict::done(),
        Err(NotSent::Unknown) => Verdict::again("no-reply-after-the-letter"),
        Err(NotSent::Proven { retry, at, .. }) => not_sent(retry, at),
    })
}

/// A notice to a member: twice is harmless.
pub(super) async fn alert(
    office: &Office,
    peers: &Peers,
    row: &EffectRow,
    to: &MemberKey,
    alert: &Alert,
) -> Result<Verdict, PerformFault> {
    let address = office.policy.roster.get(to).and_then(|member| member.address());
    let Some(address) = address.cloned() else {
        return Ok(Verdict::Canceled { why: "no longer in the roster" });
    };
    let Some(bytes) = notice(office, row, to, alert)? else {
        return Ok(Verdict::Canceled { why: "nothing to tell" });
    };
    Ok(match peers.send(office, &address, None, &bytes).await {
        Ok(()) => Verdict::done(),
        Err(NotSent::Unknown) => Verdict::again("no-reply-after-the-letter"),
        Err(NotSent::Proven { retry, at, .. }) => not_sent(retry, at),
    })
}

fn not_sent(retry: bool, at: Stage) -> Verdict {
    if !retry {
        return Verdict::Parked { why: "the mail server refused it for good" };
    }
    match at {
        Stage::Connect | Stage::Login => {
            Verdict::Again { after: None, why: "mail-server-unreachable", alarm: Some(Alarm::SmtpDown) }
        }
        Stage::Envelope | Stage::Data | Stage::Letter => Verdict::again("mail-server-asks-to-wait"),
    }
}

/// The bytes of a notice; none when its recipient is gone or there is nothing to say.
pub(super) fn notice(
    office: &Office,
    row: &EffectRow,
    to: &MemberKey,
    alert: &Alert,
) -> Result<Option<Vec<u8>>, StoreError> {
    let Some(address) = office.policy.roster.get(to).and_then(|member| member.address()) else {
        return Ok(None);
    };
    if is_settled(office, row, alert)? {
        return Ok(None);
    }
    let now = office.outside.clock.now();
    let (mail, file) = match briefed(office, row, to, alert, now)? {
        Some((letter, file)) => (AlertMail { subject: letter.subject, body: letter.body }, file),
        None => (plain_notice(office, row, to, alert, now)?, None),
    };
    let Some(id) = &row.message_id else { return Ok(None) };
    let thread = row.case.map(|case| thread_id(case, office.config.addresses.notices_from()));
    let outgoing = Outgoing {
        from: office.config.addresses.notices_from().clone(),
        to: address.clone(),
        subject: mail.subject,
        body: mail.body,
        message_id: format!("<{id}>"),
        in_reply_to: thread.clone(),
        references: thread.into_iter().collect(),
        automatic: Auto::Generated,
        date: now,
        practice: office.practice(),
    };
    Ok(write_with(&outgoing, file.as_ref()).ok())
}

/// A reminder that waited for the working hours of its reader, of a promise that was kept meanwhile.
fn is_settled(office: &Office, row: &EffectRow, alert: &Alert) -> Result<bool, StoreError> {
    let (Alert::Clock { clock, level, .. }, Some(case)) = (alert, row.case) else { return Ok(false) };
    let case = office.store.read(|txn| txn.case(case))?;
    // One that began anew did not ring so far yet.
    Ok(case.clocks.get(clock).is_some_and(|clock| clock.stopped.is_some() || clock.rung <= *level))
}

/// A brief that is a letter of its own.
fn briefed(
    office: &Office,
    row: &EffectRow,
    to: &MemberKey,
    alert: &Alert,
    now: Timestamp,
) -> Result<Option<(Letter, Option<Attachment>)>, StoreError> {
    let Alert::Brief { brief } = alert else { return Ok(None) };
    let (Some(case), Some(member)) = (row.case, office.policy.roster.get(to)) else { return Ok(None) };
    office
        .store
        .read(|txn| briefs::letter(office, txn, &txn.case(case)?, brief, row.letter.as_deref(), member, now))
}

fn plain_notice(
    office: &Office,
    row: &EffectRow,
    to: &MemberKey,
    alert: &Alert,
    now: Timestamp,
) -> Result<AlertMail, StoreError> {
    Ok(if *alert == Alert::Digest {
        office.letters.digest(&office.store.read(|txn| digest_view(office, txn, row, to))?)
    } else {
        let mut view = office.store.read(|txn| {
            let case = row.case.map(|case| txn.case(case)).transpose()?;
            views::alert(office, txn, case.as_ref(), alert, Some(to), now)
        })?;
        view.code = row.case.and_then(|case| office.code_for_member(case, to));
        office.letters.alert(&view)
    })
}

/// All notices about a case hang under one id that was never sent: mail clients show them as one thread.
fn thread_id(case: crate::case::CaseId, from: &Address) -> String {
    format!("<{}.notices@{}>", case.to_string().to_ascii_lowercase(), from.domain())
}

/// Whether people must know how old the mirror is. One that cannot be read is as good as none.
fn mirror_news(office: &Office, now: Timestamp) -> MirrorNews {
    let known = &office.config.known;
    let standing = Standing::of(office.known.path()).ok().flatten();
    if !known.nvd || !Standing::is_old(standing.as_ref(), known.stale_days, now) {
        return MirrorNews::None;
    }
    standing.and_then(|standing| standing.nvd_at).map_or(MirrorNews::Missing, MirrorNews::Old)
}

/// Whose terms of the embargoed list end.
fn terms_news(office: &Office, now: Timestamp) -> Vec<String> {
    let today = office.policy.calendar.zone.to_datetime(now).date();
    office.policy.embargoed.iter().filter_map(|listed| listed.news(today)).collect()
}

fn digest_view(
    office: &Office,
    txn: &Txn<'_>,
    row: &EffectRow,
    to: &MemberKey,
) -> Result<DigestView, StoreError> {
    let planned = row.planned_at;
    // The outbox counts in milliseconds.
    let first =
        txn.meta_instant("digest-first")?.is_some_and(|at| at.as_millisecond() == planned.as_millisecond());
    let now = office.outside.clock.now();
    let rows =
        txn.digest_rows(planned, first.then_some(office.config.digest.history_days), planned.max(now))?;
    let mail_line = |mail: &crate::store::MailRow, why: String| -> Result<DigestLine, StoreError> {
        let sender = mail.person.map(|person| txn.address_of(person)).transpose()?;
        let about = match mail.fate {
            crate::store::FateWord::Quarantined => mail.case.map_or(About::Mail(mail.id), About::Case),
            crate::store::FateWord::Stored
            | crate::store::FateWord::History
            | crate::store::FateWord::Case
            | crate::store::FateWord::Reply
            | crate::store::FateWord::Delivery
            | crate::store::FateWord::Own
            | crate::store::FateWord::Copy
            | crate::store::FateWord::Waiting
            | crate::store::FateWord::Screened
            | crate::store::FateWord::Parked
            | crate::store::FateWord::Command => About::Mail(mail.id),
        };
        Ok(DigestLine { about, at: mail.received, sender, why })
    };
    let lines = |mails: &[crate::store::MailRow], why: &dyn Fn(&crate::store::MailRow) -> String| {
        mails.iter().map(|mail| mail_line(mail, why(mail))).collect::<Result<Vec<_>, _>>()
    };
    let effect_line = |effect: &EffectRow| DigestLine {
        about: About::Effect(effect.id),
        at: effect.started_at.unwrap_or(effect.planned_at),
        sender: None,
        why: format!(
            "{}: {}",
            crate::render::stuck::deed(&effect.effect),
            effect.why.as_deref().map_or("outcome unknown".into(), crate::render::stuck::why)
        ),
    };
    let mut parked = lines(&rows.parked_mails, &|_| "could not be read".to_owned())?;
    parked.extend(rows.parked_effects.iter().map(effect_line));
    let due = rows.due.iter().map(|(case, kind, at)| DigestLine {
        about: About::Case(*case),
        at: *at,
        sender: None,
        why: ClockKind::ALL
            .into_iter()
            .find(|clock| clock.word() == kind)
            .map_or_else(|| kind.clone(), |clock| clock.task().to_owned()),
    });
    Ok(DigestView {
        now,
        zone: office.policy.calendar.zone.clone(),
        their_zone: office.policy.roster.get(to).and_then(|member| member.zone.clone()),
        last_good_poll: txn.meta_instant("last-good-poll")?,
        open_cases: txn.open_cases()?,
        mirror: mirror_news(office, now),
        terms: terms_news(office, now),
        commands: super::commanded::by_mail(office),
        due: due.collect(),
        waiting: lines(&rows.waiting, &views::waiting_words)?,
        quarantined: lines(&rows.quarantined, &|_| "not a participant".to_owned())?,
        parked,
        unknown: rows.unknown.iter().map(effect_line).collect(),
        screened: lines(&rows.screened, &views::screened_words)?,
        history: lines(&rows.history, &|_| "came before the first start".to_owned())?,
    })
}
