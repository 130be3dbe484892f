#include "pipeline/export/export_writer.h"

#include "pipeline/import/code_tables.h"
#include "pipeline/import/file_tree.h"
#include "pipeline/import/progress_pace.h"
#include "pipeline/import/rafdb_layout.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <set>

namespace mien {

namespace {

constexpr int jpegQuality = 95;

/// "train_00001", "test_0001"
std::string stemOf(std::string_view split, int number)
{
    std::array<char, 32> name;
    std::snprintf(name.data(), name.size(), split == "train" ? "train_%05d" : "test_%04d", number);
    return name.data();
}

/// Names of one split: pictures of RAF-DB keep theirs, the others get the numbers that are left.
class Names
{
public:
    Names(std::string_view split, const std::vector<const ExportRow *> &rows)
        : m_split(split)
    {
        for (const ExportRow *row : rows)
            m_own.insert(ownOf(*row));
    }

    std::string next(const ExportRow &row)
    {
        if (const std::string own = ownOf(row); !own.empty() && m_given.insert(own).second)
            return own;
        std::string stem;
        do
            stem = stemOf(m_split, ++m_number);
        while (m_own.contains(stem));
        m_given.insert(stem);
        return stem;
    }

private:
    /// "train_00001" of the key "train_00001.jpg" or "train/4/train_00001_aligned.jpg"; "" where it is of another
    /// split.
    std::string ownOf(const ExportRow &row) const
    {
        const std::string_view key = row.origin.sourceKey;
        const std::string_view name = key.substr(key.rfind('/') + 1);
        if (!row.origin.importer.starts_with("rafdb.") || rafDbSplitOf(name) != m_split)
            return {};
        return std::string(name.substr(0, name.find_first_of("._", m_split.size() + 1)));
    }

    std::string_view m_split;
    std::set<std::string> m_own, m_given;
    int m_number = 0;
};

Result<> placeJpeg(ExportTask &task, const ExportRow &row, const std::string &name)
{
    const bool isJpegFile = !row.sample.crop && row.origin.mediaKind == "image" && !row.origin.box &&
                            extensionOf(row.origin.mediaPath.native()) == "jpg";
    if (isJpegFile)
        return task.folder.place(name, row.origin.mediaPath, task.request.media);
    const auto picture = task.pixels.read(row.sample.crop, row.origin);
    if (!picture)
        return fail(picture.error());
    return task.folder.write(name, task.pixels.codec().encodeJpeg(*picture, jpegQuality));
}

} // namespace

Result<> writeRafDb(ExportTask &task)
{
    if (task.request.media == MediaPolicy::None)
        return fail(ErrorCode::Invalid,
                    "RAF-DB's layout is made of pictures; choose copy, hardlink or symlink for the media.");
    const CodeTable &table = *codeTableNamed("rafdb");
    task.classes.assign(table.classes.begin(), table.classes.end());
    ProgressPace pace(task.job);
    std::string list;
    std::int64_t done = 0;
    for (const Split split : {Split::Train, Split::Test}) { // as published: the training part first
        std::vector<const ExportRow *> rows;
        for (const ExportRow &row : task.rows)
            if (row.split == split)
                rows.push_back(&row);
        Names names(nameOf(split), rows);
        for (const ExportRow *row : rows) {
            if (pace.stopped())
                return exportStopped();
            pace.report(++done, [&] { return std::int64_t(task.rows.size()); }, row->sample.source);
            const auto code = std::find(table.classes.begin(), table.classes.end(), row->label);
            if (row->state != LabelState::Ok || code == table.classes.end()) {
                ++task.report.leftOut["no class of RAF-DB's seven"];
                continue;
            }
            const std::string stem = names.next(*row);
            if (const auto placed = placeJpeg(task, *row, "Image/aligned/" + stem + "_aligned.jpg"); !placed) {
                if (placed.error().code == ErrorCode::NoSpace)
                    return placed;
                task.report.skipped.push_back({row->sample.source, placed.error().message, reasonOf(placed.error())});
                continue;
            }
            list += (list.empty() ? "" : "\n") + stem + ".jpg " +
                    std::to_string(code - table.classes.begin() + table.first);
            ++task.report.samples;
        }
    }
    const auto others = std::count_if(task.rows.begin(), task.rows.end(), [](const ExportRow &row) {
        return row.split != Split::Train && row.split != Split::Test;
    });
    if (others > 0)
        task.report.leftOut["in neither train nor test, which are all that RAF-DB has"] = others;
    if (task.report.samples == 0)
        return {};
    return task.folder.write("EmoLabel/list_patition_label.txt", list); // spelt and ended as published
}

} // namespace mien
