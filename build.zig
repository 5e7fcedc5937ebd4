//! The table of contents of the build: what is made from which folder, and the named steps. New files are found by
//! where they lie; see docs/architecture.md for what belongs in which folder.
//!
//!     zig build                          everything into zig-out/ (or --prefix)
//!     zig build test [-Dfilter=NAME]     unit and contract tests, all or those whose path contains NAME
//!     zig build fuzz                     libFuzzer targets into zig-out/fuzz/
//!     zig build bench-programs           benchmark programs into zig-out/bench/
//!     zig build compile-commands         compile_commands.json for editors and clang's tools

const std = @import("std");
const builtin = @import("builtin");

const needed_zig = "0.17.1";
/// The one place where the version of dragoman is written.
const version = "0.1.0";

pub fn build(b: *std.Build) void {
    if (comptime std.mem.eql(u8, builtin.zig_version_string, needed_zig)) {
        @import("build/house.zig").build(b, version);
    } else {
        std.debug.print("dragoman is built with Zig {s}, and this is {s}: run ./dev build, which brings it.\n", .{
            needed_zig, builtin.zig_version_string,
        });
        std.process.exit(1);
    }
}
