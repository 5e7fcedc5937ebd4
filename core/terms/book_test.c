/* A site's own files: what they change, and how their mistakes are told. */
#include "base/bytes.h"
#include "terms/terms.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[64];

static int make_folder(void **state) {
    (void)state;
    snprintf(folder, sizeof(folder), "/tmp/terms-book-XXXXXX");
    return mkdtemp(folder) == NULL ? -1 : 0;
}

static int remove_folder(void **state) {
    (void)state;
    char command[96];
    snprintf(command, sizeof(command), "rm -r '%s'", folder);
    return system(command);
}

/* Writes a file into the test's folder; the path lives until the next call with the same slot. */
static const char *write_file(unsigned slot, const char *name, const char *text) {
    static char paths[4][128];
    snprintf(paths[slot], sizeof(paths[slot]), "%s/%s", folder, name);
    FILE *file = fopen(paths[slot], "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    return paths[slot];
}

typedef struct told {
    char text[16][256];
    unsigned count;
} told;

static void tell(void *context, const char *file, uint32_t line, uint32_t column, const char *sentence) {
    told *self = context;
    assert_true(self->count < 16);
    const char *name = strrchr(file, '/');
    snprintf(self->text[self->count++], sizeof(self->text[0]), "%s:%u:%u: %s", name == NULL ? file : name + 1, line,
             column, sentence);
}

static terms_book *open_with(const char *const *files, size_t count) {
    terms_book *book = NULL;
    error_record error;
    if (terms_book_create(NULL, files, count, &book, &error) != DRAGOMAN_OK) {
        fail_msg("%s", error.text);
    }
    return book;
}

/* Opens a book that cannot be made, and keeps what is told. */
static void refuse(const char *file, told *mistakes) {
    terms_book *book = NULL;
    error_record error;
    memset(mistakes, 0, sizeof(*mistakes));
    dragoman_status status = terms_book_create_telling(NULL, &file, 1, tell, mistakes, &book, &error);
    assert_int_equal(status, DRAGOMAN_INVALID);
    assert_null(book);
    assert_int_equal(error.status, DRAGOMAN_INVALID);
    assert_true(strlen(error.text) > 0);
}

static void assert_told(const told *mistakes, unsigned index, const char *beginning) {
    assert_true(index < mistakes->count);
    if (strncmp(mistakes->text[index], beginning, strlen(beginning)) != 0) {
        fail_msg("told: %s\nwanted: %s", mistakes->text[index], beginning);
    }
}

static void a_site_adds_terms_units_and_pairings(void **state) {
    (void)state;
    const char *files[] = {
        write_file(0, "terms.csv",
                   "refid,code10,name,kind\nMDCX_SITE_FLOW,192512,Site flow,numeric\n"
                   "MDC_DIM_SITE_UNIT,327648,Site unit,unit\nMDC_ECG_HEART_RATE,147842,Our heart rate,numeric\n"),
        write_file(1, "pairs.csv",
                   "refid,code10,loinc,ucum,fhir_category,profile,use\n"
                   "MDC_PULS_OXIM_SAT_O2,150456,59408-5,%,vital-signs,,first\n"),
        write_file(2, "texts.csv", "text,mdc_refid,ucum\nSchlaege/min,MDC_DIM_BEAT_PER_MIN,/min\n"),
    };
    terms_book *book = open_with(files, 3);
    const terms_mdc *flow = terms_find_refid(book, DRAGOMAN_TEXT("MDCX_SITE_FLOW"));
    assert_non_null(flow);
    assert_int_equal(flow->standing, TERMS_SITE);
    assert_ptr_equal(terms_find_mdc(book, 192512), flow);
    assert_string_equal(terms_find_mdc(book, 147842)->name, "Our heart rate");
    /* What the site did not touch is as it was. */
    assert_string_equal(terms_find_mdc(book, 150021)->refid, "MDC_PRESS_BLD_NONINV_SYS");
    assert_int_equal(terms_find_mdc(book, 150021)->episodic, 1);
    assert_int_equal(terms_group(book, 150021), 150020);
    assert_string_equal(terms_find_unit(book, 266016)->ucum, "mm[Hg]");
    assert_int_equal(terms_find_refid(book, DRAGOMAN_TEXT("MDC_ECG_CARD_BEAT_RATE"))->code, 147842);
    /* The site's pairing replaces both of ours. */
    uint32_t count = 0;
    const terms_loinc *loincs = terms_find_loinc(book, 150456, &count);
    assert_int_equal(count, 1);
    assert_string_equal(loincs[0].code, "59408-5");
    assert_int_equal(loincs[0].standing, TERMS_SITE);
    assert_string_equal(terms_find_loinc(book, 147842, &count)->code, "8867-4");
    terms_book_destroy(book);
}

static void loincs_own_table_adds_pairings(void **state) {
    (void)state;
    const char *file = write_file(
        0, "LoincIeeeMedicalDeviceCodeMappingTable.csv",
        "\"LOINC_NUM\",\"LOINC_LONG_COMMON_NAME\",\"IEEE_CF_CODE10\",\"IEEE_REFID\",\"IEEE_DESCRIPTION\",\"IEEE_DIM\","
        "\"IEEE_UOM_UCUM\"\r\n"
        "\"8867-4\",\"Heart rate\",\"147842\",\"MDC_ECG_HEART_RATE\",\"\",\"\",\"/min\"\r\n"
        "\"76282-3\",\"Heart rate.beat-to-beat by EKG\",\"147842\",\"MDC_ECG_HEART_RATE\",\"a \"\"quoted\"\" text, "
        "with "
        "comma\",\"\",\"/min\"\r\n"
        "\"8310-5\",\"Body temperature\",\"199998\",\"MDC_TEMP_NEW\",\"A new one\",\"\",\"Cel\"\r\n"
        "\"11111-5\",\"Without counterpart\",\"\",\"\",\"\",\"\",\"\"\r\n");
    terms_book *book = open_with(&file, 1);
    uint32_t count = 0;
    const terms_loinc *loincs = terms_find_loinc(book, 147842, &count);
    assert_int_equal(count, 2);
    assert_string_equal(loincs[0].code, "8867-4");
    assert_int_equal(loincs[0].standing, TERMS_CONFIRMED);
    assert_string_equal(loincs[1].code, "76282-3");
    /* A magic code keeps its profile whoever pairs it. */
    loincs = terms_find_loinc(book, 199998, &count);
    assert_int_equal(count, 1);
    assert_string_equal(loincs[0].profile, "bodytemp");
    assert_string_equal(loincs[0].category, "vital-signs");
    assert_string_equal(terms_find_mdc(book, 199998)->name, "A new one");
    terms_book_destroy(book);
}

static void tells_all_mistakes_of_a_term_file(void **state) {
    (void)state;
    told mistakes;
    refuse(write_file(0, "t.csv",
                      "refid,code10,name,kind,partition,term\nMDC_A B,1x,n,numeric,1,1\n"
                      "MDC_WRONG,147842,n,numeric,2,16770\nMDC_SHORT,1\n\nMDC_K,65999,n,number,1,463\n"),
           &mistakes);
    assert_told(&mistakes, 0, "t.csv:2:0: refid: \"MDC_A B\" is no reference id");
    assert_told(&mistakes, 1, "t.csv:2:0: code10: \"1x\" is no number");
    assert_told(&mistakes, 2, "t.csv:2:0: code10 0 is not partition 1 x 65536 + term 1");
    assert_told(&mistakes, 3, "t.csv:4:0: 2 fields, but the first line names 6 columns");
    assert_told(&mistakes, 4, "t.csv:6:0: kind: \"number\" is not known");
    assert_told(&mistakes, 5, "t.csv:3:0: the number 147842 is already MDC_ECG_HEART_RATE");
    assert_int_equal(mistakes.count, 6);
}

static void tells_wrong_pairings(void **state) {
    (void)state;
    told mistakes;
    refuse(write_file(0, "p.csv",
                      "refid,code10,loinc,ucum,fhir_category,profile,use\n"
                      "MDC_ECG_HEART_RATE,147842,8867-5,/min,vital-signs,heartrate,first\n"
                      "MDC_RESP_RATE,151562,9279-1,breaths,vital-sign,,first\n"
                      "MDC_RESP_RATE,151563,9279-1,/min,exam,resprate,also\n"),
           &mistakes);
    assert_told(&mistakes, 0, "p.csv:2:0: loinc: \"8867-5\" is no LOINC code");
    assert_told(&mistakes, 1, "p.csv:3:0: fhir_category: \"vital-sign\"");
    assert_told(&mistakes, 2, "p.csv:3:0: ucum: \"breaths\"");
    assert_told(&mistakes, 3, "p.csv:4:0: no term has the number 151563");
    assert_told(&mistakes, 4, "p.csv:4:0: a row with a profile has the category vital-signs");
    assert_told(&mistakes, 5, "p.csv:4:0: use: exactly one of the rows of MDC_RESP_RATE");
    assert_int_equal(mistakes.count, 6);
}

static void tells_files_it_cannot_use(void **state) {
    (void)state;
    told mistakes;
    refuse("/nowhere/at/all.csv", &mistakes);
    assert_told(&mistakes, 0, "all.csv:0:0: cannot be opened: No such file");
    refuse(write_file(0, "notes.txt", "x"), &mistakes);
    assert_told(&mistakes, 0, "notes.txt:0:0: is neither a term file");
    refuse(write_file(0, "unknown.csv", "a,b\n1,2\n"), &mistakes);
    assert_told(&mistakes, 0, "unknown.csv:1:0: the first line names no known table");
    refuse(write_file(0, "lacking.csv", "refid,loinc\n"), &mistakes);
    assert_told(&mistakes, 0, "lacking.csv:1:0: the column \"code10\" is missing beside \"loinc\"");
    refuse(write_file(0, "open.csv", "refid,code10,name,kind\nMDC_A,\"1,x,numeric\n"), &mistakes);
    assert_told(&mistakes, 0, "open.csv:2:0: a quoted field does not end");
    terms_book *book = NULL;
    error_record error;
    assert_int_equal(terms_book_create("/nowhere", NULL, 0, &book, &error), DRAGOMAN_INVALID);
    assert_string_equal(error.text, "/nowhere: is no folder that can be read: No such file or directory");
}

static void tells_all_mistakes_of_a_profile(void **state) {
    (void)state;
    told mistakes;
    refuse(write_file(0, "p.yaml",
                      "profile: acme\n"
                      "colour: red\n"
                      "for: hl7v2\n"
                      "recognise: [ { } ]\n"
                      "clock: { zone: Mars/Olympus, habit: sometimes }\n"
                      "codes:\n"
                      "  - { code: A, mdc: MDC_NO_SUCH }\n"
                      "  - { mdc: 147842, unit: mmmHg }\n"
                      "  - { code: B, mdc: 147842 }\n"
                      "  - { code: B, mdc: 147842 }\n"),
           &mistakes);
    assert_told(&mistakes, 0, "p.yaml:2:1: the key \"colour\" is not known here; known are profile, for,");
    assert_told(&mistakes, 1, "p.yaml:4:14: an empty entry would recognise every sender");
    assert_told(&mistakes, 2, "p.yaml:5:16: ");
    assert_told(&mistakes, 3, "p.yaml:5:37: one of these is expected: follows, never, utc");
    assert_told(&mistakes, 4, "p.yaml:7:21: no MDC term \"MDC_NO_SUCH\"");
    assert_told(&mistakes, 5, "p.yaml:8:26: no unit \"mmmHg\"");
    assert_told(&mistakes, 6, "p.yaml:8:5: a code needs \"code\"");
    assert_told(&mistakes, 7, "p.yaml:1:1: the key \"source\" is missing");
    assert_told(&mistakes, 8, "p.yaml:10:5: the code \"B\" stands twice");
    assert_int_equal(mistakes.count, 9);
}

static void tells_doubled_codes_and_broken_yaml(void **state) {
    (void)state;
    told mistakes;
    refuse(write_file(0, "d.yaml",
                      "profile: acme\nfor: hl7v2\nsource: { document: d }\ncodes:\n"
                      "  - { code: B, mdc: 147842 }\n  - { code: B, system: X, mdc: 147842 }\n"
                      "  - { code: B, mdc: 150456 }\n"),
           &mistakes);
    assert_told(&mistakes, 0, "d.yaml:7:5: the code \"B\" stands twice");
    refuse(write_file(0, "b.yaml", "profile: [acme\nfor: hl7v2\n"), &mistakes);
    assert_told(&mistakes, 0, "b.yaml:2:4: no YAML: ");
    refuse(write_file(0, "e.yaml", ""), &mistakes);
    assert_told(&mistakes, 0, "e.yaml:1:1: the file is empty");
    refuse(write_file(0, "l.yaml", "- a\n- b\n"), &mistakes);
    assert_told(&mistakes, 0, "l.yaml:1:1: a mapping");
}

static void collect_setting(void *context, dragoman_bytes name, dragoman_bytes value) {
    char *text = context;
    size_t used = strlen(text);
    snprintf(text + used, 128 - used, "%.*s=%.*s;", BYTES_FORMAT(name), BYTES_FORMAT(value));
}

static void a_profile_brings_clock_and_settings(void **state) {
    (void)state;
    const char *file = write_file(0, "acme.yaml",
                                  "profile: acme\nfor: hl7v2\nsource: { document: Guide, edition: 2 }\n"
                                  "clock: { zone: Europe/Berlin, habit: never }\n"
                                  "settings: { on_refusal: AE, charset: 8859/1 }\n"
                                  "recognise: [ { application: ACME?-*, facility: ICU } ]\n");
    terms_book *book = open_with(&file, 1);
    terms_profile_facts facts;
    assert_true(terms_find_profile(book, DRAGOMAN_TEXT("acme"), &facts));
    assert_true(bytes_is(facts.zone, "Europe/Berlin"));
    assert_int_equal(facts.habit, 1);
    assert_true(bytes_is(facts.edition, "2"));
    assert_false(terms_find_profile(book, DRAGOMAN_TEXT("other"), &facts));
    char settings[128] = "";
    terms_visit_profile_settings(book, DRAGOMAN_TEXT("acme"), collect_setting, settings);
    assert_string_equal(settings, "on_refusal=AE;charset=8859/1;");
    dragoman_report report = {.sender = {.code = DRAGOMAN_TEXT("Acme2-ward"), .text = DRAGOMAN_TEXT("icu")}};
    assert_true(bytes_is(terms_profile_of(book, DRAGOMAN_TEXT("hl7v2"), &report), "acme"));
    report.sender.text = DRAGOMAN_TEXT("icu 2");
    assert_true(bytes_is(terms_profile_of(book, DRAGOMAN_TEXT("hl7v2"), &report), ""));
    terms_book_destroy(book);
}

static void a_sites_profile_replaces_a_shipped_one(void **state) {
    (void)state;
    const char *file = write_file(0, "mindray.yaml", "profile: mindray\nfor: hl7v2\nsource: { document: ours }\n");
    terms_book *book = NULL;
    error_record error;
    assert_int_equal(terms_book_create("mappings", &file, 1, &book, &error), DRAGOMAN_OK);
    terms_profile_facts facts;
    assert_true(terms_find_profile(book, DRAGOMAN_TEXT("mindray"), &facts));
    assert_true(bytes_is(facts.document, "ours"));
    assert_true(terms_find_profile(book, DRAGOMAN_TEXT("edan"), &facts));
    terms_book_destroy(book);
}

/* The MDC number that a book concludes for a code under a profile. */
static uint32_t mdc_under(const terms_book *book, const char *profile, const char *number) {
    static arena memory;
    arena_fini(&memory);
    arena_init(&memory, 1 << 16);
    dragoman_code coding = {.code = bytes_of(number), .system = bytes_of("99ACME")};
    dragoman_value value = {.kind = DRAGOMAN_VALUE_DECIMAL, .number = {.mantissa = 42}};
    dragoman_observation observation = {.code = {.codings = &coding, .coding_count = 1},
                                        .values = DRAGOMAN_LIST(&value, 1)};
    model_record record = {
        .report = {.struct_size = sizeof(dragoman_report), .observations = DRAGOMAN_LIST(&observation, 1)},
        .stamp = {.profile = bytes_of(profile)},
        .has_stamp = true,
    };
    terms_meanings meanings;
    assert_int_equal(terms_conclude(book, &record, &memory, &meanings), DRAGOMAN_OK);
    uint32_t mdc = meanings.observations[0].mdc;
    arena_fini(&memory);
    return mdc;
}

#define HEAD(name) "profile: " name "\nfor: hl7v2\nsource: { document: d }\n"

static void models_share_the_codes_of_one_profile(void **state) {
    (void)state;
    const char *files[] = {
        write_file(0, "model.yaml", HEAD("model") "codes_of: family\ncodes: [{ code: \"2\", mdc: MDC_PULS_RATE }]\n"),
        write_file(1, "family.yaml",
                   HEAD("family") "codes: [{ code: \"1\", mdc: MDC_ECG_HEART_RATE }, "
                                  "{ code: \"2\", mdc: MDC_PULS_OXIM_SAT_O2 }]\n"),
    };
    terms_book *book = open_with(files, 2);
    assert_int_equal(mdc_under(book, "model", "1"), 147842);
    assert_int_equal(mdc_under(book, "model", "2"), 149514);
    assert_int_equal(mdc_under(book, "family", "2"), 150456);
    terms_book_destroy(book);
}

static void tells_codes_of_that_lead_nowhere(void **state) {
    (void)state;
    const char *files[] = {
        write_file(0, "a.yaml", HEAD("a") "codes_of: nobody\n"),
        write_file(1, "b.yaml", HEAD("b") "codes_of: a\n"),
        write_file(2, "c.yaml", "profile: c\nfor: other\nsource: { document: d }\ncodes_of: a\n"),
    };
    terms_book *book = NULL;
    error_record error;
    told said = {.count = 0};
    assert_int_equal(terms_book_create_telling(NULL, files, 3, tell, &said, &book, &error), DRAGOMAN_INVALID);
    assert_int_equal(said.count, 3);
    assert_string_equal(said.text[0], "a.yaml:1:1: codes_of: there is no profile \"nobody\" for the adapter hl7v2");
    assert_string_equal(said.text[1], "b.yaml:1:1: codes_of: \"a\" has codes_of itself; name that profile");
    assert_string_equal(said.text[2], "c.yaml:1:1: codes_of: there is no profile \"a\" for the adapter other");
}

/* Copies mappings/terms into the test's folder, with `more` behind each file. */
static void copy_tables(const char *more) {
    char command[512];
    snprintf(command, sizeof(command),
             "rm -rf '%s/m' && mkdir -p '%s/m/terms' && cp mappings/terms/*.csv '%s/m/terms/' && "
             "for f in '%s'/m/terms/*.csv; do printf '%s' >> \"$f\"; done",
             folder, folder, folder, folder, more);
    assert_int_equal(system(command), 0);
}

static void a_folder_of_ones_own_is_read(void **state) {
    (void)state;
    char path[96];
    char file[160];
    terms_book *book = NULL;
    error_record error;
    snprintf(path, sizeof(path), "%s/m", folder);
    copy_tables("");
    assert_int_equal(terms_book_create(path, NULL, 0, &book, &error), DRAGOMAN_OK);
    assert_ptr_equal(terms_find_mdc(book, 147842), terms_find_mdc(NULL, 147842)); /* nothing new, nothing built */
    terms_book_destroy(book);

    /* Every file changed by an empty line: all is read, and says the same. */
    copy_tables("\\n");
    assert_int_equal(terms_book_create(path, NULL, 0, &book, &error), DRAGOMAN_OK);
    uint32_t count = 0;
    const terms_mdc *mdc = terms_find_mdc(book, 150021);
    assert_ptr_not_equal(mdc, terms_find_mdc(NULL, 150021));
    assert_int_equal(mdc->standing, TERMS_CONFIRMED);
    assert_int_equal(mdc->episodic, 1);
    assert_int_equal(terms_group(book, 150021), 150020);
    assert_int_equal(terms_find_loinc(book, 151975, &count)->standing, TERMS_SINGLE_SOURCE);
    assert_int_equal(count, 2);
    assert_int_equal(terms_find_refid(book, DRAGOMAN_TEXT("MDC_ECG_CARD_BEAT_RATE"))->code, 147842);
    terms_book_destroy(book);

    snprintf(file, sizeof(file), "%s/m/terms/ward.csv", folder);
    FILE *out = fopen(file, "w");
    fputs("refid,code10,name,kind\nMDCX_SITE_FLOW,192512,Site flow,numeric\n", out);
    fclose(out);
    assert_int_equal(terms_book_create(path, NULL, 0, &book, &error), DRAGOMAN_OK);
    assert_int_equal(terms_find_mdc(book, 192512)->standing, TERMS_SITE);
    terms_book_destroy(book);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_site_adds_terms_units_and_pairings),
        cmocka_unit_test(loincs_own_table_adds_pairings),
        cmocka_unit_test(tells_all_mistakes_of_a_term_file),
        cmocka_unit_test(tells_wrong_pairings),
        cmocka_unit_test(tells_files_it_cannot_use),
        cmocka_unit_test(tells_all_mistakes_of_a_profile),
        cmocka_unit_test(tells_doubled_codes_and_broken_yaml),
        cmocka_unit_test(a_profile_brings_clock_and_settings),
        cmocka_unit_test(a_sites_profile_replaces_a_shipped_one),
        cmocka_unit_test(models_share_the_codes_of_one_profile),
        cmocka_unit_test(tells_codes_of_that_lead_nowhere),
        cmocka_unit_test(a_folder_of_ones_own_is_read),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
