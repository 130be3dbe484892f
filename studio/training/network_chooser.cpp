#include "studio/training/network_chooser.h"

#include "studio/common/settings.h"
#include "studio/common/theme.h"
#include "studio/training/speed_probe.h"

#include <QApplication>
#include <QDialogButtonBox>
#include <QHeaderView>
#include <QLabel>
#include <QListWidget>
#include <QLocale>
#include <QPainter>
#include <QPushButton>
#include <QSplitter>
#include <QStyledItemDelegate>
#include <QTableWidget>
#include <QTextDocument>
#include <QVBoxLayout>

namespace mien {

namespace {

constexpr int kProbeBatch = 8, kProbeSteps = 20;

enum Role { TitleRole = Qt::UserRole + 1, WordsRole, FactsRole };

/// Title, what it is good at, and a line of facts, below each other.
class CardDelegate : public QStyledItemDelegate
{
public:
    using QStyledItemDelegate::QStyledItemDelegate;

    QSize sizeHint(const QStyleOptionViewItem &option, const QModelIndex &index) const override
    {
        const auto *view = qobject_cast<const QListWidget *>(option.widget);
        const int width = view ? view->viewport()->width() : option.rect.width();
        QTextDocument text;
        fill(text, option, index, width);
        return {width, int(text.size().height()) + 2 * margin()};
    }

    void paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const override
    {
        const ThemeColors &colors = Theme::instance().colors();
        const bool chosen = option.state & QStyle::State_Selected;
        painter->save();
        painter->setRenderHint(QPainter::Antialiasing);
        const QRectF card = QRectF(option.rect).adjusted(2, 2, -2, -2);
        painter->setPen(QPen(chosen ? colors.accent : colors.separator, chosen ? 2 : 1));
        painter->setBrush(colors.panel);
        painter->drawRoundedRect(card, 6, 6);
        QTextDocument text;
        fill(text, option, index, option.rect.width());
        painter->translate(option.rect.left() + margin(), option.rect.top() + margin());
        text.drawContents(painter);
        painter->restore();
    }

private:
    static int margin() { return Theme::space(8); }

