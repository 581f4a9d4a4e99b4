//! What is wrong with a configuration, where, and what to do about it.

use std::fmt;

/// How bad a mistake is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    /// The program will not start with it (exit code 78).
    Fault,
    /// The program starts, and does less than somebody may expect.
    Warning,
}

/// One thing that is wrong in a configuration file.
///
/// It never repeats a value that was read from a secret file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The file as it was named on the command line.
    pub file: String,
    /// Line, counted from 1.
    pub line: usize,
    /// Column in characters, counted from 1.
    pub column: usize,
    /// Whether the program may start all the same.
    pub grade: Grade,
    /// What is wrong.
    pub what: String,
    /// What to do; empty when `what` says it already.
    pub remedy: String,
}

impl fmt::Display for Mistake {
    /// `config.toml:12:3: unknown key `hots`, did you mean `host`?`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: ", self.file, self.line, self.column)?;
        match self.grade {
            Grade::Fault => {}
            Grade::Warning => f.write_str("warning: ")?,
        }
        f.write_str(&self.what)?;
        if !self.remedy.is_empty() {
            write!(f, ", {}", self.remedy)?;
        }
        Ok(())
    }
}

/// Line and column (both from 1, the column in characters) of a byte offset.
pub(super) fn place(text: &str, offset: usize) -> (usize, usize) {
    let end = (0..=offset.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
    let before = text.get(..end).unwrap_or("");
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
    (line, column)
}

/// The known word that was probably meant: at most two slips away, and no more than half of its letters.
pub(super) fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|&(slips, candidate)| slips <= 2 && slips * 2 <= candidate.chars().count())
        .min()
        .map(|(_, candidate)| candidate)
}

/// Edit distance in which two neighboring letters swapped are one slip (optimal string alignment). Words over 64
/// characters are infinitely far: nobody mistypes those, and the cost stays bounded.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len() > 64 || b.len() > 64 {
        return usize::MAX;
    }
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    let mut last_x = None;
    for (i, &x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        let mut last_y = None;
        for (j, &y) in b.iter().enumerate() {
            let at = |line: &[usize], k: usize| line.get(k).copied().unwrap_or(usize::MAX / 2);
            let mut best =
                (at(&above, j + 1) + 1).min(at(&row, j) + 1).min(at(&above, j) + usize::from(x != y));
            if j > 0 && last_x == Some(y) && last_y == Some(x) {
                best = best.min(at(&before, j - 1) + 1);
            }
            row.push(best);
            last_y = Some(y);
        }
        last_x = Some(x);
        before = std::mem::replace(&mut above, row);
    }
    above.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_slip_is_understood_and_a_different_word_is_not() {
        let known = ["host", "port", "user", "password_file"];
        assert_eq!(did_you_mean("hots", known), Some("host"));
        assert_eq!(did_you_mean("prot", known), Some("port"));
        assert_eq!(did_you_mean("pasword_fil", known), Some("password_file"));
        assert_eq!(did_you_mean("colour", known), None);
        assert_eq!(did_you_mean("", known), None);
        assert_eq!(did_you_mean(&"h".repeat(5000), known), None);
    }

    #[test]
    fn a_place_counts_characters_and_survives_any_offset() {
        let text = "a = 1\nüb = 2\n";
        assert_eq!(place(text, 0), (1, 1));
        assert_eq!(place(text, 6), (2, 1));
        assert_eq!(place(text, 7), (2, 1), "inside of a character: its beginning");
        assert_eq!(place(text, 8), (2, 2));
        assert_eq!(place(text, 999), (3, 1));
    }
}
