//! Classes of weakness, from words and from CWE numbers.

/// A class with the words that name it (all lower case) and the CWE numbers that belong to it.
struct Class {
    name: &'static str,
    words: &'static [&'static str],
    cwe: &'static [u16],
}

const CLASSES: [Class; 20] = [
    Class { name: "cross-site scripting", words: &["xss", "cross-site scripting", "cross site scripting"], cwe: &[79, 80] },
    Class { name: "SQL injection", words: &["sql injection", "sqli", "sql command"], cwe: &[89] },
    Class { name: "request forgery (CSRF)", words: &["csrf", "cross-site request forgery", "cross site request forgery"], cwe: &[352] },
    Class { name: "path traversal", words: &["path traversal", "directory traversal", "../", "zip slip"], cwe: &[22, 23, 24, 36] },
    Class { name: "use after free", words: &["use-after-free", "use after free", "double free", "double-free"], cwe: &[416, 415] },
    Class { name: "out of bounds", words: &["buffer overflow", "out-of-bounds", "out of bounds", "heap overflow", "stack overflow", "buffer over-read", "heap-buffer-overflow", "stack-buffer-overflow", "buffer overrun", "memory corruption"], cwe: &[119, 120, 121, 122, 125, 787, 788, 126, 127] },
    Class { name: "integer overflow", words: &["integer overflow", "integer underflow", "integer truncation"], cwe: &[190, 191] },
    Class { name: "null dereference", words: &["null pointer", "nil pointer", "null dereference"], cwe: &[476] },
    Class { name: "command injection", words: &["command injection", "shell metacharacter", "arbitrary command", "os command"], cwe: &[77, 78] },
    Class { name: "code execution", words: &["code execution", "execute arbitrary code", "arbitrary code", "rce", "code injection"], cwe: &[94, 95] },
    Class { name: "deserialization", words: &["deserializ", "unserialize", "pickle"], cwe: &[502] },
    Class { name: "file inclusion", words: &["file inclusion", "lfi", "rfi"], cwe: &[98] },
    Class { name: "file upload", words: &["file upload", "unrestricted upload", "upload of file"], cwe: &[434] },
    Class { name: "request forgery (SSRF)", words: &["ssrf", "server-side request forgery", "server side request forgery"], cwe: &[918] },
    Class { name: "external entities", words: &["xxe", "external entit", "xml external"], cwe: &[611] },
    Class { name: "denial of service", words: &["denial of service", "denial-of-service", "infinite loop", "redos", "resource exhaustion", "uncontrolled resource"], cwe: &[400, 770, 835, 1333, 674] },
    Class { name: "open redirect", words: &["open redirect"], cwe: &[601] },
    Class { name: "prototype pollution", words: &["prototype pollution"], cwe: &[1321] },
    Class { name: "missing rights", words: &["authentication bypass", "access control", "authorization", "privilege escalation", "unauthorized", "unauthenticated", "elevation of privilege"], cwe: &[287, 284, 285, 306, 862, 863, 269, 639, 264] },
    Class { name: "disclosure", words: &["information disclosure", "sensitive information", "information leak", "leak", "cleartext", "plaintext", "timing"], cwe: &[200, 209, 532, 312, 319, 203, 522] },
];

/// The classes that a text speaks of, one bit each.
pub fn classes(text: &str) -> u32 {
    let text = text.to_lowercase();
    bits(|class| class.words.iter().any(|word| holds(&text, word)))
}

/// The classes of these CWE numbers.
pub fn of_cwe(numbers: &[u16]) -> u32 {
    bits(|class| numbers.iter().any(|number| class.cwe.contains(number)))
}

/// The names of classes.
pub fn names(classes: u32) -> impl Iterator<Item = &'static str> {
    CLASSES.iter().enumerate().filter(move |(at, _)| classes & (1 << at) != 0).map(|(_, class)| class.name)
}

fn bits(fits: impl Fn(&Class) -> bool) -> u32 {
    CLASSES.iter().enumerate().filter(|(_, class)| fits(class)).fold(0, |sum, (at, _)| sum | 1 << at)
}

/// Short words must stand alone: `rce` is not in `source`.
fn holds(text: &str, word: &str) -> bool {
    if word.len() > 5 {
        return text.contains(word);
    }
    text.match_indices(word).any(|(at, _)| {
        let before = text.get(..at).and_then(|head| head.chars().next_back());
        let after = text.get(at + word.len()..).and_then(|tail| tail.chars().next());
        let letter = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        !word.starts_with(char::is_alphabetic) || (!letter(before) && !letter(after))
    })
}
