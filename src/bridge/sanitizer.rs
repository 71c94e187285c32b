//! The `Sanitizer` class.

use std::sync::Arc;

use napi_derive::napi;

use crate::sanitizer::{
    self, Copies, Envelope, Error, Options,
    model::{AttributeFacts, ModelFacts},
};

/// `code` of a JavaScript error.
pub struct Code(String);

impl AsRef<str> for Code {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl From<napi::Status> for Code {
    fn from(status: napi::Status) -> Self {
        Self(status.as_ref().into())
    }
}

type Result<T> = napi::Result<T, Code>;

fn to_js(error: Error) -> napi::Error<Code> {
    napi::Error::new(Code(error.code().into()), format!("plugin io: {error}"))
}

/// What a sanitizer is made of. The TypeScript half owns the defaults.
#[napi(object)]
pub struct SanitizerOptions {
    /// Every content type and component there is.
    pub models: Vec<SanitizerModel>,
    /// Fields whose name contains one of these, in any case, are never sent.
    pub blocked_words: Vec<String>,
    /// Names the blocked words do not take away.
    pub allowed_fields: Vec<String>,
    /// Names that are not sent with content, at any level.
    pub excluded_fields: Vec<String>,
    /// Whether users-permissions' output sanitizer is in force.
    pub hide_role_users: bool,
}

/// What a schema says.
#[napi(object)]
pub struct SanitizerModel {
    /// `api::article.article`
    pub uid: String,
    /// Names that are private here: the application's and the schema's own list.
    pub private_attributes: Vec<String>,
    /// `options.populateCreatorFields`
    pub populate_creator_fields: bool,
    /// All attributes.
    pub attributes: Vec<SanitizerAttribute>,
}

/// What a schema says about an attribute.
#[napi(object, use_nullable = true)]
pub struct SanitizerAttribute {
    /// Its name.
    pub name: String,
    /// Its type.
    #[napi(js_name = "type")]
    pub kind: String,
    /// Whether it says `private: true` itself.
    pub private: bool,
    /// `relation`, of relations.
    pub relation: Option<String>,
    /// `target`, of relations.
    pub target: Option<String>,
    /// `component`, of components.
    pub component: Option<String>,
}

/// The copies of an entity.
#[napi(object)]
pub struct SanitizedCopies {
    /// JSON texts, no two of them equal.
    pub texts: Vec<String>,
    /// Per scope set asked for, the index of its text.
    pub assignment: Vec<u32>,
}

impl From<SanitizerOptions> for Options {
    fn from(options: SanitizerOptions) -> Self {
        Self {
            models: options.models.into_iter().map(ModelFacts::from).collect(),
            blocked_words: options.blocked_words,
            allowed_fields: options.allowed_fields,
            excluded_fields: options.excluded_fields,
            hide_role_users: options.hide_role_users,
        }
    }
}

impl From<SanitizerModel> for ModelFacts {
    fn from(model: SanitizerModel) -> Self {
        Self {
            uid: model.uid,
            private_attributes: model.private_attributes,
            populate_creator_fields: model.populate_creator_fields,
            attributes: model.attributes.into_iter().map(AttributeFacts::from).collect(),
        }
    }
}

impl From<SanitizerAttribute> for AttributeFacts {
    fn from(attribute: SanitizerAttribute) -> Self {
        Self {
            name: attribute.name,
            kind: attribute.kind,
            private: attribute.private,
            relation: attribute.relation,
            target: attribute.target,
            component: attribute.component,
        }
    }
}

impl From<Copies> for SanitizedCopies {
    fn from(copies: Copies) -> Self {
        Self { texts: copies.texts, assignment: copies.assignment }
    }
}

/// Knows the schemas and who may find what, and makes the copies of an entity that recipients may see.
#[napi]
pub struct Sanitizer {
    inner: Arc<sanitizer::Sanitizer>,
}

#[napi]
impl Sanitizer {
    /// Compiles the schemas.
    #[napi(constructor)]
    pub fn new(options: SanitizerOptions) -> Result<Self> {
        let inner = sanitizer::Sanitizer::new(options.into()).map_err(to_js)?;
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Makes a set of scopes (`{uid}.find`) known and returns its number; equal sets have the same one.
    #[napi]
    pub fn add_scopes(&self, scopes: Vec<String>) -> u32 {
        self.inner.add_scopes(&scopes)
    }

    /// The copies of an entity (or array of entities), given as JSON text, for the scope sets of these numbers.
    #[napi]
    pub fn sanitize(&self, uid: String, text: String, scopes: Vec<u32>) -> Result<SanitizedCopies> {
        self.inner.sanitize(&uid, &text, &scopes).map(SanitizedCopies::from).map_err(to_js)
    }

    /// Takes the blocked names out of JSON text that has no schema.
    #[napi]
    pub fn blocklist(&self, text: String) -> Result<String> {
        self.inner.blocklist(&text).map_err(to_js)
    }

    /// Takes the blocked and the excluded names out of content that Strapi has sanitized, given as JSON text.
    #[napi]
    pub fn blocklist_content(&self, text: String) -> Result<String> {
        self.inner.blocklist_content(&text).map_err(to_js)
    }

    /// Writes a sanitized entity (or array of entities), given as JSON text, as `{ data: { id, attributes }, meta }`.
    /// `uid`: its content type, or `null` for data without a schema.
    #[napi]
    pub fn to_attributes(&self, uid: Option<String>, text: String) -> Result<String> {
        self.inner.to_attributes(uid.as_deref(), &text, Envelope::Entry).map_err(to_js)
    }

    /// The same for a deleted entity: its document id is beside its id too.
    #[napi]
    pub fn deleted_to_attributes(&self, uid: String, text: String) -> Result<String> {
        self.inner.to_attributes(Some(&uid), &text, Envelope::Deleted).map_err(to_js)
    }
}
