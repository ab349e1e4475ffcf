//! Bar charts, drawn here as SVG with a table of their numbers behind them.
//!
//! A page has a field of this type and draws it with `{% let chart = calls %}{% include "chart.html" %}`, `calls` being the
//! field. Several series are stacked upon each other, the first at the bottom.

/// A bar chart.
#[derive(Debug, Clone, Default)]
pub(super) struct Chart {
    /// What it shows: `Calls a day`. Charts of one page have different titles.
    pub(super) title: String,
    /// What is to be seen in it, in a sentence: `310 calls in 30 days, at most 40 on 20 November.`
    pub(super) summary: String,
    /// What is said in its place where every value is 0, and what to do then.
    pub(super) empty: String,
    /// What a bar stands for, as the table's first column names it: `Day`.
    pub(super) of: &'static str,
    /// What is stacked in a bar; one for plain bars.
    pub(super) series: Vec<Series>,
    /// The bars from left to right.
    pub(super) bars: Vec<Bar>,
}

/// What is counted in a part of each bar.
#[derive(Debug, Clone)]
pub(super) struct Series {
    /// What it is: `refused`.
    pub(super) name: String,
    /// Its class in the style sheet, which gives the colour: none, `good`, `warn` or `bad`.
    pub(super) class: &'static str,
}

/// A bar.
#[derive(Debug, Clone)]
pub(super) struct Bar {
    /// What it stands for, in full: `Friday 2026-11-20`.
    pub(super) name: String,
    /// The same below the axis, short: `11-20`.
    pub(super) label: String,
    /// Its values in the order of the series; 0 for those that are missing.
    pub(super) values: Vec<u64>,
}

/// A line across the chart.
pub(super) struct Line {
    pub(super) y: u64,
    pub(super) label: String,
}

/// A bar as it is drawn.
pub(super) struct Drawn<'c> {
    /// What is said where it is pointed at.
    pub(super) title: String,
    /// The room that it has.
    pub(super) slot: f64,
    pub(super) slot_width: f64,
    pub(super) x: f64,
    pub(super) width: f64,
    pub(super) middle: f64,
    /// What is written below it; none where there is no room for it.
    pub(super) label: Option<&'c str>,
    /// From the bottom up.
    pub(super) parts: Vec<Part>,
}

/// What a series has in a bar.
pub(super) struct Part {
    pub(super) class: &'static str,
    pub(super) y: f64,
    pub(super) height: f64,
}

const WIDTH: u64 = 720;
const HEIGHT: u64 = 220;
/// Where the bars begin: left of it are the values.
const LEFT: u64 = 56;
/// Where they end: a label may be wider than the room of its bar.
const RIGHT: u64 = 696;
const TOP: u64 = 12;
/// Where the bars stand: below it are their labels.
const BASE: u64 = 192;
/// How wide a character of a label is at the most.
const CHARACTER: f64 = 7.5;
/// A value that is not 0 is seen.
const THINNEST: f64 = 1.5;

impl Chart {
    /// Whether every value is 0.
    pub(super) fn is_empty(&self) -> bool {
        self.highest() == 0
    }

    pub(super) fn width(&self) -> u64 {
        WIDTH
    }

    pub(super) fn height(&self) -> u64 {
        HEIGHT
    }

    pub(super) fn left(&self) -> u64 {
        LEFT
    }

    pub(super) fn top(&self) -> u64 {
        TOP
    }

    pub(super) fn base(&self) -> u64 {
        BASE
    }

    fn highest(&self) -> u64 {
        let sums = self.bars.iter().map(|bar| sum(&bar.values));
        sums.max().unwrap_or(0)
    }

    /// The values of a bar, as the table has them: one for each series.
    pub(super) fn values(&self, bar: &Bar) -> Vec<String> {
        let value = |index| grouped(bar.values.get(index).copied().unwrap_or(0));
        (0..self.series.len()).map(value).collect()
    }

    /// The lines across, each at a round value.
    pub(super) fn lines(&self) -> Vec<Line> {
        let (step, count) = steps(self.highest());
        let line = |n: u64| Line {
            y: BASE - (BASE - TOP) * n / count,
            label: grouped(step.saturating_mul(n)),
        };
        (0..=count).map(line).collect()
    }

    /// The bars.
    pub(super) fn drawn<'d>(&'d self) -> Vec<Drawn<'d>> {
        let (step, count) = steps(self.highest());
        let scale = float(BASE - TOP) / float(step.saturating_mul(count));
        let slot_width = float(RIGHT - LEFT) / float(self.bars.len().max(1) as u64);
        let longest = self.bars.iter().map(|bar| bar.label.chars().count()).max();
        let label_width = float(longest.unwrap_or(0) as u64 + 1) * CHARACTER;
        let every = (label_width / slot_width).ceil().max(1.0) as usize;
        let draw = |(index, bar): (usize, &'d Bar)| {
            let slot = float(LEFT) + slot_width * float(index as u64);
            let width = (slot_width * 0.8).min(48.0);
            Drawn {
                title: self.said(bar),
                slot: rounded(slot),
                slot_width: rounded(slot_width),
                x: rounded(slot + (slot_width - width) / 2.0),
                width: rounded(width),
                middle: rounded(slot + slot_width / 2.0),
                // The last one has its label: people look there first.
                label: (self.bars.len() - 1 - index)
                    .is_multiple_of(every)
                    .then_some(bar.label.as_str()),
                parts: self.parts(bar, scale),
            }
        };
        self.bars.iter().enumerate().map(draw).collect()
    }

    fn parts(&self, bar: &Bar, scale: f64) -> Vec<Part> {
        let mut y = float(BASE);
        let parts = self
            .series
            .iter()
            .zip(&bar.values)
            .filter(|(_, value)| **value > 0);
        parts
            .map(|(series, value)| {
                let height = (float(*value) * scale).max(THINNEST);
                y = (y - height).max(0.0);
                Part {
                    class: series.class,
                    y: rounded(y),
                    height: rounded(height),
                }
            })
            .collect()
    }

    /// A bar in words.
    fn said(&self, bar: &Bar) -> String {
        let said = self.series.iter().zip(self.values(bar));
        let said: Vec<String> = said
            .map(|(series, value)| format!("{} {value}", series.name))
            .collect();
        format!("{}: {}", bar.name, said.join(", "))
    }
}

