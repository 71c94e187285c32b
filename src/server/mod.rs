//! The Socket.IO server: sessions, namespaces, rooms, fan-out and heartbeats.

mod admission;
pub mod client_events;
pub mod conn;
mod connect;
pub mod control;
pub mod core;
pub mod counters;
pub mod engine;
pub mod events;
pub mod fanout;
pub mod heartbeat;
mod inbound;
pub mod lane;
mod lines;
pub mod namespace;
pub mod packet;
mod patience;
pub mod polling;
pub mod protocol;
mod registry;
mod sending;
pub mod standing;
pub mod tasks;
pub mod timers;
pub mod websocket;
