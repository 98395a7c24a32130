//! Names, keys and texts that X-Ray takes without a remark.

use std::collections::BTreeMap;

use proptest::collection::{btree_map, vec};
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::sample::select;

use crate::strategies::json::Json;

/// A name: letters of several scripts, and the signs that a name may have.
///
/// Digits stand behind a letter at the end and are two at most, so that no name looks as if it
/// held an id.
pub(in crate::strategies) fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        select(NAMES).prop_map(str::to_owned),
        "[A-Za-zÀäöüßéЖжя中文ひ한ع][A-Za-zäß中 _.:/%&#=+@-]{0,7}([a-z][0-9]{1,2})?",
    ]
}

/// Any text, also with line feeds, quotes and signs beyond the basic plane.
pub(in crate::strategies) fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-z-]{0,12}",
        1 => "\\PC{0,10}",
        1 => "[\\x00-\\x1f\"\\\\/\u{7f}\u{2028}\u{1f600}a-c]{0,8}",
    ]
}

/// Annotations: keys of at most nine characters, with a text, a number or a boolean each.
pub(in crate::strategies) fn annotations() -> impl Strategy<Value = BTreeMap<String, Json>> {
    btree_map("[A-Za-z_][A-Za-z0-9_.]{0,8}", scalar(), 0..4)
}

/// Metadata: namespaces of at most nine characters with any JSON below.
pub(in crate::strategies) fn metadata() -> impl Strategy<Value = BTreeMap<String, Json>> {
    let value =
        prop_oneof![4 => scalar(), 1 => Just(Json::raw("null"))].prop_recursive(2, 6, 3, |inner| {
            prop_oneof![
                vec(inner.clone(), 0..3).prop_map(Json::Array),
                btree_map("[ -~é]{0,6}", inner, 0..3).prop_map(object),
            ]
        });
    let namespace = btree_map("[a-z]{0,6}", value, 0..3).prop_map(object);
    btree_map(prop_oneof!["default", "[a-z é?]{0,9}"], namespace, 0..3)
}

pub(in crate::strategies) fn object(members: BTreeMap<String, Json>) -> Json {
    Json::Object(members.into_iter().collect())
}

fn scalar() -> impl Strategy<Value = Json> {
    prop_oneof![
        3 => text().prop_map(Json::text),
        1 => any::<i32>().prop_map(Json::raw),
        1 => (any::<i16>(), 0..1_000_u16).prop_map(|(whole, rest)| Json::raw(format_args!("{whole}.{rest:03}"))),
        1 => any::<bool>().prop_map(Json::raw),
    ]
}

const NAMES: &[&str] = &[
    "api",
    "orders",
    "OrdersWorker",
    "dynamo-put",
    "GET /orders",
    "api.example.com",
    "orders@db-1.example.com",
    "## resize",
    "Zahlungsprüfung",
    "façade",
    "заказы",
    "注文",
    "주문",
    "v2/list=a&b+c%20",
];
