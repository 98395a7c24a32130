//! Tables of texts: what is found in each, the yes and the no next to each other.

use xray_phantom::schema::{Secrets, Violation};

use crate::secrets::{whole, with_text};

/// What was found: `password (h…, 7)`.
fn found(violations: &[Violation]) -> String {
    let found = violations.iter().map(|violation| {
        let (_, what) = violation.message().split_once("looks like ").unwrap();
        let what = what.strip_suffix("; leave it out, or allow it").unwrap();
        format!("{}: {what}", violation.code())
            .replace('`', "")
            .replace(" characters)", ")")
    });
    found.collect::<Vec<_>>().join(" + ")
}

/// Judges each line of a table: a text, two spaces and more, what is found in it, or `-`.
#[track_caller]
fn check(table: &str) {
    let lines = table.lines().map(str::trim).filter(|line| !line.is_empty());
    for line in lines {
        let (text, expected) = line.rsplit_once("  ").unwrap();
        let found = found(&Secrets::new().judge(&with_text(&whole(text.trim_end()))));
        assert_eq!(
            if found.is_empty() { "-" } else { &found },
            expected,
            "{text}"
        );
    }
}

#[test]
fn e_mail_addresses() {
    check(
        "
        joe@example.com                                    secret-email: an e-mail address (j…@example.com, 15)
        to Jo <jordan.doe+x@mail.example.co.uk>.           secret-email: an e-mail address (jord…@mail.example.co.uk, 31)
        mailto:jordan@example.com                          secret-email: an e-mail address (jor…@example.com, 18)
        jordan@example.com: mailbox not found              secret-email: an e-mail address (jor…@example.com, 18)
        https://api/users/jordan@example.com/orders        secret-email: an e-mail address (jor…@example.com, 18)
        https://api/users?email=jordan%40example.com&x=1   secret-email: an e-mail address (jor…%40example.com, 20)
        jörg@müller.de                                     secret-email: an e-mail address (j…@müller.de, 14)
        a@b.example, c@d.example a@b.example               secret-email: an e-mail address (…@b.example, 11) + secret-email: an e-mail address (…@d.example, 11)

        user@localhost                                     -
        joe@                                               -
        @example.com                                       -
        joe@.com                                           -
        joe@example.c                                      -
        icon@2x.png                                        -
        lodash@4.17.21                                     -
        @aws-sdk/client-dynamodb@3.726.1                   -
        .pnpm/react-dom@18.2.0-next.beta/node_modules      -
        git@github.com:org/repo.git                        -
        git@example.com:repo                               -
        deploy@git.example.com:org/repo.git                -
        ssh://deploy@git.example.com/repo                  -
        https://jordan@example.com/                        -
        https://example.com/@joe.doe                       -
        app@db.example.com:5432                            -
        root@ip-10-0-0-12.ec2.internal                     -
        at com.example.Orders@4aa298b7                     -
        image@sha256:94a00394bc5a8ef503fb59db0a7d0ae9      -
        arn:aws:sts::123456789012:assumed-role/Admin/jordan@example.com  -
        ",
    );
}

#[test]
fn card_numbers() {
    check(
        "
        4111111111111111                  secret-card-number: the number of a payment card (4111…, 16)
        with 4111 1111 1111 1111 12/29    secret-card-number: the number of a payment card (4111…, 19)
        card=5555-5555-5555-4444.         secret-card-number: the number of a payment card (5555…, 19)
        3782 822463 10005                 secret-card-number: the number of a payment card (3782…, 17)
        /cards/378282246310005/charge     secret-card-number: the number of a payment card (378…, 15)
        30569309025904                    secret-card-number: the number of a payment card (305…, 14)
        6011111111111117                  secret-card-number: the number of a payment card (6011…, 16)
        3530111333300000                  secret-card-number: the number of a payment card (3530…, 16)
        2223003122003222                  secret-card-number: the number of a payment card (2223…, 16)
        6200000000000005                  secret-card-number: the number of a payment card (6200…, 16)
        4222222222222                     secret-card-number: the number of a payment card (422…, 13)

        4111111111111112                  -
        9111111111111110                  -
        411111111111116                   -
        1700000000                        -
        1700000000000                     -
        1700000000000000                  -
        1700000000000000000               -
        123456789012                      -
        a4111111111111111                 -
        4111111111111111b                 -
        id_4111111111111111               -
        0.4111111111111111                -
        4111111111111111.25               -
        order-4111111111111111            -
        4111-1111-1111-1111-1111          -
        41 11 11 11 11 11 11 11           -
        4111 1111-1111 1111               -
        53995c3f-4111-1111-1111-1111111111ab  -
        1-5759e988-411111111111111146a99427   -
        ",
    );
}

