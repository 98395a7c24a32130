//! Texts of annotations.

use std::fmt;
use std::ops::Deref;

use crate::json::{is_plain, push_text};

/// The text of an annotation. A short one needs no memory of its own.
///
/// # Examples
///
/// ```
/// use xray_phantom::recorder::AnnotationText;
///
/// let tenant = AnnotationText::from("t1");
/// assert_eq!(&*tenant, "t1");
/// assert_eq!(AnnotationText::from("t".repeat(100)).len(), 100);
/// ```
#[derive(Clone)]
pub struct AnnotationText(Text);

impl AnnotationText {
    /// How many bytes it has.
    #[inline]
    pub(in crate::recorder) fn bytes_len(&self) -> usize {
        match &self.0 {
            Text::Long(text) => text.len(),
            Text::Short(length, _) => usize::from(*length),
        }
    }

    /// Appends it as JSON.
    #[inline]
    pub(in crate::recorder) fn push(&self, json: &mut Vec<u8>) {
        match &self.0 {
            Text::Short(length, bytes) if is_plain(&bytes[..usize::from(*length)]) => {
                json.push(b'"');
                json.extend_from_slice(&bytes[..usize::from(*length)]);
                json.push(b'"');
            }
            _ => push_text(json, self),
        }
    }
}

#[derive(Clone)]
enum Text {
    Long(String),
    /// The first so many bytes, which are UTF-8.
    Short(u8, [u8; SHORT]),
}

impl From<&str> for AnnotationText {
    #[inline]
    fn from(text: &str) -> Self {
        let mut bytes = [0; SHORT];
        match (bytes.get_mut(..text.len()), u8::try_from(text.len())) {
            (Some(start), Ok(length)) => {
                start.copy_from_slice(text.as_bytes());
                AnnotationText(Text::Short(length, bytes))
            }
            _ => AnnotationText(Text::Long(text.to_owned())),
        }
    }
}

impl From<String> for AnnotationText {
    fn from(text: String) -> Self {
        AnnotationText(Text::Long(text))
    }
}

impl Deref for AnnotationText {
    type Target = str;

    #[inline]
    fn deref(&self) -> &str {
        match &self.0 {
            Text::Long(text) => text,
            Text::Short(length, bytes) => {
                let Ok(text) = std::str::from_utf8(&bytes[..usize::from(*length)]) else {
                    unreachable!("a whole text was put there")
                };
                text
            }
        }
    }
}

impl PartialEq for AnnotationText {
    fn eq(&self, other: &AnnotationText) -> bool {
        **self == **other
    }
}

impl fmt::Debug for AnnotationText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl fmt::Display for AnnotationText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

/// As long as most names, ids and paths are.
const SHORT: usize = 62;

#[cfg(test)]
mod tests {
    use crate::recorder::annotation_text::AnnotationText;

    #[test]
    fn texts_of_every_length_are_what_they_were() {
        for length in 0..200 {
            for of in ["a", "é", "𝒜"] {
                let text = of.repeat(length);
                let (copied, taken) = (
                    AnnotationText::from(&*text),
                    AnnotationText::from(text.clone()),
                );
                assert_eq!(&*copied, text);
                assert_eq!(copied, taken);
                assert_eq!(format!("{copied} {copied:?}"), format!("{text} {text:?}"));
            }
        }
        assert_ne!(AnnotationText::from("a"), AnnotationText::from("b"));
    }
}
