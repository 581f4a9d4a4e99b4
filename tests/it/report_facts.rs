//! Reports as people write them, and the facts that are read from them. Each file in `reports/` is one mail: subject,
//! attachments, text, and below `=== facts` what must be read from it. People and firms in them do not exist.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use proptest::prelude::*;
use sir_intake::report::{EXCERPT_LIMIT, Facts, Found, TEXT_LIMIT, facts, signs};

/// A mail of the table.
struct Story {
    path: PathBuf,
    subject: String,
    attachments: Vec<(String, String)>,
    text: String,
    expected: String,
}

fn stories() -> Vec<Story> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/reports");
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.into_iter().map(story).collect()
}

fn story(path: PathBuf) -> Story {
    let whole = std::fs::read_to_string(&path).unwrap();
    let (mail, expected) = whole.split_once("=== facts\n").unwrap();
    let (head, text) = mail.split_once("\n\n").unwrap_or((mail, ""));
    let subject = head.lines().next().unwrap().strip_prefix("Subject: ").unwrap().to_owned();
    let attachments = head
        .lines()
        .filter_map(|line| line.strip_prefix("Attached: ")?.split_once(' '))
        .map(|(name, kind)| (name.to_owned(), kind.to_owned()))
        .collect();
    Story { subject, attachments, text: text.to_owned(), expected: expected.to_owned(), path }
}

impl Story {
    fn facts(&self) -> Facts {
        let attachments: Vec<(&str, &str)> =
            self.attachments.iter().map(|(name, kind)| (name.as_str(), kind.as_str())).collect();
        facts(&self.subject, &self.text, &attachments)
    }
}

fn line<T>(out: &mut String, label: &str, found: impl IntoIterator<Item = T>, show: impl Fn(T) -> String) {
    let shown: Vec<String> = found.into_iter().map(show).collect();
    if !shown.is_empty() {
        writeln!(out, "{label}: {}", shown.join(" | ")).unwrap();
    }
}

/// The facts as lines that a person can check against the mail.
fn told(facts: &Facts, signs: u32) -> String {
    let mut out = String::new();
    line(&mut out, "component", &facts.components, |f| f.value.to_string());
    line(&mut out, "files", &facts.files, |f| f.value.clone());
    line(&mut out, "version", &facts.versions, |f| f.value.to_string());
    line(&mut out, "commit", &facts.commit, |f| f.value.clone());
    line(&mut out, "branch", &facts.branch, |f| f.value.clone());
    line(&mut out, "platform", &facts.platforms, |f| f.value.to_string());
    line(&mut out, "dependency", &facts.dependencies, |f| {
        format!("{} {}", f.value.name, f.value.version.as_deref().unwrap_or("?"))
    });
    line(&mut out, "steps", &facts.steps, |f| format!("{:?}: {}", f.value, f.words));
    line(&mut out, "proof", &facts.proof_of_concept, |f| format!("{:?}", f.value));
    line(&mut out, "impact", &facts.impact, |f| f.value.to_string());
    line(&mut out, "attacker", &facts.attacker, |f| f.value.to_string());
    line(&mut out, "exploited", &facts.exploited, |f| format!("{:?}", f.value));
    line(&mut out, "cwe", &facts.cwe, |f| f.value.to_string());
    line(&mut out, "cvss", &facts.cvss, |f| format!("{:?} {:?}", f.value.version, f.value.score));
    line(&mut out, "severity", facts.claimed_severity(), |severity| severity.to_string());
    line(&mut out, "ids", &facts.ids, |f| f.value.to_string());
    line(&mut out, "deadline", &facts.deadline, |f| f.value.to_string());
    line(&mut out, "others told", &facts.others_told, |f| format!("{:?}: {}", f.value, f.words));
    line(&mut out, "credit", &facts.credit, |f| format!("{:?}: {}", f.value, f.words));
    line(&mut out, "found with", &facts.ai_or_tool, |f| format!("{:?}", f.value));
    line(&mut out, "fix", &facts.suggested_fix, |f| format!("{:?}", f.value));
    line(&mut out, "missing", facts.missing(), |missing| missing.to_string());
    writeln!(out, "signs: {}", if signs == 0 { "none" } else { "some" }).unwrap();
    out
}

/// RFC: "Understanding what platforms, packages and version the threat has been reported against."
/// RFC: "clear information about what steps reporter took to identify the vulnerability"
/// With `SIR_BLESS` set the files are written anew; read the difference before keeping it.
#[test]
fn every_mail_of_the_table_is_read_as_a_person_would() {
    let bless = std::env::var_os("SIR_BLESS").is_some();
    let stories = stories();
    assert!(stories.len() >= 30);
    let mut wrong = String::new();
    for story in &stories {
        let facts = story.facts();
        let told = told(&facts, signs(&story.subject, &story.text, &facts));
        if told != story.expected {
            writeln!(wrong, "{}\n--- read\n{told}--- expected\n{}", story.path.display(), story.expected)
                .unwrap();
        }
        if bless {
            let whole = std::fs::read_to_string(&story.path).unwrap();
            let (mail, _) = whole.split_once("=== facts\n").unwrap();
            std::fs::write(&story.path, format!("{mail}=== facts\n{told}")).unwrap();
        }
    }
    assert!(wrong.is_empty() || bless, "{wrong}");
}

