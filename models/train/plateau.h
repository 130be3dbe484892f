#pragma once

#include "models/base/result.h"
#include "models/train/schedule.h"

#include <cstdint>

namespace mien {

class SafetensorsFile;
class SafetensorsWriter;

/// Lowers the learning rate when what is watched no longer gets better (`models.md` 0.7, ReduceOnPlateau). The rules
/// are those of PyTorch: better is better by more than 1e-4 of the best value; after more than `patience` epochs in a
/// row that are not, the rate is multiplied by `gamma`, not below `leastRate`, and the counting begins anew; a change
/// of the rate below 1e-8 is not made.
class PlateauRule
{
public:
    explicit PlateauRule(const Schedule &schedule); ///< Of kind Plateau.

    double rate() const { return m_rate; } ///< Of the epoch that comes.
    void sawEpoch(double watched);         ///< After each epoch, once. A NaN is not better.

    void store(SafetensorsWriter &writer) const;
    Result<> restore(const SafetensorsFile &file); ///< Fails with Invalid where store() wrote nothing.

private:
    Schedule m_schedule;
    double m_rate;
    double m_best;
    std::int64_t m_badEpochs = 0;
};

} // namespace mien
