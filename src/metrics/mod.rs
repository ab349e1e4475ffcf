//! What is counted and timed for Prometheus: every metric with its name, its labels and what it says. Nothing is counted before
//! [`start`].
//!
//! Labels are bounded: functions that are known here, words of our own, classes of statuses. What is counted for each call of a
//! writer takes no lock.

mod process;

use std::sync::OnceLock;
use std::time::Duration;

use prometheus::core::Collector;
use prometheus::{
    Error, Gauge, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge,
    IntGaugeVec, Opts, Registry, TextEncoder,
};

use process::Process;

/// The media type of [`Metrics::render`].
pub(crate) const CONTENT_TYPE: &str = prometheus::TEXT_FORMAT;

/// Bounds of a call's duration, in seconds: a call waits for a minute at the most.
const DURATIONS: [f64; 14] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0,
];

/// Bounds of a batch's size: a transaction holds 64 calls at the most.
const SIZES: [f64; 7] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0];

const DIDS: &str = "vicishim_dids";

static METRICS: OnceLock<Metrics> = OnceLock::new();

/// The metrics of this process.
pub(crate) struct Metrics {
    registry: Registry,
    process: Process,
    requests: IntCounterVec,
    durations: HistogramVec,
    refusals: IntCounterVec,
    upstream_requests: IntCounterVec,
    upstream_durations: Histogram,
    queue_waits: Histogram,
    /// How many calls a batch has.
    pub(crate) batches: Histogram,
    /// Calls whose changes, if any, are on disk.
    pub(crate) committed: IntCounter,
    /// Calls that the database failed before anything was changed.
    pub(crate) failed: IntCounter,
    /// Calls of which it is not known how far they came.
    pub(crate) unknown: IntCounter,
    /// Transactions that were committed.
    pub(crate) commits: IntCounter,
    /// Writers' connections that were made in the place of one that was gone.
    pub(crate) reconnects: IntCounter,
    /// Log rows that wait for a database that went away.
    pub(crate) log_rows_waiting: IntGauge,
    /// Log rows that were not written.
    pub(crate) log_rows_lost: IntCounter,
    /// Connections of clients.
    pub(crate) connections: IntGauge,
    queue: IntGauge,
    database_up: IntGauge,
    state_up: IntGauge,
    sessions: IntGauge,
    dids: IntGauge,
}

/// A request that was answered.
pub(crate) struct Request {
    /// Which API.
    pub(crate) api: &'static str,
    /// A function that is known here, else `unknown`.
    pub(crate) function: &'static str,
    /// How it ended: a word of ours, or a class of statuses.
    pub(crate) result: &'static str,
    /// How long it took.
    pub(crate) took: Duration,
}

/// What is looked up for each scrape.
pub(crate) struct Figures {
    /// How many calls wait for a writer.
    pub(crate) queue: usize,
    /// Whether the database can be read and written.
    pub(crate) is_database_up: bool,
    /// Whether our own tables beside it can.
    pub(crate) is_state_up: bool,
    /// How many have signed in to the console.
    pub(crate) sessions: usize,
    /// How many DIDs there are; none where that is not known.
    pub(crate) dids: Option<i64>,
}

/// From here on metrics are counted.
///
/// # Errors
/// A metric is defined twice, or not as Prometheus asks.
pub(crate) fn start() -> Result<(), Error> {
    // Where they are counted already, they go on.
    METRICS.set(Metrics::new()?).ok();
    Ok(())
}

/// Counts something, where metrics are counted.
pub(crate) fn count(note: impl FnOnce(&Metrics)) {
    if let Some(metrics) = METRICS.get() {
        note(metrics);
    }
}

/// The class of a status, such as `2xx`.
pub(crate) fn class_of(status: u16) -> &'static str {
    match status / 100 {
        1 => "1xx",
        2 => "2xx",
        3 => "3xx",
        4 => "4xx",
        _ => "5xx",
    }
}

