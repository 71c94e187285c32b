//! What clients send faster than it is fetched, or begin and do not finish: who may go on, and who ends.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::{
    sync::{Mutex, atomic::Ordering},
    time::Duration,
};

use plugin_io::{
    options::Options,
    server::{
        core::Core,
        events::{Event, Hooks},
    },
};
use support::{Client, Server, frame, options, raw_websocket};
use tokio::io::AsyncWriteExt;

/// Nobody fetches events, as while Node's loop is blocked.
struct Blocked;
impl Hooks for Blocked {
    fn wake(&self) -> bool {
        true
    }
}

const BOUND: usize = 1 << 20;

fn bounded(max_pending_bytes: usize) -> Options {
    Options { max_pending_bytes, ..options() }
}

async fn blocked(max_pending_bytes: usize) -> Server {
    let server = Server::start_with(bounded(max_pending_bytes), Box::new(Blocked)).await;
    server.attach.store(true, Ordering::SeqCst);
    server
}

/// What each connection has waiting.
fn waiting(core: &Core) -> Vec<usize> {
    core.conn_ids().iter().filter_map(|id| Some(core.conn(id)?.lane.waiting())).collect()
}

/// The start of a masked text frame: `sent` bytes of a message of `length`.
fn beginning(length: u16, sent: usize) -> Vec<u8> {
    let mut bytes = vec![0x81, 0xfe];
    bytes.extend(length.to_be_bytes());
    bytes.extend([0; 4]);
    bytes.resize(8 + sent, b'4');
    bytes
}

#[tokio::test]
async fn clients_with_large_messages_are_not_ended_for_a_blocked_loop() {
    let server = blocked(2 * BOUND).await;
    let mut clients = Vec::new();
    for count in 0..3 {
        let mut client = Client::connect(&server).await;
        let text = format!("42{}", "x".repeat(700_000));
        server.until("the one before", |core| core.stats().packets_in == count).await;
        // The last one is not read to its end while there is no room.
        clients.push(tokio::spawn(async move {
            client.send(&text).await;
            client
        }));
    }
    server.until("no room", |core| core.events.is_out_of_bytes()).await;
    // Longer than any client may keep others waiting.
    tokio::time::sleep(Duration::from_secs(11)).await;
    let core = server.core().clone();
    assert_eq!(core.stats().connections, 3);
    let seen = Mutex::new((0, 0));
    server
        .until("all messages", |core| {
            let mut seen = seen.lock().unwrap();
            for event in core.events.drain(100, BOUND) {
                match event {
                    Event::Text(_, text) if text.len() > 700_000 => seen.0 += 1,
                    Event::Close(..) => seen.1 += 1,
                    _ => {}
                }
            }
            seen.0 == 3 || seen.1 > 0
        })
        .await;
    assert_eq!(*seen.lock().unwrap(), (3, 0));
    for client in clients {
        drop(client.await.unwrap());
    }
}

#[tokio::test]
async fn many_small_messages_that_are_never_finished_do_not_keep_the_room() {
    let server = Server::start(bounded(BOUND / 4)).await;
    server.attach.store(true, Ordering::SeqCst);
    let mut begun = Vec::new();
    for _ in 0..20 {
        let mut stream = raw_websocket(&server).await;
        stream.write_all(&beginning(16_000, 15_000)).await.unwrap();
        begun.push(stream);
    }
    server.until("no room", |core| core.events.is_out_of_bytes()).await;
    let mut client = Client::connect(&server).await;
    client.send(&format!("42{}", "x".repeat(100_000))).await;
    let length =
        server.event_of(|event| if let Event::Text(_, text) = event { Some(text.len()) } else { None }).await;
    assert_eq!(length, 100_001);
}

#[tokio::test]
async fn many_connections_get_little_each_while_there_is_no_room_and_quiet_ones_are_heard() {
    let server = blocked(BOUND).await;
    let core = server.core();
    let mut streams = Vec::new();
    for _ in 0..70 {
        streams.push(raw_websocket(&server).await);
    }
    let mut quiet = Client::connect(&server).await;
    server.until("the last one", |core| waiting(core).iter().all(|cost| *cost > 0)).await;
    while !core.events.drain(100, BOUND).is_empty() {}
    let message = frame(0x81, b"42");
    for filling in &mut streams[..20] {
        if !core.events.is_out_of_bytes() {
            let before = core.events.held();
            filling.write_all(&message.repeat(10_000)).await.unwrap();
            server
                .until("a share", |core| {
                    core.events.is_out_of_bytes() || core.events.held() >= before + 128 * 1024
                })
                .await;
        }
    }
    assert!(core.events.is_out_of_bytes());
    let full = core.events.held();
    for flood in &mut streams[20..] {
        flood.write_all(&message.repeat(2000)).await.unwrap();
    }
    quiet.send("42[\"heard\"]").await;
    server
        .until("something of each", |core| {
            core.conn(&quiet.id).is_some_and(|conn| conn.lane.waiting() > 0)
                && waiting(core).iter().filter(|cost| **cost > 0).count() > 51
        })
        .await;
    let more = core.events.held() - full;
    assert!(more < 50 * 25_000, "{more} bytes more");
}

#[tokio::test]
async fn what_a_node_stream_delivers_counts_until_it_is_read() {
    let server = blocked(BOUND).await;
    let core = server.core();
    let stream = core.add_stream(1);
    assert!(stream.push(vec![0; 200_000].into()));
    assert_eq!(core.events.held(), 200_000);
    let others: Vec<_> = (2..6).map(|key| core.add_stream(key)).collect();
    for other in &others {
        other.push(vec![0; 250_000].into());
    }
    let late = core.add_stream(6);
    assert!(late.push(vec![0; 10_000].into()), "a little is always taken");
    assert!(!late.push(vec![0; 10_000].into()), "there is no room for more");
    for key in 1..7 {
        core.remove_stream(key);
    }
    drop((stream, others, late));
    assert_eq!(core.events.held(), 0);
}
