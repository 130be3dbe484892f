#include "studio/review/face_loader.h"

#include "pipeline/store/samples.h"
#include "studio/common/face_images.h"

#include <QMetaObject>

#include <algorithm>

namespace mien {

namespace {

constexpr std::size_t kKept = 100;

QString describe(const Error &error)
{
    return QString::fromStdString(error.message);
}

/// What all faces share: read once, and again after the project changed.
struct Flagging
{
    QString run;
    std::vector<ClassId> classes;
    std::vector<std::pair<QString, std::unordered_map<std::int64_t, ClassId>>> compared;
};

Flagging readFlagging(const Project &project, const QStringList &comparedRuns)
{
    Flagging flagging;
    if (const auto row = currentFlagging(project)) {
        flagging.run = QString::fromStdString(row->run);
        for (const std::string &name : row->classes)
            flagging.classes.push_back(project.classNamed(name).value_or(ClassId{}));
    }
    for (const QString &run : comparedRuns) {
        auto &said = flagging.compared.emplace_back(run, std::unordered_map<std::int64_t, ClassId>()).second;
        for (const PredictionRow &prediction : predictionsOf(project, run.toStdString()))
            said.emplace(prediction.sample.value, prediction.predicted);
    }
    return flagging;
}

std::shared_ptr<const ReviewFace> readFace(const Project &project, const FaceImages &images, const Flagging &flagging,
                                           SampleId sample)
{
    auto face = std::make_shared<ReviewFace>();
    const SampleId ids[] = {sample};
    const Result<std::vector<SampleRow>> rows = sampleRows(project, ids);
    if (!rows || rows->empty()) {
        face->row.id = sample;
        face->problem = rows ? FaceLoader::tr("This sample is no longer in the project.") : describe(rows.error());
        return face;
    }
    face->row = rows->front();
    face->score = scoreOf(project, sample);
    face->eyes = eyesAgainstLabel(project, sample);
    face->annotators = annotatorsOf(project, sample);
    if (face->score) {
        face->run = flagging.run;
        const std::size_t count = std::min(face->score->probabilities.size(), flagging.classes.size());
        for (std::size_t i = 0; i < count; ++i)
            face->probabilities.emplace_back(flagging.classes[i], face->score->probabilities[i]);
    }
    for (const auto &[run, said] : flagging.compared) {
        if (const auto found = said.find(sample.value); found != said.end())
            face->saidByRuns.emplace_back(run, found->second);
    }
    if (face->row.crop)
        face->pixels = images.crop(*face->row.crop);
    if (face->pixels.isNull())
        face->pixels = images.thumbnail(face->row, 192);
    if (face->pixels.isNull())
        face->problem = FaceLoader::tr("%1 has no stored picture.").arg(QString::fromStdString(face->row.source));
    return face;
}

} // namespace

std::vector<std::string> annotatorsOf(const Project &project, SampleId sample)
{
    std::vector<std::string> annotators;
    for (const AnnotationRow &row : annotationsOf(project, sample)) {
        if (row.source == "person")
            annotators.push_back(row.annotator);
    }
    return annotators;
}

FaceLoader::FaceLoader(std::filesystem::path folder, QObject *parent)
    : QObject(parent)
    , m_folder(std::move(folder))
    , m_thread([this] { work(); })
{
}

FaceLoader::~FaceLoader()
{
    {
        const std::lock_guard lock(m_mutex);
        m_quit = true;
    }
    m_wake.notify_one();
    m_thread.join();
}

void FaceLoader::want(std::vector<SampleId> samples)
{
    std::erase_if(samples, [this](SampleId sample) { return m_faces.contains(sample.value); });
    {
        const std::lock_guard lock(m_mutex);
        m_wanted = std::move(samples);
    }
    m_wake.notify_one();
}

std::shared_ptr<const ReviewFace> FaceLoader::face(SampleId sample) const
{
    const auto found = m_faces.find(sample.value);
    return found == m_faces.end() ? nullptr : found->second.face;
}

void FaceLoader::forget(SampleId sample)
{
    m_faces.erase(sample.value);
}

void FaceLoader::forgetAll()
{
    m_faces.clear();
    const std::lock_guard lock(m_mutex);
    ++m_age;
}

void FaceLoader::setComparedRuns(const QStringList &runs)
{
    {
        const std::lock_guard lock(m_mutex);
        if (runs == m_comparedRuns)
            return;
        m_comparedRuns = runs;
    }
    forgetAll();
}

void FaceLoader::work()
{
    const Result<Project> project = Project::open(m_folder, Project::Access::Read);
    const FaceImages images(m_folder);
    Flagging flagging;
    std::uint64_t flaggingAge = ~std::uint64_t(0);
    while (true) {
        Answer answer;
        QStringList comparedRuns;
        {
            std::unique_lock lock(m_mutex);
            m_wake.wait(lock, [this] { return m_quit || !m_wanted.empty(); });
            if (m_quit)
                return;
            answer.sample = m_wanted.front();
            answer.age = m_age;
            comparedRuns = m_comparedRuns;
            m_wanted.erase(m_wanted.begin());
        }
        if (project && flaggingAge != answer.age) {
            flagging = readFlagging(*project, comparedRuns);
            images.reload();
            flaggingAge = answer.age;
        }
        if (project) {
            answer.face = readFace(*project, images, flagging, answer.sample);
        } else {
            auto face = std::make_shared<ReviewFace>();
            face->row.id = answer.sample;
            face->problem = describe(project.error());
            answer.face = std::move(face);
        }
        QMetaObject::invokeMethod(this, [this, answer] { keep(answer); }, Qt::QueuedConnection);
    }
}

void FaceLoader::keep(const Answer &answer)
{
    {
        const std::lock_guard lock(m_mutex);
        if (answer.age != m_age)
            return; // read before the project changed
    }
    m_faces[answer.sample.value] = {answer.face, ++m_uses};
    if (m_faces.size() > kKept) {
        const auto oldest = std::min_element(
            m_faces.begin(), m_faces.end(), [](const auto &a, const auto &b) { return a.second.used < b.second.used; });
        m_faces.erase(oldest);
    }
    Q_EMIT ready(answer.sample.value);
}

} // namespace mien
