#include "learn/deploy/generations.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "store/sqlite/sqlite_store.h"
#include "tests/base/faulty_env.h"

namespace pawl::learn {
namespace {

constexpr int64_t kDay = int64_t{86400} * 1000000;

class GenerationsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ =
        std::filesystem::temp_directory_path() / ("pawl-generations-" + new_uuid(Env::real()));
    Env::real().create_directories(folder_);
    store_ = open_sqlite_store(Env::real(), folder_ / "pawl.db");
    generations_ = std::make_unique<Generations>(env_, *store_, folder_, "t");
  }
  void TearDown() override {
    store_.reset();
    Env::real().remove_all(folder_);
  }

  // A pipeline of three files, of which only the model differs between generations.
  std::string publish(const std::string& model, const std::string& parent = "",
                      const std::string& cycle = "") {
    NewGeneration made;
    made.parent_id = parent;
    made.cycle_id = cycle;
    made.reason = "test";
    made.example_ids = {"e1"};
    return generations_
        ->publish(made,
                  [&](const Path& pipeline) {
                    env_.create_directories(pipeline / "textcat");
                    env_.write_file(pipeline / "config.cfg", std::string(2000, 'c'), false);
                    env_.write_file(pipeline / "textcat/model", model, false);
                    env_.write_file(pipeline / "textcat/cfg", "{}", false);
                  })
        .generation_id;
  }

  std::string publish_live(const std::string& model, const std::string& parent = "") {
    const std::string id = publish(model, parent);
    EXPECT_EQ(activate(id, live_id()), Activation::kLive);
    return id;
  }

  Activation activate(const std::string& id, const std::string& expected) {
    return generations_->activate({id, expected.empty() ? "init" : "deploy", "test"}, expected);
  }

  static void begin_cycle(Store& store, const std::string& id) {
    CycleRecord cycle;
    cycle.tenant_id = "t";
    cycle.cycle_id = id;
    write_to(store, [&](Transaction& tx) { tx.put_cycle(cycle); });
  }

  Path file_of(const std::string& id, const std::string& name = "pipeline/textcat/model") {
    return folder_ / "generations" / id / name;
  }
  std::string live_id() {
    const auto live = store_->begin_read()->live("t");
    return live ? live->generation_id : "";
  }
  std::string state_of(const std::string& id) {
    return store_->begin_read()->generation("t", id)->state;
  }

  test::FaultyEnv env_;
  Path folder_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Generations> generations_;
};

TEST_F(GenerationsTest, APublishedGenerationIsVerifiedAndTraced) {
  EXPECT_FALSE(generations_->open_live());
  const std::string id = publish("m1", "", "y1");
  EXPECT_FALSE(generations_->open_live());
  activate(id, "");
  const auto live = generations_->open_live();
  ASSERT_TRUE(live);
  EXPECT_EQ(live->record.generation_id, id);
  EXPECT_FALSE(live->degraded);
  EXPECT_TRUE(live->warnings.empty());
  EXPECT_EQ(env_.read_file(live->pipeline / "textcat/model", {}), "m1");
  auto tx = store_->begin_read();
  EXPECT_EQ(tx->generation_examples("t", id), (std::vector<std::string>{"e1"}));
  EXPECT_FALSE(tx->verify_events("t"));
  EXPECT_EQ(tx->events("t", {}).size(), 2u);
}

TEST_F(GenerationsTest, PublishingIsIdempotentForACycle) {
  const std::string id = publish("m1", "", "y1");
  EXPECT_EQ(publish("other", "", "y1"), id);
  EXPECT_NE(publish("other", "", "y2"), id);
  EXPECT_EQ(activate(id, ""), Activation::kLive);
  EXPECT_EQ(activate(id, ""), Activation::kLive);
  EXPECT_EQ(store_->begin_read()->live_history("t", 9).size(), 1u);
}

