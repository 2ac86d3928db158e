#include "pipeline/ner/ner.h"

#include <algorithm>

#include "base/error.h"
#include "pipeline/component/files.h"
#include "pipeline/component/model_settings.h"

namespace pawl {

namespace {

// Documents are predicted in groups of about this many tokens: temporaries stay in cache.
constexpr size_t kGroupTokens = 512;
constexpr int64_t kDefaultCut = 100;
constexpr int64_t kMaxCut = int64_t{1} << 30;

const Json& model_block(const Json& config, const std::string& where) {
  return setting(config, "model", where);
}

void refuse_setting(const Json& settings, std::string_view key, const std::string& where) {
  const Json* value = settings.find(key);
  if (value == nullptr || value->is_null()) return;
  if (value->is_array() && value->as_array().empty()) return;
  throw_unsupported(where, std::string(key) + " = " + to_json(*value));
}

void check_settings(const Json& settings, const std::string& where) {
  refuse_setting(settings, "moves", where);
  refuse_setting(settings, "multitasks", where);
  const Json* beam = settings.find("beam_width");
  if (beam != nullptr && (!beam->is_number() || beam->as_double() != 1.0)) {
    throw_unsupported(where, "beam_width = " + to_json(*beam) + " (only 1, greedy decoding)");
  }
  const Json* cut = settings.find("update_with_oracle_cut_size");
  if (cut == nullptr) return;
  if (!cut->is_integer() || cut->as_double() < 0 || cut->as_double() > kMaxCut) {
    throw Error(ErrorKind::kFormat, "[" + where + "] update_with_oracle_cut_size = " +
                                        to_json(*cut) + " is not a number of tokens");
  }
}

// The `cfg` file of a new component.
Json make_settings(const Json& config) {
  Json settings = Json::object();
  settings["moves"] = nullptr;
  settings["update_with_oracle_cut_size"] = kDefaultCut;
  settings["multitasks"] = Json::array();
  settings["min_action_freq"] = 1;
  settings["learn_tokens"] = false;
  settings["beam_width"] = 1;
  settings["beam_density"] = 0.0;
  settings["beam_update_prob"] = 0.0;
  settings["incorrect_spans_key"] = nullptr;
  for (const char* key : {"moves", "update_with_oracle_cut_size", "incorrect_spans_key"}) {
    if (const Json* value = config.find(key)) settings[key] = *value;
  }
  return settings;
}

}  // namespace

Ner::Ner(const std::string& name, const Json& config, std::shared_ptr<Vocab> vocab)
    : TrainableComponent(name, "ner"),
      config_(config),
      settings_(make_settings(config)),
      vocab_(std::move(vocab)) {
  const std::string where = "components." + name;
  check_settings(settings_, where);
  rebuild_network(build_parser_tree(model_block(config_, where), where + ".model"));
}

void Ner::rebuild_network(nn::NodePtr tree) {
  const ParserNodes nodes(*tree);
  auto input = std::make_unique<Tok2VecInput>(*nodes.tok2vec, config_.at("model").at("tok2vec"));
  input->set_upstream(upstream_);
  tree_ = std::move(tree);
  input_ = std::move(input);
  pass_.reset();
  decoder_.reset();
}

void Ner::set_upstream(Tok2VecUpstream* upstream) {
  upstream_ = upstream;
  input_->set_upstream(upstream);
}

void Ner::weights_changed() {
  decoder_.reset();
  if (!all_defined(*tree_)) return;
  input_->weights_changed();
  decoder_ = decoder();
}

void Ner::require_weights() const {
  if (decoder_ || (actions_.size() > 0 && all_defined(*tree_))) return;
  throw Error(ErrorKind::kInvalidInput,
              "component '" + name() +
                  "' has no weights or labels yet; initialize it with examples or load it");
}

std::shared_ptr<const BiluoDecoder> Ner::decoder() const {
  if (decoder_) return decoder_;
  return std::make_shared<BiluoDecoder>(actions_, unseen_, ParserNodes(*tree_));
}

void Ner::predict(std::span<Doc> docs) const {
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

void Ner::predict_group(const BiluoDecoder& decoder, std::span<Doc> docs) const {
  thread_local std::vector<const Doc*> refs;
  thread_local Matrix tokens;
  refs.clear();
  for (const Doc& doc : docs) refs.push_back(&doc);
  if (count_tokens(refs) == 0) return;
  input_->predict(refs, tokens);
  decoder.decode(docs, tokens);
}

std::vector<float> Ner::margins(const Doc& doc) const {
  require_weights();
  const std::vector<const Doc*> refs = {&doc};
  Matrix tokens;
  input_->predict(refs, tokens);
  return decoder()->margins(doc, tokens);
}

void Ner::to_disk(Env& env, const Path& path) const {
  write_cfg(env, path, settings_);
  env.write_file(path / "moves", actions_.to_bytes(), false);
  write_model(env, path, *tree_);
}

void Ner::from_disk(Env& env, const Path& path) {
  const std::string where = "components." + name();
  Json settings = settings_;
  for (const auto& [key, value] : read_cfg(env, path).as_object()) settings[key] = value;
  check_settings(settings, (path / "cfg").string());
  BiluoActions actions;
  const Path moves = path / "moves";
  actions.from_bytes(env.read_file(moves), moves.string(), vocab_->strings());
  nn::NodePtr tree = build_parser_tree(model_block(config_, where), where + ".model");
  resize_parser(*tree, actions.size());
  read_model(env, path, *tree);
  const bool has_weights = all_defined(*tree);
  try {
    if (has_weights || ParserNodes(*tree).has_weights) check_parser(*tree, actions.size());
  } catch (const Error& error) {
    throw error.within((path / "model").string());
  }
  settings_ = std::move(settings);
  actions_ = std::move(actions);
  unseen_.assign(actions_.size(), 0);
  rebuild_network(std::move(tree));
  if (has_weights) weights_changed();
}

std::unique_ptr<Component> Ner::clone(std::shared_ptr<Vocab> vocab) const {
  auto copy = std::make_unique<Ner>(name(), config_, std::move(vocab));
  copy->settings_ = settings_;
  copy->actions_ = actions_;
  copy->unseen_ = unseen_;
  for (const std::string& label : actions_.labels()) copy->vocab_->strings().add(label);
  copy->rebuild_network(nn::clone(*tree_));
  copy->weights_changed();
  return copy;
}

void Ner::grow_output() {
  const bool has_weights = ParserNodes(*tree_).has_weights;
  resize_parser(*tree_, actions_.size());
  unseen_.resize(actions_.size(), has_weights ? 1 : 0);
  pass_.reset();
  decoder_.reset();
}

bool Ner::add_label(const std::string& label) {
  if (label.empty()) {
    throw Error(ErrorKind::kInvalidInput, "component '" + name() + "': an entity label is empty");
  }
  if (!actions_.add_label(label, vocab_->strings())) return false;
  grow_output();
  if (ParserNodes(*tree_).has_weights) decoder_ = decoder();
  return true;
}

void Ner::initialize(std::span<const Example> examples, Rng& rng, Progress&) {
  BiluoActions::Table table;
  for (int move = 0; move < static_cast<int>(kBiluoMoves); ++move) table[move];
  table[static_cast<int>(BiluoMove::kOut)] = {{"", 1}};
  std::map<std::string, int64_t> counts;
  for (const Example& example : examples) {
    for (const Span& entity : example.entities) {
      counts[vocab_->strings().at(entity.label)] += entity.end - entity.start;
    }
  }
  for (int move = static_cast<int>(BiluoMove::kBegin); move <= static_cast<int>(BiluoMove::kUnit);
       ++move) {
    table[move].assign(counts.begin(), counts.end());
    for (const auto& [label, count] :
         actions_.table().contains(move) ? actions_.table().at(move) : BiluoActions::Counts()) {
      if (!label.empty() && !counts.contains(label)) table[move].emplace_back(label, count);
    }
  }
  table[static_cast<int>(BiluoMove::kUnit)].emplace_back("", 1);  // a token that is no entity
  actions_.initialize(table, vocab_->strings());
  const std::string where = "components." + name();
  rebuild_network(build_parser_tree(model_block(config_, where), where + ".model"));
  resize_parser(*tree_, actions_.size());
  unseen_.assign(actions_.size(), 0);
  input_->initialize(rng);
  initialize_parser(*tree_, rng);
  weights_changed();
}

std::unique_ptr<Component> make_ner(const std::string& name, const Json& config,
                                    std::shared_ptr<Vocab> vocab) {
  return std::make_unique<Ner>(name, config, std::move(vocab));
}

}  // namespace pawl
