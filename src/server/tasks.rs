//! The runtime of an engine, for those who start tasks on it.

use std::future::Future;

use parking_lot::RwLock;
use tokio::runtime::Handle;

/// A handle that is given up when the engine closes: as long as one exists, the runtime's descriptors stay open.
pub struct Tasks(RwLock<Option<Handle>>);

impl Tasks {
    /// Tasks on that runtime.
    pub(super) fn new(handle: Handle) -> Self {
        Self(RwLock::new(Some(handle)))
    }

    /// Starts a task. Once the engine has closed, the future is dropped instead.
    pub fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) {
        if let Some(handle) = &*self.0.read() {
            handle.spawn(future);
        }
    }

    /// Calls `make` where sockets can be registered with the runtime. `None` once the engine has closed.
    pub fn within<T>(&self, make: impl FnOnce() -> T) -> Option<T> {
        let handle = self.0.read().clone()?;
        let _entered = handle.enter();
        Some(make())
    }

    /// Gives the runtime up.
    pub(super) fn end(&self) {
        self.0.write().take();
    }
}