TEST_F(GenerationsTest, EveryFailureWhilePublishingLeavesTheLiveOneWhole) {
  const std::string first = publish_live("m1");
  const int64_t before = env_.changes;
  publish("m2", first);
  const int64_t needed = env_.changes - before;
  begin_cycle(*store_, "c1");
  for (int64_t fail_at = 0; fail_at < needed; ++fail_at) {
    env_.changes_left = fail_at;
    EXPECT_THROW(publish("m3", first, "c1"), Error) << fail_at;
    env_.changes_left = -1;
    generations_->sweep();
    for (const std::string& name : env_.list_directory(folder_ / "generations")) {
      EXPECT_EQ(name.find(".tmp-"), std::string::npos) << name;
    }
    ASSERT_EQ(generations_->open_live()->record.generation_id, first);
  }
  EXPECT_EQ(store_->begin_read()->generations("t").size(), 2u);
  EXPECT_EQ(env_.list_directory(folder_ / "generations").size(), 3u);  // with the lock
}

TEST_F(GenerationsTest, AnyDamageMakesTheParentAnswerAndIsSaid) {
  const std::string first = publish_live("m1");
  const std::vector<std::function<void(const std::string&)>> damages = {
      [&](const std::string& id) { env_.write_file(file_of(id), "m", false, 0600); },
      [&](const std::string& id) { env_.write_file(file_of(id), "n2", false, 0600); },
      [&](const std::string& id) { env_.remove_all(file_of(id)); },
      [&](const std::string& id) {
        env_.write_file(file_of(id, "pipeline/extra"), "x", false, 0600);
      },
      [&](const std::string& id) { env_.remove_all(file_of(id, "manifest.json")); },
      [&](const std::string& id) {
        const std::string text = env_.read_file(file_of(id, "manifest.json"), {});
        env_.write_file(file_of(id, "manifest.json"), text.substr(0, text.size() / 2), false, 0600);
      },
      [&](const std::string& id) {
        std::string text = env_.read_file(file_of(id, "manifest.json"), {});
        text[text.size() / 2] = static_cast<char>(text[text.size() / 2] ^ 4);
        env_.write_file(file_of(id, "manifest.json"), text, false, 0600);
      },
      [&](const std::string& id) { env_.remove_all(folder_ / "generations" / id); },
      [&](const std::string& id) {
        env_.remove_all(file_of(id));
        ASSERT_EQ(::symlink("/etc/hostname", file_of(id).c_str()), 0);
      },
  };
  for (const auto& damage : damages) {
    const std::string second = publish_live("m2", first);
    damage(second);
    // Whoever only reads changes nothing, and every one of them says that it is not the live one.
    for (int reader = 0; reader < 2; ++reader) {
      const auto live = generations_->open_live();
      ASSERT_TRUE(live);
      EXPECT_EQ(live->record.generation_id, first);
      EXPECT_TRUE(live->degraded);
      EXPECT_FALSE(live->warnings.empty());
      EXPECT_EQ(live_id(), second);
      EXPECT_EQ(state_of(second), "ready");
    }
    EXPECT_EQ(generations_->open_or_replace_live()->record.generation_id, first);
    EXPECT_EQ(live_id(), first);
    EXPECT_EQ(state_of(second), "broken");
    EXPECT_THROW(activate(second, first), Error);
    EXPECT_TRUE(generations_->open_live()->degraded);
    EXPECT_FALSE(generations_->open_live()->warnings.empty());
    EXPECT_EQ(store_->begin_read()->live("t")->kind, "fallback");
  }
  // A person who chooses it, or a better one, ends it.
  generations_->rollback("all is well", first);
  EXPECT_FALSE(generations_->open_live()->degraded);
}

