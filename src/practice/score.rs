//! What held and what did not.

use std::fmt;

/// The checks of a day, by step.
#[derive(Debug, Clone, Default)]
pub struct Score {
    steps: Vec<Step>,
}

#[derive(Debug, Clone)]
struct Step {
    name: &'static str,
    checks: u32,
    failed: u32,
}

impl Score {
    /// A step begins; later checks are its own.
    pub fn begin(&mut self, name: &'static str) {
        self.steps.push(Step { name, checks: 0, failed: 0 });
    }

    /// Counts a check of the step that runs.
    pub fn count(&mut self, held: bool) {
        if let Some(step) = self.steps.last_mut() {
            step.checks += 1;
            step.failed += u32::from(!held);
        }
    }

    /// The step that runs: whether it held so far, and how many checks it has. A step without a check did not hold.
    pub fn current(&self) -> Option<(bool, u32)> {
        self.steps.last().map(|step| (step.holds(), step.checks))
    }

    /// Steps that held.
    pub fn held(&self) -> usize {
        self.steps.iter().filter(|step| step.holds()).count()
    }

    /// Steps that were played.
    pub fn steps(&self) -> usize {
        self.steps.len()
    }

    /// Whether every step held, and there was one.
    pub fn all_held(&self) -> bool {
        !self.steps.is_empty() && self.held() == self.steps()
    }
}

impl Step {
    fn holds(&self) -> bool {
        self.checks > 0 && self.failed == 0
    }
}

impl fmt::Display for Score {
    /// `9 of 9 steps held`, and which did not.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} steps held", self.held(), self.steps())?;
        let lost: Vec<&str> = self.steps.iter().filter(|step| !step.holds()).map(|step| step.name).collect();
        if lost.is_empty() { Ok(()) } else { write!(f, "; not held: {}", lost.join(", ")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_holds_when_all_its_checks_do_and_it_has_one() {
        let mut score = Score::default();
        assert!(!score.all_held(), "nothing played is nothing proven");
        score.begin("one");
        score.count(true);
        assert!(score.all_held());
        score.begin("two");
        assert!(!score.all_held(), "a step without a check");
        score.count(true);
        score.count(false);
        score.count(true);
        assert_eq!(score.current(), Some((false, 3)));
        assert_eq!(score.to_string(), "1 of 2 steps held; not held: two");
    }
}
