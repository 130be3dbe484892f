#pragma once

#include "pipeline/store/ids.h"
#include "pipeline/store/ontology.h"

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace mien {

enum class Split { None, Train, Val, Test };
std::string_view nameOf(Split split); ///< "", "train", "val", "test"
std::optional<Split> splitNamed(std::string_view name);

enum class FlagState { None, Open, Accepted, Rejected };
std::string_view nameOf(FlagState state); ///< "", "open", "accepted", "rejected"

struct BoxPx
{
    double x = 0, y = 0, width = 0, height = 0;
};

using Hash128 = std::array<std::uint8_t, 16>; ///< XXH3 128 bit, canonical (big-endian) bytes.
std::string hexOf(const Hash128 &hash);

/// An upright picture or frame of a video that faces were cut out of.
struct FacePicture
{
    int widthPx = 0, heightPx = 0;
    std::uint64_t perceptualHash = 0; ///< Of the whole of it; see pipeline/dedup.
};

/// How a crop is cut out of its picture or frame.
struct NewFace
{
    std::string detector;          ///< mtcnn, dlib-hog, none
    double probability = 1;        ///< The detector's, 0–1.
    BoxPx box;                     ///< In pixels of the upright frame.
    std::string landmarkScheme;    ///< "5", "68"; "" without landmarks
    std::vector<double> landmarks; ///< x, y of each, in pixels of the upright frame.
    int rotationDeg = 0;           ///< Clockwise; makes the stored frame upright.
    std::string cropFromFrame;     ///< From the upright frame: Similarity::text().
    std::optional<int> track;      ///< Within its clip.
    /// Empty: the picture itself is the sample, or an extraction of before this was kept found the face.
    std::optional<FacePicture> picture;
};

/// One item as an importer yields it (`datasets.md` 1). Never changed afterwards; opinions are annotations.
struct NewSample
{
    std::string sourceKey;     ///< Native identity, unique per import source: "row:17", "train/angry/im0.png".
    std::string displaySource; ///< As `list` prints it: path below the imported root, FILE#row:N, PATH@SECONDS.
    MediaId media;             ///< The file it came from.
    std::optional<std::int64_t> timeUs;          ///< Presentation time inside a video.
    std::optional<CropId> crop;                  ///< Pixels kept in the project (embedded pixels, face crops).
    std::optional<BoxPx> box;                    ///< In pixels of the stored picture; the sample is what it shows.
    int widthPx = 0, heightPx = 0;               ///< Of the crop, else of the box, else of the picture.
    std::optional<Hash128> pixelHash;            ///< Of the decoded pixels: equal = pixel-identical.
    std::optional<std::uint64_t> perceptualHash; ///< See pipeline/dedup, which makes what is missing.
    std::string landmarkScheme;                  ///< "68", "5", "37", "unknown"; empty: none were published.
    std::vector<double> landmarks;               ///< x, y of each in pixels of the stored picture.
    std::string nativeLabel;
    std::string nativeSpace;
    std::optional<ClassId> givenClass; ///< Set exactly when state is Ok.
    LabelState state = LabelState::Unlabeled;
    std::map<std::string, int> votes; ///< Raw annotator counts by column name, "unknown" and "NF" included.
    std::optional<double> valence, arousal;
    Split split = Split::None;
    std::string nativeSplit;
    std::optional<int> fold; ///< Provider fold, 1-based.
    std::string subject, sequence;
    std::string origin = "human";   ///< human, crowd, auto, derived, proxy, synthetic, model
    std::vector<std::string> flags; ///< Quality flags, `datasets.md` 3.8.

    std::optional<NewFace> face;            ///< Set by an extraction.
    std::map<std::string, double> measures; ///< By name: "quality.blur" of the pixels, "quality.label_confidence" of
                                            ///< an automatic label.
};

/// A video: the facts that faces of its frames inherit.
struct NewClip
{
    std::string sourceKey;     ///< Native identity: "Fold1_part1/01/10.MOV".
    std::string displaySource; ///< Path below the imported root.
    MediaId media;
    std::string nativeLabel, nativeSpace;
    std::optional<ClassId> givenClass; ///< Set exactly when state is Ok.
    LabelState state = LabelState::Unlabeled;
    Split split = Split::None;
    std::string nativeSplit;
    std::optional<int> fold; ///< Provider fold, 1-based.
    std::optional<int> cut;  ///< Part number of a recording in several files.
    std::optional<std::int64_t> durationUs;
    std::string subject, sequence;  ///< The clip's frames belong to both.
    std::string origin = "derived"; ///< Of its frames: the label is of the whole clip.
    std::vector<std::string> flags; ///< Of its frames: weak_label.
};

/// What is shown of a sample in lists: given facts, current label, latest scores. One row of `Samples::rows`.
struct SampleRow
{
    SampleId id;
    std::string source;
    std::int64_t dataSet = 0; ///< The imported source: subjects of different ones are different people.
    MediaId media;
    std::optional<CropId> crop;
    int widthPx = 0, heightPx = 0;
    std::optional<ClassId> given;
    LabelState givenState = LabelState::Unlabeled;
    std::optional<ClassId> label; ///< Current label: adjudicated > latest person > given. Set when state is Ok.
    LabelState state = LabelState::Unlabeled;
    Split split = Split::None;
    std::string subject, sequence;
    std::map<std::string, int> votes;
    std::optional<double> valence, arousal;
    std::int64_t duplicateGroup = 0; ///< 0: none.
    int duplicateGroupSize = 0;
    std::int64_t nearDuplicateGroup = 0; ///< Of the last `dedup`; 0: none.
    bool excluded = false;
    int reviews = 0; ///< Labels by persons that are not withdrawn.
    std::vector<std::string> tags;
    std::vector<std::string> qualityFlags;

    // Scores of the current flagging; absent before the first one.
    bool scored = false;
    bool stale = false; ///< The label, crop or model changed since.
    FlagState flag = FlagState::None;
    double suspicion = 0;
    double eacNoise = 0, eacInconsistency = 0, arbexNoise = 0, arbexConfidence = 0; ///< NaN: not computed.
    double selfConfidence = 0, margin = 0, clNoise = 0;
    std::optional<ClassId> predicted, suggested;
};

} // namespace mien
