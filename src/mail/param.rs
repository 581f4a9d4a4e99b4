//! `Content-Type` and `Content-Disposition`: a value and its parameters (RFC 2045 section 5.1, RFC 2231).

use std::collections::BTreeMap;

use super::words;

/// More parameters than any mail needs; the rest is not read.
const MOST: usize = 64;

/// A value with parameters, names in lower case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Value {
    /// `text/plain`, `attachment`: lower case, without comments and spaces.
    pub(super) main: String,
    params: BTreeMap<String, String>,
}

impl Value {
    /// Reads an unfolded field value.
    pub(super) fn parse(text: &str) -> Self {
        let mut pieces = pieces(text).into_iter();
        let main = pieces.next().unwrap_or_default();
        let main: String =
            main.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_ascii_lowercase();
        let mut sections: BTreeMap<String, BTreeMap<u32, (bool, String)>> = BTreeMap::new();
        let mut params = BTreeMap::new();
        for piece in pieces {
            let Some((name, value)) = piece.split_once('=') else { continue };
            let name = name.trim().to_ascii_lowercase();
            let value = unquote(value.trim());
            if let Some((base, section)) = name.split_once('*') {
                let (number, percent) = match section.strip_suffix('*') {
                    Some(number) => (number, true),
                    None => (section, section.is_empty()),
                };
                let number = number.parse().unwrap_or(0);
                sections.entry(base.to_owned()).or_default().entry(number).or_insert((percent, value));
            } else {
                params.entry(name).or_insert(value);
            }
        }
        for (name, parts) in sections {
            params.insert(name, join(parts));
        }
        Self { main, params }
    }

    /// A parameter's value.
    pub(super) fn param(&self, name: &str) -> Option<&str> {
        self.params.get(name).map(String::as_str)
    }
}

/// The pieces between `;`, comments dropped, quoted strings kept with their quotes.
fn pieces(text: &str) -> Vec<String> {
    let mut out = vec![String::new()];
    let (mut comment, mut quoted, mut escaped) = (0_u32, false, false);
    for c in text.chars() {
        let keep = if escaped {
            escaped = false;
            comment == 0
        } else if c == '\\' && (quoted || comment > 0) {
            escaped = true;
            comment == 0
        } else if comment > 0 {
            match c {
                '(' => comment += 1,
                ')' => comment -= 1,
                _ => {}
            }
            false
        } else if c == '"' {
            quoted = !quoted;
            true
        } else if c == '(' && !quoted {
            comment = 1;
            false
        } else if c == ';' && !quoted {
            if out.len() > MOST {
                return out;
            }
            out.push(String::new());
            false
        } else {
            true
        };
        if keep && let Some(last) = out.last_mut() {
            last.push(c);
        }
    }
    out
}

fn unquote(text: &str) -> String {
    let Some(inner) = text.strip_prefix('"') else { return text.to_owned() };
    let mut out = String::new();
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => break,
            '\\' => out.extend(chars.next()),
            other => out.push(other),
        }
    }
    out
}

/// Joins the sections of a parameter: `charset'language'percent-encoded` (RFC 2231 section 4).
fn join(parts: BTreeMap<u32, (bool, String)>) -> String {
    let mut set: Option<String> = None;
    let mut bytes = Vec::new();
    for (number, (percent, value)) in parts {
        if !percent {
            bytes.extend(value.bytes());
            continue;
        }
        let mut data = value.as_str();
        if number == 0
            && let Some((name, tail)) = value.split_once('\'')
            && let Some((_, tail)) = tail.split_once('\'')
        {
            set = Some(name.to_owned());
            data = tail;
        }
        bytes.extend(words::quoted_printable(data.replace('=', "=3D").replace('%', "=").as_bytes()).0);
    }
    words::charset(&bytes, set.as_deref()).0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_read_through_comments_quotes_case_and_sections() {
        let value = Value::parse("Message (a (nested) one) / RFC822 ; Name=\"a;b\\\"c\"");
        assert_eq!(value.main, "message/rfc822");
        assert_eq!(value.param("name"), Some("a;b\"c"));
        let value = Value::parse("attachment; filename*0*=utf-8''Gr%C3%BC; filename*1=\"sse.txt\"");
        assert_eq!(value.param("filename"), Some("Grüsse.txt"));
        assert_eq!(Value::parse("").main, "");
    }
}
