//! What a member reads about their commands: each line with what followed, and each letter exactly as it will leave.
//!
//! The mail goes to that member alone. It echoes their lines behind `>`, and names verbs without their `!`: no answer to it
//! can fire by what it quotes. Its frame is the template T39.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::fence::{fence, one_line, prose, visible};
use super::fold::fold;
use super::when;
use crate::case::CaseId;

/// Most characters of a line that is echoed.
const ECHO_CHARS: usize = 200;
/// Most bytes of a letter that a comment shows, and of all its letters together.
const LETTER_BYTES: usize = 20_000;
const LETTERS_BYTES: usize = 40_000;

/// When a letter leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leaves {
    /// After the first look into the mailbox that begins then or later.
    After(Timestamp),
    /// When a second person agreed, by then.
    Confirmed(Timestamp),
    /// At once: it is for others than the reporter, and a second person agreed, or it cannot wait.
    AtOnce,
    /// It was taken back.
    TakenBack,
    /// Its template fails: a person must look.
    Never,
}

/// A letter that was ordered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ordered {
    /// By which act.
    pub act: u32,
    /// Which, our words.
    pub what: &'static str,
    /// When it leaves.
    pub leaves: Leaves,
    /// Its subject, partly theirs.
    pub subject: String,
    /// Its text.
    pub body: String,
}

/// A line and what followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// As it was written.
    pub written: String,
    /// Our words; lines that begin with two spaces stay as they are.
    pub said: String,
}

/// What became of commands.
#[derive(Debug, Clone)]
pub struct Transcript {
    /// The case, where there is one.
    pub case: Option<CaseId>,
    /// Name of the member, ours.
    pub who: String,
    /// When.
    pub at: Timestamp,
    /// The team's zone.
    pub zone: TimeZone,
    /// The member's own, where the roster has one.
    pub their_zone: Option<TimeZone>,
    /// Whether anything was done.
    pub ran: bool,
    /// Line by line.
    pub lines: Vec<Line>,
    /// The letters that were ordered.
    pub letters: Vec<Ordered>,
    /// Whether words below the commands became an internal note.
    pub noted: bool,
    /// The member's footer code.
    pub code: Option<String>,
}

fn echo(written: &str) -> String {
    one_line(&visible(written), ECHO_CHARS)
}

impl Transcript {
    /// The verbs, for the subject.
    pub(super) fn verbs(&self) -> String {
        let verb =
            |line: &Line| echo(&line.written).trim_start_matches('!').split(' ').next().map(str::to_owned);
        let verbs: Vec<String> = self.lines.iter().filter_map(verb).collect();
        one_line(&verbs.join(", ").to_lowercase(), 60)
    }

    fn leaves(&self, letter: &Ordered) -> String {
        let at = |at| when::beside(at, &self.zone, self.their_zone.as_ref());
        match letter.leaves {
            Leaves::After(until) => format!(
                "leaves after {}, with the first look into the mailbox from then on, unless somebody takes it back",
                at(until)
            ),
            Leaves::Confirmed(by) => {
                format!("leaves once a second person agreed, by {}; otherwise it does not", at(by))
            }
            Leaves::AtOnce => "leaves at once".to_owned(),
            Leaves::TakenBack => "does not leave: it was taken back".to_owned(),
            Leaves::Never => "does not leave: its template fails, and an operator must look".to_owned(),
        }
    }

    /// Each line with what followed, folded.
    pub(super) fn answers(&self) -> String {
        let answer = |line: &Line| format!("> {}\n{}\n\n", echo(&line.written), line.said);
        fold(&self.lines.iter().map(answer).collect::<String>())
    }

    /// The act of the last letter that can still be taken back.
    pub(super) fn undoable(&self) -> Option<u32> {
        let waits = |letter: &&Ordered| matches!(letter.leaves, Leaves::After(_) | Leaves::Confirmed(_));
        self.letters.iter().rfind(waits).map(|letter| letter.act)
    }

    /// Each letter exactly as it will leave, with when.
    pub(super) fn shown(&self) -> String {
        let letter = |letter: &Ordered| {
            let head =
                format!("Act {}: {} {}.\nThis is all of it:", letter.act, letter.what, self.leaves(letter));
            format!(
                "{}\nSubject: {}\n\n{}\n-------- end of the letter --------\n",
                fold(&head),
                letter.subject,
                letter.body.trim_end()
            )
        };
        self.letters.iter().map(letter).collect::<Vec<_>>().join("\n")
    }

    /// The comment on the private issue, without its marker.
    pub fn comment(&self) -> String {
        let (who, at) = (prose(&self.who), when::medium(self.at, &self.zone));
        let mut page = if self.ran {
            format!("**{who}** commanded · {at}\n")
        } else {
            format!("**{who}** commanded, and nothing was done · {at}\n")
        };
        let lines: Vec<String> = self
            .lines
            .iter()
            .map(|line| format!("> {}\n{}", echo(&line.written), line.said.trim_end()))
            .collect();
        page.push_str(&fence(&lines.join("\n\n"), 8_000));
        let room = LETTER_BYTES.min(LETTERS_BYTES / self.letters.len().max(1));
        for letter in &self.letters {
            page.push_str(&format!(
                "**Act {}:** {} {}. Anybody of the team stops it with `!undo {}`.\n",
                letter.act,
                prose(letter.what),
                prose(&self.leaves(letter)),
                letter.act
            ));
            page.push_str(&fence(
                &format!("Subject: {}\n\n{}", letter.subject, letter.body.trim_end()),
                room,
            ));
        }
        page.truncate(page.trim_end().len());
        page.push('\n');
        page
    }
}
