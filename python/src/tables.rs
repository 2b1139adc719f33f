//! Replies, schedules, and the core's tables for Python.

use core::time::Duration;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use yuno_webhooks::{self as core_, EventKind, Family, Finality, Since, testing::Form};

use crate::errors::{error_of, raise};
use crate::inputs;

/// What a receiver answers.
#[pyclass(frozen, eq, hash, module = "yuno_webhooks")]
#[derive(PartialEq, Eq, Hash)]
pub(crate) struct Reply(core_::Reply);

#[pymethods]
impl Reply {
    /// To a delivery that was accepted, is a duplicate, or is of an unknown kind: 200.
    #[staticmethod]
    fn received() -> Self {
        Self(core_::Reply::received())
    }

    /// To a delivery that could not be stored or handled now: 503, so that the provider tries again.
    #[staticmethod]
    fn try_again() -> Self {
        Self(core_::Reply::try_again())
    }

    /// To a delivery that was refused. `stored` says that its raw bytes are kept: an authentic one is then acknowledged.
    #[staticmethod]
    #[pyo3(signature = (error, *, stored = false))]
    fn to_error(error: &Bound<'_, PyAny>, stored: bool) -> PyResult<Self> {
        let error = error_of(error)?;
        Ok(Self(if stored { core_::Reply::to_stored(&error) } else { core_::Reply::to_error(&error) }))
    }

    /// The HTTP status.
    #[getter]
    fn status(&self) -> u16 {
        self.0.status()
    }

    /// The body.
    #[getter]
    fn body(&self) -> &'static [u8] {
        self.0.body().as_bytes()
    }

    fn __repr__(&self) -> String {
        format!("Reply({})", self.0.status())
    }
}

/// When the provider tries to deliver, and how long it waits for an acknowledgement. Times are in seconds; what cannot be one raises
/// ConfigurationError (INVALID_LIMIT).
#[pyclass(frozen, module = "yuno_webhooks")]
pub(crate) struct Schedule(core_::Schedule);

#[pymethods]
impl Schedule {
    /// An organisation's own schedule. `since` is "first_try" or "previous_try".
    #[new]
    #[pyo3(signature = (*, since = "previous_try", delays = None, waits = None))]
    fn new(
        since: &str,
        #[pyo3(from_py_with = inputs::limit)] delays: Option<Vec<u32>>,
        #[pyo3(from_py_with = inputs::limit)] waits: Option<Vec<u32>>,
    ) -> PyResult<Self> {
        let (since, documented) = match since {
            "first_try" => (Since::FirstTry, core_::Schedule::SINCE_FIRST_TRY),
            "previous_try" => (Since::PreviousTry, core_::Schedule::SINCE_PREVIOUS_TRY),
            _ => return Err(raise(core_::ErrorCode::InvalidLimit)),
        };
        let own = |seconds: Vec<u32>| seconds.into_iter().map(|count| Duration::from_secs(count.into())).collect::<Vec<_>>();
        let delays = delays.map_or(documented.delays().to_vec(), own);
        let waits = waits.map_or(documented.waits().to_vec(), own);
        core_::Schedule::new(since, &delays, &waits).map(Self).map_err(raise)
    }

    /// When each try comes, counted from the first.
    #[getter]
    fn offsets(&self) -> Vec<u64> {
        self.0.offsets().iter().map(Duration::as_secs).collect()
    }

    /// From the first try to the last.
    #[getter]
    fn total(&self) -> u64 {
        self.0.total().as_secs()
    }

    /// The shortest time for which bodies may be kept.
    #[getter]
    fn minimum_retention(&self) -> u64 {
        self.0.minimum_retention().as_secs()
    }

    /// How long the provider waits for an acknowledgement of this try; 0 is the first.
    fn acknowledgement_wait(&self, #[pyo3(from_py_with = inputs::number)] retry: u32) -> u64 {
        self.0.acknowledgement_wait(retry).as_secs()
    }

    /// Raises InboxError (RETENTION_TOO_SHORT) if a body could be removed while the provider may still deliver it again.
    fn check_retention(&self, #[pyo3(from_py_with = inputs::limit)] seconds: u64) -> PyResult<()> {
        self.0.check_retention(Duration::from_secs(seconds)).map_err(raise)
    }
}

/// A row of the catalogue of event kinds: kind, spellings (its own name first), family (the resource it tells about), trigger (the field and
/// value that select it when a webhook is registered, or None), forms (those that testing.sample can make).
#[pyclass(frozen, get_all, module = "yuno_webhooks")]
pub(crate) struct CatalogRow {
    kind: &'static str,
    spellings: Py<PyAny>,
    family: &'static str,
    trigger: Option<(&'static str, &'static str)>,
    forms: Py<PyAny>,
}

#[pymethods]
impl CatalogRow {
    fn __repr__(&self) -> String {
        format!("CatalogRow({:?})", self.kind)
    }
}

/// Every event kind: its spellings, its resource, and what selects it when a webhook is registered.
#[pyfunction]
pub(crate) fn catalog(py: Python<'_>) -> PyResult<Py<PyAny>> {
    let tuple = |texts: Vec<&'static str>| pyo3::types::PyTuple::new(py, texts).map(|tuple| tuple.into_any().unbind());
    let rows = EventKind::catalog().iter().map(|row| {
        let row = CatalogRow {
            kind: row.kind.as_str(),
            spellings: tuple(row.spellings.to_vec())?,
            family: row.family.as_str(),
            trigger: row.trigger,
            forms: tuple(Form::of(row.kind).iter().map(|form| form.as_str()).collect())?,
        };
        Py::new(py, row)
    });
    let rows = rows.collect::<PyResult<Vec<_>>>()?;
    Ok(pyo3::types::PyTuple::new(py, rows)?.into_any().unbind())
}

/// A row of the error table.
#[pyclass(frozen, get_all, module = "yuno_webhooks")]
pub(crate) struct ErrorCode {
    name: &'static str,
    number: i32,
    stage: &'static str,
    http_status: u16,
    message: &'static str,
}

#[pymethods]
impl ErrorCode {
    fn __repr__(&self) -> String {
        format!("ErrorCode({:?}, {})", self.name, self.number)
    }
}

/// Every error code, by number.
#[pyfunction]
pub(crate) fn error_codes(py: Python<'_>) -> PyResult<Py<PyAny>> {
    let rows = core_::ErrorCode::ALL.iter().map(|code| {
        let row = ErrorCode {
            name: code.name(),
            number: code.number(),
            stage: code.stage().as_str(),
            http_status: code.http_status(),
            message: code.message(),
        };
        Py::new(py, row)
    });
    let rows = rows.collect::<PyResult<Vec<_>>>()?;
    Ok(pyo3::types::PyTuple::new(py, rows)?.into_any().unbind())
}

/// Whether news will follow a status: "pending", "settled", "final" or "unknown". The families are those of Resource.kind, "transaction" and "payment_link".
///
/// Raises ValueError for another family, and for text that UTF-8 cannot hold.
#[pyfunction]
#[pyo3(signature = (family, status, sub_status = None))]
pub(crate) fn finality(family: &str, status: &str, sub_status: Option<&str>) -> PyResult<&'static str> {
    let family = Family::from_name(family).ok_or_else(|| PyValueError::new_err("the family is none of yuno_webhooks.types.Family"))?;
    Ok(Finality::of(family, status, sub_status).as_str())
}
