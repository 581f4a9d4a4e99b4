//! What can be seen from outside: log lines, the service manager's notices, numbers.
//!
//! **Invariant:** no word of a mail, no address and no secret is in any of them. Our own lines hold ids, counts and words of
//! our own lists. The crates under us print whole commands and mails at debug and trace (async-imap its LOGIN with the
//! password), so nothing but our own crate is ever heard below info, whatever level is asked for.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::fs;
use std::io::{self, IsTerminal, Write as _};
use std::path::Path;
use std::time::Duration;

use sd_notify::NotifyState;
use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::filter::{EnvFilter, filter_fn};
use tracing_subscriber::fmt::format::{FormatEvent, FormatFields, Writer};
use tracing_subscriber::fmt::{FmtContext, MakeWriter};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::{LogFormat, LogLevel};

/// The target of our own log lines, and what it begins with.
const OURS: &str = "sir_intake";

/// Whether a line may be heard at all: ours at any level, those of other crates from info up.
fn may_be_heard(meta: &Metadata<'_>) -> bool {
    let target = meta.target();
    let ours = target.strip_prefix(OURS).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"));
    ours || *meta.level() <= Level::INFO
}

fn word(level: LogLevel) -> &'static str {
    match level {
        LogLevel::Error => "error",
        LogLevel::Warn => "warn",
        LogLevel::Info => "info",
        LogLevel::Debug => "debug",
        LogLevel::Trace => "trace",
    }
}

/// The subscriber that `init` installs, with the place that lines go to given.
///
/// `directives` are those of `RUST_LOG` (as `config::rust_log` reads them); what cannot be read of them is left out.
pub fn subscriber<W>(
    format: LogFormat,
    level: LogLevel,
    directives: Option<&str>,
    stamped: bool,
    writer: W,
) -> Box<dyn Subscriber + Send + Sync>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let filter = match directives.filter(|text| !text.trim().is_empty()) {
        Some(text) => EnvFilter::builder().parse_lossy(text),
        None => EnvFilter::builder().parse_lossy(word(level)),
    };
    // Both are filters of the whole, not of one layer: a line that one of them refuses is heard nowhere.
    let base = tracing_subscriber::registry().with(filter).with(filter_fn(may_be_heard));
    let layer = tracing_subscriber::fmt::layer().with_writer(writer).with_ansi(false);
    match format {
        LogFormat::Plain => Box::new(base.with(layer.event_format(Plain { stamped }))),
        LogFormat::Json => Box::new(base.with(layer.json().flatten_event(true))),
    }
}

/// Begins to log to standard error: with the time on a terminal, with the priority that journald reads
/// (sd-daemon(3)) elsewhere.
///
/// # Errors
/// When something logs in this process already.
pub fn init(format: LogFormat, level: LogLevel, directives: Option<&str>) -> Result<(), AlreadyLogging> {
    let stamped = io::stderr().is_terminal();
    subscriber(format, level, directives, stamped, io::stderr).try_init().map_err(|_| AlreadyLogging)
}

/// Logging was begun before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("something logs in this process already")]
pub struct AlreadyLogging;

/// One line an event: `<6>target: message field=value`, or with the time in front.
struct Plain {
    stamped: bool,
}

impl<S, N> FormatEvent<S, N> for Plain
where
    S: Subscriber + for<'l> LookupSpan<'l>,
    N: for<'w> FormatFields<'w> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &tracing::Event<'_>,
    ) -> fmt::Result {
        let level = *event.metadata().level();
        if self.stamped {
            use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
            SystemTime.format_time(&mut writer)?;
            write!(writer, " {level:>5} ")?;
        } else {
            // syslog(3): err 3, warning 4, info 6, debug 7.
            let priority = match level {
                Level::ERROR => 3,
                Level::WARN => 4,
                Level::INFO => 6,
                Level::DEBUG | Level::TRACE => 7,
            };
            write!(writer, "<{priority}>")?;
        }
        let mut line = String::new();
        context.field_format().format_fields(Writer::new(&mut line), event)?;
        // One event is one line, also when a field holds a line break.
        let line: String = line.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        writeln!(writer, "{}: {line}", event.metadata().target())
    }
}

