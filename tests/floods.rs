//! What a client may send that reaches no handler: pings, pongs, empty frames, floods. None of it costs others anything.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures_util::SinkExt;
use plugin_io::{
    options::Options,
    server::{
        engine::Engine,
        events::{Event, Hooks},
    },
};
use support::{Client, Poller, Server, options, parcel, within};
use tokio::io::AsyncWriteExt;
use tokio_tungstenite::tungstenite::{Message, protocol::frame::coding::CloseCode};

/// The close code a client gets, after whatever else it gets.
async fn close_code(client: &mut Client) -> Option<CloseCode> {
    while let Some(message) = client.next().await {
        if let Message::Close(frame) = message {
            return frame.map(|frame| frame.code);
        }
    }
    None
}

#[tokio::test]
async fn pongs_nobody_asked_for_leave_no_timer_and_end_the_connection() {
    let server = Server::start(options()).await;
    let mut flood = Client::joined(&server).await;
    let other = Client::joined(&server).await;
    for _ in 0..10 {
        flood.send("3").await;
    }
    flood.send("40/nowhere,").await;
    assert!(flood.text().await.starts_with("44/nowhere,"));
    assert_eq!(server.core().stats().timers, 2);
    for _ in 0..1000 {
        // The connection may end while it still sends.
        let _ = flood.ws.send(Message::text("3")).await;
    }
    assert_eq!(close_code(&mut flood).await, Some(CloseCode::Policy));
    let stats = server.core().stats();
    assert_eq!((stats.flooded, stats.connections, stats.timers), (1, 1, 1));
    let line = server.event_of(|event| if let Event::Log(_, line) = event { Some(line) } else { None }).await;
    assert!(line.contains(&flood.id) && line.contains("control packets"), "{line}");
    other.close().await;
    server.until("no timer", |core| core.stats().timers == 0).await;
}

#[tokio::test]
async fn pongs_by_polling_are_counted_too() {
    let server = Server::start(options()).await;
    let poller = Poller::joined(&server).await;
    assert_eq!(poller.post(&["3"; 10].join("\x1e")).await.0, 200);
    assert_eq!(server.core().stats().timers, 1);
    poller.post(&["3"; 10_000].join("\x1e")).await;
    assert_eq!(poller.poll().await.0, 400);
    let stats = server.core().stats();
    assert_eq!((stats.flooded, stats.connections, stats.timers), (1, 0, 0));
}

#[tokio::test]
async fn a_client_may_answer_late_and_twice() {
    let times = Options {
        ping_interval: Duration::from_millis(20),
        ping_timeout: Duration::from_secs(10),
        ..options()
    };
    let server = Server::start(times).await;
    let mut client = Client::connect(&server).await;
    for _ in 0..30 {
        assert_eq!(client.text().await, "2");
        client.send("3").await;
    }
    client.send("3").await;
    assert_eq!(client.text().await, "2", "and the heartbeat goes on");
    assert_eq!(server.core().stats().flooded, 0);
}

#[tokio::test]
async fn floods_of_frames_without_a_message_end_the_connection() {
    // Masked frames by hand: the client's library would not send most of them.
    let frames: [(&str, &[u8]); 4] = [
        ("pings", &[0x89, 0x80, 0, 0, 0, 0]),
        ("pongs", &[0x8a, 0x80, 0, 0, 0, 0]),
        ("empty fragments", &[0x00, 0x80, 0, 0, 0, 0]),
        ("packets that do nothing", &[0x81, 0x81, 0, 0, 0, 0, b'6']),
    ];
    for (what, frame) in frames {
        let server = Server::start(options()).await;
        let mut flood = Client::joined(&server).await;
        let raw = flood.ws.get_mut();
        if what == "empty fragments" {
            raw.write_all(&[0x01, 0x81, 0, 0, 0, 0, b'4']).await.unwrap();
        }
        raw.write_all(&frame.repeat(20)).await.unwrap();
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert_eq!(server.core().stats().connections, 1, "a few {what} are fine");
        raw.write_all(&frame.repeat(1000)).await.unwrap();
        assert_eq!(close_code(&mut flood).await, Some(CloseCode::Policy), "{what}");
        assert_eq!(server.core().stats().flooded, 1, "{what}");
        server.assert_alive().await;
    }
}

