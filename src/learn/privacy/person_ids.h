// Ids that say who somebody is: an address, a number or a name used as an id.
#pragma once

#include <cstdint>
#include <string_view>

namespace pawl::learn {

enum class IdOf : uint8_t {
  kPerson,  // a user, an author: what looks like a name is one
  kThing,   // a conversation, a session, a turn
};

// Whether the id is personal data itself: whatever redact() would remove, a number that is
// somebody's ("491701234567", "cust#2125550187", "user_0171-2345678"; digits inside of a hash or a
// UUID are none), a name ("Jane Smith"; of a person also "jane.smith", "JaneSmith" and "Jane").
// Here a wrong yes costs little (the id is stored as a keyed hash), a wrong no stays for ever.
bool is_personal_id(std::string_view id, IdOf of);

}  // namespace pawl::learn
