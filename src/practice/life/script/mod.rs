//! The script: what people do about one vulnerability, step by step, and what must follow from it.

mod agrees;
mod begins;
mod discloses;
mod fixes;

use super::Life;

/// Plays all steps.
pub(super) async fn play(life: &mut Life) {
    begins::arrives(life).await;
    begins::taken(life).await;
    begins::asked(life).await;
    begins::met(life).await;
    begins::assessed(life).await;
    agrees::grouped(life).await;
    agrees::proposed(life).await;
    agrees::agreed(life).await;
    fixes::reproduced(life).await;
    fixes::installers(life).await;
    fixes::updated(life).await;
    fixes::numbered(life).await;
    fixes::reviewed(life).await;
    fixes::corrected(life).await;
    discloses::told(life).await;
    discloses::ready(life).await;
    discloses::waits(life).await;
    discloses::published(life).await;
    discloses::closed(life).await;
    discloses::nothing_left_over(life).await;
}

impl Life {
    /// Time passes up to that instant, and a step begins.
    async fn step(&mut self, at: &str, name: &'static str, title: &str) {
        self.until(at).await;
        self.day.step(name, title);
    }
}
