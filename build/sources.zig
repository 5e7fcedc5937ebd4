//! Finds the sources. Every folder that is looked into becomes a dependency of the configuration, so that a file that
//! is added, renamed or removed is seen by the next `zig build` without anybody editing the build.

const std = @import("std");

const Sources = @This();

b: *std.Build,

/// The files below `folder`, sorted, as paths from the root of the repository, whose names end in `ending`.
/// A folder that does not exist is empty. `skip` names sub-folders that are not entered.
pub fn files(s: Sources, folder: []const u8, ending: []const u8, skip: []const []const u8) []const []const u8 {
    var found: std.ArrayList([]const u8) = .empty;
    s.walk(folder, ending, skip, &found);
    return found.items;
}

/// The names of the folders directly below `folder`, sorted.
pub fn folders(s: Sources, folder: []const u8) []const []const u8 {
    var names: std.ArrayList([]const u8) = .empty;
    for (s.entries(folder)) |entry| {
        if (entry.kind == .directory) names.append(s.b.allocator, entry.name) catch @panic("OOM");
    }
    return names.items;
}

/// True when the file exists. Its folder becomes a dependency of the configuration.
pub fn exists(s: Sources, path: []const u8) bool {
    for (s.entries(std.fs.path.dirname(path) orelse "")) |entry| {
        if (std.mem.eql(u8, entry.name, std.fs.path.basename(path))) return true;
    }
    return false;
}

fn walk(
    s: Sources,
    folder: []const u8,
    ending: []const u8,
    skip: []const []const u8,
    found: *std.ArrayList([]const u8),
) void {
    for (s.entries(folder)) |entry| {
        const path = s.b.fmt("{s}/{s}", .{ folder, entry.name });
        if (entry.kind == .directory) {
            if (!contains(skip, entry.name)) s.walk(path, ending, skip, found);
        } else if (std.mem.endsWith(u8, entry.name, ending)) {
            found.append(s.b.allocator, path) catch @panic("OOM");
        }
    }
}

const Entry = struct {
    name: []const u8,
    kind: std.Io.File.Kind,

    fn before(_: void, left: Entry, right: Entry) bool {
        return std.mem.lessThan(u8, left.name, right.name);
    }
};

fn entries(s: Sources, folder: []const u8) []const Entry {
    const io = s.b.graph.io;
    var found: std.ArrayList(Entry) = .empty;
    const path = if (folder.len == 0) "." else folder;
    var dir = s.b.root.openDir(io, path, .{ .iterate = true }) catch |err| switch (err) {
        error.FileNotFound, error.NotDir => {
            // It may appear later: then its nearest existing parent changes.
            if (folder.len > 0) _ = s.entries(std.fs.path.dirname(folder) orelse "");
            return &.{};
        },
        else => std.process.fatal("cannot read the folder {s}: {t}", .{ path, err }),
    };
    defer dir.close(io);
    s.b.dependOnDirectoryContents(s.b.path(folder));
    var iterator = dir.iterate();
    while (iterator.next(io) catch |err| std.process.fatal("cannot read the folder {s}: {t}", .{ path, err })) |entry| {
        if (entry.name[0] == '.') continue;
        found.append(s.b.allocator, .{ .name = s.b.dupe(entry.name), .kind = entry.kind }) catch @panic("OOM");
    }
    std.mem.sort(Entry, found.items, {}, Entry.before);
    return found.items;
}

fn contains(names: []const []const u8, name: []const u8) bool {
    for (names) |candidate| if (std.mem.eql(u8, candidate, name)) return true;
    return false;
}
