#include "pawl/version.h"

namespace pawl::v1 {

const char* version() {
  return PAWL_VERSION_STRING;
}

}  // namespace pawl::v1
