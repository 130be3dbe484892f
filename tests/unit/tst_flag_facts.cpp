#include "pipeline/jobs/flag_run.h"
#include "pipeline/store/labels.h"
#include "pipeline/store/near_duplicates.h"
#include "pipeline/store/runs.h"
#include "pipeline/store/samples.h"
#include "tests/support/filled_project.h"
#include "tests/support/temporary_folder.h"

#include <QTest>

#include <fstream>

using namespace mien;
using namespace mien::test;

namespace {

/// Every sample's own label is the most probable one.
void writeProbabilities(const Project &project, const std::filesystem::path &path)
{
    std::ofstream file(path);
    file << "id";
    for (int c = 1; c <= 7; ++c)
        file << ',' << project.className(ClassId{c});
    file << '\n';
    const auto ids = must(samplesMatching(project, ""));
    for (const SampleRow &row : must(sampleRows(project, ids))) {
        file << row.id.value;
        for (int c = 1; c <= 7; ++c)
            file << ',' << (row.given.value_or(ClassId{1}) == ClassId{c} ? 0.7 : 0.05);
        file << '\n';
    }
}

QString reasonsOf(const Project &project, SampleId sample)
{
    const auto score = scoreOf(project, sample);
    return score ? QString::fromStdString(score->reasonsJson) : QString();
}

} // namespace

/// What the project knows against a label is said beside the scores, and changes none of them.
class TestFlagFacts : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void votersAndNearDuplicatesAreNamed()
    {
        const TemporaryFolder folder;
        Project project = filledProject(folder / "study.mien", 300);
        writeProbabilities(project, folder / "own.csv");
        const FlagRequest request{.probabilities = folder / "own.csv", .ignoreReviews = true};
        must(flagByProbabilities(project, request, {}));
        const auto ids = must(samplesMatching(project, "scored:yes"));
        // A label that its voters did not give, and one of three pictures that are nearly the same.
        const auto rows = must(sampleRows(project, ids));
        const auto voted = std::find_if(rows.begin(), rows.end(), [&](const SampleRow &row) { // most voters say anger
            return !row.votes.empty() && project.className(*row.given) == "anger";
        });
        QVERIFY(voted != rows.end());
        QVERIFY2(!reasonsOf(project, voted->id).contains("annotators"), qPrintable(reasonsOf(project, voted->id)));
        const ClassId other{voted->label->value % 7 + 1};
        must(annotate(project, voted->id, {.label = other}, "ann"));
        const std::vector<SampleId> alike = {rows[7].id, rows[14].id, rows[8].id};
        must(annotate(project, alike[0], {.label = ClassId{1}}, "ann"));
        must(annotate(project, alike[1], {.label = ClassId{1}}, "ann"));
        must(annotate(project, alike[2], {.label = ClassId{2}}, "ann"));
        must(storeNearDuplicates(project, {alike}, 6, {}));
        must(flagByProbabilities(project, request, {}));
        const QString votes = reasonsOf(project, voted->id);
        QVERIFY2(
            votes.contains("annotators say " + QString::fromStdString(std::string(project.className(*voted->given)))),
            qPrintable(votes));
        QVERIFY2(reasonsOf(project, alike[2]).contains("2 pictures that are nearly the same are labelled"),
                 qPrintable(reasonsOf(project, alike[2])));
        QVERIFY(!reasonsOf(project, alike[0]).contains("nearly the same"));
        const double suspicion = scoreOf(project, voted->id)->suspicion;
        FlagRequest without = request;
        without.ignoreVotes = true;
        must(flagByProbabilities(project, without, {}));
        QVERIFY(!reasonsOf(project, voted->id).contains("annotators"));
        QCOMPARE(scoreOf(project, voted->id)->suspicion, suspicion); // said, not counted
    }
};

QTEST_APPLESS_MAIN(TestFlagFacts)
#include "tst_flag_facts.moc"
