#include "pipeline/split/splits.h"
#include "pipeline/store/labels.h"
#include "pipeline/store/samples.h"
#include "tests/support/filled_project.h"
#include "tests/support/temporary_folder.h"

#include <QTest>

#include <algorithm>
#include <cmath>
#include <random>

using namespace mien;
using namespace mien::test;

namespace {

constexpr int subjects = 60, ofEach = 20;
constexpr int videos = 30, frames = 8;
constexpr int copies = 40;

Split third(int number)
{
    return std::array{Split::Train, Split::Val, Split::Test}[std::size_t(number % 3)];
}

/// Splits without a leak: people, videos of unknown people, and pictures that are there twice under two names.
Project cleanProject(const std::filesystem::path &folder)
{
    Project project = must(Project::create(folder, "Splits"));
    ImportWriter writer = must(ImportWriter::begin(project, "test.csv", "plain", folder.parent_path() / "faces.csv"));
    NewMedia file;
    file.path = folder.parent_path() / "faces.csv";
    file.kind = "table";
    const MediaId media = must(writer.addMedia(file));
    int row = 0;
    const auto add = [&](const std::string &subject, const std::string &sequence, Split split, int picture) {
        NewSample sample = plainSample(writer, media, picture);
        sample.sourceKey = "row:" + std::to_string(row);
        sample.displaySource = "faces.csv#row:" + std::to_string(row++);
        sample.subject = subject;
        sample.sequence = sequence;
        sample.split = split;
        must(writer.addSample(sample));
    };
    // Every tenth picture of plainSample() is that of the row before it: those are left out, but where meant.
    int picture = 0;
    const auto next = [&] { return picture % 10 == 8 ? picture += 2 : ++picture; };
    for (int person = 0; person < subjects; ++person)
        for (int i = 0; i < ofEach; ++i)
            add("P" + std::to_string(person), "P" + std::to_string(person) + "/" + std::to_string(i / 10),
                third(person), next());
    for (int video = 0; video < videos; ++video)
        for (int i = 0; i < frames; ++i)
            add("", "V" + std::to_string(video), third(video), next());
    for (int copy = 0; copy < copies; ++copy) {
        const int same = next();
        add("", "", third(copy), same);
        add("", "", third(copy), same);
    }
    must(writer.finish());
    return project;
}

std::vector<SampleRow> rowsOf(const Project &project)
{
    return must(sampleRows(project, must(samplesMatching(project, ""))));
}

std::vector<std::string> namesOf(const std::vector<SplitLeak> &leaks)
{
    std::vector<std::string> names;
    for (const SplitLeak &leak : leaks)
        names.push_back(std::string(nameOf(leak.kind)) + " " + leak.name);
    std::sort(names.begin(), names.end());
    return names;
}

} // namespace

