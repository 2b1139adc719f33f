//! What is sent to every receiver, and what each must answer and print.

use std::fmt::Write;

use yuno_webhooks::testing::{Form, Sample, sign};
use yuno_webhooks::{EventKind, Verifier};

use crate::http::{Ending, Request};

/// Two secrets: a rotation.
pub(crate) const SECRETS: [&str; 2] = ["the-new-secret-of-the-webhook", "the-old-secret-of-the-webhook"];
pub(crate) const PATH: &str = "/webhooks/yuno";
const RECEIVED: &str = r#"{"received":true}"#;
/// The largest body that is accepted.
const LIMIT: usize = 2 << 20;

/// What must be seen of a delivery.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Expected {
    Answer {
        status: u16,
        body: &'static str,
        /// The line that is printed.
        line: Option<String>,
        /// Whether the connection must end, since a part of the body was not read.
        closes: bool,
    },
    /// No line "accepted", and no 200: the delivery broke off.
    NotAccepted,
}

impl Expected {
    fn refused(status: u16, name: &str) -> Self {
        Self::Answer { status, body: "", line: Some(format!("refused\t{name}")), closes: false }
    }

    fn refused_early(status: u16, name: &str) -> Self {
        Self::Answer { status, body: "", line: Some(format!("refused\t{name}")), closes: true }
    }

    fn elsewhere(status: u16) -> Self {
        Self::Answer { status, body: "", line: None, closes: false }
    }

    /// By the core itself, which has no server.
    fn accepted(body: &[u8]) -> Self {
        let verifier = Verifier::builder().hmac_secrets(SECRETS).build().unwrap();
        let event = verifier.verify(body, &[("x-hmac-signature", sign(body, SECRETS[0]))]).unwrap();
        let resource = event.resource();
        let shown = |text: Option<&str>| -> String {
            text.unwrap_or("-").chars().map(|char| if char < ' ' || char == '\x7f' { '?' } else { char }).collect()
        };
        let (id, status) = (resource.id(), resource.status());
        let line =
            format!("accepted\t{}\t{}\t{}\t{}", event.kind().as_str(), shown(id.as_deref()), shown(status.as_deref()), event.dedupe_key());
        Self::Answer { status: 200, body: RECEIVED, line: Some(line), closes: false }
    }
}

/// A line of the table: one delivery, or several of a sort.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) deliveries: Vec<(Request, Expected)>,
}

fn row(name: &'static str, request: Request, expected: Expected) -> Row {
    Row { name, deliveries: vec![(request, expected)] }
}

