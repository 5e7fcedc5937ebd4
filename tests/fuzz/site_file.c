/* Any bytes as a site file: mistakes are told, nothing crashes, and what was taken without a mistake has what it needs.
 */
#include "config/site.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    site of;
    site_mistakes mistakes;
    dragoman_status status = site_read_text((dragoman_bytes){data, size}, "/folder", NULL, &of, &mistakes);
    if (status == DRAGOMAN_OK && (of.name.size == 0 || mistakes.count > 0)) {
        abort();
    }
    for (uint32_t i = 0; status == DRAGOMAN_OK && i < of.link_count; i++) {
        if (of.links[i].name.size == 0 || of.links[i].adapter.size == 0) {
            abort();
        }
    }
    site_fini(&of);
    return 0;
}
