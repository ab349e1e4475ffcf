//! The drawing of a way that forks: boxes below each other, and beside each where it is left. Nothing of DIDs.

/// A box's words.
#[derive(Debug, Clone, Default)]
pub(super) struct Words {
    pub(super) title: String,
    pub(super) detail: String,
}

/// Something that is asked on the way.
#[derive(Debug, Clone, Default)]
pub(super) struct Fork {
    pub(super) words: Words,
    /// Whether the way comes through here.
    pub(super) is_taken: bool,
    /// Where the way is left.
    pub(super) exits: Vec<Exit>,
}

/// A way out of a fork.
#[derive(Debug, Clone)]
pub(super) struct Exit {
    /// When it is taken: `closed`.
    pub(super) label: &'static str,
    pub(super) end: End,
}

/// Where a way ends.
#[derive(Debug, Clone, Default)]
pub(super) struct End {
    pub(super) words: Words,
    /// Whether the way ends here.
    pub(super) is_taken: bool,
    /// Whether there is something wrong with it.
    pub(super) is_bad: bool,
    /// Where it goes on from there.
    pub(super) then: Option<Words>,
}

/// A drawing.
#[derive(Debug, Clone, Default)]
pub(super) struct Drawing {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) boxes: Vec<Drawn>,
    pub(super) lines: Vec<Line>,
}

/// A box as it is drawn.
#[derive(Debug, Clone)]
pub(super) struct Drawn {
    pub(super) x: u32,
    pub(super) y: u32,
    pub(super) height: u32,
    /// The class in the style sheet, besides `box`.
    pub(super) class: &'static str,
    /// All of its words, where not all are drawn.
    pub(super) whole: String,
    pub(super) texts: Vec<Text>,
}

/// A line of text.
#[derive(Debug, Clone)]
pub(super) struct Text {
    pub(super) y: u32,
    pub(super) is_title: bool,
    pub(super) text: String,
}

/// A line between boxes, with its head.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) path: String,
    pub(super) head: String,
    pub(super) is_taken: bool,
    /// What is written at it, and where.
    pub(super) label: String,
    pub(super) x: u32,
    pub(super) y: u32,
}

const WIDTH: u32 = 250;
/// Between a box and the one beside it: there is room for a label.
const BESIDE: u32 = 150;
/// Between a box and the one below it.
const BELOW: u32 = 34;
const MARGIN: u32 = 12;
/// Even, as all heights are: what is beside each other has its middle at the same place.
const LINE: u32 = 18;
/// How many cells a line of a box has: a letter takes one, one of the East two.
const CELLS: usize = 34;
/// How many lines a box has of each of its texts.
const LINES: usize = 3;

impl Words {
    /// The lines, each with whether it is the title's; and whether these are all.
    fn lines(&self) -> (Vec<(String, bool)>, bool) {
        let (title, title_is_whole) = wrapped(&self.title);
        let (detail, detail_is_whole) = wrapped(&self.detail);
        let title = title.into_iter().map(|line| (line, true));
        let lines = title.chain(detail.into_iter().map(|line| (line, false)));
        (lines.collect(), title_is_whole && detail_is_whole)
    }

    /// The height of their box.
    fn height(&self) -> u32 {
        let (lines, _) = self.lines();
        u32::try_from(lines.len()).unwrap_or(0) * LINE + 14
    }
}

impl End {
    /// The height of its box, and of the one behind it.
    fn height(&self) -> u32 {
        let then = self.then.as_ref().map_or(0, Words::height);
        self.words.height().max(then)
    }
}

impl Drawing {
    /// Draws forks one below the other, and the end behind the last one.
    pub(super) fn of(forks: &[Fork], end: &End) -> Self {
        let mut drawing = Self::default();
        let mut y = MARGIN;
        let mut above: Option<(u32, bool)> = None;
        for fork in forks {
            // A fork and its exits are beside each other, each in the middle of the row.
            let exits = fork.exits.iter().map(|exit| exit.end.height() + MARGIN);
            let exits = exits.sum::<u32>().saturating_sub(MARGIN);
            let own = fork.words.height();
            let row = own.max(exits);
            let top = y + (row - own) / 2;
            drawing.below(above, (top, fork.is_taken));
            let class = if fork.is_taken { "taken" } else { "" };
            drawing.put(MARGIN, top, &fork.words, class);
            let from = (MARGIN + WIDTH, top + own / 2);
            let mut beside = y + (row - exits) / 2;
            for exit in &fork.exits {
                let middle = beside + exit.end.words.height() / 2;
                drawing.end(MARGIN + WIDTH + BESIDE, beside, &exit.end);
                let label = match exit.end.is_taken {
                    true => format!("{}: taken", exit.label),
                    false => exit.label.to_owned(),
                };
                let to = (MARGIN + WIDTH + BESIDE, middle);
                drawing.beside(from, to, (exit.end.is_taken, label));
                beside += exit.end.height() + MARGIN;
            }
            above = Some((top + own, fork.is_taken));
            y += row + BELOW;
        }
        drawing.below(above, (y, end.is_taken));
        drawing.end(MARGIN, y, end);
        drawing.height = y + end.height() + MARGIN;
        let right = drawing.boxes.iter().map(|drawn| drawn.x + WIDTH).max();
        drawing.width = right.unwrap_or(0) + MARGIN;
        drawing
    }

    pub(super) fn box_width(&self) -> u32 {
        WIDTH
    }

