//! What one source has waiting for JavaScript: its events in order, and how much it may still add.

use std::{
    collections::VecDeque,
    sync::atomic::{AtomicUsize, Ordering},
};

use parking_lot::Mutex;
use tokio::sync::{Notify, futures::Notified};

use super::events::Event;

/// What a connection may have waiting before it is not read from any more.
pub const SHARE: usize = 128 * 1024;
/// What is taken from a lane at a time, unless one event is larger.
const PORTION: usize = 4 * 1024;

#[derive(Default)]
struct Waiting {
    events: VecDeque<Event>,
    /// Virtual time at which the first event is done, or the last one was.
    done: u64,
    /// The lane is listed in [`super::events::Events`], or about to be.
    listed: bool,
}

/// The events of one connection or one Node stream. Costs are bytes: payload and overhead.
#[derive(Default)]
pub struct Lane {
    waiting: Mutex<Waiting>,
    cost: AtomicUsize,
    room: Notify,
}

/// What became of a lane's turn.
pub(super) struct Turn {
    /// Virtual time at which what was taken began.
    pub began: Option<u64>,
    /// When its next event is done, if it has one.
    pub next: Option<u64>,
}

/// A batch on its way to JavaScript.
pub(super) struct Batch {
    pub events: Vec<Event>,
    pub cost: usize,
    pub max_events: usize,
    pub max_cost: usize,
}

impl Batch {
    fn takes(&self, cost: usize) -> bool {
        self.events.is_empty() || self.events.len() < self.max_events && self.cost + cost <= self.max_cost
    }
}

impl Lane {
    /// Cost of what waits.
    pub fn waiting(&self) -> usize {
        self.cost.load(Ordering::Acquire)
    }

    /// Adds an event at the virtual time `now`. If the lane must be listed: by when its first event is done.
    pub(super) fn push(&self, event: Event, now: u64) -> Option<u64> {
        let cost = event.cost();
        let mut waiting = self.waiting.lock();
        self.cost.fetch_add(cost, Ordering::AcqRel);
        waiting.events.push_back(event);
        if std::mem::replace(&mut waiting.listed, true) {
            return None;
        }
        waiting.done = waiting.done.max(now) + cost as u64;
        Some(waiting.done)
    }

    /// One turn: moves a portion to the batch, as far as that has room.
    pub(super) fn serve(&self, batch: &mut Batch) -> Turn {
        let mut waiting = self.waiting.lock();
        let (before, mut taken, mut began) = (self.waiting(), 0, None);
        while let Some(event) = waiting.events.front() {
            let cost = event.cost();
            if !batch.takes(cost) || (taken > 0 && taken + cost > PORTION) {
                break;
            }
            began.get_or_insert(waiting.done - cost as u64);
            taken += cost;
            batch.cost += cost;
            batch.events.extend(waiting.events.pop_front());
            waiting.done += waiting.events.front().map_or(0, |next| next.cost() as u64);
        }
        self.cost.fetch_sub(taken, Ordering::AcqRel);
        waiting.listed = !waiting.events.is_empty();
        if !waiting.listed {
            waiting.events = VecDeque::new(); // idle connections hold no buffer
        }
        let next = waiting.listed.then_some(waiting.done);
        drop(waiting);
        let after = self.waiting();
        if after == 0 || before > SHARE / 2 && after <= SHARE / 2 {
            self.room.notify_waiters();
        }
        Turn { began, next }
    }

    /// Drops the messages of clients that wait; their number and cost.
    pub(super) fn discard_messages(&self) -> (usize, usize) {
        let (mut count, mut cost) = (0, 0);
        self.waiting.lock().events.retain(|event| {
            if event.is_message() {
                count += 1;
                cost += event.cost();
            }
            !event.is_message()
        });
        self.cost.fetch_sub(cost, Ordering::AcqRel);
        self.room.notify_waiters();
        (count, cost)
    }

    /// Resolves when what waits has become less.
    pub(super) fn room(&self) -> Notified<'_> {
        self.room.notified()
    }
}
