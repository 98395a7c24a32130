//! JSON over several lines.

use std::fmt;

use crate::json::text_length;

/// Writes JSON that stands on one line over several, two spaces a level, as serde_json does.
pub(in crate::snapshot) fn write_pretty(f: &mut impl fmt::Write, json: &str) -> fmt::Result {
    let mut depth = 0;
    let mut rest = json;
    while let Some(first) = rest.chars().next() {
        let next = &rest[first.len_utf8()..];
        match first {
            '"' => {
                let length = text_length(rest);
                f.write_str(&rest[..length])?;
                rest = &rest[length..];
                continue;
            }
            '[' | '{' if next.starts_with([']', '}']) => {
                f.write_str(&rest[..2])?;
                rest = &next[1..];
                continue;
            }
            '[' | '{' => {
                depth += 1;
                f.write_char(first)?;
                line(f, depth)?;
            }
            ']' | '}' => {
                depth -= 1;
                line(f, depth)?;
                f.write_char(first)?;
            }
            ',' => {
                f.write_char(first)?;
                line(f, depth)?;
            }
            ':' => f.write_str(": ")?,
            other => f.write_char(other)?,
        }
        rest = next;
    }
    Ok(())
}

fn line(f: &mut impl fmt::Write, depth: usize) -> fmt::Result {
    f.write_char('\n')?;
    (0..depth).try_for_each(|_| f.write_str("  "))
}
