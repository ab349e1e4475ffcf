//! Descriptions: VICIdial's column holds their beginning, ours the whole of a longer one.

/// How many characters VICIdial's column holds, `did_description varchar(50)`.
pub(super) const SHORT: usize = 50;

/// How many characters a description has at most.
pub(super) const LONG: usize = 1000;

/// What VICIdial's column holds of a description.
pub(super) fn beginning(description: &str) -> &str {
    match description.char_indices().nth(SHORT) {
        Some((end, _)) => description[..end].trim_end(),
        None => description,
    }
}

/// What our own column holds of it; none where VICIdial's holds all.
pub(super) fn own(description: &str) -> Option<&str> {
    (beginning(description) != description).then_some(description)
}

/// A description as both columns hold it. Ours counts as long as VICIdial's holds its beginning: `update_did` and a dialer's
/// own pages change that one alone.
pub(super) fn whole(vicidial: &str, own: Option<&str>) -> String {
    let own = own.filter(|own| beginning(own) == vicidial);
    own.unwrap_or(vicidial).to_owned()
}

/// What is said of one that VICIdial's column does not hold.
pub(super) fn warning(description: &str) -> Option<String> {
    own(description)?;
    let count = description.chars().count();
    Some(format!(
        "its description has {count} characters: VICIdial's column holds the first {SHORT}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_description_counts_while_vicidials_column_holds_its_beginning() {
        let short = "é".repeat(SHORT);
        assert_eq!((beginning(&short), own(&short)), (short.as_str(), None));
        let long = format!("{}  and more", "é".repeat(SHORT - 1));
        let column = "é".repeat(SHORT - 1);
        assert_eq!(
            (beginning(&long), own(&long)),
            (column.as_str(), Some(long.as_str()))
        );
        assert_eq!(whole(&column, Some(&long)), long);
        assert_eq!(whole("Another one", Some(&long)), "Another one");
        assert_eq!(whole("Another one ", None), "Another one ");
        assert_eq!(warning(&short), None);
    }
}
