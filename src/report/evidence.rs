//! What a report shows: steps, a proof, a fix, and how the flaw was found.

use serde::Serialize;

use super::section::{self, Section, Topic};
use super::words::{Found, Pattern, Words, keep, patterns};

/// How the way to reproduce it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Steps {
    /// Below a heading of their own.
    Section,
    /// As a numbered list.
    List,
    /// In running text.
    Prose,
}

/// What kind of proof comes with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Proof {
    /// A file is attached.
    Attachment,
    /// A sanitizer report, a stack trace, a register dump.
    Trace,
    /// Code, commands or a hex dump in the text.
    Code,
    /// A link to code, a file or a video.
    Link,
    /// It is only spoken of.
    Mentioned,
}

/// How the flaw was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Method {
    /// With a language model or the like.
    Ai,
    /// By fuzzing.
    Fuzzer,
    /// By a scanner of dependencies, hosts or pages.
    Scanner,
    /// By a tool that reads source code.
    StaticAnalysis,
    /// By reading or testing by hand.
    Hand,
}

/// How a fix is suggested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Fix {
    /// As a patch.
    Patch,
    /// In words.
    Words,
}

patterns! {
    TO_REPRODUCE = r"\b(?:to reproduce\b[ :,-]{1,3}[a-z]{2}|(?:can|could) be (?:reproduced|triggered)|reproduc(?:e|ed|es|ible)\s{1,2}(?:it|this|by|with|as|the|on|in|every|always|100)|run(?:ning)? the (?:following|attached|poc)|open(?:ing)? the attached|i (?:just |simply |then )?(?:ran|run|opened|loaded|imported|started|sent)|(?:just |simply |then )(?:run|open|load|import|start|send)\b|launch the|zum reproduzieren|para reproducir|pour reproduire|воспроизв|复现|再現)";
    FIRST = r"^[ \t>*-]{0,8}(?:step\s{0,2})?1\s?[.):-][ \t]{1,3}(?u:\S)";
    SECOND = r"^[ \t>*-]{0,8}(?:step\s{0,2})?2\s?[.):-][ \t]{1,3}(?u:\S)";
    NOTHING = r"^[\s*_>-]{0,8}(?:n/?a|none|todo|tbd|unknown|see above|see below|-+|\.\.\.|not applicable|no)?[\s.*_]{0,8}$";
    TRACE = r"\b(?:addresssanitizer|undefinedbehaviorsanitizer|memorysanitizer|threadsanitizer|leaksanitizer)\b|==\d{1,8}==\s?(?:error|invalid|warning)|runtime error: |\bsigsegv\b|\bsigabrt\b|^\s{0,6}#\d{1,3}\s{1,3}(?:0x)?[0-9a-f]{6,16}\b|^\s{0,6}#\d{1,3}\s{1,3}[a-z_][a-z0-9_:<>~]{2,80}\s?\(|\baccess violation (?:reading|writing|executing|-)|\b0?xc0000(?:005|374|409|0fd)\b|\bexception_access_violation|\bfaulting (?:module|application)|\b(?:rip|eip|pc)\s?[=:]\s?(?:0x)?[0-9a-f]{6,16}|\bstack trace:|\bbacktrace:|\bcall ?stack\b|\bcore dumped\b|\btraceback \(most recent|\bunhandled exception at";
    CODE = r"```|~~~|#\+begin_src|^\s{0,4}[$>#]\s(?:\./|python|curl|gcc|clang|cmake|git|o3de|wget|nc|perl|printf|echo|sudo)|^\s{0,4}(?:#include\s?[<\x22]|#!/|import (?:socket|struct|os|sys|requests)\b|from \w{2,20} import|int main\s?\(|def \w{2,30}\(|sock\.send|curl -)|^(?:[0-9a-f]{4,8}[:\s]\s?){1}(?:[0-9a-f]{2,4}\s){6,16}|\\x[0-9a-f]{2}\\x[0-9a-f]{2}";
    LINK = r"\bhttps?://(?:(?:gist|pastebin|streamable|youtu|www\.youtube|drive\.google|1drv|dropbox|www\.dropbox|mega|transfer|file|vimeo|asciinema|poc|exploit)[a-z0-9.]{0,30}/|[a-z0-9./_~-]{4,120}(?:poc|exploit|repro|crash|payload)\b)";
    MENTIONED = r"\bproofs?[ -]of[ -]concepts?\b|\bpoc\b|\bexploit (?:code|script)\b|\bworking exploit\b|\b(?:reproducer|test ?case|sample file|crash(?:ing)? file)\b|\bscreen ?shots?\b|\battached\b";
    NO_PROOF = r"\b(?:no|without an?|don't have an?|do not have an?)\s{1,2}(?:working\s)?\z";
    AI = r"\b(?:chat-?gpt|gpt-?[345o]\w{0,6}|claude|gemini|copilot|deepseek|llama|mistral|qwen|llms?|large language models?|language model|ai[ -](?:assist\w{0,3}|generated|powered|based|tool\w{0,3}|agents?|models?|driven|scanner|review\w{0,2}|audit)|generative ai|big sleep|artificial intelligence)\b|\b(?:with|by|using|of) (?:an )?ai\b";
    FUZZ = r"\b(?:fuzz(?:er|ers|ing|ed)?|afl(?:\+\+|plusplus)?|libfuzzer|honggfuzz|oss-?fuzz|winafl|boofuzz|jackalope)\b";
    SCAN = r"\b(?:nessus|burp(?: suite)?|owasp zap|zaproxy|acunetix|nuclei|qualys|trivy|grype|snyk|dependabot|openvas|nmap|dependency-check|black ?duck|mend|whitesource|sonatype|netsparker|invicti|nikto|cve-bin-tool|osv-scanner|scanner|automated scan|vulnerability scan)\b|\baccording to nvd\b";
    STATIC = r"\b(?:codeql|semgrep|coverity|cppcheck|clang-tidy|clang static|pvs-?studio|sonarqube|sonarcloud|bandit|flawfinder|fortify|checkmarx|klocwork|static analy\w{2,5})\b";
    HAND = r"\b(?:manual(?:ly)?|source|code)[ -](?:code )?(?:review(?:ing|ed)?|audit(?:ing|ed)?|analysis|inspection|testing)\b|\b(?:audit(?:ing|ed)|review(?:ing|ed)|reading|read) (?:the |your |its )?(?:source|code)\b|\bby hand\b|\breverse[ -]engineer";
    PATCH = r"^(?:diff --git |--- a/|\+\+\+ b/|@@ -\d{1,7},?\d{0,7} \+\d|index [0-9a-f]{7,12}\.\.)";
    FIX_WORDS = r"\b(?:(?:suggested|possible|proposed|recommended|potential) (?:fix|patch|mitigation|remediation|solution)|(?:could|can|should|must) be (?:fixed|mitigated|prevented|avoided|solved|validated|checked)|(?:i|we) (?:suggest|recommend|propose)|(?:please|should) (?:update|upgrade|bump) |(?:fix|solution) (?:is|would be) to|adding (?:a |an )?(?:bounds?|length|size) check|should (?:check|validate|reject|verify|sanitize|limit)|fixed in version|upgrad(?:e|ing) to|merge request|pull request with)";
}

