//! A name server in memory: what it was not told of does not exist.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::outside::{Names, NoText, Texts};

/// TXT records by name, in lower case, without the last dot.
#[derive(Default)]
pub struct Zone(Mutex<BTreeMap<String, Vec<Vec<u8>>>>);

impl Zone {
    /// Adds a record.
    pub fn add(&self, name: &str, text: &[u8]) {
        let mut zone = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        zone.entry(key(name)).or_default().push(text.to_vec());
    }
}

fn key(name: &str) -> String {
    name.trim_end_matches('.').to_lowercase()
}

impl Names for Zone {
    fn texts<'a>(&'a self, name: &'a str) -> Texts<'a> {
        let zone = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = zone.get(&key(name)).cloned().ok_or(NoText::Absent);
        Box::pin(async move { found })
    }
}
