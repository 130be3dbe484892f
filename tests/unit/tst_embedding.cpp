#include "models/embed/affinities.h"
#include "models/embed/map_scores.h"
#include "models/embed/neighbours.h"
#include "models/embed/planar_neighbours.h"
#include "models/embed/principal_components.h"
#include "models/embed/repulsion_field.h"
#include "models/embed/tsne.h"
#include "models/io/npy.h"
#include "models/io/safetensors.h"
#include "models/worker/compute_verbs.h"
#include "tests/support/toy_pack.h"

#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <random>
#include <utility>

using namespace mien;

namespace {

using Table = std::vector<float>;

/// `clusters` round clouds of points, one after the other in turn.
Table clouds(int rows, int dimensions, int clusters, unsigned seed, float apart = 3)
{
    std::mt19937 random(seed);
    std::normal_distribution<float> normal;
    Table centres(std::size_t(clusters * dimensions)), points(std::size_t(rows * dimensions));
    for (float &value : centres)
        value = apart * normal(random);
    for (int i = 0; i < rows; ++i)
        for (int d = 0; d < dimensions; ++d)
            points[std::size_t(i * dimensions + d)] =
                centres[std::size_t(i % clusters * dimensions + d)] + normal(random);
    return points;
}

double squaredDistance(const Table &points, int dimensions, std::size_t a, std::size_t b)
{
    double sum = 0;
    for (std::size_t d = 0; d < std::size_t(dimensions); ++d) {
        const double difference =
            double(points[a * std::size_t(dimensions) + d]) - double(points[b * std::size_t(dimensions) + d]);
        sum += difference * difference;
    }
    return sum;
}

/// Rows of the k nearest others by looking at all, equal distances by row.
std::vector<std::int32_t> nearestByHand(const Table &points, int dimensions, int k)
{
    const std::size_t count = points.size() / std::size_t(dimensions);
    std::vector<std::int32_t> result;
    for (std::size_t i = 0; i < count; ++i) {
        std::vector<std::pair<double, std::int32_t>> all;
        for (std::size_t j = 0; j < count; ++j)
            if (j != i)
                all.emplace_back(squaredDistance(points, dimensions, i, j), std::int32_t(j));
        std::sort(all.begin(), all.end());
        for (int n = 0; n < k; ++n)
            result.push_back(all[std::size_t(n)].second);
    }
    return result;
}

Affinities affinitiesFor(const Table &points, int dimensions, double perplexity)
{
    const int count = int(points.size()) / dimensions;
    const auto nearest = exactNeighbours(points, dimensions, std::min(count - 1, int(3 * perplexity)), {}, {});
    return *affinitiesOf(*nearest, perplexity, {});
}

/// Sum over all pairs of 1 / (1 + d^2), and the repulsion of each point, in fp64.
double repulsionByHand(const Table &layout, std::vector<double> &forces)
{
    double z = 0;
    forces.assign(layout.size(), 0.0);
    for (std::size_t i = 0; i < layout.size(); i += 2)
        for (std::size_t j = 0; j < layout.size(); j += 2) {
            if (i == j)
                continue;
            const double x = double(layout[i]) - double(layout[j]), y = double(layout[i + 1]) - double(layout[j + 1]);
            const double w = 1 / (1 + x * x + y * y);
            z += w;
            forces[i] += w * w * x;
            forces[i + 1] += w * w * y;
        }
    return z;
}

double divergenceByHand(const Affinities &affinities, const Table &layout)
{
    std::vector<double> forces;
    const double z = repulsionByHand(layout, forces);
    double sum = 0;
    for (std::size_t i = 0; i < std::size_t(affinities.count()); ++i)
        for (auto entry = std::size_t(affinities.begins[i]); entry < std::size_t(affinities.begins[i + 1]); ++entry)
            if (const double p = double(affinities.weights[entry]); p > 0) {
                const auto j = std::size_t(affinities.columns[entry]);
                sum += p * std::log(p * z * (1 + squaredDistance(layout, 2, i, j)));
            }
    return sum;
}

/// t-SNE as its paper has it: exact sums, fp64, plain gradient descent with momentum and gains.
Table exactTsne(const Affinities &affinities, const Table &start, int iterations)
{
    Table layout = start;
    const double count = double(affinities.count());
    std::vector<double> updates(start.size(), 0.0), gains(start.size(), 1.0), repulsion;
    for (int iteration = 0; iteration < iterations; ++iteration) {
        const double exaggeration = iteration < 250 ? 12 : 1;
        const double z = repulsionByHand(layout, repulsion);
        std::vector<double> gradient(start.size(), 0.0);
        for (std::size_t i = 0; i < std::size_t(affinities.count()); ++i)
            for (auto entry = std::size_t(affinities.begins[i]); entry < std::size_t(affinities.begins[i + 1]);
                 ++entry) {
                const auto j = std::size_t(affinities.columns[entry]);
                const double pull = double(affinities.weights[entry]) / (1 + squaredDistance(layout, 2, i, j));
                for (std::size_t axis : {0u, 1u})
                    gradient[2 * i + axis] +=
                        exaggeration * pull * (double(layout[2 * i + axis]) - double(layout[2 * j + axis]));
            }
        for (std::size_t i = 0; i < layout.size(); ++i) {
            const double slope = gradient[i] - repulsion[i] / z;
            gains[i] = slope * updates[i] < 0 ? gains[i] + 0.2 : std::max(0.01, gains[i] * 0.8);
            updates[i] = 0.8 * updates[i] - std::max(200.0, count / exaggeration) * gains[i] * slope;
            layout[i] += float(updates[i]);
        }
    }
    return layout;
}

Table smallStart(const Table &points, int dimensions)
{
    Table start;
    for (const double value : principalComponents(points, dimensions, 2))
        start.push_back(float(value * 1e-5));
    return start;
}

} // namespace

