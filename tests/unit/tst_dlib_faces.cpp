// dlib's face detector and 68 landmarks, in the module that this processor uses and in the one for all.
#include "pipeline/dlib/dlib_faces.h"
#include "pipeline/face/face_finder.h"
#include "pipeline/face/landmarks68.h"
#include "pipeline/import/byte_stream.h"
#include "pipeline/modules/module_loader.h"
#include "tests/support/data_files.h"
#include "tests/support/filled_project.h"
#include "tests/support/test_data.h"

#include <QTemporaryDir>
#include <QTest>

#include <cmath>
#include <filesystem>

using namespace mien;
using namespace mien::test;

namespace {

namespace fs = std::filesystem;

Picture decoded(const fs::path &path)
{
    return upright(must(must(imaging())->decode(must(wholeFile(path)))));
}

double distance(PointPx a, PointPx b)
{
    return std::hypot(a.x - b.x, a.y - b.y);
}

constexpr const char *modelPath = "/usr/share/dlib/shape_predictor_68_face_landmarks.dat";

} // namespace

class TestDlibFaces : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        if (const auto module = dlibFaces(); !module)
            QSKIP(module.error().message.c_str());
    }

    void facesOfPhotosAreFound_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<int>("faces");
        QTest::newRow("four people") << "multi_face.jpg" << 4;
        QTest::newRow("a portrait") << "portrait_1.jpg" << 1;
        QTest::newRow("nobody") << "no_face_landscape.jpg" << 0;
    }
    void facesOfPhotosAreFound()
    {
        QFETCH(QString, name);
        QFETCH(int, faces);
        MIEN_NEED_TEST_DATA(photos, "media");
        const Picture picture = decoded(photos / name.toStdString());
        const auto mtcnn = FaceFinder::mtcnn(40);
        const auto hog = FaceFinder::dlibHog(60);
        if (!mtcnn || !hog)
            QSKIP("the weights of MTCNN are absent");
        const auto found = must(hog->find(picture));
        QCOMPARE(int(found.size()), faces);
        const auto others = must(mtcnn->find(picture));
        for (const FoundFace &face : found) {
            QVERIFY(face.probability > 0.5 && face.probability < 1);
            // MTCNN sees the same face, and places its points in the same way when it is given dlib's box.
            double nearest = 1e9;
            for (const FoundFace &other : others) {
                const double eyes = distance(other.points[0], other.points[1]);
                double worst = 0;
                for (std::size_t i = 0; i < other.points.size(); ++i)
                    worst = std::max(worst, distance(face.points[i], other.points[i]) / eyes);
                nearest = std::min(nearest, worst);
            }
            QVERIFY2(nearest < 0.2, qPrintable(QString::number(nearest)));
        }
    }

    void theSizeOfTheSmallestFaceChoosesTheScale()
    {
        MIEN_NEED_TEST_DATA(photos, "media");
        const Picture large = decoded(photos / "portrait_1.jpg");
        const Picture small = must(imaging())->resized(large, large.widthPx / 4, large.heightPx / 4);
        const auto coarse = FaceFinder::dlibHog(150), fine = FaceFinder::dlibHog(30);
        if (!coarse || !fine)
            QSKIP("the weights of MTCNN are absent");
        const auto here = must(coarse->find(large));
        QCOMPARE(here.size(), std::size_t(1));
        const double sidePx = here.front().box.width;
        QVERIFY(sidePx / 4 > 30 && sidePx / 4 < 150);
        QVERIFY(must(coarse->find(small)).empty());
        const auto there = must(fine->find(small));
        QCOMPARE(there.size(), std::size_t(1));
        QVERIFY(std::abs(there.front().box.width * 4 - sidePx) < 0.25 * sidePx);
        // Luma that is there already is what is searched.
        const Picture dark{.widthPx = large.widthPx,
                           .heightPx = large.heightPx,
                           .channels = 1,
                           .pixels = std::vector<std::uint8_t>(large.pixels.size() / std::size_t(large.channels), 9)};
        QVERIFY(must(coarse->find(large, &dark)).empty());
    }

    void tinyPicturesHaveNoFaces()
    {
        for (const int side : {1, 7, 40, 79}) {
            const Picture picture = test::picture(side, side, 1, 5);
            QVERIFY(must(dlibFaces())->frontalFaces(picture).empty());
        }
    }

    void bothModulesFindTheSame()
    {
        MIEN_NEED_TEST_DATA(photos, "media");
        const auto entry = must(loadModule("libmien-dlib.so", "mienDlib", "for any processor"));
        const DlibFaces *const plain = reinterpret_cast<const DlibFaces *(*)()>(entry)();
        const Picture picture = grey(decoded(photos / "multi_face.jpg"));
        const auto a = must(dlibFaces())->frontalFaces(picture), b = plain->frontalFaces(picture);
        QCOMPARE(a.size(), b.size());
        QVERIFY(!a.empty());
        for (std::size_t i = 0; i < a.size(); ++i) {
            QVERIFY(std::abs(a[i].box.x - b[i].box.x) <= 1 && std::abs(a[i].box.y - b[i].box.y) <= 1);
            QVERIFY(std::abs(a[i].score - b[i].score) < 1e-3);
        }
    }

    void landmarksLieWhereTheFivePointsDo()
    {
        if (!fs::exists(modelPath))
            QSKIP("the package libdlib-data is not installed");
        MIEN_NEED_TEST_DATA(photos, "media");
        for (const char *name : {"portrait_1.jpg", "portrait_2.jpg", "multi_face.jpg", "two_people.jpg"}) {
            const Picture picture = decoded(photos / name);
            const auto hog = FaceFinder::dlibHog(60), mtcnn = FaceFinder::mtcnn(40);
            if (!hog || !mtcnn)
                QSKIP("the weights of MTCNN are absent");
            for (const bool isHog : {true, false})
                for (const FoundFace &face : must((isHog ? *hog : *mtcnn).find(picture))) {
                    if (face.probability < 0.95)
                        continue; // MTCNN guesses its points there
                    const BoxPx box = isHog ? face.box : squareOfPoints(face.points);
                    const Landmarks68 all = must(landmarks68(grey(picture), box));
                    const FacePoints5 five = must(fivePointsOf(all));
                    const double eyes = distance(face.points[0], face.points[1]);
                    for (std::size_t i = 0; i < five.size(); ++i)
                        QVERIFY2(distance(five[i], face.points[i]) < 0.25 * eyes,
                                 qPrintable(QStringLiteral("%1 hog %2 point %3: %4")
                                                .arg(name)
                                                .arg(isHog)
                                                .arg(i)
                                                .arg(distance(five[i], face.points[i]) / eyes)));
                    // Left and right as in the picture, brows above eyes above mouth, the jaw below.
                    QVERIFY(all[36].x < all[45].x && all[48].x < all[54].x);
                    QVERIFY(all[19].y < all[37].y && all[41].y < all[51].y && all[57].y < all[8].y);
                }
        }
    }

    void landmarksAreNoWholePixels()
    {
        if (!fs::exists(modelPath))
            QSKIP("the package libdlib-data is not installed");
        const Landmarks68 all = must(landmarks68(test::picture(200, 200, 1, 3), {50, 50, 100, 100}));
        QVERIFY(std::any_of(all.begin(), all.end(), [](PointPx point) { return point.x != std::round(point.x); }));
        QCOMPARE(landmarks68(test::picture(20, 20, 3, 3), {0, 0, 20, 20}).error().code, ErrorCode::Invalid);
        QCOMPARE(landmarks68(test::picture(20, 20, 1, 3), {0, 0, 0, 20}).error().code, ErrorCode::Invalid);
        must(landmarks68(test::picture(20, 20, 1, 3), {-500, -500, 20, 20})); // nothing of it is in the picture
    }

    void aModelThatIsMissingOrDamagedIsNamed()
    {
        QTemporaryDir folder;
        const fs::path here = folder.path().toStdString();
        const Error missing = landmarkModel68From({here}).error();
        QCOMPARE(missing.code, ErrorCode::NotFound);
        QVERIFY(missing.message.find("libdlib-data") != std::string::npos);
        QVERIFY(missing.message.find("commercial") != std::string::npos);
        const fs::path file = here / "shape_predictor_68_face_landmarks.dat";
        std::vector<std::string> bad{"", "no model", std::string(100'000, '\xff'), std::string(100'000, '\1')};
        if (fs::exists(modelPath)) {
            const auto bytes = must(wholeFile(modelPath));
            const std::string whole(bytes.begin(), bytes.end());
            for (const std::size_t size : {std::size_t(40), std::size_t(600), std::size_t(90'000), whole.size() - 100})
                bad.push_back(whole.substr(0, size));
        }
        for (const std::string &content : bad) {
            writeFile(file, content);
            const auto read = landmarkModel68From({here});
            QVERIFY(!read);
            QCOMPARE(read.error().code, ErrorCode::Unreadable);
            QVERIFY(read.error().message.find(file.string()) != std::string::npos);
        }
    }
};

QTEST_APPLESS_MAIN(TestDlibFaces)
#include "tst_dlib_faces.moc"
