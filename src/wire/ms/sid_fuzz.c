#include "wire/ms/fuzz.h"
#include "wire/ms/guid.h"
#include "wire/ms/sid.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span s = span_of(data, size);
    char text[SID_TEXT_SIZE], guid_text[GUID_TEXT_SIZE];
    uint8_t bytes[SID_BYTES_MAX];
    struct sid sid, again;
    struct guid guid, guid_again;

    if (sid_from_text(s, &sid) == ERR_OK || sid_from_bytes(s, &sid) == ERR_OK) {
        sid_to_text(&sid, text);
        ENT_ASSERT(sid_from_text(span_str(text), &again) == ERR_OK && sid_eq(&sid, &again));
        ENT_ASSERT(sid_from_bytes(span_of(bytes, sid_to_bytes(&sid, bytes)), &again) == ERR_OK &&
                   sid_eq(&sid, &again));
    }
    if (guid_from_text(s, &guid) == ERR_OK) {
        guid_to_text(&guid, guid_text);
        ENT_ASSERT(guid_from_text(span_str(guid_text), &guid_again) == ERR_OK &&
                   guid_eq(&guid, &guid_again));
    }
    return 0;
}
