#include "studio/checking/split_form.h"

#include "studio/common/theme.h"

#include <QComboBox>
#include <QFormLayout>
#include <QLabel>
#include <QPushButton>
#include <QSpinBox>
#include <QVBoxLayout>

#include <limits>

namespace mien {

namespace {

QSpinBox *spin(const char *name, const QString &words, int most, int value, const QString &unit)
{
    auto *made = new QSpinBox;
    made->setObjectName(QLatin1String(name));
    made->setAccessibleName(words);
    made->setRange(0, most);
    made->setValue(value);
    made->setSuffix(unit);
    return made;
}

} // namespace

SplitForm::SplitForm(QWidget *parent)
    : QWidget(parent)
    , m_rule(new QComboBox)
    , m_train(spin("splitTrain", tr("Share of training"), 100, 70, tr(" %")))
    , m_val(spin("splitVal", tr("Share of validation"), 100, 15, tr(" %")))
    , m_test(spin("splitTest", tr("Share of test"), 100, 15, tr(" %")))
    , m_seed(spin("splitSeed", tr("Seed"), std::numeric_limits<int>::max(), 0, {}))
    , m_preview(new QPushButton(tr("Preview")))
    , m_deal(new QPushButton(tr("Deal splits")))
    , m_words(Theme::words({}, Theme::Type::Secondary))
{
    setObjectName(QStringLiteral("splitForm"));
    m_rule->setObjectName(QStringLiteral("splitRule"));
    m_rule->setAccessibleName(tr("Rule"));
    m_rule->addItem(tr("by subject"), QStringLiteral("subject"));
    m_rule->addItem(tr("at random"), QStringLiteral("random"));
    m_rule->setToolTip(tr("By subject: a person, a video, equal and nearly equal pictures stay on one side. At random:"
                          " such pictures only, a person may come to two sides."));
    m_seed->setToolTip(tr("The same seed deals the same faces the same way."));
    m_preview->setObjectName(QStringLiteral("splitPreview"));
    m_preview->setAccessibleName(tr("Preview of the splits"));
    m_preview->setToolTip(tr("Shows what would come of it. Nothing is changed."));
    m_deal->setObjectName(QStringLiteral("splitDeal"));
    m_deal->setAccessibleName(tr("Deal the splits as previewed"));
    m_words->setObjectName(QStringLiteral("splitWords"));

    auto *title = new QLabel(tr("Deal splits anew"));
    Theme::setType(title, Theme::Type::Heading);
    auto *form = new QFormLayout;
    form->setHorizontalSpacing(Theme::space(16));
    form->setVerticalSpacing(Theme::space(8));
    form->setLabelAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    const auto row = [form](const QString &text, QWidget *field) {
        auto *label = new QLabel(text);
        label->setBuddy(field);
        label->setToolTip(field->toolTip());
        form->addRow(label, field);
    };
    row(tr("Rule"), m_rule);
    row(tr("Training"), m_train);
    row(tr("Validation"), m_val);
    row(tr("Test"), m_test);
    row(tr("Seed"), m_seed);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(Theme::space(8));
    column->addWidget(title);
    column->addLayout(form);
    column->addWidget(m_preview);
    column->addWidget(m_deal);
    column->addWidget(m_words);
    column->addStretch();

    const auto changed = [this] {
        refresh();
        Q_EMIT settingsChanged();
    };
    connect(m_rule, &QComboBox::currentIndexChanged, this, changed);
    for (QSpinBox *field : {m_train, m_val, m_test, m_seed})
        connect(field, &QSpinBox::valueChanged, this, changed);
    connect(m_preview, &QPushButton::clicked, this, &SplitForm::previewWanted);
    connect(m_deal, &QPushButton::clicked, this, &SplitForm::dealWanted);
    refresh();
}

QStringList SplitForm::arguments() const
{
    return {QStringLiteral("split"),
            QStringLiteral("--by"),
            m_rule->currentData().toString(),
            QStringLiteral("--ratios"),
            QStringLiteral("%1,%2,%3").arg(m_train->value()).arg(m_val->value()).arg(m_test->value()),
            QStringLiteral("--seed"),
            QString::number(m_seed->value())};
}

void SplitForm::setPreviewed(const QStringList &arguments)
{
    m_previewed = arguments;
    refresh();
}

void SplitForm::setBusy(bool busy)
{
    m_busy = busy;
    refresh();
}

void SplitForm::setReadOnly(const QString &reason)
{
    m_readOnly = reason;
    refresh();
}

void SplitForm::say(const QString &text, bool isWrong)
{
    m_words->setText(text);
    Theme::mark(m_words, "danger", isWrong);
}

void SplitForm::refresh()
{
    const bool hasShares = m_train->value() + m_val->value() + m_test->value() > 0;
    m_preview->setEnabled(hasShares); // pressed again it begins anew: a button that goes would lose the focus
    m_deal->setEnabled(!m_busy && m_readOnly.isEmpty() && isPreviewed());
    Theme::mark(m_deal, "primary", m_deal->isEnabled());
    m_deal->setToolTip(!m_readOnly.isEmpty() ? m_readOnly
                       : isPreviewed()       ? tr("One step of undo.")
                                             : tr("Preview it first."));
}

} // namespace mien
