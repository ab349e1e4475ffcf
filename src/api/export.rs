//! Answers of many rows. A function only describes them ([`Export`]); they are read afterwards, page by page, on a
//! reader's connection, so that neither a writer nor memory is held for them.

use super::format::{Field, Format};
use super::{Line, Reply, Session};
use crate::store::{Db, Page, QueryResult};

/// Where the rows come from: implemented beside each function that exports.
pub(super) trait Rows: std::fmt::Debug + Send {
    /// The next page, in the order of the export's columns.
    ///
    /// # Errors
    /// The database cannot be read.
    fn next(&mut self, db: &mut Db) -> QueryResult<Page<Vec<Field>>>;

    /// How many rows are still to come.
    ///
    /// # Errors
    /// The database cannot be read.
    fn count(&self, db: &mut Db) -> QueryResult<usize>;

    /// The same rows once more, as the wire writes them.
    fn on_the_wire(&self) -> Box<dyn Rows>;
}

/// How far an export has come.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Progress {
    /// Nothing was read yet.
    New,
    /// The first page is read and waits to be sent.
    Opened(Vec<u8>),
    /// It goes on.
    Sending,
}

/// An answer of many rows.
#[derive(Debug)]
pub struct Export {
    rows: Box<dyn Rows>,
    /// The rows as the wire has them, before any was read.
    on_the_wire: Box<dyn Rows>,
    format: Format,
    columns: &'static [&'static str],
    with_header: bool,
    /// The answer where there are no rows.
    nothing: Line,
    /// What is logged as data where there are some.
    logged: String,
    function: &'static str,
    progress: Progress,
    has_ended: bool,
}

impl Export {
    /// Rows to be sent, their columns' names before them where `header=YES`. Without any the answer is `nothing`; with
    /// some, the log says `RECORDS FOUND` and this.
    pub(super) fn new(
        session: &Session<'_>,
        function: &'static str,
        rows: impl Rows + 'static,
        format: Format,
        columns: &'static [&'static str],
        nothing: Line,
        logged: String,
    ) -> Self {
        Self {
            on_the_wire: rows.on_the_wire(),
            rows: Box::new(rows),
            format,
            columns,
            with_header: session.parameter("header") == "YES",
            nothing,
            logged,
            function,
            progress: Progress::New,
            has_ended: false,
        }
    }

    /// Reads the first page, and counts the others: the answer. One of rows has this export in it again, to be sent.
    ///
    /// # Errors
    /// The database cannot be read.
    pub(super) fn open(
        mut self: Box<Self>,
        content_type: Option<&'static str>,
        db: &mut Db,
    ) -> QueryResult<Reply> {
        let (text, mut count) = self.read(db)?;
        if count == 0 {
            return Ok(self.nothing.into());
        }
        if !self.has_ended {
            count += self.rows.count(db)?;
        }
        self.progress = Progress::Opened(text);
        let reason = format!("{} RECORDS FOUND: {count}", self.function);
        let mut reply = Reply::from(Line::logged_only(reason, self.logged.clone()));
        reply.content_type = content_type;
        reply.export = Some(self);
        Ok(reply)
    }

    /// The same once more from its beginning, as the wire has it.
    pub fn again_on_the_wire(&self) -> Self {
        Self {
            rows: self.on_the_wire.on_the_wire(),
            on_the_wire: self.on_the_wire.on_the_wire(),
            format: self.format.on_the_wire(),
            columns: self.columns,
            with_header: self.with_header,
            nothing: self.nothing.clone(),
            logged: self.logged.clone(),
            function: self.function,
            progress: Progress::New,
            has_ended: false,
        }
    }

    /// The first page, once.
    pub fn take_opened(&mut self) -> Option<Vec<u8>> {
        let Progress::Opened(text) = &mut self.progress else {
            return None;
        };
        let text = std::mem::take(text);
        self.progress = Progress::Sending;
        Some(text)
    }

    /// Whether nothing is left to be read.
    pub fn has_ended(&self) -> bool {
        self.has_ended
    }

    /// Reads the next page.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn next(&mut self, db: &mut Db) -> QueryResult<Vec<u8>> {
        self.read(db).map(|(text, _)| text)
    }

    fn read(&mut self, db: &mut Db) -> QueryResult<(Vec<u8>, usize)> {
        let page = self.rows.next(db)?;
        let mut text = Vec::new();
        let are_first = self.progress == Progress::New;
        if are_first {
            let header = self.with_header.then_some(self.columns);
            self.format.begin(&mut text, header);
            self.progress = Progress::Sending;
        }
        let columns = self.columns;
        self.format.rows(&mut text, columns, &page.rows, are_first);
        if page.is_last {
            self.format.end(&mut text);
            self.has_ended = true;
        }
        Ok((text, page.rows.len()))
    }
}
