//! What could not be done, and why, in words for whoever looks after it: what stands in the store is a word.

use std::borrow::Cow;

use crate::case::Effect;

/// What was to be done, behind "could not".
pub fn deed(effect: &Effect) -> Cow<'static, str> {
    Cow::Borrowed(match effect {
        Effect::OpenIssue => "open the private issue",
        Effect::UpdateIssue => "bring the private issue up to date",
        Effect::Comment { .. } => "write a comment on the private issue",
        Effect::Answer => "answer on the private issue",
        Effect::Letter { letter, .. } => return Cow::Owned(format!("send {}", letter.words())),
        Effect::Transcript { .. } => "answer a member's commands by mail",
        Effect::Alert { .. } => "send a notice by mail",
        Effect::Post { .. } => "post to the team's Discord channel",
        Effect::Advisory => "bring the draft advisory up to date",
        Effect::Publish { .. } => "publish the advisory",
        Effect::Announce { .. } => "post to a public Discord channel",
        Effect::TellPoster => "tell whoever posted the public issue",
        Effect::TakeDown { .. } => "take the public issue down",
    })
}

/// Why, and what to do about it, by the word in the store; what is no such word stays as it is.
pub fn why(word: &str) -> Cow<'_, str> {
    if let Some(looks) = word.strip_prefix("unknown:") {
        return Cow::Owned(format!("nobody knows whether it happened; looked for it so far: {looks}"));
    }
    let words = stopped(word).or_else(|| on_github(word)).or_else(|| waits(word));
    words.map_or(Cow::Borrowed(word), Cow::Borrowed)
}

/// Where a person must look.
fn stopped(word: &str) -> Option<&'static str> {
    Some(match word {
        "public-meanwhile" => {
            "it announces what everybody can read by now: drop it, and see that they hear that it is public"
        }
        "notice-first" => {
            "the notice that it speaks of could not leave: retry that first and then this, or drop both"
        }
        "template" => {
            "its text cannot be made: `sir-intake templates check` names the fault; once it is mended order it anew, and drop this one"
        }
        "leak" => {
            "it holds confidential words, which a mail to the team names: change them, order it anew, and drop this one"
        }
        "the mail server refused it for good" => {
            "the mail server refused it for good: find another address, or retry once it is mended"
        }
        "they were told nothing of it" => {
            "they were told nothing of it: there is nothing to take back, drop it"
        }
        "outcome-unknown" => {
            "nobody knows whether it happened: look for it, then drop it, or retry if it is not there"
        }
        "not-assessed" => "the case says nothing of an advisory: assess it anew and retry, or drop it",
        "not-public" => "the advisory is not public: drop it, or retry once it is",
        "no-advisory" => "there is no advisory that could be published: make one, and say publish anew",
        "not-a-draft" => "the advisory is no draft any more: look at it on GitHub, and drop this",
        "text-changed" => {
            "the advisory was changed since it was approved: have it reviewed, say publish anew, and drop this"
        }
        "discord-refused-it" => {
            "Discord refused the text: look at what it would have said, then retry or drop it"
        }
        "discord-revoked" => {
            "Discord refuses the webhook: set another one in the configuration; a restart, and it goes on"
        }
        _ => return None,
    })
}

/// GitHub, and public issues.
fn on_github(word: &str) -> Option<&'static str> {
    Some(match word {
        "github-refused-it" => {
            "GitHub refused it: `sir-intake doctor` shows what the account may do; then retry"
        }
        "github-kept-the-old-text" => "GitHub took it and kept the old text: look at it there, then retry",
        "no-public-issue" => "no public issue is known of the case: drop it",
        "public-issue-refused" => {
            "GitHub refuses to show or change the public issue: look at it there, then retry or drop it"
        }
        "public-issue-moved" => {
            "the public issue was moved to another repository: say takedown anew for it, and drop this"
        }
        "repository-not-public" => {
            "its repository is not public any more: nothing is to be taken down, drop it"
        }
        "repository-archived" => {
            "its repository is archived, where nothing can be changed: open it again and retry, or drop this"
        }
        _ => return None,
    })
}

/// What goes on by itself.
fn waits(word: &str) -> Option<&'static str> {
    Some(match word {
        "another-is-being-named" => {
            "a member named another advisory: it goes on by itself when the time to undo that is over"
        }
        "github-unreachable" => "GitHub could not be reached",
        "mail-server-unreachable" => "the mail server could not be reached",
        "mail-server-asks-to-wait" => "the mail server asks to wait",
        "no-reply-after-the-letter" => "the mail server did not say whether it took it",
        "no-issue-yet" => "its private issue is not there yet; it waits for it",
        "discord-unreachable" => "Discord could not be reached",
        "discord-asks-to-wait" => "Discord asks to wait",
        "public-issue-not-blank" => "the public issue does not read as it should yet",
        "public-issue-still-there" => "GitHub still shows the public issue",
        "more-comments" => "the public issue has more comments than go at once; it goes on",
        "exercise" => "this is an exercise: nothing is done in public",
        _ => return None,
    })
}
