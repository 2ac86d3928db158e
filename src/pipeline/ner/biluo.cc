#include "pipeline/ner/biluo.h"

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/json.h"

namespace pawl {

namespace {

constexpr size_t kMaxLabels = 20000;
constexpr std::array<const char*, kBiluoMoves> kMoveNames = {"M", "B", "I", "L", "U", "O"};

int64_t* find_count(BiluoActions::Counts& counts, const std::string& label) {
  for (auto& [name, count] : counts) {
    if (name == label) return &count;
  }
  return nullptr;
}

void set_count(BiluoActions::Counts& counts, const std::string& label, int64_t count) {
  if (int64_t* known = find_count(counts, label)) {
    *known = count;
  } else {
    counts.emplace_back(label, count);
  }
}

BiluoActions::Counts by_count(const BiluoActions::Counts& counts) {
  BiluoActions::Counts sorted = counts;
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) {
    return a.second != b.second ? a.second > b.second : a.first > b.first;
  });
  return sorted;
}

int parse_move(const std::string& key) {
  if (key.size() == 1 && key[0] >= '0' && key[0] < static_cast<char>('0' + kBiluoMoves)) {
    return key[0] - '0';
  }
  throw Error(ErrorKind::kFormat,
              "key \"moves\": \"" + key + "\" is not the number of an entity action (0 to 5)");
}

BiluoActions::Table parse_table(const Json& moves) {
  BiluoActions::Table table;
  size_t total = 0;
  for (const auto& [key, labels] : moves.as_object()) {
    BiluoActions::Counts& counts = table[parse_move(key)];
    for (const auto& [label, count] : labels.as_object()) {
      counts.emplace_back(label, count.as_int());
    }
    total += counts.size();
  }
  if (total > kMaxLabels) {
    throw Error(ErrorKind::kFormat, "key \"moves\": more than " + std::to_string(kMaxLabels) +
                                        " actions; this is not a model of ours");
  }
  return table;
}

Json to_json_value(const BiluoActions::Table& table) {
  Json moves = Json::object();
  for (const auto& [move, counts] : table) {
    Json labels = Json::object();
    for (const auto& [label, count] : counts) {
      labels.as_object().emplace_back(label, Json(count));
    }
    moves.as_object().emplace_back(std::to_string(move), std::move(labels));
  }
  return moves;
}

}  // namespace

std::vector<std::string> BiluoActions::labels() const {
  std::set<std::string> names;
  for (const auto& [move, counts] : table_) {
    const auto kind = static_cast<BiluoMove>(move);
    if (kind == BiluoMove::kMissing || kind == BiluoMove::kOut) continue;
    for (const auto& [label, count] : counts) {
      if (!label.empty()) names.insert(label);
    }
  }
  return {names.begin(), names.end()};
}

int BiluoActions::find(BiluoAction action) const {
  const auto found = index_.find({static_cast<int>(action.move), action.label});
  return found == index_.end() ? kNone : found->second;
}

std::string BiluoActions::name(size_t i, const StringStore& strings) const {
  const BiluoAction& action = actions_[i];
  const std::string prefix = kMoveNames[static_cast<size_t>(action.move)];
  if (action.move == BiluoMove::kOut || action.move == BiluoMove::kMissing) return prefix;
  return prefix + "-" + (action.label == 0 ? std::string() : strings.at(action.label));
}

void BiluoActions::initialize(const Table& given, StringStore& strings) {
  const Table table = given;  // may be our own
  table_.clear();
  actions_.clear();
  index_.clear();
  std::vector<std::pair<int64_t, std::string>> added;
  std::map<std::string, std::vector<int>> added_moves;
  for (const auto& [move, counts] : table) {
    table_[move];
    for (const auto& [label, count] : by_count(counts)) {
      if (count < 0) {
        added.emplace_back(count, label);
        added_moves[label].push_back(move);
      } else {
        add(move, label, strings);
        set_count(table_[move], label, count);
      }
    }
  }
  std::sort(added.begin(), added.end(), std::greater<>());
  added.erase(std::unique(added.begin(), added.end()), added.end());
  for (const auto& [count, label] : added) {
    for (const int move : added_moves[label]) {
      add(move, label, strings);
      set_count(table_[move], label, count);
    }
  }
}

bool BiluoActions::add(int move, const std::string& label, StringStore& strings) {
  const auto kind = static_cast<BiluoMove>(move);
  const StringId id = label.empty() ? 0 : strings.add(label);
  if (kind == BiluoMove::kMissing || (kind == BiluoMove::kOut && id != 0)) return false;
  if (!index_.emplace(std::pair(move, id), static_cast<int>(actions_.size())).second) return false;
  actions_.push_back({kind, id});
  // A made-up count keeps the order of addition: below every count there is.
  int64_t lowest = 0;
  Counts& counts = table_[move];
  for (const auto& entry : counts) lowest = std::min(lowest, entry.second);
  set_count(counts, label, lowest - 1);
  return true;
}

bool BiluoActions::add_label(const std::string& label, StringStore& strings) {
  bool added = false;
  for (int move = static_cast<int>(BiluoMove::kBegin); move <= static_cast<int>(BiluoMove::kOut);
       ++move) {
    added = add(move, label, strings) || added;
  }
  return added;
}

void BiluoActions::from_bytes(std::string_view bytes, const std::string& where,
                              StringStore& strings) {
  try {
    const Msgpack file = parse_msgpack(bytes);
    const Json moves = parse_json(file.at("moves").as_string());
    const Table table = parse_table(moves);
    const Msgpack* settings = file.find("cfg");
    if (settings != nullptr) settings->as_map();
    initialize(table, strings);
    settings_ = settings != nullptr ? *settings : Msgpack();
  } catch (const Error& error) {
    throw Error(ErrorKind::kFormat, error.what()).within(where);
  }
}

std::string BiluoActions::to_bytes() const {
  Msgpack settings = settings_;
  if (settings.is_null()) settings = Msgpack(Msgpack::Map{{Msgpack("neg_key"), Msgpack()}});
  return to_msgpack(Msgpack(
      Msgpack::Map{{Msgpack("moves"), Msgpack(to_json(to_json_value(table_), {.ascii = true}))},
                   {Msgpack("cfg"), settings}}));
}

}  // namespace pawl
