#include "pipeline/export/export_writer.h"

#include "pipeline/import/code_tables.h"
#include "pipeline/import/progress_pace.h"

#include <algorithm>

namespace mien {

namespace {

constexpr int sidePx = 48;

std::string_view usageOf(Split split)
{
    switch (split) {
    case Split::Val: return "PublicTest";
    case Split::Test: return "PrivateTest";
    case Split::Train: return "Training";
    case Split::None: break;
    }
    return ""; // a split that nobody gave is not invented
}

} // namespace

Result<> writeFer2013(ExportTask &task)
{
    std::string text = "emotion,pixels,Usage\n";
    ProgressPace pace(task.job);
    std::int64_t done = 0;
    for (const ExportRow &row : task.rows) {
        if (pace.stopped())
            return exportStopped();
        pace.report(++done, [&] { return std::int64_t(task.rows.size()); }, row.sample.source);
        const auto place = std::find(fer2013Classes.begin(), fer2013Classes.end(), row.label);
        if (place == fer2013Classes.end()) {
            ++task.report.leftOut[row.label.empty() ? "no class (" + std::string(nameOf(row.state)) + ")"
                                                    : "FER2013 has no class " + row.label];
            continue;
        }
        const auto picture = task.pixels.read(row.sample.crop, row.origin);
        if (!picture) {
            task.report.skipped.push_back({row.sample.source, picture.error().message});
            continue;
        }
        const Picture face = squareOf(task.pixels.codec(), grey(*picture), sidePx);
        text += std::to_string(place - fer2013Classes.begin());
        char separator = ',';
        for (const std::uint8_t value : face.pixels) {
            text += separator;
            text += std::to_string(value);
            separator = ' ';
        }
        text += ',';
        text += usageOf(row.split);
        text += '\n';
        ++task.report.samples;
    }
    task.classes.assign(fer2013Classes.begin(), fer2013Classes.end());
    return task.folder.write("fer2013.csv", text);
}

} // namespace mien
