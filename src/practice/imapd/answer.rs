//! What the practice IMAP server says to each command: a value, so that faults can be laid over it before it is sent.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;

use imap_next::imap_types::IntoStatic;
use imap_next::imap_types::command::CommandBody;
use imap_next::imap_types::core::Vec1;
use imap_next::imap_types::extensions::binary::LiteralOrLiteral8;
use imap_next::imap_types::fetch::MacroOrMessageDataItemNames;
use imap_next::imap_types::flag::{Flag, StoreResponse, StoreType};
use imap_next::imap_types::mailbox::{ListMailbox, Mailbox};
use imap_next::imap_types::search::SearchKey;
use imap_next::imap_types::sequence::SequenceSet;
use imap_next::imap_types::status::StatusDataItemName;

use super::Shared;
use super::fetch::{fetch, flags_item};
use super::post::{FlagChange, Folder, Post};
use super::search::{self, Looked};

/// A folder as one connection sees it.
pub(super) struct View {
    pub(super) name: String,
    pub(super) validity: u32,
    pub(super) read_only: bool,
    /// UID and modification sequence by message sequence number.
    pub(super) mails: Vec<(u32, u64)>,
    /// The mailbox's modification sequence when `mails` was true.
    pub(super) as_of: u64,
}

/// The outcome of a command.
pub(super) struct Answer {
    /// Untagged lines.
    pub(super) data: Vec<u8>,
    /// `OK ...`, `NO ...`, `BAD ...` for behind the tag.
    pub(super) status: String,
    /// Whether the connection ends after it.
    pub(super) last: bool,
}

impl Answer {
    pub(super) fn status(status: &str) -> Self {
        Self { data: Vec::new(), status: status.to_owned(), last: false }
    }

    pub(super) fn ok(data: impl Into<Vec<u8>>) -> Self {
        Self { data: data.into(), status: "OK done".to_owned(), last: false }
    }

    pub(super) fn with(data: impl Into<Vec<u8>>, status: String) -> Self {
        Self { data: data.into(), status, last: false }
    }
}

/// The capability list as it stands.
pub(super) fn capabilities(shared: &Shared) -> String {
    let mut list = String::from(
        "IMAP4rev1 SASL-IR AUTH=PLAIN AUTH=XOAUTH2 LITERAL+ UNSELECT UIDPLUS SPECIAL-USE CONDSTORE ENABLE",
    );
    if !shared.record.hide_idle {
        list.push_str(" IDLE");
    }
    if !shared.record.hide_move {
        list.push_str(" MOVE");
    }
    list
}

/// Obeys one command of a client that is logged in.
#[expect(clippy::wildcard_enum_match_arm, reason = "IMAP is larger than what this stand-in speaks")]
pub(super) fn obey(shared: &mut Shared, view: &mut Option<View>, command: CommandBody<'static>) -> Answer {
    match command {
        CommandBody::Capability => Answer::ok(format!("* CAPABILITY {}\r\n", capabilities(shared))),
        CommandBody::Noop | CommandBody::Check | CommandBody::Enable { .. } => Answer::status("OK done"),
        CommandBody::Subscribe { .. } | CommandBody::Unsubscribe { .. } => Answer::status("OK done"),
        CommandBody::Logout => {
            Answer { data: b"* BYE until next time\r\n".to_vec(), status: "OK bye".to_owned(), last: true }
        }
        CommandBody::List { mailbox_wildcard, .. } => list(shared, &mailbox_wildcard, "LIST"),
        CommandBody::Lsub { mailbox_wildcard, .. } => list(shared, &mailbox_wildcard, "LSUB"),
        CommandBody::Create { mailbox } => {
            let made = shared.post.create(&folder_name(&mailbox));
            Answer::status(if made { "OK created" } else { "NO [ALREADYEXISTS] it is there" })
        }
        CommandBody::Delete { .. } | CommandBody::Rename { .. } => {
            shared.record.forbidden.push(command.name().to_owned());
            Answer::status("NO [NOPERM] not here")
        }
        CommandBody::Select { mailbox, .. } => select(shared, view, &folder_name(&mailbox), false),
        CommandBody::Examine { mailbox, .. } => select(shared, view, &folder_name(&mailbox), true),
        CommandBody::Status { mailbox, item_names } => status(shared, &folder_name(&mailbox), &item_names),
        CommandBody::Append { mailbox, flags, date, message } => {
            let raw: Arc<[u8]> = match &message {
                LiteralOrLiteral8::Literal(literal) => literal.as_ref().into(),
                LiteralOrLiteral8::Literal8(literal) => literal.data.as_ref().into(),
            };
            let seconds = date.map_or(0, |date| date.as_ref().timestamp());
            append(shared, &folder_name(&mailbox), raw, seconds, &flags)
        }
        other => match view {
            Some(view) => obey_selected(shared, view, other),
            None => Answer::status("BAD select a folder first"),
        },
    }
    .and_forget(view)
}

