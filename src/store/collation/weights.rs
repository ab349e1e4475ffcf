//! The weights of letters in `utf8_unicode_ci`: a letter has none (it is ignored), one, or up to eight.
//!
//! `unicode_ci_weights.tsv` has them as read off a MariaDB: a code point and its weights, in hex of four digits each.

use std::str::Chars;
use std::sync::LazyLock;

const LISTED: &str = include_str!("../../../fixtures/reference/unicode_ci_weights.tsv");

/// The weights of ASCII, of which no character has more than one: 0 is a character that is ignored.
pub(super) const ASCII: [u16; 128] = ascii(LISTED.as_bytes());

/// The weight of a space: texts count as if they ended in any number of spaces.
pub(super) const SPACE: u16 = ASCII[b' ' as usize];

/// How many letters a page of the table has.
const PAGE: usize = 256;

/// The letters that are listed, each with the place of its weights.
struct Table {
    /// By the high byte of a code point of the basic plane, then by its low byte; a page without listed letters is empty.
    pages: Vec<Vec<Option<Place>>>,
    weights: Vec<u16>,
}

/// Where the weights of a letter are among all weights.
#[derive(Clone, Copy)]
struct Place {
    from: u16,
    count: u8,
}

#[expect(clippy::unwrap_used, reason = "a fixed text; every test reads it")]
static TABLE: LazyLock<Table> = LazyLock::new(|| Table::read(LISTED).unwrap());

impl Table {
    /// Reads the lines of the list; none where one of them is malformed.
    fn read(list: &str) -> Option<Self> {
        let mut table = Self {
            pages: vec![Vec::new(); PAGE],
            weights: Vec::new(),
        };
        for line in list.lines() {
            let (letter, weights) = line.split_once('\t')?;
            let letter = usize::from(u16::from_str_radix(letter, 16).ok()?);
            let place = Place {
                from: u16::try_from(table.weights.len()).ok()?,
                count: u8::try_from(weights.len() / 4).ok()?,
            };
            for at in (0..weights.len()).step_by(4) {
                let weight = weights.get(at..at + 4)?;
                table.weights.push(u16::from_str_radix(weight, 16).ok()?);
            }
            let page = table.pages.get_mut(letter / PAGE)?;
            page.resize(PAGE, None);
            *page.get_mut(letter % PAGE)? = Some(place);
        }
        Some(table)
    }

    /// The weights of a letter; none where it is not listed.
    fn find(&self, letter: char) -> Option<&[u16]> {
        let letter = letter as usize;
        let Place { from, count } = (*self.pages.get(letter / PAGE)?.get(letter % PAGE)?)?;
        let from = usize::from(from);
        self.weights.get(from..from + usize::from(count))
    }
}

/// Reads the first lines of the list while it is compiled.
const fn ascii(list: &[u8]) -> [u16; 128] {
    let mut weights = [0; 128];
    let (mut letter, mut at) = (0, 0);
    while letter < weights.len() {
        // Behind the code point and the tab.
        at += 5;
        while list[at] != b'\n' {
            let digit = (list[at] as char).to_digit(16);
            let Some(digit) = digit else {
                panic!("not a digit of a weight")
            };
            weights[letter] = weights[letter] * 16 + digit as u16;
            at += 1;
        }
        at += 1;
        letter += 1;
    }
    weights
}

/// The two weights of a letter that is not listed. Letters of other planes, which `utf8` columns cannot hold, have them by
/// the same rule.
fn computed(letter: char) -> [u16; 2] {
    let letter = letter as u32;
    let base = match letter {
        0x4E00..=0x9FA5 => 0xFB40,
        0x3400..=0x4DB5 => 0xFB80,
        _ => 0xFBC0,
    };
    // A code point has 21 bits: both fit.
    [
        (base + (letter >> 15)) as u16,
        ((letter & 0x7FFF) | 0x8000) as u16,
    ]
}

/// The weights of a text, one after the other.
pub(super) struct Weights<'t> {
    letters: Chars<'t>,
    /// What is left of a listed letter's.
    listed: std::slice::Iter<'static, u16>,
    /// The second one of a letter that is not listed.
    second: Option<u16>,
}

impl<'t> Weights<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        Self {
            letters: text.chars(),
            listed: [].iter(),
            second: None,
        }
    }
}

impl Iterator for Weights<'_> {
    type Item = u16;

    fn next(&mut self) -> Option<u16> {
        loop {
            if let Some(weight) = self.listed.next() {
                return Some(*weight);
            }
            if let Some(weight) = self.second.take() {
                return Some(weight);
            }
            let letter = self.letters.next()?;
            if letter.is_ascii() {
                match ASCII[letter as usize] {
                    0 => continue,
                    weight => return Some(weight),
                }
            }
            match TABLE.find(letter) {
                Some(weights) => self.listed = weights.iter(),
                None => {
                    let [first, second] = computed(letter);
                    self.second = Some(second);
                    return Some(first);
                }
            }
        }
    }
}

/// Whether two letters have the same weights.
pub(super) fn are_equal(left: char, right: char) -> bool {
    // A search compares them for each letter of each row.
    if left.is_ascii_graphic() && right.is_ascii_graphic() {
        return left.eq_ignore_ascii_case(&right);
    }
    let (mut left_bytes, mut right_bytes) = ([0; 4], [0; 4]);
    left == right
        || Weights::of(left.encode_utf8(&mut left_bytes))
            .eq(Weights::of(right.encode_utf8(&mut right_bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn visible_letters_of_ascii_are_equal_but_for_their_case() {
        let visible: Vec<char> = ('!'..='~').collect();
        for &left in &visible {
            for &right in &visible {
                let weights = |letter: char| Weights::of(&letter.to_string()).collect::<Vec<_>>();
                assert_eq!(
                    are_equal(left, right),
                    weights(left) == weights(right),
                    "{left} {right}"
                );
            }
        }
    }

    #[test]
    fn each_line_of_the_list_is_read() {
        let mut count = 0;
        for line in LISTED.lines() {
            let (letter, weights) = line.split_once('\t').expect("two columns");
            let letter = u32::from_str_radix(letter, 16).expect("a code point");
            let letter = char::from_u32(letter).expect("a letter");
            let read: String = Weights::of(&letter.to_string())
                .map(|weight| format!("{weight:04X}"))
                .collect();
            assert_eq!(read, weights, "{letter:?}");
            count += 1;
        }
        assert_eq!(count, 12_072);
    }

    #[test]
    fn a_list_that_is_malformed_is_not_read() {
        assert!(Table::read("0041\t0E33\n").is_some());
        for list in [
            "0041",
            "41x\t0E33",
            "0041\t0E3",
            "0041\t0E3X",
            "110041\t0E33",
        ] {
            assert!(Table::read(list).is_none(), "{list}");
        }
    }

    #[test]
    fn a_letter_that_is_not_listed_has_computed_weights() {
        for (letter, weights) in [
            ("\u{4E00}", [0xFB40, 0xCE00]),
            ("\u{9FA5}", [0xFB41, 0x9FA5]),
            ("\u{9FA6}", [0xFBC1, 0x9FA6]),
            ("\u{3400}", [0xFB80, 0xB400]),
            ("\u{0526}", [0xFBC0, 0x8526]),
            ("😀", [0xFBC3, 0xF600]),
        ] {
            assert!(Weights::of(letter).eq(weights), "{letter}");
        }
    }
}
