//! A record as the bytes of its row.

use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;

use super::MirrorError;
use crate::known::record::Record;

/// Smaller ones gain nothing from compression.
const SMALL: usize = 160;

pub(super) fn pack(record: &Record) -> Vec<u8> {
    let json = serde_json::to_vec(record).unwrap_or_default();
    if json.len() < SMALL {
        return json;
    }
    let mut packer = DeflateEncoder::new(Vec::with_capacity(json.len() / 2), Compression::fast());
    // Writing into memory does not fail; if it did, the plain form is as good.
    match packer.write_all(&json).and_then(|()| packer.finish()) {
        Ok(packed) => packed,
        Err(_) => json,
    }
}

pub(super) fn unpack(body: &[u8]) -> Result<Record, MirrorError> {
    if body.first() == Some(&b'{') {
        return serde_json::from_slice(body).map_err(|_| MirrorError::Broken);
    }
    let mut json = Vec::with_capacity(body.len() * 3);
    DeflateDecoder::new(body).take(4_000_000).read_to_end(&mut json).map_err(|_| MirrorError::Broken)?;
    serde_json::from_slice(&json).map_err(|_| MirrorError::Broken)
}
