#include "pipeline/dedup/face_copies.h"
#include "pipeline/dedup/grey_grid.h"
#include "pipeline/dedup/hash_pairs.h"
#include "pipeline/dedup/look_alikes.h"
#include "pipeline/dedup/perceptual_hash.h"
#include "pipeline/demo/demo_faces.h"
#include "tests/support/data_files.h"
#include "tests/support/filled_project.h"

#include <QTest>

#include <algorithm>
#include <bit>
#include <random>
#include <set>

using namespace mien;
using namespace mien::test;

namespace {

using Pairs = std::vector<std::pair<std::size_t, std::size_t>>;

const Imaging &codec()
{
    return *must(imaging());
}

Picture decoded(const std::vector<std::uint8_t> &bytes)
{
    return must(codec().decode(bytes));
}

Picture constant(int widthPx, int heightPx, std::uint8_t value)
{
    return {.widthPx = widthPx,
            .heightPx = heightPx,
            .channels = 1,
            .pixels = std::vector<std::uint8_t>(std::size_t(widthPx * heightPx), value),
            .decodedRows = heightPx};
}

/// Every value times `factor` plus `shift`.
Picture lit(Picture picture, double factor, double shift)
{
    for (std::uint8_t &value : picture.pixels)
        value = std::uint8_t(std::clamp(value * factor + shift, 0.0, 255.0));
    return picture;
}

const std::vector<Picture> &drawnFaces()
{
    static const std::vector<Picture> faces = [] {
        std::vector<Picture> drawn;
        const DemoCast cast = demoCast(60, 0, 3);
        for (const DemoFace &face : cast.faces)
            drawn.push_back(drawFace(cast.people[std::size_t(face.subject)], face.muscles, face.scene, 112));
        return drawn;
    }();
    return faces;
}

Pairs pairsByBruteForce(const std::vector<std::uint64_t> &hashes, int distance)
{
    Pairs pairs;
    for (std::size_t a = 0; a < hashes.size(); ++a)
        for (std::size_t b = a + 1; b < hashes.size(); ++b)
            if (std::popcount(hashes[a] ^ hashes[b]) <= distance)
                pairs.emplace_back(a, b);
    return pairs;
}

Pairs pairsFound(const std::vector<std::uint64_t> &hashes, int distance)
{
    Pairs pairs;
    forEachHashPair(hashes, distance, {}, [&](std::size_t a, std::size_t b) { pairs.emplace_back(a, b); });
    std::sort(pairs.begin(), pairs.end());
    return pairs;
}

/// As they come from data sets: prototypes, and copies of which some bits differ.
std::vector<std::uint64_t> clustered(std::size_t count, std::size_t prototypes, double flips, std::uint64_t seed)
{
    std::mt19937_64 random(seed);
    std::bernoulli_distribution flip(flips);
    std::vector<std::uint64_t> centres, hashes;
    for (std::size_t i = 0; i < prototypes; ++i)
        centres.push_back(random());
    while (hashes.size() < count) {
        std::uint64_t hash = centres[random() % centres.size()];
        for (int bit = 0; bit < 64; ++bit)
            hash ^= std::uint64_t(flip(random)) << bit;
        hashes.push_back(hash);
    }
    return hashes;
}

/// A face of 100 x 120 pixels in a picture of 640 x 480.
FaceInPicture faceInPicture(std::int64_t media, std::optional<std::int64_t> timeUs)
{
    return {.media = {media},
            .timeUs = timeUs,
            .picture = {640, 480, 0x5a5a5a5a5a5a5a5aull},
            .box = {100, 100, 100, 120},
            .cropFromFrame = "0.5 0 -50 -50",
            .cropWidthPx = 60,
            .cropHeightPx = 60};
}

ReadSmallGreys sameGreys(std::size_t &reads)
{
    return [&reads, grey = SmallGrey(waves(48, 1))](std::span<const std::size_t> positions) {
        reads += positions.size();
        return Result<std::vector<std::optional<SmallGrey>>>(
            std::vector<std::optional<SmallGrey>>(positions.size(), grey));
    };
}

} // namespace

