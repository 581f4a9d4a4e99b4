//! Whether a public issue looks like a report that nobody has disclosed (RFC line 74), with the reasons. Pure and total; it
//! only says so: what follows is decided by people.
//!
//! O3DE's policy allows public issues about CVEs that are public: those are left alone.

use std::collections::BTreeMap;

use super::evidence::Proof;
use super::facts;
use super::words::{Words, patterns};

patterns! {
    // Words that hardly anybody uses of an ordinary fault.
    GRAVE = r"\bvuln(?:erab\w{0,8}|s)?\b|\bexploit(?:s|ed|able|ation)?\b|\b(?:0|zero)[ -]?days?\b|\bsecurity[ -](?:issue|bug|flaw|hole|problem|report|advisory|weakness|defect|vuln\w{0,9}|risk)s?\b|\bremote code execution\b|\brce\b|\barbitrary (?:code|command)|\bprivilege escalation\b|\bsandbox escape\b|\b(?:heap|buffer|integer)[ -](?:based )?(?:buffer )?overflow|\bstack[ -](?:based )?buffer[ -]overflow|\buse[ -]after[ -]free\b|\bdouble[ -]free\b|\bout[ -]of[ -]bounds?\b|\bpath traversal\b|\bdirectory traversal\b|\b(?:sql|command|code|dll) injection\b|\bdll hijack\w{0,3}\b|\bdeseriali[sz]ation\b|\bauth(?:entication|orization)? bypass\b|\bhard-?coded (?:passwords?|credentials?|keys?|secrets?)\b|\b(?:leaked|exposed) (?:api |private |secret |access )?(?:keys?|tokens?|credentials?|passwords?)\b|\binformation (?:leak|disclosure)\b|\bsigning key\b|\bman[ -]in[ -]the[ -]middle\b|\bdenial[ -]of[ -]service\b|\bproof[ -]of[ -]concept\b|\bpoc\b|\bcwe-\d{1,4}\b|\bcvss\b";
    // Who would do it, and with what.
    ATTACK = r"\battack(?:er|ers|s)?\b|\badversar(?:y|ies)\b|\bmalicious(?:ly)?\b|\bcrafted\b|\buntrusted\b|\bvictim\b|\bpayload\b|\bhack(?:ed|er|ers)\b|\bsteal\b";
    FOREIGN = r"漏洞|安全问题|脆弱性|취약점|уязвимост|vulnérabilit|sicherheitsl|schwachstelle|podatno|zranitelnost";
    // People who talk about security, and report nothing.
    CHATTER = r"\b(?:how|where) (?:do|can|should|to)\b[ a-z]{0,30}\breport|\bsecurity (?:policy|team|sig|training|champion|review process)|\bsig[ -]security\b|\bsecurity\.md\b|\bdependabot\b|\bcode ?ql\b|\bcode scanning\b|\bsecret scanning\b|\bstatic analysis\b|\bmeeting (?:notes|agenda)\b|\bagenda\b|\brfc\b|\bthreat model(?:ing)?\b|\bdocument(?:ation|ing)?\b|\bfeature request\b|\bproposal\b";
}

/// A public issue as it is looked at.
#[derive(Debug, Clone)]
pub struct Post<'a> {
    /// One line.
    pub title: &'a str,
    /// Markdown.
    pub body: &'a str,
    /// Names of its labels.
    pub labels: &'a [String],
    /// Whether our own account wrote it.
    pub ours: bool,
    /// Whether somebody of the roster wrote it: it did originate from the team.
    pub of_team: bool,
    /// Ids that it cites, and whether each is public.
    pub cited: &'a BTreeMap<String, bool>,
}

/// What the team configured.
#[derive(Debug, Clone, Copy)]
pub struct Marks<'a> {
    /// Labels, in lower case.
    pub labels: &'a [String],
    /// Words, in lower case.
    pub words: &'a [String],
}

/// Why an issue is left alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Leave {
    /// We wrote it.
    Ours,
    /// Somebody of the team wrote it.
    OfTeam,
    /// All that it names is public (O3DE's policy).
    Public,
    /// Nothing in it looks like a report.
    Harmless,
}

impl Leave {
    /// For people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Ours => "the machine itself wrote it",
            Self::OfTeam => "somebody of the team wrote it",
            Self::Public => "all CVEs that it names are public already, which O3DE's policy allows",
            Self::Harmless => "nothing in it looks like a report",
        }
    }
}

