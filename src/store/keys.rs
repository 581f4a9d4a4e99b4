//! The keys of the house: 32 random bytes each, numbered, in a file of their own (0600) that belongs to every backup.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use super::StoreError;
use crate::outside::Outside;

/// Name of the key file in the state directory.
pub(super) const FILE_NAME: &str = "token_key";

/// Numbered keys; the highest number signs, all verify.
#[derive(Clone)]
pub struct Keyring {
    keys: BTreeMap<u8, [u8; 32]>,
}

impl Keyring {
    /// The key that signs, with its number.
    pub fn current(&self) -> (u8, &[u8; 32]) {
        self.keys.last_key_value().map_or((0, &[0; 32]), |(&number, key)| (number, key))
    }

    /// The key with that number.
    pub fn get(&self, number: u8) -> Option<&[u8; 32]> {
        self.keys.get(&number)
    }

    /// All keys, the oldest first.
    pub fn iter(&self) -> impl Iterator<Item = (u8, &[u8; 32])> {
        self.keys.iter().map(|(&number, key)| (number, key))
    }

    /// The keys of a directory, which must be there.
    ///
    /// # Errors
    /// The file cannot be read, or holds something else.
    pub fn read(dir: &Path) -> Result<Self, StoreError> {
        let path = dir.join(FILE_NAME);
        let text = fs::read_to_string(&path).map_err(|source| StoreError::File {
            what: "cannot read the keys",
            path: path.display().to_string(),
            source,
        })?;
        parse(&text)
    }

    /// A ring of one key (tests, practice).
    pub fn single(key: [u8; 32]) -> Self {
        Self { keys: BTreeMap::from([(1, key)]) }
    }
}

/// Reads `number hex` lines, or makes the first key.
pub(super) fn load_or_make(state_dir: &Path, outside: &Outside) -> Result<Keyring, StoreError> {
    let path = state_dir.join(FILE_NAME);
    let fault = |what| move |source| StoreError::File { what, path: path.display().to_string(), source };
    let path = state_dir.join(FILE_NAME);
    if let Ok(text) = fs::read_to_string(&path) {
        return parse(&text);
    }
    let mut key = [0; 32];
    outside.chance.fill(&mut key)?;
    fs::create_dir_all(state_dir).map_err(fault.clone()("cannot make"))?;
    let partial = state_dir.join(format!("{FILE_NAME}.new"));
    let line = format!("1 {}\n", data_encoding::HEXLOWER.encode(&key));
    let mut file = fs::OpenOptions::new()
        .create(true)
        .truncate(true)
        .write(true)
        .mode(0o600)
        .open(&partial)
        .map_err(fault.clone()("cannot write"))?;
    file.write_all(line.as_bytes()).and_then(|()| file.sync_all()).map_err(fault.clone()("cannot write"))?;
    fs::rename(&partial, &path).map_err(fault.clone()("cannot write"))?;
    fs::File::open(state_dir).and_then(|dir| dir.sync_all()).map_err(fault("cannot sync"))?;
    Ok(Keyring::single(key))
}

fn parse(text: &str) -> Result<Keyring, StoreError> {
    let mut keys = BTreeMap::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let bad = StoreError::Row("key file (token_key)");
        let Some((number, hex)) = line.split_once(' ') else { return Err(bad) };
        let key = data_encoding::HEXLOWER_PERMISSIVE.decode(hex.trim().as_bytes()).ok();
        match (number.parse(), key.and_then(|key| <[u8; 32]>::try_from(key).ok())) {
            (Ok(number), Some(key)) => keys.insert(number, key),
            _ => return Err(bad),
        };
    }
    if keys.is_empty() { Err(StoreError::Row("key file (token_key)")) } else { Ok(Keyring { keys }) }
}
