//! Text to words: the one way in which records are indexed and reports are looked up.
//!
//! Versions and identifiers stay one word (`2.4.1`, `foo_bar`, `text.c`) and give their parts beside; plurals are cut.

/// The longest word that is kept, in bytes.
pub const WORD_LIMIT: usize = 40;

/// What a word is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A word of a language, or part of a compound.
    Plain,
    /// A name of code: joined by `_`, `.` or `-`, or written in camel case.
    Name,
    /// A version or another number with dots.
    Version,
}

/// Words that stand everywhere. A match, because each word of each text comes by here.
#[rustfmt::skip]
fn is_stop(word: &str) -> bool {
    matches!(
        word,
        "a" | "an" | "and" | "are" | "as" | "at" | "be" | "been" | "but" | "by" | "can" | "could" | "does" | "for" | "from"
            | "has" | "have" | "if" | "in" | "into" | "is" | "it" | "its" | "may" | "not" | "of" | "on" | "or" | "that"
            | "the" | "their" | "then" | "there" | "these" | "they" | "this" | "to" | "was" | "were" | "when" | "which"
            | "will" | "with" | "would"
    )
}

/// Gives every word of a text with its kind and the number of the chunk it came from.
pub fn each(text: &str, mut give: impl FnMut(&str, Kind, u32)) {
    let mut lower = String::with_capacity(WORD_LIMIT);
    let mut place = 0;
    for chunk in text.split(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '.' | '-'))) {
        let chunk = chunk.trim_matches(['.', '-', '_']);
        if chunk.is_empty() || chunk.len() > 4 * WORD_LIMIT {
            continue;
        }
        place += 1;
        lower.clear();
        if chunk.is_ascii() {
            lower.push_str(chunk);
            lower.make_ascii_lowercase();
        } else {
            lower.extend(chunk.chars().flat_map(char::to_lowercase));
        }
        if lower.contains(['_', '.', '-']) {
            compound(&lower, place, &mut give);
        } else if lower.len() <= WORD_LIMIT {
            let kind = if is_camel(chunk) { Kind::Name } else { Kind::Plain };
            plain(&lower, kind, place, &mut give);
        }
    }
}

fn plain(word: &str, kind: Kind, place: u32, give: &mut impl FnMut(&str, Kind, u32)) {
    if word.len() < 2 || is_stop(word) {
        return;
    }
    give(stem(word), kind, place);
}

fn compound(word: &str, place: u32, give: &mut impl FnMut(&str, Kind, u32)) {
    let bare = match word.strip_prefix('v') {
        Some(rest) if rest.starts_with(|c: char| c.is_ascii_digit()) => rest,
        Some(_) | None => word,
    };
    let is_version = bare.starts_with(|c: char| c.is_ascii_digit()) && bare.contains('.');
    if is_version {
        if bare.len() <= WORD_LIMIT {
            give(bare, Kind::Version, place);
        }
        let main = bare.split(['-', '_']).next().unwrap_or(bare);
        if main.len() < bare.len() && main.contains('.') {
            give(main, Kind::Version, place);
        }
        return;
    }
    if word.len() <= WORD_LIMIT {
        give(word, Kind::Name, place);
    }
    for part in word.split(['_', '.', '-']) {
        if part.len() <= WORD_LIMIT {
            plain(part, Kind::Plain, place, give);
        }
    }
}

/// Cuts a plural: `overflows` to `overflow`, `libraries` to `library`'s stem. No more: names must stay apart.
fn stem(word: &str) -> &str {
    let keeps = word.len() < 4 || word.ends_with("ss") || word.ends_with("us") || word.ends_with("is");
    if keeps { word } else { word.strip_suffix('s').unwrap_or(word) }
}

/// A capital behind a small letter, as in `makeMultiView`.
fn is_camel(chunk: &str) -> bool {
    let mut small = false;
    chunk.chars().any(|c| {
        let turn = small && c.is_ascii_uppercase();
        small = c.is_ascii_lowercase();
        turn
    })
}

/// A 64-bit hash (FNV-1a) for keys in the mirror. Not for secrets; two texts of one hash are only a wrong candidate.
pub fn hash(text: &str) -> u64 {
    hash_bytes(text.as_bytes())
}

/// As [`hash`], of bytes.
pub fn hash_bytes(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |sum, byte| (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        let mut all = Vec::new();
        each(text, |word, _, _| all.push(word.to_owned()));
        all
    }

    #[test]
    fn versions_and_names_stay_whole() {
        assert_eq!(words("zlib before v1.2.12 allows"), ["zlib", "before", "1.2.12", "allow"]);
        assert_eq!(
            words("png_handle_iCCP() in pngrutil.c."),
            ["png_handle_iccp", "png", "handle", "iccp", "pngrutil.c", "pngrutil"]
        );
        assert_eq!(words("5.1.0-rc2"), ["5.1.0-rc2", "5.1.0"]);
    }

    #[test]
    fn words_that_stand_everywhere_are_left_out() {
        assert_eq!(words("It is the heap, which could be read by them"), ["heap", "read", "them"]);
    }
}
