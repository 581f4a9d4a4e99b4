//! Reading keys out of a TOML document so that *all* mistakes come out at once.
//!
//! A deserializer stops at its first error. Here each section is asked key by key; what is missing, of another type or
//! out of range becomes a [`Mistake`] with its place, a stand-in value is handed back, and the reading goes on. When a
//! section has been read, whatever was never asked for is an unknown key.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::{Range, RangeInclusive};
use std::path::{Path, PathBuf};
use std::time::Duration;

use toml::de::{DeTable, DeValue};

use super::mistakes::{Grade, Mistake, did_you_mean, place};

/// A configuration file while it is being read.
pub(super) struct Document<'i> {
    file: String,
    text: &'i str,
    folder: PathBuf,
    credentials: Option<PathBuf>,
    mistakes: RefCell<Vec<Mistake>>,
    known: RefCell<BTreeSet<String>>,
}

impl<'i> Document<'i> {
    /// A document of that text; relative paths in it start at `folder`.
    pub(super) fn new(file: &Path, text: &'i str, credentials: Option<&Path>) -> Self {
        let folder = file.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Self {
            file: file.display().to_string(),
            text,
            folder: folder.to_owned(),
            credentials: credentials.map(Path::to_owned),
            mistakes: RefCell::default(),
            known: RefCell::default(),
        }
    }

    /// Notes a mistake at a byte offset.
    pub(super) fn note(&self, at: usize, grade: Grade, what: impl Into<String>, remedy: impl Into<String>) {
        let (line, column) = place(self.text, at);
        self.mistakes.borrow_mut().push(Mistake {
            file: self.file.clone(),
            line,
            column,
            grade,
            what: what.into(),
            remedy: remedy.into(),
        });
    }

    /// All mistakes, in the order of the file, faults and warnings apart.
    pub(super) fn mistakes(&self) -> (Vec<Mistake>, Vec<Mistake>) {
        let mut all = self.mistakes.borrow().clone();
        all.sort_by_key(|mistake| (mistake.line, mistake.column));
        all.dedup();
        all.into_iter().partition(|m| m.grade == Grade::Fault)
    }

    /// Every key that was asked for, as `section.key`.
    pub(super) fn known(&self) -> BTreeSet<String> {
        self.known.borrow().clone()
    }

    /// Where a path of the configuration leads: relative ones start at the folder of the file.
    pub(super) fn path(&self, text: &str) -> PathBuf {
        self.folder.join(text)
    }

    /// Where a secret's file is: a relative name is looked up in `$CREDENTIALS_DIRECTORY` first, then beside the file,
    /// then in `secrets/` beside it (where the unit takes its credentials from), so that commands of an operator find
    /// what the service manager hands to the service.
    pub(super) fn secret_path(&self, text: &str) -> PathBuf {
        let beside = self.folder.join(text);
        if Path::new(text).is_absolute() {
            return beside;
        }
        let given = self.credentials.as_ref().map(|folder| folder.join(text));
        let all = [given.clone(), Some(beside.clone()), Some(self.folder.join("secrets").join(text))];
        let found = all.into_iter().flatten().find(|path| path.exists());
        found.or(given).unwrap_or(beside)
    }
}

/// One table of the document, or the empty one where the file does not have it.
pub(super) struct Section<'d, 'i> {
    pub(super) doc: &'d Document<'i>,
    name: String,
    table: Option<&'d DeTable<'i>>,
    at: usize,
    asked: RefCell<BTreeSet<String>>,
}

impl Drop for Section<'_, '_> {
    /// What nobody asked for is unknown.
    fn drop(&mut self) {
        let asked = self.asked.borrow();
        let Some(table) = self.table else { return };
        for key in table.keys() {
            let word: &str = key.get_ref();
            if asked.contains(word) {
                continue;
            }
            let place = if self.name.is_empty() { String::new() } else { format!(" in [{}]", self.name) };
            let remedy = match did_you_mean(word, asked.iter().map(String::as_str)) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("known{place} are: {}", asked.iter().cloned().collect::<Vec<_>>().join(", ")),
            };
            self.doc.note(key.span().start, Grade::Fault, format!("unknown key `{word}`"), remedy);
        }
    }
}

impl<'d, 'i> Section<'d, 'i> {
    /// The top of the document.
    pub(super) fn top(doc: &'d Document<'i>, table: &'d DeTable<'i>) -> Self {
        Self { doc, name: String::new(), table: Some(table), at: 0, asked: RefCell::default() }
    }

    fn full(&self, key: &str) -> String {
        if self.name.is_empty() { key.to_owned() } else { format!("{}.{key}", self.name) }
    }

    /// Asks for a key without judging its value.
    pub(super) fn get(&self, key: &str) -> Option<(&'d DeValue<'i>, Range<usize>)> {
        self.asked.borrow_mut().insert(key.to_owned());
        self.doc.known.borrow_mut().insert(self.full(key));
        self.table.and_then(|table| table.get(key)).map(|value| (value.get_ref(), value.span()))
    }

    /// Whether the file has this section.
    pub(super) fn is_there(&self) -> bool {
        self.table.is_some()
    }

