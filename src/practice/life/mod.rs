//! The life of one vulnerability, from the first mail to the public notice, in the time of a coffee.
//!
//! The daemon is the one of production and keeps all its waits: holds of letters, reminders, a day of notice. Its clock alone is
//! another one ([`LeapingClock`]): when nothing is left to do, the play puts it forward to what comes next.

mod folder;
mod keep;
mod passing;
mod people;
mod scene;
mod script;

use std::path::Path;
use std::sync::Arc;

use super::day::{Day, Stage};
use super::diary::{Diary, Screen};
use super::discord::Discord;
use crate::clock::{Clock, LeapingClock, SystemClock};
use keep::Kept;

const PREFACE: &str = "\
sir-intake practice life: one vulnerability, from the first mail to the public
Mailbox, mail server, GitHub and Discord are stand-ins on 127.0.0.1; the daemon
between them is the one of production, with a clock that leaps over the time in
which nothing happens. Nobody in these mails exists, and nothing leaves the
machine.";

/// When the play begins: a Thursday.
const BEGINS: &str = "2027-03-04T13:20:00Z";

/// The life, on its stage.
struct Life {
    day: Day,
    clock: LeapingClock,
    /// The public channels, by name.
    channels: Vec<(&'static str, Discord)>,
    /// What is written down on the way, because it will look otherwise later.
    kept: Kept,
}

/// Plays the life on a screen that is handed in. Returns the exit code: 0 when every step held, 1 otherwise.
pub(super) async fn play_on(screen: Screen, dir: Option<&Path>) -> u8 {
    let machine: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let clock = LeapingClock::new(passing::instant(BEGINS));
    let played: Arc<dyn Clock> = Arc::new(clock.clone());
    let mut diary = Diary::new(screen, Arc::clone(&machine)).with_time_of(Arc::clone(&played));
    diary.preface(PREFACE);
    let made = match super::folder::make(dir, machine.now()) {
        Ok(dir) => Box::pin(scene::set(&dir, &played)).await,
        Err(error) => Err(error.into()),
    };
    let scene::Scene { stage, channels, kept } = match made {
        Ok(made) => made,
        Err(trouble) => {
            diary.fault(&trouble.to_string());
            return 1;
        }
    };
    let mut life = Life { day: Day::on(stage, played, diary), clock, channels, kept };
    Box::pin(script::play(&mut life)).await;
    life.day.end_step();
    let score = life.day.score.clone();
    life.day.diary.score(&score);
    let left = folder::leave(&mut life);
    if let Err(error) = &left {
        life.day.diary.fault(&format!("the folder could not be filled: {error}"));
    }
    u8::from(!score.all_held() || left.is_err())
}
