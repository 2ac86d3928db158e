// Words that say what the number or word beside them is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "learn/privacy/folded_text.h"

namespace pawl::pii {

enum class CueKind : uint8_t {
  kPhone,       // "phone", "Telefon", "msisdn": names a phone number
  kCall,        // "call", "text me": a phone number may follow
  kCard,        // "card", "visa"
  kBank,        // "iban", "account"
  kSocial,      // "ssn"
  kNationalId,  // "passport number", "DNI"
  kPassword,    // whatever is given for it is secret
  kPass,        // "pass": the same, but only before ":" or "="
  kPhrase,      // "passphrase", "recovery phrase": of several words
  kSecret,      // "secret", "api key"
  kToken,       // "token", "authorization": a secret if it looks like one
  kKeyName,     // "key": a secret if it looks like nothing else
  kPin,         // "pin", "cvv": short numbers
  kOffer,       // "it is", "here is": a number of full form may be a phone's
  kAddress,     // "ip", "host"
  kAlias,       // "email", "user": what may stand before "=" and an address
  kCount,       // "order", "id": a number that is nobody's
  kUnit,        // "rows", "ms": so is the number before or after it
  kVersion,     // "version", "python"
  kDigest,      // "sha256", "commit"
};

using CueKinds = uint32_t;  // a set
constexpr CueKinds operator|(CueKind a, CueKind b) {
  return 1u << static_cast<unsigned>(a) | 1u << static_cast<unsigned>(b);
}
constexpr CueKinds operator|(CueKinds set, CueKind kind) {
  return set | 1u << static_cast<unsigned>(kind);
}
constexpr bool holds(CueKinds set, CueKind kind) {
  return (set >> static_cast<unsigned>(kind) & 1u) != 0;
}
constexpr CueKinds only(CueKind kind) {
  return CueKinds{0} | kind;
}

struct CueAt {
  size_t start;
  size_t end;
  CueKind kind;
};

// All cues of a text in order, apart from each other; phrases before their words. A word begins and
// ends with the letters around it, at "_", at a digit and at a change of case ("userPhone").
class Cues {
 public:
  explicit Cues(const FoldedText& text);

  const std::vector<CueAt>& all() const { return all_; }
  // The last cue of one of the kinds that ends at or before `position`, at most `reach` characters
  // earlier; null without.
  const CueAt* before(size_t position, size_t reach, CueKinds kinds) const;
  // The first cue of one of the kinds that begins at or after `position`, at most `reach` later.
  const CueAt* after(size_t position, size_t reach, CueKinds kinds) const;

 private:
  std::vector<CueAt> all_;
};

}  // namespace pawl::pii
