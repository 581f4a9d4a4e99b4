//! What both benches stand on: the daemon in a process of its own (the bench, executed by itself), the stand-ins in this
//! one, and a look at the daemon's memory from outside.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use sir_intake::clock::SystemClock;
use sir_intake::config;
use sir_intake::daemon::Daemon;
use sir_intake::outside::{Died, NoNames, NoPoints, Outside, Point, Points, SystemChance};
use sir_intake::practice::loopback::{Loopback, Settings};
use sir_intake::practice::web::Recorder;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

const CONFIG: &str = "SIR_BENCH_CONFIG";

const ROSTER: &str = r#"[team]
policy_url = "https://o3de.example/security"

[[team.member]]
name = "alice"
addresses = ["alice@members.example"]
dkim_domains = ["members.example"]
roles = ["member"]

[[team.member]]
name = "bob"
addresses = ["bob@members.example"]
dkim_domains = ["members.example"]
roles = ["member"]

[waiting]
cases_per_hour = 100000

[receipts]
per_sender_day = 100000
per_domain_hour = 100000
per_hour = 100000
"#;

/// The stand-ins, and a daemon beside them.
pub struct Ground {
    pub peers: Loopback,
    /// When each receipt was accepted: recipient, instant.
    pub receipts: Arc<Mutex<Vec<(String, Instant)>>>,
    child: Option<Child>,
    _dir: TempDir,
}

impl Ground {
    pub async fn new() -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let dir = tempfile::tempdir_in(std::env::var_os("SIR_BENCH_DIR").unwrap_or("/tmp".into())).unwrap();
        let settings = Settings {
            mailbox: "first_start = \"all\"\npoll = \"0 0 1 1 *\"".to_owned(),
            rest: ROSTER.to_owned(),
            ..Settings::default()
        };
        let clock = Arc::new(SystemClock::new());
        let peers = Loopback::start(dir.path(), clock, Recorder::none(), &settings).await.unwrap();
        let receipts: Arc<Mutex<Vec<(String, Instant)>>> = Arc::default();
        let kept = Arc::clone(&receipts);
        peers.smtpd.on_accepted(move |mail| {
            let to = mail.envelope_to.first().cloned().unwrap_or_default();
            kept.lock().unwrap().push((to, Instant::now()));
        });
        Self { peers, receipts, child: None, _dir: dir }
    }

    /// Another IMAP server in place of ours.
    pub fn use_imap(&self, port: u16, ca_pem: &str) {
        let path = self.peers.path();
        let ours = format!("port = {}", self.peers.imapd.port());
        let text = std::fs::read_to_string(&path).unwrap().replacen(&ours, &format!("port = {port}"), 1);
        std::fs::write(path, text).unwrap();
        let ca = self.peers.dir.join("ca.pem");
        let both = format!("{}{ca_pem}", std::fs::read_to_string(&ca).unwrap());
        std::fs::write(ca, both).unwrap();
    }

    pub fn config(&self) -> config::Config {
        load(&self.peers.path())
    }

    /// Starts the daemon.
    pub fn spawn(&mut self) {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.env(CONFIG, self.peers.path()).stdin(Stdio::null()).stdout(Stdio::null());
        self.child = Some(command.spawn().unwrap());
    }

    /// Ends the daemon.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// A line of the daemon's `/proc/PID/status`, MiB.
    pub fn memory(&self, key: &str) -> f64 {
        let pid = self.child.as_ref().unwrap().id();
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(key)).unwrap();
        let kib: f64 = line.trim_start_matches(':').trim().trim_end_matches(" kB").parse().unwrap();
        kib / 1024.0
    }

    /// Seconds of processor time that the daemon took so far.
    pub fn processor(&self) -> f64 {
        let pid = self.child.as_ref().unwrap().id();
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
        let fields: Vec<&str> = stat.rsplit_once(") ").unwrap().1.split(' ').collect();
        (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) / 100.0
    }

    /// How many durable commits the daemon made.
    pub fn commits(&self) -> u64 {
        let text = std::fs::read_to_string(commits_file(&self.peers.path())).unwrap_or_default();
        text.trim().parse().unwrap_or(0)
    }

    /// Waits until so many reports are wholly dealt with: a receipt, two notices, a post and an issue each.
    pub async fn all_done(&self, reports: usize) {
        let limit = Instant::now() + Duration::from_secs(300);
        let until = |what: &'static str, done: bool| {
            assert!(Instant::now() < limit, "waited too long for {what}");
            !done
        };
        while until("letters", self.receipts.lock().unwrap().len() >= reports * 3) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        while until("posts", self.peers.discord.messages().len() >= reports) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(self.peers.hub.issues().len(), reports);
    }

    /// When the receipt of that reporter was accepted.
    pub async fn receipt_at(&self, to: &str) -> Instant {
        loop {
            let found =
                self.receipts.lock().unwrap().iter().rev().find(|(who, _)| who == to).map(|(_, at)| *at);
            match found {
                Some(at) => return at,
                None => tokio::time::sleep(Duration::from_millis(1)).await,
            }
        }
    }
}

