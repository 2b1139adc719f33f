//! What one walk over a body finds: where each member stands that some rule may ask for. Nothing is decided here.

use super::json::{Cursor, Span, Syntax};
use super::text::begins_with;

/// Makes the members that are looked at anywhere, and their names.
macro_rules! members {
    ($($variant:ident = $name:literal,)*) => {
        /// A member of an object that some rule asks for.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Member { $($variant),* }

        impl Member {
            const COUNT: usize = [$($name),*].len();

            #[cfg(test)]
            pub(super) const ALL: [(Self, &str); Self::COUNT] = [$((Self::$variant, $name)),*];

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
    /// Whether any span is set.
    has_members: bool,
    /// Whether an element of `transactions` is a split transfer.
    pub(super) has_split_transaction: bool,
    /// Whether a member that is asked for stands twice; it matters at the top only.
    pub(super) is_ambiguous: bool,
    /// Where the key of `retry` begins.
    pub(super) retry_key_start: usize,
}

/// One walk: the text, and records that are done with. A body may have a hundred thousand small objects of which each takes the place of the last.
struct Walk<'a> {
    text: &'a str,
    #[expect(clippy::vec_box, reason = "a record moves between here and its parent as the box that it is")]
    spare: Vec<Box<Record>>,
}

impl Walk<'_> {
    /// A record without members.
    fn take(&mut self) -> Box<Record> {
        self.spare.pop().unwrap_or_else(|| Box::new(Record::EMPTY))
    }

    fn put(&mut self, mut record: Box<Record>) {
        record.clear(self);
        self.spare.push(record);
    }
}

impl Record {
    /// An object without members.
    pub(super) const EMPTY: Self = Self {
        spans: [None; Member::COUNT],
        children: Vec::new(),
        has_members: false,
        has_split_transaction: false,
        is_ambiguous: false,
        retry_key_start: 0,
    };

    /// Reads the object that is the whole text.
    pub(super) fn of_body(text: &str) -> Result<Box<Self>, Syntax> {
        let mut cursor = Cursor::new(text);
        let record = Self::read(&mut cursor, &mut Walk { text, spare: Vec::new() }, Level::Top)?;
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

    /// Takes all members out. What has none is only looked at: that is much less than to write it again.
    fn clear(&mut self, walk: &mut Walk<'_>) {
        if !self.has_members {
            return;
        }
        while let Some((_, child)) = self.children.pop() {
            walk.put(child);
        }
        let children = core::mem::take(&mut self.children);
        *self = Self { children, ..Self::EMPTY };
    }

    fn read(cursor: &mut Cursor<'_>, walk: &mut Walk<'_>, level: Level) -> Result<Box<Self>, Syntax> {
        let mut record = walk.take();
        record.fill(cursor, walk, level)?;
        Ok(record)
    }

    fn fill(&mut self, cursor: &mut Cursor<'_>, walk: &mut Walk<'_>, level: Level) -> Result<(), Syntax> {
        cursor.object(|cursor, key, key_start| {
            let Some(member) = Member::of(key) else {
                return cursor.skip().map(drop);
            };
            self.is_ambiguous |= member.is_read_at_top() && self.span(member).is_some();
            self.read_member(cursor, walk, level, member)?;
            if member == Member::Retry {
                self.retry_key_start = key_start;
            }
            Ok(())
        })
    }

    fn read_member(&mut self, cursor: &mut Cursor<'_>, walk: &mut Walk<'_>, level: Level, member: Member) -> Result<(), Syntax> {
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
            (Some(level), Some(b'{')) if member != Member::Domains => Some(Self::read(cursor, walk, level)?),
            (Some(_), Some(b'[')) if member == Member::Transactions => self.read_transactions(cursor, walk)?,
            (Some(_), Some(b'[')) if member == Member::Domains => read_first(cursor, walk)?,
            _ => {
                cursor.skip()?;
                None
            }
        };
        if let Some(own) = self.spans.get_mut(member as usize) {
            *own = Span::new(start, cursor.passed());
            self.has_members = true;
        }
        if child_level.is_some() {
            if let Some(place) = self.children.iter().position(|(own, _)| *own == member) {
                walk.put(self.children.swap_remove(place).1);
            }
            self.children.extend(child.map(|child| (member, child)));
        }
        Ok(())
    }

    /// The last element, if it is an object.
    fn read_transactions(&mut self, cursor: &mut Cursor<'_>, walk: &mut Walk<'_>) -> Result<Option<Box<Self>>, Syntax> {
        // One record for all elements: a list of a million costs no more than other JSON of its length.
        let (mut element, mut is_object) = (walk.take(), false);
        self.has_split_transaction = false;
        cursor.array(|cursor| {
            is_object = cursor.peek() == Some(b'{');
            if !is_object {
                return cursor.skip().map(drop);
            }
            element.clear(walk);
            element.fill(cursor, walk, Level::Transaction)?;
            let kind = element.span(Member::Type).map_or("", |span| span.within(walk.text));
            self.has_split_transaction |= begins_with(kind, "SPLIT_TRANSFER");
            Ok(())
        })?;
        if is_object {
            return Ok(Some(element));
        }
        walk.put(element);
        Ok(None)
    }
}

/// The first element, if it is an object.
fn read_first(cursor: &mut Cursor<'_>, walk: &mut Walk<'_>) -> Result<Option<Box<Record>>, Syntax> {
    let (mut first, mut is_first) = (None, true);
    cursor.array(|cursor| {
        if is_first && cursor.peek() == Some(b'{') {
            first = Some(Record::read(cursor, walk, Level::Leaf)?);
        } else {
            cursor.skip()?;
        }
        is_first = false;
        Ok(())
    })?;
    Ok(first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Event;

    #[test]
    fn a_member_is_found_however_its_name_is_spelled() {
        for (member, name) in Member::ALL {
            let upper: String = name.bytes().map(|byte| format!("\\u00{byte:02X}")).collect();
            let lower: String = name.bytes().map(|byte| format!("\\u00{byte:02x}")).collect();
            let (head, end) = name.split_at(name.len() - 1);
            let last = format!("{head}\\u00{:02x}", end.as_bytes()[0]);
            for key in [name, &upper, &lower, &last] {
                let record = Record::of_body(&format!("{{\"{key}\":1}}")).unwrap();
                assert_eq!(record.span(member), Span::new(key.len() + 4, key.len() + 5), "{key}");
            }
            for other in [
                format!("{lower}\\u0000"),
                format!("{lower}\\n"),
                format!("\\u0100{lower}"),
                format!("{name}\\ud800"),
                format!("\\\\{lower}"),
            ] {
                let record = Record::of_body(&format!("{{\"{other}\":1}}")).unwrap();
                assert_eq!(record.span(member), None, "{other}");
            }
        }
    }

    #[test]
    fn of_domains_the_first_element_counts_if_it_is_an_object() {
        let id = |domains: &str| {
            let body = format!(r#"{{"event":"payment_method_domain.verified","event_id":"e","data":{{"domains":{domains}}}}}"#);
            Event::parse_unverified(body.as_bytes()).unwrap().resource().id().map(|id| id.into_owned())
        };
        assert_eq!(id(r#"[{"id":"d-1"},{"id":"d-2"}]"#).as_deref(), Some("d-1"));
        assert_eq!(id(r#"["d-1",{"id":"d-2"}]"#), None);
        assert_eq!(id("[]"), None);
    }
}
