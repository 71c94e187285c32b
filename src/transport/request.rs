//! The request that opens a session or belongs to one, and the checks of engine.io's `verify` on it.

use base64::Engine as _;

use crate::{options::Options, security::Forwarded};

/// Engine.IO protocol revision of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// socket.io-client 2.x.
    V3,
    /// socket.io-client 3.x and 4.x.
    V4,
}

/// The head of an HTTP request, parsed by Node, with the query fields the protocol knows.
#[derive(Debug, Clone)]
pub struct RequestHead {
    /// HTTP method.
    pub method: String,
    /// Path and query as received.
    pub url: String,
    /// Header names and values as received, alternating.
    pub headers: Vec<String>,
    /// Address of the peer.
    pub remote_address: String,
    /// What was read about the proxies it passed; only needed of a request that opens a session.
    pub forwarded: Option<Forwarded>,
    /// Whether the request came over TLS.
    pub secure: bool,
    /// `transport` of the query, or "".
    pub transport: String,
    /// `sid` of the query.
    pub sid: Option<String>,
    /// `EIO` of the query, or "".
    pub eio: String,
    /// Whether the client asked for base64 (protocol 3).
    pub b64: bool,
    /// Whether Node delivered the request as an upgrade.
    pub upgrade: bool,
}

impl RequestHead {
    /// Value of the first header of that name (lower case).
    pub fn header<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        self.headers_named(name).next()
    }

    /// Values of all headers of that name (lower case), line by line.
    pub fn headers_named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let named = self.headers.chunks_exact(2).filter(|pair| pair[0].eq_ignore_ascii_case(name));
        named.map(|pair| pair[1].as_str())
    }

    /// Protocol revision: 4 when asked for, else 3, as engine.io decides.
    pub fn protocol(&self) -> Protocol {
        if self.eio == "4" { Protocol::V4 } else { Protocol::V3 }
    }
}

/// Why a request is not served: the answer engine.io documents for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// HTTP status.
    pub status: u16,
    /// engine.io's error code (0 to 5).
    pub code: u8,
    /// engine.io's error message.
    pub message: &'static str,
    /// Details for the `connection_error` event, a JSON object.
    pub context: serde_json::Value,
}

impl Refusal {
    fn new(code: u8, message: &'static str, context: serde_json::Value) -> Self {
        Self { status: 400, code, message, context }
    }

    /// The transport is unknown or switched off.
    pub fn unknown_transport(transport: &str) -> Self {
        Self::new(0, "Transport unknown", serde_json::json!({ "transport": transport }))
    }

    /// No session has this id.
    pub fn unknown_sid(sid: &str) -> Self {
        Self::new(1, "Session ID unknown", serde_json::json!({ "sid": sid }))
    }

    /// A session can only be opened with GET.
    pub fn bad_method(method: &str) -> Self {
        Self::new(2, "Bad handshake method", serde_json::json!({ "method": method }))
    }

    /// The request contradicts the session or the protocol; `name` says how.
    pub fn bad_request(name: &str, mut context: serde_json::Value) -> Self {
        context["name"] = name.into();
        Self::new(3, "Bad request", context)
    }

    /// The client may not connect; `reason` says why.
    pub fn forbidden(reason: &str) -> Self {
        Self { status: 403, ..Self::new(4, "Forbidden", serde_json::json!({ "reason": reason })) }
    }

    /// Protocol 3 without `allowEIO3`.
    pub fn unsupported_protocol(protocol: u8) -> Self {
        Self::new(5, "Unsupported protocol version", serde_json::json!({ "protocol": protocol }))
    }

    /// The body engine.io sends: `{"code":…,"message":…}`.
    pub fn body(&self) -> String {
        format!("{{\"code\":{},\"message\":\"{}\"}}", self.code, self.message)
    }
}

