#include "pipeline/store/doctor.h"
#include "pipeline/store/labels.h"
#include "pipeline/store/samples.h"
#include "pipeline/store/snapshots.h"
#include "tests/support/filled_project.h"
#include "tests/support/reliability.h"
#include "tests/support/temporary_folder.h"

#include <QTest>

#include <atomic>
#include <cerrno>
#include <dlfcn.h>
#include <unistd.h>

// This program's own write functions stand before the C library's, for SQLite as well: the n-th call fails, once or
// from then on, as on a full or broken disk.
namespace {

std::atomic<int> failAt = 0; ///< 0: never.
std::atomic<int> calls = 0;
std::atomic<int> failure = 0;
std::atomic<bool> persistent = false;

std::atomic<bool> failedInSync = false;

bool fails(bool isSync = false)
{
    if (failAt == 0)
        return false;
    const int call = ++calls;
    if (call == failAt || (persistent && call > failAt)) {
        // A full disk is told by write(); what fsync() says then is that the disk is broken.
        errno = isSync && failure == ENOSPC ? EIO : failure.load();
        failedInSync = failedInSync || isSync;
        return true;
    }
    return false;
}

template <typename Function>
Function real(const char *name)
{
    return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

} // namespace

extern "C" {

ssize_t write(int descriptor, const void *bytes, size_t size)
{
    static const auto next = real<ssize_t (*)(int, const void *, size_t)>("write");
    return descriptor > 2 && fails() ? -1 : next(descriptor, bytes, size);
}

ssize_t pwrite(int descriptor, const void *bytes, size_t size, off_t at)
{
    static const auto next = real<ssize_t (*)(int, const void *, size_t, off_t)>("pwrite");
    return fails() ? -1 : next(descriptor, bytes, size, at);
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t size, off64_t at)
{
    static const auto next = real<ssize_t (*)(int, const void *, size_t, off64_t)>("pwrite64");
    return fails() ? -1 : next(descriptor, bytes, size, at);
}

int fsync(int descriptor)
{
    static const auto next = real<int (*)(int)>("fsync");
    return fails(true) ? -1 : next(descriptor);
}

int fdatasync(int descriptor)
{
    static const auto next = real<int (*)(int)>("fdatasync");
    return fails(true) ? -1 : next(descriptor);
}
}

using namespace mien;
using namespace mien::test;

namespace {

struct Operation
{
    const char *name;
    std::function<Result<>(Project &)> run;
};

Result<> labelThree(Project &project)
{
    const std::vector<SampleId> samples{{1}, {2}, {3}};
    Verdict verdict;
    verdict.label = ClassId{4};
    const auto edit = annotateAll(project, samples, verdict, "ann");
    return edit ? Result<>() : fail(edit.error());
}

Result<> importSome(Project &project)
{
    auto writer = ImportWriter::begin(project, "more", "", project.folder().parent_path() / "more.csv");
    if (!writer)
        return fail(writer.error());
    NewMedia file;
    file.path = project.folder().parent_path() / "more.csv";
    const auto media = writer->addMedia(file);
    if (!media)
        return fail(media.error());
    for (int row = 1000; row < 1050; ++row) {
        NewSample sample;
        sample.sourceKey = sample.displaySource = "row:" + std::to_string(row);
        sample.media = *media;
        const std::vector<std::uint8_t> pixels(64, static_cast<std::uint8_t>(row));
        const auto crop = writer->addCrop(8, 8, 1, "raw", pixels);
        if (!crop)
            return fail(crop.error());
        sample.crop = *crop;
        if (const auto added = writer->addSample(sample); !added)
            return fail(added.error());
    }
    const auto finished = writer->finish();
    return finished ? Result<>() : fail(finished.error());
}

Result<> snapshot(Project &project)
{
    const auto made = createSnapshot(project, "", "x");
    return made ? Result<>() : fail(made.error());
}

Result<> undoOne(Project &project)
{
    const auto undone = project.undo();
    return undone ? Result<>() : fail(undone.error());
}

const Operation operations[] = {
    {"label", labelThree}, {"undo", undoOne}, {"import", importSome}, {"snapshot", snapshot}};

} // namespace

class TestFaults : public QObject
{
    Q_OBJECT

