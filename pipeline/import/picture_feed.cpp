#include "pipeline/import/picture_feed.h"

#include <algorithm>
#include <utility>

namespace mien {

Result<> PictureFeed::add(PictureEntry entry)
{
    constexpr std::size_t atOnce = 8192;
    m_entries.push_back(std::move(entry));
    return m_entries.size() < atOnce ? Result<>() : finish();
}

Result<> PictureFeed::finish()
{
    const std::int64_t before = m_done;
    m_done += std::int64_t(m_entries.size());
    Job part{m_job.stop, {}};
    if (m_job.report)
        part.report = [this, before](const Progress &progress) {
            m_job.report({before + progress.done, std::max(m_total, before + progress.total), progress.step});
        };
    return importPictures(std::exchange(m_entries, {}), m_expectation, m_sink, part);
}

} // namespace mien
