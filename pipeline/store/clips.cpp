#include "pipeline/store/clips.h"

#include "pipeline/store/connection.h"
#include "pipeline/store/media_columns.h"
#include "pipeline/store/project.h"
#include "pipeline/store/samples.h"
#include "pipeline/store/stored_path.h"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <unordered_set>

namespace mien {
namespace {

std::optional<int> optionalInt(const SQLite::Column &column)
{
    return column.isNull() ? std::nullopt : std::optional(column.getInt());
}

std::optional<ClassId> optionalClass(const SQLite::Column &column)
{
    return column.isNull() ? std::nullopt : std::optional(ClassId{column.getInt64()});
}

std::vector<std::string> flagsIn(const std::string &text)
{
    std::vector<std::string> flags;
    for (std::size_t from = 0; from < text.size();) {
        const std::size_t end = std::min(text.find(',', from), text.size());
        flags.push_back(text.substr(from, end - from));
        from = end + 1;
    }
    return flags;
}

/// Tables of the temporary schema come before those of the file: while this lives, filters and lists speak of clips in
/// place of samples, with the medium's number in place of the sample's.
class ClipsAsSamples
{
public:
    explicit ClipsAsSamples(SQLite::Database &database)
        : m_database(database)
    {
        drop();
        m_database.exec("CREATE TEMP TABLE samples AS SELECT * FROM main.samples WHERE 0");
        m_database.exec("INSERT INTO temp.samples (id, source_id, source_key, source, import_id, media_id, width,"
                        " height, native_label, native_space, given_class, given_state, given_split, native_split,"
                        " fold, subject_id, sequence_id, origin, quality_flags, retired)"
                        " SELECT c.media_id, c.source_id, c.source_key, c.source, c.import_id, c.media_id, m.width,"
                        " m.height, c.native_label, c.native_space, c.given_class, c.given_state, c.given_split,"
                        " c.native_split, c.fold, c.subject_id, c.sequence_id, c.origin, c.quality_flags, 0"
                        " FROM clips c JOIN media m ON m.id = c.media_id");
        m_database.exec("CREATE TEMP TABLE current_labels AS SELECT * FROM main.current_labels WHERE 0");
        m_database.exec("INSERT INTO temp.current_labels (sample_id, class_id, state, given_class, split, excluded,"
                        " reviews, flag) SELECT id, given_class, given_state, given_class, given_split, 0, 0, 0"
                        " FROM temp.samples");
    }
    ~ClipsAsSamples() { drop(); }
    ClipsAsSamples(const ClipsAsSamples &) = delete;
    ClipsAsSamples &operator=(const ClipsAsSamples &) = delete;

private:
    void drop()
    {
        m_database.exec("DROP TABLE IF EXISTS temp.samples");
        m_database.exec("DROP TABLE IF EXISTS temp.current_labels");
    }

