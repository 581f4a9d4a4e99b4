//! The daemon in a process of its own, so that it can really be killed: this test binary, executed by itself.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use sir_intake::clock::SystemClock;
use sir_intake::config::{self, Config};
use sir_intake::daemon::{Daemon, Turn};
use sir_intake::outside::{Died, NoNames, NoPoints, Outside, Point, Points, SystemChance};
use tokio_util::sync::CancellationToken;

/// What the child is told.
const CONFIG: &str = "SIR_CHILD_CONFIG";
const KILL: &str = "SIR_CHILD_KILL";
const WAY: &str = "SIR_CHILD_WAY";

/// How the child works.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// `once` until nothing is left to do.
    Once,
    /// `run`, until it is killed.
    Run,
}

/// A command that executes this binary as the daemon on that configuration.
fn command(config: &Path, way: Way) -> Command {
    prepare(Command::new(std::env::current_exe().unwrap()), config, way)
}

/// The same, in which no file can become larger than that.
pub fn with_file_limit(config: &Path, kib: u32) -> Command {
    let mut shell = Command::new("sh");
    // In units of 512 bytes (POSIX); the signal is ignored so that the write fails instead.
    let script = format!("trap '' XFSZ; ulimit -f {}; exec \"$0\" \"$@\"", kib * 2);
    shell.arg("-c").arg(script).arg(std::env::current_exe().unwrap());
    prepare(shell, config, Way::Once)
}

fn prepare(mut command: Command, config: &Path, way: Way) -> Command {
    command.args(["--ignored", "--exact", "child::daemon", "--nocapture", "--test-threads=1"]);
    command.env(CONFIG, config).env(WAY, if way == Way::Run { "run" } else { "once" });
    command.stdin(Stdio::null()).stdout(Stdio::null());
    let log = config.with_file_name("child.log");
    command.stderr(std::fs::OpenOptions::new().create(true).append(true).open(log).unwrap());
    command
}

/// Starts it; it kills itself at the n-th time that it comes to that point.
pub fn spawn(config: &Path, way: Way, kill: Option<(&str, usize)>) -> Child {
    let mut command = command(config, way);
    if let Some((point, nth)) = kill {
        command.env(KILL, format!("{point} {nth}"));
    }
    command.spawn().unwrap()
}

/// Every point that children passed so far.
pub fn points_seen(config: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(seen_file(config)).unwrap_or_default();
    let mut points: Vec<String> = text.lines().map(str::to_owned).collect();
    points.sort();
    points.dedup();
    points
}

fn seen_file(config: &Path) -> PathBuf {
    config.with_file_name("points-seen")
}

/// Sends `SIGKILL` to its own process: no destructor runs, no buffer is flushed.
struct Killer {
    at: Option<(String, usize)>,
    passed: Mutex<BTreeMap<String, usize>>,
    seen: PathBuf,
}

impl Points for Killer {
    fn reached(&self, point: Point) -> Result<(), Died> {
        let name = format!("{point:?}");
        let mut passed = self.passed.lock().unwrap();
        let times = passed.entry(name.clone()).or_default();
        *times += 1;
        if *times == 1 {
            let mut file = std::fs::OpenOptions::new().create(true).append(true).open(&self.seen).unwrap();
            file.write_all(format!("{name}\n").as_bytes()).unwrap();
        }
        if self.at.as_ref().is_some_and(|(at, nth)| *at == name && nth == times) {
            let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
            loop {
                std::thread::park();
            }
        }
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "the daemon of other tests, in a process of its own"]
async fn daemon() {
    let Some(config) = std::env::var_os(CONFIG) else { return };
    let config = PathBuf::from(config);
    let _ = rustls::crypto::ring::default_provider().install_default();
    let kill = std::env::var(KILL).ok();
    let at = kill
        .as_deref()
        .and_then(|kill| kill.rsplit_once(' '))
        .map(|(at, nth)| (at.to_owned(), nth.parse().unwrap()));
    let points = Killer { at, passed: Mutex::default(), seen: seen_file(&config) };
    let outside = Outside { points: Arc::new(points), ..outside() };
    let daemon = Daemon::start(load(&config), outside).await.unwrap();
    if std::env::var(WAY).as_deref() == Ok("run") {
        daemon.run(CancellationToken::new()).await.unwrap();
        return;
    }
    loop {
        let (turn, fault) = daemon.once().await.unwrap();
        if let Some(fault) = fault {
            eprintln!("poll: {fault}");
        }
        if turn == Turn::default() {
            return note_peak(&config);
        }
    }
}

/// The daemon's configuration from a file, with the secrets beside it.
pub fn load(path: &Path) -> Config {
    config::load_with(path, path.parent()).unwrap_or_else(|mistakes| {
        panic!("{}", mistakes.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    })
}

/// As in production.
pub fn outside() -> Outside {
    Outside {
        clock: Arc::new(SystemClock::new()),
        chance: Arc::new(SystemChance::default()),
        points: Arc::new(NoPoints),
        names: Arc::new(NoNames),
    }
}

/// Waits for the child to end, by itself or not.
pub async fn end(child: &mut Child) -> ExitStatus {
    let until = Instant::now() + Duration::from_secs(120);
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        assert!(Instant::now() < until, "the daemon hangs");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// The most memory that the last child ever had resident, MiB.
pub fn peak(config: &Path) -> u64 {
    std::fs::read_to_string(config.with_file_name("peak")).unwrap().parse().unwrap()
}

fn note_peak(config: &Path) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let kib: u64 = line.trim().trim_end_matches(" kB").parse().unwrap();
    std::fs::write(config.with_file_name("peak"), (kib / 1024).to_string()).unwrap();
}
