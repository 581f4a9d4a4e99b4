//! What a message says and how we write one.

pub mod compose;
