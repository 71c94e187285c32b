//! How the engine calls JavaScript: one weak, bounded threadsafe function.

use napi::{
    Status,
    bindgen_prelude::Function,
    threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode},
};

use crate::server::events::Hooks;

/// Weak, so that it never keeps a process alive; one call waits at most, and one is enough.
type Wake = ThreadsafeFunction<(), (), (), Status, false, true, 2>;

/// The `wake` callback given to the constructor.
pub struct JsHooks {
    wake: Wake,
}

impl JsHooks {
    /// Takes the callback over.
    pub fn new(wake: Function<'_, (), ()>) -> napi::Result<Self> {
        let wake = wake
            .build_threadsafe_function::<()>()
            .callee_handled::<false>()
            .weak::<true>()
            .max_queue_size::<2>()
            .build()?;
        Ok(Self { wake })
    }
}

impl Hooks for JsHooks {
    fn wake(&self) -> bool {
        // A full queue means that a call is on its way already.
        matches!(self.wake.call((), ThreadsafeFunctionCallMode::NonBlocking), Status::Ok | Status::QueueFull)
    }
}
