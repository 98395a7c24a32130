//! Tokens and keys that are known by how they begin, and JSON web tokens.

use crate::schema::Rule;
use crate::schema::secrets::find::Find;
use crate::schema::secrets::scan::{before, end_of};
use crate::schema::secrets::value::is_placeholder;

/// How the tokens of one maker look.
#[derive(Clone, Copy)]
struct Make {
    prefix: &'static str,
    what: &'static str,
    rule: Rule,
    /// What may stand behind the prefix.
    fits: fn(char) -> bool,
    /// How many of them there are.
    least: usize,
    most: usize,
}

/// Looks for tokens.
pub(in crate::schema::secrets) fn find(text: &str, finds: &mut Vec<Find>) {
    let mut at = 0;
    for (start, first) in text.char_indices() {
        let inside = before(text, start).is_some_and(|before| before.is_ascii_alphanumeric());
        if start < at || inside || !first.is_ascii_alphanumeric() {
            continue;
        }
        let Some(find) = make_at(text, start).or_else(|| web_token_at(text, start)) else {
            continue;
        };
        at = find.end;
        finds.push(find);
        finds.extend(secret_key_behind(text, find));
    }
}

fn make_at(text: &str, start: usize) -> Option<Find> {
    let rest = &text[start..];
    let make = MAKES.iter().find(|make| rest.starts_with(make.prefix))?;
    let end = end_of(text, start + make.prefix.len(), make.fits);
    let length = end - start - make.prefix.len();
    let goes_on = text[end..].starts_with(|next: char| next.is_ascii_alphanumeric());
    let fits = (make.least..=make.most).contains(&length) && !goes_on;
    (fits && !is_placeholder(&text[start..end])).then_some(Find {
        rule: make.rule,
        what: make.what,
        start,
        end,
    })
}

/// `eyJ….eyJ….…`: header, claims and signature in base64; `eyJ` is that of `{"`.
fn web_token_at(text: &str, start: usize) -> Option<Find> {
    let part = |start: usize| end_of(text, start, is_base64url);
    // A token does not begin inside of another run of its characters.
    let inside = before(text, start).is_some_and(is_base64url);
    if inside || !text[start..].starts_with("eyJ") {
        return None;
    }
    let header = part(start);
    let claims = part(text[header..].starts_with('.').then_some(header + 1)?);
    if header - start < MIN_HEADER || claims - header < MIN_CLAIMS {
        return None;
    }
    let mut end = claims;
    // A signature; of encrypted tokens, more parts. Their first part is a header all the same.
    while text[end..].starts_with('.') && part(end + 1) > end + 1 {
        end = part(end + 1);
    }
    let signed = end > claims || text[header + 1..].starts_with("eyJ");
    signed.then_some(Find {
        rule: Rule::SecretToken,
        what: "a JSON web token",
        start,
        end,
    })
}

/// The secret half of a pair of AWS keys, which stands close behind the first.
fn secret_key_behind(text: &str, id: Find) -> Option<Find> {
    if id.what != ACCESS_KEY_ID {
        return None;
    }
    let signs = text[id.end..].chars().take(3);
    let gap: usize = signs
        .take_while(|sign| " :,;|/\"'".contains(*sign))
        .map(char::len_utf8)
        .sum();
    let start = id.end + gap;
    let end = end_of(text, start, |character| {
        character.is_ascii_alphanumeric() || "/+".contains(character)
    });
    let secret = &text[start..end];
    let has = |fits: fn(&u8) -> bool| secret.as_bytes().iter().any(fits);
    let chance =
        has(u8::is_ascii_digit) && has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase);
    (gap > 0 && secret.len() == SECRET_KEY && chance).then_some(Find {
        rule: Rule::SecretCredential,
        what: "an AWS secret key",
        start,
        end,
    })
}

fn is_alphanumeric(character: char) -> bool {
    character.is_ascii_alphanumeric()
}

fn is_base64url(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '-' || character == '_'
}

fn is_dotted(character: char) -> bool {
    is_base64url(character) || character == '.'
}

fn is_upper(character: char) -> bool {
    character.is_ascii_uppercase() || character.is_ascii_digit()
}

const fn token(
    prefix: &'static str,
    what: &'static str,
    fits: fn(char) -> bool,
    least: usize,
) -> Make {
    Make {
        prefix,
        what,
        rule: Rule::SecretToken,
        fits,
        least,
        most: usize::MAX,
    }
}

const fn of_length(length: usize, make: Make) -> Make {
    Make {
        least: length,
        most: length,
        ..make
    }
}

const fn access_key_id(prefix: &'static str) -> Make {
    Make {
        rule: Rule::SecretCredential,
        ..of_length(16, token(prefix, ACCESS_KEY_ID, is_upper, 16))
    }
}

const ACCESS_KEY_ID: &str = "an AWS access key id";

// Of the makers' own documentation; IAM user guide, "Unique identifiers", for the keys of AWS.
const MAKES: &[Make] = &[
    access_key_id("AKIA"),
    access_key_id("ASIA"),
    of_length(35, token("AIza", "a Google API key", is_base64url, 35)),
    token("ghp_", "a GitHub token", is_alphanumeric, 20),
    token("gho_", "a GitHub token", is_alphanumeric, 20),
    token("ghu_", "a GitHub token", is_alphanumeric, 20),
    token("ghs_", "a GitHub token", is_alphanumeric, 20),
    token("ghr_", "a GitHub token", is_alphanumeric, 20),
    token("github_pat_", "a GitHub token", is_base64url, 20),
    token("glpat-", "a GitLab token", is_dotted, 16),
    token("npm_", "an npm token", is_alphanumeric, 30),
    token("rk_live_", "a Stripe key", is_alphanumeric, 10),
    token("rk_test_", "a Stripe key", is_alphanumeric, 10),
    token("sk_live_", "a Stripe key", is_alphanumeric, 10),
    token("sk_test_", "a Stripe key", is_alphanumeric, 10),
    token("xapp-", "a Slack token", is_base64url, 10),
    token("xoxa-", "a Slack token", is_base64url, 10),
    token("xoxb-", "a Slack token", is_base64url, 10),
    token("xoxc-", "a Slack token", is_base64url, 10),
    token("xoxd-", "a Slack token", is_base64url, 10),
    token("xoxe-", "a Slack token", is_base64url, 10),
    token("xoxo-", "a Slack token", is_base64url, 10),
    token("xoxp-", "a Slack token", is_base64url, 10),
    token("xoxr-", "a Slack token", is_base64url, 10),
    token("xoxs-", "a Slack token", is_base64url, 10),
    token("ya29.", "a Google access token", is_base64url, 20),
];

/// Characters of an AWS secret key.
const SECRET_KEY: usize = 40;
/// `{"alg":0}` in base64.
const MIN_HEADER: usize = 12;
const MIN_CLAIMS: usize = 4;
