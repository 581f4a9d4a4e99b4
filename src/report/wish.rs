//! What the reporter plans and wants: a date of disclosure, others who know, a name in the credits.

use std::fmt;
use std::ops::Range;

use jiff::civil::Date;
use serde::Serialize;

use super::section::{self, Section, Topic};
use super::words::{Found, Words, group, keep, patterns, place};

/// When the reporter means to make it public.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Deadline {
    /// So many days after the report, and so many more when a fix is out ("90+30").
    Days {
        /// Days from the report (weeks and months are counted as 7 and 30).
        days: u16,
        /// Days of grace after that.
        grace: Option<u16>,
    },
    /// On this day.
    Date(Date),
    /// A talk or paper is planned, the day is not said.
    Talk,
    /// The reporter says that there is none.
    None,
}

impl fmt::Display for Deadline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Days { days, grace: Some(grace) } => write!(f, "{days} days and {grace} more"),
            Self::Days { days, grace: None } => write!(f, "{days} days"),
            Self::Date(date) => date.fmt(f),
            Self::Talk => f.write_str("a talk or paper"),
            Self::None => f.write_str("none"),
        }
    }
}

/// Whether others were told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum OthersTold {
    /// Somebody else knows.
    Yes,
    /// Nobody else does.
    Nobody,
}

/// How the reporter wants to be named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Credit {
    /// By name: the words tell which.
    Named,
    /// Not at all.
    Anonymous,
}

