#include "pipeline/transition/component.h"

#include <algorithm>

#include "base/error.h"
#include "pipeline/component/files.h"
#include "pipeline/component/model_settings.h"

namespace pawl {

namespace {

// Documents are predicted in groups of about this many tokens: temporaries stay in cache.
constexpr size_t kGroupTokens = 512;
constexpr const char* kOriginal = "pawl_original";  // in the `cfg` file
constexpr int64_t kDefaultCut = 100;
constexpr int64_t kMaxCut = int64_t{1} << 30;

void refuse_setting(const Json& settings, std::string_view key, const std::string& where) {
  const Json* value = settings.find(key);
  if (value == nullptr || value->is_null()) return;
  if (value->is_array() && value->as_array().empty()) return;
  throw_unsupported(where, std::string(key) + " = " + to_json(*value));
}

void check_number(const Json& settings, std::string_view key, const std::string& what,
                  const std::string& where) {
  const Json* value = settings.find(key);
  if (value == nullptr) return;
  if (!value->is_integer() || value->as_double() < 0 || value->as_double() > kMaxCut) {
    throw Error(ErrorKind::kFormat, "[" + where + "] " + std::string(key) + " = " +
                                        to_json(*value) + " is not a number of " + what);
  }
}

void check_original(const Json& settings, const std::string& where) {
  const Json* kept = settings.find(kOriginal);
  if (kept == nullptr) return;
  for (const char* key : {"hidden", "actions"}) {
    const Json* value = kept->is_object() ? kept->find(key) : nullptr;
    if (value == nullptr || !value->is_integer() || value->as_int() < 0)
      throw Error(ErrorKind::kFormat, "[" + where + "] " + kOriginal + " = " + to_json(*kept) +
                                          " does not say how many units and actions came first");
  }
}

void check_settings(const Json& settings, const std::string& where) {
  refuse_setting(settings, "moves", where);
  refuse_setting(settings, "multitasks", where);
  const Json* beam = settings.find("beam_width");
  if (beam != nullptr && (!beam->is_number() || beam->as_double() != 1.0)) {
    throw_unsupported(where, "beam_width = " + to_json(*beam) + " (only 1, greedy decoding)");
  }
  check_original(settings, where);
  check_number(settings, "update_with_oracle_cut_size", "tokens", where);
  check_number(settings, "min_action_freq", "occurrences", where);
  const Json* learn_tokens = settings.find("learn_tokens");
  if (learn_tokens != nullptr && !(learn_tokens->is_bool() && !learn_tokens->as_bool())) {
    throw_unsupported(where, "learn_tokens = " + to_json(*learn_tokens) + " (only false)");
  }
}

// The `cfg` file of a new component.
Json make_settings(const Json& config, const TransitionKind& kind) {
  Json settings = Json::object();
  settings["moves"] = nullptr;
  settings["update_with_oracle_cut_size"] = kDefaultCut;
  settings["multitasks"] = Json::array();
  settings["min_action_freq"] = kind.min_action_freq;
  settings["learn_tokens"] = false;
  settings["beam_width"] = 1;
  settings["beam_density"] = 0.0;
  settings["beam_update_prob"] = 0.0;
  settings["incorrect_spans_key"] = nullptr;
  for (const char* key : {"moves", "update_with_oracle_cut_size", "min_action_freq", "learn_tokens",
                          "incorrect_spans_key"}) {
    if (const Json* value = config.find(key)) settings[key] = *value;
  }
  return settings;
}

}  // namespace

TransitionComponent::TransitionComponent(const std::string& name, const TransitionKind& kind,
                                         const Json& config, std::shared_ptr<Vocab> vocab)
    : TrainableComponent(name, kind.factory),
      kind_(kind),
      config_(config),
      settings_(make_settings(config, kind)),
      vocab_(std::move(vocab)) {
  check_settings(settings_, "components." + name);
  rebuild_network(new_tree());
}

nn::NodePtr TransitionComponent::new_tree() const {
  const std::string where = "components." + name();
  return build_parser_tree(setting(config_, "model", where), kind_.state_type, where + ".model");
}

void TransitionComponent::rebuild_network(nn::NodePtr tree) {
  const ParserNodes nodes(*tree);
  auto input = std::make_unique<Tok2VecInput>(*nodes.tok2vec, config_.at("model").at("tok2vec"));
  input->set_upstream(upstream_);
  tree_ = std::move(tree);
  input_ = std::move(input);
  pass_.reset();
  decoder_.reset();
}

void TransitionComponent::set_upstream(Tok2VecUpstream* upstream) {
  upstream_ = upstream;
  input_->set_upstream(upstream);
}

void TransitionComponent::weights_changed() {
  decoder_.reset();
  if (!all_defined(*tree_)) return;
  input_->weights_changed();
  decoder_ = make_decoder();
}

void TransitionComponent::require_weights() const {
  if (decoder_ || (table().size() > 0 && all_defined(*tree_))) return;
  throw Error(ErrorKind::kInvalidInput,
              "component '" + name() +
                  "' has no weights or labels yet; initialize it with examples or load it");
}

std::shared_ptr<const TransitionDecoder> TransitionComponent::decoder() const {
  return decoder_ ? decoder_ : make_decoder();
}

void TransitionComponent::predict(std::span<Doc> docs) const {
  require_weights();
  const auto decoder = this->decoder();
  size_t first = 0;
  while (first < docs.size()) {
    size_t last = first;
    for (size_t tokens = 0; last < docs.size() && tokens < kGroupTokens; ++last) {
      tokens += docs[last].size();
    }
    predict_group(*decoder, docs.subspan(first, last - first));
    first = last;
  }
}

void TransitionComponent::predict_group(const TransitionDecoder& decoder,
                                        std::span<Doc> docs) const {
  thread_local std::vector<const Doc*> refs;
  thread_local Matrix tokens;
  refs.clear();
  for (const Doc& doc : docs) refs.push_back(&doc);
  if (count_tokens(refs) == 0) return;
  decoder.decode(docs, input_->vectors(refs, tokens));
  release_beyond(kGroupTokens, tokens);
}

void TransitionComponent::to_disk(Env& env, const Path& path) const {
  write_cfg(env, path, settings_);
  env.write_file(path / "moves", table().to_bytes(), false);
  write_model(env, path, *tree_);
}

void TransitionComponent::from_disk(Env& env, const Path& path) {
  Json settings = settings_;
  for (const auto& [key, value] : read_cfg(env, path).as_object()) settings[key] = value;
  check_settings(settings, (path / "cfg").string());
  TransitionTable actions = table();
  const Path moves = path / "moves";
  actions.from_bytes(env.read_file(moves), moves.string(), vocab_->strings());
  nn::NodePtr tree = new_tree();
  resize_parser(*tree, actions.size());
  read_model(env, path, *tree);
  const bool has_weights = all_defined(*tree);
  try {
    if (has_weights || ParserNodes(*tree).has_weights) check_parser(*tree, actions.size());
  } catch (const Error& error) {
    throw error.within((path / "model").string());
  }
  settings_ = std::move(settings);
  table() = std::move(actions);
  unseen_.assign(table().size(), 0);
  rebuild_network(std::move(tree));
  if (has_weights) weights_changed();
}

void TransitionComponent::copy_state_to(TransitionComponent& copy) const {
  copy.config_ = config_;
  copy.settings_ = settings_;
  copy.table() = table();
  copy.unseen_ = unseen_;
  for (const TransitionTable::Entry& entry : table().entries()) {
    if (entry.label != 0) copy.vocab_->strings().add(vocab_->strings().at(entry.label));
  }
  copy.rebuild_network(nn::clone(*tree_));
  copy.weights_changed();
}

const TransitionComponent& TransitionComponent::check_teacher(
    const TrainableComponent& teacher) const {
  const auto* judge = dynamic_cast<const TransitionComponent*>(&teacher);
  if (judge == nullptr || judge->factory() != factory()) {
    throw Error(ErrorKind::kInvalidInput, "component '" + name() + "' cannot learn from '" +
                                              teacher.name() + "', which is no " + factory());
  }
  judge->require_weights();
  if (judge->nodes().features != nodes().features) {
    throw Error(ErrorKind::kInvalidInput,
                "component '" + name() +
                    "': the teacher's states have another number of tokens (extra_state_tokens)");
  }
  return *judge;
}

void TransitionComponent::grow_output() {
  const bool has_weights = nodes().has_weights;
  resize_parser(*tree_, table().size());
  unseen_.resize(table().size(), has_weights ? 1 : 0);
  pass_.reset();
  decoder_.reset();
}

bool TransitionComponent::add_label(const std::string& label) {
  if (label.empty()) {
    throw Error(ErrorKind::kInvalidInput, "component '" + name() + "': a label is empty");
  }
  if (!table().add_label(label, vocab_->strings())) return false;
  grow_output();
  if (nodes().has_weights) decoder_ = decoder();
  return true;
}

void TransitionComponent::make_room(size_t units, Rng& rng) {
  const ParserNodes old = nodes();
  if (!old.has_weights || old.upper == nullptr || settings_.find(kOriginal) != nullptr) return;
  Json original = Json::object();
  original["hidden"] = static_cast<int64_t>(old.hidden);
  original["actions"] = static_cast<int64_t>(old.classes);
  widen_parser(*tree_, old.hidden + units, rng);
  config_["model"]["hidden_width"] = static_cast<int64_t>(old.hidden + units);
  settings_[kOriginal] = std::move(original);
  pass_.reset();
  weights_changed();
}

bool TransitionComponent::has_room() const {
  return settings_.find(kOriginal) != nullptr;
}

TransitionComponent::Original TransitionComponent::original() const {
  const ParserNodes all = nodes();
  const Json* kept = settings_.find(kOriginal);
  if (kept == nullptr) return {all.hidden, all.classes};
  return {std::min(static_cast<size_t>(kept->at("hidden").as_int()), all.hidden),
          std::min(static_cast<size_t>(kept->at("actions").as_int()), all.classes)};
}

std::vector<StringId> TransitionComponent::original_labels() const {
  std::vector<StringId> labels;
  const size_t count = original().actions;
  for (size_t i = 0; i < count; ++i) {
    const StringId label = table().entries()[i].label;
    if (label != 0 && std::find(labels.begin(), labels.end(), label) == labels.end())
      labels.push_back(label);
  }
  return labels;
}

bool TransitionComponent::set_label_data(const Json& labels) {
  if (!labels.is_object()) return false;
  try {
    table().initialize(table().parse_table(labels), vocab_->strings());
  } catch (const Error& error) {
    throw error.within("the labels of component '" + name() + "'");
  }
  has_label_data_ = true;
  return true;
}

void TransitionComponent::start_anew() {
  rebuild_network(new_tree());
  resize_parser(*tree_, table().size());
  unseen_.assign(table().size(), 0);
}

void TransitionComponent::draw_weights(Rng& rng) {
  input_->initialize(rng);
  initialize_parser(*tree_, rng);
  weights_changed();
}

ParserPass& TransitionComponent::pass() {
  if (!pass_) pass_ = std::make_unique<ParserPass>(nodes(), *input_);
  return *pass_;
}

uint32_t TransitionComponent::draw_cut(Rng* rng) const {
  const Json* setting = settings_.find("update_with_oracle_cut_size");
  const auto size = static_cast<uint32_t>(setting != nullptr ? setting->as_int() : 0);
  if (size == 0) return kNoCut;
  if (rng == nullptr) return size;
  const double low = size / 2;
  const double high = size * 2.0;
  return std::max(static_cast<uint32_t>(low + (high - low) * rng->uniform()), 1u);
}

}  // namespace pawl
