//! One way to compile, archive and link, for the three compilers that the sources are kept warning-free with. All three
//! speak the same command line, so each file is one cached command whatever the compiler.

const std = @import("std");
const LazyPath = std.Build.LazyPath;

const Toolchain = @This();

pub const Compiler = enum { zig, gcc, clang };

/// What is woven into the code beside the program itself.
pub const Instrument = enum {
    none,
    /// Address and undefined-behaviour checks.
    sanitize,
    /// The same, and libFuzzer's coverage counters.
    fuzz,
};

/// How a group of sources is compiled beside the flags that all have in common.
pub const Options = struct {
    /// Folders of the repository.
    include: []const []const u8 = &.{},
    /// Whether the headers that generators write are in sight.
    generated: bool = false,
    /// Preprocessor definitions, `NAME` or `NAME=value`.
    define: []const []const u8 = &.{},
    /// Code that a generator wrote: it is not held to our warnings.
    foreign: bool = false,
};

/// A compilation as `compile_commands.json` lists it.
pub const Command = struct { file: []const u8, arguments: []const []const u8 };

/// Where `compile_commands.json` finds generated headers.
pub const generated_install = "zig-out/generated";

const common = [_][]const u8{
    "-std=c17",            "-g",              "-fPIC",                   "-fvisibility=hidden",
    "-ffunction-sections", "-fdata-sections", "-fno-omit-frame-pointer",
};
const warnings = [_][]const u8{ "-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion", "-Werror" };

b: *std.Build,
compiler: Compiler,
instrument: Instrument = .none,
/// Where generated headers are while building.
generated: ?LazyPath = null,
commands: std.ArrayList(Command) = .empty,
link_flags: std.array_hash_map.String(LazyPath) = .empty,

/// Compiles a file of the repository.
pub fn object(t: *Toolchain, path: []const u8, options: Options) LazyPath {
    t.remember(path, options);
    return t.compile(t.b.path(path), path, options);
}

/// Compiles each of the files.
pub fn objects(t: *Toolchain, paths: []const []const u8, options: Options) []const LazyPath {
    const result = t.b.graph.alloc(LazyPath, paths.len);
    for (result, paths) |*out, path| out.* = t.object(path, options);
    return result;
}

/// Compiles a file that is made during the build. `name` tells it apart from all others.
pub fn generatedObject(t: *Toolchain, source: LazyPath, name: []const u8, options: Options) LazyPath {
    return t.compile(source, name, options);
}

fn compile(t: *Toolchain, source: LazyPath, name: []const u8, options: Options) LazyPath {
    const run = t.start(t.b.fmt("compile {s}", .{name}));
    for (t.flags(options)) |flag| run.addArg(flag);
    for (options.include) |folder| run.addDirectoryArg2(t.b.path(folder), .{ .prefix = "-I" });
    if (options.generated) if (t.generated) |folder| run.addDirectoryArg2(folder, .{ .prefix = "-isystem" });
    run.addArgs(&.{ "-MMD", "-MF" });
    _ = run.addDepFileOutputArg2("deps.d", .{});
    run.addArg("-c");
    run.addFileArg2(source, .{});
    run.addArg("-o");
    return run.addOutputFileArg2(t.b.fmt("{s}.o", .{t.flat(name)}), .{});
}

/// Puts objects into a static library. A program takes from it only what it uses.
pub fn archive(t: *Toolchain, name: []const u8, members: []const LazyPath) LazyPath {
    const run = std.Build.Step.Run.create(t.b, t.b.fmt("archive {s}", .{name}));
    run.rename_step_with_output_arg = false;
    if (t.compiler == .zig) run.addFileArg2(.zig_exe, .{});
    run.addArgs(&.{ "ar", "rcsD" });
    const out = run.addOutputFileArg2(t.b.fmt("lib{s}.a", .{name}), .{});
    for (members) |member| run.addFileArg2(member, .{});
    return out;
}

/// What is linked. Libraries are named as pkg-config names them; `plain` are those that have no file for it.
pub const Link = struct {
    name: []const u8,
    parts: []const LazyPath,
    libraries: []const []const u8 = &.{},
    plain: []const []const u8 = &.{},
    /// A module that is loaded at run time instead of a program. It may leave no symbol undefined.
    module: bool = false,
};

/// Links a program or a module.
pub fn link(t: *Toolchain, what: Link) LazyPath {
    const run = t.start(t.b.fmt("link {s}", .{what.name}));
    run.addArgs(t.instrumentFlags(true));
    run.addArgs(&.{ "-g", "-Wl,--gc-sections", "-Wl,--as-needed", "-Wl,-z,relro,-z,now" });
    if (what.module) run.addArgs(&.{ "-shared", "-fPIC" });
    // The checks' own functions come from the program that loads an instrumented module.
    if (what.module and t.instrument == .none) run.addArg("-Wl,-z,defs");
    run.addArg("-o");
    const out = run.addOutputFileArg2(what.name, .{});
    for (what.parts) |part| run.addFileArg2(part, .{});
    for (what.plain) |library| run.addArg(t.b.fmt("-l{s}", .{library}));
    if (what.libraries.len > 0) run.addFileArg2(t.pkgConfig(what.libraries), .{ .prefix = "@" });
    // Where 128-bit division is used, Zig's own runtime would come in whole, and its plain memcpy would stand in
    // front of libc's.
    if (t.compiler == .zig) run.addFileArg2(t.gccRuntime(), .{ .prefix = "@" });
    if (!what.module) run.addArgs(&.{ "-ldl", "-lpthread" });
    return out;
}

