#include "studio/cli/sample_lines.h"

#include "pipeline/store/samples.h"

#include <algorithm>

namespace mien {

using nlohmann::json;

namespace {

constexpr std::size_t batchSize = 2000;

std::string jsonLine(const std::vector<const SampleField *> &fields, const SampleRow &row, const Project &project)
{
    nlohmann::ordered_json line;
    for (const SampleField *field : fields)
        line[field->name] = field->value(row, project);
    return line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

std::string csvLine(const std::vector<const SampleField *> &fields, const SampleRow &row, const Project &project)
{
    std::string line;
    for (const SampleField *field : fields)
        line += (field == fields.front() ? "" : ",") + csvValue(field->value(row, project));
    return line;
}

} // namespace

int printSamples(Session &session, const Project &project, std::span<const SampleId> ids,
                 const std::vector<const SampleField *> &fields, bool asJson)
{
    JsonLines &out = session.out();
    if (!asJson) {
        std::string header;
        for (const SampleField *field : fields)
            header += (header.empty() ? "" : ",") + field->name;
        out.row(std::string_view(header));
    }
    std::int64_t printed = 0;
    for (std::size_t at = 0; at < ids.size(); at += batchSize) {
        if (session.isStopped())
            return out.failed({ErrorCode::Cancelled, "Stopped."});
        const auto rows = sampleRows(project, ids.subspan(at, std::min(batchSize, ids.size() - at)));
        if (!rows)
            return out.failed(rows.error());
        bool read = true;
        for (const SampleRow &row : *rows)
            read = out.row(std::string_view(asJson ? jsonLine(fields, row, project) : csvLine(fields, row, project)));
        printed += std::int64_t(rows->size());
        if (!read)
            break;
    }
    return out.done({{"rows", printed}});
}

} // namespace mien
