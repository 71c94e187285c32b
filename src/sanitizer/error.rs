//! Why nothing is sent. `code()` is stable and meant for programs, the message for people.

use thiserror::Error;

/// What the sanitizer answers when it refuses. Nothing comes out beside it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Error {
    /// The text is not JSON.
    #[error("malformed JSON at byte {offset}: {expected} expected")]
    Malformed {
        /// Where reading stopped.
        offset: usize,
        /// What would have been right.
        expected: &'static str,
    },
    /// Objects and arrays inside each other, beyond what is followed.
    #[error("data nests deeper than {0} levels")]
    TooDeep(usize),
    /// More text than is read.
    #[error("data of {bytes} bytes is larger than {limit}")]
    TooLarge {
        /// Length of the text.
        bytes: usize,
        /// What is allowed.
        limit: usize,
    },
    /// No schema has this uid.
    #[error("{0} is not a known content type or component")]
    UnknownModel(String),
    /// The number does not stand for a set of scopes.
    #[error("scope set {0} is unknown")]
    UnknownScopes(u32),
    /// Two schemas have the same uid.
    #[error("models[{index}].uid: {uid} is listed twice")]
    DuplicateModel {
        /// Place of the second one.
        index: usize,
        /// What they share.
        uid: String,
    },
    /// A word of the blocklist cannot be used.
    #[error("blockedWords: {0}")]
    BlockedWords(String),
}

impl Error {
    /// Stable identifier of the error, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Error::Malformed { .. } => "MALFORMED_JSON",
            Error::TooDeep(_) => "DATA_TOO_DEEP",
            Error::TooLarge { .. } => "DATA_TOO_LARGE",
            Error::UnknownModel(_) => "UNKNOWN_CONTENT_TYPE",
            Error::UnknownScopes(_) => "UNKNOWN_SCOPES",
            Error::DuplicateModel { .. } | Error::BlockedWords(_) => "INVALID_OPTION",
        }
    }
}

/// Result of a sanitizer operation.
pub type Result<T> = std::result::Result<T, Error>;
