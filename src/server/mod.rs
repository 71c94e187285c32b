//! The Socket.IO server: sessions, namespaces, rooms, fan-out and heartbeats.

pub mod conn;
pub mod core;
pub mod events;
pub mod fanout;
pub mod namespace;
pub mod packet;
pub mod protocol;
pub mod session;
pub mod timers;
