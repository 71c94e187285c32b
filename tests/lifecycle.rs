//! Starting and closing engines.
#![allow(clippy::unwrap_used)]

mod support;

use std::time::Duration;

use plugin_io::{
    error::Error,
    options::Options,
    server::{
        engine::Engine,
        events::{Event, Hooks},
    },
};
use support::{Client, Poller, Server, options};

struct Deaf;
impl Hooks for Deaf {
    fn wake(&self) -> bool {
        false
    }
}

#[test]
fn options_out_of_range_are_named() {
    let zero = Duration::ZERO;
    for (bad, message) in [
        (Options { ping_interval: zero, ..options() }, "options.pingInterval: 0 is not between"),
        (Options { ping_timeout: zero, ..options() }, "options.pingTimeout: 0 is not between"),
        (Options { upgrade_timeout: zero, ..options() }, "options.upgradeTimeout: 0 is not between"),
        (Options { connect_timeout: Duration::MAX, ..options() }, "options.connectTimeout: "),
        (Options { max_payload: 0, ..options() }, "options.maxPayload: 0 is not a positive number"),
        (Options { max_outbox_bytes: 0, ..options() }, "options.maxOutboxBytes: 0 is not"),
        (Options { max_pending_events: 0, ..options() }, "options.maxPendingEvents: 0 is not"),
        (Options { threads: 65, ..options() }, "options.threads: 65 is not between 0 and 64"),
        (Options { polling: false, websocket: false, ..options() }, "options.transports: [] is not a list"),
    ] {
        let Err(error) = Engine::start(bad, Box::new(Deaf)) else { panic!("{message} was accepted") };
        assert!(error.to_string().starts_with(message), "{error}");
        assert_eq!(error.code(), "INVALID_OPTION");
    }
}

#[tokio::test]
async fn close_ends_every_session_tells_why_and_can_be_called_again() {
    let server = Server::start(options()).await;
    let poller = Poller::joined(&server).await;
    server.attach.store(true, std::sync::atomic::Ordering::SeqCst);
    let mut attached = Client::connect(&server).await;
    server.attach.store(false, std::sync::atomic::Ordering::SeqCst);
    let mut native = Client::joined(&server).await;
    let mut probing = poller.upgrade().await;
    server.broadcast(&[], &[], "2[\"last\"]");
    server.close().await;
    assert_eq!(native.rest().await, ["42[\"last\"]"]);
    attached.rest().await;
    probing.rest().await;
    let closed = server
        .event_of(|event| match event {
            Event::Close(id, reason) => Some((id.to_string(), reason)),
            _ => None,
        })
        .await;
    assert_eq!(closed, (attached.id.clone(), "forced close"));
    assert_eq!(server.core().stats().connections, 0);
    server.close().await;
}

#[tokio::test]
async fn close_answers_a_pending_poll() {
    let server = Server::start(options()).await;
    let poller = Poller::joined(&server).await;
    let (answer, ()) = tokio::join!(poller.poll(), async {
        let conn = server.core().conn(&poller.id).unwrap();
        server.until("the poll", |_| conn.outbox.is_writable()).await;
        server.close().await;
    });
    assert_eq!(answer, (200, "1".into()));
}

#[tokio::test]
async fn a_closed_engine_takes_nothing_new() {
    let server = Server::start(options()).await;
    server.close().await;
    let (status, body) = support::http(&server, "GET", "EIO=4&transport=polling", "").await;
    assert_eq!((status, body.as_str()), (400, "{\"code\":3,\"message\":\"Bad request\"}"));
    assert!(server.core().attach("nobody").is_none());
    assert_eq!(server.broadcast(&[], &[], "2[1]"), 0);
    server.core().write("nobody", support::parcel("2[1]"), false);
}

#[tokio::test]
async fn a_session_id_in_use_is_not_given_out_again() {
    let server = Server::start(options()).await;
    let client = Client::connect(&server).await;
    let head = plugin_io::transport::request::RequestHead {
        method: "GET".into(),
        url: "/".into(),
        headers: Vec::new(),
        remote_address: String::new(),
        forwarded: None,
        secure: false,
        transport: "polling".into(),
        sid: None,
        eio: "4".into(),
        b64: false,
        upgrade: false,
    };
    let answer = server.core().serve(head, Default::default(), Some(client.id.clone()), false).await;
    assert_eq!((answer.status, answer.id), (400, None));
    assert_eq!(server.core().conn_ids().len(), 1);
    assert_eq!(Error::DuplicateId(client.id).code(), "DUPLICATE_ID");
}

#[tokio::test]
async fn two_engines_live_side_by_side() {
    let (first, second) = (Server::start(options()).await, Server::start(options()).await);
    let mut a = Client::joined(&first).await;
    let mut b = Client::joined(&second).await;
    first.close().await;
    a.rest().await;
    assert_eq!(second.broadcast(&[], &[], "2[\"mine\"]"), 1);
    assert_eq!(b.text().await, "42[\"mine\"]");
    second.close().await;
}
