//! Who may log in at the practice mail servers (IMAP and SMTP share the rules).

use std::collections::{BTreeMap, BTreeSet};

/// Accounts and access tokens.
#[derive(Debug, Clone, Default)]
pub struct Accounts {
    passwords: BTreeMap<String, String>,
    tokens: BTreeSet<String>,
}

impl Accounts {
    /// Accounts with passwords; no token is accepted until [`Self::accept_tokens`].
    pub fn new(users: &[(&str, &str)]) -> Self {
        let passwords =
            users.iter().map(|(name, password)| ((*name).to_owned(), (*password).to_owned())).collect();
        Self { passwords, tokens: BTreeSet::new() }
    }

    /// From now on exactly these access tokens are good (an expired one is one that is not named any more).
    pub fn accept_tokens(&mut self, tokens: &[&str]) {
        self.tokens = tokens.iter().map(|token| (*token).to_owned()).collect();
    }

    /// From now on that account has that password.
    pub fn set_password(&mut self, name: &str, password: &str) {
        self.passwords.insert(name.to_owned(), password.to_owned());
    }

    /// Whether that account has that password.
    pub fn password(&self, name: &str, password: &str) -> bool {
        self.passwords.get(name).is_some_and(|known| known == password)
    }

    /// SASL PLAIN (RFC 4616): `authzid NUL name NUL password`.
    pub fn plain(&self, message: &[u8]) -> bool {
        let text = String::from_utf8_lossy(message);
        let mut parts = text.split('\0');
        let (_, name, password) = (parts.next(), parts.next(), parts.next());
        matches!((name, password), (Some(name), Some(password)) if self.password(name, password))
    }

    /// XOAUTH2 (Google, Microsoft): `user=NAME ^A auth=Bearer TOKEN ^A ^A`.
    pub fn xoauth2(&self, message: &[u8]) -> bool {
        let text = String::from_utf8_lossy(message);
        let mut parts = text.split('\u{1}');
        let user = parts.next().and_then(|part| part.strip_prefix("user="));
        let token = parts.next().and_then(|part| part.strip_prefix("auth=Bearer "));
        matches!((user, token), (Some(user), Some(token)) if self.passwords.contains_key(user) && self.tokens.contains(token))
    }
}

/// What Google and Microsoft say to a token that they refuse, before the final NO; the client must answer it with an empty line.
pub const XOAUTH2_REFUSED: &str = r#"{"status":"401","schemes":"Bearer","scope":"https://mail.example/"}"#;
