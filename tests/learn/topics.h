// What the people of these tests talk about.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace pawl::learn {

// Labels and how their texts begin.
inline const std::vector<std::pair<std::string, std::string>>& topics() {
  static const std::vector<std::pair<std::string, std::string>> table = {
      {"rain", "will it rain in "}, {"alarm", "wake me at "}, {"music", "play some "}};
  return table;
}

}  // namespace pawl::learn
