//! Texts, and what in them differs from run to run.

use crate::snapshot::alias::Kind;
use crate::snapshot::identifiers::Identifiers;

/// A part of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::snapshot) enum Part<'a> {
    /// It stays.
    Plain(&'a str),
    /// It is told by a reference; what comes first is the text that it is one with.
    Told(Kind, &'a str),
}

/// Visits the parts of a text: what stays, and what is told by a reference.
pub(in crate::snapshot) fn parts<'a>(
    text: &'a str,
    is_name: bool,
    identifiers: &'a Identifiers<'_>,
    taken: impl Fn(Kind) -> bool,
    visit: &mut impl FnMut(Part<'a>),
) {
    if identifiers.leave(text) {
        return visit(Part::Plain(text));
    }
    let (mut plain, mut at) = (0, 0);
    while at < text.len() {
        let found = found(text, at, is_name, identifiers);
        if let Some((kind, told, end)) = found {
            if taken(kind) {
                if plain < at {
                    visit(Part::Plain(&text[plain..at]));
                }
                visit(Part::Told(kind, told));
                plain = end;
            }
            at = end;
            continue;
        }
        // On to the next place where something can begin.
        let rest = &text[at..];
        let first = rest.chars().next().map_or(1, char::len_utf8);
        let word = rest.bytes().take_while(u8::is_ascii_alphanumeric).count();
        at += first.max(word);
    }
    if plain < text.len() {
        visit(Part::Plain(&text[plain..]));
    }
}

/// What begins at a place, its text, and where it ends.
fn found<'a>(
    text: &'a str,
    at: usize,
    is_name: bool,
    identifiers: &'a Identifiers<'_>,
) -> Option<(Kind, &'a str, usize)> {
    let rest = &text[at..];
    if let Some((kind, length)) = Kind::at_start(rest) {
        let told = &rest[..length];
        let same = identifiers.find(told).filter(|(known, _)| *known == kind);
        return Some((kind, same.map_or(told, |(_, same)| same), at + length));
    }
    let before = text[..at].chars().next_back();
    if before.is_some_and(|before| before.is_ascii_alphanumeric()) {
        return None;
    }
    if let Some((kind, same, length)) = identifier(rest, identifiers)
        && !(is_name && kind == Kind::Host)
    {
        return Some((kind, same, at + length));
    }
    if let Some(host) = host(text, at) {
        let is_left = is_name && !is_address(host);
        return (!is_left).then_some((Kind::Host, host, at + host.len()));
    }
    let port = port(text, at, is_name, identifiers)?;
    Some((Kind::Port, port, at + port.len()))
}

/// The longest identifier at the start of a text.
fn identifier<'a>(text: &str, identifiers: &'a Identifiers<'_>) -> Option<(Kind, &'a str, usize)> {
    let mut tried = usize::MAX;
    for more in ["-_+/=.", "-.", "-", ""] {
        let belongs = |byte: &u8| byte.is_ascii_alphanumeric() || more.as_bytes().contains(byte);
        let length = text.bytes().take_while(|byte| belongs(byte)).count();
        if length == tried || length < SHORTEST {
            continue;
        }
        tried = length;
        if let Some((kind, same)) = identifiers.find(&text[..length]) {
            return Some((kind, same, length));
        }
    }
    None
}

/// The host at a place: behind `://` and who logs in, or an address by itself.
fn host(text: &str, at: usize) -> Option<&str> {
    let rest = &text[at..];
    if is_authority(&text[..at]) {
        let (user, host) = match rest[..authority_length(rest)].rsplit_once('@') {
            Some((user, host)) => (Some(user), host),
            None => (None, &rest[..authority_length(rest)]),
        };
        // The place of the host comes later, if somebody logs in.
        if user.is_none() {
            let host = host_of(host);
            return (!host.is_empty()).then_some(host);
        }
    }
    address(rest)
}

/// Whether a text ends where the host of a URL begins.
fn is_authority(before: &str) -> bool {
    if before.ends_with("://") {
        return true;
    }
    let Some(before) = before.strip_suffix('@') else {
        return false;
    };
    let user = before.rsplit("://").next().unwrap_or_default();
    user.len() < before.len() && user.len() == authority_length(user)
}

/// The bytes up to the path of a URL.
fn authority_length(text: &str) -> usize {
    let mut at = 0;
    while let Some(sign) = text[at..].chars().next() {
        if let Some((_, length)) = Kind::at_start(&text[at..]) {
            at += length;
            continue;
        }
        if "/?#\"'<>\\,;()".contains(sign) || sign.is_whitespace() {
            break;
        }
        at += sign.len_utf8();
    }
    at
}

/// The host of `host:port`.
fn host_of(authority: &str) -> &str {
    if let Some((Kind::Host, length)) = Kind::at_start(authority) {
        return &authority[..length];
    }
    if authority.starts_with('[') {
        let end = authority.find(']').map_or(authority.len(), |end| end + 1);
        return &authority[..end];
    }
    authority.split(':').next().unwrap_or_default()
}