#[test]
fn passwords_in_urls() {
    check(
        "
        postgres://app:hunter2@db:5432/orders          secret-credential: a password (h…, 7)
        amqp://guest:pw@rabbit                         secret-credential: a password (…, 2)
        https://user:p@rabbit                          secret-credential: a password (…, 1 character)
        https://user:p@ss@word@example.com/x?y         secret-credential: a password (…, 9)
        https://user:p%40ssword@example.com/           secret-credential: a password (…, 10)
        https://user:p/s?s#word@example.com/x@y        secret-credential: a password (p…, 10)
        app:hunter2@tcp(db:3306)/orders                secret-credential: a password (h…, 7)
        jdbc:oracle:thin:scott/tiger@db:1521:orders    secret-credential: a password (t…, 5)

        postgres://db:5432/orders                      -
        postgres://app@db:5432/orders                  -
        postgres://app:***@db:5432/orders              -
        postgres://app:xxxx@db.example.com/orders      -
        postgres://app:<redacted>@db/orders            -
        postgres://app:${PASSWORD}@db/orders           -
        postgres://app:@db/orders                      -
        https://example.com:8443/users/@joe:x          -
        http://api:8080/users/jordan@localhost         -
        http://[::1]/users/jordan@localhost            -
        app@tcp(db:3306)/orders                        -
        jdbc:oracle:thin:@db:1521:orders               -
        ",
    );
}

