//! What a message says about the case it belongs to: candidates only, the store decides which of them are ours.

use std::collections::BTreeSet;

use super::Letter;
use crate::case::CaseId;

/// Nobody quotes more codes of ours than this.
const MOST_CODES: usize = 20;

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
            let form = code.to_ascii_uppercase();
            if is_code(&form) && !codes.contains(&form) && codes.len() < MOST_CODES {
                codes.push(form);
            }
        }
    }
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

/// The tokens of a text that look like our footer code, upper case, each once, at most 20.
pub fn codes(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for token in text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-')) {
        if token.len() > 80 || token.len() < 9 {
            continue;
        }
        let form = token.trim_matches('-').to_ascii_uppercase();
        if is_code(&form) && !found.contains(&form) {
            found.push(form);
            if found.len() == MOST_CODES {
                break;
            }
        }
    }
    found
}

/// `SIRC-` and one or more groups of base32 letters and digits (RFC 4648 section 6).
fn is_code(form: &str) -> bool {
    form.len() <= 80
        && form.strip_prefix("SIRC-").is_some_and(|rest| {
            rest.len() >= 4
                && rest.split('-').all(|group| {
                    !group.is_empty() && group.bytes().all(|b| matches!(b, b'A'..=b'Z' | b'2'..=b'7'))
                })
        })
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
        assert_eq!(codes("> Ref: SIRC-ABCD-2345-WXYZ.\n> sirc-abcd-2345-wxyz"), ["SIRC-ABCD-2345-WXYZ"]);
        assert_eq!(codes("SIRC- SIRC-A01 XSIRC-ABCD SIRC-AB--CD"), Vec::<String>::new());
        let many: String = (0..100).map(|i| format!("SIRC-AAAA{} ", "B".repeat(i % 60))).collect();
        assert_eq!(codes(&many).len(), MOST_CODES);
    }
}