/// What the check needs to know about the session a request names.
pub enum SessionState {
    /// No such session.
    Unknown,
    /// The session uses this transport now.
    Open(&'static str),
}

/// Checks a request in engine.io's order. `session` is asked only when the request names one.
pub fn verify(
    head: &RequestHead,
    options: &Options,
    session: impl FnOnce(&str) -> SessionState,
) -> Result<(), Refusal> {
    let offered = match head.transport.as_str() {
        "polling" => options.polling,
        "websocket" => options.websocket,
        _ => false,
    };
    if !offered {
        return Err(Refusal::unknown_transport(&head.transport));
    }
    if let Some(origin) = head.header("origin")
        && !is_valid_header_value(origin)
    {
        return Err(Refusal::bad_request("INVALID_ORIGIN", serde_json::json!({ "origin": origin })));
    }
    match &head.sid {
        Some(sid) => match session(sid) {
            SessionState::Unknown => return Err(Refusal::unknown_sid(sid)),
            SessionState::Open(transport) if !head.upgrade && transport != head.transport => {
                return Err(Refusal::bad_request(
                    "TRANSPORT_MISMATCH",
                    serde_json::json!({ "transport": head.transport, "previousTransport": transport }),
                ));
            }
            SessionState::Open(_) => {}
        },
        None => {
            if head.method != "GET" {
                return Err(Refusal::bad_method(&head.method));
            }
            if head.transport == "websocket" && !head.upgrade {
                return Err(Refusal::bad_request("TRANSPORT_HANDSHAKE_ERROR", serde_json::json!({})));
            }
            if head.protocol() == Protocol::V3 && !options.allow_eio3 {
                return Err(Refusal::unsupported_protocol(3));
            }
        }
    }
    if head.upgrade { verify_websocket(head, options) } else { Ok(()) }
}

/// The requirements of RFC 6455, section 4.2.1, on an upgrade request.
fn verify_websocket(head: &RequestHead, options: &Options) -> Result<(), Refusal> {
    let problem = if head.transport != "websocket" {
        "the transport of an upgrade must be websocket"
    } else if head.sid.is_some() && !options.allow_upgrades {
        "upgrades are switched off"
    } else if head.method != "GET" {
        "the method must be GET"
    } else if !head.header("upgrade").is_some_and(|v| v.eq_ignore_ascii_case("websocket")) {
        "invalid Upgrade header"
    } else if !websocket_key(head).is_some_and(is_valid_key) {
        "missing or invalid Sec-WebSocket-Key header"
    } else if !head.header("sec-websocket-version").is_some_and(|v| v == "13" || v == "8") {
        "missing or invalid Sec-WebSocket-Version header"
    } else {
        return Ok(());
    };
    Err(Refusal::bad_request("WEBSOCKET_HANDSHAKE_ERROR", serde_json::json!({ "reason": problem })))
}

/// The `Sec-WebSocket-Key` of an upgrade request.
pub fn websocket_key(head: &RequestHead) -> Option<&str> {
    head.header("sec-websocket-key")
}

fn is_valid_key(key: &str) -> bool {
    base64::engine::general_purpose::STANDARD.decode(key).is_ok_and(|bytes| bytes.len() == 16)
}

/// Node delivers header values as latin-1; control characters other than tab are not allowed in one.
fn is_valid_header_value(value: &str) -> bool {
    value.chars().all(|c| c == '\t' || (c >= ' ' && c != '\u{7f}' && c <= '\u{ff}'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn options() -> Options {
        Options {
            ping_interval: Duration::from_secs(25),
            ping_timeout: Duration::from_secs(20),
            upgrade_timeout: Duration::from_secs(10),
            connect_timeout: Duration::from_secs(45),
            max_payload: 1_000_000,
            polling: true,
            websocket: true,
            allow_upgrades: true,
            allow_eio3: false,
            max_outbox_bytes: 1 << 20,
            max_pending_events: 1 << 10,
            max_pending_bytes: 1 << 20,
            threads: 1,
        }
    }

    fn upgrade() -> RequestHead {
        let headers = [
            ("Upgrade", "websocket"),
            ("Connection", "Upgrade"),
            ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
            ("Sec-WebSocket-Version", "13"),
        ];
        RequestHead {
            method: "GET".into(),
            url: "/socket.io/?EIO=4&transport=websocket".into(),
            headers: headers.iter().flat_map(|(k, v)| [k.to_string(), v.to_string()]).collect(),
            remote_address: "127.0.0.1".into(),
            forwarded: None,
            secure: false,
            transport: "websocket".into(),
            sid: None,
            eio: "4".into(),
            b64: false,
            upgrade: true,
        }
    }

    fn code(head: &RequestHead) -> Option<u8> {
        verify(head, &options(), |_| SessionState::Unknown).err().map(|refusal| refusal.code)
    }

    #[test]
    fn accepts_a_plain_upgrade() {
        assert_eq!(code(&upgrade()), None);
    }

    #[test]
    fn refuses_what_engine_io_refuses() {
        let with = |change: fn(&mut RequestHead)| {
            let mut head = upgrade();
            change(&mut head);
            code(&head)
        };
        assert_eq!(with(|h| h.transport = "carrier-pigeon".into()), Some(0));
        assert_eq!(with(|h| h.sid = Some("nobody".into())), Some(1));
        assert_eq!(with(|h| h.method = "POST".into()), Some(2));
        assert_eq!(with(|h| h.upgrade = false), Some(3));
        assert_eq!(with(|h| h.headers[5] = "short".into()), Some(3));
        assert_eq!(with(|h| h.headers[7] = "12".into()), Some(3));
        assert_eq!(with(|h| h.headers[1] = "h2c".into()), Some(3));
        assert_eq!(with(|h| h.headers.truncate(4)), Some(3));
        assert_eq!(with(|h| h.eio = "3".into()), Some(5));
        assert_eq!(with(|h| h.headers.extend(["Origin".into(), "a\u{1}b".into()])), Some(3));
    }

    #[test]
    fn a_session_keeps_its_transport_unless_it_upgrades() {
        let mut head = upgrade();
        head.sid = Some("known".into());
        let polling = |_: &str| SessionState::Open("polling");
        assert!(verify(&head, &options(), polling).is_ok());
        head.upgrade = false;
        assert_eq!(verify(&head, &options(), polling).err().map(|r| r.code), Some(3));
    }
}
