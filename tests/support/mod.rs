//! A small HTTP server in the place of Node, handing its connections to an engine, and clients for it.
#![allow(dead_code, missing_docs, clippy::unwrap_used, clippy::expect_used)]

use std::{
    future::Future,
    net::SocketAddr,
    os::fd::AsFd,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures_util::{SinkExt, StreamExt};
use plugin_io::{
    options::Options,
    server::{
        core::Core,
        engine::Engine,
        events::{Event, Hooks},
    },
    transport::{
        payload::{Message as Payload, Parcel},
        request::RequestHead,
        stream::Stream,
    },
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::{Mutex, Notify, mpsc},
};
use tokio_tungstenite::{WebSocketStream, tungstenite::Message};

/// No single wait of a test takes longer.
const PATIENCE: Duration = Duration::from_secs(20);

pub async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.unwrap_or_else(|_| panic!("waited in vain for {what}"))
}

/// The defaults of the JavaScript half.
pub fn options() -> Options {
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
        max_outbox_bytes: 16 << 20,
        max_pending_events: 10_000,
        max_pending_bytes: 64 << 20,
        threads: 1,
    }
}

struct Wake(Arc<Notify>);
impl Hooks for Wake {
    fn wake(&self) -> bool {
        self.0.notify_one();
        true
    }
}

/// An engine behind a TCP listener.
pub struct Server {
    pub engine: Arc<Engine>,
    pub addr: SocketAddr,
    /// Connections are opened for the embedder, as if JavaScript asked for them.
    pub attach: Arc<AtomicBool>,
    events: Mutex<mpsc::UnboundedReceiver<Event>>,
}

impl Server {
    pub async fn start(options: Options) -> Self {
        let wake = Arc::new(Notify::new());
        let mut server = Self::start_with(options, Box::new(Wake(wake.clone()))).await;
        let (sender, events) = mpsc::unbounded_channel();
        server.events = Mutex::new(events);
        let core = Arc::downgrade(server.core());
        tokio::spawn(async move {
            loop {
                wake.notified().await;
                let Some(core) = core.upgrade() else { return };
                loop {
                    let batch = core.events.drain(100, 1 << 20);
                    if batch.is_empty() {
                        break;
                    }
                    batch.into_iter().for_each(|event| drop(sender.send(event)));
                }
            }
        });
        server
    }

    /// An engine whose events nobody fetches unless `hooks` does.
    pub async fn start_with(options: Options, hooks: Box<dyn Hooks>) -> Self {
        let engine = Arc::new(Engine::start(options, hooks).unwrap());
        engine.core().set_namespace_open("/", true);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let attach = Arc::new(AtomicBool::new(false));
        let (core, attaching) = (engine.core().clone(), attach.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(core.clone(), stream, attaching.load(Ordering::SeqCst)));
            }
        });
        Self { engine, addr, attach, events: Mutex::new(mpsc::unbounded_channel().1) }
    }

    pub fn core(&self) -> &Arc<Core> {
        self.engine.core()
    }

    /// The next thing the engine tells its embedder.
    pub async fn event(&self) -> Event {
        within("an event", async { self.events.lock().await.recv().await.unwrap() }).await
    }

    /// The next event that `choose` takes; others are skipped.
    pub async fn event_of<T>(&self, choose: impl Fn(Event) -> Option<T>) -> T {
        loop {
            if let Some(chosen) = choose(self.event().await) {
                return chosen;
            }
        }
    }

    pub fn broadcast(&self, rooms: &[&str], except: &[&str], text: &str) -> usize {
        let strings = |list: &[&str]| list.iter().map(|item| item.to_string()).collect::<Vec<_>>();
        self.core().broadcast("/", &strings(rooms), &strings(except), parcel(text), false)
    }

    /// Waits for a condition the engine reaches by itself and tells nobody of.
    pub async fn until(&self, what: &str, condition: impl Fn(&Core) -> bool) {
        within(what, async {
            while !condition(self.core()) {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        })
        .await;
    }

    pub async fn close(&self) {
        let engine = self.engine.clone();
        within("close", tokio::task::spawn_blocking(move || engine.close())).await.unwrap();
    }

    /// A good client can still connect and hear a broadcast.
    pub async fn assert_alive(&self) {
        let mut client = Client::joined(self).await;
        assert!(self.broadcast(&[], &[], "2[\"alive\"]") >= 1);
        assert_eq!(client.text().await, "42[\"alive\"]");
        client.close().await;
    }
}

