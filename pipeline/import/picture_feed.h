#pragma once

#include "pipeline/import/picture_import.h"

namespace mien {

/// Gives pictures to importPictures() as one operation with one progress, a bounded number at a time: a data set may
/// have a million.
class PictureFeed
{
public:
    /// @param total  how many there will be, 0: not known
    PictureFeed(PictureExpectation expectation, ItemSink &sink, const Job &job, std::int64_t total = 0)
        : m_expectation(expectation)
        , m_sink(sink)
        , m_job(job)
        , m_total(total)
    {
    }

    Result<> add(PictureEntry entry);
    Result<> finish(); ///< What is left; to be called after the last.

private:
    PictureExpectation m_expectation;
    ItemSink &m_sink;
    const Job &m_job;
    std::int64_t m_total, m_done = 0;
    std::vector<PictureEntry> m_entries;
};

} // namespace mien