    static void fill(QTextDocument &text, const QStyleOptionViewItem &option, const QModelIndex &index, int width)
    {
        const ThemeColors &colors = Theme::instance().colors();
        text.setDefaultFont(option.font);
        text.setDocumentMargin(0);
        text.setTextWidth(width - 2 * margin());
        text.setHtml(QStringLiteral("<p style='margin:0;color:%1'><b>%2</b></p><p style='margin:0;color:%1'>%3</p>"
                                    "<p style='margin:0;color:%4'>%5</p>")
                         .arg(colors.text.name(), index.data(TitleRole).toString().toHtmlEscaped(),
                              index.data(WordsRole).toString().toHtmlEscaped(), colors.secondary.name(),
                              index.data(FactsRole).toString().toHtmlEscaped()));
    }
};

QString capitalised(QString words)
{
    if (!words.isEmpty())
        words[0] = words[0].toUpper();
    return words;
}

QString millions(qint64 parameters)
{
    return QObject::tr("%1 million parameters").arg(QLocale().toString(double(parameters) / 1e6, 'f', 1));
}

QStringList probeOf(const NetworkEntry &network)
{
    return {QStringLiteral("train"),
            QStringLiteral("--network"),
            network.name,
            QStringLiteral("--set"),
            QStringLiteral("epochs=1"),
            QStringLiteral("--set"),
            QStringLiteral("batch=%1").arg(kProbeBatch),
            QStringLiteral("--set"),
            QStringLiteral("validation=0")};
}

QString keyOf(const NetworkEntry &network)
{
    return probeOf(network).join(QLatin1Char(' '));
}

/// "40 s", "7 min", "3.5 h"
QString duration(double seconds)
{
    const QLocale locale;
    if (seconds < 90)
        return QObject::tr("%1 s").arg(locale.toString(seconds, 'f', 0));
    if (seconds < 5400)
        return QObject::tr("%1 min").arg(locale.toString(seconds / 60, 'f', 0));
    return QObject::tr("%1 h").arg(locale.toString(seconds / 3600, 'f', 1));
}

QString rangeOf(const NetworkSetting &setting)
{
    if (!setting.values.isEmpty())
        return setting.values.join(QStringLiteral(", "));
    if (!setting.range)
        return {};
    return QObject::tr("%1 to %2")
        .arg(QLocale().toString(setting.range->first), QLocale().toString(setting.range->second));
}

} // namespace

NetworkChooser::NetworkChooser(const QList<NetworkEntry> &networks, const QString &current, qint64 faces,
                               QWidget *parent)
    : QDialog(parent)
    , m_networks(networks)
    , m_faces(faces)
    , m_probe(new SpeedProbe(this))
    , m_cards(new QListWidget(this))
    , m_title(Theme::words({}, Theme::Type::Title))
    , m_words(Theme::words({}))
    , m_cost(Theme::words({}))
    , m_options(new QTableWidget(0, 4, this))
    , m_measure(new QPushButton(tr("Measure here"), this))
{
    setObjectName(QStringLiteral("networkChooser"));
    setWindowTitle(tr("Networks"));
    setAttribute(Qt::WA_DeleteOnClose);

    m_cards->setObjectName(QStringLiteral("networkCards"));
    m_cards->setAccessibleName(tr("Networks"));
    m_cards->setItemDelegate(new CardDelegate(m_cards));
    m_cards->setResizeMode(QListView::Adjust);
    m_cards->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
    m_cards->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    for (const NetworkEntry &network : m_networks) {
        auto *item = new QListWidgetItem(network.name, m_cards); // typing the name finds it
        item->setData(TitleRole, network.title);
        item->setData(WordsRole, capitalised(network.goodFor));
        item->setData(Qt::AccessibleTextRole, network.title + QStringLiteral(". ") + network.goodFor);
    }
    connect(m_cards, &QListWidget::currentRowChanged, this, &NetworkChooser::showCard);

    m_title->setObjectName(QStringLiteral("networkTitle"));
    m_words->setObjectName(QStringLiteral("networkWords"));
    m_cost->setObjectName(QStringLiteral("networkCost"));
    m_measure->setObjectName(QStringLiteral("networkMeasure"));
    m_measure->setAccessibleName(tr("Measure the speed of this network on this machine"));
    m_measure->setToolTip(tr("Trains %1 steps on drawn faces in a temporary folder.").arg(kProbeSteps));
    m_measure->setAutoDefault(false);
    connect(m_measure, &QPushButton::clicked, this, &NetworkChooser::measure);
    m_options->setObjectName(QStringLiteral("networkOptions"));
    m_options->setAccessibleName(tr("Options of the network"));
    m_options->setHorizontalHeaderLabels({tr("Option"), tr("Default"), tr("Possible"), tr("What it is")});
    m_options->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_options->setSelectionMode(QAbstractItemView::NoSelection);
    m_options->setShowGrid(false);
    m_options->setWordWrap(true);
    m_options->setTabKeyNavigation(false);
    m_options->verticalHeader()->hide();
    m_options->verticalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
    m_options->horizontalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
    m_options->horizontalHeader()->setStretchLastSection(true);
    m_options->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);

    auto *side = new QWidget(this);
    auto *column = new QVBoxLayout(side);
    column->setContentsMargins(Theme::space(16), 0, 0, 0);
    column->setSpacing(Theme::space(12));
    column->addWidget(m_title);
    column->addWidget(m_words);
    auto *costRow = new QHBoxLayout;
    costRow->setSpacing(Theme::space(8));
    costRow->addWidget(m_cost, 1);
    costRow->addWidget(m_measure);
    column->addLayout(costRow);
    column->addWidget(m_options, 1);
    auto *parts = new QSplitter(this);
    parts->setChildrenCollapsible(false);
    parts->addWidget(m_cards);
    parts->addWidget(side);
    const int unit = fontMetrics().averageCharWidth();
    parts->setSizes({60 * unit, 90 * unit});

    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Cancel, this);
    m_use = buttons->addButton(tr("Use this network"), QDialogButtonBox::AcceptRole);
    m_use->setObjectName(QStringLiteral("networkUse"));
    m_use->setProperty("primary", true);
    m_use->setDefault(true);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(m_use, &QPushButton::clicked, this, [this] {
        Q_EMIT networkChosen(this->current());
        accept();
    });
    connect(m_cards, &QListWidget::itemDoubleClicked, m_use, &QPushButton::click);
    connect(m_probe, &SpeedProbe::measured, this, &NetworkChooser::refresh);
    connect(m_probe, &SpeedProbe::failed, this, [this](const QString &, const QString &message) {
        refresh();
        m_cost->setText(tr("It could not be measured: %1").arg(message));
    });
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(Theme::space(16), Theme::space(16), Theme::space(16), Theme::space(12));
    layout->setSpacing(Theme::space(12));
    layout->addWidget(parts, 1);
    layout->addWidget(buttons);
    resize(settings().value(QStringLiteral("networkChooser/size"), QSize(160 * unit, 90 * unit)).toSize());

    int row = 0;
    for (int i = 0; i < m_networks.size(); ++i)
        if (m_networks[i].name == current)
            row = i;
    refresh();
    m_cards->setCurrentRow(row);
    m_cards->setFocus();
}

