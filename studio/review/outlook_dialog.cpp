#include "studio/review/outlook_dialog.h"

#include "studio/common/plots/line_plot.h"
#include "studio/common/theme.h"

#include <QDialogButtonBox>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLocale>
#include <QPushButton>
#include <QSignalBlocker>
#include <QSpinBox>
#include <QTableWidget>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>
#include <utility>

namespace mien {

namespace {

constexpr int kUsualBudget = 1000;

QString percent(double share)
{
    return OutlookDialog::tr("%1 %").arg(QLocale().toString(100 * share, 'f', share < 0.1 ? 1 : 0));
}

QString whole(double count)
{
    return QLocale().toString(std::llround(count));
}

QLabel *heading(const QString &text)
{
    auto *label = new QLabel(text);
    Theme::setType(label, Theme::Type::Heading);
    return label;
}

QLabel *explanation(const QString &text)
{
    auto *label = new QLabel(text);
    label->setWordWrap(true);
    Theme::setType(label, Theme::Type::Secondary);
    return label;
}

} // namespace

OutlookDialog::OutlookDialog(ReviewOutlook outlook, const std::vector<ExpressionClass> &classes, QWidget *parent)
    : QDialog(parent)
    , m_outlook(std::move(outlook))
    , m_curve(new LinePlot)
    , m_trust(new LinePlot)
    , m_faces(new QSpinBox)
    , m_words(new QLabel)
    , m_take(new QPushButton(tr("Make this the queue")))
{
    setObjectName(QStringLiteral("reviewOutlook"));
    setWindowTitle(tr("How many to review?"));
    auto *side = new QVBoxLayout;
    side->setSpacing(Theme::space(12));
    side->addWidget(makeTrust(), 1);
    side->addWidget(makeRates(classes), 1);
    auto *columns = new QHBoxLayout;
    columns->setSpacing(Theme::space(24));
    columns->addWidget(makeBudget(), 3);
    columns->addLayout(side, 2);
    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Close);
    buttons->addButton(m_take, QDialogButtonBox::AcceptRole);
    m_take->setObjectName(QStringLiteral("reviewOutlookTake"));
    buttons->button(QDialogButtonBox::Close)->setAutoDefault(false);
    m_take->setDefault(true);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(m_take, &QPushButton::clicked, this, [this] {
        Q_EMIT chosen(m_faces->value());
        accept();
    });
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(Theme::space(20), Theme::space(16), Theme::space(20), Theme::space(16));
    layout->setSpacing(Theme::space(12));
    layout->addLayout(columns, 1);
    layout->addWidget(buttons);
    resize(Theme::space(920), Theme::space(560));

    const auto open = int(m_outlook.curve.back().reviewed);
    m_faces->setRange(std::min(1, open), std::max(open, std::min(1, open)));
    m_faces->setValue(std::min(kUsualBudget, open));
    m_take->setEnabled(open > 0);
    showBudget(m_faces->value());
    m_faces->setFocus();
}

QWidget *OutlookDialog::makeBudget()
{
    auto *panel = new QWidget;
    auto *layout = new QVBoxLayout(panel);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(Theme::space(8));
    m_curve->setObjectName(QStringLiteral("reviewOutlookCurve"));
    m_curve->setAccessibleName(tr("Wrong labels found against faces reviewed"));
    m_curve->setTitle(tr("Wrong labels found"));
    m_curve->setAxes(tr("faces"), tr("against faces reviewed, most doubtful first"));
    m_curve->setSmoothing(0);
    m_curve->setEmptyText(tr("Every scored face is reviewed."));
    PlotLine expected{tr("expected"), Theme::instance().colors().accent, {}};
    std::vector<PlotBand> band;
    for (const ReviewOutlook::Point &point : m_outlook.curve) {
        expected.points.emplace_back(double(point.reviewed), point.found);
        band.push_back({double(point.reviewed), point.low, point.high});
    }
    const ReviewOutlook::Point &last = m_outlook.curve.back();
    PlotLine chance{
        tr("any order"), Theme::instance().colors().secondary, {{0, 0}, {double(last.reviewed), last.found}}};
    if (last.reviewed > 0) {
        m_curve->setLines({std::move(expected), std::move(chance)});
        m_curve->setBand(std::move(band));
        m_curve->setMarker(0.0);
    }
    connect(m_curve, &LinePlot::markerMoved, this, [this](double x) { m_faces->setValue(int(std::lround(x))); });

    m_faces->setObjectName(QStringLiteral("reviewOutlookFaces"));
    m_faces->setAccessibleName(tr("Faces to review"));
    m_faces->setGroupSeparatorShown(true);
    m_faces->setSingleStep(50);
    connect(m_faces, &QSpinBox::valueChanged, this, &OutlookDialog::showBudget);
    auto *row = new QHBoxLayout;
    auto *before = new QLabel(tr("&Review"));
    before->setBuddy(m_faces);
    row->addWidget(before);
    row->addWidget(m_faces);
    row->addWidget(new QLabel(tr("of the most doubtful faces")));
    row->addStretch();
    m_words->setObjectName(QStringLiteral("reviewOutlookWords"));
    m_words->setWordWrap(true);
    layout->addWidget(m_curve, 1);
    layout->addLayout(row);
    layout->addWidget(m_words);
    return panel;
}

