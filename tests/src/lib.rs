//! What the runners and the generator share: where things are, and an event as the vectors see it.

use std::path::{Path, PathBuf};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Map, Value, json};
use yuno_webhooks::Event;

pub mod hostile;

/// The repository's folder.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

/// The bytes that a vector stands for: a text, `{base64}` or `{prefix, repeat, count, suffix}`.
pub fn bytes(spec: &Value) -> Vec<u8> {
    let text = |name: &str| spec[name].as_str().unwrap_or_default().to_owned();
    match spec {
        Value::String(text) => text.clone().into_bytes(),
        Value::Object(members) if members.contains_key("base64") => STANDARD.decode(text("base64")).unwrap(),
        Value::Object(members) if members.contains_key("repeat") => {
            let count = usize::try_from(spec["count"].as_u64().unwrap()).unwrap();
            [text("prefix"), text("repeat").repeat(count), text("suffix")].concat().into_bytes()
        }
        other => panic!("no body: {other}"),
    }
}

/// An event as flat members; what is absent is null. Big numbers are strings, as not every language has them.
pub fn view(event: &Event<'_>) -> Map<String, Value> {
    let resource = event.resource();
    let amount = resource.amount();
    let transaction = resource.transaction();
    let moved = transaction.and_then(|own| own.amount());
    let data: Value = serde_json::from_str(event.data()).unwrap_or_default();
    let data_keys: Option<Vec<_>> = data.as_object().map(|data| data.keys().cloned().collect());
    let nanos = |time: Option<yuno_webhooks::Timestamp>| time.map(|time| time.unix_nanos().to_string());
    let Value::Object(view) = json!({
        "kind": event.kind().as_str(),
        "sent_name": event.sent_name(),
        "shape": event.shape().as_str(),
        "account_id": event.account_id(),
        "retry": event.retry(),
        "version": event.version(),
        "signed": event.signed(),
        "secret_index": event.secret_index(),
        "finality": event.finality().as_str(),
        "repeatable": event.repeatable(),
        "dedupe_key": event.dedupe_key().as_str(),
        "published_key": event.published_key(),
        "data_keys": data_keys,
        "resource.kind": resource.kind().as_str(),
        "resource.id": resource.id(),
        "resource.status": resource.status(),
        "resource.sub_status": resource.sub_status(),
        "resource.created_at_ns": nanos(resource.created_at()),
        "resource.updated_at_ns": nanos(resource.updated_at()),
        "resource.merchant_reference": resource.merchant_reference(),
        "resource.idempotency_key": resource.idempotency_key(),
        "resource.amount.value": amount.as_ref().map(|amount| amount.value()),
        "resource.amount.currency": amount.as_ref().and_then(|amount| amount.currency()),
        "resource.amount.minor_units": amount.as_ref().and_then(|amount| amount.minor_units()).map(|units| units.to_string()),
        "resource.transaction.id": transaction.and_then(|own| own.id()),
        "resource.transaction.type": transaction.and_then(|own| own.transaction_type()),
        "resource.transaction.status": transaction.and_then(|own| own.status()),
        "resource.transaction.updated_at_ns": nanos(transaction.and_then(|own| own.updated_at())),
        "resource.transaction.amount.value": moved.as_ref().map(|amount| amount.value()),
        "resource.transaction.amount.currency": moved.as_ref().and_then(|amount| amount.currency()),
        "resource.transaction.amount.minor_units": moved.as_ref().and_then(|amount| amount.minor_units()).map(|units| units.to_string()),
    }) else {
        unreachable!("an object was written above")
    };
    view
}
