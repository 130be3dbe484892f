// The labels of a video as stretches of its time, and where they and the eyes disagree.
#include "pipeline/store/video_labels.h"
#include "tests/support/filled_project.h"
#include "tests/support/temporary_folder.h"

#include <QTest>

#include <cmath>
#include <limits>

using namespace mien;
using namespace mien::test;

namespace {

const std::optional<ClassId> alert = canonicalClassNamed("alert"), drowsy = canonicalClassNamed("drowsy");

struct Labelled
{
    std::optional<double> timeS;
    std::optional<ClassId> label;
};

/// A project with these samples of one video, and a sample of another one at its second 2.
Project projectWith(const std::filesystem::path &folder, const std::vector<Labelled> &samples, MediaId &video)
{
    Project project = must(Project::create(folder, "Test"));
    ImportWriter writer = must(ImportWriter::begin(project, "test.csv", "plain", folder.parent_path() / "videos"));
    const auto addVideo = [&](const char *name) {
        NewMedia file;
        file.path = folder.parent_path() / "videos" / name;
        file.kind = "video";
        return must(writer.addMedia(file));
    };
    const auto addSample = [&](MediaId media, int row, const Labelled &labelled) {
        NewSample sample = plainSample(writer, media, row);
        if (labelled.timeS)
            sample.timeUs = std::llround(*labelled.timeS * 1e6);
        sample.givenClass = labelled.label;
        sample.state = labelled.label ? LabelState::Ok : LabelState::Unlabeled;
        must(writer.addSample(sample));
    };
    video = addVideo("a.mp4");
    for (const Labelled &labelled : samples)
        addSample(video, int(&labelled - samples.data()), labelled);
    addSample(addVideo("b.mp4"), 1000, {2, drowsy});
    must(writer.finish());
    return project;
}

/// "0-4 alert, 4-7 drowsy, 7-10 none"
std::string textOf(const std::vector<LabelStretch> &stretches)
{
    std::string text;
    for (const LabelStretch &one : stretches)
        text += (text.empty() ? "" : ", ") + QString::number(one.startS).toStdString() + "-" +
                QString::number(one.endS).toStdString() + " " +
                (one.label == alert    ? "alert"
                 : one.label == drowsy ? "drowsy"
                 : one.label           ? "another"
                                       : "none");
    return text;
}

std::string textOf(const std::vector<DoubtStretch> &stretches)
{
    std::string text;
    for (const DoubtStretch &one : stretches)
        text += (text.empty() ? "" : ", ") + QString::number(one.startS).toStdString() + "-" +
                QString::number(one.endS).toStdString() + " " +
                (one.kind == EyesAgainstLabel::PlainlyOpen  ? "open"
                 : one.kind == EyesAgainstLabel::ClosedLong ? "closed"
                                                            : "agree");
    return text;
}

} // namespace

class TestVideoLabels : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void labelsReachHalfWayToTheNextSample()
    {
        const TemporaryFolder folder;
        MediaId video;
        // Neither in the order of their times, nor all of a moment; at 5 s there are two faces, of which the first
        // counts.
        const Project project =
            projectWith(folder / "p", {{5, drowsy}, {1, alert}, {3, alert}, {9, {}}, {5, alert}, {{}, drowsy}}, video);
        QCOMPARE(textOf(labelStretches(project, video, 0, 10)), "0-4 alert, 4-7 drowsy, 7-10 none");
        QCOMPARE(textOf(labelStretches(project, MediaId{video.value + 1}, 0, 10)), "0-10 drowsy");
    }

    void aVideoWithoutSamplesHasNoLabels()
    {
        const TemporaryFolder folder;
        MediaId video;
        const Project project = projectWith(folder / "p", {{{}, drowsy}}, video);
        QVERIFY(labelStretches(project, video, 0, 10).empty());
    }

    void doubtsAreWhereEyesAndLabelsDisagree()
    {
        constexpr double framesPerS = 8; // times are exact
        DrowsinessStrip strip;
        for (int i = 0; i <= 20 * int(framesPerS); ++i) {
            const double timeS = i / framesPerS;
            strip.timeS.push_back(timeS);
            strip.eyeOpening.push_back(timeS >= 4 && timeS < 10.5 ? 0.5 : 1);
            strip.mouthOpening.push_back(0);
        }
        for (const int yawning : {8, 9, 10, 11, 12, 13, 14, 15, 17}) // at 16 one frame alone
            strip.mouthOpening[std::size_t(yawning)] = 0.5;
        strip.eyeOpening[24] = std::numeric_limits<double>::quiet_NaN(); // nobody seen at 3 s
        strip.closures = {{5, 6}, {12, 13}, {15, 15.25}, {17, 17.5}, {18.5, 19.5}};
        const std::vector<LabelStretch> labels = {{0, 10, drowsy}, {10, 18, alert}, {18, 20, {}}};
        QCOMPARE(textOf(doubtStretches(strip, labels)), "0-0.875 open, 2.25-2.875 open, 3.125-3.875 open, "
                                                        "12-13 closed, 17-17.5 closed");
        QVERIFY(doubtStretches(strip, {}).empty());
        QVERIFY(doubtStretches({}, labels).empty());
    }

    /// Eyes that open for a moment while they are closed for long are no contradiction.
    void aGlimpseIsNoDoubt()
    {
        DrowsinessStrip strip;
        for (int i = 0; i < 80; ++i) {
            strip.timeS.push_back(i / 8.0);
            strip.eyeOpening.push_back(i >= 40 && i < 46 ? 1 : 0.1);
            strip.mouthOpening.push_back(0);
        }
        const std::vector<LabelStretch> labels = {{0, 10, drowsy}};
        QVERIFY(doubtStretches(strip, labels).empty());
    }
};

QTEST_APPLESS_MAIN(TestVideoLabels)
#include "tst_video_labels.moc"
