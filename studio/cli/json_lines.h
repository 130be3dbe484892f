#pragma once

#include "models/base/job.h"
#include "models/base/result.h"

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace mien {

/// One skipped or noted item, as `--report` lists it.
struct ItemProblem
{
    std::string reason; ///< Code of `datasets.md` 3.7.
    std::string key;
    std::string file;
    std::int64_t line = 0; ///< 0: none.
    std::string detail;
};

/// The voice of a command. With `--json`: events on stdout, one JSON object a line. Without: a short result for a
/// person on stdout, and on a terminal a progress line on stderr. Output is valid UTF-8 whatever goes in.
///
/// May be used from one thread at a time.
class JsonLines
{
public:
    /// @param command  what error lines begin with: "mien import"
    JsonLines(std::string command, bool asJson);
    ~JsonLines();

    bool isJson() const { return m_json; }

    /// Also told every event, e.g. to keep it in a job's folder.
    void setMirror(std::function<void(const nlohmann::json &)> mirror) { m_mirror = std::move(mirror); }
    void setLog(std::function<void(std::string_view)> log) { m_log = std::move(log); }
    /// Asked when a command fails: what lies behind the failure, said in its place. A row that a damaged database could
    /// not give is not "no such run".
    void setCause(std::function<std::optional<Error>()> cause) { m_cause = std::move(cause); }
    /// What progress counts: "sample", "row", "file".
    void setUnit(std::string unit) { m_unit = std::move(unit); }

    /// Further members of the events of progress from now on, e.g. what was found so far; numbers or texts.
    void setProgressFigures(nlohmann::json figures) { m_figures = std::move(figures); }

    void event(const nlohmann::json &event); ///< Printed with --json only.
    void progress(const Progress &progress); ///< At most 20 a second; the last one always.
    /// An event that somebody else made; its progress is shown as if it were ours.
    void relay(const nlohmann::json &event);
    /// An item that was skipped or noted: a warning event, and counted when skipped.
    void problem(const ItemProblem &problem, bool skipped);
    /// A warning event about an item of which nothing is lost: `"severity":"note"`.
    void note(const ItemProblem &problem);
    /// The same when another room counted them: `first` names the first one.
    void countSkipped(std::int64_t skipped, const std::string &firstFile, const std::string &firstReason);
    void countItems(std::int64_t total) { m_items = total; } ///< The M of "N of M items skipped".

    /// Data rows, with and without --json. Buffered; false when nobody reads any more.
    bool row(std::string_view line);
    bool row(const nlohmann::json &row);
    /// One line on stderr; nothing with --json, which has an event for it.
    void warn(const std::string &message);
    /// Text for a person; nothing with --json.
    void print(std::string_view text);

    // The end of a command; each gives the exit status.
    /// 0, or 3 when items were skipped, or 1 for what failed after the work was stored, e.g. writing its report.
    int done(nlohmann::json result = nlohmann::json::object(), const Result<> &afterwards = {});
    int failed(const Error &error);             ///< 1, or 130 for Cancelled.
    int wrongUsage(const std::string &message); ///< 2
    int refused(const Error &error);            ///< Invalid is wrong usage (2), all else failed.

    std::int64_t skipped() const { return m_skipped; }
    const std::string &lastMessage() const { return m_lastMessage; }
    void flush();

private:
    void write(std::string_view text);
    void showProgressLine(const Progress &progress, const std::string &unit, const std::string &rate,
                          double etaSeconds);
    void clearProgressLine();
    void complain(const std::string &message);

    std::string m_command;
    std::string m_unit = "item";
    nlohmann::json m_figures = nlohmann::json::object();
    bool m_json = false;
    bool m_terminal = false;
    bool m_lineShown = false;
    std::string m_buffer;
    int m_writeError = 0;
    std::function<void(const nlohmann::json &)> m_mirror;
    std::function<void(std::string_view)> m_log;
    std::function<std::optional<Error>()> m_cause;
    std::int64_t m_skipped = 0;
    std::int64_t m_items = 0;
    std::string m_firstSkipped;
    std::string m_lastMessage;

    using Clock = std::chrono::steady_clock;
    Clock::time_point m_lastProgress{};
    Clock::time_point m_rateStart{};
    std::int64_t m_rateStartDone = 0;
    std::int64_t m_lastTotal = -1;
    std::int64_t m_lastDone = 0;
};

/// "2,304" for people.
std::string grouped(std::int64_t number);

/// One field of a CSV line: quoted where RFC 4180 asks for it, and a text that a spreadsheet would run as a formula
/// gets a leading apostrophe.
std::string csvField(std::string_view text);

/// `value` as JSON text in valid UTF-8.
std::string jsonText(const nlohmann::json &value);

} // namespace mien
