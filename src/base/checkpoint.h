// Where long work leaves off, so that it need not begin anew when it was cut off.
#pragma once

#include <string>
#include <string_view>

namespace pawl {

class Checkpoint {
 public:
  virtual ~Checkpoint() = default;
  // What was saved last; empty: nothing.
  virtual std::string load() = 0;
  // Whether it is time to save again.
  virtual bool is_due() = 0;
  virtual void save(std::string_view state) = 0;
};

}  // namespace pawl