/// The map of embeddings: neighbours, affinities, forces, layouts, scores, and the verb around them.
class TestEmbedding : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { QVERIFY(m_folder.isValid()); }
    void neighboursAreExact_data();
    void neighboursAreExact();
    void copiesStandInTheirOrder_data() { waysToSearch(); }
    void copiesStandInTheirOrder();
    void planarNeighboursAreExact();
    void affinitiesHaveTheirPerplexity();
    void repulsionIsThatOfAllPairs_data();
    void repulsionIsThatOfAllPairs();
    void endlessMapsCostNoMore();
    void divergenceIsThatOfAllPairs();
    void asGoodAsExactTsne();
    void sameThreadsSameBytes();
    void goesOnToTheSameBytes();
    void noLearningRateExplodes();
    void orderOfRowsMattersLittle();
    void axesDoNotDependOnTheTurn();
    void scoresAreThoseOfScikitLearn();
    void perfectMapsScoreOne();
    void badInputIsSaid_data();
    void badInputIsSaid();
    void stoppedMapsGoOn();
    void classesAreScoredWhereThereAreSome();
    void runsAreLaidOutAndRemembered();
    void oneClassIsSaid();

private:
    static void waysToSearch();
    std::filesystem::path file(const std::string &name) const
    {
        return std::filesystem::path(m_folder.path().toStdString()) / name;
    }
    nlohmann::json featuresConfig(const std::string &name, const Table &points, int dimensions);
    Result<nlohmann::json> embed(const nlohmann::json &config, const EventSink &events = {}, const Job &job = {})
    {
        return m_compute->run("embed", config, events, job);
    }
    static std::string bytes(const std::filesystem::path &path)
    {
        std::ifstream stream(path, std::ios::binary);
        return {std::istreambuf_iterator<char>(stream), {}};
    }

    QTemporaryDir m_folder;
    std::unique_ptr<Compute> m_compute = makeCompute();
};

nlohmann::json TestEmbedding::featuresConfig(const std::string &name, const Table &points, int dimensions)
{
    const auto path = file(name + ".npy");
    if (!writeNpy(path, points, {std::int64_t(points.size()) / dimensions, dimensions}))
        qFatal("the features cannot be written");
    return {{"features", path.string()}, {"out", file(name + ".map.npy").string()}, {"device", "cpu"}};
}

void TestEmbedding::waysToSearch()
{
    QTest::addColumn<bool>("useTensors");
    QTest::newRow("blocks") << false;
    QTest::newRow("tensors") << true;
}

void TestEmbedding::neighboursAreExact_data()
{
    QTest::addColumn<bool>("useTensors");
    QTest::addColumn<int>("rows");
    QTest::addColumn<int>("dimensions");
    QTest::addColumn<int>("neighbours");
    QTest::addColumn<float>("away"); // from the origin: distances of large numbers round
    for (const bool useTensors : {false, true}) {
        const char *way = useTensors ? "tensors" : "blocks";
        QTest::addRow("%s, several blocks", way) << useTensors << 1500 << 20 << 30 << 0.0f;
        QTest::addRow("%s, all others", way) << useTensors << 40 << 3 << 39 << 0.0f;
        QTest::addRow("%s, one dimension", way) << useTensors << 300 << 1 << 5 << 0.0f;
        QTest::addRow("%s, far from the origin", way) << useTensors << 600 << 8 << 12 << 1e5f;
        QTest::addRow("%s, two rows", way) << useTensors << 2 << 4 << 1 << 0.0f;
    }
}

