//! Rows that a command line leaves for the running daemon.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

use super::rows::ms;
use super::{StoreError, Txn};
use crate::case::order::Order;

/// An order that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderRow {
    /// Its number.
    pub id: i64,
    /// What.
    pub order: Order,
}

impl Txn<'_> {
    /// Leaves an order.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn leave_order(&self, order: &Order, now: Timestamp) -> Result<i64, StoreError> {
        self.run(
            "insert into operator (asked_at, json) values (?1, ?2)",
            params![ms(now), serde_json::to_string(order)?],
        )?;
        Ok(self.0.last_insert_rowid())
    }

    /// Orders nobody took, the oldest first.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn orders(&self) -> Result<Vec<OrderRow>, StoreError> {
        let mut query = self
            .0
            .prepare_cached("select id, json from operator where taken_at is null order by id limit 100")?;
        let rows = query.query_map([], |row| Ok((row.get(0)?, row.get::<_, String>(1)?)))?;
        rows.map(|row| {
            let (id, json) = row?;
            Ok(OrderRow { id, order: serde_json::from_str(&json)? })
        })
        .collect()
    }

    /// Notes what became of an order, in words for the operator.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn answer_order(&self, id: i64, answer: &str, now: Timestamp) -> Result<(), StoreError> {
        self.run(
            "update operator set taken_at = ?2, answer = ?3 where id = ?1",
            params![id, ms(now), answer],
        )?;
        Ok(())
    }

    /// The answer to an order, once it was taken.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn order_answer(&self, id: i64) -> Result<Option<String>, StoreError> {
        let mut query = self.0.prepare_cached("select answer from operator where id = ?1")?;
        Ok(query.query_row([id], |row| row.get(0)).optional()?.flatten())
    }

    /// Whether effects wait ([`Order::Pause`]).
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn is_paused(&self) -> Result<bool, StoreError> {
        Ok(self.meta("paused")?.is_some_and(|value| value == "1"))
    }
}
