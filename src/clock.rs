//! What time it is. Deadlines are kept on the clock that never jumps; people are told the other one.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// One moment on both clocks. Passed in, so that tests need not wait.
#[derive(Debug, Clone, Copy)]
pub struct Now {
    /// For deadlines.
    pub instant: Instant,
    /// For people: milliseconds since the epoch.
    pub epoch: f64,
}

/// Milliseconds since the epoch.
pub fn epoch_millis() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |time| time.as_millis() as f64)
}

impl Now {
    /// Reads the clocks.
    pub fn read() -> Self {
        Self { instant: Instant::now(), epoch: epoch_millis() }
    }

    /// The moment that is `duration` later.
    pub fn after(self, duration: Duration) -> Self {
        Self { instant: self.instant + duration, epoch: self.epoch + duration.as_millis() as f64 }
    }
}
