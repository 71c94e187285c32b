//! The `Presence` class.

use std::{sync::Arc, time::Duration};

use napi_derive::napi;

use crate::{
    clock::Now,
    presence::{Document, Editor, Limits, Pause, PresenceError, Registry, Sweep, Tab, User},
};

/// What the presence registry allows. Times are in milliseconds.
#[napi(object)]
pub struct PresenceOptions {
    /// A tab that sends no heartbeat for so long has left.
    pub heartbeat_timeout: u32,
    /// Who types nothing for so long has stopped.
    pub typing_timeout: u32,
    /// Typing in the same field is told again only after so long.
    pub typing_interval: u32,
    /// Another node that says nothing for so long is gone.
    pub node_timeout: u32,
    /// Documents one socket may have joined.
    pub max_documents: u32,
    /// Tabs of one document.
    pub max_tabs_per_document: u32,
    /// Tabs in total, those of other nodes included.
    pub max_tabs: u32,
}

/// A document of a content type.
#[napi(object, use_nullable = true)]
pub struct PresenceDocument {
    /// `api::article.article`
    pub uid: String,
    /// `null`: the entry of a single type that has not been saved yet.
    pub document_id: Option<String>,
}

/// An admin, as other admins see them.
#[napi(object, use_nullable = true)]
pub struct PresenceUser {
    /// Identifier of the admin.
    pub id: i64,
    /// First name.
    pub firstname: Option<String>,
    /// Last name.
    pub lastname: Option<String>,
}

/// A document open in a socket of an admin.
#[napi(object)]
pub struct PresenceTab {
    /// What is open.
    pub document: PresenceDocument,
    /// Where.
    pub socket_id: String,
    /// Who opened it.
    pub user: PresenceUser,
    /// Since when, milliseconds since the epoch.
    pub joined_at: f64,
}

/// An admin who has a document open, in the tab they opened first.
#[napi(object)]
pub struct PresenceEditor {
    /// Where.
    pub socket_id: String,
    /// Who.
    pub user: PresenceUser,
    /// Since when, milliseconds since the epoch.
    pub joined_at: f64,
}

/// Whether something has changed, or (`error`) why it could not.
#[napi(object, use_nullable = true)]
pub struct PresenceAnswer {
    /// Whether the other editors should be told.
    pub changed: bool,
    /// What is wrong, for people.
    pub error: Option<String>,
    /// The same, for programs.
    pub code: Option<String>,
}

/// A document a socket has left.
#[napi(object)]
pub struct PresenceLeft {
    /// Which.
    pub document: PresenceDocument,
    /// Whether its editors are others now.
    pub changed: bool,
}

/// Somebody who has stopped typing.
#[napi(object)]
pub struct PresencePause {
    /// Where.
    pub document: PresenceDocument,
    /// Who.
    pub user: PresenceUser,
}

/// What time has changed.
#[napi(object, use_nullable = true)]
pub struct PresenceSweep {
    /// Tabs of this node that have left for want of a heartbeat.
    pub left: Vec<PresenceTab>,
    /// Documents whose editors are others now.
    pub changed: Vec<PresenceDocument>,
    /// Who, at this node, has stopped typing.
    pub paused: Vec<PresencePause>,
    /// Milliseconds until something may be due; `null`: nothing to wait for.
    pub next_in: Option<f64>,
}

impl From<PresenceOptions> for Limits {
    fn from(options: PresenceOptions) -> Self {
        let time = |ms: u32| Duration::from_millis(ms.into());
        Self {
            heartbeat_timeout: time(options.heartbeat_timeout),
            typing_timeout: time(options.typing_timeout),
            typing_interval: time(options.typing_interval),
            node_timeout: time(options.node_timeout),
            max_documents: options.max_documents as usize,
            max_tabs_per_document: options.max_tabs_per_document as usize,
            max_tabs: options.max_tabs as usize,
        }
    }
}

impl From<PresenceDocument> for Document {
    fn from(PresenceDocument { uid, document_id }: PresenceDocument) -> Self {
        Self { uid, document_id }
    }
}

impl From<Document> for PresenceDocument {
    fn from(Document { uid, document_id }: Document) -> Self {
        Self { uid, document_id }
    }
}

impl From<PresenceUser> for User {
    fn from(PresenceUser { id, firstname, lastname }: PresenceUser) -> Self {
        Self { id, firstname, lastname }
    }
}

impl From<User> for PresenceUser {
    fn from(User { id, firstname, lastname }: User) -> Self {
        Self { id, firstname, lastname }
    }
}

impl From<PresenceTab> for Tab {
    fn from(tab: PresenceTab) -> Self {
        Self {
            document: tab.document.into(),
            socket_id: tab.socket_id,
            user: tab.user.into(),
            joined_at: tab.joined_at,
        }
    }
}

