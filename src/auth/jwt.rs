//! JSON Web Tokens: signature, algorithm and times are checked before anything else looks at a token.

use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header, errors::ErrorKind};
use serde_json::value::RawValue;
use thiserror::Error;

/// Why a token is not accepted.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum JwtError {
    /// It was valid until its `exp`.
    #[error("the token has expired")]
    Expired,
    /// Malformed, tampered with, signed with another secret or algorithm, or not valid yet.
    #[error("the token is invalid")]
    Invalid,
    /// The server's own settings name no usable key or algorithm.
    #[error("jwt settings: {0}")]
    Settings(String),
}

impl JwtError {
    /// Stable identifier of the error, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            JwtError::Expired => "TOKEN_EXPIRED",
            JwtError::Invalid => "TOKEN_INVALID",
            JwtError::Settings(_) => "JWT_SETTINGS",
        }
    }
}

/// Checks a token and returns the JSON text of its payload.
///
/// `key` is the shared secret, or the public key in PEM for the asymmetric algorithms. Only `algorithms` are
/// accepted, whatever the token says of itself; `none` is not one.
pub fn verify(token: &str, key: &[u8], algorithms: &[String]) -> Result<String, JwtError> {
    let allowed = algorithms
        .iter()
        .map(|name| {
            name.parse::<Algorithm>().map_err(|_| JwtError::Settings(format!("unknown algorithm {name}")))
        })
        .collect::<Result<Vec<_>, _>>()?;
    if key.is_empty() || allowed.is_empty() {
        return Err(JwtError::Settings("no secret or no algorithm".into()));
    }
    let algorithm = decode_header(token).map_err(|_| JwtError::Invalid)?.alg;
    if !allowed.contains(&algorithm) {
        return Err(JwtError::Invalid);
    }
    let mut validation = Validation::new(algorithm);
    validation.leeway = 0;
    validation.validate_nbf = true;
    validation.validate_aud = false;
    // A token without `exp` never expires, as with the npm package jsonwebtoken.
    validation.required_spec_claims.clear();
    let decoded = decode::<Box<RawValue>>(token, &decoding_key(algorithm, key)?, &validation);
    match decoded {
        Ok(data) => Ok(data.claims.get().to_owned()),
        Err(error) if matches!(error.kind(), ErrorKind::ExpiredSignature) => Err(JwtError::Expired),
        Err(_) => Err(JwtError::Invalid),
    }
}

fn decoding_key(algorithm: Algorithm, key: &[u8]) -> Result<DecodingKey, JwtError> {
    let parsed = match algorithm {
        Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512 => Ok(DecodingKey::from_secret(key)),
        Algorithm::ES256 | Algorithm::ES384 => DecodingKey::from_ec_pem(key),
        Algorithm::EdDSA => DecodingKey::from_ed_pem(key),
        _ => DecodingKey::from_rsa_pem(key),
    };
    parsed.map_err(|error| JwtError::Settings(format!("the key does not fit the algorithm: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    use jsonwebtoken::{EncodingKey, Header, encode, get_current_timestamp};
    use serde_json::json;

    const SECRET: &[u8] = b"a secret of the tests";

    fn token(payload: &serde_json::Value) -> String {
        encode(&Header::new(Algorithm::HS256), payload, &EncodingKey::from_secret(SECRET)).unwrap()
    }

    fn check(token: &str) -> Result<String, JwtError> {
        verify(token, SECRET, &["HS256".into()])
    }

    #[test]
    fn gives_the_payload_of_a_good_token() {
        let now = get_current_timestamp();
        let payload = json!({ "id": 7, "exp": now + 60 });
        let read: serde_json::Value = serde_json::from_str(&check(&token(&payload)).unwrap()).unwrap();
        assert_eq!(read, payload);
        assert_eq!(check(&token(&json!({ "id": 7 }))).unwrap(), "{\"id\":7}");
    }

    #[test]
    fn refuses_expired_early_tampered_and_unsigned_tokens() {
        let now = get_current_timestamp();
        assert_eq!(check(&token(&json!({ "id": 7, "exp": now - 1 }))), Err(JwtError::Expired));
        assert_eq!(check(&token(&json!({ "id": 7, "nbf": now + 60 }))), Err(JwtError::Invalid));
        let good = token(&json!({ "id": 7 }));
        let parts: Vec<&str> = good.split('.').collect();
        let other = URL_SAFE_NO_PAD.encode("{\"id\":1}");
        assert_eq!(check(&format!("{}.{other}.{}", parts[0], parts[2])), Err(JwtError::Invalid));
        let none = URL_SAFE_NO_PAD.encode("{\"alg\":\"none\",\"typ\":\"JWT\"}");
        assert_eq!(check(&format!("{none}.{}.", parts[1])), Err(JwtError::Invalid));
        assert_eq!(verify(&good, b"another secret", &["HS256".into()]), Err(JwtError::Invalid));
        assert_eq!(verify(&good, SECRET, &["HS512".into()]), Err(JwtError::Invalid));
        for garbage in ["", ".", "..", "a.b.c", "é.é.é"] {
            assert_eq!(check(garbage), Err(JwtError::Invalid), "{garbage}");
        }
    }

    #[test]
    fn settings_that_fit_no_token_are_named() {
        let good = token(&json!({ "id": 7 }));
        assert!(matches!(verify(&good, b"", &["HS256".into()]), Err(JwtError::Settings(_))));
        assert!(matches!(verify(&good, SECRET, &["none".into()]), Err(JwtError::Settings(_))));
        assert!(matches!(verify(&good, SECRET, &[]), Err(JwtError::Settings(_))));
    }
}
