//! Reads phone numbers as people write them, and says what is wrong with the rest.
//!
//! ```text
//! cargo run --example numbers
//! cargo run --example numbers --features rlibphonenumber
//! ```
//!
//! British numbers need no feature. With `rlibphonenumber`, the numbers of every country are read.

use anysms::{
    PhoneNumber,
    number::{self, Region},
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for (region, text) in [
        ("GB", "07700 900123"),
        ("GB", "+44 (0)7700 900123 ext. 9"),
        ("GB", "07700 90012"),
        ("FR", "+33 6 12 34 56 78"),
        ("FR", "06 12 34 56 78"),
    ] {
        let region: Region = region.parse()?;
        match number::parse(text, region) {
            Ok(parsed) => {
                let number = parsed.number();
                println!("{text}: {number}, {}", number.kind().as_str());
                for correction in parsed.corrections().iter() {
                    println!("    {correction}");
                }
            }
            Err(error) => println!("{text}: {error}"),
        }
    }

    // A number in international form needs no region. `masked` hides digits, for logs.
    let number: PhoneNumber = "+447700900123".parse()?;
    println!("{} for logs, {} for people", number.masked(), number.national());
    Ok(())
}
