//! Names the shared library, so that a program finds the release line that it was linked with and no other.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let name = match std::env::var("CARGO_CFG_TARGET_OS").as_deref() {
        Ok("macos" | "ios") => "-Wl,-install_name,@rpath/libyuno_webhooks.0.dylib",
        Ok("windows") => return,
        _ => "-Wl,-soname,libyuno_webhooks.so.0",
    };
    println!("cargo:rustc-cdylib-link-arg={name}");
}
