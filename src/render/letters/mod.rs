//! Letters: texts to people outside and to members, from the templates in `templates/` or an override directory.
//!
//! [`table`] lists them. Each letter has a view of its own that holds only what its reader may see, and a folder that says
//! who the reader is ([`Reader`]); a template that asks for anything else is a fault at start, not a surprise at night.
//! Text only, folded at 72 columns, its own subject on line 1.

mod coordinated;
mod frames;
mod list;
mod of_team;
mod on_case;
mod preview;
mod public;
mod reporter;
mod samples;
mod samples_people;
mod sheet;
mod table;

use std::collections::{BTreeMap, BTreeSet};

use tera::{Context, ErrorKind, Tera};

use super::fence::{one_line, visible};
use super::fold::fold;
use crate::case::CaseId;
use crate::case::command::levenshtein;

pub use coordinated::{Coordinated, Cve, Dates};
pub use list::{ListDesk, ListNotice, ToList};
pub use of_team::OfTeam;
pub use on_case::{ConflictNote, Desk, FixIs, Incident, IncidentNote, OnCase, TscNote, Version};
pub use preview::{CaseFacts, Preview, WayFacts};
pub use public::{AdvisoryText, PublicDesk, ToPublic};
pub use reporter::{Body, Common, ReceiptView};
pub use table::{LetterName, Reader, Shape};

use sheet::Filled;

/// Most bytes of a rendered letter without the texts that stand in it as they are; a template with a loop gone wild is a
/// fault.
const LETTER_BYTES: usize = 64 * 1024;
/// Most characters of a subject, tag included.
const SUBJECT_CHARS: usize = 120;
/// Most characters of a line for a chat (Discord API, `content`).
const LINE_CHARS: usize = 2000;

/// A rendered letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// One line; empty for what is no mail.
    pub subject: String,
    /// A mail: at most 72 columns, LF, but for words that are longer and for texts that people approve as they are.
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
    overrides: BTreeMap<String, String>,
}

impl Letters {
    /// The built-in templates, with `overrides` (`letters/T00-receipt.txt` and its text) in their place, each rendered on
    /// made-up data.
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
        for &name in LetterName::ALL {
            let text = overrides.get(name.file()).map_or(name.built_in(), String::as_str);
            // Alone first: a fault in one template hides none in another.
            let found = examine(name, text);
            if found.is_empty() {
                let _checked = tera.add_raw_template(name.file(), text);
            }
            faults.extend(found);
        }
        faults.sort();
        if faults.is_empty() { Ok(Self { tera, overrides: overrides.clone() }) } else { Err(faults) }
    }

    /// T00.
    ///
    /// # Errors
    /// When the template fails on this data: the letter is parked, the others go on.
    pub fn receipt(&self, view: &ReceiptView) -> Result<Letter, TemplateFault> {
        render(&self.tera, &view.filled())
    }

    /// A letter to the reporter: that a member ordered, or the safe line.
    ///
    /// # Errors
    /// As [`Self::receipt`].
    pub fn letter(&self, common: &Common, body: &Body) -> Result<Letter, TemplateFault> {
        render(&self.tera, &common.filled(body))
    }

    /// A letter about a case to somebody by name.
    ///
    /// # Errors
    /// As [`Self::receipt`].
    pub fn on_case(&self, case: CaseId, desk: &Desk, what: &OnCase) -> Result<Letter, TemplateFault> {
        render(&self.tera, &what.filled(case, desk))
    }

    /// A letter about the team to somebody by name.
    ///
    /// # Errors
    /// As [`Self::receipt`].
    pub fn of_team(&self, desk: &Desk, what: &OfTeam) -> Result<Letter, TemplateFault> {
        render(&self.tera, &what.filled(desk))
    }

    /// A letter to one organization of the embargoed list.
    ///
    /// # Errors
    /// As [`Self::receipt`].
    pub fn list(&self, desk: &ListDesk, what: &ToList) -> Result<Letter, TemplateFault> {
        render(&self.tera, &what.filled(desk))
    }

    /// A text for everybody; an advisory, a comment and a line for a chat have no subject.
    ///
    /// # Errors
    /// As [`Self::receipt`].
    pub fn public(&self, desk: &PublicDesk, what: &ToPublic<'_>) -> Result<Letter, TemplateFault> {
        render(&self.tera, &what.filled(desk))
    }

    /// Every letter on made-up data, with what sets its variants apart (empty where there is one).
    ///
    /// # Errors
    /// As for a single letter; it does not happen after [`Self::new`] went well.
    pub fn samples(&self) -> Result<Vec<(LetterName, &'static str, Letter)>, TemplateFault> {
        let all = LetterName::ALL.iter().flat_map(|name| samples::of(*name));
        all.map(|(label, filled)| Ok((filled.name, label, render(&self.tera, &filled)?))).collect()
    }

    /// The text of a template in use.
    pub fn source(&self, name: LetterName) -> &str {
        self.overrides.get(name.file()).map_or(name.built_in(), String::as_str)
    }

    /// Whether a file of the override directory is used.
    pub fn is_overridden(&self, name: LetterName) -> bool {
        self.overrides.contains_key(name.file())
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
    let known: BTreeSet<&str> = name.known().collect();
    let used: BTreeSet<&str> = tera.get_template_variables(file).into_iter().flatten().collect();
    for variable in used.difference(&known) {
        let hint = nearest(variable, &known).map_or(String::new(), |v| format!("; did you mean {v}?"));
        faults.push(fault(file, place(text, variable), format!("this letter knows no {variable}{hint}")));
    }
    for variable in name.needed().filter(|needed| !used.contains(*needed)) {
        faults.push(fault(file, (0, 0), format!("the letter must say {{{{ {variable} }}}}")));
    }
    if faults.is_empty() {
        faults.extend(samples::of(name).iter().filter_map(|(_, filled)| tried(&tera, text, filled).err()));
        faults.dedup();
    }
    faults
}

