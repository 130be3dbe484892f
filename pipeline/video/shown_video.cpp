#include "pipeline/video/shown_video.h"

#include <cmath>
#include <utility>

namespace mien {

Result<VideoFrame> ShownVideo::show(const std::filesystem::path &file, const Moment &moment)
{
    constexpr double justBeforeS = 1e-6;
    if (!isOpen(file)) {
        const auto module = video();
        if (!module)
            return fail(module.error());
        auto opened = (*module)->open(file);
        if (!opened)
            return fail(opened.error());
        m_reader = std::move(*opened);
        m_file = file;
        m_frame.reset();
    }
    const bool isThere = m_frame && std::abs(m_frame->timeS - moment.timeS) < justBeforeS;
    if (!isThere || moment.step < 0) {
        m_frame.reset();
        const auto frame = m_reader->at(moment.step < 0 ? moment.timeS - justBeforeS : moment.timeS);
        if (!frame)
            return frame;
        m_frame = *frame;
    }
    if (moment.step > 0) {
        const auto next = m_reader->next();
        m_frame.reset();
        if (!next)
            return fail(next.error());
        if (!*next)
            return fail(ErrorCode::NotFound, "The video ends here.");
        m_frame = **next;
    }
    return *m_frame;
}

} // namespace mien
