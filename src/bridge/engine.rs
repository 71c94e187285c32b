//! The `Engine` class.

use std::sync::Arc;

use bytes::Bytes;
use napi::{
    Either, Env, JsDeferred,
    bindgen_prelude::{Buffer, Function, Object, Result, ToNapiValue},
};
use napi_derive::napi;

use super::{
    dto::{ConnView, EngineEvent, EngineOptions, EngineStats, HttpAnswer, Refusal, RequestHead, parcel},
    environment::EndWithEnvironment,
    hooks::JsHooks,
};
use crate::{
    error::Error,
    server::{core, engine, events::Level, namespace::Namespace},
    transport::stream::Stream,
};

impl From<Error> for napi::Error {
    fn from(error: Error) -> Self {
        napi::Error::from_reason(format!("plugin io: {error} [{}]", error.code()))
    }
}

pub(super) fn strings(list: Vec<Arc<str>>) -> Vec<String> {
    list.iter().map(|item| item.to_string()).collect()
}

/// A Socket.IO server without its HTTP server: Node hands connections and requests over.
#[napi]
pub struct Engine {
    inner: Arc<engine::Engine>,
    end: EndWithEnvironment,
}

#[napi]
impl Engine {
    /// Starts an engine with threads of its own. `wake` is called, at most once until the next `drain`, when
    /// events wait; it does not keep the process alive. The engine ends with its environment, as `close` ends it.
    #[napi(constructor)]
    pub fn new(env: Env, options: EngineOptions, wake: Function<'_, (), ()>) -> Result<Self> {
        let engine = engine::Engine::start(options.into_core(), Box::new(JsHooks::new(wake)?))?;
        let inner = Arc::new(engine);
        let end = EndWithEnvironment::new(&env, &inner)?;
        Ok(Self { inner, end })
    }

    /// engine.io's checks of a request, without `allowRequest`. `null`: it is fine.
    #[napi]
    pub fn verify(&self, head: RequestHead) -> Option<Refusal> {
        self.core().verify(&head.into()).err().map(Refusal::from)
    }

    /// Whether the body of a POST whose head was verified may be read: a session sends one at a time. If so, `handle`,
    /// `endPost` or `abortPoll` must follow. If not, the session has ended.
    #[napi]
    pub fn begin_post(&self, head: RequestHead) -> bool {
        self.core().begin_post(&head.into())
    }

    /// The body that `beginPost` let through is not coming; the session goes on.
    #[napi]
    pub fn end_post(&self, conn: String) {
        self.core().end_post(&conn);
    }

