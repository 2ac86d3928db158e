#include "base/progress.h"

namespace pawl {

Progress& Progress::silent() {
  static Progress progress;
  return progress;
}

}  // namespace pawl
