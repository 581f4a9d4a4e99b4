//! The plays, each from its first line to its score.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::day::{Day, Stage};
use super::diary::{Diary, Screen};
use super::{folder, life, script};
use crate::clock::{Clock, SystemClock};

const PREFACE: &str = "\
sir-intake practice: a day of mail, played on this machine alone
Mailbox, mail server, GitHub and Discord are stand-ins on 127.0.0.1; the daemon
between them is the one of production. Nobody in these mails exists, and nothing
leaves the machine.";

/// What is played.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Play {
    /// A day of mail: all kinds of it, and what goes wrong.
    #[default]
    Day,
    /// One vulnerability, from the first mail to the public notice.
    Life,
}

/// How it is played.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// What.
    pub play: Play,
    /// The folder in which everything is left; it must be new or empty. `None`: a new one in the system's temporary folder.
    pub dir: Option<PathBuf>,
    /// The diary as JSON lines on standard output, and nothing else.
    pub json: bool,
}

/// Plays and shows it on standard output. Returns the exit code: 0 when every step held, 1 otherwise.
pub async fn play(options: Options) -> u8 {
    let out = std::io::stdout();
    let color = !options.json && out.is_terminal();
    let screen = Screen { out: Box::new(out), color, json: options.json };
    play_on(options.play, screen, options.dir.as_deref()).await
}

/// Plays on a screen that is handed in. Returns the exit code, as [`play`].
pub async fn play_on(play: Play, screen: Screen, dir: Option<&Path>) -> u8 {
    // Another part of the process may have installed it; any is good.
    drop(rustls::crypto::ring::default_provider().install_default());
    match play {
        Play::Day => Box::pin(day(screen, dir)).await,
        Play::Life => Box::pin(life::play_on(screen, dir)).await,
    }
}

async fn day(screen: Screen, dir: Option<&Path>) -> u8 {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let mut diary = Diary::new(screen, Arc::clone(&clock));
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
