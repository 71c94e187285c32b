//! The sanitizer. It takes what serde_json takes as JSON, what comes out is JSON, and a second reader of the schemas
//! finds no blocked name, private field or forbidden relation in it.
//!
//! Input: the JSON text of an entity or a list of entities.

mod reader;
mod schema;

use std::sync::LazyLock;

use plugin_io::sanitizer::{Error, Sanitizer, json::Document};
use serde_json::value::RawValue;

use reader::Json;
use schema::{ARTICLE, MODELS};

static SANITIZER: LazyLock<Sanitizer> = LazyLock::new(schema::sanitizer);

pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let is_json = serde_json::from_str::<&RawValue>(text).is_ok();
    match Document::parse(text) {
        Ok(_) => assert!(is_json, "this is no JSON"),
        Err(Error::TooDeep(_)) => {}
        Err(error) => assert!(!is_json, "this is JSON: {error}"),
    }
    // Each permission alone, none of them and all of them.
    let findable = MODELS.map(|model| model.0);
    let mut sets: Vec<Vec<&str>> = findable.iter().map(|&uid| vec![uid]).collect();
    sets.extend([vec![], findable.to_vec()]);
    let ids: Vec<u32> = sets.iter().map(|uids| SANITIZER.add_scopes(&scopes(uids))).collect();
    let copies = match SANITIZER.sanitize(ARTICLE, text, &ids) {
        Ok(copies) => copies,
        Err(error) => {
            assert!(!is_json || matches!(error, Error::TooDeep(_)), "{error}");
            assert!(SANITIZER.blocklist(text).is_err());
            return;
        }
    };
    assert_eq!(copies.assignment.len(), sets.len());
    for ((uids, id), index) in sets.iter().zip(&ids).zip(&copies.assignment) {
        let copy = &copies.texts[*index as usize];
        assert!(copy.len() <= text.len());
        Json::read(copy).check(Some(ARTICLE), uids);
        let again = SANITIZER.sanitize(ARTICLE, copy, &[*id]).unwrap();
        assert_eq!(&again.texts[0], copy, "a second time takes more away");
    }
    let raw = SANITIZER.blocklist(text).unwrap();
    Json::read(&raw).check_names(&[]);
    assert_eq!(SANITIZER.blocklist(&raw).as_ref(), Ok(&raw));
    let content = SANITIZER.blocklist_content(text).unwrap();
    Json::read(&content).check_names(&schema::EXCLUDED);
}

fn scopes(uids: &[&str]) -> Vec<String> {
    uids.iter().map(|uid| format!("{uid}.find")).collect()
}