/// A letter on made-up data: it renders, and what must stand alone does.
fn tried(tera: &Tera, text: &str, filled: &Filled) -> Result<(), TemplateFault> {
    let letter = render(tera, filled)?;
    let torn = filled.blocks.iter().find(|block| letter.body.contains(&block.token));
    torn.map_or(Ok(()), |block| {
        let name = block.token.trim_matches(':');
        Err(fault(
            filled.name.file(),
            place(text, name),
            format!("{{{{ {name} }}}} must stand alone on its line"),
        ))
    })
}

fn render(tera: &Tera, filled: &Filled) -> Result<Letter, TemplateFault> {
    let file = filled.name.file();
    let text = written(tera, file, &filled.context)?;
    let letter = match filled.name.shape() {
        Shape::Mail => {
            let text = visible(&text);
            let (head, body) = text.split_once('\n').unwrap_or((text.as_str(), ""));
            let subject = head.strip_prefix("Subject:").map(|s| one_line(s, SUBJECT_CHARS));
            let Some(subject) = subject.filter(|s| !s.is_empty()) else {
                return Err(fault(file, (1, 1), "line 1 must be `Subject: ...`".to_owned()));
            };
            Letter { subject, body: fold(body.trim_start_matches('\n')) }
        }
        Shape::Page => Letter { subject: String::new(), body: joined(&visible(&text)) },
        // Its values are escaped, by characters that would be shown here.
        Shape::Line => Letter { subject: String::new(), body: one_line(&text, LINE_CHARS) },
    };
    if letter.body.trim().is_empty() {
        return Err(fault(file, (2, 1), "the letter is empty".to_owned()));
    }
    let body = match filled.name.shape() {
        Shape::Mail | Shape::Page => filled.with_blocks(&letter.body),
        Shape::Line => letter.body,
    };
    Ok(Letter { body, ..letter })
}

fn written(tera: &Tera, file: &str, context: &Context) -> Result<String, TemplateFault> {
    let text = tera.render(file, context).map_err(|error| from_tera(file, &error))?;
    if text.len() > LETTER_BYTES {
        return Err(fault(file, (0, 0), format!("the letter is longer than {LETTER_BYTES} bytes")));
    }
    Ok(text)
}

