//! What one walk over a body finds: where each member stands that some rule may ask for. Nothing is decided here.

use super::json::{Cursor, Span, Syntax, string};

/// Makes the members that are looked at anywhere, and their names.
macro_rules! members {
    ($($variant:ident = $name:literal,)*) => {
        /// A member of an object that some rule asks for.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Member { $($variant),* }

        impl Member {
            const COUNT: usize = [$($name),*].len();

            fn of(key: &str) -> Option<Self> {
                match key { $($name => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

members! {
    AccountCode = "account_code",
    AccountId = "account_id",
    Amount = "amount",
    Code = "code",
    CreatedAt = "created_at",
    Currency = "currency",
    Data = "data",
    DestinationAccountId = "destination_account_id",
    Direction = "direction",
    Domains = "domains",
    Event = "event",
    EventId = "event_id",
    FraudScreening = "fraud_screening",
    Id = "id",
    IdempotencyKey = "idempotency_key",
    MerchantOrderId = "merchant_order_id",
    MerchantRecipientId = "merchant_recipient_id",
    MerchantReference = "merchant_reference",
    MerchantReferenceId = "merchant_reference_id",
    OldTypeEvent = "type.event",
    Payment = "payment",
    PaymentMethod = "payment_method",
    Recipient = "recipient",
    ReportId = "report_id",
    Retry = "retry",
    SplitUpdate = "split_update",
    Status = "status",
    SubStatus = "sub_status",
    Subscription = "subscription",
    Transactions = "transactions",
    Type = "type",
    TypeEvent = "type_event",
    UpdatedAt = "updated_at",
    Value = "value",
    Version = "version",
}

impl Member {
    /// Whether it is asked for at the top of a body, where it must then stand only once.
    fn is_read_at_top(self) -> bool {
        !matches!(self, Self::Currency | Self::FraudScreening | Self::MerchantOrderId | Self::MerchantRecipientId | Self::Value)
    }
}

/// How deep an object lies, which says what in it is gone into. Each level goes into lower ones only, so the walk's depth is bounded.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    /// Of an amount and so on only the members themselves matter.
    Leaf,
    /// A transaction, which may have an amount of its own.
    Transaction,
    /// A payment, a payment method or a subscription.
    Resource,
    /// `data`, which is a resource or holds one.
    Data,
    /// The body, which is a resource, or holds one or `data`.
    Top,
}

/// An object: where its members stand, and those of its objects that matter.
#[derive(Debug)]
pub(super) struct Record {
    spans: [Option<Span>; Member::COUNT],
    /// Boxed, since a record is large and would be moved several times.
    children: Vec<(Member, Box<Self>)>,
    /// Whether an element of `transactions` is a split transfer.
    pub(super) has_split_transaction: bool,
    /// Whether a member that is asked for stands twice; it matters at the top only.
    pub(super) is_ambiguous: bool,
    /// Where the key of `retry` begins.
    pub(super) retry_key_start: usize,
}

impl Record {
    /// An object without members.
    pub(super) const EMPTY: Self =
        Self { spans: [None; Member::COUNT], children: Vec::new(), has_split_transaction: false, is_ambiguous: false, retry_key_start: 0 };

    /// Reads the object that is the whole text.
    pub(super) fn of_body(text: &str) -> Result<Box<Self>, Syntax> {
        let mut cursor = Cursor::new(text);
        let record = Self::read(&mut cursor, text, Level::Top)?;
        cursor.finish()?;
        Ok(record)
    }

    /// Where a member stands; of one that is repeated the last counts.
    pub(super) fn span(&self, member: Member) -> Option<Span> {
        self.spans.get(member as usize).copied().flatten()
    }

    /// A member that is an object. Of `transactions` it is the last element, of `domains` the first.
    pub(super) fn child(&self, member: Member) -> Option<&Self> {
        self.children.iter().find(|(own, _)| *own == member).map(|(_, child)| child.as_ref())
    }

    fn read(cursor: &mut Cursor<'_>, text: &str, level: Level) -> Result<Box<Self>, Syntax> {
        let mut record = Box::new(Self::EMPTY);
        record.fill(cursor, text, level)?;
        Ok(record)
    }

    fn fill(&mut self, cursor: &mut Cursor<'_>, text: &str, level: Level) -> Result<(), Syntax> {
        cursor.object(|cursor, key, key_start| {
            let Some(member) = Member::of(key) else {
                return cursor.skip().map(drop);
            };
            self.is_ambiguous |= member.is_read_at_top() && self.span(member).is_some();
            self.read_member(cursor, text, level, member)?;
            if member == Member::Retry {
                self.retry_key_start = key_start;
            }
            Ok(())
        })
    }

    fn read_member(&mut self, cursor: &mut Cursor<'_>, text: &str, level: Level, member: Member) -> Result<(), Syntax> {
        let first = cursor.peek();
        let start = cursor.passed();
        let child_level = match member {
            Member::Data if level == Level::Top => Some(Level::Data),
            Member::Payment | Member::PaymentMethod | Member::Subscription if level >= Level::Data => Some(Level::Resource),
            Member::Amount if level > Level::Leaf => Some(Level::Leaf),
            Member::Transactions if level > Level::Transaction => Some(Level::Transaction),
            Member::Recipient | Member::Domains if level > Level::Transaction => Some(Level::Leaf),
            _ => None,
        };
        let child = match (child_level, first) {
            (Some(level), Some(b'{')) if member != Member::Domains => Some(Self::read(cursor, text, level)?),
            (Some(_), Some(b'[')) if member == Member::Transactions => self.read_transactions(cursor, text)?,
            (Some(_), Some(b'[')) if member == Member::Domains => read_first(cursor, text)?,
            _ => {
                cursor.skip()?;
                None
            }
        };
        if let Some(own) = self.spans.get_mut(member as usize) {
            *own = Span::new(start, cursor.passed());
        }
        if child_level.is_some() {
            self.children.retain(|(own, _)| *own != member);
            self.children.extend(child.map(|child| (member, child)));
        }
        Ok(())
    }

    /// The last element, if it is an object.
    fn read_transactions(&mut self, cursor: &mut Cursor<'_>, text: &str) -> Result<Option<Box<Self>>, Syntax> {
        // One record for all elements: a list of a million costs no more than other JSON of its length.
        let (mut element, mut is_object) = (Box::new(Self::EMPTY), false);
        self.has_split_transaction = false;
        cursor.array(|cursor| {
            is_object = false;
            if cursor.peek() != Some(b'{') {
                return cursor.skip().map(drop);
            }
            element.spans.fill(None);
            element.children.clear();
            element.fill(cursor, text, Level::Transaction)?;
            is_object = true;
            let kind = element.span(Member::Type).and_then(|span| string(span.within(text)));
            self.has_split_transaction |= kind.is_some_and(|kind| kind.starts_with("SPLIT_TRANSFER"));
            Ok(())
        })?;
        Ok(is_object.then_some(element))
    }
}

/// The first element, if it is an object.
fn read_first(cursor: &mut Cursor<'_>, text: &str) -> Result<Option<Box<Record>>, Syntax> {
    let (mut first, mut is_first) = (None, true);
    cursor.array(|cursor| {
        if is_first && cursor.peek() == Some(b'{') {
            first = Some(Record::read(cursor, text, Level::Leaf)?);
        } else {
            cursor.skip()?;
        }
        is_first = false;
        Ok(())
    })?;
    Ok(first)
}
