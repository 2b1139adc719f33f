//! For tests of a receiver: sign a body, and make sample deliveries of any kind in every shape that it can take.
//!
//! The samples have the provider's field names and invented values. They are made of their options alone: equal options give equal bytes.

use crate::error::{Error, ErrorCode, Hint};
use crate::event::amount::is_number;
use crate::event::catalog::EventKind;
use crate::event::family::Family;
use crate::verify::{SIGNATURE_HEADER, SigningKey, encode_signature, wiping_stack};

/// Signs a body as the provider does: padded base64 of HMAC-SHA256 over the bytes.
///
/// ```
/// let signature = yuno_webhooks::testing::sign(b"{}", "secret");
/// assert_eq!(signature.len(), 44);
/// ```
pub fn sign(body: &[u8], secret: impl AsRef<[u8]>) -> String {
    wiping_stack(|| SigningKey::of_bytes(secret.as_ref()).map(|key| encode_signature(&key.sign(body))).unwrap_or_default())
}

/// How a sample is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Form {
    /// With the envelope of version 2 and a dotted `type_event`.
    Enveloped,
    /// With the envelope and an undotted `type_event`, as some of the provider's tables have it.
    Undotted,
    /// With the envelope and the old key `type.event`.
    OldKey,
    /// A payment without an envelope.
    V1,
    /// An incoming bank transfer without an envelope.
    BankingIncoming,
    /// A split transfer without an envelope.
    SplitTransfer,
    /// A payment method domain.
    Domain,
}

impl Form {
    /// Every form.
    pub const ALL: [Self; 7] =
        [Self::Enveloped, Self::Undotted, Self::OldKey, Self::V1, Self::BankingIncoming, Self::SplitTransfer, Self::Domain];

    /// The name, the same in every language.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Enveloped => "enveloped",
            Self::Undotted => "undotted",
            Self::OldKey => "old_key",
            Self::V1 => "v1",
            Self::BankingIncoming => "banking_incoming",
            Self::SplitTransfer => "split_transfer",
            Self::Domain => "domain",
        }
    }

    /// The form of this name.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT`.
    pub fn from_name(name: &str) -> Result<Self, Error> {
        let refused = Error::with_hint(ErrorCode::InvalidArgument, Hint::SampleForm);
        Self::ALL.into_iter().find(|form| form.as_str() == name).ok_or(refused)
    }

    /// The forms that a kind can take; the one that the provider sends today comes first.
    pub fn of(kind: EventKind) -> &'static [Self] {
        match kind.family() {
            Family::Payment => &[Self::Enveloped, Self::Undotted, Self::OldKey, Self::V1],
            Family::Banking if kind.as_str().starts_with("banking.transfer.incoming.") => {
                &[Self::BankingIncoming, Self::Enveloped, Self::Undotted, Self::OldKey]
            }
            Family::SplitTransfer => &[Self::SplitTransfer, Self::Enveloped, Self::Undotted, Self::OldKey],
            Family::PaymentMethodDomain => &[Self::Domain],
            _ => &[Self::Enveloped, Self::Undotted, Self::OldKey],
        }
    }
}

/// A delivery for a test: its body, and the headers that the provider would send.
#[derive(Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The body.
    pub body: Vec<u8>,
    /// The headers.
    pub headers: Vec<(String, String)>,
}

impl core::fmt::Debug for Delivery {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Delivery").field("bytes", &self.body.len()).finish_non_exhaustive()
    }
}

/// A sample delivery. What is not chosen has a plausible value.
///
/// ```
/// use yuno_webhooks::{EventKind, Verifier, testing::Sample};
///
/// let delivery = Sample::new(EventKind::PaymentRefund).status("REFUNDED").sub_status("REFUNDED").amount("24.90").sign("secret")?;
/// let verifier = Verifier::builder().hmac_secret("secret").build()?;
/// let event = verifier.verify(&delivery.body, &delivery.headers)?;
/// assert_eq!(event.resource().amount().unwrap().value(), "24.90");
/// # Ok::<(), yuno_webhooks::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Sample {
    kind: EventKind,
    form: Option<Form>,
    retry: Option<u32>,
    status: Option<String>,
    sub_status: Option<String>,
    id: String,
    account_id: String,
    transaction_id: String,
    transaction_status: Option<String>,
    transaction_amount: Option<String>,
    updated_at: String,
    amount: String,
    currency: String,
    merchant_reference: String,
}

