#pragma once

#include "models/base/result.h"
#include "pipeline/store/media.h"

#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mien {

class Project;

/// What eyes, mouth and head do over the time of one video. A derived file: strips/<video>-<settings>.json, which may
/// be deleted.
struct DrowsinessStrip
{
    std::string measuredBy; ///< "eye patch" or "68 points"
    // One value a measured frame; NaN where no face was seen.
    std::vector<double> timeS;        ///< Rising.
    std::vector<double> eyeOpening;   ///< 0 closed, 1 the person's own open eyes.
    std::vector<double> mouthOpening; ///< 0 closed, 1 as high as the eyes are apart.
    std::vector<double> yawDeg, pitchDeg, rollDeg;

    struct Span
    {
        double startS = 0, endS = 0;
    };
    std::vector<Span> closures; ///< Of the eyes, in order; those of at most `longestBlinkS` are blinks.
    /// Of a minute from the beginning, the last one shorter.
    struct Minute
    {
        double perclos = 0; ///< Share of the seen time in which the eyes were at least 80 % closed.
        double blinks = 0;  ///< A minute.
    };
    std::vector<Minute> minutes;
    double perclos = 0;         ///< Of the whole video.
    double blinksPerMinute = 0; ///< Of the whole video.
    std::int64_t blinks = 0;

    static constexpr double longestBlinkS = 1; ///< Longer: the eyes are closed, which is no blink.

    std::string toJson() const;
    static Result<DrowsinessStrip> fromJson(std::string_view text); ///< Invalid.
};

/// Where the strip of this file as it is now, measured like this, lies or would lie.
std::filesystem::path stripFile(const Project &project, const MediaRow &media, std::string_view settingsHash);
/// The newest strip of a video; empty: it was not measured, or has changed since.
std::optional<DrowsinessStrip> stripOf(const Project &project, MediaId media);

/// Frames whose label and eyes say different things. Thresholds of the filter `drowsiness:` as well.
struct DrowsinessDoubt
{
    static constexpr double plainlyOpen =
        0.8;                               ///< Eye opening, at the frame and as median of a second before and behind.
    static constexpr double yawn = 0.15;   ///< Mouth opening from which open eyes mean nothing.
    static constexpr double closedS = 0.5; ///< Longer than alert people close their eyes.
};

enum class EyesAgainstLabel {
    Agree,       ///< Or were not measured.
    PlainlyOpen, ///< Labelled drowsy, and neither closed nor yawning.
    ClosedLong,  ///< Labelled alert.
};
EyesAgainstLabel eyesAgainstLabel(const Project &project, SampleId sample);

/// What a strip says about one sample of its video: drowsiness.eye_opening, .mouth_opening, .perclos,
/// .blinks_per_minute, .median_opening, .closed_s.
struct SampleMeasures
{
    SampleId sample;
    std::map<std::string, double> values;
};
Result<> storeMeasures(Project &project, std::span<const SampleMeasures> measures, std::string_view settingsHash);

/// Samples of a video in the order of their times.
struct TimedSample
{
    SampleId sample;
    double timeS = 0;
};
std::vector<TimedSample> samplesOfVideo(const Project &project, MediaId media);
/// How many samples match `drowsiness:doubt` in these videos.
std::int64_t doubtfulSamples(const Project &project, std::span<const MediaId> media);

/// The condition of `drowsiness:eyes_open` (labelled drowsy, the eyes plainly open), `eyes_closed` (labelled alert, the
/// eyes closed for long) or `doubt` (either) on c.sample_id and c.class_id; empty for another name.
std::string drowsinessCondition(std::string_view name);

} // namespace mien