#[test]
fn passwords_behind_their_names() {
    check(
        r#"
        password=hunter2                                       secret-credential: a password (h…, 7)
        Server=db;User Id=app;Password=hunter2;Encrypt=yes     secret-credential: a password (h…, 7)
        jdbc:mysql://db/orders?user=app&password=hunter2&x=1   secret-credential: a password (h…, 7)
        host=db passwd='hunter2 x' dbname=orders               secret-credential: a password (hu…, 9)
        Config(db_pass=hunter, user=app)                       secret-credential: a password (h…, 6)
        Config(user=app, password=a,b1c2)                      secret-credential: a password (a…, 6)
        {password=hunter, user=app}                            secret-credential: a password (h…, 6)
        Login failed, Password: hunter2.                       secret-credential: a password (h…, 7)
        --pwd=hunter --x                                       secret-credential: a password (h…, 6)
        {"user":"app","password":"hunter"}                     secret-credential: a password (h…, 6)
        {\"password\":\"hunter\"}                              secret-credential: a password (h…, 6)
        {"password":"hun\"ter","x":1}                          secret-credential: a password (h…, 8)
        { user: 'app', password: 'hunter' }                    secret-credential: a password (h…, 6)
        'password' => 'hunter'                                 secret-credential: a password (h…, 6)
        user[password]=hunter                                  secret-credential: a password (h…, 6)
        spring.datasource.password=hunter                      secret-credential: a password (h…, 6)

        password=                                              -
        password=***                                           -
        password=hun***                                        -
        password=xxxx                                          -
        password=<redacted>                                    -
        password=[REDACTED]                                    -
        password={password}                                    -
        password={{ password }}                                -
        password=${PASSWORD}                                   -
        password=%s                                            -
        password=?                                             -
        password=$1                                            -
        password=:password                                     -
        password=@p1                                           -
        password=null                                          -
        password=true                                          -
        {"password":null,"secret":"","token":false}            -
        pwd=on                                                 -
        PWD=/var/task                                          -
        Password: must be at least 8 characters                -
        {"password": "must have 8 characters"}                 -
        password: required                                     -
        invalid password: too short                            -
        the password is wrong                                  -
        password_reset=hunter2                                 -
        passwordless=hunter2                                   -
        forgot_password=hunter2                                -
        has_password=always                                    -
        "#,
    );
}

#[test]
fn passwords_in_sql() {
    check(
        "
        CREATE USER 'app'@'%' IDENTIFIED BY 'hunter'                  secret-credential: a password (h…, 6)
        ALTER USER a IDENTIFIED WITH caching_sha2_password BY 'pw x'  secret-credential: a password (p…, 4)
        ALTER USER app PASSWORD 'hunter'                              secret-credential: a password (h…, 6)
        SET PASSWORD FOR app = PASSWORD('hunter')                     secret-credential: a password (h…, 6)
        select 1 from users where password = 'hunter' and x = 'y'     secret-credential: a password (h…, 6)
        update users set password=MD5('hunter'), x = 1                secret-credential: a password (h…, 6)
        update users set password = 'don''t know'                     secret-credential: a password (do…, 11)
        update users set password = crypt('hunter', gen_salt('bf'))   secret-credential: a password (h…, 6)
        wrong password 'hunter2'                                      secret-credential: a password (h…, 7)

        CREATE USER app IDENTIFIED BY ?                               -
        CREATE USER app IDENTIFIED BY '***'                           -
        ALTER USER app PASSWORD NULL                                  -
        select 1 from users where password = ? and x = 'y'            -
        select 1 from users where password = :password                -
        select 1 from users where password = $1                       -
        select password from users where password = u.password        -
        select 1 from orders order by 'name'                          -
        the password 'is required'                                    -
        no password 'orders'                                          -
        ",
    );
}

#[test]
fn keys() {
    check(
        "
        api_key=abcdef                           secret-credential: a secret key (a…, 6)
        apiKey=abcdef&x                          secret-credential: a secret key (a…, 6)
        x-api-key: 0a1b2c3d4e5f6a7b              secret-credential: a secret key (0a1b…, 16)
        client_secret=abcdefgh                   secret-credential: a secret key (ab…, 8)
        AccountName=x;AccountKey=abcd/efGH==;    secret-credential: a secret key (ab…, 11)
        AKIA~IOSFODNN7EXAMPLE                    secret-credential: an AWS access key id (AKIA…, 20)
        aws_secret_access_key=wJalrXUtnFEMI/K7MDENG/bPxRfiCY~EXAMPLEKEY    secret-credential: a secret key (wJal…, 40)
        aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCY~EXAMPLEKEY  secret-credential: a secret key (wJal…, 40)
        ASIA~IOSFODNN7EXAMPLE:wJalrXUtnFEMI/K7MDENG/bPxRfiCY~EXAMPLEKEY    secret-credential: an AWS access key id (ASIA…, 20) + secret-credential: an AWS secret key (wJal…, 40)
        -----BEGIN RSA PRIVATE KEY----- MIIEpAIBAAKCAQEA75 -----END RSA PRIVATE KEY-----  secret-credential: a private key (MIIE…, 18)
        -----BEGIN EC PRIVATE KEY----- MIIEpAIBAAKCAQEA75                                 secret-credential: a private key (MIIE…, 18)

        api_key=***                              -
        AKIA****************                     -
        AKIAIOSFODNN7                            -
        AROAIOSFODNN7EXAMPLE                     -
        AKIATVGKBRQOVUJNRBPVLQ3HVUJVV4KQNSO5AEMVJF66Q9ASUAAJG  -
        secret_name=orders/db                    -
        secretsmanager=abcdefgh                  -
        SecretId=orders-1a2b3c                   -
        secret=prod/orders/db                    -
        secret: orders-db-1                      -
        partition_key=order_id                   -
        primaryKey=abcdefgh                      -
        public_key=abcdefgh1                     -
        key=abcdefgh1                            -
        arn:aws:secretsmanager:eu-west-1:123456789012:secret:orders-a1b2c3                 -
        secret=arn:aws:secretsmanager:eu-west-1:123456789012:secret:orders-a1b2c3          -
        -----BEGIN CERTIFICATE----- MIIEpAIBAAKCAQEA75 -----END CERTIFICATE-----           -
        -----BEGIN PRIVATE KEY-----<redacted>-----END PRIVATE KEY-----                     -
        ",
    );
}

#[test]
fn credentials_behind_their_schemes() {
    check(
        "
        Authorization: Bearer abcd1234efgh        secret-token: a bearer token (abc…, 12)
        authorization=bearer%20abcd1234efgh       secret-token: a bearer token (abc…, 12)
        Authorization: Basic dXNlcjpodW50ZXIy     secret-credential: a user and a password in base64 (dXNl…, 16)
        Basic dTpw                                secret-credential: a user and a password in base64 (d…, 4)
        Authorization: Token abcd1234efgh         secret-credential: a credential (abc…, 12)
        {'Authorization': 'ApiKey abcd1234efgh'}  secret-credential: a credential (abc…, 12)

        Bearer authentication                     -
        Bearer token is missing                   -
        Bearer ***                                -
        Bearer <token>                            -
        bearer=abcd1234efgh                       -
        Basic authentication                      -
        Basic auth                                -
        basic dXNlcg==                            -
        Authorization: header is missing          -
        Authorization: Bearer                     -
        Authorization: none                       -
        ",
    );
}

#[test]
fn tokens_known_by_their_beginning() {
    check(
        "
        eyJhbGciOiJIUzI1NiJ9~.eyJzdWIiOiIxIn0~.c2lnbmF0dXJl  secret-token: a JSON web token (eyJh…, 49)
        jwt eyJhbGciOiJub25lIn0~.eyJzdWIiOiIxIn0~. end       secret-token: a JSON web token (eyJh…, 35)
        ghp_~0123456789abcdefghijABCDEFGHIJ012345            secret-token: a GitHub token (ghp_…, 40)
        x github_pat_~0123456789abcdefghij_A                 secret-token: a GitHub token (gith…, 33)
        https://glpat-~0123456789abcdefghij@example.com/x    secret-token: a GitLab token (glpa…, 26)
        xoxb-~0123456789-abcdef                              secret-token: a Slack token (xoxb…, 22)
        sk_live_~0123456789abcdef                            secret-token: a Stripe key (sk_l…, 24)
        rk_live_~0123456789abcdef                            secret-token: a Stripe key (rk_l…, 24)
        sk_test_~0123456789abcdef                            secret-token: a Stripe key (sk_t…, 24)
        key=AIza~0123456789abcdefghijABCDEFGHIJ01234         secret-token: a Google API key (AIza…, 39)
        ya29.~0123456789abcdefghij                           secret-token: a Google access token (ya29…, 25)
        npm_~0123456789abcdefghijABCDEFGHIJ012345            secret-token: an npm token (npm_…, 40)

        eyJhbGciOiJIUzI1NiJ9                                 -
        eyJhbGciOiJIUzI1NiJ9.x                               -
        xeyJhbGciOiJIUzI1NiJ9~.eyJzdWIiOiIxIn0~.c2lnbmF0dXJl  -
        ghp_short                                            -
        github_pat_***                                       -
        glpat-                                               -
        xoxb-                                                -
        sk_live_                                             -
        task_live_0123456789abcdef                           -
        AIza~0123456789abcdefghijABCDEFGHIJ0123456           -
        ya29                                                 -
        npm_config_registry                                  -
        npm_lifecycle_event                                  -
        ",
    );
}

#[test]
fn tokens_behind_their_names() {
    check(
        "
        https://b/o?X-Amz-Signature=0123456789abcdef0123&x=1            secret-token: a signature (0123…, 20)
        https://b/o?X-Amz-Security-Token=IQoJb3JpZ2luX2VjE~0123%2F&x=1  secret-token: a token (IQoJ…, 24)
        https://b/o?sv=1&sig=0123456789abcdef%3D                        secret-token: a signature (0123…, 19)
        https://b/o?token=abcd1234                                      secret-token: a token (ab…, 8)
        https://b/o#access_token=abcd1234&x                             secret-token: a token (ab…, 8)
        https://b/o?session=abcd1234efgh5678                            secret-token: the id of a session (abcd…, 16)
        Cookie: a=b; JSESSIONID=abcd1234efgh5678                        secret-token: the id of a session (abcd…, 16)
        refresh token: abcd1234efgh5678                                 secret-token: a token (abcd…, 16)
        AWS4-HMAC-SHA256 Credential=AKIA~IOSFODNN7EXAMPLE/20260101/eu-west-1/s3/aws4_request, Signature=0123456789abcdef0123  \
        secret-credential: an AWS access key id (AKIA…, 20) + secret-token: a signature (0123…, 20)

        https://b/o?token=                                              -
        https://b/o?token=***                                           -
        https://b/o?token=expired                                       -
        token_count=12345678                                            -
        max_tokens=12345678                                             -
        next_token=abcd1234efgh                                         -
        ClientToken=abcd1234efgh                                        -
        tokenize=abcd1234                                               -
        token = word                                                    -
        Unexpected token: identifier                                    -
        Unexpected token: }                                             -
        invalid token: 12345678                                         -
        session=checkout                                                -
        session=550e8400-e29b-41d4-a716-446655440000                    -
        session: abcd1234efgh5678                                       -
        signature=void                                                  -
        signature: f0123456789abcdef01                                  -
        ",
    );
}

