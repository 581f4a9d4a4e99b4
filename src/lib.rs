//! sir-intake: architecture to come.
pub mod case;
pub mod mail;
pub mod render;
