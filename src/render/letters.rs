//! Letters to people outside the team, from the templates of `templates/letters/` or an override directory.
//!
//! Each letter has a view of its own that holds only what its reader may see; a template that asks for anything else
//! is a fault at start, not a surprise at night. Text only, folded at 72 columns, its own subject on line 1.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tera::{Context, ErrorKind, Tera};

use super::fence::{one_line, visible};
use super::fold::fold;
pub use super::letter_views::{Body, Common};
use super::when;
use crate::case::command::levenshtein;
use crate::case::{CaseId, Closure};

/// Most bytes of a rendered letter; a template with a loop gone wild is a fault.
const LETTER_BYTES: usize = 64 * 1024;
/// Most characters of a subject, tag included.
const SUBJECT_CHARS: usize = 120;

/// The letters that exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LetterName {
    /// T00: by the machine, when a report became a case.
    Receipt,
    /// T01.
    Acknowledgement,
    /// T02.
    KnownIssue,
    /// T03.
    Questions,
    /// T04.
    Reminder,
    /// T05.
    Intended,
    /// T06.
    Bug,
    /// T07.
    NotHere,
    /// The safe line, by the machine, to a reporter who asks.
    Status,
    /// In a member's own words.
    Reply,
}

/// What every letter by a member's order may use.
macro_rules! own {
    ($($more:literal),*) => {
        &["case", "subject", "greeting", "team", "policy_url", "code" $(, $more)*]
    };
}

impl LetterName {
    /// Every letter.
    pub const ALL: [Self; 10] = [
        Self::Receipt,
        Self::Acknowledgement,
        Self::KnownIssue,
        Self::Questions,
        Self::Reminder,
        Self::Intended,
        Self::Bug,
        Self::NotHere,
        Self::Status,
        Self::Reply,
    ];

    /// The file in `templates/letters/` and in the override directory.
    pub fn file(self) -> &'static str {
        match self {
            Self::Receipt => "T00-receipt.txt",
            Self::Acknowledgement => "T01-acknowledgement.txt",
            Self::KnownIssue => "T02-known-issue.txt",
            Self::Questions => "T03-questions.txt",
            Self::Reminder => "T04-reminder.txt",
            Self::Intended => "T05-intended.txt",
            Self::Bug => "T06-bug.txt",
            Self::NotHere => "T07-not-here.txt",
            Self::Status => "T16-status.txt",
            Self::Reply => "reply.txt",
        }
    }

    fn built_in(self) -> &'static str {
        match self {
            Self::Receipt => include_str!("../../templates/letters/T00-receipt.txt"),
            Self::Acknowledgement => include_str!("../../templates/letters/T01-acknowledgement.txt"),
            Self::KnownIssue => include_str!("../../templates/letters/T02-known-issue.txt"),
            Self::Questions => include_str!("../../templates/letters/T03-questions.txt"),
            Self::Reminder => include_str!("../../templates/letters/T04-reminder.txt"),
            Self::Intended => include_str!("../../templates/letters/T05-intended.txt"),
            Self::Bug => include_str!("../../templates/letters/T06-bug.txt"),
            Self::NotHere => include_str!("../../templates/letters/T07-not-here.txt"),
            Self::Status => include_str!("../../templates/letters/T16-status.txt"),
            Self::Reply => include_str!("../../templates/letters/reply.txt"),
        }
    }

    /// The variables that a template may use.
    fn known(self) -> &'static [&'static str] {
        match self {
            Self::Receipt => &["case", "received", "acknowledge_by", "team", "policy_url", "code"],
            Self::Acknowledgement => own!("owner", "days", "contact_by"),
            Self::KnownIssue => own!("known_id", "known_url"),
            Self::Questions | Self::Reminder => own!("questions"),
            Self::Intended | Self::Bug => own!("reason"),
            Self::NotHere => own!("reason", "closure"),
            Self::Status => own!("status"),
            Self::Reply => own!("words"),
        }
    }

    /// Those it must use, or the letter breaks a promise (RUNBOOK section 3, column "must contain").
    fn needed(self) -> &'static [&'static str] {
        match self {
            Self::Receipt => &["case", "acknowledge_by", "code"],
            Self::Acknowledgement => &["case", "code", "contact_by"],
            Self::KnownIssue => &["case", "code", "known_url"],
            Self::Questions | Self::Reminder => &["case", "code", "questions"],
            Self::Intended | Self::Bug | Self::NotHere => &["case", "code", "reason"],
            Self::Status => &["case", "code", "status"],
            Self::Reply => &["case", "code", "words"],
        }
    }

    fn sample(self) -> Context {
        let at = ReceiptView::sample().acknowledge_by;
        let reason = || "It only happens with a project that the user made and trusts.".to_owned();
        let questions = || vec!["Which version did you look at?".to_owned()];
        let body = match self {
            Self::Receipt => return ReceiptView::sample().context(),
            Self::Acknowledgement => {
                Body::Acknowledgement { owner: "Alice Arden".to_owned(), days: 5, contact_by: at }
            }
            Self::KnownIssue => Body::KnownIssue {
                id: "CVE-2026-12345".to_owned(),
                url: "https://www.cve.org/CVERecord?id=CVE-2026-12345".to_owned(),
            },
            Self::Questions => Body::Questions(questions()),
            Self::Reminder => Body::Reminder(questions()),
            Self::Intended => Body::Intended { reason: reason() },
            Self::Bug => Body::Bug { reason: reason() },
            Self::NotHere => Body::NotHere { closure: Closure::Feature, reason: reason() },
            Self::Status => Body::Status { closed: false, next_by: Some(at) },
            Self::Reply => Body::Reply { words: "Hello,\n\nthank you.".to_owned() },
        };
        Common::sample().context(&body)
    }

    fn of(body: &Body) -> Self {
        match body {
            Body::Acknowledgement { .. } => Self::Acknowledgement,
            Body::KnownIssue { .. } => Self::KnownIssue,
            Body::Questions(_) => Self::Questions,
            Body::Reminder(_) => Self::Reminder,
            Body::Intended { .. } => Self::Intended,
            Body::Bug { .. } => Self::Bug,
            Body::NotHere { .. } => Self::NotHere,
            Body::Status { .. } => Self::Status,
            Body::Reply { .. } => Self::Reply,
        }
    }
}

