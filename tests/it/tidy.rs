//! What every file keeps, whoever writes it: layers, purity, sizes, names. Each rule is a function from a file to its
//! faults, and is itself tried on a file that breaks it.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// One text file of the repository.
struct Source {
    /// From the root, with `/`.
    path: String,
    text: String,
}

impl Source {
    fn new(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned() }
    }

    /// The text without comments and what stands in quotes; lines stay lines.
    fn code(&self) -> String {
        code_of(&self.text)
    }

    /// The part of the crate that it belongs to: `case` for `src/case/id.rs`, `clock` for `src/clock.rs`.
    fn module(&self) -> Option<&str> {
        let inside = self.path.strip_prefix("src/")?.strip_suffix(".rs")?;
        Some(inside.split_once('/').map_or(inside, |(module, _)| module))
    }
}

type Rule = fn(&Source) -> Vec<String>;

// ---------------------------------------------------------------- the rules

/// Folders that compute and nothing else.
const PURE: [&str; 5] = ["case", "mail", "report", "render", "known"];

/// The one part of `known` that has a file.
const MIRROR: &str = "src/known/mirror/";

/// Words of the world: the runtime, the disk, the network, and the parts that use them.
const WORLDLY: [&str; 16] = [
    "async",
    "await",
    "fs",
    "env",
    "net",
    "tokio",
    "octocrab",
    "reqwest",
    "hyper",
    "async_imap",
    "rusqlite",
    "rustls",
    "store",
    "wire",
    "office",
    "perform",
];

/// DESIGN: "pure folders never mention async, fs, env, net, tokio, octocrab, store, wire".
fn purity(source: &Source) -> Vec<String> {
    if !source.module().is_some_and(|module| PURE.contains(&module)) || source.path.starts_with(MIRROR) {
        return Vec::new();
    }
    let code = source.code();
    let mut faults = Vec::new();
    for (number, line) in code.lines().enumerate() {
        for word in words(line) {
            if WORLDLY.contains(&word) {
                faults.push(format!("line {}: `{word}` in a pure folder", number + 1));
            }
        }
    }
    faults
}

/// Imports run one way. What stands in a row is all that this part may use.
const LAYERS: [(&str, &[&str]); 20] = [
    ("case", &[]),
    ("mail", &["case"]),
    ("report", &["case"]),
    ("render", &["case", "mail", "report", "known"]),
    ("known", &["case", "report"]),
    ("clock", &[]),
    ("outside", &["clock"]),
    ("config", &["case"]),
    ("observe", &["case", "clock", "config"]),
    ("store", &["case", "clock", "outside"]),
    ("sealed", &["case", "mail", "clock", "outside"]),
    ("wire", &["case", "mail", "clock", "outside"]),
    ("reading", &["case", "mail", "report"]),
    (
        "office",
        &[
            "case", "mail", "report", "render", "known", "clock", "outside", "config", "observe", "store",
            "reading", "sealed",
        ],
    ),
    (
        "perform",
        &[
            "case", "mail", "report", "render", "known", "clock", "outside", "config", "observe", "store",
            "wire", "reading", "office",
        ],
    ),
    (
        "daemon",
        &[
            "case", "mail", "report", "render", "known", "clock", "outside", "config", "observe", "store",
            "wire", "reading", "sealed", "office", "perform",
        ],
    ),
    (
        "practice",
        &[
            "case", "mail", "report", "render", "known", "clock", "outside", "config", "observe", "store",
            "wire", "reading", "office", "perform", "daemon",
        ],
    ),
    (
        "cli",
        &[
            "case", "mail", "report", "render", "clock", "outside", "config", "observe", "store", "wire",
            "reading", "sealed", "office", "perform", "daemon", "practice", "known",
        ],
    ),
    ("main", &["cli"]),
    ("lib", &[]),
];

fn layers(source: &Source) -> Vec<String> {
    let Some(module) = source.module() else { return Vec::new() };
    let Some((_, allowed)) = LAYERS.iter().find(|(name, _)| *name == module) else {
        return vec![format!("`{module}` has no row in the table of layers")];
    };
    let code = source.code();
    imports(&code, source.path.matches('/').count() == 1)
        .into_iter()
        .filter(|used| used != module && !allowed.contains(&used.as_str()))
        .map(|used| format!("`{module}` uses `{used}`, which lies above it"))
        .collect()
}

