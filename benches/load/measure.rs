//! What the machine says of itself and of processes (`/proc`).

use std::fs;

/// CPU seconds and memory of the server and of the database; CPU seconds of the clients that have ended.
#[derive(Debug, Clone, Copy, Default)]
pub struct Usage {
    pub server_cpu: f64,
    pub client_cpu: f64,
    pub database_cpu: f64,
    /// MiB
    pub resident: f64,
}

impl Usage {
    pub fn now(server: u32, databases: &[u32]) -> Self {
        Self {
            server_cpu: cpu_seconds(server, [11, 12]),
            client_cpu: cpu_seconds(std::process::id(), [13, 14]),
            database_cpu: databases
                .iter()
                .map(|pid| cpu_seconds(*pid, [11, 12]))
                .sum(),
            resident: status(server, "VmRSS:") / 1024.0,
        }
    }
}

/// Processor and memory, in a line.
pub fn machine() -> String {
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .unwrap_or("\t: unknown")
        .trim_start_matches(['\t', ' ', ':']);
    let cores = cpu
        .lines()
        .filter(|line| line.starts_with("processor"))
        .count();
    let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let kib: f64 = memory
        .split_whitespace()
        .nth(1)
        .and_then(|n| n.parse().ok())
        .unwrap_or(0.0);
    format!("{cores} × {model}, {:.0} GiB", kib / 1024.0 / 1024.0)
}

/// The processes of that name.
pub fn processes_named(name: &str) -> Vec<u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter(|pid| {
        fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|comm| comm.trim() == name)
    })
    .collect()
}

/// The sum of two of a process's counters, as `/proc/PID/stat` has them behind its name: its own, or its children's.
fn cpu_seconds(pid: u32, counters: [usize; 2]) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let fields: Vec<&str> = stat
        .rsplit(')')
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .collect();
    let ticks = |at: usize| {
        fields
            .get(at)
            .and_then(|n| n.parse::<f64>().ok())
            .unwrap_or(0.0)
    };
    counters.into_iter().map(ticks).sum::<f64>() / 100.0
}

fn status(pid: u32, name: &str) -> f64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix(name))
        .unwrap_or_default();
    line.split_whitespace()
        .next()
        .and_then(|n| n.parse().ok())
        .unwrap_or(0.0)
}
