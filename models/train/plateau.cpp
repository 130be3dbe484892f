#include "models/train/plateau.h"

#include "models/io/safetensors.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace mien {

namespace {

constexpr double kThreshold = 1e-4; // share of the best value
constexpr double kLeastChange = 1e-8;
constexpr const char *kNumbers = "plateau.numbers"; // rate, best
constexpr const char *kBadEpochs = "plateau.bad_epochs";

} // namespace

PlateauRule::PlateauRule(const Schedule &schedule)
    : m_schedule(schedule)
    , m_rate(schedule.rate)
    , m_best(schedule.watchesAccuracy ? -std::numeric_limits<double>::infinity()
                                      : std::numeric_limits<double>::infinity())
{
}

void PlateauRule::sawEpoch(double watched)
{
    const bool better =
        m_schedule.watchesAccuracy ? watched > m_best * (1 + kThreshold) : watched < m_best * (1 - kThreshold);
    if (better) {
        m_best = watched;
        m_badEpochs = 0;
    } else {
        ++m_badEpochs;
    }
    if (m_badEpochs <= m_schedule.patience)
        return;
    m_badEpochs = 0;
    const double lower = std::max(m_rate * m_schedule.gamma, m_schedule.leastRate);
    if (m_rate - lower > kLeastChange)
        m_rate = lower;
}

void PlateauRule::store(SafetensorsWriter &writer) const
{
    writer.add<double>(kNumbers, {2}, std::vector<double>{m_rate, m_best});
    writer.add<std::int64_t>(kBadEpochs, {1}, std::vector<std::int64_t>{m_badEpochs});
}

Result<> PlateauRule::restore(const SafetensorsFile &file)
{
    const auto numbers = file.values<double>(kNumbers);
    const auto badEpochs = file.values<std::int64_t>(kBadEpochs);
    if (!numbers)
        return fail(numbers.error());
    if (!badEpochs)
        return fail(badEpochs.error());
    if (numbers->size() != 2 || badEpochs->size() != 1)
        return fail(ErrorCode::Invalid, file.path().string() + " does not say where its learning rate stands");
    m_rate = numbers->front();
    m_best = numbers->back();
    m_badEpochs = badEpochs->front();
    return {};
}

} // namespace mien
