//! The one ordered way out for what JavaScript sends. A dedicated thread writes, so neither Node's loop nor a
//! worker that reads is ever busy with thousands of writes, and program order holds on every connection.
//!
//! The queue is bounded by the outboxes: whatever enters was admitted by each recipient's outbox first.

use std::{
    sync::{Arc, mpsc},
    thread::JoinHandle,
};

use super::{conn::Conn, core::Core};
use crate::{
    error::{Error, Result},
    transport::payload::{Item, Parcel},
};

/// One thing to do, in order.
pub enum Job {
    /// Send to one connection.
    One(Arc<Conn>, Arc<Parcel>, bool),
    /// Send to many. The last field says whether the packet is volatile.
    Many(Vec<Arc<Conn>>, Arc<Parcel>, bool),
    /// Close a session after what was sent before, or at once.
    Close(Arc<Conn>, bool),
    /// End of the thread.
    Stop,
}

/// Starts the thread. It ends with [`Job::Stop`].
pub fn start(core: Arc<Core>, jobs: mpsc::Receiver<Job>) -> Result<JoinHandle<()>> {
    std::thread::Builder::new()
        .name("plugin-io-send".into())
        .spawn(move || {
            for job in jobs {
                match job {
                    Job::One(conn, parcel, volatile) => core.deliver(&conn, Item::Parcel(parcel), volatile),
                    Job::Many(conns, parcel, volatile) => {
                        for conn in &conns {
                            core.deliver(conn, Item::Parcel(parcel.clone()), volatile);
                        }
                    }
                    Job::Close(conn, discard) => core.finish(&conn, discard),
                    Job::Stop => return,
                }
            }
        })
        .map_err(Error::Runtime)
}
