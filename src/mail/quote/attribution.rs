//! The line over a quote that says who wrote it and when.
//!
//! Every mail program words it its own way and in its user's language, and wraps it where it likes. So the words
//! are only half of the evidence; the other half is the same everywhere: a date, a time, an address, a colon.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::each;

/// How sure an attribution is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Strength {
    /// A program wrote it: enough to take unmarked text below it for history.
    Certain,
    /// Enough when `>` follows, and then it says that the mail is a reply.
    Likely,
    /// `Ann wrote:`: tells about the one quote directly under it.
    Loose,
}

/// An attribution and the line after its last one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) end: usize,
    pub(super) strength: Strength,
}

/// How many lines a wrapped attribution may have, and how many bytes all of them together.
const LINES: usize = 6;
const BYTES: usize = 600;

/// How the first line begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Start {
    /// `On`, `Am`, `Le`, `El`: and a digit soon after.
    Opener,
    /// A date, a time or a day of the week.
    Date,
    /// `Ann Example <ann@mail.example> wrote`.
    Name,
    /// `Quoting Ann Example <ann@mail.example>:`.
    Quoting,
    /// None of these.
    Plain,
}

const OPENERS: &str = "on|at|am|le|el|em|il|op|den|dnia|w dniu|dne|dňa|in data|în data|pe data|pada|vào|no dia|\
    el dia|a les|на|от|в|στις|בתאריך|ב-|في|tarihinde|ai|em data";
const DAYS: &str = "monday|tuesday|wednesday|thursday|friday|saturday|sunday|mon|tue|wed|thu|fri|sat|sun|montag|\
    dienstag|mittwoch|donnerstag|freitag|samstag|sonntag|lundi|mardi|mercredi|jeudi|vendredi|\
    samedi|dimanche|lunes|martes|miércoles|jueves|viernes|sábado|domingo|segunda-feira|\
    terça-feira|quarta-feira|quinta-feira|sexta-feira|понедельник|вторник|среда|четверг|пятница|\
    суббота|воскресенье|пн|вт|ср|чт|пт|сб|вс|man|tir|ons|tor|fre|lør|søn|mån|tis|lör|sön|ma|ti|\
    ke|to|pe|la|su|pon|wt|śr|czw|pt|sob|niedz|po|út|st|čt|pá|so|ne";
/// What stands where English has "wrote".
const VERBS: &str = "wrote|writes|schrieb|geschrieben|a écrit|écrit|écrivait|escribió|escribio|escribía|escreveu|\
    ha scritto|scrisse|scrive|schreef|geschreven|skrev|kirjoitti|napisał|napisała|napisał(a)|\
    napisał/a|pisze|napsal|napsala|napsal(a)|napísal|napísal(a)|написал|написала|написал(а)|\
    пишет|писал|писал(а)|написав|пише|va escriure|ha escrit|írta|ezt írta|a scris|je napisao|\
    je napisala|je napisao/la|napisao|yazdı|şunu yazdı|έγραψε|menulis|đã viết|כתב|כתבה|כתב/ה|\
    كتب|เขียน|rašė|rakstīja|kirjutas|skrifaði";
/// The same in languages that set no spaces around it.
const VERBS_JOINED: &str =
    "写道|寫道|님이 작성|님이 썼습니다|さんは書きました|さんが書きました|のメール|のメッセージ";
const QUOTING: &str = "quoting |zitat von |citando |citando a |quotando |en réponse à |citat av ";
/// A sentence about somebody's words, not a program's line, holds one of these.
const PROSE: &str = "i|we|they|he|she|it|who|which|that|and|vendor|team|maintainer|maintainers|then|ich|wir|er|\
    und|der|hersteller|nous|ils|il|elle|et|nosotros|ellos|y";

/// The attribution that begins on this line, if one does.
pub(super) fn at(lines: &[&str], first: usize) -> Option<Found> {
    let line = *lines.get(first)?;
    if line.len() > BYTES || line.starts_with("    ") || line.starts_with('\t') {
        return None;
    }
    let start = start_of(line);
    if start == Start::Plain {
        let strength = loose(line)?;
        return Some(Found { end: first + 1, strength });
    }
    let mut joined = String::new();
    for (at, line) in lines.iter().enumerate().skip(first).take(LINES) {
        let part = line.trim();
        if part.is_empty() {
            // One program sets a blank line before the address.
            if lines.get(at + 1).is_some_and(|next| next.trim_start().starts_with('<')) {
                continue;
            }
            return None;
        }
        if at > first && !continues(part) {
            return None;
        }
        if joined.len() + part.len() > BYTES {
            return None;
        }
        if !joined.is_empty() {
            joined.push(' ');
        }
        joined.push_str(part);
        if ends_here(part, start)
            && let Some(strength) = judge(&joined, start)
        {
            return Some(Found { end: at + 1, strength });
        }
        if part.ends_with([':', '：']) || ends_sentence(part) {
            return None;
        }
    }
    None
}

