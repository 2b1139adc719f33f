//! Every event kind that the provider's pages name, in one table: the enum, the look-up and the documentation are made from it.
//!
//! A wire name is dotted (`payment.purchase`). Other spellings of one kind are rows here, not a rule; "create" and "created" differ by family.

use super::family::Family;

/// Makes the enum and the table. A row: variant, kind, its other spellings, family, and the field and value that select it when a webhook is registered.
macro_rules! catalog {
    ($($variant:ident: $kind:literal, [$($alias:literal),*], $family:ident, $trigger:expr;)*) => {
        /// What happened, by the catalogue of the provider's events.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum EventKind {
            $(#[doc = concat!("`", $kind, "`", $(", also sent as `", $alias, "`",)* ".")] $variant,)*
            /// An event that this release does not know. It is authentic and complete: keep it, and handle it by its name or resource.
            Unknown,
        }

        static ROWS: &[CatalogRow] = &[$(CatalogRow {
            kind: EventKind::$variant,
            spellings: &[$kind, $($alias),*],
            family: Family::$family,
            trigger: $trigger,
        },)*];
    };
}

/// A row of the catalogue.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct CatalogRow {
    /// The kind.
    pub kind: EventKind,
    /// How it is written on the wire; the first is the kind's own name.
    pub spellings: &'static [&'static str],
    /// Which resource it tells about.
    pub family: Family,
    /// The field and the value that select it in the provider's webhooks API; `None` where nothing selects it.
    pub trigger: Option<(&'static str, &'static str)>,
}

impl EventKind {
    /// Every row, in the order of the provider's pages; [`EventKind::Unknown`] has none.
    pub fn catalog() -> &'static [CatalogRow] {
        ROWS
    }

    /// The kind's name, such as `payment.purchase`; `unknown` for [`EventKind::Unknown`].
    pub fn as_str(self) -> &'static str {
        self.row().and_then(|row| row.spellings.first().copied()).unwrap_or("unknown")
    }

    /// The kind that is spelled so, in any of its spellings; [`EventKind::Unknown`] if there is none.
    pub fn from_spelling(name: &str) -> Self {
        ROWS.iter().find(|row| row.spellings.contains(&name)).map_or(Self::Unknown, |row| row.kind)
    }

    /// The kind that is spelled `<stem>.<last>`, without making that text.
    pub(super) fn from_parts(stem: &str, last: &str) -> Self {
        // The length is compared first: it tells nearly all apart.
        let length = stem.len().saturating_add(1).saturating_add(last.len());
        let is = |name: &str| name.len() == length && name.strip_suffix(last).and_then(|rest| rest.strip_suffix('.')) == Some(stem);
        ROWS.iter().find(|row| row.spellings.iter().any(|name| is(name))).map_or(Self::Unknown, |row| row.kind)
    }

    /// Which resource it tells about; [`Family::Unknown`] for [`EventKind::Unknown`].
    pub fn family(self) -> Family {
        self.row().map_or(Family::Unknown, |row| row.family)
    }

    /// The row of this kind: variants and rows stand in one order, since one macro makes both.
    fn row(self) -> Option<&'static CatalogRow> {
        ROWS.get(self as usize)
    }
}

impl core::fmt::Display for EventKind {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.as_str())
    }
}

