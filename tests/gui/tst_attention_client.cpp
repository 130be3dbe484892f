#include "studio/attention/attention_client.h"

#include <QFile>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

using namespace mien;

namespace {

// Stands in for `mien explain --serve`: answers every request with a 2x2 map whose first value is the sample. Sample 13
// kills it once (a file remembers), 14 kills it always, 12 ends it with a sentence, 15 is refused, 16 takes its time, 17 sends a broken map.
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
    QStringList arguments() const { return {folder.filePath(QStringLiteral("serve.py")), folder.filePath(QStringLiteral("state"))}; }
    QByteArray read(const char *name) const
    {
        QFile file(folder.filePath(QLatin1String(name)));
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }
    QTemporaryDir folder;
};

} // namespace

class AttentionClientTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { qRegisterMetaType<Attention>(); }

    void aMapArrives()
    {
        Server server;
        AttentionClient client(QStringLiteral("python3"), server.arguments());
        QSignalSpy arrived(&client, &AttentionClient::arrived);
        client.request(SampleId{7}, QStringLiteral("given"));
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
        QVERIFY2(log.contains("\"kind\": \"cam\"") && log.contains("\"class\": \"given\"") && log.contains("\"flip\": true"), log);
    }

    void theNewestRequestWins()
    {
        Server server;
        AttentionClient client(QStringLiteral("python3"), server.arguments());
        QSignalSpy arrived(&client, &AttentionClient::arrived);
        for (int sample : {16, 2, 3, 4, 5})
            client.request(SampleId{sample}, QStringLiteral("given"));
        QTRY_VERIFY_WITH_TIMEOUT(!client.isBusy(), 10'000);
        QCOMPARE(arrived.count(), 1);
        QCOMPARE(arrived[0][0].value<Attention>().sample, SampleId{5});
        QCOMPARE(server.read("state.log").count('\n'), 2); // the first and the newest, none between
    }

    void itIsStartedAgainAfterACrash()
    {
        Server server;
        AttentionClient client(QStringLiteral("python3"), server.arguments());
        QSignalSpy arrived(&client, &AttentionClient::arrived), unavailable(&client, &AttentionClient::unavailable);
        client.request(SampleId{13}, QStringLiteral("given"));
        QTRY_COMPARE_WITH_TIMEOUT(arrived.count(), 1, 10'000);
        QCOMPARE(arrived[0][0].value<Attention>().sample, SampleId{13});
        QCOMPARE(server.read("state.starts").count('\n'), 2);
        QCOMPARE(unavailable.count(), 0);
    }

    void aHelperThatKeepsDyingIsGivenUp()
    {
        Server server;
        AttentionClient client(QStringLiteral("python3"), server.arguments());
        QSignalSpy arrived(&client, &AttentionClient::arrived), unavailable(&client, &AttentionClient::unavailable);
        client.request(SampleId{14}, QStringLiteral("given"));
        QTRY_COMPARE_WITH_TIMEOUT(unavailable.count(), 1, 10'000);
        QVERIFY(!client.isBusy());
        QVERIFY(server.read("state.starts").count('\n') <= 3);
        // The next face is a new chance.
        client.request(SampleId{8}, QStringLiteral("given"));
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
        AttentionClient client(QStringLiteral("python3"), server.arguments());
        QSignalSpy refused(&client, &AttentionClient::refused);
        client.request(SampleId{sample}, QStringLiteral("given"));
        QTRY_COMPARE_WITH_TIMEOUT(refused.count(), 1, 10'000);
        QVERIFY2(refused[0][1].toString().contains(words), qPrintable(refused[0][1].toString()));
    }

    void itsOwnReasonIsPassedOn()
    {
        Server server;
        AttentionClient client(QStringLiteral("python3"), server.arguments());
        QSignalSpy unavailable(&client, &AttentionClient::unavailable);
        client.request(SampleId{12}, QStringLiteral("given"));
        QTRY_COMPARE_WITH_TIMEOUT(unavailable.count(), 1, 10'000);
        QVERIFY(unavailable[0][0].toString().contains(QStringLiteral("no run r9")));
        QCOMPARE(server.read("state.starts").count('\n'), 1); // asking again would not help
    }

    void aMissingProgramIsSaidAtOnce()
    {
        AttentionClient client(QStringLiteral("/nowhere/mien"), {QStringLiteral("explain")});
        QSignalSpy unavailable(&client, &AttentionClient::unavailable);
        client.request(SampleId{1}, QStringLiteral("given"));
        QTRY_COMPARE_WITH_TIMEOUT(unavailable.count(), 1, 10'000);
        QVERIFY(unavailable[0][0].toString().contains(QStringLiteral("/nowhere/mien")));
    }

    void whatWasCancelledDoesNotArrive()
    {
        Server server;
        AttentionClient client(QStringLiteral("python3"), server.arguments());
        QSignalSpy arrived(&client, &AttentionClient::arrived);
        client.request(SampleId{16}, QStringLiteral("given"));
        client.cancel();
        QTRY_VERIFY_WITH_TIMEOUT(!client.isBusy(), 10'000);
        QCOMPARE(arrived.count(), 0);
    }
};

QTEST_GUILESS_MAIN(AttentionClientTest)
#include "tst_attention_client.moc"
