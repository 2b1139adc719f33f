//! A body read a second time by the rules as they are written, slow and obvious: what the library's view must show.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::{Map, Value, json};
use yuno_webhooks::{Family, Finality};

use super::tree::{Failure, Tree};
use super::values::{counter, id, minor_units, name, nanoseconds, sum};

/// Every spelling of the catalogue and its kind, as the vectors list them.
static KINDS: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| {
    let vectors: Value = serde_json::from_str(include_str!("../../vectors/catalog.json")).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let rows = vectors["cases"].as_array().unwrap().iter().map(|case| (text(&case["input"]["spelling"]), text(&case["expect"]["kind"])));
    rows.filter(|(_, kind)| kind != "unknown").collect()
});

/// The members that are read at the top of a body, and so must stand there once.
const READ_AT_TOP: [&str; 30] = [
    "account_code",
    "account_id",
    "amount",
    "code",
    "created_at",
    "data",
    "destination_account_id",
    "direction",
    "domains",
    "event",
    "event_id",
    "id",
    "idempotency_key",
    "merchant_reference",
    "merchant_reference_id",
    "payment",
    "payment_method",
    "recipient",
    "report_id",
    "retry",
    "split_update",
    "status",
    "sub_status",
    "subscription",
    "transactions",
    "type",
    "type.event",
    "type_event",
    "updated_at",
    "version",
];

/// Why a body has no reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unread {
    /// The code that the library must give.
    Refused(&'static str),
    /// It is too deep for this reader.
    Deep,
}

/// The tree of a body that is an event.
pub(super) fn tree(body: &[u8]) -> Result<Tree<'_>, Unread> {
    let text = std::str::from_utf8(body).map_err(|_| Unread::Refused("BODY_NOT_JSON"))?;
    let tree = Tree::read(text).map_err(|failure| match failure {
        Failure::Syntax => Unread::Refused("BODY_NOT_JSON"),
        Failure::Depth => Unread::Deep,
    })?;
    let members = tree.members().ok_or(Unread::Refused("BODY_NOT_OBJECT"))?;
    let count = |name: &&str| members.iter().filter(|member| member.key.as_deref() == Some(*name)).count();
    if READ_AT_TOP.iter().any(|name| count(name) > 1) { Err(Unread::Refused("BODY_AMBIGUOUS")) } else { Ok(tree) }
}

/// `data`, or the whole body where that has none or is a resource by itself.
pub(super) fn data<'t>(top: &'t Tree<'t>) -> &'t Tree<'t> {
    let has_data = matches!(shape(top), "enveloped" | "domain");
    top.object("data").filter(|_| has_data).unwrap_or(top)
}

/// The view as flat members, named as the vectors name them.
pub(super) fn view(top: &Tree<'_>) -> Map<String, Value> {
    let (kind, sent_name) = kind_and_name(top);
    let (family, own) = resource(top, &kind, sent_name.as_deref());
    let nothing = Tree::Object(Vec::new());
    let own = own.unwrap_or(&nothing);
    let (status, sub_status) = (own.text("status"), own.text("sub_status"));
    // A domain has neither a sum nor transactions.
    let moves_money = family != "payment_method_domain";
    let amount = own.object("amount").filter(|_| moves_money);
    let value = amount.and_then(|amount| sum(amount.get("value")));
    let currency = value.and(amount).and_then(|amount| amount.text("currency"));
    let transaction = own.get("transactions").and_then(last).filter(|last| moves_money && is_transaction(last));
    let (moved, moved_currency) = transaction.map_or((None, None), |transaction| moved(transaction, currency));
    let units = |value: Option<&str>, currency: Option<&str>| minor_units(value?, currency?).map(|units| units.to_string());
    let time = |of: Option<&Tree<'_>>, member: &str| of?.text(member).and_then(nanoseconds).map(|nanos| nanos.to_string());
    let id_of_resource = resource_id(own);
    let account_id = [(top, "account_id"), (own, "account_id"), (own, "account_code"), (container(top), "account_id")];
    let dated = match own.get("updated_at") {
        Some(Tree::Number(_)) => true,
        Some(Tree::Text(text)) => text.as_deref() != Some(""),
        _ => false,
    };
    let Value::Object(view) = json!({
        "kind": kind,
        "sent_name": sent_name,
        "shape": shape(top),
        "account_id": account_id.into_iter().find_map(|(of, member)| name(of, member)),
        "retry": counter(top.get("retry")),
        "version": counter(top.get("version")),
        "finality": finality(family, status, sub_status),
        "repeatable": !dated && transaction.is_none(),
        "published_key": id_of_resource.filter(|_| kind != "unknown").map(|id| format!("{}/{}", component(&kind), component(id))),
        "resource.kind": family,
        "resource.id": id_of_resource,
        "resource.status": status,
        "resource.sub_status": sub_status,
        "resource.created_at_ns": time(Some(own), "created_at"),
        "resource.updated_at_ns": time(Some(own), "updated_at"),
        "resource.merchant_reference": reference(family, own),
        "resource.idempotency_key": own.text("idempotency_key"),
        "resource.amount.value": value,
        "resource.amount.currency": currency,
        "resource.amount.minor_units": units(value, currency),
        "resource.transaction.id": transaction.and_then(transaction_id),
        "resource.transaction.type": transaction.and_then(|transaction| transaction.text("type")),
        "resource.transaction.status": transaction.and_then(|transaction| transaction.text("status")),
        "resource.transaction.updated_at_ns": time(transaction, "updated_at"),
        "resource.transaction.amount.value": moved,
        "resource.transaction.amount.currency": moved_currency,
        "resource.transaction.amount.minor_units": units(moved, moved_currency),
    }) else {
        unreachable!("an object was written above")
    };
    view
}

