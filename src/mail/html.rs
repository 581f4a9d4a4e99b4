//! HTML as text, in one pass over the source whatever its nesting: nothing is built as a tree, nothing is laid out,
//! nothing is loaded.
//!
//! html2text 0.17.4 was tried and left: quadratic in the depth of tags (250 kB of `<div>`: 7 s), and it panics on a
//! table cell with `colspan=4000000000`.

/// Quotes inside quotes that still get a mark each.
const MOST_MARKS: usize = 20;

/// The text of a page: blocks on lines of their own, list items with `- `, quotes with `> `, a link followed by where it
/// goes. The flag says whether more than `levels` tags were open at once, which no page of a person has.
pub(super) fn text(source: &str, levels: usize) -> (String, bool) {
    let mut page = Page::default();
    let mut rest = source;
    while let Some(at) = rest.find('<') {
        let (words, tail) = rest.split_at_checked(at).unwrap_or((rest, ""));
        page.words(words);
        rest = page.markup(tail);
    }
    page.words(rest);
    (page.out.trim_matches('\n').to_owned(), page.deepest > levels)
}

#[derive(Default)]
struct Page {
    out: String,
    /// Line ends owed before the next word: 2 make an empty line.
    breaks: usize,
    space: bool,
    quotes: usize,
    pre: usize,
    /// The open lists, and the number of the last item of those that count.
    lists: Vec<Option<u32>>,
    open: usize,
    deepest: usize,
    /// Where the open link goes, and where its words begin.
    link: Option<(String, usize)>,
    /// An end was once looked for in vain: looking again each time would take quadratic time.
    no_comment_end: bool,
    no_quote_end: bool,
    no_silence_end: bool,
}