impl Drop for Ground {
    fn drop(&mut self) {
        self.kill();
    }
}

pub fn load(path: &Path) -> config::Config {
    config::load_with(path, path.parent()).unwrap_or_else(|mistakes| panic!("{}", mistakes[0]))
}

pub fn outside() -> Outside {
    Outside {
        clock: Arc::new(SystemClock::new()),
        chance: Arc::new(SystemChance::default()),
        points: Arc::new(NoPoints),
        names: Arc::new(NoNames),
    }
}

fn commits_file(config: &Path) -> PathBuf {
    config.with_file_name("commits")
}

/// Counts durable commits.
#[derive(Default)]
struct Commits(AtomicU64);

impl Points for Commits {
    fn reached(&self, point: Point) -> Result<(), Died> {
        if matches!(point, Point::AfterCommit(_)) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }
}

/// Becomes the daemon, where this process was started as one.
pub async fn be_the_daemon_if_asked() {
    let Some(config) = std::env::var_os(CONFIG).map(PathBuf::from) else { return };
    let _ = rustls::crypto::ring::default_provider().install_default();
    let commits = Arc::new(Commits::default());
    let (counted, file) = (Arc::clone(&commits), commits_file(&config));
    std::thread::spawn(move || {
        loop {
            std::thread::sleep(Duration::from_millis(500));
            let _ = std::fs::write(&file, counted.0.load(Ordering::Relaxed).to_string());
        }
    });
    let outside = Outside { points: commits, ..outside() };
    let daemon = Daemon::start(load(&config), outside).await.unwrap();
    daemon.run(CancellationToken::new()).await.unwrap();
    std::process::exit(0);
}

/// A report of about that size, different from all others.
pub fn report(number: usize, size: usize) -> String {
    let mut text = format!(
        "Return-Path: <rena{number}@reporter{number}.example>\n\
         Received: from mx.reporter.example by mx.o3de.example; Mon, 23 Nov 2026 08:59:58 +0000\n\
         Authentication-Results: mx.o3de.example; dmarc=pass header.from=reporter{number}.example\n\
         From: Rena <rena{number}@reporter{number}.example>\nTo: security@lists.o3de.example\n\
         Subject: Heap overflow {number} in the Multiplayer gem\nDate: Mon, 23 Nov 2026 08:59:50 +0000\n\
         Message-ID: <report-{number}@reporter.example>\nMIME-Version: 1.0\n\
         Content-Type: text/plain; charset=utf-8\n\n\
         Hello,\n\nI found heap overflow {number} in the Multiplayer gem of O3DE 25.05.1 on Windows 11.\n\n\
         Steps to reproduce:\n1. Start a server.\n2. Send packet {number}.\n3. The server crashes.\n\n\
         A remote attacker without an account can run code on the server.\n\nRena\n\n"
    );
    let mut line = 0;
    while text.len() < size {
        line += 1;
        text.push_str(&format!("#{line} 0x7f{line:06x} in NetworkEntity::Frame{line} () packet {number}\n"));
    }
    text
}

pub fn median(times: &mut [Duration]) -> Duration {
    times.sort();
    times[times.len() / 2]
}

pub fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}
