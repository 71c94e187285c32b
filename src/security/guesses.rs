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
/// Addresses and networks that are remembered. Beyond that, those with the fewest wrong guesses are forgotten.
const MAX_SOURCES: usize = 10_000;
/// Share of them that is forgotten at a time, so that each guess need not look at all of them.
const FORGOTTEN_AT_A_TIME: usize = MAX_SOURCES / 10;
/// What a guess counts for the IPv6 network of 48 bits it came from: such a network may be one customer's, who has
/// 65,536 networks of 64 bits, or many customers'.
const FOR_NETWORK: f64 = 0.1;

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

/// What guesses are counted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Source {
    Address(AddressGroup),
    /// The first 48 bits of IPv6 addresses.
    Network(u64),
}

/// What the guesses of an address count for, and how much.
fn sources(group: AddressGroup) -> impl Iterator<Item = (Source, f64)> {
    let network = match group {
        AddressGroup::V6(bits) => Some((Source::Network(bits >> 16), FOR_NETWORK)),
        AddressGroup::V4(_) | AddressGroup::Unknown => None,
    };
    [(Source::Address(group), 1.0)].into_iter().chain(network)
}

/// The wrong guesses of all addresses.
#[derive(Default)]
pub struct Guesses {
    guessers: Mutex<HashMap<Source, Guesser>>,
}

/// Makes room for one more: forgets those that are over, or else those with the fewest wrong guesses.
fn make_room(guessers: &mut HashMap<Source, Guesser>, now: Instant) {
    let mut wrong = Vec::with_capacity(guessers.len());
    guessers.retain(|_, guesser| {
        guesser.forget(now);
        if guesser.wrong > 0.0 {
            wrong.push(guesser.wrong);
        }
        guesser.wrong > 0.0
    });
    if guessers.len() < MAX_SOURCES {
        return;
    }
    let (_, &mut bound, _) = wrong.select_nth_unstable_by(FORGOTTEN_AT_A_TIME, f64::total_cmp);
    let mut left = FORGOTTEN_AT_A_TIME;
    guessers.retain(|_, guesser| {
        let forgotten = left > 0 && guesser.wrong <= bound;
        left -= usize::from(forgotten);
        !forgotten
    });
}

impl Guesses {
    /// Counts a wrong guess.
    pub fn wrong(&self, group: AddressGroup, now: Instant) {
        let mut guessers = self.guessers.lock();
        for (source, count) in sources(group) {
            if guessers.len() >= MAX_SOURCES && !guessers.contains_key(&source) {
                make_room(&mut guessers, now);
            }
            let guesser = guessers.entry(source).or_insert(Guesser { wrong: 0.0, at: now, next: now });
            guesser.forget(now);
            guesser.wrong = (guesser.wrong + count).min(MOST);
            if guesser.wrong > FREE {
                break; // an address that is slow itself does not slow its whole network
            }
        }
    }

    /// Counts a valid token.
    pub fn right(&self, group: AddressGroup, now: Instant) {
        let mut guessers = self.guessers.lock();
        for (source, count) in sources(group) {
            let Some(guesser) = guessers.get_mut(&source) else { continue };
            guesser.forget(now);
            guesser.wrong -= CREDIT * count;
            if guesser.wrong <= 0.0 {
                guessers.remove(&source);
            }
        }
    }

    /// When an attempt from this address may go on.
    pub fn turn(&self, group: AddressGroup, now: Instant) -> Turn {
        let mut guessers = self.guessers.lock();
        let mut wait = Duration::ZERO;
        for (source, _) in sources(group) {
            let Some(guesser) = guessers.get_mut(&source) else { continue };
            guesser.forget(now);
            if guesser.wrong < FREE {
                continue;
            }
            let at = guesser.next.max(now);
            if at - now > MAX_WAIT {
                return Turn::Never;
            }
            wait = wait.max(at - now);
            guesser.next = at + PACE;
        }
        if wait.is_zero() { Turn::Now } else { Turn::After(wait) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOME: AddressGroup = AddressGroup::V6(1);
    const NEIGHBOUR: AddressGroup = AddressGroup::V6(2);
    const FAR: AddressGroup = AddressGroup::V6(1 << 20);

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
        assert_eq!(guesses.turn(NEIGHBOUR, start), Turn::Now);
        assert_eq!(guesses.turn(FAR, start), Turn::Now);
        let later = start + Duration::from_secs(301);
        assert_eq!([guesses.turn(HOME, later), guesses.turn(HOME, later)], [Turn::Now; 2]);
    }

    #[test]
    fn thousands_of_valid_users_behind_a_guessing_address_get_their_turn() {
        let start = Instant::now();
        let guesses = guessing(100_000, start);
        let turns: Vec<_> = (0..5000).map(|_| guesses.turn(HOME, start)).collect();
        assert!(!turns.contains(&Turn::Never));
        assert_eq!(turns[4999], Turn::After(PACE * 4999));
    }

    #[test]
    fn the_time_to_wait_is_bounded() {
        let start = Instant::now();
        let guesses = guessing(100_000, start);
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
    fn a_network_that_guesses_from_many_addresses_is_slow_as_a_whole() {
        let start = Instant::now();
        let guesses = Guesses::default();
        for number in 0..1010 {
            guesses.wrong(AddressGroup::V6(number), start);
        }
        let unseen = AddressGroup::V6(0xffff);
        assert_eq!(
            [guesses.turn(unseen, start), guesses.turn(unseen, start)],
            [Turn::Now, Turn::After(PACE)]
        );
        assert_eq!([guesses.turn(FAR, start), guesses.turn(FAR, start)], [Turn::Now; 2]);
        for _ in 0..200 {
            guesses.right(unseen, start);
        }
        assert_eq!([guesses.turn(unseen, start), guesses.turn(unseen, start)], [Turn::Now; 2]);
    }

    #[test]
    fn filling_the_memory_forgets_nobody_who_has_guessed_more() {
        let start = Instant::now();
        let guesses = guessing(FREE as usize + 10, start);
        for number in 0..3 * MAX_SOURCES as u64 {
            guesses.wrong(AddressGroup::V6((number + 1) << 16), start);
            guesses.wrong(AddressGroup::V6((number + 1) << 16), start);
            assert!(guesses.guessers.lock().len() <= MAX_SOURCES);
        }
        assert_eq!([guesses.turn(HOME, start), guesses.turn(HOME, start)], [Turn::Now, Turn::After(PACE)]);
    }

    #[test]
    fn an_address_is_slowed_down_also_while_the_memory_is_full() {
        let start = Instant::now();
        let guesses = Guesses::default();
        for number in 0..MAX_SOURCES as u64 {
            guesses.wrong(AddressGroup::V6(number), start);
        }
        let home = AddressGroup::V4([192, 0, 2, 1].into());
        for _ in 0..FREE as usize + 10 {
            guesses.wrong(home, start);
        }
        assert_eq!([guesses.turn(home, start), guesses.turn(home, start)], [Turn::Now, Turn::After(PACE)]);
        guesses.wrong(FAR, start + Duration::from_secs(1000));
        assert!(guesses.guessers.lock().len() <= MAX_SOURCES);
    }
}
