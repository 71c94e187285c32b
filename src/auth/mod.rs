//! Who a client is, as far as that can be told without a database.

mod jwt;
pub mod session;

pub use jwt::{JwtError, verify};
