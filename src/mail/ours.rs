//! Our own mailing list in front of the mailbox: what it changed is undone, and only for it.

use super::address;
use super::head::Head;
use crate::case::Address;

/// The list that hands us the mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OurList {
    /// Its `List-Id` (RFC 2919), what stands between `<` and `>`: `security.lists.example`.
    pub id: String,
    /// The host by which it delivers, as it stands in `Received`: `mx.lists.example`, or the domain of all its hosts.
    pub host: String,
}

/// Whether the message came through our list: its List-Id *and* its host in a Received field. A List-Id alone is
/// anybody's to write.
pub(super) fn came_through(head: &Head<'_>, list: &OurList) -> bool {
    let id = head.all("list-id").any(|field| {
        let value = field.value();
        let inside = value.rsplit_once('<').map_or(value.as_str(), |(_, tail)| tail.trim_end_matches('>'));
        inside.trim().trim_end_matches('>').eq_ignore_ascii_case(&list.id)
    });
    id && head.all("received").any(|field| hosts(&field.value()).any(|h| is_under(h, &list.host)))
}

/// The words of a Received field that may be hosts, whole: `lists.example.evil.example` is another one.
fn hosts(received: &str) -> impl Iterator<Item = &str> {
    received
        .split(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | '[' | ']' | ';' | '<' | '>' | '='))
        .map(|word| word.trim_end_matches('.'))
        .filter(|word| word.contains('.'))
}

/// Whether a host is this one or stands below it: some lists deliver by many hosts of one domain.
fn is_under(host: &str, domain: &str) -> bool {
    let (host, domain) = (host.to_ascii_lowercase(), domain.to_ascii_lowercase());
    !domain.is_empty()
        && host.strip_suffix(&domain).is_some_and(|before| before.is_empty() || before.ends_with('.'))
}

/// Who really wrote, when our list put itself into From ("Ann via Security"): X-Original-From, else Reply-To.
/// `None` when From was left alone or nobody else is named.
pub(super) fn sender(
    head: &Head<'_>,
    from: Option<&Address>,
    own: &[Address],
    list: &OurList,
) -> Option<(Address, Option<String>)> {
    let rewritten = from.is_none_or(|f| is_list(f, own, list));
    if !rewritten {
        return None;
    }
    ["x-original-from", "reply-to"].into_iter().find_map(|name| {
        if head.all(name).nth(1).is_some() {
            return None; // one of them is not the list's
        }
        let mut boxes = head.all(name).flat_map(|field| address::list(&field.value()));
        let other = boxes.find(|m| m.address.as_ref().is_some_and(|a| !is_list(a, own, list)))?;
        Some((other.address?, other.name))
    })
}

/// Whether an address is the list's own: `security@lists.example` for the id `security.lists.example`.
fn is_list(address: &Address, own: &[Address], list: &OurList) -> bool {
    own.contains(address)
        || list.id.split_once('.').is_some_and(|(name, domain)| {
            address.local().eq_ignore_ascii_case(name) && address.domain().eq_ignore_ascii_case(domain)
        })
}

/// The subject without the tag that the list put before it (`[Security]` for `security.lists.example`), wherever
/// the replies left it.
pub(super) fn untagged(subject: &str, list: &OurList) -> String {
    let name = list.id.split('.').next().unwrap_or_default();
    if name.is_empty() {
        return subject.to_owned();
    }
    let mut out = String::with_capacity(subject.len());
    let mut rest = subject;
    while let Some((before, tail)) = rest.split_once('[') {
        match tail.split_once(']') {
            Some((inside, after)) if inside.trim().eq_ignore_ascii_case(name) => {
                out.push_str(before);
                rest = after.strip_prefix(' ').unwrap_or(after);
            }
            _ => {
                out.push_str(before);
                out.push('[');
                rest = tail;
            }
        }
    }
    out.push_str(rest);
    out.trim().to_owned()
}

/// The text without the footer of the list: at the end, a ruled line and at most 14 lines that name the list's host or
/// address. The last such rule counts: writers draw lines of their own.
pub(super) fn without_footer(text: &str, list: &OurList) -> String {
    let lines: Vec<&str> = text.trim_end().split('\n').collect();
    let from = lines.len().saturating_sub(15);
    let address = list.id.replacen('.', "@", 1).to_lowercase();
    for (index, line) in lines.iter().enumerate().skip(from).rev() {
        if !is_rule(line) {
            continue;
        }
        let tail = lines.get(index + 1..).unwrap_or_default().join("\n").to_lowercase();
        let speaks = [list.host.to_lowercase(), address.clone()]
            .iter()
            .any(|word| !word.is_empty() && tail.contains(word.as_str()));
        if speaks && !tail.contains("wrote:") {
            let kept = lines.get(..index).unwrap_or_default().join("\n");
            return kept.trim_end().to_owned();
        }
    }
    text.to_owned()
}

/// `____`, `-=-=-=-`, `-- `: a line of nothing but drawing.
fn is_rule(line: &str) -> bool {
    let bare = line.trim();
    bare == "--" || (bare.len() >= 10 && bare.chars().all(|c| matches!(c, '_' | '-' | '=' | '*')))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list() -> OurList {
        OurList { id: "security.lists.example".into(), host: "lists.example".into() }
    }

    fn through(text: &str) -> bool {
        came_through(&Head::of(text.as_bytes(), 10_000), &list())
    }

    #[test]
    fn the_list_is_ours_only_with_its_host_in_received() {
        assert!(
            is_under("a.Lists.example", "lists.example") && !is_under("evillists.example", "lists.example")
        );
        let id = "List-Id: Security <security.lists.example>\n";
        assert!(through(&format!(
            "Received: from mx.lists.example (mx [192.0.2.1])\n by in.example\n{id}\n"
        )));
        assert!(!through(&format!("{id}\n")));
        assert!(!through(&format!("Received: from mx.lists.example.evil.example by in.example\n{id}\n")));
        assert!(!through("Received: from mx.lists.example by in.example\nList-Id: <other.example>\n\n"));
    }

    #[test]
    fn the_writer_is_recovered_and_the_list_never_named_as_one() {
        let text = b"Reply-To: security@o3de.example, Ann <ann@a.example>\n\n";
        let head = Head::of(text, 10_000);
        let own = [Address::parse("security@o3de.example").unwrap()];
        let (who, name) = sender(&head, own.first(), &own, &list()).unwrap();
        assert_eq!((who.as_str(), name.as_deref()), ("ann@a.example", Some("Ann")));
        let eve = Address::parse("eve@e.example");
        assert_eq!(sender(&head, eve.as_ref(), &own, &list()), None, "From was not rewritten");
    }

    #[test]
    fn tag_and_footer_of_the_list_are_taken_off() {
        assert_eq!(untagged("[security] Re: [Security] crash [x]", &list()), "Re: crash [x]");
        let text = "words\n\n_______________________________________________\nSecurity mailing list\nsecurity@lists.example";
        assert_eq!(without_footer(text, &list()), "words");
        let own = "words\n\n--\nAnn\nExample GmbH";
        assert_eq!(without_footer(own, &list()), own);
    }
}
