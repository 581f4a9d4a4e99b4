//! Known or new: each report is compared with public records and earlier cases, on this machine, in the file beside the
//! journal (`known/`).
//!
//! A new report is compared when it is read, so that its first page and notice say what was found. When many come at once
//! their cases begin first, with their receipts and clocks, and their pages wait a little. Everything later is done here,
//! beside the mail: those of a flood, a case that grew, a mirror that appears or learns of a cited id, a check that failed.
//!
//! **Invariant:** no fault of the mirror stops a mail or lets it wait longer than [`PATIENCE`].

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::case_words::{question, withheld, words_of};
use super::{Fault, commit};
use crate::case::decide::Input;
use crate::case::{CaseId, Checked, Unchecked};
use crate::known::mirror::{Glance, MirrorError};
use crate::known::own_case::{self, OwnCase};
use crate::known::{Findings, Mirror, Question, Source, links};
use crate::mail::Automatic;
use crate::office::Office;
use crate::reading::ReadMail;
use crate::store::{CheckState, Cited, MailRow, StoreError, Txn};

/// How long a mail waits for its check.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long a later check may take: nobody waits for it.
const LONG_PATIENCE: Duration = Duration::from_mins(1);
/// A check that failed is tried again after this.
const AGAIN: SignedDuration = SignedDuration::from_mins(10);
/// How often the mirror's file is looked at.
const EVERY: SignedDuration = SignedDuration::from_secs(2);
/// When more mails than these come at once, their cases begin first and are compared right after.
const FLOOD: usize = 8;
/// Cases that are named to the mirror in one go.
const NAMED: u32 = 50;
/// Cases that are checked between two looks at the mirror.
const CHECKED: u32 = 20;
/// Ids that are watched for a case at most.
const CITED: usize = 50;
/// Where the store keeps what the mirror was when cited ids were last looked up in it.
const STAMP: &str = "known-stamp";

/// When a new report is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// While it is read: its first page and notice say what was found.
    Now,
    /// After its case was opened, when the cases before it can be found.
    Later,
}

impl Turn {
    /// For a mail that comes with so many at once.
    pub(super) fn of(mails: usize) -> Self {
        if mails > FLOOD { Self::Later } else { Self::Now }
    }
}

/// A check that was made.
pub(super) struct Checkup {
    /// In numbers.
    pub(super) checked: Checked,
    state: CheckState,
    findings: Option<Findings>,
    cited: Vec<Cited>,
}

impl Checkup {
    fn not(why: Unchecked, state: CheckState) -> Self {
        Self { checked: Checked::Not { why, earlier: 0 }, state, findings: None, cited: Vec::new() }
    }

    /// How long the page of a new case waits for it.
    pub(super) fn page_waits(&self) -> Option<SignedDuration> {
        let later = matches!(self.checked, Checked::Not { why: Unchecked::NotYet, .. });
        later.then(|| SignedDuration::try_from(PATIENCE).unwrap_or(SignedDuration::ZERO))
    }

    /// Keeps it for a case that has just begun. While earlier cases cannot be found yet, the case is checked once more.
    pub(super) fn keep(&self, txn: &Txn<'_>, case: CaseId, now: Timestamp) -> Result<(), StoreError> {
        let searches = match self.checked {
            Checked::Done { .. } | Checked::Not { why: Unchecked::NoMirror, .. } => true,
            Checked::Not { .. } => false,
        };
        let early = searches && txn.others_unnamed(case)?;
        let state = if early { CheckState::Due } else { self.state };
        self.write(txn, case, 1, state, now)
    }

    fn write(
        &self,
        txn: &Txn<'_>,
        case: CaseId,
        words: i64,
        state: CheckState,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let json = self.findings.as_ref().map(serde_json::to_string).transpose()?;
        txn.keep_findings(case, words, state, json.as_deref(), &self.cited, now)
    }
}

// ---------------------------------------------------------------- a new report

