//! Rooms, broadcasts, and clients that do not keep up.
#![allow(clippy::unwrap_used)]

mod support;

use bytes::Bytes;
use plugin_io::{
    options::Options,
    security::Rules,
    server::events::Event,
    transport::payload::{Message, Parcel},
};
use support::{Client, Poller, Server, options, parcel};

#[tokio::test]
async fn a_broadcast_reaches_the_rooms_it_names_and_nobody_else() {
    let server = Server::start(options()).await;
    let nsp = server.core().namespace("/").unwrap();
    let (mut a, mut b, mut c) =
        (Client::connect(&server).await, Client::connect(&server).await, Client::connect(&server).await);
    let a_sid = a.join("40").await;
    let b_sid = b.join("40").await;
    c.join("40").await;
    nsp.join(&a_sid, "red");
    nsp.join(&b_sid, "red");
    nsp.join(&b_sid, "blue");
    assert_eq!(server.broadcast(&["red", "blue"], &[], "2[1]"), 2);
    assert_eq!(server.broadcast(&["red"], &["blue"], "2[2]"), 1);
    assert_eq!(server.broadcast(&[], &[&b_sid], "2[3]"), 2);
    assert_eq!(server.broadcast(&[&b_sid], &[], "2[4]"), 1);
    assert_eq!(server.broadcast(&["green"], &[], "2[5]"), 0);
    assert_eq!(server.broadcast(&[], &[], "2[6]"), 3);
    for (client, expected) in
        [(&mut a, &["1", "2", "3", "6"][..]), (&mut b, &["1", "4", "6"]), (&mut c, &["3", "6"])]
    {
        for number in expected {
            assert_eq!(client.text().await, format!("42[{number}]"));
        }
    }
}

#[tokio::test]
async fn recipients_are_those_who_were_there_when_it_was_sent() {
    let server = Server::start(options()).await;
    let nsp = server.core().namespace("/").unwrap();
    let mut client = Client::connect(&server).await;
    let sid = client.join("40").await;
    for n in 0..100 {
        nsp.join(&sid, "room");
        server.broadcast(&["room"], &[], &format!("2[{n}]"));
        nsp.leave(&sid, "room");
        server.broadcast(&["room"], &[], "2[\"missed\"]");
    }
    for n in 0..100 {
        assert_eq!(client.text().await, format!("42[{n}]"));
    }
}

#[tokio::test]
async fn attachments_stay_with_their_packet() {
    let server = Server::start(options()).await;
    let mut client = Client::joined(&server).await;
    let poller = Poller::joined(&server).await;
    for n in 0..20u8 {
        let messages = [
            Message::text(format!("51-[\"b\",{n},{{\"_placeholder\":true,\"num\":0}}]")),
            Message::Binary(Bytes::from(vec![n])),
        ];
        server.core().broadcast("/", &[], &[], Parcel::new(messages), false);
        server.core().write(&client.id, parcel("2[\"single\"]"), false);
    }
    for n in 0..20u8 {
        assert!(client.text().await.starts_with(&format!("451-[\"b\",{n},")));
        assert_eq!(client.next().await.unwrap().into_data(), Bytes::from(vec![n]));
        assert_eq!(client.text().await, "42[\"single\"]");
    }
    let mut body = String::new();
    while body.matches("\x1eb").count() < 20 {
        body = [body, poller.poll().await.1].join("\x1e");
    }
    let packets: Vec<&str> = body.split('\x1e').filter(|packet| !packet.is_empty()).collect();
    for (n, pair) in packets.chunks(2).enumerate() {
        assert!(pair[0].starts_with(&format!("451-[\"b\",{n},")) && pair[1].starts_with('b'), "{pair:?}");
    }
}

#[tokio::test]
async fn who_does_not_read_is_let_go_at_the_bound_while_others_hear_everything() {
    let server = Server::start(Options { max_outbox_bytes: 1 << 20, ..options() }).await;
    let slow = Client::joined(&server).await;
    let mut quick = Client::joined(&server).await;
    let text = format!("2[\"{}\"]", "x".repeat(60_000));
    let mut sent = 0;
    // What the kernel buffers for the slow client comes on top of the bound.
    while server.core().stats().slow_closed == 0 {
        server.broadcast(&[], &[], &text);
        assert_eq!(quick.text().await.len(), text.len() + 1);
        sent += 1;
        assert!(sent < 2000, "the slow client is never let go");
    }
    let line = server
        .event_of(|event| match event {
            Event::Log(_, line) => Some(line),
            _ => None,
        })
        .await;
    assert!(line.contains(&slow.id) && line.contains("reads too slowly"), "{line}");
    assert_eq!(server.core().stats().connections, 1);
    assert_eq!(server.broadcast(&[], &[], "2[\"end\"]"), 1);
    assert_eq!(quick.text().await, "42[\"end\"]");
}

#[tokio::test]
async fn a_client_that_asks_without_reading_the_answers_is_let_go() {
    let server = Server::start(Options { max_outbox_bytes: 10_000, ..options() }).await;
    // Answers to the engine's own packets count like any others. On polling nothing leaves by itself.
    let poller = Poller::connect(&server).await;
    server.core().security.set_rules(Rules { max_events_per_second: 100, ..Rules::default() });
    let body = format!("40\x1e{}", vec!["421[\"ask\"]"; 900].join("\x1e"));
    assert_eq!(poller.post(&body).await.0, 200);
    assert_eq!(server.core().stats().slow_closed, 1);
    assert_eq!(poller.poll().await.0, 400);
    server.assert_alive().await;
}

#[tokio::test]
async fn pings_of_an_old_client_cost_no_memory_while_it_does_not_read() {
    let server = Server::start(Options { allow_eio3: true, ..options() }).await;
    let (status, body) = support::http(&server, "GET", "EIO=3&transport=polling", "").await;
    assert_eq!(status, 200);
    let sid = support::sid_of(body.split_once(":0").unwrap().1);
    let query = format!("EIO=3&transport=polling&sid={sid}");
    let (_, first) = support::http(&server, "POST", &query, &"1:2".repeat(50)).await;
    assert_eq!(first, "ok");
    let (_, answer) = support::http(&server, "GET", &query, "").await;
    assert_eq!(answer.matches('3').count(), 1, "one pong that waits answers all pings");
}

#[tokio::test]
async fn a_volatile_packet_is_dropped_for_who_is_behind_and_costs_nothing() {
    let server = Server::start(options()).await;
    let poller = Poller::joined(&server).await;
    let mut witness = Client::connect(&server).await;
    for _ in 0..1000 {
        server.core().broadcast("/", &[], &[], parcel("2[\"volatile\"]"), true);
    }
    server.broadcast(&[], &[], "2[\"kept\"]");
    server.core().write(&witness.id, parcel("2[\"all sent\"]"), false);
    assert_eq!(witness.text().await, "42[\"all sent\"]");
    assert_eq!(poller.poll().await.1, "42[\"kept\"]");
}

#[tokio::test]
async fn reading_pauses_while_the_embedder_is_behind_and_nothing_is_lost() {
    let server = Server::start(Options { max_pending_events: 10, ..options() }).await;
    server.attach.store(true, std::sync::atomic::Ordering::SeqCst);
    let mut flood = Client::connect(&server).await;
    for n in 0..20_000 {
        flood.send(&format!("42[{n}]")).await;
    }
    for n in 0..20_000 {
        let text = server
            .event_of(|event| match event {
                Event::Text(_, text) => Some(text),
                _ => None,
            })
            .await;
        assert_eq!(text, format!("2[{n}]"));
    }
}
