//! Heartbeats, and the other timers of a session.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Instant,
};

use super::{
    conn::{CloseReason, Conn},
    core::Core,
    events::Event,
    timers::Timer,
};
use crate::transport::{
    payload::{Control, Item},
    request::Protocol,
};

impl Core {
    pub(super) fn schedule_heartbeat(&self, conn: &Arc<Conn>, due: Instant, awaiting: bool) {
        let mut heartbeat = conn.heartbeat.lock();
        heartbeat.due = due;
        heartbeat.awaiting = awaiting;
        heartbeat.generation = heartbeat.generation.wrapping_add(1);
        let generation = heartbeat.generation;
        drop(heartbeat);
        self.timers.schedule(due, conn, Timer::Heartbeat(generation));
    }

    pub(super) fn on_timer(&self, conn: &Arc<Conn>, timer: Timer) {
        match timer {
            Timer::Heartbeat(generation) => {
                let heartbeat = *conn.heartbeat.lock();
                if heartbeat.generation != generation {
                    return;
                }
                if heartbeat.awaiting {
                    return self.fail(conn, CloseReason::PingTimeout);
                }
                self.schedule_heartbeat(conn, Instant::now() + self.options.ping_timeout, true);
                self.tell(conn, Event::Ping);
                self.deliver(conn, Item::Control(Control::Ping), false, 0);
            }
            Timer::Connect => {
                let client = conn.client.lock();
                let idle = !client.attached && client.sockets.is_empty();
                drop(client);
                if idle {
                    self.finish(conn, false);
                }
            }
            Timer::Close => self.fail(conn, CloseReason::ForcedClose),
        }
    }

    /// Tells JavaScript of a ping or a pong, if it has asked for that.
    fn tell(&self, conn: &Arc<Conn>, event: fn(Arc<str>) -> Event) {
        if conn.watched_heartbeat.load(Ordering::Relaxed) {
            self.events.push(event(conn.id.clone()));
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
                self.tell(conn, Event::Ping);
                self.tell(conn, Event::Pong);
                self.deliver(conn, Item::Control(Control::Pong), false, 0);
                let within = self.options.ping_interval + self.options.ping_timeout;
                self.schedule_heartbeat(conn, Instant::now() + within, true);
            }
            // "invalid heartbeat direction"
            Protocol::V4 => self.fail(conn, CloseReason::TransportError),
        }
    }

    /// A pong of the client.
    pub(super) fn on_pong(&self, conn: &Arc<Conn>) {
        match conn.protocol {
            Protocol::V4 => {
                self.tell(conn, Event::Pong);
                self.schedule_heartbeat(conn, Instant::now() + self.options.ping_interval, false);
            }
            Protocol::V3 => self.fail(conn, CloseReason::TransportError),
        }
    }
}
