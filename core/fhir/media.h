/*
 * Attachments: pictures, documents and the like, as Media beside the Observation that is derived from them. R4 has no
 * valueAttachment.
 */
#ifndef FHIR_MEDIA_H
#define FHIR_MEDIA_H

#include "fhir/writer.h"

/* Writes the Media of an attachment that belongs to the Observation `observation_id`; *ret_media is what that refers
 * to. NO_MEMORY. */
dragoman_status fhir_media_write(fhir_scene *scene, const dragoman_value *value, const char *observation_id,
                                 const fhir_resource **ret_media);

#endif
