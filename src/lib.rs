//! AWS X-Ray without AWS.
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "testing")]
pub mod capture;
pub mod json;

pub mod model;
pub mod seam;
#[cfg(feature = "testing")]
pub mod trace;
pub mod wire;

mod error;
#[cfg(feature = "testing")]
mod render;

pub use error::Error;
