#include "service/review.h"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <map>
#include <set>

#include "base/error.h"
#include "cli/keys.h"
#include "cli/streams.h"
#include "cli/verbs.h"
#include "cli/workspace_options.h"
#include "service/audit.h"
#include "service/labels.h"
#include "wire/review_json.h"

namespace pawl::cli {
namespace {

constexpr size_t kBatch = 50;
constexpr size_t kChoices = 9;

std::string tenths(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", value);
  return text;
}

// Whose word it is, and who gave it at this machine.
std::string actor_as(const std::string& actor) {
  return cli_actor() + " as " + actor;
}

// One person at a terminal and the queue.
class Session {
 public:
  Session(service::Engine& engine, std::string tenant, std::string actor)
      : engine_(engine), tenant_(std::move(tenant)), actor_(std::move(actor)) {
    for (const auto& [head, labels] : service::labels_of(engine, tenant_)) {
      if (head == "intent") labels_ = labels;
    }
  }

  // Until the queue is empty or the person leaves.
  void run() {
    while (refill()) {
      show(items_.front());
      const auto key = keys_.key();
      if (!key || *key == "q") break;
      press(*key);
    }
    print_line(std::to_string(done_.size()) + " reviewed" +
               (done_.empty() ? "" : "; 'pawl learn' learns from them"));
  }

 private:
  bool refill() {
    if (!items_.empty()) return true;
    service::record_read(engine_, tenant_, actor_as(actor_), "turns_read", "review_queue");
    for (auto& item : service::review_queue(engine_, tenant_, kBatch + passed_.size())) {
      if (!passed_.contains(item.id)) items_.push_back(std::move(item));
    }
    if (items_.empty()) print_line("Nothing waits for you.");
    return !items_.empty();
  }

  static bool is_turn(const service::ReviewItem& item) {
    return item.texts.empty() && item.kind != "burst";
  }

  std::vector<std::string> choices(const service::ReviewItem& item) const {
    std::vector<std::string> found;
    const auto offer = [&](const std::string& label) {
      if (!label.empty() && found.size() < kChoices &&
          std::find(found.begin(), found.end(), label) == found.end())
        found.push_back(label);
    };
    offer(item.suggested);
    offer(item.candidate);
    for (const auto& [label, p] : item.guesses) offer(label);
    for (const std::string& label : labels_) offer(label);
    return found;
  }

  void show(const service::ReviewItem& item) const {
    print_line("");
    print_line("[" + item.kind + ", worth " + tenths(item.value) + "] " + item.reason);
    if (is_turn(item)) {
      print_line("  " + item.turn.turn.user_text);
      if (!item.turn.turn.assistant_response.empty())
        print_line("  answered: " + item.turn.turn.assistant_response);
      std::string keys;
      const auto labels = choices(item);
      for (size_t i = 0; i < labels.size(); ++i)
        keys += "  " + std::to_string(i + 1) + " " + labels[i];
      print_line(keys);
      print_line("  space: " + (labels.empty() ? "-" : labels.front()) +
                 "   n: another label   d: not worth one   s: later   u: undo   q: leave");
      return;
    }
    for (const std::string& text : item.texts) print_line("  - " + text);
    if (item.kind == "new_intent")
      print_line("  y: a new intent \"" + item.suggested +
                 "\"   n: under another name   d: none   s: later   u: undo   q: leave");
    else
      print_line(
          "  y: honest, let it count   d: stays in quarantine   s: later   u: undo   q: leave");
  }

