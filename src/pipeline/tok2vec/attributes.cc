#include "pipeline/tok2vec/attributes.h"

#include <optional>
#include <string>

#include "base/error.h"

namespace pawl {

Attr tok2vec_attribute(const Msgpack& column) {
  std::optional<Attr> attr;
  if (column.is<std::string>()) {
    attr = attr_from_name(column.as_string());
  } else {
    attr = attr_from_number(column.as_uint());
  }
  if (attr && (is_lexical(*attr) || *attr == Attr::kSpacy)) return *attr;
  const std::string name =
      attr ? "'" + std::string(attr_name(*attr)) + "'" : std::to_string(column.as_uint());
  throw Error(ErrorKind::kUnsupported,
              "extract_features: attribute " + name +
                  " is not supported by pawl; only attributes of the word form and SPACY are");
}

}  // namespace pawl