/// Compares a mail that may become a case; `None` when it surely does not, or somebody else will.
pub(super) async fn first(
    office: &Arc<Office>,
    row: &MailRow,
    read: &Arc<ReadMail>,
    turn: Turn,
) -> Option<Checkup> {
    let letter = &read.letter;
    let own = letter.from.as_ref().is_some_and(|from| office.house.owns(from));
    let is_news = matches!(letter.automatic, Automatic::Bounce | Automatic::Report | Automatic::AutoReply);
    if row.history || own || is_news || row.role == "sent" {
        return None;
    }
    if let Some(why) = withheld(letter) {
        return Some(Checkup::not(why, CheckState::Done));
    }
    let now = office.outside.clock.now();
    Some(match turn {
        Turn::Now => ask(office, question(read, row.received.min(now)), PATIENCE, now).await,
        Turn::Later => Checkup::not(Unchecked::NotYet, CheckState::Due),
    })
}

/// Asks the mirror on a thread of its own, and no longer than that.
async fn ask(office: &Arc<Office>, question: Question, patience: Duration, now: Timestamp) -> Checkup {
    let again = CheckState::Again(now.saturating_add(AGAIN).unwrap_or(now));
    if office.known.is_stuck() {
        return Checkup::not(Unchecked::TooSlow, again);
    }
    let inside = Arc::clone(office);
    let task = office.checker.run(move || {
        let found = search(&inside, &question);
        inside.known.set_stuck(false);
        found
    });
    match tokio::time::timeout(patience, task).await {
        Ok(Ok(Ok(checkup))) => checkup,
        Ok(Ok(Err(fault))) => {
            tracing::warn!(%fault, "the mirror of known issues cannot be read");
            office.known.let_go();
            Checkup::not(Unchecked::MirrorFault, again)
        }
        Ok(Err(_)) => {
            tracing::error!("a check failed inside; it will be tried again");
            office.known.let_go();
            Checkup::not(Unchecked::MirrorFault, again)
        }
        Err(_) => {
            office.known.set_stuck(true);
            tracing::warn!("a check takes too long; it will be tried again");
            Checkup::not(Unchecked::TooSlow, again)
        }
    }
}

fn search(office: &Office, question: &Question) -> Result<Checkup, MirrorError> {
    let Some(mirror) = office.known.get()? else {
        return Ok(Checkup {
            cited: cited(None, question)?,
            ..Checkup::not(Unchecked::NoMirror, CheckState::Waits)
        });
    };
    let findings = Findings::of(&mirror.check(question)?);
    let checked = findings.checked();
    let state = match checked {
        Checked::Done { .. } => CheckState::Done,
        Checked::Not { .. } => CheckState::Waits,
    };
    Ok(Checkup { checked, state, cited: cited(Some(&mirror), question)?, findings: Some(findings) })
}

/// The ids that a report cites, with what the mirror has of each.
fn cited(mirror: Option<&Mirror>, question: &Question) -> Result<Vec<Cited>, MirrorError> {
    let mut ids = links::ids(&format!("{}\n{}", question.subject, question.text));
    ids.extend(question.ids.iter().flat_map(|id| links::ids(id)));
    ids.sort();
    ids.dedup();
    ids.truncate(CITED);
    let print = |id: &str| mirror.map_or(Ok(None), |mirror| mirror.print(id));
    ids.into_iter().map(|id| Ok(Cited { print: print(&id)?, id })).collect()
}

// ---------------------------------------------------------------- later

/// For ever: when a bell rings, when the mirror's file changed, when a check is to be tried again.
pub(super) async fn keep_checking(office: &Arc<Office>) -> Result<(), Fault> {
    let mut seen = Seen::default();
    loop {
        while again(office, &mut seen).await? > 0 {}
        let now = office.outside.clock.now();
        let next = now.saturating_add(EVERY).unwrap_or(now);
        tokio::select! {
            () = office.bells.check.notified() => {}
            () = office.outside.clock.sleep_until(next) => {}
        }
    }
}

/// How the mirror looked last.
#[derive(Default)]
pub(super) struct Seen {
    glance: Option<Option<Glance>>,
    failed: bool,
    /// The file cannot take our cases: nobody tries before it changes.
    refuses: Option<Option<Glance>>,
}

/// All checks that are due. Returns how many things were done.
pub(super) async fn again(office: &Arc<Office>, seen: &mut Seen) -> Result<usize, Fault> {
    let learned = look(office, seen).await?;
    let Some(named) = name(office, seen).await? else {
        // Somebody writes into the mirror: a check now would miss the cases that are to go in.
        return Ok(learned);
    };
    let now = office.outside.clock.now();
    let cases = office.store.read(|txn| txn.checks_due(now, CHECKED))?;
    let mut checked = Vec::new();
    for case in cases {
        checked.push(check(office, case, now).await?);
    }
    let count = checked.len();
    if count > 0 {
        let inside = Arc::clone(office);
        let conclude =
            move |txn: &Txn<'_>| checked.iter().try_for_each(|again| conclude(&inside, txn, again, now));
        office.store.write("checked", conclude).await?;
    }
    Ok(learned + named + count)
}

