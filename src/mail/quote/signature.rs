//! What programs and lists add below the words: signatures, "Sent from my phone", list footers.

use super::{each, is_rule};

/// The longest signature after `-- ` (RFC 3676 section 4.3), and after a `--` that lost its space.
const MARKED_LINES: usize = 40;
const UNMARKED_LINES: usize = 15;
/// The longest list footer, with its rules.
const FOOTER_LINES: usize = 14;

/// How many of these lines are words, when signatures and footers at their end are left out.
pub(super) fn body_length(lines: &[&str]) -> usize {
    let mut keep = trimmed(lines, lines.len());
    // A list footer below a signature below a line of the telephone: three are enough.
    for _ in 0..4 {
        let body = lines.get(..keep).unwrap_or_default();
        let shorter = footer(body).or_else(|| phone(body)).or_else(|| signature(body));
        match shorter {
            Some(length) => keep = trimmed(lines, length),
            None => break,
        }
    }
    keep
}

fn trimmed(lines: &[&str], length: usize) -> usize {
    lines.iter().take(length).rposition(|line| !line.trim().is_empty()).map_or(0, |last| last + 1)
}

/// Where a signature after its delimiter begins.
fn signature(lines: &[&str]) -> Option<usize> {
    let near = lines.len().saturating_sub(MARKED_LINES + 1);
    let place = near + lines.get(near..)?.iter().rposition(|line| is_delimiter(line))?;
    let delimiter = *lines.get(place)?;
    let below = lines.get(place + 1..)?;
    let marked = delimiter.ends_with(' ');
    let limit = if marked { MARKED_LINES } else { UNMARKED_LINES };
    let paragraphs = below
        .windows(2)
        .filter(|pair| matches!(pair, [a, b] if a.trim().is_empty() && !b.trim().is_empty()))
        .count();
    // Without the space it may as well be a rule of dashes; a long sentence under it is none of a signature.
    let sentence = || below.iter().any(|line| line.split_whitespace().count() >= 10);
    let fits = below.len() <= limit && (marked || (paragraphs <= 4 && !sentence()));
    (fits && !below.iter().any(|line| is_substance(line))).then_some(place)
}

/// `-- `, also as a signed text escapes it (RFC 9580 section 7.1).
fn is_delimiter(line: &str) -> bool {
    matches!(line, "-- " | "--" | "- -- " | "- --" | "--\u{a0}")
}

/// What no signature holds: parts of a report, code, lists.
fn is_substance(line: &str) -> bool {
    const WORDS: &str = "impact|steps|version|poc|proof|cvss|cve|crash|exploit|vulnerable|overflow|reproduce|\
        affected|attached|attacker|payload|mitigation|fix|patch|timeline|disclosure";
    let text = line.trim();
    let lower: String = text.chars().take(400).collect::<String>().to_lowercase();
    let code = text.ends_with([';', '{', '}'])
        || text.contains("()")
        || text.contains("==")
        || text.starts_with("$ ")
        || text.starts_with("```");
    let numbered = text.split_once(['.', ')']).is_some_and(|(number, rest)| {
        rest.starts_with(' ') && (1..=2).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit())
    });
    let heading =
        text.starts_with("# ") || text.starts_with("## ") || text.starts_with("* ") || text.starts_with("- ");
    code || numbered
        || heading
        || lower.split(|c: char| !c.is_alphanumeric()).any(|word| each(WORDS).any(|one| one == word))
}

/// Where the footer of a mailing list begins.
fn footer(lines: &[&str]) -> Option<usize> {
    let near = lines.len().saturating_sub(FOOTER_LINES);
    let tail = lines.get(near..)?;
    let place = tail.iter().position(|line| is_footer_rule(line))?;
    let below = tail.get(place + 1..)?;
    let list = below.iter().take(6).any(|line| is_list_line(line));
    let own_words =
        below.iter().any(|line| is_substance(line) && !line.contains("://") && !line.contains('@'));
    (list && !own_words).then_some(near + place)
}

/// What lists write about themselves; a sentence about a list or about unsubscribing is none of it.
fn is_list_line(line: &str) -> bool {
    const NAMES: &str = "mailing list|mailingliste|liste de diffusion|lista de correo|lista de discussão";
    const PHRASES: &str = "/listinfo/|view/reply online|groups.io links|to leave send an email to";
    let lower: String = line.chars().take(300).collect::<String>().to_lowercase();
    let named =
        lower.split_whitespace().count() <= 6 && each(NAMES).any(|name| lower.trim_end().ends_with(name));
    let leave = lower.contains("unsubscribe") && (lower.contains("://") || lower.contains('@'));
    named || leave || each(PHRASES).any(|phrase| lower.contains(phrase))
}

fn is_footer_rule(line: &str) -> bool {
    let text = line.trim();
    is_rule(text)
        || text == "-=-=-=-=-=-=-=-=-=-=-=-"
        || (text.len() > 6 && text.chars().all(|c| "-=".contains(c)))
}

/// Where lines like "Sent from my phone" begin.
fn phone(lines: &[&str]) -> Option<usize> {
    let last = lines.iter().rposition(|line| !line.trim().is_empty() && !is_phone_line(line));
    let start = last.map_or(0, |n| n + 1);
    let found = lines.get(start..)?.iter().any(|line| !line.trim().is_empty());
    found.then_some(start)
}

fn is_phone_line(line: &str) -> bool {
    const SENT: &str = "sent from|sent via|sent with|sent by|sent using|from my|get outlook for|get [outlook for|\
        gesendet von|gesendet mit|von meinem|von unterwegs|diese nachricht wurde von meinem|\
        envoyé depuis|envoyé de|envoyé à partir|obtenir outlook|télécharger outlook|enviado desde|\
        enviado do|enviado de|enviado a partir|enviado via|enviado pelo|obtener outlook|inviato da|\
        verzonden met|verzonden vanaf|verstuurd vanaf|sendt fra|skickat från|lähetetty|wysłane z|\
        wysłano z|odesláno z|отправлено с|отправлено из|надіслано з|发自我的|發自我的|從我的|从我的|나의 |\
        holen sie sich outlook|downloaden sie outlook|outlook für";
    const ENDS: &str = "から送信|傳送|发送|에서 보냄";
    const THINGS: &str = "iphone|ipad|ipod|imachine|phone|mobile|mobil|móvil|handy|device|android|galaxy|samsung|htc|\
        blackberry|windows|outlook|mail|mailbox|gerät|tablet|pixel|nokia|huawei|xiaomi|alcatel|\
        telefon|téléphone|smartphone|cell|watch|celular|телефон|portable";
    let text = line.trim().trim_matches(['<', '>', '(', ')', '[', '*', '_', ' ']);
    if text.len() > 200 || text.split_whitespace().count() > 14 || is_substance(line) {
        return false;
    }
    let lower = text.to_lowercase();
    let opening =
        each(SENT).any(|words| lower.starts_with(words)) || each(ENDS).any(|words| lower.ends_with(words));
    // What follows a comma may be anything ("Sent from my desk, easier than my phone"), and a long clause is a sentence.
    let clause =
        lower.split_once(',').or_else(|| lower.split_once(". ")).map_or(lower.as_str(), |(clause, _)| clause);
    if clause.split_whitespace().count() > 10 {
        return false;
    }
    let short = lower.starts_with("sent from my ") && lower.split_whitespace().count() <= 5;
    short || opening && each(THINGS).any(|thing| clause.contains(thing))
}
