//! `Event` and its views for Python.

use std::borrow::Cow;
use std::time::UNIX_EPOCH;

use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyDict, PyString, PyType};
use yuno_webhooks::{self as core, OwnedEvent, Timestamp};

use crate::data;
use crate::errors::raise;
use crate::inputs;

static DECIMAL: PyOnceLock<Py<PyType>> = PyOnceLock::new();
static TIMEDELTA: PyOnceLock<Py<PyType>> = PyOnceLock::new();

/// An authentic delivery that was read. Absent fields are None; an unknown kind, status or shape is a value, never an error.
#[pyclass(frozen, module = "yuno_webhooks")]
pub(crate) struct Event {
    own: OwnedEvent<PyBackedBytes>,
    raw: Py<PyBytes>,
    data: PyOnceLock<Py<PyDict>>,
}

impl Event {
    pub(crate) fn new(own: OwnedEvent<PyBackedBytes>, raw: Py<PyBytes>) -> Self {
        Self { own, raw, data: PyOnceLock::new() }
    }

    pub(crate) fn core(&self) -> core::Event<'_> {
        self.own.as_event()
    }

    pub(crate) fn bytes<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        self.raw.bind(py).clone()
    }
}

#[pymethods]
impl Event {
    /// Reads a body that was verified before it was stored. It checks no signature and no limit: whoever calls it vouches for the body.
    #[staticmethod]
    fn parse_unverified(body: &Bound<'_, PyAny>) -> PyResult<Self> {
        let raw = inputs::body(body, usize::MAX)?;
        let own = OwnedEvent::parse_unverified(PyBackedBytes::from(raw.clone())).map_err(|refused| raise(refused.error()))?;
        Ok(Self::new(own, raw.unbind()))
    }

    /// What happened, such as "payment.purchase"; "unknown" for a kind that this release does not know.
    #[getter]
    fn kind(&self) -> &'static str {
        self.own.as_event().kind().as_str()
    }

    /// The name under which the kind was sent; None where the body names no event.
    #[getter]
    fn sent_name(&self) -> Option<Cow<'_, str>> {
        self.own.as_event().sent_name()
    }

    /// The wire shape: "enveloped", "v1", "banking_incoming", "split_transfer", "domain" or "unknown".
    #[getter]
    fn shape(&self) -> &'static str {
        self.own.as_event().shape().as_str()
    }

    /// The merchant's account at the provider.
    #[getter]
    fn account_id(&self) -> Option<Cow<'_, str>> {
        self.own.as_event().account_id()
    }

    /// How often this delivery was tried before; 0 is the first try.
    #[getter]
    fn retry(&self) -> Option<u32> {
        self.own.as_event().retry()
    }

    /// The version of the envelope.
    #[getter]
    fn version(&self) -> Option<u32> {
        self.own.as_event().version()
    }

    /// Whether a signature proved this event.
    #[getter]
    fn signed(&self) -> bool {
        self.own.as_event().signed()
    }

    /// Which of the verifier's secrets signed it, from 0.
    #[getter]
    fn secret_index(&self) -> Option<usize> {
        self.own.as_event().secret_index()
    }

    /// Whether news will follow: "pending", "settled", "final" or "unknown". Never whether money moved.
    #[getter]
    fn finality(&self) -> &'static str {
        self.own.as_event().finality().as_str()
    }

    /// Whether the provider sends byte-identical bodies for different occurrences of this event.
    #[getter]
    fn repeatable(&self) -> bool {
        self.own.as_event().repeatable()
    }

    /// What the event tells about.
    #[getter]
    fn resource(slf: &Bound<'_, Self>) -> Resource {
        Resource { event: slf.clone().unbind() }
    }

    /// The key under which a redelivery of this delivery comes again, and no other: de-duplicate by it, and keep it for ever.
    #[getter]
    fn dedupe_key<'py>(&self, py: Python<'py>) -> Bound<'py, PyString> {
        PyString::new(py, self.own.as_event().dedupe_key().as_str())
    }

    /// "<kind>/<id>", for comparison and logs. It merges different events: never de-duplicate by it.
    #[getter]
    fn published_key(&self) -> Option<String> {
        self.own.as_event().published_key()
    }

    /// How this event's news relates to another's: "same", "unrelated", "newer", "older" or "unordered".
    fn compare_recency(&self, other: &Self) -> &'static str {
        self.own.as_event().compare_recency(&other.own.as_event()).as_str()
    }

    /// True if this event is newer news of its resource, False if older or the same, None if that cannot be told.
    fn is_newer_than(&self, other: &Self) -> Option<bool> {
        self.own.as_event().compare_recency(&other.own.as_event()).is_newer()
    }

    /// The `data` object where the body has one, else the whole body, as a dict made once. Numbers with a fraction or an exponent are Decimal.
    ///
    /// Raises PayloadError (DATA_UNREADABLE) for what Python's json refuses, such as nesting beyond its depth; the event stays usable.
    #[getter]
    fn data<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let data = self.data.get_or_try_init(py, || data::read(py, self.own.as_event().data()).map(Bound::unbind))?;
        Ok(data.bind(py).clone())
    }

    /// The body as received.
    #[getter]
    fn raw(&self, py: Python<'_>) -> Py<PyBytes> {
        self.raw.clone_ref(py)
    }

    /// Two events are equal if they have one dedupe key.
    fn __eq__(&self, other: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        let py = other.py();
        let Ok(other) = other.cast::<Self>() else {
            return Ok(py.NotImplemented());
        };
        Ok((self.own.as_event().dedupe_key() == other.get().own.as_event().dedupe_key()).into_pyobject(py)?.to_owned().into_any().unbind())
    }

    fn __hash__(&self, py: Python<'_>) -> PyResult<isize> {
        self.dedupe_key(py).hash()
    }

    /// An event does not change.
    fn __copy__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    /// An event does not change.
    fn __deepcopy__(slf: Py<Self>, _memo: &Bound<'_, PyAny>) -> Py<Self> {
        slf
    }

    /// By its raw bytes, through `parse_unverified`: what comes out of a pickle is not signed, as a pickle proves nothing.
    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyAny>, (Py<PyBytes>,))> {
        let py = slf.py();
        Ok((py.get_type::<Self>().getattr("parse_unverified")?, (slf.get().raw.clone_ref(py),)))
    }

    fn __repr__(&self) -> String {
        let event = self.own.as_event();
        let resource = event.resource();
        format!("Event(kind={:?}, id={}, status={})", event.kind().as_str(), short(resource.id()), short(resource.status()))
    }
}

