//! What happened, for people who watch: totals, rates and a bounded log.

mod limit;

use std::{
    collections::{HashMap, VecDeque},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use parking_lot::{Mutex, MutexGuard};

pub use self::limit::{LINE_WINDOW, Line, LineLimit};

/// Kind of the entries for what was not let in: clients cause these as often as they like.
const REFUSED: &str = "refused";
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
    /// The second after the last of `history`, counted from the epoch.
    pub second: u64,
}

/// What was logged since somebody looked last.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// The latest of it, oldest first.
    pub entries: Vec<Entry>,
    /// How many there were before these.
    pub dropped: u64,
    /// Where to go on.
    pub next: u64,
}

struct State {
    log: VecDeque<Entry>,
    lines: LineLimit,
    limit: usize,
    /// Entries ever logged. Those in `log` are the latest of them.
    logged: u64,
    /// How many of them were there at the last reset.
    forgotten: u64,
    total: u64,
    by_type: HashMap<Box<str>, u64>,
    last_reset: f64,
    started: Instant,
    /// When the second of the clock began in which `started` is: nodes add up their histories.
    origin: Instant,
    /// That second, counted from the epoch.
    origin_second: u64,
    /// Second, counted from `origin`, the last element of `seconds` stands for.
    second: u64,
    seconds: VecDeque<u32>,
}

/// Counts and remembers events.
pub struct Monitor {
    state: Mutex<State>,
}

fn epoch() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

fn millis(time: Duration) -> f64 {
    time.as_millis() as f64
}

impl Monitor {
    /// A monitor that remembers the last `limit` events.
    pub fn new(limit: usize) -> Self {
        Self { state: Mutex::new(State::new(limit, Instant::now(), epoch())) }
    }

    /// Counts an event, and writes it into the log if `logged`. `data` is JSON text. Of many refusals in a short time
    /// the log has the first ones and then their number.
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
        if !logged || state.limit == 0 {
            return;
        }
        state.summarize(now);
        if kind != REFUSED || state.lines.judge(kind, now) == Line::Write {
            state.write(kind, if data.len() > MAX_DATA { "{\"truncated\":true}" } else { data });
        }
    }

    /// The last `limit` events of the log, newest first.
    pub fn log(&self, limit: usize) -> Vec<Entry> {
        self.summarized().log.iter().rev().take(limit).cloned().collect()
    }

    /// Where the log ends: what is logged from now on comes `since` there.
    pub fn end_of_log(&self) -> u64 {
        self.summarized().logged
    }

    /// The state, its log with everything that is to be in it by now.
    fn summarized(&self) -> MutexGuard<'_, State> {
        let mut state = self.state.lock();
        state.summarize(Instant::now());
        state
    }

    /// What was logged since the batch that said `next`: the last `limit` events, or as many of them as have no
    /// more than `max_bytes` of data.
    pub fn log_since(&self, since: u64, limit: usize, max_bytes: usize) -> Batch {
        let state = self.summarized();
        let added = state.logged.saturating_sub(since.max(state.forgotten));
        let limit = limit.min(usize::try_from(added).unwrap_or(usize::MAX));
        let mut bytes = 0;
        let latest = state.log.iter().rev().take(limit).take_while(|entry| {
            bytes += entry.data.len();
            bytes <= max_bytes
        });
        let mut entries: Vec<_> = latest.cloned().collect();
        entries.reverse();
        Batch { dropped: added - entries.len() as u64, entries, next: state.logged }
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
            second: state.origin_second + state.second,
        }
    }

    /// Forgets everything.
    pub fn reset(&self) {
        let mut state = self.state.lock();
        let fresh = State::new(state.limit, Instant::now(), epoch());
        *state = State { logged: state.logged, forgotten: state.logged, ..fresh };
    }
}

impl State {
    fn new(limit: usize, started: Instant, epoch: Duration) -> Self {
        let into_second = Duration::from_nanos(u64::from(epoch.subsec_nanos()));
        Self {
            log: VecDeque::new(),
            lines: LineLimit::default(),
            limit,
            logged: 0,
            forgotten: 0,
            total: 0,
            by_type: HashMap::new(),
            last_reset: millis(epoch),
            started,
            origin: started.checked_sub(into_second).unwrap_or(started),
            origin_second: epoch.as_secs(),
            second: 0,
            seconds: VecDeque::from([0]),
        }
    }

