#include "service/memory.h"

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/json.h"
#include "base/utf8.h"
#include "learn/intake/collect.h"
#include "learn/privacy/pii.h"

namespace pawl::service {
namespace {

constexpr const char* kAnswerType = "answer";
constexpr size_t kMaxContent = 64 * 1024;
constexpr size_t kMaxTags = 64;
constexpr size_t kMaxShort = 256;
// Words shared, of all words of the two questions: below this they are hardly the same question.
constexpr double kSimilarEnough = 0.6;
constexpr size_t kCandidates = 20;

void check(const NewMemory& memory) {
  const auto fail = [](const std::string& what) { throw Error(ErrorKind::kInvalidInput, what); };
  const auto valid = [](const std::string& text) {
    return utf8::find_invalid(text) == utf8::kValid && text.find('\0') == std::string::npos;
  };
  if (memory.content.empty() || memory.content.size() > kMaxContent || !valid(memory.content))
    fail("\"content\" must be a text of 1 to 65536 bytes");
  if (memory.user_id.size() > kMaxShort || !valid(memory.user_id))
    fail("\"user_id\" must have at most 256 bytes");
  if (memory.memory_type.empty() || memory.memory_type.size() > kMaxShort ||
      !valid(memory.memory_type))
    fail("\"memory_type\" must have 1 to 256 bytes");
  if (memory.tags.size() > kMaxTags) fail("\"tags\" may be 64");
  for (const std::string& tag : memory.tags) {
    if (tag.empty() || tag.size() > kMaxShort || !valid(tag))
      fail("\"tags\" must have 1 to 256 bytes");
  }
  if (memory.metadata.size() > kMaxContent) fail("\"metadata\" may have 65536 bytes");
}

// As turns are cleaned: with the names that the live pipeline's ner finds.
std::string cleaned(const Language* nlp, const std::string& text) {
  std::vector<learn::CodePointSpan> persons;
  if (nlp != nullptr) {
    const std::string texts[] = {text};
    const std::vector<Doc> docs = nlp->pipe(texts);
    for (const Span& span : docs[0].entities()) {
      const std::string& label = docs[0].vocab().strings().at(span.label);
      if (label == "PERSON" || label == "PER")
        persons.push_back({docs[0][span.start].idx, docs[0][span.end - 1].end()});
    }
  }
  return learn::redact(text, persons).text;
}

// Metadata may hold anything; every text in it is cleaned.
Json cleaned(const Language* nlp, const Json& value) {
  if (value.is_string()) return cleaned(nlp, value.as_string());
  if (value.is_array()) {
    Json out = Json::array();
    for (const Json& item : value.as_array()) out.push_back(cleaned(nlp, item));
    return out;
  }
  if (!value.is_object()) return value;
  Json out = Json::object();
  for (const auto& [key, item] : value.as_object())
    out[learn::redact(key).text] = cleaned(nlp, item);
  return out;
}

std::set<std::string> words_of(const std::string& text) {
  std::set<std::string> words;
  std::string word;
  for (const char c : text + " ") {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x80 || std::isalnum(byte) != 0) {
      word += static_cast<char>(byte < 0x80 ? std::tolower(byte) : byte);
    } else if (!word.empty()) {
      words.insert(std::move(word));
      word.clear();
    }
  }
  return words;
}

double similarity(const std::set<std::string>& a, const std::set<std::string>& b) {
  if (a.empty() || b.empty()) return 0;
  const auto shared =
      std::count_if(a.begin(), a.end(), [&](const auto& w) { return b.contains(w); });
  return 2.0 * static_cast<double>(shared) / static_cast<double>(a.size() + b.size());
}

}  // namespace

std::string store_memory(Engine& engine, const std::string& tenant, NewMemory memory) {
  engine.tenant(tenant).require();
  check(memory);
  Env& env = engine.env();
  MemoryRecord record;
  record.tenant_id = tenant;
  record.memory_id = new_uuid(env);
  if (!memory.user_id.empty())
    record.user_id = learn::stored_id(memory.user_id, learn::id_secret(env, engine.store()),
                                      learn::IdOf::kPerson);
  record.memory_type = memory.memory_type;
  const auto live = engine.live_models().get(tenant);
  const Language* nlp = live->nlp.get();
  record.content = cleaned(nlp, memory.content);
  for (const std::string& tag : memory.tags) record.tags.push_back(cleaned(nlp, tag));
  record.ai_generated = memory.ai_generated;
  record.metadata = to_json(cleaned(nlp, parse_json(memory.metadata)));
  record.at = env.now_micros();
  const auto encoder = encoder_of(nlp);
  std::string vector = encoder == nullptr ? "" : memory_vector(*encoder, record.content);
  write_to(engine.store(), [&](Transaction& t) {
    const int64_t sequence = t.put_memory(record);
    if (encoder == nullptr) return;
    const MemoryVectorRecord made[] = {{sequence, std::move(vector)}};
    t.put_memory_vectors(tenant, encoder->fingerprint(), made);
  });
  return record.memory_id;
}

std::vector<FoundMemory> query_memories(Engine& engine, const std::string& tenant,
                                         const std::string& query, size_t limit) {
  engine.tenant(tenant).require();
  const auto model = engine.live_models().get(tenant);
  const auto encoder = encoder_of(model->nlp.get());
  return search_memories(engine.store(), encoder.get(), tenant, query, limit);
}

void remember_answer(Engine& engine, const std::string& tenant, const std::string& turn_id) {
  write_to(engine.store(), [&](Transaction& t) {
    const auto turn = t.turn(tenant, turn_id);
    if (!turn || turn->assistant_response.empty()) return;
    Json metadata = Json::object();
    metadata["answer"] = turn->assistant_response;
    metadata["turn_id"] = turn_id;
    MemoryRecord record;
    record.tenant_id = tenant;
    record.memory_id = "answer-" + turn_id;
    record.user_id = turn->user_id;
    record.memory_type = kAnswerType;
    record.content = turn->user_text;
    record.ai_generated = true;
    record.metadata = to_json(metadata);
    record.at = engine.env().now_micros();
    t.put_memory(record);
  });
}

std::optional<std::string> remembered_answer(Engine& engine, const std::string& tenant,
                                             const std::string& question) {
  const auto asked = words_of(question);
  if (asked.empty()) return std::nullopt;
  const auto near = read_from(
      engine.store(), [&](Transaction& t) { return t.memories(tenant, question, kCandidates); });
  std::optional<std::string> best;
  double best_similarity = kSimilarEnough;
  for (const MemoryRecord& memory : near) {
    if (memory.memory_type != kAnswerType) continue;
    const double similar = similarity(asked, words_of(memory.content));
    if (similar < best_similarity) continue;
    const Json metadata = parse_json(memory.metadata);
    if (const Json* answer = metadata.find("answer"); answer != nullptr && answer->is_string()) {
      best = answer->as_string();
      best_similarity = similar;
    }
  }
  return best;
}

}  // namespace pawl::service