/// What changed in the mirror since the last look, if its file did.
async fn look(office: &Arc<Office>, seen: &mut Seen) -> Result<usize, Fault> {
    let glance = office.known.glance();
    if seen.glance == Some(glance) {
        return Ok(0);
    }
    let is_other = !matches!((&seen.glance, &glance), (Some(Some(old)), Some(new)) if old.is_same_file(new));
    let inside = Arc::clone(office);
    let task = office.checker.run(move || news(&inside, is_other));
    let news = task.await.unwrap_or(Err(Newsless::Mirror(MirrorError::Broken)));
    let failed = news.is_err();
    let recovered = seen.failed && !failed;
    (seen.glance, seen.failed) = (Some(glance), failed);
    let news = match news {
        Ok(news) => news,
        Err(Newsless::Store(error)) => return Err(error.into()),
        Err(Newsless::Mirror(fault)) => {
            tracing::warn!(%fault, "the mirror of known issues cannot be read");
            office.known.let_go();
            return Ok(0);
        }
    };
    if !news.is_any() && !recovered {
        return Ok(0);
    }
    let changed = office.store.write("learned", move |txn| {
        let mut changed = if news.forgot { txn.rename_all_but(&news.cases)? } else { 0 };
        if let Some(stamp) = &news.stamp {
            txn.set_meta(STAMP, stamp)?;
            for (id, print) in &news.cited {
                changed += txn.learned(id, *print)?;
            }
        }
        if news.records > 0 && (recovered || news.stamp.is_some()) {
            changed += txn.mirror_is_there()?;
        }
        Ok(changed)
    });
    Ok(changed.await?)
}

/// What the mirror has to say to cases that were checked.
#[derive(Default)]
struct News {
    /// The cases that it can find.
    cases: BTreeSet<String>,
    /// Some that were named are not among them: it is another file.
    forgot: bool,
    /// What it is now, when it is not what it was.
    stamp: Option<String>,
    /// Then: the ids that cases cite, with what it has of each.
    cited: Vec<(String, Option<i64>)>,
    records: u64,
}

impl News {
    fn is_any(&self) -> bool {
        self.forgot || self.stamp.is_some()
    }
}

enum Newsless {
    Store(StoreError),
    Mirror(MirrorError),
}

