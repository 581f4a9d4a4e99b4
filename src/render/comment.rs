//! Comments on the private issue: what happened after the report, each one effect, each found again by its marker.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::fence::{cell, fence, prose};
use super::issue::{AttachmentRow, BODY_BYTES, attachments};
use super::marker::{self, Keyring, LINE_BYTES, Stamp};
use super::when;
use crate::case::{CaseId, MailId};

/// The words of a later mail, hostile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// What is new in it.
    pub new_words: String,
    /// What it quotes of earlier mails.
    pub quoted: String,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Comment {
    /// A participant wrote again.
    ReporterWrote {
        /// INTERNALDATE.
        received: Timestamp,
        /// What they wrote.
        words: Words,
        /// What came with it.
        attachments: Vec<AttachmentRow>,
        /// Whether the sender's authentication failed: it adds text, nothing more.
        authentication_failed: bool,
    },
    /// Somebody else wrote to the case: shown, and nothing follows from it.
    StrangerWrote {
        /// INTERNALDATE.
        received: Timestamp,
        /// Who it says it is from, hostile.
        from: String,
        /// What they wrote.
        words: Words,
        /// What came with it.
        attachments: Vec<AttachmentRow>,
    },
    /// A member answered the reporter from their own mail client.
    MemberAnswered {
        /// INTERNALDATE.
        received: Timestamp,
        /// The member's name, ours.
        who: String,
        /// Whether authentication proves it was them: then the clock stopped.
        verified: bool,
        /// What they wrote.
        words: Words,
        /// What came with it.
        attachments: Vec<AttachmentRow>,
    },
    /// A member wrote on the case, not to the reporter.
    MemberNote {
        /// INTERNALDATE.
        received: Timestamp,
        /// The member's name, ours.
        who: String,
        /// Whether authentication proves it was them.
        verified: bool,
        /// What they wrote.
        words: Words,
        /// What came with it.
        attachments: Vec<AttachmentRow>,
    },
    /// A mail in a member's name commanded and does not prove to be theirs.
    CommandRefused {
        /// INTERNALDATE.
        received: Timestamp,
        /// Whom it names, ours.
        who: String,
        /// What it lacks, our words.
        why: String,
        /// What it says.
        words: Words,
        /// What came with it.
        attachments: Vec<AttachmentRow>,
    },
    /// What a member commanded and what followed; the text is final.
    Commanded(String),
    /// A letter of ours came back.
    DeliveryFailed {
        /// When we learned it.
        at: Timestamp,
        /// Which letter, our words (`the receipt`).
        letter: String,
        /// What the other server said, hostile (`550 5.1.1 no such user`).
        said: Option<String>,
        /// Whether a clock that the letter had stopped runs again.
        clock_reopened: bool,
    },
    /// A machine of the reporter's answered: out of office, a ticket number.
    AutomaticAnswer {
        /// INTERNALDATE.
        received: Timestamp,
        /// The sign of it, a word of ours.
        why: String,
        /// What it says.
        words: Words,
        /// What came with it.
        attachments: Vec<AttachmentRow>,
    },
    /// A letter of ours is late; the other server still tries (RFC 3464 section 2.3.3).
    DeliveryDelayed {
        /// When we learned it.
        at: Timestamp,
        /// Which letter, our words.
        letter: String,
    },
    /// Somebody edited the body; it has been drawn anew.
    BodyEdited {
        /// When we saw it.
        at: Timestamp,
    },
    /// A later mail of which only the headers could be read.
    HeaderOnly {
        /// INTERNALDATE.
        received: Timestamp,
        /// The stored message.
        mail: MailId,
        /// Why, our words.
        why: String,
    },
    /// This issue is a second copy, made by an unknown outcome; it is closed.
    SecondCopy {
        /// Number of the issue that is kept, in the same repository.
        kept: u64,
    },
}

/// The comment: line 1 the marker, at most [`BODY_BYTES`].
pub fn comment(case: CaseId, what: &Comment, zone: &TimeZone, stamp: &Stamp<'_>, keys: &Keyring) -> String {
    let mut page = String::new();
    match what {
        Comment::ReporterWrote { received, words, attachments, authentication_failed } => {
            page.push_str(&format!("**The reporter wrote** · {}\n", when::medium(*received, zone)));
            if *authentication_failed {
                page.push_str(
                    "\n> [!WARNING]\n> The sender's address failed authentication: it may be forged. The text is \
                     kept; nothing follows from it.\n",
                );
            }
            written(&mut page, case, words, attachments);
        }
        Comment::AutomaticAnswer { received, why, words, attachments } => {
            page.push_str(&format!(
                "**An automatic answer** to our letter ({}) · {}\n\nNobody was alerted, nothing was answered.\n",
                prose(why),
                when::medium(*received, zone)
            ));
            written(&mut page, case, words, attachments);
        }
        Comment::StrangerWrote { received, from, words, attachments } => {
            page.push_str(&format!(
                "> [!CAUTION]\n> **UNVERIFIED.** This mail names the case, but its sender takes no part in it. \
                 Nothing was sent, nobody was added, no clock changed.\n\n**Says it is from** {} · {}\n",
                cell(from),
                when::medium(*received, zone)
            ));
            written(&mut page, case, words, attachments);
        }
        Comment::MemberAnswered { received, who, verified, words, attachments } => {
            answered(&mut page, who, *verified, &when::medium(*received, zone));
            written(&mut page, case, words, attachments);
        }
        Comment::MemberNote { received, who, verified, words, attachments } => {
            let mark = if *verified { "" } else { ", **unverified**" };
            page.push_str(&format!(
                "**{}** wrote a note{mark} · {}\n",
                prose(who),
                when::medium(*received, zone)
            ));
            written(&mut page, case, words, attachments);
        }
        Comment::CommandRefused { received, who, why, words, attachments } => {
            page.push_str(&format!(
                "> [!CAUTION]\n> **UNVERIFIED.** This mail commands in the name of {}, and nothing of it was done: {}. \
                 They were told at the roster's address.\n\n**Not proven to be from {}** · {}\n",
                prose(who),
                prose(why),
                prose(who),
                when::medium(*received, zone)
            ));
            written(&mut page, case, words, attachments);
        }
        Comment::Commanded(text) => page.push_str(text),
        Comment::DeliveryFailed { .. }
        | Comment::DeliveryDelayed { .. }
        | Comment::BodyEdited { .. }
        | Comment::HeaderOnly { .. }
        | Comment::SecondCopy { .. } => page.push_str(&plain(what, zone)),
    }
    marker::marked(case, stamp, &page, keys)
}

