//! Options of one engine. Defaults live in the JavaScript half; ranges are checked here.

use std::time::Duration;

use crate::error::{Error, Result};

/// Options of one engine. Every field is required: the caller owns the defaults.
#[derive(Debug, Clone)]
pub struct Options {
    /// Time between a pong and the next ping.
    pub ping_interval: Duration,
    /// Time a client has to answer a ping.
    pub ping_timeout: Duration,
    /// Time a WebSocket has to finish the upgrade of a polling session.
    pub upgrade_timeout: Duration,
    /// Time a client has to join a first namespace.
    pub connect_timeout: Duration,
    /// Bytes in one inbound message or polling body (`maxHttpBufferSize`).
    pub max_payload: usize,
    /// Whether long-polling is offered.
    pub polling: bool,
    /// Whether WebSocket is offered.
    pub websocket: bool,
    /// Whether a polling session may become a WebSocket one.
    pub allow_upgrades: bool,
    /// Whether clients of protocol 3 (socket.io-client 2.x) are let in.
    pub allow_eio3: bool,
    /// Unsent bytes one connection may pile up before it is closed as too slow.
    pub max_outbox_bytes: usize,
    /// Messages waiting for JavaScript above which a connection is read from only while nothing of it waits.
    pub max_pending_events: usize,
    /// The same in bytes of messages, unfinished ones among them.
    pub max_pending_bytes: usize,
    /// Worker threads; 0 takes half of the cores, between 1 and 4.
    pub threads: usize,
}

impl Options {
    /// Checks the ranges. Errors name the option, the value and what is allowed.
    pub fn validate(&self) -> Result<()> {
        let fail = |name, value: String, expected| Err(Error::Option { name, value, expected });
        for (name, value) in [
            ("pingInterval", self.ping_interval),
            ("pingTimeout", self.ping_timeout),
            ("upgradeTimeout", self.upgrade_timeout),
            ("connectTimeout", self.connect_timeout),
        ] {
            if value.is_zero() || value > Duration::from_millis(i32::MAX as u64) {
                return fail(name, value.as_millis().to_string(), "between 1 and 2147483647 milliseconds");
            }
        }
        for (name, value) in [
            ("maxPayload", self.max_payload),
            ("maxOutboxBytes", self.max_outbox_bytes),
            ("maxPendingEvents", self.max_pending_events),
            ("maxPendingBytes", self.max_pending_bytes),
        ] {
            if value == 0 {
                return fail(name, value.to_string(), "a positive number");
            }
        }
        if !self.polling && !self.websocket {
            return fail("transports", "[]".into(), "a list with \"polling\", \"websocket\" or both");
        }
        if self.threads > 64 {
            return fail("threads", self.threads.to_string(), "between 0 and 64");
        }
        Ok(())
    }

    /// Number of worker threads to start.
    pub fn worker_threads(&self) -> usize {
        if self.threads > 0 {
            return self.threads;
        }
        let cores = std::thread::available_parallelism().map_or(2, |n| n.get());
        (cores / 2).clamp(1, 4)
    }
}
