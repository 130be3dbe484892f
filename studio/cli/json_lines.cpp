#include "studio/cli/json_lines.h"

#include "studio/cli/printable_text.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>

namespace mien {

using nlohmann::json;

namespace {

constexpr auto progressInterval = std::chrono::milliseconds(50);
constexpr std::size_t bufferBytes = 1 << 16;

std::string duration(double seconds)
{
    const auto whole = std::int64_t(std::llround(std::max(0.0, seconds)));
    char text[32];
    if (whole >= 3600)
        std::snprintf(text, sizeof text, "%lld:%02lld:%02lld", static_cast<long long>(whole / 3600),
                      static_cast<long long>(whole / 60 % 60), static_cast<long long>(whole % 60));
    else
        std::snprintf(text, sizeof text, "%lld:%02lld", static_cast<long long>(whole / 60),
                      static_cast<long long>(whole % 60));
    return text;
}

/// Empty where the rate is not known yet.
std::string rateText(double rate, const char *unit)
{
    char text[48];
    std::snprintf(text, sizeof text, rate < 10 ? "%.1f%s" : "%.0f%s", rate, unit);
    return rate > 0 ? text : "";
}

const std::string &pathOf(const ItemProblem &problem)
{
    return problem.file.empty() ? problem.key : problem.file;
}

json warningOf(const ItemProblem &problem)
{
    return {{"event", "warning"}, {"code", problem.reason}, {"path", pathOf(problem)},
            {"key", problem.key}, {"line", problem.line},   {"message", problem.detail}};
}

} // namespace

std::string jsonText(const json &value)
{
    return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string grouped(std::int64_t number)
{
    std::string text = std::to_string(number);
    for (std::ptrdiff_t at = std::ptrdiff_t(text.size()) - 3; at > (number < 0 ? 1 : 0); at -= 3)
        text.insert(std::size_t(at), ",");
    return text;
}

std::string csvField(std::string_view text)
{
    std::string field;
    // "-0.25" is a number, "-2+3" a formula.
    const bool number = !text.empty() && text.find_first_not_of("+-.0123456789eE") == std::string_view::npos;
    if (!text.empty() && std::strchr("=+-@\t\r", text[0]) && !number)
        field += '\'';
    field += text;
    if (field.find_first_of(",\"\r\n") == std::string::npos)
        return field;
    std::string quoted = "\"";
    for (const char c : field)
        quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
    return quoted + '"';
}

JsonLines::JsonLines(std::string command, bool asJson)
    : m_command(std::move(command))
    , m_json(asJson)
    , m_terminal(!asJson && isatty(STDERR_FILENO))
{
}

JsonLines::~JsonLines()
{
    flush();
}

void JsonLines::write(std::string_view text)
{
    m_buffer += text;
    if (m_buffer.size() >= bufferBytes)
        flush();
}

void JsonLines::flush()
{
    std::string_view rest = m_buffer;
    while (!rest.empty() && m_writeError == 0) {
        const ssize_t count = ::write(STDOUT_FILENO, rest.data(), rest.size());
        if (count >= 0)
            rest.remove_prefix(std::size_t(count));
        else if (errno != EINTR)
            m_writeError = errno;
    }
    m_buffer.clear();
}

void JsonLines::clearProgressLine()
{
    if (m_lineShown)
        std::fputs("\r\x1b[K", stderr);
    m_lineShown = false;
}

void JsonLines::event(const json &event)
{
    if (m_mirror)
        m_mirror(event);
    if (!m_json)
        return;
    write(jsonText(event) + "\n");
    flush();
}

void JsonLines::progress(const Progress &progress)
{
    const auto now = Clock::now();
    if (progress.total != m_lastTotal || progress.done < m_lastDone) { // another phase begins
        m_rateStart = now;
        m_rateStartDone = progress.done;
        m_lastTotal = progress.total;
    }
    m_lastDone = progress.done;
    const bool last = progress.total > 0 && progress.done >= progress.total;
    if (!last && now - m_lastProgress < progressInterval)
        return;
    m_lastProgress = now;

    const double seconds = std::chrono::duration<double>(now - m_rateStart).count();
    const double rate = seconds > 0.2 ? double(progress.done - m_rateStartDone) / seconds : 0;
    const double eta = rate > 0 && progress.total > 0 ? double(progress.total - progress.done) / rate : -1;
    if (m_json || m_mirror) {
        json line = {{"event", "progress"},
                     {"job", m_command.substr(m_command.rfind(' ') + 1)},
                     {"done", progress.done},
                     {"total", progress.total},
                     {"unit", m_unit}};
        if (rate > 0)
            line["rate"] = std::round(rate * 10) / 10;
        if (eta >= 0)
            line["eta_s"] = std::llround(eta);
        if (!progress.step.empty())
            line["step"] = printable(progress.step);
        line.update(m_figures);
        event(line);
    }
    if (m_terminal)
        showProgressLine(progress, m_unit, rateText(rate, "/s"), eta);
}

void JsonLines::relay(const json &told)
{
    event(told);
    if (!m_terminal || told.value("event", "") != "progress")
        return;
    const double images = told.value("images_per_s", 0.0); // more telling than the rate of training steps
    showProgressLine(
        {told.value("done", std::int64_t(0)), told.value("total", std::int64_t(0)), told.value("step", "")},
        told.value("unit", m_unit),
        images > 0 ? rateText(images, " images/s") : rateText(told.value("rate", 0.0), "/s"),
        told.value("eta_s", -1.0));
}

void JsonLines::showProgressLine(const Progress &progress, const std::string &unit, const std::string &rate,
                                 double etaSeconds)
{
    std::string text = grouped(progress.done);
    if (progress.total > 0)
        text += " of " + grouped(progress.total);
    text += " " + unit + (progress.done == 1 && progress.total <= 1 ? "" : "s");
    if (!rate.empty())
        text += " · " + rate;
    if (etaSeconds >= 0)
        text += " · " + duration(etaSeconds) + " left";
    if (!progress.step.empty())
        text += " · " + printable(progress.step);
    std::fprintf(stderr, "\r%s\x1b[K", text.substr(0, 160).c_str());
    m_lineShown = true;
}

void JsonLines::problem(const ItemProblem &problem, bool skipped)
{
    event(warningOf(problem));
    if (skipped)
        countSkipped(1, pathOf(problem), problem.reason);
}

void JsonLines::note(const ItemProblem &problem)
{
    json warning = warningOf(problem);
    warning["severity"] = "note";
    event(warning);
}

void JsonLines::countSkipped(std::int64_t skipped, const std::string &firstFile, const std::string &firstReason)
{
    if (skipped > 0 && m_skipped == 0)
        m_firstSkipped = printable(firstFile) + ": " + firstReason;
    m_skipped += skipped;
}

bool JsonLines::row(std::string_view line)
{
    write(line);
    write("\n");
    return m_writeError == 0;
}

bool JsonLines::row(const json &value)
{
    return row(std::string_view(jsonText(value)));
}

void JsonLines::print(std::string_view text)
{
    if (m_json)
        return;
    clearProgressLine();
    write(printableLines(text));
    write("\n");
}

void JsonLines::warn(const std::string &message)
{
    if (m_json)
        return;
    clearProgressLine();
    flush();
    const std::string line = m_command + ": Warning: " + printable(message);
    std::fprintf(stderr, "%s\n", line.c_str());
    if (m_log)
        m_log(line);
}

void JsonLines::complain(const std::string &message)
{
    clearProgressLine();
    flush();
    m_lastMessage = message;
    const std::string line = m_command + ": " + printable(message);
    std::fprintf(stderr, "%s\n", line.c_str());
    if (m_log)
        m_log(line);
}

int JsonLines::done(json result, const Result<> &afterwards)
{
    clearProgressLine();
    json line = {{"event", "result"}};
    line.update(result);
    event(line);
    flush();
    // A reader that went away (`| head`) is no failure; a full disk under a redirected stdout is.
    if (m_writeError != 0 && m_writeError != EPIPE)
        return failed({m_writeError == ENOSPC ? ErrorCode::NoSpace : ErrorCode::Unreadable,
                       std::string("The output could not be written: ") + std::strerror(m_writeError) + "."});
    if (!afterwards)
        return failed(afterwards.error());
    if (m_skipped == 0)
        return 0;
    complain(grouped(m_skipped) + " of " + grouped(std::max(m_items, m_skipped)) + " items skipped, first " +
             m_firstSkipped);
    return 3;
}

int JsonLines::failed(const Error &error)
{
    if (error.code == ErrorCode::Cancelled) {
        complain(error.message.empty() ? "Stopped." : error.message);
        return 130;
    }
    const std::optional<Error> cause = m_cause ? m_cause() : std::nullopt;
    const std::string &message = cause ? cause->message : error.message;
    complain(message.empty() ? "Failed." : message);
    return 1;
}

int JsonLines::wrongUsage(const std::string &message)
{
    complain(message);
    return 2;
}

int JsonLines::refused(const Error &error)
{
    return error.code == ErrorCode::Invalid ? wrongUsage(error.message) : failed(error);
}

} // namespace mien
