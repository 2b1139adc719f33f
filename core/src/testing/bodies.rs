//! The bodies of samples: the provider's field names, a shape a family.

use super::Sample;
use crate::event::catalog::EventKind;
use crate::event::family::Family;

/// A JSON string.
pub(super) fn text(value: &str) -> String {
    serde_json::Value::from(value).to_string()
}

/// A JSON object of members whose values are JSON already.
pub(super) fn object(members: &[(&str, String)]) -> String {
    let members: Vec<_> = members.iter().map(|(key, value)| [&text(key), ":", value].concat()).collect();
    ["{", &members.join(","), "}"].concat()
}

impl Sample {
    /// The body of a form without an envelope. It has no counter, unless a redelivery is asked for: the key must not depend on it.
    pub(super) fn with_retry(&self, body: String) -> String {
        match (self.retry, body.strip_suffix('}')) {
            (Some(retry), Some(open)) if retry > 0 => format!("{open},\"retry\":{retry}}}"),
            _ => body,
        }
    }

    /// `data` of an envelope, which is also the whole body of a form without one.
    pub(super) fn data(&self) -> String {
        match self.kind.family() {
            Family::Payment => self.payment(),
            Family::PaymentMethod => object(&[("payment_method", object(&self.resource("id", &[("customer_id", text("customer-1"))])))]),
            Family::Subscription => self.subscription(),
            Family::Payout => object(&self.resource("id", &[("transactions", array(self.transaction("PAYOUT", "id")))])),
            Family::Onboarding => {
                let recipient = object(&[("id", text("recipient-1")), ("merchant_recipient_id", text(&self.merchant_reference))]);
                object(&self.resource("id", &[("type", text("ONE_STEP")), ("recipient", recipient)]))
            }
            Family::Report => object(&self.resource("report_id", &[("type", text("TRANSACTIONS"))])),
            Family::Banking => object(&self.resource(
                "id",
                &[("destination_account_id", text("acct_1")), ("direction", text("INCOMING")), ("payment_rail", text("ACH_STANDARD"))],
            )),
            Family::SplitTransfer => self.split_transfer(),
            Family::PaymentMethodDomain => {
                let domain = object(&self.resource("id", &[("domain", text("shop.example"))]));
                object(&[("account_id", text(&self.account_id)), ("domains", array(domain))])
            }
            _ => object(&self.resource("id", &[])),
        }
    }