fn sum(values: &[u64]) -> u64 {
    values
        .iter()
        .fold(0, |sum, value| sum.saturating_add(*value))
}

/// How far the lines are apart, and how many there are above the axis: 2 to 5, at round values, the last one at this value or
/// above it.
fn steps(highest: u64) -> (u64, u64) {
    let mut step: u64 = 1;
    for factor in [2, 5, 10].iter().cycle() {
        if highest.div_ceil(step) <= 5 {
            break;
        }
        let power = 10_u64.checked_pow(step.ilog10()).unwrap_or(1);
        let Some(next) = power.checked_mul(*factor) else {
            break;
        };
        step = next;
    }
    (step, highest.div_ceil(step).max(2))
}

/// A number as people read it: 1,234,567.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() * 4 / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

fn float(number: u64) -> f64 {
    number as f64
}

/// To a tenth of a pixel: nobody sees more, and pages stay small.
fn rounded(number: f64) -> f64 {
    (number * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_are_at_round_values_up_to_the_highest() {
        for (highest, expected) in [
            (0, (1, 2)),
            (1, (1, 2)),
            (5, (1, 5)),
            (6, (2, 3)),
            (11, (5, 3)),
            (26, (10, 3)),
            (60, (20, 3)),
            (999, (200, 5)),
            (1001, (500, 3)),
        ] {
            assert_eq!(steps(highest), expected, "{highest}");
        }
        let (step, count) = steps(u64::MAX);
        assert!(step > 0 && count >= 2);
    }

    #[test]
    fn numbers_are_grouped_by_three() {
        for (number, shown) in [
            (0, "0"),
            (999, "999"),
            (1000, "1,000"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(grouped(number), shown);
        }
    }

    fn chart(values: &[[u64; 2]]) -> Chart {
        let series = |name: &str, class| Series {
            name: name.to_owned(),
            class,
        };
        let bar = |(index, values): (usize, &[u64; 2])| Bar {
            name: format!("2026-11-{index:02}"),
            label: format!("11-{index:02}"),
            values: values.to_vec(),
        };
        Chart {
            series: vec![series("done", ""), series("refused", "bad")],
            bars: values.iter().enumerate().map(bar).collect(),
            ..Chart::default()
        }
    }

    #[test]
    fn series_stand_upon_each_other_within_the_chart() {
        let chart = chart(&[[10, 30], [0, 1], [0, 0], [40, 0]]);
        let drawn = chart.drawn();
        assert_eq!(drawn[0].title, "2026-11-00: done 10, refused 30");
        let [done, refused] = &drawn[0].parts[..] else {
            panic!("two parts");
        };
        assert_eq!((done.class, refused.class), ("", "bad"));
        assert!((done.y + done.height - float(BASE)).abs() < 0.11);
        assert!((refused.y + refused.height - done.y).abs() < 0.11);
        assert!(refused.y >= float(TOP));
        assert!((refused.height - 3.0 * done.height).abs() < 0.3);
        assert!(drawn[1].parts[0].height >= THINNEST);
        assert!(drawn[2].parts.is_empty());
    }

    #[test]
    fn labels_have_room_and_the_last_bar_has_one() {
        let chart = chart(&[[1, 0]; 90]);
        let drawn = chart.drawn();
        let labels: Vec<f64> = drawn
            .iter()
            .filter(|bar| bar.label.is_some())
            .map(|bar| bar.middle)
            .collect();
        assert!(
            labels
                .windows(2)
                .all(|pair| pair[1] - pair[0] >= 6.0 * CHARACTER)
        );
        assert_eq!(drawn[89].label, Some("11-89"));
        assert!(chart.drawn()[89].x + chart.drawn()[89].width <= float(WIDTH));
    }

    #[derive(askama::Template)]
    #[template(
        source = "{% let chart = calls %}{% include \"chart.html\" %}",
        ext = "html",
        config = "src/console/askama.toml"
    )]
    struct Page {
        calls: Chart,
    }

    #[test]
    fn its_words_are_text_and_its_numbers_are_in_a_table_too() {
        let mut chart = chart(&[[1200, 3]]);
        chart.title = "<b>".to_owned();
        chart.bars[0].name = "\"x\"<y>".to_owned();
        let drawn = askama::Template::render(&Page { calls: chart }).expect("a page");
        assert!(!drawn.contains("<b>") && !drawn.contains("<y>"), "{drawn}");
        assert!(drawn.contains("<td class=\"number\">1,200</td>"), "{drawn}");
        assert!(drawn.contains("<rect class=\"bar bad\""), "{drawn}");
    }

    #[test]
    fn a_chart_of_nothing_says_so() {
        assert!(chart(&[]).is_empty() && chart(&[]).drawn().is_empty());
        assert!(chart(&[[0, 0]]).is_empty());
        assert!(!chart(&[[0, 1]]).is_empty());
    }
}
