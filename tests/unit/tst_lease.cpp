#include "pipeline/store/lease.h"

#include "pipeline/store/labels.h"
#include "tests/support/filled_project.h"
#include "tests/support/temporary_folder.h"

#include <QTest>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sys/wait.h>
#include <unistd.h>

using namespace mien;
using namespace mien::test;

namespace {

/// A second process that holds the lease until it is told to go (or killed). Made before this process opens anything.
class Holder
{
public:
    explicit Holder(const std::filesystem::path &folder)
    {
        if (::pipe(m_ready) != 0 || ::pipe(m_go) != 0)
            throw std::runtime_error("no pipe");
        m_pid = ::fork();
        if (m_pid == 0) {
            auto lease = Lease::acquire(folder, "mien-studio");
            const char byte = lease ? '1' : '0';
            (void)!::write(m_ready[1], &byte, 1);
            char go = 0;
            (void)!::read(m_go[0], &go, 1);
            lease = fail(ErrorCode::Internal, ""); // gives it back
            ::_exit(0);
        }
        char byte = 0;
        (void)!::read(m_ready[0], &byte, 1);
        m_holds = byte == '1';
    }
    ~Holder()
    {
        for (const int descriptor : {m_ready[0], m_ready[1], m_go[0], m_go[1]})
            ::close(descriptor);
        if (!m_waited)
            kill();
    }
    void kill()
    {
        ::kill(m_pid, SIGKILL);
        ::waitpid(m_pid, nullptr, 0);
        m_waited = true;
    }
    void letGo()
    {
        (void)!::write(m_go[1], "g", 1);
        ::waitpid(m_pid, nullptr, 0);
        m_waited = true;
    }
    bool holds() const { return m_holds; }
    pid_t pid() const { return m_pid; }

private:
    int m_ready[2], m_go[2];
    pid_t m_pid = 0;
    bool m_holds = false, m_waited = false;
};

} // namespace

class TestLease : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void cleanup() { ::unsetenv("MIEN_LEASE"); }

    void secondWriterIsToldWhoWrites()
    {
        const TemporaryFolder folder;
        filledProject(folder / "a.mien", 3);
        Holder holder(folder / "a.mien");
        QVERIFY(holder.holds());
        const auto second = Project::open(folder / "a.mien", Project::Access::Write);
        QVERIFY(!second);
        QCOMPARE(second.error().code, ErrorCode::Conflict);
        QVERIFY(second.error().message.find("mien-studio (pid " + std::to_string(holder.pid())) != std::string::npos);
        QCOMPARE(leaseHolder(folder / "a.mien")->pid, std::int64_t(holder.pid()));

        Project reader = must(Project::open(folder / "a.mien", Project::Access::WriteOrRead));
        QVERIFY(!reader.isWritable());
        QVERIFY(reader.readOnlyReason().find("pid") != std::string::npos);
        const SampleId sample{1};
        QCOMPARE(addTag(reader, std::span(&sample, 1), "x", "ann").error().code, ErrorCode::Conflict);
        QCOMPARE(reader.undo().error().code, ErrorCode::Conflict);

        holder.letGo();
        QVERIFY(Project::open(folder / "a.mien", Project::Access::Write).has_value());
        QVERIFY(!leaseHolder(folder / "a.mien"));
    }

    void leaseOfAKilledHolderIsTakenOver()
    {
        const TemporaryFolder folder;
        filledProject(folder / "a.mien", 3);
        for (int i = 0; i < pointsOf(5, 50); ++i) {
            Holder holder(folder / "a.mien");
            QVERIFY(holder.holds());
            holder.kill();
            QVERIFY(std::filesystem::exists(folder / "a.mien" / "lease.json"));
            QVERIFY(Project::open(folder / "a.mien", Project::Access::Write).has_value());
        }
    }

    void childrenJoinByToken()
    {
        const TemporaryFolder folder;
        Project project = filledProject(folder / "a.mien", 3);
        ::setenv("MIEN_LEASE", project.lease()->token().c_str(), 1);
        Project joined = must(Project::open(folder / "a.mien", Project::Access::Write));
        QVERIFY(joined.lease()->isJoined());
        const SampleId sample{1};
        must(addTag(joined, std::span(&sample, 1), "x", "ann"));
        ::setenv("MIEN_LEASE", "00000000", 1);
        QCOMPARE(Project::open(folder / "a.mien", Project::Access::Write).error().code, ErrorCode::Conflict);
        {
            const Project gone = std::move(joined);
        }
        QVERIFY(leaseHolder(folder / "a.mien")); // the joined one did not give it back
    }

    void childOfAKilledHolderMayGoOn()
    {
        const TemporaryFolder folder;
        filledProject(folder / "a.mien", 3);
        std::string token;
        {
            Holder holder(folder / "a.mien");
            const auto lease = std::ifstream(folder / "a.mien" / "lease.json");
            const std::string text(std::istreambuf_iterator<char>(lease.rdbuf()), {});
            const auto at = text.find("\"token\": \"") + 10;
            token = text.substr(at, text.find('"', at) - at);
            holder.kill();
        }
        const Project next = must(Project::open(folder / "a.mien", Project::Access::Write));
        QCOMPARE(next.lease()->token(), token); // handed on with the lease
    }

    void reusedPidIsNotTheHolder()
    {
        const TemporaryFolder folder;
        filledProject(folder / "a.mien", 3);
        {
            Holder holder(folder / "a.mien");
            holder.kill();
        }
        const auto file = folder / "a.mien" / "lease.json";
        std::string text;
        std::getline(std::ifstream(file), text, '\0');
        const auto at = text.find("\"pid\": ") + 7; // a pid that lives, with the start time of the dead one
        text.replace(at, text.find(',', at) - at, std::to_string(::getpid()));
        std::ofstream(file) << text;
        QVERIFY(Project::open(folder / "a.mien", Project::Access::Write).has_value());
    }

    void brokenRecordDoesNotLockOut()
    {
        const TemporaryFolder folder;
        filledProject(folder / "a.mien", 3);
        for (const char *content : {"", "{", "[1]", "{\"pid\":\"x\"}", "\xff\xfe"}) {
            std::ofstream(folder / "a.mien" / "lease.json") << content;
            QVERIFY(Project::open(folder / "a.mien", Project::Access::Write).has_value());
        }
    }

    void localDisksGiveNoWarning()
    {
        QVERIFY(!storageWarning("/proc"));
        const TemporaryFolder folder;
        const auto warning = storageWarning(folder.path());
        QVERIFY(!warning || warning->find("network share") != std::string::npos);
    }
};

QTEST_APPLESS_MAIN(TestLease)
#include "tst_lease.moc"
