#pragma once

#include "pipeline/store/project.h"
#include "pipeline/store/runs.h"
#include "pipeline/store/sample.h"
#include "pipeline/store/strips.h"

#include <QImage>
#include <QObject>
#include <QString>
#include <QStringList>

#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

namespace mien {

/// All that the review shows of one face.
struct ReviewFace
{
    SampleRow row;
    QImage pixels;                                   ///< Null when there is nothing to show; `problem` says why.
    std::optional<ScoreRow> score;                   ///< Of the current flagging.
    EyesAgainstLabel eyes = EyesAgainstLabel::Agree; ///< Of a video's frame.
    /// Out of fold, by the flagging's network; empty without scores.
    std::vector<std::pair<ClassId, float>> probabilities;
    QString run; ///< That scored it; empty for a researcher's own probabilities.
    QString problem;
    std::vector<std::pair<QString, ClassId>> saidByRuns; ///< Of the compared runs.
    std::vector<std::string> annotators;                 ///< Who has spoken about it, also what was withdrawn since.
};

std::vector<std::string> annotatorsOf(const Project &project, SampleId sample);

/// Reads faces before they are needed, on a thread and a connection of its own. The newest wish replaces
/// what was wished for and not read yet; the last 100 faces stay.
class FaceLoader : public QObject
{
    Q_OBJECT

public:
    /// Opens the project in `folder` for reading, on its thread.
    explicit FaceLoader(std::filesystem::path folder, QObject *parent = nullptr);
    ~FaceLoader() override;

    /// In order of need: the face to show, then the ones after it.
    void want(std::vector<SampleId> samples);

    /// Null when it is not read yet; ready() will tell.
    std::shared_ptr<const ReviewFace> face(SampleId sample) const;

    /// What these runs said comes with each face from now on.
    void setComparedRuns(const QStringList &runs);

    void forget(SampleId sample); ///< Its label changed.
    void forgetAll();             ///< A job changed the project.

Q_SIGNALS:
    void ready(qint64 sample);

private:
    struct Answer
    {
        SampleId sample;
        std::uint64_t age = 0;
        std::shared_ptr<const ReviewFace> face;
    };

    void work();
    void keep(const Answer &answer);

    std::filesystem::path m_folder;
    std::mutex m_mutex;
    std::condition_variable m_wake;
    std::vector<SampleId> m_wanted; ///< Guarded by m_mutex.
    QStringList m_comparedRuns;     ///< Guarded by m_mutex.
    std::uint64_t m_age = 0;        ///< Guarded by m_mutex; grows when what was read before is out of date.
    bool m_quit = false;

    struct Kept
    {
        std::shared_ptr<const ReviewFace> face;
        std::uint64_t used = 0;
    };
    std::unordered_map<std::int64_t, Kept> m_faces;
    mutable std::uint64_t m_uses = 0;
    std::thread m_thread;
};

} // namespace mien
