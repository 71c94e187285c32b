//! Counting and remembering events.

use napi_derive::napi;

use super::engine::Engine;

/// One line of the event log.
#[napi(object)]
pub struct LogEntry {
    /// Milliseconds since the epoch.
    pub timestamp: f64,
    /// Kind of event.
    #[napi(js_name = "type")]
    pub kind: String,
    /// JSON text.
    pub data: String,
}

/// Number of events of one kind.
#[napi(object)]
pub struct TypeCount {
    /// Kind of event.
    #[napi(js_name = "type")]
    pub kind: String,
    /// How many there were.
    pub count: f64,
}

/// Totals and rates of events.
#[napi(object)]
pub struct EventTotals {
    /// Events since the last reset.
    pub total_events: f64,
    /// The same by kind, most frequent first.
    pub by_type: Vec<TypeCount>,
    /// When the last reset was, milliseconds since the epoch.
    pub last_reset: f64,
    /// Events per second over the last ten seconds.
    pub per_second: f64,
    /// Events in each of the last 300 seconds, oldest first.
    pub history: Vec<u32>,
}

#[napi]
impl Engine {
    /// Counts an event, and writes it into the log if `logged`. `data` is JSON text.
    #[napi]
    pub fn record_event(&self, kind: String, data: String, logged: bool) {
        self.core().monitor.record(&kind, &data, logged);
    }

    /// The last `limit` events of the log, newest first.
    #[napi]
    pub fn event_log(&self, limit: u32) -> Vec<LogEntry> {
        let entries = self.core().monitor.log(limit as usize).into_iter();
        entries
            .map(|entry| LogEntry {
                timestamp: entry.timestamp,
                kind: entry.kind.into(),
                data: entry.data.into(),
            })
            .collect()
    }

    /// How many events the log remembers; 0 switches it off.
    #[napi]
    pub fn set_event_log_size(&self, size: u32) {
        self.core().monitor.set_limit(size as usize);
    }

    /// Totals and rates.
    #[napi]
    pub fn event_totals(&self) -> EventTotals {
        let totals = self.core().monitor.totals();
        let count = |(kind, count): (String, u64)| TypeCount { kind, count: count as f64 };
        EventTotals {
            total_events: totals.total as f64,
            by_type: totals.by_type.into_iter().map(count).collect(),
            last_reset: totals.last_reset,
            per_second: totals.per_second,
            history: totals.history,
        }
    }

    /// Forgets all events.
    #[napi]
    pub fn reset_events(&self) {
        self.core().monitor.reset();
    }
}
