//! The text for reading: text/plain where there is one, else what remains of the HTML.

use std::collections::{BTreeMap, BTreeSet};

use super::Limits;
use super::raw::Part;
use super::{Flaw, html, parse, visible};

/// Plain text of fewer words may only say that there is something else to look at.
const STUB_WORDS: usize = 40;

/// What was found to read.
#[derive(Debug, Default)]
pub(super) struct Best {
    pub(super) text: String,
    /// No text/plain held anything: the text comes from HTML alone.
    pub(super) html_only: bool,
    pub(super) flaws: Vec<Flaw>,
    /// Indexes of the parts that the text was taken from or that are its other form: no attachments.
    pub(super) used: BTreeSet<usize>,
}

/// Finds the best text. Parts of forwarded messages count only where the letter itself has no words.
pub(super) fn best(parts: &[Part<'_>], limits: &Limits) -> Best {
    let own = of_level(parts, limits, false);
    if own.text.trim().is_empty() {
        let inner = of_level(parts, limits, true);
        if !inner.text.trim().is_empty() {
            let mut inner = inner;
            inner.used.extend(own.used);
            return inner;
        }
    }
    own
}

/// The first text/plain part of the letter itself, decoded: the only place where a command can stand. A command line is
/// never joined with the one before it.
pub(super) fn first_plain(parts: &[Part<'_>], limits: &Limits) -> String {
    let plain = |part: &&Part<'_>| {
        !part.nested
            && is_inline_text(part)
            && !matches!(part.kind.main.as_str(), "text/html" | "text/enriched")
    };
    let Some(part) = parts.iter().find(plain) else { return String::new() };
    let (mut text, _) = parse::text(part, limits.text_bytes.saturating_mul(4));
    if part.kind.param("format").is_some_and(|f| f.eq_ignore_ascii_case("flowed")) {
        let spaced = part.kind.param("delsp").is_some_and(|d| d.eq_ignore_ascii_case("yes"));
        let (head, rest) = commands_apart(&text);
        text = format!("{head}{}", unflow(rest, spaced));
    }
    cut(&mut text, limits.text_bytes);
    text
}

/// The lines at the top that are empty or begin with `!`, and the rest.
fn commands_apart(text: &str) -> (&str, &str) {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let bare = line.trim();
        if !bare.is_empty() && !bare.starts_with('!') {
            break;
        }
        at += line.len();
    }
    text.split_at_checked(at).unwrap_or((text, ""))
}

