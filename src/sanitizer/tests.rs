//! The sanitizer as a whole, on one small application.

use super::{
    Copies, Error, Options, Sanitizer,
    json::MAX_DEPTH,
    model::{AttributeFacts, ModelFacts},
};

const ARTICLE: &str = "api::article.article";

fn attribute(name: &str, kind: &str) -> AttributeFacts {
    AttributeFacts { name: name.into(), kind: kind.into(), ..Default::default() }
}

fn relation(name: &str, relation: &str, target: &str) -> AttributeFacts {
    let (relation, target) = (Some(relation.into()), Some(target.into()));
    AttributeFacts { relation, target, ..attribute(name, "relation") }
}

fn component(name: &str, uid: &str) -> AttributeFacts {
    AttributeFacts { component: Some(uid.into()), ..attribute(name, "component") }
}

fn model(uid: &str, attributes: Vec<AttributeFacts>) -> ModelFacts {
    let note = AttributeFacts { private: true, ..attribute("note", "text") };
    let attributes = attributes.into_iter().chain([attribute("title", "string"), note]).collect();
    ModelFacts { uid: uid.into(), attributes, ..Default::default() }
}

fn sanitizer() -> Sanitizer {
    let article = vec![
        relation("author", "manyToOne", "api::author.author"),
        relation("related", "morphToMany", ""),
        relation("subject", "morphToOne", ""),
        relation("comments", "morphMany", "api::comment.comment"),
        component("seo", "shared.seo"),
        attribute("blocks", "dynamiczone"),
        attribute("cover", "media"),
        attribute("extra", "json"),
    ];
    let author = vec![relation("articles", "oneToMany", ARTICLE)];
    let words = ["password", "token"].map(String::from);
    Sanitizer::new(Options {
        models: vec![
            model(ARTICLE, article),
            model("api::author.author", author),
            model("api::comment.comment", vec![]),
            model("shared.seo", vec![]),
            model("plugin::upload.file", vec![]),
        ],
        blocked_words: words.into(),
        allowed_fields: vec!["tokens".into()],
        excluded_fields: vec!["body".into()],
        hide_role_users: true,
    })
    .unwrap()
}

fn copies(text: &str, scopes: &[&[&str]]) -> Copies {
    let sanitizer = sanitizer();
    let ids: Vec<u32> = scopes.iter().map(|scopes| sanitizer.add_scopes(scopes)).collect();
    sanitizer.sanitize(ARTICLE, text, &ids).unwrap()
}

/// What somebody with all permissions gets.
fn all(text: &str) -> String {
    let scopes = ["api::article.article.find", "api::author.author.find", "api::comment.comment.find"];
    copies(text, &[&scopes]).texts.remove(0)
}

#[test]
fn what_the_schema_does_not_know_stays() {
    let text = r#"{"id":1,"documentId":"x","locale":null,"title":"t","unknown":{"note":[{"note":1}]}}"#;
    assert_eq!(all(text), text);
    assert_eq!(all("null"), "null");
    assert_eq!(all("[]"), "[]");
}

