//! Whether news will follow a status. Never whether money moved.

use super::family::Family;

/// What may still follow a status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Finality {
    /// It will change: another delivery follows.
    Pending,
    /// The outcome is known, though it may still move, by a refund or a dispute for example.
    Settled,
    /// Nothing follows.
    Final,
    /// The status is absent, new, or does not say.
    Unknown,
}

use Finality::{Final, Pending, Settled, Unknown};

impl Finality {
    /// The name, the same in every language.
    pub const fn as_str(self) -> &'static str {
        match self {
            Pending => "pending",
            Settled => "settled",
            Final => "final",
            Unknown => "unknown",
        }
    }

    /// Looks a status up. A sub-status that is absent or new takes the value that all rows of its status share, if they share one.
    ///
    /// ```
    /// # use yuno_webhooks::{Family, Finality};
    /// assert_eq!(Finality::of(Family::Payment, "SUCCEEDED", Some("APPROVED")), Finality::Settled);
    /// assert_eq!(Finality::of(Family::Payment, "REFUNDED", Some("PENDING_PROVIDER_CONFIRMATION")), Finality::Pending);
    /// assert_eq!(Finality::of(Family::Payment, "SUCCEEDED", None), Finality::Unknown);
    /// ```
    pub fn of(family: Family, status: &str, sub_status: Option<&str>) -> Self {
        let rows = || STATUSES.iter().filter(|row| row.0 == family && row.1 == status);
        if let Some(row) = rows().find(|row| sub_status.is_some_and(|wanted| row.2 == wanted)) {
            return row.3;
        }
        let mut values = rows().map(|row| row.3);
        values.next().filter(|first| values.all(|value| value == *first)).unwrap_or(Unknown)
    }

    /// Every row of the table: family, status, sub-status (empty where the family has none), finality.
    pub fn table() -> &'static [(Family, &'static str, &'static str, Self)] {
        STATUSES
    }
}

