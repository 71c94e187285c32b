//! How bytes reach the engine and leave it.

pub mod frame;
pub mod outbox;
pub mod payload;
mod payload_v3;
pub mod request;
pub mod stream;
pub mod websocket;