void TestEmbedding::neighboursAreExact()
{
    QFETCH(bool, useTensors);
    QFETCH(int, rows);
    QFETCH(int, dimensions);
    QFETCH(int, neighbours);
    QFETCH(float, away);
    Table points = clouds(rows, dimensions, 4, 11);
    for (float &value : points)
        value += away;
    const auto found = exactNeighbours(points, dimensions, neighbours, {.useTensors = useTensors}, {});
    QVERIFY(found);
    QCOMPARE(found->count(), std::int64_t(rows));
    QVERIFY(found->rows == nearestByHand(points, dimensions, neighbours));
    for (std::size_t i = 0; i < found->rows.size(); ++i)
        QCOMPARE(found->squaredDistances[i],
                 float(squaredDistance(points, dimensions, i / std::size_t(neighbours), std::size_t(found->rows[i]))));
}

void TestEmbedding::copiesStandInTheirOrder()
{
    QFETCH(bool, useTensors);
    // Three places, 100 copies of the first, 60 of the second, 5 of the third; more neighbours than some have copies.
    Table points;
    for (int i = 0; i < 165; ++i) {
        const int place = i % 33 == 0 ? 2 : i % 33 < 13 ? 1 : 0;
        for (int d = 0; d < 7; ++d)
            points.push_back(float(place * (d + 1)) * 0.37f + 1000);
    }
    const auto found = exactNeighbours(points, 7, 70, {.useTensors = useTensors}, {});
    QVERIFY(found);
    QVERIFY(found->rows == nearestByHand(points, 7, 70));
}

void TestEmbedding::planarNeighboursAreExact()
{
    Table layout = clouds(900, 2, 5, 3);
    std::copy(layout.begin(), layout.begin() + 40, layout.begin() + 400); // copies
    const auto found = planarNeighbours(layout, 12, {});
    QVERIFY(found);
    QVERIFY(*found == nearestByHand(layout, 2, 12));
}

void TestEmbedding::affinitiesHaveTheirPerplexity()
{
    const Table points = clouds(400, 10, 3, 5);
    const auto nearest = exactNeighbours(points, 10, 45, {}, {});
    const auto affinities = affinitiesOf(*nearest, 15, {});
    QVERIFY(affinities);
    double sum = 0;
    std::vector<std::vector<std::pair<std::int32_t, float>>> rows(400);
    for (std::size_t i = 0; i < 400; ++i) {
        QCOMPARE((affinities->begins[i + 1] - affinities->begins[i]) % Affinities::padding, std::int64_t(0));
        for (auto entry = std::size_t(affinities->begins[i]); entry < std::size_t(affinities->begins[i + 1]); ++entry)
            if (affinities->weights[entry] > 0) {
                QVERIFY(rows[i].empty() || rows[i].back().first < affinities->columns[entry]);
                rows[i].emplace_back(affinities->columns[entry], affinities->weights[entry]);
                sum += double(affinities->weights[entry]);
            }
    }
    QVERIFY(std::abs(sum - 1) < 1e-5);
    for (std::size_t i = 0; i < 400; ++i)
        for (const auto &[column, weight] : rows[i]) {
            const auto &other = rows[std::size_t(column)];
            QVERIFY(std::find(other.begin(), other.end(), std::pair(std::int32_t(i), weight)) != other.end());
        }

    // The conditionals of the first row: p_j|i + p_i|j is what is stored, so ask a row that nobody else knows.
    Table lonely = clouds(60, 3, 1, 6);
    for (std::size_t d = 0; d < 3; ++d)
        lonely[d] = 500;
    const auto known = exactNeighbours(lonely, 3, 21, {}, {});
    const auto shares = affinitiesOf(*known, 7, {});
    double entropy = 0, all = 0;
    for (auto entry = std::size_t(shares->begins[0]); entry < std::size_t(shares->begins[1]); ++entry)
        if (const double p = double(shares->weights[entry]) * 120; p > 0) {
            entropy -= p * std::log(p);
            all += p;
        }
    QVERIFY(std::abs(all - 1) < 1e-5);
    QVERIFY2(std::abs(std::exp(entropy) - 7) < 0.01, qPrintable(QString::number(std::exp(entropy))));
}