    /// Whether the file has this key with something other than an empty text in it.
    pub(super) fn has(&self, key: &str) -> bool {
        self.get(key).is_some_and(|(value, _)| value.as_str() != Some(""))
    }

    /// Notes a fault at the value of a key, or at the head of the section when the key is not there.
    pub(super) fn wrong(&self, key: &str, what: impl Into<String>, remedy: impl Into<String>) {
        self.mark(key, Grade::Fault, what, remedy);
    }

    /// Notes a warning, as [`Self::wrong`] notes a fault.
    pub(super) fn doubt(&self, key: &str, what: impl Into<String>, remedy: impl Into<String>) {
        self.mark(key, Grade::Warning, what, remedy);
    }

    fn mark(&self, key: &str, grade: Grade, what: impl Into<String>, remedy: impl Into<String>) {
        let found = self.table.and_then(|table| table.get(key));
        self.doc.note(found.map_or(self.at, |value| value.span().start), grade, what, remedy);
    }

    fn type_fault(&self, key: &str, wanted: &str, found: &DeValue<'_>) {
        let what = format!("`{}` must be {wanted}, not {}", self.full(key), article(found.type_str()));
        self.wrong(key, what, "");
    }

    /// A text with a default.
    pub(super) fn text(&self, key: &str, default: &str) -> String {
        self.optional(key).unwrap_or_else(|| default.to_owned())
    }

    /// A text that may be left out; an empty one counts as left out.
    pub(super) fn optional(&self, key: &str) -> Option<String> {
        let (value, _) = self.get(key)?;
        let Some(text) = value.as_str() else {
            self.type_fault(key, "a text in quotes", value);
            return None;
        };
        if text.chars().any(char::is_control) {
            self.wrong(key, format!("`{}` holds a control character", self.full(key)), "take it out");
            return None;
        }
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// A text that must be there.
    pub(super) fn required(&self, key: &str, example: &str) -> Option<String> {
        let found = self.optional(key);
        let mistyped = self.get(key).is_some_and(|(value, _)| value.as_str() != Some(""));
        if found.is_none() && !mistyped {
            self.wrong(key, format!("`{}` is missing", self.full(key)), format!("write `{key} = {example}`"));
        }
        found
    }

    /// A text that something else can read; the error says what is wrong with it and what to write.
    pub(super) fn parsed<T>(&self, key: &str, read: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        let text = self.optional(key)?;
        match read(&text) {
            Ok(value) => Some(value),
            Err(why) => {
                self.wrong(key, format!("`{}`: {why}", self.full(key)), "");
                None
            }
        }
    }

    /// A whole number within bounds.
    pub(super) fn number<T: TryFrom<u64>>(&self, key: &str, default: T, bounds: RangeInclusive<u64>) -> T {
        let Some((value, _)) = self.get(key) else { return default };
        let Some(number) = value.as_integer().and_then(|n| i128::from_str_radix(n.as_str(), n.radix()).ok())
        else {
            self.type_fault(key, "a whole number", value);
            return default;
        };
        match u64::try_from(number).ok().filter(|n| bounds.contains(n)).map(T::try_from) {
            Some(Ok(number)) => number,
            Some(Err(_)) | None => {
                self.out_of_bounds(key, &bounds);
                default
            }
        }
    }

    fn out_of_bounds(&self, key: &str, bounds: &RangeInclusive<u64>) {
        let what = format!("`{}` must be from {} to {}", self.full(key), bounds.start(), bounds.end());
        self.wrong(key, what, "");
    }

    /// A length of time in seconds, whole or decimal, within bounds (of whole seconds).
    pub(super) fn seconds(&self, key: &str, default_s: u64, bounds: RangeInclusive<u64>) -> Duration {
        if let Some((DeValue::Float(float), _)) = self.get(key) {
            let length = float.as_str().parse().ok().and_then(|s: f64| Duration::try_from_secs_f64(s).ok());
            let low = Duration::from_secs(*bounds.start());
            let high = Duration::from_secs(*bounds.end());
            return match length.filter(|length| (low..=high).contains(length)) {
                Some(length) => length,
                None => {
                    self.out_of_bounds(key, &bounds);
                    Duration::from_secs(default_s)
                }
            };
        }
        Duration::from_secs(self.number(key, default_s, bounds))
    }

    /// `true` or `false`.
    pub(super) fn flag(&self, key: &str, default: bool) -> bool {
        match self.get(key) {
            None => default,
            Some((DeValue::Boolean(value), _)) => *value,
            Some((other, _)) => {
                self.type_fault(key, "true or false", other);
                default
            }
        }
    }

    /// One word of a closed list.
    pub(super) fn word<T: Copy>(&self, key: &str, default: T, words: &[(&str, T)]) -> T {
        let read = |text: &str| match words.iter().find(|(word, _)| *word == text) {
            Some((_, value)) => Ok(*value),
            None => Err(no_such_word(text, words.iter().map(|(word, _)| *word))),
        };
        self.parsed(key, read).unwrap_or(default)
    }

    /// A list of texts, each with its place, or `None` where the file does not have the key.
    pub(super) fn texts(&self, key: &str) -> Option<Vec<(String, usize)>> {
        let (value, _) = self.get(key)?;
        let Some(array) = value.as_array() else {
            self.type_fault(key, "a list of texts", value);
            return None;
        };
        let mut out = Vec::new();
        for item in array {
            match item.get_ref().as_str() {
                Some(text) if !text.is_empty() && !text.chars().any(char::is_control) => {
                    out.push((text.to_owned(), item.span().start));
                }
                Some(_) => self.doc.note(item.span().start, Grade::Fault, "an empty or broken text", ""),
                None => {
                    let what = format!("`{}` must hold only texts in quotes", self.full(key));
                    self.doc.note(item.span().start, Grade::Fault, what, "");
                }
            }
        }
        Some(out)
    }

    /// A list in which each text is read by something else.
    pub(super) fn list<T>(&self, key: &str, read: impl Fn(&str) -> Result<T, String>) -> Option<Vec<T>> {
        let texts = self.texts(key)?;
        let mut out = Vec::new();
        for (text, at) in texts {
            match read(&text) {
                Ok(value) => out.push(value),
                Err(why) => self.doc.note(at, Grade::Fault, format!("`{}`: {why}", self.full(key)), ""),
            }
        }
        Some(out)
    }

    /// A list of whole numbers within bounds.
    pub(super) fn numbers(&self, key: &str, default: &[u32], bounds: RangeInclusive<u32>) -> Vec<u32> {
        let Some((value, _)) = self.get(key) else { return default.to_vec() };
        let wanted = format!("a list of whole numbers from {} to {}", bounds.start(), bounds.end());
        let Some(array) = value.as_array() else {
            self.type_fault(key, &wanted, value);
            return default.to_vec();
        };
        let read = |item: &DeValue<'_>| {
            let number = item.as_integer()?;
            u32::from_str_radix(number.as_str(), number.radix()).ok().filter(|n| bounds.contains(n))
        };
        let mut out = Vec::new();
        for item in array {
            match read(item.get_ref()) {
                Some(number) => out.push(number),
                None => {
                    let what = format!("`{}` must be {wanted}", self.full(key));
                    self.doc.note(item.span().start, Grade::Fault, what, "");
                }
            }
        }
        out
    }

