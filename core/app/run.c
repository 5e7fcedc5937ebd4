#include "app/command.h"
#include "app/house.h"
#include "app/log.h"
#include "app/site_checking.h"
#include "base/bytes.h"

#include <dragoman/adapter.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static const char help[] = "usage: dragoman run [OPTIONS] SITE.yaml\n"
                           "\n"
                           "Runs a site: listens to its devices, keeps what they say, publishes it; until\n"
                           "Ctrl-C or SIGTERM, then ends in order. What it does is logged on standard error;\n"
                           "`dragoman status SITE.yaml` asks how it is.\n"
                           "\n"
                           "  --quiet      log errors and warnings only\n"
                           "  --verbose    log more\n"
                           "\n"
                           "examples:\n"
                           "  dragoman run examples/ward/site.yaml\n"
                           "  dragoman check site.yaml && dragoman run site.yaml\n";

static const struct option options[] = {
    {"quiet", no_argument, NULL, 'q'}, {"verbose", no_argument, NULL, 'v'}, {NULL, 0, NULL, 0}};

static int run_site(const site *of, const app_places *places) {
    error_record error = {0};
    house *running = NULL;
    /* What is kept and written is patient data: not for everybody on this machine. */
    umask(0027);
    dragoman_bytes none = {NULL, 0};
    if (house_open(of, places, &running, &error) != DRAGOMAN_OK) {
        fprintf(stderr, "dragoman run: %s\n", error.text);
        return APP_EXIT_FAILED;
    }
    log_write(DRAGOMAN_LOG_INFO, of->name, DRAGOMAN_TEXT("running"), none);
    dragoman_status status = house_run(running, &error);
    if (status != DRAGOMAN_OK) {
        log_write(DRAGOMAN_LOG_ERROR, of->name, bytes_of(error.text), none);
    }
    log_write(DRAGOMAN_LOG_INFO, of->name, DRAGOMAN_TEXT("stopping"), none);
    house_close(running);
    return status == DRAGOMAN_OK ? APP_EXIT_OK : APP_EXIT_FAILED;
}

static int run(int argc, char **argv) {
    int option;
    optind = 1;
    while ((option = getopt_long(argc, argv, "qv", options, NULL)) != -1) {
        if (option == '?') {
            return app_unknown_option(&app_run, argv);
        }
        log_set_level(option == 'q' ? DRAGOMAN_LOG_WARNING : DRAGOMAN_LOG_DEBUG);
    }
    if (argc - optind != 1) {
        return app_usage(&app_run, "one SITE.yaml is expected");
    }
    error_record error = {0};
    app_places places;
    site of;
    site_mistakes mistakes;
    if (app_places_find(&places, &error) != DRAGOMAN_OK) {
        fprintf(stderr, "dragoman run: %s\n", error.text);
        return APP_EXIT_FAILED;
    }
    int outcome = APP_EXIT_FAILED;
    if (site_check(argv[optind], &places, stderr, &of, &mistakes) == DRAGOMAN_OK) {
        outcome = run_site(&of, &places);
    }
    site_fini(&of);
    return outcome;
}

const app_command app_run = {"run", "run a site: listen, keep, publish", help, run};
