//! Totals of what an engine did.

use std::sync::atomic::{AtomicU64, Ordering};

/// Totals since the engine started.
#[derive(Default)]
pub struct Counters {
    pub(super) connections: AtomicU64,
    pub(super) packets_in: AtomicU64,
    pub(super) packets_out: AtomicU64,
    pub(super) bytes_in: AtomicU64,
    pub(super) bytes_out: AtomicU64,
    pub(super) slow_closed: AtomicU64,
    pub(super) refused: AtomicU64,
    pub(super) limited: AtomicU64,
    pub(super) flooded: AtomicU64,
}

impl Counters {
    pub(super) fn received(&self, bytes: usize) {
        self.packets_in.fetch_add(1, Ordering::Relaxed);
        self.bytes_in.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// A number that changes whenever something comes in, goes out, begins or ends.
    pub(super) fn activity(&self) -> u64 {
        let counted = [&self.connections, &self.packets_in, &self.packets_out, &self.refused];
        counted.iter().fold(0, |sum, one| sum.wrapping_add(one.load(Ordering::Relaxed)))
    }

    pub(super) fn flooded(&self) {
        self.flooded.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn sent(&self, recipients: usize, bytes: usize) {
        self.packets_out.fetch_add(recipients as u64, Ordering::Relaxed);
        self.bytes_out.fetch_add((recipients * bytes) as u64, Ordering::Relaxed);
    }
}

/// A reading of the counters.
#[derive(Debug, Clone, Copy)]
pub struct Stats {
    /// Open sessions.
    pub connections: u64,
    /// Messages received.
    pub packets_in: u64,
    /// Packets sent, counted per recipient.
    pub packets_out: u64,
    /// Payload bytes received.
    pub bytes_in: u64,
    /// Payload bytes sent.
    pub bytes_out: u64,
    /// Sessions closed because they read too slowly.
    pub slow_closed: u64,
    /// Connections refused by a limit or an address list.
    pub refused: u64,
    /// Events refused by the rate limit.
    pub limited: u64,
    /// Sessions closed because they kept sending control packets.
    pub flooded: u64,
    /// Timers set, one for each open session.
    pub timers: u64,
    /// Events waiting for JavaScript.
    pub pending_events: u64,
}
