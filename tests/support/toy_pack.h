#pragma once

#include "models/io/face_landmarks.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace mien::test {

/// A training pack of drawn "faces": class k has a bright bar at its own height, asymmetric, on noise.
struct ToyPack
{
    int count = 64;
    int classes = 2;
    int side = 32;
    int channels = 1;
    std::uint64_t seed = 1;
    std::vector<std::int64_t> labels{};     ///< Empty: sample i is of class i % classes, which is also what it shows.
    std::vector<std::int64_t> groups{};     ///< Empty: each alone.
    std::vector<int> splits{};              ///< Empty: none.
    std::vector<FaceLandmarks> landmarks{}; ///< Of every sample; empty: the pack has none.
    std::vector<std::string> voteOptions{}; ///< "class0", …, and what else was voted for; empty: nobody voted.
    std::vector<std::int32_t> votes{};      ///< count * options

    /// Writes the files of a pack; sample ids are 100, 101, …
    void write(const std::filesystem::path &folder) const;
};

} // namespace mien::test
