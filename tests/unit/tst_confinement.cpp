#include "pipeline/jobs/confinement.h"

#include <QTemporaryDir>
#include <QTest>

#include <cerrno>
#include <csignal>
#include <fstream>
#include <functional>
#include <memory>
#include <new>

#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace mien;

namespace {

constexpr Confinement kLittle{.memoryBytes = 64u << 20, .cpuSeconds = 1, .fileBytes = 1u << 20};

/// How a process ends that confines itself and then does something: its status, or minus the signal.
int endOf(const std::function<bool()> &deed)
{
    const pid_t child = ::fork();
    if (child == 0) {
        if (!confineThisProcess(kLittle))
            ::_exit(99);
        ::_exit(deed() ? 0 : 1);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

} // namespace

class TstConfinement : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void filesAreReadAndWritten()
    {
        QTemporaryDir folder;
        const std::string path = folder.filePath("out").toStdString();
        QCOMPARE(endOf([&] {
                     std::ofstream(path) << "some";
                     std::string text;
                     std::ifstream(path) >> text;
                     return text == "some" && ::rename(path.c_str(), (path + "2").c_str()) == 0;
                 }),
                 0);
    }

    void noSockets()
    {
        QCOMPARE(endOf([] { return ::socket(AF_INET, SOCK_STREAM, 0) < 0 && errno == EPERM; }), 0);
        QCOMPARE(endOf([] { return ::socket(AF_UNIX, SOCK_STREAM, 0) < 0 && errno == EPERM; }), 0);
    }

    void noPrograms()
    {
        QCOMPARE(endOf([] { return ::execl("/bin/true", "true", nullptr) < 0 && errno == EPERM; }), 0);
        QCOMPARE(endOf([] { return ::fork() < 0 && errno == EPERM; }), 0);
    }

    void memoryEnds()
    {
        QCOMPARE(endOf([] {
                     const std::unique_ptr<char[]> fits(new (std::nothrow) char[16u << 20]);
                     const std::unique_ptr<char[]> tooMuch(new (std::nothrow) char[512u << 20]);
                     return fits && !tooMuch;
                 }),
                 0);
    }

    void timeEnds()
    {
        QCOMPARE(endOf([] {
                     volatile unsigned count = 0;
                     while (true)
                         count = count + 1;
                     return true;
                 }),
                 -SIGXCPU);
    }

    void filesEnd()
    {
        QTemporaryDir folder;
        const std::string path = folder.filePath("large").toStdString();
        QCOMPARE(endOf([&] {
                     std::signal(SIGXFSZ, SIG_DFL);
                     std::ofstream(path) << std::string(2u << 20, 'x');
                     return true;
                 }),
                 -SIGXFSZ);
    }
};

QTEST_GUILESS_MAIN(TstConfinement)
#include "tst_confinement.moc"
