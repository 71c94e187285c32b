//! Slows down addresses that keep sending tokens the server never issued.
//!
//! Only attempts with a token are slowed down, never refused for their address, and only while an address has made
//! many wrong guesses: users with valid tokens behind the same address get in, if later. Expired tokens are no
//! guesses, so an office whose tokens all expire at once is not slowed down at all.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use parking_lot::Mutex;

use super::AddressGroup;

/// Wrong guesses of one address that have no effect.
const FREE: f64 = 100.0;
/// Wrong guesses that are remembered: an address is slow for five minutes at most.
const MOST: f64 = 400.0;
/// Wrong guesses that are forgotten in a second.
const FORGOTTEN_PER_SECOND: f64 = 1.0;
/// Wrong guesses that a valid token makes up for.
const CREDIT: f64 = 5.0;
/// Time between two attempts from a slow address: 200 in a second.
const PACE: Duration = Duration::from_millis(5);
/// Time that an attempt from a slow address waits at most.
const MAX_WAIT: Duration = Duration::from_secs(30);
/// Addresses that are remembered. While all of them are recent, further ones are not slowed down.
const MAX_ADDRESSES: usize = 10_000;

/// When an attempt may go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// At once.
    Now,
    /// After this time.
    After(Duration),
    /// Too many others wait.
    Never,
}

struct Guesser {
    wrong: f64,
    at: Instant,
    /// When the next attempt may go on, while the address is slow.
    next: Instant,
}

impl Guesser {
    fn forget(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.wrong = (self.wrong - passed * FORGOTTEN_PER_SECOND).max(0.0);
        self.at = now;
    }
}

/// The wrong guesses of all addresses.
#[derive(Default)]
pub struct Guesses {
    guessers: Mutex<HashMap<AddressGroup, Guesser>>,
}

impl Guesses {
    /// Counts a wrong guess.
    pub fn wrong(&self, group: AddressGroup, now: Instant) {
        let mut guessers = self.guessers.lock();
        if guessers.len() >= MAX_ADDRESSES && !guessers.contains_key(&group) {
            guessers.retain(|_, guesser| {
                guesser.forget(now);
                guesser.wrong >= 1.0
            });
            if guessers.len() >= MAX_ADDRESSES {
                return;
            }
        }
        let guesser = guessers.entry(group).or_insert(Guesser { wrong: 0.0, at: now, next: now });
        guesser.forget(now);
        guesser.wrong = (guesser.wrong + 1.0).min(MOST);
    }

    /// Counts a valid token.
    pub fn right(&self, group: AddressGroup, now: Instant) {
        let mut guessers = self.guessers.lock();
        let Some(guesser) = guessers.get_mut(&group) else { return };
        guesser.forget(now);
        guesser.wrong -= CREDIT;
        if guesser.wrong <= 0.0 {
            guessers.remove(&group);
        }
    }

    /// When an attempt from this address may go on.
    pub fn turn(&self, group: AddressGroup, now: Instant) -> Turn {
        let mut guessers = self.guessers.lock();
        let Some(guesser) = guessers.get_mut(&group) else { return Turn::Now };
        guesser.forget(now);
        if guesser.wrong < FREE {
            return Turn::Now;
        }
        let at = guesser.next.max(now);
        let wait = at - now;
        if wait > MAX_WAIT {
            return Turn::Never;
        }
        guesser.next = at + PACE;
        if wait.is_zero() { Turn::Now } else { Turn::After(wait) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOME: AddressGroup = AddressGroup::V6(1);

    fn guessing(count: usize, now: Instant) -> Guesses {
        let guesses = Guesses::default();
        (0..count).for_each(|_| guesses.wrong(HOME, now));
        guesses
    }

    #[test]
    fn an_address_is_slow_after_many_wrong_guesses_and_for_minutes_at_most() {
        let start = Instant::now();
        assert_eq!(guessing(FREE as usize - 1, start).turn(HOME, start), Turn::Now);
        let guesses = guessing(100_000, start);
        let turns: Vec<_> = (0..3).map(|_| guesses.turn(HOME, start)).collect();
        assert_eq!(turns, [Turn::Now, Turn::After(PACE), Turn::After(PACE * 2)]);
        assert_eq!(guesses.turn(AddressGroup::V6(2), start), Turn::Now);
        let later = start + Duration::from_secs(301);
        assert_eq!([guesses.turn(HOME, later), guesses.turn(HOME, later)], [Turn::Now; 2]);
    }

    #[test]
    fn thousands_of_valid_users_behind_a_guessing_address_get_their_turn() {
        let start = Instant::now();
        let guesses = guessing(1000, start);
        let turns: Vec<_> = (0..5000).map(|_| guesses.turn(HOME, start)).collect();
        assert!(!turns.contains(&Turn::Never));
        assert_eq!(turns[4999], Turn::After(PACE * 4999));
    }

    #[test]
    fn the_time_to_wait_is_bounded() {
        let start = Instant::now();
        let guesses = guessing(1000, start);
        let waiting = (0..100_000).take_while(|_| guesses.turn(HOME, start) != Turn::Never).count();
        assert_eq!(waiting, 6001);
    }

    #[test]
    fn valid_tokens_end_the_slowness() {
        let start = Instant::now();
        let guesses = guessing(FREE as usize + 50, start);
        for _ in 0..11 {
            guesses.right(HOME, start);
        }
        assert_eq!([guesses.turn(HOME, start), guesses.turn(HOME, start)], [Turn::Now; 2]);
        for _ in 0..100 {
            guesses.right(HOME, start);
        }
        assert!(guesses.guessers.lock().is_empty());
    }

    #[test]
    fn no_more_addresses_are_remembered_than_the_bound() {
        let start = Instant::now();
        let guesses = Guesses::default();
        for number in 0..MAX_ADDRESSES as u64 + 100 {
            guesses.wrong(AddressGroup::V6(number), start);
        }
        assert_eq!(guesses.guessers.lock().len(), MAX_ADDRESSES);
        guesses.wrong(AddressGroup::Unknown, start + Duration::from_secs(2));
        assert_eq!(guesses.guessers.lock().len(), 1);
    }
}
