#pragma once

#include "models/base/result.h"
#include "models/io/face_landmarks.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace mien {

/// Split of a sample as stored in a pack.
enum class PackSplit : int { None = 0, Train = 1, Val = 2, Test = 3 };

/// Face crops of equal size and their labels, mapped read-only from a folder `packs/<hash>/`.
///
/// `images.u8` holds count * channels * side * side bytes, planar; `landmarks.f32` count * 10 floats (FaceLandmarks in
/// pixels of the crop), `outlines.f32` count * 136 (FaceOutline likewise) and `votes.i32` count * options whole
/// numbers, both little endian, where the index promises them; `index.json` everything else. Cheap to copy: copies
/// share the mapping. Reading is safe from any number of threads.
class TrainingPack
{
public:
    /// Maps the pack. The sizes of all parts must agree; the pixels themselves are not read.
    /// Fails with NotFound, Unreadable (not JSON, cut short) or Invalid (parts disagree).
    static Result<TrainingPack> open(const std::filesystem::path &folder);

    std::size_t count() const { return m_samples.size(); }
    int channels() const { return m_channels; } ///< 1 or 3.
    int side() const { return m_side; }         ///< Crops are square.
    std::size_t imageBytes() const { return std::size_t(m_channels) * m_side * m_side; }

    const std::vector<std::string> &classes() const { return m_classes; } ///< Canonical ids, in order of class index.
    std::span<const std::int64_t> samples() const { return m_samples; }
    std::span<const std::int64_t> labels() const { return m_labels; } ///< Class index, or -1: no label.
    std::span<const std::int64_t> groups() const { return m_groups; } ///< Equal: must share a fold.
    std::span<const int> splits() const { return m_splits; }          ///< PackSplit as int.
    const std::string &pixelHash() const { return m_pixelHash; }      ///< As written by the packer; may be empty.
    const std::filesystem::path &folder() const { return m_folder; }

    bool hasLandmarks() const { return !m_landmarks.empty(); } ///< Of one sample at least.
    FaceLandmarks landmarks(std::size_t row) const;            ///< In pixels of the crop; unknown where there are none.
    const std::string &landmarkHash() const { return m_landmarkHash; } ///< As written by the packer; may be empty.

    FaceOutline outline(std::size_t row) const; ///< In pixels of the crop; unknown where there are no 68 points.
    const std::string &outlineHash() const { return m_outlineHash; } ///< Empty: of no sample.

    /// What annotators could vote for: all classes by their index, then the rest, such as "unknown" and "NF". Empty: no
    /// sample has votes.
    const std::vector<std::string> &voteOptions() const { return m_voteOptions; }
    /// Counts by option; all 0 where nobody voted, or where a person has given another label since.
    std::span<const std::int32_t> votes(std::size_t row) const;
    const std::string &voteHash() const { return m_voteHash; }

    std::span<const std::uint8_t> pixels(std::size_t row) const;

private:
    std::filesystem::path m_folder;
    int m_channels = 0;
    int m_side = 0;
    std::vector<std::string> m_classes;
    std::vector<std::int64_t> m_samples;
    std::vector<std::int64_t> m_labels;
    std::vector<std::int64_t> m_groups;
    std::vector<int> m_splits;
    std::string m_pixelHash, m_landmarkHash, m_outlineHash, m_voteHash;
    std::vector<float> m_landmarks, m_outlines;
    std::vector<std::string> m_voteOptions;
    std::vector<std::int32_t> m_votes;
    std::shared_ptr<const std::uint8_t> m_pixels;
};

} // namespace mien
