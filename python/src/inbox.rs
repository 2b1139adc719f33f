//! The inbox's texts and decisions for Python; its stores are `yuno_webhooks.inbox`.

use std::time::Duration;

use pyo3::exceptions::PyBaseException;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};
use yuno_webhooks::ErrorCode;
use yuno_webhooks::inbox::{self, Durability, Partitions, Row, Statement, Store};

use crate::errors::{error_of, raise};
use crate::event::Event;
use crate::inputs;

fn store(name: &str) -> PyResult<Store> {
    Store::from_name(name).ok_or_else(|| raise(ErrorCode::InvalidArgument))
}

/// The statements for a store ("sqlite", "postgres" or "redis"): their text and the names of their parameters, by name.
#[pyfunction]
pub(crate) fn inbox_statements<'py>(py: Python<'py>, store: &str) -> PyResult<Bound<'py, PyDict>> {
    let store = self::store(store)?;
    let statements = PyDict::new(py);
    for statement in Statement::ALL {
        statements.set_item(statement.name(), (statement.text(store), statement.parameters().to_vec().into_pyobject(py)?))?;
    }
    Ok(statements)
}

/// Which partitions of a store in several a statement is for, by its name: "scope", "row", "id", "key", "each" or "sum".
#[pyfunction]
pub(crate) fn inbox_reaches(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
    let reaches = PyDict::new(py);
    for statement in Statement::ALL {
        reaches.set_item(statement.name(), statement.reach().as_str())?;
    }
    Ok(reaches)
}

/// Where a scope is in Redis: the key of what is known of all of it, that of the bell, and the base of each partition. asked: the number of partitions that
/// whoever opens it names. Raises InboxError (SCHEMA_MISMATCH) if the store was made with another, ConfigurationError (INVALID_LIMIT).
#[pyfunction]
#[pyo3(signature = (scope, count, asked = None))]
pub(crate) fn inbox_partitions(scope: &str, count: u16, asked: Option<u16>) -> PyResult<(String, String, Vec<String>)> {
    let partitions = Partitions::of_store(scope, count, asked).map_err(raise)?;
    Ok((partitions.scope(), partitions.bell(), (0..count).map(|partition| partitions.base(partition)).collect()))
}

/// The partition, of so many, in which a delivery is stored. That of an id is its remainder by their number.
#[pyfunction]
pub(crate) fn inbox_partition(count: u16, resource: Option<&str>, key: &str) -> PyResult<u16> {
    Ok(Partitions::new("", count).map_err(raise)?.place(resource, key))
}

/// Raises InboxError (STORE_UNSAFE) if a Redis server could lose or forget what it acknowledged. durability: "always", "everysec" or "unchecked"; info: what it
/// answers to INFO; fsync and no_fsync_on_rewrite: its appendfsync and no-appendfsync-on-rewrite, None where it does not say.
#[pyfunction]
#[pyo3(signature = (durability, info, fsync, no_fsync_on_rewrite))]
pub(crate) fn inbox_check_redis(durability: &str, info: &str, fsync: Option<&str>, no_fsync_on_rewrite: Option<&str>) -> PyResult<()> {
    let durability = Durability::from_name(durability).ok_or_else(|| raise(ErrorCode::InvalidArgument))?;
    durability.check(info, fsync, no_fsync_on_rewrite).map_err(raise)
}

/// The statements that bring a store from a version of the schema, 0 if it has none, to this release's. Raises InboxError (SCHEMA_MISMATCH) if the
/// version is a later release's.
#[pyfunction]
pub(crate) fn inbox_migrations(store: &str, version: u32) -> PyResult<Vec<&'static str>> {
    Ok(inbox::migrations(self::store(store)?, version).map_err(raise)?.to_vec())
}

