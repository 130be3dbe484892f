#include "studio/review/review_session.h"

#include "models/base/interval.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace mien {

namespace {
constexpr auto kPause = std::chrono::minutes(1); // Longer without an answer is not work but a pause.
constexpr auto kBreak = std::chrono::minutes(5); // A pause this long is a break.
constexpr std::size_t kRecent = 20;
} // namespace

ShareEstimate shareEstimate(int count, int total)
{
    ShareEstimate estimate;
    estimate.count = count;
    estimate.total = total;
    if (total <= 0)
        return estimate;
    const Interval interval = wilsonInterval(count, total);
    estimate.share = double(count) / total;
    estimate.low = interval.low;
    estimate.high = interval.high;
    return estimate;
}

ReviewSession::ReviewSession(Clock::time_point start, std::chrono::minutes untilBreak)
    : m_untilBreak(untilBreak)
    , m_lastSign(start)
    , m_lastBreak(start)
{
}

void ReviewSession::answered(Clock::time_point at, bool judged, bool agreesWithGiven)
{
    const Clock::duration took = at - m_lastSign;
    if (took >= kBreak)
        m_lastBreak = at;
    m_atWork += std::min<Clock::duration>(took, kPause);
    if (took < kPause) {
        m_recent.push_back(took);
        if (m_recent.size() > kRecent)
            m_recent.pop_front();
    }
    m_lastSign = at;
    ++m_answers;
    m_judged += judged;
    m_agreed += judged && agreesWithGiven;
}

void ReviewSession::setRunning(bool running, Clock::time_point at)
{
    if (running == !m_stoppedAt)
        return;
    if (!running) {
        m_stoppedAt = at;
        return;
    }
    const Clock::duration away = at - *std::exchange(m_stoppedAt, std::nullopt);
    m_lastSign += away;
    if (away >= kBreak)
        m_lastBreak = at;
}

void ReviewSession::withdrawn(bool judged, bool agreedWithGiven)
{
    m_answers = std::max(0, m_answers - 1);
    m_judged = std::max(0, m_judged - int(judged));
    m_agreed = std::max(0, m_agreed - int(judged && agreedWithGiven));
}

double ReviewSession::perMinute(Clock::time_point) const
{
    if (m_recent.size() < 2)
        return 0;
    const auto sum = std::accumulate(m_recent.begin(), m_recent.end(), Clock::duration{});
    const double minutes = std::chrono::duration<double, std::ratio<60>>(sum).count();
    return minutes > 0 ? static_cast<double>(m_recent.size()) / minutes : 0;
}

std::chrono::seconds ReviewSession::elapsed(Clock::time_point now) const
{
    return std::chrono::duration_cast<std::chrono::seconds>(
        m_atWork + std::min<Clock::duration>(m_stoppedAt.value_or(now) - m_lastSign, kPause));
}

bool ReviewSession::breakDue(Clock::time_point now) const
{
    return now - m_lastSign < kPause && now - m_lastBreak >= m_untilBreak;
}

void ReviewSession::breakTaken(Clock::time_point now)
{
    m_lastBreak = now;
}

} // namespace mien
