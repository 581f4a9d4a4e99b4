//! The values of one letter on their way into its template: whose words they are decides how they go in.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tera::Context;

use super::coordinated::Dates;
use super::table::LetterName;
use crate::render::fence::{one_line, prose, visible};
use crate::render::fold::{COLUMNS, quoted};
use crate::render::when;

/// Most characters of a reporter's own subject or name that a letter repeats.
const OWN_CHARS: usize = 80;
/// Most characters of a value on one line.
const LINE_CHARS: usize = 300;
/// Most characters of a member's words, and most lines of them.
const SAID_CHARS: usize = 8_000;
const SAID_LINES: usize = 200;

/// Where the reader and the team live.
#[derive(Debug, Clone)]
pub(super) struct Zones<'a> {
    pub(super) team: &'a TimeZone,
    pub(super) theirs: Option<&'a TimeZone>,
}

/// A text that stands in the letter on lines of its own.
#[derive(Debug, Clone)]
pub(super) struct Block {
    pub(super) token: String,
    pub(super) text: String,
    /// It is a quotation, whose long lines are broken; else it stands as it is.
    pub(super) quoted: bool,
}

/// The values of one letter.
pub(super) struct Sheet<'a> {
    context: Context,
    names: BTreeSet<&'static str>,
    blocks: Vec<Block>,
    zones: Zones<'a>,
}

impl<'a> Sheet<'a> {
    pub(super) fn new(zones: Zones<'a>) -> Self {
        Self { context: Context::new(), names: BTreeSet::new(), blocks: Vec::new(), zones }
    }

    /// Our own value, as it is.
    pub(super) fn put(&mut self, name: &'static str, value: &str) {
        self.names.insert(name);
        self.context.insert(name, value);
    }

    /// Words that are not ours, on one line: what acts on a reader is shown, and they are cut.
    pub(super) fn own(&mut self, name: &'static str, value: &str) {
        self.put(name, &own(value));
    }

    /// A member's words on one line.
    pub(super) fn line(&mut self, name: &'static str, value: &str) {
        self.put(name, &line(value));
    }

    /// A member's words, in paragraphs, set in from the margin: nothing in them reads like ours.
    pub(super) fn said(&mut self, name: &'static str, words: &str) {
        self.put(name, &set_in(words));
    }

    /// One `- ` line each.
    pub(super) fn items(&mut self, name: &'static str, items: &[String]) {
        self.put(name, &listed(items));
    }

    /// An instant, in the team's zone and in the reader's where that is known and another one.
    pub(super) fn at(&mut self, name: &'static str, at: Timestamp) {
        self.put(name, &when::both(at, self.zones.team, self.zones.theirs));
    }

    /// The same, or nothing.
    pub(super) fn at_if(&mut self, name: &'static str, at: Option<Timestamp>) {
        self.put(name, &at.map_or_else(String::new, |at| when::both(at, self.zones.team, self.zones.theirs)));
    }

    /// An instant for a subject, in the team's zone.
    pub(super) fn short(&mut self, name: &'static str, at: Timestamp) {
        self.put(name, &when::short(at, self.zones.team));
    }

    /// A yes or no.
    pub(super) fn flag(&mut self, name: &'static str, value: bool) {
        self.names.insert(name);
        self.context.insert(name, &value);
    }

    /// A count; 0 counts as nothing in an `if`.
    pub(super) fn count(&mut self, name: &'static str, value: u64) {
        self.names.insert(name);
        self.context.insert(name, &value);
    }

    /// A text that stands as it is.
    pub(super) fn block(&mut self, name: &'static str, text: &str) {
        self.stand(name, visible(text), false);
    }

    /// A text in Markdown that people read and approve: every word of it, long lines of prose broken. What is approved is the text
    /// itself, by its hash.
    pub(super) fn quote(&mut self, name: &'static str, text: &str) {
        self.stand(name, visible(text), true);
    }

