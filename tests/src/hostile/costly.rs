//! Bodies and headers of 2 MiB that try to make a receiver work.

use yuno_webhooks::DEFAULT_MAX_BODY_BYTES;

/// A body that costs what it can.
pub struct Costly {
    /// What it is made of.
    pub name: String,
    /// As long as the limit allows.
    pub bytes: Vec<u8>,
}

/// The headers of a request.
pub type HeaderList = Vec<(String, Vec<u8>)>;

/// A payment with as many honest transactions as there is room for.
pub fn plain() -> Vec<u8> {
    let head = r#"{"type":"payment","type_event":"payment.purchase","account_id":"a-1","retry":0,"version":2,"data":{"payment":{"id":"p-1","status":"SUCCEEDED","sub_status":"APPROVED","updated_at":"2026-08-01T10:00:02.498690Z","amount":{"currency":"COP","value":120.5},"transactions":["#;
    let transaction = r#"{"id":"7da68500-1e15-4f41-a83e-b6255069dc3d","type":"PURCHASE","status":"SUCCEEDED","category":"CARD","amount":120.5,"provider_id":"ACME_PSP","payment_method":{"token":null,"type":"CARD","payment_method_detail":{"card":{"capture":true,"installments":1,"holder_name":"Ana Example","brand":"VISA"}}},"created_at":"2026-08-01T10:00:01.5Z","updated_at":"2026-08-01T10:00:02.49869Z"}"#;
    fill(head, &format!("{transaction},"), &format!("{transaction}]}}}}}}"))
}

/// Text with so many pieces in its middle that the limit is just not exceeded.
fn fill(head: &str, piece: &str, tail: &str) -> Vec<u8> {
    let count = (DEFAULT_MAX_BODY_BYTES - head.len() - tail.len()) / piece.len();
    [head, &piece.repeat(count), tail].concat().into_bytes()
}

/// As `fill`, with what closes each piece behind.
fn nest(head: &str, open: &str, middle: &str, close: &str, tail: &str) -> Vec<u8> {
    let count = (DEFAULT_MAX_BODY_BYTES - head.len() - middle.len() - tail.len()) / (open.len() + close.len());
    [head, &open.repeat(count), middle, &close.repeat(count), tail].concat().into_bytes()
}

