//! Which artifacts there are, what goes into each, and which step makes them.

const std = @import("std");
const LazyPath = std.Build.LazyPath;
const Step = std.Build.Step;
const Sources = @import("sources.zig");
const Toolchain = @import("toolchain.zig");
const Generated = @import("generated.zig");

/// What the core may use. `--as-needed` drops from each program what that program does not use.
const core_libraries = [_][]const u8{
    "libevent_openssl", "libevent_pthreads", "libevent",      "openssl", "sqlite3",
    "yaml-0.1",         "yajl",              "libserialport", "libpcap", "libseccomp",
};
/// Debian ships no pkg-config file for nanopb.
const core_plain = [_][]const u8{"protobuf-nanopb"};

/// What a sink's module needs beside the core.
const Sink = struct { name: []const u8, libraries: []const []const u8 = &.{}, plain: []const []const u8 = &.{} };
const sink_libraries = [_]Sink{
    .{ .name = "http", .libraries = &.{ "libcurl", "openssl", "yajl" } },
    .{ .name = "mqtt", .plain = &.{"paho-mqtt3as"} },
};

/// Libraries that an adapter's tests stand beside; the adapter itself needs none.
const oracle_libraries = [_]Sink{
    .{ .name = "modbus", .libraries = &.{"libmodbus"} },
};

const core_include = [_][]const u8{ "core", "core/include" };
const test_include = core_include ++ [_][]const u8{ "tests", "." };

/// Which tests are made, and the steps that run them and that only build them.
const Tests = struct { filter: ?[]const u8, run: *Step, build: *Step };

b: *std.Build,
s: Sources,
t: *Toolchain,
core_options: Toolchain.Options,
generated: Generated,
core: LazyPath,
kit: LazyPath,

const House = @This();

pub fn build(b: *std.Build, version: []const u8) void {
    const compiler = b.option(Toolchain.Compiler, "compiler", "zig (default), gcc, or clang (clang-19)") orelse .zig;
    const sanitize = b.option(bool, "sanitize", "Check addresses and undefined behaviour (clang)") orelse false;
    const filter = b.option([]const u8, "filter", "Only the tests whose path contains this");
    if (sanitize and compiler != .clang) {
        b.default_step.dependOn(&b.addFail("-Dsanitize=true needs -Dcompiler=clang").step);
        return;
    }

    const core_options = coreOptions(b, version);
    const generated: Generated = .make(b, compiler, core_options);
    const house = open(b, core_options, generated, .{
        .b = b,
        .compiler = compiler,
        .instrument = if (sanitize) .sanitize else .none,
    });
    house.installProgram();
    house.installAdapters();
    house.installSinks();
    house.installData(version);
    house.addTests(.{
        .filter = filter,
        .run = b.step("test", "Run unit and contract tests"),
        .build = b.step("test-programs", "Build the test programs"),
    });
    house.addPrograms(b.step("bench-programs", "Build the benchmark programs"), "bench");
    house.addWard24(b.step("ward24", "Build the ward of a day, and its clock"));
    const fuzz = open(b, core_options, generated, .{ .b = b, .compiler = .clang, .instrument = .fuzz });
    fuzz.addPrograms(b.step("fuzz", "Build the fuzz targets"), "fuzz");
    house.addCompileCommands(b.step("compile-commands", "Write compile_commands.json"));
}

fn open(b: *std.Build, core_options: Toolchain.Options, generated: Generated, toolchain: Toolchain) *House {
    const house = b.allocator.create(House) catch @panic("OOM");
    const t = b.allocator.create(Toolchain) catch @panic("OOM");
    t.* = toolchain;
    t.generated = generated.messages;
    house.* = .{
        .b = b,
        .s = .{ .b = b },
        .t = t,
        .core_options = core_options,
        .generated = generated,
        .core = undefined,
        .kit = undefined,
    };
    house.core = house.coreLibrary();
    house.kit = house.kitLibrary();
    return house;
}

