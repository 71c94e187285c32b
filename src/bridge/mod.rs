//! The N-API boundary: convert, one core call, convert. Nothing else in the crate names napi.

mod dto;
mod engine;
mod hooks;
mod sanitizer;
