#include "pipeline/video/frame_sampler.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <utility>

namespace mien {

namespace {

constexpr int mostTries = 10;
constexpr double tryStepS = 0.2;
constexpr int sceneSidePx = 64;
constexpr double sceneDifference = 28; // mean difference of grey values (0–255) that is a cut
constexpr double denseS = 0.2;
constexpr double leastSceneS = 0.5;

using Way = FrameSampling::Way;

/// Wide enough that no more than `most` frames come of it.
FrameSampling widened(FrameSampling sampling, double durationS, double framesPerS)
{
    const int most = sampling.maxPerVideo;
    if (most <= 0)
        return sampling;
    if (sampling.way == Way::PerVideo)
        sampling.count = std::min(sampling.count, most);
    else if (sampling.way == Way::EverySeconds && durationS > 0)
        sampling.everyS = std::max(sampling.everyS, durationS / most);
    else if (sampling.way == Way::EveryFrames && durationS * framesPerS > 0)
        sampling.everyFrames = std::max(sampling.everyFrames, int(std::ceil(durationS * framesPerS / most)));
    return sampling;
}

FrameChoice choiceOf(const FrameSampling &sampling)
{
    if (sampling.way == Way::EverySeconds)
        return FrameChoice::everySeconds(sampling.everyS);
    return sampling.way == Way::EveryFrames ? FrameChoice::everyFrames(sampling.everyFrames) : FrameChoice();
}

} // namespace

double FrameSampler::marginIn(const FrameSampling &sampling, double durationS)
{
    return durationS > 0 ? std::min(sampling.marginS, durationS / 4) : 0;
}

std::int64_t FrameSampler::expectedFrames(const FrameSampling &wanted, double durationS, double framesPerS)
{
    const FrameSampling sampling = widened(wanted, durationS, framesPerS);
    const double lengthS = std::max(0.0, durationS - 2 * marginIn(sampling, durationS));
    switch (sampling.way) {
    case Way::PerVideo: return std::max(1, sampling.count);
    case Way::EverySeconds: return std::max<std::int64_t>(1, std::int64_t(lengthS / sampling.everyS));
    case Way::EveryFrames: return std::max<std::int64_t>(1, std::int64_t(lengthS * framesPerS) / sampling.everyFrames);
    case Way::Scenes: return std::max<std::int64_t>(1, std::int64_t(lengthS / 5));
    }
    return 1;
}

bool FrameSampler::mayBeDense(const FrameSampling &sampling)
{
    return sampling.way == Way::EveryFrames || (sampling.way == Way::EverySeconds && sampling.everyS <= denseS);
}

bool FrameSampler::isDense(const FrameSampling &wanted, double durationS, double framesPerS)
{
    if (!mayBeDense(wanted) || framesPerS <= 0)
        return false;
    const FrameSampling sampling = widened(wanted, durationS, framesPerS);
    constexpr double rounding = 1e-3;
    const double apartS = sampling.way == Way::EveryFrames ? sampling.everyFrames / framesPerS
                                                           : std::max(sampling.everyS, 1 / framesPerS);
    return apartS <= denseS + rounding;
}

Result<> FrameSampler::begin()
{
    m_state.hasBegun = true;
    const VideoFacts &facts = m_video.facts();
    double durationS = facts.durationS;
    const auto first = m_video.next();
    if (!first)
        return fail(first.error());
    if (!*first)
        return {};
    m_state.newest = **first;
    const double firstS = (*first)->timeS;
    if (durationS <= 0 && m_sampling.way == Way::PerVideo) { // the file does not say: look
        double lastS = firstS;
        while (true) {
            const auto frame = m_video.next();
            if (!frame)
                return fail(frame.error());
            if (!*frame)
                break;
            lastS = (*frame)->timeS;
        }
        durationS = lastS - firstS;
    }
    m_sampling = widened(m_sampling, durationS, facts.framesPerS);
    const double marginS = marginIn(m_sampling, durationS);
    m_state.startS = firstS + marginS;
    m_state.endS = durationS > 0 ? firstS + durationS - marginS : 0;
    if (m_sampling.way == Way::PerVideo)
        return {}; // which goes by time
    FrameChoice choice = choiceOf(m_sampling).notBefore(m_state.startS);
    if (choice.takes(firstS))
        m_first = *first;
    m_video.choose(choice);
    return {};
}

Result<> FrameSampler::goOn(const State &from, bool isWhole)
{
    if (!from.hasBegun)
        return {};
    const VideoFacts &facts = m_video.facts();
    m_sampling = widened(m_sampling, facts.durationS, facts.framesPerS);
    m_state = from;
    if (m_sampling.way == Way::PerVideo)
        return {}; // which goes by time anyway
    FrameChoice choice = choiceOf(m_sampling).notBefore(from.startS);
    if (isWhole) {
        const auto frame = m_video.at(from.newest.timeS);
        if (!frame)
            return fail(frame.error());
        if (frame->pts == from.newest.pts) {
            choice.goOn(from.choice);
            m_video.choose(choice);
            return {};
        }
        if (const auto rewound = m_video.rewind(); !rewound)
            return rewound;
    }
    // The same way again, so that the same is lost.
    for (bool isFirst = true; isFirst || m_video.choice().state().asked < from.choice.asked; isFirst = false) {
        const auto frame = m_video.next();
        if (!frame)
            return fail(frame.error());
        if (!*frame)
            return fail(ErrorCode::Unreadable, "The video ended before the place up to which it was read earlier.");
        if (isFirst) {
            choice.takes((*frame)->timeS);
            m_video.choose(choice);
        }
    }
    return {};
}

Result<std::optional<VideoFrame>> FrameSampler::next()
{
    if (!m_state.hasBegun)
        if (const auto begun = begin(); !begun)
            return fail(begun.error());
    m_tries = 0;
    if (m_sampling.way == Way::PerVideo)
        return nextMidpoint();
    auto frame = nextForward();
    m_state.choice = m_video.choice().state();
    return frame;
}

/// The frame that is shown at this time, unless it was looked at before.
Result<std::optional<VideoFrame>> FrameSampler::unseen(double timeS)
{
    const auto frame = m_video.at(timeS);
    if (!frame) {
        if (frame.error().code == ErrorCode::NotFound)
            return std::optional<VideoFrame>();
        return fail(frame.error());
    }
    if (m_state.lastPts && frame->pts <= *m_state.lastPts)
        return std::optional<VideoFrame>();
    m_state.lastPts = frame->pts;
    return std::optional(*frame);
}

Result<std::optional<VideoFrame>> FrameSampler::nextMidpoint()
{
    while (m_state.index < m_sampling.count) {
        const double part = (m_state.endS - m_state.startS) / m_sampling.count;
        m_wantedS = m_state.startS + (m_state.index++ + 0.5) * part;
        auto frame = unseen(m_wantedS);
        if (!frame || *frame)
            return frame;
    }
    return std::optional<VideoFrame>();
}

Result<std::optional<VideoFrame>> FrameSampler::instead()
{
    if (m_sampling.way != Way::PerVideo)
        return std::optional<VideoFrame>();
    while (m_tries < mostTries) {
        const double timeS = m_wantedS + ++m_tries * tryStepS;
        if (m_state.endS > 0 && timeS > m_state.endS)
            break;
        auto frame = unseen(timeS);
        if (!frame || *frame)
            return frame;
    }
    return std::optional<VideoFrame>();
}

Result<bool> FrameSampler::isCut()
{
    const auto small = m_video.picture(sceneSidePx);
    if (!small)
        return fail(small.error());
    Picture now = grey(*small);
    double difference = 255;
    if (m_state.scene.size() == now.pixels.size()) {
        std::int64_t sum = 0;
        for (std::size_t i = 0; i < m_state.scene.size(); ++i)
            sum += std::abs(int(m_state.scene[i]) - int(now.pixels[i]));
        difference = double(sum) / double(m_state.scene.size());
    }
    m_state.scene = std::move(now.pixels);
    return difference > sceneDifference;
}

Result<std::optional<VideoFrame>> FrameSampler::nextForward()
{
    while (m_sampling.maxPerVideo <= 0 || m_state.taken < m_sampling.maxPerVideo) {
        std::optional<VideoFrame> frame = std::exchange(m_first, std::nullopt);
        if (!frame) {
            const auto chosen = m_video.next();
            if (!chosen)
                return fail(chosen.error());
            if (!*chosen)
                break;
            frame = *chosen;
            m_state.newest = *frame;
        }
        if (m_state.endS > 0 && m_sampling.marginS > 0 && frame->timeS > m_state.endS)
            break;
        if (m_sampling.way == Way::Scenes) {
            const auto cut = isCut();
            if (!cut)
                return fail(cut.error());
            if (!*cut || (m_state.taken > 0 && frame->timeS - m_state.lastCutS < leastSceneS))
                continue;
        }
        ++m_state.taken;
        m_state.lastCutS = frame->timeS;
        return frame;
    }
    return std::optional<VideoFrame>();
}

} // namespace mien
