#include "pipeline/store/atomic_file.h"
#include "pipeline/store/doctor.h"
#include "pipeline/store/labels.h"
#include "pipeline/store/samples.h"
#include "tests/support/filled_project.h"
#include "tests/support/temporary_folder.h"

#include <QTest>

#include <fcntl.h>
#include <map>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace mien;
using namespace mien::test;

namespace {

/// Runs `work` as a user without rights of its own when this is root; gives what it returns.
template <typename Work>
int asUnprivileged(Work work)
{
    const pid_t child = ::fork();
    if (child == 0) {
        constexpr uid_t nobody = 65534;
        if (::geteuid() == 0 && (::setgid(nobody) != 0 || ::setuid(nobody) != 0))
            ::_exit(99);
        int result = 98;
        try {
            result = work();
        } catch (const std::exception &exception) {
            std::fprintf(stderr, "%s\n", exception.what());
        }
        ::_exit(result);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 97;
}

std::map<std::string, std::uintmax_t> listed(const std::filesystem::path &folder)
{
    std::map<std::string, std::uintmax_t> files;
    for (const auto &entry : std::filesystem::recursive_directory_iterator(folder))
        files[entry.path().string()] = entry.is_regular_file() ? entry.file_size() : 0;
    return files;
}

void takeWriteRights(const std::filesystem::path &folder)
{
    using std::filesystem::perms;
    std::filesystem::permissions(folder.parent_path(), perms(0755));
    for (const auto &entry : std::filesystem::recursive_directory_iterator(folder))
        std::filesystem::permissions(entry.path(), entry.is_directory() ? perms(0555) : perms(0444));
    std::filesystem::permissions(folder, perms(0555));
}

} // namespace

class TestPlaces : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void readOnlyFolderIsReadAndNeverWritten()
    {
        const TemporaryFolder folder;
        const auto project = folder / "a.mien";
        {
            filledProject(project, 30);
        }
        takeWriteRights(project);
        const auto before = listed(project);
        const int result = asUnprivileged([&] {
            const auto writer = Project::open(project, Project::Access::Write);
            if (writer || writer.error().code != ErrorCode::Conflict || // Unreadable calls for a backup
                !writer.error().message.starts_with(project.string() + " is read-only: you do not have the right") ||
                !writer.error().message.ends_with(" Nothing was changed."))
                return 1;
            Project reader = must(Project::open(project, Project::Access::WriteOrRead));
            if (reader.isWritable() || reader.readOnlyReason().find("read-only") == std::string::npos)
                return 2;
            if (must(countMatching(reader, "split:train")) != 18)
                return 3;
            const SampleId sample{1};
            if (addTag(reader, std::span(&sample, 1), "x", "ann"))
                return 4;
            if (must(sampleRows(reader, std::span(&sample, 1))).size() != 1)
                return 5;
            if (!must(examine(reader, false, {})).empty())
                return 6;
            return 0;
        });
        QCOMPARE(result, 0);
        QVERIFY(listed(project) == before);
    }

    void readOnlyFileInAWritableFolder()
    {
        const TemporaryFolder folder;
        const auto project = folder / "a.mien";
        {
            filledProject(project, 30);
        }
        std::filesystem::permissions(folder.path(), std::filesystem::perms(0755));
        std::filesystem::permissions(project, std::filesystem::perms(0777));
        std::filesystem::permissions(project / "project.db", std::filesystem::perms(0444));
        std::filesystem::remove(project / "lease.lock"); // whose file it is does not matter here
        const int result = asUnprivileged([&] {
            const auto writer = Project::open(project, Project::Access::Write);
            if (writer || writer.error().code != ErrorCode::Conflict ||
                !writer.error().message.starts_with((project / "project.db").string() + " is read-only"))
                return 1;
            const Project reader = must(Project::open(project, Project::Access::WriteOrRead));
            return reader.isWritable() || must(countMatching(reader, "")) != 30 ? 2 : 0;
        });
        QCOMPARE(result, 0);
    }

