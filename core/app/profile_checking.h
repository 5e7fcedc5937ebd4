/*
 * What an adapter has against the device section of a profile, with the places in the profile's file.
 */
#ifndef APP_PROFILE_CHECKING_H
#define APP_PROFILE_CHECKING_H

#include "base/error.h"
#include "host/adapter.h"
#include "terms/terms.h"

/* Asks the adapter about a profile's device section, or, with an empty name, whether it can do without one. `tell` is
 * told every mistake with its place in the profile's file. False, and the reason in `refusal`, when there was one. */
bool profile_checking_run(const terms_book *book, const host_adapter *adapter, dragoman_bytes profile,
                          terms_mistake_teller tell, void *context, error_record *refusal);

#endif
