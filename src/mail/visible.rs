//! Characters that a reader cannot see are shown by their number.

/// Shows controls (C0 but LF and TAB, DEL, C1), bidirectional marks, zero-width characters and the byte order mark
/// as `<U+202E>`: what is printed cannot move the cursor, reorder the line, or hide a letter (CVE-2021-42574).
pub fn visible(text: &str) -> String {
    show(text, |c| c != '\n' && c != '\t' && is_unseen(c))
}

/// Like [`visible`], for what must stay on one line (a subject, a name): LF, CR and TAB become one space.
pub fn visible_line(text: &str) -> String {
    let flat: String = text.chars().map(|c| if matches!(c, '\n' | '\r' | '\t') { ' ' } else { c }).collect();
    visible(&flat)
}

/// Shows C0 and C1 controls but leaves the characters of the world's scripts (joiners, direction marks) alone.
pub(super) fn controls_shown(text: &str) -> String {
    show(text, |c| c != '\n' && c != '\t' && c.is_control())
}

/// Whether the text could mislead on a terminal or page: controls, or direction overrides and isolates.
pub(super) fn is_misleading(text: &str) -> bool {
    let overrides = |c| matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    text.chars().any(|c| c != '\n' && c != '\t' && (c.is_control() || overrides(c)))
}

/// Characters that a reader does not see or that reorder what is seen (Unicode Cc, Cf, separators and fillers).
pub fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(u32::from(c),
            0xAD | 0x34F | 0x61C | 0x115F | 0x1160 | 0x17B4 | 0x17B5 | 0x180B..=0x180F
            | 0x200B..=0x200F | 0x2028..=0x202E | 0x2060..=0x206F | 0x3164 | 0xFE00..=0xFE0F | 0xFEFF | 0xFFA0
            | 0xFFF0..=0xFFFB | 0x1D173..=0x1D17A | 0xE0000..=0xE0FFF)
}

fn show(text: &str, hide: impl Fn(char) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if hide(c) {
            out.push_str(&format!("<U+{:04X}>", u32::from(c)));
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_is_shown_by_its_number() {
        assert_eq!(visible("a\u{202E}b\u{200B}c\u{FEFF}"), "a<U+202E>b<U+200B>c<U+FEFF>");
        assert_eq!(visible("a\tb\nc\rd\0e\x1b[31m"), "a\tb\nc<U+000D>d<U+0000>e<U+001B>[31m");
        assert_eq!(visible("Grüße, 你好, \u{9b}"), "Grüße, 你好, <U+009B>");
        assert_eq!(visible_line("x\r\nBcc: y"), "x  Bcc: y");
    }
}
