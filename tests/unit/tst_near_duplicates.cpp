#include "pipeline/dedup/perceptual_hash.h"
#include "pipeline/jobs/dedup_job.h"
#include "pipeline/store/hash.h"
#include "pipeline/store/imports.h"
#include "pipeline/store/labels.h"
#include "pipeline/store/samples.h"
#include "tests/support/data_files.h"
#include "tests/support/filled_project.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/test_data.h"

#include <QTest>

using namespace mien;
using namespace mien::test;

namespace {

using Names = std::vector<std::vector<std::string>>;

/// The last parts of the members' sources, group by group.
Names namesOf(const std::vector<NearDuplicateGroup> &groups)
{
    Names names;
    for (const NearDuplicateGroup &group : groups) {
        names.emplace_back();
        for (const NearDuplicate &one : group)
            names.back().push_back(one.source.substr(one.source.rfind('/') + 1));
    }
    return names;
}

/// Class folders with copies of some pictures. In the order of their ids:
///   fear/{again.png, bright.jpg, plain.png, small.png}, happy/{blank.png, other.png, plain.png}, sad/{blank.png,
///   noisy.png}
/// fear/plain and happy/plain have the same pixels, again.png, bright.jpg, small.png and noisy.png are nearly they.
std::filesystem::path pictureFolder(const std::filesystem::path &folder)
{
    const Picture plain = waves(96, 7);
    writeFile(folder / "fear/plain.png", pngFile(plain));
    writeFile(folder / "fear/again.png", pngFile(waves(96, 7, 0, 2)));
    writeFile(folder / "fear/bright.jpg", jpegFile(waves(96, 7, 10), 80));
    writeFile(folder / "fear/small.png", pngFile((*must(imaging())).resized(plain, 48, 48)));
    writeFile(folder / "happy/plain.png", pngFile(plain));
    writeFile(folder / "happy/other.png", pngFile(waves(96, 8)));
    writeFile(folder / "sad/noisy.png", pngFile(waves(96, 7, -5, 6)));
    Picture blank = waves(48, 1);
    std::fill(blank.pixels.begin(), blank.pixels.end(), std::uint8_t(9));
    writeFile(folder / "happy/blank.png", pngFile(blank));
    std::fill(blank.pixels.begin(), blank.pixels.end(), std::uint8_t(200));
    writeFile(folder / "sad/blank.png", pngFile(blank));
    return folder;
}

Project pictureProject(const TemporaryFolder &folder)
{
    Project project = must(Project::create(folder / "a.mien", "Near"));
    imported(project, {.path = pictureFolder(folder / "pictures")});
    return project;
}

std::int64_t count(const Project &project, const char *filter)
{
    return must(countMatching(project, filter));
}

void forgetHashes(Project &project)
{
    std::vector<std::pair<SampleId, std::uint64_t>> wrong;
    for (const SampleLook &look : must(sampleLooks(project, {})))
        wrong.emplace_back(look.id, 0);
    must(storePerceptualHashes(project, wrong));
}

} // namespace

