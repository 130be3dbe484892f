#include "pipeline/store/current_labels.h"
#include "pipeline/store/doctor.h"
#include "pipeline/store/labels.h"
#include "pipeline/store/runs.h"
#include "pipeline/store/samples.h"
#include "tests/support/filled_project.h"
#include "tests/support/temporary_folder.h"

#include <QTest>
#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <chrono>
#include <random>

using namespace mien;
using namespace mien::test;

namespace {

constexpr int sampleCount = 40;

/// Random commands of every kind, and beside them what the project must look like: contents by place in the ledger.
class Walk
{
public:
    Walk(const std::filesystem::path &folder, unsigned seed)
        : m_folder(folder)
        , m_random(seed)
    {
        m_project.emplace(filledProject(folder, sampleCount));
        std::vector<ScoreRow> scores;
        for (int i = 1; i <= sampleCount; ++i) {
            ScoreRow score;
            score.sample = {i};
            score.suspicion = i / double(sampleCount);
            score.flagged = i % 2 == 0;
            scores.push_back(score);
        }
        must(storeFlagging(*m_project, {}, scores));
        m_contents.push_back(contentOf(*m_project));
    }

    /// False when the project is not as it must be.
    bool step()
    {
        const int command = below(12);
        if (command == 0) {
            m_project.reset();
            m_project.emplace(must(Project::open(m_folder, Project::Access::Write)));
        } else if (command <= 3) {
            const auto undone = m_project->undo();
            if (undone.has_value() != (m_at > 0))
                return false;
            m_at -= undone ? 1 : 0;
        } else if (command <= 5) {
            const auto redone = m_project->redo();
            if (redone.has_value() != (m_at + 1 < m_contents.size()))
                return false;
            m_at += redone ? 1 : 0;
        } else {
            edit();
            m_contents.resize(++m_at);
            m_contents.push_back(contentOf(*m_project));
            return true;
        }
        return contentOf(*m_project) == m_contents[m_at];
    }

    bool undoAllIsStart()
    {
        while (m_project->undo())
            ;
        return contentOf(*m_project) == m_contents.front();
    }

    bool redoAllIsEnd()
    {
        while (m_project->redo())
            ;
        return contentOf(*m_project) == m_contents.back();
    }

    /// What edit after edit was refreshed is what all facts together say.
    bool isAsAllFactsSay() { return findWrongCurrent(m_project->database()) == 0; }

    bool isHealthy() { return must(examine(*m_project, false, {})).empty(); }

private:
    int below(int end) { return std::uniform_int_distribution(0, end - 1)(m_random); }

    void edit()
    {
        std::vector<SampleId> samples;
        for (int i = below(6); i >= 0; --i)
            samples.push_back({1 + below(sampleCount)});
        const std::string who = below(2) ? "ann" : "bob";
        switch (below(7)) {
        case 0: must(addTag(*m_project, samples, below(2) ? "a" : "b", who)); break;
        case 1: must(removeTag(*m_project, samples, below(2) ? "a" : "b", who)); break;
        case 2: must(assignSplit(*m_project, samples, static_cast<Split>(below(4)), who)); break;
        case 3: must(setExcluded(*m_project, samples, below(2) == 0, who)); break;
        case 4: adjudicate(samples, who); break;
        default: {
            Verdict verdict;
            verdict.kind = static_cast<Verdict::Kind>(below(4));
            if (verdict.kind == Verdict::Kind::Label)
                verdict.label = ClassId{1 + below(7)};
            must(annotateAll(*m_project, samples, verdict, who));
        }
        }
    }

