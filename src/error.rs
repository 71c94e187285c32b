//! The one error type of the engine. `code()` is stable and meant for programs, the message for people.

use thiserror::Error;

/// What an engine operation answers when it refuses.
#[derive(Debug, Error)]
pub enum Error {
    /// An option is out of range.
    #[error("options.{name}: {value} is not {expected}")]
    Option {
        /// Name of the option as in `EngineOptions`.
        name: &'static str,
        /// The offending value.
        value: String,
        /// What is allowed.
        expected: &'static str,
    },
    /// The engine was closed; nothing new is taken.
    #[error("the engine is closed")]
    Closed,
    /// The file descriptor or stream could not be taken over.
    #[error("cannot take over the connection: {0}")]
    Handoff(#[from] std::io::Error),
    /// The session to upgrade vanished between the check and the hand-off.
    #[error("session {0} is unknown")]
    UnknownSession(String),
    /// A session id given by the caller is already in use.
    #[error("session id {0} is already in use")]
    DuplicateId(String),
    /// A limit of [`crate::security`] does not let the client in.
    #[error("the connection is refused: {}", .0.code())]
    Denied(crate::security::Denied),
    /// A rule of [`crate::security`] is malformed.
    #[error("security.{path}: {rule}")]
    Rule {
        /// Where the rule stands, like `allow[0]`.
        path: String,
        /// What is wrong with it.
        rule: crate::security::InvalidRule,
    },
    /// What the embedder says of a client is not complete. Then the field.
    #[error("identity.{0}: missing or unknown")]
    Identity(&'static str),
    /// The runtime could not be started.
    #[error("cannot start the runtime: {0}")]
    Runtime(std::io::Error),
}

impl Error {
    /// Stable identifier of the error, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Error::Option { .. } => "INVALID_OPTION",
            Error::Closed => "ENGINE_CLOSED",
            Error::Handoff(_) => "HANDOFF_FAILED",
            Error::UnknownSession(_) => "UNKNOWN_SESSION",
            Error::DuplicateId(_) => "DUPLICATE_ID",
            Error::Denied(denied) => denied.code(),
            Error::Rule { .. } => "INVALID_RULE",
            Error::Identity(_) => "INVALID_IDENTITY",
            Error::Runtime(_) => "RUNTIME_FAILED",
        }
    }
}

/// Result of an engine operation.
pub type Result<T> = std::result::Result<T, Error>;
