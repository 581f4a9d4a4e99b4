//! The last words of `cargo test`: what was not run, and why. A target without a harness, because the words of passing
//! tests are swallowed; its name comes after `it` in the order of cargo.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    missing_docs,
    reason = "it speaks to people, and is a test"
)]

use std::path::{Path, PathBuf};

#[path = "it/dovecot/server.rs"]
#[allow(dead_code, unreachable_pub, reason = "only the question whether it is there is asked here")]
mod server;

fn main() {
    if std::env::args().any(|arg| arg == "--list") {
        return;
    }
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join("it");
    let mut words = Vec::new();
    if let Err(why) = server::program() {
        let count = tests_in(&tests.join("dovecot"), |test| test.contains("= yard("));
        words.push(format!("not run: {count} tests against a real Dovecot ({why})"));
    }
    let gpg = std::process::Command::new("gpg").arg("--version").output();
    if !gpg.is_ok_and(|output| output.status.success()) {
        let count = tests_in(&tests, |test| test.contains("= gpg()"));
        words.push(format!("not run: {count} tests with a real GnuPG (there is no gpg)"));
    }
    if std::env::var_os("SIR_SHARED").is_none() {
        let count = tests_in(&tests, |test| test.contains("= shared()"));
        words.push(format!("not run: {count} tests against shared data (SIR_SHARED is not set)"));
    }
    if words.is_empty() {
        words.push("everything was run".to_owned());
    }
    println!("\n{}\n", words.join("\n"));
}

/// How many tests in the sources of a folder hold those words.
fn tests_in(dir: &Path, words: fn(&str) -> bool) -> usize {
    let files = files_in(dir).into_iter().filter(|file| file.extension().is_some_and(|end| end == "rs"));
    let texts = files.filter_map(|file| std::fs::read_to_string(file).ok());
    texts.map(|text| tests_of(&text).filter(|test| words(test)).count()).sum()
}

/// What follows each attribute of a test, up to the next one.
fn tests_of(text: &str) -> impl Iterator<Item = &str> {
    text.split("#[test]").flat_map(|text| text.split("#[tokio::test")).skip(1)
}

fn files_in(dir: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(dir) else { return Vec::new() };
    let paths = entries.filter_map(Result::ok).map(|entry| entry.path());
    paths.flat_map(|path| if path.is_dir() { files_in(&path) } else { vec![path] }).collect()
}
