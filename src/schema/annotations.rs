//! Annotations and metadata.

use crate::json::{Kind, Text, Value};
use crate::model::limits::{MAX_ANNOTATION_VALUE, MAX_INDEXED_ANNOTATIONS};
use crate::schema::Rule;
use crate::schema::fields::Law;
use crate::schema::judge::{Judge, has_duplicates};
use crate::schema::words::{annotation_key_fault, key_holds_id, quoted, shown};

/// Judges the `annotations` of an entity.
pub(in crate::schema) fn judge<'a>(judge: &mut Judge<'a>, block: Value<'a>) {
    if block.kind() != Kind::Object {
        return no_object(judge, block);
    }
    let mark = judge.mark();
    for (key, value) in block.members() {
        annotation(judge, &key, value);
    }
    if has_duplicates(block) {
        // Only the last of each counts.
        judge.back_to(&mark);
        for (key, value) in judge.last_of_each(block) {
            annotation(judge, &key, value);
        }
    }
    if judge.annotations.count > MAX_INDEXED_ANNOTATIONS {
        judge.annotations.beyond.get_or_insert(block);
    }
}

fn no_object<'a>(judge: &mut Judge<'a>, block: Value<'a>) {
    let empty = block.kind() == Kind::Array && block.elements().next().is_none();
    if empty || block.kind() == Kind::Null {
        let dialect = Some("the Node SDK writes so where it is given so");
        judge.report_of(Rule::LooseType, block, dialect, || {
            format!(
                "there was nothing to annotate: `annotations` is {}; write an object, or leave \
                it out",
                shown(block)
            )
        });
    } else {
        judge.wrong_type_of(block, "annotations", "an object", Law::Schema);
    }
}

fn annotation<'a>(judge: &mut Judge<'a>, key: &Text<'a>, value: Value<'a>) {
    judge.annotations.count += 1;
    let key = key.decode();
    if let Some(fault) = annotation_key_fault(&key) {
        judge.report(Rule::AnnotationKey, value, || {
            if key.is_empty() {
                return format!("the key was never set: an annotation key {fault}");
            }
            format!(
                "a text, or a name from elsewhere, was used as a key: the annotation key {} {fault}",
                quoted(&key)
            )
        });
    }
    if key_holds_id(&key) {
        judge.report(Rule::IdInName, value, || {
            format!(
                "an id or a date was put into a key: the annotation key {} looks as if it held \
                one; name what it tells, and make that its value",
                quoted(&key)
            )
        });
    }
    match value.kind() {
        Kind::Bool | Kind::Number => {}
        Kind::String => long_text(judge, &key, value),
        Kind::Null | Kind::Array | Kind::Object => {
            judge.report(Rule::AnnotationValue, value, || {
                let why = match value.kind() {
                    Kind::Null => "a value that is not set was annotated",
                    _ => "a structure was annotated",
                };
                format!(
                    "{why}: the annotation {} is {}; use a string, a number or a boolean, or \
                    metadata for anything else",
                    quoted(&key),
                    shown(value)
                )
            });
            judge.free(value);
        }
    }
}

fn long_text<'a>(judge: &mut Judge<'a>, key: &str, value: Value<'a>) {
    if value.raw().len() <= MAX_ANNOTATION_VALUE {
        return;
    }
    let length = value.as_str().map_or(0, |text| text.chars().count());
    if length > MAX_ANNOTATION_VALUE {
        judge.report(Rule::AnnotationLength, value, || {
            format!(
                "a whole text was annotated: the annotation {} has {length} characters ({}), and \
                X-Ray takes {MAX_ANNOTATION_VALUE}; cut it, or use metadata",
                quoted(key),
                shown(value)
            )
        });
    }
}

/// Judges the `metadata` of an entity.
pub(in crate::schema) fn judge_metadata<'a>(judge: &mut Judge<'a>, block: Value<'a>) {
    if block.kind() != Kind::Object {
        return judge.wrong_type_of(block, "metadata", "an object", Law::Schema);
    }
    for (key, value) in block.members() {
        let key = key.decode();
        if key.starts_with(RESERVED) {
            judge.report(Rule::MetadataReserved, value, || {
                format!(
                    "a key was chosen that AWS keeps for itself: the metadata key {} is \
                    reserved; choose one that does not begin with `{RESERVED}`",
                    quoted(&key)
                )
            });
        }
        if value.kind() != Kind::Object {
            judge.report(Rule::MetadataNamespace, value, || {
                format!(
                    "metadata was set without a namespace: the metadata {} is {}, and the schema \
                     asks for a namespace, an object; write {{\"default\": {{...}}}}",
                    quoted(&key),
                    shown(value)
                )
            });
        }
    }
    judge.free(block);
}

/// Where the keys of metadata begin that AWS keeps for itself.
const RESERVED: &str = "AWS.";
