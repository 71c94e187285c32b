//! The N-API boundary: convert, one core call, convert. Nothing else in the crate names napi.

pub mod access;
pub mod auth;
pub mod client_events;
pub mod dto;
pub mod engine;
pub mod environment;
pub mod hooks;
pub mod monitoring;
pub mod presence;
pub mod sanitizer;
pub mod security;
pub mod session;