TEST_F(GenerationsTest, WhatCannotBeReadJustNowIsNoDamage) {
  const std::string first = publish_live("m1");
  const std::string second = publish_live("m2", first);
  const int64_t before = store_->begin_read()->high_water("t");
  for (const Path& path : {file_of(second), file_of(second, "manifest.json")}) {
    env_.unreadable = path;
    for (const auto& look : {&Generations::open_live, &Generations::open_or_replace_live}) {
      try {
        (generations_.get()->*look)();
        FAIL() << path;
      } catch (const Error& e) {
        EXPECT_EQ(e.kind(), ErrorKind::kIo) << e.what();
      }
    }
    EXPECT_THROW(generations_->back_up(second), Error);
  }
  env_.unreadable.clear();
  const auto live = generations_->open_live();
  EXPECT_EQ(live->record.generation_id, second);
  EXPECT_FALSE(live->degraded);
  EXPECT_EQ(store_->begin_read()->high_water("t"), before);
  publish_live("m4", publish_live("m3", second));
  env_.unreadable = file_of(first);
  EXPECT_THROW(generations_->prune(0, 30), Error);
  EXPECT_EQ(state_of(first), "ready");
}

TEST_F(GenerationsTest, ADamagedGenerationHealsFromItsBackup) {
  const std::string first = publish_live("m1");
  const std::string second = publish_live("m2", first);
  generations_->back_up(second);
  env_.write_file(file_of(second), "xx", false, 0600);
  const auto live = generations_->open_live();
  EXPECT_EQ(live->record.generation_id, second);
  EXPECT_FALSE(live->degraded);
  ASSERT_EQ(live->warnings.size(), 1u);
  EXPECT_NE(live->warnings[0].find("restored from backup"), std::string::npos);
  EXPECT_EQ(env_.read_file(file_of(second), {}), "m2");
}

TEST_F(GenerationsTest, WhenAllAreBrokenThatIsAnError) {
  const std::string first = publish_live("m1");
  env_.remove_all(file_of(first));
  try {
    generations_->open_live();
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::kFormat);
    EXPECT_NE(std::string(e.what()).find("textcat/model is missing"), std::string::npos)
        << e.what();
  }
}

TEST_F(GenerationsTest, RollbackGoesToTheParentAndThenToItsParent) {
  const std::string first = publish_live("m1");
  EXPECT_THROW(generations_->rollback("why"), Error);
  const std::string second = publish_live("m2", first);
  const std::string third = publish_live("m3", second);
  const RollbackResult result = generations_->rollback("why");
  EXPECT_EQ(result.from_id, third);
  EXPECT_EQ(result.to_id, second);
  EXPECT_EQ(generations_->rollback("why").to_id, first);
  EXPECT_EQ(generations_->rollback("forward", third).to_id, third);
  EXPECT_EQ(live_id(), third);
  EXPECT_THROW(generations_->rollback("why", "g9999-000000"), Error);
  EXPECT_THROW(generations_->rollback("why", "../g1"), Error);
  EXPECT_EQ(live_id(), third);
}

TEST_F(GenerationsTest, ActivatingComparesWithWhatIsLive) {
  const std::string first = publish_live("m1");
  const std::string second = publish("m2", first), third = publish("m3", first);
  EXPECT_EQ(activate(second, ""), Activation::kMoved);
  EXPECT_EQ(live_id(), first);
  EXPECT_EQ(activate(second, first), Activation::kLive);
  EXPECT_EQ(activate(third, first), Activation::kMoved);
  EXPECT_EQ(live_id(), second);
}

// A cycle that was made from what a person then rolled back, or that finishes after a crash.
TEST_F(GenerationsTest, NeitherARolledBackGenerationNorAChildOfItGoesLiveByItself) {
  const std::string first = publish_live("m1");
  const std::string second = publish_live("m2", first);
  const std::string child = publish("m3", second), grandchild = publish("m4", child);
  generations_->rollback("worse");
  EXPECT_NE(store_->begin_read()->generation("t", second)->rejected, "");
  for (const std::string& id : {second, child, grandchild})
    EXPECT_EQ(activate(id, first), Activation::kRejected);
  EXPECT_EQ(live_id(), first);
  const std::string sibling = publish("m5", first);
  EXPECT_EQ(activate(sibling, first), Activation::kLive);
  // A person may.
  EXPECT_EQ(generations_->rollback("after all", child).to_id, child);
  EXPECT_EQ(live_id(), child);
  EXPECT_EQ(activate(grandchild, child), Activation::kLive);
  EXPECT_NE(store_->begin_read()->generation("t", sibling)->rejected, "");
}