impl Answer {
    /// CLOSE and UNSELECT mark themselves by this status.
    fn and_forget(self, view: &mut Option<View>) -> Self {
        if self.status == CLOSED {
            *view = None;
        }
        self
    }
}

const CLOSED: &str = "OK nothing is selected now";

#[expect(clippy::wildcard_enum_match_arm, reason = "IMAP is larger than what this stand-in speaks")]
fn obey_selected(shared: &mut Shared, view: &mut View, command: CommandBody<'static>) -> Answer {
    match command {
        CommandBody::Unselect => Answer::status(CLOSED),
        CommandBody::Close => {
            if !view.read_only {
                shared.record.forbidden.push("CLOSE".to_owned());
                shared.post.expunge_deleted(&view.name);
            }
            Answer::status(CLOSED)
        }
        CommandBody::Expunge | CommandBody::ExpungeUid { .. } => {
            shared.record.forbidden.push("EXPUNGE".to_owned());
            if !view.read_only {
                shared.post.expunge_deleted(&view.name);
            }
            Answer::status("OK expunged")
        }
        CommandBody::Search { criteria, uid, .. } => search(shared, view, &criteria, uid),
        CommandBody::Fetch { sequence_set, macro_or_item_names, uid, modifiers } => {
            let names = match macro_or_item_names {
                MacroOrMessageDataItemNames::Macro(name) => {
                    name.expand().into_iter().map(IntoStatic::into_static).collect()
                }
                MacroOrMessageDataItemNames::MessageDataItemNames(names) => names,
            };
            fetch(shared, view, &Asked { set: sequence_set, uid }, &names, &modifiers)
        }
        CommandBody::Store { sequence_set, kind, response, flags, uid, .. } => {
            store(shared, view, &Asked { set: sequence_set, uid }, (kind, response), &flags)
        }
        CommandBody::Move { sequence_set, mailbox, uid } => {
            if shared.record.hide_move {
                return Answer::status("BAD no such command");
            }
            relocate(shared, view, &Asked { set: sequence_set, uid }, &folder_name(&mailbox), true)
        }
        CommandBody::Copy { sequence_set, mailbox, uid } => {
            shared.record.forbidden.push("COPY".to_owned());
            relocate(shared, view, &Asked { set: sequence_set, uid }, &folder_name(&mailbox), false)
        }
        other => Answer::with(Vec::new(), format!("BAD {} is not spoken here", other.name())),
    }
}