/// What an issue looks like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Not like an undisclosed report.
    Leave(Leave),
    /// Like one.
    Suspect {
        /// Whether much speaks for it; else the team is asked.
        likely: bool,
        /// What speaks for it, our words.
        why: Vec<&'static str>,
    },
}

/// What an issue looks like.
pub fn judge(post: &Post<'_>, marks: &Marks<'_>) -> Verdict {
    if post.ours {
        return Verdict::Leave(Leave::Ours);
    }
    if post.of_team {
        return Verdict::Leave(Leave::OfTeam);
    }
    let words = Words::new(post.title, post.body);
    let all = words.all();
    let grave: Vec<_> = GRAVE.all(all).collect();
    let in_title = grave.iter().any(|place| words.in_subject(place));
    let mut kinds: Vec<String> = grave.iter().map(|place| words.at(place).to_lowercase()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let foreign = FOREIGN.is_in(all);
    let attack = ATTACK.is_in(all);
    let labelled = post.labels.iter().any(|label| marks.labels.contains(&label.to_lowercase()));
    let lower = words.text().to_lowercase();
    let worded = marks.words.iter().any(|word| lower.contains(word.as_str()));
    let facts = facts(post.title, post.body, &[]);
    let proof = facts.proof_of_concept.iter().any(|found| matches!(found.value, Proof::Trace | Proof::Code));
    let told_how = facts.steps.is_some() && attack;
    if all_public(post.cited) && !(proof && attack) && !told_how {
        return Verdict::Leave(Leave::Public);
    }
    let unknown = post.cited.values().any(|public| !public);
    let signs = [
        (labelled, 2, "a label of the project marks it as a matter of security"),
        (worded, 2, "it holds a word that the team watches for"),
        (!kinds.is_empty(), 1, "it speaks of a weakness"),
        (kinds.len() > 1, 1, "it names more than one kind of weakness"),
        (in_title, 1, "its title speaks of a weakness"),
        (foreign, 2, "it speaks of a weakness, not in English"),
        (attack, 1, "it speaks of an attacker or crafted input"),
        (proof && (attack || !kinds.is_empty()), 1, "it shows code or a trace"),
        (told_how, 1, "it tells step by step how"),
        (unknown, 1, "it names an id that is not public as far as is known here"),
    ];
    let of_security = labelled || worded || foreign || !kinds.is_empty();
    let chatter = u32::from(CHATTER.is_in(all) && !proof && !told_how) * 2;
    let total: u32 = signs.iter().filter(|(is, ..)| *is).map(|(_, weight, _)| weight).sum();
    let total = total.saturating_sub(chatter);
    if !of_security || total < 2 {
        return Verdict::Leave(if all_public(post.cited) { Leave::Public } else { Leave::Harmless });
    }
    let why = signs.into_iter().filter(|(is, ..)| *is).map(|(.., why)| why).collect();
    Verdict::Suspect { likely: total >= 3, why }
}

fn all_public(cited: &BTreeMap<String, bool>) -> bool {
    !cited.is_empty() && cited.values().all(|public| *public)
}

#[cfg(test)]
mod tests {
    use super::*;

    static NONE: BTreeMap<String, bool> = BTreeMap::new();

    fn look(title: &str, body: &str, labels: &[&str], cited: &BTreeMap<String, bool>) -> Verdict {
        let labels: Vec<String> = labels.iter().map(|label| (*label).to_owned()).collect();
        let marks = Marks { labels: &["kind/security".to_owned()], words: &["signing key".to_owned()] };
        let post = Post { title, body, labels: &labels, ours: false, of_team: false, cited };
        judge(&post, &marks)
    }

    fn word(verdict: &Verdict) -> &'static str {
        match verdict {
            Verdict::Leave(Leave::Harmless) => "harmless",
            Verdict::Leave(Leave::Public) => "public",
            Verdict::Leave(Leave::Ours | Leave::OfTeam) => "ours",
            Verdict::Suspect { likely: true, .. } => "likely",
            Verdict::Suspect { likely: false, .. } => "unsure",
        }
    }

    const TRACE: &str =
        "```\n==1==ERROR: AddressSanitizer: heap-buffer-overflow on address 0x6020\n    #0 0x1 in Read\n```";

    #[test]
    fn what_issues_look_like() {
        let table: &[(&str, &str, &[&str], &str)] = &[
            // Reports.
            (
                "Heap overflow in Multiplayer lets a client run code on the server",
                "A crafted NetBind packet overflows a buffer. An attacker without an account gets remote code execution.",
                &[],
                "likely",
            ),
            (
                "Security vulnerability: path traversal in the asset server",
                "See the attached file.",
                &[],
                "likely",
            ),
            ("Crash in the importer", TRACE, &[], "unsure"),
            ("Exploitable crash in the importer", TRACE, &[], "likely"),
            ("Editor", "There is a use-after-free that a malicious level triggers.", &[], "unsure"),
            ("Something is wrong with the login", "Please look.", &["kind/security"], "unsure"),
            ("The installers", "I found the signing key in the repository.", &[], "likely"),
            ("编辑器中的漏洞", "攻击者可以执行代码", &[], "unsure"),
            ("Hardcoded credentials in the build scripts", "They are in plain text.", &[], "unsure"),
            // Chatter, and ordinary faults.
            ("Improve the security documentation", "Our docs say little about security.", &[], "harmless"),
            ("Where do I report a vulnerability?", "I found no policy.", &[], "harmless"),
            (
                "Enable Dependabot and code scanning",
                "It finds vulnerabilities in dependencies.",
                &[],
                "harmless",
            ),
            ("SIG-Security meeting agenda 2026-11-24", "- vulnerability metrics\n- RFC", &[], "harmless"),
            (
                "Editor crashes on start",
                "Access violation, see the log. Steps to reproduce:\n1. Start it.",
                &[],
                "harmless",
            ),
            ("Stack overflow in a deeply nested script", "The recursion never ends.", &[], "harmless"),
            ("Null pointer in the profiler", "It crashes when there is no GPU.", &[], "harmless"),
            (
                "Attack animation plays twice",
                "The attacker's hit animation plays twice in the sample.",
                &[],
                "harmless",
            ),
            ("Add a payload system for vehicles", "Proposal: vehicles carry a payload.", &[], "harmless"),
            ("", "", &[], "harmless"),
        ];
        let mut wrong = Vec::new();
        for (title, body, labels, wanted) in table {
            let found = look(title, body, labels, &NONE);
            if word(&found) != *wanted {
                wrong.push(format!("{title}: {found:?}, not {wanted}"));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    /// RUNBOOK F5: "Public issues about already public CVEs are explicitly allowed by O3DE policy".
    #[test]
    fn what_names_public_cves_alone_is_left_alone() {
        let title = "OpenSSL 1.1.1b is vulnerable according to NVD";
        let body = "CVE-2021-3711: a buffer overflow lets an attacker change the behavior. https://nvd.nist.gov/vuln/detail/CVE-2021-3711";
        let cited = |public| BTreeMap::from([("CVE-2021-3711".to_owned(), public)]);
        for labels in [&[][..], &["kind/security"]] {
            assert_eq!(look(title, body, labels, &cited(true)), Verdict::Leave(Leave::Public), "{labels:?}");
            // Not public, or nobody knows: people are asked.
            assert_eq!(word(&look(title, body, labels, &cited(false))), "likely", "{labels:?}");
        }
        let both = BTreeMap::from([("CVE-2021-3711".to_owned(), true), ("CVE-2026-99999".to_owned(), false)]);
        assert_eq!(word(&look(title, body, &[], &both)), "likely");
        // A new way to use it is no public matter.
        let new =
            format!("{body}\nSteps to reproduce:\n1. Send a crafted packet.\n2. It runs my code.\n\n{TRACE}");
        assert_eq!(word(&look("Like CVE-2021-3711: exploit", &new, &[], &cited(true))), "likely");
    }

    #[test]
    fn what_the_team_or_the_machine_wrote_is_left_alone() {
        let labels = ["kind/security".to_owned()];
        let marks = Marks { labels: &labels, words: &[] };
        let cited = BTreeMap::new();
        let post = |ours, of_team| Post {
            title: "Security vulnerability: remote code execution",
            body: "An attacker runs code.",
            labels: &labels,
            ours,
            of_team,
            cited: &cited,
        };
        assert_eq!(judge(&post(true, false), &marks), Verdict::Leave(Leave::Ours));
        assert_eq!(judge(&post(false, true), &marks), Verdict::Leave(Leave::OfTeam));
        assert!(matches!(judge(&post(false, false), &marks), Verdict::Suspect { likely: true, .. }));
    }

    #[test]
    fn a_huge_body_is_looked_at_in_linear_time() {
        let start = "exploit attacker vulnerability CVE- ";
        for text in
            [start.repeat(40_000), "a".repeat(2_000_000), "`".repeat(1_000_000), "[".repeat(1_000_000)]
        {
            let _verdict = look(&text, &text, &[], &NONE);
        }
    }
}