#[test]
fn private_fields_go_at_every_level() {
    let text = r#"[{"note":1,"author":{"note":2,"articles":[{"id":3,"note":4},null]},"cover":[{"note":5,"id":6}],"seo":{"note":7}}]"#;
    assert_eq!(all(text), r#"[{"author":{"articles":[{"id":3},null]},"cover":[{"id":6}],"seo":{}}]"#);
}

#[test]
fn blocked_names_go_from_everything() {
    let text = r#"{"extra":{"a":[{"Password2":{"b":1}},{"tokens":2,"TOKENS":3}],"body":4},"author":{"articles":{"count":1}},"accessToken":5}"#;
    assert_eq!(all(text), r#"{"extra":{"a":[{},{"tokens":2}]},"author":{"articles":{"count":1}}}"#);
    let raw = r#"{"note":1,"body":{"myToken":2},"list":[[{"tokens":3}]]}"#;
    assert_eq!(sanitizer().blocklist(raw).unwrap(), r#"{"note":1,"body":{},"list":[[{"tokens":3}]]}"#);
    let content = sanitizer().blocklist_content(raw).unwrap();
    assert_eq!(content, r#"{"note":1,"list":[[{"tokens":3}]]}"#);
}

#[test]
fn relations_are_for_those_who_may_find_the_target() {
    let text = r#"{"id":1,"author":null,"title":"t"}"#;
    let made = copies(text, &[&[], &["api::author.author.find"], &["api::author.author.create"]]);
    assert_eq!(made.texts, [r#"{"id":1,"title":"t"}"#, text]);
    assert_eq!(made.assignment, [0, 1, 0]);
}

#[test]
fn permissions_that_make_no_difference_make_no_copies() {
    let nested = r#"{"author":{"articles":[{"id":2}]}}"#;
    let made = copies(nested, &[&[], &["api::article.article.find"], &["api::comment.comment.find"]]);
    assert_eq!(made.texts, ["{}"]);
    assert_eq!(made.assignment, [0, 0, 0]);
}

#[test]
fn morph_elements_are_for_those_who_may_find_what_they_are() {
    let text = r#"{"related":[{"__type":"api::author.author","id":1,"note":2},{"__type":"api::comment.comment","id":3},{"id":4},{"__type":"api::gone.gone"},5,null]}"#;
    let made = copies(text, &[&["api::author.author.find"], &["api::comment.comment.find"], &[]]);
    assert_eq!(
        made.texts,
        [
            r#"{"related":[{"__type":"api::author.author","id":1}]}"#,
            r#"{"related":[{"__type":"api::comment.comment","id":3}]}"#,
            "{}",
        ]
    );
    for kept in [r#"{"related":[]}"#, r#"{"related":{"count":3}}"#, r#"{"subject":null}"#] {
        assert_eq!(all(kept), kept);
    }
}

#[test]
fn a_single_morph_element_is_not_taken_for_a_query() {
    for shape in [
        r#"{"__type":"api::author.author","set":1}"#,
        r#"{"connect":[{"__type":"api::author.author"}]}"#,
        r#"{"on":{"api::author.author":true}}"#,
        r#"{"count":true}"#,
        r#"{"count":1,"more":2}"#,
        "true",
        "7",
    ] {
        assert_eq!(all(&format!(r#"{{"subject":{shape}}}"#)), "{}", "{shape}");
    }
    let plain = r#"{"subject":{"__type":"api::author.author","count":1}}"#;
    assert_eq!(all(plain), plain);
}

#[test]
fn the_other_side_of_a_morph_is_sanitized_as_its_target() {
    let text = r#"{"comments":[{"id":1,"note":2},{"id":3,"__type":"api::author.author"},{"id":4,"__type":"api::comment.comment"}]}"#;
    assert_eq!(all(text), r#"{"comments":[{"id":1},{"id":4,"__type":"api::comment.comment"}]}"#);
}

#[test]
fn zone_elements_must_be_known_components() {
    let text = r#"{"blocks":[{"__component":"shared.seo","note":1,"id":2},null,{"__component":"shared.gone","id":3},{"id":4},5]}"#;
    assert_eq!(all(text), r#"{"blocks":[{"__component":"shared.seo","id":2},null]}"#);
    assert_eq!(all(r#"{"blocks":{"id":1}}"#), "{}");
    assert_eq!(all(r#"{"blocks":{"count":1}}"#), r#"{"blocks":{"count":1}}"#);
}

#[test]
fn arrays_inside_arrays_are_not_a_way_out() {
    assert_eq!(all(r#"{"author":[[{"note":1,"id":2}]]}"#), r#"{"author":[[{"id":2}]]}"#);
    assert_eq!(all(r#"{"related":[[{"note":1}]]}"#), "{}");
}

#[test]
fn equal_sets_have_one_number() {
    let sanitizer = sanitizer();
    let one = sanitizer.add_scopes(&["api::article.article.find", "api::x.x.find"]);
    let two = sanitizer.add_scopes(&["api::article.article.findOne", "api::article.article.find"]);
    let none: [&str; 0] = [];
    assert_eq!(one, two);
    assert_ne!(one, sanitizer.add_scopes(&none));
}

#[test]
fn an_error_comes_instead_of_copies() {
    let sanitizer = sanitizer();
    let none: [&str; 0] = [];
    let id = sanitizer.add_scopes(&none);
    let code = |uid: &str, text: &str, scopes: &[u32]| {
        sanitizer.sanitize(uid, text, scopes).map_err(|error| error.code())
    };
    assert_eq!(code("api::gone.gone", "{}", &[id]), Err("UNKNOWN_CONTENT_TYPE"));
    assert_eq!(code(ARTICLE, "{\"a\":}", &[id]), Err("MALFORMED_JSON"));
    assert_eq!(code(ARTICLE, "{}", &[id, 7]), Err("UNKNOWN_SCOPES"));
    assert_eq!(code(ARTICLE, "{}", &[]), Ok(Copies { texts: vec![], assignment: vec![] }));
    let message = sanitizer.sanitize("api::gone.gone", "{}", &[id]).unwrap_err().to_string();
    assert_eq!(message, "api::gone.gone is not a known content type or component");
}

/// Recursion is bounded: the deepest document there may be fits the smallest stack a thread may have.
#[test]
fn depth_does_not_cost_the_stack() {
    let work = || {
        let levels = MAX_DEPTH / 2;
        let entity = |inner: &str| {
            let open = r#"{"author":{"articles":"#.repeat(levels);
            format!("{open}{inner}{}", "}}".repeat(levels))
        };
        assert_eq!(all(&entity("null")), entity("null"));
        let deeper = entity(r#"{"note":1}"#);
        let error = sanitizer().sanitize(ARTICLE, &deeper, &[]).unwrap_err();
        assert_eq!(error, Error::TooDeep(MAX_DEPTH));
    };
    std::thread::Builder::new().stack_size(512 << 10).spawn(work).unwrap().join().unwrap();
}
