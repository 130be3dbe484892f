#pragma once

#include <chrono>
#include <deque>
#include <optional>

namespace mien {

/// A share with its 95 % interval (Wilson), e.g. how often a person agrees with the given label.
struct ShareEstimate
{
    int count = 0;
    int total = 0;
    double share = 0;
    double low = 0;
    double high = 1;
};

ShareEstimate shareEstimate(int count, int total);

/// The clock of one sitting: how long, how fast, how often the person agreed with the given label, and when a
/// break is due. Time is handed in, so that it can be tested without waiting.
class ReviewSession
{
public:
    using Clock = std::chrono::steady_clock;

    explicit ReviewSession(Clock::time_point start, std::chrono::minutes untilBreak = std::chrono::minutes(30));

    void answered(Clock::time_point at, bool judged, bool agreesWithGiven);
    void withdrawn(bool judged, bool agreedWithGiven); ///< The newest answer was undone.

    /// Nobody looks at a face: another page, the end of the queue. A long one is a break.
    void setRunning(bool running, Clock::time_point at);

    int answers() const { return m_answers; }
    /// Faces a minute over the last 20 answers; pauses of more than a minute do not count. 0 before the second answer.
    double perMinute(Clock::time_point now) const;
    ShareEstimate agreement() const { return shareEstimate(m_agreed, m_judged); }
    /// Time at work: the same pauses are left out.
    std::chrono::seconds elapsed(Clock::time_point now) const;

    bool breakDue(Clock::time_point now) const;
    void breakTaken(Clock::time_point now); ///< Also when a person puts it off.

private:
    std::chrono::minutes m_untilBreak;
    Clock::time_point m_lastSign; ///< Newest answer, or the start.
    Clock::time_point m_lastBreak;
    std::optional<Clock::time_point> m_stoppedAt;
    Clock::duration m_atWork{};
    std::deque<Clock::duration> m_recent; ///< Time each of the last answers took.
    int m_answers = 0;
    int m_judged = 0;
    int m_agreed = 0;
};

} // namespace mien
