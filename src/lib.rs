//! sir-intake: architecture to come.
pub mod case;
pub mod clock;
pub mod config;
pub mod observe;