void TestEmbedding::repulsionIsThatOfAllPairs_data()
{
    QTest::addColumn<float>("scale");
    QTest::addColumn<double>("forceError");
    // A beginning map is a dot whose forces are differences of nearly equal numbers in fp32.
    QTest::newRow("as it begins") << 1e-4f << 0.05;
    QTest::newRow("as it is exaggerated") << 0.5f << 0.01;
    QTest::newRow("as it spreads") << 5.0f << 0.01;
    QTest::newRow("as it ends") << 30.0f << 0.01;
    // So far apart that what a point's own share of the grid does to it begins to show.
    QTest::newRow("sparser than any ends") << 80.0f << 0.02;
}

void TestEmbedding::repulsionIsThatOfAllPairs()
{
    QFETCH(float, scale);
    QFETCH(double, forceError);
    std::mt19937 random(9);
    std::normal_distribution<float> normal;
    Table layout(2 * 3000);
    for (std::size_t i = 0; i < layout.size(); ++i)
        layout[i] = scale * normal(random) * (i % 2 ? 0.6f : 1.0f) + 17 * scale;
    std::vector<double> exact;
    const double z = repulsionByHand(layout, exact);
    Table forces(layout.size());
    RepulsionField field;
    const double found = field.forces(layout, forces);
    QVERIFY2(std::abs(found / z - 1) < 1e-3, qPrintable(QString::number(found / z)));
    double off = 0, all = 0;
    for (std::size_t i = 0; i < forces.size(); ++i) {
        off += std::pow(double(forces[i]) - exact[i], 2);
        all += exact[i] * exact[i];
    }
    QVERIFY2(std::sqrt(off / all) < forceError, qPrintable(QString::number(std::sqrt(off / all))));
}

void TestEmbedding::endlessMapsCostNoMore()
{
    Table layout = clouds(500, 2, 3, 1);
    layout[0] = 1e6f;
    Table forces(layout.size());
    RepulsionField field;
    QVERIFY(std::isfinite(field.forces(layout, forces)));
    QVERIFY(std::all_of(forces.begin(), forces.end(), [](float force) { return std::isfinite(force); }));
}

void TestEmbedding::divergenceIsThatOfAllPairs()
{
    const Table points = clouds(700, 12, 5, 2);
    const Affinities affinities = affinitiesFor(points, 12, 20);
    for (const float scale : {0.01f, 1.0f, 12.0f}) {
        Table layout = clouds(700, 2, 5, 4);
        for (float &value : layout)
            value *= scale;
        const double exact = divergenceByHand(affinities, layout);
        QVERIFY(std::abs(klDivergence(affinities, layout) / exact - 1) < 0.002);
    }
}

void TestEmbedding::asGoodAsExactTsne()
{
    const Table points = clouds(240, 10, 4, 8, 1.5f);
    const Affinities affinities = affinitiesFor(points, 10, 20);
    const Table start = smallStart(points, 10);
    Tsne tsne(affinities, {.iterations = 500}, start);
    while (!tsne.isFinished())
        tsne.step();
    const Table layout(tsne.layout().begin(), tsne.layout().end());
    const double ours = divergenceByHand(affinities, layout);
    const double exact = divergenceByHand(affinities, exactTsne(affinities, start, 500));
    QVERIFY2(ours < exact + 0.03, qPrintable(QString("%1 against %2").arg(ours).arg(exact)));
    QVERIFY(std::abs(tsne.divergence() / ours - 1) < 0.002);
}

void TestEmbedding::sameThreadsSameBytes()
{
    const auto config = featuresConfig("threads", clouds(600, 16, 4, 21), 16);
    std::vector<std::string> maps;
    for (const int threads : {1, 2, 1}) {
        auto own = config;
        own["threads"] = threads;
        own["iterations"] = 300;
        QVERIFY(embed(own));
        maps.push_back(bytes(file("threads.map.npy")));
    }
    QVERIFY(!maps[0].empty());
    QVERIFY(maps[0] == maps[2]);
    auto seeded = config;
    seeded["iterations"] = 300;
    seeded["seed"] = 1;
    QVERIFY(embed(seeded));
    QVERIFY(bytes(file("threads.map.npy")) != maps[0]);
}