  void press(const std::string& key) {
    const service::ReviewItem item = items_.front();
    if (key == "u") return undo();
    if (key == "s") return pass();
    if (key == "d") return say(item, {.intent = {}, .sentiment = {}, .dismiss = true});
    if (key == "n" && item.kind != "burst") return name(item);
    if (is_turn(item)) {
      const auto labels = choices(item);
      const size_t chosen = key == " " || key == "\r" || key == "\n" ? 0
                            : key.size() == 1 && key[0] >= '1' && key[0] <= '9'
                                ? static_cast<size_t>(key[0] - '1')
                                : labels.size();
      if (chosen < labels.size()) say(item, {.intent = labels[chosen], .sentiment = {}});
    } else if (key == "y") {
      service::Review said;
      said.accept = true;
      said.turn_ids = item.kind == "new_intent" ? item.turn_ids : std::vector<std::string>();
      if (item.kind == "new_intent") said.intent = item.suggested;
      say(item, said);
    }
  }

  void name(const service::ReviewItem& item) {
    const auto typed = keys_.line("label: ");
    if (!typed || typed->empty()) return;
    service::Review said;
    said.intent = *typed;
    if (!is_turn(item)) said.accept = true, said.turn_ids = item.turn_ids;
    say(item, said);
  }

  void say(const service::ReviewItem& item, const service::Review& said) {
    try {
      service::review(engine_, tenant_, item.id, said, actor_);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::kInvalidInput && error.kind() != ErrorKind::kNotFound) throw;
      return print_line(error.what());
    }
    service::record_read(engine_, tenant_, actor_as(actor_), "reviewed", item.kind);
    done_.push_back(item);
    items_.erase(items_.begin());
    passed_.insert(item.id);
  }

  void pass() {
    passed_.insert(items_.front().id);
    items_.erase(items_.begin());
  }

  void undo() {
    if (done_.empty()) return print_line("There is nothing to undo.");
    try {
      service::take_back_review(engine_, tenant_, done_.back().id, actor_);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::kInvalidInput) throw;
      return print_line(error.what());
    }
    service::record_read(engine_, tenant_, actor_as(actor_), "review_taken_back",
                         done_.back().kind);
    passed_.erase(done_.back().id);
    items_.insert(items_.begin(), done_.back());
    done_.pop_back();
  }

  service::Engine& engine_;
  std::string tenant_, actor_;
  KeyInput keys_;
  std::vector<std::string> labels_;
  std::vector<service::ReviewItem> items_, done_;
  std::set<std::string> passed_;
};

// Labels that the live model does not know: new ones, or slips of the pen.
class NewLabels {
 public:
  explicit NewLabels(const std::vector<std::pair<std::string, std::vector<std::string>>>& known)
      : known_(known.begin(), known.end()) {}

  void note(const std::string& head, const std::optional<std::string>& label) {
    const auto& known = known_[head];
    if (!label || std::find(known.begin(), known.end(), *label) != known.end()) return;
    ++counts_[*label];
    const std::vector<std::string_view> names(known.begin(), known.end());
    nearest_[*label] = wire::nearest_name(*label, names);
  }
  Json to_json_value() const {
    Json out = Json::object();
    for (const auto& [label, count] : counts_) {
      Json one = Json::object();
      one["count"] = count;
      const std::string& nearest = nearest_.at(label);
      one["nearest"] = nearest.empty() ? Json() : Json(nearest);
      out[label] = std::move(one);
    }
    return out;
  }

 private:
  std::map<std::string, std::vector<std::string>> known_;
  std::map<std::string, uint64_t> counts_;
  std::map<std::string, std::string> nearest_;
};

class ReviewVerb : public Verb {
 public:
  std::string name() const override { return "review"; }
  std::string summary() const override { return "What a person should look at, most worth first"; }
  std::string details() const override {
    return "In a terminal one key a choice; what was said is stored at once, so leaving and coming "
           "back goes on where\nit was. Other tools take the queue as JSON lines and give it back "
           "with \"intent\", \"sentiment\", \"dismiss\" or\n\"accept\" filled in; lines without an "
           "answer are passed over.\n\n"
           "  pawl review\n"
           "  pawl review --export queue.jsonl --limit 100\n"
           "  pawl review --import queue.jsonl\n"
           "  pawl review --export - | my-tool | pawl review --import -";
  }
  void declare(Options& options) override {
    arguments_.declare(options);
    options.text("--export", export_,
                 "Write the queue to a file as JSON lines; - for standard output");
    options.text("--import", import_,
                 "Read answers from a file as JSON lines; - for standard input");
    options.integer("--limit", limit_, "Items to export at most");
    options.text("--as", actor_, "Whose word it is");
  }