patterns! {
    DAYS_AND = r"\b(\d{2,3})\s?\+\s?(\d{1,2})\b";
    DAYS = r"\b(\d{1,3}|thirty|forty-five|sixty|ninety)[ -]{0,2}(?:calendar[ -]|business[ -]|working[ -])?(days?|weeks?|months?)\b";
    ISO_DATE = r"\b(20\d\d)[-/.](0?[1-9]|1[0-2])[-/.](0?[1-9]|[12]\d|3[01])\b";
    DAY_MONTH = r"\b(0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th|\.)?(?:\s|-)(?:of\s)?(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.?,?(?:\s|-)(20\d\d)\b";
    MONTH_DAY = r"\b(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.?\s(0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?,?\s(20\d\d)\b";
    GERMAN_DATE = r"\b(0?[1-9]|[12]\d|3[01])\.\s?(0?[1-9]|1[0-2])\.\s?(20\d\d)\b";
    PUBLISH = r"\b(?:publi[cs]\w{0,10}|disclos\w{0,6}|embargo\w{0,3}|deadline|go live|blog ?post|write-?up|advisory|polic(?:y|ies)|divulga\w{0,6}|publiera)\b|公开|披露|公開|раскры|опублик|veröffentlich";
    INTENT = r"\b(?:will|would|shall|intend\w{0,3}|plan(?:s|ned|ning)?|going to|scheduled?|deadline|until|embargo\w{0,3}|after|on or after|expires?|lift\w{0,2}|no later than|not before|propos\w{0,3}|target\w{0,3}|aim\w{0,3}|subject to|within|by|if|unless|coordinated|standard|werde\w?|werden)\b|将|于|собира";
    PAST = r"\b(?:was|were|reported on|released on|last|ago|since|installed|built on|dated)\b";
    TALK = r"\b(?:black ?hat|def ?con|blue ?hat|offensivecon|recon|hexacon|usenix|ndss|troopers|nullcon|hitb|44con|zeronights|chaos communication|3\dc3|gdc|conference|talk|keynote|(?:my|our|a|the) (?:paper|thesis|presentation|talk))\b";
    SPEAK = r"\b(?:present(?:ing|ed)?|accepted|submitted|speak(?:ing)?|scheduled|will give|giving|talk (?:about|at|on)|cfp|publish)\b";
    NO_DEADLINE = r"\b(?:no|not (?:have|set|planning|plan)(?: an?y?| to set)?|without an?y?|don't have an?y?|do not have an?y?)\s{1,2}(?:fixed |hard |particular |specific |disclosure |public |publication )?(?:deadline|date(?: in mind)?|plans? to (?:publish|disclose)|intention (?:of|to) (?:publish|disclos)\w{0,3}|disclosure date|talk)\b|\b(?:take (?:all )?the time you need|no rush|i will not (?:publish|disclose)|we will not (?:publish|disclose))\b";
    TOLD = r"\b(?:also|already|previously|additionally|separately|have|had|was|been|being|we|i)\s{1,2}(?:been\s{1,2})?(?:reported|notified|informed|contacted|disclosed|submitted|forwarded|shared|told|sent)\s{1,2}(?:it\s|this\s|that\s|the issue\s|the same\s(?:issue\s)?|the details\s)?(?:to|with|by)?\s?(?:the\s)?(?:cert|cert/cc|us-cert|cisa|bsi|jpcert|cc|mitre|vendors?|upstream|aws|amazon|hackerone|bugcrowd|zdi|microsoft|nvidia|linux|distros|maintainers?|openssl|qt|huawei|epic|khronos|ncsc|other|another|others|several|some|national|our national)\b";
    CC_CERT = r"\b(?:cc(?:'?ed|ing)?:?|copied|in copy|also to)\s{1,2}(?:the\s)?(?:cert|cert/cc|cisa|mitre|bsi|jpcert|zdi|hackerone)\b|\b(?:vince|vu#\d{4,7}|zdi-can-\d{3,7}|hackerone report|case number at cert)\b|\bon behalf of (?:an? |the )?(?:finder|reporter|researcher|external|independent|third|customer)|\bcoordinat(?:ing|ion|or|ed) (?:by|with|through|center|centre)\b[ a-z]{0,20}cert";
    NOBODY = r"\b(?:not|n't|never|nobody|no one|no-one|none)\b(?:\s{1,2}(?:yet|been|have|has|it|this|i|we|else|was|the)){0,4}\s{1,2}(?:told|shared|disclosed|reported|informed|discussed|notified|spoken|knows?|published|aware)(?:\s{1,2}(?:it|this|that|about|the issue|to|with|by|of)){0,4}\s{0,2}(?:anyone|anybody|any other|others?|else|third|elsewhere|publicly|it\b|this\b|about)|\b(?:nobody|no one|no-one) else\b|\btold only you\b|\bonly (?:you|this (?:list|address|mail|team)|your team)\b (?:knows?|ha[sv]e?|received|so far)|\b(?:reported|sent|told|disclosed)\s{1,2}(?:it\s|this\s)?only to you\b";
    ANONYMOUS = r"\b(?:remain|stay|keep (?:me|us|my name)|be|rather be|prefer to (?:be|stay|remain)|report(?:ing)?|credited?(?: as)?)\s{1,2}(?:fully |strictly |completely )?(?:anonymous(?:ly)?|out of it|private|unnamed)\b|\banonymous(?:ly)?[ .,]{0,2}(?:credit|please|report)|\b(?:no|don't (?:need|want)|do not (?:need|want|wish)|not need(?: any| to be)?|without)\s{1,2}(?:any |a |to be )?(?:credit(?:ed)?|acknowledg\w{0,6}|attribution|named)\b|\bdo not (?:mention|publish|use) (?:me|my name)";
    NAMED = r"\b(?:credit(?:s|ed)?|acknowledge(?:d|ment)?|attribut(?:e|ed|ion))\s{0,2}(?:goes\s|should\s|can\s|be\s|given\s|it\s|this\s|me\s|us\s|the\s(?:finding|issue|discovery)\s){0,4}(?:to|as|for|:|with|under|line)|\b(?:please|kindly|to be|be) (?:credit|acknowledge)(?:d)?\b|\bcredit (?:me|us)\b|\b(?:discovered|found|reported|identified|credited) (?:and reported )?by:?\s{1,2}(?:(?-i:[A-Z])|@|the team|our team|my team)|\bhall of fame\b|\bmy (?:handle|name for credit|twitter|github (?:handle|name|user))\b";
}