pub fn parcel(text: &str) -> Parcel {
    Parcel::new([Payload::text(text)])
}

/// One HTTP request of a connection, which then closes, unless it is an upgrade.
async fn serve(core: Arc<Core>, mut stream: TcpStream, attach: bool) {
    let mut read = Vec::new();
    let end = loop {
        if let Some(at) = read.windows(4).position(|four| four == b"\r\n\r\n") {
            break at + 4;
        }
        if stream.read_buf(&mut read).await.unwrap_or(0) == 0 {
            return;
        }
    };
    let head = parse(std::str::from_utf8(&read[..end]).unwrap());
    if head.upgrade {
        let body = match core.verify(&head) {
            Err(refusal) => refusal.body(),
            Ok(()) => {
                let std = stream.into_std().unwrap();
                let taken = core.runtime().within(|| Stream::from_fd(std.as_fd()).unwrap()).unwrap();
                drop(std);
                core.take_websocket(taken, &read[end..], &head, None, &[], attach).unwrap();
                return;
            }
        };
        return respond(stream, 400, body.as_bytes()).await;
    }
    if head.method == "POST" && core.verify(&head).is_ok() && !core.begin_post(&head) {
        return respond(stream, 400, b"").await;
    }
    let length = head.header("content-length").map_or(0, |value| value.parse().unwrap());
    while read.len() < end + length {
        if stream.read_buf(&mut read).await.unwrap_or(0) == 0 {
            return;
        }
    }
    let answer = core.serve(head, read[end..].to_vec().into(), None, attach).await;
    respond(stream, answer.status, &answer.body).await;
}

async fn respond(mut stream: TcpStream, status: u16, body: &[u8]) {
    let head = format!("HTTP/1.1 {status} -\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
    // The client may be gone.
    let _ = stream.write_all(&[head.as_bytes(), body].concat()).await;
}

fn parse(text: &str) -> RequestHead {
    let mut lines = text.trim_end().split("\r\n");
    let first: Vec<&str> = lines.next().unwrap().split(' ').collect();
    let headers: Vec<String> = lines
        .flat_map(|line| {
            let (name, value) = line.split_once(':').unwrap();
            [name.to_owned(), value.trim().to_owned()]
        })
        .collect();
    let query = |name: &str| {
        let query = first[1].split_once('?').map_or("", |(_, query)| query);
        query.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}="))).map(str::to_owned)
    };
    RequestHead {
        method: first[0].into(),
        url: first[1].into(),
        remote_address: "127.0.0.1".into(),
        forwarded: None,
        secure: false,
        transport: query("transport").unwrap_or_default(),
        sid: query("sid"),
        eio: query("EIO").unwrap_or_default(),
        b64: false,
        upgrade: headers.iter().any(|header| header.eq_ignore_ascii_case("upgrade")),
        headers,
    }
}

/// A WebSocket client that speaks Engine.IO by hand.
pub struct Client {
    pub ws: WebSocketStream<TcpStream>,
    pub id: String,
}

impl Client {
    /// Opens a session.
    pub async fn connect(server: &Server) -> Self {
        let mut client = Self::websocket(server, "EIO=4&transport=websocket").await;
        let open = client.text().await;
        client.id = sid_of(&open[1..]);
        client
    }

    /// Only the WebSocket.
    pub async fn websocket(server: &Server, query: &str) -> Self {
        let stream = TcpStream::connect(server.addr).await.unwrap();
        let url = format!("ws://{}/socket.io/?{query}", server.addr);
        let (ws, _) = within("the upgrade", tokio_tungstenite::client_async(url, stream)).await.unwrap();
        Self { ws, id: String::new() }
    }

    /// Opens a session and joins the default namespace.
    pub async fn joined(server: &Server) -> Self {
        let mut client = Self::connect(server).await;
        client.join("40").await;
        client
    }

