#pragma once

#include <cstdint>

namespace mien {

/// Numbers that are the same everywhere for the same seed, unlike the distributions of the standard library.
class SeededRandom
{
public:
    explicit SeededRandom(std::uint64_t seed)
        : m_state(seed)
    {
    }

    std::uint64_t next() // SplitMix64
    {
        m_state += 0x9e3779b97f4a7c15ull;
        std::uint64_t value = m_state;
        value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9ull;
        value = (value ^ (value >> 27)) * 0x94d049bb133111ebull;
        return value ^ (value >> 31);
    }
    double uniform() { return double(next() >> 11) * 0x1p-53; } ///< [0, 1)
    double uniform(double low, double high) { return low + (high - low) * uniform(); }
    int below(int count) { return int(next() % std::uint64_t(count)); }
    bool chance(double probability) { return uniform() < probability; }
    /// About normal, mean 0, standard deviation 1, never beyond 3.5: the sum of twelve uniform numbers.
    double normal()
    {
        double sum = -6;
        for (int i = 0; i < 12; ++i)
            sum += uniform();
        return sum < -3.5 ? -3.5 : sum > 3.5 ? 3.5 : sum;
    }

private:
    std::uint64_t m_state;
};

} // namespace mien
