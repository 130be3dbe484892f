#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mien {

/// Something about an item that a person should know; reasons and severities are those of the import rules
/// ("PIXEL_COUNT", "MISSING_FILE", …).
struct Problem
{
    std::string reason;
    std::string key;       ///< "row:17", "train/angry/im0.png"
    std::string file;      ///< Below the imported root, or the file itself.
    std::int64_t line = 0; ///< 0: not a line of a text file.
    std::string detail;
    bool skips =
        false; ///< The item is lost this time, though the reason alone does not say so (a picture cut off early).
};

enum class Severity {
    Note, ///< Nothing is lost.
    Flag, ///< The item is kept and marked.
    Skip, ///< The item is not imported.
};
/// Besides those of the import rules: UNKNOWN_KEY, a row of a table whose id or source is no sample's (skip);
/// NO_LONGER_IN_SOURCE, what an earlier import brought and this one did not (note, one for all); of a join by content
/// CONTENT_NOT_FOUND, CONTENT_AMBIGUOUS, LABEL_DIFFERS (flags) and CONTENT_IN_SPLITS (note);
/// GATED, faces of a file that thresholds of the extraction left out (note, one a file); MARGIN_SHORTENED, a video too
/// short for the margin at its ends (note, one a file).
Severity severityOf(std::string_view reason);
Severity severityOf(const Problem &problem);

/// Counts problems, keeps the first 200 of each reason and, once it has a file, writes every one as a line of
/// problems.csv (`reason,key,file,line,detail`).
class ProblemLog
{
public:
    using Listener = std::function<void(const Problem &)>;
    static constexpr std::size_t keptPerReason = 200;

    explicit ProblemLog(Listener onProblem = {})
        : m_listener(std::move(onProblem))
    {
    }

    void add(Problem problem);
    /// From now on every problem goes to this file, those already added first.
    void writeTo(const std::filesystem::path &csv);
    /// False when the file could not be written completely.
    bool flush();

    struct Reason
    {
        std::int64_t count = 0;
        std::vector<Problem> first;
    };
    const std::map<std::string, Reason> &reasons() const { return m_reasons; }
    std::int64_t count(Severity severity) const { return m_counts[std::size_t(severity)]; }
    const std::optional<Problem> &firstSkipped() const { return m_firstSkipped; }
    /// Every problem so far, as long as there is no file.
    const std::vector<Problem> &unwritten() const { return m_unwritten; }

private:
    Listener m_listener;
    std::map<std::string, Reason> m_reasons;
    std::array<std::int64_t, 3> m_counts = {}; ///< By severity.
    std::optional<Problem> m_firstSkipped;
    std::vector<Problem> m_unwritten; ///< Until there is a file.
    std::ofstream m_csv;
};

/// One line of problems.csv with its line end.
std::string problemLine(const Problem &problem);
inline constexpr std::string_view problemHeader = "reason,key,file,line,detail\n";

} // namespace mien