/// The name of a folder as kept.
pub(super) fn folder_name(mailbox: &Mailbox<'_>) -> String {
    match mailbox {
        Mailbox::Inbox => "INBOX".to_owned(),
        Mailbox::Other(other) => Post::name(&search::text(other.inner())).to_owned(),
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn list(shared: &Shared, wildcard: &ListMailbox<'_>, word: &str) -> Answer {
    let pattern = match wildcard {
        ListMailbox::Token(token) => String::from_utf8_lossy(token.as_ref()).into_owned(),
        ListMailbox::String(string) => String::from_utf8_lossy(string.as_ref()).into_owned(),
    };
    let mut data = String::new();
    if pattern.is_empty() {
        data.push_str("* LIST (\\Noselect) \"/\" \"\"\r\n");
    }
    for (name, folder) in &shared.post.folders {
        let shown = match pattern.strip_suffix(['*', '%']) {
            Some(start) => name.starts_with(start),
            None => *name == Post::name(&pattern),
        };
        if shown {
            let role = folder.role.as_deref().map(|role| format!(" {role}")).unwrap_or_default();
            let _ = write!(data, "* {word} (\\HasNoChildren{role}) \"/\" {}\r\n", quoted(name));
        }
    }
    Answer::ok(data)
}

fn select(shared: &Shared, view: &mut Option<View>, name: &str, read_only: bool) -> Answer {
    *view = None;
    let Some(folder) = shared.post.folder(name) else {
        return Answer::status("NO [NONEXISTENT] no such folder");
    };
    let mut data = String::from("* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)\r\n");
    let permanent = if read_only { "" } else { "\\Answered \\Flagged \\Deleted \\Seen \\Draft \\*" };
    let _ = write!(
        data,
        "* {} EXISTS\r\n* 0 RECENT\r\n* OK [UIDVALIDITY {}] valid\r\n* OK [UIDNEXT {}] next\r\n* OK [PERMANENTFLAGS ({permanent})] kept\r\n* OK [HIGHESTMODSEQ {}] highest\r\n",
        folder.mails.len(),
        folder.uidvalidity,
        folder.uid_next,
        shared.post.highest_modseq(),
    );
    *view = Some(View {
        name: name.to_owned(),
        validity: folder.uidvalidity,
        read_only,
        mails: folder.mails.iter().map(|mail| (mail.uid, mail.modseq)).collect(),
        as_of: shared.post.highest_modseq(),
    });
    let access = if read_only { "READ-ONLY" } else { "READ-WRITE" };
    Answer::with(data, format!("OK [{access}] selected"))
}

fn status(shared: &Shared, name: &str, items: &[StatusDataItemName]) -> Answer {
    let Some(folder) = shared.post.folder(name) else {
        return Answer::status("NO [NONEXISTENT] no such folder");
    };
    let without = |flag: &str| folder.mails.iter().filter(|mail| !mail.flags.contains(flag)).count();
    let shown: Vec<String> = items
        .iter()
        .map(|item| match item {
            StatusDataItemName::Messages => format!("MESSAGES {}", folder.mails.len()),
            StatusDataItemName::Recent => "RECENT 0".to_owned(),
            StatusDataItemName::UidNext => format!("UIDNEXT {}", folder.uid_next),
            StatusDataItemName::UidValidity => format!("UIDVALIDITY {}", folder.uidvalidity),
            StatusDataItemName::Unseen => format!("UNSEEN {}", without("\\Seen")),
            StatusDataItemName::Deleted => format!("DELETED {}", folder.mails.len() - without("\\Deleted")),
            StatusDataItemName::DeletedStorage => "DELETED-STORAGE 0".to_owned(),
            StatusDataItemName::HighestModSeq => format!("HIGHESTMODSEQ {}", shared.post.highest_modseq()),
        })
        .collect();
    Answer::ok(format!("* STATUS {} ({})\r\n", quoted(name), shown.join(" ")))
}

fn append(shared: &mut Shared, name: &str, raw: Arc<[u8]>, seconds: i64, flags: &[Flag<'_>]) -> Answer {
    let Some(validity) = shared.post.folder(name).map(|folder| folder.uidvalidity) else {
        return Answer::status("NO [TRYCREATE] no such folder");
    };
    let date = jiff::Timestamp::from_second(seconds).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    let uid = shared.post.deliver(name, raw, date, flag_names(flags));
    Answer::with(Vec::new(), format!("OK [APPENDUID {validity} {uid}] kept"))
}

fn flag_names(flags: &[Flag<'_>]) -> BTreeSet<String> {
    flags.iter().map(ToString::to_string).collect()
}

/// Which mails a command names.
pub(super) struct Asked {
    pub(super) set: SequenceSet,
    pub(super) uid: bool,
}

impl Asked {
    /// Sequence numbers and UIDs that are in the view and were asked for.
    pub(super) fn pick(&self, view: &View) -> Vec<(u32, u32)> {
        let (largest_seq, largest_uid) = largest(view);
        let mut picked = Vec::new();
        for (seq, &(uid, _)) in (1_u32..).zip(&view.mails) {
            let (number, largest) = if self.uid { (uid, largest_uid) } else { (seq, largest_seq) };
            if search::contains(&self.set, number, largest) {
                picked.push((seq, uid));
            }
        }
        picked
    }
}

fn largest(view: &View) -> (u32, u32) {
    (u32::try_from(view.mails.len()).unwrap_or(u32::MAX), view.mails.last().map_or(0, |&(uid, _)| uid))
}

fn search(shared: &Shared, view: &View, criteria: &Vec1<SearchKey<'_>>, by_uid: bool) -> Answer {
    let Some(folder) = shared.post.folder(&view.name) else { return Answer::status("NO the folder is gone") };
    let largest = largest(view);
    let mut data = String::from("* SEARCH");
    for (seq, &(uid, _)) in (1_u32..).zip(&view.mails) {
        let Some(mail) = folder.get(uid) else { continue };
        match search::all(criteria.as_ref(), &Looked { mail, seq, largest }) {
            Some(true) => {
                let _ = write!(data, " {}", if by_uid { uid } else { seq });
            }
            Some(false) => {}
            None => return Answer::status("BAD such a search is not spoken here"),
        }
    }
    data.push_str("\r\n");
    Answer::ok(data)
}

fn store(
    shared: &mut Shared,
    view: &mut View,
    asked: &Asked,
    (kind, response): (StoreType, StoreResponse),
    flags: &[Flag<'_>],
) -> Answer {
    let flags = flag_names(flags);
    let change = match kind {
        StoreType::Replace => FlagChange::Replace,
        StoreType::Add => FlagChange::Add,
        StoreType::Remove => FlagChange::Remove,
    };
    if change != FlagChange::Remove && flags.iter().any(|flag| flag.eq_ignore_ascii_case("\\Deleted")) {
        shared.record.forbidden.push("STORE \\Deleted".to_owned());
    }
    if view.read_only {
        return Answer::status("NO the folder is open for reading only");
    }
    let mut data = String::new();
    for (seq, uid) in asked.pick(view) {
        if !shared.post.store(&view.name, uid, change, &flags) {
            continue;
        }
        let Some(mail) = shared.post.folder(&view.name).and_then(|folder| folder.get(uid)) else { continue };
        if let Some((_, seen)) = view.mails.iter_mut().find(|(known, _)| *known == uid) {
            *seen = mail.modseq;
        }
        match response {
            StoreResponse::Answer => {
                let _ = write!(data, "* {seq} FETCH (UID {uid} {})\r\n", flags_item(mail));
            }
            StoreResponse::Silent => {}
        }
    }
    Answer::ok(data)
}

fn relocate(shared: &mut Shared, view: &View, asked: &Asked, to: &str, moving: bool) -> Answer {
    let Some(validity) = shared.post.folder(to).map(|folder| folder.uidvalidity) else {
        return Answer::status("NO [TRYCREATE] no such folder");
    };
    if moving && view.read_only {
        return Answer::status("NO the folder is open for reading only");
    }
    let mut gone: Vec<(String, String)> = Vec::new();
    for (_, uid) in asked.pick(view) {
        let new = if moving {
            shared.post.move_mail(uid, &view.name, to)
        } else {
            shared.post.copy_mail(uid, &view.name, to)
        };
        gone.extend(new.map(|new| (uid.to_string(), new.to_string())));
    }
    if gone.is_empty() {
        return Answer::status("OK nothing to do");
    }
    let (old, new): (Vec<String>, Vec<String>) = gone.into_iter().unzip();
    let code = format!("[COPYUID {validity} {} {}]", old.join(","), new.join(","));
    if moving {
        // RFC 6851 section 4.3: the code goes in an untagged OK, before the EXPUNGEs that the view's refresh adds.
        Answer::with(format!("* OK {code} moved\r\n"), "OK moved".to_owned())
    } else {
        Answer::with(Vec::new(), format!("OK {code} copied"))
    }
}

/// What happened to the folder since the view was true, as untagged lines; `None` when the folder is another one now.
pub(super) fn refresh(shared: &mut Shared, view: &mut View) -> Option<Vec<u8>> {
    let now = shared.post.highest_modseq();
    let folder: &Folder = shared.post.folder(&view.name)?;
    if folder.uidvalidity != view.validity {
        return None;
    }
    let mut data = String::new();
    if view.as_of == now {
        return Some(Vec::new());
    }
    let mut kept = Vec::with_capacity(folder.mails.len());
    for &(uid, modseq) in &view.mails {
        let seq = kept.len().saturating_add(1);
        match folder.get(uid) {
            None => {
                let _ = write!(data, "* {seq} EXPUNGE\r\n");
            }
            Some(mail) => {
                if mail.modseq != modseq {
                    let _ = write!(data, "* {seq} FETCH (UID {uid} {})\r\n", flags_item(mail));
                }
                kept.push((uid, mail.modseq));
            }
        }
    }
    let highest = view.mails.last().map_or(0, |&(uid, _)| uid);
    let before = kept.len();
    kept.extend(folder.mails.iter().filter(|mail| mail.uid > highest).map(|mail| (mail.uid, mail.modseq)));
    if kept.len() > before {
        if shared.record.lose_exists > 0 {
            shared.record.lose_exists = shared.record.lose_exists.saturating_sub(1);
        } else {
            let _ = write!(data, "* {} EXISTS\r\n", kept.len());
        }
    }
    view.mails = kept;
    view.as_of = now;
    Some(data.into_bytes())
}
