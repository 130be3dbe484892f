#include "studio/gallery/value_panel.h"

#include "pipeline/store/given_fields.h"
#include "pipeline/store/sample_table.h"
#include "studio/common/background.h"
#include "studio/common/plots/histogram.h"
#include "studio/common/project_session.h"
#include "studio/common/theme.h"
#include "studio/gallery/field_words.h"

#include <QComboBox>
#include <QDoubleSpinBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QPushButton>
#include <QSignalBlocker>
#include <QTimer>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

namespace mien {

namespace {

constexpr int kPauseMs = 150; // while an end is dragged, the list follows this often

} // namespace

struct ValuePanel::Values
{
    QStringList fields; ///< What can be shown in this project.
    QString field;
    qint64 faces = 0;
    std::vector<double> sorted;
};

ValuePanel::ValuePanel(QWidget *parent)
    : QWidget(parent)
    , m_reader(new Background(this))
    , m_pause(new QTimer(this))
    , m_field(new QComboBox)
    , m_histogram(new Histogram)
    , m_low(new QDoubleSpinBox)
    , m_high(new QDoubleSpinBox)
    , m_words(Theme::words({}, Theme::Type::Secondary))
    , m_all(new QPushButton(tr("All values")))
    , m_select(new QPushButton(tr("Select these")))
{
    setObjectName(QStringLiteral("valuePanel"));
    m_field->setObjectName(QStringLiteral("valueField"));
    m_field->setAccessibleName(tr("Value of the histogram"));
    m_field->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_field->setMinimumContentsLength(8);
    m_histogram->setObjectName(QStringLiteral("valueHistogram"));
    m_histogram->setToolTip(tr("Drag an end, or move it with the arrow keys (Shift: the upper one). A double click"
                               " takes all values again."));
    const auto spin = [](QDoubleSpinBox *field, const char *name, const QString &words) {
        field->setObjectName(QLatin1String(name));
        field->setAccessibleName(words);
        field->setToolTip(words);
        field->setKeyboardTracking(false);
        field->setMinimumWidth(Theme::space(24) * 3);
        field->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);
    };
    spin(m_low, "valueLow", tr("Lowest value shown"));
    spin(m_high, "valueHigh", tr("Highest value shown"));
    m_words->setObjectName(QStringLiteral("valueWords"));
    m_all->setObjectName(QStringLiteral("valueAll"));
    m_all->setAccessibleName(tr("Show faces of all values"));
    auto *ends = new QHBoxLayout;
    ends->setSpacing(Theme::space(4));
    ends->addWidget(m_low, 1);
    ends->addWidget(new QLabel(QStringLiteral("–")));
    ends->addWidget(m_high, 1);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(Theme::space(8), Theme::space(8), Theme::space(8), Theme::space(8));
    column->setSpacing(Theme::space(8));
    column->addWidget(m_field);
    column->addWidget(m_histogram);
    column->addLayout(ends);
    column->addWidget(m_words);
    column->addWidget(m_all);
    m_select->setObjectName(QStringLiteral("valueSelect"));
    m_select->setAccessibleName(tr("Select the faces in the range"));
    m_select->setToolTip(tr("Selects the faces in the range, here and on the map"));
    column->addWidget(m_select);

    m_pause->setSingleShot(true);
    m_pause->setInterval(kPauseMs);
    connect(m_pause, &QTimer::timeout, this, &ValuePanel::apply);
    connect(m_field, &QComboBox::currentIndexChanged, this, [this] {
        m_wantedField = field();
        reload();
    });
    connect(m_histogram, &Histogram::rangeMoved, this,
            [this](std::optional<double> low, std::optional<double> high) { choose({low, high}); });
    const auto typed = [this] {
        if (m_showing)
            return;
        // At the ends of what there is a range is open.
        ValueRange range = m_range;
        range.low = m_low->value() <= m_low->minimum() ? std::nullopt : std::optional(m_low->value());
        range.high = m_high->value() >= m_high->maximum() ? std::nullopt : std::optional(m_high->value());
        choose(range);
    };
    connect(m_low, &QDoubleSpinBox::valueChanged, this, typed);
    connect(m_high, &QDoubleSpinBox::valueChanged, this, typed);
    connect(m_select, &QPushButton::clicked, this, [this] {
        m_pause->stop();
        apply(); // a range that was just dragged
        Q_EMIT selectionWanted();
    });
    connect(m_all, &QPushButton::clicked, this, [this] { choose({}); });
    refreshWords();
}

ValuePanel::~ValuePanel() = default;

void ValuePanel::setSession(ProjectSession *session)
{
    m_reader->stop();
    m_pause->stop();
    if (m_session)
        m_session->disconnect(this);
    m_session = session;
    m_faces = 0;
    m_range = {};
    m_histogram->setValues({});
    const QSignalBlocker quiet(m_field);
    m_field->clear();
    refreshWords();
    if (session)
        connect(session, &ProjectSession::dataChanged, this, &ValuePanel::reload);
}

void ValuePanel::setFilter(const QString &filter)
{
    if (filter == m_filter)
        return;
    // Where the range alone moved, the values are the same.
    const bool isSame = RangedFilter::of(filter, field()).rest == RangedFilter::of(m_filter, field()).rest;
    m_filter = filter;
    showRange();
    if (!isSame)
        reload();
}

