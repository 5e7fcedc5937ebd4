// Which dragoman this is. Safe from any thread; nothing is owned.
#ifndef DRAGOMAN_BASE_VERSION_H
#define DRAGOMAN_BASE_VERSION_H

// The version of the program, as `build.zig` states it: three numbers with dots between. Lives as long as the process.
const char *base_version(void);

#endif
