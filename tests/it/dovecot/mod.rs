//! The same daemon on a real Dovecot. Where it is not installed these tests are not run; the target `not_run` says so at
//! the end of `cargo test`, and `SIR_REQUIRE_DOVECOT=1` makes it a failure.

mod crowd;
mod disk;
mod kill;
mod server;
mod story;
pub mod yard;
