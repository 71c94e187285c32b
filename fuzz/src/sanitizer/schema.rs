//! A small application: every kind of attribute the sanitizer knows.

use plugin_io::sanitizer::{
    Options, Sanitizer,
    model::{AttributeFacts, ModelFacts},
};

pub const ARTICLE: &str = "api::article.article";
const AUTHOR: &str = "api::author.author";
const COMMENT: &str = "api::comment.comment";
const SEO: &str = "shared.seo";
const FILE: &str = "plugin::upload.file";

/// Words that no name may contain, in any case.
pub const BLOCKED: [&str; 2] = ["password", "token"];
/// A name that is exempt.
pub const ALLOWED: &str = "tokens";
/// Names that are not sent with content.
pub const EXCLUDED: [&str; 1] = ["body"];
/// A private attribute of every model.
pub const PRIVATE: &str = "note";

/// What is in a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// No schema describes it.
    Anything,
    /// An entity or component of this model, for everybody.
    Part(&'static str),
    /// Entities of this model, for those who may find it.
    Relation(&'static str),
    /// The same, elements may say what they are.
    MorphFrom(&'static str),
    /// Elements say what they are, and are for those who may find that.
    MorphTo,
    /// Elements say which component they are.
    Zone,
}

type Field = (&'static str, Holds);

/// Models and what their fields hold.
pub const MODELS: [(&str, &[Field]); 5] = [
    (
        ARTICLE,
        &[
            ("author", Holds::Relation(AUTHOR)),
            ("related", Holds::MorphTo),
            ("subject", Holds::MorphTo),
            ("comments", Holds::MorphFrom(COMMENT)),
            ("seo", Holds::Part(SEO)),
            ("blocks", Holds::Zone),
            ("cover", Holds::Part(FILE)),
            ("extra", Holds::Anything),
        ],
    ),
    (AUTHOR, &[("articles", Holds::Relation(ARTICLE))]),
    (COMMENT, &[("article", Holds::Relation(ARTICLE))]),
    (SEO, &[("image", Holds::Part(FILE))]),
    (FILE, &[("related", Holds::MorphTo)]),
];

pub fn sanitizer() -> Sanitizer {
    let strings = |list: &[&str]| list.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
    Sanitizer::new(Options {
        models: MODELS.map(|(uid, fields)| model(uid, fields)).into(),
        blocked_words: strings(&BLOCKED),
        allowed_fields: vec![ALLOWED.into()],
        excluded_fields: strings(&EXCLUDED),
        hide_role_users: true,
    })
    .unwrap()
}

fn model(uid: &str, fields: &[Field]) -> ModelFacts {
    let private = AttributeFacts { private: true, ..attribute(PRIVATE, "text") };
    let fields = fields.iter().map(|&(name, holds)| field(name, holds));
    let attributes = [private, attribute("title", "string")].into_iter().chain(fields).collect();
    ModelFacts { uid: uid.into(), attributes, ..ModelFacts::default() }
}

fn attribute(name: &str, kind: &str) -> AttributeFacts {
    AttributeFacts { name: name.into(), kind: kind.into(), ..AttributeFacts::default() }
}

fn field(name: &str, holds: Holds) -> AttributeFacts {
    let relation = |kind: &str, target: Option<&str>| AttributeFacts {
        relation: Some(kind.into()),
        target: target.map(str::to_owned),
        ..attribute(name, "relation")
    };
    match holds {
        Holds::Anything => attribute(name, "json"),
        Holds::Part(FILE) => attribute(name, "media"),
        Holds::Part(uid) => AttributeFacts { component: Some(uid.into()), ..attribute(name, "component") },
        Holds::Relation(target) => relation("manyToMany", Some(target)),
        Holds::MorphFrom(target) => relation("morphMany", Some(target)),
        Holds::MorphTo => relation("morphToMany", None),
        Holds::Zone => attribute(name, "dynamiczone"),
    }
}
