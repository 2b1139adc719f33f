//! Names the shared library, so that a program finds the release line that it was linked with and no other.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let line = std::env::var("CARGO_PKG_VERSION_MAJOR").unwrap_or_default();
    let name = match std::env::var("CARGO_CFG_TARGET_OS").as_deref() {
        Ok("macos" | "ios") => format!("-Wl,-install_name,@rpath/libyuno_webhooks.{line}.dylib"),
        Ok("windows") => return,
        _ => format!("-Wl,-soname,libyuno_webhooks.so.{line}"),
    };
    println!("cargo:rustc-cdylib-link-arg={name}");
}
