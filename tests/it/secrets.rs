//! What looks like a secret is found, what does not is not, and no finding shows it.

use std::time::{Duration, Instant};

use proptest::prelude::*;
use xray_phantom::CaptureFile;
use xray_phantom::json::{Document, write_text};
use xray_phantom::schema::{Rule, Secrets};

use crate::support::fixture;

mod texts;

/// A segment with these members behind its own.
fn document(members: &str) -> Document {
    Document::parse(&format!(
        r#"{{"name":"api","id":"53995c3f42cd8ad8","trace_id":"1-5759e988-bd862e3fe1be46a994272793",
            "start_time":1.25,"end_time":1.5,{members}}}"#
    ))
    .unwrap()
}

/// A text as one string of the metadata.
fn with_text(text: &str) -> Document {
    let mut json = String::new();
    write_text(&mut json, text);
    document(&format!(r#""metadata":{{"default":{{"text":{json}}}}}"#))
}

/// No file of the repository holds what others would take for a live token: `~` is left out.
fn whole(text: &str) -> String {
    text.replace('~', "")
}

#[track_caller]
fn check_members(members: &str, expected: &str) {
    let violations = Secrets::new().judge(&document(&whole(members)));
    let lines = violations.iter().map(|violation| {
        let (_cause, message) = violation.message().split_once(": ").unwrap();
        let (place, _) = message.split_once(" holds ").unwrap();
        format!("{} {place}", violation.pointer())
    });
    assert_eq!(lines.collect::<Vec<_>>().join("\n"), expected, "{members}");
}

#[test]
fn members_are_judged_by_their_keys() {
    check_members(
        r#""annotations":{"password":"hunter","token":"abcd1234","secret":"x1y2"},
           "metadata":{"default":{"db":{"dbPassword":"hunter"},"apiKey":["abcdef"],"clientSecret":{"S":"abcdef"},
                       "Authorization":"Token abcd1234efgh","credentials":{"secretAccessKey":"wJalrXUtnFEMI"},
                       "X-Amz-Signature":"0123456789abcdef0123"}}"#,
        "/annotations/password `annotations.password`\n\
         /annotations/secret `annotations.secret`\n\
         /annotations/token `annotations.token`\n\
         /metadata/default/Authorization `metadata.default.Authorization`\n\
         /metadata/default/X-Amz-Signature `metadata.default.X-Amz-Signature`\n\
         /metadata/default/apiKey/0 `metadata.default.apiKey[0]`\n\
         /metadata/default/clientSecret/S `metadata.default.clientSecret.S`\n\
         /metadata/default/credentials/secretAccessKey `metadata.default.credentials.secretAccessKey`\n\
         /metadata/default/db/dbPassword `metadata.default.db.dbPassword`",
    );
    check_members(
        r#""annotations":{"password_reset":true,"password":false,"token_count":12,"secret_name":"orders","token":"word",
                          "passwordless":"yes1","secretsmanager":"orders","next_token":"abcd1234","session":"abcd1234efgh5678"},
           "metadata":{"default":{"password":"***","secret":"[REDACTED]","apiKey":null,"token":{"N":"5"},
                       "errors":{"password":"must be longer than 8","token":"is not valid"},"Authorization":"none",
                       "types":{"password":"String"},"secret_key":"","pwd":"/var/task1"}}"#,
        "",
    );
}

#[test]
fn secrets_are_found_in_each_place() {
    check_members(
        r#""user":"jordan@example.com","origin":"a@example.com","service":{"version":"b@example.com"},
           "http":{"request":{"url":"https://x:hunter2@y/","user_agent":"c@example.com","client_ip":"d@example.com"}},
           "aws":{"queue_url":"https://q/?sig=0123456789abcdef","request_id":"e@example.com","retries":4111111111111111},
           "cause":{"working_directory":"/f@example.com","exceptions":[{"id":"53995c3f42cd8ad8","message":"no g@example.com",
                    "stack":[{"path":"h@example.com","label":"x"}]}]},
           "annotations":{"card":4111111111111111,"float":5555555555554444.0,"other":1.5,"ms":1700000000000},
           "metadata":{"default":{"cards":[{"number":378282246310005}]}},
           "links":[{"id":"k@example.com"}],
           "subsegments":[{"name":"orders@db.example.com","id":"53995c3f42cd8ad9","start_time":1,"end_time":2,
                "sql":{"url":"postgres://a:hunter2@b/","connection_string":"Pwd=hunter2","sanitized_query":"password 'hunter2'",
                       "user":"m@example.com"},
                "subsegments":[{"annotations":{"contact":"n@example.com"}}]},
                {"name":"to l@example.com"}],
           "unknown":"o@example.com""#,
        "/annotations/card `annotations.card`\n\
         /annotations/float `annotations.float`\n\
         /aws/queue_url `aws.queue_url`\n\
         /cause/exceptions/0/message `cause.exceptions[0].message`\n\
         /http/request/url `http.request.url`\n\
         /metadata/default/cards/0/number `metadata.default.cards[0].number`\n\
         /service/version `service.version`\n\
         /subsegments/0/sql/connection_string `sql.connection_string`\n\
         /subsegments/0/sql/sanitized_query `sql.sanitized_query`\n\
         /subsegments/0/sql/url `sql.url`\n\
         /subsegments/0/sql/user `sql.user`\n\
         /subsegments/0/subsegments/0/annotations/contact `annotations.contact`\n\
         /subsegments/1/name `name`\n\
         /unknown `unknown`\n\
         /user `user`",
    );
}

#[test]
fn a_violation_says_where_it_is_and_shows_no_secret() {
    let document = document(
        r#""subsegments":[{"name":"mail jordan@example.com","id":"53995c3f42cd8ad9","start_time":1,"end_time":2,
            "metadata":{"default":{"jordan@example.com":{"a/b":"hunter2","password":"hunter2"}}}}]"#,
    );
    let violations = Secrets::new().judge(&document);
    let texts: Vec<String> = violations.iter().map(ToString::to_string).collect();
    assert_eq!(
        texts,
        [
            "lint (secret-email): what a person gave was recorded: `metadata.default` has a key that holds what looks like \
             an e-mail address (`jor…@example.com`, 18 characters); leave it out, or allow it\n  \
             at /subsegments/0/metadata/default/jor… of api > mail jor…",
            "lint (secret-credential): a setting, a URL or a query was recorded as it is: \
             `metadata.default.jor….password` holds what looks like a password (`h…`, 7 characters); leave it out, or allow it\n  \
             at /subsegments/0/metadata/default/jor…/password of api > mail jor…",
            "lint (secret-email): what a person gave was recorded: `name` holds what looks like an e-mail address \
             (`jor…@example.com`, 18 characters); leave it out, or allow it\n  \
             at /subsegments/0/name of api > mail jor…",
        ]
    );
    assert_eq!(violations[0].id(), Some("53995c3f42cd8ad9"));
    assert_eq!(
        violations[0].trace_id(),
        Some("1-5759e988-bd862e3fe1be46a994272793")
    );
    assert_eq!(violations[0].rule(), Rule::SecretEmail);
    assert_eq!(violations[0].seq(), 0);
}

