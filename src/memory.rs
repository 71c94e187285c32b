//! Memory that is free goes back to the system, also when nothing happens any more.
//!
//! mimalloc returns freed pages on a later allocation. After a burst there may be none for a long time: what a
//! flood took would stay resident until then.

use std::time::Duration;

/// Time between two looks at whether something happened.
const INTERVAL: Duration = Duration::from_secs(1);

/// Returns free memory while `activity`, a number that changes with what is done, changes, and once afterwards. Never
/// resolves; cancel safe.
pub async fn return_unused(activity: impl Fn() -> u64) {
    let mut seen = activity();
    let mut busy = false;
    loop {
        tokio::time::sleep(INTERVAL).await;
        let now = activity();
        let changed = now != seen;
        if changed || busy {
            // Once it is calm, all of it.
            collect(!changed);
        }
        (seen, busy) = (now, changed);
    }
}

#[cfg(feature = "bridge")]
fn collect(force: bool) {
    // SAFETY: `mi_collect` may be called from any thread at any time; it touches only memory that is free.
    unsafe { libmimalloc_sys::mi_collect(force) }
}

/// Without the addon the allocator is the system's.
#[cfg(not(feature = "bridge"))]
fn collect(_: bool) {}