    /// Serves a polling request. `id` is a custom id for a new session, `attach` says whether JavaScript wants
    /// the session's messages. Resolves when there is something to answer.
    #[napi(ts_return_type = "Promise<HttpAnswer>")]
    pub fn handle<'env>(
        &self,
        env: &'env Env,
        head: RequestHead,
        body: Option<Buffer>,
        id: Option<String>,
        attach: bool,
    ) -> Result<Object<'env>> {
        let (deferred, promise) = env.create_deferred()?;
        let core = self.core().clone();
        let body = body.map_or_else(Bytes::new, |body| Bytes::copy_from_slice(&body));
        let pending = Pending::<HttpAnswer>::new(deferred);
        self.core().runtime().spawn(async move {
            let answer = core.serve(head.into(), body, id, attach).await;
            pending.resolve(answer.into());
        });
        Ok(promise)
    }

    /// The client of a pending poll went away.
    #[napi]
    pub fn abort_poll(&self, conn: String) {
        self.core().abort_poll(&conn);
    }

    /// Takes a duplicate of the descriptor of a connection whose upgrade request was verified; the caller
    /// destroys its own handle afterwards. `leftover` is what was read after the request, `responseHeaders` is
    /// added to the `101`. Returns the id of the session, new or upgrading. When it throws nothing was taken.
    #[napi]
    pub fn handoff(
        &self,
        fd: i32,
        leftover: Buffer,
        head: RequestHead,
        id: Option<String>,
        response_headers: Vec<String>,
        attach: bool,
    ) -> Result<String> {
        let core = self.core();
        if core.is_closed() {
            return Err(Error::Closed.into());
        }
        let taken = core.runtime().within(|| take_fd(fd)).ok_or(Error::Closed)?;
        // Limited, because clients can cause it at will: the usual reason is that descriptors have run out.
        let stream = taken.map_err(Error::Handoff).inspect_err(|error| {
            core.log(Level::Warn, "refused connections", format!("a connection was refused: {error}"));
        })?;
        let id =
            core.take_websocket(stream, &leftover, &head.into(), id.as_deref(), &response_headers, attach)?;
        Ok(id.to_string())
    }

    /// Like `handoff` for a stream that stays in Node. `key` is a number of the caller's that no open stream has.
    #[napi]
    pub fn open_stream(
        &self,
        key: u32,
        leftover: Buffer,
        head: RequestHead,
        id: Option<String>,
        response_headers: Vec<String>,
        attach: bool,
    ) -> Result<String> {
        let core = self.core();
        let stream = Stream::Node(core.add_stream(key));
        let taken =
            core.take_websocket(stream, &leftover, &head.into(), id.as_deref(), &response_headers, attach);
        if taken.is_err() {
            core.remove_stream(key);
        }
        Ok(taken?.to_string())
    }

    /// Bytes read from the Node stream `key`. False: pause it until `StreamResume`.
    #[napi]
    pub fn stream_write(&self, key: u32, chunk: Buffer) -> bool {
        let stream = self.core().stream(key);
        stream.is_none_or(|stream| stream.push(Bytes::copy_from_slice(&chunk)))
    }

    /// The Node stream `key` wrote out so many bytes.
    #[napi]
    pub fn stream_drained(&self, key: u32, bytes: u32) {
        if let Some(stream) = self.core().stream(key) {
            stream.drained(bytes as usize);
        }
    }

    /// The Node stream `key` ended, closed or failed.
    #[napi]
    pub fn stream_close(&self, key: u32) {
        self.core().remove_stream(key);
    }

    /// Takes up to `maxEvents` events, of up to `maxBytes` unless the first alone is larger. Call again until nothing
    /// comes: only then `wake` is called again.
    #[napi]
    pub fn drain(&self, max_events: u32, max_bytes: u32) -> Vec<EngineEvent> {
        let events = self.core().events.drain(max_events as usize, max_bytes as usize);
        events.into_iter().map(EngineEvent::from).collect()
    }

    /// Whether clients that connect get JavaScript objects: their messages then arrive as events, for a
    /// connection JavaScript may not know yet.
    #[napi]
    pub fn set_eager(&self, eager: bool) {
        self.core().set_eager(eager);
    }

    /// Lets clients without JavaScript objects join a namespace.
    #[napi]
    pub fn open_namespace(&self, name: String) {
        self.core().set_namespace_open(&name, true);
    }

    /// Undoes `openNamespace`.
    #[napi]
    pub fn close_namespace(&self, name: String) {
        self.core().set_namespace_open(&name, false);
    }

    /// JavaScript takes a connection over and gets its messages from now on. `null`: it is gone.
    #[napi]
    pub fn attach(&self, conn: String) -> Option<ConnView> {
        self.core().attach(&conn).map(|conn| ConnView::from(&*conn))
    }

    /// JavaScript has dealt with the end of a connection.
    #[napi]
    pub fn release(&self, conn: String) {
        self.core().release(&conn);
    }

    /// Queues messages (packets and their attachments) for a connection. `turn` numbers the turn of Node's loop.
    #[napi]
    pub fn write(&self, conn: String, packets: Vec<Either<String, Buffer>>, volatile: bool, turn: u32) {
        self.core().begin_turn(turn.into());
        self.core().write(&conn, parcel(packets), volatile);
    }

    /// Whether something written to a connection now would leave at once.
    #[napi]
    pub fn writable(&self, conn: String) -> bool {
        self.core().conn(&conn).is_some_and(|conn| conn.outbox.is_writable())
    }

    /// While on, `Drain` comes whenever something sent left nothing waiting; else only after a backlog.
    #[napi]
    pub fn watch_drain(&self, conn: String, on: bool) {
        self.core().watch_drain(&conn, on);
    }

    /// While on, `Ping` and `Pong` tell of the heartbeat.
    #[napi]
    pub fn watch_heartbeat(&self, conn: String, on: bool) {
        self.core().watch_heartbeat(&conn, on);
    }

    /// Closes a connection after what was queued, or at once.
    #[napi]
    pub fn close_conn(&self, conn: String, discard: bool) {
        self.core().close_conn(&conn, discard);
    }

    /// Number of open connections.
    #[napi]
    pub fn clients_count(&self) -> u32 {
        self.core().stats().connections as u32
    }

    /// Number of open connections that JavaScript has objects of.
    #[napi]
    pub fn attached_count(&self) -> u32 {
        self.core().attached_count() as u32
    }

    /// Ids of the open connections.
    #[napi]
    pub fn conn_ids(&self) -> Vec<String> {
        strings(self.core().conn_ids())
    }

    /// Registers a socket of an attached connection. In a guarded namespace `ticket` is the one that `admit` returned, and
    /// the socket joins the rooms of its role. In other namespaces `ticket` is 0 and the socket joins no room. Returns
    /// false if the connection is gone, or if `admit` did not admit its client.
    #[napi]
    pub fn add_socket(&self, nsp: String, sid: String, conn: String, ticket: u32) -> bool {
        self.core().add_socket(&nsp, &sid, &conn, ticket)
    }

    /// Removes a socket from its rooms and its namespace.
    #[napi]
    pub fn remove_socket(&self, nsp: String, sid: String) {
        self.core().remove_socket(&nsp, &sid);
    }

    /// The connection of a socket.
    #[napi]
    pub fn socket_conn(&self, nsp: String, sid: String) -> Option<String> {
        self.namespace(&nsp)?.get(&sid).map(|member| member.conn.id.to_string())
    }

    /// Lets a socket join rooms. Per room: 0 no change, 1 joined, 3 joined and created.
    #[napi]
    pub fn join(&self, nsp: String, sid: String, rooms: Vec<String>) -> Vec<u32> {
        let nsp = self.namespace(&nsp);
        rooms.iter().map(|room| nsp.as_ref().map_or(0, |nsp| nsp.join(&sid, room) as u32)).collect()
    }

    /// Lets a socket leave a room: 0 no change, 1 left, 3 left and deleted.
    #[napi]
    pub fn leave(&self, nsp: String, sid: String, room: String) -> u32 {
        self.namespace(&nsp).map_or(0, |nsp| nsp.leave(&sid, &room) as u32)
    }

    /// Names of all rooms.
    #[napi]
    pub fn rooms(&self, nsp: String) -> Vec<String> {
        self.namespace(&nsp).map_or_else(Vec::new, |nsp| strings(nsp.rooms()))
    }

    /// Ids of the sockets in a room.
    #[napi]
    pub fn room_sids(&self, nsp: String, room: String) -> Vec<String> {
        self.namespace(&nsp).map_or_else(Vec::new, |nsp| strings(nsp.room_sids(&room)))
    }

    /// Number of sockets in a room.
    #[napi]
    pub fn room_size(&self, nsp: String, room: String) -> u32 {
        self.namespace(&nsp).map_or(0, |nsp| nsp.room_size(&room) as u32)
    }

    /// Ids of all sockets.
    #[napi]
    pub fn sids(&self, nsp: String) -> Vec<String> {
        self.namespace(&nsp).map_or_else(Vec::new, |nsp| strings(nsp.sids()))
    }

    /// Number of sockets.
    #[napi]
    pub fn socket_count(&self, nsp: String) -> u32 {
        self.namespace(&nsp).map_or(0, |nsp| nsp.len() as u32)
    }

    /// Rooms of a socket. `null`: there is no such socket.
    #[napi]
    pub fn socket_rooms(&self, nsp: String, sid: String) -> Option<Vec<String>> {
        self.namespace(&nsp)?.socket_rooms(&sid).map(strings)
    }

    /// Ids of the sockets in any of `rooms` (all if empty) and in none of `except`.
    #[napi]
    pub fn select(&self, nsp: String, rooms: Vec<String>, except: Vec<String>) -> Vec<String> {
        let Some(nsp) = self.namespace(&nsp) else { return Vec::new() };
        nsp.select(&rooms, &except).iter().map(|member| member.sid.to_string()).collect()
    }

    /// Queues messages for the sockets `select` names, encoded once. Returns the number of recipients.
    #[napi]
    pub fn broadcast(
        &self,
        nsp: String,
        rooms: Vec<String>,
        except: Vec<String>,
        packets: Vec<Either<String, Buffer>>,
        volatile: bool,
        turn: u32,
    ) -> u32 {
        self.core().begin_turn(turn.into());
        self.core().broadcast(&nsp, &rooms, &except, parcel(packets), volatile) as u32
    }

    /// Totals since the engine started.
    #[napi]
    pub fn stats(&self) -> EngineStats {
        self.core().stats().into()
    }

    /// Refuses what is new, ends every connection and joins all threads. Idempotent.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn close<'env>(&self, env: &'env Env) -> Result<Object<'env>> {
        let (deferred, promise) = env.create_deferred()?;
        self.end.cancel(env)?;
        let engine = self.inner.clone();
        let spawned = std::thread::Builder::new().name("plugin-io-close".into()).spawn(move || {
            engine.close();
            deferred.resolve(|_| Ok(()));
        });
        spawned.map_err(Error::Runtime)?;
        Ok(promise)
    }

    pub(super) fn namespace(&self, name: &str) -> Option<Arc<Namespace>> {
        self.core().namespace(name)
    }

    pub(super) fn core(&self) -> &Arc<core::Core> {
        self.inner.core()
    }
}

