#include "base/error.h"
#include "cli/streams.h"
#include "cli/verbs.h"
#include "cli/workspace_options.h"
#include "service/turn_json.h"

namespace pawl::cli {
namespace {

// `collect` and `feedback` differ in the shape of a line only.
class StreamVerb : public Verb {
 public:
  void declare(Options& options) override {
    arguments_.declare(options);
    options.flag(
        "--acks", acks_,
        "Also print one line {\"turn_id\": ...} for each stored turn, once it is on the disk");
  }

  int run(Context& context) override {
    service::Workspace workspace = arguments_.open(context.env);
    const auto collector = workspace.collector();
    context.warn_all(workspace.warnings());
    collector->on_rejected(
        [](const learn::RejectedLine& rejected) { report_line(rejected.line, rejected.reason); });
    if (acks_) collector->on_stored([](const std::string& turn_id) { acknowledge(turn_id); });
    LineCounts counts;
    try {
      counts = collect(*collector);
    } catch (const Error&) {
      print_json(service::to_json_value(collector->summary()));  // what was stored stays stored
      throw;
    }
    print_json(service::to_json_value(collector->summary()));
    counts.rejected = collector->summary().rejected;
    return stream_status(counts);
  }

 protected:
  virtual void add(learn::Collector& collector, uint64_t number, const Json& line) = 0;
  WorkspaceArguments arguments_;

 private:
  LineCounts collect(learn::Collector& collector) {
    LineReader in = LineReader::standard_input();
    const LineCounts counts = for_each_json_line(
        in, [&](uint64_t number, const Json& line) { add(collector, number, line); },
        [&](uint64_t number, const std::string& what) { collector.reject(number, what); });
    collector.flush();
    return counts;
  }

  static void acknowledge(const std::string& turn_id) {
    Json ack = Json::object();
    ack["turn_id"] = turn_id;
    print_json(ack);
    flush_output();
  }

  bool acks_ = false;
};

class CollectVerb : public StreamVerb {
 public:
  std::string name() const override { return "collect"; }
  std::string summary() const override { return "Keep conversation turns and their feedback"; }
  std::string details() const override {
    return "Reads one turn a line. Turns without consent leave no text; personal data is removed "
           "before anything is "
           "written. Prints one summary.\n\n"
           "  {\"conversation_id\": \"c1\", \"user_id\": \"u1\", \"user_text\": \"my build "
           "broke\", \"consent\": true,\n"
           "   \"feedback\": {\"corrected_intent\": \"debug_error\"}}\n\n  pawl collect < "
           "turns.jsonl";
  }

 protected:
  void add(learn::Collector& collector, uint64_t number, const Json& line) override {
    collector.add_turn(number, service::read_turn(line, arguments_.tenant));
  }
};

class FeedbackVerb : public StreamVerb {
 public:
  std::string name() const override { return "feedback"; }
  std::string summary() const override { return "Keep feedback that arrives later"; }
  std::string details() const override {
    return "Reads one piece of feedback a line, for a turn or for the last turn of a "
           "conversation.\n\n"
           "  echo '{\"conversation_id\": \"c1\", \"satisfaction_score\": 0.9}' | pawl feedback";
  }

 protected:
  void add(learn::Collector& collector, uint64_t number, const Json& line) override {
    collector.add_feedback(number, service::read_feedback(line));
  }
};

}  // namespace

std::unique_ptr<Verb> make_collect_verb() {
  return std::make_unique<CollectVerb>();
}
std::unique_ptr<Verb> make_feedback_verb() {
  return std::make_unique<FeedbackVerb>();
}

}  // namespace pawl::cli
