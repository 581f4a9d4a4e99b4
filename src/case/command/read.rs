//! Reading the block of commands at the top of a text (MAIL section 7).
//!
//! Blank lines are skipped; the first line that is no command ends the block, and nothing below it is ever looked at: quotes,
//! forwards and signatures cannot fire. A command is a `!` of ASCII followed by a letter. What telephones do to a text is
//! forgiven (capitals, no-break spaces, curly quotes, other dashes); other signs that look like a `!` are not one.

use super::nearest::nearest;
use super::runbook;
use super::words::Words;
use super::{Above, Ack, Command, Question, Verb, Which};
use crate::case::closure::Closure;
use crate::case::reference::Reference;
use crate::case::{Address, CaseId, MailId, MemberKey, Severity};

/// Most commands of one text.
pub const MOST_LINES: usize = 10;
/// Longest line that is read, in characters.
const LINE_CHARS: usize = 500;
/// Most working days that an acknowledgement may promise.
const MOST_DAYS: u32 = 60;

/// The commands at the top of a text, and what stands below them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block<'a> {
    /// The lines, as they were written but for white space at both ends.
    pub lines: Vec<&'a str>,
    /// The rest of the text.
    pub below: &'a str,
}

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    /// Which, from 0.
    pub line: usize,
    /// What, and what was probably meant; for the member.
    pub what: String,
}

/// The block at the top; `None` when the text does not begin with a command. Linear in the length of the block.
pub fn block(text: &str) -> Option<Block<'_>> {
    let mut lines = Vec::new();
    let mut below = text;
    let mut rest = text;
    while !rest.is_empty() {
        let (line, after) = rest.split_once('\n').unwrap_or((rest, ""));
        let trimmed = trim(line);
        if is_command(trimmed) {
            lines.push(trimmed);
            below = after;
        } else if !trimmed.is_empty() {
            break;
        }
        rest = after;
    }
    (!lines.is_empty()).then_some(Block { lines, below })
}

/// The commands of these lines.
///
/// # Errors
/// Everything that is wrong, line by line: then nothing may run.
pub fn commands(lines: &[&str]) -> Result<Vec<Command>, Vec<Complaint>> {
    let mut found = Vec::new();
    let mut complaints = Vec::new();
    for (line, text) in lines.iter().enumerate().take(MOST_LINES) {
        match command(text) {
            Ok(command) => found.push(command),
            Err(what) => complaints.push(Complaint { line, what }),
        }
    }
    if lines.len() > MOST_LINES {
        let what = format!("more than {MOST_LINES} lines in one go ({})", lines.len());
        complaints.push(Complaint { line: MOST_LINES, what });
    }
    if let Some((line, last)) = found.iter().enumerate().find(|(_, command)| command.sends_words())
        && line + 1 < lines.len()
    {
        let what = format!("{} must be the last line of the block", last.verb());
        complaints.push(Complaint { line, what });
    }
    if complaints.is_empty() { Ok(found) } else { Err(complaints) }
}

pub(super) fn is_space(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{FEFF}' | '\u{200B}')
}

pub(super) fn trim(line: &str) -> &str {
    line.trim_matches(is_space)
}

fn is_command(line: &str) -> bool {
    line.strip_prefix('!').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphabetic()))
}

/// One line: the verb in any letter case, then its arguments.
fn command(line: &str) -> Result<Command, String> {
    if line.chars().count() > LINE_CHARS {
        return Err(format!("longer than {LINE_CHARS} characters"));
    }
    let line = line.strip_prefix('!').unwrap_or(line);
    let (word, rest) = line.split_once(is_space).unwrap_or((line, ""));
    let word = word.trim_end_matches([':', '.', ',', ';']);
    let lower = word.to_ascii_lowercase();
    let Some(verb) = Verb::ALL.iter().copied().find(|verb| verb.word() == lower) else {
        let known = Verb::ALL.iter().map(|verb| verb.word());
        return Err(format!("there is no verb `{}`{}", shown(word), did_you_mean(word, known)));
    };
    arguments(verb, &Words::of(rest))
}

pub(super) fn shown(word: &str) -> String {
    word.chars().filter(|c| !c.is_control()).take(40).collect()
}

pub(super) fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(word, known).map_or(String::new(), |known| format!("; did you mean {known}?"))
}