/// The provider's pages "status and response codes" of payments, transactions, payouts and so on. A row a status.
#[rustfmt::skip]
static STATUSES: &[(Family, &str, &str, Finality)] = &[
    (Family::Payment, "CREATED", "CREATED", Pending),
    (Family::Payment, "READY_TO_PAY", "CREATED", Pending),
    (Family::Payment, "PENDING", "AUTHORIZED", Pending),
    (Family::Payment, "PENDING", "IN_PROCESS", Pending),
    (Family::Payment, "PENDING", "WAITING_ADDITIONAL_STEP", Pending),
    (Family::Payment, "PENDING", "PENDING_PROVIDER_CONFIRMATION", Pending),
    (Family::Payment, "PENDING", "PENDING_FRAUD_REVIEW", Pending),
    (Family::Payment, "PENDING", "PENDING_OTP_COMPLETION", Pending),
    (Family::Payment, "VERIFIED", "VERIFIED", Final),
    (Family::Payment, "EXPIRED", "EXPIRED", Final),
    (Family::Payment, "REJECTED", "REJECTED", Final),
    (Family::Payment, "DECLINED", "DECLINED", Final),
    (Family::Payment, "DECLINED", "FRAUD_DECLINED", Final),
    (Family::Payment, "SUCCEEDED", "PARTIALLY_APPROVED", Pending),
    (Family::Payment, "SUCCEEDED", "APPROVED", Settled),
    (Family::Payment, "SUCCEEDED", "CAPTURED", Settled),
    (Family::Payment, "SUCCEEDED", "PARTIALLY_CAPTURED", Settled),
    (Family::Payment, "SUCCEEDED", "PARTIALLY_REFUNDED", Settled),
    (Family::Payment, "SUCCEEDED", "PARTIALLY_CHARGEBACKED", Settled),
    (Family::Payment, "SUCCEEDED", "FRAUD_DECLINED", Settled),
    (Family::Payment, "SUCCEEDED", "REFUND_RETRY_IN_PROCESS", Pending),
    (Family::Payment, "SUCCEEDED", "CAPTURE_RETRY_IN_PROCESS", Pending),
    (Family::Payment, "SUCCEEDED", "CAPTURE_RETRY_PROCESS_FAILED", Settled),
    (Family::Payment, "SUCCEEDED", "THREE_D_SECURE_VERIFIED", Final),
    (Family::Payment, "REFUNDED", "PENDING_PROVIDER_CONFIRMATION", Pending),
    (Family::Payment, "REFUNDED", "REFUNDED", Final),
    (Family::Payment, "CANCELED", "PENDING_PROVIDER_CONFIRMATION", Pending),
    (Family::Payment, "CANCELED", "CANCELED", Final),
    (Family::Payment, "IN_DISPUTE", "RECEIVED", Pending),
    (Family::Payment, "IN_DISPUTE", "PENDING_REVIEW", Pending),
    (Family::Payment, "CHARGEBACK", "LOST", Final),
    (Family::Payment, "ERROR", "ERROR", Final),
    (Family::Payment, "ERROR", "TIMEOUT", Pending),
    (Family::Payment, "ERROR", "PENDING_REVERSE", Pending),
    (Family::Payment, "ERROR", "REVERSED_BY_TIMEOUT", Final),
    (Family::Payment, "FRAUD", "FRAUD_VERIFIED", Final),
    (Family::Transaction, "CREATED", "", Pending),
    (Family::Transaction, "PENDING", "", Pending),
    (Family::Transaction, "IN_PROCESS", "", Pending),
    (Family::Transaction, "PENDING_REVIEW", "", Pending),
    (Family::Transaction, "SUCCEEDED", "", Final),
    (Family::Transaction, "DECLINED", "", Final),
    (Family::Transaction, "REJECTED", "", Final),
    (Family::Transaction, "ERROR", "", Final),
    (Family::Transaction, "EXPIRED", "", Final),
    (Family::Transaction, "WON", "", Final),
    (Family::Transaction, "LOST", "", Final),
    (Family::Transaction, "PREVENTED", "", Final),
    (Family::Subscription, "CREATED", "", Pending),
    (Family::Subscription, "ACTIVE", "", Pending),
    (Family::Subscription, "TRIALING", "", Pending),
    (Family::Subscription, "PAST_DUE", "", Pending),
    (Family::Subscription, "PAUSED", "", Pending),
    (Family::Subscription, "COMPLETED", "", Final),
    (Family::Subscription, "CANCELED", "", Final),
    // Outside the documented flow: nothing says what follows.
    (Family::Subscription, "ERROR", "", Unknown),
    (Family::PaymentMethod, "CREATED", "", Pending),
    (Family::PaymentMethod, "READY_TO_ENROLL", "", Pending),
    (Family::PaymentMethod, "ENROLL_IN_PROCESS", "", Pending),
    (Family::PaymentMethod, "ENROLLED", "", Settled),
    (Family::PaymentMethod, "UNENROLL_IN_PROCESS", "", Pending),
    (Family::PaymentMethod, "UNENROLLED", "", Final),
    (Family::PaymentMethod, "EXPIRED", "", Final),
    (Family::PaymentMethod, "REJECTED", "", Final),
    (Family::PaymentMethod, "DECLINED", "", Final),
    (Family::PaymentMethod, "CANCELED", "", Final),
    (Family::PaymentMethod, "ERROR", "", Final),
    (Family::Payout, "CREATED", "", Pending),
    (Family::Payout, "PENDING", "", Pending),
    (Family::Payout, "SUCCEEDED", "", Final),
    (Family::Payout, "REJECTED", "", Final),
    (Family::Payout, "DECLINED", "", Final),
    (Family::Payout, "ERROR", "", Final),
    (Family::Onboarding, "CREATED", "", Pending),
    (Family::Onboarding, "PENDING", "", Pending),
    (Family::Onboarding, "PENDING_ADDITIONAL_DOCUMENTATION", "", Pending),
    (Family::Onboarding, "PENDING_RECIPIENT_ACTION", "", Pending),
    (Family::Onboarding, "SUCCEEDED", "", Settled),
    (Family::Onboarding, "INACTIVE", "", Settled),
    (Family::Onboarding, "TRANSFERRED", "", Settled),
    (Family::Onboarding, "BLOCKED", "", Pending),
    (Family::Onboarding, "ERROR", "", Pending),
    (Family::Onboarding, "FAILED", "", Final),
    (Family::Onboarding, "DECLINED", "", Final),
    (Family::Onboarding, "REJECTED", "", Final),
    (Family::Onboarding, "CANCELLED", "", Final),
    (Family::Onboarding, "CANCELED", "", Final),
    (Family::Onboarding, "EXPIRED", "", Final),
    (Family::Onboarding, "TERMINATED", "", Final),
    // Onboardings and transfers of the banking product share one table: no status means two things.
    (Family::Banking, "CREATED", "", Pending),
    (Family::Banking, "PENDING", "", Pending),
    (Family::Banking, "PENDING_ADDITIONAL_DOCUMENTATION", "", Pending),
    (Family::Banking, "UNDER_REVIEW", "", Pending),
    (Family::Banking, "PROCESSING", "", Pending),
    // An ACH return reverses a completed transfer.
    (Family::Banking, "COMPLETED", "", Settled),
    (Family::Banking, "SUCCEEDED", "", Final),
    (Family::Banking, "FAILED", "", Final),
    (Family::Banking, "DECLINED", "", Final),
    (Family::Banking, "CANCELLED", "", Final),
    (Family::Banking, "EXPIRED", "", Final),
    (Family::Banking, "REVERSED", "", Final),
    (Family::SplitTransfer, "CREATED", "", Pending),
    (Family::SplitTransfer, "PENDING", "", Pending),
    (Family::SplitTransfer, "SUCCEEDED", "", Settled),
    (Family::SplitTransfer, "REVERSED_PARTIAL", "", Pending),
    (Family::SplitTransfer, "REVERSED", "", Final),
    (Family::SplitTransfer, "DECLINED", "", Final),
    (Family::SplitTransfer, "ERROR", "", Final),
    (Family::Report, "IN_PROCESS", "", Pending),
    (Family::Report, "SUCCEEDED", "", Settled),
    (Family::Report, "DOWNLOADED", "", Final),
    (Family::Report, "EXPIRED", "", Final),
    (Family::Report, "FAILED", "", Final),
    (Family::Report, "ERROR", "", Final),
    (Family::PaymentLink, "CREATED", "", Pending),
    (Family::PaymentLink, "USED", "", Final),
    (Family::PaymentLink, "CANCELED", "", Final),
    (Family::PaymentLink, "EXPIRED", "", Final),
    (Family::PaymentLink, "ERROR", "", Final),
    (Family::UnreferencedRefund, "CREATED", "CREATED", Pending),
    (Family::UnreferencedRefund, "PENDING", "APPROVED", Pending),
    (Family::UnreferencedRefund, "SUCCEEDED", "SUCCEEDED", Final),
    (Family::UnreferencedRefund, "FAILED", "DECLINED_BY_PROVIDER", Final),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_table_is_what_is_looked_up() {
        for (family, status, sub_status, finality) in Finality::table() {
            assert_eq!(Finality::of(*family, status, Some(sub_status)), *finality, "{family:?} {status} {sub_status}");
        }
    }
}
