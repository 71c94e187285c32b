//! What a recipient may see of an entity.
//!
//! * [`json`] reads a text once and remembers where its values are; nothing is decoded that nobody asks for.
//! * [`model`] compiles Strapi's schemas: per attribute one action.
//! * [`blocklist`] knows the names that are never sent.
//! * `resolve` walks a document once and decides, for all recipients, what each value depends on.
//! * `emit` writes what a set of permissions leaves of it.
//! * `attributes` writes a sanitized entity in the format of earlier versions.
//! * [`Sanitizer`] puts these together.
//!
//! Whatever is not understood is left out: `docs/internals/sanitizer.md` lists where that differs from Strapi.

mod attributes;
pub mod blocklist;
mod emit;
mod error;
pub mod json;
pub mod model;
mod resolve;
#[expect(clippy::module_inception, reason = "the type the module is about")]
mod sanitizer;
pub mod scopes;
#[cfg(test)]
mod tests;

pub use attributes::Envelope;
pub use error::{Error, Result};
pub use sanitizer::{Copies, Options, Sanitizer};
