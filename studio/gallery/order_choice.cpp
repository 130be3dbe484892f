#include "studio/gallery/order_choice.h"

#include "pipeline/store/given_fields.h"
#include "pipeline/store/sample_table.h"
#include "studio/common/background.h"
#include "studio/common/project_session.h"
#include "studio/gallery/field_words.h"

#include <QSignalBlocker>

#include <algorithm>

namespace mien {

namespace {

struct KnownOrder
{
    const char *key;
    bool descending;
    const char *text;
};
constexpr KnownOrder knownOrders[] = {
    {"id", false, QT_TRANSLATE_NOOP("mien::OrderChoice", "As imported")},
    {"suspicion", true, QT_TRANSLATE_NOOP("mien::OrderChoice", "Most suspicious first")},
    {"self_confidence", false, QT_TRANSLATE_NOOP("mien::OrderChoice", "Least self-confident first")},
    {"eac_inconsistency", true, QT_TRANSLATE_NOOP("mien::OrderChoice", "Least consistent attention first")},
    {"arbex_confidence", false, QT_TRANSLATE_NOOP("mien::OrderChoice", "Least reliable first")},
    {"source", false, QT_TRANSLATE_NOOP("mien::OrderChoice", "By source")},
};
constexpr int kShownLines = 18, kLetters = 24;

} // namespace

OrderChoice::OrderChoice(QWidget *parent)
    : QComboBox(parent)
    , m_reader(new Background(this))
{
    setMaxVisibleItems(kShownLines);
    setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon); // a long field must not push the filter away
    setMinimumContentsLength(kLetters);
    fill({});
    connect(this, &QComboBox::currentIndexChanged, this, &OrderChoice::orderChosen);
}

OrderChoice::~OrderChoice() = default;

QString OrderChoice::textOf(const SampleOrder &order)
{
    return (order.descending ? QStringLiteral("-") : QString()) + QString::fromStdString(order.key);
}

SampleOrder OrderChoice::orderOf(const QString &text)
{
    const bool descending = text.startsWith(QLatin1Char('-'));
    const std::string key = text.mid(descending ? 1 : 0).toStdString();
    const std::vector<std::string> known = sortKeys();
    if (!isMeasure(key) && std::find(known.begin(), known.end(), key) == known.end())
        return {};
    return {key, descending};
}

void OrderChoice::setSession(ProjectSession *session)
{
    m_reader->stop();
    if (m_session)
        m_session->disconnect(this);
    m_session = session;
    {
        const QSignalBlocker quiet(this);
        clear();
        m_measured.clear();
        fill({});
    }
    if (!session)
        return;
    connect(session, &ProjectSession::dataChanged, this, &OrderChoice::reload);
    reload();
}

SampleOrder OrderChoice::order() const
{
    return orderOf(currentData().toString());
}

void OrderChoice::setOrder(const SampleOrder &order)
{
    offer(order);
    setCurrentIndex(findData(textOf(order)));
}

bool OrderChoice::isSettled() const
{
    return !m_reader->isBusy();
}

void OrderChoice::reload()
{
    if (!m_session)
        return;
    m_reader->start(
        [readers = m_session->readers()](const Job &) {
            return readers->with([](const Project &project) -> Result<QStringList> {
                QStringList measured;
                for (const std::string &name : measuredNames(project))
                    if (!isGivenField(name)) // codes and classes have no order that says anything
                        measured << QString::fromStdString(name);
                return measured;
            });
        },
        [this](const Result<QStringList> &measured) {
            if (measured && *measured != m_measured)
                fill(*measured);
        });
}

void OrderChoice::fill(const QStringList &measured)
{
    const QSignalBlocker quiet(this);
    const SampleOrder before = order();
    m_measured = measured;
    clear();
    for (const KnownOrder &known : knownOrders)
        addItem(tr(known.text), textOf({known.key, known.descending}));
    if (!measured.isEmpty())
        insertSeparator(count());
    for (const QString &field : measured)
        for (const bool descending : {false, true})
            offer({field.toStdString(), descending});
    offer(before);
    setCurrentIndex(findData(textOf(before)));
}

void OrderChoice::offer(const SampleOrder &order)
{
    const QString text = textOf(order);
    if (findData(text) >= 0)
        return;
    const QString field = QString::fromStdString(order.key), word = fieldWord(field);
    const QSignalBlocker quiet(this);
    addItem(order.descending ? tr("%1: high to low").arg(word) : tr("%1: low to high").arg(word), text);
    setItemData(count() - 1, field, Qt::ToolTipRole);
}

} // namespace mien
