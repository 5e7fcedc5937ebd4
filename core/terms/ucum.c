#include "terms/ucum.h"

#include <string.h>

/* Atoms that take a metric prefix (UCUM tables 2, 3 and the metric rows of 5 to 27). */
static const char *const metric[] = {
    "m",      "s",  "g",   "rad", "K",   "C",  "cd",   "mol",   "sr",    "Hz",   "N",      "Pa",    "J",   "W",
    "A",      "V",  "F",   "Ohm", "S",   "Wb", "Cel",  "T",     "H",     "lm",   "lx",     "Bq",    "Gy",  "Sv",
    "l",      "L",  "ar",  "t",   "bar", "u",  "eV",   "pc",    "[iU]",  "[IU]", "U",      "kat",   "cal", "cal_IT",
    "cal_th", "eq", "osm", "st",  "Np",  "B",  "B[V]", "B[mV]", "B[uV]", "B[W]", "m[H2O]", "m[Hg]", "dyn", "erg",
    "P",      "Ky", "St",  "G",   "Oe",  "Gb", "Mx",   "ph",    "sb",    "Lmb",  "R",      "RAD",   "REM", "Ci",
    "gf",     "g%", "tex", "bit", "By",  "Bd", "mho",  "[g]",   "kat",   "b",    "Gal",
};

/* Atoms without prefix. */
static const char *const plain[] = {
    "10*",      "10^",      "[pi]",      "%",           "[ppth]",    "[ppm]",         "[ppb]",
    "[pptr]",   "gon",      "deg",       "'",           "''",        "min",           "h",
    "d",        "a",        "a_t",       "a_j",         "a_g",       "mo_s",          "mo_j",
    "mo_g",     "mo",       "wk",        "AU",          "att",       "[psi]",         "[in_i]",
    "[ft_i]",   "[yd_i]",   "[mi_i]",    "[nmi_i]",     "[kn_i]",    "[sin_i]",       "[sft_i]",
    "[cin_i]",  "[cft_i]",  "[in_us]",   "[ft_us]",     "[degF]",    "[degR]",        "[gr]",
    "[lb_av]",  "[oz_av]",  "[dr_av]",   "[ston_av]",   "[lton_av]", "[stone_av]",    "[lb_tr]",
    "[oz_tr]",  "[oz_ap]",  "[lb_ap]",   "[lbf_av]",    "[pt_us]",   "[qt_us]",       "[gal_us]",
    "[foz_us]", "[cup_us]", "[tbs_us]",  "[tsp_us]",    "[cup_m]",   "[tbs_m]",       "[tsp_m]",
    "[drp]",    "[Cal]",    "[Btu]",     "[HP]",        "[HPF]",     "[LPF]",         "[pH]",
    "[arb'U]",  "[USP'U]",  "[CFU]",     "[PFU]",       "[FFU]",     "[TCID_50]",     "[CCID_50]",
    "[EID_50]", "[BAU]",    "[AU]",      "[PNU]",       "[Lf]",      "[D'ag'U]",      "[GPL'U]",
    "[MPL'U]",  "[APL'U]",  "[beth'U]",  "[anti'Xa'U]", "[todd'U]",  "[dye'U]",       "[smgy'U]",
    "[bdsk'U]", "[ka'U]",   "[knk'U]",   "[mclg'U]",    "[tb'U]",    "[Amb'a'1'U]",   "[MET]",
    "[diop]",   "[p'diop]", "[PRU]",     "[wood'U]",    "[mesh_i]",  "[Ch]",          "[car_m]",
    "[S]",      "[g]",      "[c]",       "[h]",         "[k]",       "[e]",           "[m_e]",
    "[m_p]",    "[G]",      "[ly]",      "circ",        "sph",       "[m/s2/Hz^0.5]", "bit_s",
    "[hd_i]",   "[kn_br]",  "[in_i'Hg]", "[in_i'H2O]",  "[m_e]",     "[acr_us]",      "[bu_us]",
    "[fth_i]",  "[mil_i]",  "[rd_us]",
};

