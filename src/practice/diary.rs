//! The diary of the practice day: one entry a thing that was seen, on the screen, in `diary.txt` and in `diary.jsonl`.

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;
use serde_json::{Map, Value};

use super::score::Score;
use crate::clock::Clock;
use crate::render::when;

/// Columns of the screen that are used, at most: those of a terminal that nobody made wider.
const WIDTH: usize = 80;
/// Columns of the labels on the left, indent included.
const LABEL: usize = 14;

/// Where something was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// The mailbox: a mail arrives.
    Mailbox,
    /// The store: how a mail was read.
    Reading,
    /// The journal: what happened to a case.
    Case,
    /// GitHub.
    Github,
    /// The mail server took a letter to somebody outside.
    Letter,
    /// The mail server took a notice to a member.
    Notice,
    /// The team's channel.
    Discord,
    /// A person at the machine.
    Operator,
    /// The daemon itself.
    Daemon,
    /// A check of the script.
    Check,
    /// The play: steps begin and end.
    Play,
}

impl Place {
    fn label(self) -> &'static str {
        match self {
            Self::Mailbox => "mail in",
            Self::Reading => "read as",
            Self::Case => "case",
            Self::Github => "github",
            Self::Letter => "letter",
            Self::Notice => "notice",
            Self::Discord => "discord",
            Self::Operator => "operator",
            Self::Daemon => "daemon",
            Self::Check => "FAILED",
            Self::Play => "",
        }
    }
}

/// One thing that was seen.
#[derive(Debug, Clone, Serialize)]
pub struct Entry {
    /// Milliseconds since the day began.
    pub ms: u64,
    /// What the clock of the play showed, where it is not the machine's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// The step, from 1; 0 before the first.
    pub step: u32,
    /// Where.
    pub place: Place,
    /// What, as a word for programs.
    pub what: String,
    /// What, for people, on one line.
    pub text: String,
    /// More for programs: case, issue, address, whatever fits.
    #[serde(flatten)]
    pub more: Map<String, Value>,
}

/// Where the diary is shown while it is written.
pub struct Screen {
    /// What is written to.
    pub out: Box<dyn Write + Send>,
    /// Escape sequences for colors.
    pub color: bool,
    /// One JSON object a line instead of text.
    pub json: bool,
}

/// Strength of a text on the screen.
#[derive(Clone, Copy)]
enum Ink {
    Plain,
    Title,
    Dim,
    Good,
    Bad,
}

impl Ink {
    fn codes(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Title => "\x1b[1m",
            Self::Dim => "\x1b[2m",
            Self::Good => "\x1b[32m",
            Self::Bad => "\x1b[1;31m",
        }
    }
}

/// The diary.
pub struct Diary {
    screen: Screen,
    clock: Arc<dyn Clock>,
    begun: Duration,
    played: Option<Arc<dyn Clock>>,
    /// The minute of the play that was shown last.
    minute: String,
    step: u32,
    text: String,
    entries: Vec<Entry>,
}

impl Diary {
    /// An empty one; the day begins now.
    pub fn new(screen: Screen, clock: Arc<dyn Clock>) -> Self {
        let begun = clock.monotonic();
        let (played, minute) = (None, String::new());
        Self { screen, clock, begun, played, minute, step: 0, text: String::new(), entries: Vec::new() }
    }

    /// The same for a play with a clock of its own: what is seen bears its time.
    #[must_use]
    pub fn with_time_of(self, played: Arc<dyn Clock>) -> Self {
        Self { played: Some(played), ..self }
    }

    /// Time since the day began.
    pub fn elapsed(&self) -> Duration {
        self.clock.monotonic().saturating_sub(self.begun)
    }

    /// What a reader sees first.
    pub fn preface(&mut self, text: &str) {
        text.lines().for_each(|line| self.line(Ink::Plain, line));
    }

    /// A step begins.
    pub fn step(&mut self, name: &str, title: &str) {
        self.step += 1;
        self.line(Ink::Plain, "");
        self.line(Ink::Title, &format!("{:>2}  {title}", self.step));
        self.keep(Place::Play, "step", title, &[("name", name.into())]);
    }

    /// Something was seen; shown.
    pub fn seen(&mut self, place: Place, what: &str, text: &str, more: &[(&str, Value)]) {
        self.shown(Ink::Plain, place.label(), text);
        self.keep(place, what, text, more);
    }

    /// Something was seen that only programs are told.
    pub fn noted(&mut self, place: Place, what: &str, text: &str, more: &[(&str, Value)]) {
        self.keep(place, what, text, more);
    }

    /// A check was made; only a failed one is shown.
    pub fn check(&mut self, name: &str, held: bool) {
        if !held {
            self.shown(Ink::Bad, Place::Check.label(), name);
        }
        self.keep(Place::Check, "check", name, &[("held", held.into())]);
    }

    /// A step ended.
    pub fn step_ended(&mut self, held: bool, checks: u32) {
        let (ink, word) = if held { (Ink::Good, "held") } else { (Ink::Bad, "NOT HELD") };
        let count = if checks == 1 { "1 check".to_owned() } else { format!("{checks} checks") };
        self.labeled(ink, word, &count);
        self.keep(Place::Play, "step-ended", word, &[("held", held.into()), ("checks", checks.into())]);
    }

    /// The end of the day.
    pub fn score(&mut self, score: &Score) {
        let ink = if score.all_held() { Ink::Good } else { Ink::Bad };
        self.line(Ink::Plain, "");
        let seconds = self.elapsed().as_secs_f64();
        self.line(ink, &format!("{score}, in {seconds:.1} s"));
        let more = [("held", score.held().into()), ("steps", score.steps().into())];
        self.keep(Place::Play, "score", &score.to_string(), &more);
    }

