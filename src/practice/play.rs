//! The practice day from its first line to its score.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::day::{Day, Stage};
use super::diary::{Diary, Screen};
use super::{folder, script};
use crate::clock::{Clock, SystemClock};

const PREFACE: &str = "\
sir-intake practice: a day of mail, played on this machine alone
Mailbox, mail server, GitHub and Discord are stand-ins on 127.0.0.1; the daemon between them is
the one of production. Nobody in these mails exists, and nothing leaves the machine.";

/// How the day is played.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The folder in which everything is left; it must be new or empty. `None`: a new one in the system's temporary folder.
    pub dir: Option<PathBuf>,
    /// The diary as JSON lines on standard output, and nothing else.
    pub json: bool,
}

/// Plays the day and shows it on standard output. Returns the exit code: 0 when every step held, 1 otherwise.
pub async fn play(options: Options) -> u8 {
    let out = std::io::stdout();
    let color = !options.json && out.is_terminal();
    let screen = Screen { out: Box::new(out), color, json: options.json };
    play_on(screen, options.dir.as_deref()).await
}

/// Plays the day on a screen that is handed in. Returns the exit code, as [`play`].
pub async fn play_on(screen: Screen, dir: Option<&Path>) -> u8 {
    // Another part of the process may have installed it; any is good.
    drop(rustls::crypto::ring::default_provider().install_default());
    let clock = Arc::new(SystemClock::new());
    let mut diary = Diary::new(screen, Arc::clone(&clock) as Arc<dyn Clock>);
    diary.preface(PREFACE);
    let stage = match folder::make(dir, clock.now()) {
        Ok(dir) => Box::pin(Stage::set(&dir, &clock)).await,
        Err(error) => Err(error.into()),
    };
    let mut day = match stage {
        Ok(stage) => Day::on(stage, clock, diary),
        Err(trouble) => {
            diary.fault(&trouble.to_string());
            return 1;
        }
    };
    Box::pin(script::play(&mut day)).await;
    day.end_step();
    let score = day.score.clone();
    day.diary.score(&score);
    let left = folder::leave(&mut day);
    if let Err(error) = &left {
        day.diary.fault(&format!("the folder could not be filled: {error}"));
    }
    u8::from(!score.all_held() || left.is_err())
}