catalog! {
    PaymentPurchase: "payment.purchase", [], Payment, Some(("payment_triggers", "PURCHASE"));
    PaymentAuthorize: "payment.authorize", [], Payment, Some(("payment_triggers", "AUTHORIZE"));
    PaymentCapture: "payment.capture", [], Payment, Some(("payment_triggers", "CAPTURE"));
    PaymentCancel: "payment.cancel", [], Payment, Some(("payment_triggers", "CANCEL"));
    PaymentRefund: "payment.refund", [], Payment, Some(("payment_triggers", "REFUND"));
    PaymentVerify: "payment.verify", [], Payment, Some(("payment_triggers", "VERIFY"));
    PaymentChargeback: "payment.chargeback", [], Payment, Some(("payment_triggers", "CHARGEBACK"));
    PaymentPreChargeback: "payment.pre_chargeback", ["payment.prechargeback"], Payment, Some(("payment_triggers", "PRECHARGEBACK"));
    PaymentFraudScreening: "payment.fraud_screening", ["payment.fraud_screening_stand_alone"], Payment, None;
    PaymentSplitUpdate: "payment.split_update", [], Payment, None;
    EnrollmentEnroll: "enrollment.enroll", [], PaymentMethod, Some(("enrollment_triggers", "ENROLL"));
    EnrollmentUnenroll: "enrollment.unenroll", [], PaymentMethod, Some(("enrollment_triggers", "UNENROLL"));
    EnrollmentExpiration: "enrollment.expiration", [], PaymentMethod, None;
    EnrollmentUpdate: "enrollment.update", [], PaymentMethod, None;
    SubscriptionCreate: "subscription.create", ["subscription.created"], Subscription, Some(("subscription_triggers", "CREATE"));
    SubscriptionActive: "subscription.active", [], Subscription, Some(("subscription_triggers", "ACTIVE"));
    SubscriptionPause: "subscription.pause", ["subscription.paused"], Subscription, Some(("subscription_triggers", "PAUSE"));
    SubscriptionResume: "subscription.resume", [], Subscription, Some(("subscription_triggers", "RESUME"));
    SubscriptionCancel: "subscription.cancel", ["subscription.canceled", "subscription.cancelled"], Subscription, Some(("subscription_triggers", "CANCEL"));
    SubscriptionComplete: "subscription.complete", ["subscription.completed"], Subscription, Some(("subscription_triggers", "COMPLETE"));
    SubscriptionCloseToRenewal: "subscription.close_to_renewal", [], Subscription, Some(("subscription_triggers", "CLOSE_TO_RENEWAL"));
    SubscriptionPlanChangeScheduled: "subscription.plan_change_scheduled", [], Subscription, Some(("subscription_triggers", "PLAN_CHANGE_SCHEDULED"));
    SubscriptionPlanChangeCanceled: "subscription.plan_change_canceled", [], Subscription, Some(("subscription_triggers", "PLAN_CHANGE_CANCELED"));
    SubscriptionPlanChanged: "subscription.plan_changed", [], Subscription, Some(("subscription_triggers", "PLAN_CHANGED"));
    SubscriptionTrialing: "subscription.trialing", [], Subscription, None;
    SubscriptionPastDue: "subscription.past_due", [], Subscription, None;
    SubscriptionCycleExecuted: "subscription.cycle_executed", [], Subscription, None;
    SubscriptionPhaseStarted: "subscription.phase_started", [], Subscription, None;
    SubscriptionPhaseCompleted: "subscription.phase_completed", [], Subscription, None;
    SubscriptionCancelScheduled: "subscription.cancel_scheduled", [], Subscription, None;
    SubscriptionCancelScheduleCanceled: "subscription.cancel_schedule_canceled", [], Subscription, None;
    OnboardingCreate: "onboarding.create", ["onboarding.created"], Onboarding, Some(("onboarding_triggers", "CREATED"));
    OnboardingPending: "onboarding.pending", [], Onboarding, Some(("onboarding_triggers", "PENDING"));
    OnboardingSucceeded: "onboarding.succeeded", [], Onboarding, Some(("onboarding_triggers", "SUCCEEDED"));
    OnboardingDeclined: "onboarding.declined", [], Onboarding, Some(("onboarding_triggers", "DECLINED"));
    OnboardingError: "onboarding.error", [], Onboarding, Some(("onboarding_triggers", "ERROR"));
    OnboardingExpired: "onboarding.expired", [], Onboarding, Some(("onboarding_triggers", "EXPIRED"));
    OnboardingBlocked: "onboarding.blocked", [], Onboarding, Some(("onboarding_triggers", "BLOCKED"));
    OnboardingUnblocked: "onboarding.unblocked", [], Onboarding, Some(("onboarding_triggers", "UNBLOCKED"));
    OnboardingCancelled: "onboarding.cancelled", ["onboarding.canceled"], Onboarding, Some(("onboarding_triggers", "CANCELLED"));
    OnboardingInactive: "onboarding.inactive", [], Onboarding, Some(("onboarding_triggers", "INACTIVE"));
    OnboardingTransferred: "onboarding.transferred", [], Onboarding, Some(("onboarding_triggers", "TRANSFERRED"));
    OnboardingTerminated: "onboarding.terminated", [], Onboarding, Some(("onboarding_triggers", "TERMINATED"));
    OnboardingPendingAdditionalDocumentation: "onboarding.pending_additional_documentation", [], Onboarding, None;
    OnboardingPendingRecipientAction: "onboarding.pending_recipient_action", [], Onboarding, None;
    OnboardingRejected: "onboarding.rejected", [], Onboarding, None;
    OnboardingFailed: "onboarding.failed", [], Onboarding, None;
    ReportCreate: "report.create", [], Report, Some(("report_triggers", "CREATE"));
    ReportUpdate: "report.update", [], Report, Some(("report_triggers", "UPDATE"));
    PayoutPayout: "payout.payout", [], Payout, None;
    SplitTransferSucceeded: "split_transfer.succeeded", [], SplitTransfer, None;
    SplitTransferFailed: "split_transfer.failed", [], SplitTransfer, None;
    SplitTransferPending: "split_transfer.pending", [], SplitTransfer, None;
    SplitTransferReverseSucceeded: "split_transfer_reverse.succeeded", [], SplitTransfer, None;
    SplitTransferReverseFailed: "split_transfer_reverse.failed", [], SplitTransfer, None;
    SplitTransferReversePending: "split_transfer_reverse.pending", [], SplitTransfer, None;
    BankingEntityCreated: "banking.entity.created", ["baas.entity.created"], Banking, None;
    BankingEntityUpdated: "banking.entity.updated", ["baas.entity.updated"], Banking, None;
    BankingEntityDeleted: "banking.entity.deleted", ["baas.entity.deleted"], Banking, None;
    BankingOnboardingCreated: "banking.onboarding.created", ["baas.onboarding.created"], Banking, None;
    BankingOnboardingPending: "banking.onboarding.pending", ["baas.onboarding.pending"], Banking, None;
    BankingOnboardingPendingAdditionalDocumentation: "banking.onboarding.pending_additional_documentation", ["baas.onboarding.pending_additional_documentation"], Banking, None;
    BankingOnboardingSucceeded: "banking.onboarding.succeeded", ["baas.onboarding.succeeded"], Banking, None;
    BankingOnboardingFailed: "banking.onboarding.failed", ["baas.onboarding.failed"], Banking, None;
    BankingOnboardingDeclined: "banking.onboarding.declined", ["baas.onboarding.declined"], Banking, None;
    BankingOnboardingCancelled: "banking.onboarding.cancelled", ["baas.onboarding.cancelled"], Banking, None;
    BankingOnboardingExpired: "banking.onboarding.expired", ["baas.onboarding.expired"], Banking, None;
    BankingAccountCreated: "banking.account.created", ["baas.account.created"], Banking, None;
    BankingAccountUpdated: "banking.account.updated", ["baas.account.updated"], Banking, None;
    BankingAccountActivated: "banking.account.activated", ["baas.account.activated"], Banking, None;
    BankingAccountClosed: "banking.account.closed", ["baas.account.closed"], Banking, None;
    BankingTransferPending: "banking.transfer.pending", ["baas.transfer.pending"], Banking, None;
    BankingTransferProcessing: "banking.transfer.processing", ["baas.transfer.processing"], Banking, None;
    BankingTransferCompleted: "banking.transfer.completed", ["baas.transfer.completed"], Banking, None;
    BankingTransferFailed: "banking.transfer.failed", ["baas.transfer.failed"], Banking, None;
    BankingTransferCancelled: "banking.transfer.cancelled", ["baas.transfer.cancelled"], Banking, None;
    BankingTransferReversed: "banking.transfer.reversed", ["baas.transfer.reversed"], Banking, None;
    BankingTransferIncomingPending: "banking.transfer.incoming.pending", ["baas.transfer.incoming.pending"], Banking, None;
    BankingTransferIncomingCompleted: "banking.transfer.incoming.completed", ["baas.transfer.incoming.completed"], Banking, None;
    UnreferencedRefundCreated: "unreferenced_refund.created", [], UnreferencedRefund, None;
    UnreferencedRefundSucceeded: "unreferenced_refund.succeeded", [], UnreferencedRefund, None;
    UnreferencedRefundFailed: "unreferenced_refund.failed", [], UnreferencedRefund, None;
    PaymentMethodDomainRegistered: "payment_method_domain.registered", [], PaymentMethodDomain, None;
    PaymentMethodDomainVerified: "payment_method_domain.verified", [], PaymentMethodDomain, None;
    PaymentMethodDomainVerificationFailed: "payment_method_domain.verification_failed", [], PaymentMethodDomain, None;
    PaymentMethodDomainDeleted: "payment_method_domain.deleted", [], PaymentMethodDomain, None;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_found_by_each_of_its_spellings_and_no_spelling_is_shared() {
        let mut seen = std::collections::HashSet::new();
        for row in EventKind::catalog() {
            assert_eq!(row.kind.row().map(|found| found.kind), Some(row.kind));
            assert_eq!(row.kind.to_string(), row.kind.as_str());
            for spelling in row.spellings {
                assert!(seen.insert(spelling), "{spelling}");
                assert_eq!(EventKind::from_spelling(spelling), row.kind);
            }
        }
        assert_eq!(EventKind::from_spelling("unknown"), EventKind::Unknown);
        assert_eq!(EventKind::Unknown.as_str(), "unknown");
        assert_eq!(EventKind::Unknown.family(), Family::Unknown);
    }
}
