#include "pipeline/store/samples.h"

#include "pipeline/store/labels.h"
#include "pipeline/store/runs.h"
#include "pipeline/store/sample_table.h"
#include "pipeline/store/strips.h"
#include "tests/support/filled_project.h"
#include "tests/support/temporary_folder.h"

#include <QTest>

#include <algorithm>
#include <random>

using namespace mien;
using namespace mien::test;

class TestSamples : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        m_folder = std::make_unique<TemporaryFolder>();
        m_project.emplace(filledProject(*m_folder / "a.mien", 9000)); // more than is sorted outside SQLite
        std::mt19937 random(5);
        std::vector<ScoreRow> scores;
        for (int i = 1; i <= 8000; ++i) {
            ScoreRow score;
            score.sample = {i};
            score.suspicion = static_cast<double>(random() % 50) / 50; // many ties
            score.margin = static_cast<double>(random() % 50) / 50;
            score.predicted = {1 + static_cast<int>(random() % 7)};
            scores.push_back(score);
        }
        must(storeFlagging(*m_project, {}, scores));
        std::vector<SampleMeasures> measures;
        for (int i = 1; i <= 7000; ++i)
            measures.push_back({{i}, {{"drowsiness.perclos", static_cast<double>(random() % 40) / 40}}});
        must(storeMeasures(*m_project, measures, "test"));
    }

    void cleanupTestCase()
    {
        m_project.reset();
        m_folder.reset();
    }

    void pagesAddUpToTheWholeList_data()
    {
        QTest::addColumn<QString>("key");
        QTest::addColumn<bool>("descending");
        QTest::addColumn<QString>("filter");
        std::vector<std::string> keys = sortKeys();
        keys.emplace_back("drowsiness.perclos");
        for (const std::string &key : keys) {
            for (const char *filter : {"", "label:fear", "split:train -subject:S3"}) {
                for (const bool descending : {false, true})
                    QTest::addRow("%s %s '%s'", key.c_str(), descending ? "down" : "up", filter)
                        << QString::fromStdString(key) << descending << filter;
            }
        }
    }

    void pagesAddUpToTheWholeList()
    {
        QFETCH(QString, key);
        QFETCH(bool, descending);
        QFETCH(QString, filter);
        const SampleOrder order{key.toStdString(), descending};
        const auto all = must(samplesMatching(*m_project, filter.toStdString(), order));
        QCOMPARE(std::int64_t(all.size()), must(countMatching(*m_project, filter.toStdString())));
        std::vector<SampleId> paged;
        while (true) {
            const auto page = must(samplesMatching(*m_project, filter.toStdString(), order, 997,
                                                   paged.empty() ? std::nullopt : std::optional(paged.back())));
            if (page.empty())
                break;
            paged.insert(paged.end(), page.begin(), page.end());
            QVERIFY(paged.size() <= all.size());
        }
        QVERIFY(paged == all);
    }

    void samplesWithoutAValueComeLast()
    {
        for (const bool descending : {false, true}) {
            const auto all = must(samplesMatching(*m_project, "", {"suspicion", descending}));
            for (std::size_t i = 0; i < all.size(); ++i)
                QCOMPARE(all[i].value > 8000, i >= 8000);
        }
    }

    void measuresAreListedAndSortedBy()
    {
        for (const bool descending : {false, true}) {
            std::vector<double> values;
            int without = 0;
            const std::vector<std::string> columns{"id", "drowsiness.perclos"};
            must(readSampleTable(*m_project, "drowsiness.perclos>=0 OR id>8000", {"drowsiness.perclos", descending}, {},
                                 columns, [&](std::span<const Cell> row) {
                                     if (const auto *value = std::get_if<double>(&row[1]))
                                         values.push_back(without == 0 ? *value : -1); // none comes after
                                     else
                                         ++without;
                                     return true;
                                 }));
            QCOMPARE(values.size(), std::size_t(7000));
            QCOMPARE(without, 1000);
            QVERIFY(values.front() != values.back());
            QVERIFY(descending ? std::is_sorted(values.rbegin(), values.rend())
                               : std::is_sorted(values.begin(), values.end()));
        }
        const auto unknown = samplesMatching(*m_project, "", {"quality.blurr", false});
        QVERIFY(!unknown);
        QVERIFY2(unknown.error().message.find("drowsiness.perclos") != std::string::npos,
                 unknown.error().message.c_str());
    }

    void rowsComeInTheOrderAskedFor()
    {
        const std::vector<SampleId> ids{{700}, {3}, {999'999}, {5000}, {3}};
        const auto rows = must(sampleRows(*m_project, ids));
        QCOMPARE(rows.size(), std::size_t(4));
        QCOMPARE(rows[0].id.value, 700);
        QCOMPARE(rows[1].source, std::string("faces.csv#row:2"));
        QCOMPARE(rows[3].id.value, 3);
        QCOMPARE(rows[1].votes.at("anger"), 8);
        QCOMPARE(rows[1].subject, std::string("S2"));
        QVERIFY(rows[1].crop);
    }

    void countsAddUp()
    {
        std::int64_t samples = 0, unlabeled = 0;
        for (const ClassCount &count : must(countsByLabel(*m_project, ""))) {
            samples += count.samples;
            unlabeled += count.state == LabelState::Unlabeled ? count.samples : 0;
        }
        QCOMPARE(samples, 9000);
        QCOMPARE(unlabeled, 450);
        const auto splits = must(countsBySplit(*m_project, "label:fear"));
        QCOMPARE(splits.size(), std::size_t(3));
        QCOMPARE(subjectCount(*m_project), 13);
    }

    void drawnFacesKeepTheirProbability()
    {
        Verdict drawn;
        drawn.label = ClassId{3};
        drawn.samplingProbability = 0.25;
        must(annotate(*m_project, SampleId{11}, drawn, "ann"));
        Verdict byRank;
        byRank.label = ClassId{4};
        must(annotate(*m_project, SampleId{12}, byRank, "ann"));
        must(annotate(*m_project, SampleId{11}, byRank, "ann")); // seen again among the worst: it stays drawn
        drawn.kind = Verdict::Kind::Skip;
        must(annotate(*m_project, SampleId{13}, drawn, "ann")); // no answer
        drawn.kind = Verdict::Kind::Label;
        drawn.samplingProbability = 0.5;
        must(annotate(*m_project, SampleId{14}, drawn, "ann"));
        must(m_project->undo());
        must(annotate(*m_project, SampleId{15}, drawn, "ann"));

        const auto found = must(drawnSamples(*m_project));
        QCOMPARE(found.size(), std::size_t(2));
        QCOMPARE(found[0].sample.value, 11);
        QCOMPARE(found[0].samplingProbability, 0.25);
        QCOMPARE(found[1].sample.value, 15);
        QCOMPARE(found[1].samplingProbability, 0.5);
        const auto history = annotationsOf(*m_project, SampleId{11});
        QCOMPARE(history.size(), std::size_t(2));
        QCOMPARE(history[0].samplingProbability, std::optional(0.25));
        QVERIFY(!history[1].samplingProbability);

        for (const double wrong : {0.0, -0.5, 1.5}) {
            drawn.samplingProbability = wrong;
            QCOMPARE(annotate(*m_project, SampleId{16}, drawn, "ann").error().code, ErrorCode::Invalid);
        }
        // The database does not look classes up for an edit.
        const std::size_t before = annotationsOf(*m_project, SampleId{16}).size();
        for (const Verdict &unknown :
             {Verdict{.label = ClassId{4711}}, Verdict{.label = ClassId{1}, .second = ClassId{4711}}})
            QCOMPARE(annotate(*m_project, SampleId{16}, unknown, "ann").error().code, ErrorCode::Invalid);
        QCOMPARE(annotationsOf(*m_project, SampleId{16}).size(), before);
        while (m_project->undo())
            ;
    }

    void unknownOrderIsExplained()
    {
        const auto wrong = samplesMatching(*m_project, "", {"beauty", false});
        QCOMPARE(wrong.error().code, ErrorCode::Invalid);
        QVERIFY(wrong.error().message.find("suspicion") != std::string::npos);
    }

private:
    std::unique_ptr<TemporaryFolder> m_folder;
    std::optional<Project> m_project;
};

QTEST_APPLESS_MAIN(TestSamples)
#include "tst_samples.moc"