QWidget *OutlookDialog::makeTrust()
{
    auto *panel = new QWidget;
    auto *layout = new QVBoxLayout(panel);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(Theme::space(4));
    m_trust->setObjectName(QStringLiteral("reviewOutlookTrust"));
    m_trust->setAccessibleName(tr("Share of wrong labels against suspicion"));
    m_trust->setTitle(tr("How far to trust it"));
    m_trust->setAxes(tr("suspicion"), tr("share that was wrong"));
    m_trust->setSmoothing(0);
    m_trust->setYRange(std::pair(0.0, 1.0));
    m_trust->setEmptyText(tr("Comes with the answers: how many of the faces with a suspicion were wrong."));
    PlotLine found{tr("answers"), Theme::instance().colors().accent, {}};
    std::vector<PlotBand> band;
    int judged = 0;
    for (const ReviewOutlook::Tenth &tenth : m_outlook.tenths) {
        judged += tenth.judged;
        if (tenth.judged == 0)
            continue;
        found.points.emplace_back(tenth.suspicion, double(tenth.wrong) / tenth.judged);
        band.push_back({tenth.suspicion, tenth.share.low, tenth.share.high});
    }
    if (judged > 0) {
        m_trust->setLines({std::move(found), {tr("ideal"), Theme::instance().colors().secondary, {{0, 0}, {1, 1}}}});
        m_trust->setBand(std::move(band));
    }
    layout->addWidget(m_trust, 1);
    const QString error =
        m_outlook.calibrationError
            ? tr("Calibration error %1, by the faces drawn at random.").arg(percent(*m_outlook.calibrationError))
            : tr("The calibration error is known from 20 answers about randomly drawn faces on.");
    layout->addWidget(
        explanation(judged > 0 ? tr("%Ln answer(s).", nullptr, judged) + QLatin1Char(' ') + error : error));
    return panel;
}

QWidget *OutlookDialog::makeRates(const std::vector<ExpressionClass> &classes)
{
    auto *panel = new QWidget;
    auto *layout = new QVBoxLayout(panel);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(Theme::space(4));
    layout->addWidget(heading(tr("Labels that are wrong")));
    if (m_outlook.all.judged == 0) {
        layout->addWidget(explanation(tr("Only faces that a queue draws at random can tell: review some with a random "
                                         "share, a quarter by default.")));
        layout->addStretch();
        return panel;
    }
    auto *table = new QTableWidget(int(m_outlook.ofClasses.size()) + 1, 3);
    table->setObjectName(QStringLiteral("reviewOutlookRates"));
    table->setAccessibleName(tr("Share of wrong labels of each class"));
    table->setHorizontalHeaderLabels({tr("Label"), tr("Wrong"), tr("95 % lie in")});
    table->verticalHeader()->hide();
    table->setShowGrid(false);
    table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    table->setSelectionMode(QAbstractItemView::NoSelection);
    table->horizontalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
    table->horizontalHeader()->setSectionResizeMode(0, QHeaderView::Stretch);
    const auto fill = [&](int row, const QString &name, const ReviewOutlook::Rate &rate) {
        const QStringList cells{name,
                                tr("%1 of %2").arg(QLocale().toString(rate.wrong), QLocale().toString(rate.judged)),
                                tr("%1 to %2").arg(percent(rate.share.low), percent(rate.share.high))};
        for (int column = 0; column < cells.size(); ++column) {
            auto *item = new QTableWidgetItem(cells[column]);
            item->setTextAlignment(Qt::Alignment(Qt::AlignVCenter | (column == 0 ? Qt::AlignLeft : Qt::AlignRight)));
            table->setItem(row, column, item);
        }
    };
    fill(0, tr("All"), m_outlook.all);
    int row = 1;
    for (const ReviewOutlook::Rate &rate : m_outlook.ofClasses) {
        const auto known = std::find_if(classes.begin(), classes.end(),
                                        [&](const ExpressionClass &one) { return one.id == rate.label; });
        fill(row++, known == classes.end() ? tr("Another class") : QString::fromStdString(known->display), rate);
    }
    layout->addWidget(table, 1);
    return panel;
}

void OutlookDialog::showBudget(int faces)
{
    const ReviewOutlook::Point here = m_outlook.at(faces), all = m_outlook.curve.back();
    if (all.reviewed == 0) {
        m_words->setText(tr("Every scored face is reviewed."));
        return;
    }
    m_curve->setMarker(double(faces));
    m_words->setText(tr("About %1 wrong labels are among them (%2 to %3), of about %4 (%5 to %6) that are left.")
                         .arg(whole(here.found), whole(here.low), whole(here.high), whole(all.found), whole(all.low),
                              whole(all.high)));
}

} // namespace mien
