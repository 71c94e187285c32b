//! The HTTP answer that turns a connection into a WebSocket.

use bytes::Bytes;
use tungstenite::handshake::derive_accept_key;

/// The `101` for a key that was checked before, with the headers JavaScript wants to add (alternating names
/// and values). Header text that could break the answer apart is left out.
pub fn switching_protocols(key: &str, extra: &[String]) -> Bytes {
    let mut answer = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {}\r\n",
        derive_accept_key(key.as_bytes())
    );
    for pair in extra.chunks_exact(2) {
        let breaks = |text: &String| text.contains(['\r', '\n', '\0']);
        if !pair.iter().any(breaks) && !pair[0].is_empty() {
            answer.push_str(&format!("{}: {}\r\n", pair[0], pair[1]));
        }
    }
    answer.push_str("\r\n");
    answer.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_with_the_accept_key_of_the_rfc_and_safe_extra_headers() {
        let extra = ["Set-Cookie", "io=1", "X-Bad", "a\r\nInjected: 1"].map(String::from);
        let answer = switching_protocols("dGhlIHNhbXBsZSBub25jZQ==", &extra);
        let text = std::str::from_utf8(&answer).unwrap();
        assert!(text.contains("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
        assert!(text.contains("Set-Cookie: io=1\r\n"));
        assert!(!text.contains("Injected"));
        assert!(text.ends_with("\r\n\r\n"));
    }
}
