#pragma once

#include <nlohmann/json.hpp>

#include <functional>

namespace mien {

class Session;

/// Answers JSON lines on standard input, one each, until the input ends or the command is stopped. A newer request
/// takes the place of one that still waits; that one is answered with "superseded". A line that is no JSON object with
/// an "id" is answered with what is wrong, at once.
/// @return the exit status: 0, or 130 when stopped
int serveLines(Session &session, const std::function<nlohmann::json(const nlohmann::json &)> &answer);

} // namespace mien
