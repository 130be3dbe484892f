#include "pipeline/import/problem_log.h"

#include "pipeline/import/text_form.h"

#include <algorithm>
#include <array>

namespace mien {

Severity severityOf(std::string_view reason)
{
    static constexpr std::array<std::string_view, 23> skips = {
        "MISSING_FILE",       "UNREADABLE_FILE",     "ZERO_BYTE",         "NOT_AN_IMAGE",    "LFS_POINTER",
        "NOT_DATA_HTML",      "NOT_DATA_TEXT",       "BAD_FIELD_COUNT",   "BAD_NUMBER",      "BAD_NPY",
        "BAD_JSON_LINE",      "PIXEL_COUNT",         "PIXEL_RANGE",       "DUPLICATE_KEY",   "DUPLICATE_ROW",
        "NO_LABEL_FOR_FRAME", "FRAME_WITHOUT_IMAGE", "PATH_ESCAPES_ROOT", "TOO_MANY_PIXELS", "LEFT_OUT",
        "VIDEO_OPEN_FAILED",  "NO_FRAMES",           "UNKNOWN_KEY"};
    static constexpr std::array<std::string_view, 12> notes = {
        "ORPHAN_MEDIA",        "TRUNCATED_TABLE", "EXPECTED_COUNT_DIFFERS",
        "IGNORED_SYSTEM_FILE", "EMPTY_FOLDER",    "NAME_COLLISION",
        "ENCODING_GUESSED",    "OTHER_TABLE",     "NO_LONGER_IN_SOURCE",
        "CONTENT_IN_SPLITS",   "GATED",           "MARGIN_SHORTENED"};
    if (std::find(skips.begin(), skips.end(), reason) != skips.end())
        return Severity::Skip;
    return std::find(notes.begin(), notes.end(), reason) != notes.end() ? Severity::Note : Severity::Flag;
}

Severity severityOf(const Problem &problem)
{
    return problem.skips ? Severity::Skip : severityOf(problem.reason);
}

std::string problemLine(const Problem &problem)
{
    return csvCell(problem.reason) + ',' + csvCell(problem.key) + ',' + csvCell(problem.file) + ',' +
           (problem.line > 0 ? std::to_string(problem.line) : "") + ',' + csvCell(problem.detail) + '\n';
}

void ProblemLog::add(Problem problem)
{
    if (m_listener)
        m_listener(problem);
    Reason &reason = m_reasons[problem.reason];
    ++reason.count;
    if (reason.first.size() < keptPerReason)
        reason.first.push_back(problem);
    const Severity severity = severityOf(problem);
    ++m_counts[std::size_t(severity)];
    if (!m_firstSkipped && severity == Severity::Skip)
        m_firstSkipped = problem;
    if (m_csv.is_open())
        m_csv << problemLine(problem);
    else
        m_unwritten.push_back(std::move(problem));
}

void ProblemLog::writeTo(const std::filesystem::path &csv)
{
    m_csv.open(csv, std::ios::binary | std::ios::trunc);
    m_csv << problemHeader;
    for (const Problem &problem : m_unwritten)
        m_csv << problemLine(problem);
    m_unwritten.clear();
}

bool ProblemLog::flush()
{
    m_csv.flush();
    return m_csv.good();
}

} // namespace mien
