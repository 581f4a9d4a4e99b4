//! What the writer of a mail newly wrote, and what is history, signature or footer.
//!
//! Mail has no mark for "this part is new" (RFC 3676 section 4.5 names `>` a convention, no more), so this is a
//! judgment. Taking a reporter's words for a quote costs a report; keeping a quote costs a glance. Hence:
//!
//! * `>` is a quote only where something says that the mail is a reply: an attribution (`On ... wrote:`), a header
//!   block or a divider, above it or inside it. Before that it may be a prompt, a diff, or a passage from a manual.
//! * Everything below an attribution, header block or divider is history only when its text carries no `>`; where it
//!   does, the lines without it are answers.
//! * Fenced code is never looked into.
//! * A result without a word is no result: then all of the text is new.
//!
//! Every line of the text is in exactly one of the two results. Time and memory are linear in the text: each test
//! looks at a bounded number of lines, each of bounded length.

mod attribution;
mod history;
mod signature;
mod verbatim;

use attribution::Strength;

/// A text in two parts; lines are ended by LF and keep their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Split {
    /// What was newly written. Holds a word whenever the text holds one.
    pub new_words: String,
    /// All else: quotes, attributions, earlier mails, signatures, list footers, PGP armor.
    pub quoted: String,
}

impl Split {
    /// Whether the writer said anything of their own. A mail of nothing but quotes keeps them as its words, because a
    /// reply is never emptied; such a mail says nothing.
    pub fn says_something(&self) -> bool {
        let lines: Vec<&str> = self.new_words.lines().map(str::trim).collect();
        let paragraphs = lines.split(|line| line.is_empty());
        paragraphs.filter(|lines| !lines.is_empty()).any(|lines| {
            let own = lines.split(|line| line.starts_with('>')).next().unwrap_or_default();
            let introduces = own.len() < lines.len() && own.len() <= 3;
            let attribution = introduces && own.last().is_some_and(|line| line.ends_with(':'));
            !own.is_empty() && !attribution
        })
    }
}

/// Splits the text of a mail (decoded, LF or CRLF) into its new words and the rest.
///
/// Total: any text gives a result. Linear in the length of the text.
pub fn split(text: &str) -> Split {
    let lines: Vec<&str> = text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line)).collect();
    let mut reading = Reading::new(&lines);
    reading.find_history();
    reading.find_signatures();
    let new_words = reading.collect(Fate::New);
    if has_word(&new_words) {
        return Split { quoted: reading.collect(Fate::Rest), new_words };
    }
    Split { new_words: tidy(lines.iter().copied()), quoted: String::new() }
}

/// The same for what stands below the commands of a mail: there words stand above it, so that a signature or a quote alone
/// says nothing.
pub fn split_below(text: &str) -> Split {
    let split = split(&format!("Commands.\n\n{text}"));
    let words = split.new_words.strip_prefix("Commands.").map_or("", str::trim).to_owned();
    Split { new_words: words, quoted: split.quoted }
}

/// Where a line goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    New,
    Rest,
}

/// How the text below an attribution is marked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Marks {
    /// `>` stands near: unmarked lines are answers.
    Angle,
    /// Another mark (`|`, `Ann>`) stands directly below, on the lines up to here.
    Other { end: usize },
    /// No mark: nobody can tell where the quote ends.
    None,
}

/// One reading of a text, line by line, from the top.
struct Reading<'a> {
    lines: &'a [&'a str],
    fates: Vec<Fate>,
    shielded: Vec<bool>,
    /// Something said that this is a reply, so that `>` means a quote.
    is_reply: bool,
    /// New words stand above the line that is being read.
    words_above: bool,
    /// Answers may be anywhere below, unmarked: the mail begins with an attribution, or says "my answers are inline".
    answers_below: bool,
}

