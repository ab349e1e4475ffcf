//! How each dialect puts a line together (fixtures/reference/behaviour.md §2). Nothing else knows the two.

use std::fmt::Write;

use super::{Dialect, Line, Shape, Status};

impl Line {
    pub(super) fn render(&self, out: &mut String, user: &str, dialect: Dialect) {
        let status = match dialect {
            Dialect::Documented => self.status,
            Dialect::Wire => self.wire_status(),
        };
        let is_success = status == Status::Success;
        let (status, reason, data) = (status.word(), &self.reason, &self.data);
        let (wire_reason, wire_data) = (self.wire_reason(), self.wire_data());
        let written = match (dialect, &self.shape) {
            (_, Shape::Text) => write!(out, "{data}"),
            (_, Shape::Bare) => writeln!(out, "{status}: {reason}"),
            (
                Dialect::Documented,
                Shape::Usual | Shape::Dashed | Shape::Barred | Shape::Colon | Shape::DocumentedOnly,
            ) => writeln!(out, "{status}: {reason} - {user}|{data}"),
            (Dialect::Wire, Shape::DocumentedOnly) => Ok(()),
            (Dialect::Documented, Shape::WithoutUser) => {
                writeln!(out, "{status}: {reason} - {data}")
            }
            (Dialect::Wire, Shape::WithoutUser) => {
                writeln!(out, "{status}: {wire_reason} {wire_data}")
            }
            (Dialect::Documented, Shape::UserOnly) => writeln!(out, "{status}: {reason} - {user}"),
            (Dialect::Documented, Shape::InvalidSource) => {
                writeln!(out, "{status}: {reason} - {data}")
            }
            (Dialect::Documented, Shape::SignIn { code, .. }) => {
                writeln!(out, "{status}: {reason} - {user}|{code}")
            }
            (Dialect::Documented, Shape::Blocked) => {
                writeln!(out, "{status}: {reason} - {user}|IPBLOCK|{data}")
            }
            (Dialect::Wire, Shape::Dashed) => {
                writeln!(out, "{status}: {wire_reason} - {user}|{wire_data}")
            }
            (Dialect::Wire, Shape::Usual) if is_success => {
                writeln!(out, "{status}: {wire_reason} - {user}|{wire_data}")
            }
            (Dialect::Wire, Shape::Usual | Shape::UserOnly) => {
                writeln!(out, "{status}: {wire_reason}: |{user}|{wire_data}")
            }
            (Dialect::Wire, Shape::Barred) => {
                writeln!(out, "{status}: {wire_reason}: |{user}|{wire_data}|")
            }
            (Dialect::Wire, Shape::Colon) => {
                writeln!(out, "{status}: {wire_reason}: {user}|{wire_data}")
            }
            (Dialect::Wire, Shape::InvalidSource) => {
                writeln!(
                    out,
                    "{status}: {reason} - {data}\n{status}: {reason}: |{data}|"
                )
            }
            (
                Dialect::Wire,
                Shape::SignIn {
                    code: code @ "LOCK",
                    ..
                },
            ) => writeln!(out, "{status}: {reason}: |{user}|{code}|"),
            (Dialect::Wire, Shape::SignIn { password, code }) => {
                writeln!(out, "{status}: {reason}: |{user}|{password}|{code}|")
            }
            (Dialect::Wire, Shape::Blocked) => {
                writeln!(out, "{status}: {reason}: {data}: ||IPBLOCK|")
            }
        };
        debug_assert!(written.is_ok(), "a String takes every text");
    }
}
