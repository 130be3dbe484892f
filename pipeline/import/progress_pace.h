#pragma once

#include "models/base/job.h"

#include <chrono>

namespace mien {

/// Passes progress on at most 20 times a second, and the last always; looks at the clock only now and then.
class ProgressPace
{
public:
    explicit ProgressPace(const Job &job)
        : m_job(job)
    {
    }

    bool stopped() const { return m_job.stop.stop_requested(); }

    /// @param total  called only when a report is due
    template <typename Total>
    void report(std::int64_t done, Total total, const std::string &step)
    {
        if (!m_job.report || ++m_calls % 16 != 1)
            return;
        const auto now = std::chrono::steady_clock::now();
        if (now - m_last < std::chrono::milliseconds(50))
            return;
        m_last = now;
        m_job.report({done, std::max(done, std::int64_t(total())), step});
    }

    void finish(std::int64_t done, const std::string &step)
    {
        if (m_job.report)
            m_job.report({done, done, step});
    }

private:
    const Job &m_job;
    std::chrono::steady_clock::time_point m_last;
    std::uint32_t m_calls = 0;
};

} // namespace mien
