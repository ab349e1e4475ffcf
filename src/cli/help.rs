//! `vicishim completions` and `vicishim man`: what shells and `man` know of the command line, made from its own description.

use std::io::Write;
use std::path::PathBuf;

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::{Arguments, Failure};

/// The arguments of `completions`.
#[derive(Args)]
pub(super) struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    /// Prints what the shell reads.
    pub(super) fn run(&self) -> Result<(), Failure> {
        let mut command = Arguments::command();
        let mut text = Vec::new();
        clap_complete::generate(self.shell, &mut command, "vicishim", &mut text);
        print(&text)
    }
}

/// The arguments of `man`.
#[derive(Args)]
pub(super) struct Man {
    /// The command whose page is printed; that of the program where none is named
    command: Option<String>,
    /// Write the pages of all commands into this directory instead
    #[arg(long, value_name = "DIRECTORY", conflicts_with = "command")]
    to: Option<PathBuf>,
}

impl Man {
    /// Prints the page.
    pub(super) fn run(&self) -> Result<(), Failure> {
        let mut command = Arguments::command();
        if let Some(directory) = &self.to {
            let shown = directory.display();
            return clap_mangen::generate_to(command, directory)
                .map_err(|error| Failure(format!("cannot write into {shown}: {error}")));
        }
        command.build();
        let of = match &self.command {
            None => command,
            Some(name) => {
                let found = command.find_subcommand(name).cloned();
                found.ok_or_else(|| format!("there is no command {name}"))?
            }
        };
        let mut text = Vec::new();
        clap_mangen::Man::new(of).render(&mut text)?;
        print(&text)
    }
}

fn print(text: &[u8]) -> Result<(), Failure> {
    match std::io::stdout().lock().write_all(text) {
        // Whoever read it has seen enough, as `head` does.
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}