    SQLite::Database &m_database;
};

/// A row for a picture's sample or a clip `c`, of medium `m`.
constexpr const char *columns =
    "SELECT m.id, o.importer, o.variant, r.in_project, r.path, c.source_key, c.source, %SAMPLE%, %BOX%, "
    "e.settings_hash,"
    " EXISTS (SELECT 1 FROM imports u WHERE u.source_id = o.id AND u.kind = 1 AND u.finished_at_ms IS NULL"
    " AND u.removed_at_ms IS NULL AND u.settings_hash = e.settings_hash), %MEDIA%"
    " FROM %TABLE% c JOIN media m ON m.id = c.media_id JOIN sources o ON o.id = c.source_id"
    " JOIN roots r ON r.id = o.root_id JOIN roots b ON b.id = m.root_id JOIN imports i ON i.id = c.import_id"
    " LEFT JOIN extractions e ON e.media_id = m.id"
    " WHERE i.removed_at_ms IS NULL AND %WHERE% ORDER BY c.source_id, %ORDER%";

std::string query(std::string_view sample, std::string_view box, std::string_view table, std::string_view where,
                  std::string_view order)
{
    std::string text = columns;
    for (const auto &[mark, value] : {std::pair<std::string_view, std::string_view>{"%SAMPLE%", sample},
                                      {"%BOX%", box},
                                      {"%MEDIA%", mediaColumns},
                                      {"%TABLE%", table},
                                      {"%WHERE%", where},
                                      {"%ORDER%", order}})
        text.replace(text.find(mark), mark.size(), value);
    return text;
}

void read(const Project &project, const std::string &sql, const std::unordered_set<std::int64_t> *wanted,
          std::vector<ExtractableMedia> &found)
{
    SQLite::Statement select(project.database(), sql);
    while (select.executeStep()) {
        ExtractableMedia one;
        const MediaId id{select.getColumn(0).getInt64()};
        one.importer = select.getColumn(1).getString();
        one.variant = select.getColumn(2).getString();
        const std::string root = bytesOf(select.getColumn(4));
        one.root = rootPath(project, select.getColumn(3).getInt() != 0, root);
        one.sourceKey = select.getColumn(5).getString();
        one.source = select.getColumn(6).getString();
        if (!select.getColumn(7).isNull())
            one.sample = SampleId{select.getColumn(7).getInt64()};
        if (!select.getColumn(8).isNull())
            one.givenBox = BoxPx{select.getColumn(8).getDouble(), select.getColumn(9).getDouble(),
                                 select.getColumn(10).getDouble(), select.getColumn(11).getDouble()};
        const SQLite::Column settings = select.getColumn(12);
        one.settingsHash = settings.isNull() ? "" : settings.getString();
        one.isUnfinished = select.getColumn(13).getInt() != 0;
        if (wanted && !wanted->contains(one.sample ? one.sample->value : id.value))
            continue;
        one.media = mediaFrom(project, id, select, 14);
        found.push_back(std::move(one));
    }
}

Result<std::unordered_set<std::int64_t>> matching(const Project &project, std::string_view filter)
{
    const auto ids = samplesMatching(project, filter);
    if (!ids)
        return fail(ids.error());
    std::unordered_set<std::int64_t> set;
    for (const SampleId id : *ids)
        set.insert(id.value);
    return set;
}

} // namespace

Result<std::vector<ExtractableMedia>> extractableMedia(const Project &project, std::string_view filter)
{
    return guarded(project.folder() / "project.db", "Reading what faces are extracted from",
                   [&]() -> Result<std::vector<ExtractableMedia>> {
                       const auto pictures = matching(project, filter);
                       if (!pictures)
                           return fail(pictures.error());
                       std::vector<ExtractableMedia> found;
                       {
                           const ClipsAsSamples clips(project.database());
                           const auto videos = matching(project, filter);
                           if (!videos)
                               return fail(videos.error());
                           read(project, query("NULL", "NULL, NULL, NULL, NULL", "clips", "1", "c.media_id"), &*videos,
                                found);
                       }
                       read(project,
                            query("c.id", "c.box_x, c.box_y, c.box_width, c.box_height", "samples",
                                  "m.kind = 'image' AND i.kind = 0", "c.id"),
                            &*pictures, found);
                       return found;
                   });
}

std::map<MediaId, std::string> begunVideos(const Project &project, ImportId extraction)
{
    return plain(project, [&]() -> std::map<MediaId, std::string> {
        SQLite::Statement select(project.database(),
                                 "SELECT media_id, state FROM extractions_begun WHERE import_id = ?");
        select.bind(1, extraction.value);
        std::map<MediaId, std::string> videos;
        while (select.executeStep())
            videos.emplace(MediaId{select.getColumn(0).getInt64()}, select.getColumn(1).getString());
        return videos;
    });
}

Result<NewClip> clipOf(const Project &project, MediaId media)
{
    return guarded(project.folder() / "project.db", "Reading a video", [&]() -> Result<NewClip> {
        SQLite::Statement select(project.database(),
                                 "SELECT c.source_key, c.source, c.native_label, c.native_space, c.given_class,"
                                 " c.given_state, c.given_split, c.native_split, c.fold, c.cut, j.name, q.name,"
                                 " c.origin, c.quality_flags, c.duration_us FROM clips c"
                                 " LEFT JOIN subjects j ON j.id = c.subject_id"
                                 " LEFT JOIN sequences q ON q.id = c.sequence_id WHERE c.media_id = ?");
        select.bind(1, media.value);
        if (!select.executeStep())
            return fail(ErrorCode::NotFound, "There is no video " + std::to_string(media.value) + ".");
        NewClip clip;
        clip.media = media;
        clip.sourceKey = select.getColumn(0).getString();
        clip.displaySource = select.getColumn(1).getString();
        clip.nativeLabel = select.getColumn(2).getString();
        clip.nativeSpace = select.getColumn(3).getString();
        clip.givenClass = optionalClass(select.getColumn(4));
        clip.state = static_cast<LabelState>(select.getColumn(5).getInt());
        clip.split = static_cast<Split>(select.getColumn(6).getInt());
        clip.nativeSplit = select.getColumn(7).getString();
        clip.fold = optionalInt(select.getColumn(8));
        clip.cut = optionalInt(select.getColumn(9));
        clip.subject = select.getColumn(10).getString();
        clip.sequence = select.getColumn(11).getString();
        clip.origin = select.getColumn(12).getString();
        clip.flags = flagsIn(select.getColumn(13).getString());
        if (const SQLite::Column duration = select.getColumn(14); !duration.isNull())
            clip.durationUs = duration.getInt64();
        return clip;
    });
}

Result<NewSample> givenFactsOf(const Project &project, SampleId sample)
{
    return guarded(project.folder() / "project.db", "Reading a sample", [&]() -> Result<NewSample> {
        SQLite::Statement select(project.database(),
                                 "SELECT s.source_key, s.source, s.media_id, s.native_label, s.native_space,"
                                 " s.given_class, s.given_state, s.given_split, s.native_split, s.fold, s.valence,"
                                 " s.arousal, j.name, q.name, s.origin, s.quality_flags, s.width, s.height"
                                 " FROM samples s LEFT JOIN subjects j ON j.id = s.subject_id"
                                 " LEFT JOIN sequences q ON q.id = s.sequence_id WHERE s.id = ?");
        select.bind(1, sample.value);
        if (!select.executeStep())
            return fail(ErrorCode::NotFound, "There is no sample " + std::to_string(sample.value) + ".");
        NewSample facts;
        facts.sourceKey = select.getColumn(0).getString();
        facts.displaySource = select.getColumn(1).getString();
        facts.media = {select.getColumn(2).getInt64()};
        facts.nativeLabel = select.getColumn(3).getString();
        facts.nativeSpace = select.getColumn(4).getString();
        facts.givenClass = optionalClass(select.getColumn(5));
        facts.state = static_cast<LabelState>(select.getColumn(6).getInt());
        facts.split = static_cast<Split>(select.getColumn(7).getInt());
        facts.nativeSplit = select.getColumn(8).getString();
        facts.fold = optionalInt(select.getColumn(9));
        if (!select.getColumn(10).isNull())
            facts.valence = select.getColumn(10).getDouble();
        if (!select.getColumn(11).isNull())
            facts.arousal = select.getColumn(11).getDouble();
        facts.subject = select.getColumn(12).getString();
        facts.sequence = select.getColumn(13).getString();
        facts.origin = select.getColumn(14).getString();
        facts.flags = flagsIn(select.getColumn(15).getString());
        facts.widthPx = select.getColumn(16).getInt();
        facts.heightPx = select.getColumn(17).getInt();
        return facts;
    });
}

std::optional<NewFace> faceOf(const Project &project, SampleId sample)
{
    return plain(project, [&]() -> std::optional<NewFace> {
        SQLite::Statement select(project.database(),
                                 "SELECT detector, probability, box_x, box_y, box_width, box_height, landmark_scheme,"
                                 " landmarks, rotation, crop_from_frame, track, picture_width, picture_height,"
                                 " picture_hash FROM faces WHERE sample_id = ?");
        select.bind(1, sample.value);
        if (!select.executeStep())
            return std::nullopt;
        NewFace face;
        face.detector = select.getColumn(0).getString();
        face.probability = select.getColumn(1).getDouble();
        face.box = {select.getColumn(2).getDouble(), select.getColumn(3).getDouble(), select.getColumn(4).getDouble(),
                    select.getColumn(5).getDouble()};
        face.landmarkScheme = select.getColumn(6).getString();
        const std::string landmarks = bytesOf(select.getColumn(7));
        face.landmarks.resize(landmarks.size() / sizeof(double));
        std::memcpy(face.landmarks.data(), landmarks.data(), face.landmarks.size() * sizeof(double));
        face.rotationDeg = select.getColumn(8).getInt();
        face.cropFromFrame = select.getColumn(9).getString();
        face.track = optionalInt(select.getColumn(10));
        if (!select.getColumn(13).isNull())
            face.picture = FacePicture{select.getColumn(11).getInt(), select.getColumn(12).getInt(),
                                       std::bit_cast<std::uint64_t>(select.getColumn(13).getInt64())};
        return face;
    });
}

ClipCounts clipCounts(const Project &project)
{
    return plain(project, [&]() -> ClipCounts {
        SQLite::Statement select(project.database(), "SELECT count(*), count(*) - count(e.media_id) FROM clips c"
                                                     " JOIN imports i ON i.id = c.import_id LEFT JOIN extractions e"
                                                     " ON e.media_id = c.media_id WHERE i.removed_at_ms IS NULL");
        select.executeStep();
        return {select.getColumn(0).getInt64(), select.getColumn(1).getInt64()};
    });
}

} // namespace mien
