//! Heartbeats, and the other deadlines of a session.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Instant,
};

use super::{
    conn::{CloseReason, Conn},
    control::{ORDINARY, UNASKED},
    core::{CLOSE_TIMEOUT, Core},
    events::{Event, SMALL, TOO_MUCH_UNFINISHED},
    patience::Patience,
    websocket::MAX_UNFINISHED_WAIT,
};
use crate::transport::{
    payload::{Control, Item},
    request::Protocol,
};

/// What a session waits for, and until when.
#[derive(Debug)]
pub struct Deadlines {
    /// When the heartbeat takes its next step.
    heartbeat: Instant,
    /// Whether the client owes a pong (protocol 3: a ping), so that the next step is its end.
    awaiting: bool,
    /// When the client must have joined a namespace.
    connect: Option<Instant>,
    /// When the credentials of one of its sockets expire.
    expire: Option<Instant>,
    /// When a session that was asked to close must be gone.
    close: Option<Instant>,
    /// When the entry in [`super::timers::Timers`] fires.
    armed: Option<Instant>,
}

/// A deadline that has passed.
enum Due {
    Ping,
    Pong,
    Connect,
    Expire,
    Close,
}

impl Deadlines {
    pub(super) fn new() -> Self {
        Self {
            heartbeat: Instant::now(),
            awaiting: false,
            connect: None,
            expire: None,
            close: None,
            armed: None,
        }
    }

    fn next(&self) -> Instant {
        [self.connect, self.expire, self.close].into_iter().flatten().fold(self.heartbeat, Instant::min)
    }

    fn due(&self, now: Instant) -> Option<Due> {
        let passed = |at: Option<Instant>| at.is_some_and(|at| at <= now);
        if passed(self.close) {
            Some(Due::Close)
        } else if passed(self.connect) {
            Some(Due::Connect)
        } else if passed(self.expire) {
            Some(Due::Expire)
        } else if self.heartbeat <= now {
            Some(if self.awaiting { Due::Pong } else { Due::Ping })
        } else {
            None
        }
    }
}

impl Core {
    /// Changes the deadlines of a session. Its timer is moved only if it would fire too late.
    fn reschedule(&self, conn: &Arc<Conn>, change: impl FnOnce(&mut Deadlines)) {
        let mut deadlines = conn.deadlines.lock();
        change(&mut deadlines);
        let next = deadlines.next();
        if conn.is_closed() || deadlines.armed.is_some_and(|armed| armed <= next) {
            return;
        }
        let before = deadlines.armed.replace(next);
        self.timers.replace(conn, before, next);
    }

    /// Starts the heartbeat of a new session.
    pub(super) fn start_deadlines(&self, conn: &Arc<Conn>, attached: bool) {
        let now = Instant::now();
        let options = &self.options;
        self.reschedule(conn, |deadlines| {
            deadlines.awaiting = conn.protocol == Protocol::V3;
            deadlines.heartbeat = now + options.ping_interval;
            if deadlines.awaiting {
                deadlines.heartbeat += options.ping_timeout;
            }
            deadlines.connect = (!attached).then(|| now + options.connect_timeout);
        });
    }

    /// From now on the session has a bounded time to end.
    pub(super) fn bound_close(&self, conn: &Arc<Conn>) {
        self.reschedule(conn, |deadlines| deadlines.close = Some(Instant::now() + CLOSE_TIMEOUT));
    }

    /// Looks at a time for credentials that have expired.
    pub(super) fn look_for_expired(&self, conn: &Arc<Conn>, at: Instant) {
        self.reschedule(conn, |deadlines| {
            deadlines.expire = Some(deadlines.expire.map_or(at, |known| known.min(at)));
        });
    }

    /// The session ended: its timer goes with it.
    pub(super) fn forget_deadlines(&self, conn: &Arc<Conn>) {
        if let Some(armed) = conn.deadlines.lock().armed.take() {
            self.timers.remove(conn, armed);
        }
    }

