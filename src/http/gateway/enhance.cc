#include "http/gateway/enhance.h"

#include "base/json.h"
#include "http/gateway/fill_in.h"
#include "service/memory.h"

namespace pawl::http {
namespace {

constexpr size_t kMemories = 3;
constexpr size_t kMaxPrompt = 64 * 1024;

constexpr const char* kPrompt =
    "The user's message was understood as {intent}, in a {sentiment} mood. Answer as a {persona}.\n"
    "Entities: {entities}\n"
    "What is known from before, if it helps:\n"
    "{memories}\n";

Path prompt_file(const Path& workspace) {
  return workspace / "prompts" / "enhance.txt";
}

}  // namespace

void write_enhancement_prompt(Env& env, const Path& workspace) {
  const Path file = prompt_file(workspace);
  if (env.exists(file)) return;
  env.create_directories(file.parent_path());
  write_file_atomically(env, file, kPrompt);
}

std::string enhanced_body(Env& env, service::Engine& engine, const std::string& tenant,
                          const std::string& body, const std::string& user_text) {
  const std::string texts[] = {user_text};
  const auto analysis = engine.tenant(tenant).analyze(texts).value.at(0);
  std::string memories;
  for (const auto& memory : service::query_memories(engine, tenant, user_text, kMemories))
    memories += "- " + memory.content + "\n";
  const std::string prompt =
      fill_in(env.read_file(prompt_file(engine.folder()), {.max_bytes = kMaxPrompt}),
              {{"{intent}", in_words(analysis.intent)},
               {"{sentiment}", in_words(analysis.sentiment)},
               {"{persona}", in_words(analysis.persona)},
               {"{entities}", entities_in_words(analysis)},
               {"{memories}", memories}});
  Json request = parse_json(body);
  Json message = Json::object();
  message["role"] = "system";
  message["content"] = prompt;
  auto& messages = request["messages"].as_array();
  messages.insert(messages.begin(), std::move(message));
  return to_json(request);
}

}  // namespace pawl::http
