//! `[pgp]`: the team's own key, and the keys of its people.

use std::fs;
use std::io::Read as _;

use secrecy::SecretString;

use super::raw::Section;

/// Larger files are no keys.
const MOST_BYTES: u64 = 1 << 20;

/// `OpenPGP`, as far as it is configured.
#[derive(Debug, Clone, Default)]
pub struct Pgp {
    /// The team's secret key, armored.
    pub secret_key: Option<SecretString>,
    /// What opens it.
    pub passphrase: Option<SecretString>,
    /// Whether text that came encrypted is shown on the (private) issue.
    pub text_on_issue: bool,
    /// Public keys of members, as they stand in their files.
    pub member_keys: Vec<Vec<u8>>,
}

impl Pgp {
    pub(super) fn read(s: &Section<'_, '_>) -> Self {
        let secret_key = s.secret("secret_key_file");
        let passphrase = s.secret("passphrase_file");
        if passphrase.is_some() && !s.has("secret_key_file") {
            s.wrong("passphrase_file", "`passphrase_file` without `secret_key_file`", "name the key as well");
        }
        let file = |name: &str| {
            let path = s.doc.path(name);
            let mut bytes = Vec::new();
            let read = fs::File::open(&path).and_then(|file| file.take(MOST_BYTES).read_to_end(&mut bytes));
            read.map(|_| bytes).map_err(|error| format!("cannot read {}: {error}", path.display()))
        };
        Self {
            secret_key,
            passphrase,
            text_on_issue: s.flag("text_on_issue", false),
            member_keys: s.list("member_key_files", file).unwrap_or_default(),
        }
    }
}
