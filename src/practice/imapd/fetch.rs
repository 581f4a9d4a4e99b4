//! FETCH: the items of a mail as bytes (RFC 9051 section 6.4.5).

use std::collections::BTreeSet;
use std::num::NonZeroU32;

use imap_next::imap_types::command::FetchModifier;
use imap_next::imap_types::core::Vec1;
use imap_next::imap_types::fetch::{MessageDataItemName, Section};

use super::Shared;
use super::answer::{Answer, Asked, View};
use super::post::{self, FlagChange, Held};
use super::search;

pub(super) fn fetch(
    shared: &mut Shared,
    view: &View,
    asked: &Asked,
    names: &[MessageDataItemName<'_>],
    modifiers: &[FetchModifier],
) -> Answer {
    let since = modifiers.iter().find_map(|modifier| match modifier {
        FetchModifier::ChangedSince(modseq) => Some(modseq.get()),
        FetchModifier::Vanished => None,
    });
    if names.iter().any(reads_openly) {
        shared.record.forbidden.push("FETCH that sets \\Seen".to_owned());
    }
    let mut data = Vec::new();
    for (seq, uid) in asked.pick(view) {
        if shared.record.omitted.contains(&uid) {
            continue;
        }
        if names.iter().any(reads_openly) && !view.read_only {
            shared.post.store(&view.name, uid, FlagChange::Add, &BTreeSet::from(["\\Seen".to_owned()]));
        }
        let Some(mail) = shared.post.folder(&view.name).and_then(|folder| folder.get(uid)) else { continue };
        if since.is_some_and(|since| mail.modseq <= since) {
            continue;
        }
        let mut shown = mail.clone();
        if shared.record.blank > 0
            && names.iter().any(|name| matches!(name, MessageDataItemName::BodyExt { .. }))
        {
            shared.record.blank -= 1;
            shown.raw = Vec::new().into();
        }
        let more = shared.record.overstated;
        let Some(items) = items(&shown, names, asked.uid, since.is_some(), more) else {
            return Answer::status("BAD such an item is not spoken here");
        };
        data.extend_from_slice(format!("* {seq} FETCH (").as_bytes());
        data.extend_from_slice(&items);
        data.extend_from_slice(b")\r\n");
    }
    Answer::ok(data)
}

/// Whether fetching that sets `\Seen` (RFC 9051 section 6.4.5).
fn reads_openly(name: &MessageDataItemName<'_>) -> bool {
    matches!(
        name,
        MessageDataItemName::BodyExt { peek: false, .. }
            | MessageDataItemName::Rfc822
            | MessageDataItemName::Rfc822Text
    )
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the items of FETCH are more than this stand-in speaks")]
fn items(
    mail: &Held,
    names: &[MessageDataItemName<'_>],
    uid: bool,
    modseq: bool,
    more: u32,
) -> Option<Vec<u8>> {
    let mut parts: Vec<Vec<u8>> = Vec::new();
    if uid && !names.contains(&MessageDataItemName::Uid) {
        parts.push(format!("UID {}", mail.uid).into_bytes());
    }
    if modseq && !names.contains(&MessageDataItemName::ModSeq) {
        parts.push(format!("MODSEQ ({})", mail.modseq).into_bytes());
    }
    for name in names {
        parts.push(match name {
            MessageDataItemName::Uid => format!("UID {}", mail.uid).into_bytes(),
            MessageDataItemName::Flags => flags_item(mail).into_bytes(),
            MessageDataItemName::ModSeq => format!("MODSEQ ({})", mail.modseq).into_bytes(),
            MessageDataItemName::Rfc822Size => {
                format!("RFC822.SIZE {}", mail.raw.len().saturating_add(more as usize)).into_bytes()
            }
            MessageDataItemName::InternalDate => {
                format!("INTERNALDATE \"{}\"", mail.date.strftime("%e-%b-%Y %H:%M:%S +0000")).into_bytes()
            }
            MessageDataItemName::Rfc822 => literal("RFC822", &mail.raw),
            MessageDataItemName::Rfc822Header => literal("RFC822.HEADER", post::split_header(&mail.raw).0),
            MessageDataItemName::BodyExt { section, partial, .. } => body(mail, section.as_ref(), *partial)?,
            _ => return None,
        });
    }
    Some(parts.join(&b' '))
}

pub(super) fn flags_item(mail: &Held) -> String {
    let flags: Vec<&str> = mail.flags.iter().map(String::as_str).collect();
    format!("FLAGS ({})", flags.join(" "))
}

fn literal(label: &str, bytes: &[u8]) -> Vec<u8> {
    let mut item = format!("{label} {{{}}}\r\n", bytes.len()).into_bytes();
    item.extend_from_slice(bytes);
    item
}

fn body(mail: &Held, section: Option<&Section<'_>>, partial: Option<(u32, NonZeroU32)>) -> Option<Vec<u8>> {
    let named = |fields: &Vec1<_>| -> Vec<String> { fields.as_ref().iter().map(search::text).collect() };
    let among = |fields: &[String], name: &str| fields.iter().any(|field| field.eq_ignore_ascii_case(name));
    let (label, bytes) = match section {
        None => (String::new(), mail.raw.to_vec()),
        Some(Section::Header(None)) => ("HEADER".to_owned(), post::split_header(&mail.raw).0.to_vec()),
        Some(Section::Text(None)) => ("TEXT".to_owned(), post::split_header(&mail.raw).1.to_vec()),
        Some(Section::HeaderFields(None, fields)) => {
            let fields = named(fields);
            let bytes = post::header_fields(&mail.raw, |name| among(&fields, name));
            (format!("HEADER.FIELDS ({})", fields.join(" ")), bytes)
        }
        Some(Section::HeaderFieldsNot(None, fields)) => {
            let fields = named(fields);
            let bytes = post::header_fields(&mail.raw, |name| !among(&fields, name));
            (format!("HEADER.FIELDS.NOT ({})", fields.join(" ")), bytes)
        }
        Some(_) => return None,
    };
    let Some((start, length)) = partial else { return Some(literal(&format!("BODY[{label}]"), &bytes)) };
    let from = usize::try_from(start).unwrap_or(usize::MAX).min(bytes.len());
    let to = from.saturating_add(usize::try_from(length.get()).unwrap_or(usize::MAX)).min(bytes.len());
    Some(literal(&format!("BODY[{label}]<{start}>"), bytes.get(from..to).unwrap_or_default()))
}
