//! Lines for the log, as many as a log can bear.

use std::{sync::Arc, time::Instant};

use parking_lot::Mutex;

use super::{
    core::Core,
    events::{Events, Level},
};
use crate::monitoring::{LINE_WINDOW, Line, LineLimit};

impl Core {
    /// Writes a line, unless there were many of its kind lately.
    pub fn log(&self, level: Level, kind: &'static str, line: String) {
        if self.may_log(kind) {
            self.events.log(level, line);
        }
    }

    /// Whether one more line of this kind may be written. If not it is counted, and the number is logged later.
    pub fn may_log(&self, kind: &str) -> bool {
        let line = self.lines.lock().judge(kind, Instant::now());
        if let Line::LeaveOutFirst(ends) = line {
            let (lines, events) = (self.lines.clone(), self.events.clone());
            self.runtime().spawn(async move {
                tokio::time::sleep_until(ends.into()).await;
                summarize(&lines, &events);
            });
        }
        line == Line::Write
    }
}

fn summarize(lines: &Mutex<LineLimit>, events: &Arc<Events>) {
    for (kind, left_out) in lines.lock().ended(Instant::now()) {
        let seconds = LINE_WINDOW.as_secs();
        events.log(Level::Warn, format!("{kind}: {left_out} more lines were left out in {seconds} s"));
    }
}
