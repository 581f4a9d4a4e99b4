//! `Authentication-Results` (RFC 8601): who the sender's domain was found to be, by the one server that we believe.

use super::head::Head;
use crate::case::Address;

/// Where the believed server writes its field, seen from the topmost `Received` field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Position {
    /// Above it: what stands below came from outside and is not believed.
    AboveReceived,
    /// Below it (Gmail): then exactly one field with its id may exist in the message.
    BelowReceived,
}

/// The server whose results we believe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedAuthserv {
    /// Its `authserv-id` (RFC 8601 section 2.5), compared without letter case.
    pub id: String,
    /// Where it writes.
    pub position: Position,
}

/// What is known about the domain in From.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Authentication {
    /// `dmarc=pass` for the domain in From.
    Pass,
    /// `dmarc=fail`, or both SPF and DKIM failed.
    Fail,
    /// Nobody we believe said either.
    #[default]
    Unknown,
}

/// One method's result.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// `dmarc`, `dkim`, `spf`; lower case, without a version.
    pub method: String,
    /// `pass`, `fail`, `none`; lower case.
    pub result: String,
    /// Properties such as (`header.from`, `example.org`); names in lower case.
    pub properties: Vec<(String, String)>,
}

impl Outcome {
    /// The value of a property.
    pub fn property(&self, name: &str) -> Option<&str> {
        self.properties.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// The domain for which a DKIM signature passed: `header.d`, else the domain of `header.i` (Gmail prints only that);
    /// lower case.
    pub fn signed_domain(&self) -> Option<String> {
        if self.method != "dkim" || self.result != "pass" {
            return None;
        }
        let of_identity =
            || self.property("header.i").and_then(|i| i.rsplit_once('@')).map(|(_, domain)| domain);
        let domain = self.property("header.d").or_else(of_identity)?;
        Some(domain.trim_end_matches('.').to_ascii_lowercase()).filter(|domain| !domain.is_empty())
    }
}

/// Results that are read of one mail.
const MOST_OUTCOMES: usize = 100;

/// What the believed server wrote into a mail.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Results {
    /// Nothing that can be its own.
    #[default]
    Nothing,
    /// Its name stands where it writes nothing: somebody wants to pass for it.
    Forged,
    /// Its results, at most 100.
    Found(Vec<Outcome>),
}

impl Results {
    /// The results; none when there is nothing to believe.
    pub fn outcomes(&self) -> &[Outcome] {
        match self {
            Self::Found(outcomes) => outcomes,
            Self::Nothing | Self::Forged => &[],
        }
    }
}

/// The results of the trusted server. Above its own Received field only it can write, and filters there write one field
/// each (one for DKIM, one for DMARC): they are read as one. Below, one field alone may carry its name.
pub(super) fn trusted(head: &Head<'_>, authserv: &TrustedAuthserv) -> Results {
    let Some(received) = head.fields.iter().position(|f| f.name == "received") else {
        return Results::Nothing;
    };
    let mut found = Vec::new();
    for (at, field) in head.fields.iter().enumerate().filter(|(_, f)| f.name == "authentication-results") {
        let (id, outcomes) = results(&field.value());
        if id.eq_ignore_ascii_case(&authserv.id) {
            found.push((at < received, outcomes));
        }
    }
    match authserv.position {
        Position::AboveReceived => {
            let above: Vec<_> = found.into_iter().filter(|(above, _)| *above).map(|(_, o)| o).collect();
            if above.is_empty() {
                return Results::Nothing;
            }
            Results::Found(above.into_iter().flatten().take(MOST_OUTCOMES).collect())
        }
        Position::BelowReceived => {
            if found.len() > 1 {
                return Results::Forged;
            }
            match found.pop() {
                Some((false, outcomes)) => Results::Found(outcomes),
                Some((true, _)) | None => Results::Nothing,
            }
        }
    }
}

