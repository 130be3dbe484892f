#include "pipeline/store/doctor.h"
#include "pipeline/store/labels.h"
#include "pipeline/store/samples.h"
#include "tests/support/filled_project.h"
#include "tests/support/temporary_folder.h"

#include <QTest>

#include <csignal>
#include <random>
#include <sys/wait.h>
#include <unistd.h>

using namespace mien;
using namespace mien::test;

class TestDurability : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    /// A second process labels; each label is reported once annotate() came back. Killed at a random moment, every
    /// reported label is there, and at most one more.
    void labelsReportedAsSavedSurviveAKill()
    {
        std::mt19937 random(23);
        int labels = 0, lost = 0;
        const TemporaryFolder folder;
        { filledProject(folder / "a.mien", 500); }
        for (int i = 0; i < pointsOf(10, 1000); ++i) {
            int saved[2];
            QCOMPARE(::pipe(saved), 0);
            const std::string who = "run" + std::to_string(i);
            const pid_t child = ::fork();
            if (child == 0) {
                auto project = Project::open(folder / "a.mien", Project::Access::Write);
                for (int n = 0; project; ++n) {
                    Verdict verdict;
                    verdict.label = ClassId{1 + n % 7};
                    const int sample = 1 + n % 500;
                    if (!annotate(*project, SampleId{sample}, verdict, who))
                        break;
                    if (n % 9 == 8 && (!project->undo() || !project->redo()))
                        break;
                    if (::write(saved[1], &sample, sizeof sample) != sizeof sample)
                        break;
                }
                ::_exit(1);
            }
            ::close(saved[1]);
            ::usleep(static_cast<useconds_t>(std::uniform_int_distribution(20'000, 250'000)(random)));
            ::kill(child, SIGKILL);
            int status = 0;
            ::waitpid(child, &status, 0);
            QVERIFY(WIFSIGNALED(status));
            int reported = 0;
            for (int sample = 0; ::read(saved[0], &sample, sizeof sample) == sizeof sample;)
                ++reported;
            ::close(saved[0]);

            Project project = must(Project::open(folder / "a.mien", Project::Access::Write));
            int stored = 0;
            for (const Edit &edit : project.history(1'000'000))
                stored += edit.by == who ? 1 : 0;
            labels += reported;
            lost += std::max(0, reported - stored);
            QVERIFY2(stored >= reported && stored <= reported + 1,
                     qPrintable(QString("%1 reported, %2 stored").arg(reported).arg(stored)));
            if (i % 5 == 0) {
                // Killed while it wrote its lease, it leaves a file beside it: that harms nothing.
                for (const ProjectProblem &problem : must(examine(project, false, {})))
                    QVERIFY2(problem.kind == "leftover", problem.what.c_str());
            }
        }
        qInfo("%d labels reported, %d lost", labels, lost);
        QCOMPARE(lost, 0);
    }
};

QTEST_APPLESS_MAIN(TestDurability)
#include "tst_durability.moc"