/// "Generous": every mail of the table that is a report has a sign, every other one has none.
#[test]
fn only_what_is_no_report_has_no_sign() {
    for story in stories() {
        let name = story.path.file_name().unwrap().to_string_lossy().into_owned();
        let facts = story.facts();
        let signs = signs(&story.subject, &story.text, &facts);
        // A mail with nothing but an attached file says nothing; the daemon lets it wait for a person.
        let silent = name.starts_with("no-") || name == "attachment-only.txt";
        assert_eq!(signs == 0, silent, "{name}: {signs} signs");
    }
}

fn longest_words(facts: &Facts) -> usize {
    fn longest<T>(list: &[Found<T>]) -> usize {
        list.iter().map(|found| found.words.chars().count()).max().unwrap_or(0)
    }
    [
        longest(&facts.components),
        longest(&facts.files),
        longest(&facts.versions),
        longest(&facts.impact),
        longest(&facts.proof_of_concept),
        longest(&facts.deadline),
        longest(&facts.ids),
    ]
    .into_iter()
    .max()
    .unwrap_or(0)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_text_gives_facts(subject in "\\PC{0,80}", text in "(?s).{0,1500}", name in "\\PC{0,40}") {
        let facts = facts(&subject, &text, &[(&name, "application/octet-stream")]);
        prop_assert!(longest_words(&facts) <= EXCERPT_LIMIT);
        signs(&subject, &text, &facts);
        serde_json::to_string(&facts).unwrap();
    }

    /// Text made of the very pieces that the patterns look for.
    #[test]
    fn any_mix_of_telling_words_gives_facts(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..120)) {
        let text = pieces.concat();
        let facts = facts(&text, &text, &[(&text, &text)]);
        prop_assert!(longest_words(&facts) <= EXCERPT_LIMIT);
        signs(&text, &text, &facts);
        serde_json::to_string(&facts).unwrap();
    }

    /// A vector of any metrics is scored or not; the crate that scores must not be stopped by it.
    #[test]
    fn any_vector_is_harmless(version in "3\\.[01]|4\\.0", metrics in prop::collection::vec("/(AV|AC|AT|PR|UI|S|C|I|A|VC|VI|VA|SC|SI|SA|E|MAV|MSI|CR):[NALPHRUCSX]", 0..20)) {
        let text = format!("CVSS:{version}{}", metrics.concat());
        let facts = facts("", &text, &[]);
        prop_assert!(facts.cvss.iter().filter_map(|f| f.value.score).all(|score| (0.0..=10.0).contains(&score)));
    }

    /// Whole 4.0 vectors, which alone reach the scoring tables.
    #[test]
    fn any_whole_vector_is_scored(av in "[NALP]", ac in "[LH]", at in "[NP]", pr in "[NLH]", ui in "[NPA]", v in "[HLN]", s in "[HLN]", m in "(/MSI:S)?(/E:[XAPU])?(/CR:[XHML])?") {
        let text = format!("CVSS:4.0/AV:{av}/AC:{ac}/AT:{at}/PR:{pr}/UI:{ui}/VC:{v}/VI:{v}/VA:{s}/SC:{s}/SI:{v}/SA:{s}{m}");
        let facts = facts("", &text, &[]);
        prop_assert!(facts.cvss[0].value.score.is_some());
    }
}

const PIECES: &[&str] = &[
    " ",
    "\n",
    "\n\n",
    "é",
    "漏洞",
    "\u{202e}",
    "\u{2011}",
    "CVE-",
    "2021-",
    "44228",
    "GHSA-",
    "25.05",
    ".1",
    "<=",
    "prior to ",
    "Gems/",
    "Code/",
    "Terrain",
    "ScriptCanvas",
    "SystemComponent",
    ".cpp",
    ":12",
    "Component: ",
    "## Steps\n",
    "1. ",
    "2. ",
    "```",
    "CVSS:3.1/",
    "AV:N/",
    "AC:L/",
    "Au:N/",
    "90",
    "+30 ",
    " days ",
    "publish ",
    "will ",
    "2027-02-30",
    "31 February 2027",
    "OpenSSL ",
    "1.1.1b",
    "pkg:a/",
    "@",
    "\\",
    "commit ",
    "deadbee1",
    "C:\\",
    "iOS",
    "Credit:",
    "unsubscribe",
    "invoice",
    "#0 0x",
];

