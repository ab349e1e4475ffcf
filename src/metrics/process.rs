//! What the system says of this process, under the names that Prometheus' own client libraries give it.

use chrono::DateTime;
use prometheus::{Counter, Error, Gauge, IntGauge, Registry};
use rustix::process::{Resource, getrlimit};
use rustix::time::{ClockId, clock_gettime};

use super::{float_gauge, gauge, registered};

pub(super) struct Process {
    cpu_seconds: Counter,
    resident: IntGauge,
    virtual_: IntGauge,
    open_descriptors: IntGauge,
    most_descriptors: IntGauge,
    // Set once.
    _started: Gauge,
}

impl Process {
    pub(super) fn new(registry: &Registry) -> Result<Self, Error> {
        let cpu_seconds = Counter::new(
            "process_cpu_seconds_total",
            "Total user and system CPU time spent in seconds.",
        )?;
        registered(registry, &cpu_seconds)?;
        let started = float_gauge(
            registry,
            "process_start_time_seconds",
            "Start time of the process since unix epoch in seconds.",
        )?;
        let since = crate::now::real().signed_duration_since(DateTime::UNIX_EPOCH);
        started.set(since.as_seconds_f64());
        Ok(Self {
            cpu_seconds,
            resident: gauge(
                registry,
                "process_resident_memory_bytes",
                "Resident memory size in bytes.",
            )?,
            virtual_: gauge(
                registry,
                "process_virtual_memory_bytes",
                "Virtual memory size in bytes.",
            )?,
            open_descriptors: gauge(
                registry,
                "process_open_fds",
                "Number of open file descriptors.",
            )?,
            most_descriptors: gauge(
                registry,
                "process_max_fds",
                "Maximum number of open file descriptors.",
            )?,
            _started: started,
        })
    }

    /// Looks what the system says now. What it does not say, as where there is no `/proc`, stays 0.
    pub(super) fn look(&self) {
        let time = clock_gettime(ClockId::ProcessCPUTime);
        #[expect(
            clippy::cast_precision_loss,
            reason = "seconds and nanoseconds of a process"
        )]
        let seconds = time.tv_sec as f64 + time.tv_nsec as f64 / 1e9;
        self.cpu_seconds
            .inc_by((seconds - self.cpu_seconds.get()).max(0.0));
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        self.resident.set(bytes_of(&status, "VmRSS:"));
        self.virtual_.set(bytes_of(&status, "VmSize:"));
        let open = std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count);
        self.open_descriptors
            .set(i64::try_from(open).unwrap_or(i64::MAX));
        let most = getrlimit(Resource::Nofile).current;
        let most = most.and_then(|most| i64::try_from(most).ok());
        self.most_descriptors.set(most.unwrap_or(i64::MAX));
    }
}

/// A size in `/proc/self/status`, which has them in kibibytes.
fn bytes_of(status: &str, name: &str) -> i64 {
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let words = line.and_then(|line| line.trim().strip_suffix(" kB"));
    let size: Option<i64> = words.and_then(|size| size.parse().ok());
    size.unwrap_or(0) * 1024
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_in_bytes() {
        let status = "Name:\tvicishim\nVmSize:\t  200 kB\nVmRSS:\t    10 kB\n";
        assert_eq!(bytes_of(status, "VmRSS:"), 10 * 1024);
        assert_eq!(bytes_of(status, "VmSize:"), 200 * 1024);
        assert_eq!(bytes_of(status, "VmPeak:"), 0);
    }
}
