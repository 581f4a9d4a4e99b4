//! A stand-in for NVD on loopback: feed files with their meta and entity tags, the API with its pages, and faults by request.

use std::collections::{BTreeMap, VecDeque};
use std::io::Write as _;
use std::sync::{Arc, Mutex};

use crate::wire_peer::{Asked, Peer, Reply};

/// A record as NVD writes it; handwritten, fictional.
pub fn item(id: &str, text: &str, modified: &str) -> String {
    format!(
        r#"{{"cve":{{"id":"{id}","published":"2024-03-01T10:00:00.000","lastModified":"{modified}","vulnStatus":"Analyzed",
        "descriptions":[{{"lang":"en","value":"{text}"}}],"references":[{{"url":"https://frob.example/{id}"}}]}}}}"#
    )
}

pub fn record(id: &str) -> String {
    item(id, &format!("Frobnicator before 2.4 has a fault called {id}."), "2026-11-20T10:00:00.000")
}

fn feed(items: &[String]) -> String {
    let list = items.join(",");
    format!(
        r#"{{"resultsPerPage":{0},"startIndex":0,"totalResults":{0},"vulnerabilities":[{list}]}}"#,
        items.len()
    )
}

fn pack(json: &str) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(json.as_bytes()).unwrap();
    packer.finish().unwrap()
}

pub fn sha256(json: &str) -> String {
    data_encoding::HEXUPPER.encode(ring::digest::digest(&ring::digest::SHA256, json.as_bytes()).as_ref())
}

/// What goes wrong with a request, once.
#[derive(Debug, Clone)]
pub enum Wrong {
    Status(u16, Vec<(&'static str, String)>),
    Cut,
    Drop,
    Hang,
    /// Another text, for a meta or a page.
    Says(String),
}

#[derive(Default)]
pub struct Held {
    /// JSON by name (`2024`, `modified`), with its stamp.
    feeds: BTreeMap<String, (String, String)>,
    /// What the API has; pages of `page_size`.
    pub all: Vec<String>,
    pub page_size: usize,
    /// So many records are added to `all` after the first page was given.
    pub grows: Vec<String>,
    wrong: BTreeMap<String, VecDeque<Wrong>>,
}

pub struct Nvd {
    pub peer: Peer,
    held: Arc<Mutex<Held>>,
}

impl Nvd {
    pub async fn start() -> Self {
        let held = Arc::new(Mutex::new(Held { page_size: 2_000, ..Held::default() }));
        let inside = Arc::clone(&held);
        let peer = Peer::start(move |asked| answer(&mut inside.lock().unwrap(), asked)).await;
        Self { peer, held }
    }

    /// A year, or `modified`, with the stamp of its meta.
    pub fn put(&self, name: &str, stamp: &str, items: &[String]) {
        self.held.lock().unwrap().feeds.insert(name.to_owned(), (feed(items), stamp.to_owned()));
    }

    pub fn change(&self, change: impl FnOnce(&mut Held)) {
        change(&mut self.held.lock().unwrap());
    }

    /// The next requests for that file (`2024.meta`, `2024.json.gz`, `api`) go wrong like this, one after the other.
    pub fn goes_wrong(&self, file: &str, wrong: &[Wrong]) {
        self.held.lock().unwrap().wrong.entry(file.to_owned()).or_default().extend(wrong.iter().cloned());
    }

    /// The `[known]` section that leads here: nothing waits long.
    pub fn config(&self, more: &str) -> String {
        format!(
            "sync = \"off\"\nsweep = \"off\"\nfeeds_url = \"{0}/feeds\"\napi_url = \"{0}/api\"\nfirst_year = 2024\n\
             retry_first_s = 0\napi_window_s = 0\ntries = 2\nrequest_timeout_s = 5\n{more}",
            self.peer.url
        )
    }

    /// The files and pages that were asked for, in order.
    pub fn asked(&self) -> Vec<String> {
        self.peer.asked().iter().map(|asked| name(&asked.path).to_owned()).collect()
    }
}

fn name(path: &str) -> &str {
    let file = path.rsplit('/').next().unwrap();
    if file.starts_with("api") { "api" } else { file.strip_prefix("nvdcve-2.0-").unwrap_or(file) }
}

fn answer(held: &mut Held, asked: &Asked) -> Reply {
    let name = name(&asked.path).to_owned();
    let not_found = Reply::Http(404, vec![], "no".to_owned());
    let whole = match name.split_once('.') {
        _ if name == "api" => page(held, asked),
        Some((feed, end)) => match held.feeds.get(feed) {
            None => not_found,
            Some((json, _)) if end == "json.gz" => tagged(asked, json, pack(json)),
            Some((json, stamp)) => {
                let meta = format!(
                    "lastModifiedDate:{stamp}\r\nsize:{}\r\nzipSize:1\r\ngzSize:1\r\nsha256:{}\r\n",
                    json.len(),
                    sha256(json)
                );
                tagged(asked, json, meta.into_bytes())
            }
        },
        None => not_found,
    };
    let wrong = held.wrong.get_mut(&name).and_then(VecDeque::pop_front);
    match (wrong, whole) {
        (None, whole) => whole,
        (Some(Wrong::Status(status, headers)), _) => Reply::Http(status, headers, "no".to_owned()),
        (Some(Wrong::Cut), Reply::Bytes(_, _, bytes)) => Reply::CutBytes(bytes),
        (Some(Wrong::Cut), _) => panic!("nothing to cut"),
        (Some(Wrong::Drop), _) => Reply::Drop,
        (Some(Wrong::Hang), _) => Reply::Hang,
        (Some(Wrong::Says(text)), _) => Reply::Http(200, vec![], text),
    }
}

fn tagged(asked: &Asked, json: &str, bytes: Vec<u8>) -> Reply {
    let tag = format!("\"{}\"", &sha256(json)[..16]);
    if asked.headers.get("if-none-match") == Some(&tag) {
        return Reply::Http(304, vec![("etag", tag)], String::new());
    }
    Reply::Bytes(200, vec![("etag", tag)], bytes)
}

fn page(held: &mut Held, asked: &Asked) -> Reply {
    let query: BTreeMap<&str, &str> = asked
        .path
        .split_once('?')
        .map_or("", |(_, query)| query)
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .collect();
    let start: usize = query["startIndex"].parse().unwrap();
    assert_eq!(query["resultsPerPage"], "2000");
    let shown: Vec<String> = held.all.iter().skip(start).take(held.page_size).cloned().collect();
    let total = held.all.len();
    let list =
        if shown.is_empty() { String::new() } else { format!(r#","vulnerabilities":[{}]"#, shown.join(",")) };
    held.all.append(&mut held.grows);
    let text = format!(
        r#"{{"resultsPerPage":{},"startIndex":{start},"totalResults":{total},"format":"NVD_CVE","version":"2.0","timestamp":"2026-11-23T00:00:00.000"{list}}}"#,
        shown.len()
    );
    Reply::Bytes(200, vec![("content-type", "application/json".to_owned())], text.into_bytes())
}