/// The parts of the crate that some code names: `crate::x`, `crate::{x, y::z}`, in top-level files `super::x`, in main
/// `sir_intake::x`.
fn imports(code: &str, top_level: bool) -> BTreeSet<String> {
    let roots: &[&str] =
        if top_level { &["crate", "super", "sir_intake"] } else { &["crate", "super::super", "sir_intake"] };
    let mut found = BTreeSet::new();
    for root in roots {
        for (at, _) in code.match_indices(&format!("{root}::")) {
            let before = code[..at].chars().next_back();
            if before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
                continue;
            }
            let rest = &code[at + root.len() + 2..];
            match rest.strip_prefix('{') {
                Some(group) => found.extend(heads(group)),
                None => found
                    .extend(words(rest.split([';', '\n']).next().unwrap_or("")).next().map(str::to_owned)),
            }
        }
    }
    let known = |name: &String| LAYERS.iter().any(|(module, _)| module == name);
    found.into_iter().filter(known).collect()
}

/// The first word of each path in an opened group, at the group's own level.
fn heads(group: &str) -> Vec<String> {
    let (mut depth, mut start, mut found) = (1, true, Vec::new());
    for token in group.split_inclusive(['{', '}', ',']) {
        if start && let Some(word) = words(token).next() {
            found.push(word.to_owned());
        }
        match token.chars().next_back() {
            Some('{') => depth += 1,
            Some('}') => depth -= 1,
            _ => {}
        }
        start = depth == 1;
        if depth == 0 {
            break;
        }
    }
    found
}

/// Longer files hide what is in them.
fn size(source: &Source) -> Vec<String> {
    let limit = match source.path.as_str() {
        path if path.starts_with("src/") && path.ends_with(".rs") => 500,
        // Tables and stories are read one by one.
        path if path.ends_with(".rs") => 700,
        _ => return Vec::new(),
    };
    let lines = source.text.lines().count();
    if lines < limit { Vec::new() } else { vec![format!("{lines} lines, the limit is {limit}")] }
}

/// Names that say nothing.
const EMPTY_NAMES: [&str; 8] =
    ["util", "utils", "types", "helper", "helpers", "manager", "service", "handler"];

fn names(source: &Source) -> Vec<String> {
    if !source.path.ends_with(".rs") {
        return Vec::new();
    }
    let mut faults: Vec<String> = source
        .path
        .trim_end_matches(".rs")
        .split('/')
        .filter(|part| EMPTY_NAMES.contains(part))
        .map(|part| format!("a file or folder called `{part}`"))
        .collect();
    let code = source.code();
    let tokens: Vec<&str> = words(&code).collect();
    for pair in tokens.windows(2) {
        let &[keyword, name] = pair else { continue };
        if !["mod", "struct", "enum", "trait", "type"].contains(&keyword) {
            continue;
        }
        let snake = name.chars().fold(String::new(), |mut all, c| {
            if c.is_uppercase() && !all.is_empty() {
                all.push('_');
            }
            let _ = write!(all, "{}", c.to_lowercase());
            all
        });
        if snake.split('_').any(|part| EMPTY_NAMES.contains(&part)) {
            faults.push(format!("`{keyword} {name}` says nothing"));
        }
    }
    faults
}

/// Whoever opens a file reads first what it is.
fn head(source: &Source) -> Vec<String> {
    if source.path.ends_with(".rs") && !source.text.starts_with("//! ") {
        return vec!["does not begin with `//! ` and what it is".to_owned()];
    }
    Vec::new()
}

/// A clone builds anywhere: no path of one machine, no registry of one house, nothing about how the text came to be.
fn belongs_to_nobody(source: &Source) -> Vec<String> {
    let banned: [(String, &str); 9] = [
        (["/wo", "rk/"].concat(), "a path of one machine"),
        (["/home", "/"].concat(), "a path of one machine"),
        (["/roo", "t/."].concat(), "a path of one machine"),
        (["replace", "-with"].concat(), "a registry of one house"),
        (["work", "tree"].concat(), "about how it was made"),
        (["co-auth", "ored-by"].concat(), "about how it was made"),
        (["generated", " with"].concat(), "about how it was made"),
        (["sub", "agent"].concat(), "about how it was made"),
        (["anth", "ropic"].concat(), "about how it was made"),
    ];
    let mut faults = Vec::new();
    for (number, line) in source.text.lines().enumerate() {
        let line = line.to_lowercase();
        for (word, why) in &banned {
            if line.contains(word.as_str()) {
                faults.push(format!("line {}: `{word}`: {why}", number + 1));
            }
        }
        if source.path.ends_with("Cargo.lock")
            && line.starts_with("source = ")
            && !line.contains("\"registry+https://github.com/rust-lang/crates.io-index\"")
        {
            faults.push(format!("line {}: a crate from elsewhere than crates.io", number + 1));
        }
    }
    faults
}

