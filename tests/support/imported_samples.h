#pragma once

#include "pipeline/import/import.h"
#include "pipeline/store/project.h"
#include "pipeline/store/samples.h"
#include "pipeline/store/sources.h"
#include "tests/support/filled_project.h"

#include <map>
#include <stdexcept>
#include <string>

namespace mien::test {

/// "label-or-state split" by source.
inline std::map<std::string, std::string> labelsBySource(const Project &project)
{
    std::map<std::string, std::string> labels;
    for (const SampleRow &row : must(sampleRows(project, must(samplesMatching(project, "")))))
        labels[row.source] = (row.given ? project.className(*row.given) : std::string(nameOf(row.givenState))) + ' ' +
                             std::string(nameOf(row.split));
    return labels;
}

inline SampleRow sampleOf(const Project &project, const std::string &source)
{
    for (const SampleRow &row : must(sampleRows(project, must(samplesMatching(project, "")))))
        if (row.source == source)
            return row;
    throw std::runtime_error("there is no sample " + source);
}

inline SampleFacts factsOf(const Project &project, const SampleRow &row)
{
    return must(sampleFacts(project, std::span(&row.id, 1))).at(0);
}

/// A dry run says what the import does.
inline bool sameReport(const ImportReport &dry, const ImportReport &report)
{
    const auto counts = [](const ImportReport &of) {
        std::map<std::string, std::int64_t> all;
        for (const auto &[reason, found] : of.problems)
            all[reason] = found.count;
        return all;
    };
    return dry.samples == report.samples && dry.labels == report.labels && dry.skipped == report.skipped &&
           dry.byClassSplit == report.byClassSplit && counts(dry) == counts(report);
}

} // namespace mien::test