fn coreOptions(b: *std.Build, version: []const u8) Toolchain.Options {
    const macros = b.allocator.dupe([]const u8, &.{
        "_GNU_SOURCE", b.fmt("DRAGOMAN_VERSION=\"{s}\"", .{version}),
    }) catch @panic("OOM");
    return .{ .include = &core_include, .generated = true, .define = macros };
}

fn testOptions(h: *House) Toolchain.Options {
    var options = h.core_options;
    options.include = &test_include;
    return options;
}

/// All rooms but `app`, and what the generators write for them.
fn coreLibrary(h: *House) LazyPath {
    var members: std.ArrayList(LazyPath) = .empty;
    const gpa = h.b.allocator;
    if (h.generated.messages) |folder| {
        const source = folder.path(h.b, "dragoman.pb.c");
        const options: Toolchain.Options = .{ .generated = true, .foreign = true };
        members.append(gpa, h.t.generatedObject(source, "generated/dragoman.pb.c", options)) catch @panic("OOM");
    }
    for (h.s.folders("core")) |room| {
        if (isOneOf(room, &.{ "app", "include", "sinks" })) continue;
        const folder = h.b.fmt("core/{s}", .{room});
        const own = h.withoutTests(h.s.files(folder, ".c", &.{ "generate", "child" }));
        members.appendSlice(gpa, h.t.objects(own, h.core_options)) catch @panic("OOM");
    }
    if (h.generated.terms) |source| {
        const object = h.t.generatedObject(source, "generated/terms_tables.c", h.core_options);
        members.append(gpa, object) catch @panic("OOM");
    }
    return h.t.archive("dragoman-core", members.items);
}

/// What tests share: the kit, and the contract that every adapter keeps.
fn kitLibrary(h: *House) LazyPath {
    var members: std.ArrayList(LazyPath) = .empty;
    for ([_][]const u8{ "tests/kit", "tests/contract" }) |folder| {
        const own = h.withoutTests(h.s.files(folder, ".c", &.{}));
        members.appendSlice(h.b.allocator, h.t.objects(own, h.testOptions())) catch @panic("OOM");
    }
    return h.t.archive("dragoman-kit", members.items);
}

fn installProgram(h: *House) void {
    const own = h.withoutTests(h.s.files("core/app", ".c", &.{}));
    if (own.len == 0) return;
    const program = h.t.link(.{
        .name = "dragoman",
        .parts = h.join(&.{ h.t.objects(own, h.core_options), &.{h.core} }),
        .libraries = &core_libraries,
        .plain = &core_plain,
    });
    h.install(program, "bin/dragoman");
    h.installChild();
}

/// What an adapter's own process runs: small, since each such adapter has one.
fn installChild(h: *House) void {
    const program = h.t.link(.{
        .name = "adapter-host",
        .parts = &.{ h.t.object("core/isolate/child/main.c", h.core_options), h.core },
        .libraries = &core_libraries,
        .plain = &core_plain,
    });
    h.install(program, "lib/dragoman/adapter-host");
}

fn appWithoutMain(h: *House) []const LazyPath {
    var parts: std.ArrayList(LazyPath) = .empty;
    for (h.withoutTests(h.s.files("core/app", ".c", &.{}))) |path| {
        if (std.mem.eql(u8, path, "core/app/main.c")) continue;
        parts.append(h.b.allocator, h.t.object(path, h.core_options)) catch @panic("OOM");
    }
    return parts.items;
}

/// Each folder below `adapters/` becomes one module that needs nothing but libc.
fn installAdapters(h: *House) void {
    var names: std.ArrayList(u8) = .empty;
    for (h.s.folders("adapters")) |name| {
        names.appendSlice(h.b.allocator, h.b.fmt("{s}\n", .{name})) catch @panic("OOM");
        const own = h.withoutTests(h.adapterFiles(name));
        if (own.len == 0) continue;
        const module = h.t.link(.{
            .name = h.b.fmt("{s}.so", .{name}),
            .parts = h.t.objects(own, .{ .include = &.{"core/include"} }),
            .module = true,
        });
        h.install(module, h.b.fmt("lib/dragoman/adapters/{s}.so", .{name}));
    }
    // An adapter that is not in it came from somewhere else, and runs in a process of its own by default.
    h.install(h.b.addWriteFiles().add("built-here", names.items), "lib/dragoman/adapters/built-here");
}

