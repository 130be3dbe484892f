#include "models/train/optimiser.h"
#include "models/train/sharpness_aware.h"

#include <QTest>

#include <torch/torch.h>

#include <cmath>

using namespace mien;
using torch::Tensor;

class TstOptimiserRules : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void nadamFirstSteps();
    void nadamFindsAMinimum();
    void perturbationHasTheRadius();
    void restoreIsExact();
};

void TstOptimiserRules::nadamFirstSteps()
{
    // A constant gradient of 1: the bias corrections leave mhat near 1, so a step is near the rate.
    Tensor w = torch::zeros({1}, torch::kFloat64).requires_grad_();
    w.mutable_grad() = torch::ones({1}, torch::kFloat64);
    Optimiser nadam({w}, {.name = "nadam"});
    nadam.step(0.1);
    const auto mu = [](double t) { return 0.9 * (1 - 0.5 * std::pow(0.96, t * 0.004)); };
    const double mhat = mu(2) * 0.1 / (1 - mu(1) * mu(2)) + (1 - mu(1)) / (1 - mu(1));
    QVERIFY(std::abs(w.item<double>() + 0.1 * mhat / (1 + 1e-8)) < 1e-12);
}

void TstOptimiserRules::nadamFindsAMinimum()
{
    Tensor w = torch::tensor({3.0, -2.0}, torch::kFloat64).requires_grad_();
    const Tensor target = torch::tensor({1.0, 1.0}, torch::kFloat64);
    Optimiser nadam({w}, {.name = "nadam"});
    for (int step = 0; step < 1000; ++step) {
        w.mutable_grad() = Tensor();
        (w - target).square().sum().backward();
        nadam.step(0.02);
    }
    QVERIFY((w - target).abs().max().item<double>() < 1e-3);
}

void TstOptimiserRules::perturbationHasTheRadius()
{
    Tensor a = torch::randn({3, 2}, torch::kFloat64).requires_grad_(),
           b = torch::randn({4}, torch::kFloat64).requires_grad_();
    const Tensor a0 = a.detach().clone(), b0 = b.detach().clone();
    (a.square().sum() + b.pow(4).sum()).backward();
    SharpnessAware sam({a, b}, 0.05);
    sam.perturb();
    const double moved = std::hypot((a - a0).norm().item<double>(), (b - b0).norm().item<double>());
    QVERIFY(std::abs(moved - 0.05) < 1e-9);
    QVERIFY((((a - a0) * a.grad()).sum() + ((b - b0) * b.grad()).sum()).item<double>() > 0); // uphill
}

void TstOptimiserRules::restoreIsExact()
{
    Tensor a = torch::randn({5}).requires_grad_(), unused = torch::randn({2}).requires_grad_();
    const Tensor before = a.detach().clone();
    SharpnessAware sam({a, unused});
    sam.perturb(); // no gradient yet: nothing moves
    QVERIFY(torch::equal(a, before));
    a.sin().sum().backward();
    sam.perturb();
    QVERIFY(!torch::equal(a, before));
    sam.restore();
    QVERIFY(torch::equal(a, before));
}

QTEST_GUILESS_MAIN(TstOptimiserRules)
#include "tst_optimiser_rules.moc"
