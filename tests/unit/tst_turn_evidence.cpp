#include "pipeline/face/frame_faces.h"
#include "pipeline/face/turn_evidence.h"
#include "pipeline/import/byte_stream.h"
#include "tests/support/filled_project.h"
#include "tests/support/test_data.h"

#include <QTest>

#include <vector>

using namespace mien;
using namespace mien::test;

using Frames = std::vector<std::vector<double>>; ///< Level faces of each.

Q_DECLARE_METATYPE(Frames)

/// When a video or picture is turned because its faces lie on the side.
class TestTurnEvidence : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void turnsNeedEvidence_data()
    {
        QTest::addColumn<Frames>("upright");
        QTest::addColumn<Frames>("turned");
        QTest::addColumn<bool>("isTurned");
        const Frames nobody{{}, {}, {}};
        QTest::newRow("a weak face in one frame") << nobody << Frames{{}, {0.758}, {}} << false;
        QTest::newRow("weak faces in every frame") << nobody << Frames{{0.76}, {0.72}, {0.8}} << false;
        QTest::newRow("a sure face in one frame of three") << nobody << Frames{{}, {0.99}, {}} << false;
        QTest::newRow("sure faces in two frames") << nobody << Frames{{0.99}, {}, {0.97}} << true;
        QTest::newRow("two sure faces in one frame") << nobody << Frames{{0.99, 0.95}, {}, {}} << true;
        QTest::newRow("sideways faces upright")
            << Frames{{0.2}, {0.1}, {0.3}} << Frames{{0.99}, {0.99}, {0.99}} << true;
        QTest::newRow("little better") << Frames{{0.95}, {0.95}, {0.95}} << Frames{{0.99}, {0.99}, {0.99}} << false;
        QTest::newRow("fewer sure faces")
            << Frames{{0.91, 0.91, 0.91}, {0.2}, {0.1}} << Frames{{0.99}, {0.99}, {0.1}} << false;
        QTest::newRow("a picture of one sure face") << Frames{{0.15}} << Frames{{0.98}} << true;
        QTest::newRow("a picture of one face that is not so sure") << Frames{{}} << Frames{{0.92}} << false;
        QTest::newRow("a picture of nobody") << Frames{{}} << Frames{{}} << false;
        QTest::newRow("a head that is tilted by 50 degrees") << Frames{{0.64}} << Frames{{0.76}} << false;
    }

    void turnsNeedEvidence()
    {
        QFETCH(Frames, upright);
        QFETCH(Frames, turned);
        QFETCH(bool, isTurned);
        const Frames none(upright.size());
        for (const int deg : {90, 180, 270}) {
            std::vector<TurnEvidence> turns{{0, upright}};
            for (const int other : {90, 270, 180})
                turns.push_back({other, other == deg ? turned : none});
            QCOMPARE(turnShownBy(turns), isTurned ? deg : 0);
        }
    }

    void theBestOfSeveralTurnsIsTaken()
    {
        const std::vector<TurnEvidence> turns{
            {0, {{}, {}, {}}}, {90, {{0.95}, {0.92}, {0.2}}}, {270, {{0.99}, {0.99}, {0.98}}}, {180, {{0.3}, {}, {}}}};
        QCOMPARE(turnShownBy(turns), 270);
        QVERIFY(isClearlyUpright({0, {{0.99, 0.4}, {0.985}}}));
        QVERIFY(!isClearlyUpright({0, {{0.99}, {0.9}}}));
    }

    void upsideDownIsShownByDoubts()
    {
        const Frames level{{0.98}, {0.97}, {0.98}};
        const auto shown = [&](std::vector<double> upright, std::vector<double> turned) {
            return turnShownBy(std::vector<TurnEvidence>{{0, level, std::move(upright)},
                                                         {90, {{}, {}, {}}, {1, 1, 1}},
                                                         {270, {{}, {}, {}}, {1, 1, 1}},
                                                         {180, level, std::move(turned)}});
        };
        QCOMPARE(shown({3e-3, 7e-3, 8e-3}, {8e-5, 2e-7, 1e-7}), 180);
        QCOMPARE(shown({8e-5, 2e-7, 1e-7}, {3e-3, 7e-3, 8e-3}), 0);
        QCOMPARE(shown({3e-3, 7e-3, 8e-3}, {1e-3, 2e-3, 3e-3}), 0); // not clearly
        QCOMPARE(shown({1, 1, 1}, {5e-2, 5e-2, 5e-2}), 0);          // sure of nothing
        QCOMPARE(shown({9e-3, 8e-3, 1}, {1e-4, 1e-4, 1}), 180);     // nobody is in the third frame
        QVERIFY(isClearlyUpright({0, {{0.99}, {0.99}}, {1e-4, 1e-3}}));
        QVERIFY(!isClearlyUpright({0, {{0.99}, {0.99}}, {3e-3, 7e-3}}));
    }

    void picturesThatAreUpsideDownAreTurned()
    {
        MIEN_NEED_TEST_DATA(photos, "media");
        const Imaging &codec = *must(imaging());
        const auto cutter = must(FaceCutter::load({.minFacePx = 40}));
        for (const char *name : {"single_face.jpg", "portrait_1.jpg", "two_people.jpg", "partial_face.jpg"}) {
            Picture photo = must(codec.decode(must(wholeFile(photos / name))));
            QCOMPARE(must(cutter.cut(photo, {})).turnedDeg, 0);
            photo.orientation = 3;
            QCOMPARE(must(cutter.cut(upright(std::move(photo)), {})).turnedDeg, 180);
        }
    }

    /// A person on her side whom nobody asked for: the picture is not shown lying because of her.
    void aPictureWithoutAFaceStaysUpright()
    {
        MIEN_NEED_TEST_DATA(photos, "media");
        const Imaging &codec = *must(imaging());
        const Picture photo = must(codec.decode(must(wholeFile(photos / "single_face.jpg"))));
        Picture lying = photo;
        lying.orientation = 8;
        lying = upright(std::move(lying));
        const auto found = [&](ExtractionSettings::Faces faces, std::optional<BoxPx> box) {
            const auto cutter = must(FaceCutter::load({.minFacePx = 40, .faces = faces}));
            return must(cutter.cut(lying, box));
        };
        const auto all = found(ExtractionSettings::Faces::All, {});
        QCOMPARE(all.turnedDeg, 90);
        QVERIFY(!all.faces.empty());
        const auto none = found(ExtractionSettings::Faces::Box, BoxPx{0, 0, 20, 20});
        QVERIFY(none.faces.empty());
        QCOMPARE(none.turnedDeg, 0);
    }
};

QTEST_APPLESS_MAIN(TestTurnEvidence)
#include "tst_turn_evidence.moc"