    /// A list in Markdown of values that cannot act there.
    pub(super) fn bullets(&mut self, name: &'static str, items: &[String]) {
        let items: Vec<String> = items.iter().map(|item| format!("- {}", prose(item))).collect();
        self.stand(name, items.join("\n"), false);
    }

    fn stand(&mut self, name: &'static str, text: String, quoted: bool) {
        // The spaces make it a unit of its own when the letter is folded.
        let token = format!("::{name}::");
        self.put(name, &format!("  {token}"));
        self.blocks.push(Block { token, text: text.trim_matches('\n').to_owned(), quoted });
    }

    /// How long a report is kept back: wished, and at most.
    pub(super) fn days(&mut self, dates: Option<&Dates>) {
        self.count("wished_days", dates.map_or(0, |dates| u64::from(dates.wished_days)));
        self.count("limit_days", dates.map_or(0, |dates| u64::from(dates.limit_days)));
    }

    /// The letter that these values are for.
    pub(super) fn of(self, name: LetterName) -> Filled {
        Filled { name, context: self.context, names: self.names, blocks: self.blocks }
    }
}

/// Words in paragraphs, set in from the margin.
pub(super) fn set_in(words: &str) -> String {
    let text: String = visible(words).chars().take(SAID_CHARS).collect();
    let text = filled_again(&text);
    let lines = text.iter().take(SAID_LINES).map(|line| match line.trim() {
        "" => String::new(),
        line => format!("  {line}"),
    });
    lines.collect::<Vec<_>>().join("\n").trim_end().to_owned()
}

/// One `- ` line each.
pub(super) fn listed(items: &[String]) -> String {
    items.iter().map(|item| format!("- {}", line(item))).collect::<Vec<_>>().join("\n")
}

/// Lines, with paragraphs that a mail program broke further out than they fit here in one piece: they are filled again with
/// the letter. What is set out by hand (lists, quotes, code, short lines) stays.
fn filled_again(text: &str) -> Vec<String> {
    let plain = |line: &str| line.starts_with(|c: char| c.is_alphabetic() || "\"'(“‘".contains(c));
    let mut out: Vec<String> = Vec::new();
    let mut open: Vec<&str> = Vec::new();
    let close = |open: &mut Vec<&str>, out: &mut Vec<String>| {
        if open.iter().any(|line| line.chars().count() > COLUMNS - 2) {
            out.push(open.join(" "));
        } else {
            out.extend(open.iter().map(|line| (*line).to_owned()));
        }
        open.clear();
    };
    for line in text.lines().map(str::trim_end) {
        if plain(line) {
            open.push(line);
        } else {
            close(&mut open, &mut out);
            out.push(line.to_owned());
        }
    }
    close(&mut open, &mut out);
    out
}

/// All values of a letter.
#[derive(Debug, Clone)]
pub(super) struct Filled {
    pub(super) name: LetterName,
    pub(super) context: Context,
    /// Of all values.
    pub(super) names: BTreeSet<&'static str>,
    pub(super) blocks: Vec<Block>,
}

impl Filled {
    /// Puts the blocks where the template wants them.
    pub(super) fn with_blocks(&self, folded: &str) -> String {
        let mut out = String::with_capacity(folded.len());
        for line in folded.lines() {
            let block = self.blocks.iter().find(|block| block.token == line.trim());
            match block {
                Some(block) if block.quoted => out.push_str(&quoted(&block.text)),
                Some(block) => out.push_str(&block.text),
                None => out.push_str(line),
            }
            out.push('\n');
        }
        out
    }
}

/// A stranger's words on one line.
pub(super) fn own(text: &str) -> String {
    one_line(&visible(text), OWN_CHARS)
}

/// A member's words on one line.
pub(super) fn line(text: &str) -> String {
    one_line(&visible(text), LINE_CHARS)
}

/// ` Alice`, for `Hello{{ greeting }}`.
pub(super) fn greeting(name: Option<&str>) -> String {
    name.map(own).filter(|name| !name.is_empty()).map_or_else(String::new, |name| format!(" {name}"))
}