#[test]
fn ids_and_names() {
    check(
        "
        53995c3f42cd8ad8                                            -
        bd862e3fe1be46a994272793                                    -
        4bf92f3577b34da6a3ce929d0e0e4736                            -
        1-5759e988-bd862e3fe1be46a994272793                         -
        Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1          -
        00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01     -
        4MMTVGKBRQOVUJNRBPVLQ3HVUJVV4KQNSO5AEMVJF66Q9ASUAAJG        -
        s9lzHYrFp76ZVxRcpX9+5cjAnEH2ROuNkd2BHfIa6UkFVdtjf5mKR3/eTP  -
        550e8400-e29b-41d4-a716-446655440000                        -
        arn:aws:dynamodb:eu-west-1:123456789012:table/Orders        -
        https://sqs.eu-west-1.amazonaws.com/123456789012/orders     -
        2026-01-01T00:00:00.000Z                                    -
        3.11.4-slim                                                 -
        Orders                                                      -
        ",
    );
}

#[test]
fn texts_of_several_lines() {
    let key = "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA75\nabcdefgh\n-----END RSA PRIVATE KEY-----";
    let violations = Secrets::new().judge(&with_text(key));
    assert_eq!(
        found(&violations),
        "secret-credential: a private key (MIIE…, 27)"
    );
    let file = "[default]\nregion = eu-west-1\npassword = hunter2\ntoken = abc\n";
    let violations = Secrets::new().judge(&with_text(file));
    assert_eq!(found(&violations), "secret-credential: a password (h…, 7)");
}