Q_DECLARE_METATYPE(mien::FaceInPicture)

class TestDedup : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void cellsAreMeansOfWhatTheyCover()
    {
        const std::vector<std::uint8_t> plane{0, 10, 20, 30, 40, 50, 60, 70, 80};
        const std::vector<float> halves = greyGrid(3, 3, plane, 2);
        // The first cell covers 1, 1/2, 1/2 and 1/4 of the pixels 0, 10, 30 and 40.
        QCOMPARE(halves[0], float((0 + 5 + 15 + 10) / 2.25));
        QCOMPARE(halves[3], float((10 + 25 + 35 + 80) / 2.25));
        QCOMPARE(greyGrid(3, 3, plane, 3), std::vector<float>(plane.begin(), plane.end()));
        const std::vector<float> grown = greyGrid(1, 2, std::vector<std::uint8_t>{6, 8}, 4);
        QCOMPARE(grown.front(), 6.0f);
        QCOMPARE(grown.back(), 8.0f);
        const Picture colour = picture(37, 90, 3, 5);
        QCOMPARE(greyGrid(colour, 32), greyGrid(grey(colour), 32));
    }

    void whatShowsNothingHasNoHash()
    {
        for (const auto &[width, height] : {std::pair(1, 1), {48, 48}, {500, 3}})
            for (const int value : {0, 1, 127, 255})
                QCOMPARE(perceptualHash(constant(width, height, std::uint8_t(value))), 0u);
        Picture nearlyBlank = constant(48, 48, 90);
        nearlyBlank.pixels[1000] = 92;
        QCOMPARE(perceptualHash(nearlyBlank), 0u);
        for (unsigned seed = 0; seed < 50; ++seed)
            QCOMPARE(std::popcount(perceptualHash(waves(48, seed))), 31);
    }

    void changesLeaveTheHashNear_data()
    {
        QTest::addColumn<int>("change");
        QTest::newRow("grey") << 0;
        QTest::newRow("half the size") << 1;
        QTest::newRow("twice the size") << 2;
        QTest::newRow("48 px") << 3;
        QTest::newRow("JPEG 75") << 4;
        QTest::newRow("JPEG 40") << 5;
        QTest::newRow("brighter") << 6;
        QTest::newRow("less contrast") << 7;
        QTest::newRow("48 px and JPEG 75") << 8;
    }

    void changesLeaveTheHashNear()
    {
        QFETCH(int, change);
        int most = 0, sum = 0;
        double least = 1;
        for (const Picture &face : drawnFaces()) {
            const auto resized = [&](int side) { return codec().resized(face, side, side); };
            const Picture changed = change == 0   ? grey(face)
                                    : change == 1 ? resized(56)
                                    : change == 2 ? resized(224)
                                    : change == 3 ? resized(48)
                                    : change == 4 ? decoded(codec().encodeJpeg(face, 75))
                                    : change == 5 ? decoded(codec().encodeJpeg(face, 40))
                                    : change == 6 ? lit(face, 1, 12)
                                    : change == 7 ? lit(face, 0.8, 10)
                                                  : decoded(codec().encodeJpeg(resized(48), 75));
            const int distance = hashDistance(perceptualHash(face), perceptualHash(changed));
            most = std::max(most, distance);
            sum += distance;
            least = std::min(least, SmallGrey(face).correlation(SmallGrey(changed)));
        }
        qInfo("distance %.2f on average, %d at most; correlation at least %.4f",
              double(sum) / double(drawnFaces().size()), most, least);
        QVERIFY(most <= 7);
        QVERIFY(least >= leastCorrelation);
    }

    void differentPicturesAreFar()
    {
        int nearest = 64;
        double sum = 0, most = -1;
        constexpr unsigned pictures = 200;
        std::vector<std::uint64_t> hashes;
        for (unsigned seed = 0; seed < pictures; ++seed)
            hashes.push_back(perceptualHash(waves(48, seed)));
        for (unsigned a = 0; a < pictures; ++a)
            for (unsigned b = 0; b < a; ++b) {
                nearest = std::min(nearest, hashDistance(hashes[a], hashes[b]));
                sum += hashDistance(hashes[a], hashes[b]);
            }
        const auto &faces = drawnFaces();
        for (std::size_t a = 0; a < faces.size(); ++a)
            for (std::size_t b = 0; b < a; ++b)
                most = std::max(most, SmallGrey(faces[a]).correlation(SmallGrey(faces[b])));
        qInfo("%.1f bits apart on average, %d at least; drawn faces correlate up to %.3f",
              sum / (pictures * (pictures - 1) / 2), nearest, most);
        QVERIFY(nearest > 7);
        QVERIFY(sum / (pictures * (pictures - 1) / 2) > 28);
        QVERIFY(most < leastCorrelation); // also of one person
    }

    void correlationIsPearsons()
    {
        const Picture one = waves(48, 1), other = waves(48, 2);
        QCOMPARE(SmallGrey(one).correlation(SmallGrey(one)), 1.0);
        QVERIFY(SmallGrey(one).correlation(SmallGrey(lit(one, -1, 255))) < -0.999);
        double a = 0, b = 0, aa = 0, bb = 0, ab = 0;
        const double count = 48 * 48;
        for (std::size_t i = 0; i < one.pixels.size(); ++i) {
            a += one.pixels[i];
            b += other.pixels[i];
            aa += double(one.pixels[i]) * one.pixels[i];
            bb += double(other.pixels[i]) * other.pixels[i];
            ab += double(one.pixels[i]) * other.pixels[i];
        }
        const double expected = (ab / count - a / count * b / count) /
                                std::sqrt((aa / count - a / count * a / count) * (bb / count - b / count * b / count));
        QVERIFY(std::abs(SmallGrey(one).correlation(SmallGrey(other)) - expected) < 1e-9);
        QCOMPARE(SmallGrey(constant(9, 9, 4)).correlation(SmallGrey(one)), 0.0);
        QCOMPARE(SmallGrey(constant(9, 9, 4)).correlation(SmallGrey(constant(9, 9, 4))), 0.0);
    }

    void allPairsAreFoundOnce_data()
    {
        QTest::addColumn<std::vector<std::uint64_t>>("hashes");
        std::mt19937_64 random(5);
        std::vector<std::uint64_t> free, equal(60, 0x123456789abcdef0ull), halfEqual;
        for (int i = 0; i < 2000; ++i) {
            free.push_back(random());
            halfEqual.push_back((random() & 0xffffffffull) | 0xabcd123400000000ull);
        }
        QTest::newRow("free") << free;
        QTest::newRow("clustered") << clustered(2000, 40, 0.04, 1);
        QTest::newRow("loosely clustered") << clustered(2000, 20, 0.12, 2);
        auto even = clustered(2000, 20, 0.1, 4);
        for (std::uint64_t &hash : even)
            hash ^= std::uint64_t(std::popcount(hash) & 1) << 40;
        QTest::newRow("an even number of bits apart") << even;
        QTest::newRow("all equal") << equal;
        QTest::newRow("equal in two quarters") << halfEqual;
        QTest::newRow("one") << std::vector<std::uint64_t>{7};
        QTest::newRow("none") << std::vector<std::uint64_t>{};
    }

    void allPairsAreFoundOnce()
    {
        QFETCH(std::vector<std::uint64_t>, hashes);
        for (const int distance : {0, 1, 2, 3, 4, 6, 7, 8, 11})
            QCOMPARE(pairsFound(hashes, distance), pairsByBruteForce(hashes, distance));
    }

    void pairsAreFoundAtTheWidestDistance()
    {
        const auto hashes = clustered(300, 10, 0.12, 3);
        for (const int distance : {12, 15, 16})
            QCOMPARE(pairsFound(hashes, distance), pairsByBruteForce(hashes, distance));
    }

    void theSearchStops()
    {
        std::stop_source source;
        int pairs = 0;
        const std::vector<std::uint64_t> equal(1000, 9);
        QVERIFY(!forEachHashPair(equal, 7, source.get_token(), [&](std::size_t, std::size_t) {
            if (++pairs == 10)
                source.request_stop();
        }));
        QVERIFY(pairs < 1000);
    }

    /// Sets are those of the pairs that are near and correlate, by way of others too.
    void lookAlikesAreThoseOfAllPairs()
    {
        std::vector<Picture> pictures;
        for (unsigned seed = 0; seed < 400; ++seed)
            pictures.push_back(waves(48, seed / 4, int(seed % 4) * 5, seed % 3 == 0 ? 0 : int(seed % 90)));
        std::vector<std::uint64_t> hashes;
        for (const Picture &one : pictures)
            hashes.push_back(perceptualHash(one));
        std::set<std::size_t> read;
        const auto reader = [&](std::span<const std::size_t> positions) {
            std::vector<std::optional<SmallGrey>> small;
            for (const std::size_t position : positions) {
                read.insert(position);
                small.emplace_back(pictures[position]);
            }
            return Result<std::vector<std::optional<SmallGrey>>>(std::move(small));
        };
        for (const int distance : {4, 7, 10}) {
            DisjointSets expected(pictures.size());
            std::set<std::size_t> near;
            std::size_t pairs = 0;
            for (const auto &[a, b] : pairsByBruteForce(hashes, distance)) {
                near.insert({a, b});
                if (SmallGrey(pictures[a]).correlation(SmallGrey(pictures[b])) < leastCorrelation)
                    continue;
                expected.join(a, b);
                ++pairs;
            }
            QVERIFY(pairs > 50);
            read.clear();
            DisjointSets found = must(lookAlikes(hashes, distance, reader, {}));
            QCOMPARE(read, near);
            for (std::size_t i = 0; i < pictures.size(); ++i)
                QCOMPARE(found.rootOf(i), expected.rootOf(i));
        }
    }

    /// A day of a still scene: one hash, thousands of pictures.
    void manyEqualHashesAreComparedInOneRound()
    {
        constexpr std::size_t frames = 20'000;
        std::vector<std::uint64_t> hashes(frames, 0x5a5a5a5a5a5a5a5aull);
        hashes.resize(2 * frames, 0); // and as many blank pages
        std::size_t reads = 0;
        const SmallGrey frame(waves(48, 1));
        DisjointSets sets = must(lookAlikes(hashes, 7,
                                            [&](std::span<const std::size_t> positions) {
                                                reads += positions.size();
                                                return Result<std::vector<std::optional<SmallGrey>>>(
                                                    std::vector<std::optional<SmallGrey>>(positions.size(), frame));
                                            },
                                            {}));
        QCOMPARE(reads, frames);
        for (std::size_t i = 0; i < frames; ++i) {
            QCOMPARE(sets.rootOf(i), std::size_t(0));
            QCOMPARE(sets.rootOf(frames + i), frames + i);
        }
    }

    /// By file, time and place, before anything is read.
    void onlyFacesThatMayBeOneAreRead_data()
    {
        QTest::addColumn<FaceInPicture>("other");
        QTest::addColumn<bool>("isOne");
        const auto changed = [](auto change) {
            FaceInPicture face = faceInPicture(2, {});
            change(face);
            return face;
        };
        QTest::newRow("the same place") << changed([](FaceInPicture &) {}) << true;
        QTest::newRow("half the size") << changed([](FaceInPicture &face) {
            face.picture = {320, 240, face.picture.perceptualHash};
            face.box = {50, 50, 50, 60};
            face.cropFromFrame = "1 0 -50 -50";
        }) << true;
        QTest::newRow("another face of the photo") << changed([](FaceInPicture &face) { face.box.x = 300; }) << false;
        QTest::newRow("the same file") << changed([](FaceInPicture &face) { face.media = {1}; }) << false;
        QTest::newRow("another picture") << changed([](FaceInPicture &face) { face.picture.perceptualHash = 0xff00ff; })
                                         << false;
        QTest::newRow("a blank picture") << changed([](FaceInPicture &face) { face.picture.perceptualHash = 0; })
                                         << false;
        QTest::newRow("cut off below") << changed([](FaceInPicture &face) { face.picture.heightPx = 440; }) << false;
        QTest::newRow("a frame") << changed([](FaceInPicture &face) { face.timeUs = 5; }) << true;
        QTest::newRow("a crop that nobody can place")
            << changed([](FaceInPicture &face) { face.cropFromFrame = ""; }) << false;
    }

    void onlyFacesThatMayBeOneAreRead()
    {
        QFETCH(FaceInPicture, other);
        QFETCH(bool, isOne);
        for (const bool isFirst : {false, true}) {
            std::vector<FaceInPicture> faces{faceInPicture(1, {}), other};
            if (isFirst)
                std::swap(faces[0], faces[1]);
            std::size_t reads = 0;
            QCOMPARE(must(faceCopies(faces, 7, sameGreys(reads), {})).areJoined(0, 1), isOne);
            QCOMPARE(reads, std::size_t(isOne ? 2 : 0));
        }
    }

    /// Two copies of a video of a still scene: thousands of frames of one hash, each a copy of those at its time.
    void framesAreCopiesAtTheSameTime()
    {
        constexpr int frames = 5000;
        std::vector<FaceInPicture> faces;
        for (const std::int64_t video : {1, 2})
            for (int i = 0; i < frames; ++i) // the second one is 10 ms late
                faces.push_back(faceInPicture(video, i * 200'000 + (video - 1) * 10'000));
        std::size_t reads = 0;
        DisjointSets sets = must(faceCopies(faces, 7, sameGreys(reads), {}));
        QCOMPARE(reads, faces.size());
        for (std::size_t i = 0; i < frames; ++i) {
            QCOMPARE(sets.rootOf(i), i);
            QCOMPARE(sets.rootOf(frames + i), i);
        }
    }

    void crooksOfADetectorAreUndone()
    {
        // One picture, cut out twice: a few pixels further, larger and turned.
        const Picture whole = waves(300, 77);
        const Similarity straight{0.9, 0, -60, -70}, askew{0.85, 0.06, -66, -66};
        const auto small = [&](const Similarity &map) {
            return SmallGrey(must(cropOf(codec(), whole, map, 112, 112)));
        };
        const SmallGrey one = small(straight), other = small(askew);
        QVERIFY(one.correlation(other) < 0.9);
        FaceInPicture a = faceInPicture(1, {}), b = faceInPicture(2, {});
        for (FaceInPicture *face : {&a, &b}) {
            face->picture.widthPx = face->picture.heightPx = 300;
            face->cropWidthPx = face->cropHeightPx = 112;
        }
        a.cropFromFrame = straight.text();
        b.cropFromFrame = askew.text();
        const auto joined = [&](const SmallGrey &first, const SmallGrey &second) {
            return must(faceCopies(std::vector{a, b}, 7,
                                   [&](std::span<const std::size_t>) {
                                       return Result<std::vector<std::optional<SmallGrey>>>({first, second});
                                   },
                                   {}))
                .areJoined(0, 1);
        };
        QVERIFY(joined(one, other));
        QVERIFY(!joined(one, SmallGrey(waves(112, 78)))); // another moment before the same wall
        b.cropFromFrame = "0.9 0 30 -70";                 // too little of one is in the other
        QVERIFY(!joined(one, one));
    }

    void lookingForLookAlikesStops()
    {
        std::stop_source source;
        const std::vector<std::uint64_t> hashes(2000, 3);
        const auto stopped = lookAlikes(hashes, 7,
                                        [&](std::span<const std::size_t> positions) {
                                            source.request_stop();
                                            return Result<std::vector<std::optional<SmallGrey>>>(
                                                std::vector<std::optional<SmallGrey>>(positions.size()));
                                        },
                                        {.stop = source.get_token()});
        QCOMPARE(stopped.error().code, ErrorCode::Cancelled);
    }
};

QTEST_APPLESS_MAIN(TestDedup)
#include "tst_dedup.moc"
