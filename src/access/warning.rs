//! Warnings beside an answer, as the header `X-Vicishim-Warning` has them.

/// The header's name.
pub(crate) const HEADER: &str = "X-Vicishim-Warning";

/// The most bytes of the header: clients and proxies limit what all headers take.
const LONGEST: usize = 1000;

/// So many of them are kept for the count of those that do not fit.
const COUNTED: usize = 32;

/// One line of visible ASCII: the warnings, `; ` between them, a `?` for each other character. Those that would make it
/// longer than 1000 bytes are counted. None where there are no warnings.
pub(crate) fn line<W: AsRef<str>>(warnings: &[W]) -> Option<String> {
    let mut line = String::new();
    for (index, warning) in warnings.iter().enumerate() {
        let is_visible = |c: &char| c.is_ascii_graphic() || *c == ' ';
        let visible = |c: char| if is_visible(&c) { c } else { '?' };
        let text: String = warning.as_ref().chars().map(visible).collect();
        let is_last = index + 1 == warnings.len();
        let most = if is_last { LONGEST } else { LONGEST - COUNTED };
        if line.len() + text.len() > most {
            line.push_str(&format!("and {} more", warnings.len() - index));
            return Some(line);
        }
        line.push_str(&text);
        if !is_last {
            line.push_str("; ");
        }
    }
    (!warnings.is_empty()).then_some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings_are_one_line_of_ascii() {
        assert_eq!(line::<&str>(&[]), None);
        assert_eq!(line(&["one"]).as_deref(), Some("one"));
        assert_eq!(
            line(&["one", "no ñ\r\nX: y"]).as_deref(),
            Some("one; no ???X: y")
        );
        let long = "x".repeat(400);
        let almost = ["x".repeat(980), "y".repeat(980)];
        assert_eq!(line(&almost).as_deref(), Some("and 2 more"));
        let most = line(&["x".repeat(966), "y".repeat(980)]).expect("a line");
        assert!(most.len() <= LONGEST && most.ends_with("x; and 1 more"));
        let cut = format!("{long}; {long}; and 3 more");
        assert_eq!(line(&[&long; 5]), Some(cut));
        assert_eq!(line(&["x".repeat(1001)]).as_deref(), Some("and 1 more"));
    }
}