/// All that the reader of a receipt may see: no name, no word of the report.
#[derive(Debug, Clone)]
pub struct ReceiptView {
    /// Their case.
    pub case: CaseId,
    /// INTERNALDATE of their message.
    pub received: Timestamp,
    /// When a person must have written.
    pub acknowledge_by: Timestamp,
    /// The team's zone.
    pub zone: TimeZone,
    /// The team's name without an article: `O3DE security response team`.
    pub team: String,
    /// Where the policy is published.
    pub policy_url: String,
    /// Their footer code.
    pub code: String,
}

impl ReceiptView {
    fn context(&self) -> Context {
        let mut context = Context::new();
        context.insert("case", &self.case.to_string());
        context.insert("received", &when::long(self.received, &self.zone));
        context.insert("acknowledge_by", &when::long(self.acknowledge_by, &self.zone));
        context.insert("team", &self.team);
        context.insert("policy_url", &self.policy_url);
        context.insert("code", &self.code);
        context
    }

    /// Made-up data, to try a template on.
    pub fn sample() -> Self {
        let noon =
            |day: i64| Timestamp::from_second(1_795_435_200 + day * 86_400).unwrap_or(Timestamp::UNIX_EPOCH);
        Self {
            case: CaseId { year: 2026, number: 7 },
            received: noon(0),
            acknowledge_by: noon(3),
            zone: TimeZone::UTC,
            team: "O3DE security response team".to_owned(),
            policy_url: "https://policy.example/security".to_owned(),
            code: "SIRC-AHUA-6BYA-AOGL-K4ZR-QVXU-2M".to_owned(),
        }
    }
}

/// A rendered letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// One line.
    pub subject: String,
    /// At most 72 columns, LF, but for words that are longer.
    pub body: String,
}

/// What is wrong with a template. Holds template text only, never a report's.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
#[error("{}: {what}", at(.file, *.line, *.column))]
pub struct TemplateFault {
    /// Its file.
    pub file: String,
    /// From 1; 0 where there is no place.
    pub line: usize,
    /// From 1; 0 where there is no place.
    pub column: usize,
    /// What, for an operator.
    pub what: String,
}

/// `file:line:column`, or the file alone where there is no place.
fn at(file: &str, line: usize, column: usize) -> String {
    if line == 0 { file.to_owned() } else { format!("{file}:{line}:{column}") }
}

