//! On which platform the reporter saw it.

use std::fmt;

use serde::Serialize;

use super::section::{self, Section, Topic};
use super::words::{Found, Pattern, Words, keep, patterns};

/// A platform that O3DE runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Platform {
    /// Windows.
    Windows,
    /// Linux, any distribution.
    Linux,
    /// macOS.
    Mac,
    /// Android.
    Android,
    /// iOS and iPadOS.
    Ios,
    /// "All platforms".
    All,
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Windows => "Windows",
            Self::Linux => "Linux",
            Self::Mac => "macOS",
            Self::Android => "Android",
            Self::Ios => "iOS",
            Self::All => "all platforms",
        })
    }
}

patterns! {
    WINDOWS = r"\bwindows[\s-]{0,2}(?:7|8|8\.1|10|11|server|pc|machine|build|sdk|x64|64|only|host|platform)\b|\bwin(?:10|11|32|64|7)\b|\b(?-i:Windows)\b|\b[a-z]:\\{1,2}[a-z]|\bmsvc\b";
    LINUX = r"\b(?:linux|ubuntu|debian|fedora|centos|rhel|red hat|kali|arch linux|opensuse|nixos|alpine|wsl2?|gnu/linux)\b";
    MAC = r"\b(?:macos|mac os(?: x)?|os x|osx|darwin|macbook|apple silicon)\b";
    ANDROID = r"\bandroid\b";
    IOS = r"\b(?-i:iOS|iPadOS|iPhone|iPad)\b";
    EVERY = r"\b(?:all|any|every)\s{1,2}(?:supported\s{1,2})?(?:platforms?|operating systems?|os(?:es)?)\b|\bplatform[ -]independent\b|\b(?:platforms?|os)\s{0,2}:\s{0,2}\**\s{0,2}(?:all|any)\b";
    BARE_WINDOWS = r"\bwindows\b";
    FOOTER = r"\b(?:sent from (?:my|an?)|sent from|outlook for|mail for|yahoo mail (?:for|on)|proton ?mail for|enviado desde mi|von meinem|envoyé de mon|get)\s(?u:[^\n]){0,20}\z";
}

/// The platforms named in a report. What a phone adds under a mail is not one.
pub(super) fn platforms(words: &Words, sections: &[Section]) -> Vec<Found<Platform>> {
    let mut out = Vec::new();
    let named: [(&Pattern, Platform); 6] = [
        (&WINDOWS, Platform::Windows),
        (&LINUX, Platform::Linux),
        (&MAC, Platform::Mac),
        (&ANDROID, Platform::Android),
        (&IOS, Platform::Ios),
        (&EVERY, Platform::All),
    ];
    for section in sections.iter().filter(|s| s.topic == Topic::Platform) {
        let Some(line) = section::first_line(words, section) else { continue };
        let label = words.at(&line);
        for (pattern, platform) in named {
            if pattern.is_in(label) || (platform == Platform::Windows && BARE_WINDOWS.is_in(label)) {
                keep(&mut out, words.found(platform, &line));
            }
        }
    }
    for (pattern, platform) in named {
        if let Some(at) = pattern.all(words.all()).find(|at| !FOOTER.is_in(words.before(at, 40))) {
            keep(&mut out, words.said(platform, &at));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn platforms_are_read_and_mail_footers_are_not() {
        let read = |text: &str| {
            let words = Words::new("", text);
            let sections = section::sections(&words);
            platforms(&words, &sections)
                .iter()
                .map(|found| found.value.to_string())
                .collect::<Vec<_>>()
                .join(", ")
        };
        assert_eq!(read("OS: windows"), "Windows");
        assert_eq!(read("Tested on Ubuntu 22.04 and Win11"), "Windows, Linux");
        assert_eq!(read("C:\\O3DE\\25.05.1\\bin"), "Windows");
        assert_eq!(read("two windows open side by side"), "");
        assert_eq!(read("bye\nSent from my iPhone"), "");
        assert_eq!(read("Get Outlook for Android"), "");
        assert_eq!(read("an iOS build and an Android build"), "Android, iOS");
        assert_eq!(read("affects all platforms"), "all platforms");
    }
}
