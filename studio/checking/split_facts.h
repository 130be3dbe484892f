#pragma once

#include <QJsonObject>
#include <QList>
#include <QMap>
#include <QString>
#include <QStringList>

#include <array>
#include <optional>
#include <vector>

namespace mien {

/// Something that lies in two splits, as `mien split --check` names it.
struct LeakFact
{
    QString kind; ///< subject, video, duplicate, near_duplicate
    QString name;
    QStringList splits; ///< train, val, test
    QList<qint64> samples;

    /// What shows them in the gallery: all of a subject or a video, the first of pictures that are alike.
    QString filter() const;
    qint64 shown() const; ///< How many of `samples` that filter shows.
};

/// What the splits are like, or would be: from the result of `mien split --check` or of `--dry-run`.
struct SplitFacts
{
    struct Side
    {
        QMap<QString, qint64> byClass; ///< By class name; "" holds those without a label.
        qint64 subjects = 0;           ///< Declared ones.
        qint64 withoutSubject = 0;     ///< Faces; not known of a preview.
        qint64 faces() const;
    };
    struct Identity
    {
        qint64 declared = 0, inferred = 0, mixed = 0; ///< Groups.
        qint64 withoutSubject = 0;                    ///< Faces.
        qint64 groups() const { return declared + inferred + mixed; }
    };
    struct Certificate
    {
        QString hash, by; ///< `by`: subject, random
        qint64 atMs = 0, groups = 0, seed = 0;
        std::array<double, 3> ratios{};
        std::optional<Identity> identity;
        bool holds = false, groupsDiffer = false;
        qint64 moved = 0, removed = 0, uncovered = 0;
    };

    std::array<Side, 4> sides; ///< None, train, validation, test: the order of Split.
    std::optional<Identity> identity;
    std::optional<Certificate> certificate;
    std::vector<LeakFact> leaks;
    qint64 trainingLeaks = 0;
    bool hasNearDuplicates = false; ///< Somebody looked for them,
    qint64 facesSinceSearch = 0;    ///< before these came.

    static SplitFacts of(const QJsonObject &result);
    bool hasSplits() const;
    qint64 faces() const;
};

} // namespace mien
