//! What came encrypted, and what of it may be shown on GitHub.

use crate::mail::Letter;
use crate::office::Office;

/// Encrypted, and nobody here could open it.
pub(super) fn is_closed(letter: &Letter) -> bool {
    letter.encrypted && !letter.opened
}

/// Why the words of a letter stay away from GitHub, if they do.
pub(super) fn withheld(office: &Office, letter: &Letter) -> Option<&'static str> {
    match (letter.encrypted, letter.opened, office.config.pgp.text_on_issue) {
        (false, _, _) | (true, true, true) => None,
        (true, true, false) => Some("it came encrypted; `sir-intake cases export` gives it"),
        (true, false, _) => Some("it came encrypted; a key holder reads it"),
    }
}