    /// What a resource has in every family, and then its own members.
    fn resource(&self, id: &'static str, own: &[(&'static str, String)]) -> Vec<(&'static str, String)> {
        let mut members = vec![(id, text(&self.id)), ("status", text(self.status_or_default()))];
        let sub_status = self.sub_status.as_deref().or((self.kind.family() == Family::Payment).then(|| self.default_sub_status()));
        members.extend(sub_status.map(|status| ("sub_status", text(status))));
        let reference = match self.kind.family() {
            Family::Payment => Some("merchant_order_id"),
            Family::Report => Some("merchant_reference_id"),
            Family::PaymentMethod | Family::Onboarding | Family::PaymentMethodDomain => None,
            _ => Some("merchant_reference"),
        };
        members.extend(reference.map(|name| (name, text(&self.merchant_reference))));
        if !matches!(self.kind.family(), Family::PaymentMethod | Family::Onboarding | Family::Report | Family::PaymentMethodDomain) {
            members.push(("amount", self.money(&self.amount)));
        }
        if !self.is_without_times() {
            members.push(("created_at", text("2026-08-01T03:00:00Z")));
            members.push(("updated_at", text(&self.updated_at)));
        }
        members.extend_from_slice(own);
        members
    }

    fn payment(&self) -> String {
        let kind = match self.kind {
            EventKind::PaymentPreChargeback => "PRE_CHARGEBACK".to_owned(),
            other => other.as_str().trim_start_matches("payment.").to_ascii_uppercase(),
        };
        let transactions = match self.kind {
            // Declined before any provider was asked: there is no transaction, and the provider sends an empty list.
            EventKind::PaymentFraudScreening => "[]".to_owned(),
            EventKind::PaymentSplitUpdate => self.transaction("PURCHASE", "id"),
            _ => self.transaction(&kind, "id"),
        };
        let mut own = vec![("transactions", transactions)];
        if self.kind == EventKind::PaymentFraudScreening {
            own.push(("fraud_screening", object(&[("status", text("DECLINED"))])));
        }
        let mut members = vec![("payment", object(&self.resource("id", &own)))];
        if self.kind == EventKind::PaymentSplitUpdate {
            members.push(("split_update", object(&[("split_marketplace", "[]".to_owned())])));
        }
        object(&members)
    }

    fn subscription(&self) -> String {
        let cycles = object(&[("total", "12".to_owned()), ("current", "2".to_owned())]);
        object(&[("subscription", object(&self.resource("code", &[("billing_cycles", cycles), ("payments", "[]".to_owned())])))])
    }

    fn split_transfer(&self) -> String {
        let name = self.kind.as_str();
        let kind = if name.starts_with("split_transfer_reverse.") { "SPLIT_TRANSFER_REVERSE" } else { "SPLIT_TRANSFER" };
        let own = [("direction", text("PLATFORM_TO_RECIPIENT")), ("transactions", array(self.transaction(kind, "code")))];
        object(&self.resource("id", &own))
    }

    fn transaction(&self, kind: &str, id: &'static str) -> String {
        let status = self.transaction_status.as_deref().unwrap_or_else(|| self.default_transaction_status());
        let value = self.transaction_amount.as_ref().unwrap_or(&self.amount);
        // A payment's transaction has a bare number, a payout's an object, a split transfer's none.
        let amount = match self.kind.family() {
            Family::Payment => Some(value.clone()),
            Family::Payout => Some(self.money(value)),
            _ => None,
        };
        let mut members = vec![(id, text(&self.transaction_id)), ("type", text(kind)), ("status", text(status))];
        members.extend(amount.map(|amount| ("amount", amount)));
        members.extend([("created_at", text("2026-08-01T03:00:01Z")), ("updated_at", text(&self.updated_at))]);
        object(&members)
    }

    fn money(&self, value: &str) -> String {
        object(&[("currency", text(&self.currency)), ("value", value.to_owned())])
    }

    fn status_or_default(&self) -> &str {
        self.status.as_deref().unwrap_or_else(|| self.default_status())
    }

    fn default_status(&self) -> &'static str {
        let last = self.kind.as_str().rsplit('.').next().unwrap_or_default();
        match (self.kind.family(), last) {
            (Family::Payment, "chargeback") => "IN_DISPUTE",
            (Family::Payment, "cancel") => "CANCELED",
            (Family::Payment, "refund") => "REFUNDED",
            (Family::Payment, "verify") => "VERIFIED",
            (Family::Payment, "authorize") => "PENDING",
            (Family::Payment, "fraud_screening") => "DECLINED",
            (Family::PaymentMethod, "unenroll") => "UNENROLLED",
            (Family::PaymentMethod, "expiration") => "EXPIRED",
            (Family::PaymentMethod, _) => "ENROLLED",
            (Family::Subscription, "pause") => "PAUSED",
            (Family::Subscription, "cancel") => "CANCELED",
            (Family::Subscription, "complete") => "COMPLETED",
            (Family::Subscription, "create") => "CREATED",
            (Family::Subscription, "trialing") => "TRIALING",
            (Family::Subscription, "past_due") => "PAST_DUE",
            (Family::Subscription, _) => "ACTIVE",
            (_, "pending") => "PENDING",
            (_, "completed") => "COMPLETED",
            (Family::SplitTransfer, "failed") => "DECLINED",
            (_, "create" | "created") => "CREATED",
            (_, "failed") => "FAILED",
            (Family::Onboarding, "declined") => "DECLINED",
            (Family::Onboarding, "error") => "ERROR",
            _ => "SUCCEEDED",
        }
    }

    fn default_sub_status(&self) -> &'static str {
        match self.status_or_default() {
            "SUCCEEDED" => "APPROVED",
            "IN_DISPUTE" => "RECEIVED",
            "CANCELED" => "CANCELED",
            "REFUNDED" => "REFUNDED",
            "VERIFIED" => "VERIFIED",
            "DECLINED" if self.kind == EventKind::PaymentFraudScreening => "FRAUD_DECLINED",
            "DECLINED" => "DECLINED",
            "PENDING" if self.kind == EventKind::PaymentAuthorize => "AUTHORIZED",
            "PENDING" => "PENDING_PROVIDER_CONFIRMATION",
            _ => "CREATED",
        }
    }

    fn default_transaction_status(&self) -> &str {
        match (self.kind.family(), self.status_or_default()) {
            (Family::Payment, "PENDING") if self.kind != EventKind::PaymentAuthorize => "PENDING",
            (Family::Payment, "IN_DISPUTE") => "CREATED",
            (Family::SplitTransfer | Family::Payout | Family::Payment, status @ ("PENDING" | "DECLINED" | "REJECTED" | "ERROR")) => status,
            _ => "SUCCEEDED",
        }
    }

    /// The provider's bodies of these events have no times: one occurrence is not told from the next.
    fn is_without_times(&self) -> bool {
        let with_times = ["create", "active", "resume", "close_to_renewal", "trialing", "past_due"];
        let last = self.kind.as_str().trim_start_matches("subscription.");
        self.kind.family() == Family::Subscription && !with_times.contains(&last)
    }
}

fn array(element: String) -> String {
    ["[", &element, "]"].concat()
}
