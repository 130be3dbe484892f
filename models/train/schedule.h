#pragma once

#include "models/base/result.h"

#include <cstdint>
#include <string>

namespace mien {

/// Learning rate over a run (`models.md` 0.7). Pure: the rate is a function of the step alone, so a resumed run
/// goes on exactly where it stopped.
struct Schedule
{
    enum class Kind {
        Constant,
        OneCycle,    ///< Up from rate / 25 in the first 30 % of the steps, down to rate / 1e4, both by cosine.
        Exponential, ///< Times gamma every epoch.
        Cosine,      ///< Linear warm-up over `warmup` epochs, then cosine to 0.
        Step         ///< Times gamma every `every` epochs.
    };
    Kind kind = Kind::OneCycle;
    double rate = 4e-3; ///< Peak.
    double gamma = 0.9;
    double warmup = 0;
    int every = 10;
    int epochs = 14;

    /// @param step  of `stepsPerEpoch * epochs`, from 0
    double at(std::int64_t step, std::int64_t stepsPerEpoch) const;

    static Result<Kind> kindNamed(const std::string &name);
};

} // namespace mien
