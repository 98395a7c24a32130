//! Our own values as the crate `jsonschema` reads them: nothing is copied, and nothing is nested
//! deeper than its stack can bear.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::vec;

use jsonschema::JsonType;
use jsonschema::json::{self, Json, JsonNumber, NodeIdentity};

use crate::json::{Kind, Members, Number, Tree, TreeNumber, Value, tree, tree_number};
use crate::schema::judge::has_duplicates;

/// The representation: the values of a [`Document`](crate::json::Document).
#[derive(Debug)]
pub(in crate::schema) struct Lossless;

/// How much of a document is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::schema) enum Reading {
    /// One piece: the `subsegments` that begin deeper than [`PIECE`] look empty, and are pieces of
    /// their own.
    ///
    /// An array or object that is reported, or compared with a constant, is null: our schema
    /// compares none, and messages are made from the document.
    Piece,
    /// What is no deeper than [`DEEPEST`]: arrays and objects there look empty.
    Whole,
}

/// A value and its depth in what is read, or the name of a member.
#[derive(Clone, Debug)]
pub(in crate::schema) enum Node<'a> {
    Name(&'a str),
    Value(Place<'a>),
}

#[derive(Clone, Copy, Debug)]
pub(in crate::schema) struct Place<'a> {
    value: Value<'a>,
    reading: Reading,
    depth: usize,
    /// Whether it looks empty.
    cut: bool,
}

impl<'a> Node<'a> {
    /// The outermost value of what is read.
    pub(in crate::schema) fn new(value: Value<'a>, reading: Reading) -> Node<'a> {
        Node::Value(Place {
            value,
            reading,
            depth: 0,
            cut: false,
        })
    }

    fn value(&self) -> Option<Value<'a>> {
        match self {
            Node::Name(_) => None,
            Node::Value(place) => Some(place.value),
        }
    }
}

impl<'a> Place<'a> {
    fn inner(&self, value: Value<'a>, key: Option<&str>) -> Node<'a> {
        let depth = self.depth + 1;
        let cut = match self.reading {
            Reading::Piece => depth > PIECE && key == Some("subsegments"),
            Reading::Whole => depth >= DEEPEST,
        };
        Node::Value(Place {
            value,
            reading: self.reading,
            depth,
            cut,
        })
    }
}

impl Json for Lossless {
    type Node<'a> = Node<'a>;
    type PreparedKey = String;
    type StringBuffer = ();

    const ACYCLIC: bool = true;

    fn prepare_key(key: &str) -> String {
        key.to_owned()
    }

    fn with_string_node<T>((): &mut (), string: &str, f: impl FnOnce(Node<'_>) -> T) -> T {
        f(Node::Name(string))
    }
}

impl<'a> json::Node<'a, Lossless> for Node<'a> {
    type Object = Place<'a>;
    type Array = Place<'a>;
    type Number = Number<'a>;

    fn as_object(&self) -> Option<Place<'a>> {
        match self {
            Node::Value(place) if place.value.kind() == Kind::Object => Some(*place),
            _ => None,
        }
    }

    fn as_array(&self) -> Option<Place<'a>> {
        match self {
            Node::Value(place) if place.value.kind() == Kind::Array => Some(*place),
            _ => None,
        }
    }

    fn as_string(&self) -> Option<Cow<'a, str>> {
        match self {
            Node::Name(name) => Some(Cow::Borrowed(name)),
            Node::Value(place) => place.value.as_str(),
        }
    }

    fn as_number(&self) -> Option<Number<'a>> {
        self.value()?.as_number()
    }

    fn as_boolean(&self) -> Option<bool> {
        self.value()?.as_bool()
    }

    fn is_null(&self) -> bool {
        self.value().is_some_and(|value| value.kind() == Kind::Null)
    }

    fn json_type(&self) -> JsonType {
        match self.value().map(|value| value.kind()) {
            Some(Kind::Array) => JsonType::Array,
            Some(Kind::Bool) => JsonType::Boolean,
            Some(Kind::Null) => JsonType::Null,
            Some(Kind::Number) => JsonType::Number,
            Some(Kind::Object) => JsonType::Object,
            Some(Kind::String) | None => JsonType::String,
        }
    }

    fn to_value(&self) -> Cow<'a, Tree> {
        Cow::Owned(match self {
            Node::Name(name) => Tree::from(*name),
            Node::Value(place) => match place.reading {
                Reading::Piece => tree(place.value, 0),
                Reading::Whole => tree(place.value, DEEPEST.saturating_sub(place.depth)),
            },
        })
    }

    fn identity(&self) -> Option<NodeIdentity> {
        // Each value begins at a byte of its own, and none where a key does.
        let text = match self {
            Node::Name(name) => name,
            Node::Value(place) => place.value.raw(),
        };
        Some(NodeIdentity::new(text.as_ptr().addr()))
    }
}

