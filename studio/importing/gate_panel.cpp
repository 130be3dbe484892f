#include "studio/importing/gate_panel.h"

#include "studio/common/plots/histogram.h"
#include "studio/common/theme.h"
#include "studio/importing/face_trial.h"

#include <QCheckBox>
#include <QDoubleSpinBox>
#include <QGridLayout>
#include <QLabel>
#include <QListWidget>
#include <QLocale>
#include <QSignalBlocker>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

namespace mien {

namespace {

constexpr int kShownFaces = 24;

const FaceMeasure &measureAt(int number)
{
    return FaceGates::measures()[number];
}

} // namespace

GatePanel::GatePanel(const FaceTrial &trial, QWidget *parent)
    : QWidget(parent)
    , m_trial(trial)
    , m_progress(Theme::words({}, Theme::Type::Secondary))
    , m_title(new QLabel)
    , m_all(Theme::words({}))
    , m_histogram(new Histogram)
    , m_faces(new QListWidget)
{
    setObjectName(QStringLiteral("gatePanel"));
    m_progress->setObjectName(QStringLiteral("gateProgress"));
    m_all->setObjectName(QStringLiteral("gateAll"));
    auto *grid = new QGridLayout;
    grid->setHorizontalSpacing(Theme::space(12));
    grid->setVerticalSpacing(Theme::space(4));
    grid->setColumnStretch(2, 1);
    for (int i = 0; i < FaceGates::measures().size(); ++i) {
        const FaceMeasure &measure = measureAt(i);
        const QString name = QString(QLatin1String(measure.field)).section(QLatin1Char('.'), 1);
        Row row{new QCheckBox(FaceGates::tr(measure.limit)), new QDoubleSpinBox, new QLabel};
        row.on->setObjectName(QStringLiteral("gate_") + name);
        row.on->setAccessibleName(row.on->text());
        row.limit->setObjectName(QStringLiteral("gateLimit_") + name);
        row.limit->setAccessibleName(FaceGates::tr(measure.limit));
        row.limit->setDecimals(measure.decimals);
        row.limit->setRange(measure.lowest, measure.highest);
        row.limit->setSingleStep(std::pow(10, -measure.decimals));
        row.limit->setSuffix(QString::fromUtf8(measure.unit));
        row.limit->setValue(measure.usual);
        row.drops->setObjectName(QStringLiteral("gateDrops_") + name);
        Theme::setType(row.drops, Theme::Type::Secondary);
        grid->addWidget(row.on, i, 0);
        grid->addWidget(row.limit, i, 1);
        grid->addWidget(row.drops, i, 2);
        connect(row.on, &QCheckBox::toggled, this, [this, i] {
            look(i);
            set(i);
        });
        connect(row.limit, &QDoubleSpinBox::valueChanged, this, [this, i] {
            const QSignalBlocker silent(m_rows[std::size_t(i)].on);
            m_rows[std::size_t(i)].on->setChecked(true); // who sets a limit means it
            look(i);
            set(i);
        });
        m_rows.push_back(row);
    }
    Theme::setType(m_title, Theme::Type::Secondary);
    m_histogram->setObjectName(QStringLiteral("gateHistogram"));
    m_histogram->setToolTip(tr("Drag the line, or move it with the arrow keys."));
    connect(m_histogram, &Histogram::rangeMoved, this, [this](std::optional<double> low, std::optional<double> high) {
        const Row &row = m_rows[std::size_t(m_shown)];
        // Past the end of the axis nothing is left out.
        const bool isAtLeast = measureAt(m_shown).isAtLeast;
        row.limit->setValue(isAtLeast ? low.value_or(m_histogram->axisLow()) : high.value_or(m_histogram->axisHigh()));
    });
    m_faces->setObjectName(QStringLiteral("gateFaces"));
    m_faces->setAccessibleName(tr("Faces that would be left out"));
    m_faces->setViewMode(QListView::IconMode);
    m_faces->setFlow(QListView::LeftToRight);
    m_faces->setWrapping(true);
    m_faces->setResizeMode(QListView::Adjust);
    m_faces->setMovement(QListView::Static);
    m_faces->setIconSize({Theme::space(72), Theme::space(72)});
    m_faces->setGridSize({Theme::space(72) + Theme::space(8), Theme::space(72) + Theme::space(8)});
    m_faces->setMinimumHeight(Theme::space(72) + Theme::space(16));
    m_faces->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Ignored); // what room there is below the rest
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, Theme::space(8), 0, 0);
    column->setSpacing(Theme::space(8));
    column->addWidget(m_progress);
    column->addLayout(grid);
    column->addWidget(m_title);
    column->addWidget(m_histogram);
    column->addWidget(m_all);
    column->addWidget(m_faces, 1);
    refresh();
}

