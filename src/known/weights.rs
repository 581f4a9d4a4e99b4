//! Weights of the features, fitted by `examples/known_fit.rs` on `pairs-fit.jsonl` alone (never on `pairs-check.jsonl`).

use super::rank::{CALIBRATING, FEATURES};

/// Added to every score.
pub(super) const BIAS: f32 = 0.0;

/// In the order of `rank::NAMES`.
pub(super) const WEIGHTS: [f32; FEATURES] = [
    4.0, 0.5, 2.0, 4.0, 0.0, 2.0, 1.0, 2.0, 2.0, 0.5, 0.5, -0.5, 0.3, 0.3, 0.5, 3.0, 1.0, 0.5, -0.5, 0.5, -0.5, 0.0, 1.0, 3.0,
    1.0, 1.0, 0.5, 0.0, 0.0, 0.0,
];

/// In the order of `rank::calibrating`.
pub(super) const CALIBRATION: [f32; CALIBRATING] = [-8.0, 0.5, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0];
