#include "pipeline/transition/actions.h"

#include <algorithm>

#include "base/error.h"
#include "base/json.h"

namespace pawl {

namespace {

constexpr size_t kMaxLabels = 20000;

int64_t* find_count(TransitionTable::Counts& counts, const std::string& label) {
  for (auto& [name, count] : counts) {
    if (name == label) return &count;
  }
  return nullptr;
}

void set_count(TransitionTable::Counts& counts, const std::string& label, int64_t count) {
  if (int64_t* known = find_count(counts, label)) {
    *known = count;
  } else {
    counts.emplace_back(label, count);
  }
}

TransitionTable::Counts by_count(const TransitionTable::Counts& counts) {
  TransitionTable::Counts sorted = counts;
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) {
    return a.second != b.second ? a.second > b.second : a.first > b.first;
  });
  return sorted;
}

int parse_move(const std::string& key, const TransitionMoves& moves) {
  if (key.size() == 1 && key[0] >= '0' && key[0] < static_cast<char>('0' + moves.count)) {
    return key[0] - '0';
  }
  throw Error(ErrorKind::kFormat, "key \"moves\": \"" + key + "\" is not the number of " +
                                      moves.what + " (0 to " + std::to_string(moves.count - 1) +
                                      ")");
}

Json to_json_value(const TransitionTable::Table& table) {
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

TransitionTable::Table TransitionTable::parse_table(const Json& moves) const {
  Table table;
  size_t total = 0;
  for (const auto& [key, labels] : moves.as_object()) {
    Counts& counts = table[parse_move(key, *moves_)];
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

bool TransitionTable::has_label(int move, const std::string& label) const {
  const auto found = table_.find(move);
  if (found == table_.end()) return false;
  return std::any_of(found->second.begin(), found->second.end(),
                     [&](const auto& entry) { return entry.first == label; });
}

int TransitionTable::find(int move, StringId label) const {
  const auto found = index_.find({move, label});
  return found == index_.end() ? kNone : found->second;
}

std::string TransitionTable::name(size_t i, const StringStore& strings) const {
  const Entry& entry = entries_[i];
  const std::string prefix = moves_->names[entry.move];
  if (entry.label == 0) return moves_->has_hyphen(entry.move) ? prefix + "-" : prefix;
  return prefix + "-" + strings.at(entry.label);
}

void TransitionTable::initialize(const Table& given, StringStore& strings) {
  const Table table = given;  // may be our own
  table_.clear();
  entries_.clear();
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

bool TransitionTable::add(int move, const std::string& label, StringStore& strings) {
  if (!moves_->is_action(move, !label.empty())) return false;
  const StringId id = label.empty() ? 0 : strings.add(label);
  if (!index_.emplace(std::pair(move, id), static_cast<int>(entries_.size())).second) return false;
  entries_.push_back({static_cast<uint8_t>(move), id});
  // A made-up count keeps the order of addition: below every count there is.
  int64_t lowest = 0;
  Counts& counts = table_[move];
  for (const auto& entry : counts) lowest = std::min(lowest, entry.second);
  set_count(counts, label, lowest - 1);
  return true;
}

bool TransitionTable::add_label(const std::string& label, StringStore& strings) {
  bool added = false;
  for (int move = moves_->first_labelled; move <= moves_->last_labelled; ++move) {
    added = add(move, label, strings) || added;
  }
  return added;
}

void TransitionTable::from_bytes(std::string_view bytes, const std::string& where,
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

std::string TransitionTable::to_bytes() const {
  Msgpack settings = settings_;
  if (settings.is_null()) settings = Msgpack(Msgpack::Map{{Msgpack("neg_key"), Msgpack()}});
  return to_msgpack(Msgpack(
      Msgpack::Map{{Msgpack("moves"), Msgpack(to_json(to_json_value(table_), {.ascii = true}))},
                   {Msgpack("cfg"), settings}}));
}

}  // namespace pawl
