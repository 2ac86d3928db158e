#include <map>
#include <set>

#include "base/error.h"
#include "cli/streams.h"
#include "cli/verbs.h"
#include "cli/workspace_options.h"
#include "wire/collect_json.h"
#include "wire/turn_json.h"

namespace pawl::cli {
namespace {

// The lines of one stream, each to the tenant it names. Where --tenant is given, no line may name
// another. A workspace of one tenant keeps nobody apart: what its lines call their tenant is the
// sender's own name for it, and a warning says so.
class TenantStreams {
 public:
  TenantStreams(service::Engine& engine, const WorkspaceArguments& arguments, bool acks)
      : engine_(engine),
        given_(arguments.tenant),
        default_(arguments.tenant_id()),
        acks_(acks),
        alone_(engine.tenants() == std::vector<std::string>{default_}) {
    open(default_);
  }

  service::CollectStream& of_line(const std::string& named) {
    if (named.empty() || named == default_) return *streams_.at(default_);
    if (given_) {
      throw Error(ErrorKind::kInvalidInput, "\"tenant_id\" is \"" + named +
                                                "\", but the stream was given for tenant \"" +
                                                *given_ + "\"");
    }
    const auto found = streams_.find(named);
    if (found != streams_.end()) return *found->second;
    if (!alone_) return open_named(named);
    if (other_name_.empty()) other_name_ = named;
    return of_default();
  }
  service::CollectStream& of_default() { return *streams_.at(default_); }

  void flush() {
    for (const auto& [tenant, stream] : streams_) stream->flush();
  }

  std::vector<std::string> tenants() const {
    std::vector<std::string> names;
    for (const auto& [tenant, stream] : streams_) names.push_back(tenant);
    return names;
  }

  learn::CollectSummary summary() const {
    learn::CollectSummary sum;
    for (const auto& [tenant, stream] : streams_) sum += stream->summary();
    return sum;
  }

  Warnings warnings() const {
    Warnings all;
    if (!other_name_.empty()) {
      all.push_back("lines name the tenant \"" + other_name_ + "\"; all went to \"" + default_ +
                    "\", the only one of this workspace ('pawl init --tenant' makes another)");
    }
    for (const auto& [tenant, stream] : streams_)
      all.insert(all.end(), stream->warnings().begin(), stream->warnings().end());
    return all;
  }

 private:
  service::CollectStream& open(const std::string& tenant) {
    auto stream = engine_.tenant(tenant).collect_stream();
    stream->on_rejected(
        [](const learn::RejectedLine& rejected) { report_line(rejected.line, rejected.reason); });
    if (acks_) stream->on_stored(acknowledge);
    return *(streams_[tenant] = std::move(stream));
  }

  // An unknown tenant is the trouble of the line that names it.
  service::CollectStream& open_named(const std::string& tenant) {
    if (unknown_.contains(tenant)) refuse(tenant);
    try {
      return open(tenant);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::kNotFound) throw;
      if (unknown_.size() < kMaxUnknown) unknown_.insert(tenant);
      refuse(tenant);
    }
  }

  [[noreturn]] static void refuse(const std::string& tenant) {
    throw Error(ErrorKind::kInvalidInput,
                "\"tenant_id\" is \"" + tenant +
                    "\", which has no generation here; make one with 'pawl init --tenant'");
  }

  static void acknowledge(const learn::StoredLine& line) {
    Json ack = Json::object();
    ack["turn_id"] = line.turn_id;
    print_json(ack);
    flush_output();
  }

  static constexpr size_t kMaxUnknown = 1000;

  service::Engine& engine_;
  std::optional<std::string> given_;
  std::string default_;
  bool acks_, alone_;
  std::string other_name_;  // the first that lines gave to the only tenant
  std::map<std::string, std::unique_ptr<service::CollectStream>> streams_;
  std::set<std::string> unknown_;
};

// `collect` and `feedback` differ in the shape of a line only.
class StreamVerb : public Verb {
 public:
  void declare(Options& options) override {
    arguments_.declare(options);
    options.flag("--acks", acks_,
                 "Also print one line {\"turn_id\": ...} for each stored line, as soon as it is on "
                 "the disk");
    options.flag("--strict", strict_, "Refuse lines with a key that is not known");
  }

  int run(Context& context) override {
    unknown_ = wire::UnknownKeys(strict_);
    const auto engine = arguments_.open(context.env);
    TenantStreams streams(*engine, arguments_, acks_);
    LineCounts counts;
    try {
      counts = read_all(streams);
    } catch (const Error&) {
      print_json(to_json_value(streams.summary()));  // what was stored stays stored
      throw;
    }
    context.warn_all(streams.warnings());
    for (const std::string& tenant : streams.tenants())
      context.warn_all(engine->tenant(tenant).watch().warnings);
    const learn::CollectSummary summary = streams.summary();
    print_json(to_json_value(summary));
    counts.rejected = summary.rejected;
    return stream_status(counts);
  }

 protected:
  virtual void add(TenantStreams& streams, uint64_t number, const Json& line) = 0;
  wire::UnknownKeys unknown_;

 private:
  Json to_json_value(const learn::CollectSummary& summary) const {
    Json out = wire::to_json_value(summary);
    out["unknown_keys"] = unknown_.to_json_value();
    return out;
  }

  // What was read is stored before more is waited for: one who writes a line and waits for its
  // acknowledgement gets it.
  LineCounts read_all(TenantStreams& streams) {
    LineReader in = LineReader::standard_input();
    const LineCounts counts = for_each_json_line(
        in,
        [&](uint64_t number, const Json& line) {
          add(streams, number, line);
          if (!in.has_line()) streams.flush();
        },
        [&](uint64_t number, const std::string& what) {
          streams.of_default().reject(number, what);
          if (!in.has_line()) streams.flush();
        });
    streams.flush();
    return counts;
  }

  WorkspaceArguments arguments_;
  bool acks_ = false, strict_ = false;
};

class CollectVerb : public StreamVerb {
 public:
  std::string name() const override { return "collect"; }
  std::string summary() const override { return "Keep conversation turns and their feedback"; }
  std::string details() const override {
    return "Reads one turn a line. Turns without consent leave no text; personal data is removed "
           "before anything is "
           "written. Prints one summary.\nA turn may name its \"tenant_id\"; where --tenant is "
           "given, no other. In a workspace of one tenant all are that one's.\n\n"
           "  {\"conversation_id\": \"c1\", \"user_id\": \"u1\", \"user_text\": \"my build "
           "broke\", \"consent\": true,\n"
           "   \"feedback\": {\"corrected_intent\": \"debug_error\"}}\n\n  pawl collect < "
           "turns.jsonl";
  }

 protected:
  void add(TenantStreams& streams, uint64_t number, const Json& line) override {
    wire::TurnLine read = wire::read_turn(line, unknown_);
    streams.of_line(read.tenant).add_turn(number, std::move(read.turn));
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
  void add(TenantStreams& streams, uint64_t number, const Json& line) override {
    wire::FeedbackLine read = wire::read_feedback(line, unknown_);
    streams.of_line(read.tenant).add_feedback(number, std::move(read.feedback));
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
