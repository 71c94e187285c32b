//! What the fuzzers check. Each target takes bytes and panics if a property of a parser does not hold.
//!
//! `tests/fuzz.rs` of the engine includes this file and runs the targets over the seeds and over generated inputs, so
//! `cargo test` needs no fuzzer; `npm run fuzz` runs them under libFuzzer.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

pub mod addresses;
pub mod clients;
pub mod frames;
pub mod packets;
pub mod polling;
pub mod requests;
pub mod sanitizer;
pub mod tokens;

/// A check of one parser.
pub type Target = fn(&[u8]);

/// All targets, by the names of their seeds and dictionaries.
pub const TARGETS: [(&str, Target); 8] = [
    ("addresses", addresses::run),
    ("clients", clients::run),
    ("frames", frames::run),
    ("packets", packets::run),
    ("polling", polling::run),
    ("requests", requests::run),
    ("sanitizer", sanitizer::run),
    ("tokens", tokens::run),
];
