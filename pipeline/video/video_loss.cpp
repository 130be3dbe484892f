#include "pipeline/video/video_loss.h"

#include <algorithm>
#include <cstdio>

namespace mien {

namespace {

constexpr double shareThatDamages = 0.2;

std::string counted(std::size_t count, const char *one, const char *more)
{
    return std::to_string(count) + (count == 1 ? one : more);
}

} // namespace

std::string secondsText(double timeS)
{
    char text[48];
    std::snprintf(text, sizeof text, "%.3f s", timeS);
    return text;
}

bool VideoLoss::isNone() const
{
    return packetsUs.empty() && damagedFramesUs.empty() && missingEndS == 0 && endedEarly.empty();
}

double VideoLoss::share() const
{
    const auto lost = double(packetsUs.size() + damagedFramesUs.size());
    const double ofRead = lost > 0 ? std::min(1.0, lost / std::max(1.0, double(packetsRead))) : 0;
    return 1 - (1 - ofRead) * (1 - missingShare);
}

const char *problemOf(const VideoLoss &loss)
{
    return loss.share() > shareThatDamages ? "DAMAGED_VIDEO" : "DECODE_ERROR_AT";
}

std::string textOf(const VideoLoss &loss)
{
    std::string text;
    const auto add = [&](const std::string &more) { text += (text.empty() ? "" : "; ") + more; };
    if (const std::size_t places = loss.packetsUs.size() + loss.damagedFramesUs.size(); places > 0) {
        std::int64_t firstUs = INT64_MAX;
        for (const auto *times : {&loss.packetsUs, &loss.damagedFramesUs})
            if (!times->empty())
                firstUs = std::min(firstUs, *times->begin());
        std::string what;
        if (!loss.packetsUs.empty())
            what = counted(loss.packetsUs.size(), " packet", " packets") + " could not be decoded";
        if (!loss.damagedFramesUs.empty())
            what += (what.empty() ? "" : " and ") +
                    counted(loss.damagedFramesUs.size(), " frame is damaged", " frames are damaged");
        add((places > 1 ? "from " : "at ") + secondsText(double(firstUs) * 1e-6) + (places > 1 ? " on: " : ": ") +
            what);
    }
    if (loss.missingEndS > 0)
        add("the last " + secondsText(loss.missingEndS) + " are missing");
    if (!loss.endedEarly.empty())
        add("the file ends early (" + loss.endedEarly + ")");
    return text;
}

} // namespace mien
