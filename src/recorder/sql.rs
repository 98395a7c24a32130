//! Queries of databases.

use crate::recorder::url::without_secrets;

/// The query of a database, as the block `sql` of a subsegment has it.
///
/// Source: AWS X-Ray developer guide, segment documents ("SQL queries").
///
/// # Examples
///
/// ```
/// # #[cfg(feature = "testing")] {
/// use xray_phantom::recorder::{Namespace, Sql};
/// use xray_phantom::{FakeDaemon, Recorder, block_on, in_subsegment_infallible};
///
/// let daemon = FakeDaemon::start();
/// let recorder = Recorder::builder("api").daemon(&daemon).build();
/// block_on(recorder.in_segment_infallible("api", async |_| {
///     in_subsegment_infallible("orders@db.internal", async |query| {
///         query.namespace(Namespace::Remote).sql(
///             &Sql::new().database_type("PostgreSQL").sanitized_query("SELECT * FROM orders WHERE id = ?"),
///         );
///     })
///     .await;
/// }));
/// let trace = block_on(daemon.expect_one_trace());
/// let query = trace.nodes().nth(1).unwrap();
/// assert_eq!(query.entity().sql().unwrap().database_type().unwrap(), "PostgreSQL");
/// # }
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "it is said of an entity with `sql`"]
pub struct Sql {
    members: Vec<(&'static str, String)>,
}

impl Sql {
    /// A query of which nothing is said yet.
    pub fn new() -> Sql {
        Sql::default()
    }

    /// The database's URL.
    ///
    /// User and password are left out, and so is the part from `?` or `;` on, where drivers take a
    /// password too.
    pub fn url(self, url: &str) -> Sql {
        self.with("url", &without_secrets(url, &['?', '#', ';']))
    }

    /// The query, with the user's values left out.
    pub fn sanitized_query(self, query: &str) -> Sql {
        self.with("sanitized_query", query)
    }

    /// The name of the database engine.
    pub fn database_type(self, name: &str) -> Sql {
        self.with("database_type", name)
    }

    /// The version of the database engine.
    pub fn database_version(self, version: &str) -> Sql {
        self.with("database_version", version)
    }

    /// The name and version of the driver.
    pub fn driver_version(self, version: &str) -> Sql {
        self.with("driver_version", version)
    }

    /// The database's user.
    pub fn user(self, user: &str) -> Sql {
        self.with("user", user)
    }

    /// `call` for a call with parameters, `statement` for a prepared statement.
    pub fn preparation(self, preparation: &str) -> Sql {
        self.with("preparation", preparation)
    }

    pub(in crate::recorder) fn members(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.members.iter().map(|(key, text)| (*key, &**text))
    }

    fn with(mut self, key: &'static str, text: &str) -> Sql {
        self.members.push((key, text.to_owned()));
        self
    }
}