/// An adapter for linking into a program: its one exported symbol carries the adapter's name, so several fit.
fn linkedAdapter(h: *House, name: []const u8) []const LazyPath {
    const own = h.withoutTests(h.adapterFiles(name));
    return h.t.objects(own, .{ .include = &.{"core/include"}, .define = h.adapterSymbol(name) });
}

fn allAdapters(h: *House) []const LazyPath {
    var linked: std.ArrayList([]const LazyPath) = .empty;
    for (h.s.folders("adapters")) |name| linked.append(h.b.allocator, h.linkedAdapter(name)) catch @panic("OOM");
    return h.join(linked.items);
}

fn adapterFiles(h: *House, name: []const u8) []const []const u8 {
    return h.s.files(h.b.fmt("adapters/{s}", .{name}), ".c", &.{});
}

fn adapterSymbol(h: *House, name: []const u8) []const []const u8 {
    const macro = h.b.fmt("dragoman_adapter=dragoman_adapter_{s}", .{name});
    return h.b.allocator.dupe([]const u8, &.{macro}) catch @panic("OOM");
}

fn installSinks(h: *House) void {
    for (h.s.folders("core/sinks")) |name| {
        const own = h.withoutTests(h.sinkFiles(name));
        if (own.len == 0) continue;
        const sink = sinkNeeds(name);
        const module = h.t.link(.{
            .name = h.b.fmt("{s}.so", .{name}),
            .parts = h.join(&.{ h.t.objects(own, h.core_options), &.{h.core} }),
            .libraries = sink.libraries,
            .plain = sink.plain,
            .module = true,
        });
        h.install(module, h.b.fmt("lib/dragoman/sinks/{s}.so", .{name}));
    }
}

fn sinkFiles(h: *House, name: []const u8) []const []const u8 {
    return h.s.files(h.b.fmt("core/sinks/{s}", .{name}), ".c", &.{});
}

fn sinkNeeds(name: []const u8) Sink {
    for (sink_libraries) |sink| if (std.mem.eql(u8, sink.name, name)) return sink;
    return .{ .name = name };
}

/// What `pkg-config dragoman-adapter` says to those who build adapters outside of this tree.
const adapter_pc =
    \\prefix=${pcfiledir}/../..
    \\includedir=${prefix}/include
    \\adapters=${prefix}/lib/dragoman/adapters
    \\
    \\Name: dragoman-adapter
    \\Description: the interface between dragoman and its adapters
    \\Cflags: -I${includedir}
    \\
;

fn oracleOf(name: []const u8) Sink {
    for (oracle_libraries) |oracle| if (std.mem.eql(u8, oracle.name, name)) return oracle;
    return .{ .name = name };
}

fn installData(h: *House, version: []const u8) void {
    const pc = h.b.fmt("{s}Version: {s}\n", .{ adapter_pc, version });
    h.install(h.b.addWriteFiles().add("dragoman-adapter.pc", pc), "share/pkgconfig/dragoman-adapter.pc");
    for (h.s.files("core/include/dragoman", ".h", &.{})) |path| {
        h.install(h.b.path(path), path["core/".len..]);
    }
    const skeleton = "examples/skeleton-adapter/";
    for (h.s.files("examples/skeleton-adapter", "", &.{})) |path| {
        h.install(h.b.path(path), h.b.fmt("share/dragoman/skeleton/{s}", .{path[skeleton.len..]}));
    }
    for ([_][]const u8{ "mappings", "schemas" }) |folder| {
        for (h.s.files(folder, "", &.{})) |path| h.install(h.b.path(path), h.b.fmt("share/dragoman/{s}", .{path}));
    }
}

