//! The words of segment documents: the fields of each object, what they hold, and what secrets look
//! like. Words are parted by spaces, values by bars.

/// The fields of objects, by the key that leads to them.
pub(in crate::mutator) const FIELDS: &[(&str, &str)] = &[
    ("", ENTITY),
    ("subsegments", ENTITY),
    (
        "aws",
        "\
        account_id auto_instrumentation bucket_name cloudwatch_logs consistent_read ec2 ecs eks \
        elastic_beanstalk function_name id_2 invocation_type item item_collection_metrics key \
        log_type message_body operation queue_name queue_url region request_id resource_names \
        retries table_name table_names topic_arn tracing xray",
    ),
    (
        "cause",
        "exceptions id message messages paths working_directory",
    ),
    ("cloudwatch_logs", "arn log_group"),
    (
        "ec2",
        "ami_id availability_zone instance_id instance_size instance_type",
    ),
    ("ecs", "container container_arn container_id"),
    ("eks", "cluster_name container_id pod"),
    (
        "elastic_beanstalk",
        "deployment_id environment_name version_label",
    ),
    (
        "exceptions",
        "cause id message remote skipped stack truncated type",
    ),
    ("http", "request response"),
    ("links", "attributes id trace_id"),
    ("metadata", "AWS.x a default S secret"),
    (
        "request",
        "client_ip method traced url user_agent x_forwarded_for",
    ),
    ("response", "content_length status"),
    ("service", "name runtime runtime_version version"),
    (
        "sql",
        "\
        connection_string database_type database_version driver_version preparation \
        sanitized_query url user",
    ),
    ("stack", "label line path"),
    ("tracing", "sdk"),
    (
        "xray",
        "auto_instrumentation rule_name sampling_rule_name sdk sdk_version",
    ),
    // Of a line of a capture file, and of a header line.
    ("line", "bytes_b64 format seq t text version"),
];

const ENTITY: &str = "\
    annotations aws cause end_time error fault http id in_progress inferred links metadata name \
    namespace origin parent_id precursor_ids resource_arn service sql start_time subsegments \
    throttle throttled trace_id traced type user";

/// Keys that a program chooses, in annotations and metadata.
pub(in crate::mutator) const OWN_KEYS: &str = r"
    a | b | a.b | a b | a/b~c | é | S | order_id | password | db_pass | apiKey |
    X-Amz-Signature | Authorization | next_token | access_token | has_password | session | sig |
    JSESSIONID | jordan@example.com | AKIAQ3EGXYZWVUTSRQPO | \u0061 | \ud800 | \u202e |
    4111111111111111 | default";

