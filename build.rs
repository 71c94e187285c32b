//! Tells the linker that the symbols of N-API come with Node.

fn main() {
    if std::env::var_os("CARGO_FEATURE_BRIDGE").is_some() {
        napi_build::setup();
    }
}