void TestEmbedding::goesOnToTheSameBytes()
{
    const Table points = clouds(300, 8, 3, 12);
    const Affinities affinities = affinitiesFor(points, 8, 15);
    const TsneSettings settings{.iterations = 320};
    Tsne whole(affinities, settings, smallStart(points, 8));
    while (!whole.isFinished())
        whole.step();
    for (const int at : {1, 249, 250, 251, 300}) {
        Tsne first(affinities, settings, smallStart(points, 8));
        while (first.iteration() < at)
            first.step();
        SafetensorsWriter writer;
        first.save(writer);
        QVERIFY(writer.write(file("state.safetensors")));
        Tsne second(affinities, settings, Table(600, 0.0f));
        QVERIFY(second.restore(*SafetensorsFile::open(file("state.safetensors"))));
        QCOMPARE(second.iteration(), at);
        while (!second.isFinished())
            second.step();
        QVERIFY(std::equal(whole.layout().begin(), whole.layout().end(), second.layout().begin()));
    }
    Tsne other(affinitiesFor(clouds(50, 8, 3, 1), 8, 5), settings, Table(100, 0.0f));
    QVERIFY(!other.restore(*SafetensorsFile::open(file("state.safetensors"))));
}

void TestEmbedding::noLearningRateExplodes()
{
    const Table points = clouds(200, 6, 3, 14);
    const Affinities affinities = affinitiesFor(points, 6, 10);
    Tsne tsne(affinities, {.iterations = 400, .learningRate = 1e9}, smallStart(points, 6));
    while (!tsne.isFinished())
        tsne.step();
    for (const float value : tsne.layout())
        QVERIFY(std::abs(value) <= 400 * 5);
}

void TestEmbedding::orderOfRowsMattersLittle()
{
    const Table points = clouds(400, 10, 4, 15);
    std::vector<std::size_t> order(400);
    std::iota(order.begin(), order.end(), std::size_t(0));
    std::shuffle(order.begin(), order.end(), std::mt19937(1));
    Table shuffled;
    for (const std::size_t row : order)
        shuffled.insert(shuffled.end(), points.begin() + std::ptrdiff_t(row * 10),
                        points.begin() + std::ptrdiff_t(row * 10 + 10));
    const auto first = embed(featuresConfig("ordered", points, 10));
    const auto second = embed(featuresConfig("shuffled", shuffled, 10));
    QVERIFY(first && second);
    QVERIFY(std::abs(first->at("kl").get<double>() - second->at("kl").get<double>()) < 0.05);
    QVERIFY(std::abs(first->at("trustworthiness").get<double>() - second->at("trustworthiness").get<double>()) < 0.02);
}

void TestEmbedding::axesDoNotDependOnTheTurn()
{
    // Turned by an angle in the plane of the second and the fourth dimension, and moved.
    Table points = clouds(300, 5, 3, 17);
    for (std::size_t i = 0; i < 300; ++i) // so that the axes differ in width
        points[5 * i] *= 4;
    Table turned = points;
    for (std::size_t i = 0; i < 300; ++i) {
        const float a = points[5 * i + 1], b = points[5 * i + 3];
        turned[5 * i + 1] = 0.6f * a - 0.8f * b + 2;
        turned[5 * i + 3] = 0.8f * a + 0.6f * b - 7;
    }
    const auto first = principalComponents(points, 5, 2), second = principalComponents(turned, 5, 2);
    double sum[2] = {0, 0};
    for (std::size_t i = 0; i < first.size(); ++i) {
        QVERIFY(std::abs(std::abs(first[i]) - std::abs(second[i])) < 1e-4);
        sum[i % 2] += first[i];
    }
    QVERIFY(std::abs(sum[0]) < 1e-6 && std::abs(sum[1]) < 1e-6);
    // A line has one axis.
    Table line;
    for (int i = 0; i < 9; ++i)
        line.insert(line.end(), {float(i), float(2 * i)});
    const auto along = principalComponents(line, 2, 3);
    for (std::size_t i = 0; i < 9; ++i) {
        QVERIFY(std::abs(along[3 * i] - (double(i) - 4) * std::sqrt(5.0)) < 1e-9);
        QVERIFY(std::abs(along[3 * i + 1]) < 1e-6);
        QCOMPARE(along[3 * i + 2], 0.0);
    }
}

