//! Token checks.

use napi::bindgen_prelude::Buffer;
use napi_derive::napi;

use crate::auth;

/// What a token turned out to be. Exactly one of the fields is set.
#[napi(object, use_nullable = true)]
pub struct JwtVerdict {
    /// JSON text of the payload of a good token.
    pub payload: Option<String>,
    /// `TOKEN_EXPIRED`, `TOKEN_INVALID` or `JWT_SETTINGS`.
    pub code: Option<String>,
    /// What is wrong, for people.
    pub message: Option<String>,
}

/// Checks signature, algorithm, `exp` and `nbf` of a JSON Web Token. `key` is the shared secret, or the public key
/// in PEM; only `algorithms` are accepted.
#[napi]
pub fn verify_jwt(token: String, key: Buffer, algorithms: Vec<String>) -> JwtVerdict {
    match auth::verify(&token, &key, &algorithms) {
        Ok(payload) => JwtVerdict { payload: Some(payload), code: None, message: None },
        Err(error) => {
            JwtVerdict { payload: None, code: Some(error.code().into()), message: Some(error.to_string()) }
        }
    }
}
