//! Hostile text inside Markdown: shown whole, read by nobody's parser.
//!
//! GitHub reads mentions, references, images, HTML and closing words everywhere but in code, so code is the only
//! place for a reporter's words (`CommonMark` 0.31 section 4.5 for fences, 6.1 for code spans; GFM section 4.10 for
//! tables). The fence is longer than any run of backticks inside, so no line of the text can close it.

use std::fmt::Write as _;

use crate::mail::is_unseen;

/// Longest run of backticks that is kept; a longer one is written as `<U+0060 x 5000>`, or the fence itself would eat
/// the budget.
const LONGEST_RUN: usize = 60;
/// Most characters of one hostile value in a table or a sentence.
pub const CELL_CHARS: usize = 160;
/// Shortest fence (`CommonMark` section 4.5).
const SHORTEST_FENCE: usize = 3;

/// A value in a table: our words or a stranger's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// From our own lists and code: shown as prose.
    Ours(String),
    /// From a mail: shown as code, cut at [`CELL_CHARS`].
    Theirs(String),
}

impl Value {
    /// Markdown for a table cell or the middle of a sentence.
    pub fn markdown(&self) -> String {
        match self {
            Self::Ours(text) => prose(text),
            Self::Theirs(text) => cell(text),
        }
    }
}

/// A text whose controls are visible: line ends become LF, TAB and LF stay, every other control, bidirectional,
/// zero-width or otherwise unseen character is written as `<U+202E>`. Linear time; applying it twice changes nothing.
pub fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut after_return = false;
    for c in text.chars() {
        push_visible(&mut out, c, after_return);
        after_return = c == '\r';
    }
    out
}

fn push_visible(out: &mut String, c: char, after_return: bool) {
    match c {
        '\n' if after_return => {}
        '\r' | '\n' => out.push('\n'),
        '\t' => out.push('\t'),
        c if is_unseen(c) => {
            // Writing to a String cannot fail.
            let _ = write!(out, "<U+{:04X}>", u32::from(c));
        }
        c => out.push(c),
    }
}

/// A block that shows `text` and lets nothing out: a backtick fence at column 0, a blank line before and after.
///
/// At most `limit` bytes in all (at least 512 are needed to say anything); what does not fit is cut at the border of
/// a character and counted: `(cut, 1234 bytes more in the store)`.
pub fn fence(text: &str, limit: usize) -> String {
    // Opening and closing fence, `text`, line ends and the note below.
    let overhead = 2 * (LONGEST_RUN + 1) + 120;
    let (shown, left) = readable(text, limit.saturating_sub(overhead));
    let ticks = "`".repeat(longest_run(&shown).max(SHORTEST_FENCE - 1) + 1);
    let newline = if shown.is_empty() || shown.ends_with('\n') { "" } else { "\n" };
    let mut out = format!("\n{ticks}text\n{shown}{newline}{ticks}\n\n");
    if left > 0 {
        let _ = write!(out, "_(cut, {left} bytes more in the store)_\n\n");
    }
    out
}

/// The start of `text`, visible and with long backtick runs folded, in at most `limit` bytes; and how many bytes of
/// the original are left out.
fn readable(text: &str, limit: usize) -> (String, usize) {
    let mut out = String::with_capacity(text.len().min(limit));
    let mut rest = text.char_indices().peekable();
    let mut after_return = false;
    while let Some(&(at, c)) = rest.peek() {
        let before = out.len();
        if c == '`' {
            let mut run = 0_usize;
            while rest.next_if(|&(_, c)| c == '`').is_some() {
                run += 1;
            }
            if run > LONGEST_RUN {
                let _ = write!(out, "<U+0060 x {run}>");
            } else {
                out.extend(std::iter::repeat_n('`', run));
            }
        } else {
            push_visible(&mut out, c, after_return);
            rest.next();
        }
        after_return = c == '\r';
        if out.len() > limit {
            out.truncate(before);
            return (out, text.len().saturating_sub(at));
        }
    }
    (out, 0)
}