/// Numbers that Python makes as well: s = (1664525 s + 1013904223) mod 2^32, starting at 7, value s / 2^32; column 0 of
/// row i is moved by half of i mod 3.
static Table fixtureTable()
{
    std::uint32_t state = 7;
    Table points(60 * 4);
    for (float &value : points) {
        state = state * 1664525u + 1013904223u;
        value = float(double(state) / 4294967296.0);
    }
    for (std::size_t i = 0; i < 60; ++i)
        points[4 * i] += 0.5f * float(i % 3);
    return points;
}

void TestEmbedding::scoresAreThoseOfScikitLearn()
{
    // scikit-learn 1.9.1: trustworthiness(X, Y, n_neighbors=5), trustworthiness(Y, X, n_neighbors=5),
    // davies_bouldin_score(X, y), calinski_harabasz_score(X, y) of the table above, Y its columns 0 and 3, y = i mod 3.
    constexpr double trust = 0.8509615384615384, continuity = 0.9156410256410257, daviesBouldin = 2.379642997007936,
                     calinskiHarabasz = 12.38196811529176;
    const Table points = fixtureTable();
    Table layout;
    for (std::size_t i = 0; i < 60; ++i)
        layout.insert(layout.end(), {points[4 * i], points[4 * i + 3]});
    const auto nearest = exactNeighbours(points, 4, 20, {}, {});
    const auto found = mapFaithfulness(points, 4, layout, *nearest, {});
    QVERIFY(found);
    QCOMPARE(found->neighbours, 5);
    QCOMPARE(found->judged, std::int64_t(60));
    QVERIFY2(std::abs(found->trustworthiness - trust) < 1e-9,
             qPrintable(QString::number(found->trustworthiness, 'g', 15)));
    QVERIFY2(std::abs(found->continuity - continuity) < 1e-9, qPrintable(QString::number(found->continuity, 'g', 15)));

    auto config = featuresConfig("fixture", points, 4);
    std::vector<std::int64_t> labels;
    for (std::int64_t i = 0; i < 60; ++i)
        labels.push_back(i % 3);
    QVERIFY(writeNpy(file("fixture.labels.npy"), std::span<const std::int64_t>(labels)));
    config["labels"] = file("fixture.labels.npy").string();
    config["method"] = "pca";
    const auto result = embed(config);
    QVERIFY(result);
    QVERIFY(std::abs(result->at("davies_bouldin").get<double>() / daviesBouldin - 1) < 1e-5);
    QVERIFY(std::abs(result->at("calinski_harabasz").get<double>() / calinskiHarabasz - 1) < 1e-5);
    QCOMPARE(result->at("iterations").get<int>(), 0);
}

void TestEmbedding::perfectMapsScoreOne()
{
    const Table layout = clouds(200, 2, 4, 19);
    const auto nearest = exactNeighbours(layout, 2, 20, {}, {});
    const auto found = mapFaithfulness(layout, 2, layout, *nearest, {});
    QVERIFY(found);
    QCOMPARE(found->trustworthiness, 1.0);
    QCOMPARE(found->continuity, 1.0);
    QVERIFY(std::all_of(found->distortion.begin(), found->distortion.end(), [](float d) { return d == 0; }));
    // Torn apart: the map says nothing about the data.
    const Table elsewhere = clouds(200, 2, 1, 20);
    const auto wrong = mapFaithfulness(layout, 2, elsewhere, *nearest, {});
    QVERIFY(wrong->trustworthiness < 0.6 && wrong->continuity < 0.6);
    QVERIFY(*std::max_element(wrong->distortion.begin(), wrong->distortion.end()) > 0.8f);
}

void TestEmbedding::badInputIsSaid_data()
{
    QTest::addColumn<QVector<float>>("values");
    QTest::addColumn<int>("dimensions");
    QTest::addColumn<double>("perplexity");
    QTest::addColumn<QString>("method");
    QTest::addColumn<QString>("says");
    const Table some = clouds(30, 4, 2, 1);
    const auto row = [&](const char *name, Table values, int dimensions, double perplexity, const char *method,
                         const char *says) {
        QTest::newRow(name) << QVector<float>(values.begin(), values.end()) << dimensions << perplexity
                            << QString(method) << QString(says);
    };
    Table bad = some;
    bad[4 * 7 + 2] = NAN;
    row("no number", bad, 4, 0, "tsne", "row 7, column 2 (counted from 0) is no finite number");
    bad[4 * 7 + 2] = INFINITY;
    row("infinite", bad, 4, 0, "pca", "row 7, column 2 (counted from 0) is no finite number");
    row("three rows", Table(some.begin(), some.begin() + 12), 4, 0, "tsne", "has 3 rows; a t-SNE map needs at least 6");
    row("one row", Table(some.begin(), some.begin() + 4), 4, 0, "pca", "a map needs at least 2");
    row("all the same", Table(120, 2.5f), 4, 0, "tsne", "all 30 rows of");
    row("all the same by axes", Table(120, 0.0f), 4, 0, "pca", "all 30 rows of");
    row("perplexity", some, 4, 11, "tsne", "it may be at most a third of them, 10");
    row("perplexity by axes", some, 4, 11, "pca", "it may be at most a third of them, 10");
    row("perplexity below 2", some, 4, 1, "tsne", "a perplexity of 2 to 10000");
    row("method", some, 4, 0, "umap", "possible are tsne, pca");
}