/// All letters, checked.
#[derive(Debug)]
pub struct Letters {
    tera: Tera,
}

impl Letters {
    /// The built-in templates, with `overrides` (file name to text) in their place, each rendered once on sample data.
    ///
    /// # Errors
    /// Every fault of every template, in the order of file and place: unknown files and variables, syntax, what
    /// cannot be rendered, what a letter must say and does not.
    pub fn new(overrides: &BTreeMap<String, String>) -> Result<Self, Vec<TemplateFault>> {
        let mut faults = Vec::new();
        let files: BTreeSet<&str> = LetterName::ALL.iter().map(|name| name.file()).collect();
        for file in overrides.keys().filter(|file| !files.contains(file.as_str())) {
            let hint = nearest(file, &files).map_or(String::new(), |f| format!("; did you mean {f}?"));
            faults.push(fault(file, (0, 0), format!("there is no letter of this name{hint}")));
        }
        let mut tera = Tera::new();
        for name in LetterName::ALL {
            let text = overrides.get(name.file()).map_or(name.built_in(), String::as_str);
            // Alone first: a fault in one template hides none in another.
            let found = examine(name, text);
            if found.is_empty() {
                let _checked = tera.add_raw_template(name.file(), text);
            }
            faults.extend(found);
        }
        faults.sort();
        if faults.is_empty() { Ok(Self { tera }) } else { Err(faults) }
    }

    /// T00.
    ///
    /// # Errors
    /// When the template fails on this data: the letter is parked, the others go on.
    pub fn receipt(&self, view: &ReceiptView) -> Result<Letter, TemplateFault> {
        render(&self.tera, LetterName::Receipt, &view.context())
    }

    /// A letter that a member ordered, or the safe line.
    ///
    /// # Errors
    /// As [`Self::receipt`].
    pub fn letter(&self, common: &Common, body: &Body) -> Result<Letter, TemplateFault> {
        render(&self.tera, LetterName::of(body), &common.context(body))
    }

    /// Every letter on made-up data, for people to read.
    ///
    /// # Errors
    /// As for a single letter; it does not happen after [`Self::new`] went well.
    pub fn samples(&self) -> Result<Vec<(LetterName, Letter)>, TemplateFault> {
        LetterName::ALL.iter().map(|name| Ok((*name, render(&self.tera, *name, &name.sample())?))).collect()
    }
}

/// All faults of one template.
fn examine(name: LetterName, text: &str) -> Vec<TemplateFault> {
    let file = name.file();
    let mut tera = Tera::new();
    if let Err(error) = tera.add_raw_template(file, text) {
        return vec![from_tera(file, &error)];
    }
    let mut faults = Vec::new();
    let known: BTreeSet<&str> = name.known().iter().copied().collect();
    let used: BTreeSet<&str> = tera.get_template_variables(file).into_iter().flatten().collect();
    for variable in used.difference(&known) {
        let hint = nearest(variable, &known).map_or(String::new(), |v| format!("; did you mean {v}?"));
        faults.push(fault(file, place(text, variable), format!("this letter knows no {variable}{hint}")));
    }
    for variable in name.needed().iter().filter(|needed| !used.contains(*needed)) {
        faults.push(fault(file, (0, 0), format!("the letter must say {{{{ {variable} }}}}")));
    }
    if faults.is_empty() {
        faults.extend(render(&tera, name, &name.sample()).err());
    }
    faults
}

fn render(tera: &Tera, name: LetterName, context: &Context) -> Result<Letter, TemplateFault> {
    let file = name.file();
    let text = tera.render(file, context).map_err(|error| from_tera(file, &error))?;
    if text.len() > LETTER_BYTES {
        return Err(fault(file, (0, 0), format!("the letter is longer than {LETTER_BYTES} bytes")));
    }
    let text = visible(&text);
    let (head, body) = text.split_once('\n').unwrap_or((text.as_str(), ""));
    let subject = head.strip_prefix("Subject:").map(|s| one_line(s, SUBJECT_CHARS)).filter(|s| !s.is_empty());
    let Some(subject) = subject else {
        return Err(fault(file, (1, 1), "line 1 must be `Subject: ...`".to_owned()));
    };
    if body.trim().is_empty() {
        return Err(fault(file, (2, 1), "the letter is empty".to_owned()));
    }
    Ok(Letter { subject, body: fold(body.trim_start_matches('\n')) })
}

