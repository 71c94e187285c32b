//! Heads of requests. Only what Engine.IO and RFC 6455 allow is served, a refusal is an answer that can be sent, and
//! no header breaks the `101` apart.
//!
//! Input: one byte for the options and the session, then `METHOD /path?query` and header lines.

use std::time::Duration;

use base64::Engine as _;
use plugin_io::{
    options::Options,
    transport::{
        request::{Protocol, RequestHead, SessionState, verify, websocket_key},
        websocket::switching_protocols,
    },
};

pub fn run(data: &[u8]) {
    let [form, text @ ..] = data else { return };
    let text = String::from_utf8_lossy(text);
    let head = head(&text, form & 1 != 0);
    let options = options(*form);
    let session = |_: &str| match form >> 6 {
        0 => SessionState::Unknown,
        1 => SessionState::Open("websocket"),
        _ => SessionState::Open("polling"),
    };
    match verify(&head, &options, session) {
        Ok(()) => is_allowed(&head, &options, form >> 6 != 0),
        Err(refusal) => {
            assert!(matches!(refusal.status, 400 | 403) && refusal.code <= 5);
            let body: serde_json::Value = serde_json::from_str(&refusal.body()).unwrap();
            assert_eq!(body["code"], refusal.code);
            assert!(refusal.context.is_object());
        }
    }
    let answer = switching_protocols(websocket_key(&head).unwrap_or_default(), &head.headers);
    is_one_answer(&answer);
}

fn options(form: u8) -> Options {
    Options {
        ping_interval: Duration::from_secs(25),
        ping_timeout: Duration::from_secs(20),
        upgrade_timeout: Duration::from_secs(10),
        connect_timeout: Duration::from_secs(45),
        max_payload: 1_000_000,
        polling: form & 2 == 0,
        websocket: form & 4 == 0,
        allow_upgrades: form & 8 == 0,
        allow_eio3: form & 16 != 0,
        max_outbox_bytes: 1 << 20,
        max_pending_events: 1 << 10,
        max_pending_bytes: 1 << 20,
        threads: 1,
    }
}

fn head(text: &str, upgrade: bool) -> RequestHead {
    let mut lines = text.split('\n');
    let (method, url) = lines.next().unwrap_or_default().split_once(' ').unwrap_or_default();
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let field = |name: &str| {
        let found = query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
        found.map(str::to_owned)
    };
    RequestHead {
        method: method.into(),
        url: url.into(),
        headers: lines
            .filter_map(|line| line.split_once(": "))
            .flat_map(|(name, value)| [name.to_owned(), value.to_owned()])
            .collect(),
        remote_address: "192.0.2.1".into(),
        forwarded: None,
        secure: false,
        transport: field("transport").unwrap_or_default(),
        sid: field("sid"),
        eio: field("EIO").unwrap_or_default(),
        b64: field("b64").is_some(),
        upgrade,
    }
}

fn is_allowed(head: &RequestHead, options: &Options, has_session: bool) {
    assert!(match &*head.transport {
        "polling" => options.polling,
        "websocket" => options.websocket,
        _ => false,
    });
    let origin = head.header("origin").unwrap_or_default();
    assert!(!origin.contains(|char: char| char.is_control() && char != '\t'), "{origin:?}");
    if head.sid.is_some() {
        assert!(has_session);
    } else {
        assert!(head.method == "GET");
        assert!(head.protocol() == Protocol::V4 || options.allow_eio3);
        assert!(head.upgrade || head.transport == "polling");
    }
    if head.upgrade {
        assert!(head.method == "GET" && head.transport == "websocket");
        assert!(head.sid.is_none() || options.allow_upgrades);
        let key = websocket_key(head).expect("an upgrade has a key");
        let nonce = base64::engine::general_purpose::STANDARD.decode(key).expect("a key is base64");
        assert_eq!(nonce.len(), 16);
    }
}

fn is_one_answer(answer: &[u8]) {
    let text = std::str::from_utf8(answer).unwrap();
    assert_eq!(text.find("\r\n\r\n"), Some(text.len() - 4), "{text:?}");
    for line in text[..text.len() - 4].split("\r\n") {
        assert!(!line.contains(['\r', '\n', '\0']), "{line:?}");
    }
    assert!(text.starts_with("HTTP/1.1 101 "));
}
