//! X-Ray's data: segments and subsegments, ids, times, limits.
//!
//! [`Entity`] and the blocks inside it are views of a received document: they name every field
//! that AWS documents or an SDK sends, and lose nothing, because the document stays as it was
//! ([`Entity::json`] leads back to it). A field with a value of another type than documented is
//! `None` in the view and still there in the JSON.

mod aws;
mod cause;
mod entity;
#[cfg(feature = "testing")]
mod glob;
mod http;
mod ids;
pub mod limits;
mod timestamp;
mod view;

pub use aws::{Aws, Beanstalk, CloudWatchLogs, Ec2, Ecs, Eks, Xray};
pub use cause::{Cause, Exception, Exceptions, StackFrame};
pub use entity::{Annotation, Entity, EntityKind, Link, Service, Sql};
#[cfg(feature = "testing")]
pub(crate) use glob::Glob;
pub use http::{Http, Request, Response};
pub use ids::{EntityId, TraceId};
pub use timestamp::Timestamp;