impl From<StoreError> for Newsless {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<MirrorError> for Newsless {
    fn from(error: MirrorError) -> Self {
        Self::Mirror(error)
    }
}

fn news(office: &Office, is_other: bool) -> Result<News, Newsless> {
    let Some(mirror) = office.known.get()? else {
        // Deleted, or not there yet: all cases are to be named to the next one.
        let forgot = !office.store.read(|txn| txn.named_outside(&BTreeSet::new()))?.is_empty();
        return Ok(News { forgot, ..News::default() });
    };
    let age = mirror.age()?;
    let stamp = format!("{:?} {} {} {} {}", age.taken_at, age.stamp, age.records, age.advisories, age.issues);
    let known = office.store.read(|txn| txn.meta(STAMP))?;
    let mut news = News { records: age.records, ..News::default() };
    if is_other {
        news.cases = mirror.ids(Source::Case)?.into_iter().collect();
        news.forgot = !office.store.read(|txn| txn.named_outside(&news.cases))?.is_empty();
    }
    // An empty mirror where there was none teaches nothing.
    if known.as_deref() == Some(stamp.as_str()) || (known.is_none() && age.records == 0) {
        return Ok(news);
    }
    let mut last = String::new();
    loop {
        let ids = office.store.read(|txn| txn.cited_after(&last, 500))?;
        let Some(end) = ids.last() else { break };
        last.clone_from(end);
        for id in ids {
            let print = mirror.print(&id)?;
            news.cited.push((id, print));
        }
    }
    news.stamp = Some(stamp);
    Ok(news)
}

/// Names cases to the mirror, so that later reports find them. `None`: somebody else writes into it just now.
async fn name(office: &Arc<Office>, seen: &mut Seen) -> Result<Option<usize>, Fault> {
    let cases = office.store.read(|txn| txn.unnamed_cases(NAMED))?;
    if cases.is_empty() || seen.refuses == Some(office.known.glance()) {
        return Ok(Some(0));
    }
    let count = cases.len();
    let inside = Arc::clone(office);
    let task = office.checker.run(move || put(&inside, &cases));
    match task.await.unwrap_or(Err(Newsless::Mirror(MirrorError::Broken))) {
        Ok(named) => {
            office.store.write("named", move |txn| txn.named(&named)).await?;
            Ok(Some(count))
        }
        Err(Newsless::Store(error)) => Err(error.into()),
        Err(Newsless::Mirror(MirrorError::Busy)) => Ok(None),
        Err(Newsless::Mirror(fault)) => {
            tracing::warn!(%fault, "earlier cases cannot be entered into the mirror of known issues");
            office.known.let_go();
            seen.refuses = Some(office.known.glance());
            Ok(Some(0))
        }
    }
}

fn put(office: &Office, cases: &[CaseId]) -> Result<Vec<(CaseId, i64)>, Newsless> {
    let mut records = Vec::new();
    let mut named = Vec::new();
    for id in cases {
        let words = words_of(office, *id)?;
        named.push((*id, words.number));
        if words.withheld.is_none() {
            let received = words.question.received.unwrap_or_default();
            records.push(own_case::record(&OwnCase {
                id: id.to_string(),
                subject: words.question.subject,
                text: words.question.text,
                received,
                closure: words.closure,
            }));
        }
    }
    if !records.is_empty() {
        office.known.make()?.put(&records)?;
    }
    Ok(named)
}

/// What a check of a case once more came to.
struct Again {
    case: CaseId,
    /// Which words were compared; none: they could not be read.
    words: Option<i64>,
    checkup: Checkup,
}

/// Checks a case once more.
async fn check(office: &Arc<Office>, case: CaseId, now: Timestamp) -> Result<Again, Fault> {
    let inside = Arc::clone(office);
    let words = match office.reader.run(move || words_of(&inside, case)).await {
        Ok(words) => words?,
        Err(_) => {
            tracing::error!(case = %case, "the words of a case cannot be read for its check");
            let later = CheckState::Again(now.saturating_add(AGAIN).unwrap_or(now));
            return Ok(Again { case, words: None, checkup: Checkup::not(Unchecked::MirrorFault, later) });
        }
    };
    let number = Some(words.number);
    let checkup = match words.withheld {
        Some(why) => Checkup::not(why, CheckState::Done),
        None => ask(office, words.question, LONG_PATIENCE, now).await,
    };
    Ok(Again { case, words: number, checkup })
}

/// Keeps it, and lets the page say what is new.
fn conclude(office: &Office, txn: &Txn<'_>, again: &Again, now: Timestamp) -> Result<(), StoreError> {
    let Again { case: id, words, checkup } = again;
    let id = *id;
    txn.issue_may_open(id, now)?;
    let Some(words) = *words else { return txn.check_later(id, checkup.state) };
    let old: Option<Findings> = kept(txn, id)?;
    let searched = matches!(checkup.checked, Checked::Done { .. });
    if !searched && old.as_ref().is_some_and(|old| old.mirror.records > 0) {
        // What was found with a mirror stands until there is one again.
        return txn.check_later(id, checkup.state);
    }
    let case = txn.case(id)?;
    let same = match (&old, &checkup.findings) {
        (Some(old), Some(new)) => old.says_the_same(new),
        (None, None) => true,
        (None, Some(_)) | (Some(_), None) => false,
    };
    let same_words = case.checked.map(|checked| checked.words()) == Some(checkup.checked.words());
    checkup.write(txn, id, words, checkup.state, now)?;
    let input = Input::Checked { checked: checkup.checked, page_changed: !(same && same_words) };
    commit::input(office, txn, id, &input, now)
}

/// What the last check found.
pub(super) fn kept(txn: &Txn<'_>, case: CaseId) -> Result<Option<Findings>, StoreError> {
    let json = txn.findings(case)?.and_then(|row| row.json);
    Ok(json.map(|json| serde_json::from_str(&json)).transpose()?)
}
