//! Classes of weakness, from words and from CWE numbers.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;

/// A class with the words that name it (all lower case) and the CWE numbers that belong to it.
struct Class {
    name: &'static str,
    words: &'static [&'static str],
    cwe: &'static [u16],
}

const CLASSES: [Class; 20] = [
    Class {
        name: "cross-site scripting",
        words: &["xss", "cross-site scripting", "cross site scripting"],
        cwe: &[79, 80],
    },
    Class { name: "SQL injection", words: &["sql injection", "sqli", "sql command"], cwe: &[89] },
    Class {
        name: "request forgery (CSRF)",
        words: &["csrf", "cross-site request forgery", "cross site request forgery"],
        cwe: &[352],
    },
    Class {
        name: "path traversal",
        words: &["path traversal", "directory traversal", "../", "zip slip"],
        cwe: &[22, 23, 24, 36],
    },
    Class {
        name: "use after free",
        words: &["use-after-free", "use after free", "double free", "double-free"],
        cwe: &[416, 415],
    },
    Class {
        name: "out of bounds",
        words: &[
            "buffer overflow",
            "out-of-bounds",
            "out of bounds",
            "heap overflow",
            "stack overflow",
            "buffer over-read",
            "heap-buffer-overflow",
            "stack-buffer-overflow",
            "buffer overrun",
            "memory corruption",
        ],
        cwe: &[119, 120, 121, 122, 125, 787, 788, 126, 127],
    },
    Class {
        name: "integer overflow",
        words: &["integer overflow", "integer underflow", "integer truncation"],
        cwe: &[190, 191],
    },
    Class {
        name: "null dereference",
        words: &["null pointer", "nil pointer", "null dereference"],
        cwe: &[476],
    },
    Class {
        name: "command injection",
        words: &["command injection", "shell metacharacter", "arbitrary command", "os command"],
        cwe: &[77, 78],
    },
    Class {
        name: "code execution",
        words: &["code execution", "execute arbitrary code", "arbitrary code", "rce", "code injection"],
        cwe: &[94, 95],
    },
    Class { name: "deserialization", words: &["deserializ", "unserialize", "pickle"], cwe: &[502] },
    Class { name: "file inclusion", words: &["file inclusion", "lfi", "rfi"], cwe: &[98] },
    Class {
        name: "file upload",
        words: &["file upload", "unrestricted upload", "upload of file"],
        cwe: &[434],
    },
    Class {
        name: "request forgery (SSRF)",
        words: &["ssrf", "server-side request forgery", "server side request forgery"],
        cwe: &[918],
    },
    Class { name: "external entities", words: &["xxe", "external entit", "xml external"], cwe: &[611] },
    Class {
        name: "denial of service",
        words: &[
            "denial of service",
            "denial-of-service",
            "infinite loop",
            "redos",
            "resource exhaustion",
            "uncontrolled resource",
        ],
        cwe: &[400, 770, 835, 1333, 674],
    },
    Class { name: "open redirect", words: &["open redirect"], cwe: &[601] },
    Class { name: "prototype pollution", words: &["prototype pollution"], cwe: &[1321] },
    Class {
        name: "missing rights",
        words: &[
            "authentication bypass",
            "access control",
            "authorization",
            "privilege escalation",
            "unauthorized",
            "unauthenticated",
            "elevation of privilege",
        ],
        cwe: &[287, 284, 285, 306, 862, 863, 269, 639, 264],
    },
    Class {
        name: "disclosure",
        words: &[
            "information disclosure",
            "sensitive information",
            "information leak",
            "leak",
            "cleartext",
            "plaintext",
            "timing",
        ],
        cwe: &[200, 209, 532, 312, 319, 203, 522],
    },
];

/// Which class each word names, as its bit.
static WORDS: LazyLock<BTreeMap<&'static str, u32>> = LazyLock::new(|| {
    let all = CLASSES.iter().enumerate();
    all.flat_map(|(at, class)| class.words.iter().map(move |word| (*word, 1 << at))).collect()
});

/// All words in one pattern, the longer before the shorter; the short ones must stand alone: `rce` is not in `source`.
static PATTERN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let mut words: Vec<&&str> = WORDS.keys().collect();
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    let one = |word: &&&str| {
        let word = regex::escape(word);
        if word.len() > 5 || !word.starts_with(char::is_alphabetic) { word } else { format!(r"\b{word}\b") }
    };
    let all: Vec<String> = words.iter().map(one).collect();
    Regex::new(&format!("(?-u:{})", all.join("|"))).ok()
});

/// The classes that a text speaks of, one bit each.
pub(super) fn classes(text: &str) -> u32 {
    let Some(pattern) = PATTERN.as_ref() else { return 0 };
    let text = text.to_ascii_lowercase();
    pattern.find_iter(&text).fold(0, |sum, found| sum | WORDS.get(found.as_str()).copied().unwrap_or(0))
}

/// The classes of these CWE numbers.
pub(super) fn of_cwe(numbers: &[u16]) -> u32 {
    bits(|class| numbers.iter().any(|number| class.cwe.contains(number)))
}

/// The names of classes.
pub(super) fn names(classes: u32) -> impl Iterator<Item = &'static str> {
    CLASSES.iter().enumerate().filter(move |(at, _)| classes & (1 << at) != 0).map(|(_, class)| class.name)
}

fn bits(fits: impl Fn(&Class) -> bool) -> u32 {
    CLASSES.iter().enumerate().filter(|(_, class)| fits(class)).fold(0, |sum, (at, _)| sum | 1 << at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_words_stand_alone() {
        assert_eq!(classes("the source code of a resource"), 0);
        assert_eq!(
            names(classes("RCE in foo, an XSS")).collect::<Vec<_>>(),
            ["cross-site scripting", "code execution"]
        );
        assert_eq!(classes("A heap-based buffer overflow"), of_cwe(&[122]));
    }
}