NetworkChooser::~NetworkChooser()
{
    settings().setValue(QStringLiteral("networkChooser/size"), size());
}

QString NetworkChooser::current() const
{
    const int row = m_cards->currentRow();
    return row < 0 ? QString() : m_networks[row].name;
}

bool NetworkChooser::isMeasuring() const
{
    return m_probe->isRunning();
}

QString NetworkChooser::costOf(const NetworkEntry &network) const
{
    const auto speed = SpeedProbe::known(keyOf(network));
    if (!speed)
        return {};
    const QString perSecond = tr("%1 faces a second here").arg(QLocale().toString(*speed, 'f', *speed < 10 ? 1 : 0));
    return m_faces > 0 ? tr("%1; an epoch of %Ln face(s) takes %2", nullptr, int(m_faces))
                             .arg(perSecond, duration(double(m_faces) / *speed))
                       : perSecond;
}

void NetworkChooser::refresh()
{
    for (int row = 0; row < m_networks.size(); ++row) {
        const NetworkEntry &network = m_networks[row];
        QStringList facts{network.name, millions(network.parameters), tr("%1 px").arg(network.sidePx)};
        if (const auto speed = SpeedProbe::known(keyOf(network)))
            facts << tr("%1 faces/s").arg(QLocale().toString(*speed, 'f', *speed < 10 ? 1 : 0));
        m_cards->item(row)->setData(FactsRole, facts.join(QStringLiteral(" · ")));
    }
    if (m_cards->currentItem())
        m_cards->scrollToItem(m_cards->currentItem());
    showCard(m_cards->currentRow());
}

void NetworkChooser::showCard(int row)
{
    if (row < 0)
        return;
    const NetworkEntry &network = m_networks[row];
    m_title->setText(network.title);
    QStringList words;
    if (!network.goodFor.isEmpty())
        words << tr("Good for: %1.").arg(network.goodFor);
    if (!network.needs.isEmpty())
        words << tr("Needs: %1.").arg(network.needs);
    if (!network.weights.isEmpty())
        words << tr("Weights: %1.").arg(network.weights);
    words << tr("Source: %1").arg(network.source);
    m_words->setText(words.join(QLatin1Char('\n')));
    const bool measuresThis = m_probe->isRunning() && m_probe->key() == keyOf(network);
    const QString cost = costOf(network);
    m_cost->setText(measuresThis     ? tr("Measuring %1 steps…").arg(kProbeSteps)
                    : cost.isEmpty() ? tr("Not measured on this machine yet.")
                                     : cost);
    m_measure->setEnabled(!m_probe->isRunning());
    m_options->setRowCount(int(network.settings.size()));
    for (int i = 0; i < int(network.settings.size()); ++i) {
        const NetworkSetting &setting = network.settings[i];
        const QString columns[] = {setting.name, setting.standard, rangeOf(setting), setting.help};
        for (int c = 0; c < 4; ++c)
            m_options->setItem(i, c, new QTableWidgetItem(columns[c]));
    }
}

void NetworkChooser::measure()
{
    const int row = m_cards->currentRow();
    if (row < 0)
        return;
    m_probe->start(keyOf(m_networks[row]), probeOf(m_networks[row]), kProbeBatch * kProbeSteps);
    showCard(row);
}

} // namespace mien
