//! What breaks a protocol ends its own session, with the right reason, and nothing else.
#![allow(clippy::unwrap_used)]

mod support;

use std::sync::atomic::Ordering;

use plugin_io::{options::Options, server::events::Event};
use support::{Client, Poller, Server, frame, http, options, raw_websocket, read_all};
use tokio::io::AsyncWriteExt;

/// Close code of the first close frame in the bytes of a server that sent nothing else but short frames.
fn close_code(bytes: &[u8]) -> Option<u16> {
    match bytes {
        [0x88, 2, high, low, ..] => Some(u16::from_be_bytes([*high, *low])),
        _ => None,
    }
}

#[tokio::test]
async fn a_frame_that_breaks_the_rules_is_answered_with_its_close_code() {
    let server = Server::start(Options { max_payload: 1000, ..options() }).await;
    let mut huge = vec![0x81, 0x80 | 127];
    huge.extend(u64::MAX.to_be_bytes());
    huge.extend([0; 4]);
    let mut large = vec![0x82, 0x80 | 126];
    large.extend(1001u16.to_be_bytes());
    large.extend([0; 4]);
    for (bytes, code, what) in [
        (vec![0x81, 0x01, b'4'], 1002, "unmasked"),
        (frame(0xc1, b"4"), 1002, "reserved bit"),
        (frame(0x83, b"4"), 1002, "reserved opcode"),
        (frame(0x80, b"4"), 1002, "continuation of nothing"),
        ([frame(0x01, b"4"), frame(0x81, b"4")].concat(), 1002, "a message within a message"),
        (frame(0x09, b"x"), 1002, "fragmented ping"),
        (frame(0x88, b"x"), 1002, "half a close code"),
        (frame(0x88, &999u16.to_be_bytes()), 1002, "forbidden close code"),
        (vec![0x89, 0x80 | 126, 0, 200, 0, 0, 0, 0], 1002, "a ping longer than 125 bytes"),
        (frame(0x81, &[b'4', 0xc3, 0x28]), 1007, "invalid UTF-8"),
        (large, 1009, "message over the limit"),
        (huge, 1009, "length of 2^64"),
    ] {
        let mut stream = raw_websocket(&server).await;
        stream.write_all(&bytes).await.unwrap();
        assert_eq!(close_code(&read_all(&mut stream).await), Some(code), "{what}");
    }
    server.until("the ends", |core| core.stats().connections == 0).await;
    server.assert_alive().await;
}

#[tokio::test]
async fn a_ping_may_come_between_the_fragments_of_a_message_of_full_size() {
    let server = Server::start(Options { max_payload: 20, ..options() }).await;
    let mut stream = raw_websocket(&server).await;
    let text = format!("42[\"{}\"]", "x".repeat(14));
    assert_eq!(text.len(), 20);
    stream.write_all(&frame(0x81, b"40")).await.unwrap();
    stream.write_all(&frame(0x01, text.as_bytes())).await.unwrap();
    stream.write_all(&frame(0x89, b"still there?")).await.unwrap();
    stream.write_all(&frame(0x80, b"")).await.unwrap();
    stream.write_all(&frame(0x88, &1000u16.to_be_bytes())).await.unwrap();
    let answer = read_all(&mut stream).await;
    let pong = b"\x8a\x0cstill there?\x88\x02\x03\xe8";
    assert!(answer.ends_with(pong), "{}", String::from_utf8_lossy(&answer));
}

#[tokio::test]
async fn a_close_is_answered_once() {
    let server = Server::start(options()).await;
    let mut stream = raw_websocket(&server).await;
    stream.write_all(&frame(0x88, &1001u16.to_be_bytes())).await.unwrap();
    assert_eq!(read_all(&mut stream).await, [0x88, 2, 0x03, 0xe9]);
    // The server's own close: the client's answer is not answered again.
    let mut stream = raw_websocket(&server).await;
    server.until("the session", |core| core.conn_ids().len() == 1).await;
    server.core().close_conn(&server.core().conn_ids()[0], false);
    server.until("its end", |core| core.stats().connections == 0).await;
    stream.write_all(&frame(0x81, b"42[\"too late\"]")).await.unwrap();
    stream.write_all(&frame(0x88, &[])).await.unwrap();
    assert_eq!(read_all(&mut stream).await, [0x88, 0]);
}

#[tokio::test]
async fn a_message_that_is_no_packet_ends_the_session_as_a_parse_error() {
    let server = Server::start(options()).await;
    server.attach.store(true, Ordering::SeqCst);
    for (text, reason) in [
        ("x", "parse error"),
        ("7", "parse error"),
        ("", "parse error"),
        ("é", "parse error"),
        ("2", "transport error"),
    ] {
        let mut client = Client::connect(&server).await;
        client.send(text).await;
        let told = server
            .event_of(|event| match event {
                Event::Close(_, reason) => Some(reason),
                _ => None,
            })
            .await;
        assert_eq!(told, reason, "{text}");
        client.rest().await;
        server.core().release(&client.id);
    }
    assert!(server.core().conn_ids().is_empty());
    let poller = Poller::connect(&server).await;
    assert_eq!(poller.post("x").await, (200, "ok".into()));
    assert_eq!(poller.poll().await.0, 400);
}

