#include "studio/exporting/terms_panel.h"

#include "studio/common/theme.h"

#include <QCheckBox>
#include <QJsonArray>
#include <QLabel>
#include <QMap>
#include <QVBoxLayout>

namespace mien {

TermsPanel::TermsPanel(QWidget *parent)
    : QWidget(parent)
{
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, Theme::space(8), 0, 0);
    layout->setSpacing(Theme::space(8));
    layout->addWidget(Theme::words(tr("Terms of the data"), Theme::Type::Heading));
    m_text = Theme::words({});
    m_text->setObjectName(QStringLiteral("exportTerms"));
    layout->addWidget(m_text);
    m_faces = new QCheckBox(tr("Write the faces too"));
    m_faces->setObjectName(QStringLiteral("exportFaces"));
    m_faces->setAccessibleName(m_faces->text());
    layout->addWidget(m_faces);
    auto *help = Theme::words(tr("Without them the CSV table alone is written, which names the originals. The other "
                                 "formats are made of the faces."),
                              Theme::Type::Secondary);
    m_faces->setAccessibleDescription(help->text());
    layout->addWidget(help);
    connect(m_faces, &QCheckBox::toggled, this, &TermsPanel::changed);
    hide();
}

void TermsPanel::learn(const QJsonObject &format)
{
    const QString name = format[QStringLiteral("name")].toString();
    const QJsonObject terms = format[QStringLiteral("terms")].toObject();
    if (terms[QStringLiteral("restricts_media")].toBool())
        m_terms.insert(name, terms);
    for (const auto &option : format[QStringLiteral("options")].toArray())
        if (option.toObject()[QStringLiteral("name")] == QStringLiteral("by-content"))
            m_mayBeFer2013.insert(name);
    refresh();
}

void TermsPanel::showFor(const QStringList &importers, bool knowsFer2013)
{
    m_importers = importers;
    m_knowsFer2013 = knowsFer2013;
    refresh();
}

bool TermsPanel::areFacesWanted() const
{
    return !restricts() || m_faces->isChecked();
}

void TermsPanel::refresh()
{
    QMap<QString, QJsonObject> holding; // by id
    const auto add = [&holding](const QJsonObject &terms) {
        if (!terms.isEmpty())
            holding.insert(terms[QStringLiteral("id")].toString(), terms);
    };
    for (const QString &importer : m_importers) {
        add(m_terms.value(importer));
        if (m_knowsFer2013 && !m_terms.contains(importer) && m_mayBeFer2013.contains(importer))
            add(m_terms.value(QStringLiteral("fer2013.csv")));
    }
    if (holding.keys() == m_shown)
        return;
    m_shown = holding.keys();
    QStringList texts;
    for (const QJsonObject &terms : std::as_const(holding))
        texts << tr("%1: %2").arg(terms[QStringLiteral("title")].toString(), terms[QStringLiteral("text")].toString());
    m_text->setText(texts.join(QLatin1Char('\n')));
    setVisible(restricts());
    const QSignalBlocker quiet(m_faces);
    m_faces->setChecked(false);
    Q_EMIT changed();
}

} // namespace mien
