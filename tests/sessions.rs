//! Sessions of clients without JavaScript: connecting, heartbeats, leaving.
#![allow(clippy::unwrap_used)]

mod support;

use std::{sync::atomic::Ordering, time::Duration};

use plugin_io::server::events::Event;
use support::{Client, Poller, Server, http, options};

#[tokio::test]
async fn the_open_packet_says_what_was_configured() {
    let server = Server::start(options()).await;
    let (status, body) = http(&server, "GET", "EIO=4&transport=polling", "").await;
    assert_eq!(status, 200);
    let open: serde_json::Value = serde_json::from_str(&body[1..]).unwrap();
    assert_eq!(open["upgrades"], serde_json::json!(["websocket"]));
    assert_eq!(open["pingInterval"], 25_000);
    assert_eq!(open["pingTimeout"], 20_000);
    assert_eq!(open["maxPayload"], 1_000_000);
    let mut client = Client::websocket(&server, "EIO=4&transport=websocket").await;
    let open: serde_json::Value = serde_json::from_str(&client.text().await[1..]).unwrap();
    assert_eq!(open["upgrades"], serde_json::json!([]));
}

#[tokio::test]
async fn a_client_joins_namespaces_and_leaves_one_without_losing_the_other() {
    let server = Server::start(options()).await;
    server.core().set_namespace_open("/chat", true);
    let mut client = Client::connect(&server).await;
    let main = client.join("40").await;
    let chat = client.join("40/chat,{\"token\":\"t\"}").await;
    assert_ne!(main, chat);
    let nsp = server.core().namespace("/chat").unwrap();
    assert_eq!(&*nsp.get(&chat).unwrap().auth, "{\"token\":\"t\"}");
    client.send("41/chat,").await;
    server.until("leaving", |_| nsp.is_empty()).await;
    assert_eq!(server.broadcast(&[], &[], "2[\"still here\"]"), 1);
    assert_eq!(client.text().await, "42[\"still here\"]");
}

#[tokio::test]
async fn an_unknown_namespace_is_refused_and_the_session_goes_on() {
    let server = Server::start(options()).await;
    let mut client = Client::connect(&server).await;
    client.send("40/nowhere,").await;
    assert_eq!(client.text().await, "44/nowhere,{\"message\":\"Invalid namespace\"}");
    client.join("40").await;
}

#[tokio::test]
async fn a_closed_namespace_takes_nobody() {
    let server = Server::start(options()).await;
    server.core().set_namespace_open("/", false);
    let mut client = Client::connect(&server).await;
    client.send("40").await;
    assert_eq!(client.text().await, "44{\"message\":\"Invalid namespace\"}");
}

#[tokio::test]
async fn a_client_that_answers_pings_stays_and_one_that_does_not_is_cut_off() {
    let server = Server::start(plugin_io::options::Options {
        ping_interval: Duration::from_millis(100),
        ping_timeout: Duration::from_millis(400),
        ..options()
    })
    .await;
    let mut good = Client::joined(&server).await;
    let mut silent = Client::joined(&server).await;
    let ended = tokio::spawn(async move { silent.rest().await });
    let mut pings = 0;
    while !ended.is_finished() || pings < 6 {
        assert_eq!(good.text().await, "2");
        pings += 1;
        good.send("3").await;
    }
    let heard = ended.await.unwrap();
    assert_eq!(heard, ["2"], "one ping, and no patience beyond it");
    assert_eq!(server.core().stats().connections, 1);
}

#[tokio::test]
async fn a_silent_polling_client_is_cut_off_too() {
    let server = Server::start(plugin_io::options::Options {
        ping_interval: Duration::from_millis(20),
        ping_timeout: Duration::from_millis(20),
        ..options()
    })
    .await;
    let poller = Poller::connect(&server).await;
    server.until("the ping timeout", |core| core.stats().connections == 0).await;
    let (status, body) = poller.poll().await;
    assert_eq!((status, body.as_str()), (400, "{\"code\":1,\"message\":\"Session ID unknown\"}"));
}

#[tokio::test]
async fn who_joins_no_namespace_in_time_is_let_go() {
    let server = Server::start(plugin_io::options::Options {
        connect_timeout: Duration::from_millis(50),
        ..options()
    })
    .await;
    let mut idle = Client::connect(&server).await;
    let mut busy = Client::joined(&server).await;
    assert!(idle.rest().await.is_empty());
    assert_eq!(server.broadcast(&[], &[], "2[\"x\"]"), 1);
    assert_eq!(busy.text().await, "42[\"x\"]");
}

#[tokio::test]
async fn every_way_to_leave_frees_the_session_and_its_sockets() {
    let server = Server::start(options()).await;
    let empty = |core: &plugin_io::server::core::Core| {
        core.stats().connections == 0 && core.conn_ids().is_empty() && core.namespace("/").unwrap().is_empty()
    };
    Client::joined(&server).await.close().await;
    server.until("a clean close", empty).await;
    drop(Client::joined(&server).await);
    server.until("a vanished client", empty).await;
    let mut client = Client::joined(&server).await;
    client.send("1").await;
    server.core().close_conn(&client.id, false);
    client.rest().await;
    server.until("a close from the server", empty).await;
    let poller = Poller::joined(&server).await;
    assert_eq!(poller.post("1").await.0, 200);
    server.until("a close packet by polling", empty).await;
}

#[tokio::test]
async fn what_was_sent_before_a_close_arrives_before_it() {
    let server = Server::start(options()).await;
    let mut client = Client::joined(&server).await;
    let poller = Poller::joined(&server).await;
    server.broadcast(&[], &[], "2[\"last\"]");
    server.core().close_conn(&client.id, false);
    server.core().close_conn(&poller.id, false);
    assert_eq!(client.rest().await, ["42[\"last\"]"]);
    assert_eq!(poller.poll().await.1, "42[\"last\"]");
    assert_eq!(poller.poll().await.1, "6\x1e1");
    assert_eq!(poller.poll().await.0, 400);
}

#[tokio::test]
async fn an_attached_session_tells_its_embedder_everything_in_order() {
    let server = Server::start(options()).await;
    server.attach.store(true, Ordering::SeqCst);
    let mut client = Client::connect(&server).await;
    client.send("40").await;
    client.send("42[\"a\"]").await;
    client.send_binary(&[1, 2]).await;
    client.close().await;
    let mut seen = Vec::new();
    while seen.len() < 4 {
        seen.push(match server.event().await {
            Event::Drain(_) => continue,
            Event::Text(_, text) => text,
            Event::Binary(_, bytes) => format!("{bytes:?}"),
            Event::Close(_, reason) => reason.to_owned(),
            other => format!("{other:?}"),
        });
    }
    assert_eq!(seen, ["0", "2[\"a\"]", "b\"\\x01\\x02\"", "transport close"]);
}

#[tokio::test]
async fn the_request_that_opened_a_session_is_kept() {
    let server = Server::start(options()).await;
    let client = Client::joined(&server).await;
    let conn = server.core().attach(&client.id).unwrap();
    assert_eq!(&*conn.head.url, "/socket.io/?EIO=4&transport=websocket");
    let headers = conn.head.headers();
    assert!(headers.chunks_exact(2).any(|pair| pair[0].eq_ignore_ascii_case("upgrade")));
    assert_eq!(&*conn.head.remote_address, "127.0.0.1");
}
