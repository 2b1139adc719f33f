//! What events tell about: the families of resources, kinds and statuses.

/// What a resource is. Also the family of a kind and of a status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Family {
    /// A payment.
    Payment,
    /// An enrolled payment method.
    PaymentMethod,
    /// A subscription.
    Subscription,
    /// A payout.
    Payout,
    /// The onboarding of a marketplace recipient.
    Onboarding,
    /// A report.
    Report,
    /// An entity, onboarding, account or transfer of the banking product.
    Banking,
    /// A marketplace split transfer.
    SplitTransfer,
    /// A refund without a payment.
    UnreferencedRefund,
    /// A domain registered for a payment method.
    PaymentMethodDomain,
    /// A transaction of a payment: a family of statuses, not a resource of its own.
    Transaction,
    /// A payment link: a family of statuses.
    PaymentLink,
    /// Something that this release does not know.
    Unknown,
}

impl Family {
    /// Every family.
    pub const ALL: &'static [Self] = &[
        Self::Payment,
        Self::PaymentMethod,
        Self::Subscription,
        Self::Payout,
        Self::Onboarding,
        Self::Report,
        Self::Banking,
        Self::SplitTransfer,
        Self::UnreferencedRefund,
        Self::PaymentMethodDomain,
        Self::Transaction,
        Self::PaymentLink,
        Self::Unknown,
    ];

    /// The name, the same in every language.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Payment => "payment",
            Self::PaymentMethod => "payment_method",
            Self::Subscription => "subscription",
            Self::Payout => "payout",
            Self::Onboarding => "onboarding",
            Self::Report => "report",
            Self::Banking => "banking",
            Self::SplitTransfer => "split_transfer",
            Self::UnreferencedRefund => "unreferenced_refund",
            Self::PaymentMethodDomain => "payment_method_domain",
            Self::Transaction => "transaction",
            Self::PaymentLink => "payment_link",
            Self::Unknown => "unknown",
        }
    }

    /// The family of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|family| family.as_str() == name)
    }
}