/// RUNBOOK 3: letters are 72 columns wide, and begin with their subject. Line 1 is measured when it is rendered; what is
/// no mail has none.
fn letters(source: &Source) -> Vec<String> {
    let Some(name) = source.path.strip_prefix("templates/") else { return Vec::new() };
    let mut faults: Vec<String> = source
        .text
        .lines()
        .enumerate()
        .skip(1)
        .filter(|(_, line)| line.chars().count() > 72)
        .map(|(number, _)| format!("line {}: wider than 72 columns", number + 1))
        .collect();
    let mail = !name.ends_with(".md") && !name.ends_with("-discord.txt");
    if mail && !source.text.starts_with("Subject: ") {
        faults.push("does not begin with its subject".to_owned());
    }
    faults
}

/// What only the contract check needs is not in a newcomer's build.
fn lean(source: &Source) -> Vec<String> {
    let foreign = ["jsonschema", "openssl-sys", "native-tls"];
    if source.path != "Cargo.lock" {
        return Vec::new();
    }
    let named = |name: &&&str| source.text.contains(&format!("name = \"{name}\"\n"));
    foreign.iter().filter(named).map(|name| format!("the crate {name} came in")).collect()
}

// ---------------------------------------------------------------- the repository keeps them

const RULES: [(&str, Rule); 8] = [
    ("purity", purity),
    ("layers", layers),
    ("size", size),
    ("names", names),
    ("head", head),
    ("belongs to nobody", belongs_to_nobody),
    ("letters", letters),
    ("lean", lean),
];

