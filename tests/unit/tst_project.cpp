#include "pipeline/store/project.h"

#include "pipeline/store/labels.h"
#include "pipeline/store/samples.h"
#include "tests/support/filled_project.h"
#include "tests/support/temporary_folder.h"

#include <QTest>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace mien;
using namespace mien::test;

class TestProject : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    /// SQLite's lock on the file is how another process knows that the log is in use. Opening and closing the file
    /// by hand anywhere in this process would drop it, and the other process would fold the log away under us.
    void openingAgainKeepsTheLock()
    {
        const TemporaryFolder folder;
        const auto path = folder / "a.mien";
        const Project writer = must(Project::create(path, "a"));
        for (int i = 0; i < 3; ++i)
            must(Project::open(path, Project::Access::Read));
        const pid_t child = ::fork();
        if (child == 0) {
            const int file = ::open((path / "project.db").c_str(), O_RDWR | O_CLOEXEC);
            struct flock lock
            {
            };
            lock.l_type = F_WRLCK;
            lock.l_whence = SEEK_SET;
            lock.l_start = 0x40000002; // SQLite's shared range
            lock.l_len = 510;
            const bool held = ::fcntl(file, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
            ::_exit(held ? 0 : 1);
        }
        int status = -1;
        QCOMPARE(::waitpid(child, &status, 0), child);
        QVERIFY(WIFEXITED(status));
        QCOMPARE(WEXITSTATUS(status), 0);
    }

    void createsAndOpens()
    {
        const TemporaryFolder folder;
        {
            const Project made = must(Project::create(folder / "a.mien", "Faces"));
            QVERIFY(made.isWritable());
        }
        const Project opened = must(Project::open(folder / "a.mien", Project::Access::Read));
        QCOMPARE(opened.name(), std::string("Faces"));
        QVERIFY(!opened.isWritable());
        QCOMPARE(opened.classes().front().name, std::string("anger")); // digit 1
    }

    void refusesFoldersWithOtherThings()
    {
        const TemporaryFolder folder;
        must(filledProject(folder / "a.mien", 3).setSetting("x", "y"));
        const auto again = Project::create(folder / "a.mien", "B");
        QVERIFY(!again);
        QCOMPARE(again.error().code, ErrorCode::Conflict);
        const auto none = Project::open(folder / "none", Project::Access::Read);
        QCOMPARE(none.error().code, ErrorCode::NotFound);
    }

    void latestPersonWinsAndUndoGoesBack()
    {
        const TemporaryFolder folder;
        Project project = filledProject(folder / "a.mien", 50);
        const std::string start = contentOf(project);
        const SampleId sample{3};
        Verdict verdict;
        verdict.label = project.classNamed("sad");
        must(annotate(project, sample, verdict, "ann"));
        verdict.label = project.classNamed("fear");
        must(annotate(project, sample, verdict, "bob"));
        QCOMPARE(must(sampleRows(project, std::span(&sample, 1)))[0].label, project.classNamed("fear"));
        QCOMPARE(must(project.undo()).name, std::string("Label faces.csv#row:2: fear"));
        QCOMPARE(must(sampleRows(project, std::span(&sample, 1)))[0].label, project.classNamed("sadness"));
        must(project.undo());
        QCOMPARE(contentOf(project), start);
        QVERIFY(!project.undo());
        must(project.redo());
        must(project.redo());
        QCOMPARE(must(sampleRows(project, std::span(&sample, 1)))[0].reviews, 2);
    }

    void newEditClearsRedo()
    {
        const TemporaryFolder folder;
        Project project = filledProject(folder / "a.mien", 5);
        const SampleId sample{1};
        must(addTag(project, std::span(&sample, 1), "glasses", "ann"));
        must(project.undo());
        QVERIFY(project.nextRedo());
        must(setExcluded(project, std::span(&sample, 1), true, "ann"));
        QVERIFY(!project.nextRedo());
        QCOMPARE(project.redo().error().code, ErrorCode::NotFound);
    }
};

QTEST_APPLESS_MAIN(TestProject)
#include "tst_project.moc"
