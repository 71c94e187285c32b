//! The owner of an engine: starts its threads and ends them.

use std::{
    sync::{Arc, atomic::Ordering},
    thread::JoinHandle,
    time::Duration,
};

use parking_lot::Mutex;
use tokio::runtime::Runtime;

use super::{
    conn::CloseReason,
    core::Core,
    events::Hooks,
    fanout::{self, Job},
};
use crate::{
    error::{Error, Result},
    memory,
    options::Options,
};

/// Time the last polls have to be answered when the engine closes.
const LAST_ANSWERS: Duration = Duration::from_secs(1);

/// An engine: the shared state, and what only its owner may end.
pub struct Engine {
    core: Arc<Core>,
    parts: Mutex<Option<Parts>>,
}

struct Parts {
    runtime: Runtime,
    sender: JoinHandle<()>,
    timers: JoinHandle<()>,
}

impl Engine {
    /// Starts an engine with threads of its own.
    pub fn start(options: Options, hooks: Box<dyn Hooks>) -> Result<Self> {
        options.validate()?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(options.worker_threads())
            .thread_name("plugin-io")
            .enable_all()
            .build()
            .map_err(Error::Runtime)?;
        let (jobs, queue) = fanout::channel();
        let core = Arc::new(Core::new(options, hooks, runtime.handle().clone(), jobs));
        let sender = fanout::start(core.clone(), queue)?;
        let timers = {
            let core = core.clone();
            let work =
                move || core.timers.run(|conn| core.guard(conn, "serving a timer", || core.on_timer(conn)));
            std::thread::Builder::new().name("plugin-io-time".into()).spawn(work).map_err(Error::Runtime)?
        };
        runtime.spawn({
            let core = core.clone();
            async move { memory::return_unused(|| core.counters.activity()).await }
        });
        Ok(Self { core, parts: Mutex::new(Some(Parts { runtime, sender, timers })) })
    }

    /// The state to work with.
    pub fn core(&self) -> &Arc<Core> {
        &self.core
    }

    /// Refuses what is new, ends every session and joins all threads. Blocks; idempotent.
    pub fn close(&self) {
        // Held until the end: whoever closes as well returns when it is done.
        let mut parts = self.parts.lock();
        let Some(Parts { runtime, sender, timers }) = parts.take() else { return };
        let core = &self.core;
        let conns: Vec<_> = {
            let conns = core.conns.write();
            core.closed.store(true, Ordering::Release);
            conns.values().cloned().collect()
        };
        for conn in &conns {
            core.queue(Job::Close(conn.clone(), false));
        }
        core.events.discard_messages();
        core.access.requests.clear();
        core.queue(Job::Stop);
        core.timers.stop();
        // A thread only fails to join if it panicked; there is nothing left to do for it then.
        let _ = (sender.join(), timers.join());
        for conn in &conns {
            core.fail(conn, CloseReason::ForcedClose);
        }
        // The answers to pending polls are on their way.
        let _ = runtime.block_on(async { tokio::time::timeout(LAST_ANSWERS, core.all_served()).await });
        runtime.shutdown_timeout(Duration::from_secs(5));
        core.streams.lock().clear();
        core.tasks.end();
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        if let Some(Parts { runtime, .. }) = self.parts.lock().take() {
            self.core.closed.store(true, Ordering::Release);
            self.core.queue(Job::Stop);
            self.core.timers.stop();
            let conns: Vec<_> = self.core.conns.read().values().cloned().collect();
            for conn in &conns {
                self.core.fail(conn, CloseReason::ForcedClose);
            }
            runtime.shutdown_background();
            self.core.tasks.end();
        }
    }
}
