#include "tests/support/atlas.h"

#include "models/io/safetensors.h"
#include "studio/common/action_registry.h"
#include "tests/support/filled_project.h"
#include "tests/support/opened_window.h"

#include <QAction>
#include <QLabel>
#include <QTest>

#include <cmath>

namespace fs = std::filesystem;

namespace mien::test {

std::vector<float> groupedLayout(int count)
{
    std::vector<float> layout;
    for (int i = 0; i < count; ++i) {
        const double angle = i % 7 * 2 * M_PI / 7, within = i * 2.399963; // the golden angle
        const double spread = 1.5 * std::sqrt(double(i) / count);
        layout.push_back(float(10 * std::cos(angle) + spread * std::cos(within)));
        layout.push_back(float(10 * std::sin(angle) + spread * std::sin(within)));
    }
    return layout;
}

fs::path writeMap(const fs::path &project, const std::vector<float> &layout, const std::string &name)
{
    const auto count = std::int64_t(layout.size() / 2);
    std::vector<std::int64_t> samples, labels;
    std::vector<float> distortion;
    std::vector<std::uint8_t> trained;
    for (std::int64_t i = 0; i < count; ++i) {
        samples.push_back(i + 1);
        labels.push_back(i % 7);
        distortion.push_back(float(i) / float(count));
        trained.push_back(i % 3 != 0);
    }
    const fs::path folder = project / "runs" / "r1" / "embeddings";
    fs::create_directories(folder);
    SafetensorsWriter writer;
    writer.add("layout", {count, 2}, layout);
    writer.add("sample", {count}, samples);
    writer.add("label", {count}, labels);
    writer.add("distortion", {count}, distortion);
    writer.add("trained", {count}, trained);
    writer.setMetadata("result", R"({"run":"r1","fold":0,"method":"tsne","perplexity":30.0,"seed":0,"iterations":750,)"
                                 R"("samples":)" +
                                     std::to_string(count) +
                                     R"(,"kl":1.25,"trustworthiness":0.97,"continuity":0.96,)"
                                     R"("davies_bouldin":1.5,"calinski_harabasz":321.0})");
    must(writer.write(folder / (name + ".safetensors")));
    return folder / (name + ".safetensors");
}

Atlas::Atlas(const fs::path &folder)
{
    if (!openProject(window, QString::fromStdString(folder.string())))
        return;
    window.session()->setAnnotator(QStringLiteral("ann"));
    window.showPage(QStringLiteral("map"));
    page = qobject_cast<MapPage *>(window.page(QStringLiteral("map")));
    window.activateWindow();
    settle();
}

void Atlas::settle()
{
    QTRY_VERIFY_WITH_TIMEOUT(page->isSettled(), 30'000);
}

void Atlas::trigger(const char *id)
{
    studio().actions().action(QLatin1String(id))->trigger();
}

QString Atlas::words(const char *name)
{
    return page->findChild<QLabel *>(QLatin1String(name))->text();
}

void Atlas::lassoGroup(int group, Qt::KeyboardModifiers modifiers)
{
    trigger("map.lasso");
    const QPointF centre = view().positionOf(std::uint32_t(group)), rim = view().positionOf(std::uint32_t(group + 1));
    const double radius = QLineF(centre, rim).length() * 0.4;
    const auto at = [&](int step) {
        return (centre + radius * QPointF(std::cos(step * M_PI / 10), std::sin(step * M_PI / 10))).toPoint();
    };
    QTest::mousePress(&view(), Qt::LeftButton, modifiers, at(0));
    for (int step = 1; step <= 20; ++step)
        QTest::mouseMove(&view(), at(step));
    QTest::mouseRelease(&view(), Qt::LeftButton, modifiers, at(20));
}

} // namespace mien::test