/// Our one comment with answers on an issue: the newest first, as many as fit.
pub fn answers(parts: &[String]) -> String {
    let mut page =
        "**Answers to commands on this issue**, the newest first. This comment is written anew with each; \
                    what no longer fits stands in the journal.\n"
            .to_owned();
    for part in parts {
        if LINE_BYTES + page.len() + part.len() + 80 > BODY_BYTES {
            page.push_str("\n---\n\n_Older answers do not fit any more._\n");
            break;
        }
        page.push_str("\n---\n\n");
        page.push_str(part.trim());
        page.push('\n');
    }
    page
}

fn answered(page: &mut String, who: &str, verified: bool, at: &str) {
    let who = prose(who);
    if verified {
        page.push_str(&format!(
            "**{who} answered the reporter** by mail · {at}\n\nThe acknowledgement clock stopped.\n"
        ));
    } else {
        page.push_str(&format!(
            "**{who} answered the reporter** by mail, **unverified** · {at}\n\n> [!NOTE]\n> The mail does not prove \
             that it is from {who}, so the clock runs on. {who} was asked, and says `ack done` by mail; an operator can confirm it too.\n"
        ));
    }
}

/// New words in a fence, the quoted history folded and fenced, the attachments between. The new words come first and
/// get what they need; history gets the rest.
fn written(page: &mut String, case: CaseId, words: &Words, rows: &[AttachmentRow]) {
    let table = attachments(case, rows);
    let room = BODY_BYTES.saturating_sub(LINE_BYTES + page.len() + table.len() + 400);
    if words.new_words.trim().is_empty() {
        page.push_str("\n_No words of its own._\n\n");
    } else {
        page.push_str(&fence(words.new_words.trim_end(), room));
    }
    page.push_str(&table);
    let room = BODY_BYTES.saturating_sub(LINE_BYTES + page.len() + 200);
    if !words.quoted.trim().is_empty() {
        if room < 1_000 {
            page.push_str("_(the quoted history is in the store)_\n");
            return;
        }
        page.push_str("<details><summary>Quoted history</summary>\n");
        page.push_str(&fence(words.quoted.trim_end(), room));
        page.push_str("</details>\n");
    }
}

fn plain(what: &Comment, zone: &TimeZone) -> String {
    match what {
        Comment::DeliveryFailed { at, letter, said, clock_reopened } => {
            let said =
                said.as_ref().map_or(String::new(), |s| format!(" The other server said: {}", cell(s)));
            let clock = if *clock_reopened { " The clock that it had stopped runs again." } else { "" };
            format!(
                "> [!WARNING]\n> **Delivery failed:** {} came back · {}\n\nThe reporter did not get it.{clock}{said}\n\n\
                 Is there another way to reach them?\n",
                prose(letter),
                when::medium(*at, zone)
            )
        }
        Comment::DeliveryDelayed { at, letter } => format!(
            "{} is late: the reporter's mail server has not taken it yet and still tries · {}\n",
            prose(letter),
            when::medium(*at, zone)
        ),
        Comment::BodyEdited { at } => format!(
            "The description was edited by hand; it now shows the state of the case again · {}\n\nThe edit is in \
             its history. To add something, write a comment.\n",
            when::medium(*at, zone)
        ),
        Comment::HeaderOnly { received, mail, why } => format!(
            "> [!WARNING]\n> **Header only:** a mail on this case could not be read ({}) · {}\n\nIt is stored whole \
             as message {mail}; read it in the mailbox.\n",
            prose(why),
            when::medium(*received, zone)
        ),
        Comment::SecondCopy { kept } => format!(
            "A second copy: GitHub's answer was lost when the first was made. The case goes on in #{kept}; this one \
             is closed.\n"
        ),
        Comment::ReporterWrote { .. }
        | Comment::AutomaticAnswer { .. }
        | Comment::StrangerWrote { .. }
        | Comment::MemberAnswered { .. }
        | Comment::CommandRefused { .. }
        | Comment::Commanded(_)
        | Comment::MemberNote { .. } => String::new(),
    }
}