static const char *const prefixes[] = {"da", "Ki", "Mi", "Gi", "Ti", "Y", "Z", "E", "P", "T", "G", "M",
                                       "k",  "h",  "d",  "c",  "m",  "u", "n", "p", "f", "a", "z", "y"};

typedef struct scanner {
    const char *at;
    const char *end;
} scanner;

static bool is_one_of(const char *text, size_t size, const char *const *words, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (strlen(words[i]) == size && memcmp(words[i], text, size) == 0) {
            return true;
        }
    }
    return false;
}
#define IS_ONE_OF(text, size, words) is_one_of((text), (size), words, sizeof(words) / sizeof((words)[0]))

static bool is_unit(const char *text, size_t size) {
    if (IS_ONE_OF(text, size, metric) || IS_ONE_OF(text, size, plain)) {
        return true;
    }
    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
        size_t length = strlen(prefixes[i]);
        if (size > length && memcmp(text, prefixes[i], length) == 0 &&
            IS_ONE_OF(text + length, size - length, metric)) {
            return true;
        }
    }
    return false;
}

static bool is_digit(char byte) {
    return byte >= '0' && byte <= '9';
}

static size_t digits(const scanner *self) {
    size_t count = 0;
    while (self->at + count < self->end && is_digit(self->at[count])) {
        count++;
    }
    return count;
}

/* "{...}": printable characters but braces. */
static bool annotation(scanner *self) {
    const char *at = self->at + 1;
    while (at < self->end && *at >= '!' && *at <= '~' && *at != '{' && *at != '}') {
        at++;
    }
    if (at == self->end || *at != '}') {
        return false;
    }
    self->at = at + 1;
    return true;
}

/* How far the characters of an atom go; an exponent is not part of it. Brackets hold anything. */
static size_t atom_size(const scanner *self) {
    const char *at = self->at;
    if (self->end - at >= 3 && (memcmp(at, "10*", 3) == 0 || memcmp(at, "10^", 3) == 0)) {
        return 3;
    }
    bool in_brackets = false;
    for (; at < self->end; at++) {
        if (*at == '[' || *at == ']') {
            in_brackets = *at == '[';
        } else if (!in_brackets && (strchr("./(){}+-", *at) != NULL || is_digit(*at))) {
            break;
        }
    }
    return (size_t)(at - self->at);
}

static bool simple_unit(scanner *self) {
    size_t size = atom_size(self);
    if (size == 0 || !is_unit(self->at, size)) {
        return false;
    }
    self->at += size;
    if (self->at < self->end && (*self->at == '+' || *self->at == '-')) {
        self->at++;
        size_t exponent = digits(self);
        self->at += exponent;
        return exponent > 0;
    }
    self->at += digits(self);
    return true;
}

static bool term(scanner *self, unsigned depth);

static bool component(scanner *self, unsigned depth) {
    if (self->at == self->end) {
        return false;
    }
    if (*self->at == '{') {
        return annotation(self);
    }
    if (*self->at == '(') {
        self->at++;
        bool fits = depth < UCUM_DEPTH_MAX && term(self, depth + 1) && self->at < self->end && *self->at == ')';
        self->at += fits ? 1 : 0;
        return fits;
    }
    size_t factor = digits(self);
    bool is_power_of_ten = self->end - self->at > 2 && factor == 2 && (self->at[2] == '*' || self->at[2] == '^');
    if (factor > 0 && !is_power_of_ten) {
        self->at += factor;
    } else if (!simple_unit(self)) {
        return false;
    }
    return self->at == self->end || *self->at != '{' || annotation(self);
}

static bool term(scanner *self, unsigned depth) {
    if (self->at < self->end && *self->at == '/') {
        self->at++;
    }
    for (;;) {
        if (!component(self, depth)) {
            return false;
        }
        if (self->at == self->end || (*self->at != '.' && *self->at != '/')) {
            return true;
        }
        self->at++;
    }
}

bool ucum_is_valid(dragoman_bytes unit) {
    if (unit.size == 0 || unit.size > UCUM_BYTES_MAX || memchr(unit.data, '\0', unit.size) != NULL) {
        return false;
    }
    scanner self = {(const char *)unit.data, (const char *)unit.data + unit.size};
    return term(&self, 0) && self.at == self.end;
}
