//! How long a client has kept room from others: time in which Node's loop is blocked is not the client's.

use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// Time JavaScript may take to fetch what waits. The loop counts as blocked when it takes longer.
const TOLERATED: Duration = Duration::from_millis(500);

/// How long Node's loop has been blocked, as far as that can be seen: events waited and nobody fetched them.
#[derive(Default)]
pub struct LoopWatch(Mutex<Blocked>);

#[derive(Default)]
struct Blocked {
    /// Since when JavaScript should fetch events.
    asked: Option<Instant>,
    /// Sum of the times that have ended.
    total: Duration,
}

impl Blocked {
    fn now(&self, now: Instant) -> Duration {
        let waited = self.asked.map_or(Duration::ZERO, |asked| now.saturating_duration_since(asked));
        if waited > TOLERATED { waited } else { Duration::ZERO }
    }
}

impl LoopWatch {
    /// Events wait since `now`.
    pub(super) fn asked(&self, now: Instant) {
        self.0.lock().asked.get_or_insert(now);
    }

    /// JavaScript fetched events at `now`; `more` of them wait.
    pub(super) fn fetched(&self, now: Instant, more: bool) {
        let mut blocked = self.0.lock();
        let ended = blocked.now(now);
        blocked.total += ended;
        blocked.asked = more.then_some(now);
    }

    /// Sum of all times until `now` in which the loop was blocked.
    fn blocked(&self, now: Instant) -> Duration {
        let blocked = self.0.lock();
        blocked.total + blocked.now(now)
    }
}

/// A time that runs while Node's loop does.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    began: Instant,
    blocked: Duration,
}

impl Patience {
    /// Begins now.
    pub(super) fn new(watch: &LoopWatch) -> Self {
        Self::at(watch, Instant::now())
    }

    fn at(watch: &LoopWatch, now: Instant) -> Self {
        Self { began: now, blocked: watch.blocked(now) }
    }

    /// How much of it is used up.
    pub(super) fn used(&self, watch: &LoopWatch) -> Duration {
        self.used_at(watch, Instant::now())
    }

    fn used_at(&self, watch: &LoopWatch, now: Instant) -> Duration {
        let blocked = watch.blocked(now).saturating_sub(self.blocked);
        now.saturating_duration_since(self.began).saturating_sub(blocked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn time_counts_while_nothing_waits_or_what_waits_is_fetched() {
        let (watch, start) = (LoopWatch::default(), Instant::now());
        let patience = Patience::at(&watch, start);
        assert_eq!(patience.used_at(&watch, start + SECOND), SECOND);
        watch.asked(start + SECOND);
        for tenth in 11..50 {
            watch.fetched(start + SECOND * tenth / 10, true);
        }
        watch.fetched(start + SECOND * 5, false);
        assert_eq!(patience.used_at(&watch, start + SECOND * 7), SECOND * 7);
    }

    #[test]
    fn time_in_which_the_loop_is_blocked_does_not_count() {
        let (watch, start) = (LoopWatch::default(), Instant::now());
        let patience = Patience::at(&watch, start);
        watch.asked(start + SECOND);
        watch.asked(start + SECOND * 2);
        assert_eq!(patience.used_at(&watch, start + SECOND * 60), SECOND);
        let during = Patience::at(&watch, start + SECOND * 30);
        watch.fetched(start + SECOND * 61, true);
        watch.fetched(start + SECOND * 71, false);
        assert_eq!(patience.used_at(&watch, start + SECOND * 75), SECOND * 5);
        assert_eq!(during.used_at(&watch, start + SECOND * 75), SECOND * 4);
    }
}