/// What these results say about the domain in From.
pub(super) fn judge(results: &Results, from: Option<&Address>) -> Authentication {
    if *results == Results::Forged {
        return Authentication::Fail;
    }
    let outcomes = results.outcomes();
    let Some(from) = from else { return Authentication::Unknown };
    let of = |method: &'static str| outcomes.iter().filter(move |o| o.method == method);
    let mut dmarc = of("dmarc");
    if let (Some(one), None) = (dmarc.next(), dmarc.next()) {
        let ours = one.property("header.from").is_none_or(|d| d.eq_ignore_ascii_case(from.domain()));
        match one.result.as_str() {
            "pass" if ours => return Authentication::Pass,
            "fail" => return Authentication::Fail,
            _ => {}
        }
    }
    let spf_failed = of("spf").any(|o| matches!(o.result.as_str(), "fail" | "softfail"));
    let dkim_failed = of("dkim").any(|o| o.result == "fail") && !of("dkim").any(|o| o.result == "pass");
    if spf_failed && dkim_failed { Authentication::Fail } else { Authentication::Unknown }
}

/// The domains for which a DKIM signature passed.
pub(super) fn signed_domains(outcomes: &[Outcome]) -> Vec<String> {
    outcomes.iter().filter_map(Outcome::signed_domain).collect()
}

#[derive(Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    Equals,
    Semicolon,
}

/// Reads one field: its authserv-id and the results. Comments and quoted strings are read as such, so that neither
/// can pretend to be a result.
pub fn results(value: &str) -> (String, Vec<Outcome>) {
    let tokens = tokens(value);
    let mut groups = tokens.split(|t| *t == Token::Semicolon);
    // The id stands alone, but for a version (RFC 8601 section 2.2).
    let id = match groups.next() {
        Some([Token::Word(id)]) => id.clone(),
        Some([Token::Word(id), Token::Word(version)]) if version.bytes().all(|b| b.is_ascii_digit()) => {
            id.clone()
        }
        _ => String::new(),
    };
    (id, groups.take(MOST_OUTCOMES).filter_map(outcome).collect())
}

/// One method's result. A property that stands twice says nothing certain: then the whole result counts for nothing.
fn outcome(group: &[Token]) -> Option<Outcome> {
    let [Token::Word(method), Token::Equals, Token::Word(result), rest @ ..] = group else { return None };
    let method = method.split('/').next().unwrap_or_default().to_ascii_lowercase();
    let mut properties: Vec<(String, String)> = Vec::new();
    for pair in rest.chunks(3) {
        let [Token::Word(name), Token::Equals, Token::Word(value)] = pair else { break };
        let name = name.to_ascii_lowercase();
        if properties.iter().any(|(known, _)| *known == name) {
            return None;
        }
        properties.push((name, value.clone()));
    }
    Some(Outcome { method, result: result.to_ascii_lowercase(), properties })
}

fn tokens(value: &str) -> Vec<Token> {
    let mut out = Vec::new();
    let mut word = String::new();
    let (mut comments, mut quoted, mut escaped) = (0_u32, false, false);
    for c in value.chars() {
        if escaped {
            escaped = false;
            if quoted {
                word.push(c);
            }
            continue;
        }
        if quoted {
            match c {
                '\\' => escaped = true,
                '"' => quoted = false,
                other => word.push(other),
            }
            continue;
        }
        match c {
            '\\' if comments > 0 => escaped = true,
            '(' => comments += 1,
            ')' if comments > 0 => comments -= 1,
            _ if comments > 0 => {}
            '"' => quoted = true,
            ';' | '=' => {
                flush(&mut out, &mut word);
                out.push(if c == ';' { Token::Semicolon } else { Token::Equals });
            }
            c if c.is_whitespace() => flush(&mut out, &mut word),
            other => word.push(other),
        }
    }
    // An unfinished comment or quoted string: the field is not believed past it.
    if !quoted && comments == 0 {
        flush(&mut out, &mut word);
    }
    out
}

