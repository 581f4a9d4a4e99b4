//! What comes from outside and differs between production, tests and practice: time, chance, and the points at which
//! a test may let the process die. Built by main and handed in.

use std::pin::Pin;
use std::sync::Arc;

use crate::clock::Clock;

/// The process is to die here; carried up like any other fault. Happens in tests alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("stopped at a test's point")]
pub struct Died;

/// A place in the code at which a crash must do no harm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Point {
    /// Everything is written, nothing is committed.
    BeforeCommit(&'static str),
    /// Committed, nobody was told.
    AfterCommit(&'static str),
    /// About to speak to a peer.
    BeforeWire(&'static str),
    /// The peer has done it, we have not noted it.
    AfterWire(&'static str),
}

/// Where points are reported to.
pub trait Points: Send + Sync {
    /// Called at every point.
    ///
    /// # Errors
    /// [`Died`] when the test lets the process die here.
    fn reached(&self, point: Point) -> Result<(), Died>;
}

/// Production: points do nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoPoints;

impl Points for NoPoints {
    fn reached(&self, _point: Point) -> Result<(), Died> {
        Ok(())
    }
}

/// Where random bytes come from.
pub trait Chance: Send + Sync {
    /// Fills the buffer with bytes nobody can guess.
    ///
    /// # Errors
    /// When the system has none.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoChance>;
}

/// The system gives no random bytes.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the system gives no random bytes")]
pub struct NoChance;

/// The system's generator.
#[derive(Debug)]
pub struct SystemChance(ring::rand::SystemRandom);

impl Default for SystemChance {
    fn default() -> Self {
        Self(ring::rand::SystemRandom::new())
    }
}

impl Chance for SystemChance {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoChance> {
        ring::rand::SecureRandom::fill(&self.0, bytes).map_err(|_| NoChance)
    }
}

/// Why a name gave no text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoText {
    /// There is no such record.
    #[error("there is no such record")]
    Absent,
    /// Nobody could say; later perhaps.
    #[error("the name servers gave no answer")]
    Unanswered,
}

/// The TXT records of a name.
pub type Texts<'a> = Pin<Box<dyn Future<Output = Result<Vec<Vec<u8>>, NoText>> + Send + 'a>>;

/// Where names are looked up.
pub trait Names: Send + Sync {
    /// All TXT records of this name (RFC 1035 section 3.3.14), each with its strings joined.
    fn texts<'a>(&'a self, name: &'a str) -> Texts<'a>;
}

/// A world without a name server: nothing verifies there.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoNames;

impl Names for NoNames {
    fn texts<'a>(&'a self, _name: &'a str) -> Texts<'a> {
        Box::pin(async { Err(NoText::Unanswered) })
    }
}

/// Everything that is handed in.
#[derive(Clone)]
pub struct Outside {
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Random bytes.
    pub chance: Arc<dyn Chance>,
    /// Crash points.
    pub points: Arc<dyn Points>,
    /// Name servers.
    pub names: Arc<dyn Names>,
}

impl Outside {
    /// Reports a point.
    ///
    /// # Errors
    /// See [`Points::reached`].
    pub fn point(&self, point: Point) -> Result<(), Died> {
        self.points.reached(point)
    }
}
