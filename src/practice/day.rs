//! The day: the stand-ins, the daemon between them, the diary and the score; what a step of the script may do and see.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tracing::Dispatch;
use tracing::instrument::WithSubscriber;

use super::diary::{Diary, Place};
use super::loopback::{Loopback, ROSTER, Settings};
use super::mails::Sheet;
use super::score::Score;
use super::smtpd::Accepted;
use super::watch::{Watch, read_sent};
use super::web::Recorder;
use crate::case::decide::Act;
use crate::case::order::Order;
use crate::case::{Case, CaseId, Event, MemberKey, Sha256};
use crate::clock::Clock;
use crate::config::{self, LogFormat, LogLevel};
use crate::daemon::{Daemon, Fault, StartFault};
use crate::known::Mirror;
use crate::known::mirror::{FILE_NAME, MirrorError};
use crate::mail::{self, House, Letter, Limits};
use crate::observe;
use crate::office::Office;
use crate::outside::{NoNames, NoPoints, Outside, SystemChance};
use crate::store::{FateWord, MailRow, StoreError, private_dir};

/// How long a step waits for what must happen.
const LIMIT: Duration = Duration::from_secs(15);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(4);

/// The public records of the day; their numbers are of no year that anybody counts yet.
const FEED: &[u8] = include_bytes!("feed.json");

/// Accounts on GitHub: of whom in the roster, number, login. The last one can write, and is nobody of the team.
const ACCOUNTS: [(&str, u64, &str); 3] =
    [("alice", 501, "alice-hub"), ("bob", 502, "bob-hub"), ("nobody", 666, "quick-fixer")];