impl Metrics {
    fn new() -> Result<Self, Error> {
        let registry = Registry::new();
        let one = &registry;
        let requests = counters(
            one,
            "vicishim_requests_total",
            "Requests that were answered, by API, function and result.",
            &["api", "function", "result"],
        )?;
        let durations = HistogramVec::new(
            HistogramOpts::new(
                "vicishim_request_duration_seconds",
                "Time from a request's head to the beginning of its answer.",
            )
            .buckets(DURATIONS.to_vec()),
            &["api", "function", "result"],
        )?;
        registered(one, &durations)?;
        let writer_calls = counters(
            one,
            "vicishim_writer_calls_total",
            "Calls that writers have taken, by outcome: committed, failed with nothing changed, or unknown.",
            &["outcome"],
        )?;
        let [committed, failed, unknown] = ["committed", "failed", "unknown"]
            .map(|outcome| writer_calls.with_label_values(&[outcome]));
        let build = IntGaugeVec::new(
            Opts::new("vicishim_build_info", "The version that runs; always 1."),
            &["version"],
        )?;
        registered(one, &build)?;
        build.with_label_values(&[env!("CARGO_PKG_VERSION")]).set(1);
        Ok(Self {
            process: Process::new(one)?,
            refusals: counters(
                one,
                "vicishim_refusals_total",
                "Calls that were refused, by the gate that their user did not pass.",
                &["gate"],
            )?,
            upstream_requests: counters(
                one,
                "vicishim_upstream_requests_total",
                "Requests to the upstream, by the class of the answer's status, or timeout or error.",
                &["result"],
            )?,
            upstream_durations: histogram(
                one,
                "vicishim_upstream_request_duration_seconds",
                "Time until the upstream's answer begins, or until there is none.",
                &DURATIONS,
            )?,
            queue_waits: histogram(
                one,
                "vicishim_writer_queue_wait_seconds",
                "Time for which calls wait for a writer.",
                &DURATIONS,
            )?,
            batches: histogram(
                one,
                "vicishim_writer_batch_calls",
                "Calls that a writer takes together.",
                &SIZES,
            )?,
            commits: counter(
                one,
                "vicishim_database_commits_total",
                "Transactions of calls that were committed; none on MyISAM tables.",
            )?,
            reconnects: counter(
                one,
                "vicishim_database_reconnects_total",
                "Connections of writers that were made in the place of one that was gone.",
            )?,
            log_rows_waiting: gauge(
                one,
                "vicishim_log_rows_waiting",
                "Rows of the API's logs that wait in memory for the database to come back.",
            )?,
            log_rows_lost: counter(
                one,
                "vicishim_log_rows_lost_total",
                "Rows of the API's logs that were not, or may not be, written.",
            )?,
            connections: gauge(
                one,
                "vicishim_connections",
                "Connections of clients that are open.",
            )?,
            queue: gauge(
                one,
                "vicishim_writer_queue_length",
                "Calls that wait for a writer.",
            )?,
            database_up: gauge(
                one,
                "vicishim_database_up",
                "Whether the database can be read and written, as /healthz says.",
            )?,
            state_up: gauge(
                one,
                "vicishim_state_database_up",
                "Whether our own tables can be used, which --state may have in a database of their own.",
            )?,
            sessions: gauge(one, "vicishim_console_sessions", "Sessions of the console.")?,
            dids: gauge(
                one,
                DIDS,
                "DIDs in the database, counted at most once a minute.",
            )?,
            requests,
            durations,
            committed,
            failed,
            unknown,
            registry,
        })
    }

    /// Counts a request.
    pub(crate) fn request(&self, request: &Request) {
        let Request {
            api,
            function,
            result,
            took,
        } = request;
        let labels = [*api, *function, *result];
        self.requests.with_label_values(&labels).inc();
        let durations = self.durations.with_label_values(&labels);
        durations.observe(took.as_secs_f64());
    }

    /// Counts a call that this gate has refused.
    pub(crate) fn refusal(&self, gate: &'static str) {
        self.refusals.with_label_values(&[gate]).inc();
    }

    /// Counts a request to the upstream.
    pub(crate) fn upstream(&self, result: &'static str, took: Duration) {
        self.upstream_requests.with_label_values(&[result]).inc();
        self.upstream_durations.observe(took.as_secs_f64());
    }

    /// Notes how long a call has waited for a writer.
    pub(crate) fn queue_wait(&self, wait: Duration) {
        self.queue_waits.observe(wait.as_secs_f64());
    }

    /// All metrics in Prometheus' text format.
    ///
    /// # Errors
    /// A metric cannot be written.
    pub(crate) fn render(&self, figures: &Figures) -> Result<String, Error> {
        self.process.look();
        let length = |count| i64::try_from(count).unwrap_or(i64::MAX);
        self.queue.set(length(figures.queue));
        self.database_up.set(figures.is_database_up.into());
        self.state_up.set(figures.is_state_up.into());
        self.sessions.set(length(figures.sessions));
        self.dids.set(figures.dids.unwrap_or_default());
        let mut families = self.registry.gather();
        // Better none than a number that is wrong.
        families.retain(|family| figures.dids.is_some() || family.name() != DIDS);
        TextEncoder::new().encode_to_string(&families)
    }
}

fn registered(
    registry: &Registry,
    metric: &(impl Collector + Clone + 'static),
) -> Result<(), Error> {
    registry.register(Box::new(metric.clone()))
}

fn counter(registry: &Registry, name: &str, help: &str) -> Result<IntCounter, Error> {
    let metric = IntCounter::new(name, help)?;
    registered(registry, &metric).map(|()| metric)
}

fn counters(
    registry: &Registry,
    name: &str,
    help: &str,
    labels: &[&str],
) -> Result<IntCounterVec, Error> {
    let metric = IntCounterVec::new(Opts::new(name, help), labels)?;
    registered(registry, &metric).map(|()| metric)
}

fn gauge(registry: &Registry, name: &str, help: &str) -> Result<IntGauge, Error> {
    let metric = IntGauge::new(name, help)?;
    registered(registry, &metric).map(|()| metric)
}

fn float_gauge(registry: &Registry, name: &str, help: &str) -> Result<Gauge, Error> {
    let metric = Gauge::new(name, help)?;
    registered(registry, &metric).map(|()| metric)
}

fn histogram(
    registry: &Registry,
    name: &str,
    help: &str,
    bounds: &[f64],
) -> Result<Histogram, Error> {
    let options = HistogramOpts::new(name, help).buckets(bounds.to_vec());
    let metric = Histogram::with_opts(options)?;
    registered(registry, &metric).map(|()| metric)
}
