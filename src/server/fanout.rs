//! The one ordered way out for what JavaScript sends. A dedicated thread writes, so neither Node's loop nor a
//! worker that reads is ever busy with thousands of writes, and program order holds on every connection.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread::JoinHandle,
};

use thiserror::Error;

use super::{conn::Conn, core::Core, namespace::Recipients};
use crate::{
    error::{Error, Result},
    transport::payload::{Item, Parcel},
};

/// Bytes of packets that may wait for the thread. A broadcast counts once, however many receive it.
const MAX_QUEUED_BYTES: usize = 256 * 1024 * 1024;

/// One thing to do, in order.
pub enum Job {
    /// Send to one connection. Then whether the packet is volatile, and in which turn of its loop JavaScript sent it.
    One(Arc<Conn>, Arc<Parcel>, bool, u64),
    /// Send to many.
    Many(Recipients, Arc<Parcel>, bool, u64),
    /// Close a session after what was sent before, or at once.
    Close(Arc<Conn>, bool),
    /// End of the thread.
    Stop,
}

impl Job {
    fn bytes(&self) -> usize {
        match self {
            Job::One(_, parcel, ..) | Job::Many(_, parcel, ..) => parcel.cost(),
            Job::Close(..) | Job::Stop => 0,
        }
    }
}

/// JavaScript sends faster than the machine can write, and has done so for hundreds of megabytes.
#[derive(Debug, Error)]
#[error(
    "a packet was dropped: {MAX_QUEUED_BYTES} bytes wait to be written; send less, or in smaller batches"
)]
pub struct Overflow;

/// The entrance to the queue.
pub struct Jobs {
    sender: mpsc::Sender<Job>,
    queued: Arc<AtomicUsize>,
}

/// The exit of the queue.
pub struct Queue {
    receiver: mpsc::Receiver<Job>,
    queued: Arc<AtomicUsize>,
}

/// A queue.
pub fn channel() -> (Jobs, Queue) {
    let (sender, receiver) = mpsc::channel();
    let queued = Arc::new(AtomicUsize::new(0));
    (Jobs { sender, queued: queued.clone() }, Queue { receiver, queued })
}

impl Jobs {
    /// Adds a job.
    pub fn push(&self, job: Job) -> std::result::Result<(), Overflow> {
        let bytes = job.bytes();
        let before = self.queued.fetch_add(bytes, Ordering::AcqRel);
        if before + bytes > MAX_QUEUED_BYTES && before > 0 && bytes > 0 {
            self.queued.fetch_sub(bytes, Ordering::AcqRel);
            return Err(Overflow);
        }
        // The thread is gone only after the engine closed, when there is nobody left to send to.
        let _ = self.sender.send(job);
        Ok(())
    }
}

/// Starts the thread. It ends with [`Job::Stop`].
pub fn start(core: Arc<Core>, queue: Queue) -> Result<JoinHandle<()>> {
    let work = move || {
        for job in queue.receiver {
            let bytes = job.bytes();
            match job {
                Job::One(conn, parcel, volatile, turn) => {
                    core.guard(&conn, "sending", || {
                        core.deliver(&conn, Item::Parcel(parcel), volatile, turn)
                    });
                }
                Job::Many(recipients, parcel, volatile, turn) => {
                    for conn in &*recipients {
                        let item = Item::Parcel(parcel.clone());
                        core.guard(conn, "sending", || core.deliver(conn, item, volatile, turn));
                    }
                }
                Job::Close(conn, discard) => core.guard(&conn, "closing", || core.finish(&conn, discard)),
                Job::Stop => return,
            }
            queue.queued.fetch_sub(bytes, Ordering::AcqRel);
        }
    };
    std::thread::Builder::new().name("plugin-io-send".into()).spawn(work).map_err(Error::Runtime)
}