    fn advance(&mut self, now: Instant) {
        let second = now.saturating_duration_since(self.origin).as_secs();
        let passed = second.saturating_sub(self.second);
        self.second = self.second.max(second);
        for _ in 0..passed.min(HISTORY as u64 + 1) {
            self.seconds.push_back(0);
            if self.seconds.len() > HISTORY + 1 {
                self.seconds.pop_front();
            }
        }
    }

    fn write(&mut self, kind: &str, data: &str) {
        self.log.push_back(Entry { timestamp: millis(epoch()), kind: kind.into(), data: data.into() });
        self.logged += 1;
        self.trim();
    }

    /// Writes how many entries were left out of the windows that are over.
    fn summarize(&mut self, now: Instant) {
        for (kind, left_out) in self.lines.ended(now) {
            let seconds = LINE_WINDOW.as_secs();
            self.write(&kind, &format!("{{\"leftOut\":{left_out},\"seconds\":{seconds}}}"));
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
        let start = Instant::now();
        let monitor = Monitor { state: Mutex::new(State::new(0, start, Duration::from_secs(1_000))) };
        let at = |seconds: f64| start + Duration::from_secs_f64(seconds);
        for _ in 0..20 {
            monitor.record_at("x", "{}", true, at(0.5));
        }
        assert_eq!(monitor.totals_at(at(0.6)).per_second, 20.0);
        assert_eq!(monitor.totals_at(at(5.0)).per_second, 4.0);
        assert_eq!(monitor.totals_at(at(5.0)).history, [20, 0, 0, 0, 0]);
        assert_eq!(monitor.totals_at(at(5.9)).second, 1_005);
        assert_eq!(monitor.totals_at(at(60.0)).per_second, 0.0);
        assert_eq!(monitor.totals_at(at(100_000.0)).history.len(), HISTORY);
    }

    #[test]
    fn seconds_begin_with_those_of_the_clock() {
        let start = Instant::now();
        let monitor = Monitor { state: Mutex::new(State::new(0, start, Duration::from_millis(7_800))) };
        let at = |millis| start + Duration::from_millis(millis);
        monitor.record_at("x", "{}", true, at(100));
        monitor.record_at("x", "{}", true, at(300));
        let totals = monitor.totals_at(at(1_300));
        assert_eq!((totals.history, totals.second), (vec![1, 1], 9));
    }

    #[test]
    fn whoever_follows_the_log_gets_each_entry_once_and_hears_of_what_did_not_fit() {
        let monitor = Monitor::new(3);
        monitor.record("old", "{}", true);
        let mut next = monitor.end_of_log();
        let mut follow = |limit, max_bytes| {
            let batch = monitor.log_since(next, limit, max_bytes);
            next = batch.next;
            let kinds: Vec<_> = batch.entries.iter().map(|entry| entry.kind.to_string()).collect();
            (kinds.join(" "), batch.dropped)
        };
        let log = |kinds: &[&str]| kinds.iter().for_each(|kind| monitor.record(kind, "{\"a\":1}", true));
        assert_eq!(follow(10, 100), (String::new(), 0));
        log(&["a", "b"]);
        monitor.record("unlogged", "{}", false);
        assert_eq!(follow(10, 100), ("a b".into(), 0));
        log(&["c", "d", "e", "f"]);
        assert_eq!(follow(10, 100), ("d e f".into(), 1));
        log(&["g", "h", "i"]);
        assert_eq!(follow(2, 100), ("h i".into(), 1));
        log(&["j", "k"]);
        assert_eq!(follow(10, 10), ("k".into(), 1));
        log(&["l"]);
        monitor.reset();
        log(&["m"]);
        assert_eq!(follow(10, 100), ("m".into(), 0));
    }

    #[test]
    fn of_many_refusals_the_log_has_the_first_ones_and_then_their_number() {
        let start = Instant::now().checked_sub(LINE_WINDOW * 2).unwrap();
        let monitor = Monitor::new(100);
        for _ in 0..500 {
            monitor.record_at(REFUSED, "{}", true, start);
        }
        monitor.record_at("connect", "{}", true, start);
        let log = monitor.log(100);
        assert_eq!(log.len(), 12);
        assert_eq!((&*log[0].kind, &*log[0].data), (REFUSED, "{\"leftOut\":490,\"seconds\":10}"));
        assert_eq!((&*log[1].kind, monitor.end_of_log()), ("connect", 12));
        assert_eq!(monitor.totals().total, 501);
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
