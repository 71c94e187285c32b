//! The Node environments (the main thread, worker threads) that load the addon, and their ends.

use std::sync::{Arc, Weak};

use napi::{CleanupEnvHook, Env};
use parking_lot::Mutex;

use crate::server::engine::Engine;

/// Ends an engine with the environment it was made in: a worker thread can be terminated at any time.
#[derive(Default)]
pub struct EndWithEnvironment(Mutex<Option<CleanupEnvHook<Weak<Engine>>>>);

impl EndWithEnvironment {
    /// Watches the environment.
    pub fn new(env: &Env, engine: &Arc<Engine>) -> napi::Result<Self> {
        let end = |engine: Weak<Engine>| {
            if let Some(engine) = engine.upgrade() {
                engine.close();
            }
        };
        Ok(Self(Mutex::new(Some(env.add_env_cleanup_hook(Arc::downgrade(engine), end)?))))
    }

    /// The engine ends before its environment.
    pub fn cancel(&self, env: &Env) -> napi::Result<()> {
        match self.0.lock().take() {
            Some(hook) => env.remove_env_cleanup_hook(hook),
            None => Ok(()),
        }
    }
}

/// Keeps the library in memory: Node unloads it with the last worker thread that used it, while threads still run
/// code of it, if only the allocator's at their end.
#[napi_derive::module_init]
fn stay_loaded() {
    platform::pin();
}

#[cfg(unix)]
mod platform {
    pub(super) fn pin() {
        // SAFETY: `dladdr` fills `info` for an address of this very library and keeps the name alive as long as that
        // is loaded; `dlopen` with `RTLD_NOLOAD` loads nothing, it only marks what is loaded.
        unsafe {
            let mut info = std::mem::zeroed::<libc::Dl_info>();
            if libc::dladdr(pin as *const libc::c_void, &raw mut info) != 0 && !info.dli_fname.is_null() {
                libc::dlopen(info.dli_fname, libc::RTLD_LAZY | libc::RTLD_NOLOAD | libc::RTLD_NODELETE);
            }
        }
    }
}

#[cfg(windows)]
mod platform {
    use std::ffi::c_void;

    const FROM_ADDRESS: u32 = 4;
    const PIN: u32 = 1;

    #[link(name = "kernel32")]
    unsafe extern "system" {
        fn GetModuleHandleExW(flags: u32, address: *const c_void, module: *mut *mut c_void) -> i32;
    }

    pub(super) fn pin() {
        let mut module = std::ptr::null_mut();
        // SAFETY: the address is one of this very library, and `module` is only written to.
        unsafe { GetModuleHandleExW(FROM_ADDRESS | PIN, pin as *const c_void, &raw mut module) };
    }
}
