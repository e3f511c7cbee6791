/*
 * base: what every room stands on. Nothing here knows about moderation except terms.h, which holds
 * the field's words (actions, signals, strategies …) with their names and numbers.
 */
#ifndef BASE_BASE_H
#define BASE_BASE_H

#include "base/error.h"
#include "base/arith.h"
#include "base/buffer.h"
#include "base/text.h"
#include "base/reader.h"
#include "base/file.h"
#include "base/json.h"
#include "base/time.h"
#include "base/child.h"
#include "base/terms.h"
#include "base/sketch.h"

/* For functions that fork handlers call on every object that holds a descriptor or lock. */
enum fork_phase { FORK_PREPARE, FORK_PARENT, FORK_CHILD };

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#endif