void TestEmbedding::badInputIsSaid()
{
    QFETCH(QVector<float>, values);
    QFETCH(int, dimensions);
    QFETCH(double, perplexity);
    QFETCH(QString, method);
    QFETCH(QString, says);
    auto config = featuresConfig("bad", Table(values.begin(), values.end()), dimensions);
    config["method"] = method.toStdString();
    config["work"] = file("bad.work").string();
    if (perplexity > 0)
        config["perplexity"] = perplexity;
    const auto result = embed(config);
    QVERIFY(!result);
    QCOMPARE(int(result.error().code), int(ErrorCode::Invalid));
    QVERIFY2(QString::fromStdString(result.error().message).contains(says), result.error().message.c_str());
    QVERIFY(!std::filesystem::exists(file("bad.map.npy")));
    QVERIFY(!std::filesystem::exists(file("bad.work")));
}

void TestEmbedding::stoppedMapsGoOn()
{
    auto config = featuresConfig("stopped", clouds(500, 10, 4, 23), 10);
    config["work"] = file("stopped.work").string();
    config["iterations"] = 400;
    const auto undisturbed = embed(config);
    QVERIFY(undisturbed);
    QCOMPARE(undisturbed->at("resumed_iteration").get<int>(), 0);
    QVERIFY(!std::filesystem::exists(file("stopped.work")));
    const std::string whole = bytes(file("stopped.map.npy"));
    std::filesystem::remove(file("stopped.map.npy"));

    std::stop_source stop;
    const auto stopEarly = [&](const nlohmann::json &event) {
        if (event.value("unit", "") == "iteration" && event.value("done", 0) > 0)
            stop.request_stop();
    };
    const auto stopped = embed(config, stopEarly, {stop.get_token()});
    QVERIFY(!stopped);
    QCOMPARE(int(stopped.error().code), int(ErrorCode::Cancelled));
    QVERIFY(!std::filesystem::exists(file("stopped.map.npy")));
    QVERIFY(std::filesystem::exists(file("stopped.work") / "state.safetensors"));
    // Of another request it is no beginning, and a damaged one is begun anew.
    const auto goneOn = embed(config);
    QVERIFY(goneOn);
    QVERIFY(goneOn->at("resumed_iteration").get<int>() > 0);
    QVERIFY(bytes(file("stopped.map.npy")) == whole);
    QVERIFY(!std::filesystem::exists(file("stopped.work")));

    std::filesystem::create_directories(file("stopped.work"));
    std::ofstream(file("stopped.work") / "state.safetensors") << "damaged";
    std::ofstream(file("stopped.work") / "neighbours.safetensors") << "damaged";
    const auto anew = embed(config);
    QVERIFY(anew);
    QCOMPARE(anew->at("resumed_iteration").get<int>(), 0);
    QVERIFY(bytes(file("stopped.map.npy")) == whole);
}

void TestEmbedding::classesAreScoredWhereThereAreSome()
{
    const auto config = featuresConfig("plain", clouds(90, 6, 3, 25), 6);
    const auto result = embed(config);
    QVERIFY(result);
    QVERIFY(result->at("davies_bouldin").is_null() && result->at("calinski_harabasz").is_null());
    QVERIFY(result->at("kl").get<double>() > 0);
    QVERIFY(result->at("trustworthiness").get<double>() > 0.7);
    QCOMPARE(result->at("samples").get<int>(), 90);
    QCOMPARE(result->at("perplexity").get<double>(), 30.0);
    const auto map = NpyArray::read(file("plain.map.npy"));
    QVERIFY(map);
    QCOMPARE(map->descr(), std::string("<f4"));
    QCOMPARE(map->shapeText(), std::string("(90, 2)"));
}

