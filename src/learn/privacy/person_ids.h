// Ids and labels that say who somebody is: an address, a number or a name used as one.
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
// UUID are none), a name ("Jane Smith", "chat-with-jane-smith"; of a person also any two words that
// may be one, and "Jane").
// Here a wrong yes costs little (the id is stored as a keyed hash), a wrong no stays for ever.
bool is_personal_id(std::string_view id, IdOf of);

// Whether a label (of an intent, a sentiment, an entity) says who somebody is or where he lives:
// what redact() would remove, a number that is somebody's, a full name ("jane_smith", "Ask Jane
// Smith", "Mrs Smith"), a street with its number ("12 Main Street"). Labels stay as they are, in
// models and settings, so such a one is refused.
bool is_personal_label(std::string_view label);

}  // namespace pawl::learn
