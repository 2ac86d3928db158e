#include "pipeline/tok2vec/attributes.h"

#include <string>
#include <utility>

#include "base/error.h"

namespace pawl {

Attr tok2vec_attribute(const Msgpack& column) {
  constexpr std::pair<int64_t, Attr> kNumbers[] = {
      {6, Attr::kIsSpace}, {81, Attr::kSpacy},  {65, Attr::kOrth},
      {66, Attr::kLower},  {67, Attr::kNorm},   {68, Attr::kShape},
      {69, Attr::kPrefix}, {70, Attr::kSuffix}, {71, Attr::kLength}};
  if (column.is<std::string>()) return attr_from_name(column.as_string());
  const int64_t number = column.as_int();
  for (const auto& [key, attr] : kNumbers) {
    if (key == number) return attr;
  }
  throw Error(ErrorKind::kUnsupported,
              "extract_features: attribute number " + std::to_string(number) +
                  " is not supported by pawl; name the attribute in the configuration");
}

}  // namespace pawl