  int run(Context& context) override {
    if (!export_.empty() && !import_.empty())
      throw UsageError("--export and --import exclude each other");
    if (limit_ < 1) throw UsageError("--limit must be at least 1");
    if (actor_.empty()) throw UsageError("--as must name somebody");
    if (export_.empty() && import_.empty() && !has_terminal())
      throw UsageError("this is no terminal; use --export FILE and --import FILE (- for streams)");
    const auto engine = arguments_.open(context.env);
    const std::string tenant = arguments_.tenant_id();
    if (!import_.empty()) return take(*engine, tenant);
    if (!export_.empty()) return give(*engine, tenant);
    Session(*engine, tenant, actor_).run();
    return kDone;
  }

 private:
  int give(service::Engine& engine, const std::string& tenant) const {
    const auto items = service::review_queue(engine, tenant, static_cast<size_t>(limit_));
    service::record_read(engine, tenant, actor_as(actor_), "turns_read", "review_queue");
    std::string lines;
    for (const auto& item : items) lines += to_json(wire::to_json_value(item)) + "\n";
    if (export_ == "-") {
      if (!lines.empty()) print_line(std::string_view(lines).substr(0, lines.size() - 1));
      return kDone;
    }
    std::ofstream out(export_, std::ios::binary | std::ios::trunc);
    out << lines << std::flush;
    if (!out) throw Error(ErrorKind::kIo, export_ + ": cannot be written");
    Json told = Json::object();
    told["items"] = static_cast<uint64_t>(items.size());
    told["path"] = export_;
    print_json(told);
    return kDone;
  }

  int take(service::Engine& engine, const std::string& tenant) const {
    LineReader in = import_ == "-" ? LineReader::standard_input() : LineReader::open(import_);
    uint64_t reviewed = 0, unanswered = 0, turns = 0, rejected = 0;
    wire::UnknownKeys unknown;
    NewLabels new_labels(service::labels_of(engine, tenant));
    LineCounts counts = for_each_json_line(
        in,
        [&](uint64_t number, const Json& line) {
          const wire::ReviewLine read = wire::read_review(line, unknown);
          if (!read.answered) {
            ++unanswered;
            return;
          }
          try {
            turns += service::review(engine, tenant, read.id, read.said, actor_).turns;
            ++reviewed;
            new_labels.note("intent", read.said.intent);
            new_labels.note("sentiment", read.said.sentiment);
          } catch (const Error& error) {
            if (error.kind() != ErrorKind::kNotFound) throw;
            ++rejected;
            report_line(number, error.what(), in.name());
          }
        },
        [&](uint64_t number, const std::string& what) {
          ++rejected;
          report_line(number, what, in.name());
        });
    counts.rejected = rejected;
    Json told = Json::object();
    told["reviewed"] = reviewed;
    told["turns"] = turns;
    told["unanswered"] = unanswered;
    told["rejected"] = rejected;
    told["unknown_keys"] = unknown.to_json_value();
    told["new_labels"] = new_labels.to_json_value();
    if (reviewed > 0) {
      service::record_read(engine, tenant, actor_as(actor_), "reviewed",
                           std::to_string(reviewed) + " items");
    }
    print_json(told);
    return stream_status(counts);
  }

  WorkspaceArguments arguments_;
  std::string export_, import_, actor_ = "operator";
  int64_t limit_ = 200;
};

}  // namespace

std::unique_ptr<Verb> make_review_verb() {
  return std::make_unique<ReviewVerb>();
}

}  // namespace pawl::cli