/// An IP address, `localhost` with a port behind, or an IPv6 address in brackets.
fn address(text: &str) -> Option<&str> {
    if text.starts_with('[') {
        let end = text.find(']')?;
        let inside = &text[1..end];
        let is_v6 = inside.parse::<std::net::Ipv6Addr>().is_ok();
        return is_v6.then(|| &text[..=end]);
    }
    if let Some(behind) = text.strip_prefix("localhost:") {
        return (port_length(behind) > 0).then(|| &text[.."localhost".len()]);
    }
    let belongs = |byte: &u8| byte.is_ascii_digit() || *byte == b'.';
    let length = text.bytes().take_while(belongs).count();
    let candidate = text[..length].trim_end_matches('.');
    let bounded = !text[length..].starts_with(|next: char| next.is_ascii_alphanumeric());
    (bounded && candidate.parse::<std::net::Ipv4Addr>().is_ok()).then_some(candidate)
}

/// Whether a host is an address and no name.
fn is_address(host: &str) -> bool {
    Kind::at_start(host).is_some()
        || host.starts_with('[')
        || host.parse::<std::net::IpAddr>().is_ok()
}

/// The port at a place, behind a host and its colon.
fn port<'a>(text: &'a str, at: usize, is_name: bool, identifiers: &Identifiers) -> Option<&'a str> {
    let before = text[..at].strip_suffix(':')?;
    let begins = [
        before.rfind("://").map(|at| at + 3),
        before.rfind('@').map(|at| at + 1),
    ];
    let begins = begins.into_iter().flatten().max();
    let is_in_url = begins.is_some_and(|begins| {
        let host = &before[begins..];
        !host.is_empty() && host_of(host) == host && authority_length(host) == host.len()
    });
    let is_behind_address = || {
        if before.ends_with('>') {
            let begins = before.rfind('<').unwrap_or(before.len());
            return matches!(Kind::at_start(&before[begins..]), Some((Kind::Host, _)));
        }
        if before.ends_with(']') {
            let begins = before.rfind('[').unwrap_or(before.len());
            return address(&before[begins..]).is_some();
        }
        let host = |byte: &u8| byte.is_ascii_alphanumeric() || b".-".contains(byte);
        let length = before.bytes().rev().take_while(host).count();
        let host = &before[before.len() - length..];
        host == "localhost"
            || host.parse::<std::net::Ipv4Addr>().is_ok()
            || matches!(identifiers.find(host), Some((Kind::Host, _)))
            || is_name && host == before && host.contains('.')
    };
    let rest = &text[at..];
    let length = port_length(rest);
    (length > 0 && (is_in_url || is_behind_address())).then(|| &rest[..length])
}

/// The length of the port at the start of a text; 0 where there is none.
fn port_length(text: &str) -> usize {
    if let Some((Kind::Port, length)) = Kind::at_start(text) {
        return length;
    }
    let length = text.bytes().take_while(u8::is_ascii_digit).count();
    let bounded = !text[length..].starts_with(|next: char| next.is_ascii_alphanumeric());
    if bounded && length <= PORT_DIGITS {
        length
    } else {
        0
    }
}

/// The hosts of the URLs in a text.
pub(in crate::snapshot) fn hosts(text: &str) -> impl Iterator<Item = &str> {
    let places = text.match_indices("://").map(|(at, sign)| at + sign.len());
    places.filter_map(|at| {
        let rest = &text[at..];
        let authority = &rest[..authority_length(rest)];
        let host = authority.rsplit('@').next().unwrap_or_default();
        let host = host_of(host);
        // A name without a dot is a word of the language too.
        (host.contains('.') || Kind::at_start(host).is_some()).then_some(host)
    })
}

/// Splits the user agent of a request: `Boto3/1.43.117 os/linux`.
pub(in crate::snapshot) fn versions(text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let (mut plain, mut at) = (0, 0);
    while let Some(found) = text[at..].find(['/', '#']) {
        let begins = at + found + 1;
        let rest = &text[begins..];
        let length = match Kind::at_start(rest) {
            Some((Kind::Version, length)) => length,
            _ if rest.starts_with(|first: char| first.is_ascii_digit()) => {
                let belongs = |byte: &u8| byte.is_ascii_alphanumeric() || b".+-_".contains(byte);
                rest.bytes().take_while(belongs).count()
            }
            _ => 0,
        };
        if length > 0 {
            parts.push(Part::Plain(&text[plain..begins]));
            parts.push(Part::Told(Kind::Version, &rest[..length]));
            plain = begins + length;
        }
        at = begins + length;
    }
    parts.push(Part::Plain(&text[plain..]));
    parts
}

/// Splits the URL of a database, which may be a host, a port and a path alone (Node).
pub(in crate::snapshot) fn database(url: &str) -> Vec<Part<'_>> {
    let host = host_of(url);
    let port = url[host.len()..].strip_prefix(':').unwrap_or_default();
    let length = port_length(port);
    if url.contains("://") || host.is_empty() || length == 0 {
        return vec![Part::Plain(url)];
    }
    vec![
        Part::Told(Kind::Host, host),
        Part::Plain(":"),
        Part::Told(Kind::Port, &port[..length]),
        Part::Plain(&port[length..]),
    ]
}

/// Shorter ids are told where ids stand, and not looked for in other texts: they are words.
pub(in crate::snapshot) const SHORTEST: usize = 8;
const PORT_DIGITS: usize = 5;