impl<'a> json::Object<'a, Lossless> for Place<'a> {
    type Node = Node<'a>;
    type MemberName = Cow<'a, str>;
    type MembersIter = Shown<'a>;

    fn len(&self) -> usize {
        match self {
            Place { cut: true, .. } => 0,
            _ if has_duplicates(self.value) => self.members().count(),
            _ => self.value.members().count(),
        }
    }

    fn get(&self, key: &String) -> Option<Node<'a>> {
        if self.cut {
            return None;
        }
        Some(self.inner(self.value.get(key)?, Some(key)))
    }

    fn members(&self) -> Shown<'a> {
        let members = match self {
            Place { cut: true, .. } => ShownMembers::Last(Vec::new().into_iter()),
            _ if has_duplicates(self.value) => {
                let members = self.value.members();
                let last: BTreeMap<_, _> = members
                    .map(|(key, value)| (key.identity(), (key.decode(), value)))
                    .collect();
                ShownMembers::Last(last.into_values().collect::<Vec<_>>().into_iter())
            }
            _ => ShownMembers::All(self.value.members()),
        };
        Shown {
            object: *self,
            members,
        }
    }
}

/// The members of an object; of those with the same key the last.
#[derive(Debug)]
pub(in crate::schema) struct Shown<'a> {
    object: Place<'a>,
    members: ShownMembers<'a>,
}

#[derive(Debug)]
enum ShownMembers<'a> {
    All(Members<'a>),
    Last(vec::IntoIter<(Cow<'a, str>, Value<'a>)>),
}

impl<'a> Iterator for Shown<'a> {
    type Item = (Cow<'a, str>, Node<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let (key, value) = match &mut self.members {
            ShownMembers::All(members) => {
                let (key, value) = members.next()?;
                (key.decode(), value)
            }
            ShownMembers::Last(members) => members.next()?,
        };
        let node = self.object.inner(value, Some(&key));
        Some((key, node))
    }
}

impl<'a> json::Array<'a, Lossless> for Place<'a> {
    type Node = Node<'a>;
    type ElementsIter = Elements<'a>;

    fn len(&self) -> usize {
        json::Array::elements(self).count()
    }

    fn elements(&self) -> Elements<'a> {
        Elements {
            array: *self,
            elements: (!self.cut).then(|| self.value.elements()),
        }
    }
}

/// The elements of an array.
#[derive(Debug)]
pub(in crate::schema) struct Elements<'a> {
    array: Place<'a>,
    elements: Option<crate::json::Elements<'a>>,
}

impl<'a> Iterator for Elements<'a> {
    type Item = Node<'a>;

    fn next(&mut self) -> Option<Node<'a>> {
        let value = self.elements.as_mut()?.next()?;
        Some(self.array.inner(value, None))
    }
}

impl JsonNumber for Number<'_> {
    fn as_u64(&self) -> Option<u64> {
        self.text().parse().ok()
    }

    fn as_i64(&self) -> Option<i64> {
        Number::as_i64(self)
    }

    fn as_f64(&self) -> Option<f64> {
        Some(Number::as_f64(self))
    }

    fn as_str(&self) -> Cow<'_, str> {
        Cow::Borrowed(self.text())
    }

    fn to_number(&self) -> Cow<'_, TreeNumber> {
        Cow::Owned(tree_number(*self))
    }

    fn is_integer(&self) -> bool {
        Number::is_integer(self)
    }
}

/// Depth of the last `subsegments` that belong to a piece: those of 15 levels of subsegments.
pub(in crate::schema) const PIECE: usize = 30;
/// Depth of the arrays and objects into which a schema of the user's own does not look.
pub(in crate::schema) const DEEPEST: usize = 64;
