//! Between columns and types.

use jiff::Timestamp;

use super::StoreError;

/// Milliseconds since 1970-01-01T00:00Z.
pub fn ms(at: Timestamp) -> i64 {
    at.as_millisecond()
}

/// The instant of a column.
///
/// # Errors
/// When the number is no instant.
pub fn from_ms(at: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_millisecond(at).map_err(|_| StoreError::Row("instant"))
}

pub(super) fn from_ms_opt(at: Option<i64>) -> Result<Option<Timestamp>, StoreError> {
    at.map(from_ms).transpose()
}