class TestSplits : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    /// reliability.md T4.
    void plantedLeaksAreCaughtAndNoOthers()
    {
        const TemporaryFolder folder;
        Project project = cleanProject(folder / "a.mien");
        QVERIFY(must(splitLeaks(project, {})).empty());
        const auto rows = rowsOf(project);
        std::vector<std::string> planted;
        std::vector<SampleId> moved;
        std::vector<Split> to;
        const auto plant = [&](const std::string &name, std::size_t row) {
            planted.push_back(name);
            moved.push_back(rows[row].id);
            to.push_back(rows[row].split == Split::Train ? Split::Test : Split::Train);
        };
        // One whole video of a person goes over, so that the person is what leaks.
        for (int person = 0; person < 20; ++person) {
            const std::size_t first = std::size_t(person) * ofEach;
            plant("subject P" + std::to_string(person), first);
            for (std::size_t i = 1; i < 10; ++i) {
                moved.push_back(rows[first + i].id);
                to.push_back(to.back());
            }
        }
        for (int video = 0; video < 15; ++video)
            plant("video V" + std::to_string(video), std::size_t(subjects * ofEach + video * frames + video % frames));
        for (int copy = 0; copy < 15; ++copy) {
            const std::size_t first = std::size_t(subjects * ofEach + videos * frames + 2 * copy);
            plant("duplicate " + rows[first].source, first + std::size_t(copy % 2));
        }
        must(assignSplits(project, moved, to, "Plant leaks", "ann"));
        const auto leaks = must(splitLeaks(project, {}));
        std::sort(planted.begin(), planted.end());
        QCOMPARE(planted.size(), std::size_t(50));
        QCOMPARE(namesOf(leaks), planted);
        for (const SplitLeak &leak : leaks) {
            QCOMPARE(leak.splits.size(), std::size_t(2));
            QCOMPARE(leak.samples.size(), std::size_t(leak.kind == SplitLeak::Kind::Subject ? ofEach
                                                      : leak.kind == SplitLeak::Kind::Video ? frames
                                                                                            : 2));
        }
        std::printf("leaks: 50 planted, %zu caught, 0 false alarms\n", leaks.size());

        // What a person excluded trains nothing, and what is in no split neither.
        must(setExcluded(project, moved, true, "ann"));
        QVERIFY(must(splitLeaks(project, {})).empty());
        must(setExcluded(project, moved, false, "ann"));
        must(assignSplit(project, moved, Split::None, "ann"));
        QVERIFY(must(splitLeaks(project, {})).empty());
    }

    void splittingBySubjectLeaksNothing_data()
    {
        QTest::addColumn<double>("train");
        QTest::addColumn<double>("val");
        QTest::addColumn<double>("test");
        QTest::newRow("70, 15, 15") << 70. << 15. << 15.;
        QTest::newRow("equal") << 1. << 1. << 1.;
        QTest::newRow("no validation") << 0.8 << 0. << 0.2;
        QTest::newRow("all in one") << 0. << 0. << 5.;
    }

    void splittingBySubjectLeaksNothing()
    {
        QFETCH(double, train);
        QFETCH(double, val);
        QFETCH(double, test);
        const TemporaryFolder folder;
        Project project = cleanProject(folder / "a.mien");
        const std::string before = contentOf(project);
        const SplitRequest request{.ratios = {train, val, test}, .annotator = "ann"};
        const SplitReport report = must(dealSplits(project, request, {}));
        QCOMPARE(report.groups, subjects + videos + copies);
        QVERIFY(must(splitLeaks(project, {})).empty());
        const double all = subjects * ofEach + videos * frames + 2 * copies, sum = train + val + test;
        const std::array shares{train / sum, val / sum, test / sum};
        for (std::size_t i = 0; i < shares.size(); ++i) {
            double samples = 0;
            for (const auto &[name, count] : report.byClass[i]) {
                samples += double(count);
                std::int64_t ofClass = 0;
                for (const auto &split : report.byClass)
                    ofClass += split.contains(name) ? split.at(name) : 0;
                QVERIFY2(std::abs(double(count) - shares[i] * double(ofClass)) <= 0.05 * double(ofClass) + 3,
                         name.c_str());
            }
            QVERIFY(std::abs(samples / all - shares[i]) < 0.02);
        }
        const std::string after = contentOf(project);
        QCOMPARE(must(dealSplits(project, request, {})).certificate, report.certificate);
        QCOMPARE(contentOf(project), after);
        SplitRequest another = request;
        another.seed = 5;
        const bool isOneSplit = shares[2] == 1;
        QCOMPARE(must(dealSplits(project, another, {})).certificate == report.certificate, isOneSplit);
        for (int edit = 0; edit < 3; ++edit) // one step each
            must(project.undo());
        QCOMPARE(contentOf(project), before);
    }

    void splittingAtRandomLeaks()
    {
        const TemporaryFolder folder;
        Project project = cleanProject(folder / "a.mien");
        const SplitReport report = must(dealSplits(project, {.by = SplitRequest::By::Random, .annotator = "ann"}, {}));
        QCOMPARE(report.groups, subjects * ofEach + videos * frames + 2 * copies);
        QVERIFY(must(splitLeaks(project, {})).size() > std::size_t(subjects));
    }

    void wrongRequestsAreRefused()
    {
        const TemporaryFolder folder;
        Project project = cleanProject(folder / "a.mien");
        const std::string before = contentOf(project);
        for (const SplitRequest &request : {SplitRequest{.ratios = {0, 0, 0}, .annotator = "ann"},
                                            SplitRequest{.ratios = {1, -1, 1}, .annotator = "ann"},
                                            SplitRequest{.ratios = {1, 1, NAN}, .annotator = "ann"},
                                            SplitRequest{.filter = "subject:P1", .annotator = "ann"},
                                            SplitRequest{.filter = "nonsense:1", .annotator = "ann"}})
            QCOMPARE(dealSplits(project, request, {}).error().code, ErrorCode::Invalid);
        QCOMPARE(contentOf(project), before);
    }
};

QTEST_APPLESS_MAIN(TestSplits)
#include "tst_splits.moc"
