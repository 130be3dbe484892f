#include "pipeline/store/ontology.h"

#include <QTest>

using namespace mien;

class TestOntology : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void namesLeadToClasses_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<bool>("shortAliases");
        QTest::addColumn<int>("expected"); // 0: none
        QTest::newRow("canonical") << "happiness" << false << 2;
        QTest::newRow("alias") << "angry" << false << 7;
        QTest::newRow("case and blanks") << "  Suprised " << false << 4;
        QTest::newRow("hyphen") << "none-expression" << false << 1;
        QTest::newRow("space for underscore") << "Low Vigilant" << false << 102;
        QTest::newRow("short refused") << "SA" << false << 0;
        QTest::newRow("short allowed") << "SA" << true << 3;
        QTest::newRow("ambiguous none") << "none" << false << 0;
        QTest::newRow("number") << "3" << true << 0;
    }

    void namesLeadToClasses()
    {
        QFETCH(QString, name);
        QFETCH(bool, shortAliases);
        QFETCH(int, expected);
        const auto found = canonicalClassNamed(name.toStdString(), shortAliases);
        QCOMPARE(found ? found->value : 0, std::int64_t(expected));
    }

    void everyClassIsFoundByItsName()
    {
        for (const ExpressionClass &entry : canonicalClasses())
            QCOMPARE(canonicalClassNamed(entry.name)->value, entry.id.value);
    }

    void statesHaveNames()
    {
        for (int i = 0; i <= static_cast<int>(LabelState::Unmapped); ++i) {
            const auto state = static_cast<LabelState>(i);
            QCOMPARE(labelStateNamed(nameOf(state)), std::optional(state));
        }
        QVERIFY(!labelStateNamed("nonsense"));
    }
};

QTEST_APPLESS_MAIN(TestOntology)
#include "tst_ontology.moc"
