//! sir-intake: architecture to come.
pub mod case;
pub mod clock;
pub mod outside;
pub mod store;
