//! What goes out: the engine's own packets, and what JavaScript sends through the queue.

use std::{
    panic::AssertUnwindSafe,
    sync::{Arc, atomic::Ordering},
};

use super::{
    conn::{CloseReason, Conn},
    core::Core,
    events::{Event, Level},
    fanout::Job,
};
use crate::transport::{
    outbox::Progress,
    payload::{Item, Message, Parcel},
};

impl Core {
    /// Sends to one session, on the thread of the caller. A client that cannot keep up is let go.
    pub(super) fn deliver(&self, conn: &Arc<Conn>, item: Item, volatile: bool, turn: u64) {
        match conn.outbox.send(item, volatile, turn) {
            Progress::TooSlow => self.too_slow(conn),
            Progress::Idle | Progress::Drained if conn.watched.load(Ordering::Relaxed) => {
                self.events.push(&conn.lane, Event::Drain(conn.id.clone()));
            }
            _ => {}
        }
    }

    pub(super) fn too_slow(&self, conn: &Arc<Conn>) {
        self.counters.slow_closed.fetch_add(1, Ordering::Relaxed);
        let bytes = self.options.max_outbox_bytes;
        self.log_end(
            conn,
            &format!("it reads too slowly: {bytes} bytes may wait for it, less while much waits for all"),
        );
        self.fail(conn, CloseReason::TransportError);
    }

    /// Whether JavaScript hears of every packet that left a session's outbox empty, not only after a backlog.
    pub fn watch_drain(&self, id: &str, on: bool) {
        if let Some(conn) = self.conn(id) {
            conn.watched.store(on, Ordering::Relaxed);
        }
    }

    /// Queues a packet of the engine's own. The caller, who holds the client's lock, calls [`Core::flush`] or
    /// [`Core::too_slow`] afterwards.
    pub(super) fn answer(&self, conn: &Arc<Conn>, packet: String) -> Progress {
        let parcel = Arc::new(Parcel::new([Message::text(packet)]));
        self.counters.sent(1, parcel.len());
        conn.outbox.queue(Item::Parcel(parcel))
    }

    /// Says in which turn of its loop JavaScript sends what follows. A volatile packet is dropped for a client which
    /// got another in the same turn.
    pub fn begin_turn(&self, turn: u64) {
        self.turn.store(turn, Ordering::Relaxed);
    }

    /// Queues a packet for one session.
    pub fn write(self: &Arc<Self>, id: &str, parcel: Parcel, volatile: bool) {
        let Some(conn) = self.conn(id) else { return };
        self.counters.sent(1, parcel.len());
        let ends = self.is_last_answer(&conn, &parcel);
        self.queue(Job::One(conn.clone(), Arc::new(parcel), volatile, self.turn.load(Ordering::Relaxed)));
        if ends {
            self.end_after_answers(conn);
        }
    }

    /// Queues a packet for the sockets in `rooms` without those in `except`; returns their number.
    pub fn broadcast(
        &self,
        nsp: &str,
        rooms: &[String],
        except: &[String],
        parcel: Parcel,
        volatile: bool,
    ) -> usize {
        let Some(nsp) = self.namespace(nsp) else { return 0 };
        let recipients = nsp.recipients(rooms, except);
        let count = recipients.len();
        if count > 0 {
            self.counters.sent(count, parcel.len());
            let turn = self.turn.load(Ordering::Relaxed);
            self.queue(Job::Many(recipients, Arc::new(parcel), volatile, turn));
        }
        count
    }

    /// Runs a step for one session. A panic ends that session and nothing else.
    pub(super) fn guard(&self, conn: &Arc<Conn>, what: &str, step: impl FnOnce()) {
        // Sessions are consistent between any two calls: what a step leaves behind is dropped with its session.
        if std::panic::catch_unwind(AssertUnwindSafe(step)).is_err() {
            self.panicked(Some(conn), what);
        }
    }

    /// Part of the engine panicked, which is a defect: logs it and ends the session it happened to.
    pub(super) fn panicked(&self, conn: Option<&Arc<Conn>>, what: &str) {
        let report = || {
            let line = format!("the engine panicked while {what}; please report this");
            self.log(Level::Error, "panics", line);
            if let Some(conn) = conn {
                self.fail(conn, CloseReason::TransportError);
            }
        };
        // A second panic, while the first unwinds, would end the process.
        let _ = std::panic::catch_unwind(AssertUnwindSafe(report));
    }

    /// Queues the end of a session.
    pub fn close_conn(&self, id: &str, discard: bool) {
        if let Some(conn) = self.conn(id) {
            self.queue(Job::Close(conn, discard));
        }
    }

    pub(super) fn queue(&self, job: Job) {
        if let Err(overflow) = self.jobs.push(job) {
            self.log(Level::Error, "dropped packets", overflow.to_string());
        }
    }

    /// Writes what waits.
    pub(super) fn flush(&self, conn: &Arc<Conn>) {
        let progress = conn.outbox.flush();
        self.moved_on(conn, progress);
    }

    /// The outbox moved: tells JavaScript, or ends the session if that was the last of it.
    pub(super) fn moved_on(&self, conn: &Arc<Conn>, progress: Progress) {
        match progress {
            Progress::Drained if conn.client.lock().attached => {
                self.events.push(&conn.lane, Event::Drain(conn.id.clone()))
            }
            Progress::Finished => self.ended(conn, CloseReason::ForcedClose),
            Progress::Broken => self.fail(conn, CloseReason::TransportClose),
            _ => {}
        }
    }
}