fn arguments(verb: Verb, words: &Words<'_>) -> Result<Command, String> {
    let bare = |command| words.none(verb).map(|()| command);
    match verb {
        Verb::Help => help(words),
        Verb::Status => bare(Command::Status),
        Verb::Show => bare(Command::Show),
        Verb::List => list(words),
        Verb::Case => Ok(Command::Case(case(words.one("case")?)?)),
        Verb::Own => Ok(Command::Own(own(words)?)),
        Verb::Disown => bare(Command::Disown),
        Verb::Severity => severity(words),
        Verb::Dup => Ok(Command::Dup(case(words.one("case")?)?)),
        Verb::Link => link(words),
        Verb::Split => bare(Command::Split),
        Verb::Open => Ok(Command::Open(mail(words.one("number of a mail")?)?)),
        Verb::Spam => Ok(Command::Spam(words.at_most_one("number of a mail")?.map(mail).transpose()?)),
        Verb::New => Ok(Command::New(words.at_most_one("number of a mail")?.map(mail).transpose()?)),
        Verb::Reporter => Ok(Command::Reporter(address(words.one("address")?)?)),
        Verb::Ack => ack(words),
        Verb::Ask => ask(words),
        Verb::Known => {
            let word = words.one("CVE, GHSA or https address")?;
            let found = Reference::parse(word);
            found
                .map(Command::Known)
                .ok_or_else(|| format!("`{}` is no CVE, GHSA or https address", shown(word)))
        }
        Verb::Reply => bare(Command::Reply),
        Verb::Close => close(words),
        Verb::Reopen => Ok(Command::Reopen),
        Verb::Raise => Ok(Command::Raise(match words.first().map(str::to_ascii_lowercase).as_deref() {
            Some("tsc") => Above::Tsc,
            Some(_) | None => Above::Chairs,
        })),
        Verb::Undo => {
            let act = |word: &str| number(word).and_then(|n| u32::try_from(n).ok());
            match words.at_most_one("number of an act")? {
                None => Ok(Command::Undo(None)),
                Some(word) => act(word)
                    .map(|act| Command::Undo(Some(act)))
                    .ok_or_else(|| format!("`{}` is no number of an act", shown(word))),
            }
        }
        Verb::Confirm => Ok(Command::Confirm(words.one("word from your notice")?.to_ascii_uppercase())),
        Verb::Assess
        | Verb::Meeting
        | Verb::Embargo
        | Verb::Agreed
        | Verb::Conflict
        | Verb::Group
        | Verb::Reproduced
        | Verb::Fix
        | Verb::Installers
        | Verb::Cve
        | Verb::Credit
        | Verb::Collab
        | Verb::Advisory
        | Verb::Fork
        | Verb::Review
        | Verb::Approve
        | Verb::Object
        | Verb::Notify
        | Verb::Ready
        | Verb::Publish
        | Verb::Leaked
        | Verb::Exploited
        | Verb::Update
        | Verb::Takedown => runbook::arguments(verb, words),
    }
}

fn help(words: &Words<'_>) -> Result<Command, String> {
    let Some(word) = words.at_most_one("verb")? else { return Ok(Command::Help(None)) };
    let word = word.trim_start_matches('!').to_ascii_lowercase();
    match Verb::ALL.iter().copied().find(|verb| verb.word() == word) {
        Some(verb) => Ok(Command::Help(Some(verb))),
        None => {
            let known = Verb::ALL.iter().map(|verb| verb.word());
            Err(format!("there is no verb `{}`{}", shown(&word), did_you_mean(&word, known)))
        }
    }
}

fn list(words: &Words<'_>) -> Result<Command, String> {
    let word = words.at_most_one("kind of list")?.map(str::to_ascii_lowercase);
    match word.as_deref() {
        None | Some("open") => Ok(Command::List(Which::Open)),
        Some("mine") => Ok(Command::List(Which::Mine)),
        Some("overdue") => Ok(Command::List(Which::Overdue)),
        Some(other) => {
            Err(format!("`{}` is no list{}", shown(other), did_you_mean(other, ["open", "mine", "overdue"])))
        }
    }
}

fn own(words: &Words<'_>) -> Result<Option<MemberKey>, String> {
    let word = words.at_most_one("name")?.map(str::to_ascii_lowercase);
    Ok(word.filter(|word| word != "me").map(MemberKey))
}

fn severity(words: &Words<'_>) -> Result<Command, String> {
    let all = [Severity::None, Severity::Low, Severity::Medium, Severity::High, Severity::Critical];
    let word = words.one("severity")?.to_ascii_lowercase();
    let found = all.into_iter().find(|severity| severity.word() == word);
    found.map(Command::Severity).ok_or_else(|| {
        format!("`{}` is no severity{}", shown(&word), did_you_mean(&word, all.map(Severity::word)))
    })
}

fn link(words: &Words<'_>) -> Result<Command, String> {
    match words.all.as_slice() {
        [mail, spec] if mail.eq_ignore_ascii_case("mail") => Ok(Command::LinkMail(address(spec)?)),
        [mail] if mail.eq_ignore_ascii_case("mail") => Err("address is missing".to_owned()),
        _ => Ok(Command::Link(case(words.one("case")?)?)),
    }
}

