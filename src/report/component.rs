//! Which part of O3DE a report is about, by our own list of parts.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::LazyLock;

use super::section::{self, Section, Topic};
use super::words::{Found, KEEP_LIMIT, Words, keep, patterns};
use crate::case::Component;

/// How freely a name may be spelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Guard {
    /// Any letter case, with or without spaces.
    Free,
    /// Only as we write it.
    Exact,
    /// A common word: needs a path, a label, the word "gem" or code around it.
    Guarded,
}

/// One line of `data/components.tsv`.
#[derive(Debug)]
struct Part {
    name: &'static str,
    sig: Option<&'static str>,
    guard: Guard,
    folders: Vec<Vec<String>>,
    also: Vec<&'static str>,
}

impl Part {
    /// A web page or list of the project, not a part of the engine.
    fn is_place(&self) -> bool {
        self.sig == Some("docs-community")
    }
}

/// The list, and the same by folded name.
#[derive(Debug)]
struct Parts {
    list: Vec<Part>,
    by_key: BTreeMap<String, usize>,
    /// The first two letters of all keys: nearly every word of a report begins none.
    begins: BTreeSet<[u8; 2]>,
    by_folder: BTreeMap<Vec<String>, usize>,
}

static PARTS: LazyLock<Parts> = LazyLock::new(|| read(include_str!("data/components.tsv")));

/// Reads the list; a line that is not one is left out (a test counts them).
fn read(data: &'static str) -> Parts {
    let list: Vec<Part> = data.lines().filter(|line| !line.starts_with('#')).filter_map(part).collect();
    let (mut by_key, mut by_folder) = (BTreeMap::new(), BTreeMap::new());
    for (index, part) in list.iter().enumerate() {
        for name in std::iter::once(&part.name).chain(&part.also) {
            by_key.entry(key(name)).or_insert(index);
        }
        for folder in &part.folders {
            by_folder.entry(folder.clone()).or_insert(index);
        }
    }
    let begins = by_key.keys().filter_map(|key| key.as_bytes().first_chunk().copied()).collect();
    Parts { list, by_key, begins, by_folder }
}

impl Parts {
    /// Whether a name on the list may begin with this word.
    fn may_begin(&self, word: &str) -> bool {
        word.as_bytes()
            .first_chunk()
            .is_some_and(|two: &[u8; 2]| self.begins.contains(&two.map(|byte| byte.to_ascii_lowercase())))
    }
}

/// Reads one line of the list.
fn part(line: &'static str) -> Option<Part> {
    let mut columns = line.split('\t');
    let name = columns.next()?;
    let sig = columns.next().filter(|sig| *sig != "-");
    let guard = match columns.next()? {
        "free" => Guard::Free,
        "exact" => Guard::Exact,
        "guarded" => Guard::Guarded,
        _ => return None,
    };
    let several = |text: &'static str| text.split(';').filter(|item| *item != "-");
    let folders =
        several(columns.next()?).map(|folder| folder.split('/').map(str::to_lowercase).collect()).collect();
    let also = several(columns.next()?).collect();
    Some(Part { name, sig, guard, folders, also })
}

/// A name without letter case, spaces and signs.
fn key(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// The SIG that owns a component (`network`, as in the label `sig/network`); `None` when the owners file names nobody
/// or the component is not on our list. After the CODEOWNERS of 2025-08.
pub fn sig_of(component: &Component) -> Option<&'static str> {
    let index = PARTS.by_key.get(&key(&component.0))?;
    PARTS.list.get(*index)?.sig
}

/// Every name on our list, in its order.
pub fn component_names() -> impl Iterator<Item = &'static str> {
    PARTS.list.iter().map(|part| part.name)
}

patterns! {
    TOKEN = r"[a-z0-9]{2,60}";
    PATH = r"[a-z0-9_.:@-]{0,60}(?:[/\\]{1,2}[a-z0-9_.@+-]{1,80}){1,16}";
    SOURCE_FILE = r"\b[a-z0-9_-]{2,60}\.(?:cpp|cxx|cc|hpp|hxx|h|inl|c|py|lua|azsl|azsli|cmake|ps1|bat|sh|mm)\b(?::\d{1,6}|\(\d{1,6}\))?";
    GEM_BEFORE = r"\b(?:gems?|component|module|class|namespace|namespaces)\s{0,2}[:=`'*\x22(]{0,3}\s?\z";
    GEM_AFTER = r"\A[`'*\x22)]{0,3}(?:\s|-){1,2}(?:gems?\b|module\b|system component)";
    CODE_AFTER = r"\A(?:::|\.exe\b|\.gem\b|_[a-z]|systemcomponent)";
    O3DE_BEFORE = r"\bo3de(?:'s)?\s\z";
}

