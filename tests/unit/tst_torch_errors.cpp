#include "models/train/torch_errors.h"

#include <QTest>

#include <torch/torch.h>

#include <new>

using namespace mien;

class TstTorchErrors : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void exceptionsHaveWords();
};

void TstTorchErrors::exceptionsHaveWords()
{
    const auto wordsOf = [](auto &&call) {
        try {
            call();
        } catch (const std::exception &exception) {
            return errorOf(exception, "train");
        }
        return Error{};
    };
    const Error memory = wordsOf([] { torch::empty({std::int64_t(1) << 48}); });
    QCOMPARE(memory.code, ErrorCode::NoSpace);
    QVERIFY2(memory.message.find("smaller batch") != std::string::npos, memory.message.c_str());
    QCOMPARE(wordsOf([] { throw std::bad_alloc(); }).code, ErrorCode::NoSpace);
    const Error device =
        wordsOf([] { C10_THROW_ERROR(OutOfMemoryError, "CUDA out of memory. Tried to allocate 20.00 MiB"); });
    QCOMPARE(device.code, ErrorCode::NoSpace);
    QVERIFY2(device.message.find("than the device has: use a smaller batch") != std::string::npos,
             device.message.c_str());
    const Error lost = wordsOf([] { TORCH_CHECK(false, "CUDA error: unspecified launch failure\nmore"); });
    QVERIFY2(lost.message.find("lost the GPU") != std::string::npos, lost.message.c_str());
    const Error other = wordsOf([] { TORCH_CHECK(false, "shapes differ"); });
    QCOMPARE(QString::fromStdString(other.message), QStringLiteral("train failed inside LibTorch: shapes differ"));
}

QTEST_GUILESS_MAIN(TstTorchErrors)
#include "tst_torch_errors.moc"
