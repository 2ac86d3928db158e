#include "config/settings.h"

namespace pawl {

namespace {

const std::vector<SettingSpec>& single_settings() {
  constexpr double kMany = 1e9;
  static const std::vector<SettingSpec> specs = {
      {"learning.min_data_threshold", int64_t{50}, 1, kMany,
       "New labelled turns that must have gathered before a cycle trains."},
      {"learning.quality_threshold", 0.7, 0, 1,
       "How sure the evidence for a label must be before the turn becomes a training example."},
      {"learning.validation_threshold", 0.85, 0, 1,
       "Bar for the share of all held-out answers that are right."},
      {"learning.max_training_examples", int64_t{1000}, 1, kMany,
       "New examples one cycle trains on at most."},
      {"learning.backup_retention_days", int64_t{30}, 1, 36500,
       "Days for which backups of earlier generations are kept."},
      {"learning.max_examples_per_user", int64_t{20}, 1, kMany,
       "New examples of one user a cycle trains on at most."},
      {"learning.min_label_authors", int64_t{2}, 1, 1000,
       "People it takes to vouch for a new label, and to judge by one; 1 for a workspace of one "
       "person, whose word alone is enough."},
      {"learning.replay_examples", int64_t{5000}, 0, kMany,
       "Examples of earlier cycles a head is trained on again at most, balanced over its labels."},
      {"learning.keep_generations", int64_t{5}, 2, 1000,
       "Generations kept as folders; older ones live on in their backups."},
      {"learning.implicit_signals", true, 0, 1,
       "Whether what users show without saying it counts as weak evidence: thanks, a question "
       "asked "
       "again, giving up."},
      {"learning.thanks_words",
       std::string(
           "thanks, thank you, thx, cheers, much appreciated, danke, dankeschön, merci, "
           "gracias, obrigado, obrigada, grazie, dank je, dank u, bedankt, tack, tak, takk, "
           "kiitos, dziękuję, dzięki, děkuji, ďakujem, köszönöm, mulțumesc, hvala, "
           "благодаря, спасибо, дякую, ευχαριστώ, teşekkürler, תודה, شكرا, ممنون, "
           "धन्यवाद, ধন্যবাদ, நன்றி, ขอบคุณ, cảm ơn, terima kasih, salamat, asante, "
           "ありがとう, 谢谢, 謝謝, 고마워, 감사합니다"),
       0, 0, "Phrases by which a user's next message thanks for an answer, separated by commas."},
      {"learning.giving_up_words",
       std::string("never mind, nevermind, forget it, forget about it, this is useless, "
                   "you are useless, thanks for nothing, no thanks to you, vergiss es, schon gut, "
                   "laisse tomber, tant pis, olvídalo, "
                   "déjalo, deixa pra lá, esquece, lascia stare, lascia perdere, laat maar, "
                   "strunt i det, glem det, nieważne, zapomeň na to, забудь, неважно, ξέχνα το, "
                   "boş ver, لا تهتم, もういい, 算了, 됐어"),
       0, 0, "Phrases by which a user's next message gives up, separated by commas."},
      {"learning.default_consent", false, 0, 1,
       "Whether a turn that says nothing about consent counts as consented."},
      {"training.n_iter", int64_t{10}, 1, 10000, "Passes over a cycle's examples."},
      {"training.batch_size", int64_t{32}, 1, 100000, "Examples per update."},
      {"training.dropout", 0.2, 0, 0.9, "Share of activations left out in an update."},
      {"training.learn_rate", 0.001, 1e-9, 1, "Step size of the optimiser."},
      {"training.validation_split", 0.2, 0.01, 0.9,
       "Share of conversations that never train and only measure."},
      {"training.min_updates", int64_t{400}, 0, kMany,
       "Steps a head takes at least, up to 60 passes: small sets get more passes."},
      {"training.encoder", std::string("auto"), 0, 0,
       "Sentence encoder of intent and sentiment: auto (the imported one, if any), none, or its "
       "folder. A pipeline that has one keeps it."},
      {"training.tune_after_cycle", true, 0, 1,
       "Whether a learning cycle goes on, once its candidates are live or refused, to tune layers "
       "of the encoder when the examples have grown by half since; if not, `pawl learn --tune` "
       "does."},
      {"training.seed", int64_t{0}, 0, 9e15, "Seed of every random draw in training."},
      {"validation.accuracy", 0.85, 0, 1, "Bar for the mean of all heads."},
      {"validation.intent_accuracy", 0.80, 0, 1, "Bar for intents."},
      {"validation.sentiment_accuracy", 0.75, 0, 1, "Bar for sentiments."},
      {"validation.entity_accuracy", 0.70, 0, 1, "Bar for entities."},
      {"validation.require_thresholds", false, 0, 1,
       "Whether a candidate below a bar is refused even when the incumbent is below it, too."},
      {"validation.margin", 0.02, 0, 0.5,
       "How much lower an accuracy may truly be and still count as not inferior."},
      {"validation.alpha", 0.2, 1e-6, 0.5,
       "Chance of taking luck for an improvement, spent over the attempts between two "
       "deployments."},
      {"rollout.shadow_turns", int64_t{200}, 0, 1e5,
       "Collected turns, the newest, that a candidate answers in the shadow before it goes live; "
       "fewer when there are no more."},
      {"rollout.shadow_new_turns", int64_t{0}, 0, kMany,
       "Turns that have to arrive, too, before it goes live; 0: it waits for none."},
      {"rollout.shadow_hours", 24.0, 0, 1e5, "Hours that it waits for them at most."},
      {"rollout.bake_turns", int64_t{1000}, 1, 1e5,
       "Turns for which a generation that went live is compared with the one before it."},
      {"rollout.bake_days", 14.0, 0, 3650, "Days for which it is at most."},
      {"rollout.alpha", 0.01, 1e-6, 0.5,
       "Chance that a generation which is no worse is taken back, over all looks at it."},
      {"analysis.max_characters", int64_t{100000}, 1, 1000000,
       "Longest text that is analysed; memory and time grow with it."},
      {"privacy.keep_turns_days", int64_t{365}, 0, 36500,
       "Days for which conversations are kept, with all that is known about them; 0: for ever."},
      {"privacy.keep_feedback_days", int64_t{365}, 0, 36500,
       "Days for which feedback and other statements about turns are kept; 0: as long as the "
       "turn."},
      {"privacy.keep_examples_days", int64_t{730}, 0, 36500,
       "Days for which training examples outlive the conversations they were made of; 0: for "
       "ever."},
      {"privacy.keep_memory_days", int64_t{365}, 0, 36500,
       "Days for which memories are kept; 0: for ever."},
      {"privacy.keep_audit_days", int64_t{3650}, 0, 36500,
       "Days for which the audit trail is kept; 0: for ever."},
      {"privacy.prune_hours", int64_t{24}, 0, 8760,
       "Hours between two looks of `pawl serve` at what is older than that; 0: `pawl prune` alone "
       "looks."},
      {"serve.listen", std::string("127.0.0.1:8765"), 0, 0,
       "Address and port of `pawl serve`; port 0 takes a free one."},
      {"serve.open_on_loopback", false, 0, 1,
       "Whether requests from this machine need no key; they may then do everything."},
      {"serve.tls_certificate", std::string(), 0, 0, "PEM file of the certificate chain."},
      {"serve.tls_key", std::string(), 0, 0, "PEM file of the certificate's key."},
      {"serve.workers", int64_t{4}, 1, 256, "Threads that analyse and write."},
      {"serve.max_waiting", int64_t{4096}, 1, kMany,
       "Requests that may wait for a thread; more are told to come again (503)."},
      {"serve.max_connections", int64_t{4096}, 1, 1e6, "Open connections; more are closed."},
      {"serve.max_body_mb", int64_t{16}, 1, 1024, "Largest body of a request, in MiB."},
      {"serve.head_seconds", 10.0, 0.1, 600, "Time for a request's head to arrive."},
      {"serve.body_seconds", 30.0, 0.1, 3600,
       "Time for a request's body to arrive, plus a second for every 64 KiB."},
      {"serve.idle_seconds", 75.0, 1, 3600, "Time a connection may wait for its next request."},
      {"serve.drain_seconds", 30.0, 0, 3600,
       "Time for answers under way when the service is asked to stop."},
      {"serve.log_file", std::string(), 0, 0, "File of the JSON log; empty: standard error."},
      {"serve.log_level",
       std::string("info"),
       0,
       0,
       "Least level of what is logged.",
       {"debug", "info", "warning", "error"}},
      {"serve.log_requests", true, 0, 1, "Whether every request leaves a line in the log."},
      {"serve.log_max_mb", int64_t{64}, 1, 1e6, "Size from which the log file is rotated, in MiB."},
      {"serve.log_max_hours", int64_t{24}, 1, 1e6, "Age from which the log file is rotated."},
      {"serve.log_keep", int64_t{7}, 1, 1000, "Rotated log files that are kept."},
      {"gateway.total_seconds", 300.0, 0.1, 86400,
       "Time for a whole answer, all attempts together."},
      {"gateway.attempts", int64_t{3}, 1, 20, "Attempts at one request over all upstreams."},
      {"gateway.retry_share", 0.1, 0, 1,
       "Attempts beyond the first of a request, as a share of all requests, in a burst at most "
       "ten."},
      {"gateway.breaker_failures", int64_t{5}, 1, 1000,
       "Failures in a row after which an upstream is left alone for a while."},
      {"gateway.breaker_seconds", 10.0, 0.01, 3600, "That while; it doubles up to sixteen times."},
      {"gateway.fallback",
       std::string("local"),
       0,
       0,
       "Who answers when no upstream does: this engine, or an error (503).",
       {"local", "error"}},
      {"gateway.capture", true, 0, 1, "Whether turns with consent are kept and learned from."},
      {"gateway.tenant", std::string("default"), 0, 0,
       "Tenant of a key that stands for every tenant."},
      {"gateway.max_answer_kb", int64_t{256}, 1, 1e6,
       "Longest answer that is kept of a turn, in KiB; a longer one is passed on but not kept."},
      {"gateway.max_waiting_turns", int64_t{10000}, 1, kMany,
       "Turns that may wait to be written; more are dropped and counted."},
      {"gateway.memory_answers", true, 0, 1,
       "Whether the fallback may repeat an earlier answer that was rated well."},
      {"gateway.enhance", false, 0, 1,
       "Whether upstreams are told, in a system message from prompts/enhance.txt, what is "
       "understood "
       "of a question."},
      {"scheduler.enabled", true, 0, 1, "Whether schedules run in this process."},
      {"scheduler.min_free_mb", int64_t{512}, 0, kMany,
       "Free memory below which no cycle begins and a running one is stopped, in MiB."},
      {"scheduler.max_load", 0.0, 0, 1e6,
       "Load average of a core above which no cycle begins; 0: any."},
      {"scheduler.max_minutes", 240.0, 0.01, 1e5, "Longest duration of a cycle."},
      {"scheduler.max_failures", int64_t{3}, 1, 1000,
       "Failures in a row after which a schedule cools off."},
      {"scheduler.cooling_minutes", 60.0, 0, 1e5, "How long it then waits."},
      {"teacher.enabled", false, 0, 1,
       "Whether a learning cycle asks a larger model about what is least certain; the cleaned text "
       "of turns leaves the workspace then."},
      {"teacher.url", std::string(), 0, 0,
       "Base of an OpenAI-compatible endpoint, as http://127.0.0.1:8080/v1."},
      {"teacher.model", std::string(), 0, 0, "Model, as the endpoint calls it."},
      {"teacher.key_env", std::string("PAWL_MODEL_KEY"), 0, 0,
       "Environment variable with the endpoint's key; not set: none."},
      {"teacher.answer_format",
       std::string("auto"),
       0,
       0,
       "How answers are held to the labels; auto takes the first that the endpoint knows.",
       {"auto", "json_schema", "json_object", "text"}},
      {"teacher.calls_per_cycle", int64_t{100}, 1, 1e6,
       "Calls of one cycle at most, repeated ones included."},
      {"teacher.calls_per_day", int64_t{1000}, 1, kMany,
       "Calls of a tenant and day (UTC) at most."},
      {"teacher.seconds", 30.0, 0.05, 3600, "Time for one answer."},
      {"alerts.check_seconds", 30.0, 0.05, 86400, "Time between two looks at the rules."},
      {"alerts.webhook", std::string(), 0, 0, "URL that alerts are posted to."},
      {"alerts.webhook_secret_env", std::string("PAWL_WEBHOOK_SECRET"), 0, 0,
       "Environment variable with the secret that signs them (HMAC-SHA-256)."},
      {"alerts.smtp_url", std::string(), 0, 0,
       "Mail server for alerts: smtp://host:587 or smtps://host:465; empty: no mail."},
      {"alerts.smtp_tls", true, 0, 1,
       "Whether mail goes over TLS only (STARTTLS for smtp://); false for a server on this "
       "machine."},
      {"alerts.smtp_ca_file", std::string(), 0, 0,
       "PEM file of the authorities that vouch for it; empty: the system's."},
      {"alerts.smtp_user", std::string(), 0, 0, "Name to sign in with there; empty: none."},
      {"alerts.smtp_password_env", std::string("PAWL_SMTP_PASSWORD"), 0, 0,
       "Environment variable with the password."},
      {"alerts.mail_from", std::string(), 0, 0, "Address that the mails come from."},
      {"alerts.mail_to", std::string(), 0, 0, "Addresses that they go to, with commas between."},
      {"alerts.to_memory", true, 0, 1, "Whether alerts are kept in the workspace's memory, too."},
      {"alerts.failed_share", 0.3, 0, 1, "Share of failed cycles, of the last ten, that alarms."},
      {"alerts.no_feedback_hours", 0.0, 0, 1e6, "Hours without feedback that alarm; 0: none."},
      {"alerts.correction_share", 0.0, 0, 1,
       "Corrections per turn of the last day that alarm; 0: none."},
      {"alerts.correction_times", 2.0, 0, 1000,
       "How many times as many corrections as in the two weeks before alarm; 0: none."},
      {"alerts.refused_cycles", int64_t{3}, 0, 1000,
       "Cycles in a row without a better candidate that alarm; 0: none."},
      {"alerts.min_free_disk_mb", int64_t{1024}, 0, kMany,
       "Free disk space that alarms when there is less, in MiB."},
  };
  return specs;
}

}  // namespace

std::span<const SettingSpec> setting_table() {
  return single_settings();
}

std::span<const SettingSpec> repeated_setting_table() {
  static const std::vector<SettingSpec> specs = {
      {"gateway.upstream.name", std::string(), 0, 0, "What it is called in headers and metrics."},
      {"gateway.upstream.url", std::string(), 0, 0,
       "Where its /chat/completions lies, as https://host/v1."},
      {"gateway.upstream.key_env", std::string("-"), 0, 0,
       "Environment variable with its API key; -: none."},
      {"gateway.upstream.models", std::string("*"), 0, 0,
       "Models it is asked for, separated by commas; *: any."},
      {"gateway.upstream.ca_file", std::string("-"), 0, 0,
       "PEM file of the authorities it is trusted by; -: the system's."},
      {"gateway.upstream.connect_seconds", 3.0, 0.01, 600, "Time for a connection, TLS included."},
      {"gateway.upstream.first_seconds", 60.0, 0.01, 3600,
       "Time from the request to the first good event, of each attempt."},
      {"gateway.upstream.idle_seconds", 60.0, 0.01, 3600, "Time between two pieces of an answer."},
  };
  return specs;
}

}  // namespace pawl