/// Whether a line may be the second or a later one of an attribution.
fn continues(part: &str) -> bool {
    if part.starts_with('>') {
        return is_tail(part);
    }
    start_of(part) != Start::Opener
}

/// The end of a wrapped address (`>:`, `> wrote:`), which is no quote.
pub(super) fn is_tail(line: &str) -> bool {
    let Some(rest) = line.trim().strip_prefix('>') else { return false };
    let rest = rest.trim();
    rest.len() < 40 && (rest == ":" || rest == "：" || ends_with_verb(&core_of(rest).to_lowercase()))
}

fn ends_here(part: &str, start: Start) -> bool {
    let core = part.trim_end_matches(['-', '*', '_', ' ']);
    core.ends_with([':', '：'])
        || (core.ends_with('>') && start == Start::Date)
        || ends_with_verb(&core.to_lowercase())
}

/// A full stop that is not the one of an ordinal (`28.`) or a short word (`Apr.`).
fn ends_sentence(part: &str) -> bool {
    if part.ends_with(['!', '?', '。', '！', '？']) {
        return true;
    }
    part.strip_suffix('.').is_some_and(|rest| {
        let word = rest.rsplit(' ').next().unwrap_or(rest);
        word.chars().count() > 4 && !word.ends_with(|c: char| c.is_ascii_digit())
    })
}

/// The words of a list by their first letter: nearly every line of a mail begins with none of them.
struct Beginnings(BTreeMap<char, Vec<&'static str>>);

impl Beginnings {
    fn of(list: &'static str) -> Self {
        let mut all: BTreeMap<char, Vec<&str>> = BTreeMap::new();
        for word in each(list) {
            all.entry(word.chars().next().unwrap_or(' ')).or_default().push(word);
        }
        Self(all)
    }

    /// What follows those words of the list that this text, in lower case, begins with.
    fn rests<'t>(&self, head: &'t str) -> impl Iterator<Item = (&'static str, &'t str)> {
        let words = head.chars().next().and_then(|first| self.0.get(&first));
        words.into_iter().flatten().filter_map(move |word| Some((*word, head.strip_prefix(word)?)))
    }
}

static OPENING: LazyLock<Beginnings> = LazyLock::new(|| Beginnings::of(OPENERS));
static DAY: LazyLock<Beginnings> = LazyLock::new(|| Beginnings::of(DAYS));
static QUOTES: LazyLock<Beginnings> = LazyLock::new(|| Beginnings::of(QUOTING));

fn start_of(line: &str) -> Start {
    let text = line.trim_start_matches(['-', '*', '_', ' ']);
    let start = text.chars().take(44);
    let digit_soon = start.clone().any(|c| c.is_ascii_digit());
    let head = start.collect::<String>().to_lowercase();
    let bounded =
        |(word, rest): (&str, &str)| rest.starts_with([' ', ',', '.', '\u{a0}']) || word.ends_with('-');
    if digit_soon && (OPENING.rests(&head).any(bounded) || head.starts_with(['在', '於', '于'])) {
        return Start::Opener;
    }
    if head.starts_with(|c: char| c.is_ascii_digit()) || (digit_soon && DAY.rests(&head).any(bounded)) {
        return Start::Date;
    }
    if QUOTES.rests(&head).next().is_some() {
        return Start::Quoting;
    }
    if names_writer(text) { Start::Name } else { Start::Plain }
}

/// `Ann Example <ann@mail.example> wrote ...`: a short name, an address, and directly after it the verb.
fn names_writer(text: &str) -> bool {
    let Some((name, rest)) = text.split_once('<') else { return false };
    let Some((address, rest)) = rest.split_once('>') else { return false };
    let rest = rest.trim_start_matches(['>', ' ', ',']).to_lowercase();
    let said = each(VERBS).chain(each(VERBS_JOINED)).any(|verb| rest.starts_with(verb))
        || rest.starts_with(['于', '在', '於', '님']);
    said && address.contains('@') && name.chars().count() <= 60 && !name.contains(". ")
}

