//! The stack of a place.

use std::backtrace::Backtrace;

use crate::json::ObjectWriter;

/// The stack of this place as JSON frames, innermost first.
///
/// Frames of this crate and of the standard library's unwinding are left out where they can be
/// told. Without debug information there are no lines. The number is that of all frames, of which
/// the first are given.
pub(in crate::recorder) fn stack_here() -> (Vec<String>, usize) {
    frames(&Backtrace::force_capture().to_string())
}

/// Reads the text of a backtrace: `4: name`, and `at path:line:column` where that is known.
fn frames(text: &str) -> (Vec<String>, usize) {
    let mut found: Vec<(String, Option<(String, u32)>)> = Vec::new();
    for line in text.lines().map(str::trim) {
        if let Some(at) = line.strip_prefix("at ") {
            let mut parts = at.rsplitn(3, ':');
            let (_column, number, path) = (parts.next(), parts.next(), parts.next());
            let number = number.and_then(|number| number.parse().ok());
            if let (Some(last), Some(path), Some(number)) = (found.last_mut(), path, number) {
                last.1 = Some((path.to_owned(), number));
            }
        } else if let Some((number, name)) = line.split_once(": ")
            && number.bytes().all(|digit| digit.is_ascii_digit())
        {
            found.push((name.to_owned(), None));
        }
    }
    let own = |name: &str| {
        [
            "std::backtrace",
            "xray_phantom::recorder",
            "<xray_phantom::recorder",
        ]
        .iter()
        .any(|prefix| name.starts_with(prefix))
    };
    let first = found.iter().take_while(|(name, _)| own(name)).count();
    let all = found.len() - first;
    let user = found.into_iter().skip(first).take(MOST_FRAMES);
    let kept = user
        .map(|(name, place)| {
            let mut json = String::new();
            let mut frame = ObjectWriter::begin(&mut json);
            if let Some((path, line)) = place {
                frame.text("path", &path);
                frame.raw("line", line);
            }
            frame.text("label", &name);
            frame.end();
            json
        })
        .collect();
    (kept, all)
}

/// How many frames are recorded: as many as the Java SDK does.
const MOST_FRAMES: usize = 50;
