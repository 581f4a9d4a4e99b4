//! The one place that prints. Standard output gets what was asked for, standard error what is to be told besides.
//!
//! **Invariant:** whatever is printed for people went through [`visible`]: words of a mail cannot move a cursor or turn a
//! line around, also when a caller forgets whose words they are.

use std::cell::Cell;
use std::io::{self, Write};

use serde_json::{Value, json};

use crate::mail::visible;

/// Where a command prints to.
pub(super) struct Out {
    json: bool,
    failed: Cell<bool>,
}

impl Out {
    pub(super) fn new(json: bool) -> Self {
        Self { json, failed: Cell::new(false) }
    }

    /// Whether programs read this.
    pub(super) fn is_json(&self) -> bool {
        self.json
    }

    /// Whether something could not be written (a full disk; a reader that went away is no fault).
    pub(super) fn failed(&self) -> bool {
        self.failed.get()
    }

    /// Text for people.
    pub(super) fn text(&self, text: &str) {
        let text = visible(text);
        self.write(text.trim_end_matches('\n'));
    }

    /// One JSON value on one line.
    pub(super) fn value(&self, value: &Value) {
        self.write(&escaped(&value.to_string()));
    }

    /// The value for programs, or the text for people.
    pub(super) fn either(&self, value: &Value, text: impl FnOnce() -> String) {
        if self.json {
            self.value(value);
        } else {
            self.text(&text());
        }
    }

    /// Something besides what was asked for, to standard error.
    pub(super) fn tell(&self, text: &str) {
        // Where nobody listens nothing can be told.
        let _told = writeln!(io::stderr().lock(), "sir-intake: {}", visible(text));
    }

    /// A command that ended early: to standard error, and for programs as a value as well.
    pub(super) fn stopped(&self, code: u8, what: &str) {
        if self.json {
            self.value(&json!({ "error": what, "exit_code": code }));
        }
        self.tell(what);
    }

    /// A panic's own words may hold a mail's: only its place is told.
    pub(super) fn quiet_panics(&self) {
        std::panic::set_hook(Box::new(|info| {
            let place = info.location().map_or_else(String::new, |at| format!("{}:{}", at.file(), at.line()));
            let _told = writeln!(io::stderr().lock(), "sir-intake: a fault inside the program at {place}");
        }));
    }

    fn write(&self, text: &str) {
        let mut stdout = io::stdout().lock();
        let written = writeln!(stdout, "{text}").and_then(|()| stdout.flush());
        if written.is_err_and(|error| error.kind() != io::ErrorKind::BrokenPipe) {
            self.failed.set(true);
        }
    }
}

/// JSON leaves C1 controls and direction marks as they are; on a terminal they would act. They stand inside of strings
/// only, where `\u` means the same (RFC 8259 section 7).
fn escaped(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    let mut units = [0; 2];
    for c in json.chars() {
        let hidden =
            c == '\u{7f}' || (!c.is_ascii() && visible(c.encode_utf8(&mut [0; 4])).starts_with("<U+"));
        if hidden {
            c.encode_utf16(&mut units).iter().for_each(|unit| out.push_str(&format!("\\u{unit:04x}")));
        } else {
            out.push(c);
        }
    }
    out
}

/// Rows under their headings, columns aligned by characters.
pub(super) fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let flat = |cell: &str| crate::mail::visible_line(cell);
    let head: Vec<String> = head.iter().map(|cell| (*cell).to_owned()).collect();
    let rows: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(|cell| flat(cell)).collect()).collect();
    let mut widths: Vec<usize> = head.iter().map(|cell| cell.chars().count()).collect();
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(cell, &width)| format!("{cell:<width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    std::iter::once(&head).chain(&rows).map(line).collect::<Vec<_>>().join("\n")
}

/// `name: value` lines with the values under each other.
pub(super) fn facts(rows: &[(&str, String)]) -> String {
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0) + 2;
    rows.iter()
        .map(|(name, value)| format!("{:<width$}{value}", format!("{name}:")))
        .collect::<Vec<_>>()
        .join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_lines_up_and_a_cell_stays_on_its_line() {
        let rows = [vec!["1".to_owned(), "Grüße\nx".to_owned(), "z".to_owned()]];
        assert_eq!(table(&["mail", "why", "c"], &rows), "mail  why      c\n1     Grüße x  z");
    }

    #[test]
    fn json_holds_no_character_that_acts_on_a_terminal_and_means_the_same() {
        let value = json!({ "s": "a\u{9b}\u{202e}\u{7f}\u{e0041}é\u{1b}" });
        let text = escaped(&value.to_string());
        assert!(text.chars().all(|c| !c.is_control() && c != '\u{202e}'), "{text}");
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
    }
}
