#include "wire/explanation_json.h"

#include "base/env.h"
#include "base/json_strings.h"
#include "wire/text_or_null.h"

namespace pawl::wire {
namespace {

Json scores_json(const learn::Scores& scores) {
  Json out = Json::object();
  for (const auto& [label, p] : scores) out[label.empty() ? "*" : label] = p;
  return out;
}

Json statement_json(const service::ExplainedStatement& said) {
  Json out = Json::object();
  out["turn_id"] = said.turn_id;
  out["head"] = said.statement.head;
  out["source"] = said.statement.source;
  out["value"] = said.statement.value;
  out["score"] = said.statement.score;
  out["author"] = text_or_null(said.statement.author);
  out["own_turn"] = said.own;
  out["at"] = format_time(said.statement.at);
  out["not_counted"] = text_or_null(said.unheard);
  return out;
}

Json head_json(const service::ExplainedHead& head) {
  const learn::Account& account = head.belief.account;
  Json out = Json::object();
  out["head"] = learn::head_name(head.belief.head);
  out["model"] = scores_json(account.model);
  out["neighbours"] = scores_json(account.neighbours);
  out["prior"] = scores_json(account.prior);
  Json opinions = Json::array();
  for (const auto& opinion : account.opinions) {
    Json one = Json::object();
    one["author"] = opinion.author;
    one["reliability"] = opinion.reliability;
    one["likelihood"] = scores_json(opinion.likelihood);
    opinions.push_back(std::move(one));
  }
  out["opinions"] = std::move(opinions);
  out["posterior"] = scores_json(account.posterior);
  out["label"] = text_or_null(head.belief.belief.label);
  out["probability"] = head.belief.belief.probability;
  out["support"] = json_strings(head.belief.belief.support);
  out["outcome"] = learn::outcome_name(head.belief.outcome);
  out["became"] = head.became;
  out["example"] = head.example;
  out["weight"] = head.example ? Json(head.weight) : Json();
  out["trained"] = json_strings(head.generations);
  return out;
}

Json decided_json(const learn::TextAccount& account) {
  Json out = Json::object();
  out["cycle_id"] = account.cycle_id;
  out["generation"] = account.generation_id;
  out["at"] = format_time(account.at);
  out["threshold"] = account.threshold;
  out["outcome"] = account.outcome;
  return out;
}

}  // namespace

Json to_json_value(const service::Explanation& told) {
  Json out = Json::object();
  out["turn_id"] = told.turn.turn_id;
  out["user_id"] = told.turn.user_id;
  out["timestamp"] = format_time(told.turn.said_at);
  out["user_text"] = text_or_null(told.turn.user_text);
  out["generation"] = text_or_null(told.turn.generation_id);
  out["state"] = told.state;
  Json statements = Json::array();
  for (const auto& said : told.statements) statements.push_back(statement_json(said));
  out["statements"] = std::move(statements);
  out["decided"] = told.account ? decided_json(*told.account) : Json();
  Json heads = Json::array();
  for (const auto& head : told.heads) heads.push_back(head_json(head));
  out["heads"] = std::move(heads);
  if (told.example) {
    Json example = Json::object();
    example["example_id"] = told.example->example_id;
    example["version"] = told.example->version;
    example["split"] = learn::split_name(told.example->split);
    example["source"] = told.example->source;
    example["cycle_id"] = text_or_null(told.example->cycle_id);
    out["example"] = std::move(example);
  } else {
    out["example"] = Json();
  }
  return out;
}

}  // namespace pawl::wire