/// Tells the service manager that the service is up (`sd_notify(3)`); does nothing where there is none.
pub fn notify_ready(status: &str) {
    tell(&[NotifyState::Ready, NotifyState::Status(&one_line(status))]);
}

/// Tells the service manager in one line how things are.
pub fn notify_status(status: &str) {
    tell(&[NotifyState::Status(&one_line(status))]);
}

/// Tells the service manager that real work went on: called by the loop, never by a timer of its own.
pub fn notify_alive() {
    tell(&[NotifyState::Watchdog]);
}

/// Tells the service manager that the service is about to end.
pub fn notify_stopping() {
    tell(&[NotifyState::Stopping]);
}

/// How often [`notify_alive`] is due at the latest: half of the manager's watchdog time. `None`: it has none.
pub fn watchdog_every() -> Option<Duration> {
    sd_notify::watchdog_enabled().map(|limit| limit / 2)
}

fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!(kind = %error.kind(), "the service manager cannot be told");
    }
}

fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Numbers for node-exporter's textfile collector (the text format of Prometheus).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Gauges {
    families: BTreeMap<&'static str, (&'static str, BTreeMap<String, f64>)>,
}

impl Gauges {
    /// No numbers yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets one number. `name` is in Prometheus' spelling with the unit last (`sir_intake_last_poll_seconds`), `help` one
    /// line; labels come from our own lists, never from a mail.
    pub fn set(&mut self, name: &'static str, help: &'static str, labels: &[(&str, &str)], value: f64) {
        let mut shown = String::new();
        for (key, text) in labels {
            let text = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            let comma = if shown.is_empty() { "" } else { "," };
            shown.push_str(&format!("{comma}{key}=\"{text}\""));
        }
        self.families.entry(name).or_insert_with(|| (help, BTreeMap::new())).1.insert(shown, value);
    }