/// Every `*_test.c` is one program.
fn addTests(h: *House, tests: Tests) void {
    const none: Sink = .{ .name = "" };
    for (h.testFiles("core", &.{ "app", "sinks" })) |path| h.addTest(tests, path, h.testOptions(), &.{}, none);
    for (h.testFiles("core/app", &.{})) |path| h.addTest(tests, path, h.testOptions(), h.appWithoutMain(), none);
    for ([_][]const u8{ "tests/unit", "tests/contract", "tests/kit" }) |folder| {
        for (h.testFiles(folder, &.{})) |path| h.addTest(tests, path, h.testOptions(), h.allAdapters(), none);
    }
    for (h.s.folders("core/sinks")) |name| {
        const own = h.t.objects(h.withoutTests(h.sinkFiles(name)), h.core_options);
        for (h.testFiles(h.b.fmt("core/sinks/{s}", .{name}), &.{})) |path| {
            h.addTest(tests, path, h.testOptions(), own, sinkNeeds(name));
        }
    }
    for (h.s.folders("adapters")) |name| {
        var options = h.testOptions();
        options.define = h.joinNames(&.{ options.define, h.adapterSymbol(name) });
        for (h.testFiles(h.b.fmt("adapters/{s}", .{name}), &.{})) |path| {
            h.addTest(tests, path, options, h.linkedAdapter(name), oracleOf(name));
        }
    }
    if (tests.filter != null and tests.run.dependencies.items.len == 0) {
        tests.run.dependOn(&h.b.addFail("no test's path contains what -Dfilter asks for").step);
    }
}

fn testFiles(h: *House, folder: []const u8, skip: []const []const u8) []const []const u8 {
    return h.s.files(folder, "_test.c", skip);
}

fn addTest(
    h: *House,
    tests: Tests,
    path: []const u8,
    options: Toolchain.Options,
    parts: []const LazyPath,
    sink: Sink,
) void {
    if (tests.filter) |wanted| if (std.mem.find(u8, path, wanted) == null) return;
    const b = h.b;
    const program = h.t.link(.{
        .name = std.fs.path.stem(path),
        .parts = h.join(&.{ &.{h.t.object(path, options)}, parts, &.{ h.kit, h.core } }),
        .libraries = h.joinNames(&.{ &core_libraries, &.{"cmocka"}, sink.libraries }),
        .plain = h.joinNames(&.{ &core_plain, sink.plain }),
    });
    const run = b.addSystemCommand(&.{"env"});
    run.setName(b.fmt("test {s}", .{path}));
    run.setCwd(b.path(""));
    // What a test loads, it loads from where the build put it.
    run.step.dependOn(b.getInstallStep());
    const prefix = b.graph.path(.install_prefix, "");
    run.addDirectoryArg2(prefix, .{ .prefix = "DRAGOMAN_TEST_PREFIX=", .make_absolute = true });
    run.addFileArg2(program, .{ .make_absolute = true });
    run.has_side_effects = true;
    tests.run.dependOn(&run.step);
    const name = b.fmt("tests/{s}", .{std.fs.path.stem(path)});
    tests.build.dependOn(&b.addInstallFile(program, name).step);
}

/// Every file directly in `folder` is one program, with all adapters in it. What programs share lies in tests/kit.
fn addPrograms(h: *House, step: *Step, comptime folder: []const u8) void {
    const adapters = h.allAdapters();
    for (h.s.files("tests/" ++ folder, ".c", &.{"corpus"})) |path| {
        if (!std.mem.eql(u8, std.fs.path.dirname(path).?, "tests/" ++ folder)) continue;
        const name = std.fs.path.stem(path);
        const program = h.t.link(.{
            .name = name,
            .parts = h.join(&.{ &.{h.t.object(path, h.testOptions())}, adapters, &.{ h.kit, h.core } }),
            .libraries = &core_libraries,
            .plain = &core_plain,
        });
        step.dependOn(&h.b.addInstallFile(program, h.b.fmt("{s}/{s}", .{ folder, name })).step);
    }
}

