#include "service/backup.h"

#include "cli/streams.h"
#include "cli/verbs.h"
#include "cli/workspace_options.h"
#include "store/sqlite/sqlite_copy.h"

namespace pawl::cli {
namespace {

class BackupVerb : public Verb {
 public:
  std::string name() const override { return "backup"; }
  std::string summary() const override { return "Copy the whole workspace while it is in use"; }
  std::string details() const override {
    return "The copy is a workspace of its own: everything acknowledged before the call is in it. "
           "To restore, stop what uses the workspace and put the copy in its place, or use the "
           "copy where it is.\n\n"
           "  pawl backup --to /backups/pawl-2026-11-27\n"
           "  pawl serve --workspace /backups/pawl-2026-11-27";
  }
  void declare(Options& options) override {
    arguments_.declare(options);
    options.text("--to", to_, "Folder to make", true);
  }

  int run(Context& context) override {
    const auto copy_store = [](Env& env, const Path& from, const Path& to) {
      copy_sqlite_store(env, from / "pawl.db", to / "pawl.db");
    };
    const auto answer =
        service::copy_workspace(context.env, arguments_.resolve(context.env), copy_store, to_);
    context.warn_all(answer.warnings);
    Json out = Json::object();
    out["path"] = to_;
    out["tenants"] = answer.value.tenants;
    out["generations"] = answer.value.generations;
    out["files"] = answer.value.files;
    out["bytes"] = answer.value.bytes;
    print_json(out);
    return kDone;
  }

 private:
  WorkspaceArguments arguments_;
  std::string to_;
};

}  // namespace

std::unique_ptr<Verb> make_backup_verb() {
  return std::make_unique<BackupVerb>();
}

}  // namespace pawl::cli
