#include "pipeline/demo/demo.h"
#include "pipeline/store/project.h"
#include "pipeline/store/samples.h"
#include "tests/support/data_files.h"
#include "tests/support/filled_project.h"
#include "tests/support/temporary_folder.h"

#include <QTest>

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
    const DemoReport report = must(makeDemo(folder / "Demo.mien", {samples, noise, 3, 64}, {}));
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
        return files;
    };
    const auto first = contents("a", 5);
    QCOMPARE(first.size(), std::size_t(26));
    QVERIFY(first == contents("b", 5));
    QVERIFY(first != contents("c", 6));
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