    /// The text of the file, in a stable order.
    pub fn render(&self) -> String {
        let mut out = String::new();
        for (name, (help, values)) in &self.families {
            // Writing to a String cannot fail.
            let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} gauge");
            for (labels, value) in values {
                let labels = if labels.is_empty() { String::new() } else { format!("{{{labels}}}") };
                let _ = writeln!(out, "{name}{labels} {value}");
            }
        }
        out
    }

    /// Writes the file whole or not at all: beside it first, then renamed over it. Readable by everybody.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        use std::os::unix::fs::OpenOptionsExt;
        let mut beside = path.as_os_str().to_owned();
        // The collector reads `*.prom` only, so that it never sees this one.
        beside.push(".part");
        let beside = Path::new(&beside);
        let mut file =
            fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o644).open(beside)?;
        file.write_all(self.render().as_bytes())?;
        drop(file);
        fs::rename(beside, path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Sink(Arc<Mutex<Vec<u8>>>);
    impl io::Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    impl Sink {
        fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    fn listen(format: LogFormat, directives: Option<&str>) -> (Sink, tracing::subscriber::DefaultGuard) {
        let sink = Sink::default();
        let writer = sink.clone();
        let guard =
            subscriber(format, LogLevel::Trace, directives, false, move || writer.clone()).set_default();
        (sink, guard)
    }

    /// The crates under us print passwords and mails at debug and trace.
    #[test]
    fn no_setting_lets_the_crates_under_us_speak_below_info() {
        let hard = "trace,async_imap=trace,imap_next=trace,imap_codec=trace,lettre=trace,octocrab=trace,hyper=trace,\
                    hyper_util=trace,reqwest=trace,rustls=trace,h2=trace,tower=trace,tower_http=trace";
        for directives in [None, Some("trace"), Some(hard)] {
            let (sink, _guard) = listen(LogFormat::Plain, directives);
            tracing::trace!(target: "async_imap", "CANARY");
            tracing::debug!(target: "async_imap::imap_stream", "CANARY");
            tracing::trace!(target: "imap_next", "CANARY");
            tracing::debug!(target: "imap_codec", "CANARY");
            tracing::debug!(target: "lettre::transport", "CANARY");
            tracing::debug!(target: "octocrab", "CANARY");
            tracing::trace!(target: "hyper", "CANARY");
            tracing::debug!(target: "hyper_util::client", "CANARY");
            tracing::debug!(target: "reqwest::connect", "CANARY");
            tracing::trace!(target: "rustls::client", "CANARY");
            tracing::trace!(target: "h2", "CANARY");
            tracing::debug!(target: "tower::buffer", "CANARY");
            tracing::debug!(target: "tower_http::trace", "CANARY");
            tracing::debug!(target: "sir_intake_not_ours", "CANARY");
            tracing::info!(target: "hyper", "heard");
            tracing::trace!(target: "sir_intake::wire", case = 7, "ours");
            assert_eq!(sink.text(), "<6>hyper: heard\n<7>sir_intake::wire: ours case=7\n");
        }
    }

    /// `async_imap` logs through the `log` crate: its real LOGIN, with a password, at trace.
    #[tokio::test]
    async fn the_login_of_the_mailbox_is_not_logged() {
        let (sink, _guard) = listen(LogFormat::Plain, Some("trace"));
        let (ours, mut theirs) = tokio::io::duplex(4096);
        let server = tokio::spawn(async move {
            use tokio::io::{AsyncReadExt, AsyncWriteExt};
            let mut bytes = [0; 512];
            let count = theirs.read(&mut bytes).await.unwrap();
            theirs.write_all(b"A0001 OK welcome\r\n").await.unwrap();
            String::from_utf8_lossy(&bytes[..count]).into_owned()
        });
        let client = async_imap::Client::new(ours);
        let done = tokio::time::timeout(Duration::from_secs(5), client.login("sir", "CANARY")).await;
        assert!(done.is_ok());
        assert!(server.await.unwrap().contains("CANARY"), "the password did go over the wire");
        assert!(!sink.text().contains("CANARY"), "{}", sink.text());
    }

    #[test]
    fn one_event_is_one_line_in_both_forms() {
        let (sink, guard) = listen(LogFormat::Plain, Some("info"));
        tracing::warn!(target: "sir_intake", why = "a\nb", "two\nlines");
        tracing::debug!(target: "sir_intake", "not asked for");
        drop(guard);
        assert_eq!(sink.text().lines().count(), 1, "{}", sink.text());
        assert!(sink.text().starts_with("<4>sir_intake: two lines"), "{}", sink.text());
        let (sink, guard) = listen(LogFormat::Json, None);
        tracing::info!(target: "sir_intake", case = "SIR-2026-0007", "opened");
        drop(guard);
        let line: serde_json::Value = serde_json::from_str(&sink.text()).unwrap();
        assert_eq!(line["case"], "SIR-2026-0007");
    }

    #[test]
    fn gauges_are_written_whole_and_escaped() {
        let mut gauges = Gauges::new();
        gauges.set("sir_intake_parked", "Messages that wait for a person.", &[], 2.0);
        gauges.set("sir_intake_outbox", "Effects.", &[("lane", "github"), ("state", "a\"b\\c\nd")], 1.0);
        gauges.set("sir_intake_parked", "Messages that wait for a person.", &[], 3.0);
        let text = "# HELP sir_intake_outbox Effects.\n# TYPE sir_intake_outbox gauge\n\
                    sir_intake_outbox{lane=\"github\",state=\"a\\\"b\\\\c\\nd\"} 1\n\
                    # HELP sir_intake_parked Messages that wait for a person.\n# TYPE sir_intake_parked gauge\n\
                    sir_intake_parked 3\n";
        assert_eq!(gauges.render(), text);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sir-intake.prom");
        gauges.write(&path).unwrap();
        gauges.write(&path).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
        assert!(gauges.write(&folder.path().join("missing/x.prom")).is_err());
    }

    #[test]
    fn without_a_service_manager_notices_go_nowhere() {
        notify_ready("up");
        notify_status("one\nline");
        notify_alive();
        notify_stopping();
    }
}