/// A mail of one repeated piece ends like any other: the largest is read in well under a second (optimized; a debug
/// build of the pattern engine is some fifty times slower, and gets a sixteenth of the text). The bound only catches what
/// would hang.
#[test]
fn a_text_of_one_repeated_word_is_read_in_linear_time() {
    let (part, bound) = if cfg!(debug_assertions) { (16, 60) } else { (1, 30) };
    let bound = Duration::from_secs(bound);
    let mut slowest = (Duration::ZERO, "");
    let more = [
        "a",
        "A1_",
        "../",
        "((((",
        "1. x\n",
        "## a:\n",
        "no not ",
        "漏",
        "é ",
        "Gems/Atom/",
        "will publish 90 days ",
    ];
    for piece in PIECES.iter().chain(&more) {
        let text = piece.repeat(TEXT_LIMIT / part / piece.len() + 1);
        let start = Instant::now();
        let facts = facts("", &text, &[]);
        signs("", &text, &facts);
        let took = start.elapsed();
        if took > slowest.0 {
            slowest = (took, piece);
        }
    }
    println!("slowest: {slowest:?}");
    assert!(slowest.0 < bound, "{slowest:?}");
}

fn shared() -> Option<PathBuf> {
    let shared = std::env::var_os("SIR_SHARED").map(PathBuf::from);
    if shared.is_none() {
        println!("not run: no shared data (SIR_SHARED)");
    }
    shared
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// Advisories that researchers have published are all taken for reports.
#[test]
fn published_advisories_have_signs() {
    let Some(shared) = shared() else { return };
    for (name, least) in [("advisory-text-0xdea", 10), ("advisory-text-dyntopia", 9)] {
        let paths = files(&shared.join("corpora").join(name));
        let texts = paths.iter().filter(|path| !path.ends_with("LICENSE"));
        let (mut with, mut all, mut steps, mut proofs) = (0, 0, 0, 0);
        for path in texts {
            let text = String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned();
            let facts = facts("", &text, &[]);
            all += 1;
            with += u32::from(signs("", &text, &facts) > 0);
            steps += u32::from(facts.steps.is_some());
            proofs += u32::from(!facts.proof_of_concept.is_empty());
        }
        println!("{name}: {with} of {all} have signs, {steps} steps, {proofs} proofs");
        assert!(with >= least);
    }
}

/// Threads of public lists, good and bad: only counted.
#[test]
fn mails_of_public_lists_are_counted() {
    let Some(shared) = shared() else { return };
    let rows = std::fs::read_to_string(shared.join("corpora/expectations/lore.jsonl")).unwrap();
    let mut count: std::collections::BTreeMap<String, (u32, u32)> = std::collections::BTreeMap::new();
    for row in rows.lines() {
        let row: serde_json::Value = serde_json::from_str(row).unwrap();
        let raw = std::fs::read(shared.join("corpora").join(row["file"].as_str().unwrap())).unwrap();
        let raw = String::from_utf8_lossy(&raw).replace("\r\n", "\n");
        let text = raw.split_once("\n\n").map_or("", |(_, text)| text);
        let subject = row["subject"].as_str().unwrap_or("");
        let facts = facts(subject, text, &[]);
        let entry = count.entry(row["category"].as_str().unwrap_or("?").to_owned()).or_default();
        entry.0 += u32::from(signs(subject, text, &facts) > 0);
        entry.1 += 1;
    }
    for (category, (with, all)) in count {
        println!("lore {category}: {with} of {all} have signs");
    }
}

/// The security issues that O3DE has had in public: each id and each package is found.
#[test]
fn the_ids_and_packages_of_public_issues_are_found() {
    let Some(shared) = shared() else { return };
    let rows = std::fs::read_to_string(shared.join("nvd/o3de_public_issues.jsonl")).unwrap();
    let (mut found, mut all, mut packages, mut titles) = (0, 0, 0, 0);
    for row in rows.lines() {
        let row: serde_json::Value = serde_json::from_str(row).unwrap();
        let title = row["title"].as_str().unwrap();
        let cves: Vec<&str> =
            row["cves"].as_array().unwrap().iter().map(|cve| cve.as_str().unwrap()).collect();
        let facts = facts(title, &cves.join("\n"), &[]);
        all += cves.len();
        found += cves.iter().filter(|cve| facts.ids.iter().any(|id| id.value.as_str() == **cve)).count();
        titles += 1;
        packages += usize::from(!facts.dependencies.is_empty());
        let named: Vec<_> = facts.dependencies.iter().map(|f| (&f.value.name, &f.value.version)).collect();
        println!("{title}: {named:?}");
    }
    println!("public issues: {found} of {all} ids, a package in {packages} of {titles}");
    assert_eq!(found, all);
}