/// Why the day cannot be played.
#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    /// Folder, port or certificate.
    #[error("the stand-ins cannot be set up: {0}")]
    Io(#[from] std::io::Error),
    /// The configuration that was written is not taken.
    #[error("the configuration is not taken: {0}")]
    Config(String),
    /// The public records of the day are not taken in.
    #[error("the mirror cannot be made: {0}")]
    Mirror(String),
    /// The daemon does not start.
    #[error("the daemon does not start: {0}")]
    Start(#[from] StartFault),
}

/// A daemon at work.
struct Running {
    stop: CancellationToken,
    task: JoinHandle<Result<(), Fault>>,
}

/// A mail that was put into the mailbox.
pub(super) struct Delivered {
    /// First word of its file's name.
    pub(super) from: String,
    /// To whom it was written.
    pub(super) to: String,
    /// Its subject.
    pub(super) subject: String,
    /// As delivered.
    pub(super) raw: Vec<u8>,
    /// When.
    pub(super) at: Timestamp,
}

/// The day.
pub(super) struct Day {
    /// The stand-ins.
    pub(super) peers: Loopback,
    /// The office of the daemon that runs now.
    pub(super) office: Arc<Office>,
    /// What was seen.
    pub(super) diary: Diary,
    /// What held.
    pub(super) score: Score,
    /// The mails that were delivered, in order.
    pub(super) delivered: Vec<Delivered>,
    awaited: Vec<Sha256>,
    /// Comments that people wrote.
    comments: u64,
    watch: Watch,
    clock: Arc<dyn Clock>,
    log: Dispatch,
    running: Option<Running>,
}

/// The peers and the daemon, started.
pub(super) struct Stage {
    peers: Loopback,
    office: Arc<Office>,
    running: Running,
    log: Dispatch,
}

impl Stage {
    /// Starts everything in that folder, for the day of mail.
    pub(super) async fn set(dir: &Path, clock: &Arc<dyn Clock>) -> Result<Self, Trouble> {
        let settings = Settings {
            // As in production, but nobody wants to wait: no spacing between writes, a look at the junk folder each second.
            mailbox: "first_start = \"all\"\npoll = \"* * * * * *\"".to_owned(),
            rest: format!("{}\n[commands]\nhold_s = 0\n", roster()),
            // The issues are listened to each second.
            github: "spacing_ms = 0\nlook_wait_s = 0\ncomments_poll_s = 1".to_owned(),
            ..Settings::default()
        };
        let peers = Loopback::start(dir, Arc::clone(clock), Recorder::none(), &settings).await?;
        for (_, id, login) in ACCOUNTS {
            peers.hub.add_user(id, login);
            peers.hub.set_push(login, true);
        }
        Self::between(peers, clock).await
    }

    /// Starts the daemon between these peers.
    pub(super) async fn between(peers: Loopback, clock: &Arc<dyn Clock>) -> Result<Self, Trouble> {
        mirror(&peers.dir, clock.now())?;
        let log = std::fs::File::create(peers.dir.join("daemon.log"))?;
        let log = Dispatch::new(observe::subscriber(LogFormat::Plain, LogLevel::Debug, None, true, log));
        let (office, running) = start(&peers.path(), clock, &log).await?;
        Ok(Self { peers, office, running, log })
    }
}

/// The team's roster, with the accounts of those who have one.
fn roster() -> String {
    ACCOUNTS.iter().fold(ROSTER.to_owned(), |text, (name, id, login)| {
        let address = format!("addresses = [\"{name}@members.example\"]");
        text.replace(&address, &format!("{address}\ngithub_id = {id}\ngithub_login = \"{login}\""))
    })
}

/// Public records for the day, as `sir-intake mirror import` takes them; a few of them, made up.
fn mirror(dir: &Path, now: Timestamp) -> Result<(), Trouble> {
    let fault = |fault: MirrorError| Trouble::Mirror(fault.to_string());
    let state = dir.join("state");
    private_dir(&state)?;
    let mirror = Mirror::open(&state.join(FILE_NAME)).map_err(fault)?;
    let report = mirror.import_bytes("practice", FEED.to_vec(), None, now).map_err(fault)?;
    if report.failed() { Err(Trouble::Mirror("the feed is not taken".to_owned())) } else { Ok(()) }
}

async fn start(
    config: &Path,
    clock: &Arc<dyn Clock>,
    log: &Dispatch,
) -> Result<(Arc<Office>, Running), Trouble> {
    let dir = config.parent().map(Path::to_owned).unwrap_or_default();
    let told = |mistakes: Vec<config::Mistake>| {
        Trouble::Config(mistakes.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
    };
    let config = config::load_with(config, Some(&dir)).map_err(told)?;
    let outside = Outside {
        clock: Arc::clone(clock),
        chance: Arc::new(SystemChance::default()),
        points: Arc::new(NoPoints),
        names: Arc::new(NoNames),
    };
    let daemon = Box::pin(Daemon::start(config, outside).with_subscriber(log.clone())).await?;
    let office = Arc::clone(&daemon.office);
    let stop = CancellationToken::new();
    let token = stop.clone();
    let task = tokio::spawn(async move { Box::pin(daemon.run(token)).await }.with_subscriber(log.clone()));
    Ok((office, Running { stop, task }))
}

impl Day {
    /// The day on that stage.
    pub(super) fn on(stage: Stage, clock: Arc<dyn Clock>, diary: Diary) -> Self {
        Self {
            peers: stage.peers,
            office: stage.office,
            diary,
            score: Score::default(),
            delivered: Vec::new(),
            awaited: Vec::new(),
            comments: 0,
            watch: Watch::default(),
            clock,
            log: stage.log,
            running: Some(stage.running),
        }
    }

    /// A step begins; the one before it ends.
    pub(super) fn step(&mut self, name: &'static str, title: &str) {
        self.end_step();
        self.score.begin(name);
        self.diary.step(name, title);
    }

    /// The step that runs ends.
    pub(super) fn end_step(&mut self) {
        if let Some((held, checks)) = self.score.current() {
            self.diary.step_ended(held, checks);
        }
    }

    /// Says whether something is as it must be.
    pub(super) fn check(&mut self, name: &str, held: bool) {
        self.score.count(held);
        self.diary.check(name, held);
    }

    /// What time it is.
    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A mail arrives in a folder of the mailbox.
    pub(super) fn deliver(&mut self, folder: &str, sheet: Sheet, gaps: &[(&str, &str)]) -> Sha256 {
        let now = self.now();
        let raw = sheet.filled(now, gaps);
        let sha256 = Sha256::of(&raw);
        let uid = self.peers.imapd.deliver(folder, raw.clone(), now);
        // As a mail program would show it: nothing is put right.
        let letter = mail::read(&raw, &Limits::default(), &House::default());
        let address = letter.from.as_ref().map_or("nobody", |from| from.as_str());
        let name = letter.from_name.clone().unwrap_or_default();
        let place = if folder == "INBOX" { String::new() } else { format!(", into {folder}") };
        let text = format!("“{}”\nfrom {name} <{address}>{place}", letter.subject);
        let more = [("folder", json!(folder)), ("uid", json!(uid)), ("sha256", json!(sha256.to_string()))];
        self.diary.seen(Place::Mailbox, "arrived", &text, &more);
        let from = letter.from.as_ref().map_or("nobody", |from| from.local()).to_owned();
        let to = letter.to.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        self.delivered.push(Delivered { from, to, subject: letter.subject, raw, at: now });
        self.awaited.push(sha256);
        sha256
    }

    /// Somebody writes a comment on the issue of a case; whether GitHub took it.
    pub(super) fn comment(&mut self, case: &Case, login: &str, text: &str) -> bool {
        let taken = case.issue.and_then(|(_, number)| self.peers.hub.add_comment_as(login, number, text));
        self.comments += u64::from(taken.is_some());
        taken.is_some()
    }

    /// An operator's order is left for the daemon, as the command line does it; `None` when it is not taken in time.
    pub(super) async fn order_answered(&mut self, case: CaseId, member: &str) -> Option<String> {
        let command = format!("leaves the order of: sir-intake cases answered {case} --by {member}");
        self.diary.seen(Place::Operator, "order", &command, &[]);
        let order = Order::Case { case, act: Act::Answered { member: MemberKey(member.to_owned()) } };
        let now = self.now();
        let id = self.office.store.write("order", move |txn| txn.leave_order(&order, now)).await.ok()?;
        let end = self.clock.monotonic() + LIMIT;
        while self.clock.monotonic() < end {
            if let Ok(Some(answer)) = self.office.store.read(|txn| txn.order_answer(id)) {
                return Some(answer);
            }
            self.clock.sleep(LOOK).await;
        }
        None
    }

    /// Waits until every mail is settled and nothing is left to do, and tells all on the way.
    pub(super) async fn rest(&mut self) {
        let end = self.clock.monotonic() + LIMIT;
        let rested = loop {
            let quiet = self.look().and_then(|()| self.is_quiet()).unwrap_or(false);
            if quiet {
                // What happened between the last look and the silence.
                break self.look().is_ok();
            }
            if !self.goes_on() || self.clock.monotonic() >= end {
                break false;
            }
            self.clock.sleep(LOOK).await;
        };
        self.check("the daemon deals with it and comes to rest", rested);
    }

    /// Tells all that is new.
    pub(super) fn look(&mut self) -> Result<(), StoreError> {
        self.watch.look(&self.peers, &self.office, &mut self.diary)
    }

    fn is_quiet(&self) -> Result<bool, StoreError> {
        let figures = self.office.store.read(|txn| txn.figures())?;
        let open = |state: &str| matches!(state, "due" | "sending");
        Ok(self.is_taken_in()? && !figures.outbox.iter().any(|lane| open(&lane.state)))
    }

    /// Every mail that arrived is settled and told, every comment judged.
    fn is_taken_in(&self) -> Result<bool, StoreError> {
        Ok(self.awaited.iter().all(|sha256| self.watch.settled(*sha256).is_some()) && self.is_heard()?)
    }

    /// Every comment that people wrote is judged.
    pub(super) fn is_heard(&self) -> Result<bool, StoreError> {
        let heard = self.office.store.read(|txn| txn.heard_counts())?;
        let judged: u64 = heard.iter().filter(|(fate, _)| fate != "stored").map(|(_, count)| count).sum();
        Ok(judged >= self.comments)
    }

    /// Whether the daemon still works.
    pub(super) fn goes_on(&self) -> bool {
        self.running.as_ref().is_some_and(|running| !running.task.is_finished())
    }

    /// Waits for a poll that began after this instant.
    pub(super) async fn polled_after(&mut self, at: Timestamp) -> bool {
        let end = self.clock.monotonic() + LIMIT;
        while self.clock.monotonic() < end {
            let polled =
                self.office.store.read(|txn| txn.figures()).ok().and_then(|figures| figures.last_poll);
            if polled.is_some_and(|polled| polled > at) {
                return true;
            }
            self.clock.sleep(LOOK).await;
        }
        false
    }

    /// Stops the daemon as a service manager does; whether it ended well and in time.
    pub(super) async fn stop(&mut self) -> bool {
        let Some(running) = self.running.take() else { return false };
        running.stop.cancel();
        matches!(tokio::time::timeout(LIMIT, running.task).await, Ok(Ok(Ok(()))))
    }

    /// Starts a daemon on the same state directory.
    pub(super) async fn start_again(&mut self) -> Result<(), Trouble> {
        let (office, running) = start(&self.peers.path(), &self.clock, &self.log).await?;
        self.office = office;
        self.running = Some(running);
        Ok(())
    }

    /// Where the day is kept.
    pub(super) fn dir(&self) -> PathBuf {
        self.peers.dir.clone()
    }

    /// The stored mail with these bytes.
    pub(super) fn mail(&self, sha256: Sha256) -> Option<MailRow> {
        let id = self.watch.settled(sha256)?;
        self.office.store.read(|txn| txn.mail(id)).ok()
    }

    /// What became of a mail.
    pub(super) fn fate(&self, sha256: Sha256) -> Option<FateWord> {
        self.mail(sha256).map(|row| row.fate)
    }

    /// The case of a mail.
    pub(super) fn case(&self, sha256: Sha256) -> Option<Case> {
        let id = self.mail(sha256)?.case?;
        self.office.store.read(|txn| txn.case(id)).ok()
    }

    /// What happened to a case.
    pub(super) fn events(&self, case: CaseId) -> Vec<Event> {
        let rows = self.office.store.read(|txn| txn.events(case)).unwrap_or_default();
        rows.into_iter().map(|row| row.event).collect()
    }

    /// The mails that this address got.
    pub(super) fn letters_to(&self, address: &str) -> Vec<Letter> {
        let to = |mail: &&Accepted| mail.envelope_to.iter().any(|to| to.eq_ignore_ascii_case(address));
        self.peers.smtpd.mails().iter().filter(to).map(read_sent).collect()
    }

    /// The page of a case and its comments, as GitHub holds them; empty when there is none.
    pub(super) fn page(&self, case: &Case) -> String {
        case.issue.map(|(_, number)| self.peers.hub.as_markdown(number)).unwrap_or_default()
    }
}
