//! The slow, obvious way to count segments: cut the text, and count what came of it. Shared with the
//! fuzz target.

use anysms::text::{Encoding, SegmentRule};

/// How clusters see a character: its Grapheme_Cluster_Break in Unicode 10.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Other,
    Control,
    Extend,
    Spacing,
    Prepend,
    Flag,
    Zwj,
    L,
    V,
    T,
    Lv,
    Lvt,
    Base,
    BaseGlue,
    Modifier,
    Glue,
}

use Kind::*;

/// The characters that model texts are made of: all kinds, in one unit and two, and those of GSM-7.
pub(crate) const ALPHABET: [(char, Kind); 48] = [
    ('a', Other),
    ('é', Other),
    ('Ω', Other),
    ('€', Other),
    ('[', Other),
    ('\u{c}', Control),
    ('\r', Control),
    ('\n', Control),
    ('\u{1b}', Control),
    ('\u{200b}', Control),
    ('\u{e0001}', Control),
    ('я', Other),
    ('漢', Other),
    ('’', Other),
    ('\u{1f600}', Other),
    ('\u{1f9ff}', Other),
    ('\u{300}', Extend),
    ('\u{fe0f}', Extend),
    ('\u{20e3}', Extend),
    ('\u{200c}', Extend),
    ('\u{94d}', Extend),
    ('\u{e0067}', Extend),
    ('\u{903}', Spacing),
    ('\u{e33}', Spacing),
    ('\u{1d166}', Spacing),
    ('\u{600}', Prepend),
    ('\u{110bd}', Prepend),
    ('\u{1f1e6}', Flag),
    ('\u{1f1ff}', Flag),
    ('\u{200d}', Zwj),
    ('\u{1100}', L),
    ('\u{a97c}', L),
    ('\u{1160}', V),
    ('\u{d7c6}', V),
    ('\u{11a8}', T),
    ('\u{d7fb}', T),
    ('가', Lv),
    ('히', Lv),
    ('각', Lvt),
    ('힣', Lvt),
    ('\u{261d}', Base),
    ('\u{1f44b}', Base),
    ('\u{1f466}', BaseGlue),
    ('\u{1f469}', BaseGlue),
    ('\u{1f3fb}', Modifier),
    ('\u{1f3ff}', Modifier),
    ('\u{2764}', Glue),
    ('\u{1f308}', Glue),
];

/// The segments of a text over the alphabet, each with its atoms, by their units.
pub(crate) fn cut(rule: SegmentRule, text: &[(char, Kind)]) -> (Encoding, Vec<Vec<usize>>) {
    let septets: Option<Vec<_>> = text.iter().map(|(c, _)| septets(*c)).collect();
    match septets {
        Some(septets) => (Encoding::Gsm7, pack(Encoding::Gsm7, &septets)),
        None => {
            let atoms = match rule {
                SegmentRule::Plain => text.iter().map(|(c, _)| c.len_utf16()).collect(),
                _ => clusters(text),
            };
            (Encoding::Ucs2, pack(Encoding::Ucs2, &atoms))
        }
    }
}

fn septets(c: char) -> Option<usize> {
    match c {
        'a' | 'é' | 'Ω' | '\r' | '\n' => Some(1),
        '€' | '[' | '\u{c}' => Some(2),
        _ => None,
    }
}

/// One segment without a header; once it is full, it gets one, and what then is too much opens a
/// second segment together with what did not fit.
fn pack(encoding: Encoding, atoms: &[usize]) -> Vec<Vec<usize>> {
    let (single, part) = (encoding.single_limit(), encoding.part_limit());
    let mut segments = vec![Vec::new()];
    for &atom in atoms {
        let limit = if segments.len() == 1 { single } else { part };
        let last = segments.last_mut().unwrap();
        if last.iter().sum::<usize>() + atom <= limit {
            last.push(atom);
            continue;
        }
        let mut next = Vec::new();
        while last.iter().sum::<usize>() > part && limit == single {
            next.insert(0, last.pop().unwrap());
        }
        next.push(atom);
        segments.push(next);
    }
    segments
}

/// The clusters of a text, by their units.
fn clusters(text: &[(char, Kind)]) -> Vec<usize> {
    let (mut found, mut cluster): (Vec<usize>, Vec<Kind>) = (Vec::new(), Vec::new());
    for (c, kind) in text {
        match found.last_mut() {
            Some(units) if joins(&cluster, *kind) => *units += c.len_utf16(),
            _ => {
                found.push(c.len_utf16());
                cluster.clear();
            }
        }
        cluster.push(*kind);
    }
    found
}

/// Whether a character joins the cluster before it: the annex, rule by rule, with what the calculator
/// makes of it.
fn joins(cluster: &[Kind], next: Kind) -> bool {
    let last = *cluster.last().unwrap();
    let flag = cluster.iter().rposition(|kind| *kind == Flag);
    let only_flags_between = |at: usize| at > 0 && cluster[1..at].iter().all(|kind| *kind == Flag);
    if flag.is_some_and(only_flags_between) && ![Prepend, Flag].contains(&last) {
        return false;
    }
    // GB3 to GB5, and the calculator parts CR and LF
    if last == Control || next == Control {
        return false;
    }
    let hangul = match last {
        L => [L, V, Lv, Lvt].contains(&next),
        Lv | V => [V, T].contains(&next),
        Lvt | T => next == T,
        _ => false,
    };
    // GB6 to GB9b
    if hangul || [Extend, Zwj, Spacing].contains(&next) || last == Prepend {
        return true;
    }
    // GB10
    if next == Modifier {
        let before = match cluster.iter().rposition(|kind| *kind == Extend) {
            Some(0) => return false,
            Some(extend) if extend + 1 == cluster.len() => cluster[extend - 1],
            Some(_) => return false,
            None => last,
        };
        return [Base, BaseGlue].contains(&before);
    }
    // GB11 to GB13
    last == Zwj && [Glue, BaseGlue].contains(&next) || cluster == [Flag] && next == Flag
}
