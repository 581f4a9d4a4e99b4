//! Troubles of the disk: full, and restored from a backup.

use std::path::{Path, PathBuf};
use std::process::Command;

use sir_intake::clock::{Clock, SystemClock};
use sir_intake::store::Store;

use crate::child::{self, Way, end, outside};

use super::crowd::{Harm, Sent, deliver, harm};
use super::kill::ended;
use super::yard::{Yard, yard};

/// A copy of the state directory, as a backup of the machine would take it.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

/// DESIGN: "restore: unfinished effects become unknown". What the living did after the backup was taken is not repeated.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restored_backup_repeats_nothing() {
    let Some(mut yard) = yard("").await else { return };
    let config = yard.peers.path();
    let mut sent = Sent::default();
    deliver(&yard, &mut sent, 20);
    // In the middle of the work: some issues stand, most letters are due.
    assert!(ended(&mut child::spawn(&config, Way::Once, Some(("AfterWire(\"open-issue\")", 3)))).await);
    let (state, backup) = (yard.state_dir(), yard.peers.dir.join("backup"));
    copy(&state, &backup);
    assert!(!ended(&mut child::spawn(&config, Way::Once, None)).await);
    let letters = yard.peers.smtpd.count();

    std::fs::remove_dir_all(&state).unwrap();
    copy(&backup, &state);
    let store = Store::open(&state, outside()).unwrap();
    let now = SystemClock::new().now();
    store.write("restore", move |txn| txn.unfinished_become_unknown(now)).await.unwrap();
    drop(store);
    assert!(!ended(&mut child::spawn(&config, Way::Once, None)).await);
    deliver(&yard, &mut sent, 10);
    let harm = harm(&mut yard, &sent).await;
    println!("restored after {letters} letters: {harm:?}");
    assert_eq!(harm, Harm::default());
}

/// A small disk in memory, mounted on a folder.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// None where this process may not mount.
    fn mount(at: &Path, size: &str) -> Option<Self> {
        std::fs::create_dir_all(at).unwrap();
        let option = format!("size={size}");
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", &option, "tmpfs"]).arg(at).output();
        mount.ok().filter(|output| output.status.success()).map(|_| Self(at.to_owned()))
    }

    fn grow(&self, size: &str) {
        let option = format!("remount,size={size}");
        assert!(Command::new("mount").args(["-o", &option]).arg(&self.0).status().unwrap().success());
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

/// Without the guard that stops fetching long before: the disk is to be really full.
fn unguard(yard: &Yard) {
    let mut text = std::fs::read_to_string(yard.peers.path()).unwrap();
    text.push_str("\n[limits]\nfree_disk_mib = 0\n");
    std::fs::write(yard.peers.path(), text).unwrap();
}

/// The disk fills up in the middle of the work; with space again everything goes on from where it was.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_loses_nothing() {
    let Some(mut yard) = yard("batch_mails = 5").await else { return };
    unguard(&yard);
    let config = yard.peers.path();
    let Some(disk) = SmallDisk::mount(&yard.state_dir(), "1200k") else {
        println!("not run: this process may not mount a small disk");
        return;
    };
    let mut sent = Sent::of_size(12_800);
    let mut full = 0;
    for size in ["1200k", "1600k", "2m", "2400k", "3m"] {
        disk.grow(size);
        deliver(&yard, &mut sent, 12);
        full += usize::from(!end(&mut child::spawn(&config, Way::Once, None)).await.success());
    }
    disk.grow("64m");
    assert!(!ended(&mut child::spawn(&config, Way::Once, None)).await);
    let harm = harm(&mut yard, &sent).await;
    println!("{full} times a full disk (tmpfs): {harm:?}");
    assert!(full >= 2, "the disk was large enough");
    assert_eq!(harm, Harm::default());
    yard.stop();
}

/// The same through a limit on the size of files (`EFBIG`), which needs no rights.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_fails_to_write_loses_nothing() {
    let Some(mut yard) = yard("batch_mails = 5").await else { return };
    let config = yard.peers.path();
    let mut sent = Sent::of_size(12_800);
    let mut failed = 0;
    for kib in [400, 600, 800, 1_000] {
        deliver(&yard, &mut sent, 12);
        let mut child = child::with_file_limit(&config, kib).spawn().unwrap();
        failed += usize::from(!end(&mut child).await.success());
    }
    assert!(!ended(&mut child::spawn(&config, Way::Once, None)).await);
    let harm = harm(&mut yard, &sent).await;
    println!("{failed} times a failing disk (RLIMIT_FSIZE): {harm:?}");
    assert!(failed >= 2, "no write failed");
    assert_eq!(harm, Harm::default());
}
