//! One feed file from disk: read whole, checked, and only then handed on.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::MirrorError;

/// No feed is larger than this, in bytes of JSON; NVD's largest year has about 250 MB.
pub const FEED_LIMIT: u64 = 600_000_000;

/// What a `.meta` file beside a feed says (`name:value` lines). Sizes and hash are of the uncompressed JSON.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Meta {
    /// When the feed last changed, as it is written there.
    pub last_modified: String,
    /// Bytes of the JSON.
    pub size: Option<u64>,
    /// SHA-256 of the JSON, upper or lower case hexadecimal.
    pub sha256: Option<String>,
}

impl Meta {
    /// Reads the lines of a `.meta` file; unknown lines are skipped.
    pub fn parse(text: &str) -> Self {
        let mut meta = Self::default();
        for (name, value) in text.lines().filter_map(|line| line.trim().split_once(':')) {
            match name {
                "lastModifiedDate" => meta.last_modified = value.chars().take(60).collect(),
                "size" => meta.size = value.parse().ok(),
                "sha256" => meta.sha256 = Some(value.to_lowercase()),
                _ => {}
            }
        }
        meta
    }
}

/// A feed whose length, hash and count are right.
pub(super) struct Feed {
    pub(super) name: String,
    pub(super) json: Vec<u8>,
    pub(super) sha256: String,
    pub(super) stamp: String,
}

/// The outermost object of a feed or of a page of the API.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Page<'a> {
    #[serde(default)]
    pub(super) total_results: Option<u64>,
    #[serde(default)]
    pub(super) results_per_page: Option<u64>,
    #[serde(default)]
    timestamp: Option<String>,
    // An empty page of the API may lack it.
    #[serde(borrow, default)]
    pub(super) vulnerabilities: Vec<&'a RawValue>,
}

/// `nvdcve-2.0-2021.json.gz` is the feed `2021`.
pub(super) fn name_of(path: &Path) -> String {
    let file = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let bare = file.trim_end_matches(".gz").trim_end_matches(".json");
    let name = bare.strip_prefix("nvdcve-2.0-").unwrap_or(bare);
    name.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-' || *c == '.').take(60).collect()
}

/// The `.meta` beside a feed, if there is one.
fn meta_beside(path: &Path) -> Result<Option<Meta>, MirrorError> {
    let text = path.to_string_lossy();
    let bare = text.trim_end_matches(".gz").trim_end_matches(".json");
    let meta = PathBuf::from(format!("{bare}.meta"));
    match std::fs::read_to_string(&meta) {
        Ok(text) => Ok(Some(Meta::parse(&text))),
        Err(fault) if fault.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(MirrorError::File { path: meta.display().to_string(), source }),
    }
}

/// Reads a feed whole and checks length, gzip, hash and count.
pub(super) fn read(path: &Path) -> Result<Feed, MirrorError> {
    let name = name_of(path);
    let fault = |source| MirrorError::File { path: path.display().to_string(), source };
    let meta = meta_beside(path)?;
    let file = File::open(path).map_err(fault)?;
    let expected = meta.as_ref().and_then(|meta| meta.size);
    let zipped = path.extension().is_some_and(|end| end.eq_ignore_ascii_case("gz"));
    let json = if zipped {
        let stream = GzDecoder::new(io::BufReader::with_capacity(1 << 16, file));
        inflate(&name, stream, expected, FEED_LIMIT)?
    } else {
        let mut json = Vec::new();
        file.take(FEED_LIMIT + 1).read_to_end(&mut json).map_err(fault)?;
        json
    };
    checked(name, json, meta.as_ref(), Extent::Whole)
}

/// Unpacks the `.json.gz` of a feed, at most [`FEED_LIMIT`] bytes of JSON. `expected` bytes are made room for.
///
/// # Errors
/// It is broken, cut, or too large.
pub fn unpack(name: &str, packed: &[u8], expected: Option<u64>) -> Result<Vec<u8>, MirrorError> {
    inflate(name, GzDecoder::new(packed), expected, FEED_LIMIT)
}

/// What a gzip stream holds, and not a byte more than the limit: a small one may unpack to anything.
fn inflate(name: &str, stream: impl Read, expected: Option<u64>, limit: u64) -> Result<Vec<u8>, MirrorError> {
    let bad = |why: String| MirrorError::Feed { name: name.to_owned(), why };
    let room = usize::try_from(expected.unwrap_or(0).min(limit)).unwrap_or(0);
    let mut json = Vec::with_capacity(room + 1);
    let read = stream
        .take(limit + 1)
        .read_to_end(&mut json)
        .map_err(|fault| bad(format!("the gzip stream is broken or cut: {fault}")))?;
    if u64::try_from(read).unwrap_or(u64::MAX) > limit {
        return Err(bad(format!("larger than {limit} bytes")));
    }
    Ok(json)
}

/// Whether a text should hold all records that it counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// A feed: all.
    Whole,
    /// A page of the API: as many as a page has.
    Page,
}

/// Checks the JSON of a feed against its meta, and its count.
pub(super) fn checked(
    name: String,
    json: Vec<u8>,
    meta: Option<&Meta>,
    extent: Extent,
) -> Result<Feed, MirrorError> {
    let bad = |why: String| MirrorError::Feed { name: name.clone(), why };
    let length = u64::try_from(json.len()).unwrap_or(u64::MAX);
    if length > FEED_LIMIT {
        return Err(bad(format!("larger than {FEED_LIMIT} bytes")));
    }
    if let Some(size) = meta.and_then(|meta| meta.size)
        && size != length
    {
        return Err(bad(format!("{length} bytes where its meta says {size}")));
    }
    let digest = ring::digest::digest(&ring::digest::SHA256, &json);
    let sha256 = data_encoding::HEXLOWER.encode(digest.as_ref());
    if let Some(told) = meta.and_then(|meta| meta.sha256.as_ref())
        && *told != sha256
    {
        return Err(bad("its SHA-256 is not the one of its meta".to_owned()));
    }
    let page: Page<'_> =
        serde_json::from_slice(&json).map_err(|fault| bad(format!("no feed of NVD 2.0: {fault}")))?;
    let count = u64::try_from(page.vulnerabilities.len()).unwrap_or(u64::MAX);
    let told = match extent {
        Extent::Whole => page.total_results,
        Extent::Page => page.results_per_page,
    };
    if let Some(total) = told
        && total != count
    {
        return Err(bad(format!("{count} records where it says {total}")));
    }
    let told = meta.map(|meta| meta.last_modified.clone()).filter(|stamp| !stamp.is_empty());
    let stamp = told.or_else(|| page.timestamp.clone()).unwrap_or_default();
    Ok(Feed { name, json, sha256, stamp })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn a_stream_that_unpacks_to_more_than_the_limit_is_refused_in_time() {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        packer.write_all(&vec![b' '; 3_000_000]).unwrap();
        let packed = packer.finish().unwrap();
        assert!(packed.len() < 10_000);
        let of = |limit| inflate("bomb", GzDecoder::new(packed.as_slice()), Some(u64::MAX), limit);
        assert_eq!(of(3_000_000).unwrap().len(), 3_000_000);
        let refused = of(2_999_999).unwrap_err().to_string();
        assert_eq!(refused, "feed bomb: larger than 2999999 bytes");
    }
}
