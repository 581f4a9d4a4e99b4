//! Secrets: read once, from files, into memory that is wiped; never from arguments or the environment.

use std::fs;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use secrecy::SecretString;

use super::raw::Section;

/// A secret larger than this is not a secret but the wrong file.
const MOST_BYTES: u64 = 64 * 1024;

impl Section<'_, '_> {
    /// The secret in the file that this key names, its trailing newlines cut off. `None` where the key is missing (no
    /// fault) or the file cannot be used (a fault).
    ///
    /// A relative name is looked up in `$CREDENTIALS_DIRECTORY` first, then beside the configuration file.
    pub(super) fn secret(&self, key: &str) -> Option<SecretString> {
        let name = self.optional(key)?;
        let path = self.doc.secret_path(&name);
        match read(&path) {
            Ok(secret) => Some(secret),
            Err((what, remedy)) => {
                self.wrong(key, format!("`{key}`: {what}"), remedy);
                None
            }
        }
    }
}

/// Reads one secret, or says what is wrong and what to run.
fn read(path: &Path) -> Result<SecretString, (String, String)> {
    let shown = path.display();
    let unreadable = |error: std::io::Error| (format!("cannot read {shown}: {error}"), String::new());
    let file = fs::File::open(path).map_err(unreadable)?;
    let meta = file.metadata().map_err(unreadable)?;
    if !meta.is_file() {
        return Err((format!("{shown} is not a file"), "name the file that holds the secret".to_owned()));
    }
    if meta.permissions().mode() & 0o006 != 0 {
        return Err((
            format!("everybody on this machine can read {shown}"),
            format!("run: chmod 600 {shown}"),
        ));
    }
    let mut text = String::new();
    file.take(MOST_BYTES + 1).read_to_string(&mut text).map_err(unreadable)?;
    let secret = text.trim_end_matches(['\n', '\r']);
    if text.len() as u64 > MOST_BYTES {
        return Err((
            format!("{shown} is larger than {MOST_BYTES} bytes"),
            "is it the right file?".to_owned(),
        ));
    }
    if secret.is_empty() {
        return Err((format!("{shown} is empty"), "write the secret into it".to_owned()));
    }
    let kept = SecretString::from(secret);
    zeroize::Zeroize::zeroize(&mut text);
    Ok(kept)
}