fn shape(top: &Tree<'_>) -> &'static str {
    let direction = top.text("direction");
    let is_split = |element: &Tree<'_>| element.text("type").is_some_and(|kind| kind.starts_with("SPLIT_TRANSFER"));
    let splits = matches!(top.get("transactions"), Some(Tree::List(elements)) if elements.iter().any(is_split));
    if name(top, "type_event").or(name(top, "type.event")).is_some() {
        "enveloped"
    } else if top.object("payment").is_some() {
        "v1"
    } else if name(top, "destination_account_id").is_some() && direction == Some("INCOMING") {
        "banking_incoming"
    } else if matches!(direction, Some("PLATFORM_TO_RECIPIENT" | "RECIPIENT_TO_PLATFORM")) || splits {
        "split_transfer"
    } else if top.text("event").and(top.text("event_id")).is_some() {
        "domain"
    } else {
        "unknown"
    }
}

fn kind_of(spelling: &str) -> String {
    KINDS.get(spelling).map_or("unknown", String::as_str).to_owned()
}

fn kind_and_name(top: &Tree<'_>) -> (String, Option<String>) {
    match shape(top) {
        "enveloped" => enveloped(name(top, "type"), name(top, "type_event").or(name(top, "type.event")).unwrap()),
        "v1" => (v1(top, top.object("payment").unwrap()), None),
        "banking_incoming" => {
            let status = top.text("status").unwrap_or_default().to_ascii_lowercase();
            (kind_of(&format!("banking.transfer.incoming.{status}")), None)
        }
        "split_transfer" => (split_transfer(top), None),
        "domain" => {
            let event = top.text("event").unwrap();
            let kind = if event.starts_with("payment_method_domain.") { kind_of(event) } else { "unknown".to_owned() };
            (kind, Some(event.to_owned()))
        }
        _ => ("unknown".to_owned(), None),
    }
}

fn enveloped(prefix: Option<&str>, event: &str) -> (String, Option<String>) {
    let joined = prefix.map_or(event.to_owned(), |prefix| format!("{prefix}.{event}"));
    for candidate in [joined.as_str(), event] {
        if KINDS.contains_key(candidate) {
            return (kind_of(candidate), Some(candidate.to_owned()));
        }
    }
    ("unknown".to_owned(), Some(if event.contains('.') { event.to_owned() } else { joined }))
}

fn v1(top: &Tree<'_>, payment: &Tree<'_>) -> String {
    if top.object("split_update").or(payment.object("split_update")).is_some() {
        return "payment.split_update".to_owned();
    }
    match payment.get("transactions").and_then(last).filter(|last| is_transaction(last)) {
        Some(transaction) => match transaction.text("type").unwrap_or_default().to_ascii_lowercase().as_str() {
            "three_d_secure" => "payment.purchase".to_owned(),
            step => kind_of(&format!("payment.{step}")),
        },
        None if payment.object("fraud_screening").is_some() => "payment.fraud_screening".to_owned(),
        None => "unknown".to_owned(),
    }
}

fn split_transfer(top: &Tree<'_>) -> String {
    let transaction = top.get("transactions").and_then(last);
    let text = |member| transaction.and_then(|transaction| transaction.text(member));
    let is_reverse = text("type").is_some_and(|kind| kind.starts_with("SPLIT_TRANSFER_REVERS"));
    let end = match text("status").or(top.text("status")) {
        Some("SUCCEEDED") => "succeeded",
        Some("DECLINED" | "REJECTED" | "ERROR") => "failed",
        _ => "pending",
    };
    format!("split_transfer{}.{end}", if is_reverse { "_reverse" } else { "" })
}

/// What holds the resource, or is it.
fn container<'t>(top: &'t Tree<'t>) -> &'t Tree<'t> {
    let is_bare = matches!(shape(top), "v1" | "banking_incoming" | "split_transfer");
    top.object("data").filter(|_| !is_bare).unwrap_or(top)
}

