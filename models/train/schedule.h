#pragma once

#include <cstdint>

namespace mien {

/// Learning rate over a run (`models.md` 0.7). Pure: the rate is a function of the step alone, so a resumed run
/// goes on exactly where it stopped. The one kind that looks at the training, Plateau, has its state in PlateauRule.
struct Schedule
{
    enum class Kind {
        Constant,
        OneCycle,    ///< Up from rate / 25 in the first 30 % of the steps, down to rate / 1e4, both by cosine.
        Exponential, ///< Times gamma every epoch.
        Cosine,      ///< Linear warm-up over `warmup` epochs, then cosine to 0.
        Step,        ///< Times gamma every `every` epochs.
        Plateau      ///< Times gamma when an epoch brings nothing any more; at() gives the rate that it starts from.
    };
    Kind kind = Kind::OneCycle;
    double rate = 4e-3; ///< Peak.
    double gamma = 0.9;
    double warmup = 0;
    int every = 10;
    int epochs = 14;
    int patience = 10;            ///< Plateau: epochs that may bring nothing.
    double leastRate = 0;         ///< Plateau: the rate does not fall below it. Cosine: it ends there.
    bool watchesAccuracy = false; ///< Plateau: highest accuracy of the validation slice, else lowest loss.

    /// @param step  of `stepsPerEpoch * epochs`, from 0
    double at(std::int64_t step, std::int64_t stepsPerEpoch) const;
};

} // namespace mien
