/*
 * The running house: links on one loop, the store's committer, a publisher thread a sink, the control socket; put
 * together from a site and taken down in order, so that what was acknowledged is kept and what is under way is
 * delivered.
 */
#ifndef APP_HOUSE_H
#define APP_HOUSE_H

#include "app/places.h"
#include "config/site.h"
#include "link/link.h"
#include "publish/publish.h"
#include "store/store.h"
#include "terms/terms.h"

/* How long a stop waits for messages under way to be settled and answered. */
#define HOUSE_DRAIN_US 5000000

/* How often a store is tried again whose disk was full at the start. */
#define HOUSE_STORE_RETRY_US 1000000

typedef struct house house;

/* Opens the store, the links and the sinks of a site (which must outlive the house). Everything that works starts;
 * `error` has the first thing that kept it from starting at all. When the store's disk is full, the house waits for
 * room while it runs, and begins then. */
dragoman_status house_open(const site *of, const app_places *places, house **ret_house, error_record *error);
/* Runs until SIGINT or SIGTERM. An error: a store whose disk was full at the start could then not be used after all. */
dragoman_status house_run(house *self, error_record *error);
/* Drains the links, stops the publishers, closes the store, frees everything. NULL is allowed. */
void house_close(house *self);

#endif
