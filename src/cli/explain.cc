#include "service/explain.h"

#include <cstdio>
#include <map>

#include "cli/streams.h"
#include "cli/table.h"
#include "cli/verbs.h"
#include "cli/workspace_options.h"
#include "wire/explanation_json.h"

namespace pawl::cli {
namespace {

std::string figure(double value) {
  char text[32];
  std::snprintf(text, sizeof text, value != 0 && value < 0.01 ? "%.1e" : "%.2f", value);
  return text;
}

std::string scores_text(const learn::Scores& scores, size_t count) {
  std::string out;
  for (size_t i = 0; i < scores.size() && i < count; ++i) {
    if (!out.empty()) out += ", ";
    out +=
        (scores[i].first.empty() ? "any other" : scores[i].first) + " " + figure(scores[i].second);
  }
  return out.empty() ? "-" : out;
}

std::string said_text(const learn::Statement& s) {
  if (s.source == "rating") return s.value + " " + figure(s.score);
  if (s.source == "self") return s.value + " (" + figure(s.score) + " sure)";
  return s.head == "response" && s.value.empty() ? "nothing worth a label" : s.value;
}

// The likelihood of a voice as factors on the odds against any other label.
std::string factors_text(const learn::Scores& likelihood) {
  if (likelihood.empty()) return "-";
  const double others = std::max(likelihood.back().second, 1e-12);
  std::string out;
  for (size_t i = 0; i + 1 < likelihood.size(); ++i) {
    if (!out.empty()) out += ", ";
    out += likelihood[i].first + " × " + figure(likelihood[i].second / others);
  }
  return out.empty() ? "-" : out;
}

class ExplainVerb : public Verb {
 public:
  std::string name() const override { return "explain"; }
  std::string summary() const override { return "How the label of a turn came about"; }
  std::string details() const override {
    return "Who said what about it, how reliable they were held to be, what that multiplied into "
           "the prior of\nmodel and neighbours, whether it became an example, and what was trained "
           "on it.\n\n"
           "  pawl explain TURN            tables\n"
           "  pawl explain TURN --json\n"
           "  pawl explain TURN --hash     without texts, authors as digests";
  }
  void declare(Options& options) override {
    arguments_.declare(options);
    options.positional("TURN", turn_, "The turn's id, as 'pawl collect --acks' printed it", true);
    options.flag("--json", json_, "Print everything as JSON");
    options.flag("--hash", hash_, "Leave texts out and show authors as digests");
  }

  int run(Context& context) override {
    const auto engine = arguments_.open(context.env);
    const auto told =
        service::explain_turn(*engine, arguments_.tenant_id(), turn_, {.names = !hash_});
    if (json_) {
      print_json(wire::to_json_value(told));
      return kDone;
    }
    print_turn(told);
    print_statements(told);
    for (const auto& head : told.heads) print_head(told, head);
    return kDone;
  }

 private:
  static void print_turn(const service::Explanation& told) {
    std::vector<std::vector<std::string>> rows = {{"turn", told.turn.turn_id}};
    if (!told.turn.user_text.empty()) rows.push_back({"text", told.turn.user_text});
    rows.push_back({"said", minute_of(told.turn.said_at) + " by " + told.turn.user_id});
    if (!told.turn.generation_id.empty()) rows.push_back({"answered by", told.turn.generation_id});
    rows.push_back({"state", told.state});
    if (told.account)
      rows.push_back(
          {"decided", minute_of(told.account->at) + " by cycle " + told.account->cycle_id});
    print_table(rows);
  }

  static void print_statements(const service::Explanation& told) {
    if (told.statements.empty()) return;
    print_line("");
    std::vector<std::vector<std::string>> rows = {
        {"said (UTC)", "source", "head", "what", "by", "turn"}};
    for (const auto& said : told.statements) {
      std::string by = said.statement.author.empty() ? "-" : said.statement.author;
      if (said.own) by += " (the user)";
      if (!said.unheard.empty()) by += " (not counted: " + said.unheard + ")";
      rows.push_back({minute_of(said.statement.at), said.statement.source, said.statement.head,
                      said_text(said.statement), by, said.this_turn ? "this" : said.turn_id});
    }
    print_table(rows);
  }

  static void print_head(const service::Explanation& told, const service::ExplainedHead& head) {
    const learn::Account& account = head.belief.account;
    print_line("");
    std::vector<std::vector<std::string>> rows = {
        {std::string(learn::head_name(head.belief.head)), head.became}};
    if (!account.prior.empty()) {
      rows.push_back({"  the model", scores_text(account.model, 3)});
      rows.push_back({"  neighbours", scores_text(account.neighbours, 3)});
      rows.push_back({"  prior", scores_text(account.prior, 3)});
    }
    for (const auto& opinion : account.opinions)
      rows.push_back({"  " + opinion.author, factors_text(opinion.likelihood) + "  (reliability " +
                                                 figure(opinion.reliability) + ")"});
    if (!account.posterior.empty())
      rows.push_back({"  posterior", scores_text(account.posterior, 3)});
    rows.push_back(
        {"  belief", head.belief.belief.label + " " + figure(head.belief.belief.probability) +
                         (told.account ? ", threshold " + figure(told.account->threshold) : "")});
    if (head.example) {
      rows.push_back({"  example", std::string(learn::split_name(told.example->split)) +
                                       ", version " + std::to_string(told.example->version) +
                                       ", weight " + figure(head.weight)});
    }
    for (const auto& generation : head.generations) rows.push_back({"  trained", generation});
    print_table(rows);
  }

  WorkspaceArguments arguments_;
  std::string turn_;
  bool json_ = false, hash_ = false;
};

}  // namespace

std::unique_ptr<Verb> make_explain_verb() {
  return std::make_unique<ExplainVerb>();
}

}  // namespace pawl::cli
