//! Who is editing which document: editors with their tabs, heartbeats, and who types where.
//!
//! An editor with several tabs is one editor, who leaves with the last of them. The registry holds the tabs of this
//! node and what the other nodes say about theirs; a node that falls silent takes its tabs along.

mod registry;
#[cfg(test)]
mod tests;

use std::time::Duration;

use thiserror::Error;

pub use registry::Registry;

/// Longest `uid`, `documentId` or `fieldName` taken from a client, in bytes.
const MAX_NAME: usize = 255;

/// What the registry allows.
#[derive(Debug, Clone)]
pub struct Limits {
    /// A tab that sends no heartbeat for so long has left.
    pub heartbeat_timeout: Duration,
    /// Who types nothing for so long has stopped.
    pub typing_timeout: Duration,
    /// Typing in the same field is told again only after so long.
    pub typing_interval: Duration,
    /// Another node that says nothing for so long is gone.
    pub node_timeout: Duration,
    /// Documents one socket may have joined.
    pub max_documents: usize,
    /// Tabs of one document.
    pub max_tabs_per_document: usize,
    /// Tabs in total, those of other nodes included.
    pub max_tabs: usize,
}

/// Why somebody cannot join or type.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PresenceError {
    /// A name is empty or too long.
    #[error("{0} must have 1 to {MAX_NAME} bytes")]
    Name(&'static str),
    /// The socket has joined too many documents.
    #[error("{0} documents are joined, which is the limit")]
    Documents(usize),
    /// The document has too many editors.
    #[error("the document has {0} editors, which is the limit")]
    Tabs(usize),
    /// The server has too many editors.
    #[error("too many documents are being edited")]
    Full,
    /// The document has to be joined first.
    #[error("the document is not joined")]
    NotJoined,
}

impl PresenceError {
    /// Stable identifier, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            PresenceError::Name(_) => "INVALID_NAME",
            PresenceError::Documents(_) => "TOO_MANY_DOCUMENTS",
            PresenceError::Tabs(_) => "TOO_MANY_EDITORS",
            PresenceError::Full => "PRESENCE_FULL",
            PresenceError::NotJoined => "NOT_JOINED",
        }
    }
}

/// A document of a content type.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Document {
    /// `api::article.article`
    pub uid: String,
    /// `None`: the entry of a single type that has not been saved yet.
    pub document_id: Option<String>,
}

/// An admin, as other admins see them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Identifier of the admin.
    pub id: i64,
    /// First name.
    pub firstname: Option<String>,
    /// Last name.
    pub lastname: Option<String>,
}

/// A document open in a socket of an admin.
#[derive(Debug, Clone, PartialEq)]
pub struct Tab {
    /// What is open.
    pub document: Document,
    /// Where.
    pub socket_id: String,
    /// Who opened it.
    pub user: User,
    /// Since when, milliseconds since the epoch.
    pub joined_at: f64,
}

/// An admin who has a document open, in the tab they opened first.
#[derive(Debug, Clone, PartialEq)]
pub struct Editor {
    /// Where.
    pub socket_id: String,
    /// Who.
    pub user: User,
    /// Since when, milliseconds since the epoch.
    pub joined_at: f64,
}

/// Somebody who has stopped typing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pause {
    /// Where.
    pub document: Document,
    /// Who.
    pub user: User,
}

/// What time has changed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sweep {
    /// Tabs of this node that have left for want of a heartbeat.
    pub left: Vec<Tab>,
    /// Documents whose editors are others now.
    pub changed: Vec<Document>,
    /// Who, at this node, has stopped typing.
    pub paused: Vec<Pause>,
    /// When to look again.
    pub next_in: Option<Duration>,
}