impl<'a> Reading<'a> {
    fn new(lines: &'a [&'a str]) -> Self {
        let mut fates = vec![Fate::New; lines.len()];
        for range in verbatim::armor(lines) {
            mark(&mut fates, range.start, range.end);
        }
        let shielded = verbatim::fenced(lines);
        Self { lines, fates, shielded, is_reply: false, words_above: false, answers_below: false }
    }

    /// The line at this place; an empty one beyond the end.
    fn line(&self, at: usize) -> &'a str {
        self.lines.get(at).copied().unwrap_or("")
    }

    fn find_history(&mut self) {
        let mut at = 0;
        while at < self.lines.len() {
            if self.shielded.get(at) == Some(&true) || self.fates.get(at) == Some(&Fate::Rest) {
                self.words_above |= self.fates.get(at) == Some(&Fate::New) && has_word(self.line(at));
                at += 1;
                continue;
            }
            at = self
                .quote_run(at)
                .or_else(|| self.attribution(at))
                .or_else(|| self.earlier_mail(at))
                .unwrap_or_else(|| {
                    self.words_above |= has_word(self.line(at));
                    self.answers_below |= points_below(self.line(at));
                    at + 1
                });
        }
    }

    /// A run of lines that begin with `>`; where reading goes on, if there is one here.
    fn quote_run(&mut self, at: usize) -> Option<usize> {
        let run: Vec<&str> = self.lines.iter().skip(at).map_while(|line| unquoted(line)).collect();
        if run.is_empty() {
            return None;
        }
        let end = at + run.len();
        if !self.is_reply {
            self.is_reply = says_reply(&run);
        }
        let whole = self.lines.get(at..end).unwrap_or_default();
        let above =
            [at.checked_sub(2).map_or("", |n| self.line(n)), at.checked_sub(1).map_or("", |n| self.line(n))];
        if self.is_reply && !verbatim::is_own(whole, above) {
            mark(&mut self.fates, at, end);
        } else {
            self.words_above = true;
        }
        Some(end)
    }

    /// An attribution, over one or more lines; where reading goes on, if there is one here.
    fn attribution(&mut self, at: usize) -> Option<usize> {
        let found = attribution::at(self.lines, at)?;
        let end = found.end;
        match (self.marks_below(end, found.strength), found.strength) {
            (Marks::Angle, Strength::Certain | Strength::Likely) => self.is_reply = true,
            // "Ann wrote:" without date or address: good for the one quote under it.
            (Marks::Angle, Strength::Loose) => return self.loose_quote(at, end),
            (Marks::Other { end: marked }, Strength::Certain | Strength::Likely) => {
                self.is_reply = true;
                mark(&mut self.fates, at, marked);
                return Some(marked);
            }
            (Marks::None, Strength::Certain) if self.stands_alone(at, end) => {
                self.is_reply = true;
                if self.words_above && !self.answers_below {
                    return Some(self.cut(at));
                }
                self.answers_below = true;
            }
            (Marks::Other { .. } | Marks::None, _) => return None,
        }
        mark(&mut self.fates, at, end);
        Some(end)
    }

    /// The quote directly under an attribution that proves nothing about the rest of the mail.
    fn loose_quote(&mut self, at: usize, end: usize) -> Option<usize> {
        let start = self.next_filled(end)?;
        let length = self.lines.iter().skip(start).map_while(|line| unquoted(line)).count();
        if length == 0 {
            return None;
        }
        mark(&mut self.fates, at, start + length);
        Some(start + length)
    }

    /// A divider or header block over an earlier mail; where reading goes on, if there is one here.
    fn earlier_mail(&mut self, at: usize) -> Option<usize> {
        let last_words = (0..at).rev().take(4).map(|n| self.line(n)).find(|line| !line.trim().is_empty());
        let end = history::at(self.lines, at, last_words.unwrap_or(""))?;
        let next = match end {
            history::Found::Mail { end } => end,
            history::Found::NoMail { end } => {
                // A group of header lines is judged once, or a text of nothing else would take quadratic time.
                self.words_above = true;
                return Some(end);
            }
        };
        self.is_reply = true;
        if self.answers_below || self.next_filled(next).is_some_and(|n| unquoted(self.line(n)).is_some()) {
            mark(&mut self.fates, at, next);
            return Some(next);
        }
        Some(self.cut(at))
    }

    /// From here on all is history, with the rule of dashes that may stand above it.
    fn cut(&mut self, at: usize) -> usize {
        let mut start = at;
        for above in (0..at).rev().take(6) {
            let line = self.line(above);
            if !line.trim().is_empty() {
                if !is_rule(line) {
                    break;
                }
                start = above;
            }
        }
        mark(&mut self.fates, start, self.lines.len());
        self.lines.len()
    }

    fn next_filled(&self, from: usize) -> Option<usize> {
        (from..self.lines.len()).take(6).find(|n| !self.line(*n).trim().is_empty())
    }

    fn marks_below(&self, from: usize, strength: Strength) -> Marks {
        let Some(first) = self.next_filled(from) else { return Marks::None };
        // Looked for only where it is then used: a run of lines that are all attributions would be read again and again.
        if strength != Strength::Loose
            && let Some(end) = other_marks(self.lines, first)
        {
            return Marks::Other { end };
        }
        let mut filled =
            (first..self.lines.len()).take(24).filter(|n| !self.line(*n).trim().is_empty()).take(10);
        let quoted = |line: &str| unquoted(line).is_some() && !attribution::is_tail(line);
        if filled.any(|n| quoted(self.line(n))) { Marks::Angle } else { Marks::None }
    }

    /// Whether these lines are set off as a mail program does it, and the text below is not a saying in quotation
    /// marks: a report may tell what somebody wrote on some day.
    fn stands_alone(&self, at: usize, end: usize) -> bool {
        let above = at.checked_sub(1).map_or("", |n| self.line(n)).trim();
        let below = self.next_filled(end).map_or("", |n| self.line(n).trim());
        let saying = below.starts_with(['"', '“', '”', '„', '«', '»', '‘', '\'', '`']);
        (above.is_empty() || is_rule(above)) && self.line(end).trim().is_empty() && !saying
    }

    /// Signatures and footers end a stretch of new lines: before a quote, or at the end of the mail.
    fn find_signatures(&mut self) {
        let mut start = 0;
        while start < self.fates.len() {
            let length = self.fates.iter().skip(start).take_while(|fate| **fate == Fate::New).count();
            let end = start + length;
            let stretch = self.lines.get(start..end).unwrap_or_default();
            // Nothing above the last fence can be a signature.
            let fence = self
                .shielded
                .get(start..end)
                .unwrap_or_default()
                .iter()
                .rposition(|s| *s)
                .map_or(0, |n| n + 1);
            let keep = fence + signature::body_length(stretch.get(fence..).unwrap_or_default());
            mark(&mut self.fates, start + keep, end);
            start = end + 1;
        }
    }

    fn collect(&self, fate: Fate) -> String {
        let mut last = None;
        let mut chosen = Vec::new();
        for (at, (line, own)) in self.lines.iter().zip(&self.fates).enumerate() {
            if *own == fate {
                // Two stretches that were apart stay apart.
                if last.is_some_and(|n| n + 1 != at)
                    && chosen.last().is_some_and(|l: &&str| !l.trim().is_empty())
                {
                    chosen.push("");
                }
                chosen.push(line);
                last = Some(at);
            }
        }
        tidy(chosen.into_iter())
    }
}

