//! What a member says was seen outside: where, what, and how it came to that (the three questions that CERT/CC asks).

use serde::{Deserialize, Serialize};

/// A member's words in three parts; empty where nothing was said. They go to the people who are told, with the effect that tells
/// them, and stand in no event.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sighting {
    /// Whether it is being used; if not, it is known.
    pub used: bool,
    /// Where it was seen.
    pub place: String,
    /// What is known there, or done.
    pub what: String,
    /// How it came to that.
    pub how: String,
}

impl Sighting {
    /// From the words behind the verb: `WHAT [where: WHERE] [how: HOW]`, the parts in any order.
    pub fn read(text: &str) -> Self {
        let mut read = Self::default();
        let mut part = &mut read.what;
        for word in text.split_whitespace() {
            if word.eq_ignore_ascii_case("where:") {
                part = &mut read.place;
            } else if word.eq_ignore_ascii_case("how:") {
                part = &mut read.how;
            } else if word.eq_ignore_ascii_case("what:") {
                part = &mut read.what;
            } else {
                if !part.is_empty() {
                    part.push(' ');
                }
                part.push_str(word);
            }
        }
        for part in [&mut read.place, &mut read.what, &mut read.how] {
            let kept = part.trim_end_matches([';', ',']).len();
            part.truncate(kept);
        }
        read
    }

    /// As it is kept with the effect that tells of it.
    pub fn bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// From those bytes; none where they are something else.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }
}