    /// Where things are; also the last entry.
    pub fn folder(&mut self, folder: &str, guide: &str) {
        self.line(Ink::Plain, "");
        guide.lines().for_each(|line| self.line(Ink::Plain, line));
        self.keep(Place::Play, "folder", folder, &[("folder", folder.into())]);
    }

    /// The play could not begin or go on.
    pub fn fault(&mut self, text: &str) {
        self.line(Ink::Bad, text);
        self.keep(Place::Play, "fault", text, &[]);
    }

    /// All of it as it was shown.
    pub fn as_text(&self) -> &str {
        &self.text
    }

    /// All of it as JSON lines.
    pub fn as_jsonl(&self) -> String {
        self.entries.iter().map(|entry| json(entry) + "\n").collect()
    }

    fn keep(&mut self, place: Place, what: &str, text: &str, more: &[(&str, Value)]) {
        let ms = u64::try_from(self.elapsed().as_millis()).unwrap_or(u64::MAX);
        let more = more.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
        let at = self.played.as_ref().map(|clock| clock.now());
        let entry =
            Entry { ms, at, step: self.step, place, what: what.to_owned(), text: text.to_owned(), more };
        if self.screen.json {
            self.print(&(json(&entry) + "\n"));
        }
        self.entries.push(entry);
    }

    fn shown(&mut self, ink: Ink, label: &str, text: &str) {
        if let Some(played) = &self.played {
            let minute = when::medium(played.now(), &TimeZone::UTC);
            if minute != self.minute {
                self.line(Ink::Dim, &format!("  {minute}"));
                self.minute = minute;
            }
        }
        self.labeled(ink, label, text);
    }

    fn labeled(&mut self, ink: Ink, label: &str, text: &str) {
        let mut label = format!("    {label}");
        for line in wrapped(text, WIDTH - LABEL) {
            self.both(Ink::Dim, &format!("{label:<LABEL$}"), ink, &line);
            label.clear();
        }
    }

    fn line(&mut self, ink: Ink, text: &str) {
        self.both(Ink::Plain, "", ink, text);
    }

    fn both(&mut self, left_ink: Ink, left: &str, ink: Ink, text: &str) {
        self.text.push_str(format!("{left}{text}").trim_end());
        self.text.push('\n');
        if self.screen.json {
            return;
        }
        let line = if self.screen.color && !text.is_empty() {
            let left_ink = if matches!(ink, Ink::Plain) { left_ink } else { ink };
            format!("{}{left}\x1b[0m{}{text}\x1b[0m\n", left_ink.codes(), ink.codes())
        } else {
            format!("{}\n", format!("{left}{text}").trim_end())
        };
        self.print(&line);
    }

    /// Whoever stopped looking does not stop the day.
    fn print(&mut self, text: &str) {
        let printed = self.screen.out.write_all(text.as_bytes()).and_then(|()| self.screen.out.flush());
        if let Err(error) = printed {
            tracing::debug!(kind = %error.kind(), "the screen is gone");
        }
    }
}

fn json(entry: &Entry) -> String {
    // Only maps with strange keys cannot be written.
    serde_json::to_string(entry).unwrap_or_default()
}

/// A text in lines of at most `width` characters, broken between words where there are any.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        for word in paragraph.split(' ') {
            let fits = line.chars().count() + 1 + word.chars().count() <= width;
            if !line.is_empty() && !fits {
                lines.push(std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;
    use std::sync::Mutex;

    #[derive(Clone, Default)]
    struct Paper(Arc<Mutex<Vec<u8>>>);
    impl Write for Paper {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn a_day(color: bool, json: bool) -> (String, Diary) {
        let paper = Paper::default();
        let clock = Arc::new(ManualClock::new("2026-11-23T09:00:00Z".parse().unwrap()));
        let screen = Screen { out: Box::new(paper.clone()), color, json };
        let mut diary = Diary::new(screen, clock.clone());
        diary.step("first", "A mail arrives");
        clock.advance(Duration::from_millis(7));
        diary.seen(Place::Letter, "letter", &"word ".repeat(30), &[("case", "SIR-2026-0001".into())]);
        diary.noted(Place::Case, "clock-started", "for programs", &[]);
        diary.check("it is read", true);
        diary.check("it is answered", false);
        diary.step_ended(false, 2);
        (String::from_utf8(paper.0.lock().unwrap().clone()).unwrap(), diary)
    }

    #[test]
    fn people_see_lines_that_fit_and_failed_checks_alone() {
        let (seen, diary) = a_day(false, false);
        assert_eq!(seen, diary.as_text());
        assert!(seen.lines().all(|line| line.chars().count() <= WIDTH), "{seen}");
        assert!(seen.contains("    letter    word word"), "{seen}");
        assert!(seen.contains("    FAILED    it is answered\n    NOT HELD  2 checks\n"), "{seen}");
        assert!(!seen.contains("it is read") && !seen.contains("for programs") && !seen.contains('\x1b'));
        assert!(a_day(true, false).0.contains("\x1b[1m 1  A mail arrives\x1b[0m"));
    }

    #[test]
    fn programs_get_one_object_a_line_and_nothing_else() {
        let (seen, diary) = a_day(true, true);
        assert_eq!(seen, diary.as_jsonl());
        let rows: Vec<Value> = seen.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(rows.len(), 6);
        assert_eq!(rows[1]["case"], "SIR-2026-0001");
        assert_eq!((&rows[1]["ms"], &rows[1]["step"]), (&7.into(), &1.into()));
        assert_eq!((&rows[4]["what"], &rows[4]["held"]), (&"check".into(), &false.into()));
    }
}
