#include "pipeline/store/runs.h"

#include "pipeline/store/labels.h"
#include "pipeline/store/sample_table.h"
#include "pipeline/store/samples.h"
#include "tests/support/filled_project.h"
#include "tests/support/temporary_folder.h"

#include <QTest>

#include <algorithm>

using namespace mien;
using namespace mien::test;

namespace {

/// Suspicion rises with the id; the upper half is flagged.
std::vector<ScoreRow> scoresOf(const Project &project)
{
    const auto rows = must(sampleRows(project, must(samplesMatching(project, ""))));
    std::vector<ScoreRow> scores;
    for (const SampleRow &row : rows) {
        ScoreRow score;
        score.sample = row.id;
        score.scoredLabel = row.label.value_or(ClassId{});
        score.suspicion = static_cast<double>(row.id.value) / static_cast<double>(rows.size());
        score.margin = 1 - score.suspicion;
        score.predicted = ClassId{3};
        score.suggested = ClassId{3};
        score.flagged = score.suspicion > 0.5;
        score.probabilities = {0.25f, 0.75f};
        score.reasonsJson = "[]";
        scores.push_back(score);
    }
    return scores;
}

SampleRow rowOf(const Project &project, SampleId sample)
{
    return must(sampleRows(project, std::span(&sample, 1))).at(0);
}

} // namespace