/// The way to reproduce it, if there is one.
pub(super) fn steps(words: &Words, sections: &[Section]) -> Option<Found<Steps>> {
    for section in sections.iter().filter(|s| s.topic == Topic::Steps) {
        if is_filled(section::body(words, section))
            && let Some(line) = section::first_line(words, section)
        {
            return Some(words.found(Steps::Section, &line));
        }
    }
    let text = words.all();
    // A proof of concept with code in it shows the way as well.
    let shown = sections.iter().filter(|s| s.topic == Topic::Proof);
    if let Some((section, code)) = shown.filter_map(|s| Some((s, CODE.find(section::body(words, s))?))).next()
    {
        let start = section.body.start;
        return Some(words.said(Steps::Section, &(start + code.start..start + code.end)));
    }
    let form = sections.iter().any(|s| s.topic == Topic::Steps);
    if let (false, Some(first), Some(second)) = (form, FIRST.find(text), SECOND.find(text))
        && first.start < second.start
        && second.start - first.start < 1500
    {
        return Some(words.found(Steps::List, &(first.start..second.start)));
    }
    // The bug form's own words are "Steps to reproduce the behavior".
    let told = TO_REPRODUCE.all(text).find(|at| !words.after(at, 12).starts_with("e behavio"));
    told.map(|at| words.said(Steps::Prose, &at))
}

