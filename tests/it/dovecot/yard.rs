//! The world of these tests: the stand-ins for SMTP, GitHub and Discord, and a real mail server in place of ours.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use sir_intake::case::Case;
use sir_intake::clock::SystemClock;
use sir_intake::config::Config;
use sir_intake::daemon::{Daemon, Turn};
use sir_intake::practice::loopback::{ACCOUNT, Loopback, ROSTER, Settings};
use sir_intake::practice::web::Recorder;
use sir_intake::store::{FateWord, MailRow};
use tempfile::TempDir;

use super::server::{self, Dovecot};
use crate::child::{load, outside};

pub struct Yard {
    pub dovecot: Dovecot,
    pub peers: Loopback,
    daemon: Option<Daemon>,
    _dir: TempDir,
}

/// Limits that a crowd of reports within a minute does not meet.
pub const CROWD: &str = "\n[waiting]\ncases_per_hour = 100000\n\n[receipts]\nper_sender_day = 1000\n\
    per_domain_hour = 100000\nper_hour = 100000\n";

/// A yard with these words in `[mailbox]`; none where there is no Dovecot.
pub async fn yard(mailbox: &str) -> Option<Yard> {
    let program = match server::program() {
        Ok(program) => program,
        Err(why) => {
            assert!(!server::required(), "SIR_REQUIRE_DOVECOT: {why}");
            return None;
        }
    };
    Some(Yard::new(&program, mailbox).await)
}

impl Yard {
    async fn new(program: &Path, mailbox: &str) -> Self {
        // Another test of this process may have installed it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let dir = tempfile::tempdir().unwrap();
        let settings = Settings {
            mailbox: format!("first_start = \"all\"\nbackoff_cap_s = 1\n{mailbox}"),
            rest: format!("{ROSTER}{CROWD}"),
            ..Settings::default()
        };
        let clock = Arc::new(SystemClock::new());
        let peers = Loopback::start(dir.path(), clock, Recorder::none(), &settings).await.unwrap();
        let dovecot = Dovecot::start(program, ACCOUNT);
        let yard = Self { dovecot, peers, daemon: None, _dir: dir };
        yard.move_in();
        yard
    }

    /// Points the configuration at Dovecot.
    fn move_in(&self) {
        let text = std::fs::read_to_string(self.peers.path()).unwrap();
        let ours = format!("port = {}", self.peers.imapd.port());
        let text = text.replacen(&ours, &format!("port = {}", self.dovecot.imaps), 1);
        std::fs::write(self.peers.path(), text).unwrap();
        let ca = self.peers.dir.join("ca.pem");
        let both = format!("{}{}", std::fs::read_to_string(&ca).unwrap(), self.dovecot.ca_pem);
        std::fs::write(ca, both).unwrap();
    }

    pub fn config(&self) -> Config {
        load(&self.peers.path())
    }

    pub fn state_dir(&self) -> PathBuf {
        self.peers.dir.join("state")
    }

    pub async fn start(&mut self) -> &Daemon {
        if self.daemon.is_none() {
            self.daemon = Some(Daemon::start(self.config(), outside()).await.unwrap());
        }
        self.daemon.as_ref().unwrap()
    }

    /// The daemon, to be given away.
    pub async fn take_daemon(&mut self) -> Daemon {
        self.start().await;
        self.daemon.take().unwrap()
    }

    pub fn stop(&mut self) {
        self.daemon = None;
    }

    /// One poll after the other until there is nothing to do.
    pub async fn settle(&mut self) -> Turn {
        let mut all = Turn::default();
        for _ in 0..50 {
            let (turn, fault) = self.start().await.once().await.unwrap();
            assert!(fault.is_none(), "{}", fault.unwrap());
            if turn == Turn::default() {
                return all;
            }
            all.stored += turn.stored;
            all.settled += turn.settled;
            all.performed += turn.performed;
        }
        panic!("the daemon does not come to rest");
    }

    pub fn daemon(&self) -> &Daemon {
        self.daemon.as_ref().expect("settle first")
    }

    pub fn cases(&self) -> Vec<Case> {
        self.daemon().office.store.read(|txn| txn.cases()).unwrap()
    }

    pub fn mails(&self, fate: FateWord) -> Vec<MailRow> {
        self.daemon().office.store.read(|txn| txn.mails_with(fate, 1_000)).unwrap()
    }

    pub fn letters_to(&self, address: &str) -> usize {
        let to = |to: &String| to.eq_ignore_ascii_case(address);
        self.peers.smtpd.mails().iter().filter(|mail| mail.envelope_to.iter().any(to)).count()
    }

    /// Waits until `done` holds; how long that took.
    pub async fn wait(&self, limit: Duration, what: &str, done: impl Fn(&Self) -> bool) -> Duration {
        let start = Instant::now();
        while !done(self) {
            assert!(start.elapsed() < limit, "not within {limit:?}: {what}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        start.elapsed()
    }

    /// Every mail has its fate, nothing is unfinished, and no stand-in saw anything forbidden.
    pub fn nothing_is_left_over(&self) {
        assert_eq!(self.peers.hub.violations(), Vec::<String>::new());
        assert_eq!(self.peers.discord.violations(), Vec::<String>::new());
        let figures = self.daemon().office.store.read(|txn| txn.figures()).unwrap();
        assert_eq!(figures.missing, 0, "shown and not held");
        assert!(!figures.mails.iter().any(|(fate, _)| fate == "stored"), "unread: {figures:?}");
        let open: Vec<_> =
            figures.outbox.iter().filter(|lane| matches!(lane.state.as_str(), "due" | "sending")).collect();
        assert!(open.is_empty(), "unfinished: {open:?}");
    }
}

/// A mail as most reporters send one, different in every word that counts.
pub fn report(number: usize, size: usize) -> String {
    let mut text = crate::world::report(
        &format!("rena{number}@reporter{number}.example"),
        &format!("Heap overflow number {number} in the Multiplayer gem"),
        &format!("report-{number}@reporter.example"),
        &format!(
            "Hello,\n\nI found heap overflow {number} in the Multiplayer gem of O3DE 25.05.1.\n\nSteps to \
             reproduce:\n1. Start a server.\n2. Send packet {number}.\n3. The server crashes.\n\nRena {number}\n"
        ),
    );
    let mut line = 0;
    while text.len() < size {
        line += 1;
        text.push_str(&format!("#{line} 0x7f{line:06x} in NetworkEntity::Frame{line} packet {number}\n"));
    }
    text
}