impl Page {
    /// Reads the markup with which `tail` begins (a `<`) and gives what follows.
    fn markup<'a>(&mut self, tail: &'a str) -> &'a str {
        let inner = tail.strip_prefix('<').unwrap_or(tail);
        if let Some(comment) = inner.strip_prefix("!--") {
            if !self.no_comment_end
                && let Some((_, after)) = comment.split_once("-->")
            {
                return after;
            }
            self.no_comment_end = true;
        }
        let name = inner.strip_prefix('/').unwrap_or(inner);
        if !name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '!' || c == '?') {
            self.words("&lt;");
            return inner;
        }
        let end = if self.no_quote_end { None } else { tag_end(inner) };
        self.no_quote_end |= end.is_none();
        let Some(end) = end.or_else(|| inner.find('>')) else { return "" };
        let (tag, after) = inner.split_at_checked(end).unwrap_or((inner, ""));
        self.tag(tag, after.strip_prefix('>').unwrap_or(after))
    }

    /// Does what a tag asks for; `after` is what follows it.
    fn tag<'a>(&mut self, tag: &str, after: &'a str) -> &'a str {
        let closes = tag.starts_with('/');
        let name: String =
            tag.trim_start_matches('/').chars().take(20).take_while(char::is_ascii_alphanumeric).collect();
        let name = name.to_ascii_lowercase();
        self.count(&name, closes, tag.ends_with('/'));
        match name.as_str() {
            "br" => self.breaks = (self.breaks + 1).min(2),
            "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "dl" | "table" => self.block(2),
            "ul" | "ol" => {
                self.block(2);
                if closes {
                    self.lists.pop();
                } else {
                    self.lists.push((name == "ol").then_some(0));
                }
            }
            "div" | "tr" | "dt" | "dd" | "section" | "article" | "header" | "footer" | "center" | "form" => {
                self.block(1);
            }
            "li" => {
                self.block(1);
                if !closes {
                    self.item();
                }
            }
            "td" | "th" => self.space = true,
            "hr" => {
                self.block(1);
                self.words("---");
                self.block(1);
            }
            "blockquote" => {
                self.quotes = if closes { self.quotes.saturating_sub(1) } else { self.quotes + 1 };
                self.block(1);
            }
            "pre" => {
                self.pre = if closes { self.pre.saturating_sub(1) } else { self.pre + 1 };
                self.block(1);
            }
            "a" if closes => self.link_ends(),
            "a" => self.link = attribute(tag, "href").map(|to| (to, self.out.len())),
            "img" => {
                if let Some(alt) = attribute(tag, "alt").filter(|a| !a.trim().is_empty()) {
                    self.words(&format!("[{}]", alt.trim()));
                }
            }
            "script" | "style" | "title" if !closes => return self.silence(&name, after),
            _ => {}
        }
        after
    }

    /// An item of a list: steps keep their numbers.
    fn item(&mut self) {
        match self.lists.last_mut() {
            Some(Some(number)) => {
                *number = number.saturating_add(1);
                let mark = format!("{number}. ");
                self.words(&mark);
            }
            Some(None) | None => self.words("- "),
        }
    }

    fn count(&mut self, name: &str, closes: bool, empty: bool) {
        let void =
            matches!(name, "br" | "hr" | "img" | "input" | "meta" | "link" | "col" | "wbr" | "p" | "li" | "");
        if closes && !void {
            self.open = self.open.saturating_sub(1);
        } else if !void && !empty {
            self.open += 1;
            self.deepest = self.deepest.max(self.open);
        }
    }

    /// Passes over what no reader shows, up to its end tag.
    fn silence<'a>(&mut self, name: &str, after: &'a str) -> &'a str {
        if self.no_silence_end {
            return after;
        }
        let mut rest = after;
        while let Some((_, tail)) = rest.split_once("</") {
            if tail.get(..name.len()).is_some_and(|t| t.eq_ignore_ascii_case(name)) {
                return tail.split_once('>').map_or("", |(_, after)| after);
            }
            rest = tail;
        }
        self.no_silence_end = true;
        after
    }

    fn block(&mut self, breaks: usize) {
        self.breaks = self.breaks.max(breaks);
        self.space = false;
    }

    /// After the words of a link: where it goes, when the words do not say it.
    fn link_ends(&mut self) {
        let Some((to, from)) = self.link.take() else { return };
        let said = self.out.get(from..).unwrap_or_default().trim();
        let to: String = to.trim().chars().take(2000).collect();
        let web = ["http://", "https://", "ftp://"].iter().any(|s| to.to_ascii_lowercase().starts_with(s));
        if web
            && !said.is_empty()
            && !to.contains(char::is_whitespace)
            && !said.contains(to.trim_end_matches('/'))
        {
            self.space = true;
            self.literal(&format!("<{to}>"));
        }
    }

    /// Puts words with their character references undone; white space counts once, but as it is in `<pre>`.
    fn words(&mut self, source: &str) {
        let mut pieces = source.split('&');
        self.literal(pieces.next().unwrap_or_default());
        for piece in pieces {
            match reference(piece) {
                Some((c, rest)) => {
                    self.put(c);
                    self.literal(rest);
                }
                None => {
                    self.put('&');
                    self.literal(piece);
                }
            }
        }
    }

    fn literal(&mut self, text: &str) {
        text.chars().for_each(|c| self.put(c));
    }

    fn put(&mut self, c: char) {
        if c.is_whitespace() {
            match c {
                '\n' if self.pre > 0 => self.breaks = (self.breaks + 1).min(2),
                '\r' => {}
                _ if self.pre > 0 => {
                    self.begin();
                    self.out.push(c);
                }
                _ => self.space = true,
            }
            return;
        }
        self.begin();
        self.out.push(c);
    }

    /// Pays the line ends and the space owed before a word.
    fn begin(&mut self) {
        let marks = self.quotes.min(MOST_MARKS);
        if self.out.is_empty() {
            self.out.push_str(&"> ".repeat(marks));
        } else if self.breaks > 0 {
            self.out.push('\n');
            if self.breaks > 1 {
                self.out.push_str("> ".repeat(marks).trim_end());
                self.out.push('\n');
            }
            self.out.push_str(&"> ".repeat(marks));
        } else if self.space && self.pre == 0 {
            self.out.push(' ');
        }
        self.breaks = 0;
        self.space = false;
    }
}

/// Where a tag ends: the first `>` that is not in a quoted value.
fn tag_end(inner: &str) -> Option<usize> {
    let mut quote: Option<u8> = None;
    let mut value = false;
    for (at, byte) in inner.bytes().enumerate() {
        match (quote, byte) {
            (None, b'>') => return Some(at),
            // A quote counts only where a value begins.
            (None, b'"' | b'\'') if value => quote = Some(byte),
            (Some(open), close) if open == close => quote = None,
            _ => {}
        }
        value = quote.is_none() && (byte == b'=' || (value && byte.is_ascii_whitespace()));
    }
    None
}

/// The value of an attribute of a tag, character references undone.
fn attribute(tag: &str, name: &str) -> Option<String> {
    let mut rest = tag.split_once(|c: char| c.is_ascii_whitespace())?.1;
    loop {
        let (before, after) = rest.split_once('=')?;
        let key = before.split_ascii_whitespace().next_back().unwrap_or_default();
        let after = after.trim_ascii_start();
        let (value, tail) = match after.chars().next() {
            Some(quote @ ('"' | '\'')) => {
                let inside = after.strip_prefix(quote)?;
                inside.split_once(quote).unwrap_or((inside, ""))
            }
            _ => after.split_once(|c: char| c.is_ascii_whitespace()).unwrap_or((after, "")),
        };
        if key.eq_ignore_ascii_case(name) {
            let mut plain = String::new();
            let mut pieces = value.split('&');
            plain.push_str(pieces.next().unwrap_or_default());
            for piece in pieces {
                let (c, rest) = reference(piece).unwrap_or(('&', piece));
                plain.push(c);
                plain.push_str(rest);
            }
            return Some(plain);
        }
        rest = tail;
    }
}

