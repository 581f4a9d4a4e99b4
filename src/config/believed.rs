//! Whose word on a sender is believed.

/// On which side of its own Received field the provider writes Authentication-Results (RFC 8601 section 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArPosition {
    /// Above, as the RFC wants it.
    AboveReceived,
    /// Below, as Gmail does.
    BelowReceived,
}

/// Who verifies the DKIM signatures of commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dkim {
    /// The provider; its results are believed.
    Provider,
    /// We as well: a signature that is good here needs no result of the provider.
    Verify,
}