/// How much a kind of evidence says. A label is a statement; a path is exact; a name in passing says least.
mod weight {
    pub(super) const LABEL: u32 = 40;
    pub(super) const SUBJECT: u32 = 20;
    /// A path in the innermost frame of a stack trace.
    pub(super) const FRAME: u32 = 16;
    pub(super) const PATH: u32 = 8;
    pub(super) const CODE: u32 = 6;
    pub(super) const NAME: u32 = 3;
    pub(super) const FILE: u32 = 3;
    /// Repetition adds up to this much, and never more than a label does.
    pub(super) const MOST: u32 = 30;
}

/// What speaks for one component.
#[derive(Debug, Clone)]
struct Evidence {
    stated: u32,
    repeated: u32,
    best: u32,
    place: Range<usize>,
    first: usize,
}

/// The components of a report, the one most spoken of first, and the source files and folders it names.
pub(super) fn components(words: &Words, sections: &[Section]) -> (Vec<Found<Component>>, Vec<Found<String>>) {
    let mut seen: BTreeMap<usize, Evidence> = BTreeMap::new();
    let mut files = Vec::new();
    labels(words, sections, &mut seen);
    let counted = paths(words, &mut seen, &mut files);
    names(words, &counted, &mut seen);
    let mut ranked: Vec<_> = seen.into_iter().collect();
    // The web pages are linked in many a footer: they come last unless the reporter states them.
    let place =
        |index: usize, e: &Evidence| e.stated == 0 && PARTS.list.get(index).is_some_and(Part::is_place);
    ranked.sort_by_key(|(index, e)| {
        (place(*index, e), std::cmp::Reverse(e.stated + e.repeated.min(weight::MOST)), e.first)
    });
    let found = ranked.into_iter().take(KEEP_LIMIT).filter_map(|(index, evidence)| {
        let part = PARTS.list.get(index)?;
        Some(words.found(Component(part.name.to_owned()), &evidence.place))
    });
    (found.collect(), files)
}

/// Counts a piece of evidence.
fn count(
    seen: &mut BTreeMap<usize, Evidence>,
    words: &Words,
    index: usize,
    weight: u32,
    place: &Range<usize>,
) {
    let fresh = Evidence { stated: 0, repeated: 0, best: 0, place: place.clone(), first: place.start };
    let evidence = seen.entry(index).or_insert(fresh);
    evidence.first = evidence.first.min(place.start);
    if weight >= weight::LABEL {
        evidence.stated = evidence.stated.max(weight);
    } else if words.in_subject(place) {
        evidence.stated = evidence.stated.max(weight::SUBJECT);
    } else {
        evidence.repeated = evidence.repeated.saturating_add(weight);
    }
    if weight > evidence.best {
        evidence.best = weight;
        evidence.place = place.clone();
    }
}

/// `Component: Terrain`: here a common word is enough.
fn labels(words: &Words, sections: &[Section], seen: &mut BTreeMap<usize, Evidence>) {
    for section in sections.iter().filter(|s| s.topic == Topic::Component) {
        let Some(line) = section::first_line(words, section).filter(|line| line.len() <= 200) else {
            continue;
        };
        for token in tokens(words.at(&line), line.start).take(24) {
            if let Some((index, place)) = longest(words, &token, |_, _, _| true) {
                count(seen, words, index, weight::LABEL, &place);
            }
        }
    }
}

/// Folders and files: `Gems/Multiplayer/Code/Source/X.cpp:12`, `MultiplayerSystemComponent.cpp`. Gives the places of
/// the paths that named a component, in order.
fn paths(
    words: &Words,
    seen: &mut BTreeMap<usize, Evidence>,
    files: &mut Vec<Found<String>>,
) -> Vec<Range<usize>> {
    let mut counted = Vec::new();
    for place in PATH.all(words.all()) {
        let text = words.at(&place).trim_end_matches(['.', ':', '-'].as_slice());
        let steps: Vec<String> =
            text.split(['/', '\\'].as_slice()).filter(|s| !s.is_empty()).map(str::to_lowercase).collect();
        if let Some(index) = by_folder(&steps) {
            let path = place.start..place.start + text.len();
            let line = words.before(&path, 300).rsplit('\n').next().unwrap_or("");
            let frame = if line.trim_start().starts_with("#0 ") { weight::FRAME } else { weight::PATH };
            count(seen, words, index, frame, &path);
            keep(files, words.found(text.to_owned(), &path));
            counted.push(path);
        }
    }
    for place in SOURCE_FILE.all(words.all()) {
        let text = words.at(&place);
        keep(files, words.found(text.to_owned(), &place));
        let stem = text.split('.').next().unwrap_or("");
        if let Some(index) = by_prefix(stem) {
            count(seen, words, index, weight::FILE, &place);
        }
    }
    counted
}

