#include "http/api/openapi_schemas.h"

namespace pawl::http {

// JSON Schema 2020-12. Objects may hold more than is described: the contract only grows.
const char* const kOpenapiSchemas = R"json({
"Object": {"type": "object"},
"Text": {"type": "string"},
"Events": {"type": "string"},
"Tar": {"type": "string"},
"Problem": {"type": "object", "required": ["type", "title", "status", "detail"], "properties": {
  "type": {"type": "string"}, "title": {"type": "string"}, "status": {"type": "integer"},
  "detail": {"type": "string"}, "field": {"type": "string"}}},
"Page": {"type": "object", "required": ["items", "next_cursor"], "properties": {
  "items": {"type": "array", "items": {"type": "object"}},
  "next_cursor": {"type": ["string", "null"]}}},
"AnalyzeRequest": {"type": "object", "oneOf": [{"required": ["text"]}, {"required": ["texts"]}], "properties": {
  "text": {"type": "string", "maxLength": 65536},
  "texts": {"type": "array", "maxItems": 1000, "items": {"type": "string", "maxLength": 65536}},
  "user_id": {"type": "string", "description": "Who is to be answered: the preferences of this user count for the persona. Needs the role user."}}},
"Analysis": {"type": "object", "required": ["text", "intent", "intent_confidence", "sentiment", "sentiment_confidence",
  "persona", "entities", "linguistic_features", "generation", "degraded", "out_of_scope_score"], "properties": {
  "text": {"type": "string"}, "intent": {"type": ["string", "null"]}, "guess": {"type": "string"},
  "out_of_scope_score": {"type": "number", "minimum": 0, "maximum": 1},
  "intent_confidence": {"type": "number", "minimum": 0, "maximum": 1},
  "sentiment": {"type": ["string", "null"]}, "sentiment_confidence": {"type": "number", "minimum": 0, "maximum": 1},
  "persona": {"type": "string"}, "persona_reason": {"type": "string"}, "degraded": {"type": "boolean"}, "generation": {"type": ["string", "null"]},
  "linguistic_features": {"type": "object"},
  "entities": {"type": "array", "items": {"type": "object", "required": ["text", "label", "start", "end"], "properties": {
    "text": {"type": "string"}, "label": {"type": "string"}, "start": {"type": "integer"}, "end": {"type": "integer"}}}}}},
"AnalyzeAnswer": {"anyOf": [{"$ref": "#/components/schemas/Analysis"},
  {"type": "object", "required": ["analyses"], "properties": {"analyses": {"type": "array",
    "items": {"$ref": "#/components/schemas/Analysis"}}}}]},
"FeedbackFields": {"type": "object", "properties": {
  "satisfaction_score": {"type": ["number", "null"], "minimum": 0, "maximum": 1},
  "response_quality": {"type": ["number", "null"], "minimum": 0, "maximum": 1},
  "needs_correction": {"type": ["boolean", "null"]}, "corrected_intent": {"type": ["string", "null"]},
  "corrected_sentiment": {"type": ["string", "null"]}, "preferred_persona": {"type": ["string", "null"]},
  "comment": {"type": ["string", "null"]},
  "corrected_entities": {"type": ["array", "null"], "items": {"type": "array"}}}},
"Turn": {"type": "object", "required": ["conversation_id", "user_id", "user_text"], "properties": {
  "tenant_id": {"type": "string"}, "turn_id": {"type": "string"}, "conversation_id": {"type": "string"},
  "user_id": {"type": "string"}, "session_id": {"type": "string"}, "user_text": {"type": "string"},
  "assistant_response": {"type": "string"}, "persona": {"type": "string"}, "consent": {"type": "boolean"},
  "context_used": {"type": "array"}, "feedback": {"$ref": "#/components/schemas/FeedbackFields"}}},
"TurnOrTurns": {"anyOf": [{"$ref": "#/components/schemas/Turn"},
  {"type": "array", "items": {"$ref": "#/components/schemas/Turn"}}]},
"Feedback": {"allOf": [{"$ref": "#/components/schemas/FeedbackFields"}, {"type": "object", "properties": {
  "token": {"type": "string"}, "turn_id": {"type": "string"}, "conversation_id": {"type": "string"},
  "user_id": {"type": "string"}, "thumb": {"enum": ["up", "down"]},
  "rating": {"type": "integer", "minimum": 1, "maximum": 5}}}]},
"FeedbackOrList": {"anyOf": [{"$ref": "#/components/schemas/Feedback"},
  {"type": "array", "items": {"$ref": "#/components/schemas/Feedback"}}]},
"Collected": {"anyOf": [
  {"type": "object", "required": ["turn_id", "stored", "known", "redactions"], "properties": {
    "turn_id": {"type": ["string", "null"]}, "stored": {"type": "boolean"}, "known": {"type": "boolean"},
    "redactions": {"type": "integer"}}},
  {"type": "object", "required": ["accepted", "rejected", "skipped_no_consent", "redactions"]}]},
"NewMemory": {"type": "object", "required": ["content"], "properties": {
  "content": {"type": "string", "minLength": 1, "maxLength": 65536}, "user_id": {"type": "string"},
  "memory_type": {"type": "string"}, "tags": {"type": "array", "items": {"type": "string"}},
  "ai_generated": {"type": "boolean"}, "metadata": {"type": "object"}}},
"MemoryId": {"type": "object", "required": ["memory_id"], "properties": {"memory_id": {"type": "string"}}},
"Run": {"type": "object", "required": ["run_id", "tenant_id", "state", "cycle_id", "status"], "properties": {
  "run_id": {"type": "string"}, "tenant_id": {"type": "string"},
  "state": {"enum": ["queued", "running", "done", "failed"]}, "cycle_id": {"type": ["string", "null"]},
  "stage": {"type": ["string", "null"]}, "steps_done": {"type": "integer"}, "steps_total": {"type": "integer"},
  "notes": {"type": "array", "items": {"type": "string"}}, "status": {"type": ["string", "null"]},
  "reason": {"type": ["string", "null"]}}},
"Cycle": {"type": "object", "required": ["cycle_id", "status"], "properties": {
  "cycle_id": {"type": "string"}, "status": {"enum": ["pending", "collecting_data", "preprocessing", "training",
  "validating", "completed", "failed", "rolled_back", "skipped"]}}},
"Generation": {"type": "object", "required": ["generation", "live"], "properties": {
  "generation": {"type": "string"}, "live": {"type": "boolean"}}},
"Rollback": {"type": "object", "required": ["from", "to"], "properties": {
  "from": {"type": "string"}, "to": {"type": "string"}}},
"Status": {"type": "object", "required": ["total_cycles", "successful_cycles", "failed_cycles",
  "model_improvements", "average_training_time", "last_cycle", "recent_cycles"]},
"Explanation": {"type": "object", "required": ["turn_id", "state", "statements", "heads"], "properties": {
  "turn_id": {"type": "string"}, "state": {"type": "string"},
  "statements": {"type": "array", "items": {"type": "object"}},
  "heads": {"type": "array", "items": {"type": "object"}}}},
"Review": {"type": "object", "additionalProperties": false, "properties": {"intent": {"type": "string"}, "sentiment": {"type": "string"},
  "dismiss": {"type": "boolean"}, "accept": {"type": "boolean"},
  "turn_ids": {"type": "array", "items": {"type": "string"}}}},
"NewSchedule": {"type": "object", "additionalProperties": false, "properties": {
  "name": {"type": "string"}, "cron": {"type": ["string", "null"]}, "time_zone": {"type": "string"},
  "when_labelled": {"type": "integer", "minimum": 0}, "paused": {"type": "boolean"},
  "catch_up": {"type": "boolean"}, "force": {"type": "boolean"}}},
"Schedule": {"type": "object", "required": ["schedule_id", "tenant_id", "cron", "time_zone", "paused", "next_at"],
  "properties": {"schedule_id": {"type": "string"}, "cron": {"type": ["string", "null"]},
  "time_zone": {"type": "string"}, "paused": {"type": "boolean"}, "next_at": {"type": ["string", "null"]}}},
"NewKey": {"type": "object", "additionalProperties": false, "required": ["role"], "properties": {
  "name": {"type": "string"}, "role": {"enum": ["readonly", "user", "analyst", "trainer", "admin"]},
  "tenant": {"type": "string"}, "expires_at": {"type": ["string", "null"]},
  "requests_per_minute": {"type": "integer", "minimum": 0}}},
"Key": {"type": "object", "required": ["key_id", "role", "tenant", "revoked"], "properties": {
  "key_id": {"type": "string"}, "key": {"type": "string"}, "role": {"type": "string"},
  "tenant": {"type": "string"}, "revoked": {"type": "boolean"}}},
"SignIn": {"type": "object", "required": ["key"], "properties": {"key": {"type": "string", "minLength": 1}}},
"Who": {"type": "object", "required": ["key_id", "role", "tenant", "tenants", "csrf"], "properties": {
  "key_id": {"type": "string"}, "role": {"type": "string"}, "tenant": {"type": "string"},
  "tenants": {"type": "array", "items": {"type": "string"}}, "csrf": {"type": ["string", "null"]}}},
"Html": {"type": "string"},
"File": {"type": "string"},
"Erase": {"type": "object", "additionalProperties": false, "required": ["user_id"], "properties": {"user_id": {"type": "string", "minLength": 1},
  "dry_run": {"type": "boolean"}}},
"Erasure": {"type": "object", "required": ["state", "way", "generations"], "properties": {
  "erasure_id": {"type": ["string", "null"]}, "tenant_id": {"type": "string"},
  "state": {"enum": ["planned", "waiting", "under way", "done"]}, "actor": {"type": "string"},
  "started_at": {"type": ["string", "null"]}, "finished_at": {"type": ["string", "null"]},
  "turns": {"type": "integer"}, "feedback": {"type": "integer"}, "evidence": {"type": "integer"},
  "examples": {"type": "integer"}, "memories": {"type": "integer"}, "documents": {"type": "integer"},
  "quarantine": {"type": "integer"}, "generations": {"type": "array", "items": {"type": "string"}},
  "base": {"type": ["string", "null"]}, "way": {"enum": ["none", "exact", "replayed", null]},
  "reasons": {"type": "array", "items": {"type": "string"}}, "cycles": {"type": "integer"},
  "deployed": {"type": "integer"}, "live": {"type": ["string", "null"]}, "run": {"type": ["string", "null"]}}}
})json";

}  // namespace pawl::http