fn ack(words: &Words<'_>) -> Result<Command, String> {
    let Some(word) = words.at_most_one("promise")?.map(str::to_ascii_lowercase) else {
        return Ok(Command::Ack(Ack::Letter(None)));
    };
    if word == "done" {
        return Ok(Command::Ack(Ack::Done));
    }
    let days = working_days(&word).map_err(|why| format!("{why}, nor is it done"))?;
    Ok(Command::Ack(Ack::Letter(Some(days))))
}

/// `5wd`
pub(super) fn working_days(word: &str) -> Result<u32, String> {
    let lower = word.to_ascii_lowercase();
    let days = lower.strip_suffix("wd").or_else(|| lower.strip_suffix('d')).unwrap_or(&lower).parse().ok();
    days.filter(|days| (1..=MOST_DAYS).contains(days)).ok_or_else(|| {
        format!("`{}` is no number of working days such as 5wd (1 to {MOST_DAYS})", shown(word))
    })
}

fn ask(words: &Words<'_>) -> Result<Command, String> {
    let mut asked: Vec<Question> = Vec::new();
    let named = words.all.iter().flat_map(|word| word.split(',')).filter(|word| !word.is_empty());
    for word in named {
        let word = word.to_ascii_lowercase();
        if matches!(word.as_str(), "again" | "remind") && words.all.len() == 1 {
            return Ok(Command::Remind);
        }
        match question(&word) {
            Some(question) if asked.contains(&question) => {}
            Some(question) => asked.push(question),
            None => {
                let known = Question::ALL.map(Question::word);
                return Err(format!("`{}` is no question{}", shown(&word), did_you_mean(&word, known)));
            }
        }
    }
    asked.sort_unstable();
    Ok(Command::Ask(asked))
}

fn question(word: &str) -> Option<Question> {
    let other = match word {
        "versions" => Some(Question::Version),
        "step" | "repro" | "poc" => Some(Question::Steps),
        "components" | "package" => Some(Question::Component),
        "platforms" | "os" => Some(Question::Platform),
        "attacker" => Some(Question::Impact),
        "date" => Some(Question::Deadline),
        "name" => Some(Question::Credit),
        _ => None,
    };
    other.or_else(|| Question::ALL.into_iter().find(|question| question.word() == word))
}

fn close(words: &Words<'_>) -> Result<Command, String> {
    let Some(word) = words.first().map(str::to_ascii_lowercase) else {
        return Err("closure is missing, such as: close bug It crashes, but only your own editor".to_owned());
    };
    let Some(closure) = Closure::ALL.into_iter().find(|closure| closure.word() == word) else {
        let known = Closure::ALL.map(Closure::word);
        return Err(format!("`{}` is no closure{}", shown(&word), did_you_mean(&word, known)));
    };
    let reason = words.after_first().to_owned();
    if closure == Closure::Duplicate {
        let id = words.all.get(1).ok_or("say of which case: dup SIR-YYYY-NNNN")?;
        return Ok(Command::Dup(case(id)?));
    }
    if closure == Closure::KnownPublic {
        return Err("say where it is public: known CVE-..., GHSA-... or an https address".to_owned());
    }
    if closure.needs_reason() && reason.is_empty() {
        return Err(format!(
            "{closure} tells the reporter why: write the reason behind it, such as: close {closure} REASON"
        ));
    }
    Ok(Command::Close { closure, reason })
}

fn case(word: &str) -> Result<CaseId, String> {
    let bare = word.trim_matches(['[', ']']);
    bare.parse().map_err(|_| format!("`{}` is no case such as SIR-2026-0007", shown(word)))
}

pub(super) fn mail(word: &str) -> Result<MailId, String> {
    number(word).map(MailId).ok_or_else(|| format!("`{}` is no number of a mail", shown(word)))
}

fn number(word: &str) -> Option<i64> {
    let digits = word.trim_start_matches('#');
    let all_digits = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    digits.parse().ok().filter(|number| all_digits && *number > 0)
}

