/*
 * What `dragoman store` prints, each from a read-only reader.
 */
#ifndef APP_STORE_VIEWS_H
#define APP_STORE_VIEWS_H

#include "app/rendering.h"
#include "config/site.h"
#include "store/store.h"

/* Figures of the store and where each sink stands. */
dragoman_status store_view_status(store_reader *reader, bool wants_json, error_record *error);
/* All dead letters, a line or an object each. */
dragoman_status store_view_dead(store_reader *reader, bool wants_json, error_record *error);
/* One dead letter's payload as it is, with why on standard error. */
dragoman_status store_view_letter(store_reader *reader, uint64_t number, error_record *error);
/* Whether there is such a dead letter, and, for a retry, whether a sink could deliver it. NOT_FOUND, UNSUPPORTED. */
dragoman_status store_view_may_change(store_reader *reader, uint64_t number, bool is_retry, error_record *error);
/* One report in a form, by the mappings of the site. */
dragoman_status store_view_report(store_reader *reader, const site *of, uint64_t number, rendering_form form,
                                  error_record *error);

#endif
