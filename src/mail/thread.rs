//! What a message says about the case it belongs to: candidates only, the store decides which of them are ours.

use std::collections::BTreeSet;

use super::Letter;
use crate::case::CaseId;

/// Nobody quotes more codes of ours than this.
const MOST_CODES: usize = 20;

/// Groups of four that the longest code has.
const MOST_GROUPS: usize = 32;

/// Candidates, in the order in which they count: codes, then ids, then tags.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Candidates {
    /// Tokens with the form of our footer code (`SIRC-XXXX-XXXX`), upper case, from the text and from plus-addresses.
    pub codes: Vec<String>,
    /// Message ids to look up in `sent` and among the case's mails: In-Reply-To first, then References, newest first.
    pub ids: Vec<String>,
    /// Case numbers in a tag `[SIR-2026-0007]` of the subject.
    pub tags: Vec<CaseId>,
}

/// Collects the candidates of a letter.
pub fn candidates(letter: &Letter) -> Candidates {
    let mut ids = Vec::new();
    let mut seen = BTreeSet::new();
    for id in letter.in_reply_to.iter().chain(letter.references.iter().rev()) {
        if seen.insert(id) {
            ids.push(id.clone());
        }
    }
    let mut codes = codes(&letter.text);
    for address in letter.to.iter().chain(&letter.cc) {
        if let Some((_, code)) = address.local().split_once('+') {
            codes.extend(self::codes(code));
        }
    }
    let mut once = BTreeSet::new();
    codes.retain(|code| once.insert(code.clone()));
    codes.truncate(MOST_CODES);
    Candidates { codes, ids, tags: tags(&letter.subject) }
}

/// The case numbers in brackets in a subject, in any letter case.
pub fn tags(subject: &str) -> Vec<CaseId> {
    let mut found: Vec<CaseId> = Vec::new();
    for piece in subject.split('[').skip(1) {
        if let Some((inside, _)) = piece.split_once(']')
            && let Ok(id) = inside.trim().parse()
            && !found.contains(&id)
        {
            found.push(id);
        }
    }
    found
}

/// The parts of a text that look like our footer code, upper case with plain dashes, each once, at most 20. Quote marks
/// and line ends at the dashes are passed over: mail programs wrap what they quote.
pub fn codes(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let upper = text.to_ascii_uppercase();
    let mut rest = upper.as_str();
    while let Some((before, after)) = rest.split_once("SIRC") {
        rest = after;
        if before.chars().next_back().is_some_and(char::is_alphanumeric) {
            continue;
        }
        if let Some(code) = code(after)
            && !found.contains(&code)
        {
            found.push(code);
            if found.len() == MOST_CODES {
                break;
            }
        }
    }
    found
}

/// The groups that follow `SIRC`: a dash, then one to four letters or digits (also 0, 1 and 8, which people misread).
fn code(after: &str) -> Option<String> {
    let mut out = String::from("SIRC");
    let mut rest = after.chars().peekable();
    for _ in 0..MOST_GROUPS {
        while rest.next_if(|c| is_filler(*c)).is_some() {}
        if rest.next_if(|c| matches!(c, '-' | '\u{2010}' | '\u{2011}' | '\u{2013}')).is_none() {
            break;
        }
        while rest.next_if(|c| is_filler(*c)).is_some() {}
        let mut group = String::new();
        while let Some(c) = rest.next_if(char::is_ascii_alphanumeric) {
            group.push(c);
            if group.len() > 4 {
                break;
            }
        }
        if group.is_empty() || group.len() > 4 {
            break;
        }
        out.push('-');
        out.push_str(&group);
    }
    (out.len() > "SIRC-AAAA".len()).then_some(out)
}

fn is_filler(c: char) -> bool {
    c.is_whitespace() || matches!(c, '>' | '|')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_a_case_number_in_brackets() {
        let seven = CaseId { year: 2026, number: 7 };
        assert_eq!(tags("Re: [list] [sir-2026-0007] crash"), [seven]);
        assert_eq!(tags("[SIR-2026-0007] [SIR-2026-0007]"), [seven]);
        assert_eq!(tags("SIR-2026-0007 [SIR-26-7]"), []);
    }

    #[test]
    fn a_code_is_found_in_quoted_text_in_any_letter_case() {
        assert_eq!(codes("> Ref: SIRC-ABCD-2345-W.\n> sirc-abcd-2345-w"), ["SIRC-ABCD-2345-W"]);
        assert_eq!(codes("> SIRC-ABCD-\n> > 2345\u{2011}1XY8 Regards"), ["SIRC-ABCD-2345-1XY8"]);
        assert_eq!(codes("SIRC-A XSIRC-ABCD-EFGH SIRC-ABCDE-FGHI SIRCABCD"), Vec::<String>::new());
        let many: String = (0..100).map(|i| format!("SIRC-AAAA-B{i} ")).collect();
        assert_eq!(codes(&many).len(), MOST_CODES);
        assert!(codes(&"SIRC-AAAA-".repeat(100_000)).len() <= MOST_CODES);
    }
}
