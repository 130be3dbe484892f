// A label that the window calls saved is there, whatever happens next: the real window labels by keys in a process of
// its own (`tst_review_kill --review PROJECT`) that is killed with SIGKILL.

#include "pipeline/store/doctor.h"
#include "pipeline/store/samples.h"
#include "studio/app/main_window.h"
#include "studio/common/project_session.h"
#include "studio/common/theme.h"
#include "studio/review/review_desk.h"
#include "studio/review/review_page.h"
#include "tests/support/filled_project.h"
#include "tests/support/opened_window.h"
#include "tests/support/reliability.h"
#include "tests/support/scored_project.h"
#include "tests/support/temporary_folder.h"

#include <QApplication>
#include <QFile>
#include <QProcess>
#include <QTest>

#include <csignal>
#include <cstdio>
#include <map>
#include <random>

using namespace mien;
using namespace mien::test;

namespace {

constexpr int kSamples = 400;
constexpr int kMostMs = 1500; ///< Of labelling, until it is killed at the latest.

enum Status { NeverOpened = 2, NeverShown, NeverSaved, QueueEnded };

/// Labels face after face; says "shown" when the first one is there, and "saved SAMPLE KEY" once the window does.
[[noreturn]] void reviewUntilKilled(const QString &project)
{
    Theme::instance().install(*qApp);
    auto &window = *new MainWindow;
    if (!openProject(window, project))
        std::_Exit(NeverOpened);
    window.session()->setAnnotator(QStringLiteral("ann"));
    window.showPage(QStringLiteral("review"));
    window.activateWindow();
    auto *page = qobject_cast<ReviewPage *>(window.page(QStringLiteral("review")));
    const auto isReady = [&] {
        return window.isActiveWindow() && page->desk() && !page->desk()->isLoading() &&
               (page->desk()->queue().atEnd() || page->desk()->face());
    };
    if (!QTest::qWaitFor(isReady, 60'000))
        std::_Exit(NeverShown);
    std::printf("shown\n");
    std::fflush(stdout);
    for (int number = 0; QTest::qWaitFor(isReady, 60'000); ++number) {
        const ReviewQueue &queue = page->desk()->queue();
        const auto sample = queue.current();
        if (!sample)
            std::_Exit(QueueEnded);
        const int key = 1 + number % 7, before = queue.position();
        QTest::keyClick(&window, Qt::Key(Qt::Key_0 + key));
        const auto isSaved = [&] {
            return page->desk()->queue().position() > before &&
                   window.session()->savedState() == ProjectSession::SavedState::Saved;
        };
        if (!QTest::qWaitFor(isSaved, 60'000))
            std::_Exit(NeverSaved);
        std::printf("saved %lld %d\n", static_cast<long long>(sample->value), key);
        std::fflush(stdout);
    }
    std::_Exit(NeverShown);
}

/// What the window said was saved: sample and key. A line that the kill cut short said nothing.
std::map<std::int64_t, int> savedIn(const QByteArray &said)
{
    std::map<std::int64_t, int> saved;
    const QByteArrayList lines = said.left(said.lastIndexOf('\n') + 1).split('\n');
    for (const QByteArray &line : lines)
        if (const QByteArrayList words = line.split(' '); words.size() == 3 && words[0] == "saved")
            saved[words[1].toLongLong()] = words[2].toInt();
    return saved;
}

} // namespace

class ReviewKillTest : public QObject
{
    Q_OBJECT

    QByteArray m_said;

    /// Reviews `project` until `ms` after the first face, or until the call that changes a file there for the
    /// `call`-th time (0: none is counted to).
    /// @return how many such calls there were
    std::int64_t review(const std::filesystem::path &project, int ms, std::int64_t call, QProcess &process)
    {
        const QString place = QString::fromStdString(project.string()), count = place + ".calls";
        QFile calls(count);
        if (!calls.open(QFile::ReadWrite | QFile::Truncate) || !calls.resize(8))
            qFatal("cannot write %s", qPrintable(count));
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.insert("LD_PRELOAD", QCoreApplication::applicationDirPath() + "/libmien-disk-faults.so");
        environment.insert("MIEN_FAULT_BELOW", place + "/");
        environment.insert("MIEN_CALLS_FILE", count);
        environment.insert("MIEN_KILL_AT", QString::number(call));
        process.setProcessEnvironment(environment);
        process.start(QCoreApplication::applicationFilePath(), {"--review", place});
        m_said.clear();
        while (!m_said.contains("shown\n") && process.waitForReadyRead(120'000))
            m_said += process.readAllStandardOutput();
        process.waitForFinished(ms);
        if (process.state() != QProcess::NotRunning) { // else there is no process id to kill
            ::kill(pid_t(process.processId()), SIGKILL);
            process.waitForFinished();
        }
        m_said += process.readAllStandardOutput();
        std::int64_t number = 0;
        if (calls.read(reinterpret_cast<char *>(&number), sizeof number) != sizeof number)
            qFatal("cannot read %s", qPrintable(count));
        return number;
    }

private Q_SLOTS:
    /// R1, through the window. Every other moment is a call that changes a file of the project, the rest are times.
    void savedLabelsSurviveAKill()
    {
        const int points = pointsOf(6, 100);
        const std::uint32_t seed = seedOf(19);
        std::mt19937 random(seed);
        const TemporaryFolder folder;
        {
            scoredProject(folder / "a.mien", kSamples);
        }
        int saved = 0, lost = 0, killed = 0;
        std::int64_t calls = 0; ///< While it labels for the longest time, once measured.
        for (int start = 0; killed < points && start < 4 * points; ++start) {
            // A place of its own: what a crash left of a window is offered where it is opened again.
            const auto place = folder / ("b" + std::to_string(start) + ".mien");
            std::filesystem::copy(folder / "a.mien", place, std::filesystem::copy_options::recursive);
            QProcess process;
            const bool byCall = calls > 0 && start % 2 == 1;
            const std::int64_t call = byCall ? std::uniform_int_distribution<std::int64_t>(1, calls)(random) : 0;
            const int ms = start == 0 || byCall ? kMostMs : std::uniform_int_distribution(1, kMostMs)(random);
            const std::int64_t made = review(place, ms, call, process);
            calls = std::max(calls, made);
            const QString moment =
                QString("seed %1, start %2, %3: %4%5")
                    .arg(seed)
                    .arg(start)
                    .arg(byCall ? QString("at call %1 of %2").arg(call).arg(calls) : QString("after %1 ms").arg(ms),
                         QString::fromUtf8(m_said), QString::fromUtf8(process.readAllStandardError().right(2000)));
            if (process.exitStatus() == QProcess::NormalExit) {
                QVERIFY2(process.exitCode() == QueueEnded, qPrintable(moment));
                continue;
            }
            QVERIFY2(process.exitCode() == SIGKILL, qPrintable(moment));
            QVERIFY2(byCall || m_said.contains("shown\n"), qPrintable(moment));
            ++killed;

            Project project = must(Project::open(place, Project::Access::Write)); // takes the lease over
            const auto classes = project.offeredClasses();
            for (const auto &[sample, key] : savedIn(m_said)) {
                const SampleId id{sample};
                const auto rows = must(sampleRows(project, std::span(&id, 1)));
                QVERIFY2(rows.size() == 1 && std::size_t(key) <= classes.size(), qPrintable(moment));
                ++saved;
                lost += rows[0].label != classes[std::size_t(key - 1)].id;
            }
            QVERIFY2(lost == 0, qPrintable(moment));
            for (const ProjectProblem &problem : must(examine(project, false, {})))
                QVERIFY2(false, qPrintable(QString::fromStdString(problem.kind + ": " + problem.what) + " " + moment));
            std::filesystem::remove_all(place);
        }
        qInfo("%d labels shown as saved, %d lost", saved, lost);
        reportReliability("R1", "review by keys in the window, SIGKILL:", killed, lost, seed);
        QCOMPARE(killed, points);
        QVERIFY(saved > points);
    }
};

int main(int argc, char **argv)
{
    QApplication application(argc, argv);
    if (argc == 3 && qstrcmp(argv[1], "--review") == 0)
        reviewUntilKilled(QString::fromLocal8Bit(argv[2]));
    ReviewKillTest test;
    return QTest::qExec(&test, argc, argv);
}

#include "tst_review_kill.moc"