#[tokio::test]
async fn pings_of_old_clients_are_answered_at_the_rate_of_clients_and_end_a_flood() {
    let server = Server::start(Options { allow_eio3: true, ..options() }).await;
    let mut old = Client::websocket(&server, "EIO=3&transport=websocket").await;
    old.text().await;
    for _ in 0..50 {
        old.send("2").await;
        assert_eq!(old.text().await, "3");
    }
    assert_eq!(server.core().stats().timers, 1);
    for _ in 0..1000 {
        let _ = old.ws.send(Message::text("2")).await;
    }
    assert_eq!(close_code(&mut old).await, Some(CloseCode::Policy));
    server.until("no timer", |core| core.stats().timers == 0).await;
}

#[tokio::test]
async fn a_flood_of_tiny_messages_does_not_keep_others_from_their_turn() {
    let server = Server::start(options()).await; // one worker thread
    let mut victim = Client::joined(&server).await;
    let flooding = Arc::new(AtomicBool::new(true));
    let floods: Vec<_> = (0..4)
        .map(|_| {
            let (addr, flooding) = (server.addr, flooding.clone());
            std::thread::spawn(move || {
                use std::io::{Read, Write};
                let mut stream = std::net::TcpStream::connect(addr).unwrap();
                let request = "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n\
                    Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
                stream.write_all(request.as_bytes()).unwrap();
                stream.read_exact(&mut [0; 100]).unwrap();
                stream.write_all(&[0x81, 0x82, 0, 0, 0, 0, b'4', b'0']).unwrap();
                let chunk = [&[0x81, 0x89, 0, 0, 0, 0][..], b"42[\"abc\"]"].concat().repeat(10_000);
                while flooding.load(Ordering::SeqCst) {
                    stream.write_all(&chunk).unwrap();
                }
            })
        })
        .collect();
    server.until("the floods", |core| core.stats().packets_in > 10_000).await;
    let before = server.core().stats().packets_in;
    for _ in 0..50 {
        victim.ws.send(Message::Ping(Vec::new().into())).await.unwrap();
        assert!(matches!(victim.next().await, Some(Message::Pong(_))));
    }
    let meanwhile = server.core().stats().packets_in - before;
    flooding.store(false, Ordering::SeqCst);
    floods.into_iter().for_each(|flood| flood.join().unwrap());
    // A turn of each is some thousand messages, and the victim waits for one or two turns of each at a time.
    assert!(meanwhile < 50 * 4 * 3 * 5000, "{meanwhile} messages of others came before 50 answers");
}

#[tokio::test]
async fn a_pong_that_waits_behind_unread_messages_is_not_missed() {
    let times = Options {
        ping_interval: Duration::from_millis(100),
        ping_timeout: Duration::from_millis(2000),
        ..options()
    };
    // Nobody drains, as while JavaScript is busy.
    struct Busy;
    impl Hooks for Busy {
        fn wake(&self) -> bool {
            true
        }
    }
    let server = Server::start_with(times, Box::new(Busy)).await;
    let core = server.core();
    server.attach.store(true, Ordering::SeqCst);
    let mut client = Client::connect(&server).await;
    client.send(&format!("42[\"{}\"]", "x".repeat(200_000))).await;
    // Not the number of events: the drain of the opening packet is one, too.
    server.until("the message", |core| core.events.held() > 200_000 && core.stats().packets_in == 1).await;
    assert_eq!(client.text().await, "2");
    client.send("3").await;
    // A client that came later and answers no ping has reached its time limit: so has the first one.
    server.attach.store(false, Ordering::SeqCst);
    let silent = Client::connect(&server).await;
    server.until("the time limit", |core| core.conn(&silent.id).is_none()).await;
    assert!(core.conn(&client.id).is_some_and(|conn| conn.is_open()), "its pong was not even read");
    while !core.events.drain(10, 1000).is_empty() {}
    for _ in 0..3 {
        assert_eq!(client.text().await, "2");
        client.send("3").await;
    }
}

