#include "studio/review/queue_files.h"

#include <QByteArray>
#include <QDataStream>
#include <QDir>
#include <QFile>
#include <QIODevice>
#include <QSaveFile>

#include <algorithm>

namespace mien {

namespace {

constexpr quint32 kPlaceFile = 0x4d52564c; // "MRVL"

QString orderPath(const QString &projectFolder)
{
    return QDir(projectFolder).filePath(QStringLiteral("review/queue.order"));
}

QString placePath(const QString &projectFolder)
{
    return QDir(projectFolder).filePath(QStringLiteral("review/queue.place"));
}

void writeFile(const QString &path, const QByteArray &bytes)
{
    // The place in a queue is a convenience: where it cannot be kept, the next sitting starts at the queue's first
    // open face, and the answers themselves are in the project.
    QSaveFile file(path);
    if (file.open(QIODevice::WriteOnly)) {
        file.write(bytes);
        file.commit();
    }
}

QByteArray readFile(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

template <typename... Values>
QByteArray packed(const Values &...values)
{
    QByteArray bytes;
    QDataStream out(&bytes, QIODevice::WriteOnly);
    out.setVersion(QDataStream::Qt_6_4);
    (out << ... << values);
    return bytes;
}

QByteArray planBytes(const QueuePlan &plan)
{
    return packed(qint32(plan.kind), plan.title, plan.filter, plan.randomShare, quint64(plan.seed), plan.comparedRuns,
                  qint32(plan.most), plan.spread);
}

QueuePlan planOf(const QByteArray &bytes)
{
    QueuePlan plan;
    QDataStream in(bytes);
    in.setVersion(QDataStream::Qt_6_4);
    qint32 kind = 0, most = 0;
    quint64 seed = 1;
    in >> kind >> plan.title >> plan.filter >> plan.randomShare >> seed >> plan.comparedRuns >> most >> plan.spread;
    plan.most = std::max(0, most);
    plan.kind = static_cast<QueuePlan::Kind>(std::clamp(kind, 0, 2));
    plan.seed = seed;
    return plan;
}

QByteArray placeBytes(const ReviewQueue &queue, std::int64_t flagging, const std::vector<KeptAnswer> &answers,
                      const SeenFaces &seen)
{
    QByteArray list;
    QDataStream out(&list, QIODevice::WriteOnly);
    out.setVersion(QDataStream::Qt_6_4);
    out << quint32(answers.size());
    for (const KeptAnswer &answer : answers)
        out << qint32(answer.position) << qint64(answer.edit) << quint8(answer.outcome) << quint8(answer.before);
    for (const KeptAnswer &answer : answers)
        out << answer.note;
    return packed(kPlaceFile, qint64(flagging), queue.placeBytes(), list, seen);
}

std::vector<KeptAnswer> answersOf(const QByteArray &bytes, int queueSize)
{
    std::vector<KeptAnswer> answers;
    QDataStream in(bytes);
    in.setVersion(QDataStream::Qt_6_4);
    quint32 count = 0;
    in >> count;
    for (quint32 i = 0; i < count && in.status() == QDataStream::Ok; ++i) {
        qint32 position = 0;
        qint64 edit = 0;
        quint8 outcome = 0, before = 0;
        in >> position >> edit >> outcome >> before;
        answers.push_back({position, edit, ReviewQueue::Outcome(outcome), ReviewQueue::Outcome(before), {}});
    }
    for (KeptAnswer &answer : answers)
        in >> answer.note; // none in a file of an older version
    std::erase_if(
        answers, [queueSize](const KeptAnswer &answer) { return answer.position < 0 || answer.position >= queueSize; });
    return answers;
}

/// queue.place as it lies on the disk.
struct PlaceFile
{
    qint64 flagging = 0;
    QByteArray place, answers;
    SeenFaces seen;
};

PlaceFile readPlace(const QString &projectFolder)
{
    QDataStream in(readFile(placePath(projectFolder)));
    in.setVersion(QDataStream::Qt_6_4);
    quint32 magic = 0;
    PlaceFile file;
    in >> magic >> file.flagging >> file.place >> file.answers >> file.seen; // none seen in a file of an older version
    return magic == kPlaceFile ? file : PlaceFile{};
}

} // namespace

QueueFiles::QueueFiles(const QString &projectFolder)
    : m_projectFolder(projectFolder)
{
    m_writer.setMaxThreadCount(1); // an older place must never overtake a newer one
}

QueueFiles::~QueueFiles()
{
    m_writer.waitForDone();
}

std::optional<QueueSitting> QueueFiles::read(const QString &projectFolder)
{
    QDataStream in(readFile(orderPath(projectFolder)));
    in.setVersion(QDataStream::Qt_6_4);
    QByteArray plan, order;
    in >> plan >> order;
    PlaceFile place = readPlace(projectFolder);
    if (in.status() != QDataStream::Ok || order.isEmpty())
        return std::nullopt;
    auto queue = ReviewQueue::restored(order, place.place);
    if (!queue || queue->isEmpty())
        return std::nullopt;
    QueueSitting sitting;
    sitting.plan = planOf(plan);
    sitting.flagging = place.flagging;
    sitting.answers = answersOf(place.answers, queue->size());
    sitting.seen = std::move(place.seen);
    sitting.queue = std::move(*queue);
    return sitting;
}

SeenFaces QueueFiles::readSeen(const QString &projectFolder)
{
    return readPlace(projectFolder).seen;
}

void QueueFiles::writeAll(const QueuePlan &plan, const ReviewQueue &queue, std::int64_t flagging,
                          const std::vector<KeptAnswer> &answers, const SeenFaces &seen)
{
    // The place first: a place without its order is ignored.
    writePlace(queue, flagging, answers, seen);
    m_writer.start([path = orderPath(m_projectFolder), bytes = packed(planBytes(plan), queue.orderBytes())] {
        writeFile(path, bytes);
    });
}

void QueueFiles::writePlace(const ReviewQueue &queue, std::int64_t flagging, const std::vector<KeptAnswer> &answers,
                            const SeenFaces &seen)
{
    m_writer.start([folder = m_projectFolder, bytes = placeBytes(queue, flagging, answers, seen)] {
        QDir(folder).mkpath(QStringLiteral("review"));
        writeFile(placePath(folder), bytes);
    });
}

} // namespace mien
