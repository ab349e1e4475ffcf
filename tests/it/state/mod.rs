//! Our own tables beside a VICIdial's database: `--state`.

mod kills;