/// Days as the words say: `ninety days`, `12 weeks`, `3 months`.
fn days(number: &str, unit: &str) -> Option<u16> {
    let count: u16 = match number.to_ascii_lowercase().as_str() {
        "thirty" => 30,
        "forty-five" => 45,
        "sixty" => 60,
        "ninety" => 90,
        digits => digits.parse().ok()?,
    };
    let unit = unit.to_ascii_lowercase();
    let each = if unit.starts_with("week") {
        7
    } else if unit.starts_with("month") {
        30
    } else {
        1
    };
    count.checked_mul(each).filter(|days| (1..=730).contains(days))
}

/// The month of an English name or a number.
fn month(text: &str) -> Option<i8> {
    const MONTHS: [&str; 12] =
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let lower = text.to_ascii_lowercase();
    let named = MONTHS.iter().position(|name| *name == lower).and_then(|at| i8::try_from(at + 1).ok());
    named.or_else(|| lower.parse().ok())
}

/// The words around a place that can say what a number or date is for: its sentence.
fn speaks_of_publishing(words: &Words, at: &Range<usize>) -> bool {
    let around = words.at(&words.sentence(at));
    PUBLISH.is_in(around)
}

/// The plans for disclosure.
pub(super) fn deadlines(words: &Words, sections: &[Section]) -> Vec<Found<Deadline>> {
    let mut out = Vec::new();
    let text = words.all();
    for groups in DAYS_AND.groups(text) {
        let at = place(&groups, 0);
        let sentence = words.at(&words.sentence(&at)).to_ascii_lowercase();
        let both = (group(&groups, 1).parse(), group(&groups, 2).parse());
        if let (Ok(days @ 30..=365), Ok(grace)) = both
            && (speaks_of_publishing(words, &at) || sentence.contains("day"))
        {
            keep(&mut out, words.said(Deadline::Days { days, grace: Some(grace) }, &at));
        }
    }
    for groups in DAYS.groups(text) {
        let at = place(&groups, 0);
        let past = words.after(&at, 6).trim_start().to_ascii_lowercase().starts_with("ago");
        if let Some(days) = days(group(&groups, 1), group(&groups, 2))
            && !past
            && !words.before(&at, 3).trim_end().ends_with('+')
            && speaks_of_publishing(words, &at)
        {
            keep(&mut out, words.said(Deadline::Days { days, grace: None }, &at));
        }
    }
    dates(words, sections, &mut out);
    for at in TALK.all(text) {
        if SPEAK.is_in(words.at(&words.sentence(&at))) {
            keep(&mut out, words.said(Deadline::Talk, &at));
        }
    }
    if out.is_empty()
        && let Some(at) = NO_DEADLINE.find(text)
    {
        keep(&mut out, words.said(Deadline::None, &at));
    }
    out
}

/// Dates in sentences that speak of publishing, and not of something past.
fn dates(words: &Words, sections: &[Section], out: &mut Vec<Found<Deadline>>) {
    let text = words.all();
    let plans = sections.iter().filter(|s| s.topic == Topic::Deadline);
    let plans: Vec<Range<usize>> = plans.filter_map(|section| section::first_line(words, section)).collect();
    let forms =
        [(&ISO_DATE, [1, 2, 3]), (&DAY_MONTH, [3, 2, 1]), (&MONTH_DAY, [3, 1, 2]), (&GERMAN_DATE, [3, 2, 1])];
    for (pattern, [year, month_at, day]) in forms {
        for groups in pattern.groups(text) {
            let at = place(&groups, 0);
            let numbers =
                (group(&groups, year).parse(), month(group(&groups, month_at)), group(&groups, day).parse());
            let (Ok(year), Some(month), Ok(day)) = numbers else { continue };
            let Ok(date) = Date::new(year, month, day) else { continue };
            // `Disclosure date: 1 March`: right behind the label, not somewhere in a history.
            let labelled = plans.iter().any(|line| line.start <= at.start && at.end <= line.end)
                && words.before(&at, 20).contains(':');
            let sentence = words.at(&words.sentence(&at));
            let said = PUBLISH.is_in(sentence) && INTENT.is_in(sentence) && !PAST.is_in(sentence);
            if said || labelled || (TALK.is_in(sentence) && SPEAK.is_in(sentence)) {
                keep(out, words.said(Deadline::Date(date), &at));
            }
        }
    }
}