/// What is stored of an event: the parameters of the statement "accept", but for "scope" and "now".
#[pyfunction]
pub(crate) fn inbox_row<'py>(py: Python<'py>, event: &Bound<'py, Event>) -> PyResult<Bound<'py, PyDict>> {
    let event = event.get();
    parameters(py, &Row::of(&event.core()), event.bytes(py))
}

/// What is stored of an authentic body that is no event, with the error that says why; None if there is nothing to store.
#[pyfunction]
pub(crate) fn inbox_row_of_unreadable<'py>(body: &Bound<'py, PyBytes>, error: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyDict>>> {
    let row = Row::of_unreadable(body.as_bytes(), &error_of(error)?);
    row.map(|row| parameters(body.py(), &row, body.clone())).transpose()
}

fn parameters<'py>(py: Python<'py>, row: &Row<'_>, body: Bound<'py, PyBytes>) -> PyResult<Bound<'py, PyDict>> {
    let parameters = PyDict::new(py);
    parameters.set_item("key", &row.key)?;
    parameters.set_item("kind", row.kind)?;
    parameters.set_item("resource", &row.resource)?;
    parameters.set_item("changed_at", row.changed_at)?;
    parameters.set_item("repeat_after", row.repeat_after)?;
    parameters.set_item("error_class", row.error.as_ref().map(|(class, _)| class))?;
    parameters.set_item("error_text", row.error.as_ref().map(|(_, text)| text))?;
    parameters.set_item("body", body)?;
    Ok(parameters)
}

/// An error of ours, to be raised by a store: "STALE_FENCE", for example.
#[pyfunction]
pub(crate) fn inbox_error(py: Python<'_>, code: &str) -> PyResult<Py<PyBaseException>> {
    let code = ErrorCode::from_name(code).ok_or_else(|| raise(ErrorCode::InvalidArgument))?;
    Ok(raise(code).into_value(py))
}

/// The text of a worker's error as a row keeps it: its first 300 characters, on one line.
#[pyfunction]
pub(crate) fn inbox_error_text(text: &str) -> String {
    inbox::error_text(text)
}

/// How long a failed delivery waits for its next attempt: twice as long each time, up to a limit, and a random part of it less.
#[pyclass(frozen, module = "yuno_webhooks")]
pub(crate) struct Backoff(inbox::Backoff);

#[pymethods]
impl Backoff {
    /// first: the first wait. most: the longest. attempts: how many there are before a delivery is dead. By default 5 seconds, an hour and 24: 7 to 14 hours
    /// in all. Raises ConfigurationError (INVALID_LIMIT).
    #[new]
    #[pyo3(signature = (*, first = None, most = None, attempts = None))]
    fn new(
        #[pyo3(from_py_with = inputs::limit)] first: Option<Duration>,
        #[pyo3(from_py_with = inputs::limit)] most: Option<Duration>,
        #[pyo3(from_py_with = inputs::limit)] attempts: Option<u32>,
    ) -> PyResult<Self> {
        let (usual_first, usual_most) = inbox::Backoff::default().waits();
        let attempts = attempts.unwrap_or(inbox::Backoff::default().attempts());
        inbox::Backoff::new(first.unwrap_or(usual_first), most.unwrap_or(usual_most), attempts).map(Self).map_err(raise)
    }

    /// How many attempts there are.
    #[getter]
    fn attempts(&self) -> u32 {
        self.0.attempts()
    }

    /// The wait after an attempt that failed, of which 1 is the first; None after the last one. random: any number of 32 bits.
    #[pyo3(signature = (attempt, *, random))]
    fn delay(
        &self,
        #[pyo3(from_py_with = inputs::number)] attempt: u32,
        #[pyo3(from_py_with = inputs::number)] random: u32,
    ) -> Option<Duration> {
        self.0.delay(attempt, random)
    }

    fn __repr__(&self) -> String {
        let (first, most) = self.0.waits();
        format!("Backoff(first={} s, most={} s, attempts={})", first.as_secs_f64(), most.as_secs_f64(), self.0.attempts())
    }
}