void TestEmbedding::runsAreLaidOutAndRemembered()
{
    test::ToyPack{.count = 60, .classes = 3}.write(file("pack"));
    const auto trained = m_compute->run("train",
                                        {{"pack", file("pack").string()},
                                         {"out", file("run").string()},
                                         {"folds", 2},
                                         {"device", "cpu"},
                                         {"set", {{"preset", "tiny"}, {"epochs", 2}, {"precision", "fp32"}}}},
                                        {}, {});
    QVERIFY2(trained, trained ? "" : trained.error().message.c_str());
    // Two samples more than the run knew: 62 of the same kind, of which the first 60 are those.
    test::ToyPack{.count = 62, .classes = 3}.write(file("pack62"));
    nlohmann::json config = {{"run_folder", file("run").string()},
                             {"pack", file("pack62").string()},
                             {"folder", file("maps").string()},
                             {"out", file("run.map.npy").string()},
                             {"fold", 1},
                             {"iterations", 260},
                             {"device", "cpu"}};
    std::vector<nlohmann::json> layouts;
    const auto first = embed(config, [&](const nlohmann::json &event) {
        if (event.value("event", "") == "layout")
            layouts.push_back(event);
    });
    QVERIFY2(first, first ? "" : first.error().message.c_str());
    QCOMPARE(first->at("samples").get<int>(), 62);
    QCOMPARE(first->at("fold").get<int>(), 1);
    QCOMPARE(first->at("reused").get<bool>(), false);
    QVERIFY(first->at("davies_bouldin").get<double>() > 0 && first->at("calinski_harabasz").get<double>() > 0);
    QVERIFY(first->at("trained_samples").get<int>() > 0 && first->at("trained_samples").get<int>() < 60);
    const auto kept = SafetensorsFile::open(first->at("embedding").get<std::string>());
    QVERIFY(kept);
    QCOMPARE(kept->values<std::int64_t>("sample")->size(), std::size_t(62));
    QCOMPARE(kept->values<float>("distortion")->size(), std::size_t(62));
    QCOMPARE(kept->values<std::int64_t>("label")->back(), std::int64_t(-1)); // not in the run
    QCOMPARE(kept->values<std::uint8_t>("trained")->back(), std::uint8_t(0));
    QVERIFY(*kept->values<float>("layout") == *NpyArray::read(file("run.map.npy"))->floats());

    std::filesystem::remove(file("run.map.npy"));
    const auto again = embed(config);
    QVERIFY(again);
    QCOMPARE(again->at("reused").get<bool>(), true);
    QVERIFY(again->at("kl") == first->at("kl"));
    QVERIFY(*kept->values<float>("layout") == *NpyArray::read(file("run.map.npy"))->floats());
    auto other = config;
    other["perplexity"] = 9;
    const auto elsewhere = embed(other);
    QVERIFY(elsewhere);
    QVERIFY(elsewhere->at("embedding") != first->at("embedding"));
    other["fold"] = 2;
    const auto none = embed(other);
    QVERIFY(!none);
    QVERIFY2(none.error().message.find("its folds are 0 to 1") != std::string::npos, none.error().message.c_str());
    for (const auto &entry : std::filesystem::directory_iterator(file("maps"))) // nothing half done is left
        QVERIFY2(entry.path().extension() == ".safetensors", entry.path().c_str());
}

void TestEmbedding::oneClassIsSaid()
{
    auto config = featuresConfig("alike", clouds(60, 5, 2, 27), 5);
    const std::vector<std::int64_t> labels(60, 4);
    QVERIFY(writeNpy(file("alike.labels.npy"), std::span<const std::int64_t>(labels)));
    config["labels"] = file("alike.labels.npy").string();
    config["iterations"] = 100;
    std::string warning;
    const auto result = embed(config, [&](const nlohmann::json &event) {
        if (event.value("event", "") == "warning")
            warning = event.value("code", "");
    });
    QVERIFY(result);
    QCOMPARE(warning, std::string("ONE_CLASS"));
    QVERIFY(result->at("davies_bouldin").is_null());
    const std::vector<std::int64_t> few(59, 1);
    QVERIFY(writeNpy(file("alike.labels.npy"), std::span<const std::int64_t>(few)));
    const auto refused = embed(config);
    QVERIFY(!refused);
    QVERIFY2(refused.error().message.find("(60,) is needed") != std::string::npos, refused.error().message.c_str());
}

QTEST_GUILESS_MAIN(TestEmbedding)
#include "tst_embedding.moc"
