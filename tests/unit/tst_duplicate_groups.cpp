#include "pipeline/store/duplicate_groups.h"

#include "pipeline/store/labels.h"
#include "pipeline/store/near_duplicates.h"
#include "pipeline/store/samples.h"
#include "tests/support/filled_project.h"
#include "tests/support/temporary_folder.h"

#include <QTest>

#include <algorithm>

using namespace mien;
using namespace mien::test;

namespace {

std::vector<DuplicateGroup> groupsOf(const Project &project)
{
    return must(duplicateGroups(project, {}));
}

DuplicateGroup groupOf(const Project &project, std::int64_t first)
{
    for (const DuplicateGroup &group : groupsOf(project))
        if (group.samples.front().value == first)
            return group;
    throw std::runtime_error("there is no group " + std::to_string(first));
}

std::vector<SampleId> ids(std::initializer_list<std::int64_t> values)
{
    std::vector<SampleId> all;
    for (const std::int64_t value : values)
        all.push_back({value});
    return all;
}

DuplicateMember member(std::int64_t id, int side, std::optional<double> blur, int reviews = 0)
{
    DuplicateMember made;
    made.row.id = {id};
    made.row.widthPx = made.row.heightPx = side;
    made.row.reviews = reviews;
    made.blur = blur;
    return made;
}

} // namespace