fn of_level(parts: &[Part<'_>], limits: &Limits, nested: bool) -> Best {
    let mut best = Best::default();
    let mut spoken: BTreeMap<usize, usize> = BTreeMap::new();
    let mut said: Vec<(usize, String)> = Vec::new();
    let mut htmls = Vec::new();
    let mut room = limits.text_bytes;
    for (index, part) in parts.iter().enumerate().filter(|(_, p)| p.nested == nested && is_inline_text(p)) {
        best.used.insert(index);
        if part.kind.main == "text/html" {
            htmls.push((index, part));
            continue;
        }
        let (mut text, odd) = parse::text(part, room.saturating_mul(4).max(4096));
        if odd {
            best.flaws.push(Flaw::BadEncoding);
        }
        if part.kind.param("format").is_some_and(|f| f.eq_ignore_ascii_case("flowed")) {
            text = unflow(&text, part.kind.param("delsp").is_some_and(|d| d.eq_ignore_ascii_case("yes")));
        }
        if cut(&mut text, room) {
            best.flaws.push(Flaw::TextCut);
        }
        room = room.saturating_sub(text.len());
        if !text.trim().is_empty() {
            if let Some(around) = alternative(parts, index) {
                *spoken.entry(around).or_default() += text.split_whitespace().take(STUB_WORDS).count();
            }
            said.push((index, text));
        }
    }
    let have_plain = !said.is_empty();
    let mut html_room = limits.html_bytes;
    for (index, part) in htmls {
        // Only what stands beside it in one alternative says the same: the footer that a list adds does not.
        let beside = alternative(parts, index).and_then(|around| spoken.get(&around)).copied();
        if beside.is_some_and(|words| words >= STUB_WORDS) {
            continue;
        }
        let (mut source, odd) = parse::text(part, limits.html_bytes.saturating_mul(4));
        if odd {
            best.flaws.push(Flaw::BadEncoding);
        }
        if cut(&mut source, html_room) {
            best.flaws.push(Flaw::TextCut);
        }
        html_room = html_room.saturating_sub(source.len());
        let (mut text, too_deep) = html::text(&source, limits.html_levels);
        if too_deep {
            best.flaws.push(Flaw::HtmlTooDeep);
        }
        if cut(&mut text, room) {
            best.flaws.push(Flaw::TextCut);
        }
        // "Your mail program shows no HTML" is no other form of what the HTML says.
        if beside.is_some_and(|words| text.split_whitespace().take(4 * STUB_WORDS).count() < 3 * words + 20) {
            continue;
        }
        room = room.saturating_sub(text.len());
        best.html_only |= !have_plain && !text.trim().is_empty();
        said.push((index, text));
    }
    said.sort_by_key(|(index, _)| *index);
    let text = said.into_iter().map(|(_, text)| text).collect::<Vec<_>>().join("\n");
    if visible::is_misleading(&text) {
        best.flaws.push(Flaw::ControlCharacters);
    }
    best.text = visible::controls_shown(&text);
    if cut(&mut best.text, limits.text_bytes) {
        best.flaws.push(Flaw::TextCut);
    }
    best
}

/// Text that stands in the letter itself: not an attachment and without a file name.
fn is_inline_text(part: &Part<'_>) -> bool {
    let text = matches!(part.kind.main.as_str(), "text/plain" | "text/html" | "text" | "" | "text/enriched")
        || (part.kind.main.starts_with("multipart/") && !part.multipart);
    text && part.disposition.main != "attachment"
        && part.disposition.param("filename").is_none()
        && (part.kind.param("name").is_none() || part.parent.is_none())
}

/// The nearest multipart/alternative around a part: all in it says the same.
fn alternative(parts: &[Part<'_>], index: usize) -> Option<usize> {
    let mut at = parts.get(index)?.parent;
    while let Some(up) = at {
        let part = parts.get(up)?;
        if part.kind.main == "multipart/alternative" {
            return Some(up);
        }
        at = part.parent;
    }
    None
}

fn cut(text: &mut String, room: usize) -> bool {
    if text.len() <= room {
        return false;
    }
    let mut at = room;
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    text.truncate(at);
    true
}

/// Joins the soft-broken lines of format=flowed (RFC 3676 section 4.2) at the same depth of quoting.
fn unflow(text: &str, delete_space: bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut open: Option<usize> = None;
    for line in text.split('\n') {
        let body = line.trim_start_matches('>');
        let depth = line.len() - body.len();
        let body = body.strip_prefix(' ').unwrap_or(body);
        if open == Some(depth) && body != "-- " {
            // The break goes, the space before it stays.
        } else {
            if open.is_some() || !out.is_empty() {
                out.push('\n');
            }
            out.extend(std::iter::repeat_n('>', depth));
            if depth > 0 {
                out.push(' ');
            }
        }
        let soft = body.ends_with(' ') && body != "-- ";
        out.push_str(if soft && delete_space { body.strip_suffix(' ').unwrap_or(body) } else { body });
        open = soft.then_some(depth);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flowed_lines_are_joined_and_quotes_keep_their_depth() {
        assert_eq!(unflow("one \ntwo\n> q1 \n> q2\n-- \nme", false), "one two\n> q1 q2\n-- \nme");
        assert_eq!(unflow("wo \nrd", true), "word");
    }
}
