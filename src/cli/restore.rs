//! `restore`: a backup becomes the store, and nothing that happened since is done a second time.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::backup::{copy_new, small_files, sync_dir};
use super::export::{make_dir, write_new};
use super::out::Out;
use super::{AGAIN, OK, Stop, house};
use crate::case::CaseId;
use crate::config::Config;
use crate::office::signing;
use crate::perform::{Shown, shown_since};
use crate::render::marker::Keyring;
use crate::store::{FILES, Keyring as Keys, Lock, Window};

/// What is asked for besides.
pub(super) struct How {
    pub(super) replace: bool,
    pub(super) offline: bool,
}

/// What was done.
struct Done {
    unknown: u64,
    highest: Vec<CaseId>,
    found: usize,
    aside: Option<PathBuf>,
}

pub(super) async fn restore(from: &Path, how: &How, config: &Config, out: &Out) -> Result<u8, Stop> {
    let state = &config.state_dir;
    let _lock = Lock::take(state)?;
    let [store, _] = FILES;
    if state.join(store).exists() && !how.replace {
        return Err(Stop::fault(format!(
            "{} holds a store already; with --replace it is moved aside first",
            state.display()
        )));
    }
    let keys = Keys::read(from)?;
    // Before anything is moved: what cannot be read is no backup.
    Window::open(from)?.is_whole()?;
    let shown =
        if how.offline { Shown::default() } else { done_since(from, config, &signing(&keys)).await? };
    let done = put(from, config, shown)?;
    let value = json!({
        "state_dir": state.display().to_string(), "unknown": done.unknown, "offline": how.offline,
        "numbers_past": done.highest, "found": done.found,
        "moved_aside": done.aside.as_ref().map(|dir| dir.display().to_string()),
    });
    out.either(&value, || told(&done, how, state));
    Ok(OK)
}

fn told(done: &Done, how: &How, state: &Path) -> String {
    let mut lines = vec![format!("{}: the backup is in place", state.display())];
    if let Some(aside) = &done.aside {
        lines.push(format!("What was there is in {}", aside.display()));
    }
    lines.push(format!(
        "{} unfinished effects are of unknown outcome now: issues and comments are looked up, notices repeated, letters \
         wait for a person (`sir-intake outbox list`)",
        done.unknown
    ));
    if how.offline {
        lines.push(
            "NOT DONE (--offline): GitHub was not asked what was done since the backup. Mails that came after it would get \
             a second issue, receipt and number. Before the daemon starts, restore again without --offline."
                .to_owned(),
        );
    } else {
        let ids: Vec<String> = done.highest.iter().map(ToString::to_string).collect();
        let ids = if ids.is_empty() { "no case was found".to_owned() } else { ids.join(", ") };
        lines.push(format!(
            "Highest case numbers in the reports repository: {ids}; new ones follow after them. {} issues and comments \
             there are known again: their mails open no second case and get no second receipt",
            done.found
        ));
    }
    lines.join("\n")
}

/// What was done since the backup, as the reports repository shows it.
async fn done_since(from: &Path, config: &Config, keys: &Keyring) -> Result<Shown, Stop> {
    let peers = house::peers(config).map_err(|fault| Stop::new(super::CONFIG, fault.to_string()))?;
    let since = Window::open(from)?.read(|txn| txn.newest_instant())?;
    shown_since(&peers, config.github.repository_id, keys, since).await.map_err(|fault| {
        let what = format!(
            "GitHub was not asked what was done since the backup: {fault}. Nothing was changed. Try again, or restore \
             without asking by --offline"
        );
        Stop::new(AGAIN, what)
    })
}

/// Prepares everything in a folder of its own inside the state directory; the store is moved in last, so that a crash
/// on the way leaves no store, and the command can be given again.
fn put(from: &Path, config: &Config, shown: Shown) -> Result<Done, Stop> {
    let state = &config.state_dir;
    let [store, _] = FILES;
    let staging = state.join("restoring");
    let fault = |what: &'static str, path: &Path| {
        let path = path.display().to_string();
        move |error: std::io::Error| Stop::fault(format!("cannot {what} {path}: {error}"))
    };
    if staging.exists() {
        fs::remove_dir_all(&staging).map_err(fault("remove", &staging))?;
    }
    make_dir(&staging)?;
    write_new(&staging.join(store), b"")?;
    Window::open(from)?.copy_to(&staging.join(store))?;
    let names = small_files(from)?;
    for name in &names {
        copy_new(&from.join(name), &staging.join(name))?;
    }
    let now = house::now();
    let mut window = Window::open_to_write(&staging)?;
    let unknown = window.write(|txn| {
        shown.highest.iter().try_for_each(|id| txn.numbers_jump_past(*id))?;
        shown.found.iter().try_for_each(|found| txn.note_found(found))?;
        // What was commanded on the issues since the backup may have been done already.
        txn.set_issues_floor(now)?;
        txn.unfinished_become_unknown(now)
    })?;
    window.close()?;
    let aside = move_aside(state, &now.strftime("%Y%m%dT%H%M%SZ").to_string())?;
    for name in names.iter().map(String::as_str).chain([store]) {
        let to = state.join(name);
        fs::rename(staging.join(name), &to).map_err(fault("move to", &to))?;
    }
    sync_dir(state)?;
    fs::remove_dir_all(&staging).map_err(fault("remove", &staging))?;
    let found = shown.found.len();
    Ok(Done { unknown, highest: shown.highest, found, aside })
}

/// Moves what is there out of the way: the store, its side files, keys and tokens.
fn move_aside(state: &Path, stamp: &str) -> Result<Option<PathBuf>, Stop> {
    let [store, _] = FILES;
    let mut names = vec![store.to_owned(), format!("{store}-wal"), format!("{store}-shm")];
    names.extend(small_files(state)?);
    names.retain(|name| state.join(name).exists());
    if names.is_empty() {
        return Ok(None);
    }
    let aside = state.join(format!("replaced-{stamp}"));
    make_dir(&aside)?;
    for name in &names {
        fs::rename(state.join(name), aside.join(name))
            .map_err(|error| Stop::fault(format!("cannot move {name} aside: {error}")))?;
    }
    sync_dir(&aside)?;
    Ok(Some(aside))
}
