//! `known --pairs`: how good and how fast the check is, on reports whose record is known.

use std::path::Path;

use serde_json::json;

use super::mirror::mirror;
use super::out::Out;
use super::{OK, Stop};
use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use crate::known::Question;
use crate::known::measure::{Pair, measure};

/// Asks every pair of the file with its record and without it.
pub(super) fn pairs(file: &Path, config: &Config, out: &Out) -> Result<u8, Stop> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| Stop::fault(format!("cannot read {}: {error}", file.display())))?;
    let mut pairs: Vec<Pair> = Vec::new();
    for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let fault = |error| Stop::fault(format!("{}, line {}: {error}", file.display(), at + 1));
        pairs.push(serde_json::from_str(line).map_err(fault)?);
    }
    if pairs.is_empty() {
        return Err(Stop::fault(format!("{} has no pairs", file.display())));
    }
    let mirror = mirror(config)?;
    let age = mirror.age().map_err(|fault| Stop::fault(fault.to_string()))?;
    let clock = SystemClock::new();
    // The first query reads what later ones find at hand.
    mirror.check(&Question::default()).map_err(|fault| Stop::fault(fault.to_string()))?;
    let figures = measure(
        &pairs,
        |question| {
            let begun = clock.monotonic();
            let answer = mirror.check(question)?;
            Ok((answer, clock.monotonic().saturating_sub(begun).as_secs_f64() * 1_000.0))
        },
        |id| Ok(mirror.print(id)?.is_some()),
    )
    .map_err(|fault: crate::known::mirror::MirrorError| Stop::fault(fault.to_string()))?;
    out.either(&json!({ "mirror": age, "figures": figures }), || {
        format!("{} public records\n{}", age.records, figures.as_text())
    });
    Ok(OK)
}
