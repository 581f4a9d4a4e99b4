//! Letters that came back: delivery status notifications (RFC 3464) and the older forms without structure.

use super::address;
use super::automatic::has_null_return_path;
use super::head::Head;
use super::parse;
use super::raw::Part;
use crate::case::Address;

/// What became of a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It was not delivered.
    Failed,
    /// It is late, the server still tries.
    Delayed,
}

/// One recipient of whom a notice speaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bounced {
    /// `Final-Recipient` (RFC 3464 section 2.3.2).
    pub recipient: Option<Address>,
    /// `Original-Recipient` (section 2.3.1): the address we wrote to, before any forwarding.
    pub original: Option<Address>,
    /// Enhanced status code such as `5.1.1` (RFC 3463).
    pub status: Option<String>,
    /// Failed or delayed.
    pub fate: Fate,
}

/// A notice that a letter did not arrive. It counts for a letter of ours only when id and recipient are its own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bounce {
    /// Of whom it speaks, at most 50.
    pub recipients: Vec<Bounced>,
    /// Message-ID of the returned letter, without `<>`.
    pub original_message_id: Option<String>,
    /// Whether it follows RFC 3464; otherwise it was read by simple rules.
    pub structured: bool,
}

/// Reads a bounce; `None` when the message is none (a notice of success is none either).
pub(super) fn read(
    head: &Head<'_>,
    from: Option<&Address>,
    subject: &str,
    parts: &[Part<'_>],
    text: &str,
) -> Option<Bounce> {
    let status = parts.iter().find(|p| {
        !p.nested
            && matches!(p.kind.main.as_str(), "message/delivery-status" | "message/global-delivery-status")
    });
    if let Some(part) = status {
        let (body, _) = parse::text(part, 256 * 1024);
        let (recipients, any) = delivery_status(&body);
        if recipients.is_empty() && any {
            return None;
        }
        let original_message_id = returned_id(parts, text);
        return Some(Bounce { recipients, original_message_id, structured: true });
    }
    if !looks_like_one(head, from, subject, parts, text) {
        return None;
    }
    Some(Bounce {
        recipients: loose_recipients(head, text),
        original_message_id: returned_id(parts, text),
        structured: false,
    })
}

/// The recipients that failed or wait; the flag says whether any recipient was named at all.
fn delivery_status(body: &str) -> (Vec<Bounced>, bool) {
    let mut found = Vec::new();
    let mut any = false;
    for block in body.split("\n\n").take(200) {
        let head = Head::of(block.as_bytes(), 64 * 1024);
        let recipient = head.value("final-recipient").and_then(|v| typed_address(&v));
        let original = head.value("original-recipient").and_then(|v| typed_address(&v));
        if !head.has("final-recipient") && !head.has("action") {
            continue;
        }
        any = true;
        let action = head.lower("action");
        let fate = match action.split([' ', ';', '(']).next().unwrap_or_default() {
            "delivered" | "relayed" | "expanded" => continue,
            "delayed" => Fate::Delayed,
            _ => Fate::Failed,
        };
        let status = head.value("status").and_then(|s| status_code(&s));
        if found.len() < 50 {
            found.push(Bounced { recipient, original, status, fate });
        }
    }
    (found, any)
}

/// `rfc822; ann@a.example` (RFC 3464 section 2.1.2), also with the angle brackets that some servers add.
fn typed_address(value: &str) -> Option<Address> {
    let spec = value.split_once(';').map_or(value, |(_, spec)| spec);
    address::list(spec.trim()).into_iter().find_map(|m| m.address)
}

/// Message-ID of what was returned: in a returned message, in its returned header, or in the quoted text.
fn returned_id(parts: &[Part<'_>], text: &str) -> Option<String> {
    for part in parts.iter().filter(|p| !p.nested) {
        let headers = part.message
            || matches!(
                part.kind.main.as_str(),
                "text/rfc822-headers" | "message/global-headers" | "message/rfc822"
            );
        if headers {
            let (body, _) = parse::body(part, 256 * 1024);
            let body = body.trim_ascii_start();
            if let Some(id) = Head::of(body, 256 * 1024).value("message-id").and_then(|v| parse::id(&v)) {
                return Some(id);
            }
        }
    }
    text.lines().find_map(|line| {
        let (name, value) = line.trim_start_matches(['>', ' ', '\t', '|']).split_once(':')?;
        if name.trim().eq_ignore_ascii_case("message-id") {
            parse::ids(value).into_iter().next()
        } else {
            None
        }
    })
}

/// How the subjects of bounces begin.
const SUBJECTS: [&str; 31] = [
    "undeliverable",
    "undelivered mail",
    "undeliverd mail",
    "unzustellbar",
    "nicht zustellbar",
    "non recapitable",
    "non remis",
    "delivery status notification",
    "delivery notification",
    "delivery failure",
    "delivery failed",
    "delivery has failed",
    "delivery error",
    "delivery report",
    "delivery delayed",
    "mail delivery",
    "mail could not be delivered",
    "mail not delivered",
    "mail system error",
    "mail failure",
    "email delivery",
    "message delivery failure",
    "message delivery has failed",
    "message undeliverable",
    "message not delivered",
    "failure notice",
    "failed mail",
    "failed delivery",
    "returned mail",
    "returned message",
    "warning: could not send message",
];

/// What bounces say in their first lines.
const WORDS: [&str; 27] = [
    "did not reach the following recipient",
    "could not be delivered",
    "couldn't be delivered",
    "can not be delivered",
    "cannot be delivered",
    "was not delivered",
    "wasn't able to deliver",
    "wasn't delivered",
    "not able to deliver",
    "unable to deliver",
    "undeliverable",
    "undelivered",
    "delivery to the following",
    "delivery failed",
    "delivery has failed",
    "delivery failure",
    "delivery of your message",
    "permanent error",
    "permanent fatal errors",
    "returning message to sender",
    "returned to sender",
    "user unknown",
    "unknown user",
    "no such user",
    "mailbox is full",
    "mailbox full",
    "reasons for failure",
];

/// Machines that send bounces.
const DAEMONS: [&str; 8] = [
    "mailer-daemon",
    "mailerdaemon",
    "mailer_daemon",
    "postmaster",
    "mail-daemon",
    "maildaemon",
    "mdaemon",
    "bounce",
];

fn looks_like_one(
    head: &Head<'_>,
    from: Option<&Address>,
    subject: &str,
    parts: &[Part<'_>],
    text: &str,
) -> bool {
    if head.has("x-failed-recipients") {
        return true;
    }
    let sender = from.map_or_else(|| head.lower("from"), |a| a.local().to_lowercase());
    let shown = head.lower("from");
    let daemon = DAEMONS.iter().any(|d| sender.starts_with(d))
        || shown.contains("mailer-daemon")
        || shown.contains("mail delivery s")
        || shown.contains("mail administrator");
    let machine = daemon || has_null_return_path(head);
    let subject = subject.to_lowercase();
    let by_subject = SUBJECTS.iter().any(|s| subject.starts_with(s));
    let beginning: String = text.chars().take(3_000).collect::<String>().to_lowercase();
    let beginning = beginning.split_whitespace().collect::<Vec<_>>().join(" ");
    let by_words = WORDS.iter().any(|w| beginning.contains(w));
    let returned = parts.iter().any(|p| p.message || p.kind.main == "text/rfc822-headers");
    if sender.starts_with("mailer-daemon") {
        return true;
    }
    (machine && (by_subject || by_words)) || (by_subject && by_words && returned)
}

/// Addresses that an unstructured bounce names: X-Failed-Recipients, else those in `<>` in its first lines.
fn loose_recipients(head: &Head<'_>, text: &str) -> Vec<Bounced> {
    let status = text.lines().take(60).find_map(status_code);
    let bounced = |a: Address| Bounced {
        recipient: Some(a),
        original: None,
        status: status.clone(),
        fate: Fate::Failed,
    };
    let named: Vec<Address> = head
        .all("x-failed-recipients")
        .flat_map(|f| address::list(&f.value()))
        .filter_map(|m| m.address)
        .take(50)
        .collect();
    if !named.is_empty() {
        return named.into_iter().map(bounced).collect();
    }
    let mut found: Vec<Address> = Vec::new();
    for line in text.lines().take(40) {
        for piece in line.split('<').skip(1).take(5) {
            if let Some((spec, _)) = piece.split_once('>')
                && let Some(address) = Address::parse(spec.trim())
                && !found.contains(&address)
                && found.len() < 5
            {
                found.push(address);
            }
        }
    }
    found.into_iter().map(bounced).collect()
}

/// The first enhanced status code in a text: class 2, 4 or 5, then two numbers (RFC 3463 section 2).
fn status_code(text: &str) -> Option<String> {
    text.split(|c: char| !(c.is_ascii_digit() || c == '.')).find_map(|word| {
        let mut numbers = word.trim_matches('.').split('.');
        let (class, subject, detail) = (numbers.next()?, numbers.next()?, numbers.next()?);
        let short = |n: &str| (1..=3).contains(&n.len());
        let good =
            matches!(class, "2" | "4" | "5") && short(subject) && short(detail) && numbers.next().is_none();
        good.then(|| format!("{class}.{subject}.{detail}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_names_who_was_not_reached_and_why() {
        let body = "Reporting-MTA: dns; mx.example\n\nFinal-Recipient: rfc822; ann@b.example\n\
                    Original-Recipient: rfc822;<ann@a.example>\nAction: failed\nStatus: 5.1.1 (no such user)\n\n\
                    Final-Recipient: rfc822; bob@a.example\nAction: delivered\nStatus: 2.0.0\n";
        let (found, any) = delivery_status(body);
        assert!(any);
        assert_eq!(found.len(), 1);
        let one = found.first().unwrap();
        assert_eq!(one.recipient.as_ref().unwrap().as_str(), "ann@b.example");
        assert_eq!(one.original.as_ref().unwrap().as_str(), "ann@a.example");
        assert_eq!((one.status.as_deref(), one.fate), (Some("5.1.1"), Fate::Failed));
    }

    #[test]
    fn status_codes_are_not_ip_addresses_or_versions() {
        assert_eq!(status_code("550 5.7.1 no").as_deref(), Some("5.7.1"));
        assert_eq!(status_code("host 5.1.2.3 said 550"), None);
        assert_eq!(status_code("version 3.2.1"), None);
    }
}
