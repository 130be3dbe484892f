#include "pipeline/export/export_writer.h"

#include "pipeline/import/code_tables.h"
#include "pipeline/import/progress_pace.h"

#include <algorithm>
#include <set>

namespace mien {

Result<> writeClassFolders(ExportTask &task)
{
    if (task.request.media == MediaPolicy::None)
        return fail(ErrorCode::Invalid,
                    "Class folders are made of pictures; choose copy, hardlink or symlink for the media.");
    // Readers take the names of a level for one thing: with splits, what has none needs a folder of that level too.
    const bool hasSplits =
        std::any_of(task.rows.begin(), task.rows.end(), [](const ExportRow &row) { return row.split != Split::None; });
    std::set<std::string> classes;
    ProgressPace pace(task.job);
    std::int64_t done = 0;
    for (const ExportRow &row : task.rows) {
        if (pace.stopped())
            return exportStopped();
        pace.report(++done, [&] { return std::int64_t(task.rows.size()); }, row.sample.source);
        const std::string label =
            row.state == LabelState::Ok ? classFolderName(row.label) : '_' + std::string(nameOf(row.state));
        const std::string split(row.split == Split::None ? unsplitFolder : nameOf(row.split));
        const std::string folder = (hasSplits ? split + '/' : std::string()) + label;
        const auto placed = placePicture(task.folder, folder, row, task.pixels, task.request.media);
        if (!placed && placed.error().code == ErrorCode::NoSpace)
            return fail(placed.error());
        if (!placed) {
            task.report.skipped.push_back({row.sample.source, placed.error().message});
            continue;
        }
        if (row.state == LabelState::Ok)
            classes.insert(row.label);
        ++task.report.samples;
    }
    task.classes.assign(classes.begin(), classes.end()); // by bytes: what loaders of class folders number by
    for (const std::string &name : classes)
        task.classFolders[classFolderName(name)] = name;
    return {};
}

} // namespace mien