void GatePanel::clear()
{
    for (int i = 0; i < int(m_rows.size()); ++i) {
        const Row &row = m_rows[std::size_t(i)];
        const QSignalBlocker one(row.on), two(row.limit);
        row.limit->setValue(measureAt(i).usual);
        row.on->setChecked(false);
        m_gates.set(measureAt(i), {});
    }
    m_shown = 0;
    showHistogram();
    showDrops();
    Q_EMIT changed();
}

void GatePanel::look(int measure)
{
    if (measure == m_shown)
        return;
    m_shown = measure;
    showHistogram();
}

void GatePanel::set(int measure)
{
    const Row &row = m_rows[std::size_t(measure)];
    m_gates.set(measureAt(measure), row.on->isChecked() ? std::optional(row.limit->value()) : std::nullopt);
    showDrops();
    Q_EMIT changed();
}

void GatePanel::refresh()
{
    const QLocale locale;
    QString words;
    if (m_trial.framesWanted() == 0)
        words = tr("There is no video to try.");
    else
        words = m_trial.isRunning()
                    ? tr("Looking: frame %1 of %2, %Ln face(s) so far.", nullptr, int(m_trial.faces().size()))
                          .arg(locale.toString(m_trial.framesDone()), locale.toString(m_trial.framesWanted()))
                    : tr("Tried on %1 frames of %2 videos: %Ln face(s).", nullptr, int(m_trial.faces().size()))
                          .arg(locale.toString(m_trial.framesDone()), locale.toString(m_trial.videosWanted()));
    if (m_trial.failures() > 0)
        words += QLatin1Char('\n') +
                 tr("%Ln video(s) could not be looked at: %1", nullptr, m_trial.failures()).arg(m_trial.problem());
    else if (!m_trial.problem().isEmpty())
        words += QLatin1Char('\n') + m_trial.problem();
    m_progress->setText(words);
    showHistogram();
    showDrops();
}

void GatePanel::showHistogram()
{
    const FaceMeasure &measure = measureAt(m_shown);
    std::vector<double> values;
    for (const FaceTrial::Face &one : m_trial.faces())
        if (const auto value = FaceGates::valueOf(measure, one.face))
            values.push_back(*value);
    std::sort(values.begin(), values.end());
    m_title->setText(tr("%1 of the faces that were tried").arg(FaceGates::tr(measure.word)));
    m_histogram->setTitle(FaceGates::tr(measure.word));
    m_histogram->setEnds(measure.isAtLeast ? Histogram::Ends::Low : Histogram::Ends::High);
    m_histogram->setValues(std::move(values));
}

void GatePanel::showDrops()
{
    const QLocale locale;
    const auto total = int(m_trial.faces().size());
    const auto share = [&](int drops) {
        return total == 0 ? QString()
                          : tr("leaves out %1 of %2 (%3 %)")
                                .arg(locale.toString(drops), locale.toString(total),
                                     locale.toString(100.0 * drops / total, 'f', 0));
    };
    for (int i = 0; i < int(m_rows.size()); ++i) {
        const auto drops =
            int(std::count_if(m_trial.faces().begin(), m_trial.faces().end(),
                              [&](const FaceTrial::Face &one) { return m_gates.drops(measureAt(i), one.face); }));
        const bool isOn = m_gates.threshold(measureAt(i)).has_value();
        m_rows[std::size_t(i)].drops->setText(isOn ? share(drops) : QString());
    }
    const auto limit = m_gates.threshold(measureAt(m_shown));
    const bool isAtLeast = measureAt(m_shown).isAtLeast;
    m_histogram->setRange(isAtLeast ? limit : std::nullopt, isAtLeast ? std::nullopt : limit);
    m_faces->clear();
    int drops = 0;
    for (const FaceTrial::Face &one : m_trial.faces()) {
        if (!m_gates.drops(one.face) || ++drops > kShownFaces)
            continue;
        auto *item = new QListWidgetItem(QPixmap::fromImage(one.face.crop), {}, m_faces);
        QStringList why;
        for (const FaceMeasure &measure : FaceGates::measures())
            if (m_gates.drops(measure, one.face))
                why << QStringLiteral("%1 %2").arg(FaceGates::tr(measure.word),
                                                   FaceGates::text(measure, *FaceGates::valueOf(measure, one.face)));
        const QString words = QStringLiteral("%1: %2").arg(one.where, why.join(QStringLiteral(", ")));
        item->setToolTip(words);
        item->setData(Qt::AccessibleTextRole, words);
    }
    m_faces->setVisible(drops > 0);
    m_all->setText(m_gates.isEmpty()     ? tr("No limit is set: every face becomes a sample.")
                   : total == 0          ? QString()
                   : drops > kShownFaces ? tr("All limits together: %1; some of them:").arg(share(drops))
                                         : tr("All limits together: %1.").arg(share(drops)));
}

} // namespace mien