/// What an event tells about; absent fields are None.
#[pyclass(frozen, module = "yuno_webhooks")]
pub(crate) struct Resource {
    event: Py<Event>,
}

impl Resource {
    fn view(&self) -> core::Resource<'_> {
        self.event.get().own.as_event().resource()
    }
}

#[pymethods]
impl Resource {
    /// What it is, such as "payment"; "unknown" for what this release does not know.
    #[getter]
    fn kind(&self) -> &'static str {
        self.view().kind().as_str()
    }

    /// The provider's id.
    #[getter]
    fn id(&self) -> Option<Cow<'_, str>> {
        self.view().id()
    }

    /// The status as it was sent.
    #[getter]
    fn status(&self) -> Option<Cow<'_, str>> {
        self.view().status()
    }

    /// The sub-status as it was sent.
    #[getter]
    fn sub_status(&self) -> Option<Cow<'_, str>> {
        self.view().sub_status()
    }

    /// When it was created, in UTC to the microsecond.
    #[getter]
    fn created_at<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.view().created_at().map(|time| datetime(py, time)).transpose()
    }

    /// When it was created, in nanoseconds since the epoch.
    #[getter]
    fn created_at_ns(&self) -> Option<i64> {
        self.view().created_at().map(Timestamp::unix_nanos)
    }

    /// When it last changed, in UTC to the microsecond.
    #[getter]
    fn updated_at<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.view().updated_at().map(|time| datetime(py, time)).transpose()
    }

    /// When it last changed, in nanoseconds since the epoch.
    #[getter]
    fn updated_at_ns(&self) -> Option<i64> {
        self.view().updated_at().map(Timestamp::unix_nanos)
    }

    /// The merchant's own reference.
    #[getter]
    fn merchant_reference(&self) -> Option<Cow<'_, str>> {
        self.view().merchant_reference()
    }

    /// The key with which the merchant created the payment: the same in all its events.
    #[getter]
    fn idempotency_key(&self) -> Option<Cow<'_, str>> {
        self.view().idempotency_key()
    }

    /// The sum of money: of a payment the whole payment's. What was refunded or captured is transaction.amount.
    #[getter]
    fn amount(&self, py: Python<'_>) -> PyResult<Option<Amount>> {
        self.view().amount().map(|amount| Amount::new(py, &amount)).transpose()
    }

    /// The transaction that triggered the event.
    #[getter]
    fn transaction(&self, py: Python<'_>) -> Option<Transaction> {
        self.view().transaction().map(|_| Transaction { event: self.event.clone_ref(py) })
    }

    fn __repr__(&self) -> String {
        let own = self.view();
        format!("Resource(kind={:?}, id={}, status={})", own.kind().as_str(), short(own.id()), short(own.status()))
    }
}

