#include "cli/verbs.h"

namespace pawl::cli {

// In the order in which a newcomer meets them.
std::vector<std::unique_ptr<Verb>> all_verbs() {
  std::vector<std::unique_ptr<Verb>> verbs;
  verbs.push_back(make_init_verb());
  verbs.push_back(make_analyze_verb());
  verbs.push_back(make_collect_verb());
  verbs.push_back(make_feedback_verb());
  verbs.push_back(make_learn_verb());
  verbs.push_back(make_generations_verb());
  verbs.push_back(make_rollback_verb());
  verbs.push_back(make_export_verb());
  verbs.push_back(make_distill_verb());
  verbs.push_back(make_backup_verb());
  verbs.push_back(make_status_verb());
  verbs.push_back(make_erase_verb());
  verbs.push_back(make_prune_verb());
  verbs.push_back(make_audit_verb());
  verbs.push_back(make_review_verb());
  verbs.push_back(make_explain_verb());
  verbs.push_back(make_serve_verb());
  verbs.push_back(make_encoder_verb());
  verbs.push_back(make_parse_verb());
  verbs.push_back(make_train_verb());
  verbs.push_back(make_evaluate_verb());
  verbs.push_back(make_benchmark_verb());
  return verbs;
}

}  // namespace pawl::cli
