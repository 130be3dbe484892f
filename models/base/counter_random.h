#pragma once

#include <cstdint>

namespace mien {

/// Random numbers that depend on nothing but what they are for: (run seed, epoch, sample id, operator).
/// The number of threads and the order of work therefore never change the data (models.md 0.4).
class CounterRandom
{
public:
    CounterRandom(std::uint64_t seed, std::uint64_t epoch, std::uint64_t sample, std::uint64_t operation)
        : m_state(mixed(mixed(mixed(mixed(seed) ^ epoch) ^ sample) ^ operation))
    {
    }

    std::uint64_t next() { return mixed(m_state += 0x9E3779B97F4A7C15ULL); }

    /// Uniform in [0, 1).
    double uniform() { return double(next() >> 11) * 0x1p-53; }

    /// Uniform in [low, high).
    double uniform(double low, double high) { return low + (high - low) * uniform(); }

    bool chance(double probability) { return uniform() < probability; }

    /// Uniform in [0, bound); bound > 0. The bias of the multiplication is below bound / 2^64.
    std::uint64_t below(std::uint64_t bound) { return std::uint64_t((static_cast<WideInteger>(next()) * bound) >> 64); }

    /// SplitMix64's finaliser, shifted so that 0 does not stay 0.
    static std::uint64_t mixed(std::uint64_t z)
    {
        z += 0x9E3779B97F4A7C15ULL;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
        return z ^ (z >> 31);
    }

private:
    __extension__ using WideInteger = unsigned __int128;
    std::uint64_t m_state;
};

} // namespace mien
