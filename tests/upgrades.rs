//! From long-polling to WebSocket.
#![allow(clippy::unwrap_used)]

mod support;

use std::{sync::atomic::Ordering, time::Duration};

use plugin_io::server::events::Event;
use support::{Client, Poller, Server, frame, options};
use tokio::{io::AsyncWriteExt, net::TcpStream};

#[tokio::test]
async fn an_upgrade_moves_the_session_and_what_waits_for_it() {
    let server = Server::start(options()).await;
    let poller = Poller::joined(&server).await;
    let mut ws = poller.upgrade().await;
    ws.send("2probe").await;
    assert_eq!(ws.text().await, "3probe");
    assert_eq!(poller.poll().await.1, "6", "the poll ends so that the client can switch");
    assert_eq!(server.broadcast(&[], &[], "2[\"between\"]"), 1);
    ws.send("5").await;
    assert_eq!(ws.text().await, "42[\"between\"]");
    assert_eq!(server.core().conn(&poller.id).unwrap().outbox.transport(), "websocket");
    assert_eq!(poller.poll().await, (400, "{\"code\":3,\"message\":\"Bad request\"}".into()));
}

#[tokio::test]
async fn order_holds_through_the_upgrade() {
    let server = Server::start(options()).await;
    let poller = Poller::joined(&server).await;
    let emit = |from: usize| {
        for n in from..from + 50 {
            server.broadcast(&[], &[], &format!("2[{n}]"));
        }
    };
    emit(0);
    let mut heard = poller.poll().await.1;
    emit(50);
    let mut ws = poller.upgrade().await;
    ws.send("2probe").await;
    assert_eq!(ws.text().await, "3probe");
    emit(100);
    while !heard.ends_with("\x1e6") && heard != "6" {
        heard = format!("{heard}\x1e{}", poller.poll().await.1);
    }
    ws.send("5").await;
    emit(150);
    let mut numbers: Vec<String> =
        heard.split('\x1e').filter(|packet| *packet != "6").map(String::from).collect();
    while numbers.len() < 200 {
        numbers.push(ws.text().await);
    }
    assert!(numbers.iter().enumerate().all(|(n, packet)| *packet == format!("42[{n}]")), "{numbers:?}");
}

#[tokio::test]
async fn a_failed_probe_leaves_polling_alive() {
    let server = Server::start(plugin_io::options::Options {
        upgrade_timeout: Duration::from_millis(100),
        ..options()
    })
    .await;
    let poller = Poller::joined(&server).await;
    for wrong in ["5", "2", "40", "2probe!", ""] {
        let mut ws = poller.upgrade().await;
        ws.send(wrong).await;
        assert!(ws.rest().await.is_empty(), "{wrong}");
    }
    let mut vanished = poller.upgrade().await;
    vanished.send("2probe").await;
    assert_eq!(vanished.text().await, "3probe");
    drop(vanished);
    let mut undecided = poller.upgrade().await;
    undecided.send("2probe").await;
    assert_eq!(undecided.text().await, "3probe");
    assert!(undecided.rest().await.is_empty(), "the upgrade timeout ends it");
    let (heard, sent) = tokio::join!(poller.poll(), async { server.broadcast(&[], &[], "2[\"x\"]") });
    assert_eq!(sent, 1);
    assert_eq!(heard.1, "42[\"x\"]");
    assert_eq!(server.core().conn(&poller.id).unwrap().outbox.transport(), "polling");
}

#[tokio::test]
async fn a_second_upgrade_of_a_session_is_turned_away() {
    let server = Server::start(options()).await;
    let poller = Poller::joined(&server).await;
    let mut first = poller.upgrade().await;
    first.send("2probe").await;
    assert_eq!(first.text().await, "3probe");
    let mut second = poller.upgrade().await;
    assert!(second.rest().await.is_empty(), "while the first is under way");
    first.send("5").await;
    server.broadcast(&[], &[], "2[\"x\"]");
    assert_eq!(first.text().await, "42[\"x\"]");
    let mut third = poller.upgrade().await;
    assert!(third.rest().await.is_empty(), "after the first has succeeded");
    server.broadcast(&[], &[], "2[\"y\"]");
    assert_eq!(first.text().await, "42[\"y\"]");
}

#[tokio::test]
async fn a_session_that_ends_takes_its_probe_along() {
    let server = Server::start(options()).await;
    let poller = Poller::joined(&server).await;
    let mut ws: Client = poller.upgrade().await;
    ws.send("2probe").await;
    assert_eq!(ws.text().await, "3probe");
    assert_eq!(poller.post("1").await.0, 200);
    assert!(ws.rest().await.is_empty());
    server.until("the end", |core| core.stats().connections == 0).await;
}

#[tokio::test]
async fn what_comes_right_behind_the_upgrade_packet_counts() {
    let server = Server::start(options()).await;
    server.attach.store(true, Ordering::SeqCst);
    for (behind, reason) in [
        (frame(0x88, &1000u16.to_be_bytes()), "transport close"),
        (frame(0x81, b"x"), "parse error"),
        (frame(0xc1, b"4"), "transport error"),
    ] {
        let poller = Poller::connect(&server).await;
        let mut ws = TcpStream::connect(server.addr).await.unwrap();
        let query = format!("EIO=4&transport=websocket&sid={}", poller.id);
        ws.write_all(support::upgrade_request(&query).as_bytes()).await.unwrap();
        // All in one write: the session has moved when its end is read.
        ws.write_all(&[frame(0x81, b"2probe"), frame(0x81, b"5"), behind].concat()).await.unwrap();
        let told = server
            .event_of(|event| match event {
                Event::Close(id, reason) => Some((id.to_string(), reason)),
                _ => None,
            })
            .await;
        assert_eq!(told, (poller.id.clone(), reason));
        server.core().release(&poller.id);
    }
    assert!(server.core().conn_ids().is_empty());
}