/// What fields hold, right and wrong.
pub(in crate::mutator) const VALUES: &[(&str, &str)] = &[
    (
        "id parent_id precursor_ids",
        r#"
        "00000000000000a1" | "00000000000000b2" | "00000000000000c3" | "0000000000000000" | "a" |
        "" | "00000000000000é1" | "00000000000000g1" | "\u00300000000000000a1""#,
    ),
    (
        "trace_id",
        r#"
        "1-6b02b1e8-299bb96069a00e338b2e13be" | "1-6b02b1e8-299bb96069a00e338b2e13bf" |
        "1-00000000-000000000000000000000000" | "6b02b1e8299bb96069a00e338b2e13be" | "a" | "" |
        "1-6b02b1e8-299bb96069a00e338b2e13b" | "2-6b02b1e8-299bb96069a00e338b2e13be" |
        "1-6b02b1e8-299bb96069a00e338b2e13bg" | "1-6b02b1e8" | "Root=1-6b02b1e8" |
        "1-6b02b1eg-299bb96069a00e338b2e13be" |
        "1-6b02b1e\u0038-299bb96069a00e338b2e13be""#,
    ),
    (
        "start_time end_time t",
        r#"
        1795338258.25 | 1795338258.5 | 1795338259 | 1795338257.999 | 1 | 2 | 0 | -1 | 1e9 |
        1E400 | 1e-400 | 1795338258250 | 1795338258250000 | 1795338258250000000 |
        17953382582500000000 | 99999999999 | 100000000000 | 1795338258.1234567890123 | 01 | 1. |
        "1795338258" | NaN | Infinity"#,
    ),
    (
        "\
        auto_instrumentation consistent_read error fault in_progress inferred remote throttle \
        traced x_forwarded_for",
        r#"true | false | true | false | null | "true" | 1"#,
    ),
    (
        "status",
        r#"200 | 302 | 400 | 404 | 429 | 500 | 503 | 99 | 600 | 0 | "" | "200" | 200.5 | 4e2"#,
    ),
    ("content_length", r#"0 | 17 | 1.5 | "17" | "" | "1x" | -1"#),
    (
        "deployment_id line retries seq skipped truncated version",
        r#"
        0 | 1 | 2 | 7 | -1 | 1.0 | 1.5 | 1e2 | null | "1" | 18446744073709551615 |
        18446744073709551616"#,
    ),
    (
        "name",
        r#"
        "a" | "b" | "dynamodb" | "DynamoDB" | "S3" | "SQS" | "Lambda" | "sns" | "STS" | "SSM" |
        "SimpleSystemsManagement" | "orders@db.example.com" | "" |
        "GET /orders/4711" | "order 123456" | "report 2024" | "a?" | "e\u0301" | "é" |
        "v1.2345" | "53995c3f42cd8ad8" | "a1b2c3d4e5f6g7h8i9j0" | "d111.cloudfront.net" |
        "a\u2028b" | "10.0.0.1:2000""#,
    ),
    (
        "namespace",
        r#""aws" | "remote" | "local" | "dummy" | "x" | """#,
    ),
    (
        "type",
        r#""subsegment" | "segment" | "" | "Error" | null | "sub\u0073egment""#,
    ),
    (
        "operation",
        r#"
        "PutItem" | "GetItem" | "Query" | "ListTables" | "ReceiveMessage" | "HeadObject" |
        "GetSecretValue" | """#,
    ),
    (
        "item key item_collection_metrics message_body",
        r#""o-1" | "" | 7 | {} | [] | {"id":{"S":"o-1"}} | {"N":"7"} | [{"a":{"M":{}}}]"#,
    ),
    ("region", r#""us-east-1" | "" | null"#),
    ("request_id id_2", r#""r1" | "r2" | "" | null"#),
    (
        "table_names resource_names paths",
        r#"["Orders"] | [] | "{'a': 1}" | "dict_keys(['a', 'b'])" | [1] | [null] | ["a","b"]"#,
    ),
    ("table_name bucket_name", r#""Orders" | "" | "a\nb""#),
    (
        "url queue_url connection_string",
        r#"
        "https://a/b?c=d#e" | "http://a:80/" | "a" | "/b" | "//a/b" | "a://b" | "/a://b" |
        "postgres://app:hunter2hunter2@db/orders" | "app:hunter2@tcp(db:3306)/orders" |
        "jdbc:oracle:thin:app/hunter2@db:1521:orders" |
        "https://a/?access_token=abcdef0123456789" | "postgres://app:p/w1@db" |
        "https://[::1]:80/" | "Server=db;User Id=a;Password=hunter2;""#,
    ),
    (
        "sanitized_query",
        r#"
        "SELECT * FROM t" | "ALTER USER a IDENTIFIED BY 'hunter2'" |
        "SET PASSWORD = 'abcdefgh1'" | "CREATE USER a WITH PASSWORD 'hunter2'" |
        "IDENTIFIED WITH mysql_native_password AS 'hun''ter2'""#,
    ),
    ("method", r#""GET" | "POST" | """#),
    ("client_ip", r#""10.0.0.1" | "::1" | """#),
    (
        "cause",
        r#"
        "00000000000000e1" | "x" | {} |
        {"exceptions":[{"id":"00000000000000e1","message":"m","type":"T"}]} |
        {"working_directory":"/a","paths":["/b"],"exceptions":[{}]} | {"id":"00000000000000a1"}"#,
    ),
    (
        "exceptions",
        r#"
        [] | [{}] |
        [{"id":"00000000000000e1","cause":"00000000000000e2"},{"id":"00000000000000e2"}] | [1] |
        [{"id":"x","stack":[{"path":null,"line":null,"label":"l"}]}]"#,
    ),
    (
        "stack",
        r#"
        [] | [{"path":"a.rs","line":7,"label":"f"}] | [{"line":"7"}] |
        [{"path":null,"line":null}]"#,
    ),
    (
        "annotations",
        r#"{} | null | [] | [1] | {"a":1} | {"order_id":"o-1"} | {"a":[],"b":{}} | {"a b":true} |
        {"order_12345678":1} | {"a_53995c3f42cd8ad8":true}"#,
    ),
    (
        "metadata attributes",
        r#"
        {} | {"default":{"a":1}} | {"AWS.x":{}} | {"a":7} |
        {"d":{"password":{"S":"hunter2hunter2"}}} | {"d":{"a":1,"a":2}} | []"#,
    ),
    (
        "subsegments",
        r#"
        [] | [{}] | [1] | {} |
        [{"id":"00000000000000b2","name":"b","start_time":1795338258.25,"end_time":1795338258.5}] |
        [{"id":"00000000000000c3","name":"c","start_time":1795338258.25,"in_progress":true},{"id":"00000000000000c3"}]"#,
    ),
    (
        "links",
        r#"
        [] |
        [{"id":"00000000000000a1","trace_id":"1-6b02b1e8-299bb96069a00e338b2e13be","attributes":{}}] |
        [1] | {}"#,
    ),
    (
        "aws",
        r#"
        {} |
        {"operation":"PutItem","region":"us-east-1","table_name":"Orders","request_id":"r1"} |
        {"operation":"PutItem","region":"us-east-1"} |
        {"operation":"ReceiveMessage","region":"us-east-1","request_id":"r1"} |
        {"ec2":{},"ecs":{},"eks":{},"xray":{},"tracing":{},"elastic_beanstalk":{}} |
        {"cloudwatch_logs":[{"log_group":"g","arn":"a"}]} |
        {"elastic_beanstalk":{"deployment_id":"7"}}"#,
    ),
    (
        "http",
        r#"
        {} |
        {"request":{"method":"GET","url":"https://a/b"},"response":{"status":200,"content_length":7}} |
        {"response":{"status":429}} | {"request":{"traced":true}}"#,
    ),
    (
        "sql",
        r#"{} | {"url":"jdbc:x","database_type":"PostgreSQL","sanitized_query":"SELECT 1"}"#,
    ),
    ("service", r#"{} | {"version":"1","runtime":"rust"}"#),
    (
        "ec2 ecs eks elastic_beanstalk xray tracing request response",
        r#"{} | {"sdk":"x"} | []"#,
    ),
    ("cloudwatch_logs", "[] | [{}] | {} | [1]"),
    (
        "bytes_b64",
        r#""e30=" | "" | "!" | "e30" | "_w==" | "/w==" | 1"#,
    ),
    ("format", r#""json" | "JSON" | "x" | 1"#),
];

/// Values of each kind, which mostly do not fit.
pub(in crate::mutator) const ODD: &str = r#"
    null | true | false | 0 | -1 | -0.0 | 0.5 | 1.50 | 1e2 | 1E+2 | 1e400 | -1e400 | 1e308 |
    1e-400 | 99999999999999999999 | 340282366920938463463374607431768211456 | 9007199254740993 |
    123456789.123456789123456789 | "" | "x" | "é" | "𝄞" | "\u202e" | "\u0000" | "\u001b[31m" |
    "\ud800" | "\ud834\udd1e" | "\/" | "\n" | "a\u0301" | "\u202e" | [] | {} | [[]] | [{}] |
    {"a":{}} | {"a":1,"a":2} | {"":null} | [1,"a",null,true,{},[]] |
    {"a":{"b":{"c":[1,{"d":2}]}}} |
    {"a":1,"b":1,"c":1,"d":1,"e":1,"f":1,"g":1,"h":1,"i":1,"i":2} | NaN | -Infinity | "\x" |
    4111111111111111 | 4111111111111111.0"#;

/// Names of what is secret, and some that sound so.
pub(in crate::mutator) const SECRET_NAMES: &str = "
    password | passwd | PWD | passphrase | db_pass | userPass | secret | client_secret |
    api-key | apiKey | X-Api-Key | aws_secret_access_key | privateKey | access_token | token |
    next_token | X-Amz-Security-Token | idToken | Authorization | session | session_id |
    JSESSIONID | sig | X-Amz-Signature | has_password | password_reset | pass";

/// What stands between a name and its secret.
pub(in crate::mutator) const SIGNS: &[&str] = &[
    "=",
    ":",
    ": ",
    " = ",
    "==",
    "=>",
    ": '",
    "=\"",
    "\": \"",
    "\\\":\\\"",
    "']='",
    ": Token ",
    "=Bearer+",
    " ",
    " '",
    "('",
    "=MD5('",
];

/// Secrets, and what stands in their place; `\n` is a line feed.
pub(in crate::mutator) const SECRETS: &str = r"
    hunter2hunter2 | hunter2 | Tr0ub4dor&3 | abcdef0123456789 | abc | *** | <redacted> |
    ${PASSWORD} | $1 | $ | ${ | $a | ? | ?1 | :password | %s | xxxx | null | [FILTERED] |
    {password} |
    %PASSWORD% | arn:aws:x | /var/run/key | C:\keys | prod/orders/db | it is wrong |
    AKIAQ3EGXYZWVUTSRQPO | ASIAQ3EGXYZWVUTSRQPO |
    AKIAQ3EGXYZWVUTSRQPO:wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKE1 | ghp_0123456789abcdefghij |
    glpat-0123456789abcdef | xoxb-0123456789 | sk_live_0123456789 | ya29.0123456789abcdefghij |
    AIza0123456789abcdefghijklmnopqrstuvwxy | eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln |
    eyJhbGciOiJIUzI1NiJ9.abcdef | Bearer abcdef0123456789 | Bearer authentication |
    Basic YXBwOmh1bnRlcjI= | Basic YXBwOmh1bnRlcjI | Basic YQ== | basic access |
    jordan@example.com | jordan%40example.com | git@github.com:a/b | a@1.2.3 | a@b.png |
    4111111111111111 | 4111 1111 1111 1111 | 4111-1111-1111-1111 | 378282246310005 |
    3782 822463 10005 | 6304000000000000 | 4111111111111112 |
    -----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY----- | -----BEGIN PUBLIC KEY----- |
    -----BEGIN RSA PRIVATE KEY----- | 123e4567-e89b-12d3-a456-426614174000 |
    0123456789abcdef0123 | https://a:b1b1b1b1@c/d | a:b1b1b1b1@tcp(c) | a:b1@unix(/c) |
    jdbc:oracle:thin:a/b1b1b1b1@c | postgres://a:p#w@c/d | https://a:$@c |
    PASSWORD '$' | a@b.c.d.e.f.g | ZMOp | Basic w6k6w6k=";

/// What texts are made of.
pub(in crate::mutator) const FRAGMENTS: &[&str] = &[
    "", " ", "a", "the ", "?", "&", ";", ",", ".", ")", "(", "]", "}", "{\"", "\"", "'", "''",
    "\\", "\\\"", "\n", "\t", "\u{1b}[m", "\u{202e}", "\u{200f}", "\u{0}", "é", "\u{301}", "𝄞",
    "\u{7f}", "/", "~", "://", "@", "@c", "@ab.com", "%40", "%20", "+", "-", "_", "0", "4111",
    "SELECT ", "WHERE a=", ":thin:", "@tcp(", "@unix(", "https://", "Bearer ", "Basic ", "AKIA",
    "arn:aws:", "x@", "`", "|", "<", ">", "#", "[", "key: ", "hunter2",
];

/// One character of each kind that Unicode's tables are asked for, and of each length: letters of
/// either case and of none, digits, spaces, what steers, signs.
pub(crate) const NEIGHBOURS: &[&str] = &[
    "é", "É", "ß", "ǅ", "字", "ａ", "𐐨", "𐐀", "٣", "²", "𝟏", "\u{85}", "\u{a0}", "\u{1680}",
    "\u{2003}", "\u{2028}", "\u{3000}", "\u{90}", "\u{ad}", "\u{200f}", "\u{301}", "·", "\u{1681}",
    "\u{2010}", "…", "•", "\u{3001}", "𝄞",
];

/// Longer ones.
pub(in crate::mutator) const CLAUSES: &str = r#"
    IDENTIFIED BY ' | IDENTIFIED WITH x AS ' | IDENTIFIED BY PASSWORD ' | WITH PASSWORD ' |
    PASSWORD(' | the password 'is | Password = "a" | User Id=a;Password= | postgres://a: |
    https://a/?b= | jdbc:oracle:thin:a/ | arn:aws:secretsmanager:us-east-1:123456789012:secret: |
    JSESSIONID=123e4567-e89b-12d3-a456-426614174000 | -----BEGIN EC PRIVATE KEY----- | -----END | "headers":{"Authorization":"Token a1b2c3d4"}"#;
