//! What of a comment a person says: code, quotes and HTML are somebody else's words, or hidden (`CommonMark` 0.31, GFM).
//!
//! The judgment is by line and errs towards silence: a line that some reader shows as code, as a quote or not at all is
//! never said. Nothing is rendered; only what can stand before a line of prose is looked at. Linear in the text, without
//! recursion.

use std::collections::BTreeMap;

/// What a line of Markdown is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Nothing on it.
    Blank,
    /// Said.
    Prose,
    /// Within a block or span of code.
    Code,
    /// Quoted, or a lazy continuation of a quote.
    Quote,
    /// HTML, or between two tags of it, or in a comment.
    Html,
}

/// A comment, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spoken {
    lines: Vec<(String, Kind)>,
}

/// Reads a comment.
pub fn spoken(markdown: &str) -> Spoken {
    let text = markdown.replace("\r\n", "\n").replace('\r', "\n");
    let lines: Vec<&str> = text.split('\n').collect();
    let mut kinds = blocks(&lines);
    inline(&lines, &mut kinds);
    let lines = lines.into_iter().map(str::to_owned).zip(kinds).collect();
    Spoken { lines }
}

impl Spoken {
    /// What is said, line for line: what is not said is an empty line.
    pub fn said(&self) -> String {
        let said =
            self.lines.iter().map(|(line, kind)| if *kind == Kind::Prose { line.as_str() } else { "" });
        said.collect::<Vec<_>>().join("\n")
    }

    /// From this line on (from 0), as it was written, without quotes and HTML: what its writer wants others to read.
    pub fn written_from(&self, line: usize) -> String {
        let shown =
            self.lines.iter().skip(line).filter(|(_, kind)| !matches!(kind, Kind::Quote | Kind::Html));
        let shown: Vec<&str> = shown.map(|(line, _)| line.as_str()).collect();
        shown.join("\n").trim().to_owned()
    }

    /// The kinds, line by line.
    pub fn kinds(&self) -> Vec<Kind> {
        self.lines.iter().map(|(_, kind)| *kind).collect()
    }
}

/// Columns of white space at the start; a tab goes to the next multiple of four (`CommonMark` section 2.2).
fn indent(line: &str) -> (usize, &str) {
    let mut columns = 0;
    for (at, c) in line.char_indices() {
        match c {
            ' ' => columns += 1,
            '\t' => columns += 4 - columns % 4,
            _ => return (columns, line.get(at..).unwrap_or_default()),
        }
    }
    (columns, "")
}

/// A fence that opens here: its sign and length (section 4.5).
fn fence(rest: &str) -> Option<(char, usize)> {
    let sign = rest.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let length = rest.chars().take_while(|c| *c == sign).count();
    let info = rest.get(length..).unwrap_or_default();
    (length >= 3 && !(sign == '`' && info.contains('`'))).then_some((sign, length))
}

