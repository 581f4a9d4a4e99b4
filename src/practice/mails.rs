//! The mails of the practice day: handwritten, from people who do not exist, as their mail programs would send them.
//!
//! `@DATE@` and its like are filled in when a mail is delivered: a reply names the Message-ID of the receipt that its
//! writer really got.

use jiff::Timestamp;

/// A mail with its gaps.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sheet(&'static str);

/// Plain text with numbered steps, from a careful researcher.
pub(super) const PLAIN: Sheet = Sheet(include_str!("letters/plain.eml"));
/// HTML only, as a large provider's mail program makes it.
pub(super) const OUTLOOK: Sheet = Sheet(include_str!("letters/outlook.eml"));
/// A picture and a zip file come with it.
pub(super) const ATTACHED: Sheet = Sheet(include_str!("letters/attached.eml"));
/// The mailing list put itself into From, and a tag and a footer around the words.
pub(super) const LISTED: Sheet = Sheet(include_str!("letters/listed.eml"));
/// The same mail once more, on the direct way.
pub(super) const SECOND_COPY: Sheet = Sheet(include_str!("letters/second_copy.eml"));
/// Out of office, in answer to a receipt.
pub(super) const AWAY: Sheet = Sheet(include_str!("letters/away.eml"));
/// An advertisement.
pub(super) const SPAM: Sheet = Sheet(include_str!("letters/spam.eml"));
/// The researcher writes again, the receipt quoted below.
pub(super) const AGAIN: Sheet = Sheet(include_str!("letters/again.eml"));
/// A member answers from their own mail program, through the list.
pub(super) const MEMBER: Sheet = Sheet(include_str!("letters/member.eml"));
/// Somebody who takes no part in the case names its number.
pub(super) const STRANGER: Sheet = Sheet(include_str!("letters/stranger.eml"));
/// A short report in poor English; GitHub stumbles over it, and its writer's mailbox is full.
pub(super) const UNLUCKY: Sheet = Sheet(include_str!("letters/unlucky.eml"));
/// A report that does not say of which version it is.
pub(super) const VAGUE: Sheet = Sheet(include_str!("letters/vague.eml"));
/// The version, in answer to our question.
pub(super) const VERSION: Sheet = Sheet(include_str!("letters/version.eml"));
/// A member's commands, in answer to a notice.
pub(super) const COMMAND: Sheet = Sheet(include_str!("letters/command.eml"));
/// The delivery status notification (RFC 3464) about the receipt to that writer.
pub(super) const BOUNCE: Sheet = Sheet(include_str!("letters/bounce.eml"));

/// A bundled package whose version lies in the range of a public record.
pub(super) const BUNDLED: Sheet = Sheet(include_str!("letters/bundled.eml"));
/// What the first researcher reported, found by somebody else and told in other words.
pub(super) const REPEATED: Sheet = Sheet(include_str!("letters/repeated.eml"));
/// The report of the life of a vulnerability: neither version nor platform is said.
pub(super) const LIFE_REPORT: Sheet = Sheet(include_str!("letters/life_report.eml"));
/// Somebody answers a letter of ours, which is quoted below.
pub(super) const LIFE_ANSWER: Sheet = Sheet(include_str!("letters/life_answer.eml"));

impl Sheet {
    /// The mail as it goes over the wire, CR LF at every line's end. `gaps` are names (without `@`) and texts.
    pub(super) fn filled(self, now: Timestamp, gaps: &[(&str, &str)]) -> Vec<u8> {
        let date = now.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string();
        let mut text = self.0.replace("@DATE@", &date);
        for (name, value) in gaps {
            text = text.replace(&format!("@{name}@"), value);
        }
        text.replace("\r\n", "\n").replace('\n', "\r\n").into_bytes()
    }
}

/// A text as mail programs quote it.
pub(super) fn quoted(text: &str) -> String {
    let line = |line: &str| if line.is_empty() { ">".to_owned() } else { format!("> {line}") };
    text.trim_end().lines().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::{House, Limits, read};

    /// Only fictional places may be named: domains that can never exist (RFC 2606), and no gap may be left over.
    #[test]
    fn every_mail_is_whole_and_of_nobody_real() {
        let now: Timestamp = "2026-11-23T09:00:00Z".parse().unwrap();
        let gaps = [
            ("SUBJECT", "We have your message [SIR-2026-0001]"),
            ("RECEIPT", "abc@o3de.example"),
            ("CASE", "SIR-2026-0001"),
            ("WHEN", "Mon, 23 Nov 2026"),
            ("QUOTE", "> Hello,"),
            ("NAME", "Alice Arden"),
            ("FROM", "alice@members.example"),
            ("DOMAIN", "members.example"),
            ("ID", "07"),
            ("VERDICT", "pass"),
            ("COMMANDS", "!own me"),
            ("LOCAL", "Mon, 23 Nov 2026 14:30:00 +0530"),
            ("TO", "security@lists.o3de.example"),
            ("TEXT", "Yes."),
        ];
        for sheet in [
            PLAIN,
            OUTLOOK,
            ATTACHED,
            LISTED,
            SECOND_COPY,
            AWAY,
            SPAM,
            AGAIN,
            MEMBER,
            STRANGER,
            UNLUCKY,
            VAGUE,
            VERSION,
            COMMAND,
            BOUNCE,
            BUNDLED,
            REPEATED,
            LIFE_REPORT,
            LIFE_ANSWER,
        ] {
            let raw = sheet.filled(now, &gaps);
            let text = String::from_utf8(raw.clone()).unwrap();
            let letter = read(&raw, &Limits::default(), &House::default());
            assert!(
                !letter.header_only && letter.flaws.is_empty(),
                "{:?}: {:?}",
                letter.subject,
                letter.flaws
            );
            assert!(letter.from.unwrap().domain().ends_with(".example"), "{text}");
            assert_eq!(letter.date, Some(now), "{text}");
            for gap in
                ["@DATE@", "@LOCAL@", "@SUBJECT@", "@RECEIPT@", "@CASE@", "@WHEN@", "@QUOTE@", "@TEXT@"]
            {
                assert!(!text.contains(gap), "{gap} in {text}");
            }
        }
    }

    #[test]
    fn a_quote_has_its_mark_before_every_line() {
        assert_eq!(quoted("Hello,\n\nyes\n"), "> Hello,\n>\n> yes");
    }
}
