#pragma once

#include "tests/e2e/mien_process.h"

#include <QTemporaryDir>

#include <cstdint>
#include <random>

namespace mien::test {

/// Lets calls that change files below `folder` be counted and made to fail, as disk_faults.cpp describes.
void watch(Surroundings &surroundings, const QString &folder);

/// Kills real `mien` processes with SIGKILL at random moments. Every other moment is a call that changes a file below
/// `folder` (before it, or in the middle of a write), the rest are times, so that both what happens between two writes
/// and what happens while nothing is written is met.
class KillLoop
{
public:
    enum class End {
        Killed,
        Done,  ///< It was faster than the chosen moment and ended with status 0.
        Failed ///< Ended by itself with another status, or crashed: see said().
    };

    /// @param points  kills wanted
    KillLoop(const QString &folder, int points, std::uint32_t usualSeed);

    /// Runs the command undisturbed: from its length and its calls the moments are drawn.
    Outcome measure(const QStringList &arguments, const Surroundings &surroundings = {});
    /// Starts it, to be killed at the next moment.
    End run(const QStringList &arguments, const Surroundings &surroundings = {});

    bool isOver() const { return m_killed >= m_points || m_starts >= 40 * m_points; }
    int killed() const { return m_killed; }
    std::uint32_t seed() const { return m_seed; }
    QString said() const; ///< Of the last start: moment, status, output.
    std::mt19937 &random() { return m_random; }

private:
    QString m_folder;
    int m_points = 0, m_killed = 0, m_starts = 0;
    std::uint32_t m_seed = 0;
    std::mt19937 m_random;
    QTemporaryDir m_scratch;
    std::int64_t m_calls = 1;
    qint64 m_milliseconds = 1;
    QString m_moment;
    Outcome m_last;
};

/// Contents of every file below `folder`, by relative path.
QMap<QString, QByteArray> filesBelow(const QString &folder);

/// `folder` becomes a copy of `original`.
void copyFolder(const QString &original, const QString &folder);

} // namespace mien::test