/// What ends an HTML block (section 4.6).
#[derive(Clone, Copy)]
enum HtmlEnd {
    /// A line that holds this.
    Text(&'static str),
    /// A blank line.
    Blank,
}

/// The kinds of block that HTML makes. More begins one here than for GitHub: any tag at the start of a line.
fn html(rest: &str) -> Option<HtmlEnd> {
    let lower: String = rest.chars().take(16).collect::<String>().to_ascii_lowercase();
    for (start, end) in [("<!--", "-->"), ("<?", "?>"), ("<![cdata[", "]]>")] {
        if lower.starts_with(start) {
            return Some(HtmlEnd::Text(end));
        }
    }
    for (start, end) in
        [("<script", "</script>"), ("<pre", "</pre>"), ("<style", "</style>"), ("<textarea", "</textarea>")]
    {
        let after = lower.strip_prefix(start).map(|rest| rest.chars().next());
        if after.is_some_and(|c| c.is_none_or(|c| c.is_whitespace() || c == '>')) {
            return Some(HtmlEnd::Text(end));
        }
    }
    let second = rest.strip_prefix('<')?.chars().next()?;
    if second == '!' {
        return Some(HtmlEnd::Text(">"));
    }
    (second.is_ascii_alphabetic() || second == '/').then_some(HtmlEnd::Blank)
}

fn ends(end: HtmlEnd, line: &str) -> bool {
    match end {
        HtmlEnd::Text(text) => line.to_ascii_lowercase().contains(text),
        HtmlEnd::Blank => line.trim().is_empty(),
    }
}

/// The block that a line stands in, as far as it matters here.
enum Inside {
    Nothing,
    Paragraph,
    Fence(char, usize),
    Quote,
    Html(HtmlEnd),
}

fn blocks(lines: &[&str]) -> Vec<Kind> {
    let mut kinds = Vec::with_capacity(lines.len());
    let mut inside = Inside::Nothing;
    for line in lines {
        let (columns, rest) = indent(line);
        let kind = match inside {
            Inside::Fence(sign, length) => {
                let run = rest.chars().take_while(|c| *c == sign).count();
                let closes = columns < 4 && run >= length && rest.trim_matches(sign).trim().is_empty();
                if closes {
                    inside = Inside::Nothing;
                }
                Kind::Code
            }
            Inside::Html(end) => {
                if ends(end, line) {
                    inside = Inside::Nothing;
                }
                if line.trim().is_empty() { Kind::Blank } else { Kind::Html }
            }
            Inside::Nothing | Inside::Paragraph | Inside::Quote => {
                let (kind, next) = begin(&inside, columns, rest);
                inside = next;
                kind
            }
        };
        kinds.push(kind);
    }
    kinds
}

/// A line that no block holds.
fn begin(inside: &Inside, columns: usize, rest: &str) -> (Kind, Inside) {
    if rest.is_empty() || rest.trim().is_empty() {
        return (Kind::Blank, Inside::Nothing);
    }
    if columns >= 4 {
        return match inside {
            // It continues what stands before it, however far to the right.
            Inside::Paragraph => (Kind::Prose, Inside::Paragraph),
            Inside::Quote => (Kind::Quote, Inside::Quote),
            Inside::Nothing | Inside::Fence(..) | Inside::Html(_) => (Kind::Code, Inside::Nothing),
        };
    }
    if rest.starts_with('>') {
        return (Kind::Quote, Inside::Quote);
    }
    if let Some((sign, length)) = fence(rest) {
        return (Kind::Code, Inside::Fence(sign, length));
    }
    if let Some(end) = html(rest) {
        let same_line = matches!(end, HtmlEnd::Text(_)) && ends(end, rest.get(2..).unwrap_or_default());
        return (Kind::Html, if same_line { Inside::Nothing } else { Inside::Html(end) });
    }
    match inside {
        Inside::Quote => (Kind::Quote, Inside::Quote),
        Inside::Nothing | Inside::Paragraph | Inside::Fence(..) | Inside::Html(_) => {
            (Kind::Prose, Inside::Paragraph)
        }
    }
}

/// Tags that have no end.
const VOID: [&str; 14] = [
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track",
    "wbr",
];

/// Code spans, tags and comments that reach over lines, and everything between a tag and its end.
fn inline(lines: &[&str], kinds: &mut [Kind]) {
    let mut open = 0_usize;
    let mut at = 0;
    while let Some(kind) = kinds.get(at).copied() {
        match kind {
            Kind::Prose => {
                let end = (at..kinds.len())
                    .find(|next| kinds.get(*next) != Some(&Kind::Prose))
                    .unwrap_or(kinds.len());
                let paragraph: Vec<&str> = lines.get(at..end).unwrap_or_default().to_vec();
                let found = starts(&paragraph, &mut open);
                for (place, kind) in kinds.iter_mut().skip(at).zip(found) {
                    *place = kind;
                }
                at = end;
            }
            Kind::Html => {
                starts(&[lines.get(at).copied().unwrap_or_default()], &mut open);
                at += 1;
            }
            Kind::Code | Kind::Quote | Kind::Blank => at += 1,
        }
    }
}

/// For each line of a paragraph: what its start stands in. `open` counts the tags that wait for their end.
fn starts(lines: &[&str], open: &mut usize) -> Vec<Kind> {
    let text = lines.join("\n");
    let closers = runs(&text);
    let mut kinds = Vec::with_capacity(lines.len());
    let bytes = text.as_bytes();
    // Once one was looked for in vain, none comes: looking again would take the square of the length.
    let mut vain = (false, false);
    let begins = |open: usize| if open > 0 { Kind::Html } else { Kind::Prose };
    kinds.push(begins(*open));
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let (to, kind) = match byte {
            b'\\' => (at + 1 + usize::from(bytes.get(at + 1).is_some_and(|next| *next != b'\n')), None),
            b'`' => {
                let length = bytes.iter().skip(at).take_while(|b| **b == b'`').count();
                match closer(&closers, at + length, length) {
                    Some(end) => (end, Some(Kind::Code)),
                    None => (at + length, None),
                }
            }
            b'<' if is_tag(bytes.get(at + 1)) => match ending(&text, at, &mut vain) {
                Some(end) => {
                    count(text.get(at..end).unwrap_or_default(), open);
                    (end, Some(Kind::Html))
                }
                None => (at + 1, None),
            },
            _ => (at + 1, None),
        };
        for byte in bytes.get(at..to).unwrap_or_default() {
            if *byte == b'\n' {
                kinds.push(kind.unwrap_or_else(|| begins(*open)));
            }
        }
        at = to;
    }
    kinds
}

