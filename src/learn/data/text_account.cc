#include "learn/data/text_account.h"

#include <array>
#include <cmath>

#include "base/error.h"
#include "base/hash.h"
#include "base/json.h"

namespace pawl::learn {
namespace {

constexpr std::string_view kKind = "belief";
constexpr size_t kMarkLength = 16;
constexpr std::array kOutcomes = {
    std::pair{BeliefOutcome::kBelieved, std::string_view("believed")},
    std::pair{BeliefOutcome::kOperators, std::string_view("operators")},
    std::pair{BeliefOutcome::kUnsupported, std::string_view("unsupported")},
    std::pair{BeliefOutcome::kUnsure, std::string_view("unsure")},
    std::pair{BeliefOutcome::kSetAside, std::string_view("set_aside")},
};

BeliefOutcome outcome_from(const std::string& name) {
  for (const auto& [outcome, known] : kOutcomes) {
    if (known == name) return outcome;
  }
  throw Error(ErrorKind::kFormat, "unknown outcome of a belief \"" + name + "\"");
}

// To five digits: what nobody is shown takes no place.
double rounded(double p) {
  if (!std::isfinite(p) || p == 0) return 0;
  const double scale = std::pow(10, 4 - std::floor(std::log10(std::abs(p))));
  return std::round(p * scale) / scale;
}

Json write_scores(const Scores& scores) {
  Json out = Json::array();
  for (const auto& [label, p] : scores)
    out.push_back(Json(Json::Array{Json(label), Json(rounded(p))}));
  return out;
}

Scores read_scores(const Json& json) {
  Scores scores;
  for (const Json& pair : json.as_array())
    scores.emplace_back(pair.as_array().at(0).as_string(), pair.as_array().at(1).as_double());
  return scores;
}

Json write_head(const HeadAccount& told, const std::string& key) {
  Json out = Json::object();
  out["head"] = head_name(told.head);
  out["model"] = write_scores(told.account.model);
  out["neighbours"] = write_scores(told.account.neighbours);
  out["prior"] = write_scores(told.account.prior);
  out["posterior"] = write_scores(told.account.posterior);
  Json opinions = Json::array();
  for (const auto& opinion : told.account.opinions) {
    Json one = Json::object();
    one["author"] = author_mark(key, opinion.author);
    one["reliability"] = rounded(opinion.reliability);
    one["likelihood"] = write_scores(opinion.likelihood);
    opinions.push_back(std::move(one));
  }
  out["opinions"] = std::move(opinions);
  out["label"] = told.belief.label;
  out["probability"] = rounded(told.belief.probability);
  Json support = Json::array();
  for (const auto& author : told.belief.support) support.push_back(author_mark(key, author));
  out["support"] = std::move(support);
  out["outcome"] = outcome_name(told.outcome);
  return out;
}

std::optional<HeadAccount> read_head(const Json& json) {
  HeadAccount told;
  const auto head = head_of(json.at("head").as_string());
  if (!head) return std::nullopt;  // of another program
  told.head = *head;
  told.account.model = read_scores(json.at("model"));
  told.account.neighbours = read_scores(json.at("neighbours"));
  told.account.prior = read_scores(json.at("prior"));
  told.account.posterior = read_scores(json.at("posterior"));
  for (const Json& one : json.at("opinions").as_array()) {
    told.account.opinions.push_back({one.at("author").as_string(),
                                     one.at("reliability").as_double(),
                                     read_scores(one.at("likelihood"))});
  }
  told.belief.label = json.at("label").as_string();
  told.belief.probability = json.at("probability").as_double();
  for (const Json& author : json.at("support").as_array())
    told.belief.support.push_back(author.as_string());
  told.outcome = outcome_from(json.at("outcome").as_string());
  return told;
}

}  // namespace

std::string_view outcome_name(BeliefOutcome outcome) {
  for (const auto& [known, name] : kOutcomes) {
    if (known == outcome) return name;
  }
  return "believed";
}

std::string author_mark(std::string_view text_key, std::string_view author) {
  return blake2b_hex(std::string(text_key) + " " + std::string(author)).substr(0, kMarkLength);
}

void keep_account(Transaction& transaction, const std::string& tenant, const TextAccount& account) {
  Json body = Json::object();
  body["cycle"] = account.cycle_id;
  body["generation"] = account.generation_id;
  body["outcome"] = account.outcome;
  body["threshold"] = account.threshold;
  Json heads = Json::array();
  for (const HeadAccount& head : account.heads) heads.push_back(write_head(head, account.key));
  body["heads"] = std::move(heads);
  Json unheard = Json::array();
  for (const Unheard& one : account.unheard)
    unheard.push_back(Json(Json::Array{author_mark(account.key, one.author), one.why}));
  body["unheard"] = std::move(unheard);
  transaction.put_document({.tenant_id = tenant,
                            .kind = std::string(kKind),
                            .document_id = account.key,
                            .body = to_json(body),
                            .at = account.at});
}

std::optional<TextAccount> read_account(Transaction& transaction, const std::string& tenant,
                                        const std::string& text_key) {
  const auto kept = transaction.document(tenant, kKind, text_key);
  if (!kept) return std::nullopt;
  const Json body = parse_json(kept->body);
  TextAccount account;
  account.key = text_key;
  account.at = kept->at;
  account.cycle_id = body.at("cycle").as_string();
  account.generation_id = body.at("generation").as_string();
  account.outcome = body.at("outcome").as_string();
  account.threshold = body.at("threshold").as_double();
  for (const Json& head : body.at("heads").as_array()) {
    if (auto told = read_head(head)) account.heads.push_back(*std::move(told));
  }
  for (const Json& one : body.at("unheard").as_array())
    account.unheard.push_back({one.as_array().at(0).as_string(), one.as_array().at(1).as_string()});
  return account;
}

}  // namespace pawl::learn
