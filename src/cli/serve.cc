#include "http/serve.h"

#include <malloc.h>

#include "cli/streams.h"
#include "cli/verbs.h"
#include "cli/workspace_options.h"

namespace pawl::cli {
namespace {

// Large pieces go back to the system as soon as they are free. By default the bound rises with use,
// and a process that runs for months keeps the most that it ever needed. Nor has each thread a heap
// of its own: whichever opens a generation would keep the room of the one before.
void give_memory_back() {
  ::mallopt(M_ARENA_MAX, 2);
  ::mallopt(M_MMAP_THRESHOLD, 1 << 20);
  ::mallopt(M_TRIM_THRESHOLD, 4 << 20);
}

class ServeVerb : public Verb {
 public:
  std::string name() const override { return "serve"; }
  std::string summary() const override {
    return "REST, OpenAI-compatible gateway, metrics and scheduler";
  }
  std::string details() const override {
    return "Runs until SIGTERM or Ctrl-C, then finishes what it is answering. The first start "
           "prints "
           "an admin key.\n\n  pawl serve --listen 127.0.0.1:8765\n"
           "  curl -H \"Authorization: Bearer $KEY\" -d '{\"text\": \"my build broke\"}' "
           "http://127.0.0.1:8765/api/v1/analyze";
  }
  void declare(Options& options) override {
    arguments_.declare(options);
    options.text("--listen", listen_, "Address and port (default: serve.listen)");
    options.text("--config", config_, "TOML file in place of the workspace's pawl.toml");
  }

  int run(Context& context) override {
    give_memory_back();
    service::EngineOptions options = arguments_.resolve(context.env, config_);
    if (!listen_.empty())
      options.settings.set("serve.listen", std::string_view(listen_), "--listen");
    http::ServeEvents events;
    events.on_ready = [](const std::string& url, const std::string& key) {
      Json ready = Json::object();
      ready["url"] = url;
      if (!key.empty()) ready["admin_key"] = key;
      print_json(ready);
      flush_output();
    };
    http::serve(context.env, std::move(options), events);
    return kDone;
  }

 private:
  WorkspaceArguments arguments_;
  std::string listen_, config_;
};

}  // namespace

std::unique_ptr<Verb> make_serve_verb() {
  return std::make_unique<ServeVerb>();
}

}  // namespace pawl::cli
