//! What happened, for people who watch: totals, rates and a bounded log.

use std::{
    collections::{HashMap, VecDeque},
    time::{Instant, SystemTime, UNIX_EPOCH},
};

use parking_lot::Mutex;

/// Kinds of events told apart; further ones are counted as "other".
const MAX_TYPES: usize = 1000;
/// Bytes of JSON kept of one event; larger data is left out.
const MAX_DATA: usize = 16 * 1024;
/// Seconds of history kept for charts.
const HISTORY: usize = 300;
/// Seconds the rate is taken over.
const WINDOW: usize = 10;

/// One line of the log.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Milliseconds since the epoch.
    pub timestamp: f64,
    /// Kind of event.
    pub kind: Box<str>,
    /// JSON text.
    pub data: Box<str>,
}

/// Totals and rates.
#[derive(Debug, Clone, PartialEq)]
pub struct Totals {
    /// Events since the last reset.
    pub total: u64,
    /// The same by kind, most frequent first.
    pub by_type: Vec<(String, u64)>,
    /// When that was, milliseconds since the epoch.
    pub last_reset: f64,
    /// Events per second over the last ten seconds, or since the reset if that is shorter.
    pub per_second: f64,
    /// Events in each of the last seconds, oldest first; the current second is not in it.
    pub history: Vec<u32>,
}

struct State {
    log: VecDeque<Entry>,
    limit: usize,
    total: u64,
    by_type: HashMap<Box<str>, u64>,
    last_reset: f64,
    started: Instant,
    /// Second, counted from `started`, the last element of `seconds` stands for.
    second: u64,
    seconds: VecDeque<u32>,
}

/// Counts and remembers events.
pub struct Monitor {
    state: Mutex<State>,
}

fn epoch_millis() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |time| time.as_millis() as f64)
}

impl Monitor {
    /// A monitor that remembers the last `limit` events.
    pub fn new(limit: usize) -> Self {
        let state = State {
            log: VecDeque::new(),
            limit,
            total: 0,
            by_type: HashMap::new(),
            last_reset: epoch_millis(),
            started: Instant::now(),
            second: 0,
            seconds: VecDeque::from([0]),
        };
        Self { state: Mutex::new(state) }
    }

    /// Counts an event, and writes it into the log if `logged`. `data` is JSON text.
    pub fn record(&self, kind: &str, data: &str, logged: bool) {
        self.record_at(kind, data, logged, Instant::now());
    }

    fn record_at(&self, kind: &str, data: &str, logged: bool, now: Instant) {
        let mut state = self.state.lock();
        state.advance(now);
        state.total += 1;
        if let Some(last) = state.seconds.back_mut() {
            *last = last.saturating_add(1);
        }
        let known = state.by_type.contains_key(kind) || state.by_type.len() < MAX_TYPES;
        *state.by_type.entry(if known { kind } else { "other" }.into()).or_default() += 1;
        if logged && state.limit > 0 {
            let data = if data.len() > MAX_DATA { "{\"truncated\":true}" } else { data };
            state.log.push_back(Entry { timestamp: epoch_millis(), kind: kind.into(), data: data.into() });
            state.trim();
        }
    }

    /// The last `limit` events of the log, newest first.
    pub fn log(&self, limit: usize) -> Vec<Entry> {
        self.state.lock().log.iter().rev().take(limit).cloned().collect()
    }

    /// Changes how many events the log remembers.
    pub fn set_limit(&self, limit: usize) {
        let mut state = self.state.lock();
        state.limit = limit;
        state.trim();
    }

    /// Totals and rates.
    pub fn totals(&self) -> Totals {
        self.totals_at(Instant::now())
    }

    fn totals_at(&self, now: Instant) -> Totals {
        let mut state = self.state.lock();
        state.advance(now);
        let mut by_type: Vec<_> =
            state.by_type.iter().map(|(kind, count)| (kind.to_string(), *count)).collect();
        by_type.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let age = now.saturating_duration_since(state.started).as_secs_f64();
        let recent: u32 = state.seconds.iter().rev().take(WINDOW).sum();
        let complete = state.seconds.len() - 1;
        Totals {
            total: state.total,
            by_type,
            last_reset: state.last_reset,
            per_second: f64::from(recent) / age.clamp(1.0, WINDOW as f64),
            history: state.seconds.iter().take(complete).copied().collect(),
        }
    }

    /// Forgets everything.
    pub fn reset(&self) {
        let limit = self.state.lock().limit;
        let fresh = Self::new(limit).state.into_inner();
        *self.state.lock() = fresh;
    }
}

impl State {
    fn advance(&mut self, now: Instant) {
        let second = now.saturating_duration_since(self.started).as_secs();
        let passed = second.saturating_sub(self.second);
        self.second = self.second.max(second);
        for _ in 0..passed.min(HISTORY as u64 + 1) {
            self.seconds.push_back(0);
            if self.seconds.len() > HISTORY + 1 {
                self.seconds.pop_front();
            }
        }
    }

    fn trim(&mut self) {
        let excess = self.log.len().saturating_sub(self.limit);
        self.log.drain(..excess);
        self.log.shrink_to(self.limit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn counts_by_type_and_remembers_the_latest() {
        let monitor = Monitor::new(2);
        for kind in ["create", "update", "update"] {
            monitor.record(kind, "{}", true);
        }
        monitor.record("ping", "{}", false);
        let totals = monitor.totals();
        assert_eq!(totals.total, 4);
        assert_eq!(totals.by_type[0], ("update".into(), 2));
        let kinds: Vec<_> = monitor.log(10).into_iter().map(|entry| entry.kind).collect();
        assert_eq!(kinds, ["update".into(), Box::<str>::from("update")]);
        monitor.set_limit(1);
        assert_eq!(monitor.log(10).len(), 1);
        monitor.reset();
        assert_eq!((monitor.totals().total, monitor.log(10).len()), (0, 0));
    }

    #[test]
    fn rates_slide_over_the_last_seconds() {
        let monitor = Monitor::new(0);
        let start = monitor.state.lock().started;
        let at = |seconds: f64| start + Duration::from_secs_f64(seconds);
        for _ in 0..20 {
            monitor.record_at("x", "{}", true, at(0.5));
        }
        assert_eq!(monitor.totals_at(at(0.6)).per_second, 20.0);
        assert_eq!(monitor.totals_at(at(5.0)).per_second, 4.0);
        assert_eq!(monitor.totals_at(at(5.0)).history, [20, 0, 0, 0, 0]);
        assert_eq!(monitor.totals_at(at(60.0)).per_second, 0.0);
        assert_eq!(monitor.totals_at(at(100_000.0)).history.len(), HISTORY);
    }

    #[test]
    fn neither_types_nor_data_grow_without_bound() {
        let monitor = Monitor::new(5);
        for number in 0..MAX_TYPES + 50 {
            monitor.record(&number.to_string(), &"x".repeat(MAX_DATA + 1), true);
        }
        assert_eq!(monitor.totals().by_type.len(), MAX_TYPES + 1);
        assert_eq!(monitor.log(10).len(), 5);
        assert_eq!(&*monitor.log(1)[0].data, "{\"truncated\":true}");
    }
}
