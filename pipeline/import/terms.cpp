#include "pipeline/import/terms.h"

#include "pipeline/store/project.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <ctime>

namespace mien {

namespace {

constexpr std::array<Terms, 5> all = {{
    {"affectnet", "AffectNet",
     "AffectNet images may be used for research by people covered by a signed agreement; do not redistribute images."},
    {"fer2013", "FER2013",
     "Collected by web search; image rights are unclear. Research use; do not publish individual faces."},
    {"ferplus", "FER+",
     "The label repository is under the MIT licence; it covers labels and code, not the photographs.", false},
    {"rafdb", "RAF-DB", "Non-commercial research by people covered by a signed request; do not redistribute images."},
    {"uta-rldd", "UTA-RLDD",
     "Research use; faces are biometric data. Do not republish frames; some participants did not consent to "
     "publication."},
}};

std::string keyOf(const Terms &terms)
{
    return "terms." + std::string(terms.id);
}

std::string nowText()
{
    const std::time_t now = std::time_t(nowMs() / 1000);
    std::tm utc{};
    ::gmtime_r(&now, &utc);
    char text[32];
    std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
    return text;
}

} // namespace

std::string Terms::notice() const
{
    return std::string(text) + ' ' + std::string(termsReminder);
}

const Terms *termsNamed(std::string_view id)
{
    const auto found = std::find_if(all.begin(), all.end(), [id](const Terms &terms) { return terms.id == id; });
    return found == all.end() ? nullptr : &*found;
}

TermsRecord termsRecord(const Project &project, const Terms &terms)
{
    const auto json = nlohmann::json::parse(project.setting(keyOf(terms)).value_or("{}"), nullptr, false);
    if (!json.is_object())
        return {};
    const auto text = [&json](const char *key) {
        const auto found = json.find(key);
        return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
    };
    return {text("shown_at"), text("accepted_at")};
}

Result<> rememberTerms(Project &project, const Terms &terms, bool accepted)
{
    TermsRecord record = termsRecord(project, terms);
    if (!record.acceptedAt.empty() || (!record.shownAt.empty() && !accepted))
        return {};
    const std::string now = nowText();
    if (record.shownAt.empty())
        record.shownAt = now;
    nlohmann::ordered_json json = {{"text", terms.notice()}, {"shown_at", record.shownAt}};
    if (accepted)
        json["accepted_at"] = now;
    return project.setSetting(keyOf(terms), json.dump());
}

} // namespace mien
