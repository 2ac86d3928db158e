#include "http/gateway/local_answer.h"

#include "base/error.h"
#include "base/json.h"
#include "service/memory.h"

namespace pawl::http {
namespace {

constexpr const char* kDefaultTemplate =
    "I cannot reach my language model right now. I understood that this is about "
    "{intent}{entities}. "
    "Please try again in a moment; your question is not lost.\n";

std::string replaced(std::string text, std::string_view what, std::string_view with) {
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
    text.replace(at, what.size(), with);
  return text;
}

std::string in_words(std::string label) {
  for (char& c : label) c = c == '_' ? ' ' : c;
  return label;
}

std::string file_name(const std::string& label) {
  std::string out;
  for (const char c : label) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '_' || c == '-';
    out += plain ? c : '_';
  }
  return out;
}

service::Analysis analyze(service::Engine& engine, const std::string& tenant,
                          const std::string& text) {
  try {
    const std::string texts[] = {text};
    return engine.tenant(tenant).analyze(texts).value.at(0);
  } catch (const std::exception&) {
    return service::describe_by_rules(text);
  }
}

Json envelope(const std::string& id, const std::string& model, int64_t now, const char* object) {
  Json body = Json::object();
  body["id"] = "chatcmpl-" + id;
  body["object"] = object;
  body["created"] = now / 1'000'000;
  body["model"] = model;
  return body;
}

}  // namespace

LocalAnswers::LocalAnswers(Env& env, service::Engine& engine, bool use_memory)
    : env_(env), engine_(engine), folder_(engine.folder() / "templates"), use_memory_(use_memory) {
  if (env_.exists(folder_)) return;
  env_.create_directories(folder_);
  write_file_atomically(env_, folder_ / "default.txt", kDefaultTemplate);
}

LocalAnswer LocalAnswers::answer(const std::string& tenant, const std::string& text) const {
  LocalAnswer answer;
  if (use_memory_) {
    try {
      if (auto earlier = service::remembered_answer(engine_, tenant, text)) {
        answer.text = std::move(*earlier);
        answer.degraded = "local";
        answer.remembered = true;
        return answer;
      }
    } catch (const std::exception&) {
      // Without the memory a template will do.
    }
  }
  const service::Analysis analysis = analyze(engine_, tenant, text);
  answer.generation = analysis.generation;
  answer.degraded = analysis.generation.empty() ? "rules" : "local";
  answer.text = from_template(analysis);
  return answer;
}

std::string LocalAnswers::from_template(const service::Analysis& analysis) const {
  const std::string intent = file_name(analysis.intent), persona = file_name(analysis.persona);
  std::string text = kDefaultTemplate;
  for (const std::string& name :
       {intent + "." + persona, intent, persona, std::string("default")}) {
    try {
      text = env_.read_file(folder_ / (name + ".txt"), {.max_bytes = 64 * 1024});
      break;
    } catch (const Error&) {
      // The next one, more general.
    }
  }
  std::string entities;
  for (const auto& entity : analysis.entities)
    entities += (entities.empty() ? "" : ", ") + entity.text;
  text = replaced(std::move(text), "{intent}", in_words(analysis.intent));
  text = replaced(std::move(text), "{sentiment}", in_words(analysis.sentiment));
  text = replaced(std::move(text), "{persona}", in_words(analysis.persona));
  text = replaced(std::move(text), "{entities}", entities.empty() ? "" : " (" + entities + ")");
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

std::string completion_of(const LocalAnswer& answer, const std::string& id,
                          const std::string& model, int64_t now_micros) {
  Json body = envelope(id, model, now_micros, "chat.completion");
  Json message = Json::object();
  message["role"] = "assistant";
  message["content"] = answer.text;
  Json choice = Json::object();
  choice["index"] = 0;
  choice["message"] = std::move(message);
  choice["logprobs"] = Json();
  choice["finish_reason"] = "stop";
  body["choices"] = Json(Json::Array{std::move(choice)});
  Json usage = Json::object();
  for (const char* key : {"prompt_tokens", "completion_tokens", "total_tokens"}) usage[key] = 0;
  body["usage"] = std::move(usage);
  return to_json(body);
}

std::string stream_of(const LocalAnswer& answer, const std::string& id, const std::string& model,
                      int64_t now_micros) {
  std::string out;
  const auto add = [&](Json delta, Json reason) {
    Json body = envelope(id, model, now_micros, "chat.completion.chunk");
    Json choice = Json::object();
    choice["index"] = 0;
    choice["delta"] = std::move(delta);
    choice["finish_reason"] = std::move(reason);
    body["choices"] = Json(Json::Array{std::move(choice)});
    out += "data: " + to_json(body) + "\n\n";
  };
  Json first = Json::object();
  first["role"] = "assistant";
  first["content"] = "";
  add(std::move(first), {});
  Json words = Json::object();
  words["content"] = answer.text;
  add(std::move(words), {});
  add(Json::object(), "stop");
  return out + "data: [DONE]\n\n";
}

}  // namespace pawl::http