#[test]
fn what_is_allowed_is_not_found() {
    let document = document(
        r#""annotations":{"contact":"jordan@example.com","db":"postgres://app:hunter2@localhost/test","card":4111111111111111}"#,
    );
    let left = |allowed: &[&str]| {
        let secrets = allowed
            .iter()
            .fold(Secrets::new(), |secrets, text| secrets.allow(*text));
        let violations = secrets.judge(&document);
        let keys = violations
            .iter()
            .map(|violation| violation.pointer().rsplit('/').next().unwrap().to_owned());
        keys.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(left(&[]), "card contact db");
    // Exact, of the secret and of the string around it.
    assert_eq!(left(&["jordan@example.com"]), "card db");
    assert_eq!(left(&["hunter2", "4111111111111111"]), "contact");
    assert_eq!(
        left(&["postgres://app:hunter2@localhost/test"]),
        "card contact"
    );
    // With stars.
    assert_eq!(left(&["*@example.com"]), "card db");
    assert_eq!(left(&["jor*@*.com"]), "card db");
    assert_eq!(left(&["postgres://*@localhost/*"]), "card contact");
    assert_eq!(left(&["*"]), "");
    assert_eq!(left(&["4*1*1*"]), "contact db");
    // Something else.
    assert_eq!(
        left(&[
            "example.com",
            "*@example.org",
            "Jordan@example.com",
            "hunter*3",
            "*z*",
            "",
            "41*1111111111111111"
        ]),
        "card contact db"
    );
    // What is allowed may be a secret too.
    assert_eq!(
        format!("{:?}", Secrets::new().allow("hunter2")),
        "Secrets { allowed: 1 }"
    );
}

#[test]
fn depth_does_not_matter() {
    let depth = 3_000;
    let text = format!(
        r#""metadata":{{"default":{}"jordan@example.com"{}}}"#,
        r#"{"a":["#.repeat(depth / 2),
        "]}".repeat(depth / 2)
    );
    let violations = Secrets::new().judge(&document(&text));
    assert_eq!(violations.len(), 1);
    assert_eq!(violations[0].pointer().matches('/').count(), 2 + depth);
}

#[test]
fn a_long_text_costs_its_length() {
    for part in REPEATED {
        let document = with_text(&part.repeat(60_000 / part.len()));
        let start = Instant::now();
        Secrets::new().judge(&document);
        let taken = start.elapsed();
        // What looks at each byte once is far below, what looks at each for each far above.
        assert!(taken < Duration::from_secs(5), "{part}: {taken:?}");
    }
}

/// What would cost most if it stood in a text again and again.
#[rustfmt::skip]
const REPEATED: &[&str] = &[
    "a", "1", "@", "=", ":", "'", "%", "é", "\\", "%40", "a@", "a@b.", "a@b.co,", "x@y.c:", "://", "://a:", "://a:b/", "@tcp(", "a:b@tcp(",
    ":thin:", "a=", ",a", "password=", "password='", "password=\"", "password:", "password ", "password=(", "password=a,", "password=\\",
    "by '", "identified by '", "Authorization: ", "Bearer ", "bearer+", "Basic ", "1 ", "1-", "4111 ", "eyJ", "eyJ-", "eyJaaaaaaaaaaaa.",
    "ghp_", "glpat-", "AKIA", "-----BEGIN ", "-----BEGIN PRIVATE KEY-----", "token=abcd1234&", "x@example.com ", "4111111111111111 ",
];

#[test]
fn nothing_is_found_in_what_the_sdks_send() {
    let mut documents = 0;
    for folder in ["adot", "node", "python"] {
        for entry in std::fs::read_dir(fixture("corpora").join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path
                .extension()
                .is_none_or(|extension| extension != "jsonl")
            {
                continue;
            }
            let capture = CaptureFile::read(&path).unwrap();
            for document in capture
                .datagrams()
                .filter_map(|received| received.document())
            {
                documents += 1;
                assert_eq!(Secrets::new().judge(document), [], "{}", path.display());
            }
        }
    }
    assert!(documents > 400, "{documents}");
}

/// A secret, and the texts around it that make it one.
fn secrets() -> impl Strategy<Value = (String, String)> {
    let password = "[A-Za-z0-9][A-Za-z0-9!%^+~@é]{10,22}[0-9]";
    let token = "[a-z0-9]{4}[A-Z]{4}[0-9]{4}[A-Za-z0-9]{20,24}";
    prop_oneof![
        (password, 0..6_usize).prop_map(|(secret, around)| {
            let text = [
                "https://user:{}@example.com/x",
                "password={}",
                "Server=db;Pwd={};X=y",
                "{\"password\": \"{}\"}",
                "where password = '{}'",
                "IDENTIFIED BY '{}'",
            ][around]
                .replace("{}", &secret);
            (secret, text)
        }),
        (token, 0..6_usize).prop_map(|(secret, around)| {
            let text = [
                "ghp_{}",
                "Bearer {}",
                "https://b/?token={}",
                "npm_aaaaaaaaaa{}",
                "{'access_token': '{}'}",
                "api_key={}&x",
            ][around];
            (secret.clone(), text.replace("{}", &secret))
        }),
        "4[0-9]{14}".prop_map(|digits| {
            let sum: u32 = digits
                .bytes()
                .rev()
                .zip([2, 1].into_iter().cycle())
                .map(|(digit, weight)| {
                    let weighted = u32::from(digit - b'0') * weight;
                    weighted / 10 + weighted % 10
                })
                .sum();
            let card = format!("{digits}{}", (10 - sum % 10) % 10);
            (card.clone(), card)
        }),
    ]
}

proptest! {
    #[test]
    fn no_violation_shows_a_secret(
        (secret, text) in secrets(),
        before in "[a-z ,.(é\"]{0,12}",
        after in "[a-z ,.)é\"]{0,12}",
        place in 0..5_usize,
    ) {
        let (mut json, mut key) = (String::new(), String::new());
        write_text(&mut json, &format!("{before} {text} {after}"));
        write_text(&mut key, &text);
        let document = document(&match place {
            0 => format!(r#""annotations":{{"text":{json}}}"#),
            1 => format!(r#""metadata":{{"default":{{{key}:[{json},{key}]}}}}"#),
            2 => format!(r#""subsegments":[{{"name":{json},"metadata":{{"a":{{{key}:{{{key}:{json}}}}}}}}}]"#),
            3 => format!(r#""user":{json},"cause":{{"exceptions":[{{"message":{json}}}]}}"#),
            _ => format!(r#""subsegments":[{{"id":{json},"name":{key},"sql":{{"sanitized_query":{json}}}}}]"#),
        });
        let violations = Secrets::new().judge(&document);
        prop_assert!(!violations.is_empty(), "{text}");
        let characters: Vec<char> = secret.chars().collect();
        for violation in violations {
            let shown = format!("{violation}\n{violation:?}\n{}\n{}", violation.message(), violation.pointer());
            for part in characters.windows(8) {
                let part: String = part.iter().collect();
                prop_assert!(!shown.contains(&part), "`{part}` of `{secret}` in {shown}");
            }
        }
    }

    #[test]
    fn any_text_can_be_judged(text in any::<String>(), parts in prop::collection::vec(prop::sample::select(PARTS), 0..12)) {
        let document = with_text(&format!("{}{text}{}", parts.concat(), parts.concat()));
        let secrets = Secrets::new();
        prop_assert_eq!(secrets.judge(&document), secrets.judge(&document));
    }
}

/// What detectors look for, to be put together in any order.
#[rustfmt::skip]
const PARTS: &[&str] = &[
    "password", "=", ":", "'", "\"", "\\", "\\\"", "@", "%40", "é", "://", "eyJ", "abcdefgh12", ".", "-----BEGIN ", "PRIVATE KEY-----", "Bearer ",
    "Basic ", " ", "4111 1111 1111 1111", "-", "identified by ", ",", ";", "(", ")", "😀", "@tcp(", ":thin:", "arn:", "…", "ghp_",
];
