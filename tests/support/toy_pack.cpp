#include "tests/support/toy_pack.h"

#include "models/base/counter_random.h"

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <numeric>

namespace mien::test {

void ToyPack::write(const std::filesystem::path &folder) const
{
    std::filesystem::create_directories(folder);
    std::vector<std::uint8_t> pixels;
    std::vector<std::int64_t> samples, given(labels), grouped(groups);
    std::vector<int> split(splits);
    for (int i = 0; i < count; ++i) {
        samples.push_back(100 + i);
        if (labels.empty())
            given.push_back(i % classes);
        const int shown = i % classes;
        for (int channel = 0; channel < channels; ++channel) {
            CounterRandom random(seed, 0, std::uint64_t(i), std::uint64_t(channel));
            const int bandTop = (2 * shown + 1) * side / (2 * classes) - side / (4 * classes);
            const int bandHeight = std::max(2, side / (2 * classes));
            for (int y = 0; y < side; ++y)
                for (int x = 0; x < side; ++x) {
                    const bool bright = y >= bandTop && y < bandTop + bandHeight && x > side / 5 && x < side * 3 / 4;
                    pixels.push_back(std::uint8_t((bright ? 170 : 50) + int(random.below(60))));
                }
        }
    }
    if (grouped.empty()) {
        grouped.resize(std::size_t(count));
        std::iota(grouped.begin(), grouped.end(), 0);
    }
    if (split.empty())
        split.assign(std::size_t(count), 0);
    std::vector<std::string> names;
    for (int k = 0; k < classes; ++k)
        names.push_back("class" + std::to_string(k));
    const auto writeNumbers = [&](const char *name, const auto &numbers) {
        std::ofstream(folder / name, std::ios::binary)
            .write(reinterpret_cast<const char *>(numbers.data()),
                   std::streamsize(numbers.size() * sizeof(numbers.front())));
    };
    writeNumbers("images.u8", pixels);
    nlohmann::json index{{"format", "mien-pack/1"}, {"count", count},        {"channels", channels}, {"side", side},
                         {"classes", names},        {"sample", samples},     {"label", given},       {"group", grouped},
                         {"split", split},          {"images_xxh128", "toy"}};
    if (!landmarks.empty()) {
        writeNumbers("landmarks.f32", landmarks);
        index["landmarks_xxh128"] = "toy points";
    }
    if (!voteOptions.empty()) {
        writeNumbers("votes.i32", votes);
        index["votes"] = voteOptions;
        index["votes_xxh128"] = "toy votes";
    }
    std::ofstream(folder / "index.json") << index;
}

} // namespace mien::test