#[tokio::test]
async fn a_panic_ends_one_connection_and_sending_goes_on() {
    struct Failing(Arc<AtomicBool>);
    impl Hooks for Failing {
        fn wake(&self) -> bool {
            assert!(!self.0.load(Ordering::SeqCst), "the embedder's hook fails");
            false
        }
    }
    let failing = Arc::new(AtomicBool::new(false));
    let server = Server::start_with(options(), Box::new(Failing(failing.clone()))).await;
    let mut unlucky = Client::joined(&server).await;
    let mut lucky = Client::joined(&server).await;
    // What is sent to it is told to the embedder, whose hook panics on the sending thread.
    server.core().watch_drain(&unlucky.id, true);
    failing.store(true, Ordering::SeqCst);
    server.core().write(&unlucky.id, parcel("2[1]"), false);
    assert!(
        within("the end", async {
            while let Some(message) = unlucky.next().await {
                drop(message);
            }
            true
        })
        .await
    );
    failing.store(false, Ordering::SeqCst);
    server.broadcast(&[], &[], "2[\"still there\"]");
    assert_eq!(lucky.text().await, "42[\"still there\"]");
    server.assert_alive().await;
}

#[tokio::test]
async fn a_second_body_is_refused_before_it_is_read_and_ends_the_session() {
    let server = Server::start(options()).await;
    let poller = Poller::joined(&server).await;
    let open = || async {
        let mut stream = tokio::net::TcpStream::connect(server.addr).await.unwrap();
        let head = format!(
            "POST /socket.io/?EIO=4&transport=polling&sid={} HTTP/1.1\r\nHost: x\r\nContent-Length: 900000\r\n\r\n",
            poller.id
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        stream
    };
    let _first = open().await;
    server
        .until("the first body", |core| core.conn(&poller.id).unwrap().posting.load(Ordering::SeqCst))
        .await;
    let mut second = open().await;
    let mut answer = String::new();
    within("an answer without a body", tokio::io::AsyncReadExt::read_to_string(&mut second, &mut answer))
        .await
        .unwrap();
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    assert_eq!(server.core().stats().connections, 0);
}

#[tokio::test]
async fn a_connect_payload_has_a_bound_and_the_client_hears_of_it() {
    for attach in [false, true] {
        let server = Server::start(options()).await;
        server.attach.store(attach, Ordering::SeqCst);
        let mut client = Client::connect(&server).await;
        let large = format!("40/a,{{\"token\":\"{}\"}}", "x".repeat(65 * 1024));
        client.send(&large).await;
        assert_eq!(client.text().await, "44/a,{\"message\":\"connect payload larger than 65536 bytes\"}");
        assert!(server.core().events.is_empty());
        client.send(&format!("40/{},{{}}{}", "x".repeat(2000), " ".repeat(70_000))).await;
        client.rest().await;
        assert_eq!(server.core().stats().connections, 0, "an answer would be as large as the name");
    }
}

#[test]
fn an_engine_that_is_dropped_ends_its_connections() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut client = runtime.block_on(async {
        let server = Server::start(options()).await;
        let client = Client::joined(&server).await;
        let engine: Arc<Engine> = server.engine.clone();
        drop(server);
        tokio::task::spawn_blocking(move || drop(engine)).await.unwrap();
        client
    });
    runtime.block_on(async { while client.next().await.is_some() {} });
}