    /// The timer of a session fired.
    pub(super) fn on_timer(&self, conn: &Arc<Conn>) {
        let due = {
            let mut deadlines = conn.deadlines.lock();
            deadlines.armed = None;
            deadlines.due(Instant::now())
        };
        match due {
            None => {}
            Some(Due::Close) => return self.fail(conn, CloseReason::ForcedClose),
            Some(Due::Connect) => {
                conn.deadlines.lock().connect = None;
                let client = conn.client.lock();
                let idle = !client.attached && client.sockets.is_empty();
                drop(client);
                if idle {
                    self.finish(conn, false);
                }
            }
            Some(Due::Expire) => {
                conn.deadlines.lock().expire = None;
                self.end_expired(conn);
            }
            // What it sent is not read while JavaScript is behind with it: its pong may be among that.
            Some(Due::Pong) if conn.lane.waiting() > 0 => {
                conn.deadlines.lock().heartbeat = Instant::now() + self.options.ping_timeout;
            }
            Some(Due::Pong) => return self.fail(conn, CloseReason::PingTimeout),
            Some(Due::Ping) if self.keeps_room(conn) => {
                self.log_end(conn, TOO_MUCH_UNFINISHED);
                return self.fail(conn, CloseReason::TransportError);
            }
            Some(Due::Ping) => {
                let mut deadlines = conn.deadlines.lock();
                deadlines.awaiting = true;
                deadlines.heartbeat = Instant::now() + self.options.ping_timeout;
                drop(deadlines);
                self.tell(conn, Event::Ping);
                self.deliver(conn, Item::Control(Control::Ping), false, 0);
            }
        }
        self.reschedule(conn, |_| {});
    }

    /// Whether a client has not gone on with a large packet while others find no room. WebSockets look more often, but
    /// a polling session has no task that could.
    fn keeps_room(&self, conn: &Conn) -> bool {
        let withholds = |since: Patience| since.used(&self.events.watch) >= MAX_UNFINISHED_WAIT;
        conn.incomplete.load(Ordering::Relaxed) > SMALL
            && self.events.is_out_of_bytes()
            && !conn.posting.load(Ordering::Acquire)
            && conn.client.lock().announced_since.is_some_and(withholds)
    }

    /// Tells JavaScript of a ping or a pong, if it has asked for that.
    fn tell(&self, conn: &Arc<Conn>, event: fn(Arc<str>) -> Event) {
        if conn.watched_heartbeat.load(Ordering::Relaxed) {
            self.events.push(&conn.lane, event(conn.id.clone()));
        }
    }

    /// Whether JavaScript hears of the pings and pongs of a session.
    pub fn watch_heartbeat(&self, id: &str, on: bool) {
        if let Some(conn) = self.conn(id) {
            conn.watched_heartbeat.store(on, Ordering::Relaxed);
        }
    }

    /// A ping of the client.
    pub(super) fn on_ping(&self, conn: &Arc<Conn>) {
        match conn.protocol {
            Protocol::V3 => {
                if !self.allows_control(conn, ORDINARY) {
                    return;
                }
                self.tell(conn, Event::Ping);
                self.tell(conn, Event::Pong);
                self.deliver(conn, Item::Control(Control::Pong), false, 0);
                let within = self.options.ping_interval + self.options.ping_timeout;
                self.reschedule(conn, |deadlines| deadlines.heartbeat = Instant::now() + within);
            }
            // "invalid heartbeat direction"
            Protocol::V4 => self.fail(conn, CloseReason::TransportError),
        }
    }

    /// A pong of the client. One that nobody asked for changes nothing and is counted.
    pub(super) fn on_pong(&self, conn: &Arc<Conn>) {
        if conn.protocol == Protocol::V3 {
            return self.fail(conn, CloseReason::TransportError);
        }
        let mut asked = false;
        self.reschedule(conn, |deadlines| {
            asked = std::mem::take(&mut deadlines.awaiting);
            if asked {
                deadlines.heartbeat = Instant::now() + self.options.ping_interval;
            }
        });
        if asked || self.allows_control(conn, UNASKED) {
            self.tell(conn, Event::Pong);
        }
    }
}