TEST_F(GenerationsTest, GoingBackSeveralStepsRejectsAllThatLieBetween) {
  const std::string first = publish_live("m1");
  const std::string second = publish_live("m2", first), third = publish_live("m3", second);
  generations_->rollback("far", first);
  EXPECT_EQ(activate(publish("m4", second), first), Activation::kRejected);
  // Nor does one of them stand in for a broken one.
  env_.remove_all(file_of(first));
  EXPECT_THROW(generations_->open_live(), Error);
  EXPECT_THROW(generations_->open_or_replace_live(), Error);
  EXPECT_EQ(live_id(), first);
  EXPECT_EQ(generations_->rollback("forward", third).to_id, third);
  EXPECT_EQ(activate(publish("m5", second), third), Activation::kLive);
}

TEST_F(GenerationsTest, AFolderThatSomebodyReadsStaysUntilTheyAreDone) {
  std::vector<std::string> ids = {publish_live("m0")};
  auto reader = generations_->open_live();
  for (int i = 1; i < 4; ++i) ids.push_back(publish_live("m" + std::to_string(i), ids.back()));
  generations_->prune(0, 30);
  EXPECT_EQ(env_.read_file(reader->pipeline / "textcat/model"), "m0");
  EXPECT_EQ(state_of(ids[0]), "ready");
  EXPECT_EQ(state_of(ids[1]), "archived");
  reader.reset();
  generations_->prune(0, 30);
  EXPECT_EQ(state_of(ids[0]), "archived");
  EXPECT_FALSE(env_.exists(folder_ / "generations" / ids[0]));
  EXPECT_EQ(env_.list_directory(folder_ / "generations").size(), 3u);
}

// The process died after the row was written and before the folder was gone.
TEST_F(GenerationsTest, AnArchivedFolderThatIsLeftGoesWithTheNextPruning) {
  std::vector<std::string> ids = {publish_live("m0")};
  for (int i = 1; i < 4; ++i) ids.push_back(publish_live("m" + std::to_string(i), ids.back()));
  generations_->back_up(ids[0]);
  write_to(*store_, [&](Transaction& tx) {
    auto record = *tx.generation("t", ids[0]);
    record.state = "archived";
    tx.put_generation(record);
  });
  generations_->prune(2, 30);
  EXPECT_FALSE(env_.exists(folder_ / "generations" / ids[0]));
}

TEST_F(GenerationsTest, NothingIsWrittenBehindALeaseThatAnotherTook) {
  const std::string first = publish_live("m1");
  const auto lease = store_->acquire_lease("t");
  Generations cycle = generations_->fenced(lease->token());
  const auto write_model = [&](const Path& pipeline) {
    env_.create_directories(pipeline);
    env_.write_file(pipeline / "model", "m", false);
  };
  NewGeneration made;
  made.parent_id = first;
  const std::string second = cycle.publish(made, write_model).generation_id;
  write_to(*store_, [](Transaction& tx) { tx.take_lease("t", "another", 0); });
  const int64_t before = store_->begin_read()->high_water("t");
  EXPECT_THROW(cycle.activate({second, "deploy", ""}, first), Error);
  EXPECT_THROW(cycle.publish(made, write_model), Error);
  EXPECT_THROW(cycle.back_up(second), Error);
  EXPECT_EQ(live_id(), first);
  EXPECT_EQ(store_->begin_read()->high_water("t"), before);
}

TEST_F(GenerationsTest, OldOnesLiveOnInBackupsAndComeBackForARollback) {
  std::vector<std::string> ids = {publish_live("m0")};
  for (int i = 1; i < 6; ++i) ids.push_back(publish_live("m" + std::to_string(i), ids.back()));
  generations_->prune(2, 30);
  EXPECT_EQ(state_of(ids[0]), "archived");
  EXPECT_FALSE(env_.exists(folder_ / "generations" / ids[0]));
  EXPECT_EQ(state_of(ids[4]), "ready");
  EXPECT_EQ(state_of(ids[5]), "ready");
  EXPECT_EQ(generations_->backups().list().size(), 4u);
  // Two files never changed: they are stored once.
  EXPECT_EQ(env_.list_directory(folder_ / "backups/blobs").size(), 4u + 4u + 2u);
  EXPECT_EQ(generations_->rollback("far back", ids[0]).to_id, ids[0]);
  EXPECT_EQ(env_.read_file(file_of(ids[0]), {}), "m0");
  EXPECT_EQ(state_of(ids[0]), "ready");
}

