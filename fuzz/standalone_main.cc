// Runs a fuzz target without libFuzzer: every file given, then mutations of them from a fixed seed.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

constexpr size_t kMaxInput = 1 << 16;

std::vector<std::string> read_seeds(int argc, char** argv) {
  std::vector<std::string> seeds;
  for (int i = 2; i < argc; ++i) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(argv[i])) {
      if (!entry.is_regular_file()) continue;
      std::ifstream in(entry.path(), std::ios::binary);
      seeds.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
      if (seeds.back().size() > kMaxInput) seeds.back().resize(kMaxInput);
    }
  }
  if (seeds.empty()) seeds.emplace_back();
  return seeds;
}

void mutate(std::string& text, const std::vector<std::string>& seeds, std::mt19937_64& rng) {
  for (uint64_t edits = 1 + rng() % 8; edits > 0; --edits) {
    const size_t at = text.empty() ? 0 : rng() % text.size();
    switch (rng() % 5) {
      case 0:
        text.insert(at, 1, static_cast<char>(rng()));
        break;
      case 1:
        if (!text.empty()) text[at] = static_cast<char>(rng());
        break;
      case 2:
        if (!text.empty()) text.erase(at, 1 + rng() % 16);
        break;
      case 3:
        if (!text.empty()) text[at] = static_cast<char>(text[at] ^ (1 << (rng() % 8)));
        break;
      default: {
        const std::string& other = seeds[rng() % seeds.size()];
        if (!other.empty()) {
          const size_t from = rng() % other.size();
          text.insert(at, other.substr(from, 1 + rng() % 64));
        }
      }
    }
  }
}

}  // namespace

// usage: TARGET SECONDS SEED_FOLDER...
int main(int argc, char** argv) {
  const double seconds = argc > 1 ? std::stod(argv[1]) : 1.0;
  const auto seeds = read_seeds(argc, argv);
  auto run = [](const std::string& text) {
    LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(text.data()), text.size());
  };
  for (const auto& seed : seeds) run(seed);
  std::mt19937_64 rng(1);
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
  uint64_t runs = seeds.size();
  while (std::chrono::steady_clock::now() < end) {
    std::string text = seeds[rng() % seeds.size()];
    mutate(text, seeds, rng);
    if (text.size() > kMaxInput) text.resize(kMaxInput);
    run(text);
    ++runs;
  }
  std::printf("%llu runs\n", static_cast<unsigned long long>(runs));
  return 0;
}