/// A sum of money as it was sent, in major units.
#[pyclass(frozen, module = "yuno_webhooks")]
pub(crate) struct Amount {
    /// The exact value, a Decimal.
    #[pyo3(get)]
    value: Py<PyAny>,
    /// The currency as it was sent.
    #[pyo3(get)]
    currency: Option<String>,
    /// The value in the smallest unit of its currency by ISO 4217, where that is exact.
    #[pyo3(get)]
    minor_units: Option<i128>,
}

impl Amount {
    fn new(py: Python<'_>, amount: &core::Amount<'_>) -> PyResult<Self> {
        let value = DECIMAL.import(py, "decimal", "Decimal")?.call1((amount.value(),))?.unbind();
        Ok(Self { value, currency: amount.currency().map(str::to_owned), minor_units: amount.minor_units() })
    }
}

#[pymethods]
impl Amount {
    /// Two sums are equal if value and currency are.
    fn __eq__(&self, other: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        let py = other.py();
        let Ok(other) = other.cast::<Self>() else {
            return Ok(py.NotImplemented());
        };
        let is_equal = self.currency == other.get().currency && self.value.bind(py).eq(&other.get().value)?;
        Ok(is_equal.into_pyobject(py)?.to_owned().into_any().unbind())
    }

    fn __hash__(&self, py: Python<'_>) -> PyResult<isize> {
        (&self.value, &self.currency).into_pyobject(py)?.hash()
    }

    fn __repr__(&self) -> String {
        format!("Amount({} {})", self.value, short(self.currency.as_deref().map(Cow::Borrowed)))
    }
}

/// One attempt to move, reserve, return or verify money; absent fields are None.
#[pyclass(frozen, module = "yuno_webhooks")]
pub(crate) struct Transaction {
    event: Py<Event>,
}

impl Transaction {
    fn view(&self) -> Option<core::Transaction<'_>> {
        self.event.get().own.as_event().resource().transaction()
    }
}

#[pymethods]
impl Transaction {
    /// The provider's id.
    #[getter]
    fn id(&self) -> Option<Cow<'_, str>> {
        self.view()?.id()
    }

    /// Its type as it was sent, such as "PURCHASE".
    #[getter]
    fn r#type(&self) -> Option<Cow<'_, str>> {
        self.view()?.transaction_type()
    }

    /// Its status as it was sent.
    #[getter]
    fn status(&self) -> Option<Cow<'_, str>> {
        self.view()?.status()
    }

    /// What it moved, reserved or returned: of a partial refund the part.
    #[getter]
    fn amount(&self, py: Python<'_>) -> PyResult<Option<Amount>> {
        self.view().and_then(|own| own.amount()).map(|amount| Amount::new(py, &amount)).transpose()
    }

    /// When it last changed, in UTC to the microsecond.
    #[getter]
    fn updated_at<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.view().and_then(|own| own.updated_at()).map(|time| datetime(py, time)).transpose()
    }

    /// When it last changed, in nanoseconds since the epoch.
    #[getter]
    fn updated_at_ns(&self) -> Option<i64> {
        self.view()?.updated_at().map(Timestamp::unix_nanos)
    }

    fn __repr__(&self) -> String {
        let own = self.view();
        let (kind, status) = (own.and_then(|own| own.transaction_type()), own.and_then(|own| own.status()));
        format!("Transaction(type={}, id={}, status={})", short(kind), short(own.and_then(|own| own.id())), short(status))
    }
}

/// The instant as a datetime in UTC, cut to the microsecond. Also for instants before 1970, which a time with an offset can name.
fn datetime(py: Python<'_>, time: Timestamp) -> PyResult<Bound<'_, PyAny>> {
    let micros = time.unix_nanos().div_euclid(1000);
    let options = PyDict::new(py);
    options.set_item("microseconds", micros)?;
    let span = TIMEDELTA.import(py, "datetime", "timedelta")?.call((), Some(&options))?;
    UNIX_EPOCH.into_pyobject(py)?.into_any().add(span)
}

/// A text for a repr: escaped, and cut where it is longer than any honest one.
fn short(text: Option<Cow<'_, str>>) -> String {
    text.map_or_else(|| "None".to_owned(), |text| format!("{:?}", text.chars().take(64).collect::<String>()))
}
