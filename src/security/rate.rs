//! How fast one connection may send events.

use std::time::{Duration, Instant};

/// Seconds in a row over the limit after which a client is abusive.
const PATIENCE: u8 = 5;
/// Times the limit within one second after which a client is abusive.
const FLOOD: u32 = 10;

/// What becomes of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It passes.
    Pass,
    /// It is refused, with an error to the client.
    Refuse,
    /// It is refused and the client is disconnected.
    Disconnect,
}

/// The events of one connection in the current second.
#[derive(Debug, Clone, Copy, Default)]
pub struct EventRate {
    since: Option<Instant>,
    count: u32,
    /// Seconds in a row that went over the limit.
    strikes: u8,
}

impl EventRate {
    /// Judges one more event, sent at `now`. `limit` 0 means none.
    pub fn judge(&mut self, limit: u32, now: Instant) -> Verdict {
        if limit == 0 {
            return Verdict::Pass;
        }
        let age = self.since.map(|since| now.saturating_duration_since(since));
        if age.is_none_or(|age| age >= Duration::from_secs(1)) {
            let calm = self.count <= limit || age.is_none_or(|age| age >= Duration::from_secs(2));
            self.strikes = if calm { 0 } else { self.strikes + 1 };
            self.since = Some(now);
            self.count = 0;
        }
        self.count = self.count.saturating_add(1);
        if self.count <= limit {
            Verdict::Pass
        } else if self.strikes >= PATIENCE || self.count > limit.saturating_mul(FLOOD) {
            Verdict::Disconnect
        } else {
            Verdict::Refuse
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_holds_each_second_anew() {
        let mut rate = EventRate::default();
        let start = Instant::now();
        let verdicts = |rate: &mut EventRate, at: u64| {
            [0; 3].map(|_: u8| rate.judge(2, start + Duration::from_millis(at)))
        };
        let limited = [Verdict::Pass, Verdict::Pass, Verdict::Refuse];
        assert_eq!(verdicts(&mut rate, 0), limited);
        assert_eq!(verdicts(&mut rate, 1000), limited);
        assert_eq!(rate.judge(0, start), Verdict::Pass);
    }

    #[test]
    fn sustained_abuse_and_floods_disconnect() {
        let start = Instant::now();
        let mut sustained = EventRate::default();
        let last = (0..=u64::from(PATIENCE))
            .flat_map(|second| [second; 2])
            .map(|second| sustained.judge(1, start + Duration::from_secs(second)));
        assert_eq!(last.last(), Some(Verdict::Disconnect));
        let mut flood = EventRate::default();
        let verdicts: Vec<_> = (0..21).map(|_| flood.judge(2, start)).collect();
        assert_eq!((verdicts[19], verdicts[20]), (Verdict::Refuse, Verdict::Disconnect));
    }

    #[test]
    fn a_pause_is_forgiven() {
        let start = Instant::now();
        let mut rate = EventRate::default();
        for second in 0..20 {
            let at = start + Duration::from_secs(second * 3);
            assert_eq!([rate.judge(1, at), rate.judge(1, at)], [Verdict::Pass, Verdict::Refuse]);
        }
    }
}