/// A length that ends inside a surrogate pair kept a thread of the engine busy for ever.
#[tokio::test]
async fn a_protocol_3_body_with_a_wrong_length_ends_its_session_only() {
    let server = Server::start(Options { allow_eio3: true, ..options() }).await;
    for body in ["1:😀x", "2:4😀x", "5:42", "999999999:2", "x"] {
        let open = http(&server, "GET", "EIO=3&transport=polling", "").await;
        let sid = open.1.split('"').nth(3).unwrap().to_owned();
        let query = format!("EIO=3&transport=polling&sid={sid}");
        assert_eq!(http(&server, "POST", &query, body).await, (200, "ok".into()), "{body}");
        assert_eq!(http(&server, "GET", &query, "").await.0, 400, "{body}");
    }
    server.assert_alive().await;
}

#[tokio::test]
async fn a_socket_io_packet_that_makes_no_sense_ends_its_session_only() {
    let server = Server::start(options()).await;
    for text in [
        "42[\"before connect\"]",
        "41",
        "44{}",
        "4",
        "47",
        "4x",
        "42",
        "42{}",
        "42[]",
        "42[{}]",
        "42[\"x\"",
        "42[\"connect\"]",
        "42[\"disconnect\"]",
        "40[]",
        "40{",
        "40\"x\"",
        "43{}",
        "451-[\"x\"]",
        "45-[\"x\"]",
        "459999999999999999999-[\"x\"]",
        "4511-[\"x\"]",
        "42/nowhere,[\"x\"]",
    ] {
        let mut client = Client::connect(&server).await;
        client.send(text).await;
        assert!(client.rest().await.is_empty(), "{text}");
        let poller = Poller::connect(&server).await;
        poller.post(text).await;
        assert_eq!(poller.poll().await.1, "6\x1e1", "{text}");
    }
    server.until("the ends", |core| core.stats().connections == 0).await;
    server.assert_alive().await;
}

#[tokio::test]
async fn connecting_twice_or_binary_without_announcement_ends_the_session() {
    let server = Server::start(options()).await;
    let mut twice = Client::joined(&server).await;
    twice.send("40").await;
    assert!(twice.rest().await.is_empty());
    let mut unannounced = Client::joined(&server).await;
    unannounced.send_binary(b"x").await;
    assert!(unannounced.rest().await.is_empty());
    let mut interrupted = Client::joined(&server).await;
    interrupted.send("452-[\"x\",{\"_placeholder\":true,\"num\":0},{\"_placeholder\":true,\"num\":1}]").await;
    interrupted.send_binary(b"x").await;
    interrupted.send("42[\"y\"]").await;
    assert!(interrupted.rest().await.is_empty());
    server.assert_alive().await;
}

#[tokio::test]
async fn bad_requests_get_the_documented_answers() {
    let server = Server::start(options()).await;
    for (method, query, code, message) in [
        ("GET", "EIO=4", 0, "Transport unknown"),
        ("GET", "EIO=4&transport=telepathy", 0, "Transport unknown"),
        ("GET", "EIO=4&transport=polling&sid=nobody", 1, "Session ID unknown"),
        ("POST", "EIO=4&transport=polling&sid=nobody", 1, "Session ID unknown"),
        ("POST", "EIO=4&transport=polling", 2, "Bad handshake method"),
        ("PUT", "EIO=4&transport=polling", 2, "Bad handshake method"),
        ("GET", "EIO=4&transport=websocket", 3, "Bad request"),
        ("GET", "EIO=3&transport=polling", 5, "Unsupported protocol version"),
        ("GET", "transport=polling", 5, "Unsupported protocol version"),
    ] {
        let (status, body) = http(&server, method, query, "").await;
        assert_eq!(status, 400, "{query}");
        assert_eq!(body, format!("{{\"code\":{code},\"message\":\"{message}\"}}"), "{query}");
    }
    server.assert_alive().await;
}

#[tokio::test]
async fn overlapping_polls_end_the_session() {
    let server = Server::start(options()).await;
    let poller = Poller::connect(&server).await;
    let (a, b) = tokio::join!(poller.poll(), poller.poll());
    let mut answers = [a, b];
    answers.sort();
    assert_eq!(answers, [(200, "1".into()), (400, String::new())]);
    assert_eq!(poller.poll().await.1, "{\"code\":1,\"message\":\"Session ID unknown\"}");
    server.assert_alive().await;
}

/// Flooding an engine with packets it refuses must not tie its threads up.
#[tokio::test]
async fn a_flood_of_refused_connects_is_cut_off_and_the_engine_lives_on() {
    let server = Server::start(options()).await;
    let mut stream = raw_websocket(&server).await;
    let flood = frame(0x81, b"40/nowhere,").repeat(10_000);
    // It writes and never reads; the engine cuts it off, which a write sees sooner or later.
    let cut = async { while stream.write_all(&flood).await.is_ok() {} };
    support::within("the cut", cut).await;
    server.until("the end", |core| core.stats().connections == 0).await;
    server.assert_alive().await;
}
