#pragma once

#include "models/base/result.h"
#include "pipeline/store/sample.h"

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace mien {

class Project;

struct NewMedia
{
    std::filesystem::path path; ///< Absolute, raw bytes as the system gave them.
    std::string kind;           ///< image, video, table
    std::int64_t bytes = 0;
    std::int64_t modifiedMs = 0;
    std::optional<Hash128> hash; ///< Of the file's bytes.
    int widthPx = 0, heightPx = 0;
    int orientation = 1; ///< EXIF, 1–8.
    std::string subject; ///< Of a clip: counted even while it has no samples.
};

/// What adds samples to a project.
enum class ImportKind { Import, Extraction };

/// What an extraction saw of one picture or video.
struct ExtractionCounts
{
    std::int64_t frames = 0, faces = 0, crops = 0, noFace = 0;
};

/// Writes one import, or one extraction of faces from media that an import brought. Rows are kept back and go out in
/// short transactions of `batchRows()`, the crops they name synced before, so that after kill -9 the import resumes:
/// begin() finds the unfinished import of the same source, and rows it stored already are left as they are. One import
/// at a time a project.
class ImportWriter
{
public:
    /// @param source  importer id and root, e.g. "fer2013.csv" and the folder: identity of the import. Running the same
    ///                source again updates in place (given facts) and keeps people's opinions.
    static Result<ImportWriter> begin(Project &project, const std::string &importer, const std::string &variant,
                                      const std::filesystem::path &root);
    /// An extraction from media of that source. One that was interrupted goes on when its settings are the same.
    static Result<ImportWriter> beginExtraction(Project &project, const std::string &importer,
                                                const std::string &variant, const std::filesystem::path &root,
                                                const std::string &settingsHash);
    ImportWriter(ImportWriter &&) noexcept;
    ~ImportWriter();

    Result<MediaId> addMedia(const NewMedia &media);
    /// True when this key was stored by the interrupted import that this one resumes: decoding it may be skipped.
    bool has(const std::string &sourceKey) const;
    /// What the interrupted import stored is to be stored anew: it was asked for otherwise.
    void readAgain();
    /// Keeps pixels in the crop packs, once per content; raw planar u8 ("raw") or PNG bytes ("png").
    Result<CropId> addCrop(int widthPx, int heightPx, int channels, std::string_view codec,
                           std::span<const std::uint8_t> bytes);
    /// @return its id, known at once so that thumbnails can be filed under it; the row goes out with its batch
    Result<SampleId> addSample(const NewSample &sample);
    Result<> addClip(const NewClip &clip);
    /// Gives a picture that an import stored other pixels: crop, box, size, hashes, face and measures of `facts`.
    Result<> setCrop(SampleId sample, const NewSample &facts);
    /// Notes that the samples added since belong to this picture or video, which is thereby done. Samples that
    /// extractions with other settings made of it are retired: they count nowhere, and what people said is kept.
    Result<> addExtraction(MediaId media, const ExtractionCounts &counts);
    /// Notes that the samples added since belong to this video, which is done up to here; all of it is stored when
    /// this returns. What other settings made of the video is retired, as above.
    /// @param state  from which this extraction goes on when it was interrupted (begunVideos()); not empty
    Result<> addPart(MediaId media, const std::string &state);
    /// Votes for a sample stored by this or an earlier import of the same source; NotFound names the key.
    Result<> setVotes(const std::string &sourceKey, const std::map<std::string, int> &votes);

    struct Duplicates
    {
        std::int64_t groups = 0, images = 0, conflicts = 0, acrossSplits = 0;
        std::int64_t duplicates() const { return images - groups; }
    };
    /// Commits the rest, builds indexes dropped for the bulk load, groups pixel-identical samples. The counts are of
    /// the groups that hold a sample of this import. Without finish() the import stays unfinished, to be resumed.
    Result<Duplicates> finish();
    /// Commits what was added so far and leaves the import unfinished: the same import goes on from here.
    Result<> pause();
    ImportId id() const;
    /// Folder `imports/<time>-<id>/` for plan.json, report.json, problems.csv.
    const std::filesystem::path &folder() const;
    bool isResumed() const; ///< Goes on with an interrupted import of the same source.

    /// Rows a transaction. MIEN_BATCH_ROWS takes fewer: small imports of tests are then killed between two as well.
    static std::size_t batchRows();

private:
    struct State;
    explicit ImportWriter(std::unique_ptr<State> state);
    static Result<ImportWriter> begin(Project &project, const std::string &importer, const std::string &variant,
                                      const std::filesystem::path &root, ImportKind kind,
                                      const std::string &settingsHash);
    std::unique_ptr<State> m_state;
};

} // namespace mien
