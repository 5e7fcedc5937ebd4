//! What programs write during the build. It is the same whatever compiler the rest is built with.

const std = @import("std");
const LazyPath = std.Build.LazyPath;
const Sources = @import("sources.zig");
const Toolchain = @import("toolchain.zig");

const Generated = @This();

/// The folder of `dragoman.pb.h` and `dragoman.pb.c`.
messages: ?LazyPath,
/// A C file with the code tables.
terms: ?LazyPath,
/// How the programs that write them are compiled.
commands: []const Toolchain.Command,

pub fn make(b: *std.Build, compiler: Toolchain.Compiler, core_options: Toolchain.Options) Generated {
    const s: Sources = .{ .b = b };
    const messages = protobufMessages(b, s);
    const t = b.allocator.create(Toolchain) catch @panic("OOM");
    t.* = .{ .b = b, .compiler = compiler, .generated = messages };
    const terms = termTables(b, s, t, core_options);
    return .{ .messages = messages, .terms = terms, .commands = t.commands.items };
}

/// nanopb's generator reads `schemas/dragoman.proto`.
fn protobufMessages(b: *std.Build, s: Sources) ?LazyPath {
    if (!s.exists("schemas/dragoman.proto")) return null;
    const run = b.addSystemCommand(&.{ "nanopb_generator.py", "--quiet", "--error-on-unmatched" });
    run.setName("generate dragoman.pb");
    run.addDirectoryArg2(b.path("schemas"), .{ .prefix = "--proto-path=" });
    if (s.exists("schemas/dragoman.options")) {
        run.addFileArg2(b.path("schemas/dragoman.options"), .{ .prefix = "--options-file=" });
    }
    const folder = run.addOutputDirectoryArg2("protobuf", .{ .prefix = "--output-dir=" });
    run.addArg("dragoman.proto");
    run.addFileInput(b.path("schemas/dragoman.proto"));
    return folder;
}

/// A program of ours turns `mappings/terms/*.csv` into tables that are compiled in.
fn termTables(b: *std.Build, s: Sources, t: *Toolchain, core_options: Toolchain.Options) ?LazyPath {
    const own = s.files("core/terms/generate", ".c", &.{});
    if (own.len == 0) return null;
    const shared = s.files("core/terms/rows", ".c", &.{});
    const sources = std.mem.concat(b.allocator, []const u8, &.{
        own, shared, &.{"core/base/mistakes.c"},
    }) catch @panic("OOM");
    const run = b.addRunFile(t.link(.{ .name = "generate-terms", .parts = t.objects(sources, core_options) }));
    run.setName("generate terms");
    run.addDirectoryArg2(b.path("mappings/terms"), .{});
    const tables = run.addOutputFileArg2("terms_tables.c", .{});
    for (s.files("mappings/terms", ".csv", &.{})) |table| run.addFileInput(b.path(table));
    return tables;
}
