//! What a person newly wrote, apart from what they quote.

/// A text taken apart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Split {
    /// What the sender wrote.
    pub new_words: String,
    /// What they quoted.
    pub quoted: String,
}

/// Takes a text apart.
pub fn split(text: &str) -> Split {
    Split { new_words: text.to_owned(), quoted: String::new() }
}
