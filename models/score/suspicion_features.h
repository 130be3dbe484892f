#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace mien {

/// What the networks said of every sample, row-aligned; spans stay owned by the caller. Empty spans are absent
/// evidence. Human votes have no place here.
struct SuspicionInputs
{
    int classes = 0;                      ///< L
    std::span<const std::int64_t> sample; ///< [N] distinct ids: random draws hang on them, not on the order of rows
    std::span<const std::int64_t> label;  ///< [N] given class in [0, L)
    std::span<const std::int64_t> fold;   ///< [N]; -1: in no fold, scored by the mean of all. Empty: no folds known
    std::span<const float> probabilities; ///< [N, L] out of fold, rows sum to 1

    std::span<const float> inSample;         ///< [N, L] by the networks that trained on the sample
    std::span<const float> neighbours;       ///< [N, L] share of every class among the nearest training samples
    std::span<const float> eacTrust;         ///< [N, L]
    std::span<const float> eacInconsistency; ///< [N, L]
    std::span<const float> arbexFinal;       ///< [N, L]
    std::span<const float> arbexConfidence;  ///< [N]
};

/// Where a piece of evidence comes from.
enum class Evidence { OutOfFold, InSample, Neighbours, Eac, Arbex, GivenClass };
constexpr std::size_t evidenceCount = 6;

/// What speaks for and against a label, by `models.md` 10.1, for a sample read as if it carried it: the label against
/// the others, never which class it is. Features of single classes would learn how often the re-read labels are of
/// which class, and labels that are wrong in another way than these would be ranked by that (FER+'s majority with a
/// fifth flipped evenly: AUROC 0.947 with them, 0.952 without).
class SuspicionFeatures
{
public:
    explicit SuspicionFeatures(const SuspicionInputs &inputs);

    int count() const { return static_cast<int>(m_evidence.size()); }
    Evidence evidenceOf(int feature) const { return m_evidence[static_cast<std::size_t>(feature)]; }

    /// Writes count() numbers to `out`.
    void write(std::size_t row, std::int64_t label, double *out) const;

private:
    SuspicionInputs m_inputs;
    std::vector<Evidence> m_evidence;
};

/// value(label) - the largest of the other columns, in [-1, 1] for probabilities.
double labelMargin(std::span<const float> row, std::int64_t label);

} // namespace mien
