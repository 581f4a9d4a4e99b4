//! What people on an issue are told besides transcripts: why a command there does not count, and what closes a case.
//!
//! Our own account is never listened to, and verbs stand in code within a sentence: nothing here can fire, also not when
//! somebody copies it.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::fence::{cell, prose};
use super::when;
use crate::case::{CaseId, Closure};

/// A command on the issue that does not count. `login` is theirs.
pub fn refused(login: &str, why: &str, named: Option<&str>, at: Timestamp, zone: &TimeZone) -> String {
    let told = named.map_or_else(
        || " Members are known by the number of their account in the roster.".to_owned(),
        |name| format!(" {} was told by mail.", prose(name)),
    );
    format!(
        "**Not carried out** · {}\n\n{} commanded, and nothing of it was done: {}.{told}\n",
        when::medium(at, zone),
        cell(login),
        prose(why)
    )
}

/// A member's command from before a restored backup.
pub fn past(who: &str, at: Timestamp, zone: &TimeZone) -> String {
    format!(
        "**Not carried out** · {}\n\nA command of {} is from before a backup was restored. It was not carried out now; whether \
         it was before, the case itself shows. Write it again where it is still wanted.\n",
        when::medium(at, zone),
        prose(who)
    )
}

/// A member's comments that command are more than an hour's.
pub fn too_many(who: &str, limit: u32, at: Timestamp, zone: &TimeZone) -> String {
    format!(
        "**Not carried out** · {}\n\n{} commanded by more than {limit} comments on this issue within an hour. This one and further \
         ones are not carried out until the hour is over; a comment of `!undo` alone always is.\n",
        when::medium(at, zone),
        prose(who)
    )
}

/// Commands of people outside the team are more than an hour's.
pub fn no_more_refusals(limit: u32, at: Timestamp, zone: &TimeZone) -> String {
    format!(
        "**Not carried out** · {}\n\nMore than {limit} commands on this issue within an hour are of nobody of the team. Further \
         ones are counted, and neither carried out nor answered.\n",
        when::medium(at, zone)
    )
}

/// Mails on a case are more than an hour's comments.
pub fn not_shown(case: CaseId, limit: u32, at: Timestamp, zone: &TimeZone) -> String {
    format!(
        "**More mails than are shown** · {}\n\nMore than {limit} mails came on this case within an hour. This one and further ones \
         are kept whole and not shown here; an operator lists them with `sir-intake cases show {case}`.\n",
        when::medium(at, zone)
    )
}

/// Somebody closed the issue, and the case goes on.
pub fn closed(case: CaseId, who: Option<&str>, login: &str) -> String {
    let who = who.map_or_else(|| cell(login), prose);
    let words: Vec<String> = Closure::ALL
        .into_iter()
        .filter(|closure| !matches!(closure, Closure::KnownPublic | Closure::Duplicate))
        .map(|closure| format!("`{closure}`"))
        .collect();
    format!(
        "{who} closed this issue. **{case} itself is still open:** its clocks run, and the reporter was told nothing.\n\n\
         Why is it done? Write a comment that begins with `!close`, one of {}, and the reason in your words; or `!known` and \
         where it is public, or `!dup` and the other case. The letter to the reporter, where one belongs, is shown here before \
         it leaves. If it was a slip, just open the issue again.\n",
        words.join(", ")
    )
}