/// Whether others were told.
pub(super) fn others_told(words: &Words, sections: &[Section]) -> Option<Found<OthersTold>> {
    let text = words.all();
    if let Some(at) = NOBODY.find(text) {
        return Some(words.said(OthersTold::Nobody, &at));
    }
    let labelled = sections.iter().filter(|s| s.topic == Topic::Others);
    if let Some(line) = labelled.filter_map(|s| section::first_line(words, s)).next() {
        let value = words.at(&line).trim().to_ascii_lowercase();
        let nobody = ["no", "none", "nobody", "-"].iter().any(|word| value.trim_end_matches('.') == *word);
        return Some(words.found(if nobody { OthersTold::Nobody } else { OthersTold::Yes }, &line));
    }
    let told = TOLD.find(text).or_else(|| CC_CERT.find(text));
    told.map(|at| words.said(OthersTold::Yes, &at))
}

/// How the reporter wants to be named.
pub(super) fn credit(words: &Words, sections: &[Section]) -> Option<Found<Credit>> {
    let text = words.all();
    if let Some(at) = ANONYMOUS.find(text) {
        return Some(words.said(Credit::Anonymous, &at));
    }
    let labelled = sections.iter().filter(|s| s.topic == Topic::Credit);
    if let Some(line) = labelled.filter_map(|s| section::first_line(words, s)).next() {
        let none = words.at(&line).to_ascii_lowercase().contains("anonym");
        return Some(words.found(if none { Credit::Anonymous } else { Credit::Named }, &line));
    }
    NAMED.find(text).map(|at| words.said(Credit::Named, &at))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<String> {
        let words = Words::new("", text);
        let sections = section::sections(&words);
        deadlines(&words, &sections).iter().map(|found| found.value.to_string()).collect()
    }

    #[test]
    fn plans_of_disclosure_are_read_and_other_dates_are_not() {
        for (text, expected) in [
            ("This bug is subject to a 90-day disclosure deadline.", "90 days"),
            ("our policy is 90+30 days", "90 days and 30 more"),
            ("We will publish the details on 2027-03-01.", "2027-03-01"),
            ("It will be made public on March 1st, 2027", "2027-03-01"),
            ("Disclosure date: 1 March 2027", "2027-03-01"),
            ("Wir werden es am 1.3.2027 veröffentlichen", "2027-03-01"),
            ("public disclosure after twelve, no: 12 weeks", "84 days"),
            ("I am presenting this at Black Hat", "a talk or paper"),
            ("there is no deadline from my side", "none"),
        ] {
            assert_eq!(read(text), [expected], "{text}");
        }
        for text in [
            "tested on 2026-11-02",
            "I found it 3 days ago",
            "the build of 2026-05-27 was published",
            "2 weeks of work",
        ] {
            assert!(read(text).is_empty(), "{text}: {:?}", read(text));
        }
    }

    #[test]
    fn who_else_knows_and_how_to_credit() {
        let told = |text: &str| {
            let words = Words::new("", text);
            others_told(&words, &section::sections(&words)).map(|found| found.value)
        };
        assert_eq!(told("I have also reported this to CERT/CC."), Some(OthersTold::Yes));
        assert_eq!(told("We have not shared this with anyone else"), Some(OthersTold::Nobody));
        assert_eq!(told("Nobody else knows"), Some(OthersTold::Nobody));
        assert_eq!(told("It crashes"), None);
        let named = |text: &str| {
            let words = Words::new("", text);
            credit(&words, &section::sections(&words)).map(|found| found.value)
        };
        assert_eq!(named("Please credit Mara Quill of Example Labs"), Some(Credit::Named));
        assert_eq!(named("I would like to remain anonymous"), Some(Credit::Anonymous));
        assert_eq!(named("No credit needed, but no credit please"), Some(Credit::Anonymous));
        assert_eq!(named("my credit card"), None);
    }
}
