//! Maps and sets by hashes of words (`words::hash`): a look-up costs a multiplication, and nobody can aim at it.

use std::collections::hash_map::RandomState;
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, Hasher};
use std::sync::LazyLock;

/// A map by hashes.
pub type ByHash<V> = HashMap<u64, V, Stir>;

/// A set of hashes.
pub type Hashes = HashSet<u64, Stir>;

/// Drawn once a process: whoever writes a report can choose words whose hashes meet, but not words that meet once they are
/// mixed with this.
static SALT: LazyLock<u64> = LazyLock::new(|| RandomState::new().hash_one(0_u8));

/// Spreads hashes over a table. The order within such a table is of no use to anybody.
#[derive(Debug, Clone, Copy)]
pub struct Stir(u64);

impl Default for Stir {
    fn default() -> Self {
        Self(*SALT)
    }
}

impl BuildHasher for Stir {
    type Hasher = Stirred;

    fn build_hasher(&self) -> Stirred {
        Stirred(self.0)
    }
}

/// See [`Stir`].
#[derive(Debug)]
pub struct Stirred(u64);

impl Hasher for Stirred {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u64(u64::from(*byte)));
    }

    fn write_u64(&mut self, value: u64) {
        let mixed = (self.0 ^ value).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        // Twice: what differs in high bits alone must come down to the lowest, which choose the place in a table.
        let mixed = (mixed ^ (mixed >> 32)).wrapping_mul(0xff51_afd7_ed55_8ccd);
        self.0 = mixed ^ (mixed >> 32);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_that_share_their_low_bits_are_spread() {
        let stir = Stir::default();
        let low: std::collections::BTreeSet<u64> =
            (0..1000_u64).map(|high| stir.hash_one(high << 40) & 0xffff).collect();
        assert!(low.len() > 900, "{}", low.len());
    }
}