fn address(word: &str) -> Result<Address, String> {
    let bare = word.strip_prefix("mailto:").unwrap_or(word);
    Address::parse(bare).ok_or_else(|| "that is no plain mail address".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<Command>, Vec<String>> {
        let block = block(text).expect("a block");
        commands(&block.lines)
            .map_err(|all| all.into_iter().map(|c| format!("{}: {}", c.line + 1, c.what)).collect())
    }

    #[test]
    fn the_block_is_at_the_very_top_and_ends_at_the_first_other_line() {
        let text = "\n  \u{a0}\n!Own me\r\n\n!ACK 5wd\nI take it.\n!close spam\n";
        let found = block(text).unwrap();
        assert_eq!(found.lines, ["!Own me", "!ACK 5wd"]);
        assert_eq!(found.below, "I take it.\n!close spam\n");
        assert_eq!(read(text), Ok(vec![Command::Own(None), Command::Ack(Ack::Letter(Some(5)))]));
        for text in [
            "",
            "Hello,\n!own me",
            "> !own me",
            "!",
            "!!! urgent",
            "! own me",
            "\u{ff01}own me",
            "\u{1c3}own me",
            "\u{a1}own me",
            "-- \n!own me",
            "| !own",
            "!1own",
        ] {
            assert_eq!(block(text), None, "{text}");
        }
    }

    #[test]
    fn what_a_telephone_does_is_forgiven() {
        assert_eq!(
            read(
                "\u{feff}!Severity\u{a0}High\n!Dup \u{201c}SIR\u{2011}2026\u{2013}0003\u{201d}\n!Ask steps, version,"
            ),
            Ok(vec![
                Command::Severity(Severity::High),
                Command::Dup(CaseId { year: 2026, number: 3 }),
                Command::Ask(vec![Question::Version, Question::Steps]),
            ])
        );
        assert_eq!(block("!status\nSent from my phone").unwrap().below, "Sent from my phone");
        assert_eq!(read("!own: me"), Ok(vec![Command::Own(None)]));
    }

    #[test]
    fn one_bad_line_is_told_with_what_was_meant() {
        assert_eq!(
            read("!own me\n!onw me\n!close bgu x\n!severity hihg\n!ack soon\n!close bug\n!undo -1")
                .unwrap_err(),
            [
                "2: there is no verb `onw`; did you mean own?",
                "3: `bgu` is no closure; did you mean bug?",
                "4: `hihg` is no severity; did you mean high?",
                "5: `soon` is no number of working days such as 5wd (1 to 60), nor is it done",
                "6: bug tells the reporter why: write the reason behind it, such as: close bug REASON",
                "7: `-1` is no number of an act",
            ]
        );
        assert_eq!(read("!reply\n!own").unwrap_err(), ["1: reply must be the last line of the block"]);
        assert!(read(&format!("!status {}", "x".repeat(600))).is_err());
    }

    #[test]
    fn ten_lines_and_no_more() {
        assert_eq!(read(&"!status\n".repeat(10)).unwrap().len(), 10);
        assert_eq!(read(&"!status\n".repeat(11)).unwrap_err(), ["11: more than 10 lines in one go (11)"]);
        assert!(read(&"!status\n".repeat(100_000)).is_err());
    }

    #[test]
    fn every_row_of_the_table_reads_as_its_own_verb() {
        for row in super::super::TABLE {
            let example = row
                .form
                .replace("SIR-YYYY-NNNN", "SIR-2026-0007")
                .replace("CVE-...|GHSA-...|URL", "CVE-2026-12345")
                .replace("ADDRESS", "rita@second.example")
                .replace("CLOSURE", "bug")
                .replace("steps,version,...", "steps,version")
                .replace("NONCE", "ABCD2345")
                .replace("VERB", "own")
                .replace("severity=WORD vector=CVSS:4.0/... ", "severity=high ")
                .replace("OWNER/NAME", "o3de/o3de")
                .replace("GHSA-...", "GHSA-2222-3333-4444")
                .replace("HASH8", "0123abcd")
                .replace("DAY|held|waived REASON", "2026-12-01")
                .replace("https://... or fix none REASON", "https://github.com/o3de/o3de/pull/1")
                .replace("name|anonymous|github LOGIN", "anonymous")
                .replace("LOGIN, LOGIN", "octocat")
                .replace("request|CVE-...|refused|none REASON", "request")
                .replace("NAME, NAME", "alice, bob")
                .replace("NAME", "alice")
                .replace("NUMBER", "12")
                .replace("URL", "https://github.com/o3de/o3de/issues/1");
            let example = example.replace(['[', ']'], "");
            let words: Vec<&str> = example.split(' ').map(|word| word.split('|').next().unwrap()).collect();
            let found =
                read(&format!("!{}", words.join(" "))).unwrap_or_else(|e| panic!("{}: {e:?}", row.form));
            // One of them is another way to say close.
            let verb = if row.form.starts_with("assess wai") { Verb::Close } else { row.verb };
            assert_eq!((found[0].verb(), found[0].class()), (verb, row.class), "{}", row.form);
        }
        for verb in Verb::ALL {
            assert!(super::super::TABLE.iter().any(|row| row.verb == *verb), "{verb} is documented");
        }
    }
}
