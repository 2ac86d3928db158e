// Records for tests of stores: every field that a caller fills in is filled in.
#pragma once

#include <string>
#include <utility>

#include "store/store.h"

namespace pawl {

inline TurnRecord turn_of(std::string id, std::string user = "ann", std::string conversation = "c1",
                          std::string tenant = "t") {
  TurnRecord turn;
  turn.tenant_id = std::move(tenant);
  turn.turn_id = std::move(id);
  turn.conversation_id = std::move(conversation);
  turn.user_id = std::move(user);
  turn.said_at = 5;
  turn.received_at = 6;
  turn.user_text = "my pärser is \"slow\"";
  turn.assistant_response = "try -O2";
  turn.persona = "technical-expert";
  turn.context_used = {"doc-1", "doc \"2\""};
  turn.edits = {{3, 9, 7, "EMAIL"}};
  turn.generation_id = "g1";
  return turn;
}

inline EvidenceRecord evidence_of(std::string turn, std::string source, std::string value,
                                  std::string author = "ann") {
  EvidenceRecord evidence;
  evidence.tenant_id = "t";
  evidence.turn_id = std::move(turn);
  evidence.head = "intent";
  evidence.source = std::move(source);
  evidence.value = std::move(value);
  evidence.score = 0.75;
  evidence.author = std::move(author);
  evidence.generation_id = "g1";
  evidence.at = 7;
  return evidence;
}

inline ExampleRecord example_of(std::string id, std::string split, std::string user = "ann") {
  ExampleRecord example;
  example.tenant_id = "t";
  example.example_id = std::move(id);
  example.user_id = std::move(user);
  example.text = "text of " + example.example_id;
  example.text_key = "key of " + example.example_id;
  example.heads = R"({"intent":{"label":"debug_error","weight":0.9,"support":["ann"]}})";
  example.split = std::move(split);
  example.origin = "conversation";
  return example;
}

inline GenerationRecord generation_of(std::string id, std::string parent = "") {
  GenerationRecord generation;
  generation.tenant_id = "t";
  generation.generation_id = std::move(id);
  generation.parent_id = std::move(parent);
  generation.state = "ready";
  generation.created_at = 3;
  generation.metrics = R"({"accuracy":0.5})";
  return generation;
}

}  // namespace pawl
