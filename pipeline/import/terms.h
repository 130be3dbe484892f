#pragma once

#include "models/base/result.h"

#include <string>
#include <string_view>

namespace mien {

class Project;

/// A reminder of the terms that a data set came with.
struct Terms
{
    std::string_view id;    ///< Importer::termsId(): "rafdb"
    std::string_view title; ///< "RAF-DB"
    std::string_view text;
    bool restrictsMedia = true; ///< They speak of the pictures, not only of labels.
    std::string notice() const; ///< The text with what has to be said with every one.
};
const Terms *termsNamed(std::string_view id); ///< Null for "" and ids that are not known.

/// To be said with every notice.
inline constexpr std::string_view termsReminder =
    "Check the terms you received with the data; Mien does not know them.";

/// Once a project: when the notice was shown first and when somebody said to have read it, as ISO 8601 in UTC, "" = not
/// yet.
struct TermsRecord
{
    std::string shownAt, acceptedAt;
};
TermsRecord termsRecord(const Project &project, const Terms &terms);
/// Keeps the date and the text of what was shown; what was kept before stays.
Result<> rememberTerms(Project &project, const Terms &terms, bool accepted);

} // namespace mien