fn longest_run(text: &str) -> usize {
    let mut longest = 0;
    let mut run = 0;
    for c in text.chars() {
        run = if c == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest
}

/// A stranger's value on one line, as a code span that also survives a table: at most [`CELL_CHARS`] characters, line
/// ends and tabs as spaces, pipes escaped. An empty value is a dash.
pub fn cell(text: &str) -> String {
    let line = one_line(&visible(text), CELL_CHARS);
    if line.is_empty() {
        return "–".to_owned();
    }
    let mut safe = String::with_capacity(line.len() + 8);
    let mut before = ' ';
    for c in line.chars() {
        match c {
            // A backslash before our own would take it away, and the pipe would end the cell.
            '|' if before == '\\' => safe.push_str("<U+007C>"),
            '|' => safe.push_str("\\|"),
            c => safe.push(c),
        }
        before = c;
    }
    let ticks = "`".repeat(longest_run(&safe) + 1);
    // A space is taken away on both sides by the reader when both are there (CommonMark section 6.1).
    let pad = if safe.starts_with('`') || safe.ends_with('`') { " " } else { "" };
    format!("{ticks}{pad}{safe}{pad}{ticks}")
}

/// Text on one line: runs of white space become one space, and beyond `chars` characters it ends in `…`.
pub fn one_line(text: &str, chars: usize) -> String {
    let mut out = String::new();
    let mut count = 0_usize;
    for word in text.split_whitespace() {
        if count > 0 {
            out.push(' ');
            count += 1;
        }
        for c in word.chars() {
            if count >= chars {
                out.push('…');
                return out;
            }
            out.push(c);
            count += 1;
        }
    }
    out
}

/// Our own words in Markdown: nobody is mentioned and nothing is referenced by accident, no table is broken.
///
/// A zero-width space after `@` and `#` stops GitHub's readers (`\@` and `&#64;` do not); `<`, `|`, `[`, backticks and
/// backslashes lose their meaning.
pub fn prose(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in one_line(&visible(text), 2000).chars() {
        match c {
            '@' | '#' => {
                out.push(c);
                out.push('\u{200B}');
            }
            '<' => out.push_str("&lt;"),
            '|' | '\\' | '`' | '[' | ']' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fence_is_longer_than_any_run_inside() {
        assert_eq!(fence("a ```` b", 1000), "\n`````text\na ```` b\n`````\n\n");
        assert_eq!(fence("", 1000), "\n```text\n```\n\n");
        assert_eq!(fence("x\r\ny\rz\n", 1000), "\n```text\nx\ny\nz\n```\n\n");
    }

    #[test]
    fn a_wall_of_backticks_does_not_eat_the_budget() {
        let shown = fence(&"`".repeat(1_000_000), 4000);
        assert_eq!(shown, "\n```text\n<U+0060 x 1000000>\n```\n\n");
    }

    #[test]
    fn what_is_cut_is_counted_in_bytes_of_the_original() {
        let text = "é".repeat(1000);
        let shown = fence(&text, 1000);
        assert!(shown.len() <= 1000);
        let kept = shown.matches('é').count();
        assert!(kept > 300);
        assert!(shown.ends_with(&format!("_(cut, {} bytes more in the store)_\n\n", 2000 - 2 * kept)));
    }

    #[test]
    fn unseen_characters_are_seen() {
        assert_eq!(
            visible("a\u{202E}b\u{0}c\u{FEFF}\u{200B}\r\n\td\u{85}"),
            "a<U+202E>b<U+0000>c<U+FEFF><U+200B>\n\td<U+0085>"
        );
        assert_eq!(visible(&visible("\u{1b}[2J")), "<U+001B>[2J");
    }

    #[test]
    fn a_cell_stays_a_cell() {
        assert_eq!(cell("1.2 | <b>@all</b>"), "`1.2 \\| <b>@all</b>`");
        assert_eq!(cell("a\\|b"), "`a\\<U+007C>b`");
        assert_eq!(cell("`x``"), "``` `x`` ```");
        assert_eq!(cell("a\nb\tc"), "`a b c`");
        assert_eq!(cell(" \n"), "–");
        assert_eq!(cell(&"x".repeat(500)).chars().count(), CELL_CHARS + 3);
    }

    #[test]
    fn our_words_call_nobody() {
        assert_eq!(prose("@team see #12 a|b <x>"), "@\u{200B}team see #\u{200B}12 a\\|b &lt;x>");
    }
}
