#include "pipeline/store/video_labels.h"

#include "pipeline/store/connection.h"
#include "pipeline/store/project.h"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

namespace mien {

namespace {

/// The median of a window that moves on over the curve; what is not known is left out of it.
class MovingMedian
{
public:
    void add(double value)
    {
        if (std::isfinite(value))
            m_values.insert(value);
    }
    void remove(double value)
    {
        if (std::isfinite(value))
            m_values.erase(m_values.find(value));
    }
    double median() const
    {
        if (m_values.empty())
            return std::numeric_limits<double>::quiet_NaN();
        return *std::next(m_values.begin(), std::ptrdiff_t(m_values.size() / 2));
    }

private:
    std::multiset<double> m_values;
};

/// Of each frame, over a second before and a second behind.
std::vector<double> medianOpenings(const DrowsinessStrip &strip)
{
    constexpr double halfAroundS = 1;
    std::vector<double> medians;
    MovingMedian window;
    std::size_t first = 0, end = 0;
    for (const double timeS : strip.timeS) {
        for (; end < strip.timeS.size() && strip.timeS[end] <= timeS + halfAroundS; ++end)
            window.add(strip.eyeOpening[end]);
        for (; strip.timeS[first] < timeS - halfAroundS; ++first)
            window.remove(strip.eyeOpening[first]);
        medians.push_back(window.median());
    }
    return medians;
}

} // namespace

std::vector<LabelStretch> labelStretches(const Project &project, MediaId media, double startS, double endS)
{
    struct Labelled
    {
        double timeS = 0;
        std::optional<ClassId> label;
    };
    const auto samples = plain(project, [&]() -> std::vector<Labelled> {
        std::vector<Labelled> found;
        SQLite::Statement select(project.database(), "SELECT s.time_us, c.class_id FROM samples s LEFT JOIN"
                                                     " current_labels c ON c.sample_id = s.id WHERE s.media_id = ? AND"
                                                     " s.time_us IS NOT NULL ORDER BY s.time_us, s.id");
        select.bind(1, media.value);
        while (select.executeStep()) {
            const double timeS = double(select.getColumn(0).getInt64()) / 1e6;
            if (!found.empty() && found.back().timeS == timeS)
                continue;
            const auto label = select.getColumn(1);
            found.push_back({timeS, label.isNull() ? std::nullopt : std::optional(ClassId{label.getInt64()})});
        }
        return found;
    });
    std::vector<LabelStretch> stretches;
    for (std::size_t i = 0; i < samples.size(); ++i) {
        const double fromS = i == 0 ? startS : (samples[i - 1].timeS + samples[i].timeS) / 2;
        if (stretches.empty() || stretches.back().label != samples[i].label) {
            if (!stretches.empty())
                stretches.back().endS = fromS;
            stretches.push_back({fromS, endS, samples[i].label});
        }
    }
    return stretches;
}

std::vector<DoubtStretch> doubtStretches(const DrowsinessStrip &strip, std::span<const LabelStretch> labels)
{
    static const std::optional<ClassId> drowsy = canonicalClassNamed("drowsy"), alert = canonicalClassNamed("alert");
    const std::vector<double> medians = medianOpenings(strip);
    const auto kindAt = [&](std::size_t i) {
        const double timeS = strip.timeS[i];
        const auto stretch = std::find_if(labels.begin(), labels.end(), [&](const LabelStretch &one) {
            return timeS >= one.startS && timeS <= one.endS;
        });
        if (stretch == labels.end() || !stretch->label)
            return EyesAgainstLabel::Agree;
        if (stretch->label == drowsy)
            return strip.eyeOpening[i] >= DrowsinessDoubt::plainlyOpen && medians[i] >= DrowsinessDoubt::plainlyOpen &&
                           strip.mouthOpening[i] < DrowsinessDoubt::yawn
                       ? EyesAgainstLabel::PlainlyOpen
                       : EyesAgainstLabel::Agree;
        const bool isClosedLong =
            std::any_of(strip.closures.begin(), strip.closures.end(), [&](const DrowsinessStrip::Span &closure) {
                return timeS >= closure.startS && timeS <= closure.endS &&
                       closure.endS - closure.startS >= DrowsinessDoubt::closedS;
            });
        return stretch->label == alert && isClosedLong ? EyesAgainstLabel::ClosedLong : EyesAgainstLabel::Agree;
    };
    std::vector<DoubtStretch> doubts;
    auto former = EyesAgainstLabel::Agree;
    for (std::size_t i = 0; i < strip.timeS.size(); ++i) {
        const auto kind = kindAt(i);
        if (kind != EyesAgainstLabel::Agree) {
            if (kind != former)
                doubts.push_back({strip.timeS[i], strip.timeS[i], kind});
            doubts.back().endS = strip.timeS[i];
        }
        former = kind;
    }
    std::erase_if(doubts, [](const DoubtStretch &doubt) { return doubt.endS <= doubt.startS; });
    return doubts;
}

} // namespace mien
