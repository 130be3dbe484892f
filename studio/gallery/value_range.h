#pragma once

#include <QString>

#include <optional>

namespace mien {

/// A range of one measured field, as a filter says it: `quality.blur>=20 quality.blur<=80`. Ends are included; an end
/// that is missing is open.
struct ValueRange
{
    std::optional<double> low, high;

    bool isOpen() const { return !low && !high; }
    bool operator==(const ValueRange &) const = default;
};

/// A filter taken apart: the range of a field that its words name side by side, and the rest.
struct RangedFilter
{
    QString rest;
    ValueRange range;

    /// Only comparisons that hold for the whole filter are taken out: not below OR, NOT or parentheses.
    static RangedFilter of(const QString &filter, const QString &field);
    /// The whole filter again; a rest with OR gets parentheses.
    QString text(const QString &field) const;
};

} // namespace mien
