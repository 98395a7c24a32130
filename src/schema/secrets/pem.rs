//! Private keys in PEM: `-----BEGIN … PRIVATE KEY-----`.

use crate::schema::Rule;
use crate::schema::secrets::find::Find;
use crate::schema::secrets::value::is_placeholder;

/// Looks for the bodies of private keys; one that is cut reaches to the end of its text.
pub(in crate::schema::secrets) fn find(text: &str, finds: &mut Vec<Find>) {
    let mut at = 0;
    while let Some(found) = text[at..].find(BEGIN) {
        at += found + BEGIN.len();
        let Some((label, rest)) = text[at..].split_once("-----") else {
            return;
        };
        let start = at + label.len() + "-----".len();
        if label.len() > MAX_LABEL || !label.contains("PRIVATE KEY") {
            continue;
        }
        let body = &rest[..rest.find("-----").unwrap_or(rest.len())];
        at = start + body.len();
        let trimmed = body.trim_start_matches(is_around);
        let start = at - trimmed.len();
        let trimmed = trimmed.trim_end_matches(is_around);
        if trimmed.len() >= MIN_BODY && !is_placeholder(trimmed) {
            finds.push(Find {
                rule: Rule::SecretCredential,
                what: "a private key",
                start,
                end: start + trimmed.len(),
            });
        }
    }
}

fn is_around(character: char) -> bool {
    character.is_whitespace() || character == '\\'
}

const BEGIN: &str = "-----BEGIN ";
/// `ENCRYPTED PRIVATE KEY`, `PGP PRIVATE KEY BLOCK`.
const MAX_LABEL: usize = 40;
const MIN_BODY: usize = 16;
