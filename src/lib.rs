//! sir-intake: architecture to come.
pub mod case;
pub mod practice;
pub mod wire;
