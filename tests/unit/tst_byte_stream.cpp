#include "pipeline/import/byte_stream.h"
#include "pipeline/import/importer.h"
#include "tests/support/filled_project.h"
#include "tests/support/temporary_folder.h"

#include <QTest>

#include <lzma.h>

#include <atomic>
#include <cerrno>
#include <dlfcn.h>
#include <fstream>

using namespace mien;
using namespace mien::test;

namespace {

std::atomic<int> readsLeft{-1}; ///< The medium fails once so many reads were made; -1: never.

void write(const std::filesystem::path &file, const std::string &bytes)
{
    std::ofstream(file, std::ios::binary) << bytes;
}

std::string xz(const std::string &text)
{
    std::string packed(lzma_stream_buffer_bound(text.size()), '\0');
    std::size_t size = 0;
    if (lzma_easy_buffer_encode(0, LZMA_CHECK_CRC64, nullptr, reinterpret_cast<const std::uint8_t *>(text.data()),
                                text.size(), reinterpret_cast<std::uint8_t *>(packed.data()), &size,
                                packed.size()) != LZMA_OK)
        throw std::runtime_error("xz");
    packed.resize(size);
    return packed;
}

} // namespace

extern "C" ssize_t read(int descriptor, void *into, size_t size)
{
    static const auto next = reinterpret_cast<ssize_t (*)(int, void *, size_t)>(::dlsym(RTLD_NEXT, "read"));
    if (descriptor > 2 && readsLeft == 0) {
        errno = EIO;
        return -1;
    }
    if (descriptor > 2 && readsLeft > 0)
        --readsLeft;
    return next(descriptor, into, size);
}

class TestByteStream : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void cleanup() { readsLeft = -1; }

    void aHeadIsWhatThereIs()
    {
        const TemporaryFolder folder;
        write(folder / "a.csv", "emotion,pixels\n");
        QCOMPARE(must(headOf(folder / "a.csv", 4096)), std::string("emotion,pixels\n"));
        QCOMPARE(must(headOf(folder / "a.csv", 7)), std::string("emotion"));
        QCOMPARE(headOf(folder / "b.csv", 7).error().code, ErrorCode::NotFound);
    }

    void whatFollowsTheEndOfAnXzIsSaid()
    {
        const TemporaryFolder folder;
        std::string text;
        for (int i = 0; i < 100'000; ++i)
            text += std::to_string(i * 7919 % 256) + ' ';
        const std::string packed = xz(text);
        const auto wholeOf = [&](const std::string &bytes) -> Result<std::string> {
            write(folder / "b.csv.xz", bytes);
            const auto stream = must(openByteStream(folder / "b.csv.xz"));
            std::string all;
            std::vector<char> piece(100'000);
            while (true) {
                const auto got = stream->read(piece);
                if (!got)
                    return fail(got.error());
                if (*got == 0)
                    return all;
                all.append(piece.data(), *got);
            }
        };
        QVERIFY(must(wholeOf(packed)) == text);
        QVERIFY(must(wholeOf(packed + xz("more"))) == text + "more");
        QVERIFY(must(wholeOf(packed + std::string(8, '\0') + xz("more") + std::string(4, '\0'))) == text + "more");
        for (const std::string &junk : {std::string("x"), std::string(300'000, 'x')}) {
            const auto read = wholeOf(packed + junk);
            QVERIFY2(!read && read.error().message.find("something that is no xz follows") != std::string::npos,
                     read ? "" : read.error().message.c_str());
        }
        QVERIFY(wholeOf(packed.substr(0, packed.size() - 5)).error().message.find("ends too early") !=
                std::string::npos);
    }

    void aCopyThatIsCutShortStillHasItsHead()
    {
        const TemporaryFolder folder;
        std::string text = "emotion,pixels\n";
        for (int i = 0; i < 200'000; ++i)
            text += std::to_string(i * 7919 % 256) + ' ';
        const std::string packed = xz(text);
        write(folder / "a.csv.xz", packed.substr(0, packed.size() / 2));
        QVERIFY(must(headOf(folder / "a.csv.xz", 4096)).starts_with("emotion,pixels\n"));
        const std::string most = must(headOf(folder / "a.csv.xz", text.size()));
        QVERIFY(!most.empty() && most.size() < text.size() && text.starts_with(most));
    }

    void aMediumThatFailsIsNoShortFile()
    {
        const TemporaryFolder folder;
        write(folder / "a.csv", "emotion,pixels,Usage\n0,1 2 3,Training\n");
        for (const auto &head : {headOf, textHeadOf}) {
            readsLeft = 1; // the first read gives all there is, the second would have said so
            const auto got = head(folder / "a.csv", 4096);
            readsLeft = -1;
            QVERIFY(!got);
            QCOMPARE(got.error().code, ErrorCode::Unreadable);
            QVERIFY(got.error().message.find("a.csv cannot be read on: ") != std::string::npos);
        }
        readsLeft = 0;
        const auto candidate = detectFormat(folder / "a.csv");
        readsLeft = -1;
        QVERIFY(!candidate);
        QVERIFY(candidate.error().message.find("a.csv cannot be read on: ") != std::string::npos);
    }
};

QTEST_GUILESS_MAIN(TestByteStream)
#include "tst_byte_stream.moc"