#[cfg(unix)]
fn take_fd(fd: i32) -> std::io::Result<Stream> {
    if fd < 0 {
        return Err(std::io::ErrorKind::InvalidInput.into());
    }
    // SAFETY: Node owns `fd` and cannot close it before this synchronous call returns; it is only duplicated.
    Stream::from_fd(unsafe { std::os::fd::BorrowedFd::borrow_raw(fd) })
}

#[cfg(not(unix))]
fn take_fd(_: i32) -> std::io::Result<Stream> {
    Err(std::io::ErrorKind::Unsupported.into())
}

type Resolver<T> = Box<dyn FnOnce(Env) -> Result<T> + Send>;

/// A promise that is settled in any case, even if what should settle it is dropped.
pub(super) struct Pending<T: ToNapiValue + 'static>(Option<JsDeferred<T, Resolver<T>>>);

impl<T: ToNapiValue + Send + 'static> Pending<T> {
    pub(super) fn new(deferred: JsDeferred<T, Resolver<T>>) -> Self {
        Self(Some(deferred))
    }

    pub(super) fn resolve(mut self, value: T) {
        if let Some(deferred) = self.0.take() {
            deferred.resolve(Box::new(move |_| Ok(value)));
        }
    }
}

impl<T: ToNapiValue + 'static> Drop for Pending<T> {
    fn drop(&mut self) {
        if let Some(deferred) = self.0.take() {
            deferred.reject(Error::Closed.into());
        }
    }
}