    /// An end, and what is behind it.
    fn end(&mut self, x: u32, y: u32, end: &End) {
        let class = match (end.is_taken, end.is_bad) {
            (true, true) => "taken bad",
            (true, false) => "taken",
            (false, true) => "bad",
            (false, false) => "",
        };
        self.put(x, y, &end.words, class);
        if let Some(then) = &end.then {
            let behind = x + WIDTH + BESIDE;
            self.put(behind, y, then, "taken");
            let from = (x + WIDTH, y + end.words.height() / 2);
            let to = (behind, y + then.height() / 2);
            self.beside(from, to, (true, "goes on to".to_owned()));
        }
    }

    fn put(&mut self, x: u32, y: u32, words: &Words, class: &'static str) {
        let (lines, is_whole) = words.lines();
        let first = y + 4 + LINE;
        let text = |(text, is_title): (String, bool), y| Text { y, is_title, text };
        let places = (first..).step_by(LINE as usize);
        self.boxes.push(Drawn {
            x,
            y,
            height: words.height(),
            class,
            whole: match is_whole {
                true => String::new(),
                false => format!("{}: {}", words.title, words.detail),
            },
            texts: lines
                .into_iter()
                .zip(places)
                .map(|(line, y)| text(line, y))
                .collect(),
        });
    }

    fn below(&mut self, above: Option<(u32, bool)>, (y, is_taken): (u32, bool)) {
        let Some((bottom, was_taken)) = above else {
            return;
        };
        let x = MARGIN + WIDTH / 2;
        let is_taken = is_taken && was_taken;
        self.lines.push(Line {
            path: format!("M{x} {bottom}V{}", y - 7),
            head: format!("M{x} {y}l-5 -8h10z"),
            is_taken,
            label: match is_taken {
                true => "goes on".to_owned(),
                false => String::new(),
            },
            x: x + 10,
            y: y - 12,
        });
    }

    fn beside(&mut self, from: (u32, u32), to: (u32, u32), (is_taken, label): (bool, String)) {
        let ((x, y), (right, beside)) = (from, to);
        self.lines.push(Line {
            path: format!("M{x} {y}H{}V{beside}H{}", x + 16, right - 7),
            head: format!("M{right} {beside}l-8 -5v10z"),
            is_taken,
            label,
            x: x + 24,
            y: beside - 6,
        });
    }
}

/// How wide a letter is, in cells.
fn cells(letter: char) -> usize {
    match u32::from(letter) {
        0x1100..=0x115F
        | 0x2E80..=0xA4CF
        | 0xAC00..=0xD7A3
        | 0xF900..=0xFAFF
        | 0xFE30..=0xFE6F
        | 0xFF00..=0xFF60
        | 0x1F300.. => 2,
        _ => 1,
    }
}

/// A text in lines, broken between words where it can be; and whether these are all of it.
fn wrapped(text: &str) -> (Vec<String>, bool) {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    let mut taken = 0;
    for word in text.split_whitespace() {
        let width: usize = word.chars().map(cells).sum();
        if taken > 0 && taken + 1 + width > CELLS {
            lines.push(std::mem::take(&mut line));
            taken = 0;
        }
        if taken > 0 {
            line.push(' ');
            taken += 1;
        }
        for letter in word.chars() {
            if taken + cells(letter) > CELLS {
                lines.push(std::mem::take(&mut line));
                taken = 0;
            }
            line.push(letter);
            taken += cells(letter);
        }
    }
    if taken > 0 {
        lines.push(line);
    }
    if lines.len() <= LINES {
        return (lines, true);
    }
    lines.truncate(LINES);
    if let Some(last) = lines.last_mut() {
        last.pop();
        last.push('…');
    }
    (lines, false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_wrapped_between_words_and_cut_where_it_is_too_long() {
        let (lines, is_whole) = wrapped("within the hours of Office hours (America/New_York)");
        assert!(is_whole);
        assert_eq!(
            lines,
            ["within the hours of Office hours", "(America/New_York)"]
        );
        let (lines, is_whole) = wrapped(&"x".repeat(500));
        assert!(!is_whole);
        assert_eq!(lines.len(), LINES);
        assert!(lines.iter().all(|line| line.chars().count() <= CELLS));
        let (lines, _) = wrapped(&"電".repeat(40));
        assert_eq!(lines[0].chars().count(), CELLS / 2);
        assert_eq!(wrapped("  ").0, [""; 0]);
    }

    #[test]
    fn boxes_lie_beside_and_below_each_other_and_never_upon() {
        let words = |title: &str| Words {
            title: title.to_owned(),
            detail: "a detail that takes more than the one line which a box begins with".to_owned(),
        };
        let exit = |is_taken| Exit {
            label: "closed",
            end: End {
                words: words("an end"),
                is_taken,
                then: is_taken.then(|| words("behind it")),
                ..End::default()
            },
        };
        let fork = |exits| Fork {
            words: words("a fork"),
            is_taken: true,
            exits,
        };
        let forks = [
            fork(vec![]),
            fork(vec![exit(false), exit(true)]),
            fork(vec![exit(false)]),
        ];
        let drawing = Drawing::of(
            &forks,
            &End {
                words: words("the last"),
                ..End::default()
            },
        );
        assert_eq!(drawing.boxes.len(), 8);
        for (index, one) in drawing.boxes.iter().enumerate() {
            assert!(one.x + WIDTH <= drawing.width && one.y + one.height <= drawing.height);
            for other in &drawing.boxes[index + 1..] {
                let apart = one.x + WIDTH <= other.x
                    || other.x + WIDTH <= one.x
                    || one.y + one.height <= other.y
                    || other.y + other.height <= one.y;
                assert!(apart, "{one:?} {other:?}");
            }
        }
        let taken: Vec<&str> = drawing
            .lines
            .iter()
            .filter(|line| line.is_taken)
            .map(|line| line.label.as_str())
            .collect();
        assert_eq!(taken, ["goes on", "goes on to", "closed: taken", "goes on"]);
    }
}
