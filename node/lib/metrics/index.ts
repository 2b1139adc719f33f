/**
 * Metrics of an inbox, for Prometheus by prom-client and for OpenTelemetry: {@link prometheus} and {@link openTelemetry} give an observer for
 * `onOutcome` that counts, and that can `watch` how full an inbox is.
 *
 * They use the client that you give, and need no package by themselves.
 *
 * @module
 */

export { joined, type Metrics, type MetricsOptions, type Watched } from './metrics'
export { type OpenTelemetryMeter, openTelemetry } from './opentelemetry'
export { type PrometheusClient, type PrometheusRegistry, prometheus } from './prometheus'