/// The text without the colon, rules and stars that may end it.
fn core_of(text: &str) -> &str {
    text.trim_end_matches(['-', '*', '_', ' ']).trim_end_matches([':', '：', ' ', '\u{a0}'])
}

fn ends_with_verb(lower: &str) -> bool {
    let lower = core_of(lower);
    let bounded = |verb: &str| {
        lower
            .strip_suffix(verb)
            .is_some_and(|rest| !rest.chars().next_back().is_some_and(char::is_alphanumeric))
    };
    each(VERBS).any(bounded) || each(VERBS_JOINED).any(|verb| lower.ends_with(verb))
}

fn judge(joined: &str, start: Start) -> Option<Strength> {
    let lower = joined.to_lowercase();
    let core = core_of(&lower);
    let colon = lower.trim_end_matches(['-', '*', '_', ' ']).ends_with([':', '：']);
    let ends = ends_with_verb(core);
    let padded = format!(" {core} ");
    let holds = |verb: &str| padded.contains(&format!(" {verb} "));
    let verb = ends || (colon && (each(VERBS).any(holds) || each(VERBS_JOINED).any(|v| core.contains(v))));
    let (address, date, time) = (has_address(core), has_date(core), has_time(core));
    let complete = ends && address && date && time;
    if !(colon || complete) {
        // "2013/7/20 Ann <ann@mail.example>", as one web mail wrote it for years.
        let bare = start == Start::Date && address && date && core.ends_with('>');
        return bare.then_some(Strength::Likely);
    }
    let address_last = core.ends_with(['>', ')']) || core.ends_with("&gt;");
    let prose = !address
        && core.split(|c: char| !c.is_alphanumeric()).skip(1).any(|word| each(PROSE).any(|w| w == word));
    if verb && (address || (date && time)) {
        return Some(if prose { Strength::Likely } else { Strength::Certain });
    }
    if start == Start::Date && address && address_last && date && time && !core.contains("=<") {
        return Some(Strength::Certain);
    }
    let likely = (verb && (date || time))
        || (address && address_last && start != Start::Name && (date || start == Start::Quoting));
    likely.then_some(Strength::Likely)
}

/// A line that begins with nothing known: `Ann wrote:`, or `* Ann <ann@mail.example> [2026-05-03]:`.
fn loose(line: &str) -> Option<Strength> {
    let text = line.trim();
    if text.chars().count() > 120 || !text.ends_with([':', '：']) {
        return None;
    }
    let lower = text.to_lowercase();
    let core = core_of(&lower);
    if ends_with_verb(core) {
        let known = has_address(core) || (has_date(core) && has_time(core));
        if known && core.split_whitespace().count() <= 14 {
            return Some(Strength::Likely);
        }
        return (core.split_whitespace().count() <= 5).then_some(Strength::Loose);
    }
    (has_address(core) && (has_date(core) || core.ends_with('>'))).then_some(Strength::Loose)
}

/// An address in brackets: programs set them, sentences mostly do not.
fn has_address(text: &str) -> bool {
    text.rsplit_once('@')
        .is_some_and(|(before, _)| before.contains(['<', '(', '[']) || before.contains("&lt;"))
}

/// A year, or a date in three numbers.
fn has_date(text: &str) -> bool {
    let year = |run: &str| run.len() == 4 && (run.starts_with("19") || run.starts_with("20"));
    let digits = |part: &str| (1..=4).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    let three = |token: &str| {
        ['.', '/', '-'].iter().any(|sign| {
            let mut parts = token.trim_matches(*sign).split(*sign);
            (0..3).all(|_| parts.next().is_some_and(digits)) && parts.next().is_none()
        })
    };
    text.split(|c: char| !c.is_ascii_digit()).any(year)
        || text.split(|c: char| !(c.is_ascii_digit() || "./-".contains(c))).any(three)
}

/// A time of day: `15:04`, `15:04:05`, `15.04`, `15h04`.
fn has_time(text: &str) -> bool {
    let two = |part: &str| (1..=2).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    text.split(|c: char| !(c.is_ascii_digit() || ":.h".contains(c))).any(|token| {
        [':', '.', 'h'].iter().any(|sign| {
            let parts: Vec<&str> = token.trim_matches(['.', ':']).split(*sign).take(4).collect();
            let count_fits = if *sign == ':' { (2..=3).contains(&parts.len()) } else { parts.len() == 2 };
            count_fits
                && parts.iter().all(|part| two(part))
                && parts.get(1).is_some_and(|minutes| minutes.len() == 2)
        })
    })
}
