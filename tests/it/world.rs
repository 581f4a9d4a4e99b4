//! The world that stories play in: loopback peers, a clock that moves when told, and a daemon that can die at any point
//! and be started again. Its faults are the switches of the stand-ins.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use sir_intake::case::order::Order;
use sir_intake::case::{Case, CaseId, ClockKind, Lane};
use sir_intake::clock::{Clock, ManualClock};
use sir_intake::config;
use sir_intake::daemon::{Daemon, Fault, StartFault, Turn};
use sir_intake::outside::{Chance, Died, Names, NoChance, Outside, Point, Points};
use sir_intake::practice::hub::Issue;
use sir_intake::practice::loopback::{Loopback, Settings};
use sir_intake::practice::web::Recorder;
use sir_intake::practice::zone::Zone;
use sir_intake::store::{EffectRow, EffectState, FateWord, LockError, MailRow};
use tempfile::TempDir;

/// Monday, a working day like any other.
pub const MONDAY: &str = "2026-11-23T09:00:00Z";

/// Bytes that look random and are the same in every run.
#[derive(Default)]
pub struct Seeded(AtomicUsize);

impl Chance for Seeded {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoChance> {
        let seed = self.0.fetch_add(1, Ordering::SeqCst);
        let digest = ring::digest::digest(&ring::digest::SHA256, format!("seed {seed}").as_bytes());
        for (at, byte) in bytes.iter_mut().enumerate() {
            *byte = digest.as_ref()[at % 32];
        }
        Ok(())
    }
}

/// Counts the points a story passes, and kills the process at one of them: from then on nothing goes any more.
#[derive(Default)]
pub struct Reaper {
    passed: AtomicUsize,
    dies_at: AtomicUsize,
    dies_after: Mutex<Vec<Point>>,
    dead: std::sync::atomic::AtomicBool,
}

impl Points for Reaper {
    fn reached(&self, point: Point) -> Result<(), Died> {
        if self.dead.load(Ordering::SeqCst) {
            return Err(Died);
        }
        let mut wanted = self.dies_after.lock().unwrap();
        let here = wanted.iter().position(|wanted| *wanted == point).map(|at| wanted.remove(at)).is_some();
        drop(wanted);
        if self.passed.fetch_add(1, Ordering::SeqCst) + 1 == self.dies_at.load(Ordering::SeqCst) || here {
            self.dead.store(true, Ordering::SeqCst);
            return Err(Died);
        }
        Ok(())
    }
}

impl Reaper {
    pub fn passed(&self) -> usize {
        self.passed.load(Ordering::SeqCst)
    }
}

pub struct World {
    pub clock: ManualClock,
    pub peers: Loopback,
    pub reaper: Arc<Reaper>,
    pub deaths: usize,
    /// After its next restart the process dies again, at that point.
    pub dies_again: Option<usize>,
    /// What polls said that did not go well.
    pub troubles: Vec<String>,
    /// The name server: keys of DKIM signatures.
    pub zone: Arc<Zone>,
    chance: Arc<Seeded>,
    daemon: Option<Daemon>,
    _dir: TempDir,
}

impl World {
    pub async fn new() -> Self {
        Self::with(Settings::default()).await
    }

    pub async fn with(settings: Settings) -> Self {
        // Another test of this process may have installed it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        // Memory, where there is such a place: the disk's own pace is not what stories are about.
        let memory = std::path::Path::new("/dev/shm");
        let dir = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap();
        let clock = ManualClock::new(MONDAY.parse().unwrap());
        let peers =
            Loopback::start(dir.path(), Arc::new(clock.clone()), recorder(), &settings).await.unwrap();
        let reaper = Arc::new(Reaper::default());
        Self {
            clock,
            peers,
            reaper,
            deaths: 0,
            dies_again: None,
            troubles: Vec::new(),
            zone: Arc::default(),
            chance: Arc::default(),
            daemon: None,
            _dir: dir,
        }
    }

    /// The process dies at the n-th point from now on.
    pub fn dies_at(&self, n: usize) {
        self.reaper.dies_at.store(self.reaper.passed() + n, Ordering::SeqCst);
    }