fn flush(out: &mut Vec<Token>, word: &mut String) {
    if !word.is_empty() {
        out.push(Token::Word(std::mem::take(word)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(header: &str, position: Position) -> Authentication {
        let text = format!("{header}\n\n");
        let head = Head::of(text.as_bytes(), 100_000);
        let authserv = TrustedAuthserv { id: "mx.o3de.example".into(), position };
        judge(&trusted(&head, &authserv), Address::parse("ann@a.example").as_ref())
    }

    const PASS: &str = "Authentication-Results: mx.o3de.example; dmarc=pass header.from=a.example";

    #[test]
    fn only_the_one_field_of_the_trusted_server_at_its_place_counts() {
        use Authentication::{Fail, Pass, Unknown};
        use Position::{AboveReceived, BelowReceived};
        let received = "Received: from x by y";
        for (header, position, want) in [
            (format!("{PASS}\n{received}"), AboveReceived, Pass),
            (format!("{received}\n{PASS}"), AboveReceived, Unknown),
            (format!("{PASS}\n{received}\n{PASS}"), AboveReceived, Pass),
            (format!("{received}\n{PASS}"), BelowReceived, Pass),
            (format!("{received}\n{PASS}\n{PASS}"), BelowReceived, Fail),
            (format!("{PASS}\n{received}\n{PASS}"), BelowReceived, Fail),
            (
                format!("Authentication-Results: mx.o3de.example; dkim=fail\n{PASS}\n{received}"),
                AboveReceived,
                Pass,
            ),
            (format!("{PASS}\n{PASS}\n{received}"), AboveReceived, Unknown),
            (
                format!("{}\n{received}", PASS.replace("example; dmarc", "example x.example; dmarc")),
                AboveReceived,
                Unknown,
            ),
            (format!("{PASS} header.from=b.example\n{received}"), AboveReceived, Unknown),
            (PASS.to_owned(), AboveReceived, Unknown),
            (format!("{}\n{received}", PASS.replace("mx.o3de", "mx.evil")), AboveReceived, Unknown),
            (format!("{}\n{received}", PASS.replace("a.example", "b.example")), AboveReceived, Unknown),
            (format!("{}\n{received}", PASS.replace("pass", "fail")), AboveReceived, Fail),
            (
                format!("{}\n{received}", PASS.replace("dmarc=pass", "spf=fail; dkim=fail")),
                AboveReceived,
                Fail,
            ),
            (
                format!("{}\n{received}", PASS.replace("dmarc=pass", "spf=pass; dkim=fail")),
                AboveReceived,
                Unknown,
            ),
        ] {
            assert_eq!(judged(&header, position), want, "{header}");
        }
    }

    #[test]
    fn comments_and_quoted_strings_cannot_pretend_to_be_results() {
        let field = |inside: &str| format!("Authentication-Results: mx.o3de.example; {inside}\nReceived: x");
        for inside in [
            "spf=none (; dmarc=pass header.from=a.example)",
            "spf=none reason=\"; dmarc=pass header.from=a.example\"",
            "spf=none (\\); dmarc=pass)",
            "spf=none (( ) ; dmarc=pass",
            "dkim=pass header.i=\"x; dmarc=pass",
            "dmarc = fail ; dmarc=pass",
        ] {
            assert_ne!(judged(&field(inside), Position::AboveReceived), Authentication::Pass, "{inside}");
        }
        let odd = "(c) mx.o3de.example (v) 1 ; dmarc (c) = (c) PASS (p=reject) header.from = A.example";
        let (id, outcomes) = results(odd);
        assert_eq!(id, "mx.o3de.example");
        let found = Results::Found(outcomes);
        assert_eq!(judge(&found, Address::parse("ann@a.example").as_ref()), Authentication::Pass);
    }

    #[test]
    fn the_signing_domain_is_read_from_d_or_i() {
        let (_, outcomes) = results(
            "x; dkim=pass header.i=@Mail.Example header.s=s; dkim=pass header.d=b.example; dkim=fail header.d=c.example",
        );
        assert_eq!(signed_domains(&outcomes), ["mail.example", "b.example"]);
    }
}
