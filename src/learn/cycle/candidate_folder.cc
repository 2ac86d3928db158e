#include "learn/cycle/candidate_folder.h"

#include "base/error.h"
#include "base/folder_writer.h"
#include "base/json_strings.h"
#include "pipeline/tok2vec/link.h"

namespace pawl::learn {
namespace {

constexpr const char* kDescription = "candidate.json";
constexpr const char* kComponent = "component";

// As Language links a component that comes after its upstream.
void link_upstream(Component& component, Language& live) {
  auto* listening = dynamic_cast<Tok2VecListening*>(&component);
  if (listening == nullptr || listening->upstream_name().empty()) return;
  for (const std::string& name : live.pipe_names()) {
    if (name == component.name()) break;
    auto* upstream = dynamic_cast<Tok2VecUpstream*>(live.find(name));
    if (upstream == nullptr) continue;
    if (listening->upstream_name() == "*" || listening->upstream_name() == name)
      listening->set_upstream(upstream);
  }
}

}  // namespace

std::string folder_name(Head head) {
  return "candidate." + std::string(head_name(head));
}

void save_candidate(Env& env, const Path& folder, const CandidateHead& candidate) {
  const TrainedHead& trained = candidate.trained;
  const Json description = Json::Object{{"recipe", trained.recipe},
                                        {"config", trained.component->config()},
                                        {"select_score", trained.select_score},
                                        {"loss", trained.loss},
                                        {"passes", static_cast<uint64_t>(trained.passes)},
                                        {"updates", static_cast<uint64_t>(trained.updates)},
                                        {"skipped", static_cast<uint64_t>(trained.skipped)},
                                        {"examples", static_cast<uint64_t>(candidate.examples)},
                                        {"example_ids", json_strings(candidate.example_ids)},
                                        {"tried", json_strings(candidate.tried)}};
  write_folder_atomically(env, folder,
                          [&](const Path& fresh) {
                            trained.component->to_disk(env, fresh / kComponent);
                            env.write_file(fresh / kDescription, to_json(description), false);
                          },
                          {.replace = true});
}

std::optional<CandidateHead> load_candidate(Env& env, const Path& folder, Head head, Language& live,
                                            const EncoderLink& encoder) {
  if (!env.exists(folder / kDescription)) return std::nullopt;
  const Json description = parse_json(env.read_file(folder / kDescription));
  CandidateHead candidate;
  candidate.head = head;
  candidate.examples = description.at("examples").as_uint();
  candidate.example_ids = strings_from_json(description.at("example_ids"));
  candidate.tried = strings_from_json(description.at("tried"));
  TrainedHead& trained = candidate.trained;
  trained.recipe = description.at("recipe").as_string();
  trained.select_score = description.at("select_score").as_double();
  trained.loss = description.at("loss").as_double();
  trained.passes = description.at("passes").as_uint();
  trained.updates = description.at("updates").as_uint();
  trained.skipped = description.at("skipped").as_uint();
  const Recipe recipe{trained.recipe, description.at("config"), 1};
  trained.component = make_head(recipe, head, live.shared_vocab());
  trained.component->from_disk(env, folder / kComponent);
  link_upstream(*trained.component, live);
  link_vectors(*trained.component, encoder.vectors);
  return candidate;
}

}  // namespace pawl::learn
