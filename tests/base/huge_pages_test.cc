#include "base/huge_pages.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <fstream>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

namespace pawl {
namespace {

struct Block {
  size_t size;
  unsigned char* bytes;
};

std::vector<Block> blocks_of(const std::vector<size_t>& sizes) {
  std::vector<Block> blocks;
  for (const size_t size : sizes) {
    blocks.push_back({size, static_cast<unsigned char*>(allocate_block(size))});
    std::memset(blocks.back().bytes, static_cast<int>(blocks.size()), size);
  }
  return blocks;
}

void expect_whole(const std::vector<Block>& blocks) {
  for (size_t i = 0; i < blocks.size(); ++i) {
    EXPECT_EQ(reinterpret_cast<uintptr_t>(blocks[i].bytes) % 64, 0u);
    for (const size_t at : {size_t{0}, blocks[i].size / 2, blocks[i].size - 1})
      EXPECT_EQ(blocks[i].bytes[at], i + 1) << blocks[i].size;
  }
}

size_t mapped_kilobytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmSize:")) return std::stoul(line.substr(7));
  }
  return 0;
}

const std::vector<size_t> kSizes = {1,       64,      32 << 10, (32 << 10) + 1, 100'000,  2 << 20,
                                    5 << 20, 9 << 20, 3 << 20,  (8 << 20) - 64, 8'000'001};

TEST(HugePages, BlocksKeepTheirBytesWhenTheScopeIsOver) {
  std::vector<Block> inside, outside = blocks_of(kSizes);
  {
    const HugePageScope scope;
    inside = blocks_of(kSizes);
    const HugePageScope inner;
    const std::vector<Block> more = blocks_of(kSizes);
    expect_whole(more);
    for (const Block& block : more) free_block(block.bytes, block.size);
  }
  expect_whole(inside);
  expect_whole(outside);
  for (const auto* blocks : {&inside, &outside}) {
    for (const Block& block : *blocks) free_block(block.bytes, block.size);
  }
}

TEST(HugePages, SlabsGoBackToTheSystemWithTheirLastBlockOnWhateverThread) {
#if defined(__SANITIZE_ADDRESS__)
  GTEST_SKIP() << "every block comes from the sanitizer's heap, which keeps what is freed";
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
  GTEST_SKIP() << "every block comes from the sanitizer's heap, which keeps what is freed";
#endif
#endif
  const size_t before = mapped_kilobytes();
  for (int round = 0; round < 40; ++round) {
    std::vector<Block> blocks;
    {
      const HugePageScope scope;
      blocks = blocks_of(kSizes);
    }
    std::thread([&] {
      for (const Block& block : blocks) free_block(block.bytes, block.size);
    }).join();
  }
  const size_t whole = std::accumulate(kSizes.begin(), kSizes.end(), size_t{0}) >> 10;
  EXPECT_LT(mapped_kilobytes(), before + 4 * whole);
}

TEST(HugePages, ScratchBytesHoldWhatIsPutThereAndMayMove) {
  for (const size_t size : {size_t{0}, size_t{10}, size_t{3} << 20}) {
    ScratchBytes bytes(size);
    if (size > 0) std::memset(bytes.data(), 'x', size);
    const ScratchBytes moved = std::move(bytes);
    EXPECT_EQ(moved.view(), std::string(size, 'x'));
    EXPECT_EQ(bytes.size(), 0u);
  }
}

}  // namespace
}  // namespace pawl
