//! What stands behind the name of a secret: `password=…`, `"api_key": "…"`, `Authorization: …`.

use crate::schema::secrets::find::Find;
use crate::schema::secrets::key::Secrecy;
use crate::schema::secrets::scan::end_of;
use crate::schema::secrets::value::{
    is_dense_token, is_no_word, is_path, is_placeholder, is_token, is_uuid,
};
use crate::schema::secrets::written::{Form, name_before, text_behind, unquoted};

/// Judges a text that stands at `key` in an object.
pub(in crate::schema::secrets) fn find_at_key(key: &str, text: &str, finds: &mut Vec<Find>) {
    if let Some(secrecy) = Secrecy::of(key) {
        push(secrecy, Form::Member, text, (0, text.len()), finds);
    }
}

/// Looks for names with a text behind them.
pub(in crate::schema::secrets) fn find(text: &str, finds: &mut Vec<Find>) {
    let mut at = 0;
    while let Some(found) = text[at..].find(['=', ':']) {
        let sign = at + found;
        at = sign + 1;
        let colon = text[sign..].starts_with(':');
        let Some((name, quoted)) = name_before(text, sign, colon) else {
            continue;
        };
        let Some(secrecy) = Secrecy::of(name) else {
            continue;
        };
        let (start, mut end, form) = text_behind(text, sign, colon && !quoted);
        if secrecy == Secrecy::Authorization && is_scheme(&text[start..end]) {
            // `Authorization: Token …`
            end = unquoted(text, end_of(text, end, |character| character == ' '));
        }
        // Only forward, so that no byte is looked at twice.
        at = end.max(at);
        if !(colon && secrecy == Secrecy::Session) {
            push(secrecy, form, text, (start, end), finds);
        }
    }
}

fn push(
    secrecy: Secrecy,
    form: Form,
    text: &str,
    (start, end): (usize, usize),
    finds: &mut Vec<Find>,
) {
    let start = start + scheme(secrecy, &text[start..end]);
    let found = &text[start..end];
    if found.len() >= MIN_LENGTH && !is_placeholder(found) && is_secret(secrecy, form, found) {
        finds.push(Find {
            rule: secrecy.rule(),
            what: secrecy.what(),
            start,
            end,
        });
    }
}

/// The length of the scheme before a credential: `Token `.
fn scheme(secrecy: Secrecy, text: &str) -> usize {
    let spaces = if secrecy == Secrecy::Authorization {
        [" ", "%20"].as_slice()
    } else {
        &[]
    };
    let mut schemes = spaces.iter().filter_map(|space| {
        let (scheme, _) = text.split_once(space)?;
        is_scheme(scheme).then_some(scheme.len() + space.len())
    });
    schemes.next().unwrap_or(0)
}

fn is_scheme(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphabetic())
}

fn is_secret(secrecy: Secrecy, form: Form, text: &str) -> bool {
    let has_space = text.contains(char::is_whitespace);
    match secrecy {
        Secrecy::Password => match form {
            // `the password: must be longer` is about one.
            Form::Loose => !has_space && is_no_word(text),
            Form::Member | Form::Tight => !has_space && !is_path(text),
            Form::Quoted => !is_path(text),
        },
        Secrecy::Secret => match form {
            Form::Loose => is_dense_token(text, 16),
            Form::Member | Form::Quoted | Form::Tight => !has_space && !is_path(text),
        },
        Secrecy::Token if form == Form::Loose => is_dense_token(text, 16),
        Secrecy::Authorization | Secrecy::Token => is_token(text, 8),
        Secrecy::Session if form == Form::Member => false,
        Secrecy::Session => is_token(text, 16) && !is_uuid(text),
        Secrecy::Signature => form != Form::Loose && is_token(text, 16),
    }
}

/// What is shorter is a flag, a count, a word: no secret.
const MIN_LENGTH: usize = 4;
