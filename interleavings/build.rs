//! Gives the layers `shuttle`'s lock in place of the standard library's.

fn main() {
    println!("cargo::rustc-cfg=anysms_shuttle");
}