    /// The process dies when it passes this point the next time.
    pub fn dies_when(&self, point: Point) {
        self.dies_often(point, 1);
    }

    /// The process dies at this point, and after its restart again, so many times.
    pub fn dies_often(&self, point: Point, times: usize) {
        self.reaper.dies_after.lock().unwrap().extend(std::iter::repeat_n(point, times));
    }

    pub fn outside(&self) -> Outside {
        Outside {
            clock: Arc::new(self.clock.clone()),
            chance: Arc::clone(&self.chance) as Arc<dyn Chance>,
            points: Arc::clone(&self.reaper) as Arc<dyn Points>,
            names: Arc::clone(&self.zone) as Arc<dyn Names>,
        }
    }

    /// Somebody edits the configuration file; it counts from the next start.
    pub fn change_config(&self, from: &str, to: &str) {
        let text = std::fs::read_to_string(self.peers.path()).unwrap();
        assert!(text.contains(from), "the configuration has no `{from}`");
        std::fs::write(self.peers.path(), text.replacen(from, to, 1)).unwrap();
    }

    pub fn config(&self) -> config::Config {
        config::load_with(&self.peers.path(), Some(&self.peers.dir)).unwrap_or_else(|mistakes| {
            panic!("{}", mistakes.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
        })
    }

    /// A process that another test forks holds our lock until it becomes another program: a moment's patience.
    async fn rise_again(&self) -> Result<Daemon, StartFault> {
        for _ in 0..100 {
            match Daemon::start(self.config(), self.outside()).await {
                Err(StartFault::Lock(LockError::Held(_))) if self.deaths > 0 => {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                other => return other,
            }
        }
        Daemon::start(self.config(), self.outside()).await
    }

    pub async fn start(&mut self) -> Result<&Daemon, StartFault> {
        if self.daemon.is_none() {
            self.daemon = Some(self.rise_again().await?);
        }
        Ok(self.daemon.as_ref().unwrap())
    }

    /// The process ends, in whatever state it is.
    pub fn kill(&mut self) {
        self.daemon = None;
    }

    /// As [`Self::settle`], and then on from due time to due time until no effect waits any more, `hours` at most.
    pub async fn settle_within(&mut self, hours: u64) {
        let end = self.clock.now() + SignedDuration::from_hours(hours.cast_signed());
        for _ in 0..500 {
            self.settle().await;
            let now = self.clock.now();
            let next = self.daemon().office.store.read(|txn| {
                let lanes = Lane::ALL.into_iter().map(|lane| txn.next_effect(lane, now));
                Ok(lanes.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().min())
            });
            match next.unwrap() {
                Some(at) if at <= end => self.clock.advance_to(at),
                Some(_) | None => return,
            }
        }
        panic!("effects come again and again");
    }

    /// An operator leaves an order, again if the process dies over it; what the daemon answers.
    pub async fn order(&mut self, order: Order) -> String {
        loop {
            let (now, order) = (self.clock.now(), order.clone());
            let left = match self.start().await {
                Ok(daemon) => {
                    let store = daemon.office.store.clone();
                    store
                        .write("order", move |txn| txn.leave_order(&order, now))
                        .await
                        .map_err(|e| e.to_string())
                }
                Err(fault) => Err(fault.to_string()),
            };
            match left {
                Ok(id) => {
                    self.settle().await;
                    let store = &self.daemon().office.store;
                    return store.read(|txn| txn.order_answer(id)).unwrap().expect("the order was taken");
                }
                Err(fault) => {
                    self.must_be_death(&fault);
                    self.rise();
                }
            }
        }
    }

    /// One poll and all that follows, started again after each death, until nothing is left to do.
    pub async fn settle(&mut self) -> Turn {
        let mut all = Turn::default();
        for _ in 0..50 {
            match self.turn().await {
                Ok(turn) => {
                    all.stored += turn.stored;
                    all.settled += turn.settled;
                    all.performed += turn.performed;
                    if turn == Turn::default() {
                        return all;
                    }
                }
                Err(()) => self.rise(),
            }
        }
        panic!("the daemon does not come to rest");
    }

    async fn turn(&mut self) -> Result<Turn, ()> {
        let started = self.start().await;
        let daemon = match started {
            Ok(daemon) => daemon,
            Err(fault) => {
                let text = fault.to_string();
                self.must_be_death(&text);
                return Err(());
            }
        };
        match daemon.once().await {
            Ok((turn, trouble)) => {
                self.troubles.extend(trouble.map(|trouble| format!("{trouble} {trouble:?}")));
                Ok(turn)
            }
            Err(fault @ (Fault::Store(_) | Fault::Died(_) | Fault::Stopped)) => {
                let text = fault.to_string();
                self.must_be_death(&text);
                Err(())
            }
        }
    }

    fn must_be_death(&self, text: &str) {
        assert!(self.reaper.dead.load(Ordering::SeqCst), "not a death that the test ordered: {text}");
    }

    /// A new process on the same state directory.
    fn rise(&mut self) {
        self.kill();
        self.deaths += 1;
        let again = self.dies_again.take().map_or(0, |n| self.reaper.passed() + n);
        self.reaper.dies_at.store(again, Ordering::SeqCst);
        self.reaper.dead.store(false, Ordering::SeqCst);
    }

    /// A file that only the daemon may read.
    pub fn secret(&self, name: &str, text: &str) {
        use std::os::unix::fs::PermissionsExt;
        let path = self.peers.dir.join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
    }

    pub fn deliver(&self, mail: &str) -> u32 {
        self.deliver_raw("INBOX", mail.replace('\n', "\r\n").into_bytes())
    }

    pub fn deliver_raw(&self, folder: &str, raw: Vec<u8>) -> u32 {
        self.peers.imapd.deliver(folder, raw, self.clock.now())
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub fn pass(&self, hours: u64) {
        self.clock.advance(Duration::from_secs(hours * 3_600));
    }

    pub fn at(&self, instant: &str) {
        self.clock.set(instant.parse::<Timestamp>().unwrap());
    }

    pub fn daemon(&self) -> &Daemon {
        self.daemon.as_ref().expect("settle first")
    }

    pub fn case(&self, number: u32) -> Case {
        self.daemon().office.store.read(|txn| txn.case(CaseId { year: 2026, number })).unwrap()
    }

    pub fn cases(&self) -> Vec<Case> {
        self.daemon().office.store.read(|txn| txn.cases()).unwrap()
    }

    pub fn mails(&self, fate: FateWord) -> Vec<MailRow> {
        self.daemon().office.store.read(|txn| txn.mails_with(fate, 1_000)).unwrap()
    }

    /// Every mail that was sent to that address, as text.
    pub fn sent_to(&self, address: &str) -> Vec<String> {
        let mails = self.peers.smtpd.mails();
        let to = |to: &String| to.eq_ignore_ascii_case(address);
        mails
            .iter()
            .filter(|mail| mail.envelope_to.iter().any(to))
            .map(|mail| String::from_utf8(mail.data.clone()).unwrap().replace("\r\n", "\n"))
            .collect()
    }

    pub fn issue(&self, number: u64) -> Issue {
        self.peers.hub.issue(number).unwrap_or_else(|| panic!("no issue {number}"))
    }

    /// The bodies of the comments on an issue.
    pub fn comments(&self, number: u64) -> Vec<String> {
        self.peers.hub.comments(number).into_iter().map(|comment| comment.body).collect()
    }

    pub fn effects_in(&self, state: EffectState) -> Vec<EffectRow> {
        self.daemon().office.store.read(|txn| txn.effects_in(state, 1_000)).unwrap()
    }

    /// What is owed on any case and late, as `status` says it.
    pub fn late(&self) -> Vec<ClockKind> {
        let clocks = self.daemon().office.store.read(|txn| txn.clocks(self.now())).unwrap();
        clocks.into_iter().filter(|(_, _, broken)| *broken > 0).map(|(kind, ..)| kind).collect()
    }

    /// The words of the alarms that are raised.
    pub fn alarms(&self) -> Vec<String> {
        let alarms = self.daemon().office.store.read(|txn| txn.alarms()).unwrap();
        alarms.into_iter().map(|(word, _)| word).collect()
    }

    /// Everything that people can see of us: mails sent, issues, comments, posts.
    pub fn seen_outside(&self) -> (usize, usize, usize, usize) {
        let issues = self.peers.hub.issues();
        let comments = issues.iter().map(|issue| issue.comments.len()).sum();
        (self.peers.smtpd.count(), issues.len(), comments, self.peers.discord.messages().len())
    }

    /// Every UID of the folder, as it stands on the server now, is held.
    fn is_held(&self, folder: &str) {
        let validity = self.peers.imapd.uidvalidity(folder);
        let store = &self.daemon().office.store;
        let held = store.read(|txn| txn.held_uids(folder, validity)).unwrap();
        for (uid, _) in self.peers.imapd.held(folder) {
            assert!(held.contains(&uid), "UID {uid} of {folder} is not held");
        }
    }

    /// "Nothing is left over": every mail shown is held, every mail has its fate, no effect is unfinished, no stand-in saw
    /// anything forbidden, and every cached case is the fold of its events.
    pub fn nothing_is_left_over(&self) {
        assert_eq!(self.peers.imapd.forbidden_seen(), Vec::<String>::new());
        assert_eq!(self.peers.hub.violations(), Vec::<String>::new());
        assert_eq!(self.peers.discord.violations(), Vec::<String>::new());
        let store = &self.daemon().office.store;
        let figures = store.read(|txn| txn.figures()).unwrap();
        assert_eq!(figures.missing, 0, "shown and not held");
        self.is_held("INBOX");
        self.is_held("Junk");
        assert!(!figures.mails.iter().any(|(fate, _)| fate == "stored"), "unread: {figures:?}");
        let heard = store.read(|txn| txn.heard_counts()).unwrap();
        assert!(!heard.iter().any(|(fate, _)| fate == "stored"), "heard and not judged: {heard:?}");
        for issue in self.peers.hub.issues() {
            let answers =
                issue.comments.iter().filter(|c| c.body.contains("**Answers to commands on this issue**"));
            let ours =
                answers.filter(|c| c.author.as_deref() == Some(sir_intake::practice::loopback::TOKEN.2));
            assert!(ours.count() <= 1, "two comments with answers on issue {}", issue.number);
        }
        let open: Vec<_> =
            figures.outbox.iter().filter(|lane| matches!(lane.state.as_str(), "due" | "sending")).collect();
        assert!(open.is_empty(), "unfinished: {open:?}");
        for case in self.cases() {
            let rows = store.read(|txn| txn.events(case.id)).unwrap();
            let replayed = Case::replay(case.id, rows.iter().map(|row| &row.event));
            assert_eq!(replayed.as_ref(), Some(&case), "the cache is not the fold");
        }
    }
}

/// In CI every exchange is kept, to be validated against GitHub's and Discord's own descriptions.
pub fn recorder() -> Recorder {
    match std::env::var_os("SIR_EXCHANGES") {
        Some(dir) => {
            static COUNT: AtomicUsize = AtomicUsize::new(0);
            let number = COUNT.fetch_add(1, Ordering::SeqCst);
            let name = format!("{}-{number}.jsonl", std::process::id());
            Recorder::to_file(&std::path::Path::new(&dir).join(name)).unwrap()
        }
        None => Recorder::none(),
    }
}

/// A mail as most reporters send one.
pub fn report(from: &str, subject: &str, id: &str, text: &str) -> String {
    format!(
        "Return-Path: <{from}>\n\
         Received: from mx.reporter.example by mx.o3de.example; Mon, 23 Nov 2026 08:59:58 +0000\n\
         Authentication-Results: mx.o3de.example; dmarc=pass header.from={domain}; dkim=pass header.d={domain}\n\
         From: {from}\nTo: security@lists.o3de.example\nSubject: {subject}\n\
         Date: Mon, 23 Nov 2026 08:59:50 +0000\nMessage-ID: <{id}>\nMIME-Version: 1.0\n\
         Content-Type: text/plain; charset=utf-8\n\n{text}\n",
        domain = from.split('@').nth(1).unwrap().trim_end_matches('>'),
    )
}
