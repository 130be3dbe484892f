#include "studio/review/class_guide.h"

#include "pipeline/store/samples.h"
#include "studio/common/background.h"
#include "studio/common/face_images.h"
#include "studio/common/project_session.h"
#include "studio/common/theme.h"

#include <QCoreApplication>
#include <QGridLayout>
#include <QLabel>
#include <QPainter>
#include <QScrollArea>
#include <QShortcut>
#include <QVBoxLayout>

#include <algorithm>

namespace mien {

namespace {

constexpr int kExemplars = 6;

QPixmap chipOf(const ExpressionClass &expression, const QFont &font, double ratio)
{
    const QSizeF size(Theme::chipWidth(font), Theme::chipHeight(font));
    QPixmap pixmap((size * ratio).toSize());
    pixmap.setDevicePixelRatio(ratio);
    pixmap.fill(Qt::transparent);
    QPainter painter(&pixmap);
    painter.setFont(font);
    Theme::paintChip(painter, {0, 0}, Theme::instance().look(expression), ChipStyle::Filled);
    return pixmap;
}

} // namespace

QString definitionOf(const ExpressionClass &expression)
{
    static const std::pair<const char *, const char *> sentences[] = {
        {"neutral", QT_TRANSLATE_NOOP("ClassGuide", "No feature moved: brows, lids and mouth at rest.")},
        {"happiness",
         QT_TRANSLATE_NOOP("ClassGuide", "Lip corners raised, cheeks lifted; in a felt smile the eyes narrow.")},
        {"sadness",
         QT_TRANSLATE_NOOP("ClassGuide", "Inner brows raised and drawn together, lip corners down, lids heavy.")},
        {"surprise", QT_TRANSLATE_NOOP("ClassGuide", "Brows raised in a curve, eyes wide, jaw dropped and relaxed.")},
        {"fear", QT_TRANSLATE_NOOP("ClassGuide",
                                   "Brows raised and drawn together, eyes wide and tense, mouth stretched sideways.")},
        {"disgust", QT_TRANSLATE_NOOP("ClassGuide", "Nose wrinkled, upper lip raised, brows lowered.")},
        {"anger",
         QT_TRANSLATE_NOOP("ClassGuide", "Brows lowered and drawn together, stare, lips pressed or mouth squared.")},
        {"contempt", QT_TRANSLATE_NOOP("ClassGuide", "One lip corner tightened and raised, on one side only.")},
        {"other", QT_TRANSLATE_NOOP("ClassGuide", "A clear expression that none of the classes names.")},
        {"alert", QT_TRANSLATE_NOOP("ClassGuide", "Eyes open, quick short blinks, attention on the task.")},
        {"low_vigilant",
         QT_TRANSLATE_NOOP("ClassGuide", "Lids lower, blinks slower, gaze fixed; the person still reacts.")},
        {"drowsy", QT_TRANSLATE_NOOP("ClassGuide", "Long closures, yawns or nodding; fights sleep.")},
    };
    for (const auto &[name, sentence] : sentences) {
        if (expression.name == name)
            return QCoreApplication::translate("ClassGuide", sentence);
    }
    return {};
}

ClassGuide::ClassGuide(ProjectSession &session, QWidget *parent)
    : QDialog(parent, Qt::Tool)
    , m_session(session)
    , m_classes(session.classes())
    , m_background(new Background(this))
    , m_list(new QWidget)
{
    setObjectName(QStringLiteral("classGuide"));
    setWindowTitle(tr("Class guide"));
    setAccessibleName(tr("Class guide"));
    auto *scroll = new QScrollArea;
    scroll->setObjectName(QStringLiteral("classGuideScroll"));
    scroll->setAccessibleName(tr("Classes with definitions and examples"));
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setWidget(m_list);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(scroll);
    resize(Theme::space(640), Theme::space(620));
    if (parent) { // the keyboard stays there, and Escape with it
        auto *close = new QShortcut(Qt::Key_Escape, parent);
        close->setContext(Qt::WidgetWithChildrenShortcut);
        connect(close, &QShortcut::activated, this, &QDialog::reject);
        connect(this, &QObject::destroyed, close, &QObject::deleteLater);
    }
    refresh();
}

void ClassGuide::setClasses(const std::vector<ExpressionClass> &classes)
{
    const bool isSame = std::equal(classes.begin(), classes.end(), m_classes.begin(), m_classes.end(),
                                   [](const auto &a, const auto &b) { return a.id == b.id; });
    if (isSame)
        return;
    m_classes = classes;
    refresh();
}

void ClassGuide::refresh()
{
    std::vector<Entry> classes;
    for (const ExpressionClass &expression : m_classes) {
        if (classes.size() < 9) // those with a digit
            classes.push_back({expression, {}});
    }
    showEntries(classes);
    m_background->start(
        [readers = m_session.readers(), classes,
         sidePx = static_cast<int>(Theme::space(72) * devicePixelRatioF())](const Job &job) {
            return readers->with([&](const Project &project) -> Result<std::vector<Entry>> {
                std::vector<Entry> entries = classes;
                const FaceImages images(project.folder());
                for (Entry &entry : entries) {
                    if (job.stop.stop_requested())
                        return fail(ErrorCode::Cancelled, "Stopped.");
                    const std::string filter = "label:\"" + entry.expression.name + "\"";
                    auto ids = samplesMatching(project, filter, {"suspicion", false}, kExemplars * 4);
                    if (!ids)
                        return fail(ids.error());
                    const auto rows = sampleRows(project, *ids);
                    if (!rows)
                        return fail(rows.error());
                    for (const SampleRow &row : *rows) {
                        if (row.excluded || entry.faces.size() >= kExemplars)
                            continue;
                        if (const QImage picture = images.thumbnail(row, sidePx); !picture.isNull())
                            entry.faces.push_back(picture);
                    }
                }
                return entries;
            });
        },
        [this](const Result<std::vector<Entry>> &entries) {
            if (entries)
                showEntries(*entries);
            else
                setWindowTitle(tr("Class guide: no examples, %1").arg(QString::fromStdString(entries.error().message)));
        });
}

void ClassGuide::showEntries(const std::vector<Entry> &entries)
{
    delete m_list->layout();
    qDeleteAll(m_list->findChildren<QLabel *>(QString(), Qt::FindDirectChildrenOnly));
    auto *grid = new QGridLayout(m_list);
    grid->setContentsMargins(Theme::space(16), Theme::space(16), Theme::space(16), Theme::space(16));
    grid->setVerticalSpacing(Theme::space(4));
    grid->setHorizontalSpacing(Theme::space(8));
    const int side = Theme::space(72);
    int row = 0, digit = 0;
    for (const Entry &entry : entries) {
        auto *chip = new QLabel;
        chip->setPixmap(chipOf(entry.expression, font(), devicePixelRatioF()));
        auto *name = new QLabel(tr("%1  %2").arg(++digit).arg(QString::fromStdString(entry.expression.display)));
        Theme::setType(name, Theme::Type::Heading);
        grid->addWidget(chip, row, 0);
        grid->addWidget(name, row++, 1, 1, kExemplars);
        const QString definition = definitionOf(entry.expression);
        if (!definition.isEmpty()) {
            auto *sentence = new QLabel(definition);
            sentence->setWordWrap(true);
            Theme::setType(sentence, Theme::Type::Secondary);
            grid->addWidget(sentence, row++, 1, 1, kExemplars);
        }
        for (std::size_t i = 0; i < entry.faces.size(); ++i) {
            auto *face = new QLabel;
            QPixmap pixmap =
                QPixmap::fromImage(entry.faces[i])
                    .scaled(QSize(side, side) * devicePixelRatioF(), Qt::KeepAspectRatio, Qt::SmoothTransformation);
            pixmap.setDevicePixelRatio(devicePixelRatioF());
            face->setPixmap(pixmap);
            face->setAccessibleName(tr("Example of %1").arg(QString::fromStdString(entry.expression.display)));
            grid->addWidget(face, row, 1 + static_cast<int>(i), Qt::AlignLeft);
        }
        grid->setRowMinimumHeight(++row, Theme::space(12));
        ++row;
    }
    grid->setColumnStretch(kExemplars, 1);
    grid->setRowStretch(row, 1);
}

} // namespace mien
