//! sir-intake: architecture to come.
pub mod case;
pub mod clock;
pub mod config;
pub mod daemon;
pub mod known;
pub mod mail;
pub mod observe;
pub mod office;
pub mod outside;
pub mod perform;
pub mod practice;
pub mod render;
pub mod report;
pub mod store;
pub mod wire;