/// The words of a list that is written `one|two`.
fn each(list: &'static str) -> impl Iterator<Item = &'static str> {
    list.split('|')
}

fn mark(fates: &mut [Fate], start: usize, end: usize) {
    for fate in fates.iter_mut().take(end).skip(start) {
        *fate = Fate::Rest;
    }
}

/// Joins lines, without the blank ones at both ends.
fn tidy<'a>(lines: impl DoubleEndedIterator<Item = &'a str>) -> String {
    let mut all: Vec<&str> = lines.skip_while(|line| line.trim().is_empty()).collect();
    while all.last().is_some_and(|line| line.trim().is_empty()) {
        all.pop();
    }
    all.join("\n")
}

/// Whether there is anything to read: a letter, a digit, or a sign like an emoji; dashes and invisible ones are none.
fn has_word(text: &str) -> bool {
    let blank = |c: char| {
        c.is_ascii()
            || c.is_whitespace()
            || c.is_control()
            || matches!(c, '\u{ad}' | '·' | '\u{2000}'..='\u{206f}' | '\u{3000}'..='\u{303f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
    };
    text.chars().any(|c| c.is_alphanumeric() || !blank(c))
}

/// Whether a line says that something is written further down, between the lines of the earlier mail.
fn points_below(line: &str) -> bool {
    const HINTS: &str = "inline|in-line|in line|below|in red|in blue|interspersed|im text|weiter unten|siehe unten|s.u.|ci-dessous|\
        plus bas|más abajo|abaixo|sotto|hieronder|nedan|nedenfor|poniżej|ниже|下記|以下|如下|见下|아래";
    let lower: String = line.chars().take(400).collect::<String>().to_lowercase();
    each(HINTS).any(|hint| lower.contains(hint))
}

/// A line made of dashes or the like, as programs set it above an earlier mail.
fn is_rule(line: &str) -> bool {
    let line = line.trim();
    line.len() >= 2 && line.chars().all(|c| "-_=*—–".contains(c))
}

/// The text of a line without its quote marks, if it has any; one space may stand before the first.
fn unquoted(line: &str) -> Option<&str> {
    let rest = line.strip_prefix(' ').unwrap_or(line);
    rest.starts_with('>').then(|| rest.trim_start_matches(['>', ' ']))
}

/// Whether quoted lines hold what a mail program writes over a quote.
fn says_reply(run: &[&str]) -> bool {
    let mut at = 0;
    while at < run.len() {
        if attribution::at(run, at).is_some_and(|found| found.strength != Strength::Loose) {
            return true;
        }
        at = match history::at(run, at, "") {
            Some(history::Found::Mail { .. }) => return true,
            Some(history::Found::NoMail { end }) => end,
            None => at + 1,
        };
    }
    false
}

/// The end of a run of lines that all begin with `|`, or with the same short word and `>` (`Ann> text`).
fn other_marks(lines: &[&str], first: usize) -> Option<usize> {
    let line = lines.get(first)?.trim_start();
    let mark = if line.starts_with('|') {
        "|"
    } else {
        let (word, _) = line.split_once('>')?;
        if word.is_empty() || word.len() > 20 || !word.chars().all(char::is_alphanumeric) {
            return None;
        }
        word
    };
    let same = |line: &&str| {
        line.trim_start().strip_prefix(mark).is_some_and(|rest| mark == "|" || rest.starts_with('>'))
    };
    Some(first + lines.iter().skip(first).take_while(|line| same(line)).count())
}

#[cfg(test)]
mod tests;
