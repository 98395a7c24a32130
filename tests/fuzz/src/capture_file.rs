//! From the bytes of a file to reports.

use std::path::Path;

use xray_phantom::cli::Checked;
use xray_phantom::schema::Secrets;
use xray_phantom::trace::ExternalParents;

use crate::report;
use crate::text::is_printable;

/// Checks a file of these bytes, as `xray-phantom check --secrets` does.
pub fn capture_file(input: &[u8]) {
    let checked = Checked::of(
        Path::new("fuzz.jsonl"),
        input,
        &ExternalParents::any(),
        Some(&Secrets::new()),
    );
    match checked {
        Ok(checked) => {
            report::holds(&checked);
            checked.warnings.iter().for_each(|text| is_printable(text));
        }
        Err(error) => {
            let error = error.to_string();
            is_printable(&error);
            assert!(error.starts_with("fuzz.jsonl"), "{error}");
        }
    }
}
