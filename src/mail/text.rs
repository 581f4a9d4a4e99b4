//! The text for reading: text/plain where there is one, else what remains of the HTML.

use std::collections::BTreeSet;

use super::Limits;
use super::raw::Part;
use super::{Flaw, parse, visible};

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

fn of_level(parts: &[Part<'_>], limits: &Limits, nested: bool) -> Best {
    let mut best = Best::default();
    let mut spoken: BTreeSet<usize> = BTreeSet::new();
    let mut plain = Vec::new();
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
            spoken.extend(alternative(parts, index));
            plain.push(text);
        }
    }
    let have_plain = !plain.is_empty();
    let mut html_room = limits.html_bytes;
    for (index, part) in htmls {
        let said = alternative(parts, index).is_some_and(|a| spoken.contains(&a));
        if said || have_plain {
            continue;
        }
        let (source, odd) = parse::text(part, limits.html_bytes.saturating_mul(4));
        if odd {
            best.flaws.push(Flaw::BadEncoding);
        }
        let (mut text, stripped) = html(&source, html_room, limits.html_levels);
        html_room = html_room.saturating_sub(source.len());
        if stripped {
            best.flaws.push(Flaw::HtmlTooDeep);
        }
        if cut(&mut text, room) {
            best.flaws.push(Flaw::TextCut);
        }
        room = room.saturating_sub(text.len());
        best.html_only |= !text.trim().is_empty();
        plain.push(text);
    }
    let text = plain.join("\n");
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

/// HTML as text; the flag says that it was too large or too deep for the reader and only its tags were stripped.
///
/// html2text 0.17.4 takes time quadratic in the depth of open tags (250 kB of `<div>`: 7 s), so depth is bounded first.
pub(super) fn html(source: &str, most: usize, levels: usize) -> (String, bool) {
    if source.len() <= most && !deeper_than(source, levels) {
        let config = html2text::config::plain_no_decorate().allow_width_overflow().no_table_borders();
        if let Ok(text) = config.raw_mode(false).string_from_read(source.as_bytes(), 100) {
            return (squeeze(&text), false);
        }
    }
    (squeeze(&strip(source)), true)
}

/// At most two line ends in a row, none of the trailing spaces of a laid-out page.
fn squeeze(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut empty = 0;
    for line in text.lines().map(str::trim_end) {
        empty = if line.is_empty() { empty + 1 } else { 0 };
        if empty <= 1 {
            out.push_str(line);
            out.push('\n');
        }
    }
    out.trim_matches('\n').to_owned()
}

/// The tags of a text in order: name in lower case, and whether it closes.
fn tags(source: &str) -> impl Iterator<Item = (String, bool)> + '_ {
    source.split('<').skip(1).filter_map(|piece| {
        let (closes, piece) = match piece.strip_prefix('/') {
            Some(rest) => (true, rest),
            None => (false, piece),
        };
        let name: String = piece.chars().take(20).take_while(char::is_ascii_alphanumeric).collect();
        (!name.is_empty()).then(|| (name.to_ascii_lowercase(), closes))
    })
}

/// Whether more than `levels` tags are open at once, counted so that a reader of HTML never has more: an end tag takes
/// only its own start tag away, and none across a table cell or the like (there, readers ignore it).
fn deeper_than(source: &str, levels: usize) -> bool {
    const VOID: [&str; 13] = [
        "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr",
    ];
    const WALL: [&str; 13] = [
        "applet", "caption", "html", "table", "td", "th", "marquee", "object", "template", "svg", "math",
        "select", "ul",
    ];
    let mut open: Vec<String> = Vec::new();
    for (name, closes) in tags(source) {
        if VOID.contains(&name.as_str()) {
            continue;
        }
        if closes {
            let wall = open.iter().rposition(|t| WALL.contains(&t.as_str())).unwrap_or(0);
            if let Some(at) = open.iter().rposition(|t| *t == name)
                && at >= wall
            {
                open.remove(at);
            }
            continue;
        }
        let replaces: &[&str] = match name.as_str() {
            "p" => &["p"],
            "li" => &["li", "p"],
            "td" | "th" => &["td", "th"],
            "tr" => &["td", "th", "tr"],
            "option" => &["option"],
            "dt" | "dd" => &["dt", "dd"],
            _ => &[],
        };
        while open.last().is_some_and(|top| replaces.contains(&top.as_str())) {
            open.pop();
        }
        open.push(name);
        if open.len() > levels {
            return true;
        }
    }
    false
}

/// Drops tags, comments, scripts and styles; keeps a line end for a block.
fn strip(source: &str) -> String {
    let mut out = String::with_capacity(source.len() / 2);
    let mut silent: Option<String> = None;
    for (index, piece) in source.split('<').enumerate() {
        let (tag, text) = if index == 0 { ("", piece) } else { piece.split_once('>').unwrap_or((piece, "")) };
        let name: String =
            tag.trim_start_matches('/').chars().take_while(char::is_ascii_alphanumeric).collect();
        let name = name.to_ascii_lowercase();
        if let Some(until) = &silent {
            if tag.starts_with('/') && name == *until {
                silent = None;
            } else {
                continue;
            }
        } else if matches!(name.as_str(), "script" | "style" | "title") && !tag.starts_with('/') {
            silent = Some(name);
            continue;
        }
        let block =
            matches!(name.as_str(), "br" | "p" | "div" | "tr" | "li" | "table" | "h1" | "h2" | "h3" | "pre");
        if block && !out.ends_with('\n') {
            out.push('\n');
        }
        out.push_str(
            &text.replace("&nbsp;", " ").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"),
        );
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_becomes_text_and_loads_nothing() {
        let (text, stripped) =
            html("<p>Hello <b>you</b></p><ul><li>one</li></ul><img src=http://x.example/>", 1000, 200);
        assert!(text.starts_with("Hello you"), "{text}");
        assert!(!stripped && !text.contains("x.example"));
    }

    #[test]
    fn too_deep_html_is_stripped_of_its_tags_only() {
        let deep = format!("{}the words{}", "<div>".repeat(201), "</div>".repeat(201));
        assert_eq!(html(&deep, 10_000, 200), ("the words".to_owned(), true));
        let large = format!("<style>no</style>{}", "<p>word</p>".repeat(2_000));
        let (text, stripped) = html(&large, 10_000, 200);
        assert!(stripped && text.starts_with("word\n") && !text.contains("no"));
    }

    #[test]
    fn depth_is_counted_as_a_browser_would_at_least() {
        assert!(!deeper_than(&"<p>a<br>".repeat(1_000), 10));
        assert!(!deeper_than(&"<table><tr><td>x<td>y</table>".repeat(3), 20));
        assert!(deeper_than(&"<b><div></b>".repeat(300), 200), "the adoption agency leaves the div open");
        assert!(
            deeper_than(&"<div><object></div></object>".repeat(300), 200),
            "an end tag does not cross an object"
        );
        assert!(
            deeper_than(&"<p><font color=1>".repeat(300), 200),
            "formatting is opened again in each paragraph"
        );
    }

    #[test]
    fn flowed_lines_are_joined_and_quotes_keep_their_depth() {
        assert_eq!(unflow("one \ntwo\n> q1 \n> q2\n-- \nme", false), "one two\n> q1 q2\n-- \nme");
        assert_eq!(unflow("wo \nrd", true), "word");
    }
}