fn is_tag(next: Option<&u8>) -> bool {
    next.is_some_and(|b| b.is_ascii_alphabetic() || matches!(b, b'/' | b'!' | b'?'))
}

/// Where the tag or comment that begins here ends. `vain`: no end of a tag, or of a comment, comes any more.
fn ending(text: &str, at: usize, vain: &mut (bool, bool)) -> Option<usize> {
    let rest = text.get(at..)?;
    let (end, vain) = if rest.starts_with("<!--") { ("-->", &mut vain.1) } else { (">", &mut vain.0) };
    if *vain {
        return None;
    }
    let found = rest.find(end).map(|place| at + place + end.len());
    *vain = found.is_none();
    found
}

/// A tag opens something or ends it; an address in brackets does neither.
fn count(tag: &str, open: &mut usize) {
    let inner = tag.trim_start_matches('<').trim_end_matches('>');
    let (closes, inner) = inner.strip_prefix('/').map_or((false, inner), |inner| (true, inner));
    let name: String = inner.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
    let after = inner.chars().nth(name.len());
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && after.is_none_or(|c| c.is_whitespace() || c == '/');
    if !is_name || VOID.contains(&name.to_ascii_lowercase().as_str()) || inner.ends_with('/') {
        return;
    }
    *open = if closes { open.saturating_sub(1) } else { *open + 1 };
}

/// Where runs of backticks of each length end, in order.
fn runs(text: &str) -> BTreeMap<usize, Vec<usize>> {
    let mut found: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let mut length = 0;
    for (at, byte) in text.bytes().enumerate() {
        if byte == b'`' {
            length += 1;
        } else if length > 0 {
            found.entry(length).or_default().push(at);
            length = 0;
        }
    }
    if length > 0 {
        found.entry(length).or_default().push(text.len());
    }
    found
}