#[test]
fn the_repository_is_tidy() {
    let sources = repository();
    assert!(sources.iter().any(|source| source.path == "src/case/mod.rs"), "looked in the wrong place");
    let mut faults = Vec::new();
    for source in &sources {
        for (name, rule) in RULES {
            faults.extend(rule(source).into_iter().map(|fault| format!("{}: {fault} ({name})", source.path)));
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn every_part_of_the_crate_is_on_the_map() {
    let map = std::fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let header: String =
        map.lines().take_while(|line| line.starts_with("//!")).collect::<Vec<_>>().join("\n");
    let parts: BTreeSet<String> =
        repository().iter().filter_map(|source| source.module().map(str::to_owned)).collect();
    let absent: Vec<&String> =
        parts.iter().filter(|part| *part != "lib" && !header.contains(&format!("`{part}"))).collect();
    assert!(absent.is_empty(), "not on the map in src/lib.rs: {absent:?}");
    for word in ["**Invariant:**", "Deliberately absent"] {
        assert!(header.contains(word), "the architecture document lost `{word}`");
    }
    // What the map promises to be there is there.
    for name in header.split('`').filter(|name| name.contains('/') && !name.contains([' ', '<', '$'])) {
        let from_root = root().join(name);
        assert!(from_root.exists() || root().join("src").join(name).exists(), "the map names `{name}`");
    }
}

// ---------------------------------------------------------------- and each rule bites

#[track_caller]
fn bites(rule: Rule, path: &str, bad: &str, good: &str) {
    assert!(!rule(&Source::new(path, bad)).is_empty(), "{path} breaks the rule and nobody says so: {bad}");
    assert_eq!(rule(&Source::new(path, good)), Vec::<String>::new(), "{path} is good: {good}");
}

#[test]
fn each_rule_bites() {
    bites(purity, "src/case/id.rs", "use std::fs;", "// std::fs is for others\nconst A: &str = \"tokio\";");
    bites(purity, "src/mail/x.rs", "async fn read() {}", "fn r#\"read\"#() { let stored = 1; }");
    bites(purity, "src/report/x.rs", "let a = crate::store::X;", "let a = crate::case::X;");
    bites(layers, "src/case/x.rs", "use crate::mail::Letter;", "use crate::case::Case;");
    bites(
        layers,
        "src/store/x.rs",
        "use crate::{case::Case, wire};",
        "use crate::{case::{Case, wire}, outside};",
    );
    bites(layers, "src/wire/x.rs", "fn a(o: &crate::office::Office) {}", "fn a(o: &crate::mail::Letter) {}");
    bites(layers, "src/clock.rs", "use super::office::Office;", "use std::time;\nmod a { use super::b; }");
    bites(layers, "src/outside.rs", "use super::{clock, store};", "use super::clock;");
    // A part that nobody put into the table is a fault whatever it holds.
    assert!(!layers(&Source::new("src/newcomer/x.rs", "fn a() {}")).is_empty());
    bites(size, "src/case/x.rs", &"\n".repeat(500), &"\n".repeat(499));
    assert!(!names(&Source::new("src/mail/helpers.rs", "")).is_empty());
    bites(names, "src/mail/x.rs", "struct MailHandler;", "mod manage; struct Services;");
    bites(head, "src/case/x.rs", "use a;\n//! Late.", "//! What it is.\nuse a;");
    let path = ["read /ho", "me/somebody/x"].concat();
    bites(belongs_to_nobody, "README.md", &path, "read /var/lib/sir-intake");
    bites(
        belongs_to_nobody,
        "Cargo.lock",
        "source = \"registry+https://mirror.example/index\"",
        "source = \"registry+https://github.com/rust-lang/crates.io-index\"",
    );
    let wide = format!("Subject: x\n\n{}\n", "ü".repeat(73));
    let narrow = format!("Subject: x\n\n{}\n", "ü".repeat(72));
    bites(letters, "templates/letters/T00.txt", &wide, &narrow);
    bites(letters, "templates/letters/T00.txt", "Hello", "Subject: Hello");
    bites(lean, "Cargo.lock", "name = \"jsonschema\"\n", "name = \"serde\"\n");
}

/// What the rules see is code: nothing in comments or quotes, everything else.
#[test]
fn comments_and_quotes_are_no_code() {
    let code =
        code_of("a /* b /* c */ d */ e // f\n\"g \\\" h\" i r#\"j \" k\"# l 'm' n<'o> b\"p\" '\\'' q\n");
    let left: Vec<&str> = words(&code).collect();
    assert_eq!(left, ["a", "e", "i", "l", "n", "o", "q"]);
    assert_eq!(code.lines().count(), 2);
}

// ---------------------------------------------------------------- reading

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All text files that belong to the repository.
fn repository() -> Vec<Source> {
    let mut found = Vec::new();
    let mut open: Vec<PathBuf> = vec![root().to_owned()];
    while let Some(dir) = open.pop() {
        for entry in std::fs::read_dir(&dir).unwrap().map(Result::unwrap) {
            let name = entry.file_name().to_string_lossy().into_owned();
            let skipped = name == "target" || name == ".git" || name.starts_with("practice-");
            match entry.file_type().unwrap() {
                _ if skipped => {}
                kind if kind.is_dir() => open.push(entry.path()),
                kind if kind.is_file() => {
                    let Ok(text) = std::fs::read_to_string(entry.path()) else { continue };
                    let path =
                        entry.path().strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/");
                    found.push(Source { path, text });
                }
                _ => {}
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// Words as a compiler splits them.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}

/// Rust without comments, strings and characters; what is taken out leaves its line ends.
fn code_of(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let at = |i: usize| chars.get(i).copied().unwrap_or('\0');
    let mut code = String::with_capacity(text.len());
    let mut i = 0;
    while i < chars.len() {
        let end = match (at(i), at(i + 1)) {
            ('/', '/') => find(&chars, i, |rest| rest[0] == '\n'),
            ('/', '*') => block_end(&chars, i),
            ('r', '"' | '#') if !word_before(&code) => raw_end(&chars, i),
            ('"', _) => quote_end(&chars, i),
            ('\'', '\\') => find(&chars, i + 3, |rest| rest[0] == '\'') + 1,
            ('\'', _) if at(i + 2) == '\'' => i + 3,
            _ => i,
        };
        if end == i {
            code.push(at(i));
            i += 1;
        } else {
            code.push(' ');
            code.extend(chars[i..end.min(chars.len())].iter().filter(|c| **c == '\n'));
            i = end;
        }
    }
    // `b"..."` leaves its letter behind.
    code.replace(" b  ", "  ")
}

fn word_before(code: &str) -> bool {
    code.chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '_')
}

fn find(chars: &[char], from: usize, ends: impl Fn(&[char]) -> bool) -> usize {
    (from..chars.len()).find(|i| ends(&chars[*i..])).unwrap_or(chars.len())
}

fn block_end(chars: &[char], from: usize) -> usize {
    let mut depth = 0;
    let mut i = from;
    while i < chars.len() {
        match (chars[i], chars.get(i + 1)) {
            ('/', Some('*')) => (depth, i) = (depth + 1, i + 2),
            ('*', Some('/')) => (depth, i) = (depth - 1, i + 2),
            _ => i += 1,
        }
        if depth == 0 {
            break;
        }
    }
    i
}

fn quote_end(chars: &[char], from: usize) -> usize {
    let mut i = from + 1;
    while i < chars.len() && chars[i] != '"' {
        i += if chars[i] == '\\' { 2 } else { 1 };
    }
    i + 1
}

/// The end of `r#"..."#`; `from` itself when this is none (`r#type`).
fn raw_end(chars: &[char], from: usize) -> usize {
    let hashes = chars[from + 1..].iter().take_while(|c| **c == '#').count();
    if chars.get(from + 1 + hashes) != Some(&'"') {
        return from;
    }
    let close: Vec<char> = std::iter::once('"').chain(std::iter::repeat_n('#', hashes)).collect();
    find(chars, from + 2 + hashes, |rest| rest.starts_with(&close)) + close.len()
}
