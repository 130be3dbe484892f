#include "pipeline/export/export_rows.h"

#include "pipeline/store/project.h"
#include "pipeline/store/samples.h"
#include "pipeline/store/snapshots.h"

#include <algorithm>
#include <map>

namespace mien {

int naturalOrder(std::string_view a, std::string_view b)
{
    const auto isDigit = [](char c) { return c >= '0' && c <= '9'; };
    std::size_t i = 0, j = 0;
    while (i < a.size() && j < b.size()) {
        if (!isDigit(a[i]) || !isDigit(b[j])) {
            if (a[i] != b[j])
                return static_cast<unsigned char>(a[i]) < static_cast<unsigned char>(b[j]) ? -1 : 1;
            ++i;
            ++j;
            continue;
        }
        const auto number = [&](std::string_view text, std::size_t &at) {
            while (at < text.size() && text[at] == '0')
                ++at;
            const std::size_t start = at;
            while (at < text.size() && isDigit(text[at]))
                ++at;
            return text.substr(start, at - start);
        };
        const std::string_view left = number(a, i), right = number(b, j);
        if (left.size() != right.size())
            return left.size() < right.size() ? -1 : 1;
        if (const int order = left.compare(right); order != 0)
            return order < 0 ? -1 : 1;
    }
    if (i < a.size() || j < b.size())
        return j < b.size() ? -1 : 1;
    return a.compare(b) < 0 ? -1 : a == b ? 0 : 1; // "01" and "1" are still two keys
}

Result<std::vector<ExportRow>> exportRows(const Project &project, const ExportRequest &request, ExportReport &report)
{
    std::vector<SampleId> ids;
    std::map<SampleId, const SnapshotSample *> frozen;
    Result<std::vector<SnapshotSample>> snapshot;
    if (request.snapshot) {
        snapshot = snapshotSamples(project, *request.snapshot, request.filter);
        if (!snapshot)
            return fail(snapshot.error());
        for (const SnapshotSample &sample : *snapshot) {
            ids.push_back(sample.id);
            frozen.emplace(sample.id, &sample);
        }
    } else {
        auto matching = samplesMatching(project, request.filter);
        if (!matching)
            return fail(matching.error());
        ids = std::move(*matching);
    }
    std::vector<ExportRow> rows;
    rows.reserve(ids.size());
    constexpr std::size_t page = 4096;
    for (std::size_t from = 0; from < ids.size(); from += page) {
        const std::span part = std::span(ids).subspan(from, std::min(page, ids.size() - from));
        auto samples = sampleRows(project, part);
        auto origins = sampleFacts(project, part);
        if (!samples)
            return fail(samples.error());
        if (!origins)
            return fail(origins.error());
        for (std::size_t i = 0; i < samples->size() && i < origins->size(); ++i) {
            SampleRow &sample = (*samples)[i];
            const auto kept = frozen.find(sample.id);
            if (sample.excluded && kept == frozen.end()) {
                ++report.leftOut["excluded by a person"];
                continue;
            }
            ExportRow row{std::move(sample), std::move((*origins)[i]), {}, {}, LabelState::Unlabeled, Split::None};
            row.state = row.sample.state;
            row.split = row.sample.split;
            if (row.sample.label)
                row.label = project.className(*row.sample.label);
            if (row.sample.given)
                row.given = project.className(*row.sample.given);
            if (kept != frozen.end()) {
                const auto state = labelStateNamed(kept->second->label);
                row.state = state.value_or(LabelState::Ok);
                row.label = state ? std::string() : kept->second->label;
                row.split = kept->second->split;
            }
            rows.push_back(std::move(row));
        }
    }
    std::sort(rows.begin(), rows.end(), [](const ExportRow &a, const ExportRow &b) {
        if (a.origin.importer != b.origin.importer)
            return a.origin.importer < b.origin.importer;
        if (a.origin.source != b.origin.source)
            return a.origin.source < b.origin.source;
        return naturalOrder(a.origin.sourceKey, b.origin.sourceKey) < 0;
    });
    return rows;
}

} // namespace mien
