#include "pipeline/store/split_certificates.h"

#include "pipeline/store/connection.h"
#include "pipeline/store/project.h"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <locale>
#include <sstream>

namespace mien {
namespace {

SplitCertificate certificateIn(SQLite::Statement &row)
{
    SplitCertificate certificate;
    readRowText(row.getColumn(0).getString(), certificate);
    certificate.hash = row.getColumn(1).getString();
    certificate.groups = row.getColumn(2).getInt64();
    return certificate;
}

} // namespace

std::string rowTextOf(const SplitCertificate &certificate)
{
    std::ostringstream text;
    text.imbue(std::locale::classic());
    const auto &[train, val, test] = certificate.ratios;
    text << certificate.way << " ratios " << train << ',' << val << ',' << test << " seed " << certificate.seed;
    if (const auto &identity = certificate.identity)
        text << " identity " << identity->declared << ' ' << identity->inferred << ' ' << identity->mixed << ' '
             << identity->samplesWithoutSubject;
    return text.str();
}

void readRowText(const std::string &text, SplitCertificate &certificate)
{
    std::istringstream words(text);
    words.imbue(std::locale::classic());
    std::string key;
    char comma = 0;
    words >> certificate.way;
    while (words >> key) {
        if (key == "ratios") {
            words >> certificate.ratios[0] >> comma >> certificate.ratios[1] >> comma >> certificate.ratios[2];
        } else if (key == "seed") {
            words >> certificate.seed;
        } else if (key == "identity") {
            GroupIdentity &identity = certificate.identity.emplace();
            words >> identity.declared >> identity.inferred >> identity.mixed >> identity.samplesWithoutSubject;
        }
    }
}

std::optional<SplitCertificate> currentSplitCertificate(const Project &project)
{
    return plain(project, [&]() -> std::optional<SplitCertificate> {
        SQLite::Statement select(project.database(),
                                 "SELECT way, hash, groups FROM split_certificates WHERE edit_id ="
                                 " (SELECT max(e.id) FROM edits e WHERE e.withdrawn_at_ms IS NULL"
                                 " AND EXISTS (SELECT 1 FROM split_facts f WHERE f.edit_id = e.id))");
        if (!select.executeStep())
            return std::nullopt;
        return certificateIn(select);
    });
}

std::optional<DealtSplits> lastDealtSplits(const Project &project)
{
    return plain(project, [&]() -> std::optional<DealtSplits> {
        SQLite::Statement select(project.database(),
                                 "SELECT s.way, s.hash, s.groups, e.id, e.at_ms FROM split_certificates s"
                                 " JOIN edits e ON e.id = s.edit_id WHERE e.withdrawn_at_ms IS NULL"
                                 " ORDER BY e.id DESC LIMIT 1");
        if (!select.executeStep())
            return std::nullopt;
        DealtSplits dealt{
            certificateIn(select), EditId{select.getColumn(3).getInt64()}, select.getColumn(4).getInt64(), {}};
        SQLite::Statement facts(project.database(),
                                "SELECT sample_id, split FROM split_facts WHERE edit_id = ? ORDER BY sample_id");
        facts.bind(1, dealt.edit.value);
        while (facts.executeStep())
            dealt.samples.emplace_back(SampleId{facts.getColumn(0).getInt64()},
                                       static_cast<Split>(facts.getColumn(1).getInt()));
        return dealt;
    });
}

} // namespace mien
