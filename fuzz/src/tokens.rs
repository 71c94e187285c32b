//! JSON Web Tokens. What is accepted has a signature that an implementation of HMAC of our own confirms, and is within
//! its times.
//!
//! Input: one byte for the form, then a token (even) or a payload that is signed first (odd).

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use plugin_io::auth::verify;
use serde_json::{Value, value::RawValue};
use sha2::{Digest, Sha256};

/// Secret of the tokens among the seeds.
pub const SECRET: &[u8] = b"the secret of the fuzzers";

pub fn run(data: &[u8]) {
    let [form, input @ ..] = data else { return };
    let signed = form & 1 == 1;
    let token = if signed { sign(input) } else { String::from_utf8_lossy(input).into_owned() };
    // Other keys and algorithms than the token's never accept it.
    for (key, algorithm) in [(&b"another secret"[..], "HS256"), (SECRET, "HS384"), (PUBLIC_KEY, "RS256")] {
        assert!(verify(&token, key, &[algorithm.into()]).is_err(), "{algorithm}");
    }
    let Ok(payload) = verify(&token, SECRET, &["HS256".into()]) else { return };
    assert!(has_our_signature(&token), "the signature is not ours: {token}");
    serde_json::from_str::<&RawValue>(&payload).expect("a payload is JSON");
    // Numbers beyond f64 are JSON, but serde_json makes no value of them.
    let Ok(value) = serde_json::from_str::<Value>(&payload) else { return };
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs_f64();
    if let Some(exp) = value.get("exp") {
        assert!(exp.as_f64().is_some_and(|exp| exp > now - 60.0), "expired: {payload}");
    }
    if let Some(nbf) = value.get("nbf") {
        assert!(nbf.as_f64().is_some_and(|nbf| nbf < now + 60.0), "not valid yet: {payload}");
    }
    if signed {
        assert_eq!(payload.trim().as_bytes(), input.trim_ascii());
    }
}

fn sign(payload: &[u8]) -> String {
    let head = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","typ":"JWT"}"#);
    let signed = format!("{head}.{}", URL_SAFE_NO_PAD.encode(payload));
    let signature = URL_SAFE_NO_PAD.encode(hmac(signed.as_bytes()));
    format!("{signed}.{signature}")
}

fn has_our_signature(token: &str) -> bool {
    let Some((signed, signature)) = token.rsplit_once('.') else { return false };
    URL_SAFE_NO_PAD.decode(signature).is_ok_and(|bytes| bytes == hmac(signed.as_bytes()))
}

/// HMAC-SHA256 (RFC 2104); the secret is shorter than a block.
fn hmac(message: &[u8]) -> Vec<u8> {
    let pad = |byte: u8| {
        let mut block = [byte; 64];
        block.iter_mut().zip(SECRET).for_each(|(byte, key)| *byte ^= key);
        block
    };
    let inner = Sha256::new().chain_update(pad(0x36)).chain_update(message).finalize();
    Sha256::new().chain_update(pad(0x5c)).chain_update(inner).finalize().to_vec()
}

/// A key for RS256, which must not become a secret for HS256.
const PUBLIC_KEY: &[u8] = b"-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAr2aNFSIw3/Z4kiPiYuO3
mZeISo7FD2wNSuYZdkxxU04BygSEairJ23/gXetWI+z9seSpHlzwhTp+YcPZH8bP
poWnzfyZTyzhAJIkgsPaMmyHdLL1xhxoVOkN8jVnF1XlsVOQrSzUUTqGzdK6ZrhC
gMQ4woZ52EYj+Tp9XohXKMnR41Q5+d2SUVHuUo/6fqO0YlxVRegcYLl1rFUHdnIm
kuFlBKY49jsynBHwJAPKRFGAIOnziSh/jSoWCHLgXMgRJJmZdM2Z2Nhoxi57tI4U
p4bftPl5v9LyMIIywNBVvn/sTwHZdJ8PkerHwxCtavBa72R3nk61NM86/U1OYLLb
hwIDAQAB
-----END PUBLIC KEY-----
";
