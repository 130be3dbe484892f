#include "studio/importing/face_search_form.h"

#include "studio/common/theme.h"

#include <QComboBox>
#include <QDoubleSpinBox>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QSignalBlocker>
#include <QSpinBox>

namespace mien {

namespace {

// As `mien extract` takes them for videos (recipeOf).
constexpr int kPerVideo = 31, kSmallestPx = 64, kSidePx = 224;

QSpinBox *spinOf(const char *name, const QString &words, int lowest, int highest, int value, const QString &unit = {})
{
    auto *spin = new QSpinBox;
    spin->setObjectName(QLatin1String(name));
    spin->setAccessibleName(words);
    spin->setRange(lowest, highest);
    spin->setValue(value);
    spin->setSuffix(unit);
    return spin;
}

} // namespace

FaceSearchForm::FaceSearchForm(QWidget *parent)
    : QWidget(parent)
    , m_way(new QComboBox)
    , m_perVideo(spinOf("facesPerVideo", tr("Frames a video"), 1, 100'000, kPerVideo))
    , m_everyFrames(spinOf("facesEveryFrames", tr("Every so many frames"), 1, 100'000, 10))
    , m_everySeconds(new QDoubleSpinBox)
    , m_most(spinOf("facesMost", tr("At most so many frames a video"), 0, 1'000'000, 0))
    , m_detector(new QComboBox)
    , m_faces(new QComboBox)
    , m_align(new QComboBox)
    , m_rotation(new QComboBox)
    , m_note(Theme::words({}, Theme::Type::Secondary))
    , m_smallest(spinOf("facesSmallest", tr("Smallest face"), 8, 2000, kSmallestPx, tr(" px")))
    , m_side(spinOf("facesSide", tr("Side of the crops"), 16, 1024, kSidePx, tr(" px")))
{
    setObjectName(QStringLiteral("faceSearchForm"));
    auto *form = new QFormLayout(this);
    form->setContentsMargins(0, 0, 0, 0);
    form->setHorizontalSpacing(Theme::space(16));
    form->setFieldGrowthPolicy(QFormLayout::FieldsStayAtSizeHint);
    const auto addRow = [form](const QString &title, QWidget *field, const QString &help) {
        auto *label = new QLabel(title);
        label->setBuddy(field);
        label->setToolTip(help);
        field->setToolTip(help);
        form->addRow(label, field);
    };

    m_way->setObjectName(QStringLiteral("facesWay"));
    m_way->setAccessibleName(tr("Which frames"));
    m_way->addItem(tr("so many a video"));
    m_way->addItem(tr("one every so many seconds"));
    m_way->addItem(tr("every so many frames"));
    m_way->addItem(tr("the first of every scene"));
    m_everySeconds->setObjectName(QStringLiteral("facesEverySeconds"));
    m_everySeconds->setAccessibleName(tr("Seconds between frames"));
    m_everySeconds->setRange(0.01, 3600);
    m_everySeconds->setValue(1);
    m_everySeconds->setSuffix(tr(" s"));
    auto *frames = new QWidget(this);
    auto *line = new QHBoxLayout(frames);
    line->setContentsMargins(0, 0, 0, 0);
    line->setSpacing(Theme::space(8));
    for (QWidget *field : {static_cast<QWidget *>(m_way), static_cast<QWidget *>(m_perVideo),
                           static_cast<QWidget *>(m_everySeconds), static_cast<QWidget *>(m_everyFrames)})
        line->addWidget(field);
    frames->setFocusProxy(m_way);
    addRow(tr("Frames"), frames, tr("So many a video: spread evenly, without its first and last seconds."));
    m_most->setSpecialValueText(tr("no limit"));
    addRow(tr("At most"), m_most, tr("Frames a video: they are spread wider where there would be more."));

    m_detector->setObjectName(QStringLiteral("facesDetector"));
    m_detector->setAccessibleName(tr("Detector"));
    m_detector->addItem(tr("MTCNN"), QStringLiteral("mtcnn"));
    m_detector->addItem(tr("dlib HOG"), QStringLiteral("dlib-hog"));
    m_detector->addItem(tr("none: the whole frame"), QStringLiteral("none"));
    addRow(tr("Detector"), m_detector,
           tr("MTCNN finds small and turned faces; dlib's HOG is faster where they are large and frontal."));
    m_faces->setObjectName(QStringLiteral("facesWhich"));
    m_faces->setAccessibleName(tr("Which faces"));
    m_faces->addItem(tr("the largest"), QStringLiteral("largest"));
    m_faces->addItem(tr("the most central"), QStringLiteral("central"));
    m_faces->addItem(tr("all"), QStringLiteral("all"));
    addRow(tr("Faces"), m_faces, tr("Of a frame that shows several people."));
    addRow(tr("Smallest face"), m_smallest, tr("Smaller ones are not looked for. Smaller is slower."));
    m_align->setObjectName(QStringLiteral("facesAlign"));
    m_align->setAccessibleName(tr("Alignment"));
    m_align->addItem(tr("by eyes, nose and mouth"), QStringLiteral("5"));
    m_align->addItem(tr("by 68 landmarks"), QStringLiteral("68"));
    m_align->addItem(tr("none: a square"), QStringLiteral("none"));
    addRow(tr("Alignment"), m_align,
           tr("Aligned faces have their eyes in the same place; a square lies around the face as it was found."));
    m_rotation->setObjectName(QStringLiteral("facesRotation"));
    m_rotation->setAccessibleName(tr("Rotation"));
    m_rotation->addItem(tr("as the faces show"), QStringLiteral("auto"));
    m_rotation->addItem(tr("as the file says"), QStringLiteral("0"));
    for (const char *degrees : {"90", "180", "270"})
        m_rotation->addItem(tr("%1° clockwise").arg(QLatin1String(degrees)), QLatin1String(degrees));
    addRow(tr("Rotation"), m_rotation, tr("Of videos that were filmed with the phone on its side."));
    addRow(tr("Crops"), m_side, tr("Side of the square that a face is scaled to."));

    m_note->setObjectName(QStringLiteral("facesNote"));
    form->addRow(m_note);

    connect(m_way, &QComboBox::currentIndexChanged, this, &FaceSearchForm::showWay);
    for (QComboBox *field : {m_way, m_detector, m_faces, m_align, m_rotation})
        connect(field, &QComboBox::currentIndexChanged, this, &FaceSearchForm::changed);
    for (QSpinBox *field : {m_perVideo, m_everyFrames, m_most, m_smallest, m_side})
        connect(field, &QSpinBox::valueChanged, this, &FaceSearchForm::changed);
    connect(m_everySeconds, &QDoubleSpinBox::valueChanged, this, &FaceSearchForm::changed);
    connect(this, &FaceSearchForm::changed, this, &FaceSearchForm::showDetector);
    showWay();
    showDetector();
}

void FaceSearchForm::reset()
{
    const QSignalBlocker one(this);
    for (QComboBox *field : {m_way, m_detector, m_faces, m_align, m_rotation})
        field->setCurrentIndex(0);
    m_perVideo->setValue(kPerVideo);
    m_most->setValue(0);
    m_smallest->setValue(kSmallestPx);
    m_side->setValue(kSidePx);
    showDetector();
}

void FaceSearchForm::showDetector()
{
    const bool searches = m_detector->currentData() != QStringLiteral("none");
    for (QWidget *field :
         {static_cast<QWidget *>(m_faces), static_cast<QWidget *>(m_smallest), static_cast<QWidget *>(m_align)})
        field->setEnabled(searches);
    m_note->setText(!searches ? tr("Nothing is searched for: every frame becomes a sample, cut to a square.")
                    : m_align->currentData() == QStringLiteral("68")
                        ? tr("The model of 68 landmarks (package libdlib-data) was trained on pictures whose terms "
                             "exclude commercial use.")
                        : QString());
    m_note->setVisible(!m_note->text().isEmpty());
}

QJsonObject FaceSearchForm::preview() const
{
    return {{QStringLiteral("detector"), m_detector->currentData().toString()},
            {QStringLiteral("min_face"), m_smallest->value()},
            {QStringLiteral("faces"), m_faces->currentData().toString()},
            {QStringLiteral("align"), m_align->currentData().toString()},
            {QStringLiteral("rotation"), m_rotation->currentData().toString()},
            {QStringLiteral("size"), m_side->value()}};
}

bool FaceSearchForm::turnsByFaces() const
{
    return m_rotation->currentIndex() == 0;
}

void FaceSearchForm::setTurnsByFaces(bool turns)
{
    m_rotation->setCurrentIndex(turns ? 0 : 1);
}

void FaceSearchForm::showWay()
{
    m_perVideo->setVisible(m_way->currentIndex() == PerVideo);
    m_everySeconds->setVisible(m_way->currentIndex() == EverySeconds);
    m_everyFrames->setVisible(m_way->currentIndex() == EveryFrames);
}

QStringList FaceSearchForm::arguments() const
{
    QStringList arguments;
    const auto add = [&arguments](const char *option, const QString &value) {
        arguments << QLatin1String(option) << value;
    };
    switch (m_way->currentIndex()) {
    case PerVideo:
        if (m_perVideo->value() != kPerVideo)
            add("--per-video", QString::number(m_perVideo->value()));
        break;
    case EverySeconds: add("--every", QString::number(m_everySeconds->value())); break;
    case EveryFrames: add("--every-frames", QString::number(m_everyFrames->value())); break;
    case Scenes: arguments << QStringLiteral("--scenes"); break;
    }
    if (m_most->value() > 0)
        add("--max-per-video", QString::number(m_most->value()));
    if (m_detector->currentIndex() > 0)
        add("--detector", m_detector->currentData().toString());
    if (m_faces->currentIndex() > 0)
        add("--faces", m_faces->currentData().toString());
    if (m_smallest->value() != kSmallestPx)
        add("--min-face", QString::number(m_smallest->value()));
    if (m_align->currentIndex() > 0)
        add("--align", m_align->currentData().toString());
    if (m_rotation->currentIndex() > 0)
        add("--rotation", m_rotation->currentData().toString());
    if (m_side->value() != kSidePx)
        add("--size", QString::number(m_side->value()));
    return arguments;
}

} // namespace mien