/// The component whose folder stands in these steps of a path; the longest folder wins. A folder of one step must be
/// the first one (`cmake/...`), or it would be found in every path.
fn by_folder(steps: &[String]) -> Option<usize> {
    let longest_folder = PARTS.by_folder.keys().map(Vec::len).max().unwrap_or(0);
    (1..=longest_folder).rev().find_map(|len| {
        steps
            .windows(len)
            .enumerate()
            .filter(|(at, _)| len > 1 || (*at == 0 && steps.len() > 1))
            .find_map(|(_, window)| PARTS.by_folder.get(window).copied())
    })
}

/// The component that a name of several humps begins with: `ScriptCanvasGraph` is of ScriptCanvas. A common word counts
/// only before the endings that a gem's own classes have.
fn by_prefix(name: &str) -> Option<usize> {
    const ENDINGS: [&str; 5] = ["SystemComponent", "Component", "Module", "Gem", "Bus"];
    let name = name.get(..name.floor_char_boundary(64)).unwrap_or("");
    let humps = name.char_indices().filter(|(at, c)| *at >= 4 && c.is_ascii_uppercase()).map(|(at, _)| at);
    let mut cuts: Vec<usize> = humps.collect();
    cuts.push(name.len());
    cuts.iter().rev().find_map(|cut| {
        let head = name.get(..*cut)?;
        let index = *PARTS.by_key.get(&key(head))?;
        let part = PARTS.list.get(index)?;
        let own = part.guard != Guard::Guarded || ENDINGS.iter().any(|ending| name.ends_with(ending));
        (own && (*cut < name.len() || part.guard == Guard::Free)).then_some(index)
    })
}

/// A word of the text, its place, and up to two words behind it that a space, `-`, `_` or `.` joins to it.
#[derive(Debug)]
struct Token {
    starts: usize,
    ends: Vec<usize>,
}

/// The words that may begin a name on our list, with what they may be joined to. Linear: each word is looked at three
/// times.
fn tokens<'t>(text: &'t str, offset: usize) -> impl Iterator<Item = Token> + 't {
    let regex = TOKEN.regex();
    let places: Vec<Range<usize>> =
        regex.into_iter().flat_map(|regex| regex.find_iter(text)).map(|m| m.range()).collect();
    (0..places.len()).filter_map(move |at| {
        let word = places.get(at).and_then(|place| text.get(place.clone()))?;
        if !PARTS.may_begin(word) {
            return None;
        }
        let mut ends = Vec::new();
        let mut last: Option<&Range<usize>> = None;
        for place in places.iter().skip(at).take(3) {
            let joined = last.is_none_or(|before| {
                text.get(before.end..place.start).is_some_and(|gap| matches!(gap, " " | "-" | "_" | "." | ""))
            });
            if !joined {
                break;
            }
            ends.push(offset + place.end);
            last = Some(place);
        }
        Some(Token { starts: offset + places.get(at)?.start, ends })
    })
}

/// The longest name on our list that begins at this word and that `allowed` lets pass.
fn longest(
    words: &Words,
    token: &Token,
    allowed: impl Fn(&Part, &str, &Range<usize>) -> bool,
) -> Option<(usize, Range<usize>)> {
    token.ends.iter().rev().find_map(|end| {
        let place = token.starts..*end;
        let spelled = words.at(&place);
        let index = *PARTS.by_key.get(&key(spelled))?;
        let part = PARTS.list.get(index)?;
        allowed(part, spelled, &place).then_some((index, place))
    })
}

/// Names in running text; not those inside paths that were counted already.
fn names(words: &Words, counted: &[Range<usize>], seen: &mut BTreeMap<usize, Evidence>) {
    let mut counted = counted.iter().peekable();
    for token in tokens(words.text(), 0) {
        while counted.next_if(|path| path.end <= token.starts).is_some() {}
        if counted.peek().is_some_and(|path| path.contains(&token.starts)) {
            continue;
        }
        let found = longest(words, &token, |part, spelled, place| match part.guard {
            Guard::Free => true,
            Guard::Exact => {
                spelled == part.name
                    || part.also.contains(&spelled)
                    || in_context(words, part, spelled, place)
            }
            Guard::Guarded => in_context(words, part, spelled, place),
        });
        if let Some((index, place)) = found {
            // An address and the footer of our own list name no part.
            let before = words.before(&place, 6);
            if before.ends_with('@') || before == "lists." || words.after(&place, 3) == "/g/" {
                continue;
            }
            let weight = if CODE_AFTER.is_in(words.after(&place, 20)) { weight::CODE } else { weight::NAME };
            count(seen, words, index, weight, &place);
            continue;
        }
        let word = token.starts..token.ends.first().copied().unwrap_or(token.starts);
        if word.len() > 6
            && let Some(index) = by_prefix(words.at(&word))
        {
            count(seen, words, index, weight::NAME, &word);
        }
    }
}

