//! How often something happened in the last hour: what comes from outside has a limit.

use jiff::Timestamp;
use rusqlite::params;

use super::rows::ms;
use super::{StoreError, Txn};

const HOUR_MS: i64 = 3_600_000;

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// Comments of an account on one issue that command, and what it does there that counts as a command.
    Command,
    /// Commands on one issue that nobody of the team gave.
    Refusal,
    /// Notices to a member that somebody else's mail, or comment, brought.
    Notice,
    /// Our comments on one issue that mails brought.
    Comment,
}

impl Counted {
    fn word(self) -> &'static str {
        match self {
            Self::Command => "command",
            Self::Refusal => "refusal",
            Self::Notice => "notice",
            Self::Comment => "comment",
        }
    }
}

/// Which time of an hour it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// Within the limit.
    Within,
    /// The first beyond it: people are told that there is one.
    First,
    /// Beyond it.
    Beyond,
}

impl Txn<'_> {
    /// Notes that it happened once more, to or by `whom`; what is beyond the first one over the limit leaves no trace.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn once_more(
        &self,
        what: Counted,
        whom: &str,
        limit: u32,
        now: Timestamp,
    ) -> Result<Turn, StoreError> {
        self.run("delete from lately where at <= ?1", [ms(now) - HOUR_MS])?;
        let mut query = self.0.prepare_cached("select count(*) from lately where what = ?1 and whom = ?2")?;
        let so_far: u32 = query.query_row(params![what.word(), whom], |row| row.get(0))?;
        if so_far > limit {
            return Ok(Turn::Beyond);
        }
        self.run(
            "insert into lately (what, whom, at) values (?1, ?2, ?3)",
            params![what.word(), whom, ms(now)],
        )?;
        Ok(if so_far < limit { Turn::Within } else { Turn::First })
    }
}
