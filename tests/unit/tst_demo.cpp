#include "pipeline/demo/demo.h"
#include "pipeline/demo/demo_videos.h"
#include "pipeline/face/face_finder.h"
#include "pipeline/store/clips.h"
#include "pipeline/store/project.h"
#include "pipeline/store/samples.h"
#include "pipeline/video/video.h"
#include "tests/support/data_files.h"
#include "tests/support/filled_project.h"
#include "tests/support/temporary_folder.h"

#include <QTest>

#include <cmath>
#include <map>
#include <set>
#include <sstream>

using namespace mien;
using namespace mien::test;

class TestDemo : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void countsAreExact_data();
    void countsAreExact();
    void theSameSeedGivesTheSameBytes();
    void videosAreClipsWithTheirTruth();
    void facesOfVideosAreFound();
    void wrongOptionsAreRefused();
};

void TestDemo::countsAreExact_data()
{
    QTest::addColumn<int>("samples");
    QTest::addColumn<double>("noise");
    QTest::addColumn<int>("flipped");
    QTest::newRow("usual") << 160 << 0.10 << 16;
    QTest::newRow("rounded") << 45 << 0.10 << 5;
    QTest::newRow("none") << 40 << 0.0 << 0;
    QTest::newRow("all") << 20 << 1.0 << 20;
}

void TestDemo::countsAreExact()
{
    QFETCH(int, samples);
    QFETCH(double, noise);
    QFETCH(int, flipped);
    TemporaryFolder folder;
    const DemoReport report = must(makeDemo(folder / "Demo.mien", {samples, noise, 3, 64, false}, {}));
    QCOMPARE(report.samples, samples);
    QCOMPARE(report.flipped, flipped);

    const Project project = must(Project::open(folder / "Demo.mien", Project::Access::Read));
    const auto rows = must(sampleRows(project, must(samplesMatching(project, ""))));
    QCOMPARE(int(rows.size()), samples);
    std::map<std::string, const SampleRow *> bySource;
    std::map<std::string, Split> splitOfSubject;
    std::set<std::string> classes;
    for (const SampleRow &row : rows) {
        bySource[row.source] = &row;
        int votes = 0;
        for (const auto &[name, count] : row.votes)
            votes += count;
        QCOMPARE(votes, 10);
        QVERIFY(!row.subject.empty() && row.split != Split::None);
        QVERIFY(splitOfSubject.emplace(row.subject, row.split).first->second == row.split);
        classes.insert(project.className(*row.given));
    }
    if (samples >= 100)
        QCOMPARE(classes.size(), std::size_t(8));
    std::istringstream truth(readFile(folder / "Demo.mien" / "demo_truth.csv"));
    std::string line;
    std::getline(truth, line);
    QCOMPARE(line, "source,given,truth");
    int lines = 0, wrong = 0;
    while (std::getline(truth, line)) {
        ++lines;
        const auto first = line.find(','), second = line.rfind(',');
        const SampleRow *row = bySource.at(line.substr(0, first));
        QCOMPARE(project.className(*row->given), line.substr(first + 1, second - first - 1));
        wrong += line.substr(first + 1, second - first - 1) != line.substr(second + 1);
    }
    QCOMPARE(lines, samples);
    QCOMPARE(wrong, flipped);
}

void TestDemo::theSameSeedGivesTheSameBytes()
{
    TemporaryFolder folder;
    const auto contents = [&](const char *name, std::uint64_t seed) {
        must(makeDemo(folder / name, {24, 0.25, seed, 64}, {}));
        std::map<std::string, std::string> files;
        for (const auto &entry : std::filesystem::recursive_directory_iterator(folder / name / "media"))
            if (entry.is_regular_file())
                files[entry.path().lexically_relative(folder / name).string()] = readFile(entry.path());
        files["truth"] = readFile(folder / name / "demo_truth.csv");
        files["video truth"] = readFile(folder / name / "demo_video_truth.csv");
        return files;
    };
    const auto first = contents("a", 5);
    QCOMPARE(first.size(), std::size_t(24 + 9 + 3)); // faces, videos, the manifest and what is true
    QVERIFY(first == contents("b", 5));
    QVERIFY(first != contents("c", 6));
}