QString ValuePanel::field() const
{
    return m_field->currentData().toString();
}

void ValuePanel::setField(const QString &field)
{
    m_wantedField = field;
    if (const int at = m_field->findData(field); at >= 0)
        m_field->setCurrentIndex(at);
}

bool ValuePanel::isSettled() const
{
    return !isVisible() || (!m_reader->isBusy() && !m_pause->isActive());
}

void ValuePanel::showEvent(QShowEvent *event)
{
    QWidget::showEvent(event);
    reload();
}

void ValuePanel::reload()
{
    if (!m_session || !isVisible())
        return;
    m_reader->start(
        [readers = m_session->readers(), filter = m_filter, wanted = m_wantedField](const Job &job) {
            return readers->with([&](const Project &project) -> Result<Values> {
                Values values;
                for (const std::string &name : measuredNames(project))
                    if (!isGivenField(name)) // codes and classes have no spread
                        values.fields << QString::fromStdString(name);
                values.fields << QStringLiteral("suspicion") << QStringLiteral("width");
                values.field = values.fields.contains(wanted) ? wanted : values.fields.first();
                const std::string rest = RangedFilter::of(filter, values.field).rest.toStdString();
                const std::vector<std::string> column{values.field.toStdString()};
                const auto read = readSampleTable(project, rest, {}, {}, column, [&](std::span<const Cell> row) {
                    ++values.faces;
                    if (const auto *number = std::get_if<double>(&row[0]); number && !std::isnan(*number))
                        values.sorted.push_back(*number);
                    else if (const auto *whole = std::get_if<std::int64_t>(&row[0]))
                        values.sorted.push_back(double(*whole));
                    return !job.stop.stop_requested();
                });
                if (!read)
                    return fail(read.error());
                std::sort(values.sorted.begin(), values.sorted.end());
                return values;
            });
        },
        [this](const Result<Values> &values) {
            if (values)
                show(*values);
            // A wrong filter is said below its field; the values stay as they were.
        });
}

void ValuePanel::show(const Values &values)
{
    QStringList before;
    for (int i = 0; i < m_field->count(); ++i)
        before << m_field->itemData(i).toString();
    {
        const QSignalBlocker quiet(m_field);
        if (before != values.fields) {
            m_field->clear();
            for (const QString &name : values.fields) {
                m_field->addItem(fieldWord(name), name);
                m_field->setItemData(m_field->count() - 1, name, Qt::ToolTipRole);
            }
        }
        m_field->setCurrentIndex(m_field->findData(values.field));
    }
    m_field->setToolTip(fieldHelp(values.field));
    m_faces = values.faces;
    m_histogram->setTitle(fieldWord(values.field));
    m_histogram->setValues(values.sorted);
    showRange();
}

void ValuePanel::showRange()
{
    m_range = RangedFilter::of(m_filter, field()).range;
    m_histogram->setRange(m_range.low, m_range.high);
    const std::vector<double> &values = m_histogram->values();
    const double lowest = values.empty() ? 0 : values.front(), highest = values.empty() ? 0 : values.back();
    m_showing = true;
    const int digits = std::clamp(2 - int(std::floor(std::log10(std::max(1e-9, highest - lowest)))), 0, 6);
    const double grain = std::pow(10, -digits);
    for (QDoubleSpinBox *end : {m_low, m_high}) {
        end->setDecimals(digits);
        end->setSingleStep((m_histogram->axisHigh() - m_histogram->axisLow()) / 40);
        // What is shown must hold the values at the ends, and the range where it reaches further.
        end->setRange(std::min(std::floor(lowest / grain) * grain, m_range.low.value_or(lowest)),
                      std::max(std::ceil(highest / grain) * grain, m_range.high.value_or(highest)));
        end->setEnabled(!values.empty());
    }
    m_low->setValue(m_range.low.value_or(m_low->minimum()));
    m_high->setValue(m_range.high.value_or(m_high->maximum()));
    m_showing = false;
    refreshWords();
}

void ValuePanel::choose(const ValueRange &range)
{
    m_range = range;
    m_histogram->setRange(range.low, range.high);
    refreshWords();
    if (!m_pause->isActive())
        m_pause->start();
}

void ValuePanel::apply()
{
    RangedFilter filter = RangedFilter::of(m_filter, field());
    if (filter.range == m_range)
        return;
    filter.range = m_range;
    m_filter = filter.text(field());
    showRange();
    Q_EMIT filterChosen(m_filter);
}

void ValuePanel::refreshWords()
{
    const QLocale locale;
    const auto all = qint64(m_histogram->values().size());
    QString text;
    if (m_session && all == 0)
        text = m_faces > 0 ? tr("No face of the filter has this value.") : QString();
    else if (all > 0)
        text = tr("%1 of %2 in the range").arg(locale.toString(m_histogram->countInRange()), locale.toString(all));
    if (all > 0 && m_faces > all)
        text += tr("; %1 without a value").arg(locale.toString(m_faces - all));
    m_words->setText(text);
    m_all->setEnabled(!m_range.isOpen());
    m_select->setEnabled(all > 0);
}

} // namespace mien
