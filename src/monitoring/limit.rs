//! Keeps lines that clients cause from filling a log: a few of each kind are written, the others are counted.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

/// Lines of one kind that are written in one window.
const LINES: u32 = 10;
/// Length of a window.
pub const LINE_WINDOW: Duration = Duration::from_secs(10);
/// Kinds told apart; further ones count as one.
const MAX_KINDS: usize = 100;

/// What becomes of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    /// It is written.
    Write,
    /// It is left out and counted.
    LeaveOut,
    /// The same; it is the first one of its window, which ends then.
    LeaveOutFirst(Instant),
}

struct Window {
    ends: Instant,
    written: u32,
    left_out: u64,
}

/// The lines of each kind in the current window.
#[derive(Default)]
pub struct LineLimit {
    windows: HashMap<Box<str>, Window>,
}

impl LineLimit {
    /// Judges one more line.
    pub fn judge(&mut self, kind: &str, now: Instant) -> Line {
        let known = self.windows.contains_key(kind);
        if !known {
            self.windows.retain(|_, window| window.ends > now || window.left_out > 0);
        }
        let kind = if known || self.windows.len() < MAX_KINDS { kind } else { "others" };
        let fresh = || Window { ends: now + LINE_WINDOW, written: 0, left_out: 0 };
        let window = self.windows.entry(kind.into()).or_insert_with(fresh);
        if window.ends <= now && window.left_out == 0 {
            *window = fresh();
        }
        if window.written < LINES {
            window.written += 1;
            return Line::Write;
        }
        window.left_out += 1;
        if window.left_out == 1 { Line::LeaveOutFirst(window.ends) } else { Line::LeaveOut }
    }

    /// Ends the windows whose time is over, and tells what was left out of each.
    pub fn ended(&mut self, now: Instant) -> Vec<(Box<str>, u64)> {
        let ended = self.windows.extract_if(|_, window| window.ends <= now);
        let told = ended.filter(|(_, window)| window.left_out > 0);
        told.map(|(kind, window)| (kind, window.left_out)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_lines_of_a_window_are_written_and_the_others_counted() {
        let start = Instant::now();
        let mut limit = LineLimit::default();
        let lines: Vec<_> = (0..LINES + 3).map(|_| limit.judge("a", start)).collect();
        assert!(lines[..LINES as usize].iter().all(|line| *line == Line::Write));
        let left_out = [Line::LeaveOutFirst(start + LINE_WINDOW), Line::LeaveOut, Line::LeaveOut];
        assert_eq!(lines[LINES as usize..], left_out);
        assert_eq!(limit.judge("b", start), Line::Write);
        assert_eq!(limit.ended(start), []);
        assert_eq!(limit.ended(start + LINE_WINDOW), [("a".into(), 3)]);
        assert_eq!(limit.ended(start + LINE_WINDOW), []);
        assert_eq!(limit.judge("a", start + LINE_WINDOW), Line::Write);
    }

    #[test]
    fn kinds_are_bounded() {
        let start = Instant::now();
        let mut limit = LineLimit::default();
        for number in 0..MAX_KINDS * 2 {
            limit.judge(&number.to_string(), start);
        }
        assert_eq!(limit.windows.len(), MAX_KINDS + 1);
        limit.judge("later", start + LINE_WINDOW);
        assert_eq!(limit.windows.len(), 2);
    }
}
