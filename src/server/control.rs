//! How many packets without a message one connection may send: pings, pongs, empty frames and the like.
//!
//! They cost the client next to nothing and reach no handler, so no limit of the application's applies to them.

use std::{sync::Arc, time::Instant};

use super::{
    conn::{CloseReason, Conn},
    core::Core,
};

/// What an ordinary control packet counts.
pub const ORDINARY: u32 = 1;
/// What a pong counts that nobody asked for.
pub const UNASKED: u32 = 10;
/// What a connection may send at once. Clients ping every few seconds at most.
const BURST: f32 = 100.0;
/// What of that comes back in a second.
const PER_SECOND: f32 = 10.0;

/// The control packets of one connection, as a bucket that leaks.
#[derive(Debug, Clone, Copy, Default)]
pub struct ControlRate {
    level: f32,
    at: Option<Instant>,
}

impl ControlRate {
    /// Counts one more packet, sent at `now`. False: it is one too many.
    pub fn take(&mut self, cost: u32, now: Instant) -> bool {
        if let Some(at) = self.at.replace(now) {
            let leaked = now.saturating_duration_since(at).as_secs_f32() * PER_SECOND;
            self.level = (self.level - leaked).max(0.0);
        }
        self.level += cost as f32;
        self.level <= BURST
    }
}

impl Core {
    /// Counts a control packet. False: there were too many, and the session has ended.
    pub(super) fn allows_control(&self, conn: &Arc<Conn>, cost: u32) -> bool {
        if conn.control.lock().take(cost, Instant::now()) {
            return true;
        }
        if !conn.is_closed() {
            self.counters.flooded();
            self.log_end(conn, "it keeps sending control packets");
            conn.outbox.reply_close(Some(POLICY_VIOLATION));
            self.fail(conn, CloseReason::TransportError);
        }
        false
    }
}

/// Close code of RFC 6455.
const POLICY_VIOLATION: u16 = 1008;

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_ping_every_second_and_a_pong_twice_pass_for_ever() {
        let mut rate = ControlRate::default();
        let start = Instant::now();
        for second in 0..10_000 {
            let now = start + Duration::from_secs(second);
            assert!(rate.take(ORDINARY, now) && rate.take(ORDINARY, now));
            assert!(second % 25 > 0 || rate.take(UNASKED, now));
        }
    }

    #[test]
    fn floods_end_and_so_does_what_keeps_coming() {
        let start = Instant::now();
        let mut flood = ControlRate::default();
        assert_eq!((0..1000).take_while(|_| flood.take(ORDINARY, start)).count(), BURST as usize);
        let mut pongs = ControlRate::default();
        assert_eq!((0..1000).take_while(|_| pongs.take(UNASKED, start)).count(), 10);
        let mut sustained = ControlRate::default();
        let sent =
            (0..10_000).take_while(|n| sustained.take(ORDINARY, start + Duration::from_millis(n * 50)));
        assert!((150..250).contains(&sent.count()), "20 a second are tolerated for 10 seconds");
    }
}
