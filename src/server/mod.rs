//! The Socket.IO server: sessions, namespaces, rooms, fan-out and heartbeats.

mod admission;
pub mod conn;
pub mod core;
pub mod counters;
pub mod engine;
pub mod events;
pub mod fanout;
mod heartbeat;
mod inbound;
mod lines;
pub mod namespace;
pub mod packet;
pub mod polling;
pub mod protocol;
mod registry;
mod sending;
pub mod timers;
pub mod websocket;