fn fault(file: &str, (line, column): (usize, usize), what: String) -> TemplateFault {
    TemplateFault { file: file.to_owned(), line, column, what }
}

fn from_tera(file: &str, error: &tera::Error) -> TemplateFault {
    if let ErrorKind::SyntaxError(report) | ErrorKind::RenderingError(report) = error.kind() {
        let span = report.span();
        return fault(file, (span.start_line, span.start_col + 1), report.message().to_owned());
    }
    fault(file, (0, 0), one_line(&error.to_string(), 300))
}

/// Line and column, from 1, of a word in a template.
fn place(text: &str, word: &str) -> (usize, usize) {
    let at = |line: &str| {
        line.match_indices(word).find_map(|(at, _)| {
            let (before, rest) = line.split_at_checked(at)?;
            let inside = before.contains("{{") || before.contains("{%");
            let letter = |c: char| c.is_alphanumeric() || c == '_';
            let whole = !before.ends_with(letter) && !rest.strip_prefix(word)?.starts_with(letter);
            (inside && whole).then(|| before.chars().count() + 1)
        })
    };
    text.lines().enumerate().find_map(|(i, line)| Some((i + 1, at(line)?))).unwrap_or((0, 0))
}

/// The known word that was probably meant: at most a third of its letters differ.
fn nearest<'a>(word: &str, known: &BTreeSet<&'a str>) -> Option<&'a str> {
    let scored = known.iter().map(|k| (levenshtein(word, k), *k));
    scored.min().filter(|(distance, k)| *distance <= k.len().div_ceil(3)).map(|(_, k)| k)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(text: &str) -> Result<Letters, Vec<TemplateFault>> {
        Letters::new(&BTreeMap::from([("T00-receipt.txt".to_owned(), text.to_owned())]))
    }
    fn faults(text: &str) -> Vec<String> {
        with(text).unwrap_err().iter().map(ToString::to_string).collect()
    }
    const GOOD: &str = "Subject: Hello [{{ case }}]\n\nBy {{ acknowledge_by }}. {{ code }}\n";

    #[test]
    fn the_built_in_letters_have_no_fault() {
        let letters = Letters::new(&BTreeMap::new()).unwrap();
        for (name, letter) in letters.samples().unwrap() {
            assert!(letter.body.lines().all(|l| l.chars().count() <= 72), "{name:?}");
            assert!(letter.subject.contains("[SIR-2026-0007]"));
        }
    }

    #[test]
    fn all_faults_are_told_at_once_with_their_place() {
        assert!(with(GOOD).is_ok());
        assert_eq!(
            faults("Subject: x [{{ case }}]\n\n{{ acknowlege_by }} {{ reporter }}\n"),
            [
                "T00-receipt.txt: the letter must say {{ acknowledge_by }}",
                "T00-receipt.txt: the letter must say {{ code }}",
                "T00-receipt.txt:3:4: this letter knows no acknowlege_by; did you mean acknowledge_by?",
                "T00-receipt.txt:3:24: this letter knows no reporter",
            ]
        );
    }

    #[test]
    fn a_letter_without_a_subject_or_with_bad_syntax_is_refused() {
        assert_eq!(
            faults("Hello {{ case }} {{ acknowledge_by }} {{ code }}"),
            ["T00-receipt.txt:1:1: line 1 must be `Subject: ...`"]
        );
        let syntax = faults("Subject: {{ case }}\n\n{{ code }\n");
        assert_eq!(syntax.len(), 1);
        assert!(syntax[0].starts_with("T00-receipt.txt:3:"), "{syntax:?}");
        let unknown_filter = faults(&format!("{GOOD}{{{{ code | shout }}}}"));
        assert_eq!(unknown_filter.len(), 1, "{unknown_filter:?}");
    }

    #[test]
    fn a_file_that_is_no_letter_is_a_fault() {
        let stray = BTreeMap::from([("T00-reciept.txt".to_owned(), GOOD.to_owned())]);
        let found = Letters::new(&stray).unwrap_err();
        assert_eq!(found[0].what, "there is no letter of this name; did you mean T00-receipt.txt?");
    }
}