/// Whether a common word stands where it can only be the name: `the Terrain gem`, `gem: Terrain`, `Terrain::Tile`,
/// `Editor.exe`, `` `Editor` ``, `O3DE Editor`, or one of its longer other names.
fn in_context(words: &Words, part: &Part, spelled: &str, place: &Range<usize>) -> bool {
    if part.also.iter().any(|also| also.eq_ignore_ascii_case(spelled)) {
        return true;
    }
    let (before, after) = (words.before(place, 24), words.after(place, 24));
    let quoted = before.ends_with('`') && after.starts_with('`') && spelled == part.name;
    quoted
        || GEM_AFTER.is_in(after)
        || (CODE_AFTER.is_in(after) && spelled == part.name)
        || GEM_BEFORE.is_in(before)
        || (O3DE_BEFORE.is_in(before) && (spelled == part.name || part.guard == Guard::Exact))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(text: &str) -> Vec<String> {
        let words = Words::new("", text);
        let sections = section::sections(&words);
        components(&words, &sections).0.into_iter().map(|found| found.value.0).collect()
    }

    #[test]
    fn the_list_is_whole_and_every_sig_is_one_of_the_thirteen() {
        let lines = include_str!("data/components.tsv").lines().filter(|l| !l.starts_with('#')).count();
        assert_eq!(PARTS.list.len(), lines);
        assert!(lines > 140);
        let sigs = [
            "build",
            "content",
            "core",
            "docs-community",
            "network",
            "operations",
            "platform",
            "graphics-audio",
            "release",
            "security",
            "simulation",
            "testing",
            "ui-ux",
        ];
        assert!(PARTS.list.iter().filter_map(|part| part.sig).all(|sig| sigs.contains(&sig)));
        assert_eq!(sig_of(&Component("Multiplayer".into())), Some("network"));
        assert_eq!(sig_of(&Component("SaveData".into())), None);
        assert_eq!(component_names().next(), Some("AzCore"));
    }

    #[test]
    fn a_common_word_is_no_component_until_something_says_so() {
        for chatter in [
            "our editor wrote about multiplayer games on difficult terrain",
            "The Terrain is rough and the Camera is new. Atom feeds.",
            "my project manager would like compression",
            "Dear Editor, the prefab house and a blast of twitch streams",
        ] {
            assert!(named(chatter).is_empty(), "{chatter}: {:?}", named(chatter));
        }
        for (text, component) in [
            ("in the Terrain gem", "Terrain"),
            ("gem: Terrain", "Terrain"),
            ("Component: terrain", "Terrain"),
            ("crash in Multiplayer::ReplicationWindow", "Multiplayer"),
            ("Gems\\Terrain\\Code\\x.cpp", "Terrain"),
            ("Editor.exe crashed", "Editor"),
            ("the O3DE Editor crashed", "Editor"),
            ("`Editor` crashed", "Editor"),
            ("asset processor dies", "AssetProcessor"),
            ("AssetProcessorManager::Foo", "AssetProcessor"),
            ("Script Canvas nodes", "ScriptCanvas"),
            ("O3DE Project Manager", "ProjectManager"),
            ("MultiplayerSystemComponent.cpp:311", "Multiplayer"),
            ("https://host.example/o3de/blob/development/Gems/Atom/RPI/Code/x.cpp#L3", "Atom"),
            (
                "Code/Framework/AzFramework/AzFramework/Network/AssetProcessorConnection.cpp",
                "AzFramework network",
            ),
            ("scripts/o3de/o3de/download.py", "o3de command line"),
            ("run o3de.bat register", "o3de command line"),
        ] {
            assert_eq!(named(text).first().map(String::as_str), Some(component), "{text}");
        }
    }

    #[test]
    fn a_label_outweighs_a_name_said_often() {
        let text = format!("Component: LyShine\n{}", "AzCore ".repeat(50));
        assert_eq!(named(&text), ["LyShine", "AzCore"]);
    }
}
