#include "models/detect/mtcnn_networks.h"

#include <QTest>

#include <torch/torch.h>

using namespace mien;

namespace {

std::int64_t numbersOf(const torch::nn::Module &network)
{
    std::int64_t sum = 0;
    for (const auto &parameter : network.parameters())
        sum += parameter.numel();
    return sum;
}

} // namespace

class TstMtcnn : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void parameterCounts();
};

void TstMtcnn::parameterCounts()
{
    QCOMPARE(numbersOf(PNet()), 6'632);
    QCOMPARE(numbersOf(RNet()), 100'178);
    QCOMPARE(numbersOf(ONet()), 389'040);
}

QTEST_GUILESS_MAIN(TstMtcnn)
#include "tst_mtcnn.moc"
