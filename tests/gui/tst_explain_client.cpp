#include "studio/attention/explain_client.h"
#include "studio/common/warm_helper.h"

#include <QFile>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include <memory>

using namespace mien;

namespace {

// Stands in for `mien explain --serve`: answers every request with a 2x2 map whose first value is the sample. Sample 13
// kills it once (a file remembers), 14 kills it always, 12 ends it with a sentence, 15 is refused, 16 takes its time,
// 17 sends a broken map.
const char *const kServer = R"PY(
import base64, json, os, struct, sys, time
marker = sys.argv[1]
with open(marker + ".starts", "a") as starts:
    starts.write("start\n")
for line in sys.stdin:
    request = json.loads(line)
    with open(marker + ".log", "a") as log:
        log.write(json.dumps(request) + "\n")
    sample = request["sample"]
    if sample == 13 and not os.path.exists(marker):
        open(marker, "w").close()
        os._exit(9)
    if sample == 14:
        os._exit(9)
    if sample == 12:
        sys.stderr.write("a line before\nmien explain: There is no run r9; there are: r1.\n")
        sys.exit(1)
    if sample == 15:
        print(json.dumps({"id": request["id"], "ok": False, "message": "There is no sample 15."}), flush=True)
        continue
    if sample == 16:
        time.sleep(0.3)
    if request["kind"] == "neighbours":
        print(json.dumps({"id": request["id"], "ok": True, "neighbours": [sample + 1, sample + 2]}), flush=True)
        continue
    values = [float(sample), 1.0, 2.0, 3.0]
    if sample == 17:
        values = values[:3]
    encoded = base64.b64encode(struct.pack("<%df" % len(values), *values)).decode()
    answer = {"id": request["id"], "ok": True, "h": 2, "w": 2, "map_f32": encoded, "flip_f32": encoded, "inconsistency": 0.25}
    text = json.dumps(answer) + "\n"
    # In two parts: a line may arrive in pieces.
    sys.stdout.write(text[:20]); sys.stdout.flush(); time.sleep(0.01)
    sys.stdout.write(text[20:]); sys.stdout.flush()
)PY";

struct Server
{
    Server()
    {
        QFile file(folder.filePath(QStringLiteral("serve.py")));
        if (file.open(QIODevice::WriteOnly))
            file.write(kServer);
    }
    QStringList arguments() const
    {
        return {folder.filePath(QStringLiteral("serve.py")), folder.filePath(QStringLiteral("state"))};
    }
    WarmHelper *helper() const
    {
        return new WarmHelper(QStringLiteral("python3"), arguments(), QStringLiteral("Attention"));
    }
    QByteArray read(const char *name) const
    {
        QFile file(folder.filePath(QLatin1String(name)));
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }
    QTemporaryDir folder;
};

} // namespace

class ExplainClientTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        qRegisterMetaType<Attention>();
        qRegisterMetaType<NearestSamples>();
    }

    void aMapArrives()
    {
        Server server;
        ExplainClient client(server.helper());
        QSignalSpy arrived(&client, &ExplainClient::attentionArrived);
        client.requestAttention(SampleId{7}, QStringLiteral("given"));
        QVERIFY(client.isBusy());
        QTRY_COMPARE_WITH_TIMEOUT(arrived.count(), 1, 10'000);
        const auto attention = arrived[0][0].value<Attention>();
        QCOMPARE(attention.sample, SampleId{7});
        QCOMPARE(attention.view.widthCells, 2);
        QCOMPARE(attention.view.at(0, 0), 7.f);
        QCOMPARE(attention.view.at(1, 1), 3.f);
        QCOMPARE(attention.mirrored.at(0, 0), 7.f);
        QCOMPARE(*attention.inconsistency, 0.25);
        QVERIFY(!client.isBusy());
        const QByteArray log = server.read("state.log");
        QVERIFY2(log.contains("\"kind\": \"attention\"") && log.contains("\"class\": \"given\"") &&
                     log.contains("\"flip\": true"),
                 log);
    }

    void theNewestRequestWins()
    {
        Server server;
        ExplainClient client(server.helper());
        QSignalSpy arrived(&client, &ExplainClient::attentionArrived);
        for (int sample : {16, 2, 3, 4, 5})
            client.requestAttention(SampleId{sample}, QStringLiteral("given"));
        QTRY_VERIFY_WITH_TIMEOUT(!client.isBusy(), 10'000);
        QCOMPARE(arrived.count(), 1);
        QCOMPARE(arrived[0][0].value<Attention>().sample, SampleId{5});
        QCOMPARE(server.read("state.log").count('\n'), 2); // the first and the newest, none between
    }

    void bothKindsAreAnsweredByOneChild()
    {
        Server server;
        ExplainClient client(server.helper());
        QSignalSpy maps(&client, &ExplainClient::attentionArrived), near(&client, &ExplainClient::neighboursArrived);
        client.requestAttention(SampleId{16}, QStringLiteral("given"));
        for (int sample : {3, 7})
            client.requestNeighbours(SampleId{sample}); // a newer one replaces only its own kind
        QTRY_VERIFY_WITH_TIMEOUT(!client.isBusy(), 10'000);
        QCOMPARE(maps.count(), 1);
        QCOMPARE(near.count(), 1);
        const auto neighbours = near[0][0].value<NearestSamples>();
        QCOMPARE(neighbours.sample, SampleId{7});
        QCOMPARE(neighbours.nearest, (std::vector<SampleId>{SampleId{8}, SampleId{9}}));
        QCOMPARE(server.read("state.starts").count('\n'), 1);
    }

    void itIsStartedAgainAfterACrash()
    {
        Server server;
        ExplainClient client(server.helper());
        QSignalSpy arrived(&client, &ExplainClient::attentionArrived),
            unavailable(&client, &ExplainClient::unavailable);
        client.requestAttention(SampleId{13}, QStringLiteral("given"));
        QTRY_COMPARE_WITH_TIMEOUT(arrived.count(), 1, 10'000);
        QCOMPARE(arrived[0][0].value<Attention>().sample, SampleId{13});
        QCOMPARE(server.read("state.starts").count('\n'), 2);
        QCOMPARE(unavailable.count(), 0);
    }

    void aHelperThatKeepsDyingIsGivenUp()
    {
        Server server;
        ExplainClient client(server.helper());
        QSignalSpy arrived(&client, &ExplainClient::attentionArrived),
            unavailable(&client, &ExplainClient::unavailable);
        client.requestAttention(SampleId{14}, QStringLiteral("given"));
        QTRY_COMPARE_WITH_TIMEOUT(unavailable.count(), 1, 10'000);
        QVERIFY(!client.isBusy());
        QVERIFY(server.read("state.starts").count('\n') <= 3);
        // The next face is a new chance.
        client.requestAttention(SampleId{8}, QStringLiteral("given"));
        QTRY_COMPARE_WITH_TIMEOUT(arrived.count(), 1, 10'000);
    }

    void aRefusalNamesItsReason_data()
    {
        QTest::addColumn<int>("sample");
        QTest::addColumn<QString>("words");
        QTest::newRow("unknown sample") << 15 << QStringLiteral("There is no sample 15.");
        QTest::newRow("broken map") << 17 << QStringLiteral("not whole");
    }

    void aRefusalNamesItsReason()
    {
        QFETCH(int, sample);
        QFETCH(QString, words);
        Server server;
        ExplainClient client(server.helper());
        QSignalSpy refused(&client, &ExplainClient::refused);
        client.requestAttention(SampleId{sample}, QStringLiteral("given"));
        QTRY_COMPARE_WITH_TIMEOUT(refused.count(), 1, 10'000);
        QVERIFY2(refused[0][2].toString().contains(words), qPrintable(refused[0][2].toString()));
    }

    void itsOwnReasonIsPassedOn()
    {
        Server server;
        ExplainClient client(server.helper());
        QSignalSpy unavailable(&client, &ExplainClient::unavailable);
        client.requestAttention(SampleId{12}, QStringLiteral("given"));
        QTRY_COMPARE_WITH_TIMEOUT(unavailable.count(), 1, 10'000);
        QVERIFY(unavailable[0][0].toString().contains(QStringLiteral("no run r9")));
        QCOMPARE(server.read("state.starts").count('\n'), 1); // asking again would not help
    }

    void aMissingProgramIsSaidAtOnce()
    {
        ExplainClient client(
            new WarmHelper(QStringLiteral("/nowhere/mien"), {QStringLiteral("explain")}, QStringLiteral("Attention")));
        QSignalSpy unavailable(&client, &ExplainClient::unavailable);
        client.requestAttention(SampleId{1}, QStringLiteral("given"));
        QTRY_COMPARE_WITH_TIMEOUT(unavailable.count(), 1, 10'000);
        QVERIFY(unavailable[0][0].toString().contains(QStringLiteral("/nowhere/mien")));
    }

    void whatWasCancelledDoesNotArrive()
    {
        Server server;
        const std::unique_ptr<WarmHelper> helper(server.helper());
        QSignalSpy answered(helper.get(), &WarmHelper::answered);
        helper->request(0, {{"sample", 16}, {"kind", "cam"}});
        helper->cancel(0);
        QTRY_VERIFY_WITH_TIMEOUT(!helper->isBusy(), 10'000);
        QCOMPARE(answered.count(), 0);
    }
};

QTEST_GUILESS_MAIN(ExplainClientTest)
#include "tst_explain_client.moc"