/// Every body.
pub fn bodies() -> Vec<Costly> {
    let mut bodies = Vec::new();
    let mut add = |name: String, bytes: Vec<u8>| bodies.push(Costly { name, bytes });
    // Where something lies decides which reader it meets: one text in each place.
    let places = [
        ("at the top", r#"{"type_event":"payout.payout","#, "}"),
        ("in an unknown object", r#"{"type_event":"payout.payout","other":{"#, "}}"),
        ("in data", r#"{"type_event":"payout.payout","data":{"#, "}}"),
        ("in a payment", r#"{"type_event":"payment.purchase","data":{"payment":{"#, "}}}"),
        ("in a transaction", r#"{"type_event":"payment.purchase","data":{"payment":{"transactions":[{"#, "}]}}}"),
        ("in an amount", r#"{"type_event":"payment.purchase","data":{"payment":{"amount":{"#, "}}}}"),
    ];
    let members = [
        ("members", r#""a":0,"#),
        ("members with an escaped key", r#""\n":0,"#),
        ("members with an escaped longer key", r#""\u0072etry ":0,"#),
        ("members with a lone surrogate as the key", r#""\ud800":0,"#),
        ("members with an escaped value", r#""a":"\n","#),
        ("members with a known key and an escaped value", r#""kind":"\u0041","#),
        ("members with empty objects", r#""a":{},"#),
        ("members with empty lists", r#""a":[],"#),
        ("members with white space", "\"a\" \n:\t 0 ,\r"),
    ];
    for (place, head, tail) in places {
        for (name, piece) in members {
            add(format!("{name}, {place}"), fill(head, piece, &format!("\"z\":0{tail}")));
        }
        for (name, member) in
            [("amounts", "amount"), ("transactions", "transactions"), ("payments", "payment"), ("recipients", "recipient")]
        {
            let is_ambiguous = place == "at the top";
            for value in ["{}", "[]", "[{}]", r#"{"amount":{}}"#] {
                if !is_ambiguous || value == "{}" {
                    add(
                        format!("{name} {value} many times, {place}"),
                        fill(head, &format!("\"{member}\":{value},"), &format!("\"z\":0{tail}")),
                    );
                }
            }
        }
        add(format!("one status many times, {place}"), fill(head, r#""status":"A","#, &format!("\"z\":0{tail}")));
        add(format!("retry many times, {place}"), fill(head, r#""retry":1,"#, &format!("\"z\":0{tail}")));
        add(format!("domains many times, {place}"), fill(head, r#""domains":[{}],"#, &format!("\"z\":0{tail}")));
    }
    for (name, head, tail) in [
        ("elements of a list", r#"{"a":["#, "0]}"),
        ("transactions", r#"{"type_event":"payment.purchase","data":{"payment":{"transactions":["#, "{}]}}}"),
        ("split transactions", r#"{"transactions":["#, "{}]}"),
        ("domains", r#"{"event":"e","event_id":"i","data":{"domains":["#, "{}]}}"),
    ] {
        for piece in [
            "0,",
            "\"\",",
            r#""\n","#,
            r#""\ud800","#,
            "{},",
            "[],",
            r#"{"type":""},"#,
            r#"{"type":"\n"},"#,
            r#"{"a":"\n"},"#,
            r#"{"amount":{}},"#,
            "1e5, ",
        ] {
            add(format!("{name}: {piece}"), fill(head, piece, tail));
        }
        let deep = format!("{}0{},", "[".repeat(64), "]".repeat(64));
        add(format!("{name}: lists just too deep for the fast reader"), fill(head, &deep, tail));
        let late = format!("{}\"\\n\"{},", "[0,0,0,".repeat(60), "]".repeat(60));
        add(format!("{name}: lists with an escape deep inside"), fill(head, &late, tail));
    }
    for (name, open, close) in
        [("lists", "[", "]"), ("objects", r#"{"a":"#, "}"), ("payments", r#"{"payment":"#, "}"), ("both", r#"[{"a":"#, "}]")]
    {
        add(format!("deep {name}"), nest(r#"{"a":"#, open, "0", close, "}"));
        add(format!("deep {name} in data"), nest(r#"{"type_event":"a.b","data":"#, open, "0", close, "}"));
        add(format!("deep {name} never closed"), fill(r#"{"a":"#, open, ""));
    }
    long_values(&mut add);
    broken(&mut add);
    bodies
}

/// One member whose value is as long as can be.
fn long_values(add: &mut impl FnMut(String, Vec<u8>)) {
    let payment = |member: &str| (format!(r#"{{"type_event":"payment.purchase","data":{{"payment":{{"id":"p",{member}"#), "}}}".to_owned());
    let places = [
        ("an unknown member", (r#"{"a":"#.to_owned(), "}".to_owned())),
        ("type_event", (r#"{"type":"payment","type_event":"#.to_owned(), "}".to_owned())),
        ("type", (r#"{"type_event":"purchase","type":"#.to_owned(), "}".to_owned())),
        ("event", (r#"{"event_id":"i","event":"#.to_owned(), "}".to_owned())),
        ("direction", (r#"{"direction":"#.to_owned(), "}".to_owned())),
        ("retry", (r#"{"type_event":"a.b","retry":"#.to_owned(), "}".to_owned())),
        ("version", (r#"{"type_event":"a.b","version":"#.to_owned(), "}".to_owned())),
        ("account_id", (r#"{"type_event":"a.b","account_id":"#.to_owned(), "}".to_owned())),
        ("id", (r#"{"type_event":"payout.payout","data":{"id":"#.to_owned(), "}}".to_owned())),
        ("status", payment(r#""status":"#)),
        ("sub_status", payment(r#""status":"SUCCEEDED","sub_status":"#)),
        ("updated_at", payment(r#""updated_at":"#)),
        ("merchant_order_id", payment(r#""merchant_order_id":"#)),
        ("idempotency_key", payment(r#""idempotency_key":"#)),
        ("value", (payment("").0 + r#""amount":{"currency":"USD","value":"#, "}}}}".to_owned())),
        ("currency", (payment("").0 + r#""amount":{"value":1,"currency":"#, "}}}}".to_owned())),
        ("a transaction's id", (payment("").0 + r#""transactions":{"id":"#, "}}}}".to_owned())),
        ("a transaction's type", (payment("").0 + r#""transactions":{"type":"#, "}}}}".to_owned())),
        ("a transaction's amount", (payment("").0 + r#""transactions":{"id":"t","amount":"#, "}}}}".to_owned())),
        ("the type of a payment without an envelope", (r#"{"payment":{"transactions":{"type":"#.to_owned(), "}}}".to_owned())),
    ];
    for (place, (head, tail)) in &places {
        for (name, start, piece, end) in [
            ("digits", "1", "1", ""),
            ("digits in a text", "\"1", "1", "\""),
            ("an exponent with zeros", "1e0", "0", "1"),
            ("an exponent with zeros in a text", "\"1e0", "0", "1\""),
            ("letters", "\"", "a", "\""),
            ("characters of several bytes", "\"", "\u{20ac}", "\""),
            ("escapes", "\"", r"\n", "\""),
            ("escapes of code points", "\"", r"\u0041", "\""),
            ("escaped digits", "\"", r"\u0031", "\""),
            ("escapes and a lone surrogate at the end", "\"", r"\n", r#"\ud800""#),
            ("letters and one escape at the end", "\"", "a", r#"\n""#),
            ("white space around it", " ", " ", " 1 "),
        ] {
            add(format!("{place}: {name}"), fill(&format!("{head}{start}"), piece, &format!("{end}{tail}")));
        }
    }
    add("white space around retry".to_owned(), {
        let white = " ".repeat(DEFAULT_MAX_BODY_BYTES / 4 - 20);
        format!(r#"{{"type_event":"a.b"{white},{white}"retry"{white}:1{white}}}"#).into_bytes()
    });
}

/// What is wrong only at its end.
fn broken(add: &mut impl FnMut(String, Vec<u8>)) {
    for (name, head, piece, tail) in [
        ("no JSON: a text without an end", r#"{"a":""#, "a", ""),
        ("no JSON: a wrong escape at the end", r#"{"a":""#, r"\n", r#"\x"}"#),
        ("no JSON: a list without an end", r#"{"a":["#, "0,", ""),
        ("no JSON: members without an end", "{", r#""\n":0,"#, ""),
        ("no JSON: white space", "", " ", ""),
        ("no object: a list", "[", "0,", "0]"),
        ("no object: a list of escapes", "[", r#""\n","#, "0]"),
        ("no object: a text", "\"", r"\n", "\""),
    ] {
        add(name.to_owned(), fill(head, piece, tail));
    }
    let mut bytes = fill(r#"{"a":""#, "\u{20ac}", "\"} ");
    *bytes.last_mut().unwrap() = 0xff;
    add("no UTF-8 at the end".to_owned(), bytes);
}

/// Headers of 2 MiB in all.
pub fn headers() -> Vec<(String, HeaderList)> {
    let own = |name: &str, value: Vec<u8>| (name.to_owned(), value);
    let one = |name: &str, piece: &str| vec![own(name, fill("", piece, ""))];
    let credentials = || vec![own("x-api-key", b"a-key".to_vec()), own("x-tenant", b"1".to_vec())];
    let with = |given: HeaderList| [given, credentials()].concat();
    let mut headers: Vec<_> = ["a", " ", ",", "-", "t=", "t=,v1", "\u{e9}", "=", "A "]
        .into_iter()
        .map(|piece| (format!("headers: a signature of {piece:?}"), with(one("x-hmac-signature", piece))))
        .collect();
    headers.push((
        "headers: a signature of white space in the middle".to_owned(),
        with(vec![own("x-hmac-signature", fill("sha256=", " ", "a"))]),
    ));
    headers.push((
        "headers: a long credential".to_owned(),
        [one("x-api-key", "a"), vec![own("x-hmac-signature", b"a".to_vec()), own("x-tenant", b"1".to_vec())]].concat(),
    ));
    let many = |name: &str| vec![own(name, b"0".to_vec()); DEFAULT_MAX_BODY_BYTES / (name.len() + 5)];
    headers.push(("headers: many".to_owned(), with(many("a"))));
    headers.push(("headers: many as long as the signature's".to_owned(), with(many("x-hmac-signaturf"))));
    headers.push(("headers: the signature many times".to_owned(), with(many("x-hmac-signature"))));
    headers
}
