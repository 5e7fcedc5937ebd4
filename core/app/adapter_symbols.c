/* What a library asks of the system, read from its dynamic symbols (ELF-64, System V gABI chapters 4 and 5). */
#include "app/adapter.h"
#include "app/input.h"
#include <dragoman/adapter.h>

#include <elf.h>
#include <stdio.h>
#include <string.h>

typedef struct forbidden {
    const char *name;
    const char *mend;
} forbidden;

#define OPENS "an adapter opens nothing: answer with actions, and let the host do them"
#define CLOCK "take the time from `now`"
#define MEMORY "take memory from the host's table, which counts and bounds it"
#define CHANCE "draw from the seed that init gets"
#define THREADS "an adapter starts nothing of its own"

static const forbidden table[] = {
    {"socket", OPENS},       {"connect", OPENS},       {"bind", OPENS},          {"listen", OPENS},
    {"open", OPENS},         {"open64", OPENS},        {"openat", OPENS},        {"fopen", OPENS},
    {"fopen64", OPENS},      {"opendir", OPENS},       {"getaddrinfo", OPENS},   {"time", CLOCK},
    {"clock", CLOCK},        {"clock_gettime", CLOCK}, {"gettimeofday", CLOCK},  {"sleep", CLOCK},
    {"usleep", CLOCK},       {"nanosleep", CLOCK},     {"malloc", MEMORY},       {"calloc", MEMORY},
    {"realloc", MEMORY},     {"free", MEMORY},         {"strdup", MEMORY},       {"rand", CHANCE},
    {"random", CHANCE},      {"getrandom", CHANCE},    {"arc4random", CHANCE},   {"pthread_create", THREADS},
    {"fork", THREADS},       {"vfork", THREADS},       {"execve", THREADS},      {"execvp", THREADS},
    {"system", THREADS},     {"popen", THREADS},       {"posix_spawn", THREADS}, {"signal", THREADS},
    {"sigaction", THREADS},  {"exit", THREADS},        {"abort", THREADS},       {"dlopen", THREADS},
    {"ptrace", THREADS},     {"setlocale", THREADS},   {"printf", OPENS},        {"puts", OPENS},
    {"__printf_chk", OPENS}, {"getenv", OPENS},
};

static const char clause[] = "asks the system for nothing";
static const char exports[] = "exports nothing but its descriptor";

/* What linkers put into every library. */
static const char *const of_the_linker[] = {"_init", "_fini", "_edata", "_end"};

/* Whether `size` things of `each` bytes at `offset` lie in the file. */
static bool lies_in(dragoman_bytes file, uint64_t offset, uint64_t size) {
    return offset <= file.size && size <= file.size - offset;
}

/* The section headers; NULL: no ELF-64 file of this machine's order. */
static const Elf64_Shdr *sections_of(dragoman_bytes file, uint32_t *ret_count) {
    const Elf64_Ehdr *head = (const Elf64_Ehdr *)(const void *)file.data;
    if (file.size < sizeof(*head) || memcmp(head->e_ident, ELFMAG, SELFMAG) != 0 ||
        head->e_ident[EI_CLASS] != ELFCLASS64 || head->e_shentsize != sizeof(Elf64_Shdr) ||
        head->e_shoff % sizeof(uint64_t) != 0 ||
        !lies_in(file, head->e_shoff, (uint64_t)head->e_shnum * sizeof(Elf64_Shdr))) {
        return NULL;
    }
    *ret_count = head->e_shnum;
    return (const Elf64_Shdr *)(const void *)(file.data + head->e_shoff);
}

static const char *mend_of(const char *name) {
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if (strcmp(table[i].name, name) == 0) {
            return table[i].mend;
        }
    }
    return NULL;
}

typedef struct reading {
    dragoman_bytes file;
    adapter_tell tell;
    void *context;
    uint32_t found, exported;
} reading;

/* Names that begin with two underscores are the compiler's. */
static bool is_of_the_compiler(const char *name) {
    bool is_known = strncmp(name, "__", 2) == 0;
    for (size_t i = 0; i < sizeof(of_the_linker) / sizeof(of_the_linker[0]); i++) {
        is_known = is_known || strcmp(name, of_the_linker[i]) == 0;
    }
    return is_known;
}

static void read_export(reading *self, const char *name) {
    char detail[256];
    if (strcmp(name, DRAGOMAN_ADAPTER_SYMBOL) == 0 || is_of_the_compiler(name)) {
        return;
    }
    snprintf(detail, sizeof(detail),
             "it exports %s: make it static, or build with -fvisibility=hidden; two adapters may use the same names",
             name);
    self->exported++;
    self->tell(self->context, &(adapter_finding){.clause = exports, .detail = detail});
}

static void read_symbol(reading *self, const Elf64_Shdr *texts, const Elf64_Sym *symbol) {
    if (symbol->st_name >= texts->sh_size) {
        return;
    }
    const char *name = (const char *)self->file.data + texts->sh_offset + symbol->st_name;
    if (memchr(name, '\0', texts->sh_size - symbol->st_name) == NULL) {
        return;
    }
    if (symbol->st_shndx != SHN_UNDEF) {
        if (ELF64_ST_BIND(symbol->st_info) != STB_LOCAL && name[0] != '\0') {
            read_export(self, name);
        }
        return;
    }
    const char *mend = mend_of(name);
    if (mend != NULL) {
        char detail[256];
        snprintf(detail, sizeof(detail), "it calls %s(): %s", name, mend);
        self->found++;
        self->tell(self->context, &(adapter_finding){.clause = clause, .detail = detail});
    }
}

void adapter_check_symbols(const char *path, adapter_tell tell, void *context) {
    error_record error = {0};
    input_bytes input;
    if (input_read(path, &input, &error) != DRAGOMAN_OK) {
        tell(context, &(adapter_finding){.clause = clause, .detail = error.text});
        return;
    }
    reading self = {.file = input.bytes, .tell = tell, .context = context};
    uint32_t count = 0;
    const Elf64_Shdr *sections = sections_of(input.bytes, &count);
    for (uint32_t i = 0; sections != NULL && i < count; i++) {
        const Elf64_Shdr *at = &sections[i];
        if (at->sh_type != SHT_DYNSYM || at->sh_link >= count || !lies_in(input.bytes, at->sh_offset, at->sh_size) ||
            at->sh_offset % sizeof(uint64_t) != 0 ||
            !lies_in(input.bytes, sections[at->sh_link].sh_offset, sections[at->sh_link].sh_size)) {
            continue;
        }
        const Elf64_Sym *symbols = (const Elf64_Sym *)(const void *)(input.bytes.data + at->sh_offset);
        for (uint64_t n = 0; n < at->sh_size / sizeof(*symbols); n++) {
            read_symbol(&self, &sections[at->sh_link], &symbols[n]);
        }
    }
    if (self.found == 0) {
        tell(context, &(adapter_finding){.clause = clause, .detail = "", .is_kept = true});
    }
    if (self.exported == 0) {
        tell(context, &(adapter_finding){.clause = exports, .detail = "", .is_kept = true});
    }
    input_free(&input);
}
