#include "pipeline/export/export_writer.h"

#include "models/io/sha256.h"
#include "pipeline/import/byte_stream.h"
#include "pipeline/import/code_tables.h"
#include "pipeline/import/picture_import.h"
#include "pipeline/import/progress_pace.h"
#include "pipeline/import/text_form.h"
#include "pipeline/store/project.h"

#include <nlohmann/json.hpp>

#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/task_arena.h>

#include <algorithm>
#include <charconv>
#include <set>

namespace mien {

namespace {

/// Shortest text that reads back as the same number, with a point whatever the locale.
std::string numberText(double value)
{
    char text[32];
    const auto [end, error] = std::to_chars(text, text + sizeof text, value);
    return std::string(text, error == std::errc() ? end : text);
}

std::string optionalText(const std::optional<double> &value)
{
    return value ? numberText(*value) : std::string();
}

std::string joined(const std::vector<std::string> &parts)
{
    std::string text;
    for (const std::string &part : parts)
        text += (text.empty() ? "" : "|") + part;
    return text;
}

/// Share of the votes for each class among those that named one.
std::vector<std::string> softLabels(const std::map<std::string, int> &votes, const std::vector<std::string> &classes)
{
    double sum = 0;
    for (const std::string &name : classes)
        if (const auto count = votes.find(name); count != votes.end())
            sum += count->second;
    std::vector<std::string> shares(classes.size());
    for (std::size_t i = 0; i < classes.size() && sum > 0; ++i) {
        const auto count = votes.find(classes[i]);
        shares[i] = numberText(count == votes.end() ? 0 : count->second / sum);
    }
    return shares;
}

constexpr std::size_t hashedAtOnce = 64;

/// Of the pixels that go out with these rows; empty where they cannot be read. A stop leaves the rest empty.
std::vector<std::string> pixelHashes(const ExportTask &task, std::span<const ExportRow> rows)
{
    std::vector<std::string> hashes(rows.size());
    tbb::task_arena arena(pictureThreads());
    arena.execute([&] {
        tbb::parallel_for(std::size_t(0), rows.size(), [&](std::size_t i) {
            if (task.job.stop.stop_requested())
                return;
            if (const auto picture = task.pixels.read(rows[i].sample.crop, rows[i].origin))
                hashes[i] = sha256Hex(picture->pixels);
        });
    });
    return hashes;
}

} // namespace

Result<> writeCsv(ExportTask &task)
{
    std::set<std::string> used;
    std::set<std::string> voted;
    for (const ExportRow &row : task.rows) {
        if (!row.label.empty())
            used.insert(row.label);
        for (const auto &[name, count] : row.sample.votes)
            voted.insert(name);
    }
    std::vector<std::string> soft;
    for (const ExpressionClass &known : task.project.classes()) {
        if (used.contains(known.name))
            task.classes.push_back(known.name);
        if (voted.contains(known.name))
            soft.push_back(known.name);
    }
    std::string text = "id,path,label,label_state,native_label,native_space,split,fold,subject,group,sequence,source,"
                       "source_key,origin,flags,votes,"
                       "valence,arousal,box,video_path,t_us,width,height,pixel_sha256,given,given_state,pixel_xxh128";
    for (const std::string &name : soft)
        text += ",soft_" + name;
    text += '\n';
    ProgressPace pace(task.job);
    std::vector<std::string> hashes;
    for (std::size_t i = 0; i < task.rows.size(); ++i) {
        if (i % hashedAtOnce == 0)
            hashes = pixelHashes(task, std::span(task.rows).subspan(i, std::min(hashedAtOnce, task.rows.size() - i)));
        if (pace.stopped())
            return exportStopped();
        const ExportRow &row = task.rows[i];
        pace.report(std::int64_t(i) + 1, [&] { return std::int64_t(task.rows.size()); }, row.sample.source);
        std::string path;
        if (task.request.media == MediaPolicy::None) {
            path = row.sample.crop ? "" : shown(row.origin.mediaPath);
        } else {
            const auto placed = placePicture(task.folder, "images", row, task.pixels, task.request.media);
            if (!placed && placed.error().code == ErrorCode::NoSpace)
                return fail(placed.error());
            if (!placed) {
                task.report.skipped.push_back({row.sample.source, placed.error().message, reasonOf(placed.error())});
                continue;
            }
            path = *placed;
        }
        const SampleRow &sample = row.sample;
        const bool isVideo = row.origin.mediaKind == "video";
        const std::string box = row.origin.box && task.request.media == MediaPolicy::None
                                    ? '[' + numberText(row.origin.box->x) + ',' + numberText(row.origin.box->y) + ',' +
                                          numberText(row.origin.box->width) + ',' + numberText(row.origin.box->height) +
                                          ']'
                                    : std::string(); // a picture that was cut to its box has none any more
        std::vector<std::string> cells = {std::to_string(sample.id.value),
                                          path,
                                          row.label,
                                          std::string(nameOf(row.state)),
                                          row.origin.nativeLabel,
                                          row.origin.nativeSpace,
                                          std::string(nameOf(row.split)),
                                          row.origin.fold ? std::to_string(*row.origin.fold) : "",
                                          sample.subject,
                                          sample.duplicateGroup ? std::to_string(sample.duplicateGroup) : "",
                                          sample.sequence,
                                          row.origin.importer,
                                          row.origin.sourceKey,
                                          row.origin.origin,
                                          joined(sample.qualityFlags),
                                          sample.votes.empty() ? "" : nlohmann::json(sample.votes).dump(),
                                          optionalText(sample.valence),
                                          optionalText(sample.arousal),
                                          box,
                                          isVideo ? shown(row.origin.mediaPath) : "",
                                          row.origin.timeUs ? std::to_string(*row.origin.timeUs) : "",
                                          std::to_string(sample.widthPx),
                                          std::to_string(sample.heightPx),
                                          hashes[i % hashedAtOnce],
                                          row.given,
                                          std::string(nameOf(sample.givenState)),
                                          row.origin.pixelHash ? hexOf(*row.origin.pixelHash) : ""};
        for (std::string &share : softLabels(sample.votes, soft))
            cells.push_back(std::move(share));
        for (std::size_t cell = 0; cell < cells.size(); ++cell)
            text += (cell == 0 ? "" : ",") + csvCell(cells[cell]);
        text += '\n';
        ++task.report.samples;
    }
    if (const auto written = writeClipTable(task); !written)
        return written;
    return task.folder.write("manifest.csv", text);
}

} // namespace mien
