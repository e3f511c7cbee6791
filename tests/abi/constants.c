/*
 * The numbers of the ABI, frozen: compiled into every host that was ever built, they can never
 * change. check_constants.py sees to it that none is left out. At run time: the loaded library
 * speaks of the same numbers.
 */
#include <stdint.h>
#include <string.h>

#include <libmod/libmod.h>

#include "tap.h"

#define PIN(name, number) _Static_assert((name) == (number), #name " is frozen at " #number);

/* version.h */
PIN(LMOD_ABI, 1)

/* error.h */
PIN(LMOD_OK, 0)
PIN(LMOD_E_ARGUMENT, -10)
PIN(LMOD_E_MEMORY, -20)
PIN(LMOD_E_IO, -30)
PIN(LMOD_E_CONFIG, -40)
PIN(LMOD_E_RULES, -41)
PIN(LMOD_E_LIST, -42)
PIN(LMOD_E_KEY, -43)
PIN(LMOD_E_UNSUPPORTED, -50)
PIN(LMOD_E_FORKED, -60)
PIN(LMOD_E_STORE, -70)
PIN(LMOD_E_WORKER, -80)
PIN(LMOD_E_STATE, -90)
PIN(LMOD_E_NOT_FOUND, -91)
PIN(LMOD_E_TIMEOUT, -100)
PIN(LMOD_E_INTERNAL, -120)

/* config.h */
PIN(LMOD_LOG_INFO, 10)
PIN(LMOD_LOG_WARNING, 20)
PIN(LMOD_LOG_ERROR, 30)

/* engine.h */
PIN(LMOD_NEED_RELOAD, 1)
PIN(LMOD_NEED_DECISIONS, 2)

/* subject.h */
PIN(LMOD_KEY_HOST, 1)
PIN(LMOD_KEY_ROOM, 2)
PIN(LMOD_KEY_SENDER, 3)
PIN(LMOD_KEY_ITEM, 4)
PIN(LMOD_KEY_MIME, 5)
PIN(LMOD_KEY_FILE_NAME, 6)
PIN(LMOD_KEY_TEXT_FORMAT, 7)
PIN(LMOD_KEY_SURFACE, 32)
PIN(LMOD_KEY_AT, 33)
PIN(LMOD_KEY_ENCRYPTED, 34)
PIN(LMOD_KEY_DIRECT, 35)
PIN(LMOD_KEY_SENDER_AGE_DAYS, 36)
PIN(LMOD_KEY_DEADLINE_MS, 37)
PIN(LMOD_SUBJECT_MAX, 4096)
PIN(LMOD_SURFACE_OTHER, 0)
PIN(LMOD_SURFACE_MESSAGE, 1)
PIN(LMOD_SURFACE_EDIT, 2)
PIN(LMOD_SURFACE_POST, 3)
PIN(LMOD_SURFACE_TITLE, 4)
PIN(LMOD_SURFACE_CHAT, 5)
PIN(LMOD_SURFACE_DIRECT_MESSAGE, 6)
PIN(LMOD_SURFACE_UPLOAD, 7)
PIN(LMOD_SURFACE_AVATAR, 8)
PIN(LMOD_SURFACE_ROOM_AVATAR, 9)
PIN(LMOD_SURFACE_PROFILE_NAME, 10)
PIN(LMOD_SURFACE_BIO, 11)
PIN(LMOD_SURFACE_USERNAME, 12)
PIN(LMOD_SURFACE_ROOM_NAME, 13)
PIN(LMOD_SURFACE_ROOM_TOPIC, 14)
PIN(LMOD_SURFACE_ROOM_ALIAS, 15)
PIN(LMOD_SURFACE_INVITE, 16)
PIN(LMOD_SURFACE_LINK_PREVIEW, 17)
PIN(LMOD_SURFACE_REPORT, 18)

/* verdict.h */
PIN(LMOD_ALLOW, 0)
PIN(LMOD_FLAG, 10)
PIN(LMOD_HOLD, 20)
PIN(LMOD_BLOCK, 30)
PIN(LMOD_COMPLETE, 0)
PIN(LMOD_PARTIAL, 10)
PIN(LMOD_NOT_RUN, 20)
PIN(LMOD_RECORDED_NONE, 0)
PIN(LMOD_RECORDED_OK, 10)
PIN(LMOD_RECORDED_FAILED, 20)

PIN(LMOD_CONTENT_ITEM, 0)
PIN(LMOD_CONTENT_MEDIA, 1)
PIN(LMOD_CONTENT_TEXT, 2)

PIN(LMOD_OUTCOME_DONE, 0)
PIN(LMOD_OUTCOME_GONE, 10)
PIN(LMOD_OUTCOME_FAILED, 20)
PIN(LMOD_OUTCOME_AGAIN, 30)
PIN(LMOD_LEASE_MAX, 86400)
PIN(LMOD_WHOLE, SIZE_MAX)

/* The signedness and width that a host stores them with. */
#define UNSIGNED32(value) _Generic((value), uint32_t : 1, default : 0)
#define SIGNED32(value)   _Generic((value), int32_t : 1, default : 0)
_Static_assert(UNSIGNED32(LMOD_ABI) && UNSIGNED32(LMOD_HOLD) && UNSIGNED32(LMOD_KEY_AT),
               "unsigned");
_Static_assert(SIGNED32(LMOD_OK) && SIGNED32(LMOD_E_INTERNAL), "signed");
_Static_assert(sizeof(LMOD_WHOLE) == sizeof(size_t), "an index");

static void test_identity(void)
{
    CU_ASSERT_EQUAL(lmod_abi(), LMOD_ABI);
    CU_ASSERT_STRING_EQUAL(lmod_version(), LMOD_VERSION);
}

static void test_status_names(void)
{
#define STATUS(name)                                                                               \
    {                                                                                              \
        name, #name                                                                                \
    }
    static const struct {
        int32_t status;
        const char *name;
    } rows[] = {
        STATUS(LMOD_OK),         STATUS(LMOD_E_ARGUMENT),  STATUS(LMOD_E_MEMORY),
        STATUS(LMOD_E_IO),       STATUS(LMOD_E_CONFIG),    STATUS(LMOD_E_RULES),
        STATUS(LMOD_E_LIST),     STATUS(LMOD_E_KEY),       STATUS(LMOD_E_UNSUPPORTED),
        STATUS(LMOD_E_FORKED),   STATUS(LMOD_E_STORE),     STATUS(LMOD_E_WORKER),
        STATUS(LMOD_E_STATE),    STATUS(LMOD_E_NOT_FOUND), STATUS(LMOD_E_TIMEOUT),
        STATUS(LMOD_E_INTERNAL),
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        CU_ASSERT_STRING_EQUAL(lmod_status_name(rows[i].status), rows[i].name);
    CU_ASSERT_STRING_EQUAL(lmod_status_name(-1), "LMOD_E_?");
    CU_ASSERT_STRING_EQUAL(lmod_status_name(INT32_MAX), "LMOD_E_?");
}

static void test_features(void)
{
    static const char *const known[] = {"media.pdq", "media.displayed", "lists.lml", "selftest"};
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        CU_ASSERT(lmod_feature(known[i]) >= 1);
    CU_ASSERT_EQUAL(lmod_feature("no.such.feature"), 0);
    CU_ASSERT_EQUAL(lmod_feature(""), 0);
    CU_ASSERT_EQUAL(lmod_feature(NULL), 0);
}

int main(void)
{
    return TAP_RUN("abi/constants", {"abi and version", test_identity},
                   {"status names", test_status_names}, {"features", test_features});
}
