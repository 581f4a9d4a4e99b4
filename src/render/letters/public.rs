//! What everybody may know: texts that were reviewed and approved. No number of a case, no reporter but by the credit they
//! chose, no place of ours that is not public.

use jiff::tz::TimeZone;

use super::sheet::{Filled, Sheet, Zones, line, own};
use super::table::LetterName;
use crate::case::Severity;
use crate::render::alert::{self, capital};
use crate::render::fence::visible;

/// From whom.
#[derive(Debug, Clone)]
pub struct PublicDesk {
    /// The team's name without an article.
    pub team: String,
    /// Where reports go: the list's address.
    pub contact: String,
    /// What the project is called: `O3DE`.
    pub product: String,
    /// Where the policy is published.
    pub policy_url: String,
}

/// What an advisory says. Before people have written it, much is empty: then a comment in the page says what is missing.
#[derive(Debug, Clone)]
pub struct AdvisoryText {
    /// CVE, or the GHSA where there is none.
    pub ids: String,
    /// One neutral sentence without a full stop.
    pub title: String,
    /// What happened, in a paragraph.
    pub summary: String,
    /// The team's own rating.
    pub severity: Severity,
    /// Its vector, if any.
    pub vector: Option<String>,
    /// Why it is rated so.
    pub why: String,
    /// Version ranges.
    pub affected: Vec<String>,
    /// Versions; empty: there is none yet; none: nobody has said.
    pub fixed: Option<Vec<String>>,
    /// How to tell whether one is affected.
    pub tell: String,
    /// What to do now.
    pub mitigation: String,
    /// What helps without the fix; may be empty.
    pub workaround: String,
    /// How to notice abuse; may be empty.
    pub detection: String,
    /// More; may be empty. Markdown of the team's, kept as it is.
    pub details: String,
    /// Names as their owners chose them; empty: a reporter who wishes not to be named; none: nobody has said.
    pub credits: Option<Vec<String>>,
    /// Day and what happened.
    pub timeline: Vec<(String, String)>,
    /// Public page; empty before there is one.
    pub url: String,
}

/// Something for everybody.
#[derive(Debug, Clone)]
pub enum ToPublic<'a> {
    /// T24: Markdown.
    Advisory(&'a AdvisoryText),
    /// T26.
    Mail(&'a AdvisoryText),
    /// T27: post it with `allowed_mentions: {"parse": []}`.
    Line(&'a AdvisoryText),
    /// T32, on a public issue.
    PosterComment,
    /// T32, by mail.
    PosterMail {
        /// Address of the issue.
        url: String,
    },
}

const ANONYMOUS: &str = "a reporter who prefers not to be named";
const NOT_FIXED: &str = "There is no fixed version yet.";

impl ToPublic<'_> {
    /// Its letter.
    pub fn name(&self) -> LetterName {
        match self {
            Self::Advisory(_) => LetterName::Advisory,
            Self::Mail(_) => LetterName::PublicMail,
            Self::Line(_) => LetterName::PublicLine,
            Self::PosterComment => LetterName::PosterComment,
            Self::PosterMail { .. } => LetterName::PosterMail,
        }
    }

    pub(super) fn filled(&self, desk: &PublicDesk) -> Filled {
        let zone = TimeZone::UTC;
        let mut sheet = Sheet::new(Zones { team: &zone, theirs: None });
        sheet.put("team", &desk.team);
        sheet.put("contact", &desk.contact);
        sheet.put("product", &desk.product);
        sheet.put("policy_url", &desk.policy_url);
        match self {
            Self::Advisory(text) => page(&mut sheet, text),
            Self::Mail(text) => mail(&mut sheet, text),
            Self::Line(text) => {
                sheet.line("ids", &text.ids);
                sheet.put("title", &alert::escaped(&line(&text.title)));
                sheet.put("severity", text.severity.word());
                let first = text.fixed.as_ref().and_then(|fixed| fixed.first());
                sheet.put("fixed", &alert::escaped(&line(first.map_or("", String::as_str))));
                sheet.line("url", &text.url);
            }
            Self::PosterComment => {}
            Self::PosterMail { url } => sheet.line("url", url),
        }
        sheet.of(self.name())
    }
}

/// Markdown of the team's is kept; names of others, and what stands in lists, cannot act.
fn page(sheet: &mut Sheet<'_>, text: &AdvisoryText) {
    sheet.put("severity", text.severity.word());
    sheet.put("vector", &line(text.vector.as_deref().unwrap_or_default()).replace('`', ""));
    let written = [
        ("summary", &text.summary),
        ("why", &text.why),
        ("tell", &text.tell),
        ("mitigation", &text.mitigation),
        ("workaround", &text.workaround),
        ("detection", &text.detection),
        ("details", &text.details),
    ];
    for (name, words) in written {
        markdown(sheet, name, words);
    }
    bullets(sheet, "affected", Some(&text.affected).filter(|all| !all.is_empty()), "");
    bullets(sheet, "fixed", text.fixed.as_ref(), NOT_FIXED);
    bullets(sheet, "credits", text.credits.as_ref(), &capital(ANONYMOUS));
    let steps: Vec<String> = text.timeline.iter().map(|(day, what)| format!("{day}: {what}")).collect();
    sheet.bullets("timeline", &steps);
}

/// A list; what stands for an empty one; nothing where nobody has said.
fn bullets(sheet: &mut Sheet<'_>, name: &'static str, items: Option<&Vec<String>>, empty: &str) {
    match items {
        None => sheet.put(name, ""),
        Some(items) if items.is_empty() => sheet.bullets(name, &[empty.to_owned()]),
        Some(items) => sheet.bullets(name, items),
    }
}

/// A block where there is something, nothing where not.
fn markdown(sheet: &mut Sheet<'_>, name: &'static str, words: &str) {
    if visible(words).trim().is_empty() {
        sheet.put(name, "");
    } else {
        sheet.block(name, words);
    }
}

fn mail(sheet: &mut Sheet<'_>, text: &AdvisoryText) {
    sheet.line("ids", &text.ids);
    sheet.line("title", &text.title);
    sheet.put("severity", text.severity.word());
    sheet.line("vector", text.vector.as_deref().unwrap_or_default());
    sheet.line("url", &text.url);
    sheet.said("summary", &text.summary);
    sheet.items("affected", &text.affected);
    match text.fixed.as_deref() {
        None | Some([]) => sheet.said("fixed", NOT_FIXED),
        Some(fixed) => sheet.items("fixed", fixed),
    }
    sheet.said("tell", &text.tell);
    sheet.said("mitigation", &text.mitigation);
    sheet.said("workaround", &text.workaround);
    sheet.said("detection", &text.detection);
    let names: Vec<String> = text.credits.iter().flatten().map(|name| own(name)).collect();
    sheet.line("thanks", &if names.is_empty() { ANONYMOUS.to_owned() } else { names.join(", ") });
}