TEST_F(GenerationsTest, RetentionNeverTakesTheLiveOneOrItsParentOrTheFirst) {
  std::vector<std::string> ids = {publish_live("m0")};
  for (int i = 1; i < 4; ++i) ids.push_back(publish_live("m" + std::to_string(i), ids.back()));
  for (const std::string& id : ids) generations_->back_up(id);
  generations_->prune(0, 30);
  EXPECT_EQ(generations_->backups().list().size(), 4u);
  env_.clock_offset = 31 * kDay;
  generations_->prune(0, 30);
  const auto left = generations_->backups().list();
  ASSERT_EQ(left.size(), 3u);
  EXPECT_EQ(left[0].generation_id, ids[0]);
  EXPECT_EQ(left[1].generation_id, ids[2]);
  EXPECT_EQ(left[2].generation_id, ids[3]);
  EXPECT_EQ(state_of(ids[1]), "expired");
  EXPECT_THROW(generations_->rollback("too far", ids[1]), Error);
  EXPECT_EQ(generations_->open_live()->record.generation_id, ids[3]);
  generations_->backups().verify(left[0].backup_id);
}

TEST_F(GenerationsTest, TenantsKeepTheirOwnFoldersThroughSweepAndPrune) {
  const std::string mine = publish_live("m1");
  Generations other(env_, *store_, folder_, "other");
  other.sweep();
  other.prune(0, 0);
  EXPECT_EQ(generations_->open_live()->record.generation_id, mine);
  EXPECT_FALSE(other.open_live());
}

TEST_F(GenerationsTest, SweepTakesWhatNobodyKnows) {
  publish_live("m1");
  env_.create_directories(folder_ / "generations/.tmp-x/pipeline", 0700);
  EXPECT_EQ(generations_->sweep(), 1u);
  // As if the process had died between the rename and the row.
  auto scratch = open_sqlite_store(Env::real(), folder_ / "other.db");
  begin_cycle(*scratch, "c1");
  const std::string orphan = publish("m2", "", "c1");
  Generations elsewhere(env_, *scratch, folder_, "t");
  EXPECT_EQ(elsewhere.sweep(), 1u);
  EXPECT_FALSE(env_.exists(folder_ / "generations" / orphan));
}

// An older copy of the database was put back, or the file was emptied.
TEST_F(GenerationsTest, SweepLeavesTheGenerationsOfAnotherDatabase) {
  const std::string first = publish_live("m1"), second = publish("m2", first, "c1");
  auto scratch = open_sqlite_store(Env::real(), folder_ / "other.db");
  Generations elsewhere(env_, *scratch, folder_, "t");
  EXPECT_EQ(elsewhere.sweep(), 0u);
  EXPECT_TRUE(env_.exists(folder_ / "generations" / first));
  EXPECT_TRUE(env_.exists(folder_ / "generations" / second));
}

class BackupsTest : public GenerationsTest {
 protected:
  void SetUp() override {
    GenerationsTest::SetUp();
    backups_ = std::make_unique<Backups>(env_, folder_);
    source_ = folder_ / "source";
    env_.create_directories(source_ / "a/b", 0700);
    env_.write_file(source_ / "a/b/large", std::string(200000, 'q') + "end", false, 0600);
    env_.write_file(source_ / "empty", "", false, 0600);
    backup_id_ = backups_->create(source_, "g1");
  }
  Path blob() {
    const Path blobs = folder_ / "backups/blobs";
    Path largest;
    for (const std::string& name : env_.list_directory(blobs)) {
      if (largest.empty() ||
          env_.read_file(blobs / name, {}).size() > env_.read_file(largest, {}).size()) {
        largest = blobs / name;
      }
    }
    return largest;
  }