/// Makes the setters of the options that are texts.
macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        pub fn $name(mut self, text: impl Into<String>) -> Self {
            self.$name = text.into().into();
            self
        }
    )*};
}

impl Sample {
    /// A sample of this kind, a first try.
    pub fn new(kind: EventKind) -> Self {
        Self {
            kind,
            form: None,
            retry: Some(0),
            status: None,
            sub_status: None,
            id: "5f0c2c1e-8a4b-4c7d-9f51-2f6f3f1f7a10".to_owned(),
            account_id: "b3a7c9d2-1e0f-4f6a-8d1c-7c5e9a2b4d60".to_owned(),
            transaction_id: "0d9e8f7a-6b5c-4d3e-8f2a-1b0c9d8e7f60".to_owned(),
            transaction_status: None,
            transaction_amount: None,
            updated_at: "2026-08-17T07:35:18.49869Z".to_owned(),
            amount: "1499.90".to_owned(),
            currency: "USD".to_owned(),
            merchant_reference: "order-1001".to_owned(),
        }
    }

    /// Chooses how it is written; the first of [`Form::of`] otherwise.
    pub fn form(mut self, form: Form) -> Self {
        self.form = Some(form);
        self
    }

    /// Chooses the try; `None` leaves the counter out. Forms without an envelope have no counter of their own and are sent without one.
    pub fn retry(mut self, retry: impl Into<Option<u32>>) -> Self {
        self.retry = retry.into();
        self
    }

    texts! {
        /// Chooses the resource's status.
        status,
        /// Chooses its sub-status.
        sub_status,
        /// Chooses its id.
        id,
        /// Chooses the account.
        account_id,
        /// Chooses the transaction's id.
        transaction_id,
        /// Chooses the transaction's status; otherwise it follows from the resource's.
        transaction_status,
        /// Chooses what the transaction moved, of a partial refund the part; otherwise the whole amount.
        transaction_amount,
        /// Chooses when the resource and its transaction changed, as the provider writes it (`2026-08-17T07:35:18.49869Z`).
        updated_at,
        /// Chooses the merchant's reference.
        merchant_reference,
        /// Chooses the resource's amount, as the digits that stand in the body (`24.90`).
        amount,
        /// Chooses its currency.
        currency,
    }

    /// Makes the body.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` for the kind `unknown`, a form that the kind does not take, or an amount that is not a JSON number.
    pub fn body(&self) -> Result<Vec<u8>, Error> {
        let forms = Form::of(self.kind);
        let refused = |hint| Error::with_hint(ErrorCode::InvalidArgument, hint);
        if self.kind == EventKind::Unknown {
            return Err(refused(Hint::SampleKind));
        }
        if !is_number(&self.amount) || self.transaction_amount.as_ref().is_some_and(|amount| !is_number(amount)) {
            return Err(refused(Hint::SampleAmount));
        }
        let form = self.form.or(forms.first().copied()).filter(|form| forms.contains(form)).ok_or(refused(Hint::SampleForm))?;
        let (first_word, rest) = self.kind.as_str().rsplit_once('.').unwrap_or_default();
        let enveloped = |key: &str, name: &str| {
            let mut members = vec![("type", text(first_word)), (key, text(name)), ("account_id", text(&self.account_id))];
            members.extend(self.retry.map(|retry| ("retry", retry.to_string())));
            members.extend([("version", "2".to_owned()), ("data", self.data())]);
            object(&members)
        };
        let json = match form {
            Form::Enveloped => enveloped("type_event", self.kind.as_str()),
            Form::Undotted => enveloped("type_event", rest),
            Form::OldKey => enveloped("type.event", self.kind.as_str()),
            Form::V1 | Form::BankingIncoming | Form::SplitTransfer => self.with_retry(self.data()),
            Form::Domain => self.with_retry(object(&[
                ("event", text(self.kind.as_str())),
                ("event_id", text(&self.transaction_id)),
                ("created_at", text(&self.updated_at)),
                ("data", self.data()),
            ])),
        };
        Ok(json.into_bytes())
    }

    /// Makes the delivery, signed with this secret.
    ///
    /// # Errors
    /// As [`Sample::body`].
    pub fn sign(&self, secret: impl AsRef<[u8]>) -> Result<Delivery, Error> {
        let body = self.body()?;
        let headers = vec![("content-type".to_owned(), "application/json".to_owned()), (SIGNATURE_HEADER.to_owned(), sign(&body, secret))];
        Ok(Delivery { body, headers })
    }
}

mod bodies;
use bodies::{object, text};
