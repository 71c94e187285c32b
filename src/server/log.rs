//! Lines for the log, bounded: what many clients can cause must not fill a disk.

use std::time::{Duration, Instant};

/// Lines of one kind within [`WINDOW`].
const LINES: u32 = 10;
const WINDOW: Duration = Duration::from_secs(10);

/// Severity of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Something was refused or cut off.
    Warn,
    /// Something failed.
    Error,
}

/// What a line is about. Lines of one kind are limited together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    /// A client reads too slowly.
    TooSlow,
    /// A client sends too many events.
    TooFast,
    /// A client sends too many control packets.
    Flooded,
    /// Clients together have too much unfinished.
    Overloaded,
    /// JavaScript sends more than can be written.
    Overflow,
    /// A connection could not be taken over.
    Handoff,
    /// A part of the engine panicked.
    Panic,
}

/// Number of kinds.
const KINDS: usize = Line::Panic as usize + 1;

impl Line {
    /// Severity of the lines of this kind.
    pub fn level(self) -> Level {
        match self {
            Line::Overflow | Line::Panic => Level::Error,
            Line::TooSlow | Line::TooFast | Line::Flooded | Line::Overloaded | Line::Handoff => Level::Warn,
        }
    }
}

#[derive(Debug, Clone, Copy, Default)]
struct Window {
    since: Option<Instant>,
    lines: u32,
    left_out: u32,
}

/// How many lines were written of late, by kind.
#[derive(Debug, Default)]
pub struct Limiter([Window; KINDS]);

impl Limiter {
    /// Whether a line may be written at `now`, and how many before it were left out.
    pub fn admit(&mut self, line: Line, now: Instant) -> Option<u32> {
        let window = &mut self.0[line as usize];
        if window.since.is_none_or(|since| now.saturating_duration_since(since) >= WINDOW) {
            *window = Window { since: Some(now), lines: 0, left_out: window.left_out };
        }
        if window.lines == LINES {
            window.left_out = window.left_out.saturating_add(1);
            return None;
        }
        window.lines += 1;
        Some(std::mem::take(&mut window.left_out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_a_kind_are_limited_and_what_was_left_out_is_told() {
        let mut limiter = Limiter::default();
        let start = Instant::now();
        let admitted = (0..100).filter(|_| limiter.admit(Line::TooSlow, start).is_some()).count();
        assert_eq!(admitted, LINES as usize);
        assert_eq!(limiter.admit(Line::Panic, start), Some(0), "other kinds have a limit of their own");
        assert_eq!(limiter.admit(Line::TooSlow, start + WINDOW), Some(90));
        assert_eq!(limiter.admit(Line::TooSlow, start + WINDOW), Some(0));
    }
}
