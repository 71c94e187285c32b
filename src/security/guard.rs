//! The guard over one connection that is always on, whatever the rate limits say. Its bounds are far above what
//! clients do in ordinary use.

use std::time::Instant;

/// CONNECT and DISCONNECT packets. A page that joins a hundred namespaces, leaves them and joins them again is ordinary.
const CONTROL: Allowance = Allowance { burst: 400.0, per_second: 5.0 };
/// CONNECT packets that were refused: bad tokens, unknown namespaces, middlewares.
const REFUSED: Allowance = Allowance { burst: 10.0, per_second: 0.1 };
/// CONNECT packets of one connection that JavaScript works on at a time.
const MAX_PENDING: u16 = 64;

/// What may happen at once, and how fast that is made up for.
struct Allowance {
    burst: f32,
    per_second: f32,
}

/// How much of an allowance is used up.
#[derive(Debug, Clone, Copy, Default)]
struct Used {
    amount: f32,
    at: Option<Instant>,
}

impl Used {
    /// Uses one more. False: there was none left.
    fn one(&mut self, allowance: &Allowance, now: Instant) -> bool {
        let passed = self.at.map_or(0.0, |at| now.saturating_duration_since(at).as_secs_f32());
        let rest = (self.amount - passed * allowance.per_second).max(0.0);
        let is_left = rest + 1.0 <= allowance.burst;
        *self = Self { amount: if is_left { rest + 1.0 } else { rest }, at: Some(now) };
        is_left
    }
}

/// What one connection did to join and leave namespaces.
#[derive(Debug, Clone, Copy, Default)]
pub struct ConnGuard {
    control: Used,
    refused: Used,
    pending: u16,
}

impl ConnGuard {
    /// Counts a CONNECT or DISCONNECT packet. False: there are too many, the connection should end.
    pub fn control(&mut self, now: Instant) -> bool {
        self.control.one(&CONTROL, now)
    }

    /// Counts a refused CONNECT packet. False: there are too many, the connection should end.
    pub fn refused(&mut self, now: Instant) -> bool {
        self.refused.one(&REFUSED, now)
    }

    /// Counts a CONNECT packet that JavaScript gets. False: the packet waits until others were answered.
    pub fn begin(&mut self) -> bool {
        if self.pending >= MAX_PENDING {
            return false;
        }
        self.pending += 1;
        true
    }

    /// JavaScript has answered one of them.
    pub fn answered(&mut self) {
        self.pending = self.pending.saturating_sub(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn few_refusals_and_many_joins_are_tolerated() {
        let start = Instant::now();
        let mut guard = ConnGuard::default();
        let refused = (0..20).take_while(|_| guard.refused(start)).count();
        let control = (0..1000).take_while(|_| guard.control(start)).count();
        assert_eq!((refused, control), (10, 400));
    }

    #[test]
    fn what_is_used_up_comes_back_with_time() {
        let mut now = Instant::now();
        let mut guard = ConnGuard::default();
        while guard.refused(now) {}
        assert!(!guard.refused(now));
        for _ in 0..50 {
            now += Duration::from_secs(11);
            assert!(guard.refused(now));
        }
    }

    #[test]
    fn work_in_progress_is_bounded() {
        let mut guard = ConnGuard::default();
        assert_eq!((0..1000).filter(|_| guard.begin()).count(), usize::from(MAX_PENDING));
        guard.answered();
        assert!(guard.begin());
        assert!(!guard.begin());
    }
}
