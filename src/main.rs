//! Arguments, runtime, one call, exit code.
fn main() {}