/// In a filled project of 60 the samples 10 k - 1 and 10 k are pixel-identical; their labels and splits differ, but
/// every 20th has no label.
class TestDuplicateGroups : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void identicalOnesAreKnownFromTheImport()
    {
        const TemporaryFolder folder;
        const Project project = filledProject(folder / "a.mien", 60);
        const auto groups = groupsOf(project);
        QCOMPARE(groups.size(), std::size_t(6));
        for (const DuplicateGroup &group : groups) {
            QCOMPARE(group.samples.size(), std::size_t(2));
            QCOMPARE(group.samples[1].value, group.samples[0].value + 1);
            QVERIFY(!group.isNear && group.crop && group.decision == DuplicateDecision::None);
            QVERIFY(group.isAcrossSplits); // val and test
            QCOMPARE(group.labelsDiffer, group.samples[1].value % 20 != 0);
            QCOMPARE(group.isInConflict, group.labelsDiffer);
        }
        // Conflicts first, each by name.
        QCOMPARE(groups[0].samples[0].value, 9);
        QCOMPARE(groups[1].samples[0].value, 29);
        QCOMPARE(groups[3].samples[0].value, 19);
    }

    void nearOnesJoinIdenticalOnes()
    {
        const TemporaryFolder folder;
        Project project = filledProject(folder / "a.mien", 60);
        must(storeNearDuplicates(project, {ids({9, 10, 19, 3}), ids({41, 42})}, 7, {}));
        QCOMPARE(groupOf(project, 3).samples, ids({3, 9, 10, 19, 20})); // 20 by its twin
        QVERIFY(groupOf(project, 3).isNear);
        QVERIFY(groupOf(project, 41).isNear);
        QVERIFY(!groupOf(project, 41).isAcrossSplits);
        QCOMPARE(groupsOf(project).size(), std::size_t(6));
        QCOMPARE(groupsOf(project).front().samples.size(), std::size_t(5)); // the largest conflict
    }

    void decisionsAreOneStepAndCanBeTakenBack()
    {
        const TemporaryFolder folder;
        Project project = filledProject(folder / "a.mien", 60);
        const std::string before = contentOf(project);
        const auto group = groupOf(project, 9).samples;

        must(keepOneDuplicate(project, group, group[1], "ann"));
        QCOMPARE(groupOf(project, 9).decision, DuplicateDecision::KeptOne);
        QVERIFY(groupOf(project, 9).labelsDiffer && !groupOf(project, 9).isInConflict);
        QCOMPARE(must(countMatching(project, "excluded:yes")), std::int64_t(1));
        QCOMPARE(must(samplesMatching(project, "excluded:yes")), ids({9}));
        QCOMPARE(groupsOf(project).front().samples[0].value, 9); // it stays where it is in the list

        must(keepAllDuplicates(project, group, "ann"));
        QCOMPARE(groupOf(project, 9).decision, DuplicateDecision::KeptAll);
        QCOMPARE(must(countMatching(project, "excluded:yes")), std::int64_t(0));
        QCOMPARE(must(countMatching(project, "tag:duplicate_kept")), std::int64_t(2));

        must(markDuplicateConflict(project, group, "ann"));
        QCOMPARE(groupOf(project, 9).decision, DuplicateDecision::Conflict);
        QCOMPARE(must(countMatching(project, "tag:duplicate_kept")), std::int64_t(0));
        QCOMPARE(must(samplesMatching(project, "tag:duplicate_conflict")), group);
        QVERIFY(groupOf(project, 9).isInConflict);
        must(annotateAll(project, group, {.label = ClassId{4}}, "ann"));
        QVERIFY(!groupOf(project, 9).isInConflict);
        must(project.undo());

        const std::string marked = contentOf(project);
        QCOMPARE(project.nextUndo()->name, std::string("Mark conflict of 2 duplicates"));
        must(project.undo());
        QCOMPARE(groupOf(project, 9).decision, DuplicateDecision::KeptAll);
        must(project.undo());
        QCOMPARE(groupOf(project, 9).decision, DuplicateDecision::KeptOne);
        must(project.undo());
        QCOMPARE(contentOf(project), before);
        QCOMPARE(groupOf(project, 9).decision, DuplicateDecision::None);
        for (int i = 0; i < 3; ++i)
            must(project.redo());
        QCOMPARE(contentOf(project), marked);
    }

    /// Who kept all of two has not seen the third.
    void aNewMemberAsksAgain()
    {
        const TemporaryFolder folder;
        Project project = filledProject(folder / "a.mien", 60);
        must(keepAllDuplicates(project, groupOf(project, 9).samples, "ann"));
        must(storeNearDuplicates(project, {ids({9, 10, 12})}, 7, {}));
        QCOMPARE(groupOf(project, 9).decision, DuplicateDecision::None);
        must(setExcluded(project, ids({12}), true, "ann"));
        QCOMPARE(groupOf(project, 9).decision, DuplicateDecision::KeptAll);
    }

    void wrongDecisionsAreRefused()
    {
        const TemporaryFolder folder;
        Project project = filledProject(folder / "a.mien", 60);
        QCOMPARE(keepOneDuplicate(project, ids({9, 10}), {11}, "ann").error().code, ErrorCode::Invalid);
        QCOMPARE(keepAllDuplicates(project, {}, "ann").error().code, ErrorCode::Invalid);
        QCOMPARE(keepAllDuplicates(project, ids({9, 1000}), "ann").error().code, ErrorCode::NotFound);
        QVERIFY(!project.nextUndo());
    }

    void theBestIsTheLargestThenTheSharpest()
    {
        const auto best = [](std::vector<DuplicateMember> members) { return bestOf(members); };
        QCOMPARE(best({}), std::size_t(0));
        QCOMPARE(best({member(1, 48, 900), member(2, 96, 100)}), std::size_t(1));
        QCOMPARE(best({member(1, 98, 50), member(2, 96, 100)}), std::size_t(1)); // as large, and sharper
        QCOMPARE(best({member(1, 96, {}), member(2, 96, 10)}), std::size_t(1));
        QCOMPARE(best({member(1, 96, 10), member(2, 96, 10, 1)}), std::size_t(1));
        QCOMPARE(best({member(1, 96, 10), member(2, 96, 10)}), std::size_t(0));
    }
};

QTEST_APPLESS_MAIN(TestDuplicateGroups)
#include "tst_duplicate_groups.moc"
