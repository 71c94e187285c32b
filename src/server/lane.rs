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
/// What is taken from a lane before the next one has its turn.
const QUANTUM: usize = 16 * 1024;

#[derive(Default)]
struct Waiting {
    events: VecDeque<Event>,
    /// What may be taken in this turn.
    credit: usize,
    /// The lane is in the ring of [`super::events::Events`], or about to be.
    listed: bool,
}

/// The events of one connection or one Node stream. Costs are bytes: payload and overhead.
#[derive(Default)]
pub struct Lane {
    waiting: Mutex<Waiting>,
    cost: AtomicUsize,
    room: Notify,
}

/// What a turn of a lane left.
pub(super) enum Left {
    /// Nothing.
    Nothing,
    /// Events for its next turn.
    Some,
    /// Events that found no room in the batch.
    BatchFull,
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

    /// Adds an event. True: the lane must be listed in the ring.
    pub(super) fn push(&self, event: Event) -> bool {
        let mut waiting = self.waiting.lock();
        self.cost.fetch_add(event.cost(), Ordering::AcqRel);
        waiting.events.push_back(event);
        !std::mem::replace(&mut waiting.listed, true)
    }

    /// One turn: moves as much to the batch as the lane's credit and the batch allow.
    pub(super) fn serve(&self, batch: &mut Batch) -> Left {
        let mut waiting = self.waiting.lock();
        if waiting.events.front().is_some_and(|first| first.cost() > waiting.credit) {
            waiting.credit += QUANTUM;
        }
        let before = self.waiting();
        let mut left = Left::Nothing;
        while let Some(event) = waiting.events.front() {
            let cost = event.cost();
            if cost > waiting.credit {
                left = Left::Some;
                break;
            }
            if !batch.takes(cost) {
                left = Left::BatchFull;
                break;
            }
            batch.cost += cost;
            waiting.credit -= cost;
            self.cost.fetch_sub(cost, Ordering::AcqRel);
            batch.events.extend(waiting.events.pop_front());
        }
        if matches!(left, Left::Nothing) {
            *waiting = Waiting::default();
        }
        drop(waiting);
        let after = self.waiting();
        if after == 0 || before > SHARE / 2 && after <= SHARE / 2 {
            self.room.notify_waiters();
        }
        left
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
