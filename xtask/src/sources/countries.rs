//! Country codes, their regions, and what is dialled before a national number: `regions.txt` and
//! `national-prefixes.txt`.

use super::plans::{Plan, release};
use crate::Result;

/// Remarks of our own on rows: the country code, and lines above the row.
const ABOVE: [(u16, &[&str]); 1] = [(
    44,
    &[
        "0980 and 0981 are in use on Guernsey alone; 07924, which Ofcom assigned to an operator of the Isle",
        "of Man, counts as GB.",
    ],
)];

/// Remarks of our own behind rows.
const BEHIND: [(u16, &str); 1] = [(212, "shares the plan of Morocco")];

/// Derives `regions.txt`.
pub(super) fn regions(plans: &[Plan]) -> Result<String> {
    let mut text = format!(
        "# Country codes and their regions: {}. Written by `cargo xtask sources`;\n\
         # the comments are the project's own.\n\
         # A line is a code and its region (001: no country); of a code that regions share, its main region, and for \
         each\n\
         # of the others what its national numbers begin with. A line of // is a comment of the table.\n",
        release()
    );
    for plan in plans {
        for (_, lines) in ABOVE.iter().filter(|(code, _)| *code == plan.code) {
            text.extend(lines.iter().map(|line| format!("// {line}\n")));
        }
        text += &format!("{} {}", plan.code, plan.main().name);
        for (region, prefixes) in plan.others()? {
            text += format!("; {region} {}", prefixes.join(" ")).trim_end();
        }
        for (_, remark) in BEHIND.iter().filter(|(code, _)| *code == plan.code) {
            text += &format!(" // {remark}");
        }
        text += "\n";
    }
    Ok(text)
}

/// Derives `national-prefixes.txt`.
pub(super) fn national_prefixes(plans: &[Plan]) -> String {
    let mut prefixes: Vec<(&str, Vec<String>)> = Vec::new();
    for plan in plans {
        let Some(prefix) = &plan.main().national_prefix else { continue };
        let code = plan.code.to_string();
        match prefixes.iter_mut().find(|(known, _)| known == prefix) {
            Some((_, codes)) => codes.push(code),
            None => prefixes.push((prefix, vec![code])),
        }
    }
    let rows = prefixes.iter().map(|(prefix, codes)| format!("{prefix}: {}\n", codes.join(" ")));
    format!(
        "# Prefixes that are dialled before a national number inside the country, and the country codes where:\n\
         # {}. Written by `cargo xtask sources`. A code that is not here has no prefix.\n{}",
        release(),
        rows.collect::<String>()
    )
}