/// The end of the next run of that length that begins at `from` or later (section 6.1).
fn closer(runs: &BTreeMap<usize, Vec<usize>>, from: usize, length: usize) -> Option<usize> {
    let ends = runs.get(&length)?;
    let next = ends.partition_point(|end| *end < from + length);
    ends.get(next).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::command::read::block;

    fn lines(text: &str) -> Vec<String> {
        let said = spoken(text).said();
        block(&said).map_or_else(Vec::new, |block| block.lines.iter().map(|&line| line.to_owned()).collect())
    }

    /// GITHUB: "code blocks, quotes and HTML are skipped".
    #[test]
    fn what_is_not_said_does_not_fire() {
        for hidden in [
            "```\n!own me\n```",
            "```text\n!own me",
            "````\n```\n!own me\n````",
            "~~~\n!own me\n~~~",
            "   ```\n!own me\n   ```",
            "    !own me",
            "\t!own me",
            "  \t!own me",
            "> !own me",
            ">!own me",
            "  > quoted\n!own me",
            "> quoted\n    !own me",
            "> ```\n!own me",
            "> > a\n!own me\n!own bob",
            "`!own me`",
            "`a\n!own me\nb`",
            "``a\n!own me ` b\n``",
            "<!-- \n!own me\n-->",
            "<!--\n\n!own me\n\n-->",
            "<!-- unfinished\n\n!own me",
            "<details>\n\n!own me\n\n</details>",
            "<details><summary>x</summary>\n\n!own me\n</details>",
            "<blockquote>\n\n!own me\n\n</blockquote>",
            "<div\n!own me\n>",
            "<div>\n!own me",
            "<pre>\n\n!own me\n</pre>",
            "<script>\n\n!own me\n\n</script>",
            "<?\n\n!own me\n?>",
            "<![CDATA[\n\n!own me\n]]>",
            "<!DOCTYPE\n!own me\n>",
            "<b title='\n!own me\n'>",
            "- !own me",
            "1. !own me",
            "# !own me",
            "| !own me |",
            "text\n!own me",
            "&#33;own me",
            "\\!own me",
            "!\u{200b}own me",
            "\u{ff01}own me",
            "![own](me)",
            "[x]: /url '\n!own me\n'",
            "$$\n!own me\n$$",
        ] {
            assert_eq!(lines(hidden), Vec::<String>::new(), "{hidden:?} {:?}", spoken(hidden).kinds());
        }
    }

    #[test]
    fn what_is_said_fires() {
        for (text, wanted) in [
            ("!own me", vec!["!own me"]),
            ("\r\n!own me\r\n!severity high\r\nmy words", vec!["!own me", "!severity high"]),
            ("   !own me", vec!["!own me"]),
            ("> she said\n\n!own me", vec!["!own me"]),
            ("```\n!own bob\n```\n!own me", vec!["!own me"]),
            ("~~~ a`b\n!own bob\n~~~\n!own me", vec!["!own me"]),
            ("``` a`b ```\n!own me", vec![]),
            ("<!-- a note -->\n!own me", vec!["!own me"]),
            ("<details>\n\n!own bob\n\n</details>\n\n!own me", vec!["!own me"]),
            ("<br>\n\n!own me", vec!["!own me"]),
            ("!own me\n    !severity high", vec!["!own me", "!severity high"]),
            ("!own me\n\n> quoted\n\n!severity high", vec!["!own me", "!severity high"]),
            ("!known <https://example.org/a>\n!own me", vec!["!known <https://example.org/a>", "!own me"]),
            (
                "!reporter <rena@reporter.example>\n!own me",
                vec!["!reporter <rena@reporter.example>", "!own me"],
            ),
            ("!close bug if a < b\n!own me", vec!["!close bug if a < b", "!own me"]),
            ("!close bug if a <b\n!own me", vec!["!close bug if a <b", "!own me"]),
            ("!close bug in `f\n!own me\n`", vec!["!close bug in `f"]),
            ("!close bug in `f`\n!own me", vec!["!close bug in `f`", "!own me"]),
            ("!close bug in \\`f\n!own me `x`", vec!["!close bug in \\`f", "!own me `x`"]),
        ] {
            assert_eq!(lines(text), wanted, "{text:?} {:?}", spoken(text).kinds());
        }
    }

    #[test]
    fn a_reply_keeps_code_and_drops_what_nobody_sees() {
        let text = "!reply\nHello,\n\n```\nfoo --bar\n```\n<!-- not for them -->\n> old\n\nBye";
        let spoken = spoken(text);
        assert_eq!(spoken.written_from(1), "Hello,\n\n```\nfoo --bar\n```\n\nBye");
    }

    /// Hostile input: as long as GitHub takes it, and no shape of it takes more than its length.
    #[test]
    fn hostile_text_takes_time_by_its_length() {
        for piece in [
            "`",
            "``a`",
            "<",
            "<a ",
            "<!--",
            "<!-- ",
            ">",
            "\\`",
            "~~~\n",
            "<b>\n",
            "`a``b```c\n",
            "<a\n",
            "!own\n",
            "\t",
            "> <!--\n",
            "</a>",
            "</",
            "<![CDATA[",
            "- `\n",
        ] {
            let text = piece.repeat(262_144 / piece.len());
            assert_eq!(spoken(&text).kinds().len(), text.split('\n').count(), "{piece:?}");
        }
        let grows: String = (1..700).map(|n| format!("{}a", "`".repeat(n))).collect();
        spoken(&grows);
    }
}
