#include "service/cycle_settings.h"

#include <cstdlib>

namespace pawl::service {
namespace {

learn::TeacherOptions teacher_options(const Settings& settings) {
  learn::TeacherOptions out;
  out.enabled = settings.flag("teacher.enabled");
  out.url = settings.text("teacher.url");
  out.model = settings.text("teacher.model");
  out.format = settings.text("teacher.answer_format");
  out.calls_per_cycle = static_cast<size_t>(settings.integer("teacher.calls_per_cycle"));
  out.calls_per_day = static_cast<size_t>(settings.integer("teacher.calls_per_day"));
  out.seconds = settings.number("teacher.seconds");
  if (const char* key = std::getenv(settings.text("teacher.key_env").c_str())) out.key = key;
  return out;
}

}  // namespace

learn::RolloutSettings rollout_settings(const Settings& settings) {
  auto count = [&](std::string_view name) { return static_cast<size_t>(settings.integer(name)); };
  learn::RolloutSettings out;
  out.shadow_turns = count("rollout.shadow_turns");
  out.shadow_new_turns = count("rollout.shadow_new_turns");
  out.shadow_hours = settings.number("rollout.shadow_hours");
  out.bake_turns = count("rollout.bake_turns");
  out.bake_days = settings.number("rollout.bake_days");
  out.watch.alpha = settings.number("rollout.alpha");
  return out;
}

learn::CycleSettings cycle_settings(const Settings& settings) {
  auto count = [&](std::string_view name) { return static_cast<size_t>(settings.integer(name)); };
  learn::CycleSettings out;
  out.min_data_threshold = count("learning.min_data_threshold");
  out.backup_retention_days = static_cast<int>(settings.integer("learning.backup_retention_days"));
  out.keep_generations = count("learning.keep_generations");
  out.curate.quality_threshold = settings.number("learning.quality_threshold");
  out.curate.max_examples = count("learning.max_training_examples");
  out.curate.defence.max_examples_per_author = count("learning.max_examples_per_user");
  out.curate.defence.min_label_authors = count("learning.min_label_authors");
  out.curate.signals.heard = settings.flag("learning.implicit_signals");
  out.curate.signals.words.thanks = learn::read_phrases(settings.text("learning.thanks_words"));
  out.curate.signals.words.giving_up =
      learn::read_phrases(settings.text("learning.giving_up_words"));
  out.curate.validation_split = settings.number("training.validation_split");
  out.candidate.replay = count("learning.replay_examples");
  auto& train = out.candidate.train;
  train.n_iter = static_cast<int>(settings.integer("training.n_iter"));
  train.min_updates = count("training.min_updates");
  train.batch_size = count("training.batch_size");
  train.dropout = settings.number("training.dropout");
  train.learn_rate = settings.number("training.learn_rate");
  train.seed = static_cast<uint64_t>(settings.integer("training.seed"));
  for (const learn::Head head : learn::all_heads())
    out.thresholds[head] = settings.number(head->bar);
  out.gate.require_threshold = settings.flag("validation.require_thresholds");
  out.bars.mean = settings.number("validation.accuracy");
  out.bars.share = settings.number("learning.validation_threshold");
  out.bars.required = out.gate.require_threshold;
  out.rollout = rollout_settings(settings);
  out.gate.margin = settings.number("validation.margin");
  out.gate.alpha = settings.number("validation.alpha");
  out.teacher = teacher_options(settings);
  return out;
}

}  // namespace pawl::service
