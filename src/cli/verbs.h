// Every subcommand's maker.
#pragma once

#include <memory>

#include "cli/verb.h"

namespace pawl::cli {

std::unique_ptr<Verb> make_init_verb();
std::unique_ptr<Verb> make_analyze_verb();
std::unique_ptr<Verb> make_collect_verb();
std::unique_ptr<Verb> make_feedback_verb();
std::unique_ptr<Verb> make_learn_verb();
std::unique_ptr<Verb> make_generations_verb();
std::unique_ptr<Verb> make_rollback_verb();
std::unique_ptr<Verb> make_export_verb();
std::unique_ptr<Verb> make_distill_verb();
std::unique_ptr<Verb> make_backup_verb();
std::unique_ptr<Verb> make_status_verb();
std::unique_ptr<Verb> make_erase_verb();
std::unique_ptr<Verb> make_prune_verb();
std::unique_ptr<Verb> make_audit_verb();
std::unique_ptr<Verb> make_review_verb();
std::unique_ptr<Verb> make_explain_verb();
std::unique_ptr<Verb> make_serve_verb();
std::unique_ptr<Verb> make_encoder_verb();
std::unique_ptr<Verb> make_parse_verb();
std::unique_ptr<Verb> make_train_verb();
std::unique_ptr<Verb> make_evaluate_verb();
std::unique_ptr<Verb> make_benchmark_verb();

}  // namespace pawl::cli