impl From<Tab> for PresenceTab {
    fn from(tab: Tab) -> Self {
        Self {
            document: tab.document.into(),
            socket_id: tab.socket_id,
            user: tab.user.into(),
            joined_at: tab.joined_at,
        }
    }
}

impl From<Editor> for PresenceEditor {
    fn from(Editor { socket_id, user, joined_at }: Editor) -> Self {
        Self { socket_id, user: user.into(), joined_at }
    }
}

impl From<Pause> for PresencePause {
    fn from(Pause { document, user }: Pause) -> Self {
        Self { document: document.into(), user: user.into() }
    }
}

impl From<Result<bool, PresenceError>> for PresenceAnswer {
    fn from(result: Result<bool, PresenceError>) -> Self {
        match result {
            Ok(changed) => Self { changed, error: None, code: None },
            Err(error) => {
                Self { changed: false, error: Some(error.to_string()), code: Some(error.code().into()) }
            }
        }
    }
}

impl From<Sweep> for PresenceSweep {
    fn from(Sweep { left, changed, paused, next_in }: Sweep) -> Self {
        Self {
            left: convert(left),
            changed: convert(changed),
            paused: convert(paused),
            next_in: next_in.map(|duration| duration.as_secs_f64() * 1000.0),
        }
    }
}

fn convert<T, U: From<T>>(list: Vec<T>) -> Vec<U> {
    list.into_iter().map(U::from).collect()
}

/// Who is editing which document.
#[napi]
pub struct Presence {
    inner: Arc<Registry>,
}

#[napi]
impl Presence {
    /// Nobody edits anything.
    #[napi(constructor)]
    pub fn new(options: PresenceOptions) -> Self {
        Self { inner: Arc::new(Registry::new(options.into())) }
    }

    /// A socket of this node opens a document. Joining again is a heartbeat.
    #[napi]
    pub fn join(&self, document: PresenceDocument, socket_id: String, user: PresenceUser) -> PresenceAnswer {
        self.inner.join(document.into(), &socket_id, user.into(), Now::read()).into()
    }

    /// A socket of this node closes a document; whether its editors are others now.
    #[napi]
    pub fn leave(&self, document: PresenceDocument, socket_id: String) -> bool {
        self.inner.leave(&document.into(), &socket_id)
    }

    /// A socket of this node is gone: the documents it had open.
    #[napi]
    pub fn leave_all(&self, socket_id: String) -> Vec<PresenceLeft> {
        let left = self.inner.leave_all(&socket_id).into_iter();
        left.map(|(document, changed)| PresenceLeft { document: document.into(), changed }).collect()
    }

    /// A socket of this node is alive; how many documents it has open.
    #[napi]
    pub fn heartbeat(&self, socket_id: String) -> u32 {
        self.inner.heartbeat(&socket_id, Now::read()) as u32
    }

    /// A socket of this node types in a field, or (`null`) has stopped.
    #[napi]
    pub fn typing(
        &self,
        document: PresenceDocument,
        socket_id: String,
        field_name: Option<String>,
    ) -> PresenceAnswer {
        self.inner.typing(&document.into(), &socket_id, field_name.as_deref(), Now::read()).into()
    }

    /// The editors of a document, in the order in which they came.
    #[napi]
    pub fn editors(&self, document: PresenceDocument) -> Vec<PresenceEditor> {
        convert(self.inner.editors(&document.into()))
    }

    /// What a socket of this node has open.
    #[napi]
    pub fn documents(&self, socket_id: String) -> Vec<PresenceDocument> {
        convert(self.inner.documents(&socket_id))
    }

    /// The tabs of this node, of one document or of all: what the other nodes need to know.
    #[napi]
    pub fn local(&self, document: Option<PresenceDocument>) -> Vec<PresenceTab> {
        convert(self.inner.local(document.map(Document::from).as_ref()))
    }

    /// What another node says: these, and no others, are its tabs of the document, or (`null`) of all documents.
    /// Returns the documents whose editors are others now.
    #[napi]
    pub fn replace(
        &self,
        node: String,
        document: Option<PresenceDocument>,
        tabs: Vec<PresenceTab>,
    ) -> Vec<PresenceDocument> {
        let document = document.map(Document::from);
        convert(self.inner.replace(&node, document.as_ref(), convert(tabs), Now::read()))
    }

    /// What time has changed: stale tabs leave, silent nodes are forgotten, pauses in typing are noticed.
    #[napi]
    pub fn sweep(&self) -> PresenceSweep {
        self.inner.sweep(Now::read()).into()
    }
}
