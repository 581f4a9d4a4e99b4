//! Folding letters at 72 columns: paragraphs are filled again, addresses and codes are never broken.

/// Width of a letter (RUNBOOK section 3); one column a character.
pub const COLUMNS: usize = 72;

/// Fills every paragraph to [`COLUMNS`] columns. A line that starts with a space, `- `, `1. ` or `> ` is a unit of its
/// own and hangs below its first word; a blank line ends a paragraph, two in a row become one. A word longer than the
/// width (a URL, a code) stands alone on its line, whole. Line ends are LF; the result ends with exactly one.
pub fn fold(text: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    let mut unit: Vec<&str> = Vec::new();
    for line in text.lines() {
        let line = line.trim_end();
        if line.is_empty() {
            flush(&mut unit, &mut lines);
            if lines.last().is_some_and(|last| !last.is_empty()) {
                lines.push(String::new());
            }
            continue;
        }
        // "  more" below "- item" belongs to the item.
        let continues = line.starts_with("  ") && unit.first().is_some_and(|first| bullet(first) > 0);
        if starts_unit(line) && !continues {
            flush(&mut unit, &mut lines);
        }
        unit.push(line);
        if line.starts_with([' ', '>']) && !continues {
            flush(&mut unit, &mut lines);
        }
    }
    flush(&mut unit, &mut lines);
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    let mut out = lines.join("\n");
    out.push('\n');
    out
}

/// A text in Markdown as it is quoted in a letter: long lines of prose are broken at [`COLUMNS`], which changes nothing of what it
/// says; tables, headings and code stand as they are. Nothing is joined.
pub fn quoted(text: &str) -> String {
    let mut out: Vec<String> = Vec::new();
    let mut code = false;
    for line in text.lines() {
        let bare = line.trim_start();
        let fence = bare.starts_with("```") || bare.starts_with("~~~");
        code ^= fence;
        let stands = code || fence || bare.starts_with(['|', '#']) || line.starts_with(['\t']);
        let indent = line.len() - bare.len();
        if stands || indent >= 4 || line.chars().count() <= COLUMNS {
            out.push(line.to_owned());
            continue;
        }
        let sign = if bare.starts_with("* ") { 2 } else { bullet(bare) };
        let mut at = " ".repeat(indent);
        let mut empty = true;
        for word in bare.split_whitespace() {
            if !empty && at.chars().count() + 1 + word.chars().count() > COLUMNS {
                out.push(std::mem::replace(&mut at, " ".repeat(indent + sign)));
                empty = true;
            }
            if !empty {
                at.push(' ');
            }
            at.push_str(word);
            empty = false;
        }
        out.push(at);
    }
    out.join("\n")
}

fn starts_unit(line: &str) -> bool {
    line.starts_with([' ', '>']) || bullet(line) > 0
}

/// Columns of the dash or the number (up to two digits) that begins an item, with the space behind it; 0: it is none.
fn bullet(line: &str) -> usize {
    let sign = line.split_once(' ').map_or("", |(sign, _)| sign);
    let digits = sign.strip_suffix('.').unwrap_or("");
    let numbered = (1..=2).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    if sign == "-" || numbered { sign.len() + 1 } else { 0 }
}

/// A row of a table by hand whose value is one word (a URL): filling it would only lose the column.
fn is_row_of_one_word(line: &str) -> bool {
    line.starts_with("  ")
        && line.trim_start().rsplit_once("  ").is_some_and(|(_, value)| !value.trim().contains(' '))
}

/// Ends the unit: its words go into lines of at most [`COLUMNS`].
fn flush(unit: &mut Vec<&str>, lines: &mut Vec<String>) {
    let Some(first) = unit.first().copied() else { return };
    let indent = first.chars().take_while(|c| *c == ' ').count();
    let hang = indent + bullet(first.trim_start());
    if unit.len() == 1 && (first.chars().count() <= COLUMNS || is_row_of_one_word(first)) {
        lines.push(first.to_owned()); // columns that were aligned by hand stay
        unit.clear();
        return;
    }
    let mut line = " ".repeat(indent);
    let mut width = indent;
    let mut empty = true;
    for word in unit.iter().flat_map(|l| l.split_whitespace()) {
        let columns = word.chars().count();
        // The dash or number of an item never stands alone.
        if !empty && width + 1 + columns > COLUMNS && width != hang.saturating_sub(1) {
            lines.push(std::mem::replace(&mut line, " ".repeat(hang)));
            width = hang;
            empty = true;
        }
        if !empty {
            line.push(' ');
            width += 1;
        }
        line.push_str(word);
        width += columns;
        empty = false;
    }
    lines.push(line);
    unit.clear();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paragraph_is_filled_and_a_url_is_never_broken() {
        let url = format!("https://policy.example/{}", "x".repeat(90));
        let folded = fold(&format!(
            "one\ntwo {}\n\n\n\n- item {}\n  more of it\n- next\n  aligned   by hand\n{url}\n",
            "word ".repeat(20),
            "long ".repeat(20)
        ));
        assert!(folded.lines().all(|l| l.chars().count() <= COLUMNS || l.contains(&url)), "{folded}");
        assert!(folded.starts_with("one two word word"));
        assert!(folded.contains("\n\n- item long"));
        assert!(folded.contains("\n  long"));
        assert!(folded.lines().any(|l| l.contains(&url)));
        assert_eq!(fold(&folded), folded);
    }

    #[test]
    fn lines_aligned_by_hand_stay() {
        assert_eq!(
            fold("  Case      SIR-2026-0007\n  Received  Mon\n"),
            "  Case      SIR-2026-0007\n  Received  Mon\n"
        );
        let row = format!("  Issue     https://github.example/{}\n", "x".repeat(60));
        assert_eq!(fold(&row), row, "also where a URL makes them long");
    }
}
