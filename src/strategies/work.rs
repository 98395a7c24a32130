//! What an entity does: it serves a request, calls another service, or works by itself.

use proptest::option;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::sample::select;

use crate::model::EntityId;
use crate::strategies::call::{Call, call};
use crate::strategies::json::Json;
use crate::strategies::platform::{Platform, platform};

#[derive(Clone, Debug)]
pub(in crate::strategies) enum Work {
    Aws(Call),
    Local,
    Remote(Request),
    Segment(Service),
    Sql(Query),
}

#[derive(Clone, Debug)]
pub(in crate::strategies) struct Request {
    method: &'static str,
    path: &'static str,
    content_length: Option<u32>,
}

#[derive(Clone, Debug)]
pub(in crate::strategies) struct Query {
    driver: &'static str,
    text: &'static str,
    with_details: bool,
}

/// The service that a segment is of, and the request that it serves.
#[derive(Clone, Debug)]
pub(in crate::strategies) struct Service {
    platform: Platform,
    request: Option<Request>,
    user: Option<String>,
    version: Option<&'static str>,
    /// Whether somebody called who sends nothing to this trace.
    pub(in crate::strategies) called: bool,
}

impl Work {
    /// The name that the work gives its subsegment.
    pub(in crate::strategies) fn name(&self) -> Option<&'static str> {
        match self {
            Work::Aws(call) => Some(call.service()),
            _ => None,
        }
    }

    /// Whether the work has a response, which has a status.
    pub(in crate::strategies) fn is_answered(&self) -> bool {
        match self {
            Work::Aws(_) | Work::Remote(_) => true,
            Work::Local | Work::Sql(_) => false,
            Work::Segment(service) => service.request.is_some(),
        }
    }

    /// The fields of the work. `id` is that of the entity, `traced` whether its callee sends a
    /// segment.
    pub(in crate::strategies) fn fields(
        &self,
        id: EntityId,
        status: Option<u16>,
        traced: bool,
        wordy: bool,
    ) -> Vec<(&'static str, Json)> {
        let namespace = |name| ("namespace", Json::text(name));
        match self {
            Work::Aws(call) => vec![
                namespace("aws"),
                ("http", http(None, status, Some(64))),
                ("aws", call.json(id)),
            ],
            Work::Local if wordy => vec![namespace("local")],
            Work::Local => Vec::new(),
            Work::Remote(request) => {
                let traced = traced.then(|| Json::raw(true));
                let made = request.json([("traced", traced)]);
                let http = http(Some(made), status, request.content_length);
                vec![namespace("remote"), ("http", http)]
            }
            Work::Segment(service) => service.fields(status),
            Work::Sql(query) => vec![namespace("remote"), ("sql", query.json())],
        }
    }
}

impl Request {
    fn json<const N: usize>(&self, more: [(&str, Option<Json>); N]) -> Json {
        let mut request = Json::object(more);
        request.set("method", Json::text(self.method));
        let url = format!("https://api.example.com{}", self.path);
        request.set("url", Json::text(url));
        request
    }
}

impl Query {
    fn json(&self) -> Json {
        let detail = |text| self.with_details.then(|| Json::text(text));
        Json::object([
            (
                "url",
                Some(Json::text("jdbc:postgresql://db-1.example.com/orders")),
            ),
            ("database_type", Some(Json::text(self.driver))),
            ("sanitized_query", Some(Json::text(self.text))),
            ("user", detail("orders")),
            ("preparation", detail("statement")),
            ("database_version", detail("16.1")),
            ("driver_version", detail("0.8")),
            ("connection_string", detail("db-1.example.com:5432")),
        ])
    }
}

impl Service {
    fn fields(&self, status: Option<u16>) -> Vec<(&'static str, Json)> {
        let mut fields = self.platform.fields();
        if let Some(request) = &self.request {
            let served = request.json([
                ("client_ip", Some(Json::text("198.51.100.7"))),
                ("user_agent", Some(Json::text("curl/8.5.0"))),
                ("x_forwarded_for", Some(Json::raw(true))),
            ]);
            fields.push(("http", http(Some(served), status, request.content_length)));
        }
        let user = self.user.as_ref().map(|user| ("user", Json::text(user)));
        let version = self.version.map(|version| {
            let service = Json::object([("version", Some(Json::text(version)))]);
            ("service", service)
        });
        fields.extend(user.into_iter().chain(version));
        fields
    }
}

fn http(request: Option<Json>, status: Option<u16>, length: Option<u32>) -> Json {
    let response = status.map(|status| {
        Json::object([
            ("status", Some(Json::raw(status))),
            ("content_length", length.map(Json::raw)),
        ])
    });
    Json::object([("request", request), ("response", response)])
}

/// Work of a subsegment that calls no service with segments of its own.
pub(in crate::strategies) fn leaf_work() -> impl Strategy<Value = Work> {
    let query = (
        select(&["PostgreSQL", "MySQL"][..]),
        select(&["SELECT * FROM orders WHERE id = ?", "COMMIT"][..]),
        any::<bool>(),
    );
    prop_oneof![
        3 => Just(Work::Local),
        2 => call().prop_map(Work::Aws),
        1 => request().prop_map(Work::Remote),
        1 => query.prop_map(|(driver, text, with_details)| Work::Sql(Query { driver, text, with_details })),
    ]
}

pub(in crate::strategies) fn request() -> impl Strategy<Value = Request> {
    let parts = (
        select(&["GET", "POST", "DELETE"][..]),
        select(&["/", "/orders", "/orders/17?page=2"][..]),
        option::of(any::<u32>()),
    );
    parts.prop_map(|(method, path, content_length)| Request {
        method,
        path,
        content_length,
    })
}

pub(in crate::strategies) fn service() -> impl Strategy<Value = Service> {
    let parts = (
        platform(),
        option::of(request()),
        option::of("[a-zé@.-]{0,12}"),
        option::of(select(&["1.2.0", "main"][..])),
        any::<bool>(),
    );
    parts.prop_map(|(platform, request, user, version, called)| Service {
        platform,
        request,
        user,
        version,
        called,
    })
}
