#include "app/simulate_player.h"

#include <errno.h>
#include <string.h>

static void print_figures(const line_figures *figures, bool wants_json) {
    const line_figure rows[] = {{"opened", figures->opened},     {"asked", figures->asked},
                                {"refused", figures->refused},   {"others", figures->others},
                                {"answered", figures->answered}, {"corrupted", figures->corrupted},
                                {"dropped", figures->dropped}};
    line_print_figures(rows, sizeof(rows) / sizeof(rows[0]), wants_json);
}

int simulate_player_run(const app_command *command, const line_protocol *protocol, int argc, char **argv) {
    return simulate_player_choose(command, &protocol, NULL, argc, argv);
}

int simulate_player_choose(const app_command *command, const line_protocol *const *protocols, line_choice *choice,
                           int argc, char **argv) {
    line_wishes wanted;
    int outcome = line_wishes_read(command, argc, argv, choice, &wanted);
    loop *running = outcome == APP_EXIT_OK ? simulation_loop() : NULL;
    if (running == NULL) {
        return outcome == APP_EXIT_OK ? APP_EXIT_FAILED : outcome;
    }
    line_player *player = line_player_create(running, &wanted.line, protocols[choice == NULL ? 0 : choice->chosen]);
    if (player == NULL) {
        fprintf(stderr, "dragoman simulate: the line cannot be opened: %s\n", strerror(errno));
        loop_destroy(running);
        return APP_EXIT_FAILED;
    }
    simulation_run(running, wanted.seconds);
    const line_figures *figures = line_player_figures(player);
    bool is_good = figures->answered > 0;
    print_figures(figures, wanted.wants_json);
    line_player_destroy(player);
    loop_destroy(running);
    return is_good ? APP_EXIT_OK : APP_EXIT_FAILED;
}
