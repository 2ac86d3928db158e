// A workspace small enough to be made within a test: two intents, two sentiments, a bag of words.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/error.h"
#include "service/engine.h"
#include "store/sqlite/sqlite_store.h"
#include "tests/pipeline/tiny_pipeline.h"
#include "wire/turn_json.h"

namespace pawl::service {

// The real Env, but every read below a folder fails while a fault is set.
class UnreadableEnv : public Env {
 public:
  std::string fault;      // message of the error; empty: none
  std::string fails_for;  // files whose path holds this

  std::string read_file(const Path& path, const ReadLimits& limits = {}) override {
    if (!fault.empty() && path.string().find(fails_for) != std::string::npos)
      throw Error(ErrorKind::kIo, path.string() + ": " + fault);
    return real_.read_file(path, limits);
  }
  void write_file(const Path& path, std::string_view bytes, bool sync, int mode = 0600) override {
    real_.write_file(path, bytes, sync, mode);
  }
  void sync_directory(const Path& path) override { real_.sync_directory(path); }
  void sync_file(const Path& path) override { real_.sync_file(path); }
  void create_directories(const Path& path, int mode = 0700) override {
    real_.create_directories(path, mode);
  }
  void rename(const Path& from, const Path& to) override { real_.rename(from, to); }
  void remove_all(const Path& path) override { real_.remove_all(path); }
  bool exists(const Path& path) override { return real_.exists(path); }
  bool is_directory(const Path& path) override { return real_.is_directory(path); }
  std::vector<std::string> list_directory(const Path& path) override {
    return real_.list_directory(path);
  }
  std::vector<std::string> list_files(const Path& path) override { return real_.list_files(path); }
  int64_t now_micros() override { return real_.now_micros(); }
  void random_bytes(void* out, size_t size) override { real_.random_bytes(out, size); }

 private:
  Env& real_ = Env::real();
};

inline learn::LabeledExample example(const std::string& text, const std::string& intent,
                                     const std::string& sentiment) {
  Json line = Json::object();
  line["text"] = text;
  line["intent"] = intent;
  line["sentiment"] = sentiment;
  wire::UnknownKeys unknown;
  return wire::read_example(line, unknown);
}

inline std::vector<learn::LabeledExample> two_intents() {
  std::vector<learn::LabeledExample> examples;
  for (const char* thing : {"build", "test", "server", "query", "page", "job"}) {
    const std::string name = thing;
    examples.push_back(example("the " + name + " fails with an error", "debug_error", "negative"));
    examples.push_back(example("hello there dear " + name, "casual_chat", "positive"));
  }
  return examples;
}

inline learn::TurnInput turn(const std::string& conversation, const std::string& text,
                             const std::string& corrected = "") {
  learn::TurnInput turn;
  turn.conversation_id = conversation;
  turn.user_id = "u-" + conversation;
  turn.user_text = text;
  turn.consent = true;
  if (corrected.empty()) return turn;
  turn.feedback.emplace();
  turn.feedback->corrected_intent = corrected;
  return turn;
}

class ServiceTest : public ::testing::Test {
 protected:
  void SetUp() override { pawl::test::write_tiny_pack(folder_ / "pack"); }

  EngineOptions options() {
    EngineOptions options;
    options.folder = folder_ / "workspace";
    options.open_store = [](Env& env, const Path& path) {
      return open_sqlite_store(env, path / "pawl.db");
    };
    options.settings.set("training.min_updates", SettingValue(int64_t{20}), "test");
    options.settings.set("training.n_iter", SettingValue(int64_t{2}), "test");
    options.settings.set("learning.min_data_threshold", SettingValue(int64_t{1}), "test");
    return options;
  }

  InitOptions first_examples() {
    InitOptions init;
    init.language_pack = folder_ / "pack";
    init.examples = two_intents();
    return init;
  }

  void init(const std::string& tenant = "default") {
    init_workspace(env_, options(), tenant, first_examples(), Progress::silent());
  }

  std::vector<Analysis> analyze(const Tenant& tenant, std::vector<std::string> texts) {
    return tenant.analyze(texts).value;
  }

  pawl::test::TemporaryFolder folder_;
  UnreadableEnv env_;
};

}  // namespace pawl::service
