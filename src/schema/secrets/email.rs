//! E-mail addresses.

use crate::schema::Rule;
use crate::schema::secrets::find::Find;
use crate::schema::secrets::scan::{end_of, start_of};

/// Looks for addresses; `%40` stands for `@` in URLs.
pub(in crate::schema::secrets) fn find(text: &str, finds: &mut Vec<Find>) {
    let mut at = 0;
    while let Some(found) = text[at..].find(['@', '%']) {
        let sign = at + found;
        at = sign + 1;
        let rest = &text[sign..];
        let behind = match rest.strip_prefix('@') {
            Some(_) => sign + 1,
            None if rest.starts_with("%40") => sign + "%40".len(),
            None => continue,
        };
        if let Some((start, end)) = address(text, sign, behind) {
            at = end;
            finds.push(Find {
                rule: Rule::SecretEmail,
                what: "an e-mail address",
                start,
                end,
            });
        }
    }
}

fn address(text: &str, sign: usize, behind: usize) -> Option<(usize, usize)> {
    let start = start_of(text, sign, MAX_LOCAL, |character| {
        character.is_alphanumeric() || "._+-".contains(character)
    });
    let local = &text[start..sign];
    let start = start + local.len() - local.trim_start_matches(['.', '-', '+']).len();
    if start == sign || local.ends_with('.') {
        return None;
    }
    let end = end_of(text, behind, |character| {
        character.is_alphanumeric() || matches!(character, '.' | '-')
    });
    let domain = text[behind..end].trim_end_matches(['.', '-']);
    let end = behind + domain.len();
    let is_address = is_domain(domain)
        && !is_host_of(text, end, &text[start..sign])
        && !is_part_of_path(text, start);
    is_address.then_some((start, end))
}

/// `example.com`; not the version of a package (`1.2.3`), a file (`2x.png`), a host of a network.
fn is_domain(domain: &str) -> bool {
    let labels: Vec<&str> = domain.split('.').take(MAX_LABELS).collect();
    let [first, .., last] = labels[..] else {
        return false;
    };
    domain.len() <= MAX_DOMAIN
        && labels
            .iter()
            .all(|label| !label.is_empty() && !label.starts_with('-'))
        && !first.bytes().all(|byte| byte.is_ascii_digit())
        && last.chars().count() >= 2
        && last.chars().all(char::is_alphabetic)
        && !NO_DOMAINS.iter().any(|end| last.eq_ignore_ascii_case(end))
}

/// `git@github.com:org/repo`, `app@db.example.com:5432`: an account on a host.
fn is_host_of(text: &str, end: usize, local: &str) -> bool {
    let behind = text[end..].chars().take(MAX_LOOK);
    let mut path = behind.take_while(|next| !next.is_whitespace());
    let is_host = match path.next() {
        Some('(') => true,
        Some(':') => path
            .enumerate()
            .any(|(place, next)| next == '/' || place == 0 && next.is_ascii_digit()),
        _ => false,
    };
    is_host || local == "git"
}

/// The user of a URL (`ssh://deploy@host`) or the end of an ARN.
fn is_part_of_path(text: &str, start: usize) -> bool {
    let around = start_of(text, start, MAX_LOOK, |character| {
        !character.is_whitespace() && !"\"'<>()?&#=,;".contains(character)
    });
    let before = &text[around..start];
    let authority = before
        .rsplit_once("://")
        .is_some_and(|(_, authority)| !authority.contains('/'));
    authority || before.starts_with("arn:")
}

/// Characters of the part before the `@`, of a domain, and of its labels (RFC 5321).
const MAX_LOCAL: usize = 64;
const MAX_DOMAIN: usize = 255;
const MAX_LABELS: usize = 128;
/// How far is looked for what an address is a part of.
const MAX_LOOK: usize = 128;

/// Ends of the names of files, and of hosts that no mail reaches.
const NO_DOMAINS: &[&str] = &[
    "css",
    "gif",
    "html",
    "internal",
    "jpeg",
    "jpg",
    "js",
    "json",
    "jsx",
    "lan",
    "local",
    "localdomain",
    "map",
    "mjs",
    "pdf",
    "png",
    "svg",
    "ts",
    "tsx",
    "webp",
    "xml",
    "yaml",
    "yml",
];
