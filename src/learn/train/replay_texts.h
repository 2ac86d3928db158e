// Texts of many kinds, with names of people, places, firms, dates and amounts in them, on which an
// entity head can be asked what it knows. Made of sentences of our own and lists of fillers, by a
// fixed seed; nobody's words.
#pragma once

#include <string>
#include <vector>

namespace pawl::learn {

struct ReplayTexts {
  std::vector<std::string> train;
  std::vector<std::string> held_out;  // of other sentences than `train`
};

// The same on every call.
const ReplayTexts& replay_texts();

}  // namespace pawl::learn
