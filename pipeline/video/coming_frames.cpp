#include "pipeline/video/coming_frames.h"

#include <iterator>

namespace mien {

bool ComingFrames::read(std::int64_t pts, std::int64_t dts, int mostHeldBack)
{
    if (pts < dts || (m_newestDts && dts <= *m_newestDts) || (m_shown && pts <= *m_shown))
        return false;
    m_newestDts = dts;
    const auto [place, isNew] = m_frames.try_emplace(pts);
    return isNew && std::distance(std::next(place), m_frames.end()) <= mostHeldBack;
}

void ComingFrames::settle(FrameChoice &choice, double tickS)
{
    for (auto &[pts, frame] : m_frames) {
        if (!knowsUpTo(pts))
            return;
        if (!frame.isWanted)
            frame.isWanted = choice.takes(double(pts) * tickS);
    }
}

std::optional<bool> ComingFrames::isWanted(std::int64_t pts) const
{
    const auto found = m_frames.find(pts);
    return found != m_frames.end() ? found->second.isWanted : std::nullopt;
}

std::optional<std::int64_t> ComingFrames::following(std::int64_t pts) const
{
    const auto next = m_frames.upper_bound(pts);
    return next != m_frames.end() ? std::optional(next->first) : std::nullopt;
}

void ComingFrames::sent(std::int64_t pts, bool mayBeLeftOut)
{
    if (const auto found = m_frames.find(pts); found != m_frames.end()) {
        found->second.isSent = true;
        found->second.mayBeLeftOut = mayBeLeftOut;
    }
}

std::optional<std::vector<std::int64_t>> ComingFrames::leftOutBefore(Frames::iterator end)
{
    std::vector<std::int64_t> leftOut;
    for (auto frame = m_frames.begin(); frame != end; ++frame) {
        if (!frame->second.mayBeLeftOut)
            return std::nullopt;
        leftOut.push_back(frame->first);
    }
    return leftOut;
}

std::optional<std::vector<std::int64_t>> ComingFrames::shown(std::int64_t pts)
{
    const auto frame = m_frames.find(pts);
    if (frame == m_frames.end() || !frame->second.isSent)
        return std::nullopt;
    // Packets in front of the first key frame may refer to what was not read.
    auto leftOut = hasBegun() ? leftOutBefore(frame) : std::vector<std::int64_t>();
    m_frames.erase(m_frames.begin(), std::next(frame));
    m_shown = pts;
    return leftOut;
}

std::optional<std::vector<std::int64_t>> ComingFrames::ended()
{
    auto leftOut = leftOutBefore(m_frames.end());
    m_frames.clear();
    return leftOut;
}

} // namespace mien