/// Asks pkg-config once for a set of libraries; the answer is a file of arguments.
fn pkgConfig(t: *Toolchain, libraries: []const []const u8) LazyPath {
    const b = t.b;
    const key = std.mem.join(b.allocator, " ", libraries) catch @panic("OOM");
    const slot = t.link_flags.getOrPut(b.allocator, key) catch @panic("OOM");
    if (!slot.found_existing) {
        const run = b.addSystemCommand(&.{ "pkg-config", "--libs" });
        run.addArgs(libraries);
        slot.value_ptr.* = run.captureStdOut(.{ .basename = "flags" });
    }
    return slot.value_ptr.*;
}

/// Where gcc keeps libgcc.a, as a file of arguments.
fn gccRuntime(t: *Toolchain) LazyPath {
    const slot = t.link_flags.getOrPut(t.b.allocator, "libgcc") catch @panic("OOM");
    if (!slot.found_existing) {
        const run = t.b.addSystemCommand(&.{ "gcc", "-print-libgcc-file-name" });
        slot.value_ptr.* = run.captureStdOut(.{ .basename = "flags" });
    }
    return slot.value_ptr.*;
}

fn start(t: *Toolchain, name: []const u8) *std.Build.Step.Run {
    const run = std.Build.Step.Run.create(t.b, name);
    run.rename_step_with_output_arg = false;
    switch (t.compiler) {
        .zig => {
            run.addFileArg2(.zig_exe, .{});
            // Any machine of the architecture runs the result.
            run.addArgs(&.{ "cc", "-mcpu=baseline" });
        },
        .gcc => run.addArg("gcc"),
        .clang => run.addArg("clang-19"),
    }
    return run;
}

fn flags(t: *Toolchain, options: Options) []const []const u8 {
    var list: std.ArrayList([]const u8) = .empty;
    const gpa = t.b.allocator;
    list.appendSlice(gpa, &common) catch @panic("OOM");
    list.appendSlice(gpa, if (options.foreign) &.{"-w"} else &warnings) catch @panic("OOM");
    list.append(gpa, if (t.instrument == .none) "-O2" else "-O1") catch @panic("OOM");
    // Zig's own default would turn asserts off and checks into traps without a word.
    if (t.compiler == .zig) list.appendSlice(gpa, &.{ "-UNDEBUG", "-fno-sanitize=undefined" }) catch @panic("OOM");
    list.appendSlice(gpa, t.instrumentFlags(false)) catch @panic("OOM");
    for (options.define) |definition| list.append(gpa, t.b.fmt("-D{s}", .{definition})) catch @panic("OOM");
    return list.items;
}

fn instrumentFlags(t: *Toolchain, linking: bool) []const []const u8 {
    return switch (t.instrument) {
        .none => &.{"-fstack-protector-strong"},
        .sanitize => &.{ "-fsanitize=address,undefined", "-fno-sanitize-recover=all" },
        .fuzz => if (linking)
            &.{ "-fsanitize=fuzzer,address,undefined", "-fno-sanitize-recover=all" }
        else
            &.{ "-fsanitize=fuzzer-no-link,address,undefined", "-fno-sanitize-recover=all" },
    };
}

/// Notes a compilation for `compile_commands.json`, as clang's tools want it.
fn remember(t: *Toolchain, path: []const u8, options: Options) void {
    var list: std.ArrayList([]const u8) = .empty;
    const gpa = t.b.allocator;
    list.append(gpa, "clang-19") catch @panic("OOM");
    list.appendSlice(gpa, common[0..1]) catch @panic("OOM");
    list.appendSlice(gpa, warnings[0 .. warnings.len - 1]) catch @panic("OOM");
    for (options.define) |definition| list.append(gpa, t.b.fmt("-D{s}", .{definition})) catch @panic("OOM");
    for (options.include) |folder| list.append(gpa, t.b.fmt("-I{s}", .{folder})) catch @panic("OOM");
    if (options.generated) list.appendSlice(gpa, &.{ "-isystem", generated_install }) catch @panic("OOM");
    list.appendSlice(gpa, &.{ "-c", path }) catch @panic("OOM");
    t.commands.append(gpa, .{ .file = path, .arguments = list.items }) catch @panic("OOM");
}

fn flat(t: *Toolchain, path: []const u8) []const u8 {
    const stem = if (std.mem.endsWith(u8, path, ".c")) path[0 .. path.len - 2] else path;
    const name = t.b.allocator.dupe(u8, stem) catch @panic("OOM");
    std.mem.replaceScalar(u8, name, '/', '-');
    return name;
}