    int m_points = 0;

private Q_SLOTS:
    void cleanup() { failAt = 0; }

    void everySingleFailureIsToldAndSurvived_data()
    {
        QTest::addColumn<int>("operation");
        QTest::addColumn<int>("error");
        QTest::addColumn<bool>("staysBroken");
        for (int operation = 0; operation < 4; ++operation) {
            for (const auto &[name, error] : {std::pair("full", ENOSPC), {"broken", EIO}, {"denied", EACCES}}) {
                QTest::addRow("%s, %s once", operations[operation].name, name) << operation << error << false;
                QTest::addRow("%s, %s from then on", operations[operation].name, name) << operation << error << true;
            }
        }
    }

    void everySingleFailureIsToldAndSurvived()
    {
        QFETCH(int, operation);
        QFETCH(int, error);
        QFETCH(bool, staysBroken);
        const TemporaryFolder original;
        {
            Project project = filledProject(original / "a.mien", 20);
            must(labelThree(project));
        }
        const int step = pointsOf(7, 1);
        int points = 0;
        for (int n = 1;; n += step) {
            const TemporaryFolder folder;
            std::filesystem::copy(original / "a.mien", folder / "a.mien", std::filesystem::copy_options::recursive);
            std::string before;
            bool failed = false;
            {
                Project project = must(Project::open(folder / "a.mien", Project::Access::Write));
                before = contentOf(project);
                calls = 0;
                failedInSync = false;
                failure = error;
                persistent = staysBroken;
                failAt = n;
                const auto done = operations[operation].run(project);
                const bool reached = calls >= n;
                failed = !done;
                failAt = 0;
                if (!reached) {
                    QVERIFY(done.has_value());
                    break;
                }
                ++points;
                if (!done) {
                    QVERIFY2(!done.error().message.empty(), "a failure without words");
                    QVERIFY2(done.error().code == ErrorCode::NoSpace || done.error().code == ErrorCode::Unreadable,
                             done.error().message.c_str());
                    if (error == ENOSPC && !failedInSync)
                        QVERIFY2(done.error().code == ErrorCode::NoSpace, done.error().message.c_str());
                }
            }
            Project after = must(Project::open(folder / "a.mien", Project::Access::Write));
            for (const ProjectProblem &problem : must(examine(after, false, {})))
                QVERIFY2(false, problem.what.c_str());
            if (failed && operation != 2) // an import keeps the batches it committed
                QCOMPARE(contentOf(after), before);
            if (failed)
                QVERIFY(operations[operation].run(after).has_value());
            else if (operation < 3) // survived, e.g. by writing again: what was reported as done is there
                QVERIFY(contentOf(after) != before);
        }
        QVERIFY(points > 0);
        m_points += points;
    }

    /// Behind the rows above: a row that fails ends the program's success, so nothing was lost here.
    void allOfThem()
    {
        reportReliability("R2", "n-th write or sync fails (full, broken, denied; once, for good):", m_points, 0);
    }

    void fullDiskIsSaidInWords()
    {
        const TemporaryFolder folder;
        Project project = filledProject(folder / "a.mien", 20);
        calls = 0;
        failure = ENOSPC;
        persistent = true;
        failAt = 1;
        const auto labelled = labelThree(project);
        const auto made = Project::create(folder / "b.mien", "");
        failAt = 0;
        QCOMPARE(labelled.error().code, ErrorCode::NoSpace);
        QVERIFY(labelled.error().message.find("project.db") != std::string::npos);
        QVERIFY(labelled.error().message.find("Free some space") != std::string::npos);
        QCOMPARE(made.error().code, ErrorCode::NoSpace);
        QVERIFY(must(Project::create(folder / "b.mien", "")).isWritable()); // nothing is in the way of a second try
    }
};

QTEST_APPLESS_MAIN(TestFaults)
#include "tst_faults.moc"
