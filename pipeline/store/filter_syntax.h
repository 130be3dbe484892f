#pragma once

#include "models/base/result.h"

#include <string>
#include <string_view>
#include <vector>

namespace mien {

/// A filter as written, before its fields and values are looked up.
struct FilterTerm
{
    enum class Kind { And, Or, Not, Comparison, Word };
    enum class Compare { Equal, NotEqual, Less, LessOrEqual, Greater, GreaterOrEqual };

    Kind kind = Kind::And;
    std::vector<FilterTerm> parts; ///< Of And, Or (any number) and Not (one).
    std::string field;             ///< Of a Comparison.
    Compare compare = Compare::Equal;
    std::string value;     ///< Of a Comparison, or the free word.
    int position = 0;      ///< Of the field or word, in characters from 1.
    int valuePosition = 0; ///< Of the value.
};

/// Grammar, binding tighter downwards:
///
///     any     = all { "OR" all }
///     all     = not { [ "AND" ] not }
///     not     = { "NOT" | "-" } ( "(" any ")" | field op value | word )
///     op      = ":" "=" "!=" "<" "<=" ">" ">="
///
/// Values and words end at a blank or parenthesis unless in double quotes; a quoted word is never a field. AND, OR and
/// NOT are written in capitals. Empty text is an And without parts: everything. Invalid: "Position 7: …".
Result<FilterTerm> parseFilter(std::string_view text);

} // namespace mien