    void namesOfEveryKind_data()
    {
        QTest::addColumn<QByteArray>("name");
        QTest::newRow("blanks") << QByteArray(" a b .mien");
        QTest::newRow("percent, question mark, hash") << QByteArray("100%?x=1#y&z.mien");
        QTest::newRow("quotes") << QByteArray("it's \"quoted\".mien");
        QTest::newRow("unicode") << QByteArray("\xe8\xa1\xa8\xe6\x83\x85 \xf0\x9f\x98\x80.mien");
        QTest::newRow("not UTF-8") << QByteArray("caf\xe9.mien");
        QTest::newRow("line break") << QByteArray("a\nb.mien");
        QTest::newRow("long") << QByteArray(250, 'x');
        QTest::newRow("reserved elsewhere") << QByteArray("CON.mien");
    }

    void namesOfEveryKind()
    {
        QFETCH(QByteArray, name);
        const TemporaryFolder folder;
        const auto path = folder / name.toStdString();
        {
            filledProject(path, 5);
        }
        Project project = must(Project::open(path, Project::Access::Write));
        Verdict verdict;
        verdict.label = ClassId{2};
        must(annotate(project, SampleId{1}, verdict, "ann"));
        QVERIFY(must(examine(project, false, {})).empty());
    }

    void trailingSlashAndRelativePathsAreTheSamePlace()
    {
        const TemporaryFolder folder;
        {
            filledProject(folder / "a.mien", 5);
        }
        QCOMPARE(must(Project::open((folder / "a.mien").string() + "/", Project::Access::Read)).folder(),
                 folder / "a.mien");
        QCOMPARE(must(Project::open(folder / "x/../a.mien", Project::Access::Read)).folder(), folder / "a.mien");
    }

    void filesAreWholeOrAbsent()
    {
        const TemporaryFolder folder;
        must(writeFileAtomically(folder / "f", std::string_view("one")));
        must(writeFileAtomically(folder / "f", std::string_view("two")));
        QCOMPARE(must(readFile(folder / "f")), std::string("two"));
        QCOMPARE(listed(folder.path()).size(), std::size_t(1));
        const auto nowhere = writeFileAtomically(folder / "none" / "f", std::string_view("x"));
        QVERIFY(nowhere.error().message.find("none/f") != std::string::npos);
        QVERIFY(isTemporaryName(".f.123.tmp"));
        QVERIFY(!isTemporaryName("f.tmp"));
    }

    /// What the user named is written where it leads to, and stays what it is.
    void outputsFollowLinksAndGoIntoPipes()
    {
        namespace fs = std::filesystem;
        const TemporaryFolder folder;
        fs::create_directory(folder / "other");
        must(writeFileAtomically(folder / "other" / "target", std::string_view("old")));
        fs::create_symlink("other/target", folder / "inner");
        fs::create_symlink(folder / "inner", folder / "link");
        must(writeOutput(folder / "link", "new"));
        QVERIFY(fs::is_symlink(folder / "link") && fs::is_symlink(folder / "inner"));
        QCOMPARE(must(readFile(folder / "other" / "target")), std::string("new"));
        fs::create_symlink("other/fresh", folder / "ahead");
        must(writeOutput(folder / "ahead", "made"));
        QVERIFY(fs::is_symlink(folder / "ahead"));
        QCOMPARE(must(readFile(folder / "other" / "fresh")), std::string("made"));
        fs::create_symlink("circle", folder / "circle");
        QVERIFY(!writeOutput(folder / "circle", "x"));
        fs::remove(folder / "circle");

        const fs::path pipe = folder / "pipe";
        QCOMPARE(::mkfifo(pipe.c_str(), 0600), 0);
        QVERIFY(isWrittenInto(pipe) && !isWrittenInto(folder / "link") && !isWrittenInto(folder / "none"));
        const int reader = ::open(pipe.c_str(), O_RDONLY | O_NONBLOCK);
        QVERIFY(reader >= 0);
        must(writeOutput(pipe, "through"));
        char got[16] = {};
        QCOMPARE(::read(reader, got, sizeof got), ssize_t(7));
        ::close(reader);
        QCOMPARE(std::string(got), std::string("through"));
        QVERIFY(fs::is_fifo(pipe));
        QCOMPARE(listed(folder.path()).size(), std::size_t(7)); // nothing is left beside them
    }
};

QTEST_APPLESS_MAIN(TestPlaces)
#include "tst_places.moc"