  Path source_;
  std::string backup_id_;
  std::unique_ptr<Backups> backups_;
};

TEST_F(BackupsTest, RestoreGivesTheSameBytesWithPrivateModes) {
  backups_->restore(backup_id_, folder_ / "back");
  EXPECT_EQ(env_.list_files(folder_ / "back"), env_.list_files(source_));
  for (const std::string& name : env_.list_files(source_)) {
    EXPECT_EQ(env_.read_file(folder_ / "back" / name, {}), env_.read_file(source_ / name, {}));
  }
  struct stat status;
  for (const Path& path :
       {folder_ / "back/a/b/large", blob(), folder_ / "backups" / (backup_id_ + ".json")}) {
    ASSERT_EQ(::stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600u) << path;
  }
  EXPECT_LT(env_.read_file(blob(), {}).size(), 2000u);
  EXPECT_THROW(backups_->restore(backup_id_, folder_ / "back"), Error);
}

// Some bits of a compressed stream mean nothing: then the same bytes must come back.
TEST_F(BackupsTest, DamageIsNoticedOrMeansNothing) {
  const Path manifest = folder_ / "backups" / (backup_id_ + ".json");
  const auto try_restore = [&](const Path& path, const std::string& bytes) {
    env_.write_file(path, bytes, false);
    try {
      backups_->restore(backup_id_, folder_ / "back");
    } catch (const Error&) {
      EXPECT_FALSE(env_.exists(folder_ / "back"));
      return false;
    }
    EXPECT_EQ(env_.read_file(folder_ / "back/a/b/large"), env_.read_file(source_ / "a/b/large"));
    env_.remove_all(folder_ / "back");
    return true;
  };
  for (const Path& path : {blob(), manifest}) {
    const std::string whole = env_.read_file(path);
    for (size_t i = 0; i < whole.size(); i += 1 + whole.size() / 64) {
      std::string flipped = whole;
      flipped[i] = static_cast<char>(flipped[i] ^ 1);
      EXPECT_FALSE(try_restore(path, flipped) && path == manifest) << i;
      EXPECT_FALSE(try_restore(path, whole.substr(0, i))) << i;
    }
    EXPECT_TRUE(try_restore(path, whole));
  }
}

TEST_F(BackupsTest, ADamagedBlobIsReplacedByTheNextBackup) {
  env_.write_file(blob(), "garbage", false, 0600);
  EXPECT_THROW(backups_->verify(backup_id_), Error);
  backups_->create(source_, "g2");
  backups_->verify(backup_id_);
}

TEST_F(BackupsTest, AFullDiskLeavesNoHalfBackup) {
  env_.write_file(source_ / "new", "something else", false, 0600);
  const int64_t before = env_.changes;
  backups_->create(source_, "g2");
  const int64_t needed = env_.changes - before;
  env_.write_file(source_ / "new", "yet something else", false, 0600);
  for (int64_t fail_at = 0; fail_at + 1 < needed; ++fail_at) {
    env_.changes_left = fail_at;
    EXPECT_THROW(backups_->create(source_, "g3"), Error) << fail_at;
    Env::real().write_file(source_ / "new", "variant " + std::to_string(fail_at), false);
    env_.changes_left = fail_at;
    EXPECT_THROW(backups_->restore(backup_id_, folder_ / "back"), Error);
    EXPECT_FALSE(env_.exists(folder_ / "back"));
    env_.changes_left = -1;
    for (const BackupInfo& backup : backups_->list()) backups_->verify(backup.backup_id);
  }
}

TEST_F(BackupsTest, PathsThatLeaveTheFolderAreRefused) {
  EXPECT_THROW(backups_->verify("../../etc/passwd"), Error);
  EXPECT_THROW(backups_->verify("b-absent"), Error);
}

}  // namespace
}  // namespace pawl::learn
