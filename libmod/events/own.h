/* Inside events. */
#ifndef EVENTS_OWN_H
#define EVENTS_OWN_H

#include "events/events.h"

/* {"width","height","format","data"} of a 64 × 64 luma. */
json_t *preview_render(const uint8_t *luma);

#endif