class TestNearDuplicates : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void copiesAreGroupedWithTheirOriginal()
    {
        const TemporaryFolder folder;
        Project project = pictureProject(folder);
        for (const SampleLook &look : must(sampleLooks(project, {})))
            QVERIFY(look.perceptualHash); // made by the import
        QCOMPARE(count(project, "near_duplicate:yes"), 0);
        QVERIFY(!lastNearDuplicateSearch(project));

        const DedupReport report = must(findNearDuplicates(project, {}, {}));
        QCOMPARE(report.samples, 9);
        QCOMPARE(report.hashed, 0);
        QVERIFY(report.skipped.empty());
        QCOMPARE(namesOf(report.groups),
                 (Names{{"again.png", "bright.jpg", "plain.png", "small.png", "plain.png", "noisy.png"}}));
        QVERIFY(hasConflict(report.groups[0]));
        QVERIFY(!isAcrossSplits(report.groups[0]));
        QCOMPARE(count(project, "near_duplicate:yes"), 6);
        QCOMPARE(count(project, "near_duplicate:conflict"), 6);
        QCOMPARE(count(project, "near_duplicate:across_splits"), 0);
        QCOMPARE(count(project, "near_duplicate:no"), 3);
        QCOMPARE(count(project, "duplicate:yes"), 2);
        const auto search = lastNearDuplicateSearch(project);
        QVERIFY(search);
        QCOMPARE(search->distance, 7);
        QCOMPARE(search->samplesSince, 0);
        const auto rows = must(sampleRows(project, must(samplesMatching(project, "near_duplicate:yes"))));
        for (const SampleRow &row : rows)
            QCOMPARE(row.nearDuplicateGroup, rows.front().id.value);
    }

    void distanceZeroGroupsEqualPixels()
    {
        const TemporaryFolder folder;
        Project project = pictureProject(folder);
        must(findNearDuplicates(project, {}, {}));
        const DedupReport report = must(findNearDuplicates(project, {.distance = 0}, {}));
        QCOMPARE(namesOf(report.groups), (Names{{"plain.png", "plain.png"}}));
        QCOMPARE(count(project, "near_duplicate:yes"), 2); // the former groups are gone
    }

    void labelsAndSplitsAreThoseOfNow()
    {
        const TemporaryFolder folder;
        Project project = pictureProject(folder);
        const auto group = must(findNearDuplicates(project, {}, {})).groups.at(0);
        Verdict fear;
        fear.label = project.classNamed("fear");
        for (const NearDuplicate &one : group)
            must(annotate(project, one.sample, fear, "ann"));
        QVERIFY(!hasConflict(must(nearDuplicateGroups(project)).at(0)));
        QCOMPARE(count(project, "near_duplicate:conflict"), 0);
        must(assignSplit(project, std::array{group[0].sample, group[1].sample}, Split::Train, "ann"));
        QVERIFY(!isAcrossSplits(must(nearDuplicateGroups(project)).at(0)));
        must(assignSplit(project, std::array{group[2].sample}, Split::Test, "ann"));
        QVERIFY(isAcrossSplits(must(nearDuplicateGroups(project)).at(0)));
        QCOMPARE(count(project, "near_duplicate:across_splits"), 6);
        must(setExcluded(project, std::array{group[2].sample}, true, "ann"));
        QVERIFY(!isAcrossSplits(must(nearDuplicateGroups(project)).at(0)));
        QCOMPARE(count(project, "near_duplicate:across_splits"), 0);
        QCOMPARE(count(project, "near_duplicate:yes"), 6);
    }

    void missingHashesAreMadeFromThePicture()
    {
        const TemporaryFolder folder;
        Project project = filledProject(folder / "a.mien", 40); // crops without hashes
        const DedupReport report = must(findNearDuplicates(project, {}, {}));
        QCOMPARE(report.hashed, 36); // every tenth has the pixels of its predecessor
        QCOMPARE(must(findNearDuplicates(project, {}, {})).hashed, 0);
        QVERIFY(count(project, "near_duplicate:yes") >= 8);
    }

    void picturesThatAreGoneAreSkipped()
    {
        const TemporaryFolder folder;
        Project project = pictureProject(folder);
        std::filesystem::remove(folder / "pictures/fear/small.png");
        const DedupReport report = must(findNearDuplicates(project, {}, {}));
        QCOMPARE(report.skipped.size(), std::size_t(1));
        QCOMPARE(report.skipped[0].source, std::string("fear/small.png"));
        QVERIFY(!report.skipped[0].reason.empty());
        QCOMPARE(report.groups.at(0).size(), std::size_t(5));
    }

    void importsComeAndGo()
    {
        const TemporaryFolder folder;
        Project project = pictureProject(folder);
        writeFile(folder / "more/sad/copy.jpg", jpegFile(waves(96, 8), 85));
        imported(project, {.path = folder / "more"});
        must(findNearDuplicates(project, {}, {}));
        QCOMPARE(count(project, "near_duplicate:yes"), 8);
        must(removeImport(project, {2}));
        QCOMPARE(count(project, "near_duplicate:yes"), 6); // one alone is no group
        QCOMPARE(must(nearDuplicateGroups(project)).size(), std::size_t(1));
        must(restoreImport(project, {2}));
        QCOMPARE(count(project, "near_duplicate:yes"), 8);

        // The same files again change nothing; other pixels under an old name are not what they were.
        imported(project, {.path = folder / "more"});
        QCOMPARE(count(project, "near_duplicate:yes"), 8);
        writeFile(folder / "more/sad/copy.jpg", jpegFile(waves(96, 9), 85));
        imported(project, {.path = folder / "more"});
        QCOMPARE(count(project, "near_duplicate:yes"), 6);
        must(findNearDuplicates(project, {}, {}));
        QCOMPARE(count(project, "near_duplicate:yes"), 6);
        writeFile(folder / "third/sad/new.png", pngFile(waves(96, 10)));
        imported(project, {.path = folder / "third"});
        QCOMPARE(lastNearDuplicateSearch(project)->samplesSince, 1);
    }

    void stoppedItKeepsTheFormerGroups()
    {
        const TemporaryFolder folder;
        Project project = pictureProject(folder);
        must(findNearDuplicates(project, {}, {}));
        std::stop_source source;
        const auto stopped = findNearDuplicates(project, {.distance = 5},
                                                {source.get_token(), [&](const Progress &) { source.request_stop(); }});
        QCOMPARE(stopped.error().code, ErrorCode::Cancelled);
        QCOMPARE(count(project, "near_duplicate:yes"), 6);
        QCOMPARE(lastNearDuplicateSearch(project)->distance, 7);
    }

    void whatHasNothingToSeeIsNearToNothing()
    {
        const TemporaryFolder folder;
        Project project = pictureProject(folder);
        forgetHashes(project);
        QCOMPARE(namesOf(must(findNearDuplicates(project, {}, {})).groups), (Names{{"plain.png", "plain.png"}}));
    }
};

QTEST_APPLESS_MAIN(TestNearDuplicates)
#include "tst_near_duplicates.moc"