/// Whether a section of a form was filled in: twelve letters that are not the form's own.
fn is_filled(body: &str) -> bool {
    let letters = body
        .lines()
        .take(40)
        .filter(|line| {
            !NOTHING.is_in(*line) && !line.contains("'...'") && !line.trim_start().starts_with("See error")
        })
        .flat_map(str::chars)
        .filter(|c| c.is_alphabetic())
        .take(12);
    letters.count() == 12
}

/// Endings of attached files that prove nothing: signatures, keys, cards, invitations, bodies.
const NO_EVIDENCE: &[&str] =
    &[".asc", ".sig", ".p7s", ".p7m", ".vcf", ".ics", ".gpg", ".pgp", ".key", ".html", ".htm"];

/// The kinds of proof, the best first.
pub(super) fn proofs(words: &Words, attachments: &[(&str, &str)]) -> Vec<Found<Proof>> {
    let mut out = Vec::new();
    let attached = attachments.iter().find(|(name, kind)| {
        let (name, kind) = (name.to_lowercase(), kind.to_lowercase());
        let empty = name.is_empty() && kind.starts_with("text/");
        let paper =
            kind.starts_with("application/pgp") || kind.starts_with("multipart/") || kind == "text/calendar";
        !paper && !empty && !NO_EVIDENCE.iter().any(|ending| name.ends_with(ending))
    });
    if let Some((name, kind)) = attached {
        keep(&mut out, Found::new(Proof::Attachment, &format!("{name} ({kind})")));
    }
    for (pattern, proof) in [(&TRACE, Proof::Trace), (&CODE, Proof::Code), (&LINK, Proof::Link)] {
        if let Some(at) = pattern.find(words.all()) {
            keep(&mut out, words.said(proof, &at));
        }
    }
    if out.is_empty()
        && let Some(at) = MENTIONED.all(words.all()).find(|at| !NO_PROOF.is_in(words.before(at, 30)))
    {
        keep(&mut out, words.said(Proof::Mentioned, &at));
    }
    out
}

/// How it was found, as far as the report says.
pub(super) fn methods(words: &Words) -> Vec<Found<Method>> {
    let mut out = Vec::new();
    let named: [(&Pattern, Method); 5] = [
        (&AI, Method::Ai),
        (&FUZZ, Method::Fuzzer),
        (&SCAN, Method::Scanner),
        (&STATIC, Method::StaticAnalysis),
        (&HAND, Method::Hand),
    ];
    for (pattern, method) in named {
        if let Some(at) = pattern.find(words.all()) {
            keep(&mut out, words.said(method, &at));
        }
    }
    out
}

/// A suggested fix.
pub(super) fn fix(words: &Words, sections: &[Section], attachments: &[(&str, &str)]) -> Option<Found<Fix>> {
    let patch = attachments.iter().map(|(name, _)| name).find(|name| {
        let name = name.to_lowercase();
        name.ends_with(".patch") || name.ends_with(".diff")
    });
    if let Some(name) = patch {
        return Some(Found::new(Fix::Patch, name));
    }
    if let Some(at) = PATCH.find(words.all()) {
        return Some(words.said(Fix::Patch, &at));
    }
    let labelled = sections.iter().filter(|s| s.topic == Topic::Fix && is_filled(section::body(words, s)));
    if let Some(line) = labelled.filter_map(|section| section::first_line(words, section)).next() {
        return Some(words.found(Fix::Words, &line));
    }
    FIX_WORDS.find(words.all()).map(|at| words.said(Fix::Words, &at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unfilled_form_has_no_steps() {
        let read = |text: &str| {
            let words = Words::new("", text);
            let sections = section::sections(&words);
            steps(&words, &sections).map(|found| found.value)
        };
        assert_eq!(read("## Steps to reproduce\n1.\n2.\n3.\n"), None);
        assert_eq!(read("**Steps**\nN/A\n"), None);
        assert_eq!(read("## Steps to reproduce\n1. Open the level\n"), Some(Steps::Section));
        assert_eq!(read("First:\n1. do this\n2. do that"), Some(Steps::List));
        assert_eq!(read("It can be triggered by a long name"), Some(Steps::Prose));
    }

    #[test]
    fn a_signature_is_no_proof() {
        let words = Words::new("", "hello");
        assert!(
            proofs(&words, &[("signature.asc", "application/pgp-signature"), ("me.vcf", "text/vcard")])
                .is_empty()
        );
        assert_eq!(proofs(&words, &[("crash.fbx", "application/octet-stream")])[0].value, Proof::Attachment);
        assert!(proofs(&Words::new("", "I have no PoC"), &[]).is_empty());
    }
}