void TestDemo::videosAreClipsWithTheirTruth()
{
    TemporaryFolder folder;
    const DemoReport report = must(makeDemo(folder / "Demo.mien", {8, 0, 7, 48}, {}));
    QCOMPARE(report.samples, 8);
    QCOMPARE(report.videos, 9);
    const Project project = must(Project::open(folder / "Demo.mien", Project::Access::Read));
    QCOMPARE(must(samplesMatching(project, "")).size(), std::size_t(8)); // videos have none before they are extracted
    std::map<std::string, int> labels;
    std::set<std::string> people;
    for (const ExtractableMedia &media : must(extractableMedia(project)))
        if (!media.sample) {
            const NewClip clip = must(clipOf(project, media.media.id));
            ++labels[project.className(*clip.givenClass)];
            people.insert(clip.subject);
        }
    QCOMPARE(people.size(), std::size_t(3));
    QVERIFY(labels == (std::map<std::string, int>{{"alert", 3}, {"drowsy", 3}, {"low_vigilant", 3}}));

    // A row for each frame of each video, at its time.
    std::istringstream truth(readFile(folder / "Demo.mien" / "demo_video_truth.csv"));
    std::string line;
    std::getline(truth, line);
    std::map<std::string, std::vector<double>> times;
    while (std::getline(truth, line)) {
        const auto comma = line.find(',');
        times[line.substr(0, comma)].push_back(std::stod(line.substr(comma + 1)));
    }
    QCOMPARE(times.size(), std::size_t(9));
    for (const auto &[name, expected] : times) {
        const auto reader = must(must(video())->open(folder / "Demo.mien/media/drowsiness" / name));
        std::vector<double> seen;
        while (const auto frame = must(reader->next()))
            seen.push_back(frame->timeS);
        QCOMPARE(seen.size(), expected.size());
        for (std::size_t i = 0; i < seen.size(); ++i)
            QVERIFY(std::abs(seen[i] - expected[i]) < 1e-6);
    }
}

void TestDemo::facesOfVideosAreFound()
{
    const FaceFinder finder = must(FaceFinder::mtcnn(64));
    int frames = 0, found = 0, misplaced = 0;
    for (const std::uint64_t seed : {0, 11})
        for (const DemoVideo &video : demoVideos(seed))
            for (std::size_t i = 0; i < video.clip.frames.size(); i += 4) {
                const DrowsyFrame &frame = video.clip.frames[i];
                if (frame.isOccluded)
                    continue;
                ++frames;
                const auto faces = must(finder.find(video.clip.picture(i)));
                if (faces.empty())
                    continue;
                ++found;
                const BoxPx &box = faces.front().box;
                misplaced +=
                    std::hypot(box.x + box.width / 2 - frame.face.x - frame.face.width / 2,
                               box.y + box.height / 2 - frame.face.y - frame.face.height / 2) > 0.25 * frame.face.width;
            }
    qInfo("%d of %d frames show a face, %d misplaced", found, frames, misplaced);
    QVERIFY(found >= 0.95 * frames);
    QCOMPARE(misplaced, 0);
}

void TestDemo::wrongOptionsAreRefused()
{
    TemporaryFolder folder;
    QVERIFY(makeDemo(folder / "a", {2, 0.1, 0, 112}, {}).error().code == ErrorCode::Invalid);
    QVERIFY(makeDemo(folder / "a", {100, 1.5, 0, 112}, {}).error().code == ErrorCode::Invalid);
    QVERIFY(!std::filesystem::exists(folder / "a"));
    writeFile(folder / "used/file", "x");
    QVERIFY(makeDemo(folder / "used", {}, {}).error().code == ErrorCode::Conflict);
}

QTEST_GUILESS_MAIN(TestDemo)
#include "tst_demo.moc"
