#include "tests/support/clips.h"

#include <QProcess>

#include <stdexcept>

namespace mien::test {

namespace {

QByteArray outputOf(const QString &program, const QStringList &arguments)
{
    QProcess process;
    process.start(program, arguments);
    if (!process.waitForStarted() || !process.waitForFinished(60'000) || process.exitCode() != 0)
        throw std::runtime_error((program + QLatin1Char(' ') + arguments.join(QLatin1Char(' '))).toStdString() + ": " +
                                 process.errorString().toStdString() + "\n" +
                                 process.readAllStandardError().toStdString());
    return process.readAllStandardOutput();
}

} // namespace

void ffmpeg(const QStringList &arguments)
{
    outputOf(QStringLiteral("ffmpeg"), QStringList{QStringLiteral("-nostdin"), QStringLiteral("-y"),
                                                   QStringLiteral("-v"), QStringLiteral("error")} +
                                           arguments);
}

std::vector<std::optional<std::int64_t>> ptsByFfprobe(const std::filesystem::path &file)
{
    const QByteArray text =
        outputOf(QStringLiteral("ffprobe"),
                 {QStringLiteral("-v"), QStringLiteral("quiet"), QStringLiteral("-select_streams"),
                  QStringLiteral("v:0"), QStringLiteral("-show_entries"), QStringLiteral("frame=best_effort_timestamp"),
                  QStringLiteral("-of"), QStringLiteral("csv=p=0"), QString::fromStdString(file.string())});
    std::vector<std::optional<std::int64_t>> pts;
    for (const QByteArray &line : text.split('\n')) {
        const QByteArray field = line.split(',').first().trimmed();
        if (field.isEmpty())
            continue; // side data has lines of its own
        bool isNumber = false;
        const qlonglong value = field.toLongLong(&isNumber);
        pts.push_back(isNumber ? std::optional<std::int64_t>(value) : std::nullopt);
    }
    return pts;
}

} // namespace mien::test
