//! What a message says, and how we write one. Pure.
pub mod quote;
