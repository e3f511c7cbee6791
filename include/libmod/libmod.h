/*
 * libmod: classifies what people send to a server, before others see it.
 *
 * This header includes all the others. Link with `pkg-config --cflags --libs libmod`.
 * A host of thirty lines: examples/host.c. Rules of ownership, threads and fork: docs/reference/abi.md.
 */
#ifndef LIBMOD_LIBMOD_H
#define LIBMOD_LIBMOD_H

#include <libmod/version.h>
#include <libmod/error.h>
#include <libmod/doc.h>
#include <libmod/config.h>
#include <libmod/engine.h>
#include <libmod/subject.h>
#include <libmod/verdict.h>
#include <libmod/scan.h>
#include <libmod/decision.h>

#endif