fn resource<'t>(top: &'t Tree<'t>, kind: &str, sent_name: Option<&str>) -> (&'static str, Option<&'t Tree<'t>>) {
    let container = container(top);
    for family in ["payment", "payment_method", "subscription"] {
        if let Some(own) = container.object(family) {
            return (family, Some(own));
        }
    }
    match shape(top) {
        "banking_incoming" => return ("banking", Some(container)),
        "split_transfer" => return ("split_transfer", Some(container)),
        "domain" => {
            let first = match container.get("domains") {
                Some(Tree::List(domains)) => domains.first().filter(|domain| domain.members().is_some()),
                _ => None,
            };
            return ("payment_method_domain", first);
        }
        _ => {}
    }
    let name = if kind == "unknown" { sent_name.unwrap_or_default() } else { kind };
    let family = match name.split('.').next().unwrap_or_default() {
        "payout" => "payout",
        "onboarding" => "onboarding",
        "report" => "report",
        "banking" | "baas" => "banking",
        "unreferenced_refund" => "unreferenced_refund",
        word if word.starts_with("split_transfer") => "split_transfer",
        _ => "unknown",
    };
    (family, Some(container).filter(|own| family != "unknown" || resource_id(own).is_some()))
}

fn resource_id<'t>(own: &'t Tree<'_>) -> Option<&'t str> {
    id(own, &["id", "code", "report_id"])
}

fn transaction_id<'t>(own: &'t Tree<'_>) -> Option<&'t str> {
    id(own, &["id", "code"])
}

fn reference<'t>(family: &str, own: &'t Tree<'t>) -> Option<&'t str> {
    match family {
        "payment" => own.text("merchant_order_id"),
        "onboarding" => own.object("recipient")?.text("merchant_recipient_id"),
        "report" => own.text("merchant_reference_id"),
        "payment_method" | "payment_method_domain" => None,
        _ => own.text("merchant_reference"),
    }
}

/// An object, or the last element of a list if that is one.
fn last<'t>(transactions: &'t Tree<'t>) -> Option<&'t Tree<'t>> {
    let own = if let Tree::List(elements) = transactions { elements.last()? } else { transactions };
    own.members().is_some().then_some(own)
}

fn is_transaction(own: &Tree<'_>) -> bool {
    let is_dated = own.text("updated_at").and_then(nanoseconds).is_some();
    transaction_id(own).is_some() || own.text("type").is_some() || own.text("status").is_some() || is_dated
}

/// A sum with its own currency, or a bare number in the resource's.
fn moved<'t>(transaction: &'t Tree<'t>, currency: Option<&'t str>) -> (Option<&'t str>, Option<&'t str>) {
    let (value, currency) = match transaction.object("amount") {
        Some(amount) => (sum(amount.get("value")), amount.text("currency")),
        None => (sum(transaction.get("amount")), currency),
    };
    (value, value.and(currency))
}

fn finality(family: &str, status: Option<&str>, sub_status: Option<&str>) -> &'static str {
    let family = Family::from_name(family).unwrap();
    let of_status: Vec<_> = Finality::table().iter().filter(|row| row.0 == family && Some(row.1) == status).collect();
    let exact = of_status.iter().find(|row| sub_status == Some(row.2));
    let agree = of_status.first().filter(|first| of_status.iter().all(|row| row.3 == first.3));
    exact.or(agree).map_or("unknown", |row| row.3.as_str())
}

fn component(text: &str) -> String {
    let is_plain = text.chars().all(|one| one.is_ascii_alphanumeric() || "._-".contains(one));
    if is_plain && (1..=42).contains(&text.len()) && !text.starts_with("h-") {
        return text.to_owned();
    }
    format!("h-{}", &data_encoding::HEXLOWER.encode(&hmac_sha256::Hash::hash(text.as_bytes()))[..32])
}