    /// Sends a CONNECT packet and returns the id of the socket.
    pub async fn join(&mut self, packet: &str) -> String {
        self.send(packet).await;
        let answer = self.text().await;
        assert!(answer.starts_with("40"), "{answer}");
        sid_of(&answer[answer.find('{').unwrap()..])
    }

    pub async fn send(&mut self, text: &str) {
        within("sending", self.ws.send(Message::text(text))).await.unwrap();
    }

    pub async fn send_binary(&mut self, bytes: &[u8]) {
        within("sending", self.ws.send(Message::binary(bytes.to_vec()))).await.unwrap();
    }

    pub async fn next(&mut self) -> Option<Message> {
        within("a message", self.ws.next()).await.and_then(Result::ok)
    }

    pub async fn text(&mut self) -> String {
        match self.next().await {
            Some(Message::Text(text)) => text.to_string(),
            other => panic!("expected a text message, got {other:?}"),
        }
    }

    /// Reads until the connection ends and returns the text messages before.
    pub async fn rest(&mut self) -> Vec<String> {
        let mut texts = Vec::new();
        while let Some(message) = self.next().await {
            if let Message::Text(text) = message {
                texts.push(text.to_string());
            }
        }
        texts
    }

    pub async fn close(mut self) {
        let _ = self.ws.close(None).await;
        self.rest().await;
    }
}

pub fn sid_of(json: &str) -> String {
    let json: serde_json::Value = serde_json::from_str(json).unwrap();
    json["sid"].as_str().unwrap().to_owned()
}

/// Sends one HTTP request; returns status and body.
pub async fn http(server: &Server, method: &str, query: &str, body: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(server.addr).await.unwrap();
    let request = format!(
        "{method} /socket.io/?{query} HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    within("an answer", stream.read_to_string(&mut answer)).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head[9..12].parse().unwrap(), body.to_owned())
}

/// A session on long-polling.
pub struct Poller<'a> {
    server: &'a Server,
    pub id: String,
}

impl<'a> Poller<'a> {
    pub async fn connect(server: &'a Server) -> Self {
        let (status, body) = http(server, "GET", "EIO=4&transport=polling", "").await;
        assert_eq!(status, 200, "{body}");
        Self { server, id: sid_of(&body[1..]) }
    }

    pub async fn joined(server: &'a Server) -> Self {
        let poller = Self::connect(server).await;
        assert_eq!(poller.post("40").await.0, 200);
        assert!(poller.poll().await.1.starts_with("40{"));
        poller
    }

    fn query(&self) -> String {
        format!("EIO=4&transport=polling&sid={}", self.id)
    }

    pub async fn poll(&self) -> (u16, String) {
        http(self.server, "GET", &self.query(), "").await
    }

    pub async fn post(&self, body: &str) -> (u16, String) {
        http(self.server, "POST", &self.query(), body).await
    }

    /// The WebSocket of an upgrade, not yet probed.
    pub async fn upgrade(&self) -> Client {
        Client::websocket(self.server, &format!("EIO=4&transport=websocket&sid={}", self.id)).await
    }
}

pub fn upgrade_request(query: &str) -> String {
    format!(
        "GET /socket.io/?{query} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
}

/// A connection after its upgrade, for bytes no client library would send.
pub async fn raw_websocket(server: &Server) -> TcpStream {
    let mut stream = TcpStream::connect(server.addr).await.unwrap();
    let request = upgrade_request("EIO=4&transport=websocket");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // The 101 and, in a frame of less than 126 bytes of payload or not, the open packet that ends in "}".
    while answer.last() != Some(&b'}') {
        let read = within("the upgrade", stream.read_buf(&mut answer)).await.unwrap();
        assert_ne!(read, 0);
    }
    assert!(answer.starts_with(b"HTTP/1.1 101"));
    stream
}

/// A masked frame with a short payload.
pub fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    assert!(payload.len() < 126);
    let mut bytes = vec![first, 0x80 | payload.len() as u8, 0, 0, 0, 0];
    bytes.extend_from_slice(payload);
    bytes
}

/// Everything until the peer closes; a reset counts as the end.
pub async fn read_all(stream: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    within("the end of the connection", async {
        while matches!(stream.read_buf(&mut bytes).await, Ok(1..)) {}
    })
    .await;
    bytes
}
