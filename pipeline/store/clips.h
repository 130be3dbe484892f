#pragma once

#include "models/base/result.h"
#include "pipeline/store/media.h"
#include "pipeline/store/sample.h"

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mien {

class Project;

/// A picture or video that faces can be extracted from.
struct ExtractableMedia
{
    MediaRow media;
    std::string importer, variant;
    std::filesystem::path root;     ///< With `importer` the source that its samples belong to.
    std::string sourceKey, source;  ///< Of the clip, or of the picture's sample.
    std::optional<SampleId> sample; ///< Of a picture; empty: a video.
    std::optional<BoxPx> givenBox;  ///< Of a picture, in pixels as stored.
    std::string settingsHash;       ///< Of the extraction that looked at it last; "" before the first.
    bool isUnfinished = false;      ///< That one was interrupted before it was through with all of its media.
};

/// Videos and pictures whose import was not removed and that match `filter` ("": all), in the order of their sources
/// and then as they were imported. A video matches by its own facts (label, subject, split, path, …). Samples whose
/// pixels came in a table are not among them. Invalid: the filter is wrong.
Result<std::vector<ExtractableMedia>> extractableMedia(const Project &project, std::string_view filter = {});

/// Videos of which an unfinished extraction has stored the faces in part, with where it goes on: what
/// ImportWriter::addPart() was given last.
std::map<MediaId, std::string> begunVideos(const Project &project, ImportId extraction);

/// The facts of a video that its faces inherit. NotFound.
Result<NewClip> clipOf(const Project &project, MediaId media);
/// The given facts of a stored sample, without pixels: what further faces of its picture inherit. NotFound.
Result<NewSample> givenFactsOf(const Project &project, SampleId sample);

/// How the sample was cut out of its picture or frame; empty: it was not.
std::optional<NewFace> faceOf(const Project &project, SampleId sample);

struct ClipCounts
{
    std::int64_t clips = 0;
    std::int64_t unextracted = 0; ///< Nobody looked for faces in them yet.
};
ClipCounts clipCounts(const Project &project);

} // namespace mien
