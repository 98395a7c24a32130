//! URLs without what is nobody else's business.

/// A URL up to the first of these signs, and without a user and password.
///
/// A password may hold signs that do not belong there, such as `/`. Where what should be a port is
/// none, all up to the last `@` is taken for user and password.
pub(in crate::recorder) fn without_secrets(url: &str, ends: &[char]) -> String {
    let (scheme, rest) = split_at_host(url);
    let host = rest
        .split(|sign| sign == '/' || ends.contains(&sign))
        .next();
    let host = host.unwrap_or(rest);
    let secret = if host.contains('@') {
        host.rfind('@')
    } else if has_port_or_none(host) {
        None
    } else {
        rest.rfind('@')
    };
    let rest = match secret {
        // `@scope/package` is no URL and holds no secret.
        Some(0) if scheme.is_empty() => rest,
        Some(at) => &rest[at + 1..],
        None => rest,
    };
    let shown = rest.split(ends).next().unwrap_or(rest);
    format!("{scheme}{shown}")
}

/// What stands before the host, with `//`, and the rest.
fn split_at_host(url: &str) -> (&str, &str) {
    let Some(at) = url.find("//") else {
        return ("", url);
    };
    let is_scheme = |sign: char| sign.is_ascii_alphanumeric() || "+-._:".contains(sign);
    let before = &url[..at];
    if before.is_empty() || before.ends_with(':') && before.chars().all(is_scheme) {
        url.split_at(at + 2)
    } else {
        ("", url)
    }
}

/// Whether what follows the first `:` of a host is a port.
fn has_port_or_none(host: &str) -> bool {
    // The colons of `[::1]` are none of these.
    let name = host.rsplit(']').next().unwrap_or(host);
    let port = name.split_once(':').map_or("", |(_, port)| port);
    port.bytes().all(|digit| digit.is_ascii_digit())
}