fn request(method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Request {
    let mut head = format!("{method} {path} HTTP/1.1\r\nHost: shop.example\r\n");
    headers.iter().for_each(|(name, value)| write!(head, "{name}: {value}\r\n").unwrap());
    Request::new([head.as_bytes(), b"\r\n", body].concat())
}

/// A delivery of these headers and this body, of which `length` bytes are announced.
fn post_announced(headers: &[(&str, &str)], body: &[u8], length: usize) -> Request {
    let length = length.to_string();
    request("POST", PATH, &[headers, &[("Content-Type", "application/json"), ("Content-Length", &length)]].concat(), body)
}

fn post(headers: &[(&str, &str)], body: &[u8]) -> Request {
    post_announced(headers, body, body.len())
}

/// The same, signed with the first secret.
fn post_signed(headers: &[(&str, &str)], body: &[u8]) -> Request {
    post(&[headers, &[("X-Hmac-Signature", &sign(body, SECRETS[0]))]].concat(), body)
}

/// A body in chunks of this size, without the last, which ends it.
fn chunks(body: &[u8], size: usize) -> Vec<u8> {
    body.chunks(size).flat_map(|part| [format!("{:x}\r\n", part.len()).as_bytes(), part, b"\r\n"].concat()).collect()
}

fn post_chunked(body: &[u8], size: usize) -> Request {
    let all = [chunks(body, size), b"0\r\n\r\n".to_vec()].concat();
    request("POST", PATH, &[("X-Hmac-Signature", &sign(body, SECRETS[0])), ("Transfer-Encoding", "chunked")], &all)
}

fn sample() -> Sample {
    Sample::new(EventKind::PaymentPurchase).status("SUCCEEDED").sub_status("APPROVED")
}

/// A payment's body, filled up with white space.
fn of_size(size: usize) -> Vec<u8> {
    let mut body = sample().body().unwrap();
    body.resize(size, b' ');
    body
}

fn accepted(name: &'static str, body: &[u8]) -> Row {
    row(name, post_signed(&[], body), Expected::accepted(body))
}

fn every_kind() -> Row {
    let bodies = EventKind::catalog().iter().flat_map(|row| {
        let sample = Sample::new(row.kind);
        Form::of(row.kind).iter().map(move |form| sample.clone().form(*form).body().unwrap())
    });
    let deliveries = bodies.map(|body| (post_signed(&[], &body), Expected::accepted(&body)));
    Row { name: "every kind in every form", deliveries: deliveries.collect() }
}

fn authentic() -> Vec<Row> {
    let payment = sample().body().unwrap();
    let signature = sign(&payment, SECRETS[0]);
    let signed_as = |signature: &str| post(&[("X-Hmac-Signature", signature)], &payment);
    let text = |text: &str| text.as_bytes().to_vec();
    let hex: String = base64_bytes(&signature).iter().map(|byte| format!("{byte:02x}")).collect();
    let with_type = |content_type| {
        let length = payment.len().to_string();
        request("POST", PATH, &[("X-Hmac-Signature", &signature), ("Content-Type", content_type), ("Content-Length", &length)], &payment)
    };
    vec![
        accepted("a payment", &payment),
        accepted("the same, retry 1", &sample().retry(1).body().unwrap()),
        every_kind(),
        accepted("an unknown kind", &text(r#"{"type":"moon","type_event":"moon.landed","retry":0,"version":2,"data":{"id":"m-1"}}"#)),
        accepted("an empty object", b"{}"),
        row("signed with the second secret", signed_as(&sign(&payment, SECRETS[1])), Expected::accepted(&payment)),
        row("a signature in hex", signed_as(&hex), Expected::accepted(&payment)),
        row("a signature with sha256=", signed_as(&format!("sha256={signature}")), Expected::accepted(&payment)),
        row("a header in lower case", post(&[("x-hmac-signature", &signature)], &payment), Expected::accepted(&payment)),
        row("content-encoding: identity", post_signed(&[("Content-Encoding", "identity")], &payment), Expected::accepted(&payment)),
        row("accept-encoding: gzip", post_signed(&[("Accept-Encoding", "gzip, br")], &payment), Expected::accepted(&payment)),
        row("expect: 100-continue", post_signed(&[("Expect", "100-continue")], &payment), Expected::accepted(&payment)),
        row("in chunks", post_chunked(&payment, 100), Expected::accepted(&payment)),
        row("as a form", with_type("application/x-www-form-urlencoded"), Expected::accepted(&payment)),
        row("as parts", with_type("multipart/form-data; boundary=x"), Expected::accepted(&payment)),
        accepted("unicode in the id", &sample().id("żółć-платёж-🧾-订单").body().unwrap()),
        accepted("control characters in the id", &sample().id("a\tb\nc\rd\u{0}e\u{1f}f\u{7f}g").status("SUC\nCEEDED").body().unwrap()),
        accepted("2 MiB exactly", &of_size(LIMIT)),
        row("2 MiB exactly, in chunks", post_chunked(&of_size(LIMIT), 0x10000), Expected::accepted(&of_size(LIMIT))),
    ]
}

fn refused() -> Vec<Row> {
    let payment = sample().body().unwrap();
    let signature = sign(&payment, SECRETS[0]);
    let signed_as = |signature: &str| post(&[("X-Hmac-Signature", signature)], &payment);
    let unreadable = |name, body: &str, code| row(name, post_signed(&[], body.as_bytes()), Expected::refused(400, code));
    let forged = post(&[("X-Hmac-Signature", &signature)], &sample().status("REFUNDED").body().unwrap());
    let twice = post(&[("X-Hmac-Signature", &signature), ("X-Hmac-Signature", &signature)], &payment);
    let trailer = [chunks(&payment, 100), format!("0\r\nX-Hmac-Signature: {signature}\r\n\r\n").into_bytes()].concat();
    let after = request("POST", PATH, &[("Trailer", "X-Hmac-Signature"), ("Transfer-Encoding", "chunked")], &trailer);
    let empty = Expected::Answer { status: 200, body: RECEIVED, line: Some("refused\tBODY_NOT_JSON".to_owned()), closes: false };
    vec![
        row("forged", forged, Expected::refused(401, "SIGNATURE_MISMATCH")),
        row("another secret's signature", signed_as(&sign(&payment, "another")), Expected::refused(401, "SIGNATURE_MISMATCH")),
        row("no signature", post(&[], &payment), Expected::refused(401, "SIGNATURE_MISSING")),
        row("a signature after the body", after, Expected::refused(401, "SIGNATURE_MISSING")),
        row("a malformed signature", signed_as("not-a-signature"), Expected::refused(401, "SIGNATURE_MALFORMED")),
        row("two signatures", twice, Expected::refused(401, "HEADER_REPEATED")),
        row("content-encoding: gzip", post_signed(&[("Content-Encoding", "gzip")], &payment), Expected::refused_early(415, "BODY_ENCODED")),
        row("an empty body, signed", post_signed(&[], b""), empty.clone()),
        row("no body and no length, signed", request("POST", PATH, &[("X-Hmac-Signature", &sign(b"", SECRETS[0]))], b""), empty),
        row("an empty body", post(&[], b""), Expected::refused(401, "SIGNATURE_MISSING")),
        unreadable("not JSON", "a payment", "BODY_NOT_JSON"),
        unreadable("an array", "[]", "BODY_NOT_OBJECT"),
        unreadable("a key twice", r#"{"type":"payment","data":{},"type":"refund"}"#, "BODY_AMBIGUOUS"),
        row("another path", request("POST", "/webhooks", &[("Content-Length", "2")], b"{}"), Expected::elsewhere(404)),
        row("below the path", request("POST", &format!("{PATH}/more"), &[("Content-Length", "2")], b"{}"), Expected::elsewhere(404)),
        row("GET", request("GET", PATH, &[], b""), Expected::elsewhere(405)),
        row("PUT", request("PUT", PATH, &[("Content-Length", "2")], b"{}"), Expected::elsewhere(405)),
    ]
}

fn lengths() -> Vec<Row> {
    let payment = sample().body().unwrap();
    let signature = sign(&payment, SECRETS[0]);
    let announced = |length| post_announced(&[("X-Hmac-Signature", &signature)], &payment, length);
    let too_large = of_size(LIMIT + 1);
    let endless = request("POST", PATH, &[("X-Hmac-Signature", &signature), ("Transfer-Encoding", "chunked")], b"");
    let cut_chunks =
        request("POST", PATH, &[("X-Hmac-Signature", &signature), ("Transfer-Encoding", "chunked")], &chunks(&payment, payment.len()));
    let refused = || Expected::refused_early(413, "BODY_TOO_LARGE");
    vec![
        row("too large", post_signed(&[], &too_large), refused()),
        row("too large, and not sent", post_announced(&[], b"", LIMIT + 1), refused()),
        row("far too large by its length", post_announced(&[], &payment, 1 << 40), refused()),
        row("too large, in chunks", post_chunked(&of_size(LIMIT + 0x10000), 0x10000), Expected::refused(413, "BODY_TOO_LARGE")),
        row("without end, in chunks", endless.ending(Ending::NeverEnds), refused()),
        row("a length that is too small", announced(payment.len() - 1), Expected::refused(401, "SIGNATURE_MISMATCH")),
        row("cut off", announced(payment.len() + 1).ending(Ending::HalfCloses), Expected::NotAccepted),
        row("cut off, the sender gone", announced(payment.len() + 1).ending(Ending::Leaves), Expected::NotAccepted),
        row("cut off, in chunks", cut_chunks.ending(Ending::HalfCloses), Expected::NotAccepted),
    ]
}

pub(crate) fn rows() -> Vec<Row> {
    [authentic(), refused(), lengths()].into_iter().flatten().collect()
}

/// Deliveries that all differ, and the lines that they make.
pub(crate) fn many(count: usize) -> Vec<(Vec<u8>, String)> {
    let bodies = (0..count).map(|number| sample().id(format!("parallel-{number}")).body().unwrap());
    let line_of = |body: &[u8]| match Expected::accepted(body) {
        Expected::Answer { line: Some(line), .. } => line,
        other => unreachable!("{other:?}"),
    };
    bodies.map(|body| (post_signed(&[], &body).bytes, line_of(&body))).collect()
}

/// A delivery of which a part never comes.
pub(crate) fn half() -> Vec<u8> {
    let payment = sample().body().unwrap();
    post_announced(&[("X-Hmac-Signature", &sign(&payment, SECRETS[0]))], &payment, payment.len() + 1).bytes
}

/// What must never be printed: secrets, signatures, and what only a body has.
pub(crate) fn private() -> Vec<String> {
    let payment = sample().body().unwrap();
    let signature = sign(&payment, SECRETS[0]);
    SECRETS.iter().map(ToString::to_string).chain([signature, "order-1001".to_owned(), "1499.90".to_owned()]).collect()
}

fn base64_bytes(text: &str) -> Vec<u8> {
    use base64::{Engine, engine::general_purpose::STANDARD};
    STANDARD.decode(text).unwrap()
}