    /// A table inside of this one.
    pub(super) fn section(&self, key: &str) -> Self {
        let found = self.get(key);
        let mut at = self.at;
        let table = found.and_then(|(value, span)| {
            at = span.start;
            let table = value.as_table();
            if table.is_none() {
                self.type_fault(key, &format!("a section `[{}]`", self.full(key)), value);
            }
            table
        });
        Self { doc: self.doc, name: self.full(key), table, at, asked: RefCell::default() }
    }

    /// The tables of a list (`[[team.member]]`).
    pub(super) fn sections(&self, key: &str) -> Vec<Self> {
        let Some((value, _)) = self.get(key) else { return Vec::new() };
        let Some(array) = value.as_array() else {
            self.type_fault(key, &format!("a list of sections `[[{}]]`", self.full(key)), value);
            return Vec::new();
        };
        let mut out = Vec::new();
        for item in array {
            match item.get_ref().as_table() {
                Some(table) => out.push(Self {
                    doc: self.doc,
                    name: self.full(key),
                    table: Some(table),
                    at: item.span().start,
                    asked: RefCell::default(),
                }),
                None => self.doc.note(item.span().start, Grade::Fault, "this must be a section", ""),
            }
        }
        out
    }

    /// All keys of a section whose keys are free names, in the order of their names.
    pub(super) fn names(&self) -> Vec<String> {
        self.table
            .map(|table| table.keys().map(|key| key.get_ref().to_string()).collect())
            .unwrap_or_default()
    }

    /// Notes every name that appears twice among these, at its second place.
    pub(super) fn twice(&self, what: &str, names: &[(String, usize)]) {
        let mut seen = BTreeMap::new();
        for (name, at) in names {
            if seen.insert(name, at).is_some() {
                self.doc.note(*at, Grade::Fault, format!("{what} `{name}` stands here twice"), "remove one");
            }
        }
    }

    /// The place of a key's value, or of the section.
    pub(super) fn place_of(&self, key: &str) -> usize {
        self.table.and_then(|table| table.get(key)).map_or(self.at, |value| value.span().start)
    }
}

fn article(kind: &str) -> String {
    match kind {
        "array" => "a list".to_owned(),
        "table" => "a section".to_owned(),
        "integer" => "a whole number".to_owned(),
        "string" => "a text".to_owned(),
        other => format!("a {other}"),
    }
}

/// "unknown word": which are known, and which was meant.
pub(super) fn no_such_word<'a>(text: &str, words: impl Iterator<Item = &'a str> + Clone) -> String {
    let meant = did_you_mean(text, words.clone());
    let known = words.map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
    match meant {
        Some(meant) => format!("unknown word `{text}`, did you mean `{meant}`? (known: {known})"),
        None => format!("unknown word `{text}` (known: {known})"),
    }
}