/// The house with simulated devices in one program, and the clock that is loaded before libc.
fn addWard24(h: *House, step: *Step) void {
    var own: std.ArrayList(LazyPath) = .empty;
    for (h.s.files("tests/ward24", ".c", &.{})) |path| {
        if (std.mem.startsWith(u8, path, "tests/ward24/clock")) continue;
        own.append(h.b.allocator, h.t.object(path, h.testOptions())) catch @panic("OOM");
    }
    const program = h.t.link(.{
        .name = "ward24",
        .parts = h.join(&.{ own.items, h.appWithoutMain(), &.{h.core} }),
        .libraries = &core_libraries,
        .plain = &core_plain,
    });
    const clock_files = [_][]const u8{ "tests/ward24/clock.c", "tests/ward24/clock_carried.c" };
    const clock = h.t.link(.{
        .name = "clock.so",
        .parts = h.t.objects(&clock_files, .{ .include = &.{"tests"}, .define = &.{"_GNU_SOURCE"} }),
        .module = true,
    });
    step.dependOn(h.b.getInstallStep());
    step.dependOn(&h.b.addInstallFile(program, "ward24/ward24").step);
    step.dependOn(&h.b.addInstallFile(clock, "ward24/clock.so").step);
}

/// The list names the checkout by its place, which only the running build knows.
fn addCompileCommands(h: *House, step: *Step) void {
    const b = h.b;
    var text: std.ArrayList(u8) = .empty;
    var listed: std.array_hash_map.String(void) = .empty;
    const lists = [_][]const Toolchain.Command{ h.t.commands.items, h.generated.commands };
    for (std.mem.concat(b.allocator, Toolchain.Command, &lists) catch @panic("OOM")) |command| {
        if ((listed.getOrPut(b.allocator, command.file) catch @panic("OOM")).found_existing) continue;
        const entry = .{ .directory = "@ROOT@", .file = command.file, .arguments = command.arguments };
        const json = std.json.Stringify.valueAlloc(b.allocator, entry, .{}) catch @panic("OOM");
        const before = if (listed.count() == 1) "[\n" else ",\n";
        text.appendSlice(b.allocator, b.fmt("{s}{s}", .{ before, json })) catch @panic("OOM");
    }
    text.appendSlice(b.allocator, "\n]\n") catch @panic("OOM");
    const list = b.addWriteFiles().add("commands.json", text.items);
    const run = b.addSystemCommand(&.{ "sh", "-c", "sed \"s|@ROOT@|$PWD|\" \"$1\" > compile_commands.json", "sh" });
    run.setName("write compile_commands.json");
    run.setCwd(b.path(""));
    run.addFileArg2(list, .{ .make_absolute = true });
    run.has_side_effects = true;
    step.dependOn(&run.step);
    if (h.t.generated) |folder| {
        const headers = b.addInstallFile(folder.path(b, "dragoman.pb.h"), "generated/dragoman.pb.h");
        step.dependOn(&headers.step);
    }
}

fn install(h: *House, file: LazyPath, where: []const u8) void {
    h.b.getInstallStep().dependOn(&h.b.addInstallFile(file, where).step);
}

fn withoutTests(h: *House, paths: []const []const u8) []const []const u8 {
    var kept: std.ArrayList([]const u8) = .empty;
    for (paths) |path| {
        if (!std.mem.endsWith(u8, path, "_test.c")) kept.append(h.b.allocator, path) catch @panic("OOM");
    }
    return kept.items;
}

fn join(h: *House, lists: []const []const LazyPath) []const LazyPath {
    return std.mem.concat(h.b.allocator, LazyPath, lists) catch @panic("OOM");
}

fn joinNames(h: *House, lists: []const []const []const u8) []const []const u8 {
    return std.mem.concat(h.b.allocator, []const u8, lists) catch @panic("OOM");
}

fn isOneOf(name: []const u8, names: []const []const u8) bool {
    for (names) |candidate| if (std.mem.eql(u8, candidate, name)) return true;
    return false;
}