    /// Answers of both kinds in one edit, several of the same samples, as merged work of others brings them.
    void adjudicate(const std::vector<SampleId> &samples, const std::string &who)
    {
        const auto merge = [&](SQLite::Database &database, EditId edit) -> Result<std::vector<SampleId>> {
            database.exec("INSERT OR IGNORE INTO annotators (name) VALUES ('" + who + "')");
            SQLite::Statement insert(database, "INSERT INTO annotations (edit_id, sample_id, annotator_id, source,"
                                               " verdict, class_id, at_ms) VALUES (?, ?, 1, ?, 0, ?, 0)");
            for (int i = below(3); i >= 0; --i) {
                for (const SampleId sample : samples) {
                    insert.bind(1, edit.value);
                    insert.bind(2, sample.value);
                    insert.bind(3, below(4) == 0 ? 3 : 1);
                    insert.bind(4, 1 + below(7));
                    insert.exec();
                    insert.reset();
                }
            }
            return samples;
        };
        must(m_project->edit("Merge", who, merge));
    }

    std::filesystem::path m_folder;
    std::mt19937 m_random;
    std::optional<Project> m_project;
    std::vector<std::string> m_contents;
    std::size_t m_at = 0;
};

} // namespace

class TestUndo : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void everyStateComesBack_data()
    {
        QTest::addColumn<unsigned>("seed");
        for (int seed = 1; seed <= pointsOf(3, 100); ++seed)
            QTest::addRow("seed %d", seed) << unsigned(seed);
    }

    void everyStateComesBack()
    {
        QFETCH(unsigned, seed);
        const TemporaryFolder folder;
        Walk walk(folder / "a.mien", seed);
        for (int i = 0; i < pointsOf(150, 10'000); ++i) {
            QVERIFY2(walk.step(), qPrintable(QString("command %1").arg(i)));
            if (i < 150 || i % 100 == 0) // it reads all facts, and there are more and more
                QVERIFY2(walk.isAsAllFactsSay(), qPrintable(QString("command %1").arg(i)));
        }
        QVERIFY(walk.redoAllIsEnd());
        QVERIFY(walk.undoAllIsStart());
        QVERIFY(walk.isAsAllFactsSay());
        QVERIFY(walk.redoAllIsEnd());
        QVERIFY(walk.isHealthy());
    }

    void failedEditLeavesNothing()
    {
        const TemporaryFolder folder;
        Project project = filledProject(folder / "a.mien", 5);
        const std::string before = contentOf(project);
        const std::vector<SampleId> withUnknown{{1}, {2}, {99}};
        const auto failed = addTag(project, withUnknown, "x", "ann");
        QCOMPARE(failed.error().code, ErrorCode::NotFound);
        QVERIFY(failed.error().message.find("99") != std::string::npos);
        QVERIFY(project.history(10).empty());
        QCOMPARE(contentOf(project), before);
        Verdict verdict;
        verdict.label = ClassId{4444};
        QVERIFY(!annotate(project, SampleId{1}, verdict, "ann"));
        QCOMPARE(contentOf(project), before);
    }

    void historyNamesEveryEdit()
    {
        const TemporaryFolder folder;
        Project project = filledProject(folder / "a.mien", 12);
        const auto all = must(samplesMatching(project, ""));
        Verdict verdict;
        verdict.label = ClassId{3};
        must(annotateAll(project, all, verdict, "ann"));
        verdict.kind = Verdict::Kind::NotAFace;
        must(annotate(project, SampleId{1}, verdict, "bob"));
        must(assignSplit(project, all, Split::Val, "ann"));
        must(project.undo());
        const auto history = project.history(10);
        QCOMPARE(history.size(), std::size_t(3));
        QCOMPARE(history[0].name, std::string("Move 12 images to val"));
        QVERIFY(history[0].withdrawnAtMs);
        QCOMPARE(history[1].name, std::string("Mark faces.csv#row:0: not a face"));
        QCOMPARE(history[1].by, std::string("bob"));
        QCOMPARE(history[2].name, std::string("Label 12 images: sadness"));
        QCOMPARE(history[2].samples, 12);
        QCOMPARE(project.history(1, 2)[0].id.value, history[2].id.value);
        QVERIFY(project.nextRedo()->id == history[0].id);
    }
};

QTEST_APPLESS_MAIN(TestUndo)
#include "tst_undo.moc"
