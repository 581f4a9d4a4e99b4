//! `backup`: store, keys and rotated tokens, as they are at one instant.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::export::{make_dir, write_new};
use super::out::Out;
use super::{OK, Stop, house};
use crate::config::Config;
use crate::store::{FILES, Window};

/// How rotated refresh tokens are called in a state directory.
const TOKENS: &str = "refresh-token-";

/// The files of a state directory that a backup holds besides the store: keys and tokens.
pub(super) fn small_files(dir: &Path) -> Result<Vec<String>, Stop> {
    let fault = |error| Stop::fault(format!("cannot list {}: {error}", dir.display()));
    let [_, keys] = FILES;
    let mut names = vec![keys.to_owned()];
    for entry in fs::read_dir(dir).map_err(fault)? {
        let name = entry.map_err(fault)?.file_name().to_string_lossy().into_owned();
        let unfinished = Path::new(&name).extension().is_some();
        if name.starts_with(TOKENS) && !unfinished {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

/// Copies a small file for its owner alone.
pub(super) fn copy_new(from: &Path, to: &Path) -> Result<(), Stop> {
    let bytes =
        fs::read(from).map_err(|error| Stop::fault(format!("cannot read {}: {error}", from.display())))?;
    write_new(to, &bytes)
}

/// Makes what was renamed or written in a folder durable.
pub(super) fn sync_dir(dir: &Path) -> Result<(), Stop> {
    let synced = fs::File::open(dir).and_then(|dir| dir.sync_all());
    synced.map_err(|error| Stop::fault(format!("cannot write {}: {error}", dir.display())))
}

pub(super) fn backup(to: &Path, config: &Config, out: &Out) -> Result<u8, Stop> {
    let window = house::window(config)?;
    make_dir(to)?;
    let [store, _] = FILES;
    let names = small_files(&config.state_dir)?;
    let taken: Vec<PathBuf> = names
        .iter()
        .map(String::as_str)
        .chain([store])
        .map(|name| to.join(name))
        .filter(|p| p.exists())
        .collect();
    if let Some(path) = taken.first() {
        return Err(Stop::fault(format!(
            "{} exists; give a folder of its own to each backup",
            path.display()
        )));
    }
    // An empty file of the right mode first: SQLite fills it, and nobody else can read it meanwhile.
    let path = to.join(store);
    write_new(&path, b"")?;
    window.copy_to(&path)?;
    let synced = fs::File::open(&path).and_then(|file| file.sync_all());
    synced.map_err(|error| Stop::fault(format!("cannot write {}: {error}", path.display())))?;
    // What cannot be opened is no backup.
    Window::open(to)?.is_whole()?;
    for name in &names {
        copy_new(&config.state_dir.join(name), &to.join(name))?;
    }
    sync_dir(to)?;
    let dir = to.display().to_string();
    let restore = format!("sir-intake restore {dir} --config FILE");
    let files: Vec<&str> = [store].into_iter().chain(names.iter().map(String::as_str)).collect();
    out.either(&json!({ "dir": dir, "files": files, "restore": restore }), || {
        format!(
            "{dir}: {}\nIt holds reports and keys: keep it as safe as the machine itself.\n\
             To restore, with the daemon stopped: {restore}",
            files.join(", ")
        )
    });
    Ok(OK)
}