/// Markdown with one line a paragraph: in comments and advisories GitHub shows every line end.
fn joined(text: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    let mut open = false;
    for line in text.lines().map(str::trim_end) {
        let own = line.is_empty() || line.starts_with(['#', '-', '|', '>', '`', ' ', '<']);
        if open && !own {
            if let Some(last) = lines.last_mut() {
                last.push(' ');
                last.push_str(line);
            }
        } else if !line.is_empty() || lines.last().is_some_and(|last| !last.is_empty()) {
            lines.push(line.to_owned());
        }
        open = !own;
    }
    let mut out = lines.join("\n");
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
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
        Letters::new(&BTreeMap::from([("letters/T00-receipt.txt".to_owned(), text.to_owned())]))
    }
    fn faults(text: &str) -> Vec<String> {
        with(text).unwrap_err().iter().map(ToString::to_string).collect()
    }
    const GOOD: &str = "Subject: Hello [{{ case }}]\n\nBy {{ acknowledge_by }}. {{ code }}\n";

    #[test]
    fn the_built_in_letters_have_no_fault() {
        let letters = Letters::new(&BTreeMap::new()).unwrap();
        for (name, label, letter) in letters.samples().unwrap() {
            if name.shape() == Shape::Mail {
                let lines = letter.body.lines().filter(|l| l.chars().count() > 72);
                let wide: Vec<&str> =
                    lines.filter(|l| !l.contains("https://") && !l.contains("CVSS:")).collect();
                assert_eq!(wide, Vec::<&str>::new(), "{name:?} {label}");
            }
        }
    }

    #[test]
    fn the_table_knows_exactly_what_the_views_give() {
        for name in LetterName::ALL {
            let known: BTreeSet<&str> = name.known().collect();
            let needed: BTreeSet<&str> = name.needed().collect();
            assert!(needed.is_subset(&known), "{name:?}: {:?}", needed.difference(&known));
            for (label, filled) in samples::of(*name) {
                assert_eq!(filled.name, *name);
                assert_eq!(filled.names, known, "{name:?} {label}");
            }
        }
    }

    #[test]
    fn all_faults_are_told_at_once_with_their_place() {
        assert!(with(GOOD).is_ok());
        assert_eq!(
            faults("Subject: x [{{ case }}]\n\n{{ acknowlege_by }} {{ reporter }}\n"),
            [
                "letters/T00-receipt.txt: the letter must say {{ acknowledge_by }}",
                "letters/T00-receipt.txt: the letter must say {{ code }}",
                "letters/T00-receipt.txt:3:4: this letter knows no acknowlege_by; did you mean acknowledge_by?",
                "letters/T00-receipt.txt:3:24: this letter knows no reporter",
            ]
        );
    }

    #[test]
    fn a_letter_without_a_subject_or_with_bad_syntax_is_refused() {
        assert_eq!(
            faults("Hello {{ case }} {{ acknowledge_by }} {{ code }}"),
            ["letters/T00-receipt.txt:1:1: line 1 must be `Subject: ...`"]
        );
        let syntax = faults("Subject: {{ case }}\n\n{{ code }\n");
        assert_eq!(syntax.len(), 1);
        assert!(syntax[0].starts_with("letters/T00-receipt.txt:3:"), "{syntax:?}");
        let unknown_filter = faults(&format!("{GOOD}{{{{ code | shout }}}}"));
        assert_eq!(unknown_filter.len(), 1, "{unknown_filter:?}");
    }

    #[test]
    fn a_file_that_is_no_letter_is_a_fault() {
        let stray = BTreeMap::from([("letters/T00-reciept.txt".to_owned(), GOOD.to_owned())]);
        let found = Letters::new(&stray).unwrap_err();
        assert_eq!(found[0].what, "there is no letter of this name; did you mean letters/T00-receipt.txt?");
    }
}