/// The named characters that mail programs write; others stay as they are.
const NAMED: [(&str, char); 62] = [
    ("amp", '&'),
    ("lt", '<'),
    ("gt", '>'),
    ("quot", '"'),
    ("apos", '\''),
    ("nbsp", ' '),
    ("ndash", '–'),
    ("mdash", '—'),
    ("lsquo", '‘'),
    ("rsquo", '’'),
    ("ldquo", '“'),
    ("rdquo", '”'),
    ("bdquo", '„'),
    ("laquo", '«'),
    ("raquo", '»'),
    ("hellip", '…'),
    ("bull", '•'),
    ("middot", '·'),
    ("copy", '©'),
    ("reg", '®'),
    ("trade", '™'),
    ("deg", '°'),
    ("euro", '€'),
    ("pound", '£'),
    ("yen", '¥'),
    ("sect", '§'),
    ("para", '¶'),
    ("times", '×'),
    ("plusmn", '±'),
    ("frac12", '½'),
    ("auml", 'ä'),
    ("ouml", 'ö'),
    ("uuml", 'ü'),
    ("Auml", 'Ä'),
    ("Ouml", 'Ö'),
    ("Uuml", 'Ü'),
    ("szlig", 'ß'),
    ("eacute", 'é'),
    ("egrave", 'è'),
    ("ecirc", 'ê'),
    ("agrave", 'à'),
    ("aacute", 'á'),
    ("acirc", 'â'),
    ("ccedil", 'ç'),
    ("iacute", 'í'),
    ("ntilde", 'ñ'),
    ("oacute", 'ó'),
    ("uacute", 'ú'),
    ("ocirc", 'ô'),
    ("icirc", 'î'),
    ("ucirc", 'û'),
    ("iuml", 'ï'),
    ("aring", 'å'),
    ("oslash", 'ø'),
    ("aelig", 'æ'),
    ("atilde", 'ã'),
    ("otilde", 'õ'),
    ("Eacute", 'É'),
    ("larr", '←'),
    ("rarr", '→'),
    ("micro", 'µ'),
    ("ensp", ' '),
];

/// The character reference at the start of what follows an `&`, and what comes after it.
fn reference(piece: &str) -> Option<(char, &str)> {
    let end = piece.bytes().take(12).position(|b| b == b';')?;
    let (name, rest) = piece.split_at_checked(end)?;
    let rest = rest.strip_prefix(';')?;
    let c = match name.strip_prefix('#') {
        Some(number) => {
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)?
        }
        None => NAMED.iter().find(|(n, _)| *n == name)?.1,
    };
    Some((c, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_reads_like_the_letter_it_is() {
        for (source, want) in [
            ("<p>Hello <b>you</b>,</p>\n<p>it  crashes.</p>", "Hello you,\n\nit crashes."),
            ("one<br>two<br><br><br>three", "one\ntwo\n\nthree"),
            ("<div>a</div><div>b</div>", "a\nb"),
            ("<ul><li>one</li><li>two</ul>x", "- one\n- two\n\nx"),
            ("<ol><li>one<ul><li>a</ul><li>two</ol>", "1. one\n\n- a\n\n2. two"),
            ("new<blockquote>old<br>older</blockquote>after", "new\n> old\n> older\nafter"),
            ("<pre>int  a;\n  b();\n</pre>", "int  a;\n  b();"),
            ("<a href='https://x.example/poc?a=1&amp;b'>PoC</a>.", "PoC <https://x.example/poc?a=1&b>."),
            ("<a href=\"https://x.example/\">https://x.example</a>", "https://x.example"),
            ("a<!-- <p>no --> b<style>p{}</style><script>if(a<b){}</script> c", "a b c"),
            ("a < b &lt;c&gt; &amp;amp; &auml;&#x41;&#66;&nope; &", "a < b <c> &amp; äAB&nope; &"),
            ("<img src=\"http://t.example/p.gif\" alt=\"a > b\">x", "[a > b]x"),
            ("<td>a</td><td>b</td>", "a b"),
            ("a <b title=\"never closed>c</b> d", "a c d"),
            ("a<!-- never closed <b>c</b>", "ac"),
        ] {
            assert_eq!(text(source, 200).0, want, "{source}");
        }
    }

    #[test]
    fn depth_is_told_and_harmless() {
        assert!(!text(&"<div><p>a<br></div>".repeat(1_000), 200).1);
        assert_eq!(text(&("<div>".repeat(201) + "words"), 200), ("words".to_owned(), true));
    }
}
