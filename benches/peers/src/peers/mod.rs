//! What others do in the same place, with the same attributes.

pub(crate) mod careful;
pub(crate) mod fastrace;
pub(crate) mod opentelemetry;
pub(crate) mod xray_lite;
