#include "pipeline/jobs/effect_job.h"

#include <QTest>

#include <cmath>
#include <vector>

using namespace mien;

class TestEffect : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    /// Reference: scipy.stats.t.interval(0.95, n - 1, mean, sem).
    void intervalByStudent()
    {
        const std::vector<double> three = {0.011, 0.018, 0.013};
        const MeanInterval of = meanInterval(three);
        QVERIFY(std::abs(of.mean - 0.014) < 1e-12);
        QVERIFY2(std::abs(of.low - 0.0050431) < 1e-5, qPrintable(QString::number(of.low, 'g', 8)));
        QVERIFY(std::abs(of.high - 0.0229569) < 1e-5);
        const std::vector<double> same(5, 0.2);
        QCOMPARE(meanInterval(same).low, meanInterval(same).high);
    }
};

QTEST_APPLESS_MAIN(TestEffect)
#include "tst_effect.moc"
