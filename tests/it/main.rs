//! The one integration binary.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::use_debug,
    clippy::disallowed_methods,
    clippy::too_many_lines,
    clippy::wildcard_enum_match_arm,
    clippy::large_futures,
    clippy::type_complexity,
    clippy::doc_markdown,
    missing_docs,
    unreachable_pub,
    reason = "tests fail by panicking, print for people, and drive clocks themselves"
)]

mod calendar;
mod case_decide;
mod case_guards;
mod case_list;
mod case_meanwhile;
mod case_open;
mod case_parts;
mod case_reading;
mod case_replay;
mod case_rings;
mod case_runbook;
mod case_sort;
mod case_table;
mod child;
mod cli;
mod commander;
mod config;
mod corpora_mail;
mod corpora_quote;
mod crash;
mod crash_public;
mod desk_parks;
mod dkim;
mod docs;
mod doctor;
mod dovecot;
mod hostile_mail;
mod hostile_path;
mod known_cli;
mod known_guards;
mod known_mirror;
mod known_packages;
mod known_version;
mod letters;
mod nvd_stand;
mod practice;
mod put_off;
mod quote;
mod render;
mod render_hostile;
mod report_facts;
mod rfc;
mod sealed;
mod sealed_files;
mod stands;
mod stands_web;
mod story;
mod sync;
mod sync_faults;
mod templates_cli;
mod tidy;
mod transitions;
mod wire_github;
mod wire_http;
mod wire_imap;
mod wire_peer;
mod wire_script;
mod wire_smtp;
mod wire_stands;
mod wire_stands_web;
mod world;