class TestFlaggings : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void verdictMovesTheFlagAndUndoTakesItBack_data()
    {
        QTest::addColumn<int>("kind");
        QTest::addColumn<bool>("sameAsGiven");
        QTest::addColumn<QString>("expected");
        QTest::newRow("another label") << int(Verdict::Kind::Label) << false << "accepted";
        QTest::newRow("given label") << int(Verdict::Kind::Label) << true << "rejected";
        QTest::newRow("unsure") << int(Verdict::Kind::Unsure) << false << "open";
        QTest::newRow("skip") << int(Verdict::Kind::Skip) << false << "open";
        QTest::newRow("not a face") << int(Verdict::Kind::NotAFace) << false << "accepted";
    }

    void verdictMovesTheFlagAndUndoTakesItBack()
    {
        QFETCH(int, kind);
        QFETCH(bool, sameAsGiven);
        QFETCH(QString, expected);
        const TemporaryFolder folder;
        Project project = filledProject(folder / "a.mien", 40);
        must(storeFlagging(project, {}, scoresOf(project)));
        QCOMPARE(flagCounts(project).open, 20);
        const SampleId sample{30};
        const ClassId given = *rowOf(project, sample).given;
        Verdict verdict;
        verdict.kind = static_cast<Verdict::Kind>(kind);
        if (verdict.kind == Verdict::Kind::Label)
            verdict.label = sameAsGiven ? given : ClassId{given.value % 7 + 1};
        must(annotate(project, sample, verdict, "ann"));
        QCOMPARE(QString::fromStdString(std::string(nameOf(rowOf(project, sample).flag))), expected);
        must(project.undo());
        QCOMPARE(rowOf(project, sample).flag, FlagState::Open);
        QCOMPARE(flagCounts(project).open, 20);
    }

    void decidedFlagsStayDecidedWhenFlaggedAgain()
    {
        const TemporaryFolder folder;
        Project project = filledProject(folder / "a.mien", 40);
        must(storeFlagging(project, {}, scoresOf(project)));
        Verdict verdict;
        verdict.label = ClassId{7};
        must(annotate(project, SampleId{31}, verdict, "ann")); // given 3
        must(annotate(project, SampleId{5}, verdict, "ann"));  // not flagged
        QCOMPARE(rowOf(project, SampleId{5}).flag, FlagState::None);
        QVERIFY(rowOf(project, SampleId{31}).stale);
        auto again = scoresOf(project);
        again[4].flagged = true;
        again[30].flagged = false;
        must(storeFlagging(project, {}, again));
        QCOMPARE(rowOf(project, SampleId{31}).flag, FlagState::Accepted);
        QCOMPARE(rowOf(project, SampleId{5}).flag, FlagState::Accepted);
        QVERIFY(!rowOf(project, SampleId{31}).stale);
    }

    void listsWorstFirst()
    {
        const TemporaryFolder folder;
        Project project = filledProject(folder / "a.mien", 40);
        FlaggingRow flagging;
        flagging.method = "fused";
        flagging.classes = {"neutral", "sadness"};
        must(storeFlagging(project, flagging, scoresOf(project)));
        const auto top = must(flaggedSamples(project, "open", 3));
        QCOMPARE(top.size(), std::size_t(3));
        QCOMPARE(top[0].value, 40);
        QCOMPARE(top[2].value, 38);
        QCOMPARE(must(flaggedSamples(project, "", {})).size(), std::size_t(40));
        QCOMPARE(currentFlagging(project)->classes.size(), std::size_t(2));
        QCOMPARE(currentFlagging(project)->flagged, 20);
        const auto score = scoreOf(project, SampleId{7});
        QCOMPARE(score->probabilities, (std::vector<float>{0.25f, 0.75f}));
        QCOMPARE(must(countMatching(project, "suspicion>0.5 predicted:sad")), 20);
    }

    void attentionIsThatOfTheCurrentFlagging()
    {
        const TemporaryFolder folder;
        Project project = filledProject(folder / "a.mien", 40);
        auto scores = scoresOf(project);
        for (ScoreRow &score : scores)
            score.attention = {{"attention.eyes", double(score.sample.value) / 100}, {"attention.mouth", 0.5}};
        scores[6].attention.clear(); // without positive evidence
        must(storeFlagging(project, {}, scores));
        QCOMPARE(must(countMatching(project, "attention.eyes<0.05")), 4);
        QCOMPARE(must(countMatching(project, "attention.mouth>0.4")), 39);
        QCOMPARE(must(samplesMatching(project, "", {"attention.eyes", true}, 2)),
                 (std::vector<SampleId>{SampleId{40}, SampleId{39}}));
        QCOMPARE(must(samplesMatching(project, "", {"attention.eyes", false})).back(),
                 SampleId{7}); // without one: last

        // Flagged again by a network without class maps: what the former one looked at is gone with its scores.
        must(storeFlagging(project, {}, scoresOf(project)));
        const auto measured = measuredNames(project);
        QVERIFY(std::none_of(measured.begin(), measured.end(),
                             [](const std::string &name) { return name.starts_with("attention."); }));
        QCOMPARE(must(countMatching(project, "attention.eyes<0.05")), 0);
    }

    void runsKeepTheirNumbers()
    {
        const TemporaryFolder folder;
        Project project = filledProject(folder / "a.mien", 10);
        RunRow run;
        run.network = "eac-compact";
        run.state = "running";
        QCOMPARE(must(addRun(project, run)), std::string("r1"));
        QCOMPARE(must(addRun(project, run)), std::string("r2"));
        QVERIFY(std::filesystem::is_directory(project.folder() / "runs" / "r2"));
        must(deleteRun(project, "r2"));
        QVERIFY(!std::filesystem::exists(project.folder() / "runs" / "r2"));
        QCOMPARE(must(addRun(project, run)), std::string("r3"));
        run = *runNamed(project, "r3");
        run.state = "done";
        run.finishedAtMs = 5;
        must(updateRun(project, run));
        QCOMPARE(runs(project).back().state, std::string("done"));
        QCOMPARE(updateRun(project, RunRow{"r9"}).error().code, ErrorCode::NotFound);

        must(storePredictions(project, "r3", {{SampleId{4}, ClassId{7}, ClassId{1}, 2, 0.9f}}));
        QCOMPARE(must(countMatching(project, "predicted:anger")), 1);
        QCOMPARE(must(countMatching(project, "run:r3")), 1);
        QCOMPARE(predictionsOf(project, "r3").at(0).fold, 2);
        must(deleteRun(project, "r3"));
        QCOMPARE(must(countMatching(project, "predicted:anger")), 0);
    }
};

QTEST_APPLESS_MAIN(TestFlaggings)
#include "tst_flaggings.moc"
