#include "cli/streams.h"
#include "cli/table.h"
#include "cli/verbs.h"
#include "cli/workspace_options.h"
#include "service/erasure.h"
#include "service/retention.h"

namespace pawl::cli {
namespace {

std::string counted(int64_t count, const char* what) {
  return std::to_string(count) + " " + what;
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

void print_words(const service::ErasureReceipt& receipt) {
  const auto& n = receipt.counts;
  print_line(std::string(receipt.state == "planned" ? "would go: " : "gone: ") +
             counted(n.turns, "turns") + ", " + counted(n.feedback, "pieces of feedback") + ", " +
             counted(n.evidence, "statements") + ", " + counted(n.examples, "examples") + ", " +
             counted(n.memories, "memories") + ", " + counted(n.documents, "other records"));
  if (receipt.way == "none") {
    print_line("  no weights had seen any of it");
    for (const std::string& why : receipt.reasons) print_line("    " + why);
  } else {
    print_line("  generations that had seen it: " +
               (receipt.generations.empty() ? "none" : joined(receipt.generations)));
    print_line("  from generation " + receipt.base + " on " +
               counted(static_cast<int64_t>(receipt.cycles), "cycles are run again") + ", " +
               (receipt.way == "exact" ? "exactly as without the person" : "but not to the bit:"));
    for (const std::string& why : receipt.reasons) print_line("    " + why);
  }
  if (receipt.state == "done")
    print_line("  live: generation " + receipt.live + "; receipt " + receipt.erasure_id);
}

class EraseVerb : public Verb {
 public:
  std::string name() const override { return "erase"; }
  std::string summary() const override { return "Remove a person's data, from the weights too"; }
  std::string details() const override {
    return "Everything the person said, what was made of it and what others said of it goes; so do "
           "the generations whose weights saw it, with their backups. The last generation that did "
           "not is live at once, and the cycles since are run again without the person: the result "
           "is the model that would have been, had the person never been there. What is left is a "
           "receipt that does not say whose data it was. Without --user it goes on with an erasure "
           "that was cut off.\n\n"
           "  pawl erase --user ID --dry-run    what would go\n"
           "  pawl erase --user ID\n"
           "  pawl erase --receipts             of all erasures";
  }
  void declare(Options& options) override {
    arguments_.declare(options);
    options.optional_text("--user", user_, "The person's id, as it was given with the turns");
    options.flag("--dry-run", dry_run_, "Say what would go; nothing changes");
    options.flag("--receipts", receipts_, "List what was erased before");
    options.flag("--json", json_, "Print receipts as JSON");
  }

  int run(Context& context) override {
    const auto engine = arguments_.open(context.env);
    const std::string tenant = arguments_.tenant_id();
    if (receipts_) return list(service::erasures(*engine, tenant));
    if (!user_ && dry_run_) throw UsageError("--dry-run needs --user");
    if (user_ && user_->empty()) throw UsageError("--user is empty: it must name the person");
    if (!user_) {
      const auto finished = service::finish_erasure(*engine, tenant, context.progress);
      if (!finished && !json_) print_line("no erasure is under way; --user says whose data go");
      if (!finished && json_) print_json(nullptr);
      if (finished) print(*finished);
      return kDone;
    }
    print(service::erase_person(*engine, tenant, *user_, cli_actor(), context.progress,
                                {.dry_run = dry_run_}));
    return kDone;
  }

 private:
  void print(const service::ErasureReceipt& receipt) const {
    if (json_)
      print_json(learn::to_json_value(receipt));
    else
      print_words(receipt);
  }

  int list(const std::vector<service::ErasureReceipt>& receipts) const {
    Json all = Json::array();
    std::vector<std::vector<std::string>> rows = {
        {"begun (UTC)", "by", "state", "turns", "generations", "way", "live", "receipt"}};
    for (const auto& r : receipts) {
      all.push_back(learn::to_json_value(r));
      rows.push_back({minute_of(r.started_at), r.actor, r.state, std::to_string(r.counts.turns),
                      std::to_string(r.generations.size()), r.way, r.live, r.erasure_id});
    }
    if (json_)
      print_json(all);
    else
      print_table(rows);
    return kDone;
  }

  WorkspaceArguments arguments_;
  std::optional<std::string> user_;
  bool dry_run_ = false, receipts_ = false, json_ = false;
};

class PruneVerb : public Verb {
 public:
  std::string name() const override { return "prune"; }
  std::string summary() const override { return "Remove what is older than the settings allow"; }
  std::string details() const override {
    return "The settings privacy.keep_turns_days, keep_feedback_days, keep_examples_days, "
           "keep_memory_days and keep_audit_days say what stays; 'pawl serve' does the same every "
           "privacy.prune_hours. Weights that were trained on it stay.\n\n"
           "  pawl prune --dry-run\n  pawl prune --set privacy.keep_turns_days=90";
  }
  void declare(Options& options) override {
    arguments_.declare(options);
    options.flag("--dry-run", dry_run_, "Say what would go; nothing changes");
    options.flag("--json", json_, "Print the counts as JSON");
  }

  int run(Context& context) override {
    const auto engine = arguments_.open(context.env);
    const PrunedCounts n = service::prune(*engine, arguments_.tenant_id(), cli_actor(), dry_run_);
    if (!json_) {
      print_line(std::string(dry_run_ ? "would go: " : "gone: ") + counted(n.turns, "turns") +
                 ", " + counted(n.feedback, "pieces of feedback") + ", " +
                 counted(n.examples, "examples") + ", " + counted(n.memories, "memories") + ", " +
                 counted(n.events, "events of the audit trail"));
      return kDone;
    }
    print_json(Json::Object{{"dry_run", dry_run_},
                            {"turns", n.turns},
                            {"feedback", n.feedback},
                            {"examples", n.examples},
                            {"memories", n.memories},
                            {"events", n.events}});
    return kDone;
  }

 private:
  WorkspaceArguments arguments_;
  bool dry_run_ = false, json_ = false;
};

}  // namespace

std::unique_ptr<Verb> make_erase_verb() {
  return std::make_unique<EraseVerb>();
}
std::unique_ptr<Verb> make_prune_verb() {
  return std::make_unique<PruneVerb>();
}

}  // namespace pawl::cli
