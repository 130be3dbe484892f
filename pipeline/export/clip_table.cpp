#include "pipeline/export/export_writer.h"

#include "pipeline/import/byte_stream.h"
#include "pipeline/import/text_form.h"
#include "pipeline/store/clips.h"
#include "pipeline/store/media.h"

#include <set>

namespace mien {

namespace {

/// Degrees clockwise that make the stored frames upright, of an EXIF orientation without mirrors.
int rotationOf(int orientation)
{
    return orientation == 6 ? 90 : orientation == 3 ? 180 : orientation == 8 ? 270 : 0;
}

} // namespace

Result<> writeClipTable(ExportTask &task)
{
    std::set<std::int64_t> videos;
    for (const ExportRow &row : task.rows)
        if (row.origin.mediaKind == "video")
            videos.insert(row.sample.media.value);
    if (videos.empty())
        return {};
    std::string text = "fold,subject,label,cut,path,rotation,duration_us\n";
    for (const std::int64_t id : videos) {
        const auto clip = clipOf(task.project, MediaId{id});
        const auto media = mediaOf(task.project, MediaId{id});
        if (!clip || !media)
            return fail(clip ? Error{ErrorCode::NotFound, "There is no video " + std::to_string(id) + '.'}
                             : clip.error());
        text += (clip->fold ? std::to_string(*clip->fold) : "") + ',' + csvCell(clip->subject) + ',' +
                csvCell(clip->nativeLabel) + ',' + (clip->cut ? std::to_string(*clip->cut) : "") + ',' +
                csvCell(shown(media->path)) + ',' + std::to_string(rotationOf(media->orientation)) + ',' +
                (clip->durationUs ? std::to_string(*clip->durationUs) : "") + '\n';
    }
    return task.folder.write("clips.csv", text);
}

} // namespace mien
