#include "pipeline/store/doctor.h"
#include "pipeline/store/labels.h"
#include "pipeline/store/samples.h"
#include "tests/support/filled_project.h"
#include "tests/support/reliability.h"
#include "tests/support/temporary_folder.h"

#include <QTest>

#include <csignal>
#include <map>
#include <random>
#include <sys/wait.h>
#include <unistd.h>

using namespace mien;
using namespace mien::test;

class TestDurability : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    /// A second process labels by the call that the review and `mien label` make; each label is reported once
    /// annotate() came back. Killed at a random moment, every reported label is there, and at most one more.
    void labelsReportedAsSavedSurviveAKill()
    {
        struct Saved
        {
            int sample = 0, label = 0;
        };
        const std::uint32_t seed = seedOf(23);
        std::mt19937 random(seed);
        int labels = 0, lost = 0;
        const int points = pointsOf(10, 1000);
        const TemporaryFolder folder;
        {
            filledProject(folder / "a.mien", 500);
        }
        for (int i = 0; i < points; ++i) {
            int saved[2];
            QCOMPARE(::pipe(saved), 0);
            const std::string who = "run" + std::to_string(i);
            const pid_t child = ::fork();
            if (child == 0) {
                auto project = Project::open(folder / "a.mien", Project::Access::Write);
                for (int n = 0; project; ++n) {
                    const Saved made{1 + n % 500, 1 + (n + i) % 7};
                    Verdict verdict;
                    verdict.label = ClassId{made.label};
                    if (!annotate(*project, SampleId{made.sample}, verdict, who))
                        break;
                    if (n % 9 == 8 && (!project->undo() || !project->redo()))
                        break;
                    if (::write(saved[1], &made, sizeof made) != sizeof made)
                        break;
                }
                ::_exit(1);
            }
            ::close(saved[1]);
            std::vector<Saved> reported;
            if (i % 4 != 0) { // every fourth is killed as early as while it opens the project
                Saved first;
                QCOMPARE(::read(saved[0], &first, sizeof first), ssize_t(sizeof first));
                reported.push_back(first);
            }
            ::usleep(static_cast<useconds_t>(std::uniform_int_distribution(0, 200'000)(random)));
            ::kill(child, SIGKILL);
            int status = 0;
            ::waitpid(child, &status, 0);
            QVERIFY(WIFSIGNALED(status));
            for (Saved made; ::read(saved[0], &made, sizeof made) == sizeof made;)
                reported.push_back(made);
            ::close(saved[0]);

            Project project = must(Project::open(folder / "a.mien", Project::Access::Write));
            std::size_t stored = 0;
            for (const Edit &edit : project.history(10'000))
                stored += edit.by == who && !edit.withdrawnAtMs ? 1 : 0;
            std::map<int, int> last;
            for (const Saved &made : reported)
                last[made.sample] = made.label;
            for (const SampleRow &row : must(sampleRows(project, must(samplesMatching(project, "")))))
                if (const auto found = last.find(static_cast<int>(row.id.value)); found != last.end()) {
                    // Of the edit that was not reported any more, at most one, nothing is known.
                    const bool isNext =
                        stored > reported.size() && row.id.value == 1 + static_cast<int>(reported.size()) % 500;
                    lost += !isNext && (!row.label || row.label->value != found->second) ? 1 : 0;
                }
            labels += static_cast<int>(reported.size());
            lost += stored < reported.size() ? static_cast<int>(reported.size() - stored) : 0;
            QVERIFY2(lost == 0 && stored <= reported.size() + 1,
                     qPrintable(QString("seed %1, point %2: %3 reported, %4 stored")
                                    .arg(seed)
                                    .arg(i)
                                    .arg(reported.size())
                                    .arg(stored)));
            if (i % 5 == 0) {
                for (const ProjectProblem &problem : must(examine(project, false, {})))
                    QVERIFY2(false, problem.what.c_str());
            }
        }
        qInfo("%d labels reported, %d lost", labels, lost);
        reportReliability("R1", "labelling at full speed, SIGKILL:", points, lost, seed);
        QVERIFY(labels >= points / 2);
    }
};

QTEST_APPLESS_MAIN(TestDurability)
#include "tst_durability.moc"
