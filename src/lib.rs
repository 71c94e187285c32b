//! The real-time engine of `@strapi-community/plugin-io`.
//!
//! * [`transport`] brings bytes in and out: WebSocket hand-off, long-polling, outbox.
//! * [`server`] is the Socket.IO server: connections, namespaces, rooms, fan-out, heartbeats.
//! * [`access`] decides who a socket is and what follows from that.
//! * [`auth`] checks tokens, [`security`] limits who connects and how fast, [`monitoring`] remembers what happened.
//! * [`presence`] knows which admins are editing which document.
//! * [`sanitizer`] makes of an entity what a recipient may see of it.
//! * `bridge` is the only module that names N-API; everything else runs and is tested without Node.

pub mod access;
pub mod auth;
pub mod clock;
pub mod error;
pub mod memory;
pub mod monitoring;
pub mod options;
pub mod presence;
pub mod sanitizer;
pub mod security;
pub mod server;
pub mod transport;

#[cfg(feature = "bridge")]
pub mod bridge;

/// glibc keeps the memory of thousands of closed connections; mimalloc gives it back. Its version 2: version 3 breaks if
/// the thread that loaded the library ends, as worker threads of Node do. Only
/// in the addon: checkers of memory watch the standard allocator.
#[cfg(feature = "bridge")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
